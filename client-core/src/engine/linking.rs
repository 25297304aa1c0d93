//! Adding a device: the side of the one that may, and shows the link.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sotto_protocol::{
    id::{MailboxId, MessageId},
    limits::MAX_DEVICES,
};

use super::{
    Context, Engine, Store,
    load::{LINK_KEY, PREKEYS_KEY},
};
use crate::{
    api::{ApiError, ApiErrorCode, DeviceState, DeviceView, LinkView, Notice, Reply},
    connection::later,
    devices::{ListChange, fingerprint},
    identity::PeerDevice,
    linking::{
        DeviceLink, LINK_MINUTES, Link, LinkChallenge, LinkCode, LinkOpening, LinkRefusal,
        LinkRequest, LinkWelcome, MAX_CODE_TRIES, RefusalReason,
    },
    local_id::{ContactId, LinkId},
    mailboxes::Purpose,
    message::SyncMailbox,
    outbox::Letter,
    peers::PeerKey,
    random::random_bytes,
    session::{self, Accepted, DeviceSessions, Session, Voucher},
};

/// The link that this device shows, and who used it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OwnLink {
    id: LinkId,
    link: DeviceLink,
    /// Shown to nobody before a device has asked.
    opening: LinkOpening,
    /// By this device's clock.
    ends_at: Timestamp,
    /// Whether the new device may add and remove devices.
    keeper: bool,
    asking: Option<Asking>,
}

/// A device that used the link.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Asking {
    name: String,
    /// Where it takes the answer.
    mailbox: MailboxId,
    device: PeerDevice,
    session: Session,
    /// How often the user may still type its code.
    tries_left: u8,
    /// Whether the user did.
    agreed: bool,
}

impl Asking {
    fn key(&self) -> PeerKey {
        PeerKey::new(&ContactId::own(), &self.device.id())
    }
}

impl OwnLink {
    fn view(&self) -> LinkView {
        LinkView {
            id: self.id.to_string(),
            link: self.link.clone(),
            expires_at: self.ends_at,
        }
    }
}

impl Engine {
    /// Makes a link by which a new device can ask to be added. One that was made before ends.
    pub(super) fn link_device(
        &mut self,
        keeper: bool,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        let Some(account) = self.account_key.clone() else {
            return Err(super::devices::not_keeper());
        };
        self.check_device_limit()?;
        if let Some(asking) = self.asking().filter(|asking| asking.agreed) {
            return Err(ApiError::new(
                ApiErrorCode::WrongState,
                format!("{} is being added.", asking.name),
                "Make another link once it is: as soon as the relay was told.",
            ));
        }
        // A pass is good by the relay's clock.
        let Some(relay_now) = self.connection.relay_clock(cx.now) else {
            return Err(ApiError::new(
                ApiErrorCode::RelayUnreachable,
                "There is no connection to the relay.",
                "Wait until it is back; the new device has to reach it as well.",
            ));
        };
        self.refuse_device(RefusalReason::Replaced, cx);
        let minutes = SignedDuration::from_mins(LINK_MINUTES);
        let ends_at_ms = relay_now.saturating_add(minutes.as_millis().try_into().unwrap_or(0));
        let this = self.identity.device().id();
        let relay = self.profile.relay.clone();
        let opening = LinkOpening::generate(cx.rng);
        let link = Link::make(relay, &account, &this, ends_at_ms, &opening);
        let id = LinkId::random(cx.rng);
        let (mailbox, ends_at) = (link.secret.mailbox(), Some(link.ends_at()));
        self.mailboxes
            .open_as(mailbox, Purpose::Link(id.clone()), ends_at, 1, cx);
        let own = OwnLink {
            id,
            link: link.to_link(),
            opening,
            ends_at: later(cx.now, minutes),
            keeper,
            asking: None,
        };
        let view = own.view();
        self.save_link(own, cx);
        Ok(Reply::Link(view))
    }

    fn check_device_limit(&self) -> Result<(), ApiError> {
        if self.identity.devices().devices().len() < MAX_DEVICES {
            return Ok(());
        }
        Err(ApiError::new(
            ApiErrorCode::DeviceLimit,
            format!("You have {MAX_DEVICES} devices already."),
            "Remove one that you do not use any more first.",
        ))
    }

