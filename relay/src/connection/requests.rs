//! Carries out the frames of a client that was let in.

use std::sync::{Arc, Mutex, PoisonError};

use sotto_protocol::frames::server_frame::Body as Tell;
use sotto_protocol::frames::{ClientFrame, Pong, ServerFrame};
use tokio::sync::mpsc;

use crate::directory::Member;
use crate::error::Refusal;
use crate::exchange::{Carried, Change, Intake, Task, Window};
use crate::registry::Live;
use crate::server::Relay;
use crate::store::StoreError;

/// The place in the outbound queue that a request takes up until it is answered.
type Place = mpsc::OwnedPermit<ServerFrame>;

/// A connection's requests.
pub(super) struct Requests {
    relay: Arc<Relay>,
    member: Member,
    live: Arc<Live>,
    window: Arc<Mutex<Window>>,
    outbound: mpsc::Sender<ServerFrame>,
    intake: Intake,
}

impl Requests {
    pub(super) fn new(
        relay: Arc<Relay>,
        intake: Intake,
        member: Member,
        live: Arc<Live>,
        window: Arc<Mutex<Window>>,
        outbound: mpsc::Sender<ServerFrame>,
    ) -> Self {
        Self {
            relay,
            member,
            live,
            window,
            outbound,
            intake,
        }
    }

    /// Carries out one frame. Its answer comes later, when it is durable; until
    /// then it takes up a place in the outbound queue, and when that is full this waits.
    ///
    /// # Errors
    ///
    /// A refusal with which the connection ends.
    pub(super) async fn carry_out(&mut self, frame: ClientFrame) -> Result<(), (u64, Refusal)> {
        let request = frame.request;
        let answer = match self.intake.check(frame, self.relay.config.clock.uptime()) {
            Ok(Task::Acknowledge(sequences)) => {
                self.acknowledge(sequences).await;
                return Ok(());
            }
            Ok(Task::Change(change)) => {
                if let Some(place) = self.place().await {
                    self.start(request, change, place).await;
                }
                return Ok(());
            }
            Ok(Task::Ping) => ServerFrame {
                request,
                body: Some(Tell::Pong(Pong {})),
            },
            Err(refusal) if refusal.is_fatal() => return Err((request, refusal)),
            Err(refusal) => self.relay.refuse(request, &refusal, false),
        };
        if let Some(place) = self.place().await {
            place.send(answer);
        }
        Ok(())
    }

    /// `None` when the writing half has ended.
    async fn place(&self) -> Option<Place> {
        self.outbound.clone().reserve_owned().await.ok()
    }

    async fn start(&self, request: u64, change: Change, place: Place) {
        let now = self.relay.config.clock.now_ms();
        let relay = Arc::clone(&self.relay);
        let member = self.member;
        let settle = move |outcome: Result<Carried, StoreError>| {
            let carried = outcome.unwrap_or_else(|error| {
                tracing::error!(%error, "a request failed in the store");
                Carried::answer(Err(Refusal::internal()))
            });
            let Carried {
                answer,
                wake,
                change,
            } = carried;
            if let Some(owner) = wake {
                relay.registry.wake(&owner);
            }
            place.send(match answer {
                Ok(body) => ServerFrame {
                    request,
                    body: Some(body),
                },
                Err(refusal) => relay.refuse(request, &refusal, false),
            });
            // Last, as it may end this very connection.
            if let Some(change) = change {
                relay.registry.relist(member, &change);
            }
        };
        self.relay
            .store
            .submit(move |store| change.carry_out(store, now), settle)
            .await;
    }

    async fn acknowledge(&self, sequences: Vec<u64>) {
        let made_room = self
            .window
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .acknowledge(&sequences);
        if made_room {
            self.live.wake();
        }
        let member = self.member;
        // A lost acknowledgement does no harm: the message is delivered again.
        self.relay
            .store
            .submit(move |store| store.acknowledge(&member, &sequences), drop)
            .await;
    }
}
