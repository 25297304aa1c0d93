//! What stands inside the encryption: a plaintext, its sender's signature, and padding.

use core::fmt;

use serde::{Deserialize, Serialize};
use sotto_protocol::id::{AccountId, DeviceId};

use zeroize::Zeroizing;

use super::{
    MAX_PLAINTEXT_BYTES, SESSION_VERSION, SessionError, SessionId, attachment::Attachment, kdf,
    padding,
};
use crate::identity::{Device, PeerSigningKey, secret};

/// Separates these signatures from all others; the version follows it.
const CONTEXT: &[u8] = b"sotto/v2/message\0";

/// What stands in a body beside attachment and plaintext: signature and length.
const OVERHEAD: usize = 64 + 4;

/// Length of the bytes that are signed.
pub(super) const SIGNED_LEN: usize = 17 + 1 + 4 * 32 + 32 + 32 + 8 + 4 + 4 + 4 + 32 + 32;

/// Where in its session a message stands. The chain's count keeps a thief of the state from passing
/// off an old message, signature and all, as one of a new chain of the same ratchet key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) ratchet_key: [u8; 32],
    /// Which of the sender's chains, from 1.
    pub(super) chain: u64,
    /// That of the chain, as in the header.
    pub(super) epoch: u32,
    /// How many messages the sender's chain before had. Unsigned, a thief of the state could cut
    /// that short, as an epoch of the thief's choice would part the two.
    pub(super) previous_length: u32,
    pub(super) number: u32,
}

/// One end of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "StoredParty", from = "StoredParty")]
pub(super) struct Party {
    pub(super) account: AccountId,
    pub(super) device: DeviceId,
}

/// Account and device, a third shorter than ids are elsewhere.
#[derive(Serialize, Deserialize)]
struct StoredParty(
    #[serde(with = "secret::public_array")] [u8; 32],
    #[serde(with = "secret::public_array")] [u8; 32],
);

impl From<Party> for StoredParty {
    fn from(Party { account, device }: Party) -> Self {
        Self(*account.as_bytes(), *device.as_bytes())
    }
}

impl From<StoredParty> for Party {
    fn from(StoredParty(account, device): StoredParty) -> Self {
        Self {
            account: AccountId::from_bytes(account),
            device: DeviceId::from_bytes(device),
        }
    }
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

    /// What the sender's device signs. Digests of attachment and plaintext stand for them, so that
    /// a receipt has one size, and proves a plaintext without the keys that went along with it.
    fn signed_bytes(
        &self,
        place: &Place,
        attachment: &[u8],
        plaintext: &[u8],
    ) -> Result<[u8; SIGNED_LEN], SessionError> {
        [
            CONTEXT,
            &[SESSION_VERSION],
            self.sender.account.as_bytes(),
            self.sender.device.as_bytes(),
            self.recipient.account.as_bytes(),
            self.recipient.device.as_bytes(),
            self.session.as_bytes(),
            &place.ratchet_key,
            &place.chain.to_be_bytes(),
            &place.epoch.to_be_bytes(),
            &place.previous_length.to_be_bytes(),
            &place.number.to_be_bytes(),
            &kdf::hash(&[attachment]),
            &kdf::hash(&[plaintext]),
        ]
        .concat()
        .try_into()
        .map_err(|_| SessionError::Malformed)
    }
}

/// What a device signed in one message, and its signature. With the plaintext it is a receipt that
/// stands on its own: whoever holds both can show a third party what was said, by whom, to whom.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedContent {
    /// The bytes that were signed (`docs/protocol.md`, "Content signature").
    #[serde(with = "secret::public_array")]
    pub content: [u8; SIGNED_LEN],
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
    /// Which of the sender's chains it is, from 1.
    pub chain: u64,
    /// The chain's epoch.
    pub epoch: u32,
    /// How many messages the sender's chain before had.
    pub previous_length: u32,
    /// The message's number in its chain.
    pub number: u32,
}

