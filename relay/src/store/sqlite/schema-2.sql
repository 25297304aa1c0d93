-- A guest is no device of its account's list, and has no place in it. It goes, with all it owns, when its time is over.
ALTER TABLE devices ADD COLUMN guest_until INTEGER;
CREATE INDEX devices_guests ON devices (guest_until) WHERE guest_until IS NOT NULL;
