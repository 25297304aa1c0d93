//! What goes over the local socket: one JSON document a line.
//!
//! ```text
//! → {"id":1,"command":{"type":"invite"}}
//! ← {"id":1,"ok":{"type":"invitation","value":{"id":"…","link":"…",…}}}
//! → {"id":2,"query":{"type":"contacts"}}
//! ← {"id":2,"ok":{"type":"contacts","value":[…]}}
//! → {"id":3,"query":{"type":"history","conversation":"nope"}}
//! ← {"id":3,"error":{"code":"not_found","message":"…","next_step":"…"}}
//! → {"subscribe":true}
//! ← {"notices":["contacts","history"]}
//! ```
//!
//! Requests of one connection are answered in order; notices may come between.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sotto_client_core::api::{ApiError, ApiErrorCode, Command, Notice, Query};
use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// Longest line, in bytes: a calendar file of 16 MiB doubles at worst when its
/// line ends and quotes are escaped.
pub const MAX_LINE_BYTES: usize = 33 * 1024 * 1024;

/// A line from a client.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Request {
    /// Chosen by the client, given back with the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// To change something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Command>,
    /// To look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<Query>,
    /// To hear notices from now on, or no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscribe: Option<bool>,
}

/// What a line from a client wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// A change.
    Command(u64, Command),
    /// A look.
    Query(u64, Query),
    /// Notices.
    Subscribe(bool),
}

impl Request {
    /// A change to ask for.
    pub fn command(id: u64, command: Command) -> Self {
        Self {
            id: Some(id),
            command: Some(command),
            ..Self::default()
        }
    }

    /// A look to ask for.
    pub fn query(id: u64, query: Query) -> Self {
        Self {
            id: Some(id),
            query: Some(query),
            ..Self::default()
        }
    }

    /// Notices to ask for.
    pub fn subscribe() -> Self {
        Self {
            subscribe: Some(true),
            ..Self::default()
        }
    }

    /// Reads a line.
    ///
    /// # Errors
    ///
    /// The answer to give when the line is none of the three.
    pub fn parse(line: &[u8]) -> Result<Asked, Response> {
        let refuse = |id, message: String| {
            let next_step =
                "Send {\"id\":1,\"command\":…}, {\"id\":1,\"query\":…} or {\"subscribe\":true}.";
            let error = ApiError::new(ApiErrorCode::ValueInvalid, message, next_step);
            Response::Refused { id, error }
        };
        let request: Self = serde_json::from_slice(line)
            .map_err(|error| refuse(None, format!("The line is no request: {error}.")))?;
        let id = request.id;
        match request {
            Self {
                id: Some(id),
                command: Some(command),
                query: None,
                subscribe: None,
            } => Ok(Asked::Command(id, command)),
            Self {
                id: Some(id),
                command: None,
                query: Some(query),
                subscribe: None,
            } => Ok(Asked::Query(id, query)),
            Self {
                id: None,
                command: None,
                query: None,
                subscribe: Some(on),
            } => Ok(Asked::Subscribe(on)),
            _ => Err(refuse(
                id,
                "Expected an id with either a command or a query, or subscribe alone.".into(),
            )),
        }
    }
}

/// A line to a client.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Response {
    /// It was done, or found.
    Ok {
        /// Which request.
        id: u64,
        /// The reply or answer, with its type.
        ok: Value,
    },
    /// It was not.
    Refused {
        /// Which request, if the line had an id.
        id: Option<u64>,
        /// Why, and what to do.
        error: ApiError,
    },
    /// Something may have changed.
    Notices {
        /// What.
        notices: Vec<Notice>,
    },
}

/// A line from the agent, as a client reads it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Incoming {
    /// Which request is answered.
    #[serde(default)]
    pub id: Option<u64>,
    /// The reply or answer, with its type.
    #[serde(default)]
    pub ok: Option<Value>,
    /// The refusal.
    #[serde(default)]
    pub error: Option<ApiError>,
    /// What may have changed.
    #[serde(default)]
    pub notices: Option<Vec<Notice>>,
}

/// What reading a line came to.
#[derive(Debug, PartialEq, Eq)]
pub enum ReadLine {
    /// A whole line, without its end.
    Line(Vec<u8>),
    /// A line longer than [`MAX_LINE_BYTES`].
    TooLong,
    /// Nothing more comes.
    End,
}

