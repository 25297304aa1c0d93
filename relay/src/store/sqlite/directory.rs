//! Accounts, device lists and prekeys in SQLite.

use rusqlite::{Connection, OptionalExtension, Row, params};
use sotto_protocol::frames::{
    DevicePrekeys, KemPrekey, OneTimePrekey, PrekeySupply, SignedDeviceList, SignedPrekey,
};
use sotto_protocol::id::AccountId;

use super::{device, guest_until_ms, id, number, post, unsigned};
use crate::directory::{
    self as rules, Entry, Held, Member, Publication, Refused, VerifiedList, Visitor, Wanted,
};
use crate::limits::Limits;
use crate::store::{
    Admitted, Answer, HANDED_OUT_MEMORY_MS, ListChange, PURGE_BATCH, Served, StoreError,
};

const X25519: i64 = 0;
const ML_KEM: i64 = 1;

struct Account {
    row: i64,
    version: i64,
    list: SignedDeviceList,
}

fn account(connection: &Connection, key: &AccountId) -> rusqlite::Result<Option<Account>> {
    let sql = "SELECT id, list_version, list, list_signature FROM accounts WHERE key = ?1";
    connection
        .prepare_cached(sql)?
        .query_row([key.as_bytes()], |row| {
            let list: Vec<u8> = row.get(2)?;
            let signature: Vec<u8> = row.get(3)?;
            let list = SignedDeviceList {
                list: list.into(),
                signature: signature.into(),
            };
            Ok(Account {
                row: row.get(0)?,
                version: row.get(1)?,
                list,
            })
        })
        .optional()
}

pub(super) fn enter(
    connection: &Connection,
    visitor: &Visitor,
    now_ms: u64,
    limits: &Limits,
) -> Answer<Admitted, Refused> {
    let member = &visitor.member;
    let known = account(connection, &member.account)?;
    let held = held(connection, known.as_ref(), member)?;
    let guests = other_guests(connection, member, now_ms)?;
    let entry = match rules::enter(held.as_ref(), guests, visitor, now_ms, limits) {
        Ok(entry) => entry,
        Err(refused) => return Ok(Err(refused)),
    };
    let guest_until_ms = entry.guest_until_ms();
    if let (Some(until_ms), Some(known)) = (guest_until_ms, &known) {
        keep_guest(connection, known, member, until_ms, now_ms)?;
    }
    let (change, newer) = match entry.list_to_store(visitor) {
        Some(list) => (Some(replace_list(connection, known.as_ref(), list)?), None),
        None => (
            None,
            known.and_then(|known| rules::newer(&known.list, visitor.list())),
        ),
    };
    let Some(row) = device(connection, member)? else {
        return Err(StoreError::Damaged { what: "device" });
    };
    Ok(Ok(Admitted {
        registered: entry == Entry::Register,
        supply: supply(connection, row)?,
        mailboxes: post::live_mailboxes(connection, row, now_ms)?,
        backlog: post::backlog(connection, row, now_ms)?,
        newer,
        change,
        guest_until_ms,
    }))
}

/// How many guests an account has beside this one.
fn other_guests(connection: &Connection, member: &Member, now_ms: u64) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM devices JOIN accounts ON accounts.id = devices.account
         WHERE accounts.key = ?1 AND devices.key <> ?2 AND guest_until > ?3";
    let (account, device) = (member.account.as_bytes(), member.device.as_bytes());
    let count = connection
        .prepare_cached(sql)?
        .query_row(params![account, device, number(now_ms)], |row| row.get(0))?;
    unsigned(count, "count")
}

