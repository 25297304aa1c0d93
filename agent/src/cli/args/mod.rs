//! The command line, as clap reads it.

mod calendar;
mod devices;
mod meetings;
mod people;
mod preferences;

use std::{ffi::OsString, path::PathBuf};

use clap::{
    Args, CommandFactory, Parser, Subcommand,
    error::{ContextKind, ContextValue, ErrorKind},
};

pub(super) use self::{
    calendar::{Agenda, Calendar, CalendarVerb},
    devices::{Add, Devices, DevicesVerb},
    meetings::{History, Proposals, ProposalsVerb, Receipt, ReceiptVerb, Schedule},
    people::{
        Accept, Contacts, ContactsVerb, Decide, Invitations, InvitationsVerb, Invite, Verify,
    },
    preferences::{Approve, Preferences, PreferencesVerb, Set, Switch},
};

/// Schedules meetings between people whose agents talk end-to-end encrypted.
///
/// Your calendar stays on this machine. Agents negotiate through a relay that
/// sees only ciphertext; you approve what they find.
#[derive(Debug, Parser)]
#[command(
    name = "sotto",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = "\
A first meeting:
  sotto init --relay https://sotto.example --name Ada
  sotto calendar import ~/ada.ics
  sotto invite --qr                       # hand the link to Robin
  sotto contacts approve robin            # once Robin has accepted
  sotto schedule \"half an hour with Robin next week\" --wait

The passphrase is asked for, or taken from SOTTO_PASSPHRASE; it is never an
argument. While `sotto run` holds the vault, the other verbs reach it through a
local socket and need none.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 `--wait` ended without a meeting.
Every key of --json is described in docs/cli.md."
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub verb: Verb,
}

impl Cli {
    /// Reads the command line of this process.
    ///
    /// # Errors
    ///
    /// Wrong usage; help and version, too, which are to be printed.
    pub(super) fn read(line: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let cli = Self::try_parse_from(line).map_err(help_of_help)?;
        match &cli.verb {
            Verb::Schedule(schedule) if schedule.says_nothing() => Err(usage(
                "schedule",
                "nothing says which meeting is wanted; say it in a sentence, as in \
                 `sotto schedule \"half an hour with Robin next week\"`, or with --with NAME",
            )),
            _ => Ok(cli),
        }
    }
}

/// `sotto help --help`: clap takes the flag for the verb that help is asked for.
fn help_of_help(error: clap::Error) -> clap::Error {
    let verb = error.get(ContextKind::InvalidSubcommand);
    if !matches!(verb, Some(ContextValue::String(flag)) if ["--help", "-h"].contains(&flag.as_str()))
    {
        return error;
    }
    Cli::try_parse_from(["sotto", "--help"])
        .err()
        .unwrap_or(error)
}

