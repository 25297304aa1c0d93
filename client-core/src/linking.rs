//! Adding a device: the link that a device of the account shows, what both sides make of it, and
//! what they say to each other. `docs/protocol.md`, "Adding a device", is the normative text.

mod code;
#[cfg(feature = "testing")]
pub mod fuzzing;

use std::fmt;

use ed25519_dalek::{Signer, SigningKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sotto_protocol::{
    PROTOCOL_VERSION,
    frames::{Hello, Pass, SignedDeviceList},
    id::{AccountId, DeviceId, MailboxId},
    limits::{MAX_DEVICE_LIST_BYTES, MAX_DEVICES},
    signing,
};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

pub(crate) use self::code::{LinkCode, LinkOpening, MAX_CODE_TRIES};
use crate::{
    api::{ApiError, ApiErrorCode, LinkPreview, Preferences},
    connection::Caller,
    identity::{AccountKey, PeerDevices, account_fingerprint, secret},
    json,
    link::{Fault, Kind, Meant},
    message::{SyncMailbox, is_text},
    relay_url::RelayUrl,
    session::{InvitationSecret, expand_keys},
};

/// For how long a link is good, in minutes. A relay bears 15 of a guest.
pub(crate) const LINK_MINUTES: i64 = 10;
const KIND: Kind = Kind {
    mark: Meant::Device.mark(),
    version: 1,
    longest: 1024,
};
/// What is done about a link that cannot be read.
const AGAIN: &str = "Copy the whole link again, or make a new one on the other device.";
/// So many bytes of its id name the device that shows the link, among those of the account.
const HINT_LEN: usize = 4;
/// The version of what is said over a link.
const MESSAGE_VERSION: u32 = 1;

/// A link by which a new device joins an account. Whoever has it can ask to, for some minutes, so
/// `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceLink(String);

impl DeviceLink {
    /// The link, to be shown to the new device.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for DeviceLink {
    fn from(link: String) -> Self {
        Self(link)
    }
}

impl Drop for DeviceLink {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for DeviceLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceLink(…)")
    }
}

/// The secret of a link, of which everything is derived that both sides need. Wiped when dropped.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct LinkSecret {
    #[serde(with = "secret::array")]
    bytes: Zeroizing<[u8; 32]>,
}

#[cfg(test)]
crate::wiping::proof!(LinkSecret { bytes });

impl LinkSecret {
    fn expand(&self, label: &str) -> Zeroizing<[u8; 32]> {
        let [key] = expand_keys(&self.bytes, &[label.as_bytes()]);
        key
    }

    /// Where the new device asks.
    pub(crate) fn mailbox(&self) -> MailboxId {
        MailboxId::from_bytes(*self.expand("sotto/v1/link/mailbox"))
    }

    /// What the first message has to be made with.
    pub(crate) fn invitation(&self) -> InvitationSecret {
        InvitationSecret::from_bytes(*self.expand("sotto/v1/link/invitation"))
    }

    /// The key by which the new device reaches the relay, as a guest.
    fn guest(&self) -> SigningKey {
        SigningKey::from_bytes(&self.expand("sotto/v1/link/guest"))
    }

    /// The name of that key.
    pub(crate) fn guest_id(&self) -> DeviceId {
        DeviceId::from_bytes(self.guest().verifying_key().to_bytes())
    }
}

impl PartialEq for LinkSecret {
    fn eq(&self, other: &Self) -> bool {
        self.bytes.ct_eq(&*other.bytes).into()
    }
}

impl Eq for LinkSecret {}

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes: _ } = self;
        f.write_str("LinkSecret(…)")
    }
}

/// What a link says.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) relay: RelayUrl,
    pub(crate) account: AccountId,
    /// The beginning of the id of the device that shows it.
    pub(crate) shown_by: [u8; HINT_LEN],
    pub(crate) secret: LinkSecret,
    /// Milliseconds since the Unix epoch, by the relay's clock.
    pub(crate) ends_at_ms: u64,
    /// The account's signature, which lets the guest in until then.
    pub(crate) pass: [u8; 64],
}

#[cfg(test)]
crate::wiping::proof!(Link { secret; relay, account, shown_by, ends_at_ms, pass });

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            relay,
            account,
            shown_by: _,
            secret: _,
            ends_at_ms: _,
            pass: _,
        } = self;
        f.debug_struct("Link")
            .field("relay", relay)
            .field("account", account)
            .finish_non_exhaustive()
    }
}

