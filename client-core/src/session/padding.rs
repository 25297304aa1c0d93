//! Padded lengths: Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and
//! Communication with PURBs", PoPETs 2019, section 4), from a smallest bucket on.

/// Smallest padded length: most of what agents say to each other fits, and looks the same.
pub(super) const SMALLEST: usize = 256;

/// The length to which `length` is padded: a floating-point number whose mantissa is no longer
/// than its exponent. At most 12 % are added, and lengths up to M tell O(log log M) bits.
pub(super) fn padded(length: usize) -> usize {
    let length = length.max(SMALLEST);
    let exponent = length.ilog2();
    let mantissa = exponent.ilog2() + 1;
    let mask = (1usize << (exponent - mantissa)) - 1;
    (length + mask) & !mask
}

/// Whether a length is one that [`padded`] gives.
pub(super) fn is_padded(length: usize) -> bool {
    (SMALLEST..=usize::MAX / 2).contains(&length) && padded(length) == length
}

/// Whether there are only zeros. Looks at all of them: branches would be slower, and would tell.
pub(super) fn is_blank(padding: &[u8]) -> bool {
    padding.iter().fold(0, |any, byte| any | byte) == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn these_lengths_become_these() {
        let expected = [
            (0, 256),
            (256, 256),
            (257, 272),
            (1000, 1024),
            (1025, 1088),
            (65_536, 65_536),
            (65_537, 67_584),
            (245_828, 249_856),
        ];
        for (length, to) in expected {
            assert_eq!(padded(length), to, "{length}");
        }
    }

    #[test]
    fn one_bit_anywhere_is_not_blank() {
        assert!(is_blank(&[]) && is_blank(&[0; 300]));
        for at in 0..300 {
            let mut padding = [0; 300];
            padding[at] = 1 << (at % 8);
            assert!(!is_blank(&padding), "{at}");
        }
    }

    proptest! {
        #[test]
        fn padding_is_idempotent_tight_and_monotonic(length in 0usize..1 << 24) {
            let to = padded(length);
            prop_assert!(to >= length && is_padded(to));
            prop_assert!(to <= SMALLEST || to - length <= length * 12 / 100);
            prop_assert!(padded(length + 1) >= to);
            prop_assert_eq!(is_padded(length), length == to);
        }
    }
}