impl SignedContent {
    /// Takes it apart, and verifies that `plaintext` is what was signed, and the signature under
    /// the device that it names.
    ///
    /// # Errors
    ///
    /// [`SessionError::Malformed`] when the bytes are no such content,
    /// [`SessionError::Undecryptable`] when it is another plaintext or the signature does not verify.
    pub fn verify(&self, plaintext: &[u8]) -> Result<Statement, SessionError> {
        let (statement, digest) = parse(&self.content).ok_or(SessionError::Malformed)?;
        if digest != kdf::hash(&[plaintext]) {
            return Err(SessionError::Undecryptable);
        }
        PeerSigningKey::parse(statement.sender_device.as_bytes())
            .and_then(|sender| sender.verify(&self.content, &self.signature))
            .map_err(|_| SessionError::Undecryptable)?;
        Ok(statement)
    }
}

impl fmt::Debug for SignedContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            content: _,
            signature: _,
        } = self;
        f.write_str("SignedContent(…)")
    }
}

/// The statement, and the plaintext's digest.
fn parse(content: &[u8; SIGNED_LEN]) -> Option<(Statement, [u8; 32])> {
    let rest = content.strip_prefix(CONTEXT)?;
    let rest = rest.strip_prefix(&[SESSION_VERSION])?;
    let (sender_account, rest) = rest.split_first_chunk()?;
    let (sender_device, rest) = rest.split_first_chunk()?;
    let (recipient_account, rest) = rest.split_first_chunk()?;
    let (recipient_device, rest) = rest.split_first_chunk()?;
    let (session, rest) = rest.split_first_chunk()?;
    let (ratchet_key, rest) = rest.split_first_chunk()?;
    let (chain, rest) = rest.split_first_chunk()?;
    let (epoch, rest) = rest.split_first_chunk()?;
    let (previous_length, rest) = rest.split_first_chunk()?;
    let (number, rest) = rest.split_first_chunk()?;
    let (_attachment, rest) = rest.split_first_chunk::<32>()?;
    let (digest, _) = rest.split_first_chunk()?;
    let statement = Statement {
        sender_account: AccountId::from_bytes(*sender_account),
        sender_device: DeviceId::from_bytes(*sender_device),
        recipient_account: AccountId::from_bytes(*recipient_account),
        recipient_device: DeviceId::from_bytes(*recipient_device),
        session: SessionId::from_bytes(*session),
        ratchet_key: *ratchet_key,
        chain: u64::from_be_bytes(*chain),
        epoch: u32::from_be_bytes(*epoch),
        previous_length: u32::from_be_bytes(*previous_length),
        number: u32::from_be_bytes(*number),
    };
    Some((statement, *digest))
}

/// The key of whoever signs what a session receives, kept from the first message on: to find its point
/// takes a tenth as long as to verify a signature. It is no state, and is not stored.
#[derive(Debug, Clone, Default)]
pub(super) struct Verifier(Option<(DeviceId, PeerSigningKey)>);

impl Verifier {
    fn key(&mut self, device: &DeviceId) -> Result<&PeerSigningKey, SessionError> {
        let kept = self.0.take().filter(|(of, _)| of == device);
        let parsed = match kept {
            Some((_, key)) => key,
            None => {
                PeerSigningKey::parse(device.as_bytes()).map_err(|_| SessionError::Undecryptable)?
            }
        };
        let (_, key) = self.0.insert((*device, parsed));
        Ok(key)
    }
}

/// That a plaintext is not too long.
pub(super) fn check_length(plaintext: &[u8]) -> Result<(), SessionError> {
    let (limit, found) = (MAX_PLAINTEXT_BYTES, plaintext.len());
    if found > limit {
        return Err(SessionError::TooLarge { limit, found });
    }
    Ok(())
}

/// Length of the padded body.
pub(super) fn body_len(attachment: &Attachment, plaintext: &[u8]) -> usize {
    padding::padded(OVERHEAD + attachment.len() + plaintext.len())
}

/// Signs, frames and pads a plaintext at the end of `into`: signature ‖ attachment ‖ length ‖
/// plaintext ‖ zeros.
pub(super) fn write(
    binding: &Binding,
    place: &Place,
    device: &Device,
    attachment: &Attachment,
    plaintext: &[u8],
    into: &mut Vec<u8>,
) -> Result<SignedContent, SessionError> {
    check_length(plaintext)?;
    let end = into.len() + body_len(attachment, plaintext);
    let mut attached = Vec::with_capacity(attachment.len());
    attachment.encode(&mut attached);
    let content = binding.signed_bytes(place, &attached, plaintext)?;
    let signature = device.sign(&content);
    let length = u32::try_from(plaintext.len()).map_err(|_| SessionError::Malformed)?;
    into.extend_from_slice(&signature);
    into.extend_from_slice(&attached);
    into.extend_from_slice(&length.to_be_bytes());
    into.extend_from_slice(plaintext);
    into.resize(end, 0);
    Ok(SignedContent { content, signature })
}

