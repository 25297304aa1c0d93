//! One connection: an actor with a reading and a writing half in one task.
//!
//! The reading half checks frames and hands changes to the store; each takes up
//! a place in the bounded outbound queue first, so a client that does not take
//! its answers is not read from either. The writing half sends answers and
//! deliveries; it reads messages from the store only as far as the client's
//! window has room. So a slow client holds up nobody but itself.

mod admission;
mod requests;
mod writer;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use sotto_protocol::error::ErrorCode;
use sotto_protocol::frames::client_frame::Body as Ask;
use sotto_protocol::frames::server_frame::Body as Tell;
use sotto_protocol::frames::{ClientFrame, Hello, ServerFrame};
use sotto_protocol::{DecodeError, decode, encode};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::timeout;

use self::admission::Turned;
use self::requests::Requests;
use self::writer::Writer;
use crate::error::Refusal;
use crate::exchange::{Ending, Intake, Proven, Window, challenge, prove, welcome};
use crate::rate::TokenBucket;
use crate::server::Relay;

/// How long a closing connection may take to hear why.
const FAREWELL: Duration = Duration::from_secs(2);

/// How a connection ends.
enum End {
    /// The client left or is gone.
    Gone,
    /// The relay ends it, in answer to a request or (zero) unasked.
    Refused(u64, Refusal),
}

impl From<(u64, Refusal)> for End {
    fn from((request, refusal): (u64, Refusal)) -> Self {
        Self::Refused(request, refusal)
    }
}

type Writing = SplitSink<WebSocket, Message>;
type Reading = SplitStream<WebSocket>;

/// Serves one connection to its end. `dialled` is the name that the client must have signed.
pub(crate) async fn serve(
    relay: Arc<Relay>,
    socket: WebSocket,
    dialled: String,
    unauthenticated: OwnedSemaphorePermit,
) {
    let (mut sink, mut stream) = socket.split();
    let end = tokio::select! {
        end = converse(&relay, &mut sink, &mut stream, &dialled, unauthenticated) => end,
        () = relay.draining() => {
            End::Refused(0, Refusal::unavailable("the relay is stopping; connect again in a moment"))
        }
    };
    if let End::Refused(request, refusal) = end {
        tracing::debug!(code = %refusal.code, "a connection was ended");
        let error = relay.refuse(request, &refusal, true);
        let farewell = async {
            sink.send(message(&error)).await?;
            let code = match refusal.code {
                ErrorCode::ServerUnavailable => close_code::AWAY,
                ErrorCode::FrameTooLarge => close_code::SIZE,
                _ => close_code::POLICY,
            };
            let reason = refusal.code.as_str().into();
            sink.send(Message::Close(Some(CloseFrame { code, reason })))
                .await?;
            // Until the client has closed too; else unread frames of its would
            // make the machine reset the connection and the reason be lost.
            while stream.next().await.is_some_and(|frame| frame.is_ok()) {}
            Ok::<_, axum::Error>(())
        };
        let _ = timeout(FAREWELL, farewell).await;
    }
}

async fn converse(
    relay: &Arc<Relay>,
    sink: &mut Writing,
    stream: &mut Reading,
    dialled: &str,
    unauthenticated: OwnedSemaphorePermit,
) -> End {
    let limits = &relay.config.limits;
    let patience = Duration::from_secs(limits.hello_timeout_seconds.into());
    let entering = enter(relay, sink, stream, dialled);
    let (request, proven) = match relay.config.clock.timeout(patience, entering).await {
        Ok(Ok(entered)) => entered,
        Ok(Err(end)) => return end,
        Err(_) => {
            let message = "expected a hello in time, found none";
            return End::Refused(0, Refusal::new(ErrorCode::AuthTimeout, message));
        }
    };
    let member = proven.member;
    let (presence, admitted) = match admission::admit(relay, proven).await {
        Ok(admitted) => admitted,
        Err(Turned { shown, refusal }) => {
            if let Some(shown) = shown {
                let shown = ServerFrame {
                    request: 0,
                    body: Some(shown),
                };
                if sink.send(message(&shown)).await.is_err() {
                    return End::Gone;
                }
            }
            return End::Refused(request, refusal);
        }
    };
    drop(unauthenticated);
    let device = relay.pseudonyms.device(&member);
    let (registered, guest) = (admitted.registered, admitted.guest_until_ms.is_some());
    tracing::info!(device, registered, guest, "a device connected");

    let (outbound, answers) = mpsc::channel(limits.outbound_queue as usize);
    let welcome = welcome(&admitted, limits, relay.config.clock.now_ms());
    let welcome = ServerFrame {
        request,
        body: Some(Tell::Welcome(welcome)),
    };
    let live = presence.live();
    live.wake();
    let window = Arc::new(Mutex::new(Window::new(limits.delivery_window as usize)));
    let requests = Requests::new(
        Arc::clone(relay),
        Intake::new(member, guest, limits),
        member,
        Arc::clone(live),
        Arc::clone(&window),
        outbound,
    );
    let mut writer = Writer {
        relay,
        member,
        live,
        window: &window,
        sink,
        answers,
        patience: Duration::from_secs(limits.idle_timeout_seconds.into()),
    };
    let end = tokio::select! {
        end = read(relay, stream, requests) => {
            // What was answered before the end is still told.
            writer.send_waiting().await;
            end
        }
        end = writer.run(welcome) => end,
        () = over(relay, admitted.guest_until_ms) => {
            writer.send_waiting().await;
            End::Refused(0, Ending::PassOver.into())
        }
        ending = live.ended() => {
            // A device that removed itself hears that it did.
            writer.send_waiting().await;
            End::Refused(0, ending.into())
        }
    };
    tracing::info!(device, "a device disconnected");
    end
}

