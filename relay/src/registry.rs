//! Which device is connected here, and how to reach its connection.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use crate::directory::{Member, VerifiedList};
use crate::exchange::Ending;
use crate::store::ListChange;

/// What others may do to a connection: wake it, tell it of its account's new list, or end it.
#[derive(Debug)]
pub(crate) struct Live {
    wake: Notify,
    /// The newest list that the client has not been told of. One at most waits, however slow it is.
    list: Mutex<Option<VerifiedList>>,
    ending: watch::Sender<Option<Ending>>,
}

impl Live {
    /// Returns once there may be something to tell or to deliver.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Says that there may be something to deliver.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    fn tell(&self, list: &VerifiedList) {
        *self.list.lock().unwrap_or_else(PoisonError::into_inner) = Some(list.clone());
        self.wake();
    }

    /// Takes the list that the client has to be told of.
    pub(crate) fn news(&self) -> Option<VerifiedList> {
        self.list
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
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
            list: Mutex::default(),
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

    /// Carries out what `by`'s new device list means for the account's connections. Called in the order
    /// in which the store committed the lists, so that the newest is told last.
    pub(crate) fn relist(&self, by: Member, change: &ListChange) {
        let connected = self.lock();
        for member in change.told(by) {
            if let Some(live) = connected.get(&member) {
                live.tell(&change.list);
            }
        }
        for member in &change.removed {
            if let Some(live) = connected.get(member) {
                // It need not take the relay's word for it; who removed itself knows.
                if *member != by {
                    live.tell(&change.list);
                }
                live.end(Ending::Removed);
            }
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
    use super::*;
    use crate::testing::{Person, list};

    fn member(person: &Person) -> Member {
        Member {
            account: person.account_id(),
            device: person.device_id(),
        }
    }

    #[tokio::test]
    async fn a_newer_connection_ends_the_older_and_outlives_its_end() {
        let registry = Registry::default();
        let member = member(&Person::new(1));
        let older = registry.enter(member);
        let newer = registry.enter(member);
        assert_eq!(older.live().ended().await, Ending::Replaced);
        drop(older);
        assert_eq!(registry.connected(), 1);
        registry.wake(&member);
        newer.live().woken().await;
        drop(newer);
        assert_eq!(registry.connected(), 0);
    }

    #[tokio::test]
    async fn a_new_list_is_told_to_the_others_and_ends_whom_it_removes() {
        let registry = Registry::default();
        let (robin, kim) = (Person::new(1), Person::new(4));
        let phone = robin.with_device_of(&Person::new(2));
        let tablet = robin.with_device_of(&Person::new(3));
        let enter = |person: &Person| registry.enter(member(person));
        let (by, stays, goes, stranger) =
            (enter(&robin), enter(&phone), enter(&tablet), enter(&kim));
        let change = |version| ListChange {
            list: VerifiedList::check(
                &robin.account_id(),
                list(&robin, version, &[&robin, &phone]),
            )
            .unwrap(),
            removed: vec![member(&tablet)],
        };
        registry.relist(member(&robin), &change(2));
        registry.relist(member(&robin), &change(3));
        stays.live().woken().await;
        assert_eq!(stays.live().news().map(|list| list.version()), Some(3));
        assert_eq!(stays.live().news(), None);
        assert_eq!((by.live().news(), stranger.live().news()), (None, None));
        assert_eq!(goes.live().ended().await, Ending::Removed);
        assert_eq!(goes.live().news().map(|list| list.version()), Some(3));
    }
}