/// Reads lines, and never holds more than a limit of one.
#[derive(Debug)]
pub struct LineReader<R> {
    reader: R,
    limit: usize,
    line: Vec<u8>,
}

impl<R: AsyncBufRead + Unpin> LineReader<R> {
    /// Lines of at most [`MAX_LINE_BYTES`].
    pub fn new(reader: R) -> Self {
        Self::bounded(reader, MAX_LINE_BYTES)
    }

    fn bounded(reader: R, limit: usize) -> Self {
        Self {
            reader,
            limit,
            line: Vec::new(),
        }
    }

    /// Reads one line. A call that is cut off loses nothing: the next one goes on.
    ///
    /// # Errors
    ///
    /// As the stream fails.
    pub async fn next(&mut self) -> std::io::Result<ReadLine> {
        loop {
            let available = self.reader.fill_buf().await?;
            if available.is_empty() {
                // A line without an end was cut off, and is none.
                return Ok(ReadLine::End);
            }
            let end = available.iter().position(|&byte| byte == b'\n');
            let taken = available.get(..end.unwrap_or(available.len()));
            self.line.extend_from_slice(taken.unwrap_or_default());
            let used = end.map_or(available.len(), |end| end + 1);
            self.reader.consume(used);
            if self.line.len() > self.limit {
                return Ok(ReadLine::TooLong);
            }
            if end.is_some() {
                return Ok(ReadLine::Line(std::mem::take(&mut self.line)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_go_and_come_back() {
        let command = Command::Invite {
            uses: Some(2),
            valid_hours: None,
        };
        let all = [
            (
                Request::command(1, command.clone()),
                Asked::Command(1, command),
            ),
            (
                Request::query(2, Query::Status),
                Asked::Query(2, Query::Status),
            ),
            (Request::subscribe(), Asked::Subscribe(true)),
        ];
        for (request, asked) in all {
            let line = serde_json::to_vec(&request).unwrap();
            assert_eq!(Request::parse(&line), Ok(asked));
        }
    }

    #[test]
    fn a_line_that_is_no_request_is_answered_with_the_reason() {
        let bad = [
            "",
            "{}",
            "nonsense",
            "[]",
            r#"{"id":1}"#,
            r#"{"command":{"type":"invite"}}"#,
            r#"{"id":1,"command":{"type":"invite"},"query":{"type":"status"}}"#,
            r#"{"id":1,"subscribe":true}"#,
            r#"{"id":1,"query":{"type":"no such query"}}"#,
            r#"{"id":1,"query":{"type":"status"},"more":1}"#,
            r#"{"id":-1,"query":{"type":"status"}}"#,
        ];
        for line in bad {
            let refused = Request::parse(line.as_bytes()).unwrap_err();
            assert!(matches!(refused, Response::Refused { .. }), "{line}");
        }
        let refused = Request::parse(br#"{"id":9}"#).unwrap_err();
        assert!(matches!(refused, Response::Refused { id: Some(9), .. }));
    }

    #[test]
    fn responses_have_the_documented_shape() {
        let ok = Response::Ok {
            id: 1,
            ok: serde_json::json!({"type": "done"}),
        };
        let text = |response| serde_json::to_string(response).unwrap();
        assert_eq!(text(&ok), r#"{"id":1,"ok":{"type":"done"}}"#);
        let error = ApiError::new(ApiErrorCode::NotFound, "No.", "Look.");
        let refused = Response::Refused { id: Some(2), error };
        assert_eq!(
            text(&refused),
            r#"{"id":2,"error":{"code":"not_found","message":"No.","next_step":"Look."}}"#
        );
        let notices = vec![Notice::Contacts, Notice::History];
        let noticed = Response::Notices { notices };
        assert_eq!(text(&noticed), r#"{"notices":["contacts","history"]}"#);
    }

    #[tokio::test]
    async fn lines_are_bounded_and_a_cut_one_is_none() {
        let mut input = LineReader::bounded(&b"one\n\ntwo\ncut"[..], 4);
        let mut lines = Vec::new();
        for _ in 0..4 {
            lines.push(input.next().await.unwrap());
        }
        let line = |text: &str| ReadLine::Line(text.into());
        assert_eq!(lines, [line("one"), line(""), line("two"), ReadLine::End]);
        let mut input = LineReader::bounded(&b"four4\n"[..], 4);
        assert_eq!(input.next().await.unwrap(), ReadLine::TooLong);
    }
}
