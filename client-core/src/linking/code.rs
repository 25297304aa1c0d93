//! The code of a link: six digits that the new device shows, and that its user types into the one that
//! made the link.
//!
//! It follows from the session between the two and from an [opening](LinkOpening) that the maker keeps back
//! until a device has asked. The link's secret commits the maker to it. So whoever is in between, with a
//! session and perhaps a link of their own on either side, has chosen all that they can choose before they
//! know either code: a short authentication string after a commitment (S. Vaudenay, "Secure
//! Communications over Insecure Channels Based on Short Authenticated Strings", CRYPTO 2005).

use std::fmt;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::LinkSecret;
use crate::{identity::secret, session::SessionId};

/// How often a code may be typed.
pub(crate) const MAX_CODE_TRIES: u8 = 3;

/// What a link's secret is the hash of. Wiped when dropped.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct LinkOpening {
    #[serde(with = "secret::array")]
    bytes: Zeroizing<[u8; 32]>,
}

#[cfg(test)]
crate::wiping::proof!(LinkOpening { bytes });

impl LinkOpening {
    pub(crate) fn generate(rng: &mut dyn CryptoRng) -> Self {
        let bytes = secret::random(rng);
        Self { bytes }
    }

    /// The secret of the link that it belongs to.
    pub(crate) fn secret(&self) -> LinkSecret {
        let digest = Sha256::new()
            .chain_update("sotto/v1/link/secret\0")
            .chain_update(self.bytes.as_slice());
        let bytes = Zeroizing::new(digest.finalize().into());
        LinkSecret { bytes }
    }

    /// The code of a session that was opened by that link.
    pub(crate) fn code(&self, session: &SessionId) -> LinkCode {
        let [a, b, c, d, e, f, g, h, ..]: [u8; 32] = Sha256::new()
            .chain_update("sotto/v1/link/code\0")
            .chain_update(session.as_bytes())
            .chain_update(self.bytes.as_slice())
            .finalize()
            .into();
        let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]) % 1_000_000;
        LinkCode(format!("{number:06}"))
    }
}

impl PartialEq for LinkOpening {
    fn eq(&self, other: &Self) -> bool {
        self.bytes.ct_eq(&*other.bytes).into()
    }
}

impl Eq for LinkOpening {}

impl fmt::Debug for LinkOpening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes: _ } = self;
        f.write_str("LinkOpening(…)")
    }
}

/// Six digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkCode(String);

impl LinkCode {
    /// Six digits as a user types them, in groups perhaps; nothing where they are not that.
    pub(crate) fn typed(text: &str) -> Option<Self> {
        let digits: String = text.split_whitespace().collect();
        let code = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
        code.then_some(Self(digits))
    }

    /// To be shown to the user.
    pub(crate) fn digits(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn a_code_is_of_one_session_and_one_link() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let openings = [(); 10].map(|()| LinkOpening::generate(&mut rng));
        let mut codes = Vec::new();
        for opening in &openings {
            for session in 0..10 {
                let code = opening.code(&SessionId::from_bytes([session; 32]));
                assert_eq!(LinkCode::typed(code.digits()), Some(code.clone()));
                assert!(!codes.contains(&code));
                codes.push(code);
            }
        }
        // Small numbers have six digits, too.
        assert!(codes.iter().any(|code| code.digits().starts_with('0')));
        assert_ne!(openings[0].secret(), openings[1].secret());
    }

    #[test]
    fn a_code_is_what_another_implementation_makes() {
        let opening = LinkOpening {
            bytes: Zeroizing::new([7; 32]),
        };
        let session = SessionId::from_bytes([1; 32]);
        assert_eq!(opening.code(&session).digits(), "210011");
        let secret = opening.secret();
        let hex = data_encoding::HEXLOWER.encode(secret.bytes.as_slice());
        assert_eq!(
            hex,
            "13f8c90d8c1ef3fad835a218f30fa17e8e36c9b4f17a3b36ed67ca0ab554e7bb"
        );
    }

    #[test]
    fn a_code_is_taken_as_it_is_typed() {
        let code = LinkCode::typed(" 012 345\n").unwrap();
        assert_eq!(code.digits(), "012345");
        for odd in ["", "12345", "1234567", "12345a", "１23456", "-12345"] {
            assert_eq!(LinkCode::typed(odd), None, "{odd}");
        }
    }
}
