//! A relay as `shared-protocol/proto/` describes it, as plain state: what each
//! connection says goes in, what the relay says to whom comes out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;
use sotto_protocol::{
    decode, encode,
    error::ErrorCode,
    frames::{
        Ack, Challenge, ClientFrame, CreateMailbox, Deliver, DevicePrekeys, Done, Error,
        FetchPrekeys, Hello, KemPrekey, OneTimePrekey, Pong, Post, PrekeySupply, Prekeys,
        PublishPrekeys, ServerFrame, SignedDeviceList, SignedPrekey, Welcome, client_frame,
        server_frame::Body,
    },
    id::AccountId,
};

/// Names a connection.
pub type Link = u64;

type Key = Vec<u8>;

/// The relay's whole state.
#[derive(Default)]
pub struct RelayModel {
    accounts: BTreeMap<Key, SignedDeviceList>,
    directory: BTreeMap<Key, Offer>,
    mailboxes: BTreeMap<Key, Mailbox>,
    /// The device of each connection that was let in.
    links: BTreeMap<Link, Key>,
    next_sequence: u64,
    /// Reasons for which the next posts are refused, one each.
    pub refuse_posts: VecDeque<ErrorCode>,
    /// Everything that crossed the relay, for tests that search it.
    pub seen: Vec<Bytes>,
}

#[derive(Default)]
struct Offer {
    account: Key,
    signed: Option<SignedPrekey>,
    one_time: Vec<OneTimePrekey>,
    kem: Vec<KemPrekey>,
    last_resort: Option<KemPrekey>,
}

struct Mailbox {
    owner: Key,
    expires_at_ms: u64,
    max_posts: u32,
    posted: BTreeSet<Key>,
    waiting: BTreeMap<u64, Deliver>,
}

/// A frame for a connection.
pub type Outgoing = (Link, Bytes);

impl RelayModel {
    /// A connection opens; the relay speaks first.
    pub fn opened(&self, link: Link) -> Vec<Outgoing> {
        vec![frame(
            link,
            0,
            Body::Challenge(Challenge {
                nonce: vec![7; 32],
                relay_time_ms: 0,
            }),
        )]
    }

    /// A connection closes.
    pub fn closed(&mut self, link: Link) {
        self.links.remove(&link);
    }

    /// Starts again with an empty store.
    pub fn lose_data(&mut self) {
        let seen = std::mem::take(&mut self.seen);
        *self = Self {
            seen,
            ..Self::default()
        };
    }

    /// Serves the keys of one account as those of another, as a relay that lies would.
    pub fn impersonate(&mut self, victim: &AccountId, liar: &AccountId) {
        if let Some(list) = self.accounts.get(liar.as_bytes().as_slice()).cloned() {
            self.accounts.insert(victim.to_vec(), list);
        }
        self.directory
            .retain(|_, offer| offer.account != victim.as_bytes());
        for offer in self
            .directory
            .values_mut()
            .filter(|offer| offer.account == liar.as_bytes())
        {
            offer.account = victim.to_vec();
        }
    }

    /// How many messages wait for their owners.
    pub fn waiting(&self) -> usize {
        self.mailboxes
            .values()
            .map(|mailbox| mailbox.waiting.len())
            .sum()
    }

    /// A connection says something.
    pub fn frame(&mut self, link: Link, bytes: Bytes, now_ms: u64) -> Vec<Outgoing> {
        self.seen.push(bytes.clone());
        let Ok(ClientFrame {
            request,
            body: Some(body),
        }) = decode::<ClientFrame>(bytes)
        else {
            return vec![refusal(link, 0, ErrorCode::FrameMalformed)];
        };
        let device = self.links.get(&link).cloned();
        match (body, device) {
            (client_frame::Body::Hello(hello), None) => self.hello(link, request, hello, now_ms),
            (_, None) => vec![refusal(link, request, ErrorCode::FrameUnexpected)],
            (body, Some(device)) => self.request(link, request, body, &device, now_ms),
        }
    }

    fn hello(&mut self, link: Link, request: u64, hello: Hello, now_ms: u64) -> Vec<Outgoing> {
        if let Some(list) = hello.device_list {
            self.accounts.insert(hello.account.clone(), list);
        }
        self.directory
            .entry(hello.device.clone())
            .or_default()
            .account = hello.account;
        let prekeys = Some(self.supply(&hello.device));
        self.links.insert(link, hello.device.clone());
        let live = |mailbox: &&Mailbox| {
            let expired = mailbox.expires_at_ms != 0 && mailbox.expires_at_ms <= now_ms;
            let spent = mailbox.max_posts != 0
                && mailbox.posted.len() >= usize::try_from(mailbox.max_posts).unwrap_or(usize::MAX);
            mailbox.owner == hello.device && (!mailbox.waiting.is_empty() || !(expired || spent))
        };
        let mailboxes = self.mailboxes.values().filter(live).count();
        let welcome = Welcome {
            relay_time_ms: 0,
            limits: None,
            prekeys,
            mailboxes: u32::try_from(mailboxes).unwrap_or(u32::MAX),
        };
        let mut out = vec![frame(link, request, Body::Welcome(welcome))];
        for mailbox in self.mailboxes.values().filter(|m| m.owner == hello.device) {
            let waiting = mailbox.waiting.values().cloned();
            out.extend(waiting.map(|deliver| frame(link, 0, Body::Deliver(deliver))));
        }
        out
    }

