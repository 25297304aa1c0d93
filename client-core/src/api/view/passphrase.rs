//! How hard a passphrase is to guess.

use serde::{Deserialize, Serialize};

/// How hard a passphrase is to guess. A rough estimate, never an assurance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PassphraseStrength {
    /// How hard.
    pub level: StrengthLevel,
    /// What would make it better, in a sentence.
    pub advice: String,
}

/// How hard a passphrase is to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum StrengthLevel {
    /// No vault is made with it: too short, or among the first to be tried.
    Refused,
    /// It falls to somebody with the vault's files and patience.
    Weak,
    /// Good enough for most.
    Fair,
    /// Out of reach for a long time.
    Strong,
}
