//! Where the relay keeps accounts, prekeys, mailboxes and messages.
//!
//! - [`Backend`] and [`Reader`]: what a store has to do, as plain blocking calls with time as
//!   an argument. [`Memory`] and [`Sqlite`] pass one conformance suite (`conformance.rs`), and
//!   both ask the rules in [`mailbox`] and [`directory`].
//! - [`Store`]: the handle that connections use; it groups what many of them
//!   write into one commit.

#[cfg(test)]
mod conformance;
mod group;
mod memory;
mod sqlite;

use bytes::Bytes;
use sotto_protocol::frames::{DevicePrekeys, PrekeySupply, SignedDeviceList};
use sotto_protocol::id::{AccountId, MailboxId, MessageId};

pub use group::{Store, Threads};
pub use memory::Memory;
pub use sqlite::{OpenError, Sqlite, SqliteReader};

use crate::directory::{self, Member, Publication, VerifiedList, Visitor, Wanted};
use crate::mailbox::{self, Terms};

/// Why the store itself failed; what was asked for did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite refused.
    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A record is not as it was written.
    #[error("the database holds a damaged record: {what}")]
    Damaged {
        /// Which kind.
        what: &'static str,
    },
    /// The commit that this change was part of failed.
    #[error("the change was rolled back with others: {cause}")]
    RolledBack {
        /// Why.
        cause: String,
    },
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}

/// An answer of a store: that the store failed, or the rules' refusal, or what was asked for.
pub type Answer<T, R> = Result<Result<T, R>, StoreError>;

/// A device that was let in.
#[derive(Debug, Clone, PartialEq)]
pub struct Admitted {
    /// Whether its account is new.
    pub registered: bool,
    /// Its prekeys.
    pub supply: PrekeySupply,
    /// How many live mailboxes it has ([`Mailbox::is_live`](mailbox::Mailbox::is_live)).
    pub mailboxes: u32,
    /// The highest sequence that waits for it; zero when nothing does.
    pub backlog: u64,
    /// The account's list, where the device brought an older one or none.
    pub newer: Option<SignedDeviceList>,
    /// What its list changed.
    pub change: Option<ListChange>,
    /// When it ceases to be a guest, in milliseconds since the Unix epoch; `None` for a device.
    pub guest_until_ms: Option<u64>,
}

/// A device list that took the place of an older one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListChange {
    /// The new list.
    pub list: VerifiedList,
    /// The devices that it does not name any more: what they owned is gone.
    pub removed: Vec<Member>,
}

impl ListChange {
    /// Who has to hear of it, where `by` made it.
    pub fn told(&self, by: Member) -> impl Iterator<Item = Member> {
        self.list.members().filter(move |member| *member != by)
    }
}

/// A message to be stored.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// Where to.
    pub mailbox: MailboxId,
    /// Its name.
    pub message_id: MessageId,
    /// Ciphertext.
    pub payload: Bytes,
    /// How long to keep it; zero for as long as the relay keeps anything.
    pub ttl_seconds: u64,
}

/// What became of a message that was not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// It is stored for this owner.
    Stored(Member),
    /// It was stored before.
    Repeated,
}

/// A stored message. Who sent it is nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMessage {
    /// Its place among all messages of its owner, from 1 on, never used twice.
    pub sequence: u64,
    /// Where it lies.
    pub mailbox: MailboxId,
    /// Its name.
    pub message_id: MessageId,
    /// Ciphertext.
    pub payload: Bytes,
}

/// What the directory serves of an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Served {
    /// The account's devices.
    pub list: SignedDeviceList,
    /// The prekeys of each that published some.
    pub devices: Vec<DevicePrekeys>,
}

/// How much a purge deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// Messages whose time was over.
    pub messages: usize,
    /// Mailboxes that are not remembered any longer.
    pub mailboxes: usize,
    /// Notes of prekeys handed out long ago.
    pub prekeys: usize,
    /// Guests whose pass is over, with what they owned.
    pub guests: usize,
}

impl Purged {
    /// Whether there was nothing to delete.
    pub const fn is_empty(self) -> bool {
        self.messages == 0 && self.mailboxes == 0 && self.prekeys == 0 && self.guests == 0
    }
}

impl std::ops::Add for Purged {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            messages: self.messages + other.messages,
            mailboxes: self.mailboxes + other.mailboxes,
            prekeys: self.prekeys + other.prekeys,
            guests: self.guests + other.guests,
        }
    }
}

