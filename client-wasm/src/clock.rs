//! The time of day, and randomness.

use getrandom::SysRng;
use jiff::Timestamp;
use rand_core::UnwrapErr;

/// Now, by the system's clock.
pub(crate) fn now() -> Timestamp {
    // `Date.now` is whole milliseconds; a clock out of jiff's range (year 9999) is no clock.
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and is whole")]
    Timestamp::from_millisecond(js_sys::Date::now() as i64).unwrap_or_default()
}

/// The browser's cryptographic generator, which does not fail in a worker.
pub(crate) fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}
