//! The command line, as clap reads it.

use std::{ffi::OsString, path::PathBuf};

use clap::{
    Args, CommandFactory, Parser, Subcommand, ValueEnum,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::values::{Hours, Length, guests, hours, length, messages, validity};

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
    /// Make a vault: identity, keys, and the relay they live at
    Init(Init),
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
#[command(after_help = "\
Example:
  sotto init --relay https://sotto.example --name Ada --time-zone Europe/Berlin

The passphrase protects the vault on this machine. Nobody can restore it.
When the relay cannot be reached, the vault is made all the same, and
registered on the first contact.")]
pub(super) struct Init {
    /// The relay's URL, http:// or https://
    #[arg(long, value_name = "URL")]
    pub relay: String,
    /// The name that your contacts see
    #[arg(long)]
    pub name: String,
    /// Your time zone by its IANA name, such as Europe/Berlin [default: the system's]
    #[arg(long, value_name = "ZONE")]
    pub time_zone: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  sotto invite --uses 3 --valid 2d --qr

Whoever has the link may use it: hand it over where you trust the channel. It
works once the relay knows of it; a warning says where that is not so yet. You
still approve each person, unless the preference --approve-contacts is auto.")]
pub(super) struct Invite {
    /// How many people may use it, from 1 to 100 [default: 1]
    #[arg(long, value_name = "N", value_parser = guests)]
    pub uses: Option<u32>,
    /// For how long it is good, such as 12h, 7d or 2w; from 1h to 30d [default: 7d]
    #[arg(long, value_name = "TIME", value_parser = validity)]
    pub valid: Option<Length>,
    /// Draw the link as a QR code as well
    #[arg(long)]
    pub qr: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sotto invitations
  sotto invitations revoke 5be90d17

An invitation is open until its people have used it, it ends, or you revoke it;
until then it keeps a place among your contacts for each of them. The links are
in `sotto invitations --json`.")]
pub(super) struct Invitations {
    #[command(subcommand)]
    pub verb: Option<InvitationsVerb>,
}

#[derive(Debug, Subcommand)]
pub(super) enum InvitationsVerb {
    /// List those that somebody may still use
    List,
    /// Take one back: whoever tries its link afterwards is refused
    Revoke {
        /// Id, or its beginning
        #[arg(value_name = "ID")]
        invitation: String,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  sotto accept 'https://sotto.example/#invite=…'

Quote the link: its secrets follow the '#'. The relay has to be reached; it is
tried for 15 seconds.")]
pub(super) struct Accept {
    /// The link, whole
    pub link: String,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sotto contacts
  sotto contacts approve robin
  sotto contacts verify robin        # compare the safety number
  sotto contacts block 4f2a9c01

A contact is named by its name, its id, or the beginning of either.")]
pub(super) struct Contacts {
    #[command(subcommand)]
    pub verb: Option<ContactsVerb>,
}

#[derive(Debug, Subcommand)]
pub(super) enum ContactsVerb {
    /// List everyone you know or who asks to know you
    List,
    /// Let a person who used your invitation become a contact
    Approve {
        /// Name, id, or the beginning of either
        contact: String,
    },
    /// Show the safety number, and record that it was compared
    #[command(after_help = "\
Examples:
  sotto contacts verify robin                  # shows it, and asks
  sotto contacts verify robin --number \"04187 22963 …\"
  sotto contacts verify robin --undo

Let Robin read you their number over another channel, by telephone for example.
It has to be the same as yours. Without a terminal, or with --json, nobody can
be asked: say with --number or --yes that it was compared, else nothing is
recorded. The number alone is in `sotto contacts --json`.")]
    Verify(Verify),
    /// Call a contact by another name, for yourself alone
    #[command(after_help = "\
Examples:
  sotto contacts rename robin \"Robin from the choir\"
  sotto contacts rename robin \"\"          # by the name that they gave themselves")]
    Rename {
        /// Name, id, or the beginning of either
        contact: String,
        /// The new name; empty for the one that they gave themselves
        name: String,
    },
    /// End everything with a contact: close their mailbox, cancel what is open
    #[command(after_help = "\
Example:
  sotto contacts block 4f2a9c01

Only a new invitation undoes it: they make one, and you accept it.")]
    Block {
        /// Name, id, or the beginning of either
        contact: String,
    },
    /// Block a contact and forget them
    #[command(after_help = "\
Example:
  sotto contacts remove 4f2a9c01

What was said stays in the history, and agreed meetings in the agenda. It asks
first; without a terminal, or with --json, it needs --yes.")]
    Remove {
        /// Name, id, or the beginning of either
        contact: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Name, id, or the beginning of either
    pub contact: String,
    /// The number that they read to you, 60 digits; spaces do not count
    #[arg(long, value_name = "DIGITS", conflicts_with = "undo")]
    pub number: Option<String>,
    /// Do not ask: you have compared it, and it is the same
    #[arg(long, conflicts_with_all = ["number", "undo"])]
    pub yes: bool,
    /// Take it back: it counts as not compared
    #[arg(long)]
    pub undo: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sotto calendar
  sotto calendar import ~/Downloads/work.ics --name Work
  sotto calendar remove work")]
pub(super) struct Calendar {
    #[command(subcommand)]
    pub verb: Option<CalendarVerb>,
}

#[derive(Debug, Subcommand)]
pub(super) enum CalendarVerb {
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
pub(super) struct Agenda {
    /// First day, YYYY-MM-DD [default: today]
    #[arg(long, value_name = "DAY")]
    pub from: Option<String>,
    /// Last day, inclusive [default: six days after the first]
    #[arg(long, value_name = "DAY")]
    pub to: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sotto schedule \"half an hour with Robin next week about the garden\"
  sotto schedule --with Robin --duration 30m --between 2026-12-01..2026-12-05 \\
        --title Garden --wait

A flag counts more than what the sentence says. With --wait, the exit code is 0
when the meeting is confirmed and 3 when it is not.")]
pub(super) struct Schedule {
    /// What you want, in a sentence, in quotes or not
    #[arg(value_name = "SENTENCE")]
    pub text: Vec<String>,
    /// The contact: name, id, or the beginning of the id
    #[arg(long, value_name = "NAME")]
    pub with: Option<String>,
    /// How long: 30m, 1h, 1h30m
    #[arg(long, value_name = "TIME")]
    pub duration: Option<String>,
    /// Days, both inclusive: 2026-12-01..2026-12-05, or one day
    #[arg(long, value_name = "DAYS")]
    pub between: Option<String>,
    /// The meeting's title
    #[arg(long)]
    pub title: Option<String>,
    /// Show me the times before one is proposed, whatever the preference says
    #[arg(long)]
    pub review: bool,
    /// Stay online until it is confirmed, rejected, expired or called off
    #[arg(long)]
    pub wait: bool,
    /// Longest wait, such as 30s, 10m or 2h
    #[arg(long, value_name = "TIME", value_parser = length, requires = "wait", default_value = "10m")]
    pub timeout: Length,
}

impl Schedule {
    /// The sentence, if there is any.
    pub(super) fn sentence(&self) -> Option<String> {
        Some(self.text.join(" ")).filter(|text| !text.trim().is_empty())
    }

    fn says_nothing(&self) -> bool {
        let Self {
            with,
            duration,
            between,
            title,
            ..
        } = self;
        let values = [with, duration, between, title];
        self.sentence().is_none() && values.iter().all(|value| value.is_none())
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sotto proposals
  sotto proposals approve 8c11d2f0
  sotto proposals approve 8c11d2f0 --start 2026-12-01T10:30
  sotto proposals reject 8c11d2f0 --reason \"away that day\" --suggest

A proposal is named by its id, its title, or the beginning of either.")]
pub(super) struct Proposals {
    #[command(subcommand)]
    pub verb: Option<ProposalsVerb>,
}

#[derive(Debug, Subcommand)]
pub(super) enum ProposalsVerb {
    /// List all negotiations, newest first
    List,
    /// Agree to a proposal, or let a time be proposed that your agent found
    Approve {
        /// Id, title, or the beginning of either
        proposal: String,
        /// Another of its times: 2026-12-01T10:30 in your zone, or with an offset or Z
        #[arg(long, value_name = "TIME")]
        start: Option<String>,
    },
    /// Say no to a proposal
    Reject {
        /// Id, title, or the beginning of either
        proposal: String,
        /// A word of explanation for the other side
        #[arg(long)]
        reason: Option<String>,
        /// Offer other times at once, which your agent finds in your calendar
        #[arg(long)]
        suggest: bool,
    },
    /// Call off a negotiation or a confirmed meeting
    Cancel {
        /// Id, title, or the beginning of either
        proposal: String,
        /// A word of explanation for the other side
        #[arg(long)]
        reason: Option<String>,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sotto history
  sotto history 8c11d2f0 --json        # every message as it was encrypted")]
pub(super) struct History {
    /// Only one negotiation or one contact: its id, the contact's name, or the beginning of either
    pub conversation: Option<String>,
    /// How many, the newest, from 1 to 1000 [default: 200]
    #[arg(long, value_name = "N", value_parser = messages)]
    pub limit: Option<u32>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sotto preferences
  sotto preferences set --hours \"mon-thu 09:00-17:00, fri 09:00-13:00\" --buffer 10m
  sotto preferences set --approve-meetings auto")]
pub(super) struct Preferences {
    #[command(subcommand)]
    pub verb: Option<PreferencesVerb>,
}

#[derive(Debug, Subcommand)]
pub(super) enum PreferencesVerb {
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
pub(super) struct Set {
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
pub(super) enum Approve {
    /// You, each time
    Ask,
    /// The agent
    Auto,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Switch {
    On,
    Off,
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
            "sotto accept",
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