/// What stands in a decrypted body.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) plaintext: Vec<u8>,
    pub(super) attachment: Attachment,
    pub(super) signed: SignedContent,
}

/// Takes a decrypted body apart and verifies the sender's signature. Only the one right padding passes.
pub(super) fn open(
    binding: &Binding,
    place: &Place,
    verifier: &mut Verifier,
    mut body: Zeroizing<Vec<u8>>,
) -> Result<Opened, SessionError> {
    let parts = unpad(&body).ok_or(SessionError::Undecryptable)?;
    let content = binding.signed_bytes(place, parts.attached, parts.plaintext)?;
    verifier
        .key(&binding.sender.device)?
        .verify(&content, parts.signature)
        .map_err(|_| SessionError::Undecryptable)?;
    let Parts {
        signature,
        attachment,
        plaintext,
        ..
    } = parts;
    let (signature, length) = (*signature, plaintext.len());
    // The plaintext leaves in the buffer that it was decrypted in: no second copy, nothing to wipe.
    let mut plaintext = std::mem::take(&mut *body);
    plaintext.drain(..OVERHEAD + attachment.len());
    plaintext.truncate(length);
    Ok(Opened {
        plaintext,
        attachment,
        signed: SignedContent { content, signature },
    })
}

pub(super) struct Parts<'a> {
    pub(super) signature: &'a [u8; 64],
    pub(super) attachment: Attachment,
    /// The attachment's very bytes.
    pub(super) attached: &'a [u8],
    pub(super) plaintext: &'a [u8],
}

