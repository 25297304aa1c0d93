//! Secrets as text for storage: base64url without padding, every buffer wiped.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, Serializer, de::Error as _};
use zeroize::Zeroizing;

/// Fills a new array from `rng`.
pub(crate) fn random<const N: usize, R: rand_core::CryptoRng + ?Sized>(
    rng: &mut R,
) -> Zeroizing<[u8; N]> {
    let mut bytes = Zeroizing::new([0; N]);
    rng.fill_bytes(bytes.as_mut_slice());
    bytes
}

/// Writes bytes as base64url.
pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&Zeroizing::new(BASE64URL_NOPAD.encode(bytes)))
}

/// Reads base64url of any length.
pub(crate) fn deserialize_vec<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Zeroizing<Vec<u8>>, D::Error> {
    let text = Zeroizing::new(String::deserialize(deserializer)?);
    BASE64URL_NOPAD
        .decode(text.as_bytes())
        .map(Zeroizing::new)
        .map_err(|_| D::Error::custom("expected base64url without padding"))
}

/// Reads base64url of exactly `N` bytes.
pub(crate) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
    deserializer: D,
) -> Result<Zeroizing<[u8; N]>, D::Error> {
    let bytes = deserialize_vec(deserializer)?;
    let mut array = Zeroizing::new([0; N]);
    if bytes.len() != N {
        let found = bytes.len();
        return Err(D::Error::custom(format_args!(
            "expected {N} bytes, found {found}"
        )));
    }
    array.copy_from_slice(&bytes);
    Ok(array)
}

/// `#[serde(with)]` for `Zeroizing<[u8; N]>`.
pub(crate) mod array {
    use super::{Deserializer, Serializer, Zeroizing};

    pub(crate) fn serialize<S: Serializer, const N: usize>(
        bytes: &Zeroizing<[u8; N]>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        super::serialize(bytes.as_slice(), serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        deserializer: D,
    ) -> Result<Zeroizing<[u8; N]>, D::Error> {
        super::deserialize(deserializer)
    }
}

/// `#[serde(with)]` for public arrays.
pub(crate) mod public_array {
    use super::{Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer, const N: usize>(
        bytes: &[u8; N],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        super::serialize(bytes.as_slice(), serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        deserializer: D,
    ) -> Result<[u8; N], D::Error> {
        super::deserialize(deserializer).map(|bytes| *bytes)
    }
}

/// `#[serde(with)]` for public byte strings.
pub(crate) mod public_bytes {
    use super::{Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        super::serialize(bytes, serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        super::deserialize_vec(deserializer).map(|bytes| bytes.to_vec())
    }
}