    /// Something came into the link's mailbox, which takes one message: whoever asks first is shown what
    /// the code follows from.
    pub(super) fn device_asks(&mut self, id: &LinkId, payload: &Bytes, cx: &mut Context<'_>) {
        self.mailboxes.spend(&Purpose::Link(id.clone()), cx);
        let is_open = |own: &OwnLink| own.id == *id && own.ends_at > cx.now;
        let Some(own) = self.link.clone().filter(is_open) else {
            return;
        };
        let secret = own.opening.secret().invitation();
        let vouchers = [Voucher::Invitation(&secret)];
        let accepted = session::accept(&self.identity, &self.prekeys, &vouchers, payload, cx.now);
        let none = DeviceSessions::default();
        let in_time = |of: &Accepted| none.check_time(&of.session, cx.now).is_ok();
        let asking = accepted.ok().filter(in_time).and_then(|accepted| {
            self.prekeys.consume(&accepted.used);
            let request = LinkRequest::from_bytes(&accepted.message.plaintext)?;
            let [device] = accepted.peer_devices.devices() else {
                return None;
            };
            let known = self.identity.devices().devices().iter();
            let mut known = known.map(|known| (known.id(), known.agreement()));
            let new = known.all(|(id, key)| id != device.id() && key != device.agreement());
            new.then(|| Asking {
                name: request.name,
                mailbox: request.mailbox,
                device: *device,
                session: accepted.session,
                tries_left: MAX_CODE_TRIES,
                agreed: false,
            })
        });
        let asking = asking.and_then(|asking| {
            let challenge = LinkChallenge::new(own.opening.clone()).to_bytes();
            self.answer_guest(asking, &challenge, cx)
        });
        cx.put(Store::Prekeys, PREKEYS_KEY, &self.prekeys);
        // The relay has handed some out.
        self.prekeys_check_at = Some(cx.now);
        if asking.is_none() {
            self.problem = Some(
                "Somebody used the link that adds a device, and not as Sotto does. It is spent; make a new one."
                    .to_owned(),
            );
            return self.end_link(cx);
        }
        self.save_link(OwnLink { asking, ..own }, cx);
    }

    /// Whether the device that used the link is to be added: its user has typed the code that it shows.
    /// None says no.
    pub(super) fn decide_link(
        &mut self,
        link: &str,
        code: Option<&str>,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        let of = |own: &OwnLink| own.id.as_str() == link && own.ends_at > cx.now;
        let Some(own) = self.link.clone().filter(of) else {
            return Err(ApiError::new(
                ApiErrorCode::LinkInvalid,
                "The link is over, or another was made since.",
                "Make a new one, and open it on the new device.",
            ));
        };
        let Some(asking) = own.asking.clone() else {
            return Err(ApiError::new(
                ApiErrorCode::WrongState,
                "No device has used the link yet.",
                "Open it on the new device first.",
            ));
        };
        if asking.agreed {
            return Err(ApiError::new(
                ApiErrorCode::WrongState,
                "The device is being added already.",
                "Remove it once it is there.",
            ));
        }
        let Some(code) = code else {
            self.refuse_device(RefusalReason::Declined, cx);
            return Ok(Reply::Done);
        };
        self.check_device_limit()?;
        let Some(code) = LinkCode::typed(code) else {
            return Err(ApiError::new(
                ApiErrorCode::ValueInvalid,
                "A code has six digits.",
                "Type the six digits that the new device shows.",
            ));
        };
        if own.opening.code(&asking.session.id()) != code {
            return Err(self.another_code(own, asking, cx));
        }
        let reply = self.change_list(ListChange::Add(asking.device), cx)?;
        let asking = Some(Asking {
            agreed: true,
            ..asking
        });
        self.save_link(OwnLink { asking, ..own }, cx);
        Ok(reply)
    }

    /// The user typed another code than the device that used the link was told to show.
    fn another_code(&mut self, own: OwnLink, mut asking: Asking, cx: &mut Context<'_>) -> ApiError {
        asking.tries_left = asking.tries_left.saturating_sub(1);
        let left = asking.tries_left;
        if left == 0 {
            self.refuse_device(RefusalReason::WrongCodes, cx);
            return ApiError::new(
                ApiErrorCode::LinkInvalid,
                "That is not the code either. The link is over, and no device was added.",
                "Make a new one, and show it to nobody but the new device.",
            );
        }
        let asking = Some(asking);
        self.save_link(OwnLink { asking, ..own }, cx);
        let tries = if left == 1 { "once" } else { "twice" };
        ApiError::new(
            ApiErrorCode::ValueInvalid,
            format!("That is not the code. You can try {tries} more."),
            "Type the six digits that the new device shows. If it shows none, or the very ones that you typed, somebody else is in between: say no, and start again there.",
        )
    }

    /// Ends the link whose time is over, and tells the new device once it is one of the account's.
    pub(super) fn tick_link(&mut self, cx: &mut Context<'_>) {
        let Some(own) = self.link.clone() else {
            return;
        };
        let asking = own.asking.filter(|asking| asking.agreed);
        if let Some(asking) = asking
            && self
                .identity
                .devices()
                .device(&asking.device.id())
                .is_some()
        {
            self.welcome_device(asking, own.keeper, cx);
            self.end_link(cx);
        } else if own.ends_at <= cx.now {
            self.withdraw_addition(cx);
            self.end_link(cx);
        }
    }

