//! The store in SQLite: WAL, every commit synced, one writer and one reader.

mod directory;
mod open;
mod post;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, params};
use sotto_protocol::frames::PrekeySupply;
use sotto_protocol::id::{AccountId, MailboxId};

use super::{
    Admitted, Answer, Backend, ListChange, Page, Parcel, Posted, Purged, Reader, Served,
    StoreError, StoredMessage,
};
use crate::directory::{self as rules, Member, Publication, VerifiedList, Visitor, Wanted};
use crate::limits::Limits;
use crate::mailbox::{self, Terms};

pub use open::OpenError;

/// The store in SQLite, for changes.
#[derive(Debug)]
pub struct Sqlite {
    connection: Connection,
    limits: Limits,
    _lock: Arc<File>,
}

/// The store in SQLite, for reads.
#[derive(Debug)]
pub struct SqliteReader {
    connection: Connection,
    _lock: Arc<File>,
}

impl Sqlite {
    /// Opens the database in that directory; makes both when they are missing.
    ///
    /// # Errors
    ///
    /// [`OpenError`], which says what to do.
    pub fn open(directory: &Path, limits: Limits) -> Result<(Self, SqliteReader), OpenError> {
        let open::Opened {
            writer,
            reader,
            lock,
        } = open::open(directory)?;
        let lock = Arc::new(lock);
        let writer = Self {
            connection: writer,
            limits,
            _lock: Arc::clone(&lock),
        };
        Ok((
            writer,
            SqliteReader {
                connection: reader,
                _lock: lock,
            },
        ))
    }
}

impl Backend for Sqlite {
    fn begin(&mut self) -> Result<(), StoreError> {
        Ok(self
            .connection
            .prepare_cached("BEGIN IMMEDIATE")?
            .execute([])
            .map(drop)?)
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        Ok(self
            .connection
            .prepare_cached("COMMIT")?
            .execute([])
            .map(drop)?)
    }

    fn rollback(&mut self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a rollback failed");
        }
    }

    fn enter(&mut self, visitor: &Visitor, now_ms: u64) -> Answer<Admitted, rules::Refused> {
        directory::enter(&self.connection, visitor, now_ms, &self.limits)
    }

    fn publish(
        &mut self,
        member: &Member,
        publication: &Publication,
    ) -> Answer<PrekeySupply, rules::Refused> {
        directory::publish(&self.connection, member, publication, &self.limits)
    }

    fn relist(
        &mut self,
        member: &Member,
        list: &VerifiedList,
        over: u64,
    ) -> Answer<Option<ListChange>, rules::Refused> {
        directory::relist(&self.connection, member, list, over)
    }

    fn fetch(
        &mut self,
        account: &AccountId,
        wanted: &Wanted,
        now_ms: u64,
    ) -> Answer<Served, rules::Refused> {
        directory::fetch(&self.connection, account, wanted, now_ms)
    }

    fn create_mailbox(
        &mut self,
        owner: &Member,
        mailbox: &MailboxId,
        terms: Terms,
        now_ms: u64,
    ) -> Answer<bool, mailbox::Refused> {
        post::create_mailbox(
            &self.connection,
            owner,
            mailbox,
            terms,
            now_ms,
            &self.limits,
        )
    }

    fn close_mailbox(
        &mut self,
        owner: &Member,
        mailbox: &MailboxId,
    ) -> Answer<bool, mailbox::Refused> {
        post::close_mailbox(&self.connection, owner, mailbox)
    }

    fn post(&mut self, parcel: &Parcel, now_ms: u64) -> Answer<Posted, mailbox::Refused> {
        post::post(&self.connection, parcel, now_ms, &self.limits)
    }

    fn acknowledge(&mut self, owner: &Member, sequences: &[u64]) -> Result<usize, StoreError> {
        post::acknowledge(&self.connection, owner, sequences)
    }

    fn purge(&mut self, now_ms: u64) -> Result<Purged, StoreError> {
        Ok(Purged {
            guests: directory::purge_guests(&self.connection, now_ms)?,
            prekeys: directory::purge_prekeys(&self.connection, now_ms)?,
            messages: post::purge_messages(&self.connection, now_ms)?,
            mailboxes: post::purge_mailboxes(&self.connection, now_ms, &self.limits)?,
        })
    }

    fn probe(&mut self, now_ms: u64) -> Result<(), StoreError> {
        let sql = "INSERT INTO probe VALUES (1, ?1) ON CONFLICT DO UPDATE SET at = excluded.at";
        Ok(self
            .connection
            .prepare_cached(sql)?
            .execute([number(now_ms)])
            .map(drop)?)
    }
}

impl Reader for SqliteReader {
    fn pending(
        &mut self,
        owner: &Member,
        after: u64,
        page: Page,
        now_ms: u64,
    ) -> Result<Vec<StoredMessage>, StoreError> {
        let sql = "SELECT sequence, address, message_id, payload FROM messages
             JOIN mailboxes ON mailboxes.id = messages.mailbox
             WHERE messages.device = ?1 AND sequence > ?2 AND messages.expires_at > ?3
             ORDER BY sequence LIMIT ?4";
        let Some(device) = device(&self.connection, owner)? else {
            return Ok(Vec::new());
        };
        let mut statement = self.connection.prepare_cached(sql)?;
        let most = number(page.messages as u64);
        let mut rows = statement.query(params![device, number(after), number(now_ms), most])?;
        let (mut messages, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let payload: Vec<u8> = row.get(3)?;
            bytes += payload.len();
            if bytes > page.bytes && !messages.is_empty() {
                break;
            }
            messages.push(StoredMessage {
                sequence: unsigned(row.get(0)?, "sequence")?,
                mailbox: id(row.get_ref(1)?, "mailbox id")?,
                message_id: id(row.get_ref(2)?, "message id")?,
                payload: payload.into(),
            });
        }
        Ok(messages)
    }
}

/// SQLite counts in signed 64 bits; a time beyond them is for ever as well.
fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(value: i64, what: &'static str) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::Damaged { what })
}

fn id<T: for<'a> TryFrom<&'a [u8]>>(
    value: rusqlite::types::ValueRef<'_>,
    what: &'static str,
) -> Result<T, StoreError> {
    let bytes = value.as_blob().map_err(|_| StoreError::Damaged { what })?;
    T::try_from(bytes).map_err(|_| StoreError::Damaged { what })
}

/// The row of a device, if the account lists it, or of a guest.
fn device(connection: &Connection, member: &Member) -> rusqlite::Result<Option<i64>> {
    use rusqlite::OptionalExtension;
    let sql = "SELECT devices.id FROM devices JOIN accounts ON accounts.id = devices.account
         WHERE accounts.key = ?1 AND devices.key = ?2";
    connection
        .prepare_cached(sql)?
        .query_row(
            [member.account.as_bytes(), member.device.as_bytes()],
            |row| row.get(0),
        )
        .optional()
}

/// When the guest in this row of the devices ceases to be one; `None` for a device.
fn guest_until_ms(connection: &Connection, row: i64) -> Result<Option<u64>, StoreError> {
    let sql = "SELECT guest_until FROM devices WHERE id = ?1";
    let until: Option<i64> = connection
        .prepare_cached(sql)?
        .query_row([row], |row| row.get(0))?;
    until.map(|until| unsigned(until, "guest")).transpose()
}
