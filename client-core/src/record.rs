//! Records as they are stored: JSON, so that later versions may add fields.

use std::io;

use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

/// Room for a record to begin with: most need no more.
const FIRST_ROOM: usize = 4_096;

/// Encodes a record. The types of this crate have only string keys and no
/// failing `Serialize`, which is all that `serde_json` can refuse.
pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let mut record = Record(Zeroizing::new(Vec::with_capacity(FIRST_ROOM)));
    #[expect(
        clippy::expect_used,
        reason = "no type of this crate fails to serialise"
    )]
    serde_json::to_writer(&mut record, value).expect("a type with string keys");
    std::mem::take(&mut *record.0)
}

/// Decodes a record.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(bytes)
}

/// A record as it grows: where it moves to more room, what stood in the old one is wiped, as it may hold keys.
struct Record(Zeroizing<Vec<u8>>);

impl Record {
    fn make_room(&mut self, for_bytes: usize) {
        let needed = self.0.len() + for_bytes;
        if needed > self.0.capacity() {
            let room = needed.max(self.0.capacity() * 2);
            let mut moved = Zeroizing::new(Vec::with_capacity(room));
            moved.extend_from_slice(&self.0);
            self.0 = moved;
        }
    }
}

impl io::Write for Record {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.make_room(bytes.len());
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_any_length_is_written_as_it_is() {
        for length in [0, 1, 4_000, 4_094, 4_095, 4_096, 9_000, 100_000] {
            let text = "x".repeat(length);
            let record = encode(&text);
            assert_eq!(record, serde_json::to_vec(&text).unwrap());
            assert_eq!(decode::<String>(&record).unwrap(), text);
        }
    }

    #[test]
    fn it_moves_only_where_it_has_to_and_never_by_itself() {
        let mut record = Record(Zeroizing::new(Vec::with_capacity(8)));
        for _ in 0..200 {
            record.make_room(7);
            let (place, room) = (record.0.as_ptr(), record.0.capacity());
            record.0.extend_from_slice(&[1; 7]);
            assert_eq!((record.0.as_ptr(), record.0.capacity()), (place, room));
        }
    }
}