    fn welcome_device(&mut self, asking: Asking, keeper: bool, cx: &mut Context<'_>) {
        let device = asking.device.id();
        self.own_devices.added(device, keeper, cx.now);
        let list = self.identity.devices();
        self.own_devices
            .told_name(device, &asking.name, list, cx.now);
        self.own_devices.awaits(&device, true);
        self.save_own_devices(cx);
        let account_key = self.account_key.clone().filter(|_| keeper);
        let (name, preferences) = (self.profile.name.clone(), self.preferences.clone());
        // Where it can introduce itself: to this device, and to those with which this one speaks.
        let own = ContactId::own();
        let mut mailboxes = self.sync_mailboxes(&own);
        let peer = self.meet(&own, device, None, cx);
        mailboxes.push(SyncMailbox {
            device: self.identity.device().id(),
            mailbox: peer.my_mailbox,
        });
        self.save_peer(peer, cx);
        let devices = self.identity.devices();
        let welcome = LinkWelcome::new(devices, name, preferences, mailboxes, account_key)
            .with_names(self.device_names())
            .to_bytes();
        if let Some(asking) = self.answer_guest(asking, &welcome, cx) {
            self.met_by_link(&asking.key(), &asking.session, cx);
        }
    }

    /// Says something to the device that used the link, in its session. None where that takes no more.
    fn answer_guest(
        &mut self,
        mut asking: Asking,
        said: &[u8],
        cx: &mut Context<'_>,
    ) -> Option<Asking> {
        let device = self.identity.device();
        let sealed = asking.session.encrypt(device, said, cx.now, cx.rng).ok()?;
        let letter = Letter {
            message: MessageId::from_bytes(random_bytes(cx.rng)),
            peer: asking.key(),
            mailbox: asking.mailbox,
            conversation: None,
            leads: false,
        };
        self.outbox.push(letter, &sealed.bytes, cx);
        Some(asking)
    }

    /// What the two ends of a link know shows each of them the other when they speak as devices: keys
    /// alone may be stolen.
    pub(crate) fn met_by_link(&mut self, key: &PeerKey, session: &Session, cx: &mut Context<'_>) {
        self.sessions.entry(key.clone()).or_default().vouch(session);
        self.save_sessions(key, cx);
    }

    /// Ends the link, and tells the device that asked by it, if one did that is not being added: in one batch,
    /// so that whoever heard of the end can ask no more, and whatever happens to this device says it later.
    fn refuse_device(&mut self, reason: RefusalReason, cx: &mut Context<'_>) {
        let refused = self.asking().filter(|asking| !asking.agreed).cloned();
        self.end_link(cx);
        if let Some(asking) = refused {
            self.answer_guest(asking, &LinkRefusal::new(reason).to_bytes(), cx);
        }
    }

    /// Nothing comes of the link any more.
    fn end_link(&mut self, cx: &mut Context<'_>) {
        if let Some(own) = self.link.take() {
            if let Some(asking) = own.asking.filter(|asking| !asking.agreed) {
                let key = asking.key();
                self.outbox.give_up(|letter| letter.peer == key, cx);
            }
            self.mailboxes.close(&Purpose::Link(own.id), cx);
            cx.delete(Store::Users, LINK_KEY);
            cx.notice(Notice::Devices);
            cx.notice(Notice::Status);
        }
    }

    fn save_link(&mut self, own: OwnLink, cx: &mut Context<'_>) {
        cx.put(Store::Users, LINK_KEY, &own);
        self.link = Some(own);
        cx.notice(Notice::Devices);
        cx.notice(Notice::Status);
    }

    /// When the link ends.
    pub(super) fn link_deadline(&self) -> Option<Timestamp> {
        self.link.as_ref().map(|own| own.ends_at)
    }

    fn asking(&self) -> Option<&Asking> {
        self.link.as_ref()?.asking.as_ref()
    }

    /// Whether a device asks to be added, and the user has not said yes yet.
    pub(super) fn is_asked_to_add(&self) -> bool {
        self.asking().is_some_and(|asking| !asking.agreed)
    }

    /// The device that asks to be added.
    pub(super) fn asking_view(&self) -> Option<DeviceView> {
        let own = self.link.as_ref()?;
        let asking = own.asking.as_ref()?;
        let device = asking.device.id();
        let state = if asking.agreed {
            DeviceState::Joining
        } else {
            DeviceState::Asking {
                link: own.id.to_string(),
                tries_left: asking.tries_left,
                account_fingerprint: self.account_fingerprint().to_owned(),
            }
        };
        Some(DeviceView {
            id: device.to_string(),
            fingerprint: fingerprint(&device),
            name: asking.name.clone(),
            this: false,
            agent: false,
            keeper: own.keeper,
            added_at: None,
            removed_at: None,
            came: false,
            parted: false,
            state,
        })
    }
}

#[cfg(test)]
mod tests;
