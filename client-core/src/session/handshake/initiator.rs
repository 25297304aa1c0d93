//! The initiator's side.

use jiff::Timestamp;
use rand_core::CryptoRng;

use super::transcript::{InitiatorKeys, ResponderKeys, Transcript};
use crate::{
    identity::{LocalIdentity, agreement::AgreementSecret},
    prekeys::PeerPrekeys,
    session::{
        Session, SessionError, Voucher, VoucherKind, cipher,
        content::Party,
        ratchet::Ratchet,
        state::Opening,
        wire::{Handshake, IDENTITY_UNIT},
    },
};

/// Opens a session towards a device, which need not be online. Nothing is sent yet: each message
/// that the session encrypts carries the handshake, until the first answer was decrypted.
///
/// The voucher's secret is mixed in, so that only who has it too can take the session up. `now` goes
/// to the peer, in whole milliseconds, who can tell by it which of two handshakes is the later one.
///
/// # Errors
///
/// [`SessionError::WrongDevice`] when the peer is this very device.
pub fn initiate<R: CryptoRng + ?Sized>(
    local: &LocalIdentity,
    prekeys: &PeerPrekeys,
    voucher: Voucher<'_>,
    now: Timestamp,
    rng: &mut R,
) -> Result<Session, SessionError> {
    if local.device().id() == prekeys.device().id() {
        return Err(SessionError::WrongDevice);
    }
    initiate_towards_any(local, prekeys, voucher, now, rng)
}

/// Towards this very device too: what somebody could do who holds to no rule.
pub(in crate::session) fn initiate_towards_any<R: CryptoRng + ?Sized>(
    local: &LocalIdentity,
    prekeys: &PeerPrekeys,
    voucher: Voucher<'_>,
    now: Timestamp,
    rng: &mut R,
) -> Result<Session, SessionError> {
    let (device, peer) = (local.device(), prekeys.device());
    let ephemeral = AgreementSecret::generate(rng);
    let public = ephemeral.public();
    let agree =
        |secret: &AgreementSecret, key| secret.agree(key).ok_or(SessionError::Undecryptable);

    let responder = ResponderKeys {
        account: peer.account(),
        device: peer.id(),
        agreement: *peer.agreement().as_bytes(),
        signed_prekey_id: prekeys.signed.id,
        signed_prekey: *prekeys.signed.key.as_bytes(),
    };
    let mut transcript = Transcript::new(&responder, &public);
    let key = transcript.mix_first(&agree(&ephemeral, &prekeys.signed.key)?);
    let one_time = prekeys.one_time.as_ref();
    let selector = [
        one_time.map_or(0, |prekey| prekey.id).to_be_bytes(),
        prekeys.kem_id.to_be_bytes(),
    ]
    .concat();
    let selector = transcript.seal(&key, &selector)?;

    let (kem_ciphertext, kem_secret) = prekeys.kem.encapsulate(rng);
    transcript.mix_prekeys(
        one_time.map(|prekey| prekey.key.as_bytes()),
        &prekeys.kem.to_bytes(),
        &kem_ciphertext,
        &kem_secret,
    );
    let key = transcript.mix_voucher(voucher);
    let opened_at = whole_milliseconds(now);
    let identity = transcript.seal(&key, &identity_block(local, opened_at)?)?;

    let (id, seed) = transcript.finish(
        &InitiatorKeys {
            account: local.account(),
            device: device.id(),
            agreement: device.agreement_key(),
        },
        &agree(device.agreement(), &prekeys.signed.key)?,
        &agree(&ephemeral, peer.agreement())?,
        one_time
            .map(|prekey| agree(&ephemeral, &prekey.key))
            .transpose()?
            .as_ref(),
    );
    let prologue = Handshake {
        signed_prekey: prekeys.signed.id,
        ephemeral: &public,
        selector: selector
            .as_slice()
            .try_into()
            .map_err(|_| SessionError::Malformed)?,
        kem: &kem_ciphertext,
        identity: &identity,
    }
    .encode()?;
    let (ratchet, threads) = Ratchet::initiator(seed, &prekeys.signed.key, now, rng)?;
    Ok(Session::new(
        id,
        opened_at,
        Party {
            account: local.account(),
            device: device.id(),
        },
        Party {
            account: peer.account(),
            device: peer.id(),
        },
        ratchet,
        Opening::Unanswered {
            prologue,
            vouched: voucher.kind() != VoucherKind::Nothing,
        },
        threads,
    )
    .with_shortage(prekeys.shortage()))
}

/// As the wire has it; a clock before 1970 counts as 1970.
fn whole_milliseconds(now: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(now.as_millisecond().max(0)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Account ‖ device ‖ time (8 bytes, milliseconds since the Unix epoch) ‖ list's length (2 bytes) ‖ list ‖ signature ‖ zeros to a multiple of 512, so
/// that the length does not say how many devices the initiator has.
fn identity_block(local: &LocalIdentity, opened_at: Timestamp) -> Result<Vec<u8>, SessionError> {
    let signed = local.signed_device_list();
    let length = u16::try_from(signed.list.len()).map_err(|_| SessionError::Malformed)?;
    let opened_at_ms =
        u64::try_from(opened_at.as_millisecond()).map_err(|_| SessionError::Malformed)?;
    let mut block = [
        local.account().as_bytes().as_slice(),
        local.device().id().as_bytes(),
        &opened_at_ms.to_be_bytes(),
        &length.to_be_bytes(),
        &signed.list,
        &signed.signature,
    ]
    .concat();
    block.resize(block.len().next_multiple_of(IDENTITY_UNIT), 0);
    block.reserve_exact(cipher::TAG_LEN);
    Ok(block)
}
