//! ML-KEM in the root key, as the conversation runs, so that it heals from theft against a quantum
//! adversary too.
//!
//! The idea is that of PQ3 (Apple 2024; Linker, Sasse, Basin, ePrint 2024/357): from time to time whole
//! keys go along with a message. Here they stand inside the signed and padded body, and what
//! they agree on is mixed in when the next turn is taken, together with that turn's X25519 secret:
//! a lost message blocks nobody, and the header's length says nothing.
//!
//! One **epoch** ends and the next begins with such a turn. For odd epochs the responder of the
//! handshake offers a key and the initiator answers, for even ones the other way round, so that
//! offers never cross.

use core::fmt;

use jiff::Timestamp;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::{
    REKEY_AFTER_DAYS, REKEY_AFTER_MESSAGES, REKEY_REPEATED_EVERY, SessionError,
    attachment::{Attachment, CHECK_LEN},
    kdf,
    kdf::Key,
};
use crate::{
    identity::secret,
    prekeys::kem::{CIPHERTEXT_LEN, ENCAPSULATION_KEY_LEN, OfferedKemKey, PeerKemKey},
};

/// Who opened the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Side {
    Initiator,
    Responder,
}

/// What both sides know of one exchange, to be mixed into one turn.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct FreshSecret {
    #[serde(with = "secret::array")]
    pub(super) secret: Key,
    /// The epoch that begins with it.
    pub(super) epoch: u32,
    /// SHA-256(encapsulation key ‖ ciphertext).
    #[serde(with = "secret::public_array")]
    pub(super) transcript: [u8; 32],
}

#[cfg(test)]
crate::wiping::proof!(FreshSecret { secret; epoch, transcript });

impl FreshSecret {
    fn new(
        epoch: u32,
        key: &[u8; ENCAPSULATION_KEY_LEN],
        ciphertext: &[u8; CIPHERTEXT_LEN],
        secret: Key,
    ) -> Self {
        Self {
            secret,
            epoch,
            transcript: kdf::hash(&[key, ciphertext]),
        }
    }

    fn check(&self) -> [u8; CHECK_LEN] {
        let info = [
            kdf::RATCHET_ML_KEM_CHECK,
            &self.epoch.to_be_bytes(),
            &self.transcript,
        ];
        let [key] = kdf::expand_keys(&self.secret, &info);
        let mut check = [0; CHECK_LEN];
        for (to, from) in check.iter_mut().zip(key.iter()) {
            *to = *from;
        }
        check
    }
}

/// How far the exchange for the next epoch has come.
#[derive(Clone, Serialize, Deserialize)]
enum State {
    Idle,
    /// We offered; the key goes along until it is answered.
    Offered {
        own: OfferedKemKey,
    },
    /// The peer offered this key.
    Asked {
        #[serde(with = "secret::public_array")]
        key: [u8; ENCAPSULATION_KEY_LEN],
    },
    /// We answered; the answer goes along until the peer's next chain begins the epoch.
    Answered {
        #[serde(with = "secret::public_array")]
        ciphertext: [u8; CIPHERTEXT_LEN],
        fresh: FreshSecret,
    },
    /// The peer answered; our next chain begins the epoch.
    Ready {
        fresh: FreshSecret,
    },
}

#[cfg(test)]
impl crate::wiping::Wiped for State {}
#[cfg(test)]
const _: fn(&State) = |state| match state {
    State::Idle | State::Asked { key: _ } => {}
    State::Offered { own } => crate::wiping::wiped(own),
    State::Answered {
        ciphertext: _,
        fresh,
    }
    | State::Ready { fresh } => crate::wiping::wiped(fresh),
};

/// The epochs of one session.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Rekey {
    side: Side,
    epoch: u32,
    /// Messages sent and received in this epoch.
    messages: u32,
    /// When the epoch began here, in seconds since the Unix epoch.
    began: i64,
    state: State,
}

#[cfg(test)]
crate::wiping::proof!(Rekey { state; side, epoch, messages, began });

impl Rekey {
    pub(super) fn new(side: Side, now: Timestamp) -> Self {
        Self {
            side,
            epoch: 0,
            messages: 0,
            began: now.as_second(),
            state: State::Idle,
        }
    }

    /// Who opened the session.
    pub(super) fn side(&self) -> Side {
        self.side
    }

    /// How many there have been; 0 is the handshake's.
    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// How many messages were sent and received since the epoch began.
    pub(super) fn messages(&self) -> u32 {
        self.messages
    }

