//! Carries out the frames of a client that was let in.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sotto_protocol::error::ErrorCode;
use sotto_protocol::frames::client_frame::Body as Ask;
use sotto_protocol::frames::server_frame::Body as Tell;
use sotto_protocol::frames::{
    Ack, ClientFrame, CreateMailbox, Done, FetchPrekeys, Pong, Post, Prekeys, PublishPrekeys,
    ServerFrame,
};
use sotto_protocol::id::{AccountId, IdError, MailboxId, MessageId};
use sotto_protocol::limits::MAX_ACKS;
use tokio::sync::mpsc;

use super::window::Window;
use crate::directory::{Member, Publication};
use crate::error::Refusal;
use crate::mailbox::Terms;
use crate::rate::TokenBucket;
use crate::registry::Live;
use crate::server::Relay;
use crate::store::{Parcel, Posted, Served, StoreError};

/// The place in the outbound queue that a request takes up until it is answered.
type Place = mpsc::OwnedPermit<ServerFrame>;

/// A connection's requests.
pub(super) struct Requests {
    pub(super) relay: Arc<Relay>,
    pub(super) member: Member,
    pub(super) live: Arc<Live>,
    pub(super) window: Arc<Mutex<Window>>,
    pub(super) outbound: mpsc::Sender<ServerFrame>,
    posts: TokenBucket,
    began: Instant,
}

impl Requests {
    pub(super) fn new(
        relay: Arc<Relay>,
        member: Member,
        live: Arc<Live>,
        window: Arc<Mutex<Window>>,
        outbound: mpsc::Sender<ServerFrame>,
    ) -> Self {
        let limits = &relay.config.limits;
        let posts = TokenBucket::new(limits.posts_per_second.into(), limits.posts_burst);
        Self {
            relay,
            member,
            live,
            window,
            outbound,
            posts,
            began: Instant::now(),
        }
    }

    /// Carries out one frame. Its answer comes later, when it is durable; until
    /// then it takes up a place in the outbound queue, and when that is full this waits.
    ///
    /// # Errors
    ///
    /// A refusal with which the connection ends.
    pub(super) async fn carry_out(&mut self, frame: ClientFrame) -> Result<(), (u64, Refusal)> {
        let ClientFrame { request, body } = frame;
        let Some(body) = body else {
            let message = "expected a frame of this version, found one without a known body";
            return Err((request, Refusal::new(ErrorCode::FrameMalformed, message)));
        };
        if let Ask::Ack(ack) = body {
            return self.acknowledge(request, ack).await;
        }
        let Ok(place) = self.outbound.clone().reserve_owned().await else {
            return Ok(());
        };
        let outcome = if request == 0 {
            Err((
                place,
                Refusal::invalid("request", "expected another number than zero"),
            ))
        } else {
            self.ask(request, body, place).await
        };
        match outcome {
            Ok(()) => Ok(()),
            Err((_, refusal)) if refusal.is_fatal() => Err((request, refusal)),
            Err((place, refusal)) => {
                place.send(self.relay.refuse(request, &refusal, false));
                Ok(())
            }
        }
    }

    async fn ask(&mut self, request: u64, body: Ask, place: Place) -> Result<(), (Place, Refusal)> {
        let checked = match body {
            Ask::Ping(_) => {
                place.send(ServerFrame {
                    request,
                    body: Some(Tell::Pong(Pong {})),
                });
                return Ok(());
            }
            Ask::Hello(_) | Ask::Ack(_) => {
                let message = "expected one hello on a connection, found a second";
                Err(Refusal::new(ErrorCode::FrameUnexpected, message))
            }
            Ask::CreateMailbox(create) => Job::create(create),
            Ask::CloseMailbox(close) => {
                id::<MailboxId>("mailbox", &close.mailbox).map(Job::CloseMailbox)
            }
            Ask::PublishPrekeys(publish) => self.publication(publish),
            Ask::FetchPrekeys(fetch) => self.fetch(&fetch),
            Ask::Post(post) => self.post(post),
        };
        match checked {
            Ok(job) => {
                self.start(request, job, place).await;
                Ok(())
            }
            Err(refusal) => Err((place, refusal)),
        }
    }

    fn publication(&self, publish: PublishPrekeys) -> Result<Job, Refusal> {
        let most = self.relay.config.limits.one_time_prekeys;
        Ok(Job::Publish(Publication::check(
            &self.member.device,
            publish,
            most,
        )?))
    }

    fn fetch(&mut self, fetch: &FetchPrekeys) -> Result<Job, Refusal> {
        let account = id("account", &fetch.account)?;
        self.take_token("prekey fetches")?;
        Ok(Job::Fetch(account))
    }

    fn post(&mut self, post: Post) -> Result<Job, Refusal> {
        let most = self.relay.config.limits.max_payload_bytes as usize;
        if post.payload.len() > most {
            let message = format!(
                "expected a payload of at most {most} bytes, found {}",
                post.payload.len()
            );
            return Err(Refusal::new(ErrorCode::FrameTooLarge, message));
        }
        let parcel = Parcel {
            mailbox: id("mailbox", &post.mailbox)?,
            message_id: id::<MessageId>("message_id", &post.message_id)?,
            payload: post.payload,
            ttl_seconds: post.ttl_seconds,
        };
        self.take_token("posts")?;
        Ok(Job::Post(parcel))
    }

