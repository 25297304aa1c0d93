//! Questions to the person at the terminal.

use std::{
    io::{BufRead, IsTerminal, Write},
    thread,
};

use tokio::sync::oneshot;

use sotto_client_core::api::ApiError;

use super::Context;
use crate::error::value_invalid;

/// Whether there is somebody to be asked.
pub(super) fn asks(context: &Context) -> bool {
    !context.out.is_json() && std::io::stdin().is_terminal()
}

/// Asks a question that only a yes answers with yes.
pub(super) fn confirmed(question: &str) -> bool {
    ask(question);
    is_yes()
}

/// That somebody says yes to what is asked.
///
/// # Errors
///
/// That it was `not_done`, a sentence, where nobody does, or can be asked.
pub(super) fn agreed(question: &str, not_done: &str, context: &Context) -> Result<(), ApiError> {
    if asks(context) && confirmed(question) {
        return Ok(());
    }
    Err(value_invalid(not_done, "Say yes when it asks, or --yes."))
}

/// Asks a question, and gives what is typed: in lower case, and nothing where nothing could be.
pub(super) fn answer(question: &str) -> String {
    ask(question);
    typed()
}

/// As [`answer`], while the connection goes on.
pub(super) async fn answer_meanwhile(question: &str) -> String {
    ask(question);
    let (answer, answered) = oneshot::channel();
    // Not one of the runtime's threads: for those the end of the process would wait.
    thread::spawn(move || answer.send(typed()));
    answered.await.unwrap_or_default()
}

fn ask(question: &str) {
    let mut out = std::io::stdout();
    let _ = write!(out, "{question}").and_then(|()| out.flush());
}

fn is_yes() -> bool {
    matches!(typed().as_str(), "y" | "yes")
}

fn typed() -> String {
    let mut answer = String::new();
    match std::io::stdin().lock().read_line(&mut answer) {
        Ok(_) => answer.trim().to_lowercase(),
        Err(_) => String::new(),
    }
}