/// Returns once a guest's time is over; never for a device.
async fn over(relay: &Relay, guest_until_ms: Option<u64>) {
    let clock = &relay.config.clock;
    match guest_until_ms {
        Some(until) => {
            let left = until.saturating_sub(clock.now_ms());
            clock.sleep(Duration::from_millis(left)).await;
        }
        None => std::future::pending().await,
    }
}

async fn enter(
    relay: &Relay,
    sink: &mut Writing,
    stream: &mut Reading,
    dialled: &str,
) -> Result<(u64, Proven), End> {
    let mut nonce = [0; 32];
    if let Err(error) = getrandom::fill(&mut nonce) {
        tracing::error!(%error, "the operating system gives no random numbers");
        return Err(End::Refused(0, Refusal::internal()));
    }
    let challenge = challenge(&nonce, relay.config.clock.now_ms());
    let challenge = ServerFrame {
        request: 0,
        body: Some(Tell::Challenge(challenge)),
    };
    sink.send(message(&challenge))
        .await
        .map_err(|_| End::Gone)?;
    let (request, hello): (u64, Hello) = loop {
        match next(stream).await? {
            None => {}
            Some(ClientFrame {
                request,
                body: Some(Ask::Hello(hello)),
            }) => break (request, hello),
            Some(ClientFrame { request, .. }) => {
                let message = "expected a hello, found another frame before it";
                let refusal = Refusal::new(ErrorCode::FrameUnexpected, message);
                return Err(End::Refused(request, refusal));
            }
        }
    };
    if request == 0 {
        let refusal = Refusal::invalid("request", "expected another number than zero");
        return Err(End::Refused(0, refusal));
    }
    let proven = prove(hello, &nonce, dialled).map_err(|refusal| End::Refused(request, refusal))?;
    Ok((request, proven))
}

/// The next frame; `None` for a sign of life that carries none.
async fn next(stream: &mut Reading) -> Result<Option<ClientFrame>, End> {
    let malformed =
        |message: String| End::Refused(0, Refusal::new(ErrorCode::FrameMalformed, message));
    match stream.next().await {
        None | Some(Ok(Message::Close(_))) => Err(End::Gone),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
        Some(Ok(Message::Text(_))) => Err(malformed(
            "expected a binary message, found a text".to_owned(),
        )),
        Some(Ok(Message::Binary(bytes))) => match decode(bytes) {
            Ok(frame) => Ok(Some(frame)),
            Err(error @ DecodeError::TooLarge { .. }) => Err(End::Refused(
                0,
                Refusal::new(ErrorCode::FrameTooLarge, error.to_string()),
            )),
            Err(error) => Err(malformed(error.to_string())),
        },
        Some(Err(error)) => Err(broken(error)),
    }
}

/// A WebSocket that broke: by a message over its limit, a breach of its protocol, or a lost connection.
fn broken(error: axum::Error) -> End {
    use tungstenite::Error;
    use tungstenite::error::{CapacityError, ProtocolError};
    let refusal = |code, message: String| End::Refused(0, Refusal::new(code, message));
    match error.into_inner().downcast_ref::<Error>() {
        Some(Error::Capacity(CapacityError::MessageTooLong { size, max_size })) => {
            let message = format!("expected a frame of at most {max_size} bytes, found {size}");
            refusal(ErrorCode::FrameTooLarge, message)
        }
        Some(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => End::Gone,
        Some(error @ (Error::Protocol(_) | Error::Utf8(_))) => refusal(
            ErrorCode::FrameMalformed,
            format!("expected a WebSocket: {error}"),
        ),
        _ => End::Gone,
    }
}

async fn read(relay: &Relay, stream: &mut Reading, mut requests: Requests) -> End {
    let (limits, clock) = (&relay.config.limits, &relay.config.clock);
    let idle = Duration::from_secs(limits.idle_timeout_seconds.into());
    let mut frames = TokenBucket::new(limits.frames_per_second.into(), limits.frames_burst);
    loop {
        // Too many frames are not refused but left in the socket: that slows their sender alone.
        while let Err(wait) = frames.take(clock.uptime()) {
            clock.sleep(wait).await;
        }
        let frame = match clock.timeout(idle, next(stream)).await {
            Ok(Ok(Some(frame))) => frame,
            Ok(Ok(None)) => continue,
            Ok(Err(end)) => return end,
            Err(_) => {
                let message = format!("expected a frame within {} s, found none", idle.as_secs());
                return End::Refused(0, Refusal::new(ErrorCode::ConnectionIdle, message));
            }
        };
        if let Err(end) = requests.carry_out(frame).await {
            return end.into();
        }
    }
}

fn message(frame: &ServerFrame) -> Message {
    let bytes: Bytes = encode(frame);
    Message::Binary(bytes)
}
