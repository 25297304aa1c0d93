//! The responder's side.

use jiff::Timestamp;
use sotto_protocol::{
    frames::SignedDeviceList,
    id::{AccountId, DeviceId},
};

use super::transcript::{InitiatorKeys, ResponderKeys, Transcript};
use crate::{
    identity::{AgreementKey, LocalIdentity, PeerDevices, agreement::AgreementSecret},
    prekeys::{Prekeys, Selector, UsedPrekeys},
    session::{
        Decrypted, Session, SessionError, Shortage, Voucher, VoucherKind,
        content::Party,
        kdf,
        ratchet::Ratchet,
        state::Opening,
        wire::{Handshake, IDENTITY_UNIT, Message},
    },
};

/// A session that somebody opened, with its first message.
#[derive(Debug)]
pub struct Accepted {
    /// The session; it names the peer's account and device.
    pub session: Session,
    /// The initiator's device list, verified. Whether its version is one to take is for the caller.
    pub peer_devices: PeerDevices,
    /// The message that carried the handshake.
    pub message: Decrypted,
    /// For [`Prekeys::consume`], in the same batch as the session.
    pub used: UsedPrekeys,
    /// By which kind of voucher.
    pub voucher: VoucherKind,
}

/// Takes up an Initial message. It proves that the sender holds the secrets of the device that
/// [`Session::peer_device`] names, and one of the vouchers, which are tried in turn; it does not
/// prove that one wants to hear from that account.
///
/// Nothing changes; the caller keeps the session and lets [`Prekeys::consume`] forget what was used.
///
/// # Errors
///
/// [`SessionError`]: malformed or of another version; not authentic, or made with a voucher that is
/// not among these (not told apart); a prekey that is used, expired or unknown; an identity that is refused;
/// a repetition.
pub fn accept(
    local: &LocalIdentity,
    prekeys: &Prekeys,
    vouchers: &[Voucher<'_>],
    bytes: &[u8],
    now: Timestamp,
) -> Result<Accepted, SessionError> {
    let Message::Initial {
        prologue,
        handshake,
        ..
    } = Message::decode(bytes)?
    else {
        return Err(SessionError::Undecryptable);
    };
    let Handshake {
        signed_prekey,
        ephemeral,
        selector,
        kem,
        identity,
    } = handshake;
    let device = local.device();
    let ephemeral_key = peer_key(ephemeral)?;
    let signed = prekeys
        .signed(signed_prekey)
        .ok_or(SessionError::UnknownPrekey)?;

    let responder = ResponderKeys {
        account: local.account(),
        device: device.id(),
        agreement: device.agreement_key(),
        signed_prekey_id: signed_prekey,
        signed_prekey: *signed.public(),
    };
    let mut transcript = Transcript::new(&responder, ephemeral);
    let key = transcript.mix_first(&agree(signed.secret(), &ephemeral_key)?);
    let selector = parse_selector(&transcript.open(&key, selector)?)?;
    let matched = prekeys
        .select(selector)
        .ok_or(SessionError::UnknownPrekey)?;

    let (kem_key, kem_secret) = matched.kem.decapsulate(kem);
    transcript.mix_prekeys(
        matched.one_time.map(AgreementSecret::public).as_ref(),
        &kem_key,
        kem,
        &kem_secret,
    );
    let (voucher, transcript, block) = vouchers
        .iter()
        .find_map(|voucher| {
            let mut transcript = transcript.clone();
            let key = transcript.mix_voucher(*voucher);
            let block = transcript.open(&key, identity).ok()?;
            Some((voucher.kind(), transcript, block))
        })
        .ok_or(SessionError::Undecryptable)?;
    let initiator = parse_identity(&block)?;
    let peer_devices = PeerDevices::verify(&initiator.list, &initiator.account)?;
    let peer = *peer_devices.device(&initiator.device).ok_or(
        crate::identity::IdentityError::UnknownDevice {
            expected: initiator.device,
        },
    )?;
    if peer.id() == device.id() {
        return Err(SessionError::WrongDevice);
    }

    let (id, seed) = transcript.finish(
        &InitiatorKeys {
            account: peer.account(),
            device: peer.id(),
            agreement: *peer.agreement().as_bytes(),
        },
        &agree(signed.secret(), peer.agreement())?,
        &agree(device.agreement(), &ephemeral_key)?,
        matched
            .one_time
            .map(|secret| agree(secret, &ephemeral_key))
            .transpose()?
            .as_ref(),
    );
    let used = UsedPrekeys {
        signed: signed_prekey,
        selector,
        session: id,
        account: peer.account(),
        device: peer.id(),
    };
    let (ratchet, threads) = Ratchet::responder(seed, signed.secret().clone(), now);
    let mut session = Session::new(
        id,
        initiator.opened_at,
        Party {
            account: local.account(),
            device: device.id(),
        },
        Party {
            account: peer.account(),
            device: peer.id(),
        },
        ratchet,
        Opening::Accepted {
            prologue_hash: kdf::hash(&[prologue]),
            confirmed: false,
        },
        threads,
    )
    .with_shortage(Shortage {
        one_time: matched.one_time.is_none(),
        kem: matched.last_resort,
    });
    let message = session.decrypt(bytes, now)?;
    // Only now is it known to be genuine, so that a forgery cannot learn what is remembered.
    if !prekeys.admits(&used) {
        return Err(SessionError::HandshakeRepeated);
    }
    Ok(Accepted {
        session,
        peer_devices,
        message,
        used,
        voucher,
    })
}

fn peer_key(bytes: &[u8; 32]) -> Result<AgreementKey, SessionError> {
    AgreementKey::parse(bytes).map_err(|_| SessionError::Malformed)
}

fn agree(
    secret: &AgreementSecret,
    key: &AgreementKey,
) -> Result<crate::identity::agreement::SharedSecret, SessionError> {
    secret.agree(key).ok_or(SessionError::Undecryptable)
}

fn parse_selector(bytes: &[u8]) -> Result<Selector, SessionError> {
    match bytes.as_chunks::<4>() {
        ([one_time, kem], []) => Ok(Selector {
            one_time: u32::from_be_bytes(*one_time),
            kem: u32::from_be_bytes(*kem),
        }),
        _ => Err(SessionError::Malformed),
    }
}

/// The year 6429: any clock is before it, and there is room after it for sessions that are opened later.
const MAX_OPENED_AT_MS: i64 = 1 << 47;

pub(in crate::session) struct ClaimedIdentity {
    pub(in crate::session) account: AccountId,
    pub(in crate::session) device: DeviceId,
    pub(in crate::session) opened_at: Timestamp,
    pub(in crate::session) list: SignedDeviceList,
}

pub(in crate::session) fn parse_identity(block: &[u8]) -> Result<ClaimedIdentity, SessionError> {
    let parse = || {
        let (account, rest) = block.split_first_chunk()?;
        let (device, rest) = rest.split_first_chunk()?;
        let (opened_at_ms, rest) = rest.split_first_chunk()?;
        let opened_at_ms = i64::try_from(u64::from_be_bytes(*opened_at_ms)).ok()?;
        let opened_at = Timestamp::from_millisecond(opened_at_ms).ok()?;
        if opened_at_ms >= MAX_OPENED_AT_MS {
            return None;
        }
        let (length, rest) = rest.split_first_chunk()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (list, rest) = rest.split_at_checked(length)?;
        let (signature, zeros) = rest.split_first_chunk::<64>()?;
        let canonical = zeros.len() < IDENTITY_UNIT && zeros.iter().all(|byte| *byte == 0);
        canonical.then(|| ClaimedIdentity {
            account: AccountId::from_bytes(*account),
            device: DeviceId::from_bytes(*device),
            opened_at,
            list: SignedDeviceList {
                list: list.to_vec().into(),
                signature: signature.to_vec().into(),
            },
        })
    };
    parse().ok_or(SessionError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_opening_is_below_2_to_the_47_milliseconds() {
        let parsed = |opened_at_ms: u64| {
            let mut block = vec![0; 64];
            block.extend(opened_at_ms.to_be_bytes());
            // An empty list, and its signature.
            block.extend([0; 2 + 64]);
            parse_identity(&block).map(|identity| identity.opened_at.as_millisecond())
        };
        let last = (1 << 47) - 1;
        assert_eq!(parsed(0), Ok(0));
        assert_eq!(parsed(last), Ok(140_737_488_355_327));
        for beyond in [last + 1, 1 << 48, u64::MAX] {
            assert_eq!(parsed(beyond), Err(SessionError::Malformed), "{beyond}");
        }
    }
}