pub(super) fn unpad(body: &[u8]) -> Option<Parts<'_>> {
    let (signature, from_attachment) = body.split_first_chunk()?;
    let (attachment, rest) = Attachment::decode(from_attachment)?;
    let attached = from_attachment.get(..attachment.len())?;
    let (length, rest) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (plaintext, zeros) = rest.split_at_checked(length)?;
    let canonical = length <= MAX_PLAINTEXT_BYTES
        && body_len(&attachment, plaintext) == body.len()
        && padding::is_blank(zeros);
    canonical.then_some(Parts {
        signature,
        attachment,
        attached,
        plaintext,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        prekeys::kem::{CIPHERTEXT_LEN, ENCAPSULATION_KEY_LEN},
        session::{attachment::CHECK_LEN, tests::rng},
    };

    fn fixture() -> (Binding, Place, Device) {
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
        let place = Place {
            ratchet_key: [4; 32],
            chain: 5,
            epoch: 3,
            previous_length: 4,
            number: 6,
        };
        (binding, place, device)
    }

    fn attachments() -> [Attachment; 3] {
        [
            Attachment::None,
            Attachment::Offer {
                epoch: 7,
                key: Box::new([1; ENCAPSULATION_KEY_LEN]),
            },
            Attachment::Answer {
                epoch: 7,
                ciphertext: Box::new([2; CIPHERTEXT_LEN]),
                check: [3; CHECK_LEN],
            },
        ]
    }

    fn seal(
        (binding, place, device): &(Binding, Place, Device),
        attachment: &Attachment,
    ) -> Vec<u8> {
        let mut body = Vec::new();
        write(binding, place, device, attachment, b"text", &mut body).unwrap();
        body
    }

    fn read(
        binding: &Binding,
        place: &Place,
        body: Zeroizing<Vec<u8>>,
    ) -> Result<Opened, SessionError> {
        open(binding, place, &mut Verifier::default(), body)
    }

    #[test]
    fn a_body_opens_for_its_place_alone() {
        let fixture = fixture();
        let (binding, place, device) = &fixture;
        for (attachment, length) in attachments().into_iter().zip([256, 1_280, 1_216]) {
            let body = seal(&fixture, &attachment);
            assert_eq!(body.len(), length);
            let opened = read(binding, place, Zeroizing::new(body)).unwrap();
            assert_eq!(opened.plaintext, b"text");
            assert_eq!(opened.attachment, attachment);
            let statement = opened.signed.verify(b"text").unwrap();
            assert_eq!(statement.sender_device, device.id());
            assert!(opened.signed.verify(b"test").is_err());
        }
        let body = seal(&fixture, &Attachment::None);
        for other in [
            Place {
                number: 7,
                ..*place
            },
            Place { chain: 6, ..*place },
            Place { epoch: 4, ..*place },
            Place {
                previous_length: 3,
                ..*place
            },
            Place {
                ratchet_key: [5; 32],
                ..*place
            },
        ] {
            assert!(read(binding, &other, Zeroizing::new(body.clone())).is_err());
        }
        for other in [
            Binding {
                sender: binding.recipient,
                recipient: binding.sender,
                ..*binding
            },
            Binding {
                session: SessionId::from_bytes([8; 32]),
                ..*binding
            },
        ] {
            assert!(read(&other, place, Zeroizing::new(body.clone())).is_err());
        }
    }

    #[test]
    fn a_signature_of_another_device_is_refused() {
        let (binding, place, _) = fixture();
        let other = Device::generate(&mut rng(2));
        let body = seal(&(binding, place, other), &Attachment::None);
        assert!(read(&binding, &place, Zeroizing::new(body)).is_err());
    }

    #[test]
    fn a_kept_key_is_used_for_its_device_alone() {
        let (binding, place, device) = fixture();
        let other = Device::generate(&mut rng(2));
        let others = Party {
            device: other.id(),
            ..binding.sender
        };
        let others = Binding {
            sender: others,
            ..binding
        };
        let mut verifier = Verifier::default();
        for (binding, device) in [(binding, &device), (others, &other), (binding, &device)] {
            for (signer, expected) in [(device, true), (&Device::generate(&mut rng(3)), false)] {
                let body = seal(&(binding, place, signer.clone()), &Attachment::None);
                let opened = open(&binding, &place, &mut verifier, Zeroizing::new(body));
                assert_eq!(opened.is_ok(), expected);
            }
        }
    }

    #[test]
    fn every_flipped_bit_of_a_body_is_refused() {
        let fixture = fixture();
        let (binding, place, _) = &fixture;
        for attachment in attachments() {
            let body = seal(&fixture, &attachment);
            for bit in 0..body.len() * 8 {
                let mut bent = body.clone();
                bent[bit / 8] ^= 1 << (bit % 8);
                assert!(
                    read(binding, place, Zeroizing::new(bent)).is_err(),
                    "bit {bit}"
                );
            }
            for length in (0..body.len()).step_by(5) {
                assert!(read(binding, place, Zeroizing::new(body[..length].to_vec())).is_err());
            }
            let longer = [body.as_slice(), &[0; 16]].concat();
            assert!(read(binding, place, Zeroizing::new(longer)).is_err());
        }
    }

    /// Whoever means it ill may sign more than [`write`] lets them.
    #[test]
    fn a_plaintext_beyond_the_limit_is_refused_although_all_else_is_right() {
        let fixture = fixture();
        let (binding, place, device) = &fixture;
        for (length, taken) in [
            (MAX_PLAINTEXT_BYTES, true),
            (MAX_PLAINTEXT_BYTES + 1, false),
        ] {
            let plaintext = vec![b'x'; length];
            let signed = binding.signed_bytes(place, &[0], &plaintext).unwrap();
            let length = u32::try_from(length).unwrap().to_be_bytes();
            let signature = device.sign(&signed);
            let mut body = [signature.as_slice(), &[0], &length, &plaintext].concat();
            body.resize(body_len(&Attachment::None, &plaintext), 0);
            let read = read(binding, place, Zeroizing::new(body));
            assert_eq!(read.is_ok(), taken, "{} bytes", plaintext.len());
        }
    }

    #[test]
    fn another_attachment_is_refused_although_the_plaintext_is_the_same() {
        let fixture = fixture();
        let (binding, place, _) = &fixture;
        let [none, offer, _] = attachments();
        let [without, with] = [none, offer].map(|attachment| seal(&fixture, &attachment));
        let stripped = [&with[..64], &without[64..]].concat();
        assert!(read(binding, place, Zeroizing::new(stripped)).is_err());
        let added = [&without[..64], &with[64..]].concat();
        assert!(read(binding, place, Zeroizing::new(added)).is_err());
    }
}