impl Link {
    /// Makes one, and signs its pass.
    pub(crate) fn make(
        relay: RelayUrl,
        account: &AccountKey,
        shown_by: &DeviceId,
        ends_at_ms: u64,
        opening: &LinkOpening,
    ) -> Self {
        let secret = opening.secret();
        let pass = account.sign_pass(&secret.guest_id(), ends_at_ms);
        Self {
            relay,
            account: account.id(),
            shown_by: hint(shown_by),
            secret,
            ends_at_ms,
            pass,
        }
    }

    pub(crate) fn to_link(&self) -> DeviceLink {
        let ends_at_ms = self.ends_at_ms.to_be_bytes();
        let fields = [
            self.account.as_bytes().as_slice(),
            &self.shown_by,
            self.secret.bytes.as_slice(),
            &ends_at_ms,
            &self.pass,
        ];
        DeviceLink(std::mem::take(&mut *KIND.write(&self.relay, &fields)))
    }

    /// Reads a link, as people paste it.
    pub(crate) fn parse(link: &DeviceLink) -> Result<Self, ApiError> {
        let (relay, fields) = KIND.read(link.as_str()).map_err(refused)?;
        Self::split(relay, &fields).ok_or_else(|| refused(Fault::Damaged))
    }

    fn split(relay: RelayUrl, fields: &[u8]) -> Option<Self> {
        let (account, rest) = fields.split_first_chunk()?;
        let (shown_by, rest) = rest.split_first_chunk()?;
        let (secret, rest) = rest.split_first_chunk()?;
        let (ends_at_ms, pass) = rest.split_first_chunk()?;
        Some(Self {
            relay,
            account: AccountId::from_bytes(*account),
            shown_by: *shown_by,
            secret: LinkSecret {
                bytes: Zeroizing::new(*secret),
            },
            ends_at_ms: u64::from_be_bytes(*ends_at_ms),
            pass: pass.try_into().ok()?,
        })
    }

    /// Whether it is that device which shows the link.
    pub(crate) fn is_shown_by(&self, device: &DeviceId) -> bool {
        self.shown_by == hint(device)
    }

    /// What it says by itself.
    pub(crate) fn preview(&self) -> LinkPreview {
        LinkPreview {
            relay: self.relay.to_string(),
            account_fingerprint: account_fingerprint(&self.account),
            expires_at: self.ends_at(),
        }
    }

    /// When it ends, by the relay's clock.
    pub(crate) fn ends_at(&self) -> Timestamp {
        let millisecond = i64::try_from(self.ends_at_ms).ok();
        let at = millisecond.and_then(|at| Timestamp::from_millisecond(at).ok());
        at.unwrap_or(Timestamp::MAX)
    }
}

/// The new device is let in by the link's pass.
impl Caller for Link {
    fn hello(&self, nonce: &[u8; 32], audience: &str) -> Hello {
        let (guest, device) = (self.secret.guest(), self.secret.guest_id());
        let proof = signing::hello(nonce, &self.account, &device, audience);
        Hello {
            version: PROTOCOL_VERSION,
            account: self.account.to_vec(),
            device: device.to_vec(),
            audience: audience.to_owned(),
            signature: guest.sign(&proof).to_bytes().to_vec(),
            device_list: None,
            pass: Some(Pass {
                expires_at_ms: self.ends_at_ms,
                signature: self.pass.to_vec(),
            }),
        }
    }
}

/// What a link says, for somebody who has no vault yet.
///
/// # Errors
///
/// [`ApiErrorCode::LinkInvalid`] when it is no link that adds a device, or a damaged one.
pub fn inspect(link: &DeviceLink) -> Result<LinkPreview, ApiError> {
    Ok(Link::parse(link)?.preview())
}

fn hint(device: &DeviceId) -> [u8; HINT_LEN] {
    let [a, b, c, d, ..] = *device.as_bytes();
    [a, b, c, d]
}

fn refused(fault: Fault) -> ApiError {
    let (message, next_step) = match fault {
        Fault::TooLong => ("This is too long to be a link that adds a device.", AGAIN),
        Fault::OtherKind(None) => ("This is not a link of Sotto that adds a device.", AGAIN),
        Fault::OtherKind(Some(meant)) => meant.what_to_do(),
        Fault::Relay => ("The link does not begin with a relay's address.", AGAIN),
        Fault::Damaged => ("The link is incomplete or damaged.", AGAIN),
        Fault::OtherVersion => (
            "The link was made by another version of Sotto.",
            "Update Sotto on both devices, then make a new link.",
        ),
    };
    ApiError::new(ApiErrorCode::LinkInvalid, message, next_step)
}

