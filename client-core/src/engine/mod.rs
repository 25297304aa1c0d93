//! The state machine. See [`io`] for what goes in and what comes out.

mod io;

pub use io::{Change, Effect, Input, Output, RequestId, SocketId, Store, UnknownStore};