    /// What the turn that begins our next chain mixes in.
    pub(super) fn ready(&self) -> Option<&FreshSecret> {
        match &self.state {
            State::Ready { fresh } => Some(fresh),
            _ => None,
        }
    }

    /// What the turn mixes in by which the peer began a chain of that epoch.
    pub(super) fn followed_by(&self, epoch: u32) -> Result<Option<&FreshSecret>, SessionError> {
        match &self.state {
            _ if epoch == self.epoch => Ok(None),
            State::Answered { fresh, .. } if epoch == fresh.epoch => Ok(Some(fresh)),
            _ => Err(SessionError::Undecryptable),
        }
    }

    /// A turn mixed the fresh secret in.
    pub(super) fn begin(&mut self, now: Timestamp) {
        self.epoch = self.epoch.saturating_add(1);
        self.messages = 0;
        self.began = now.as_second();
        self.state = State::Idle;
    }

    /// A message was sent or received.
    pub(super) fn count(&mut self) {
        self.messages = self.messages.saturating_add(1);
    }

    /// What goes along with our message of that number in its chain.
    pub(super) fn attach<R: CryptoRng + ?Sized>(
        &mut self,
        number: u32,
        now: Timestamp,
        rng: &mut R,
    ) -> Result<Attachment, SessionError> {
        let epoch = self.epoch.saturating_add(1);
        let repeated = number.is_multiple_of(REKEY_REPEATED_EVERY);
        match &self.state {
            State::Idle if self.offers(epoch) && self.is_due(now) => {
                let own = OfferedKemKey::generate(rng);
                let key = Box::new(own.public());
                self.state = State::Offered { own };
                Ok(Attachment::Offer { epoch, key })
            }
            State::Offered { own } if repeated => Ok(Attachment::Offer {
                epoch,
                key: Box::new(own.public()),
            }),
            State::Asked { key } => {
                let peer = PeerKemKey::parse(key).map_err(|_| SessionError::Undecryptable)?;
                let (ciphertext, secret) = peer.encapsulate(rng);
                let fresh = FreshSecret::new(epoch, key, &ciphertext, secret);
                let answer = Attachment::Answer {
                    epoch,
                    ciphertext: Box::new(ciphertext),
                    check: fresh.check(),
                };
                self.state = State::Answered { ciphertext, fresh };
                Ok(answer)
            }
            State::Answered { ciphertext, fresh } if repeated => Ok(Attachment::Answer {
                epoch,
                ciphertext: Box::new(*ciphertext),
                check: fresh.check(),
            }),
            State::Idle | State::Offered { .. } | State::Answered { .. } | State::Ready { .. } => {
                Ok(Attachment::None)
            }
        }
    }

    /// Takes what came along with a message that is otherwise genuine.
    ///
    /// # Errors
    ///
    /// [`SessionError::Undecryptable`] for what no honest peer sends: half of an exchange that is
    /// not its, or not due, or a key that FIPS 203 section 7.2 refuses. The state is as it was.
    pub(super) fn take(&mut self, attachment: &Attachment) -> Result<(), SessionError> {
        let next = self.epoch.saturating_add(1);
        match attachment {
            Attachment::None => Ok(()),
            Attachment::Offer { epoch, .. } | Attachment::Answer { epoch, .. }
                if *epoch <= self.epoch =>
            {
                Ok(()) // overtaken by its own effect
            }
            Attachment::Offer { epoch, key } if *epoch == next && !self.offers(next) => {
                self.take_offer(key)
            }
            Attachment::Answer {
                epoch,
                ciphertext,
                check,
            } if *epoch == next && self.offers(next) => {
                self.take_answer(ciphertext, check);
                Ok(())
            }
            Attachment::Offer { .. } | Attachment::Answer { .. } => {
                Err(SessionError::Undecryptable)
            }
        }
    }

    /// What whoever saw both halves, and has the secret of neither, can still do: as the other does, with
    /// zeros in the secret's place.
    #[cfg(test)]
    pub(super) fn guess(&mut self, other: &Self) {
        let at_a_loss = matches!(self.state, State::Idle | State::Asked { .. });
        if !at_a_loss || self.epoch != other.epoch {
            return;
        }
        let zeros = |fresh: &FreshSecret| FreshSecret {
            secret: Key::default(),
            ..fresh.clone()
        };
        match &other.state {
            State::Answered { ciphertext, fresh } => {
                self.state = State::Answered {
                    ciphertext: *ciphertext,
                    fresh: zeros(fresh),
                };
            }
            State::Ready { fresh } => {
                self.state = State::Ready {
                    fresh: zeros(fresh),
                };
            }
            State::Idle | State::Offered { .. } | State::Asked { .. } => {}
        }
    }

