//! The own devices and their list: how it changes, what the relay shows of it, and who is told.

use sotto_protocol::{
    error::ErrorCode,
    frames::{Error, PublishDeviceList, SignedDeviceList, client_frame},
    id::{DeviceId, MessageId},
};

use super::{
    Context, Engine, Pending, Store,
    load::{DEVICES_KEY, IDENTITY_KEY, Identity},
    relay::{LONGEST_PAUSE, PAUSE},
};
use crate::{
    api::{ApiError, ApiErrorCode, Command, ContactState, DeviceView, Notice, Reply},
    connection::{later, pause_asked},
    devices::{self, ListChange, MAX_REFUSALS, check_free, find_device, was_removed},
    identity::{Follow, IdentityError, LocalIdentity, PeerDevice, PeerDevices, Source},
    linking::DeviceName,
    local_id::ContactId,
    message::{Body, Devices, MAX_TEXT_CHARS},
    peers::PeerKey,
    refusals::may_pass,
};

impl Engine {
    /// The relay shows a list as the newest of the own account.
    pub(super) fn own_list_shown(
        &mut self,
        shown: Option<&SignedDeviceList>,
        cx: &mut Context<'_>,
    ) {
        let Some(shown) = shown else {
            return;
        };
        match PeerDevices::verify(shown, &self.identity.account()) {
            Ok(found) => self.follow_own(&found, Source::Directory, cx),
            Err(_) => {
                self.problem = Some(
                    "The relay shows a list of your devices that you did not sign. It has no effect; tell the relay's operator."
                        .to_owned(),
                );
            }
        }
    }

    /// Takes a list of the own account where it is newer than the one that is known.
    pub(super) fn follow_own(&mut self, found: &PeerDevices, source: Source, cx: &mut Context<'_>) {
        match self.identity.devices().follow(found, source) {
            Follow::Same | Follow::Late => {}
            Follow::Newer(_) if self.is_contested(found) => self.contest(found, cx),
            Follow::Newer(changed) => {
                for device in &changed.removed {
                    self.own_devices.removed(device.id(), cx.now);
                    self.forget_sibling(&device.id(), cx);
                }
                for device in &changed.added {
                    self.own_devices.added(device.id(), false, cx.now);
                }
                let (account, device) = (self.identity.account(), self.identity.device().clone());
                let led = self.is_agent();
                match LocalIdentity::new(&account, device, &found.signed()) {
                    Ok(identity) => {
                        self.become_listed(identity, cx);
                        self.agent_may_have_moved(led, cx);
                    }
                    Err(_) => self.stop_as_removed(found, cx),
                }
            }
            Follow::Backwards { .. } | Follow::OtherAccount => {
                self.problem = Some(
                    "The relay shows an older list of your devices than the newest. It has no effect; if it stays so, tell the relay's operator."
                        .to_owned(),
                );
            }
            Follow::Forked { version } => {
                self.problem = Some(format!(
                    "Your account key has signed two different lists of devices with the number {version}: two of your devices have each changed the list before they knew of the other’s change, or a copy of your data is in use, or was stolen. This one has no effect; look at your devices."
                ));
            }
        }
    }

    /// Whether a list names a device whose adding was withdrawn here, and this one may still take it out.
    fn is_contested(&self, found: &PeerDevices) -> bool {
        let this = self.identity.device().id();
        self.account_key.is_some()
            && found.device(&this).is_some()
            && self.own_devices.withdrawn_in(found).is_some()
    }

    /// Does not follow a list with a device that is not to be added, and takes that out again.
    fn contest(&mut self, found: &PeerDevices, cx: &mut Context<'_>) {
        self.own_devices.contest(found, self.identity.devices());
        self.problem = Some(
            "A list of your devices has come with one in it whose adding was given up. It has no effect here, and the device is taken out of it."
                .to_owned(),
        );
        // A change that is pending is made again without it.
        if self.own_devices.pending.is_none()
            && let Some(device) = self.own_devices.withdrawn_in(found)
        {
            return self.annul(device, cx);
        }
        self.save_own_devices(cx);
    }

