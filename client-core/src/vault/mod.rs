//! The vault: everything that a client stores, encrypted under the user's passphrase.
//!
//! passphrase → PBKDF2-HMAC-SHA-256 → a key that wraps a random master key → HKDF-SHA-256 → a key
//! for each store → AES-256-GCM for each record, bound to the store's name and the record's key,
//! so that records cannot be swapped. Changing the passphrase wraps one key anew ([`Vault::rewrap`]).
//!
//! The passphrase counts in Unicode's normalisation form C: a keyboard that types "é" as one
//! character and one that types "e" and an accent make the same key.
//!
//! A wrong passphrase, a damaged header and a damaged record are three different errors: the first
//! is the user's to mend, the second asks for a backup, the third sets one record apart.

#[cfg(feature = "testing")]
pub mod fuzzing;
mod header;
mod record;
pub mod strength;

pub use header::VaultHeader;
pub use record::RecordDamaged;

use core::fmt;

use icu_normalizer::ComposingNormalizerBorrowed;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{api::StrengthLevel, identity::secret};
use header::Wrapped;

/// PBKDF2's rounds for a new header, as OWASP's password storage cheat sheet names for HMAC-SHA-256.
pub const ROUNDS: u32 = 600_000;

/// Fewest rounds that a header may name: less is no header of ours but a weakened one.
pub const MIN_ROUNDS: u32 = ROUNDS;

/// Most rounds that a header may name: beyond it opening would take minutes, on whoever's word.
pub const MAX_ROUNDS: u32 = 20_000_000;

/// Fewest characters in a passphrase.
pub const MIN_PASSPHRASE_CHARACTERS: usize = 8;

/// Most bytes in a passphrase: more than anybody types, little enough to hash at once.
pub const MAX_PASSPHRASE_BYTES: usize = 1_024;

/// Why a vault cannot be made, opened or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The passphrase is too short to protect anything.
    #[error("expected a passphrase of at least {limit} characters, found {found}")]
    PassphraseTooShort {
        /// The fewest.
        limit: usize,
        /// How many came.
        found: usize,
    },
    /// The passphrase is among the first that anybody would try.
    #[error(
        "expected a passphrase that is hard to guess, found one that is among the first to be tried"
    )]
    PassphraseGuessable,
    /// The passphrase is too long.
    #[error("expected a passphrase of at most {limit} bytes, found {found}")]
    PassphraseTooLong {
        /// The most.
        limit: usize,
        /// How many came.
        found: usize,
    },
    /// The header is whole, and the passphrase does not open it.
    #[error("this is not the vault's passphrase")]
    WrongPassphrase,
    /// The header is not what was written. A backup helps, trying passphrases does not.
    #[error("expected an undamaged vault header, found its checksum or its form wrong")]
    HeaderDamaged,
    /// The header is whole, and of a version that is not known here.
    #[error("expected a vault of version {expected}, found {found}")]
    UnsupportedVersion {
        /// Ours.
        expected: u32,
        /// The header's.
        found: u32,
    },
    /// The header is whole, and names a number of rounds that is refused.
    #[error("expected {min} to {max} rounds, found {found}")]
    RoundsOutOfRange {
        /// The fewest.
        min: u32,
        /// The most.
        max: u32,
        /// What the header names.
        found: u32,
    },
    /// The plaintext is longer than AES-GCM takes.
    #[error("expected a record of at most 64 GiB, found a longer one")]
    TooLarge,
}

/// An open vault: it holds the master key, which is wiped when it is dropped.
#[derive(Clone)]
pub struct Vault {
    master: Zeroizing<[u8; 32]>,
    rounds: Rounds,
}

#[cfg(test)]
crate::wiping::proof!(Vault { master; rounds });

/// How many rounds, and how few are taken: tests need fewer of both.
#[derive(Debug, Clone, Copy)]
struct Rounds {
    new: u32,
    min: u32,
}

const STANDARD: Rounds = Rounds {
    new: ROUNDS,
    min: MIN_ROUNDS,
};

impl Vault {
    /// Makes a vault with a random master key, and the header to store beside it, in the clear.
    ///
    /// # Errors
    ///
    /// [`VaultError::PassphraseTooShort`] and [`VaultError::PassphraseTooLong`].
    pub fn create<R: CryptoRng + ?Sized>(
        passphrase: &str,
        rng: &mut R,
    ) -> Result<(Self, VaultHeader), VaultError> {
        Self::create_with(STANDARD, passphrase, rng)
    }

    fn create_with<R: CryptoRng + ?Sized>(
        rounds: Rounds,
        passphrase: &str,
        rng: &mut R,
    ) -> Result<(Self, VaultHeader), VaultError> {
        let master = secret::random(rng);
        let vault = Self { master, rounds };
        let header = vault.rewrap(passphrase, rng)?;
        Ok((vault, header))
    }

    /// Opens a vault by its header. Takes as long as the rounds take.
    ///
    /// # Errors
    ///
    /// [`VaultError::HeaderDamaged`], [`VaultError::UnsupportedVersion`] and
    /// [`VaultError::RoundsOutOfRange`] before the passphrase is looked at;
    /// [`VaultError::WrongPassphrase`] only for a header that is whole.
    pub fn open(header: &[u8], passphrase: &str) -> Result<Self, VaultError> {
        Self::open_with(STANDARD, header, passphrase)
    }