/// The new device asks to be added. Encrypted in the session that it opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkRequest {
    v: u32,
    /// What it is to be called.
    pub(crate) name: String,
    /// Where it takes the answer.
    pub(crate) mailbox: MailboxId,
}

impl LinkRequest {
    pub(crate) fn new(name: String, mailbox: MailboxId) -> Self {
        let v = MESSAGE_VERSION;
        Self { v, name, mailbox }
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let request: Self = json::read(bytes).ok()?;
        let named = is_text(&request.name) && !request.name.trim().is_empty();
        (request.v == MESSAGE_VERSION && named).then_some(request)
    }
}

/// The request has come: what the new device needs to show its code.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkChallenge {
    v: u32,
    pub(crate) opening: LinkOpening,
}

impl LinkChallenge {
    pub(crate) fn new(opening: LinkOpening) -> Self {
        let v = MESSAGE_VERSION;
        Self { v, opening }
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(crate::record::encode(self))
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let challenge: Self = json::read(bytes).ok()?;
        (challenge.v == MESSAGE_VERSION).then_some(challenge)
    }
}

/// Why a device that asked is not added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefusalReason {
    /// The user said no.
    Declined,
    /// The user typed other codes than its, as often as one may be typed.
    WrongCodes,
    /// The user made another link.
    Replaced,
}

/// The device that asked is not added. It grants nothing, so it is taken with or without a challenge before.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkRefusal {
    v: u32,
    pub(crate) reason: RefusalReason,
}

impl LinkRefusal {
    pub(crate) fn new(reason: RefusalReason) -> Self {
        let v = MESSAGE_VERSION;
        Self { v, reason }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        crate::record::encode(self)
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let refusal: Self = json::read(bytes).ok()?;
        (refusal.v == MESSAGE_VERSION).then_some(refusal)
    }
}

/// What one of the user's devices calls another of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceName {
    pub(crate) device: DeviceId,
    pub(crate) name: String,
}

/// The user agreed: what the new device needs to be one of the account. `Debug` shows no key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkWelcome {
    v: u32,
    #[serde(with = "secret::public_bytes")]
    list: Vec<u8>,
    #[serde(with = "secret::public_array")]
    signature: [u8; 64],
    /// What contacts call the user.
    pub(crate) name: String,
    pub(crate) preferences: Preferences,
    /// Where the devices of the account take what they are told, as far as the sender knows: by them
    /// the new one introduces itself.
    pub(crate) mailboxes: Vec<SyncMailbox>,
    /// What the sender calls the devices of the account, those that have a name.
    pub(crate) names: Vec<DeviceName>,
    /// Where the new device may add and remove devices.
    pub(crate) account_key: Option<AccountKey>,
}

impl LinkWelcome {
    pub(crate) fn new(
        devices: &PeerDevices,
        name: String,
        preferences: Preferences,
        mailboxes: Vec<SyncMailbox>,
        account_key: Option<AccountKey>,
    ) -> Self {
        let (list, signature) = devices.parts();
        Self {
            v: MESSAGE_VERSION,
            list: list.to_vec(),
            signature: *signature,
            name,
            preferences,
            mailboxes,
            names: Vec::new(),
            account_key,
        }
    }

    pub(crate) fn with_names(self, names: Vec<DeviceName>) -> Self {
        Self { names, ..self }
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(crate::record::encode(self))
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let welcome: Self = json::read(bytes).ok()?;
        let bounded = welcome.v == MESSAGE_VERSION
            && welcome.list.len() <= MAX_DEVICE_LIST_BYTES
            && is_text(&welcome.name)
            && welcome.mailboxes.len() <= MAX_DEVICES
            && welcome.names.len() <= MAX_DEVICES
            && welcome.names.iter().all(|named| is_text(&named.name))
            && welcome.preferences.check().is_ok();
        bounded.then_some(welcome)
    }

    pub(crate) fn signed_list(&self) -> SignedDeviceList {
        SignedDeviceList {
            list: self.list.clone().into(),
            signature: self.signature.to_vec().into(),
        }
    }
}

