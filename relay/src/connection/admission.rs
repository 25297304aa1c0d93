//! Lets a proven device in, and registers its account where that is open.

use std::sync::Arc;

use sotto_protocol::error::ErrorCode;
use sotto_protocol::frames::server_frame::Body as Tell;
use tokio::sync::oneshot;

use crate::config::Registration;
use crate::directory::{self, Visitor};
use crate::error::Refusal;
use crate::exchange::{Proven, shown_to_removed};
use crate::registry::Presence;
use crate::server::Relay;
use crate::store::{Admitted, StoreError};

/// A device that is not let in.
pub(super) struct Turned {
    /// What it is shown first.
    pub(super) shown: Option<Tell>,
    /// Why.
    pub(super) refusal: Refusal,
}

impl<R: Into<Refusal>> From<R> for Turned {
    fn from(refusal: R) -> Self {
        Self {
            shown: None,
            refusal: refusal.into(),
        }
    }
}

/// As this module says.
pub(super) async fn admit(
    relay: &Arc<Relay>,
    proven: Proven,
) -> Result<(Presence, Admitted), Turned> {
    let mut visitor = Visitor {
        member: proven.member,
        credential: proven.credential,
        may_register: false,
    };
    let mut outcome = enter(relay, visitor.clone()).await?;
    if matches!(outcome, Err(directory::Refused::UnknownAccount)) && visitor.list().is_some() {
        if relay.config.registration == Registration::Closed {
            let message = "this relay takes no new accounts";
            return Err(Refusal::new(ErrorCode::RegistrationClosed, message).into());
        }
        relay
            .take_registration()
            .map_err(|wait| Refusal::rate_limited("new accounts", wait))?;
        visitor.may_register = true;
        outcome = enter(relay, visitor.clone()).await?;
    }
    match outcome {
        Err(refused @ directory::Refused::UnknownDevice) => {
            let shown = shown(relay, visitor).await?;
            let refusal = refused.into();
            Err(Turned { shown, refusal })
        }
        outcome => Ok(outcome?),
    }
}

/// What a device is shown that its account has removed.
async fn shown(relay: &Arc<Relay>, visitor: Visitor) -> Result<Option<Tell>, StoreError> {
    let now = relay.config.clock.now_ms();
    let (done, outcome) = oneshot::channel();
    relay
        .store
        .submit(
            move |store| shown_to_removed(store, &visitor, now),
            move |shown| drop(done.send(shown)),
        )
        .await;
    outcome.await.unwrap_or(Err(StoreError::Closed))
}

/// Enters the connection while the store's thread settles the change, and so before a later list is
/// told: no connection misses the list that removes its device, or that its device has to know.
async fn enter(
    relay: &Arc<Relay>,
    visitor: Visitor,
) -> Result<Result<(Presence, Admitted), directory::Refused>, StoreError> {
    let now = relay.config.clock.now_ms();
    let member = visitor.member;
    let (done, outcome) = oneshot::channel();
    let entering = Arc::clone(relay);
    let settle = move |outcome: Result<Result<Admitted, directory::Refused>, StoreError>| {
        let entered = outcome.map(|admitted| {
            admitted.map(|admitted| {
                let presence = entering.registry.enter(member);
                if let Some(change) = &admitted.change {
                    entering.registry.relist(member, change);
                }
                (presence, admitted)
            })
        });
        drop(done.send(entered));
    };
    relay
        .store
        .submit(move |store| store.enter(&visitor, now), settle)
        .await;
    outcome.await.unwrap_or(Err(StoreError::Closed))
}
