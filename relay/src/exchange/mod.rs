//! What is said on a connection, without the socket: plain functions over frames and a store,
//! with time as an argument.
//!
//! 1. [`challenge`], [`prove`] and [`welcome`] let a device in; [`Visitor`](crate::directory::Visitor)
//!    is what the store decides about in between.
//! 2. [`Intake::check`] makes of each frame what is to be done, or a refusal.
//! 3. [`Change::carry_out`] does it, within a transaction of the store.
//! 4. [`Window`] says what is to be delivered next.
//!
//! [`serve`](crate::serve) puts sockets and queues around them; the stories of `tests/` a world without any.

mod handshake;
mod intake;
mod window;

pub use handshake::{Proven, challenge, prove, shown_to_removed, welcome};
pub use intake::{Carried, Change, Intake, Task};
pub use window::Window;

use sotto_protocol::error::ErrorCode;
use sotto_protocol::frames::DeviceListChanged;
use sotto_protocol::frames::server_frame::Body as Tell;

use crate::directory::{Refused, VerifiedList};
use crate::error::Refusal;

/// What the account's other connections are told of its new list, unasked.
pub fn list_changed(list: &VerifiedList) -> Tell {
    Tell::DeviceListChanged(DeviceListChanged {
        device_list: Some(list.signed().clone()),
    })
}

/// Why the relay ends a connection unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The device opened a newer one.
    Replaced,
    /// The account's new list does not name the device.
    Removed,
    /// The guest's pass is over.
    PassOver,
}

impl From<Ending> for Refusal {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Replaced => {
                let message = "the device opened a newer connection";
                Self::new(ErrorCode::ConnectionReplaced, message)
            }
            Ending::Removed => {
                let message = "the account's new device list does not name this device";
                Self::new(ErrorCode::AuthUnknownDevice, message)
            }
            Ending::PassOver => Refused::PassOver.into(),
        }
    }
}
