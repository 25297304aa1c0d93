//! What a device that was let in asks for.

use std::time::Duration;

use sotto_protocol::error::ErrorCode;
use sotto_protocol::frames::client_frame::Body as Ask;
use sotto_protocol::frames::server_frame::Body as Tell;
use sotto_protocol::frames::{
    Ack, ClientFrame, CreateMailbox, Done, FetchPrekeys, Post, PrekeySupply, Prekeys,
    PublishDeviceList,
};
use sotto_protocol::id::{AccountId, IdError, MailboxId, MessageId};
use sotto_protocol::limits::MAX_ACKS;

use crate::directory::{Member, Publication, VerifiedList, Wanted};
use crate::error::Refusal;
use crate::limits::Limits;
use crate::mailbox::Terms;
use crate::rate::TokenBucket;
use crate::store::{Answer, Backend, ListChange, Parcel, Posted, Served, StoreError};

/// Checks the frames of one connection, and counts its posts.
#[derive(Debug)]
pub struct Intake {
    member: Member,
    is_guest: bool,
    max_payload_bytes: usize,
    one_time_prekeys: u32,
    posts: TokenBucket,
}

/// What a frame asks for, its fields checked.
#[derive(Debug)]
pub enum Task {
    /// To be answered with a pong, at once.
    Ping,
    /// To be told to the [`Window`](super::Window) and the store; not answered.
    Acknowledge(Vec<u64>),
    /// To be carried out, and answered once that is durable.
    Change(Change),
}

/// A change of the store, its fields checked.
#[derive(Debug)]
pub struct Change {
    member: Member,
    wish: Wish,
}

#[derive(Debug)]
enum Wish {
    CreateMailbox(MailboxId, Terms),
    CloseMailbox(MailboxId),
    Publish(Box<Publication>),
    Fetch(AccountId, Wanted),
    Relist(VerifiedList, u64),
    Post(Parcel),
}

/// What a change came to.
#[derive(Debug)]
pub struct Carried {
    /// For whoever asked.
    pub answer: Result<Tell, Refusal>,
    /// Whom something waits for now.
    pub wake: Option<Member>,
    /// The account's new list, for the connections of its other devices.
    pub change: Option<ListChange>,
}

impl Carried {
    /// An answer, and nothing for anybody else.
    pub const fn answer(answer: Result<Tell, Refusal>) -> Self {
        Self {
            answer,
            wake: None,
            change: None,
        }
    }
}

impl Intake {
    /// The intake of a new connection, of a device or of a guest.
    pub fn new(member: Member, is_guest: bool, limits: &Limits) -> Self {
        Self {
            member,
            is_guest,
            max_payload_bytes: limits.max_payload_bytes as usize,
            one_time_prekeys: limits.one_time_prekeys,
            posts: TokenBucket::new(limits.posts_per_second.into(), limits.posts_burst),
        }
    }

    /// Checks a frame. `uptime` is the span since any fixed moment.
    ///
    /// # Errors
    ///
    /// A refusal; the connection ends if that [is fatal](Refusal::is_fatal).
    pub fn check(&mut self, frame: ClientFrame, uptime: Duration) -> Result<Task, Refusal> {
        let Some(body) = frame.body else {
            let message = "expected a frame of this version, found one without a known body";
            return Err(Refusal::new(ErrorCode::FrameMalformed, message));
        };
        if frame.request == 0 && !matches!(body, Ask::Ack(_)) {
            return Err(Refusal::invalid(
                "request",
                "expected another number than zero",
            ));
        }
        if self.is_guest {
            self.check_guest(&body)?;
        }
        let wish = match body {
            Ask::Ping(_) => return Ok(Task::Ping),
            Ask::Ack(ack) => return acknowledgement(ack),
            Ask::Hello(_) => {
                let message = "expected one hello on a connection, found a second";
                return Err(Refusal::new(ErrorCode::FrameUnexpected, message));
            }
            Ask::CreateMailbox(create) => creation(&create)?,
            Ask::CloseMailbox(close) => Wish::CloseMailbox(id("mailbox", &close.mailbox)?),
            Ask::PublishPrekeys(publish) => {
                let device = &self.member.device;
                let publication = Publication::check(device, publish, self.one_time_prekeys)?;
                Wish::Publish(Box::new(publication))
            }
            Ask::FetchPrekeys(fetch) => self.fetch(&fetch, uptime)?,
            Ask::PublishDeviceList(publish) => self.relist(publish, uptime)?,
            Ask::Post(post) => self.post(post, uptime)?,
        };
        Ok(Task::Change(Change {
            member: self.member,
            wish,
        }))
    }

