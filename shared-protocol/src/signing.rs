//! The exact bytes that each kind of signature covers. Every one begins with a
//! context string and a zero byte of its own, so that a signature made for one
//! purpose never verifies for another.

use crate::id::{AccountId, DeviceId};

fn signed(context: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes =
        Vec::with_capacity(context.len() + 1 + parts.iter().map(|p| p.len()).sum::<usize>());
    bytes.extend_from_slice(context.as_bytes());
    bytes.push(0);
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

/// What the account signs of an encoded [`DeviceList`](crate::frames::DeviceList).
pub fn device_list(list: &[u8]) -> Vec<u8> {
    signed("sotto/v1/device-list", &[list])
}

/// What a device signs of its [`SignedPrekey`](crate::frames::SignedPrekey).
pub fn signed_prekey(id: u32, public_key: &[u8]) -> Vec<u8> {
    signed("sotto/v1/signed-prekey", &[&id.to_be_bytes(), public_key])
}

/// What a device signs of a [`KemPrekey`](crate::frames::KemPrekey).
pub fn kem_prekey(id: u32, last_resort: bool, public_key: &[u8]) -> Vec<u8> {
    signed(
        "sotto/v1/kem-prekey",
        &[&id.to_be_bytes(), &[u8::from(last_resort)], public_key],
    )
}

/// What a device signs to open a named connection. `audience` comes last and
/// everything before it has a fixed length, so no two hellos share their bytes.
pub fn hello(nonce: &[u8; 32], account: &AccountId, device: &DeviceId, audience: &str) -> Vec<u8> {
    signed(
        "sotto/v1/hello",
        &[
            nonce,
            account.as_bytes(),
            device.as_bytes(),
            audience.as_bytes(),
        ],
    )
}

/// What an account signs of a [`Pass`](crate::frames::Pass) for `device`.
pub fn pass(account: &AccountId, device: &DeviceId, expires_at_ms: u64) -> Vec<u8> {
    signed(
        "sotto/v1/pass",
        &[
            account.as_bytes(),
            device.as_bytes(),
            &expires_at_ms.to_be_bytes(),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_separate_the_purposes() {
        assert_eq!(
            signed_prekey(1, b"k"),
            b"sotto/v1/signed-prekey\0\0\0\0\x01k"
        );
        assert_eq!(
            kem_prekey(1, true, b"k"),
            b"sotto/v1/kem-prekey\0\0\0\0\x01\x01k"
        );
        assert_eq!(device_list(b"l"), b"sotto/v1/device-list\0l");
        let (account, device) = (
            AccountId::from_bytes([2; 32]),
            DeviceId::from_bytes([3; 32]),
        );
        let pass = pass(&account, &device, 0x0102);
        assert_eq!(pass.len(), 14 + 64 + 8);
        assert!(pass.starts_with(b"sotto/v1/pass\0\x02"));
        assert!(pass.ends_with(b"\x03\0\0\0\0\0\0\x01\x02"));
        let hello = hello(&[1; 32], &account, &device, "h:1");
        assert_eq!(hello.len(), 15 + 96 + 3);
        assert!(hello.starts_with(b"sotto/v1/hello\0\x01"));
    }
}