#[cfg(test)]
mod one_reading;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::identity::Device;

    fn link(seed: u64, ends_at_ms: u64) -> (AccountKey, Device, Link) {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let account = AccountKey::generate(&mut rng);
        let device = Device::generate(&mut rng);
        let relay = "https://relay.example".parse().unwrap();
        let opening = LinkOpening::generate(&mut rng);
        let link = Link::make(relay, &account, &device.id(), ends_at_ms, &opening);
        (account, device, link)
    }

    #[test]
    fn a_link_is_as_long_as_it_should_be_and_shows_nothing() {
        let (_, device, link) = link(1, 1_000);
        let text = link.to_link();
        let (_, fragment) = text.as_str().split_once(KIND.mark).unwrap();
        assert_eq!(fragment.len(), 194);
        assert_eq!(format!("{text:?}"), "DeviceLink(…)");
        assert_eq!(format!("{:?}", link.secret), "LinkSecret(…)");
        let shown = format!("{link:?}");
        let account = format!("account: {:?}, .. }}", link.account);
        assert!(shown.starts_with("Link { relay: ") && shown.ends_with(&account));
        assert!(link.is_shown_by(&device.id()));
        assert!(!link.is_shown_by(&DeviceId::from_bytes([0; 32])));
    }

    #[test]
    fn a_guest_is_let_in_by_the_account_s_signature() {
        use ed25519_dalek::{Signature, VerifyingKey};
        let (account, _, link) = link(2, 5_000);
        let hello = link.hello(&[7; 32], "relay.example");
        let guest = link.secret.guest_id();
        assert_eq!(hello.device, guest.to_vec());
        assert_eq!(hello.device_list, None);
        let pass = hello.pass.unwrap();
        assert_eq!(pass.expires_at_ms, 5_000);
        let verifies = |key: &[u8; 32], message: &[u8], signature: &[u8]| {
            let key = VerifyingKey::from_bytes(key).unwrap();
            let signature = Signature::from_slice(signature).unwrap();
            key.verify_strict(message, &signature).is_ok()
        };
        let signed = signing::pass(&account.id(), &guest, 5_000);
        assert!(verifies(account.id().as_bytes(), &signed, &pass.signature));
        let proof = signing::hello(&[7; 32], &account.id(), &guest, "relay.example");
        assert!(verifies(guest.as_bytes(), &proof, &hello.signature));
    }

    #[test]
    fn what_is_derived_from_a_secret_is_for_one_purpose_each() {
        let (_, _, one) = link(3, 0);
        let derived = [
            *one.secret.mailbox().as_bytes(),
            *one.secret.guest_id().as_bytes(),
            *one.secret.invitation().as_bytes(),
            *one.secret.bytes,
        ];
        for (number, value) in derived.iter().enumerate() {
            assert!(!derived[..number].contains(value));
        }
    }

    #[test]
    fn a_link_of_another_version_or_kind_is_refused_by_name() {
        let (_, _, link) = link(4, 0);
        let text = link.to_link();
        let newer = Kind { version: 2, ..KIND };
        let newer = newer.write(&link.relay, &[text.as_str().as_bytes()]);
        let message = |link: String| Link::parse(&link.into()).unwrap_err().message;
        assert_eq!(
            message(newer.to_string()),
            "The link was made by another version of Sotto."
        );
        let invitation = "https://relay.example/#invite=AAAA".to_owned();
        assert_eq!(message(invitation), "This link is an invitation.");
        assert_eq!(
            message("https://relay.example/".to_owned()),
            "This is not a link of Sotto that adds a device."
        );
        assert_eq!(
            message("x".repeat(KIND.longest + 1)),
            "This is too long to be a link that adds a device."
        );
        // Fewer fields, and more.
        for fields in [[7; 139].as_slice(), &[7; 141]] {
            let odd = KIND.write(&link.relay, &[fields]);
            assert_eq!(
                message(odd.to_string()),
                "The link is incomplete or damaged."
            );
        }
    }

    proptest! {
        #[test]
        fn a_link_says_what_its_maker_said(seed: u64, ends_at_ms: u64) {
            let (_, _, made) = link(seed, ends_at_ms);
            prop_assert_eq!(Link::parse(&made.to_link()).unwrap(), made);
        }

        #[test]
        fn any_bytes_are_refused_or_read(bytes: Vec<u8>) {
            let _ = LinkRequest::from_bytes(&bytes);
            let _ = LinkChallenge::from_bytes(&bytes);
            let _ = LinkRefusal::from_bytes(&bytes);
            let _ = LinkWelcome::from_bytes(&bytes);
        }
    }
}