    /// Signs a list without a device that the relay may add.
    fn annul(&mut self, device: DeviceId, cx: &mut Context<'_>) {
        if let Err(error) = self.sign_change(ListChange::Remove(device), 0, cx) {
            self.give_up_change(&error.to_string(), cx);
        }
    }

    fn become_listed(&mut self, identity: LocalIdentity, cx: &mut Context<'_>) {
        self.identity = identity;
        let identity = Identity {
            account: self.account_key.clone(),
            local: self.identity.clone(),
        };
        cx.put(Store::Users, IDENTITY_KEY, &identity);
        let contacts = self.contacts.iter().map(|contact| contact.id.clone());
        self.own_devices.untold = contacts.collect();
        self.save_own_devices(cx);
        self.sharing_changed(&ContactId::own());
    }

    /// The account has removed this device. Its data stay until the user deletes them.
    fn stop_as_removed(&mut self, by: &PeerDevices, cx: &mut Context<'_>) {
        self.own_devices.removed_by = Some(by.clone());
        self.own_devices.pending = None;
        self.save_own_devices(cx);
        let event = self.connection.stop(cx);
        self.connection_event(event, cx);
    }

    /// That the account has not removed this device.
    ///
    /// # Errors
    ///
    /// What to do, once it has.
    pub(super) fn check_listed(&self) -> Result<(), ApiError> {
        if self.own_devices.removed_by.is_none() {
            return Ok(());
        }
        Err(ApiError::new(
            ApiErrorCode::DeviceRemoved,
            "This device was removed from your account.",
            "Go on with another of your devices, and delete the data on this one.",
        ))
    }

    /// Whether this is the device that answers for the user.
    pub(super) fn is_agent(&self) -> bool {
        let first = self.identity.devices().devices().first();
        first.is_some_and(|first| first.id() == self.identity.device().id())
    }

    /// That a command is for this device: what is said to others in the user's name, the agent says.
    ///
    /// # Errors
    ///
    /// Which device it is for.
    pub(super) fn check_agent(&self, command: &Command) -> Result<(), ApiError> {
        let acts = match command {
            Command::Invite { .. }
            | Command::ApproveContact { .. }
            | Command::ImportCalendar { .. }
            | Command::SetPreferences { .. }
            | Command::Schedule { .. }
            | Command::Approve { .. }
            | Command::Reject { .. } => true,
            // What is agreed each device knows, and can call off.
            Command::Cancel { proposal, .. } => self
                .negotiation(proposal)
                .is_err_and(|error| error.code == ApiErrorCode::NotFound),
            // Refused where the agent has told of the contact: `check_ends`.
            Command::BlockContact { .. } | Command::RemoveContact { .. } => false,
            Command::RevokeInvitation { .. }
            | Command::AcceptInvitation { .. }
            | Command::VerifyContact { .. }
            | Command::RenameContact { .. }
            | Command::DecideHold { .. }
            | Command::LinkDevice { .. }
            | Command::DecideLink { .. }
            | Command::RemoveDevice { .. }
            | Command::MakeAgent { .. }
            | Command::RenameDevice { .. }
            | Command::Reconnect
            | Command::RemoveCalendar { .. } => false,
        };
        if acts { self.check_answers() } else { Ok(()) }
    }

    /// That this device answers for the user.
    ///
    /// # Errors
    ///
    /// Which one does, or that this one is none of theirs any more.
    pub(super) fn check_answers(&self) -> Result<(), ApiError> {
        self.check_listed()?;
        if self.is_agent() {
            return Ok(());
        }
        Err(self.agent_away())
    }

    /// Another device answers for the user.
    pub(super) fn agent_away(&self) -> ApiError {
        ApiError::new(
            ApiErrorCode::AgentAway,
            format!("{} answers for you.", self.agent_name()),
            "Do it there; this device follows it.",
        )
    }

