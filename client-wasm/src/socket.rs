//! WebSockets, by the engine's numbers.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use bytes::Bytes;
use js_sys::{ArrayBuffer, Uint8Array};
use sotto_client_core::engine::{Input, SocketId};
use sotto_protocol::SUBPROTOCOL;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

/// Where a socket tells what happened; it answers whether there was room for that.
pub(crate) type Sink = Rc<dyn Fn(Input) -> bool>;

/// The sockets of a run. Each tells of its end exactly once, unless it was closed from here.
pub(crate) struct Sockets {
    sink: Sink,
    sockets: RefCell<BTreeMap<SocketId, Socket>>,
}

impl Sockets {
    pub(crate) fn new(sink: Sink) -> Self {
        Self {
            sink,
            sockets: RefCell::default(),
        }
    }

    /// Begins to connect.
    pub(crate) fn open(&self, id: SocketId, url: &str) {
        match Socket::open(id, url, &self.sink) {
            Ok(socket) => {
                self.sockets.borrow_mut().insert(id, socket);
            }
            Err(error) => {
                let reason = match error.dyn_ref::<web_sys::DomException>() {
                    Some(exception) => exception.message(),
                    None => "the browser refused to connect".to_owned(),
                };
                (self.sink)(Input::SocketClosed { socket: id, reason });
            }
        }
    }

    /// Sends, unless the socket has closed in the meantime, of which the engine will hear.
    pub(crate) fn send(&self, id: SocketId, frame: &Bytes) {
        if let Some(socket) = self.sockets.borrow().get(&id) {
            // Fails only while still connecting; the engine waits for `SocketOpened`.
            let _ = socket.inner.send_with_u8_array(frame);
        }
    }

    /// Closes and forgets; of this socket nothing more is heard.
    pub(crate) fn close(&self, id: SocketId) {
        self.sockets.borrow_mut().remove(&id);
    }

    /// Closes all of them.
    pub(crate) fn close_all(&self) {
        self.sockets.borrow_mut().clear();
    }
}

/// A socket with its listeners. Dropping it closes it in silence.
struct Socket {
    inner: WebSocket,
    _on_open: Closure<dyn FnMut()>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    fn open(id: SocketId, url: &str, sink: &Sink) -> Result<Self, JsValue> {
        let inner = WebSocket::new_with_str(url, SUBPROTOCOL)?;
        inner.set_binary_type(BinaryType::Arraybuffer);

        let on_open = {
            let sink = Rc::clone(sink);
            Closure::new(move || {
                sink(Input::SocketOpened { socket: id });
            })
        };
        let on_message = {
            let sink = Rc::clone(sink);
            let inner = inner.clone();
            Closure::new(move |event: MessageEvent| {
                let broken = match event.data().dyn_into::<ArrayBuffer>() {
                    Err(_) => Some("the relay sent text where only binary messages are allowed"),
                    Ok(data) => {
                        let frame = Bytes::from(Uint8Array::new(&data).to_vec());
                        let taken = sink(Input::SocketFrame { socket: id, frame });
                        (!taken).then_some("the relay sent more than can be taken in")
                    }
                };
                if let Some(reason) = broken {
                    silence(&inner);
                    sink(Input::SocketClosed {
                        socket: id,
                        reason: reason.to_owned(),
                    });
                }
            })
        };
        let on_close = {
            let sink = Rc::clone(sink);
            Closure::new(move |event: CloseEvent| {
                sink(Input::SocketClosed {
                    socket: id,
                    reason: reason(&event),
                });
            })
        };
        inner.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        inner.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        inner.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Ok(Self {
            inner,
            _on_open: on_open,
            _on_message: on_message,
            _on_close: on_close,
        })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        silence(&self.inner);
    }
}

/// Takes the listeners off and closes.
fn silence(socket: &WebSocket) {
    socket.set_onopen(None);
    socket.set_onmessage(None);
    socket.set_onclose(None);
    // Does nothing when it is closed already.
    let _ = socket.close();
}

/// What a browser reveals of an end, for a person.
fn reason(event: &CloseEvent) -> String {
    let (code, text) = (event.code(), event.reason());
    match code {
        _ if !text.is_empty() => text,
        1000 | 1001 | 1005 => "the relay closed the connection".to_owned(),
        1006 => "it did not answer, or the line broke".to_owned(),
        code => format!("the connection was closed with code {code}"),
    }
}
