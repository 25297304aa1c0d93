//! Which device is connected here, and how to reach its connection.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use crate::directory::Member;
use crate::exchange::Ending;

/// What others may do to a connection: wake it, or end it.
#[derive(Debug)]
pub(crate) struct Live {
    wake: Notify,
    ending: watch::Sender<Option<Ending>>,
}

impl Live {
    /// Returns once there may be something to deliver.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Says that there may be something to deliver.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Returns once the connection has to end.
    pub(crate) async fn ended(&self) -> Ending {
        let mut ending = self.ending.subscribe();
        match ending.wait_for(Option::is_some).await.map(|ending| *ending) {
            Ok(Some(ending)) => ending,
            // The sender lives as long as `self`.
            _ => std::future::pending().await,
        }
    }

    fn end(&self, ending: Ending) {
        self.ending
            .send_if_modified(|slot| slot.is_none() && slot.replace(ending).is_none());
    }
}

/// The connections of this process. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registry(Arc<Mutex<HashMap<Member, Arc<Live>>>>);

impl Registry {
    /// Enters a connection; one that the device had before has to end.
    pub(crate) fn enter(&self, member: Member) -> Presence {
        let live = Arc::new(Live {
            wake: Notify::new(),
            ending: watch::Sender::new(None),
        });
        let before = self.lock().insert(member, Arc::clone(&live));
        if let Some(before) = before {
            before.end(Ending::Replaced);
        }
        Presence {
            registry: self.clone(),
            member,
            live,
        }
    }

    /// Says that there may be something to deliver to this device.
    pub(crate) fn wake(&self, member: &Member) {
        if let Some(live) = self.lock().get(member) {
            live.wake();
        }
    }

    /// Ends the device's connection, if it has one.
    pub(crate) fn end(&self, member: &Member, ending: Ending) {
        if let Some(live) = self.lock().get(member) {
            live.end(ending);
        }
    }

    /// How many devices are connected.
    pub(crate) fn connected(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Member, Arc<Live>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection's entry. Dropping it takes the entry out, unless a newer
/// connection has taken its place, so none can be left behind.
#[derive(Debug)]
pub(crate) struct Presence {
    registry: Registry,
    member: Member,
    live: Arc<Live>,
}

impl Presence {
    /// The connection as others reach it.
    pub(crate) const fn live(&self) -> &Arc<Live> {
        &self.live
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        if let Entry::Occupied(entry) = self.registry.lock().entry(self.member)
            && Arc::ptr_eq(entry.get(), &self.live)
        {
            entry.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use sotto_protocol::id::{AccountId, DeviceId};

    use super::*;

    #[tokio::test]
    async fn a_newer_connection_ends_the_older_and_outlives_its_end() {
        let registry = Registry::default();
        let member = Member {
            account: AccountId::from_bytes([1; 32]),
            device: DeviceId::from_bytes([2; 32]),
        };
        let older = registry.enter(member);
        let newer = registry.enter(member);
        assert_eq!(older.live().ended().await, Ending::Replaced);
        drop(older);
        assert_eq!(registry.connected(), 1);
        registry.wake(&member);
        newer.live().woken().await;
        registry.end(&member, Ending::Removed);
        assert_eq!(newer.live().ended().await, Ending::Removed);
        drop(newer);
        assert_eq!(registry.connected(), 0);
    }
}