/// Wrong usage of a verb that clap cannot see.
fn usage(verb: &str, message: &str) -> clap::Error {
    let mut command = Cli::command();
    command.build();
    let known = command.find_subcommand_mut(verb).cloned();
    known
        .unwrap_or(command)
        .error(ErrorKind::MissingRequiredArgument, message)
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// Directory of the vault [default: $SOTTO_HOME, else $XDG_DATA_HOME/sotto, else
    /// ~/.local/share/sotto]
    // Not as clap's `env`: its usage lines would show the flag as if it were required.
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// Do not dial the relay; what is to be sent is queued
    #[arg(long, global = true)]
    pub offline: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make a vault: a new account, or a further device of one that you have
    Init(Init),
    /// See, add, rename and remove your own devices, and choose which one answers for you
    #[command(args_conflicts_with_subcommands = true)]
    Devices(Devices),
    /// Make an invitation link for somebody
    Invite(Invite),
    /// See and revoke your open invitations
    #[command(args_conflicts_with_subcommands = true)]
    Invitations(Invitations),
    /// Accept somebody's invitation
    Accept(Accept),
    /// See and decide whom you know
    #[command(args_conflicts_with_subcommands = true)]
    Contacts(Contacts),
    /// Import, list and remove calendars
    #[command(args_conflicts_with_subcommands = true)]
    Calendar(Calendar),
    /// Show the events of some days
    Agenda(Agenda),
    /// Ask for a meeting, in a sentence or with flags
    Schedule(Schedule),
    /// See and decide proposals of meetings
    #[command(args_conflicts_with_subcommands = true)]
    Proposals(Proposals),
    /// Read every message between your agent and others
    History(History),
    /// Keep the proof of a confirmed meeting, or check somebody's
    #[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
    Receipt(Receipt),
    /// When meetings suit, and what the agent may do on its own
    #[command(args_conflicts_with_subcommands = true)]
    Preferences(Preferences),
    /// Stay online and answer by policy
    #[command(after_help = "\
Example:
  SOTTO_PASSPHRASE=… sotto run --home /srv/robin

Prints one line for each event; with --json, one JSON document a line. While it
runs, the other verbs reach the vault through DIR/agent.sock. Ctrl-C (SIGINT) or
SIGTERM ends it; in the background of a shell, `kill %1` does.")]
    Run,
    /// Show who you are and how the connection is
    #[command(after_help = "\
Example:
  sotto status

It says who you are, whether the relay answers, what waits to be sent, and
whether anything waits for your decision.")]
    Status,
    /// Change the passphrase of the vault
    #[command(after_help = "\
Example:
  sotto passphrase

It asks for the passphrase so far, then twice for the new one; a script sets
SOTTO_PASSPHRASE and SOTTO_NEW_PASSPHRASE. An agent that runs goes on. Copies of
the vault that were made before open with the old passphrase.")]
    Passphrase,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "sotto init [OPTIONS] --relay <URL> --name <NAME>\n       \
                      sotto init [OPTIONS] --join <LINK>",
    after_help = "\
Examples:
  sotto init --relay https://sotto.example --name Ada --time-zone Europe/Berlin
  sotto init --join 'https://sotto.example/#device=…' --device-name Phone

The passphrase protects the vault on this machine. Nobody can restore it.
When the relay cannot be reached, the vault is made all the same, and
registered on the first contact.

With --join, this becomes one more device of the account whose `sotto devices
add`, or whose settings in a browser, made the link. It shows six digits, and
waits until somebody has typed them there. Ended before that, it goes on when it
is run again, and so does `sotto run`."
)]
pub(super) struct Init {
    /// The relay's URL, http:// or https://
    #[arg(long, value_name = "URL", required_unless_present = "join")]
    pub relay: Option<String>,
    /// The name that your contacts see
    #[arg(long, required_unless_present = "join")]
    pub name: Option<String>,
    /// Your time zone by its IANA name, such as Europe/Berlin [default: the system's]
    #[arg(long, value_name = "ZONE")]
    pub time_zone: Option<String>,
    /// Become a further device of the account that made this link
    #[arg(
        long,
        value_name = "LINK",
        conflicts_with_all = ["relay", "name", "time_zone"]
    )]
    pub join: Option<String>,
    /// What your devices are to call this one [default: the host's name]
    #[arg(long, value_name = "NAME")]
    pub device_name: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::read(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn lists_are_what_a_bare_noun_means() {
        for line in [
            "sotto calendar",
            "sotto contacts",
            "sotto devices",
            "sotto invitations",
            "sotto proposals",
            "sotto preferences",
        ] {
            parse(line).unwrap();
        }
        let cli = parse("sotto contacts --json").unwrap();
        assert!(cli.global.json);
        assert!(matches!(cli.verb, Verb::Contacts(Contacts { verb: None })));
    }

    #[test]
    fn global_flags_go_anywhere() {
        let cli = parse("sotto --home /a contacts approve robin --json --offline").unwrap();
        assert_eq!(cli.global.home.as_deref(), Some("/a".as_ref()));
        assert!(cli.global.json && cli.global.offline);
    }

    #[test]
    fn schedule_takes_flags_and_a_sentence() {
        let line = "sotto schedule --with Robin --duration 30m --between 2026-12-01..2026-12-05 --title T --wait";
        let Verb::Schedule(schedule) = parse(line).unwrap().verb else {
            panic!("expected schedule");
        };
        assert_eq!(schedule.timeout.whole(1), 600);
        assert!(schedule.text.is_empty() && schedule.wait);
        assert!(parse("sotto schedule lunch --timeout 5m").is_err());
    }

    #[test]
    fn what_is_missing_or_wrong_is_usage() {
        let bad = [
            "sotto",
            "sotto init --name Ada",
            "sotto init --join LINK --name Ada",
            "sotto init --join LINK --time-zone UTC",
            "sotto accept",
            "sotto devices add --code 12345",
            "sotto devices add --code 12345a",
            "sotto devices add --code 123456 --keeper",
            "sotto devices add --code 123456 --no",
            "sotto devices remove",
            "sotto devices agent",
            "sotto invite --valid soon",
            "sotto invite --valid 59m",
            "sotto invite --valid 31d",
            "sotto invite --uses 0",
            "sotto invite --uses 101",
            "sotto invite --passphrase x",
            "sotto invitations revoke",
            "sotto preferences set",
            "sotto preferences set --approve-meetings never",
            "sotto preferences set --hours someday",
            "sotto contacts approve",
            "sotto contacts show",
            "sotto contacts verify robin --yes --number 12345",
            "sotto contacts verify robin --yes --undo",
            "sotto history --limit 0",
            "sotto history --limit 1001",
            "sotto schedule",
            "sotto schedule --wait --review",
            "sotto fly",
            "sotto help fly",
        ];
        for line in bad {
            let error = parse(line).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn wrong_usage_says_what_is_missing_or_expected() {
        let said = |line| parse(line).unwrap_err().to_string();
        let schedule = said("sotto schedule");
        assert!(
            schedule.starts_with("error: nothing says which meeting is wanted; say it"),
            "{schedule}"
        );
        assert!(
            schedule.contains("\nUsage: sotto schedule [OPTIONS] [SENTENCE]...\n"),
            "{schedule}"
        );
        for line in ["sotto invite --uses few", "sotto invite --uses 0"] {
            let uses = said(line);
            assert!(
                uses.contains("expected a whole number from 1 to 100"),
                "{uses}"
            );
        }
        let set = said("sotto preferences set");
        assert!(
            set.contains("\nUsage: sotto preferences set <OPTION>...\n"),
            "{set}"
        );
    }

    #[test]
    fn a_code_may_be_typed_as_it_is_shown() {
        for code in ["012345", "012 345"] {
            let line = ["sotto", "devices", "add", "--code", code].map(OsString::from);
            let Verb::Devices(Devices {
                verb: Some(DevicesVerb::Add(add)),
            }) = Cli::read(line).unwrap().verb
            else {
                panic!("expected devices add");
            };
            assert_eq!(add.code.as_deref(), Some("012345"));
        }
    }

    #[test]
    fn help_has_help_too() {
        let help = parse("sotto --help").unwrap_err().to_string();
        for line in ["sotto help --help", "sotto help -h", "sotto help"] {
            let error = parse(line).unwrap_err();
            assert_eq!((error.exit_code(), error.to_string()), (0, help.clone()));
        }
    }

    #[test]
    fn every_verb_has_an_example() {
        fn check(command: &clap::Command) {
            for verb in command.get_subcommands() {
                assert!(verb.get_about().is_some(), "{}", verb.get_name());
                if verb.has_subcommands() {
                    check(verb);
                }
            }
        }
        let command = Cli::command();
        check(&command);
        for verb in command.get_subcommands() {
            let help = verb.get_after_help().map(ToString::to_string);
            let help = help.unwrap_or_default();
            assert!(help.contains("Example"), "{}", verb.get_name());
        }
    }
}
