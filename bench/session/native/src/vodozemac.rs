//! The same two people with vodozemac's Olm session, as bytes on a wire.

use sotto_bench_pair::Side;
use vodozemac::{
    Curve25519PublicKey,
    olm::{Account, OlmMessage, Session, SessionConfig},
};

/// Whose one-time key is taken, and where to write to.
pub(crate) struct Prekeys {
    identity: Curve25519PublicKey,
    one_time: Curve25519PublicKey,
}

/// An account and what is left of its one-time keys.
pub(crate) struct Person {
    account: Account,
    published: Vec<Curve25519PublicKey>,
}

impl Person {
    /// Somebody new.
    pub(crate) fn new() -> Self {
        let account = Account::new();
        let published = Vec::new();
        Self { account, published }
    }

    /// Keys for one handshake.
    pub(crate) fn one_time_prekeys(&mut self) -> Prekeys {
        if self.published.is_empty() {
            let most = self.account.max_number_of_one_time_keys();
            self.account.generate_one_time_keys(most);
            self.published = self.account.one_time_keys().into_values().collect();
            self.account.mark_keys_as_published();
        }
        Prekeys {
            identity: self.account.curve25519_key(),
            one_time: self.published.pop().expect("a fresh key"),
        }
    }

    /// Opens a session and encrypts its first message.
    pub(crate) fn opens(&self, towards: &Prekeys, plaintext: &[u8]) -> (Session, (usize, Vec<u8>)) {
        let config = SessionConfig::version_1();
        let session =
            self.account
                .create_outbound_session(config, towards.identity, towards.one_time);
        let mut session = session.expect("a session");
        let message = session.encrypt(plaintext).expect("a message");
        (session, message.to_parts())
    }

    /// Takes a session up.
    pub(crate) fn takes(
        &mut self,
        from: Curve25519PublicKey,
        message: &(usize, Vec<u8>),
    ) -> Session {
        let OlmMessage::PreKey(hello) = decode(message) else {
            panic!("expected a first message")
        };
        let config = SessionConfig::version_1();
        let taken = self.account.create_inbound_session(config, from, &hello);
        taken.expect("a handshake").session
    }

    /// Its long-term key.
    pub(crate) fn identity(&self) -> Curve25519PublicKey {
        self.account.curve25519_key()
    }
}

/// Two people with a session that both have used once.
pub(crate) struct Pair {
    sessions: [Session; 2],
}

impl Pair {
    /// Two people who have just met.
    pub(crate) fn new() -> Self {
        let (initiator, mut responder) = (Person::new(), Person::new());
        let prekeys = responder.one_time_prekeys();
        let (opened, hello) = initiator.opens(&prekeys, b"hello");
        let taken = responder.takes(initiator.identity(), &hello);
        let mut pair = Self {
            sessions: [opened, taken],
        };
        pair.say(Side::Responder, b"hello yourself");
        pair
    }

    /// A whole message; gives its length on the wire.
    pub(crate) fn say(&mut self, from: Side, plaintext: &[u8]) -> usize {
        let message = self.encrypt(from, plaintext);
        let read = self.decrypt(from.other(), &message);
        assert_eq!(read.len(), plaintext.len());
        message.1.len()
    }

    /// Encrypts what `from` writes: the kind of message, and its bytes.
    pub(crate) fn encrypt(&mut self, from: Side, plaintext: &[u8]) -> (usize, Vec<u8>) {
        let message = self.sessions[from as usize].encrypt(plaintext);
        message.expect("a message").to_parts()
    }

    /// Decrypts what `to` received.
    pub(crate) fn decrypt(&mut self, to: Side, message: &(usize, Vec<u8>)) -> Vec<u8> {
        let read = self.sessions[to as usize].decrypt(&decode(message));
        read.expect("a genuine message")
    }

    /// How long that side's session is as it is stored, before it is encrypted.
    pub(crate) fn stored(&self, side: Side) -> usize {
        stored(&self.sessions[side as usize])
    }
}

/// How long a session is as it is stored, before it is encrypted.
pub(crate) fn stored(session: &Session) -> usize {
    let pickle = serde_json::to_vec(&session.pickle());
    pickle.expect("a pickle as text").len()
}

fn decode((kind, bytes): &(usize, Vec<u8>)) -> OlmMessage {
    OlmMessage::from_parts(*kind, bytes).expect("an Olm message")
}
