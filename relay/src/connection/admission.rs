//! Lets a proven device in, and registers its account where that is open.

use sotto_protocol::error::ErrorCode;

use crate::config::Registration;
use crate::directory::{self, Member};
use crate::error::Refusal;
use crate::exchange::{Ending, Proven};
use crate::server::Relay;
use crate::store::{Admitted, StoreError, Visitor};

/// As this module says.
pub(super) async fn admit(relay: &Relay, proven: Proven) -> Result<(Member, Admitted), Refusal> {
    let member = proven.member;
    let mut visitor = Visitor {
        member,
        list: proven.list,
        may_register: false,
    };
    let mut outcome = enter(relay, visitor.clone()).await?;
    if outcome == Err(directory::Refused::UnknownAccount) && visitor.list.is_some() {
        if relay.config.registration == Registration::Closed {
            let message = "this relay takes no new accounts";
            return Err(Refusal::new(ErrorCode::RegistrationClosed, message));
        }
        relay
            .take_registration()
            .map_err(|wait| Refusal::rate_limited("new accounts", wait))?;
        visitor.may_register = true;
        outcome = enter(relay, visitor).await?;
    }
    let admitted = outcome.map_err(Refusal::from)?;
    for removed in &admitted.removed {
        relay.registry.end(removed, Ending::Removed);
    }
    Ok((member, admitted))
}

async fn enter(
    relay: &Relay,
    visitor: Visitor,
) -> Result<Result<Admitted, directory::Refused>, StoreError> {
    let now = relay.config.clock.now_ms();
    relay
        .store
        .change(move |store| store.enter(&visitor, now))
        .await
}
