//! The same said to several contacts at once: all of them are told, or none.

use sotto_protocol::id::MessageId;

use super::{
    Context, Engine,
    posting::{Copy, Saying},
};
use crate::{
    api::ApiError,
    message::{AgentMessage, Body},
    peers::PeerKey,
};

impl Engine {
    /// Says the same to several contacts, each given by those of their devices that can be written to.
    /// Every contact gets a message of their own, with an id of its own, encrypted for each of their
    /// devices; all of it is one batch. Where the outbox has no room for all copies, or the message can
    /// be encrypted for none of some contact's devices, nothing is said to anybody, and nothing changes.
    ///
    /// # Errors
    ///
    /// Why not.
    pub(super) fn tell_all(
        &mut self,
        contacts: &[Vec<PeerKey>],
        body: &Body,
        cx: &mut Context<'_>,
    ) -> Result<Vec<MessageId>, ApiError> {
        self.check_outbox(contacts.iter().map(Vec::len).sum())?;
        let mut sealed: Vec<(AgentMessage, Vec<Copy>)> = Vec::with_capacity(contacts.len());
        for devices in contacts {
            let message = Saying::new(body.clone()).message(cx);
            let copies = self.seal_copies(devices, &message, cx)?;
            sealed.push((message, copies));
        }
        // Nothing can fail from here on.
        let told = sealed.into_iter().map(|(message, copies)| {
            let id = message.id;
            self.commit_copies(message, copies, cx);
            id
        });
        Ok(told.collect())
    }
}
