//! Safety numbers as codes: the one to be shown, and what one says that was scanned.

use super::Engine;
use crate::{
    api::{ApiError, SafetyCheck, SafetyCheckView, SafetyCodeView, SafetyLink},
    contacts::Contact,
    safety_code::SafetyCode,
};

impl Engine {
    /// The safety number with a contact, for them to scan.
    pub(super) fn safety_code(&self, reference: &str) -> Result<SafetyCodeView, ApiError> {
        let contact = self.contacts.find(reference)?;
        let code = SafetyCode {
            relay: self.profile.relay.clone(),
            shown_by: self.identity.account(),
            with: contact.account,
        };
        Ok(SafetyCodeView {
            contact: contact.reference(),
            link: code.to_link(),
        })
    }

    /// Compares what somebody's screen shows to what this device knows.
    pub(super) fn inspect_safety_code(
        &self,
        link: &SafetyLink,
    ) -> Result<SafetyCheckView, ApiError> {
        let code = SafetyCode::parse(link)?;
        let own = self.identity.account();
        let contact = self.contacts.by_account(&code.shown_by);
        let result = match (contact, code.with == own) {
            _ if code.shown_by == own => SafetyCheck::Own,
            (Some(_), true) => SafetyCheck::Match,
            (Some(_), false) => SafetyCheck::OtherKeyOfMine,
            (None, true) => SafetyCheck::DifferentKey,
            (None, false) => SafetyCheck::NotForYou,
        };
        Ok(SafetyCheckView {
            result,
            contact: contact.map(Contact::reference),
            verified: contact.is_some_and(|contact| contact.verified),
        })
    }
}
