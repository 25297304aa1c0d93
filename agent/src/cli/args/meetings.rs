//! The verbs about meetings.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::values::{Length, length, messages};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sotto schedule \"half an hour with Robin next week about the garden\"
  sotto schedule --with Robin --duration 30m --between 2026-12-01..2026-12-05 \\
        --title Garden --wait

A flag counts more than what the sentence says. With --wait, the exit code is 0
when the meeting is confirmed and 3 when it is not.")]
pub(in crate::cli) struct Schedule {
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
    pub(in crate::cli) fn sentence(&self) -> Option<String> {
        Some(self.text.join(" ")).filter(|text| !text.trim().is_empty())
    }

    pub(super) fn says_nothing(&self) -> bool {
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
pub(in crate::cli) struct Proposals {
    #[command(subcommand)]
    pub verb: Option<ProposalsVerb>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ProposalsVerb {
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
pub(in crate::cli) struct History {
    /// Only one negotiation or one contact: its id, the contact's name, or the beginning of either
    pub conversation: Option<String>,
    /// How many, the newest, from 1 to 1000 [default: 200]
    #[arg(long, value_name = "N", value_parser = messages)]
    pub limit: Option<u32>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sotto receipt 8c11d2f0                       # to sotto-receipt-8c11d2f0….json
  sotto receipt 8c11d2f0 --out weeding.json
  sotto receipt verify weeding.json            # anybody's; needs no vault

A receipt holds what both agents signed, and nothing else: who has the file can
prove to anybody that these two agreed on this meeting.")]
pub(in crate::cli) struct Receipt {
    /// The confirmed meeting: id, title, or the beginning of either
    pub proposal: Option<String>,
    /// Where to write it, instead of sotto-receipt-ID.json here
    #[arg(long, value_name = "FILE", requires = "proposal")]
    pub out: Option<PathBuf>,
    #[command(subcommand)]
    pub verb: Option<ReceiptVerb>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ReceiptVerb {
    /// Check a receipt, and say what it proves
    Verify {
        /// The file; - for standard input
        file: PathBuf,
    },
}