    /// What the user calls the device that answers for them.
    pub(super) fn agent_name(&self) -> String {
        let agent = self.device_views().into_iter().find(|device| device.agent);
        agent.map_or_else(|| "Another device".to_owned(), |agent| agent.name)
    }

    pub(super) fn device_views(&self) -> Vec<DeviceView> {
        let list = self.own_devices.removed_by.as_ref();
        let list = list.unwrap_or_else(|| self.identity.devices());
        let this = self.identity.device().id();
        let mut views = self
            .own_devices
            .view(list, &this, self.account_key.is_some());
        for peer in self.peers.of(&ContactId::own()) {
            let id = peer.device.to_string();
            if let Some(view) = views.iter_mut().find(|view| view.id == id) {
                view.parted = peer.healing.is_in_vain();
            }
        }
        views.extend(self.asking_view());
        views
    }

    /// That what the agent says cannot be read here any more, for a person.
    pub(super) fn parted_from_agent(&self) -> Option<String> {
        let agent = self.peers.get(&self.agent()?)?;
        agent.healing.is_in_vain().then(|| {
            format!(
                "{} and this device cannot read each other any more: what is shown here is old. Your devices say what to do.",
                self.agent_name()
            )
        })
    }

    /// The device of the list that a user names.
    pub(super) fn named_device(&self, reference: &str) -> Result<&PeerDevice, ApiError> {
        let views = self.device_views();
        let named = find_device(&views, reference)?;
        let mut list = self.identity.devices().devices().iter();
        let found = list.find(|device| device.id().to_string() == named.id);
        found.ok_or_else(|| was_removed(&named.name))
    }

    pub(super) fn rename_device(
        &mut self,
        reference: &str,
        name: &str,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        let device = self.named_device(reference)?.id();
        let name = name.trim();
        check_free(&self.device_views(), &device.to_string(), name)?;
        if name.chars().count() > MAX_TEXT_CHARS || name.contains(char::is_control) {
            return Err(ApiError::new(
                ApiErrorCode::ValueInvalid,
                format!(
                    "The name is longer than {MAX_TEXT_CHARS} characters, or has others than letters in it."
                ),
                "Choose a shorter one, on one line.",
            ));
        }
        let name = Some(name.to_owned()).filter(|name| !name.is_empty());
        self.own_devices.rename(device, name, cx.now);
        self.save_own_devices(cx);
        Ok(Reply::Done)
    }

    /// Calls a device of the list as another one has said, where the user has not named it here.
    pub(crate) fn told_device_names(&mut self, names: &[DeviceName], cx: &mut Context<'_>) {
        for DeviceName { device, name } in names {
            let list = self.identity.devices();
            self.own_devices.told_name(*device, name, list, cx.now);
        }
        self.save_own_devices(cx);
    }

    /// Those that the user calls by a name.
    pub(super) fn device_names(&self) -> Vec<DeviceName> {
        let listed = self.identity.devices().devices().iter();
        let named = listed.filter_map(|device| {
            let device = device.id();
            let name = self.own_devices.name_of(&device)?.to_owned();
            Some(DeviceName { device, name })
        });
        named.collect()
    }

    pub(super) fn remove_device(
        &mut self,
        reference: &str,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        let device = self.named_device(reference)?.id();
        let this = self.identity.device().id();
        if self.account_key.is_none() {
            return Err(not_keeper());
        }
        let held = self.identity.devices();
        if device == this && !self.own_devices.has_other_keeper(held, &this) {
            return Err(ApiError::new(
                ApiErrorCode::LastKeeper,
                "No other of your devices may add and remove devices, as far as this one knows.",
                "Add another that may first; or, to end the account here, delete this device's data.",
            ));
        }
        self.change_list(ListChange::Remove(device), cx)
    }

