//! Mailboxes and messages in SQLite.

use rusqlite::{Connection, OptionalExtension, params};
use sotto_protocol::id::MailboxId;

use super::{device, guest_until_ms, id, number, unsigned};
use crate::directory::Member;
use crate::limits::Limits;
use crate::mailbox::{self as rules, Claim, Letter, Mailbox, Owner, Posting, Refused, Terms};
use crate::store::{Answer, PURGE_BATCH, Parcel, Posted, StoreError};

struct Found {
    row: i64,
    device: i64,
    mailbox: Mailbox,
}

fn find(connection: &Connection, address: &MailboxId) -> Result<Option<Found>, StoreError> {
    let sql = "SELECT id, device, expires_at, max_posts, posts, held, held_bytes
         FROM mailboxes WHERE address = ?1";
    let found = connection
        .prepare_cached(sql)?
        .query_row([address.as_bytes()], |row| {
            let numbers: (i64, i64, i64) = (row.get(4)?, row.get(5)?, row.get(6)?);
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get::<_, Option<i64>>(2)?,
                row.get(3)?,
                numbers,
            ))
        })
        .optional()?;
    let Some((row, device, expires_at, max_posts, (posts, held, held_bytes))) = found else {
        return Ok(None);
    };
    let count = |value| unsigned(value, "mailbox");
    let mailbox = Mailbox {
        expires_at_ms: expires_at.map(count).transpose()?,
        max_posts,
        posts: count(posts)?,
        held: count(held)?,
        held_bytes: count(held_bytes)?,
    };
    Ok(Some(Found {
        row,
        device,
        mailbox,
    }))
}

pub(super) fn create_mailbox(
    connection: &Connection,
    owner: &Member,
    address: &MailboxId,
    terms: Terms,
    now_ms: u64,
    limits: &Limits,
) -> Answer<bool, Refused> {
    // A device that was removed while its request was under way owns nothing any more.
    let Some(device) = device(connection, owner)? else {
        return Ok(Err(Refused::Unknown));
    };
    let claim = match find(connection, address)? {
        None => Claim::Free,
        Some(found) if found.device == device => Claim::Own,
        Some(_) => Claim::Foreign,
    };
    let sql = "SELECT count(*) FROM mailboxes WHERE device = ?1";
    let owned = connection
        .prepare_cached(sql)?
        .query_row([device], |row| row.get(0))?;
    let owner = Owner {
        owned: unsigned(owned, "count")?,
        guest_until_ms: guest_until_ms(connection, device)?,
    };
    let made = rules::create(claim, owner, terms, now_ms, limits);
    if made == Ok(true) {
        let sql = "INSERT INTO mailboxes (address, device, expires_at, max_posts)
             VALUES (?1, ?2, ?3, ?4)";
        let expires_at = terms.expires_at_ms.map(number);
        let values = params![address.as_bytes(), device, expires_at, terms.max_posts];
        connection.prepare_cached(sql)?.execute(values)?;
    }
    Ok(made)
}

pub(super) fn live_mailboxes(
    connection: &Connection,
    device: i64,
    now_ms: u64,
) -> Result<u32, StoreError> {
    // As `Mailbox::is_live` says; the conformance suite holds the two together.
    let sql = "SELECT count(*) FROM mailboxes WHERE device = ?1 AND (held > 0 OR (
         (expires_at IS NULL OR expires_at > ?2) AND (max_posts IS NULL OR posts < max_posts)))";
    let count = connection
        .prepare_cached(sql)?
        .query_row([device, number(now_ms)], |row| row.get(0))?;
    Ok(u32::try_from(unsigned(count, "count")?).unwrap_or(u32::MAX))
}

pub(super) fn backlog(
    connection: &Connection,
    device: i64,
    now_ms: u64,
) -> Result<u64, StoreError> {
    let sql =
        "SELECT coalesce(max(sequence), 0) FROM messages WHERE device = ?1 AND expires_at > ?2";
    let newest = connection
        .prepare_cached(sql)?
        .query_row([device, number(now_ms)], |row| row.get(0))?;
    unsigned(newest, "sequence")
}

pub(super) fn close_mailbox(
    connection: &Connection,
    owner: &Member,
    address: &MailboxId,
) -> Answer<bool, Refused> {
    let Some(found) = find(connection, address)? else {
        return Ok(Ok(false));
    };
    if device(connection, owner)? != Some(found.device) {
        return Ok(Err(Refused::Taken));
    }
    connection
        .prepare_cached("DELETE FROM mailboxes WHERE id = ?1")?
        .execute([found.row])?;
    Ok(Ok(true))
}