    fn request(
        &mut self,
        link: Link,
        request: u64,
        body: client_frame::Body,
        device: &Key,
        now_ms: u64,
    ) -> Vec<Outgoing> {
        let answer = match body {
            client_frame::Body::Hello(_) => Err(ErrorCode::FrameUnexpected),
            client_frame::Body::CreateMailbox(create) => self.create(create, device),
            client_frame::Body::CloseMailbox(close) => {
                self.mailboxes
                    .retain(|id, m| *id != close.mailbox || m.owner != *device);
                Ok(Body::Done(Done::default()))
            }
            client_frame::Body::PublishPrekeys(publish) => Ok(self.publish(publish, device)),
            client_frame::Body::FetchPrekeys(fetch) => self.fetch(&fetch),
            client_frame::Body::Post(post) => return self.post(link, request, post, now_ms),
            client_frame::Body::Ack(ack) => {
                self.ack(&ack, device);
                return Vec::new();
            }
            client_frame::Body::Ping(_) => Ok(Body::Pong(Pong {})),
        };
        match answer {
            Ok(body) => vec![frame(link, request, body)],
            Err(code) => vec![refusal(link, request, code)],
        }
    }

    fn create(&mut self, create: CreateMailbox, device: &Key) -> Result<Body, ErrorCode> {
        let CreateMailbox {
            mailbox,
            expires_at_ms,
            max_posts,
        } = create;
        let made = self.mailboxes.entry(mailbox).or_insert_with(|| Mailbox {
            owner: device.clone(),
            expires_at_ms,
            max_posts,
            posted: BTreeSet::new(),
            waiting: BTreeMap::new(),
        });
        if made.owner == *device {
            Ok(Body::Done(Done::default()))
        } else {
            Err(ErrorCode::MailboxTaken)
        }
    }

    fn publish(&mut self, publish: PublishPrekeys, device: &Key) -> Body {
        let offer = self.directory.entry(device.clone()).or_default();
        if publish.signed_prekey.is_some() {
            offer.signed = publish.signed_prekey;
        }
        offer.one_time.extend(publish.one_time_prekeys);
        for key in publish.kem_prekeys {
            if key.last_resort {
                offer.last_resort = Some(key);
            } else {
                offer.kem.push(key);
            }
        }
        Body::Done(Done {
            prekeys: Some(self.supply(device)),
        })
    }

    fn supply(&self, device: &Key) -> PrekeySupply {
        let Some(offer) = self.directory.get(device) else {
            return PrekeySupply::default();
        };
        let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        PrekeySupply {
            signed_prekey_id: offer.signed.as_ref().map_or(0, |key| key.id),
            one_time: count(offer.one_time.len()),
            kem_one_time: count(offer.kem.len()),
        }
    }

    fn fetch(&mut self, fetch: &FetchPrekeys) -> Result<Body, ErrorCode> {
        let list = self
            .accounts
            .get(&fetch.account)
            .ok_or(ErrorCode::DirectoryUnknownAccount)?;
        let devices = self
            .directory
            .iter_mut()
            .filter(|(_, offer)| offer.account == fetch.account && offer.signed.is_some())
            .map(|(device, offer)| DevicePrekeys {
                device: device.clone(),
                signed_prekey: offer.signed.clone(),
                one_time_prekey: offer.one_time.pop(),
                kem_prekey: offer.kem.pop().or_else(|| offer.last_resort.clone()),
            })
            .collect();
        Ok(Body::Prekeys(Prekeys {
            device_list: Some(list.clone()),
            devices,
        }))
    }

    fn post(&mut self, link: Link, request: u64, post: Post, now_ms: u64) -> Vec<Outgoing> {
        let refused = |code| vec![refusal(link, request, code)];
        if let Some(code) = self.refuse_posts.pop_front() {
            return refused(code);
        }
        let Some(mailbox) = self.mailboxes.get_mut(&post.mailbox) else {
            return refused(ErrorCode::MailboxUnknown);
        };
        let done = frame(link, request, Body::Done(Done::default()));
        if mailbox.posted.contains(&post.message_id) {
            return vec![done];
        }
        if mailbox.expires_at_ms != 0 && mailbox.expires_at_ms <= now_ms {
            return refused(ErrorCode::MailboxExpired);
        }
        let posts = u32::try_from(mailbox.posted.len()).unwrap_or(u32::MAX);
        if mailbox.max_posts != 0 && posts >= mailbox.max_posts {
            return refused(ErrorCode::MailboxSpent);
        }
        mailbox.posted.insert(post.message_id.clone());
        self.next_sequence += 1;
        let sequence = self.next_sequence;
        let Post {
            mailbox: id,
            message_id,
            payload,
            ..
        } = post;
        let deliver = Deliver {
            sequence,
            mailbox: id,
            message_id,
            payload,
        };
        mailbox.waiting.insert(sequence, deliver.clone());
        let owner = self
            .links
            .iter()
            .find(|(_, device)| **device == mailbox.owner);
        let pushed = owner.map(|(link, _)| frame(*link, 0, Body::Deliver(deliver)));
        std::iter::once(done).chain(pushed).collect()
    }

    fn ack(&mut self, ack: &Ack, device: &Key) {
        for mailbox in self
            .mailboxes
            .values_mut()
            .filter(|mailbox| mailbox.owner == *device)
        {
            mailbox
                .waiting
                .retain(|sequence, _| !ack.sequences.contains(sequence));
        }
    }
}

fn frame(link: Link, request: u64, body: Body) -> Outgoing {
    (
        link,
        encode(&ServerFrame {
            request,
            body: Some(body),
        }),
    )
}

fn refusal(link: Link, request: u64, code: ErrorCode) -> Outgoing {
    let error = Error {
        code: code.as_str().to_owned(),
        message: format!("Refused: {code}."),
        severity: code.severity().as_str().to_owned(),
        ..Error::default()
    };
    frame(link, request, Body::Error(error))
}
