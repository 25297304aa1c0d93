//! What the relay holds of the own prekeys, and what contacts were met without.

use jiff::Timestamp;
use sotto_protocol::frames::PrekeySupply;

use super::{Context, Engine, Store};
use crate::{
    api::{MissingPrekey, Notice},
    local_id::ContactId,
    prekeys::Supply,
    session::{DeviceSessions, Session},
};

/// The record in [`Store::Prekeys`] of what the relay said.
pub(super) const SUPPLY_KEY: &str = "supply";

impl Engine {
    /// The relay says what it holds of the own prekeys.
    pub(super) fn supply_said(&mut self, supply: &PrekeySupply, cx: &mut Context<'_>) {
        self.note_supply(Supply::said, supply, cx);
    }

    /// The relay has taken one-time prekeys, and says what it holds now.
    pub(super) fn supply_refilled(&mut self, supply: &PrekeySupply, cx: &mut Context<'_>) {
        self.note_supply(Supply::refilled, supply, cx);
    }

    fn note_supply(
        &mut self,
        note: fn(&mut Supply, &PrekeySupply, Timestamp),
        supply: &PrekeySupply,
        cx: &mut Context<'_>,
    ) {
        note(&mut self.supply, supply, cx.now);
        cx.put(Store::Prekeys, SUPPLY_KEY, &self.supply);
        cx.notice(Notice::Status);
    }

    /// What the handshakes of the sessions in use with a contact's devices went without, and those
    /// have not made up for yet.
    pub(super) fn missing_prekeys(&self, contact: &ContactId) -> Vec<MissingPrekey> {
        let sessions = self.peers.of(contact).filter_map(|peer| {
            let sessions = self.sessions.get(&peer.key);
            sessions.and_then(DeviceSessions::active)
        });
        let shortages: Vec<_> = sessions.map(Session::shortage).collect();
        let one_time = shortages.iter().any(|shortage| shortage.one_time);
        let kem = shortages.iter().any(|shortage| shortage.kem);
        let missing = [
            (one_time, MissingPrekey::OneTime),
            (kem, MissingPrekey::MlKem),
        ];
        let missing = missing.into_iter().filter(|(is_missing, _)| *is_missing);
        missing.map(|(_, which)| which).collect()
    }
}