pub(super) fn post(
    connection: &Connection,
    parcel: &Parcel,
    now_ms: u64,
    limits: &Limits,
) -> Answer<Posted, Refused> {
    let Some(mut found) = find(connection, &parcel.mailbox)? else {
        return Ok(Err(Refused::Unknown));
    };
    let seen = "SELECT 1 FROM messages WHERE mailbox = ?1 AND message_id = ?2
         UNION ALL SELECT 1 FROM remembered WHERE mailbox = ?1 AND message_id = ?2";
    let letter = Letter {
        seen: connection
            .prepare_cached(seen)?
            .exists(params![found.row, parcel.message_id.as_bytes()])?,
        bytes: parcel.payload.len() as u64,
        ttl_seconds: parcel.ttl_seconds,
    };
    let mut decision = found.mailbox.post(letter, now_ms, limits);
    if decision == Err(Refused::Full) {
        let sql = "DELETE FROM messages WHERE mailbox = ?1 AND expires_at <= ?2";
        let messages = connection
            .prepare_cached(sql)?
            .execute([found.row, number(now_ms)])?;
        if messages > 0 {
            tracing::info!(
                messages,
                "deleted messages that were not fetched in time, to make room"
            );
        }
        found = find(connection, &parcel.mailbox)?.unwrap_or(found);
        decision = found.mailbox.post(letter, now_ms, limits);
    }
    let expires_at_ms = match decision {
        Ok(Posting::Store { expires_at_ms }) => expires_at_ms,
        Ok(Posting::Repeated) => return Ok(Ok(Posted::Repeated)),
        Err(refused) => return Ok(Err(refused)),
    };
    let sql = "UPDATE devices SET last_sequence = last_sequence + 1 WHERE id = ?1
         RETURNING last_sequence";
    let sequence: i64 = connection
        .prepare_cached(sql)?
        .query_row([found.device], |row| row.get(0))?;
    let sql = "INSERT INTO messages (device, sequence, mailbox, message_id, expires_at, payload)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    connection.prepare_cached(sql)?.execute(params![
        found.device,
        sequence,
        found.row,
        parcel.message_id.as_bytes(),
        number(expires_at_ms),
        parcel.payload.as_ref(),
    ])?;
    let sql = "SELECT accounts.key, devices.key FROM devices
         JOIN accounts ON accounts.id = devices.account WHERE devices.id = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([found.device])?;
    let Some(row) = rows.next()? else {
        return Err(StoreError::Damaged { what: "device" });
    };
    let account = id(row.get_ref(0)?, "account id")?;
    let device = id(row.get_ref(1)?, "device id")?;
    Ok(Ok(Posted::Stored(Member { account, device })))
}

pub(super) fn acknowledge(
    connection: &Connection,
    owner: &Member,
    sequences: &[u64],
) -> Result<usize, StoreError> {
    let Some(device) = device(connection, owner)? else {
        return Ok(0);
    };
    let sql = "DELETE FROM messages WHERE device = ?1 AND sequence = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut deleted = 0;
    for sequence in sequences {
        let Ok(sequence) = i64::try_from(*sequence) else {
            continue;
        };
        deleted += statement.execute([device, sequence])?;
    }
    Ok(deleted)
}

pub(super) fn purge_messages(connection: &Connection, now_ms: u64) -> Result<usize, StoreError> {
    let sql = "DELETE FROM messages WHERE id IN
         (SELECT id FROM messages WHERE expires_at <= ?1 LIMIT ?2)";
    Ok(connection.execute(sql, [number(now_ms), number(PURGE_BATCH as u64)])?)
}

pub(super) fn purge_mailboxes(
    connection: &Connection,
    now_ms: u64,
    limits: &Limits,
) -> Result<usize, StoreError> {
    // As `Mailbox::is_over` says; the conformance suite holds the two together.
    let sql = "DELETE FROM mailboxes WHERE id IN
         (SELECT id FROM mailboxes WHERE expires_at <= ?1 AND held = 0 LIMIT ?2)";
    let grace = u64::from(limits.expired_mailbox_seconds) * 1_000;
    // Before the grace could have passed once, nothing is over, not even what expired at zero.
    let Some(before) = now_ms.checked_sub(grace) else {
        return Ok(0);
    };
    Ok(connection.execute(sql, [number(before), number(PURGE_BATCH as u64)])?)
}