    fn open_with(rounds: Rounds, header: &[u8], passphrase: &str) -> Result<Self, VaultError> {
        let wrapped = Wrapped::decode(header)?;
        let (min, max, found) = (rounds.min, MAX_ROUNDS, wrapped.rounds);
        if found < min || found > max {
            return Err(VaultError::RoundsOutOfRange { min, max, found });
        }
        let master = wrapped.unwrap(&normalised(passphrase))?;
        Ok(Self { master, rounds })
    }

    /// A new header for the same master key under another passphrase; no record changes. The old
    /// header opens the vault for as long as a copy of it exists.
    ///
    /// # Errors
    ///
    /// [`VaultError::PassphraseTooShort`], [`VaultError::PassphraseTooLong`] and
    /// [`VaultError::PassphraseGuessable`].
    pub fn rewrap<R: CryptoRng + ?Sized>(
        &self,
        passphrase: &str,
        rng: &mut R,
    ) -> Result<VaultHeader, VaultError> {
        let passphrase = normalised(passphrase);
        check_passphrase(&passphrase)?;
        Wrapped::wrap(&self.master, &passphrase, self.rounds.new, rng)?.encode()
    }

    /// Encrypts a record for its place.
    ///
    /// # Errors
    ///
    /// [`VaultError::TooLarge`] beyond 64 GiB.
    pub fn seal<R: CryptoRng + ?Sized>(
        &self,
        store: &str,
        key: &str,
        plaintext: &[u8],
        rng: &mut R,
    ) -> Result<Vec<u8>, VaultError> {
        record::seal(&self.master, store, key, plaintext, rng)
    }

    /// Decrypts a record of that place.
    ///
    /// # Errors
    ///
    /// [`RecordDamaged`] when it was changed, or written for another place or vault.
    pub fn open_record(
        &self,
        store: &str,
        key: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, RecordDamaged> {
        record::open(&self.master, store, key, sealed)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            master: _,
            rounds: _,
        } = self;
        f.write_str("Vault(…)")
    }
}

/// The passphrase in normalisation form C.
fn normalised(passphrase: &str) -> Zeroizing<String> {
    // UTF-8 grows threefold at most, so that no copy is left behind by growing.
    let mut normalised = Zeroizing::new(String::with_capacity(passphrase.len() * 3));
    // Writing into a string does not fail.
    let _ = ComposingNormalizerBorrowed::new_nfc().normalize_to(passphrase, &mut *normalised);
    normalised
}

