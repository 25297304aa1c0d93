//! Random bytes from the generator that the shell hands in.

use rand_core::CryptoRng;

pub(crate) fn random_bytes<const N: usize>(rng: &mut dyn CryptoRng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// Uniform in `0..=most`, without bias by rejection.
pub(crate) fn random_up_to(most: u64, rng: &mut dyn CryptoRng) -> u64 {
    let Some(range) = most.checked_add(1) else {
        return rng.next_u64();
    };
    let fair = u64::MAX - u64::MAX % range;
    loop {
        let value = rng.next_u64();
        if value < fair {
            return value % range;
        }
    }
}

#[cfg(test)]
mod tests {
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn stays_within_its_bounds_and_reaches_them() {
        let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
        let seen: std::collections::BTreeSet<u64> =
            (0..200).map(|_| random_up_to(3, &mut rng)).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(random_up_to(0, &mut rng), 0);
    }
}
