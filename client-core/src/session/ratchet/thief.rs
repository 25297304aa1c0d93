//! Somebody who stole a session's state once, watches every message from then on, and has a quantum
//! computer: every X25519 secret is theirs, from the public keys that they see. What ML-KEM protects is not.

use super::{Ratchet, Turn};
use crate::session::{
    SessionError,
    chain_key::ChainKey,
    header::{Header, SealedHeader},
    message_key::MessageKey,
    root_key::TurnSecret,
};

impl Ratchet {
    /// Where the victim has the secret of the next epoch and the thief has not: what the thief saw of both
    /// halves, and zeros in the secret's place, so that a turn which leaves the secret out hides nothing.
    pub(in crate::session) fn guess(&mut self, victim: &Self) {
        self.rekey.guess(&victim.rekey);
    }

    /// Follows the victim's message: the keys that the stolen state leads to. Where the victim began a
    /// chain, `victim` is asked for its X25519 secret, and for nothing else.
    pub(in crate::session) fn shadow(
        &mut self,
        victim: &Self,
        header: &SealedHeader,
        associated_data: &[u8],
    ) -> Result<(Header, u64, MessageKey), SessionError> {
        let lost = || SessionError::Undecryptable;
        if let Turn::Due {
            next_header_key,
            previous_length,
        } = &self.turn
        {
            let Turn::Sending { own, .. } = &victim.turn else {
                return Err(lost());
            };
            let receiving = self.receiving.as_ref().ok_or_else(lost)?;
            let agreement = own.secret().agree(&receiving.peer).ok_or_else(lost)?;
            let fresh = self.rekey.ready().cloned();
            let begins_epoch = fresh.is_some();
            let turned = self.root.turn(&TurnSecret { agreement, fresh });
            self.turn = Turn::Sending {
                own: own.clone(),
                header_key: next_header_key.clone(),
                next_header_key: turned.next_header_key,
                chain: turned.chain,
                previous_length: *previous_length,
            };
            self.root = turned.root;
            if begins_epoch {
                self.rekey.begin(jiff::Timestamp::UNIX_EPOCH);
            }
        }
        let which = self.sending_chain();
        let Turn::Sending {
            header_key, chain, ..
        } = &mut self.turn
        else {
            return Err(lost());
        };
        let header = header_key.open(header, associated_data).ok_or_else(lost)?;
        if header.epoch != self.rekey.epoch() {
            return Err(lost());
        }
        let (_, message_key) = ChainKey::next(chain)?;
        Ok((header, which, message_key))
    }
}
