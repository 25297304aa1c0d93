//! The address of a relay.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use url::{Position, Url};

/// `http(s)://host[:port]`, without a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelayUrl(Url);

/// Text that is no address of a relay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a relay's address like https://relay.example, found “{found}”")]
pub struct RelayUrlError {
    found: String,
}

impl FromStr for RelayUrl {
    type Err = RelayUrlError;

    fn from_str(text: &str) -> Result<Self, RelayUrlError> {
        let refused = || RelayUrlError {
            found: text.chars().take(100).collect(),
        };
        let url = Url::parse(text.trim()).map_err(|_| refused())?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none();
        if plain { Ok(Self(url)) } else { Err(refused()) }
    }
}

impl TryFrom<String> for RelayUrl {
    type Error = RelayUrlError;

    fn try_from(text: String) -> Result<Self, RelayUrlError> {
        text.parse()
    }
}

impl From<RelayUrl> for String {
    fn from(url: RelayUrl) -> Self {
        url.to_string()
    }
}

impl fmt::Display for RelayUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl RelayUrl {
    /// Reads what another client wrote, in the one form that `Display` gives: what two clients make of
    /// other spellings depends on who wrote their URL parser.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let relay: Self = text.parse().ok()?;
        (relay.to_string() == text).then_some(relay)
    }

    /// Where its WebSocket is.
    pub fn socket_url(&self) -> String {
        let scheme = if self.0.scheme() == "https" {
            "wss"
        } else {
            "ws"
        };
        format!(
            "{scheme}://{}{}",
            self.audience(),
            sotto_protocol::SOCKET_PATH
        )
    }

    /// Host, and port where it is not the scheme's own: what a client's `Host`
    /// header says, and what it signs in its hello.
    pub fn audience(&self) -> &str {
        &self.0[Position::BeforeHost..Position::AfterPort]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_an_address() {
        let url: RelayUrl = "http://127.0.0.1:8787/".parse().unwrap();
        assert_eq!(url.to_string(), "http://127.0.0.1:8787");
        assert_eq!(url.audience(), "127.0.0.1:8787");
        assert_eq!(url.socket_url(), "ws://127.0.0.1:8787/v1/socket");

        let url: RelayUrl = "HTTPS://Relay.Example:443".parse().unwrap();
        assert_eq!(url.to_string(), "https://relay.example");
        assert_eq!(url.audience(), "relay.example");
        assert_eq!(url.socket_url(), "wss://relay.example/v1/socket");

        let url: RelayUrl = "http://[::1]:8787".parse().unwrap();
        assert_eq!(url.socket_url(), "ws://[::1]:8787/v1/socket");
    }

    #[test]
    fn others_write_it_in_one_form() {
        for text in [
            "https://relay.example",
            "http://relay.example:8787",
            "https://xn--mnchen-3ya.example",
            "http://[::1]:8787",
        ] {
            assert_eq!(RelayUrl::read(text), text.parse().ok(), "{text}");
        }
        for text in [
            "HTTPS://relay.example",
            "https://Relay.example",
            "https://relay.example/",
            " https://relay.example",
            "https://relay.example:443",
            "https://relay.example:08443",
            "https://münchen.example",
            "http://[0:0:0:0:0:0:0:1]:8787",
            "http://127.1:8787",
            "https:relay.example",
        ] {
            assert!(text.parse::<RelayUrl>().is_ok(), "{text}");
            assert_eq!(RelayUrl::read(text), None, "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_an_example() {
        for text in [
            "",
            "relay.example",
            "ftp://relay.example",
            "https://a/b",
            "https://u:p@a",
            "http://a?b",
        ] {
            let error = text.parse::<RelayUrl>().unwrap_err().to_string();
            assert!(
                error.contains("https://relay.example") && error.contains(text),
                "{error}"
            );
        }
    }
}
