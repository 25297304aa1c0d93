//! Where things are printed: answers to stdout, everything else to stderr.

use std::io::Write;

use serde::Serialize;
use serde_json::json;
use sotto_client_core::api::ApiError;

use crate::{error::defect, render::text::clean};

/// Text or JSON.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(super) fn is_json(self) -> bool {
        self.json
    }

    /// Prints an answer: the value as one JSON document, or the text.
    pub(super) fn show<T: Serialize>(
        self,
        value: &T,
        text: impl FnOnce() -> String,
    ) -> Result<(), ApiError> {
        let text = if self.json {
            serde_json::to_string_pretty(value).map_err(defect)? + "\n"
        } else {
            text()
        };
        print(&text);
        Ok(())
    }

    /// Prints one event of a stream: one line of JSON, or the text.
    pub(super) fn line<T: Serialize>(self, value: &T, text: &str) -> Result<(), ApiError> {
        let line = if self.json {
            serde_json::to_string(value).map_err(defect)?
        } else {
            text.to_owned()
        };
        print(&(line + "\n"));
        Ok(())
    }

    /// Prints an error to stderr: what is wrong, then what to do.
    pub(super) fn refuse(self, error: &ApiError) {
        self.complain("error", error);
    }

    /// Prints a warning to stderr; the verb goes on.
    pub(super) fn warn(self, warning: &ApiError) {
        self.complain("warning", warning);
    }

    /// Prints a remark for a person to stderr; none in JSON.
    pub(super) fn remark(self, text: &str) {
        if !self.json {
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }

    fn complain(self, what: &str, error: &ApiError) {
        let line = if self.json {
            json!({ what: error }).to_string()
        } else {
            let (message, next_step) = (clean(&error.message), clean(&error.next_step));
            let mut line = format!("{what}: {message}\n       {next_step}");
            for mended in &error.suggestions {
                line += &format!("\n       did you mean: {}", clean(mended.trim()));
            }
            line
        };
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

/// Unlike `print!`, takes a reader that went away (`sotto agenda | head -1`) calmly.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