fn keep_guest(
    connection: &Connection,
    account: &Account,
    guest: &Member,
    until_ms: u64,
    now_ms: u64,
) -> rusqlite::Result<()> {
    // What it had as an earlier guest is over, even if no purge has come by.
    let sql = "DELETE FROM devices WHERE account = ?1 AND key = ?2 AND guest_until <= ?3";
    let key = guest.device.as_bytes();
    connection.execute(sql, params![account.row, key, number(now_ms)])?;
    let sql = "INSERT INTO devices (account, key, place, guest_until) VALUES (?1, ?2, -1, ?3)
         ON CONFLICT DO UPDATE SET guest_until = excluded.guest_until";
    connection.execute(sql, params![account.row, key, number(until_ms)])?;
    Ok(())
}

pub(super) fn purge_guests(connection: &Connection, now_ms: u64) -> Result<usize, StoreError> {
    let sql = "DELETE FROM devices WHERE id IN
         (SELECT id FROM devices WHERE guest_until <= ?1 LIMIT ?2)";
    Ok(connection.execute(sql, [number(now_ms), number(PURGE_BATCH as u64)])?)
}

fn held(
    connection: &Connection,
    known: Option<&Account>,
    member: &Member,
) -> Result<Option<Held>, StoreError> {
    let Some(known) = known else {
        return Ok(None);
    };
    Ok(Some(Held {
        version: unsigned(known.version, "device list version")?,
        list: known.list.list.clone(),
        names_device: listed(connection, member)?.is_some(),
    }))
}

/// The row of a device that the account lists.
fn listed(connection: &Connection, member: &Member) -> Result<Option<i64>, StoreError> {
    let Some(row) = device(connection, member)? else {
        return Ok(None);
    };
    let is_guest = guest_until_ms(connection, row)?.is_some();
    Ok((!is_guest).then_some(row))
}

pub(super) fn relist(
    connection: &Connection,
    member: &Member,
    list: &VerifiedList,
    over: u64,
) -> Answer<Option<ListChange>, Refused> {
    let known = account(connection, &member.account)?;
    let held = held(connection, known.as_ref(), member)?;
    match rules::replace(held.as_ref(), list, over) {
        Ok(true) => Ok(Ok(Some(replace_list(connection, known.as_ref(), list)?))),
        Ok(false) => Ok(Ok(None)),
        Err(refused) => Ok(Err(refused)),
    }
}

/// Stores a list, and deletes the devices that it no longer names with all they owned.
fn replace_list(
    connection: &Connection,
    known: Option<&Account>,
    list: &VerifiedList,
) -> Result<ListChange, StoreError> {
    let (version, signed) = (number(list.version()), list.signed());
    let account = list.account();
    let row = match known {
        Some(&Account { row, .. }) => {
            let sql = "UPDATE accounts SET list_version = ?2, list = ?3, list_signature = ?4
                 WHERE id = ?1";
            connection.execute(
                sql,
                params![
                    row,
                    version,
                    signed.list.as_ref(),
                    signed.signature.as_ref()
                ],
            )?;
            row
        }
        None => {
            let sql = "INSERT INTO accounts (key, list_version, list, list_signature)
                 VALUES (?1, ?2, ?3, ?4)";
            let (list, signature) = (signed.list.as_ref(), signed.signature.as_ref());
            connection.execute(sql, params![account.as_bytes(), version, list, signature])?;
            connection.last_insert_rowid()
        }
    };
    let mut removed = Vec::new();
    let sql = "SELECT id, key FROM devices WHERE account = ?1 AND guest_until IS NULL
         ORDER BY place";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([row])?;
    while let Some(found) = rows.next()? {
        let device = id(found.get_ref(1)?, "device id")?;
        if !list.devices().contains(&device) {
            removed.push((found.get::<_, i64>(0)?, Member { account, device }));
        }
    }
    for (device, _) in &removed {
        connection.execute("DELETE FROM devices WHERE id = ?1", [device])?;
    }
    let sql = "INSERT INTO devices (account, key, place) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET place = excluded.place, guest_until = NULL";
    for (place, device) in list.devices().iter().enumerate() {
        let place = number(place as u64);
        connection
            .prepare_cached(sql)?
            .execute(params![row, device.as_bytes(), place])?;
    }
    Ok(ListChange {
        list: list.clone(),
        removed: removed.into_iter().map(|(_, member)| member).collect(),
    })
}

