//! Decoders that nobody outside may use, for fuzzing. Whatever they take, they take in its one encoding.

use super::{
    attachment::Attachment,
    content,
    handshake::parse_identity,
    header::Header,
    wire::{Message, Sealed},
};

/// A message on the wire, Initial or Ratchet.
pub fn message(bytes: &[u8]) {
    let Ok(message) = Message::decode(bytes) else {
        return;
    };
    let (prologue, Sealed { header, body }) = match message {
        Message::Initial {
            prologue,
            handshake,
            sealed,
        } => {
            assert_eq!(handshake.encode().as_deref(), Ok(prologue));
            (prologue, sealed)
        }
        Message::Ratchet { sealed } => (bytes.get(..2).unwrap_or_default(), sealed),
    };
    assert_eq!(
        [prologue, &header.nonce, &header.ciphertext, body].concat(),
        bytes
    );
}

/// A decrypted header.
pub fn header(bytes: &[u8]) {
    if let Some(header) = Header::decode(bytes) {
        assert_eq!(header.encode(), bytes);
    }
}

/// A decrypted body.
pub fn body(bytes: &[u8]) {
    let Some(parts) = content::unpad(bytes) else {
        return;
    };
    let (reread, rest) = Attachment::decode(parts.attached).unzip();
    assert_eq!(reread.as_ref(), Some(&parts.attachment));
    assert_eq!(rest, Some([].as_slice()));
    let mut attached = Vec::new();
    parts.attachment.encode(&mut attached);
    assert_eq!(attached, parts.attached);
    let length = u32::try_from(parts.plaintext.len()).unwrap_or(u32::MAX);
    let length = length.to_be_bytes();
    let mut body = [
        parts.signature.as_slice(),
        &attached,
        &length,
        parts.plaintext,
    ]
    .concat();
    body.resize(content::body_len(&parts.attachment, parts.plaintext), 0);
    assert_eq!(body, bytes);
}

/// A decrypted identity block.
pub fn identity_block(bytes: &[u8]) {
    let Ok(identity) = parse_identity(bytes) else {
        return;
    };
    let opened_at = u64::try_from(identity.opened_at.as_millisecond()).unwrap_or(u64::MAX);
    let length = u16::try_from(identity.list.list.len()).unwrap_or(u16::MAX);
    let mut block = [
        identity.account.as_bytes().as_slice(),
        identity.device.as_bytes(),
        &opened_at.to_be_bytes(),
        &length.to_be_bytes(),
        &identity.list.list,
        &identity.list.signature,
    ]
    .concat();
    // So many zeros as came: fewer than a unit of them.
    block.resize(bytes.len(), 0);
    assert_eq!(block, bytes);
}
