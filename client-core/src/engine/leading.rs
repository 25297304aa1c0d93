//! Which of the user's devices answers for them: the first one of the list.

use jiff::{SignedDuration, Timestamp};
use sotto_protocol::id::DeviceId;

use super::{Context, Engine, devices::not_keeper};
use crate::{
    api::{AgentChangeView, ApiError, ApiErrorCode, DeviceView, Notice, Reply},
    connection::later,
    devices::{ListChange, Moved},
    local_id::{ContactId, ConversationId},
    negotiation::Decision,
    peers::PeerKey,
};

/// For so long the user is told that the agent moved.
const TOLD_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Engine {
    /// Lets a device answer for the user, by a list that names it first.
    pub(super) fn make_agent(
        &mut self,
        reference: &str,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        let device = self.named_device(reference)?.id();
        if self.account_key.is_none() {
            return Err(not_keeper());
        }
        let id = device.to_string();
        let named = self.device_views().into_iter().find(|view| view.id == id);
        if let Some(named) = named.filter(|_| self.own_devices.pending.is_none()) {
            check_able(&named, self.was_told(&named, &device))?;
        }
        self.change_list(ListChange::Lead(device), cx)
    }

    /// Whether a device knows whom the user knows, as far as this one can tell.
    fn was_told(&self, view: &DeviceView, device: &DeviceId) -> bool {
        if view.this {
            return self.sharing.series != 0;
        }
        let key = PeerKey::new(&ContactId::own(), device);
        !self.is_agent() || self.sharing.heard(&key)
    }

    /// A newer list of the own devices was taken; before, this one `led` or did not.
    pub(super) fn agent_may_have_moved(&mut self, led: bool, cx: &mut Context<'_>) {
        let leads = self.is_agent();
        if led == leads {
            if !leads {
                // Another one may answer now.
                self.sharing.want();
                self.save_sharing(cx);
            }
            return;
        }
        self.own_devices.moved = Some(Moved {
            at: cx.now,
            leads,
            caught_up: false,
        });
        self.save_own_devices(cx);
        cx.notice(Notice::Proposals);
        if leads {
            self.begin_to_lead(cx);
        } else {
            self.stop_leading(cx);
        }
    }

    /// Whether this device has begun to answer and does not know yet what the one before has said:
    /// what comes to it meanwhile came to that one as well.
    pub(super) fn is_taking_over(&self) -> bool {
        let moved = self.own_devices.moved;
        moved.is_some_and(|moved| moved.leads && !moved.caught_up)
    }

    /// It knows, once it has heard all that the relay had for it.
    pub(super) fn take_over(&mut self, cx: &mut Context<'_>) {
        if self.is_taking_over() && self.is_caught_up(cx.now) {
            if let Some(moved) = &mut self.own_devices.moved {
                moved.caught_up = true;
            }
            self.save_own_devices(cx);
        }
    }

    fn begin_to_lead(&mut self, cx: &mut Context<'_>) {
        self.sharing.lead(0, cx.now);
        self.shared.clear();
        let followers = self.reachable(&ContactId::own());
        self.tell_everything(&followers, cx);
    }

    /// Nobody else could bring to an end what this device has begun: it is called off.
    fn stop_leading(&mut self, cx: &mut Context<'_>) {
        let open = self.negotiations.values().filter(|n| n.is_open());
        for id in open.map(|n| n.id.clone()).collect::<Vec<ConversationId>>() {
            let reason = Some(
                "My agent is on another device from now on, and called this off. Ask it again."
                    .to_owned(),
            );
            let decided = self.decide(id.as_str(), Decision::Cancel { reason }, cx);
            if let Err(error) = decided {
                self.problem = Some(error.message);
            }
        }
        self.sharing.want();
        self.save_sharing(cx);
    }

    /// Until when the user is told that the agent moved.
    pub(super) fn told_of_agent_until(&self) -> Option<Timestamp> {
        let moved = self.own_devices.moved?;
        Some(later(moved.at, TOLD_FOR))
    }

    pub(super) fn agent_change(&self, now: Timestamp) -> Option<AgentChangeView> {
        let moved = self.own_devices.moved?;
        if self.told_of_agent_until().is_none_or(|until| until <= now) {
            return None;
        }
        let message = if moved.leads {
            let mut said = "This device answers for you now. It knows your contacts, your preferences and the meetings that are agreed.".to_owned();
            // The one before calls off what is open there, if it hears of it.
            said += if self.identity.devices().devices().len() > 1 {
                " Your other devices follow it. What another one was arranging is called off."
            } else {
                " Of what was open it goes on with what was proposed."
            };
            if self.agenda.calendars().is_empty() {
                said += " It has no calendar of yours: import one here, so that it works around what is in it.";
            }
            said
        } else {
            format!(
                "{} answers for you now, and this device follows it. What was open here was called off. Meetings that are agreed stay: both devices have them, and either can call them off.",
                self.agent_name()
            )
        };
        Some(AgentChangeView {
            leads: moved.leads,
            since: moved.at,
            message,
        })
    }
}

/// That it can begin to answer for the user.
fn check_able(device: &DeviceView, told: bool) -> Result<(), ApiError> {
    let name = &device.name;
    let (message, next_step) = if device.agent {
        (
            format!("{name} answers for you already."),
            "There is nothing to do; or name another of your devices.",
        )
    } else if !device.came {
        (
            format!("{name} has not come since you added it: nobody would answer for you."),
            "Open Sotto on it while it is online, and try again; or remove it.",
        )
    } else if device.parted {
        (
            format!("{name} and this device cannot read each other any more."),
            "Remove the one that was put back to an older copy of its data, add it again, and try again.",
        )
    } else if !told {
        (
            format!("{name} was not told yet whom you know."),
            "Keep Sotto open on both until your contacts are shown there, and try again.",
        )
    } else {
        return Ok(());
    };
    Err(ApiError::new(ApiErrorCode::WrongState, message, next_step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devices::tests::listed;

    #[test]
    fn who_answers_already_or_never_came_does_not_begin_to() {
        let phone = listed(DeviceId::from_bytes([0x4f; 32]), "Phone");
        assert_eq!(check_able(&phone, true), Ok(()));
        let said = check_able(&phone, false).unwrap_err().message;
        assert_eq!(said, "Phone was not told yet whom you know.");
        let agent = DeviceView {
            agent: true,
            ..phone.clone()
        };
        let said = check_able(&agent, true).unwrap_err().message;
        assert_eq!(said, "Phone answers for you already.");
        let absent = DeviceView {
            came: false,
            ..phone.clone()
        };
        let said = check_able(&absent, true).unwrap_err().message;
        assert!(said.starts_with("Phone has not come"), "{said}");
        let parted = DeviceView {
            parted: true,
            ..phone
        };
        let said = check_able(&parted, true).unwrap_err().message;
        assert!(said.starts_with("Phone and this device cannot"), "{said}");
    }
}