    /// Signs a change of the list; it comes into force when the relay has it.
    pub(super) fn change_list(
        &mut self,
        change: ListChange,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        if let Some(pending) = &self.own_devices.pending {
            if pending.change == change {
                return Ok(Reply::Done);
            }
            return Err(ApiError::new(
                ApiErrorCode::WrongState,
                "Another change of your devices is on its way to the relay.",
                "Wait until the relay has it, then try again.",
            ));
        }
        self.sign_change(change, 0, cx).map_err(|error| {
            ApiError::new(
                ApiErrorCode::LimitReached,
                format!("The list of your devices cannot be changed so: {error}."),
                "Remove a device that you do not use any more first.",
            )
        })?;
        Ok(Reply::Done)
    }

    /// Makes a change in the newest list, unless that has it already.
    fn sign_change(
        &mut self,
        change: ListChange,
        refusals: u32,
        cx: &mut Context<'_>,
    ) -> Result<(), IdentityError> {
        let held = self.identity.devices();
        match &self.account_key {
            Some(account) => self
                .own_devices
                .sign(change, refusals, held, account, cx.now)?,
            None => self.own_devices.pending = None,
        }
        self.save_own_devices(cx);
        Ok(())
    }

    /// Takes back that a device is to be added: where the relay may have the list, by another one.
    pub(super) fn withdraw_addition(&mut self, cx: &mut Context<'_>) {
        match self.own_devices.withdraw(self.identity.devices()) {
            Some(device) => self.annul(device, cx),
            None => self.save_own_devices(cx),
        }
    }

    /// Tells the relay of a change of the own list.
    pub(super) fn publish_list(&mut self, cx: &mut Context<'_>) {
        let under_way = |pending: &Pending| matches!(pending, Pending::PublishList(_));
        self.own_devices.retry_at = self.own_devices.retry_at.filter(|at| *at > cx.now);
        if self.pending.values().any(under_way) || self.own_devices.retry_at.is_some() {
            return;
        }
        let Some(pending) = self.own_devices.pending.clone() else {
            return;
        };
        // Another device changed the list meanwhile: the change is made again in the newer one.
        let newest = self.own_devices.newest(self.identity.devices()).version();
        if pending.over != newest
            && let Err(error) = self.sign_change(pending.change, pending.refusals, cx)
        {
            return self.give_up_change(&error.to_string(), cx);
        }
        if let Some(pending) = &mut self.own_devices.pending {
            pending.unshown = false;
            let list = pending.list.clone();
            let publish = PublishDeviceList {
                device_list: Some(list.signed()),
                over_version: pending.over,
            };
            self.save_own_devices(cx);
            let publish = client_frame::Body::PublishDeviceList(publish);
            self.request(publish, Pending::PublishList(Box::new(list)), cx);
        }
    }

    /// The relay has the list that was published.
    pub(super) fn list_published(&mut self, list: &PeerDevices, cx: &mut Context<'_>) {
        let is_that = |pending: &mut devices::Pending| pending.list.same_list(list);
        if self.own_devices.pending.take_if(is_that).is_some() {
            self.save_own_devices(cx);
        }
        // Another device may have gone on from it already.
        if list.version() > self.identity.devices().version() {
            self.follow_own(list, Source::Directory, cx);
            self.show_siblings(cx);
        }
    }

    /// The relay did not take a list.
    pub(super) fn list_refused(&mut self, list: &PeerDevices, error: &Error, cx: &mut Context<'_>) {
        let code: Option<ErrorCode> = error.code.parse().ok();
        if may_pass(code) {
            let pause = pause_asked(error, LONGEST_PAUSE).max(PAUSE);
            self.own_devices.retry_at = Some(later(cx.now, pause));
            return;
        }
        let pending = self.own_devices.pending.as_mut();
        let Some(pending) = pending.filter(|pending| pending.list.same_list(list)) else {
            return;
        };
        pending.refusals += 1;
        // The relay has shown the newer one before it refused.
        let again = code == Some(ErrorCode::DirectoryStaleList) && pending.refusals < MAX_REFUSALS;
        if again {
            return self.save_own_devices(cx);
        }
        self.give_up_change(&error.message, cx);
    }

