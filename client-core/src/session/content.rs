//! What stands inside the encryption: a plaintext, its sender's signature, and padding.

use core::fmt;

use ed25519_dalek::Signature;
use serde::{Deserialize, Serialize};
use sotto_protocol::id::{AccountId, DeviceId};
use zeroize::Zeroizing;

use super::{
    MAX_PLAINTEXT_BYTES, SESSION_VERSION, SessionError, SessionId, cipher, header::Header, padding,
};
use crate::identity::{Device, peer_verifying_key, secret};

/// Separates these signatures from all others; the version follows it.
const CONTEXT: &[u8] = b"sotto/v1/message\0";

/// What stands before the plaintext in a body: signature and length.
const OVERHEAD: usize = 64 + 4;

/// One end of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Party {
    pub(super) account: AccountId,
    pub(super) device: DeviceId,
}

/// Who writes to whom, in which session: what every message is bound to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Binding {
    pub(super) session: SessionId,
    pub(super) sender: Party,
    pub(super) recipient: Party,
}

impl Binding {
    /// Session, sender and recipient, as they stand in associated data: 160 bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        [
            self.session.as_bytes().as_slice(),
            self.sender.account.as_bytes(),
            self.sender.device.as_bytes(),
            self.recipient.account.as_bytes(),
            self.recipient.device.as_bytes(),
        ]
        .concat()
    }

    fn signed_bytes(&self, header: &Header, plaintext: &[u8]) -> Vec<u8> {
        [
            CONTEXT,
            &[SESSION_VERSION],
            self.sender.account.as_bytes(),
            self.sender.device.as_bytes(),
            self.recipient.account.as_bytes(),
            self.recipient.device.as_bytes(),
            self.session.as_bytes(),
            &header.ratchet_key,
            &header.number.to_be_bytes(),
            plaintext,
        ]
        .concat()
    }
}

/// What a device signed in one message, and its signature: a receipt that stands on its own.
/// Whoever holds it can show a third party what was said, by whom, to whom.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedContent {
    /// The bytes that were signed (`docs/protocol.md`, "Content signature"); the plaintext ends them.
    #[serde(with = "secret::public_bytes")]
    pub content: Vec<u8>,
    /// Ed25519 by the sender's device.
    #[serde(with = "secret::public_array")]
    pub signature: [u8; 64],
}

/// What a [`SignedContent`] says, its signature verified. That the device is the account's is
/// for its device list to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Who wrote.
    pub sender_account: AccountId,
    /// On which device: the key that signed.
    pub sender_device: DeviceId,
    /// To whom.
    pub recipient_account: AccountId,
    /// To which device.
    pub recipient_device: DeviceId,
    /// In which session.
    pub session: SessionId,
    /// The chain's ratchet key.
    pub ratchet_key: [u8; 32],
    /// The message's number in its chain.
    pub number: u32,
    /// What was written.
    pub plaintext: Vec<u8>,
}

impl SignedContent {
    /// Takes it apart and verifies the signature under the device that it names.
    ///
    /// # Errors
    ///
    /// [`SessionError::Malformed`] when the bytes are no such content,
    /// [`SessionError::Undecryptable`] when the signature does not verify.
    pub fn verify(&self) -> Result<Statement, SessionError> {
        let statement = parse(&self.content).ok_or(SessionError::Malformed)?;
        verify(&statement.sender_device, &self.content, &self.signature)?;
        Ok(statement)
    }
}

impl fmt::Debug for SignedContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            content,
            signature: _,
        } = self;
        write!(f, "SignedContent({} bytes, …)", content.len())
    }
}

fn parse(content: &[u8]) -> Option<Statement> {
    let rest = content.strip_prefix(CONTEXT)?;
    let rest = rest.strip_prefix(&[SESSION_VERSION])?;
    let (sender_account, rest) = rest.split_first_chunk()?;
    let (sender_device, rest) = rest.split_first_chunk()?;
    let (recipient_account, rest) = rest.split_first_chunk()?;
    let (recipient_device, rest) = rest.split_first_chunk()?;
    let (session, rest) = rest.split_first_chunk()?;
    let (ratchet_key, rest) = rest.split_first_chunk()?;
    let (number, plaintext) = rest.split_first_chunk()?;
    Some(Statement {
        sender_account: AccountId::from_bytes(*sender_account),
        sender_device: DeviceId::from_bytes(*sender_device),
        recipient_account: AccountId::from_bytes(*recipient_account),
        recipient_device: DeviceId::from_bytes(*recipient_device),
        session: SessionId::from_bytes(*session),
        ratchet_key: *ratchet_key,
        number: u32::from_be_bytes(*number),
        plaintext: plaintext.to_vec(),
    })
}

