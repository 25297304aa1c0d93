//! A clock that was wrong.

/// Sets what is later than now to now: the clock was wrong then, and from here on it counts as if it had
/// been right. Whether anything was.
pub(crate) fn none_ahead<'a, T>(stamps: impl Iterator<Item = &'a mut T>, now: T) -> bool
where
    T: PartialOrd + Copy + 'a,
{
    let mut changed = false;
    for ahead in stamps.filter(|at| **at > now) {
        *ahead = now;
        changed = true;
    }
    changed
}
