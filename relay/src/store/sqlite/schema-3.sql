-- By the highest id of all its prekeys a device finds out that it was put back to an older state.
ALTER TABLE devices ADD COLUMN highest_prekey_id INTEGER NOT NULL DEFAULT 0;
UPDATE devices SET highest_prekey_id = max(
    ifnull(signed_prekey_id, 0),
    ifnull(last_resort_id, 0),
    ifnull((SELECT max(prekey_id) FROM one_time_prekeys WHERE device = devices.id), 0)
);
