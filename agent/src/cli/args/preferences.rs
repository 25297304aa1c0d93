//! `sotto preferences`.

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::values::{Hours, Length, hours, length};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sotto preferences
  sotto preferences set --hours \"mon-thu 09:00-17:00, fri 09:00-13:00\" --buffer 10m
  sotto preferences set --approve-meetings auto")]
pub(in crate::cli) struct Preferences {
    #[command(subcommand)]
    pub verb: Option<PreferencesVerb>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PreferencesVerb {
    /// Show them
    Show,
    /// Change some of them; the others stay
    Set(Set),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
#[command(
    override_usage = "sotto preferences set <OPTION>...",
    after_help = "\
Example:
  sotto preferences set --hours \"mon-fri 09:00-12:00, mon-fri 13:00-17:00\"

--hours replaces all hours; a weekday without any is free of meetings, and with
--hours none there are no meetings at all."
)]
pub(in crate::cli) struct Set {
    /// Your time zone by its IANA name
    #[arg(long, value_name = "ZONE")]
    pub time_zone: Option<String>,
    /// When meetings may be, such as "mon-fri 9-17" or "fri 9am-1pm", or none
    #[arg(long, value_name = "HOURS", value_parser = hours)]
    pub hours: Option<Hours>,
    /// Free time to keep before and after every meeting, at most 4h
    #[arg(long, value_name = "TIME", value_parser = length)]
    pub buffer: Option<Length>,
    /// Who decides about others' proposals that fit
    #[arg(long, value_name = "WHO")]
    pub approve_meetings: Option<Approve>,
    /// Who decides about people who use an invitation
    #[arg(long, value_name = "WHO")]
    pub approve_contacts: Option<Approve>,
    /// Whether your agent shows the times that it found before it proposes one
    #[arg(long, value_name = "SWITCH")]
    pub review: Option<Switch>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Approve {
    /// You, each time
    Ask,
    /// The agent
    Auto,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Switch {
    On,
    Off,
}
