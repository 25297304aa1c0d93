//! Safety numbers: what two people compare to know that nobody sits between them.

use sha2::{Digest, Sha512};
use sotto_protocol::id::AccountId;

/// How often each half is hashed. As in Signal's numeric fingerprint: it makes the search
/// for a key whose 30 digits match somebody's 5,200 times as dear, and costs milliseconds once.
const ROUNDS: usize = 5_200;

/// Each group of digits comes from so many bytes of the hash.
const GROUP_BYTES: usize = 5;

/// How many groups stand for one account.
const GROUPS: usize = 6;

/// The 60 digits that both people see, in 12 groups of five, whichever of them asks.
///
/// Each account contributes 30 digits, the smaller first:
/// h₁ = SHA-512(`sotto/v1/safety-number` ‖ 0x00 ‖ account key), hᵢ = SHA-512(hᵢ₋₁ ‖ account key),
/// up to h₅₂₀₀, of whose first 30 bytes every five, as a big-endian number modulo 100,000, are a
/// group. After Signal's `NumericFingerprintGenerator`; the account key survives a new phone, so
/// the number does too.
///
/// ```
/// use sotto_client_core::identity::safety_number;
/// use sotto_protocol::id::AccountId;
///
/// let (a, b) = (AccountId::from_bytes([1; 32]), AccountId::from_bytes([2; 32]));
/// let number = safety_number(&a, &b);
/// assert_eq!(number, safety_number(&b, &a));
/// assert_eq!(number.split(' ').map(str::len).collect::<Vec<_>>(), [5; 12]);
/// ```
pub fn safety_number(a: &AccountId, b: &AccountId) -> String {
    let mut halves = [half(a), half(b)];
    halves.sort_unstable();
    halves.join(" ")
}

/// The 30 digits that an account contributes to every safety number of its own: one person's half of
/// what two compare.
pub fn account_fingerprint(account: &AccountId) -> String {
    half(account)
}

fn half(account: &AccountId) -> String {
    let mut hash = Sha512::new()
        .chain_update(b"sotto/v1/safety-number\0")
        .chain_update(account.as_bytes())
        .finalize();
    for _ in 1..ROUNDS {
        hash = Sha512::new()
            .chain_update(hash)
            .chain_update(account.as_bytes())
            .finalize();
    }
    let groups: Vec<String> = hash
        .chunks_exact(GROUP_BYTES)
        .take(GROUPS)
        .map(|bytes| {
            let number = bytes
                .iter()
                .fold(0u64, |number, byte| number << 8 | u64::from(*byte));
            format!("{:05}", number % 100_000)
        })
        .collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digits_are_these() {
        let (a, b) = (
            AccountId::from_bytes([1; 32]),
            AccountId::from_bytes([2; 32]),
        );
        insta::assert_snapshot!(safety_number(&a, &b), @"47396 28443 79526 81502 75657 80131 57340 40702 93738 14887 51898 45304");
        assert_eq!(safety_number(&a, &b), safety_number(&b, &a));
        assert_ne!(safety_number(&a, &b), safety_number(&a, &a));
    }
}
