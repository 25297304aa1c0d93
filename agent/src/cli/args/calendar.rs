//! The verbs about calendars.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sotto calendar
  sotto calendar import ~/Downloads/work.ics --name Work
  sotto calendar remove work")]
pub(in crate::cli) struct Calendar {
    #[command(subcommand)]
    pub verb: Option<CalendarVerb>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum CalendarVerb {
    /// Read an iCalendar file; one of the same name is replaced as a whole
    #[command(after_help = "\
Example:
  curl -s https://calendar.example/work.ics | sotto calendar import - --name Work

Nothing of a calendar ever leaves this machine but free times that you offer.")]
    Import {
        /// The .ics file, or - for standard input
        file: PathBuf,
        /// What to call it [default: the file's own name for itself]
        #[arg(long)]
        name: Option<String>,
    },
    /// List the imported calendars
    List,
    /// Forget an imported calendar
    Remove {
        /// Name, id, or the beginning of either
        calendar: String,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  sotto agenda --from 2026-12-01 --to 2026-12-05")]
pub(in crate::cli) struct Agenda {
    /// First day, YYYY-MM-DD [default: today]
    #[arg(long, value_name = "DAY")]
    pub from: Option<String>,
    /// Last day, inclusive [default: six days after the first]
    #[arg(long, value_name = "DAY")]
    pub to: Option<String>,
}
