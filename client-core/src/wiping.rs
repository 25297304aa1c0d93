//! Proof, by the compiler, that secrets are wiped when they are dropped.
//!
//! Each type that holds a secret names its fields in [`proof`], beside its definition: every one has to
//! wipe itself, or to be named as public after the semicolon. A new field breaks the build of the tests
//! until it is one or the other.

use std::{collections::BTreeMap, sync::OnceLock};

use ed25519_dalek::SigningKey;
use ml_kem::DecapsulationKey768;
use x25519_dalek::StaticSecret;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// What leaves nothing of its secrets behind.
pub(crate) trait Wiped {}

/// Compiles for what is wiped alone.
pub(crate) fn wiped<T: Wiped>(_: &T) {}

/// What wipes itself, as the crate that it is from says.
macro_rules! wipes_itself {
    ($($type:ty),*) => {
        $(impl Wiped for $type where $type: ZeroizeOnDrop {})*
    };
}

wipes_itself!(SigningKey, StaticSecret, DecapsulationKey768);
impl<T: Zeroize> Wiped for Zeroizing<T> {}

impl<T: Wiped> Wiped for Box<T> {}
impl<T: Wiped> Wiped for Option<T> {}
impl<T: Wiped> Wiped for OnceLock<T> {}
impl<T: Wiped> Wiped for Vec<T> {}
impl<T: Wiped, const N: usize> Wiped for [T; N] {}
/// Of which step or number it is, is no secret.
impl<T: Wiped> Wiped for (u64, T) {}
impl<K, T: Wiped> Wiped for BTreeMap<K, T> {}

/// That all fields of a struct are wiped, or are no secrets.
macro_rules! proof {
    ($type:ident { $($secret:ident),* $(; $($public:ident),*)? }) => {
        impl $crate::wiping::Wiped for $type {}
        const _: fn(&$type) = |$type { $($secret,)* $($($public: _,)*)? }| {
            $($crate::wiping::wiped($secret);)*
        };
    };
    ($type:ident($secret:ident)) => {
        impl $crate::wiping::Wiped for $type {}
        const _: fn(&$type) = |$type($secret)| $crate::wiping::wiped($secret);
    };
}
pub(crate) use proof;
