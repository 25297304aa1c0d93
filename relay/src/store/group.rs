//! Group commit: one thread writes. It takes what waits, makes it one
//! transaction, and answers all of it once that is durable, so that a sync is
//! paid for many messages and not for each. Another thread reads.

use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use super::{Backend, Page, Reader, StoreError, StoredMessage};
use crate::directory::Member;

/// Most changes in one commit: more would only make the first of them wait longer.
const GROUP: usize = 512;
/// Reads that wait; more make their connections wait.
const READS: usize = 1_024;

/// Called once the fate of a change is known: `Err` when its commit failed.
type Settle = Box<dyn FnOnce(Result<(), &StoreError>) + Send>;
type Change = Box<dyn FnOnce(&mut dyn Backend) -> (bool, Settle) + Send>;
type Read = Box<dyn FnOnce(&mut dyn Reader) + Send>;

/// The store as connections see it. Clones share it; it closes when the last is gone.
#[derive(Debug, Clone)]
pub struct Store {
    changes: mpsc::Sender<Change>,
    reads: mpsc::Sender<Read>,
}

/// The store's threads, to wait for.
#[derive(Debug)]
pub struct Threads(Vec<JoinHandle<()>>);

impl Threads {
    /// Waits until every change is durable and the store is closed, which it is
    /// once the last [`Store`] was dropped. Blocks.
    pub fn join(self) {
        for thread in self.0 {
            if thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
    }
}

impl Store {
    /// Starts the threads. At most `queue` changes wait.
    ///
    /// # Errors
    ///
    /// When the machine gives no thread.
    pub fn start(
        mut backend: impl Backend + 'static,
        mut reader: impl Reader + 'static,
        queue: usize,
    ) -> std::io::Result<(Self, Threads)> {
        let (changes, mut waiting) = mpsc::channel::<Change>(queue);
        let (reads, mut reading) = mpsc::channel::<Read>(READS);
        let writes = std::thread::Builder::new()
            .name("store-write".into())
            .spawn(move || {
                let mut group = Vec::with_capacity(GROUP);
                while waiting.blocking_recv_many(&mut group, GROUP) > 0 {
                    commit(&mut backend, group.drain(..));
                }
            })?;
        let reader = std::thread::Builder::new()
            .name("store-read".into())
            .spawn(move || {
                while let Some(read) = reading.blocking_recv() {
                    read(&mut reader);
                }
            })?;
        Ok((Self { changes, reads }, Threads(vec![writes, reader])))
    }

    /// Hands a change over, and calls `done` with its outcome once that is
    /// durable. Waits while the queue is full. `done` runs on the store's thread and must not block.
    pub async fn submit<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut dyn Backend) -> Result<T, StoreError> + Send + 'static,
        done: impl FnOnce(Result<T, StoreError>) + Send + 'static,
    ) {
        let change: Change = Box::new(move |backend| {
            let outcome = change(backend);
            let settle: (bool, Settle) = (
                outcome.is_ok(),
                Box::new(move |committed| {
                    done(match (committed, outcome) {
                        (Ok(()), outcome) | (Err(_), outcome @ Err(_)) => outcome,
                        (Err(cause), Ok(_)) => Err(StoreError::RolledBack {
                            cause: cause.to_string(),
                        }),
                    });
                }),
            );
            settle
        });
        // When the store is closed, `done` is dropped uncalled; whoever waits for it sees that.
        let _ = self.changes.send(change).await;
    }

    /// Carries a change out; returns once it is durable.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; then it did not happen.
    pub async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut dyn Backend) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (done, outcome) = oneshot::channel();
        self.submit(change, move |result| drop(done.send(result)))
            .await;
        outcome.await.unwrap_or(Err(StoreError::Closed))
    }

    /// As [`Reader::pending`].
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn pending(
        &self,
        owner: Member,
        after: u64,
        page: Page,
        now_ms: u64,
    ) -> Result<Vec<StoredMessage>, StoreError> {
        let (done, outcome) = oneshot::channel();
        let read: Read = Box::new(move |reader| {
            drop(done.send(reader.pending(&owner, after, page, now_ms)));
        });
        self.reads
            .send(read)
            .await
            .map_err(|_| StoreError::Closed)?;
        outcome.await.unwrap_or(Err(StoreError::Closed))
    }
}

fn commit(backend: &mut dyn Backend, group: impl Iterator<Item = Change>) {
    let begun = backend.begin();
    let mut settles = Vec::with_capacity(GROUP);
    let mut sound = true;
    for change in group {
        // After a failure the rest is run too, only to learn whom to tell; all is rolled back.
        let (ok, settle) = change(backend);
        sound &= ok;
        settles.push(settle);
    }
    let outcome = match begun {
        Ok(()) if sound => backend.commit(),
        Ok(()) => Err(StoreError::RolledBack {
            cause: "another change of the group failed".into(),
        }),
        Err(error) => Err(error),
    };
    if let Err(error) = &outcome {
        tracing::error!(%error, changes = settles.len(), "a commit failed");
        backend.rollback();
    }
    for settle in settles {
        settle(outcome.as_ref().copied());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::store::Memory;

    #[tokio::test]
    async fn a_failed_change_takes_its_group_with_it_and_everybody_is_told() {
        let memory = Memory::new(Limits::default());
        let mut backend = memory.clone();
        let (tell, told) = std::sync::mpsc::channel();
        let change = |ok: bool| -> Change {
            let tell = tell.clone();
            Box::new(move |_| {
                (
                    ok,
                    Box::new(move |outcome| tell.send(outcome.is_ok()).unwrap()),
                )
            })
        };
        commit(&mut backend, [change(true), change(false)].into_iter());
        commit(&mut backend, [change(true)].into_iter());
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [false, false, true]);
    }

    #[tokio::test]
    async fn what_was_handed_over_is_carried_out_before_the_store_closes() {
        let memory = Memory::new(Limits::default());
        let (store, threads) = Store::start(memory.clone(), memory, 16).unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        for n in 0..16 {
            let tell = tell.clone();
            store
                .submit(move |_| Ok(n), move |n| tell.send(n.unwrap()).unwrap())
                .await;
        }
        drop(store);
        tokio::task::spawn_blocking(|| threads.join())
            .await
            .unwrap();
        assert_eq!(
            told.try_iter().collect::<Vec<_>>(),
            (0..16).collect::<Vec<_>>()
        );
    }

    #[tokio::test]
    async fn a_full_queue_makes_the_next_one_wait() {
        let memory = Memory::new(Limits::default());
        let (store, _threads) = Store::start(memory.clone(), memory, 1).unwrap();
        let (go, gone) = std::sync::mpsc::channel::<()>();
        let (begun, began) = oneshot::channel();
        let hold = move |_: &mut dyn Backend| {
            let _ = begun.send(());
            let _ = gone.recv();
            Ok(())
        };
        store.submit(hold, drop).await;
        began.await.unwrap();
        store.submit(|_| Ok(()), drop).await;
        let mut third = std::pin::pin!(store.change(|_| Ok(3)));
        let patience = std::time::Duration::from_millis(50);
        assert!(
            tokio::time::timeout(patience, third.as_mut())
                .await
                .is_err()
        );
        drop(go);
        assert_eq!(third.await.unwrap(), 3);
    }
}
