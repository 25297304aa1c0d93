//! What an operator can set: flags, and environment variables under them.
#![allow(
    rustdoc::bare_urls,
    reason = "the documentation of the settings is also the help text"
)]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::TypedValueParser;

use crate::clock::Clock;
use crate::limits::Limits;

/// Where the relay listens when nothing is said.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8787";
/// Where the relay keeps its data when nothing is said.
pub const DEFAULT_DATA: &str = "./sotto-relay-data";

/// The Sotto relay: routes end-to-end-encrypted messages between mailboxes and reads none of them.
///
/// It needs no settings to try it out: `sotto-relay` listens on 127.0.0.1:8787,
/// keeps its data in ./sotto-relay-data and serves the web app under the same
/// address. For others to reach it, put a proxy with TLS before it and set
/// SOTTO_RELAY_PUBLIC_URL. Every flag has an environment variable; the flag wins.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "sotto-relay", version, max_term_width = 100)]
pub struct Config {
    /// Address and port to listen on
    #[arg(long, env = "SOTTO_RELAY_LISTEN", value_name = "ADDR:PORT", default_value = DEFAULT_LISTEN,
          value_parser = Named("SOTTO_RELAY_LISTEN", "an address and a port such as 127.0.0.1:8787", parse::<SocketAddr>))]
    pub listen: SocketAddr,

    /// Directory for the relay's data; made when it is missing
    #[arg(long, env = "SOTTO_RELAY_DATA", value_name = "DIR", default_value = DEFAULT_DATA)]
    pub data: PathBuf,

    /// URL under which clients dial the relay, such as https://relay.example. Without it, the name
    /// in each request's Host header counts
    #[arg(long, env = "SOTTO_RELAY_PUBLIC_URL", value_name = "URL",
          value_parser = Named("SOTTO_RELAY_PUBLIC_URL", "a URL such as https://relay.example, with no path", parse::<PublicUrl>))]
    pub public_url: Option<PublicUrl>,

    /// Whether accounts that the relay does not know may register
    #[arg(long, env = "SOTTO_RELAY_REGISTRATION", value_name = "open|closed", default_value = "open",
          value_parser = Named("SOTTO_RELAY_REGISTRATION", "\"open\" or \"closed\"", parse::<Registration>))]
    pub registration: Registration,

    /// What is logged: error, warn, info, debug or trace
    #[arg(long, env = "SOTTO_RELAY_LOG", value_name = "LEVEL", default_value = "info",
          value_parser = Named("SOTTO_RELAY_LOG", "error, warn, info, debug or trace", parse::<tracing::Level>))]
    pub log: tracing::Level,

    /// How the log is written
    #[arg(long, env = "SOTTO_RELAY_LOG_FORMAT", value_name = "text|json", default_value = "text",
          value_parser = Named("SOTTO_RELAY_LOG_FORMAT", "\"text\" or \"json\"", parse::<LogFormat>))]
    pub log_format: LogFormat,

    /// The bounds.
    #[command(flatten)]
    pub limits: Limits,

    /// Where the time comes from; only tests change it.
    #[arg(skip)]
    pub clock: Clock,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8787)),
            data: PathBuf::from(DEFAULT_DATA),
            public_url: None,
            registration: Registration::Open,
            log: tracing::Level::INFO,
            log_format: LogFormat::Text,
            limits: Limits::default(),
            clock: Clock::system(),
        }
    }
}

/// Whether unknown accounts may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Anybody may.
    Open,
    /// Nobody may; those who are registered go on.
    Closed,
}

impl FromStr for Registration {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "open" => Ok(Self::Open),
            "closed" => Ok(Self::Closed),
            _ => Err(()),
        }
    }
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(()),
        }
    }
}

/// The URL under which clients dial the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(url::Url);

impl PublicUrl {
    /// The host, and the port where it is not the scheme's own: what a client signs as audience.
    pub fn audience(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        match self.0.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }
}

impl FromStr for PublicUrl {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let url = url::Url::parse(text).map_err(|_| ())?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if plain { Ok(Self(url)) } else { Err(()) }
    }
}

impl std::fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

fn parse<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// Parses a value; its message names the variable and what was expected.
#[derive(Clone, Copy)]
struct Named<T>(&'static str, &'static str, fn(&str) -> Option<T>);

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Named<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &clap::Command,
        _: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<T, clap::Error> {
        let text = value.to_string_lossy();
        let Self(variable, expected, parse) = self;
        parse(&text).ok_or_else(|| {
            let message = format!("{variable}: expected {expected}, found {text:?}\n");
            clap::Error::raw(clap::error::ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    fn refusal(flags: &[&str]) -> String {
        let arguments = std::iter::once("sotto-relay").chain(flags.iter().copied());
        Config::try_parse_from(arguments).unwrap_err().to_string()
    }

    #[test]
    fn the_command_line_is_sound_and_agrees_with_the_defaults() {
        Config::command().debug_assert();
        let parsed = Config::try_parse_from(["sotto-relay"]).unwrap();
        let default = Config::default();
        assert_eq!(parsed.limits, default.limits);
        assert_eq!((parsed.listen, parsed.data), (default.listen, default.data));
        assert_eq!(parsed.registration, default.registration);
    }

    #[test]
    fn bad_values_are_named_with_what_was_expected() {
        assert_eq!(
            refusal(&["--registration", "maybe"]),
            "error: SOTTO_RELAY_REGISTRATION: expected \"open\" or \"closed\", found \"maybe\"\n"
        );
        assert_eq!(
            refusal(&["--delivery-window", "0"]),
            "error: SOTTO_RELAY_DELIVERY_WINDOW: expected a whole number from 1 to 65536, found \"0\"\n"
        );
        for (flag, variable) in [
            ("--listen", "SOTTO_RELAY_LISTEN"),
            ("--public-url", "SOTTO_RELAY_PUBLIC_URL"),
            ("--log", "SOTTO_RELAY_LOG"),
            ("--log-format", "SOTTO_RELAY_LOG_FORMAT"),
        ] {
            assert!(refusal(&[flag, "?"]).starts_with(&format!("error: {variable}: expected ")));
        }
    }

    #[test]
    fn the_public_url_gives_the_audience_as_a_browser_sends_it() {
        let audience = |url: &str| url.parse::<PublicUrl>().map(|url| url.audience());
        assert_eq!(
            audience("https://Relay.Example"),
            Ok("relay.example".into())
        );
        assert_eq!(
            audience("https://relay.example:443/"),
            Ok("relay.example".into())
        );
        assert_eq!(
            audience("http://relay.example:8787"),
            Ok("relay.example:8787".into())
        );
        assert_eq!(audience("http://[::1]:8787"), Ok("[::1]:8787".into()));
        assert_eq!(audience("https://relay.example/path"), Err(()));
        assert_eq!(audience("wss://relay.example"), Err(()));
        assert_eq!(audience("relay.example"), Err(()));
    }

    #[test]
    fn the_operators_page_lists_every_setting_with_its_default() {
        let page = include_str!("../../docs/operating.md");
        for argument in Config::command().get_arguments() {
            if let Some(variable) = argument.get_env() {
                let variable = variable.to_string_lossy();
                assert!(
                    page.contains(&format!("`{variable}`")),
                    "docs/operating.md lacks {variable}"
                );
            }
        }
        for (variable, default) in Limits::TABLE {
            let row = format!("| `{variable}` | {default} |");
            assert!(page.contains(&row), "docs/operating.md lacks {row}");
        }
    }
}
