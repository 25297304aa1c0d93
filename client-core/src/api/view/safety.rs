//! Safety numbers as codes to scan.

use serde::{Deserialize, Serialize};

use super::ContactRef;
use crate::safety_code::SafetyLink;

/// The safety number with a contact as a code, for them to scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SafetyCodeView {
    /// With whom.
    pub contact: ContactRef,
    /// What the code holds: a link, so that any camera opens it in the app.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub link: SafetyLink,
}

/// What a code says that was scanned from somebody's screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SafetyCheckView {
    /// How it compares to what this device knows.
    pub result: SafetyCheck,
    /// Whose key the code shows as its shower's, where that is a contact's.
    pub contact: Option<ContactRef>,
    /// Whether that contact is verified already.
    pub verified: bool,
}

/// How the two keys in a code compare to what this device knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SafetyCheck {
    /// It shows the key of `contact` and one's own. It counts if the user scanned it from their screen.
    Match,
    /// It is for the user, and its shower's key is nobody's among the contacts. On the screen of
    /// somebody who is one: another key stands in between.
    DifferentKey,
    /// It shows the key of `contact`, and for the other side a key that is not the user's. If it was
    /// shown as the user's, their device has another key for them.
    OtherKeyOfMine,
    /// It is the user's own code.
    Own,
    /// Neither key is known here: it is between two others. On the screen of a contact, under the
    /// user's name: somebody stands in between, in either direction.
    NotForYou,
}