fn verify(device: &DeviceId, content: &[u8], signature: &[u8; 64]) -> Result<(), SessionError> {
    peer_verifying_key(device.as_bytes())
        .map_err(|_| SessionError::Undecryptable)?
        .verify_strict(content, &Signature::from_bytes(signature))
        .map_err(|_| SessionError::Undecryptable)
}

/// Signs, frames and pads a plaintext: signature ‖ length ‖ plaintext ‖ zeros. The buffer has
/// room for the tag, so that encrypting in place leaves no copy.
pub(super) fn seal(
    binding: &Binding,
    header: &Header,
    device: &Device,
    plaintext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SessionError> {
    let (limit, found) = (MAX_PLAINTEXT_BYTES, plaintext.len());
    let too_large = SessionError::TooLarge { limit, found };
    if found > limit {
        return Err(too_large);
    }
    let length = u32::try_from(found).map_err(|_| too_large)?;
    let content = Zeroizing::new(binding.signed_bytes(header, plaintext));
    let padded = padding::padded(OVERHEAD + found);
    let mut body = Zeroizing::new(Vec::with_capacity(padded + cipher::TAG_LEN));
    body.extend_from_slice(&device.sign(&content));
    body.extend_from_slice(&length.to_be_bytes());
    body.extend_from_slice(plaintext);
    body.resize(padded, 0);
    Ok(body)
}

/// Takes a decrypted body apart and verifies the sender's signature. Only the one right padding passes.
pub(super) fn open(
    binding: &Binding,
    header: &Header,
    body: &[u8],
) -> Result<(Vec<u8>, SignedContent), SessionError> {
    let (signature, plaintext) = unpad(body).ok_or(SessionError::Undecryptable)?;
    let content = binding.signed_bytes(header, plaintext);
    verify(&binding.sender.device, &content, signature)?;
    let signed = SignedContent {
        content,
        signature: *signature,
    };
    Ok((plaintext.to_vec(), signed))
}

fn unpad(body: &[u8]) -> Option<(&[u8; 64], &[u8])> {
    let (signature, rest) = body.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (plaintext, zeros) = rest.split_at_checked(length)?;
    let canonical = length <= MAX_PLAINTEXT_BYTES
        && padding::padded(OVERHEAD + length) == body.len()
        && zeros.iter().all(|byte| *byte == 0);
    canonical.then_some((signature, plaintext))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::tests::rng;

    fn fixture() -> (Binding, Header, Device) {
        let device = Device::generate(&mut rng(1));
        let party = |account, device| Party {
            account: AccountId::from_bytes([account; 32]),
            device,
        };
        let binding = Binding {
            session: SessionId::from_bytes([9; 32]),
            sender: party(1, device.id()),
            recipient: party(2, DeviceId::from_bytes([3; 32])),
        };
        let header = Header {
            ratchet_key: [4; 32],
            previous_length: 5,
            number: 6,
        };
        (binding, header, device)
    }

    #[test]
    fn a_body_opens_for_its_place_alone() {
        let (binding, header, device) = fixture();
        let body = seal(&binding, &header, &device, b"text").unwrap();
        assert_eq!(body.len(), 256);
        let (plaintext, signed) = open(&binding, &header, &body).unwrap();
        assert_eq!(plaintext, b"text");
        assert_eq!(signed.content.len(), 17 + 1 + 160 + 32 + 4 + 4);
        let other = Header {
            number: 7,
            ..header
        };
        assert!(open(&binding, &other, &body).is_err());
        let other = Header {
            ratchet_key: [5; 32],
            ..header
        };
        assert!(open(&binding, &other, &body).is_err());
        let swapped = Binding {
            sender: binding.recipient,
            recipient: binding.sender,
            ..binding
        };
        assert!(open(&swapped, &header, &body).is_err());
        let other = Binding {
            session: SessionId::from_bytes([8; 32]),
            ..binding
        };
        assert!(open(&other, &header, &body).is_err());
    }

    #[test]
    fn a_signature_of_another_device_is_refused() {
        let (binding, header, _) = fixture();
        let other = Device::generate(&mut rng(2));
        let body = seal(&binding, &header, &other, b"text").unwrap();
        assert!(open(&binding, &header, &body).is_err());
    }

    #[test]
    fn every_flipped_bit_of_a_body_is_refused() {
        let (binding, header, device) = fixture();
        let body = seal(&binding, &header, &device, b"text").unwrap();
        for bit in 0..body.len() * 8 {
            let mut bent = body.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&binding, &header, &bent).is_err(), "bit {bit}");
        }
        for length in [0, 68, 255] {
            assert!(open(&binding, &header, &body[..length]).is_err());
        }
        let longer = [body.as_slice(), &[0; 16]].concat();
        assert!(open(&binding, &header, &longer).is_err());
    }
}
