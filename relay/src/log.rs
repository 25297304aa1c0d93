//! The log: only this crate's own lines, and ids only under pseudonyms.

use std::fmt;

use sha2::{Digest, Sha256};
use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry};

use crate::config::LogFormat;
use crate::directory::Member;

/// Starts the log, once for the process. Of the libraries underneath only
/// warnings are shown: at their finer levels they print the frames themselves.
pub fn start(level: Level, format: LogFormat) {
    let shown = filter_fn(move |line| {
        let ours = line.target().starts_with("sotto_relay");
        *line.level() <= if ours { level } else { level.min(Level::WARN) }
    });
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_target(false);
    let layer = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // Not `init`, which would draw the libraries' `log` records in as well.
    let _ =
        tracing::subscriber::set_global_default(Registry::default().with(layer.with_filter(shown)));
}

/// Gives each id a name for the log that means nothing outside this process:
/// a salted hash, the salt made at the start and never written down.
#[derive(Clone)]
pub struct Pseudonyms([u8; 32]);

impl Pseudonyms {
    /// With a new salt.
    ///
    /// # Errors
    ///
    /// When the operating system gives no randomness.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt)?;
        Ok(Self(salt))
    }

    /// A device's name for the log.
    pub fn device(&self, member: &Member) -> String {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(member.account.as_bytes());
        hash.update(member.device.as_bytes());
        let hash = hash.finalize();
        data_encoding::HEXLOWER.encode(
            hash.first_chunk::<6>()
                .map_or(&[], |bytes| bytes.as_slice()),
        )
    }
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonyms(…)")
    }
}

#[cfg(test)]
mod tests {
    use sotto_protocol::id::{AccountId, DeviceId};

    use super::*;

    #[test]
    fn a_pseudonym_is_stable_within_a_process_and_means_nothing_beyond_it() {
        let (one, other) = (Pseudonyms::new().unwrap(), Pseudonyms::new().unwrap());
        let member = Member {
            account: AccountId::from_bytes([1; 32]),
            device: DeviceId::from_bytes([2; 32]),
        };
        assert_eq!(one.device(&member), one.device(&member));
        assert_ne!(one.device(&member), other.device(&member));
        assert_eq!(one.device(&member).len(), 12);
        assert_eq!(format!("{one:?}"), "Pseudonyms(…)");
    }
}
