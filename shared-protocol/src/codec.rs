//! Frames to bytes and back.

use bytes::Bytes;
use prost::Message;

use crate::limits::MAX_FRAME_BYTES;

/// Why bytes are not a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The frame is larger than [`MAX_FRAME_BYTES`].
    #[error("expected a frame of at most {MAX_FRAME_BYTES} bytes, found {found}")]
    TooLarge {
        /// The length of what came.
        found: usize,
    },
    /// The bytes are not Protocol Buffers of the expected message.
    #[error("expected a Protocol Buffers frame: {0}")]
    Malformed(#[from] prost::DecodeError),
}

/// Encodes a frame as one binary WebSocket message.
pub fn encode<M: Message>(frame: &M) -> Bytes {
    Bytes::from(frame.encode_to_vec())
}

/// Decodes one binary WebSocket message; payloads share the given buffer.
///
/// # Errors
///
/// [`DecodeError`] when it is too large or no such frame.
///
/// ```
/// use sotto_protocol::{decode, encode, frames::{ClientFrame, Ping, client_frame::Body}};
///
/// let frame = ClientFrame { request: 7, body: Some(Body::Ping(Ping {})) };
/// assert_eq!(decode::<ClientFrame>(encode(&frame)).unwrap(), frame);
/// assert!(decode::<ClientFrame>(b"no frame".as_slice().into()).is_err());
/// ```
pub fn decode<M: Message + Default>(bytes: Bytes) -> Result<M, DecodeError> {
    if bytes.len() > MAX_FRAME_BYTES {
        return Err(DecodeError::TooLarge { found: bytes.len() });
    }
    Ok(M::decode(bytes)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frames::{
        Ack, ClientFrame, Deliver, Ping, Post, ServerFrame, client_frame, server_frame,
    };

    #[test]
    fn a_ping_has_these_bytes() {
        let frame = ClientFrame {
            request: 5,
            body: Some(client_frame::Body::Ping(Ping {})),
        };
        assert_eq!(encode(&frame).as_ref(), [0x08, 0x05, 0x4a, 0x00]);
    }

    #[test]
    fn an_ack_has_these_bytes() {
        let ack = Ack {
            sequences: vec![1, 300],
        };
        let frame = ClientFrame {
            request: 1,
            body: Some(client_frame::Body::Ack(ack)),
        };
        let expected = [0x08, 0x01, 0x42, 0x05, 0x0a, 0x03, 0x01, 0xac, 0x02];
        assert_eq!(encode(&frame).as_ref(), expected);
    }

    #[test]
    fn a_frame_over_the_limit_is_refused() {
        let found = MAX_FRAME_BYTES + 1;
        let error = decode::<ClientFrame>(vec![0; found].into()).unwrap_err();
        assert_eq!(error, DecodeError::TooLarge { found });
    }

    proptest! {
        #[test]
        fn a_post_comes_back_as_it_went(
            request in 1u64..,
            mailbox in proptest::collection::vec(any::<u8>(), 0..64),
            payload in proptest::collection::vec(any::<u8>(), 0..2048),
            ttl_seconds: u64,
        ) {
            let post = Post { mailbox, message_id: vec![7; 16], payload: payload.into(), ttl_seconds };
            let frame = ClientFrame { request, body: Some(client_frame::Body::Post(post)) };
            prop_assert_eq!(decode::<ClientFrame>(encode(&frame)).unwrap(), frame);
        }

        #[test]
        fn bent_bytes_never_panic(
            payload in proptest::collection::vec(any::<u8>(), 0..256),
            at: prop::sample::Index,
            bit in 0u8..8,
        ) {
            let deliver = Deliver { payload: payload.into(), ..Deliver::default() };
            let frame = ServerFrame { request: 0, body: Some(server_frame::Body::Deliver(deliver)) };
            let mut bytes = encode(&frame).to_vec();
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
            }
            let _ = decode::<ServerFrame>(bytes.into());
        }
    }
}