fn left(connection: &Connection, device: i64, kind: i64) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM one_time_prekeys
         WHERE device = ?1 AND kem = ?2 AND handed_out_at IS NULL";
    let count = connection
        .prepare_cached(sql)?
        .query_row([device, kind], |row| row.get(0))?;
    unsigned(count, "count")
}

fn supply(connection: &Connection, device: i64) -> Result<PrekeySupply, StoreError> {
    let sql = "SELECT ifnull(signed_prekey_id, 0), highest_prekey_id FROM devices WHERE id = ?1";
    let ids = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let (signed_prekey_id, highest_id) =
        connection.prepare_cached(sql)?.query_row([device], ids)?;
    let count =
        |kind| left(connection, device, kind).map(|count| u32::try_from(count).unwrap_or(u32::MAX));
    Ok(PrekeySupply {
        signed_prekey_id,
        one_time: count(X25519)?,
        kem_one_time: count(ML_KEM)?,
        highest_id,
    })
}

pub(super) fn publish(
    connection: &Connection,
    member: &Member,
    publication: &Publication,
    limits: &Limits,
) -> Answer<PrekeySupply, Refused> {
    let Some(device) = listed(connection, member)? else {
        return Ok(Err(Refused::UnknownDevice));
    };
    // Counted before anything is written, so that a refusal leaves nothing behind.
    let one_time = publication.one_time.iter().map(|key| (X25519, key.id));
    let kem = publication.kem_one_time.iter().map(|key| (ML_KEM, key.id));
    let mut new = std::collections::HashSet::new();
    let known = "SELECT 1 FROM one_time_prekeys WHERE device = ?1 AND kem = ?2 AND prekey_id = ?3
         AND (handed_out_at IS NOT NULL OR NOT ?4)";
    for (kind, prekey) in one_time.chain(kem) {
        if !connection.prepare_cached(known)?.exists(params![
            device,
            kind,
            prekey,
            publication.drops_one_time
        ])? {
            new.insert((kind, prekey));
        }
    }
    for kind in [X25519, ML_KEM] {
        let added = new.iter().filter(|(of, _)| *of == kind).count() as u64;
        let held = match publication.drops_one_time {
            true => 0,
            false => left(connection, device, kind)?,
        };
        if let Err(refused) = rules::supply(held, added, limits.one_time_prekeys) {
            return Ok(Err(refused));
        }
    }
    if publication.drops_one_time {
        // Those that were handed out stay known, so that none of them comes again.
        let sql = "DELETE FROM one_time_prekeys WHERE device = ?1 AND handed_out_at IS NULL";
        connection.execute(sql, [device])?;
    }
    let add = "INSERT OR IGNORE INTO one_time_prekeys
         (device, kem, prekey_id, public_key, signature) VALUES (?1, ?2, ?3, ?4, ?5)";
    for key in &publication.one_time {
        let none: &[u8] = &[];
        connection.prepare_cached(add)?.execute(params![
            device,
            X25519,
            key.id,
            key.public_key,
            none
        ])?;
    }
    for key in &publication.kem_one_time {
        connection.prepare_cached(add)?.execute(params![
            device,
            ML_KEM,
            key.id,
            key.public_key,
            key.signature
        ])?;
    }
    if let Some(key) = &publication.signed {
        let sql = "UPDATE devices SET signed_prekey_id = ?2, signed_prekey = ?3,
             signed_prekey_signature = ?4 WHERE id = ?1";
        connection.execute(sql, params![device, key.id, key.public_key, key.signature])?;
    }
    if let Some(key) = &publication.last_resort {
        let sql = "UPDATE devices SET last_resort_id = ?2, last_resort = ?3,
             last_resort_signature = ?4 WHERE id = ?1";
        connection.execute(sql, params![device, key.id, key.public_key, key.signature])?;
    }
    let sql = "UPDATE devices SET highest_prekey_id = max(highest_prekey_id, ?2) WHERE id = ?1";
    connection.execute(sql, params![device, publication.highest_id()])?;
    Ok(Ok(supply(connection, device)?))
}

