//! `sotto calendar` and `sotto agenda`.

use std::{io::Read, path::Path};

use serde_json::json;
use sotto_client_core::{
    api::{ApiError, ApiErrorCode, CalendarText, Command, Query, TextEncoding},
    calendar::text,
};

use super::{
    Context, Outcome,
    args::{Agenda, Calendar, CalendarVerb},
    session::{Need, Session, expect_reply},
    values,
};
use crate::render::meetings;

/// Largest calendar file, in bytes, as the core takes it.
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

pub(super) async fn calendar(args: Calendar, context: &Context) -> Result<Outcome, ApiError> {
    match args.verb.unwrap_or(CalendarVerb::List) {
        CalendarVerb::Import { file, name } => {
            let CalendarText { ics, encoding } = text::decode(&read(&file)?);
            let mut session = Session::open(context, Need::Nothing).await?;
            let file_name = file
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            let command = Command::ImportCalendar {
                name,
                file_name,
                ics,
            };
            let report = expect_reply!(session.command(command).await?, Import)?;
            let times = session.times().await?;
            session.close().await?;
            if encoding == TextEncoding::Windows1252 {
                context.out.warn(&ApiError::new(
                    ApiErrorCode::CalendarInvalid,
                    "The file is not UTF-8 text, as iCalendar files are; it was read as Windows-1252.",
                    "Look whether letters like ä and é are right; if not, export it again in UTF-8.",
                ));
            }
            context
                .out
                .show(&report, || meetings::import(&report, &times))?;
        }
        CalendarVerb::List => {
            let mut session = Session::open(context, Need::Nothing).await?;
            let calendars = session.calendars().await?;
            let (times, away) = (session.times().await?, session.away().await?);
            session.close().await?;
            context.out.show(&calendars, || {
                meetings::calendars(&calendars, away.as_ref(), &times)
            })?;
        }
        CalendarVerb::Remove { calendar } => {
            let mut session = Session::open(context, Need::Nothing).await?;
            session
                .command(Command::RemoveCalendar { calendar })
                .await?;
            session.close().await?;
            let removed = || "Removed; its times count as free now.\n".to_owned();
            context.out.show(&json!({"done": true}), removed)?;
        }
    }
    Ok(Outcome::Done)
}

pub(super) async fn agenda(args: Agenda, context: &Context) -> Result<Outcome, ApiError> {
    let day = |text: Option<String>| text.as_deref().map(values::day).transpose();
    let query = Query::Agenda {
        from: day(args.from)?,
        to: day(args.to)?,
    };
    let mut session = Session::open(context, Need::Fresh).await?;
    let events = session.agenda(query).await?;
    let (times, away) = (session.times().await?, session.away().await?);
    session.close().await?;
    context
        .out
        .show(&events, || meetings::agenda(&events, away.as_ref(), &times))?;
    Ok(Outcome::Done)
}

/// The bytes of a calendar file, or of standard input.
fn read(file: &Path) -> Result<Vec<u8>, ApiError> {
    let shown = file.display();
    let failed = |error: std::io::Error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            ApiError::new(
                ApiErrorCode::NotFound,
                format!("There is no file {shown}."),
                "Check the path; export the calendar as an .ics file first.",
            )
        } else {
            ApiError::new(
                ApiErrorCode::CalendarInvalid,
                format!("The file {shown} cannot be read: {error}."),
                "Name an .ics file that you may read.",
            )
        }
    };
    let bytes = if file.as_os_str() == "-" {
        bounded(std::io::stdin().lock())
    } else {
        std::fs::File::open(file).and_then(bounded)
    };
    let bytes = bytes.map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(ApiError::new(
            ApiErrorCode::CalendarInvalid,
            format!("The file {shown} is larger than 16 MiB."),
            "Export fewer years of the calendar.",
        ));
    }
    Ok(bytes)
}

fn bounded(source: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