fn check_passphrase(passphrase: &str) -> Result<(), VaultError> {
    let (limit, found) = (MAX_PASSPHRASE_BYTES, passphrase.len());
    if found > limit {
        return Err(VaultError::PassphraseTooLong { limit, found });
    }
    let (limit, found) = (MIN_PASSPHRASE_CHARACTERS, passphrase.chars().count());
    if found < limit {
        return Err(VaultError::PassphraseTooShort { limit, found });
    }
    if strength::measure(passphrase).level == StrengthLevel::Refused {
        return Err(VaultError::PassphraseGuessable);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    const FAST: Rounds = Rounds { new: 2, min: 1 };
    const PASSPHRASE: &str = "correct horse battery";

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::seed_from_u64(1)
    }

    fn fast() -> (Vault, VaultHeader) {
        Vault::create_with(FAST, PASSPHRASE, &mut rng()).unwrap()
    }

    #[test]
    fn it_opens_with_its_passphrase_alone() {
        let (vault, header) = fast();
        let sealed = vault.seal("contacts", "1", b"Robin", &mut rng()).unwrap();
        let opened = Vault::open_with(FAST, header.as_bytes(), PASSPHRASE).unwrap();
        assert_eq!(
            *opened.open_record("contacts", "1", &sealed).unwrap(),
            b"Robin"
        );
        for wrong in [
            "Correct horse battery",
            "correct horse battery ",
            "short",
            "",
        ] {
            assert_eq!(
                Vault::open_with(FAST, header.as_bytes(), wrong).unwrap_err(),
                VaultError::WrongPassphrase
            );
        }
    }

    #[test]
    fn however_a_keyboard_composes_its_characters_it_is_the_same_passphrase() {
        let (composed, decomposed) = ("caf\u{e9} cr\u{e8}me", "cafe\u{301} cre\u{300}me");
        assert_ne!(composed, decomposed);
        for (made, typed) in [(composed, decomposed), (decomposed, composed)] {
            let (vault, header) = Vault::create_with(FAST, made, &mut rng()).unwrap();
            let opened = Vault::open_with(FAST, header.as_bytes(), typed).unwrap();
            assert_eq!(*opened.master, *vault.master);
            let plain = Vault::open_with(FAST, header.as_bytes(), "cafe creme");
            assert_eq!(plain.unwrap_err(), VaultError::WrongPassphrase);
        }
        // Seven characters are too few, however they are written.
        let short = Vault::create_with(FAST, &"e\u{301}".repeat(7), &mut rng());
        let (limit, found) = (8, 7);
        assert_eq!(
            short.unwrap_err(),
            VaultError::PassphraseTooShort { limit, found }
        );
    }

    #[test]
    fn no_passphrase_outgrows_the_room_that_is_kept_for_it() {
        // What grows most in form C, as Unicode's annex 15 lists it.
        for most in ["\u{1d160}", "\u{390}", "\u{fb2c}"] {
            let passphrase = most.repeat(100);
            let room = passphrase.len() * 3;
            assert!(normalised(&passphrase).len() <= room);
        }
    }

    #[test]
    fn the_standard_rounds_open_too() {
        let (vault, header) = Vault::create(PASSPHRASE, &mut rng()).unwrap();
        let opened = Vault::open(header.as_bytes(), PASSPHRASE).unwrap();
        assert_eq!(*opened.master, *vault.master);
    }

    #[test]
    fn another_passphrase_takes_the_same_records() {
        let (vault, old) = fast();
        let sealed = vault.seal("s", "k", b"text", &mut rng()).unwrap();
        let new = vault.rewrap("otter gravel lantern", &mut rng()).unwrap();
        let opened = Vault::open_with(FAST, new.as_bytes(), "otter gravel lantern").unwrap();
        assert_eq!(*opened.open_record("s", "k", &sealed).unwrap(), b"text");
        assert_eq!(
            Vault::open_with(FAST, new.as_bytes(), PASSPHRASE).unwrap_err(),
            VaultError::WrongPassphrase
        );
        assert_ne!(old, new);
    }

    #[test]
    fn every_flipped_bit_of_the_header_is_damage_and_no_wrong_passphrase() {
        let (_, header) = fast();
        for bit in 0..header.as_bytes().len() * 8 {
            let mut bent = header.as_bytes().to_vec();
            bent[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                Vault::open_with(FAST, &bent, PASSPHRASE).unwrap_err(),
                VaultError::HeaderDamaged,
                "bit {bit}"
            );
        }
        for length in 0..header.as_bytes().len() {
            let cut = &header.as_bytes()[..length];
            assert_eq!(
                Vault::open_with(FAST, cut, PASSPHRASE).unwrap_err(),
                VaultError::HeaderDamaged
            );
        }
    }

    #[test]
    fn few_and_many_rounds_are_refused() {
        let (_, header) = fast();
        let (min, max, found) = (MIN_ROUNDS, MAX_ROUNDS, 2);
        assert_eq!(
            Vault::open(header.as_bytes(), PASSPHRASE).unwrap_err(),
            VaultError::RoundsOutOfRange { min, max, found }
        );
        let found = u32::MAX;
        let mut wrapped = Wrapped::decode(header.as_bytes()).unwrap();
        wrapped.rounds = found;
        let header = wrapped.encode().unwrap();
        assert_eq!(
            Vault::open(header.as_bytes(), PASSPHRASE).unwrap_err(),
            VaultError::RoundsOutOfRange { min, max, found }
        );
    }

    #[test]
    fn rounds_that_somebody_changed_do_not_open_it() {
        let (_, header) = fast();
        let mut wrapped = Wrapped::decode(header.as_bytes()).unwrap();
        wrapped.rounds = 1;
        let weaker = wrapped.encode().unwrap();
        assert_eq!(
            Vault::open_with(FAST, weaker.as_bytes(), PASSPHRASE).unwrap_err(),
            VaultError::WrongPassphrase
        );
    }

    #[test]
    fn a_passphrase_has_at_least_8_characters_and_at_most_1024_bytes() {
        let made = |passphrase: &str| Vault::create_with(FAST, passphrase, &mut rng()).map(|_| ());
        let limit = 8;
        assert_eq!(
            made("äöü 東京7"),
            Err(VaultError::PassphraseTooShort { limit, found: 7 })
        );
        assert_eq!(made("äX7 東京%Q"), Ok(()));
        let long = "lantern gravel otter ".repeat(60);
        let (limit, found) = (1024, 1025);
        assert_eq!(
            made(&long[..1025]),
            Err(VaultError::PassphraseTooLong { limit, found })
        );
        assert_eq!(made(&long[..1024]), Ok(()));
        insta::assert_snapshot!(made("1234567").unwrap_err(), @"expected a passphrase of at least 8 characters, found 7");
    }

    #[test]
    fn what_everybody_tries_first_is_no_passphrase_of_a_new_vault() {
        for guessable in [
            "password",
            "12345678",
            "Passw0rd!",
            "qwertyuiop",
            "Summer2026!",
        ] {
            let made = Vault::create_with(FAST, guessable, &mut rng());
            assert_eq!(made.unwrap_err(), VaultError::PassphraseGuessable);
            let (vault, _) = fast();
            let rewrapped = vault.rewrap(guessable, &mut rng());
            assert_eq!(rewrapped.unwrap_err(), VaultError::PassphraseGuessable);
        }
    }

    #[test]
    fn debug_shows_nothing() {
        insta::assert_snapshot!(format!("{:?}", fast().0), @"Vault(…)");
    }
}
