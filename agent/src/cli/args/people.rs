//! The verbs about people: invitations and contacts.

use clap::{Args, Subcommand};

use crate::cli::values::{Length, guests, validity};

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  sotto invite --uses 3 --valid 2d --qr

Whoever has the link may use it: hand it over where you trust the channel. It
works once the relay knows of it; a warning says where that is not so yet. You
still approve each person, unless the preference --approve-contacts is auto.")]
pub(in crate::cli) struct Invite {
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
pub(in crate::cli) struct Invitations {
    #[command(subcommand)]
    pub verb: Option<InvitationsVerb>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum InvitationsVerb {
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
  sotto accept --look 'https://sotto.example/#invite=…'

Quote the link: its secrets follow the '#'. The relay has to be reached; it is
tried for 15 seconds. Before that it says who invites you, and the digits of
their key, which they can read to you; --look says no more than that. Where you
know somebody of that name already, under another account key, it asks first;
without a terminal, or with --json, it needs --yes.")]
pub(in crate::cli) struct Accept {
    /// The link, whole
    pub link: String,
    /// Only show who invites you, and the digits of their key
    #[arg(long)]
    pub look: bool,
    /// Do not ask, though you know somebody of that name already
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sotto contacts
  sotto contacts approve robin
  sotto contacts show robin          # and which devices they have
  sotto contacts verify robin        # compare the safety number
  sotto contacts decide robin        # where sending to Robin is stopped
  sotto contacts block 4f2a9c01

A contact is named by its name, its id, or the beginning of either.")]
pub(in crate::cli) struct Contacts {
    #[command(subcommand)]
    pub verb: Option<ContactsVerb>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ContactsVerb {
    /// List everyone you know or who asks to know you
    List,
    /// Let a person who used your invitation become a contact
    Approve {
        /// Name, id, or the beginning of either
        contact: String,
    },
    /// Show how it stands with a contact, and which devices they have
    #[command(after_help = "\
Example:
  sotto contacts show robin

A device is shown by the beginning of its key, as Robin sees it in `sotto
devices` or under Settings. Ask Robin about one that came since you met.")]
    Show {
        /// Name, id, or the beginning of either
        contact: String,
    },
    /// Show the safety number, and record that it was compared
    #[command(after_help = "\
Examples:
  sotto contacts verify robin                  # shows it, and asks
  sotto contacts verify robin --number \"04187 22963 …\"
  sotto contacts verify robin --undo
  sotto contacts verify robin --qr             # for Robin to scan
  sotto contacts verify --code 'https://sotto.example/#verify=…'

Let Robin read you their number over another channel, by telephone for example.
It has to be the same as yours. Without a terminal, or with --json, nobody can
be asked: say with --number or --yes that it was compared, else nothing is
recorded. The number alone is in `sotto contacts --json`.
A code counts if you scanned it from Robin's own screen; a link that was sent
proves nothing.")]
    Verify(Verify),
    /// Decide about a contact to whom nothing is sent until you have
    #[command(after_help = "\
Examples:
  sotto contacts decide robin          # says what happened, and asks
  sotto contacts decide robin --keep   # what you know stands
  sotto contacts decide robin --take   # you asked Robin: the new is true

Sending to a contact stops when what is found might be an attack: an older list
of their devices than the newest, two lists of one number, a device that has
begun anew, or somebody of the same name with another account key. `sotto
contacts` says which it is. Ask them in person or by telephone before you --take.
Without a terminal, or with --json, nobody can be asked: say --keep or --take.")]
    Decide(Decide),
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

Only a new invitation undoes it: they make one, and you accept it. Meetings that
you have agreed on stay in both calendars, and a warning names them: to call one
off, use `sotto proposals cancel` first.")]
    Block {
        /// Name, id, or the beginning of either
        contact: String,
    },
    /// Block a contact and forget them
    #[command(after_help = "\
Example:
  sotto contacts remove 4f2a9c01

What was said stays in the history, and agreed meetings in the agenda; it names
them, so that you can call one off first (`sotto proposals cancel`). It asks
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
pub(in crate::cli) struct Decide {
    /// Name, id, or the beginning of either
    pub contact: String,
    /// What you know stands; what was found is not believed
    #[arg(long)]
    pub keep: bool,
    /// What was found is true: you have asked them by another way
    #[arg(long, conflicts_with = "keep")]
    pub take: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    /// Name, id, or the beginning of either
    #[arg(required_unless_present = "code")]
    pub contact: Option<String>,
    /// Show the number as a QR code too, for them to scan; nothing is recorded
    #[arg(long, conflicts_with_all = ["code", "number", "yes", "undo"])]
    pub qr: bool,
    /// The link in the code that you scanned from their screen
    #[arg(long, value_name = "LINK", conflicts_with_all = ["number", "undo"])]
    pub code: Option<String>,
    /// The number that they read to you, 60 digits; spaces do not count
    #[arg(long, value_name = "DIGITS", conflicts_with = "undo")]
    pub number: Option<String>,
    /// Do not ask: you have compared it yourself, and it is the same
    #[arg(long, conflicts_with_all = ["number", "undo"])]
    pub yes: bool,
    /// Take it back: it counts as not compared
    #[arg(long)]
    pub undo: bool,
}