    /// A guest may ask for what makes it a device, and for nothing else.
    fn check_guest(&self, body: &Ask) -> Result<(), Refusal> {
        let may = match body {
            Ask::FetchPrekeys(fetch) => fetch.account == self.member.account.as_bytes(),
            Ask::Hello(_) | Ask::Ping(_) | Ask::Ack(_) | Ask::CreateMailbox(_) | Ask::Post(_) => {
                true
            }
            Ask::CloseMailbox(_) | Ask::PublishPrekeys(_) | Ask::PublishDeviceList(_) => false,
        };
        if may {
            return Ok(());
        }
        let message = "expected what a guest may ask for: the prekeys of its account, one mailbox, \
                       and to post; add the device to the account first";
        Err(Refusal::new(ErrorCode::AuthGuest, message))
    }

    fn fetch(&mut self, fetch: &FetchPrekeys, uptime: Duration) -> Result<Wish, Refusal> {
        let account = id("account", &fetch.account)?;
        let wanted = Wanted::check(&fetch.devices)?;
        self.take_token("prekey fetches", uptime)?;
        Ok(Wish::Fetch(account, wanted))
    }

    fn relist(&mut self, publish: PublishDeviceList, uptime: Duration) -> Result<Wish, Refusal> {
        let Some(list) = publish.device_list else {
            return Err(Refusal::invalid("device_list", "expected a device list"));
        };
        self.take_token("device lists", uptime)?;
        let list = VerifiedList::check(&self.member.account, list)?;
        Ok(Wish::Relist(list, publish.over_version))
    }

    fn post(&mut self, post: Post, uptime: Duration) -> Result<Wish, Refusal> {
        let most = self.max_payload_bytes;
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
        self.take_token("posts", uptime)?;
        Ok(Wish::Post(parcel))
    }

    fn take_token(&mut self, what: &str, uptime: Duration) -> Result<(), Refusal> {
        self.posts
            .take(uptime)
            .map_err(|wait| Refusal::rate_limited(what, wait))
    }
}

impl Change {
    /// Carries it out. The answer holds once the store has committed.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; then nothing happened.
    pub fn carry_out(self, store: &mut dyn Backend, now_ms: u64) -> Result<Carried, StoreError> {
        let member = &self.member;
        match self.wish {
            Wish::CreateMailbox(mailbox, terms) => {
                let made = store.create_mailbox(member, &mailbox, terms, now_ms);
                carried(made, |_| done(None))
            }
            Wish::CloseMailbox(mailbox) => {
                carried(store.close_mailbox(member, &mailbox), |_| done(None))
            }
            Wish::Publish(publication) => {
                carried(store.publish(member, &publication), |held| done(Some(held)))
            }
            Wish::Fetch(account, wanted) => {
                let fetched = store.fetch(&account, &wanted, now_ms);
                carried(fetched, |Served { list, devices }| {
                    Tell::Prekeys(Prekeys {
                        device_list: Some(list),
                        devices,
                    })
                })
            }
            Wish::Relist(list, over) => {
                let mut change = None;
                let stored = carried(store.relist(member, &list, over), |stored| {
                    change = stored;
                    done(None)
                })?;
                Ok(Carried { change, ..stored })
            }
            Wish::Post(parcel) => {
                let mut wake = None;
                let posted = carried(store.post(&parcel, now_ms), |posted| {
                    if let Posted::Stored(owner) = posted {
                        wake = Some(owner);
                    }
                    done(None)
                })?;
                Ok(Carried { wake, ..posted })
            }
        }
    }
}

fn carried<T, R: Into<Refusal>>(
    outcome: Answer<T, R>,
    tell: impl FnOnce(T) -> Tell,
) -> Result<Carried, StoreError> {
    Ok(Carried::answer(outcome?.map(tell).map_err(Into::into)))
}

fn creation(create: &CreateMailbox) -> Result<Wish, Refusal> {
    let terms = Terms {
        expires_at_ms: Some(create.expires_at_ms).filter(|at| *at != 0),
        max_posts: Some(create.max_posts).filter(|most| *most != 0),
    };
    Ok(Wish::CreateMailbox(id("mailbox", &create.mailbox)?, terms))
}

fn acknowledgement(ack: Ack) -> Result<Task, Refusal> {
    let found = ack.sequences.len();
    if found > MAX_ACKS {
        let message =
            format!("expected at most {MAX_ACKS} acknowledgements in a frame, found {found}");
        return Err(Refusal::invalid("sequences", message));
    }
    Ok(Task::Acknowledge(ack.sequences))
}

fn id<T: for<'a> TryFrom<&'a [u8], Error = IdError>>(
    field: &'static str,
    bytes: &[u8],
) -> Result<T, Refusal> {
    T::try_from(bytes).map_err(|error| Refusal::invalid(field, error.to_string()))
}

fn done(prekeys: Option<PrekeySupply>) -> Tell {
    Tell::Done(Done { prekeys })
}
