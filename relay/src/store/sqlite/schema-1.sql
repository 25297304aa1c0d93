-- Times are milliseconds since the Unix epoch. No table says who sent a message.

CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    list_version INTEGER NOT NULL,
    list BLOB NOT NULL,
    list_signature BLOB NOT NULL
) STRICT;

CREATE TABLE devices (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    key BLOB NOT NULL,
    place INTEGER NOT NULL,                 -- in the account's list
    last_sequence INTEGER NOT NULL DEFAULT 0,
    signed_prekey_id INTEGER,
    signed_prekey BLOB,
    signed_prekey_signature BLOB,
    last_resort_id INTEGER,
    last_resort BLOB,
    last_resort_signature BLOB,
    UNIQUE (account, key)
) STRICT;

-- A key that was handed out stays as a note without its bytes, so that it cannot be published again.
CREATE TABLE one_time_prekeys (
    id INTEGER PRIMARY KEY,
    device INTEGER NOT NULL REFERENCES devices ON DELETE CASCADE,
    kem INTEGER NOT NULL,
    prekey_id INTEGER NOT NULL,
    public_key BLOB NOT NULL,
    signature BLOB NOT NULL,
    handed_out_at INTEGER,
    UNIQUE (device, kem, prekey_id)
) STRICT;
CREATE INDEX one_time_prekeys_left ON one_time_prekeys (device, kem, id) WHERE handed_out_at IS NULL;
CREATE INDEX one_time_prekeys_old ON one_time_prekeys (handed_out_at) WHERE handed_out_at IS NOT NULL;

CREATE TABLE mailboxes (
    id INTEGER PRIMARY KEY,
    address BLOB NOT NULL UNIQUE,
    device INTEGER NOT NULL REFERENCES devices ON DELETE CASCADE,
    expires_at INTEGER,
    max_posts INTEGER,
    posts INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,
    held_bytes INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX mailboxes_of_device ON mailboxes (device);
CREATE INDEX mailboxes_expiring ON mailboxes (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    device INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    mailbox INTEGER NOT NULL REFERENCES mailboxes ON DELETE CASCADE,
    message_id BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    payload BLOB NOT NULL,
    UNIQUE (device, sequence),
    UNIQUE (mailbox, message_id)
) STRICT;
CREATE INDEX messages_expiring ON messages (expires_at);

-- The ids that a mailbox with limited posts has taken, kept as long as it is.
CREATE TABLE remembered (
    mailbox INTEGER NOT NULL REFERENCES mailboxes ON DELETE CASCADE,
    message_id BLOB NOT NULL,
    PRIMARY KEY (mailbox, message_id)
) STRICT, WITHOUT ROWID;

-- Triggers keep the sums, so that no way of inserting or deleting can forget them.
CREATE TRIGGER message_stored AFTER INSERT ON messages BEGIN
    UPDATE mailboxes SET posts = posts + 1, held = held + 1,
        held_bytes = held_bytes + length(NEW.payload) WHERE id = NEW.mailbox;
    INSERT INTO remembered SELECT id, NEW.message_id FROM mailboxes
        WHERE id = NEW.mailbox AND max_posts IS NOT NULL;
END;
CREATE TRIGGER message_deleted AFTER DELETE ON messages BEGIN
    UPDATE mailboxes SET held = held - 1, held_bytes = held_bytes - length(OLD.payload)
        WHERE id = OLD.mailbox;
END;

CREATE TABLE probe (only INTEGER PRIMARY KEY CHECK (only = 1), at INTEGER NOT NULL) STRICT;
