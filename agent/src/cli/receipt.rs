//! `sotto receipt`.

use std::{
    fs::File,
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

use serde_json::json;
use sotto_client_core::{
    api::{ApiError, ApiErrorCode, Query, ReceiptView},
    receipt::{MAX_RECEIPT_BYTES, Receipt},
};

use super::{
    Context, Outcome,
    args::{self, ReceiptVerb},
    session::{Need, Session},
};
use crate::{
    error::{store_failed, value_invalid},
    render::{meetings, text::clean, times::Times},
};

pub(super) async fn receipt(args: args::Receipt, context: &Context) -> Result<Outcome, ApiError> {
    match (args.verb, args.proposal) {
        (Some(ReceiptVerb::Verify { file }), _) => verify(&file, context),
        (None, Some(proposal)) => save(proposal, args.out, context).await,
        (None, None) => Err(value_invalid(
            "Nothing says which meeting is to be proven.",
            "Name one of `sotto proposals`.",
        )),
    }
}

async fn save(
    proposal: String,
    out: Option<PathBuf>,
    context: &Context,
) -> Result<Outcome, ApiError> {
    let mut session = Session::open(context, Need::Nothing).await?;
    let ReceiptView { file_name, text } = session.receipt(Query::Receipt { proposal }).await?;
    session.close().await?;
    let file = out.unwrap_or_else(|| file_name.into());
    write(&file, &text)?;
    let shown = file.display().to_string();
    context.out.show(&json!({ "file": shown }), || {
        let shown = clean(&shown);
        format!("The proof is in {shown}. Anybody can check it: sotto receipt verify {shown}\n")
    })?;
    Ok(Outcome::Done)
}

/// Needs no vault: what is proven stands in the file.
fn verify(file: &Path, context: &Context) -> Result<Outcome, ApiError> {
    let proven = Receipt::read(&read(file)?).and_then(|receipt| receipt.agreement());
    let proven = proven.map_err(|error| {
        ApiError::new(
            ApiErrorCode::ValueInvalid,
            format!("The file {} proves nothing: {error}.", file.display()),
            "Ask whoever gave it to you for the file as `sotto receipt` wrote it.",
        )
    })?;
    // Whose clock it is on this machine says nothing about where the meeting was agreed.
    let times = Times::new("UTC");
    context
        .out
        .show(&proven, || meetings::agreement(&proven, &times))?;
    Ok(Outcome::Done)
}

/// Never over another file: it may be the proof of another meeting.
fn write(file: &Path, text: &str) -> Result<(), ApiError> {
    let created = File::create_new(file).and_then(|mut file| file.write_all(text.as_bytes()));
    created.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => value_invalid(
            format!("There is a file {} already.", file.display()),
            "Name another with --out.",
        ),
        _ => store_failed(
            format!("The file {} cannot be written", file.display()),
            &error,
        ),
    })
}

fn read(file: &Path) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    // One byte more than is taken, so that the reader can say that it is too long.
    let most = MAX_RECEIPT_BYTES as u64 + 1;
    let read = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    read.map_err(|error| match error.kind() {
        ErrorKind::NotFound => ApiError::new(
            ApiErrorCode::NotFound,
            format!("There is no file {}.", file.display()),
            "Check the path.",
        ),
        _ => value_invalid(
            format!("The file {} cannot be read: {error}.", file.display()),
            "Name a file that you may read.",
        ),
    })?;
    Ok(bytes)
}