pub(super) fn fetch(
    connection: &Connection,
    key: &AccountId,
    wanted: &Wanted,
    now_ms: u64,
) -> Answer<Served, Refused> {
    let Some(Account { row, list, .. }) = account(connection, key)? else {
        return Ok(Err(Refused::UnknownAccount));
    };
    let sql = "SELECT id, key, signed_prekey_id, signed_prekey, signed_prekey_signature,
         last_resort_id, last_resort, last_resort_signature FROM devices
         WHERE account = ?1 AND signed_prekey_id IS NOT NULL ORDER BY place";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([row])?;
    let mut devices = Vec::new();
    while let Some(found) = rows.next()? {
        if !wanted.includes(&id(found.get_ref(1)?, "device id")?) {
            continue;
        }
        let device = found.get(0)?;
        let kem = match take(connection, device, ML_KEM, now_ms)? {
            Some((id, public_key, signature)) => Some(KemPrekey {
                id,
                public_key,
                signature,
                last_resort: false,
            }),
            None => last_resort(found)?,
        };
        // Without a KEM key nobody could write to it, so no X25519 key is spent on it either.
        let Some(kem) = kem else { continue };
        let one_time = take(connection, device, X25519, now_ms)?;
        devices.push(DevicePrekeys {
            device: found.get(1)?,
            signed_prekey: Some(SignedPrekey {
                id: found.get(2)?,
                public_key: found.get(3)?,
                signature: found.get(4)?,
            }),
            one_time_prekey: one_time.map(|(id, public_key, _)| OneTimePrekey { id, public_key }),
            kem_prekey: Some(kem),
        });
    }
    if devices.is_empty() && !wanted.may_be_empty() {
        return Ok(Err(Refused::NoPrekeys));
    }
    Ok(Ok(Served { list, devices }))
}

fn last_resort(row: &Row<'_>) -> rusqlite::Result<Option<KemPrekey>> {
    let Some(id) = row.get(5)? else {
        return Ok(None);
    };
    let (public_key, signature) = (row.get(6)?, row.get(7)?);
    Ok(Some(KemPrekey {
        id,
        public_key,
        signature,
        last_resort: true,
    }))
}

type Taken = (u32, Vec<u8>, Vec<u8>);

fn take(
    connection: &Connection,
    device: i64,
    kind: i64,
    now_ms: u64,
) -> rusqlite::Result<Option<Taken>> {
    let sql = "SELECT id, prekey_id, public_key, signature FROM one_time_prekeys
         WHERE device = ?1 AND kem = ?2 AND handed_out_at IS NULL ORDER BY id LIMIT 1";
    let taken = connection
        .prepare_cached(sql)?
        .query_row([device, kind], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                (row.get(1)?, row.get(2)?, row.get(3)?),
            ))
        })
        .optional()?;
    let Some((row, taken)) = taken else {
        return Ok(None);
    };
    let sql = "UPDATE one_time_prekeys SET handed_out_at = ?2, public_key = x'', signature = x''
         WHERE id = ?1";
    connection
        .prepare_cached(sql)?
        .execute([row, number(now_ms)])?;
    Ok(Some(taken))
}

pub(super) fn purge_prekeys(connection: &Connection, now_ms: u64) -> Result<usize, StoreError> {
    let sql = "DELETE FROM one_time_prekeys WHERE id IN (SELECT id FROM one_time_prekeys
         WHERE handed_out_at IS NOT NULL AND handed_out_at <= ?1 LIMIT ?2)";
    let before = number(now_ms.saturating_sub(HANDED_OUT_MEMORY_MS));
    Ok(connection.execute(sql, [before, number(PURGE_BATCH as u64)])?)
}