    fn take_token(&mut self, what: &str) -> Result<(), Refusal> {
        let now: Duration = self.began.elapsed();
        self.posts
            .take(now)
            .map_err(|wait| Refusal::rate_limited(what, wait))
    }

    async fn start(&self, request: u64, job: Job, place: Place) {
        let now = self.relay.config.clock.now_ms();
        let (relay, member) = (Arc::clone(&self.relay), self.member);
        let store = &self.relay.store;
        let answer = move |relay: &Relay, told: Result<Tell, Refusal>| {
            place.send(match told {
                Ok(body) => ServerFrame {
                    request,
                    body: Some(body),
                },
                Err(refusal) => relay.refuse(request, &refusal, false),
            });
        };
        match job {
            Job::CreateMailbox(mailbox, terms) => {
                let change = move |store: &mut dyn crate::store::Backend| {
                    store.create_mailbox(&member, &mailbox, terms, now)
                };
                store
                    .submit(change, move |made| {
                        answer(&relay, settle(made).map(|_| done()))
                    })
                    .await;
            }
            Job::CloseMailbox(mailbox) => {
                let change = move |store: &mut dyn crate::store::Backend| {
                    store.close_mailbox(&member, &mailbox)
                };
                store
                    .submit(change, move |closed| {
                        answer(&relay, settle(closed).map(|_| done()))
                    })
                    .await;
            }
            Job::Publish(publication) => {
                let change = move |store: &mut dyn crate::store::Backend| {
                    store.publish(&member, &publication)
                };
                let told = |supply| {
                    Tell::Done(Done {
                        prekeys: Some(supply),
                    })
                };
                store
                    .submit(change, move |supply| {
                        answer(&relay, settle(supply).map(told))
                    })
                    .await;
            }
            Job::Fetch(account) => {
                let change =
                    move |store: &mut dyn crate::store::Backend| store.fetch(&account, now);
                let told = |Served { list, devices }| {
                    Tell::Prekeys(Prekeys {
                        device_list: Some(list),
                        devices,
                    })
                };
                store
                    .submit(change, move |served| {
                        answer(&relay, settle(served).map(told))
                    })
                    .await;
            }
            Job::Post(parcel) => {
                let change = move |store: &mut dyn crate::store::Backend| store.post(&parcel, now);
                store
                    .submit(change, move |posted| {
                        let posted = settle(posted);
                        if let Ok(Posted::Stored(owner)) = &posted {
                            relay.registry.wake(owner);
                        }
                        answer(&relay, posted.map(|_| done()));
                    })
                    .await;
            }
        }
    }

    async fn acknowledge(&self, request: u64, ack: Ack) -> Result<(), (u64, Refusal)> {
        if ack.sequences.len() > MAX_ACKS {
            let message = format!(
                "expected at most {MAX_ACKS} acknowledgements in a frame, found {}",
                ack.sequences.len()
            );
            if let Ok(place) = self.outbound.reserve().await {
                let refusal = Refusal::invalid("sequences", message);
                place.send(self.relay.refuse(request, &refusal, false));
            }
            return Ok(());
        }
        let made_room = self
            .window
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .acknowledge(&ack.sequences);
        if made_room {
            self.live.wake();
        }
        let member = self.member;
        // A lost acknowledgement does no harm: the message is delivered again.
        self.relay
            .store
            .submit(
                move |store| store.acknowledge(&member, &ack.sequences),
                drop,
            )
            .await;
        Ok(())
    }
}

/// A request whose fields were checked.
enum Job {
    CreateMailbox(MailboxId, Terms),
    CloseMailbox(MailboxId),
    Publish(Publication),
    Fetch(AccountId),
    Post(Parcel),
}

impl Job {
    fn create(create: CreateMailbox) -> Result<Self, Refusal> {
        let terms = Terms {
            expires_at_ms: Some(create.expires_at_ms).filter(|at| *at != 0),
            max_posts: Some(create.max_posts).filter(|most| *most != 0),
        };
        Ok(Self::CreateMailbox(id("mailbox", &create.mailbox)?, terms))
    }
}

fn id<T: for<'a> TryFrom<&'a [u8], Error = IdError>>(
    field: &'static str,
    bytes: &[u8],
) -> Result<T, Refusal> {
    T::try_from(bytes).map_err(|error| Refusal::invalid(field, error.to_string()))
}

fn settle<T, R: Into<Refusal>>(outcome: Result<Result<T, R>, StoreError>) -> Result<T, Refusal> {
    match outcome {
        Ok(decided) => decided.map_err(Into::into),
        Err(error) => {
            tracing::error!(%error, "a request failed in the store");
            Err(Refusal::internal())
        }
    }
}

fn done() -> Tell {
    Tell::Done(Done { prekeys: None })
}
