//! Randomness that is known before: what is drawn stands in the vectors.

use core::convert::Infallible;
use std::collections::VecDeque;

use data_encoding::HEXLOWER;
use rand_core::{Rng, TryCryptoRng, TryRng};
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::{ChaCha20Rng, SeedableRng};

/// What was drawn for one purpose.
#[derive(Clone, Serialize)]
pub(super) struct Draw {
    name: String,
    #[serde(serialize_with = "hex")]
    bytes: Vec<u8>,
}

impl Draw {
    pub(super) fn is(&self, name: &str) -> bool {
        self.name == name
    }
}

fn hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&HEXLOWER.encode(bytes))
}

/// Hands out exactly the draws that it was made with, in their order, each whole.
pub(super) struct Scripted {
    all: Vec<Draw>,
    left: VecDeque<Draw>,
}

impl Scripted {
    /// Draws of these names and lengths; their bytes come from `place` and name alone.
    pub(super) fn new<N: Into<String>>(
        place: &str,
        draws: impl IntoIterator<Item = (N, usize)>,
    ) -> Self {
        let all: Vec<Draw> = draws
            .into_iter()
            .map(|(name, length)| {
                let name = name.into();
                let seed = Sha256::digest(format!("sotto vectors/{place}/{name}"));
                let mut bytes = vec![0; length];
                ChaCha20Rng::from_seed(seed.into()).fill_bytes(&mut bytes);
                Draw { name, bytes }
            })
            .collect();
        let left = all.iter().cloned().collect();
        Self { all, left }
    }

    /// What was drawn: everything.
    pub(super) fn drawn(self) -> Vec<Draw> {
        if let Some(left) = self.left.front() {
            panic!("nobody drew the {}", left.name);
        }
        self.all
    }
}

impl TryRng for Scripted {
    type Error = Infallible;

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        let Some(next) = self.left.pop_front() else {
            panic!("{} bytes more are drawn than there are", into.len());
        };
        assert_eq!(next.bytes.len(), into.len(), "{}", next.name);
        into.copy_from_slice(&next.bytes);
        Ok(())
    }

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("only byte strings are drawn")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("only byte strings are drawn")
    }
}

impl TryCryptoRng for Scripted {}

#[test]
#[should_panic(expected = "nobody drew the second")]
fn what_is_not_drawn_is_noticed() {
    let mut random = Scripted::new("here", [("first", 32), ("second", 24)]);
    random.fill_bytes(&mut [0; 32]);
    random.drawn();
}

#[test]
#[should_panic(expected = "1 bytes more are drawn than there are")]
fn nothing_is_made_up() {
    let mut random = Scripted::new("here", [("first", 32)]);
    random.fill_bytes(&mut [0; 32]);
    random.fill_bytes(&mut [0; 1]);
}

#[test]
#[should_panic(expected = "first")]
fn a_draw_is_taken_whole() {
    Scripted::new("here", [("first", 32)]).fill_bytes(&mut [0; 31]);
}
