//! The verbs about one's own devices.

use clap::{Args, Subcommand};

use crate::cli::values::code;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sotto devices
  sotto devices add --qr             # then open the link on the new device
  sotto devices rename phone \"Old phone\"
  sotto devices agent phone          # lets it answer for you
  sotto devices remove \"old phone\"

One device answers for you; the others follow it. A device is named by its name,
its fingerprint, or the beginning of either.")]
pub(in crate::cli) struct Devices {
    #[command(subcommand)]
    pub verb: Option<DevicesVerb>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DevicesVerb {
    /// List them, and those that were removed
    List,
    /// Make a link for a new device, and add the one that used it
    #[command(after_help = "\
Examples:
  sotto devices add --qr
  sotto devices add --json           # a script: makes the link, and ends
  sotto devices add --code 123456    # and adds the device that shows this code

Open the link on the new device: in a browser, or with `sotto init --join LINK`.
It is good for 10 minutes, for one device, and until another is made. The new
device then shows six digits, and you are asked for them; nothing is signed
before. Three times others, and the link is over. Without a terminal, or with
--json, nobody can be asked: the link is printed. Then keep `sotto run` running,
or call `sotto devices` until it says that a device asks: only then the new one
shows its code, and --code adds it.")]
    Add(Add),
    /// Call a device by another name, on this one alone
    #[command(after_help = "\
Examples:
  sotto devices rename phone \"Old phone\"
  sotto devices rename \"old phone\" \"\"    # by the beginning of its fingerprint")]
    Rename {
        /// Name, fingerprint, or the beginning of either
        device: String,
        /// The new name; empty for none, so that it is called by its fingerprint
        name: String,
    },
    /// Let another device answer for you
    #[command(after_help = "\
Example:
  sotto devices agent phone

The device answers for you from then on, and the others follow it. It knows your
contacts, your preferences and the meetings that are agreed. What is under way
is called off. Imported calendars are not handed over: import them on the new
one. Only a keeper may do this. It asks first; without a
terminal, or with --json, it needs --yes.")]
    Agent {
        /// Name, fingerprint, or the beginning of either
        device: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Remove a device from your account for good
    #[command(after_help = "\
Example:
  sotto devices remove phone

It is shut out at once, and your contacts are told. What is stored on it stays
there until somebody deletes it. It asks first; without a terminal, or with
--json, it needs --yes.")]
    Remove {
        /// Name, fingerprint, or the beginning of either
        device: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Add {
    /// Let the new device add and remove devices, too: it gets the account's key
    #[arg(long)]
    pub keeper: bool,
    /// Draw the link as a QR code as well
    #[arg(long)]
    pub qr: bool,
    /// Make no link: add the device that asks by the one before, with the six digits that it shows
    #[arg(long, value_name = "DIGITS", value_parser = code, conflicts_with_all = ["keeper", "qr", "no"])]
    pub code: Option<String>,
    /// Make no link: say no to the device that asks by the one before
    #[arg(long, conflicts_with_all = ["keeper", "qr"])]
    pub no: bool,
}