/// Most records that one purge deletes: a long one would hold up the posts behind it.
pub const PURGE_BATCH: usize = 500;

/// How long it is remembered that a one-time prekey was handed out, so that a
/// device that publishes it again by mistake cannot have it handed out twice.
pub const HANDED_OUT_MEMORY_MS: u64 = 30 * 24 * 3_600 * 1_000;

/// The changes, each all or nothing. They come between [`begin`](Self::begin)
/// and [`commit`](Self::commit), and count only once the latter returned.
pub trait Backend: Send {
    /// Begins a group of changes.
    ///
    /// # Errors
    ///
    /// [`StoreError`], as for all of these.
    fn begin(&mut self) -> Result<(), StoreError>;

    /// Makes the group durable.
    #[allow(clippy::missing_errors_doc, reason = "said at the first")]
    fn commit(&mut self) -> Result<(), StoreError>;

    /// Undoes the group.
    fn rollback(&mut self);

    /// Lets a device in, registers its account or replaces its list; or lets a guest in.
    #[allow(clippy::missing_errors_doc, reason = "said at the first")]
    fn enter(&mut self, visitor: &Visitor, now_ms: u64) -> Answer<Admitted, directory::Refused>;

    /// Replaces the device list of `member`'s account by one that was made from version `over`, or any if
    /// that is 0; `None` when it holds that very list already.
    #[allow(clippy::missing_errors_doc, reason = "said at the first")]
    fn relist(
        &mut self,
        member: &Member,
        list: &VerifiedList,
        over: u64,
    ) -> Answer<Option<ListChange>, directory::Refused>;

    /// Adds prekeys, all or none. Those that are held or were handed out are passed over.
    #[allow(clippy::missing_errors_doc, reason = "said at the first")]
    fn publish(
        &mut self,
        member: &Member,
        publication: &Publication,
    ) -> Answer<PrekeySupply, directory::Refused>;

    /// Takes one set of prekeys for each device of an account that is wanted. One-time keys go to nobody else.
    #[allow(clippy::missing_errors_doc, reason = "said at the first")]
    fn fetch(
        &mut self,
        account: &AccountId,
        wanted: &Wanted,
        now_ms: u64,
    ) -> Answer<Served, directory::Refused>;

    /// Makes a mailbox; `false` when the device has it already.
    #[allow(clippy::missing_errors_doc, reason = "said at the first")]
    fn create_mailbox(
        &mut self,
        owner: &Member,
        mailbox: &MailboxId,
        terms: Terms,
        now_ms: u64,
    ) -> Answer<bool, mailbox::Refused>;

    /// Deletes a mailbox and what it holds; `false` when there is none.
    #[allow(clippy::missing_errors_doc, reason = "said at the first")]
    fn close_mailbox(
        &mut self,
        owner: &Member,
        mailbox: &MailboxId,
    ) -> Answer<bool, mailbox::Refused>;

    /// Stores a message.
    #[allow(clippy::missing_errors_doc, reason = "said at the first")]
    fn post(&mut self, parcel: &Parcel, now_ms: u64) -> Answer<Posted, mailbox::Refused>;

    /// Deletes those of `owner`'s messages; how many there were.
    #[allow(clippy::missing_errors_doc, reason = "said at the first")]
    fn acknowledge(&mut self, owner: &Member, sequences: &[u64]) -> Result<usize, StoreError>;

    /// Deletes what is over, at most [`PURGE_BATCH`] of each kind.
    #[allow(clippy::missing_errors_doc, reason = "said at the first")]
    fn purge(&mut self, now_ms: u64) -> Result<Purged, StoreError>;

    /// Writes something, to see whether writing works.
    #[allow(clippy::missing_errors_doc, reason = "said at the first")]
    fn probe(&mut self, now_ms: u64) -> Result<(), StoreError>;
}

/// The reads, which see committed changes only.
pub trait Reader: Send {
    /// `owner`'s messages after that sequence, in order: at most so many, and at
    /// most so many payload bytes, but at least one message if there is any.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    fn pending(
        &mut self,
        owner: &Member,
        after: u64,
        page: Page,
        now_ms: u64,
    ) -> Result<Vec<StoredMessage>, StoreError>;
}

/// How much to read at once.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Most messages.
    pub messages: usize,
    /// Most payload bytes.
    pub bytes: usize,
}