    fn give_up_change(&mut self, why: &str, cx: &mut Context<'_>) {
        // What was to be added is not to come later, when nobody expects it any more.
        let withdrawn = self.own_devices.withdraw(self.identity.devices());
        self.own_devices.pending = None;
        self.problem = Some(format!(
            "The list of your devices could not be changed ({why}). Look at your devices, and try again."
        ));
        match withdrawn {
            Some(device) => self.annul(device, cx),
            None => self.save_own_devices(cx),
        }
    }

    /// The relay ends the connection as the account's list does not name this device. That is its word
    /// alone, unless the user has just had this device sign such a list.
    pub(super) fn refused_as_unlisted(&mut self, error: &Error, cx: &mut Context<'_>) {
        let this = self.identity.device().id();
        let pending = self.own_devices.pending.as_ref();
        let left = pending.filter(|pending| pending.list.device(&this).is_none());
        if error.code.parse() == Ok(ErrorCode::AuthUnknownDevice)
            && let Some(list) = left.map(|pending| pending.list.clone())
        {
            self.follow_own(&list, Source::Directory, cx);
        }
    }

    /// Shows the newest list to contacts, in the sessions with them: a relay that withholds it does not
    /// keep them from learning of it.
    pub(super) fn tell_contacts(&mut self, cx: &mut Context<'_>) {
        let before = self.own_devices.untold.len();
        if before == 0 {
            return;
        }
        let never = |contact: &ContactId| {
            let state = self.contacts.get(contact).filter(|known| !known.removed);
            matches!(
                state.map(|known| known.state),
                None | Some(ContactState::Blocked | ContactState::Declined)
            )
        };
        self.own_devices.untold.retain(|contact| !never(contact));
        // Who cannot be written to yet is told later.
        let untold = self.own_devices.untold.iter();
        let to = untold.filter_map(|id| Some((id.clone(), self.channels(id).ok()?)));
        let (told, to): (Vec<ContactId>, Vec<Vec<PeerKey>>) = to.unzip();
        let body = Body::Devices(Devices::from(self.identity.devices()));
        if self.tell_all(&to, &body, cx).is_ok() {
            for contact in &told {
                self.own_devices.untold.remove(contact);
            }
        }
        if self.own_devices.untold.len() != before {
            self.save_own_devices(cx);
        }
    }

    /// A contact's agent shows the newest list of their devices.
    pub(super) fn devices_received(
        &mut self,
        from: &PeerKey,
        message: MessageId,
        shown: &Devices,
        cx: &mut Context<'_>,
    ) {
        let Some(contact) = self.contacts.get(from.contact()) else {
            return;
        };
        let (id, name) = (contact.id.clone(), contact.name().to_owned());
        let why = match PeerDevices::verify(&shown.signed(), &contact.account) {
            Err(error) => error.to_string(),
            Ok(found) => match contact.devices.follow(&found, Source::Session) {
                Follow::Newer(_) => return self.take_devices(&id, &found, cx),
                Follow::Forked { version } => {
                    self.forked(&id, &found, cx);
                    format!(
                        "{name} has signed two different lists of devices with the number {version}"
                    )
                }
                _ => return,
            },
        };
        self.write_unreadable(&id, message, why, cx);
    }

    pub(super) fn save_own_devices(&self, cx: &mut Context<'_>) {
        cx.put(Store::Users, DEVICES_KEY, &self.own_devices);
        cx.notice(Notice::Devices);
        cx.notice(Notice::Status);
    }
}

/// This device has no account key.
pub(super) fn not_keeper() -> ApiError {
    ApiError::new(
        ApiErrorCode::NotKeeper,
        "This device may not add or remove devices, or choose the one that answers for you.",
        "Do it on the one with which you began, or on another that may.",
    )
}