    fn take_offer(&mut self, key: &[u8; ENCAPSULATION_KEY_LEN]) -> Result<(), SessionError> {
        let known = match &self.state {
            State::Asked { key: known } => known == key,
            State::Answered { ciphertext, fresh } => {
                fresh.transcript == kdf::hash(&[key, ciphertext])
            }
            State::Idle | State::Offered { .. } | State::Ready { .. } => false,
        };
        if !known {
            // The first one, or another one of a peer who was rolled back to before it.
            PeerKemKey::parse(key).map_err(|_| SessionError::Undecryptable)?;
            self.state = State::Asked { key: *key };
        }
        Ok(())
    }

    /// An answer to another key than the one that we hold the seed of changes nothing.
    fn take_answer(&mut self, ciphertext: &[u8; CIPHERTEXT_LEN], check: &[u8; CHECK_LEN]) {
        let State::Offered { own } = &self.state else {
            return;
        };
        let (key, secret) = own.decapsulate(ciphertext);
        let fresh = FreshSecret::new(self.epoch.saturating_add(1), &key, ciphertext, secret);
        if bool::from(fresh.check().ct_eq(check)) {
            self.state = State::Ready { fresh };
        }
    }

    /// Whether it is our part to offer a key for that epoch.
    fn offers(&self, epoch: u32) -> bool {
        match self.side {
            Side::Responder => !epoch.is_multiple_of(2),
            Side::Initiator => epoch.is_multiple_of(2),
        }
    }

    /// At once after the handshake, whose ML-KEM key may have been a last-resort one.
    fn is_due(&self, now: Timestamp) -> bool {
        let age = now.as_second().saturating_sub(self.began);
        self.epoch == 0
            || self.messages >= REKEY_AFTER_MESSAGES
            || age >= i64::from(REKEY_AFTER_DAYS) * 86_400
    }
}

impl fmt::Debug for Rekey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            side: _,
            epoch,
            messages,
            began: _,
            state,
        } = self;
        let state = match state {
            State::Idle => "Idle",
            State::Offered { own: _ } => "Offered",
            State::Asked { key: _ } => "Asked",
            State::Answered {
                ciphertext: _,
                fresh: _,
            } => "Answered",
            State::Ready { fresh: _ } => "Ready",
        };
        write!(f, "Rekey(epoch {epoch} + {messages}, {state})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::tests::{at, rng};

    fn pair() -> (Rekey, Rekey) {
        let [a, b] = [Side::Initiator, Side::Responder].map(|side| Rekey::new(side, at(0)));
        (a, b)
    }

    fn offer(responder: &mut Rekey) -> Attachment {
        responder.attach(0, at(0), &mut rng(1)).unwrap()
    }

    fn stored(rekey: &Rekey) -> String {
        serde_json::to_string(rekey).unwrap()
    }

    fn refuses(rekey: &mut Rekey, attachment: &Attachment) {
        let before = stored(rekey);
        let error = rekey.take(attachment).unwrap_err();
        assert_eq!(error, SessionError::Undecryptable);
        assert_eq!(stored(rekey), before);
    }

    fn ignores(rekey: &mut Rekey, attachment: &Attachment) {
        let before = stored(rekey);
        rekey.take(attachment).unwrap();
        assert_eq!(stored(rekey), before);
    }

    #[test]
    fn an_exchange_gives_both_the_same_secret() {
        let (mut a, mut b) = pair();
        assert_eq!(a.attach(0, at(0), &mut rng(1)).unwrap(), Attachment::None);
        let offer = offer(&mut b);
        a.take(&offer).unwrap();
        let answer = a.attach(0, at(0), &mut rng(2)).unwrap();
        b.take(&answer).unwrap();
        let (ready, followed) = (b.ready().unwrap(), a.followed_by(1).unwrap().unwrap());
        assert_eq!(ready.secret, followed.secret);
        assert_eq!((ready.epoch, followed.epoch), (1, 1));
        assert_eq!(ready.transcript, followed.transcript);
        for rekey in [&mut a, &mut b] {
            rekey.begin(at(0));
            assert_eq!((rekey.epoch(), rekey.messages()), (1, 0));
            assert!(rekey.ready().is_none());
        }
        ignores(&mut a, &offer);
        ignores(&mut b, &answer);
        insta::assert_snapshot!(format!("{a:?}"), @"Rekey(epoch 1 + 0, Idle)");
    }

    #[test]
    fn the_sides_offer_in_turn_after_so_many_messages_or_days() {
        let (mut a, mut b) = pair();
        for rekey in [&mut a, &mut b] {
            rekey.begin(at(0));
        }
        for day in [0, 6] {
            assert_eq!(a.attach(0, at(day), &mut rng(1)).unwrap(), Attachment::None);
        }
        let late = a.clone().attach(0, at(7), &mut rng(1)).unwrap();
        assert!(matches!(late, Attachment::Offer { epoch: 2, .. }));
        for _ in 0..REKEY_AFTER_MESSAGES {
            assert_eq!(a.attach(0, at(0), &mut rng(1)).unwrap(), Attachment::None);
            a.count();
            b.count();
        }
        assert_eq!(b.attach(0, at(9), &mut rng(1)).unwrap(), Attachment::None);
        let offer = a.attach(5, at(0), &mut rng(1)).unwrap();
        assert!(matches!(offer, Attachment::Offer { epoch: 2, .. }));
        // A clock that goes back only leaves the other rule.
        let (mut a, _) = pair();
        a.begin(at(100));
        assert_eq!(a.attach(0, at(0), &mut rng(1)).unwrap(), Attachment::None);
    }

    #[test]
    fn offer_and_answer_are_repeated_at_the_first_and_each_sixteenth_message() {
        let (mut a, mut b) = pair();
        let offer = offer(&mut b);
        a.take(&offer).unwrap();
        let answer = a.attach(3, at(0), &mut rng(2)).unwrap();
        for number in 0..40 {
            let [again, other] =
                [&mut b, &mut a].map(|rekey| rekey.attach(number, at(0), &mut rng(3)).unwrap());
            if number.is_multiple_of(REKEY_REPEATED_EVERY) {
                assert_eq!((&again, &other), (&offer, &answer));
            } else {
                assert_eq!((again, other), (Attachment::None, Attachment::None));
            }
        }
    }

    #[test]
    fn what_no_honest_peer_sends_is_refused() {
        let (mut a, mut b) = pair();
        let theirs = offer(&mut b);
        let Attachment::Offer { key, .. } = theirs.clone() else {
            unreachable!("an offer")
        };
        // Two sides that offer for the same epoch; epochs beyond the next.
        refuses(&mut b, &theirs);
        let key_of = |epoch| Attachment::Offer {
            epoch,
            key: key.clone(),
        };
        refuses(&mut a, &key_of(2));
        refuses(&mut a, &key_of(u32::MAX));
        let mut beyond_the_modulus = key.clone();
        beyond_the_modulus[..2].fill(0xff);
        let bad = Attachment::Offer {
            epoch: 1,
            key: beyond_the_modulus,
        };
        refuses(&mut a, &bad);
        a.take(&theirs).unwrap();
        let answer = a.attach(0, at(0), &mut rng(2)).unwrap();
        refuses(&mut a, &answer);
        // A chain of another epoch than the present and the one that was answered.
        assert!(a.followed_by(2).is_err() && b.followed_by(1).is_err());
        assert!(a.followed_by(0).is_ok_and(|fresh| fresh.is_none()));
    }

    #[test]
    fn an_answer_that_was_bent_or_is_for_another_key_changes_nothing() {
        let (mut a, mut b) = pair();
        a.take(&offer(&mut b)).unwrap();
        let answer = a.attach(0, at(0), &mut rng(2)).unwrap();
        let Attachment::Answer {
            epoch,
            ciphertext,
            check,
        } = answer.clone()
        else {
            unreachable!("an answer")
        };
        let mut bent = ciphertext.clone();
        bent[7] ^= 1;
        ignores(
            &mut b,
            &Attachment::Answer {
                epoch,
                ciphertext: bent,
                check,
            },
        );
        ignores(
            &mut b,
            &Attachment::Answer {
                epoch,
                ciphertext,
                check: [0; CHECK_LEN],
            },
        );
        // The offerer was put back to before its offer, and offers another key.
        let (_, mut restored) = pair();
        ignores(&mut restored, &answer);
        let other = restored.attach(0, at(0), &mut rng(9)).unwrap();
        ignores(&mut restored, &answer);
        a.take(&other).unwrap();
        let answer = a.attach(0, at(0), &mut rng(2)).unwrap();
        restored.take(&answer).unwrap();
        assert!(restored.ready().is_some());
    }
}
