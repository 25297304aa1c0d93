//! What goes over the network, and what is bound and signed in it.

use crate::{
    Mutant,
    term::{Kind, Node, Party, Term, hash, kdf, number, public, secret, sign},
};

/// What a device list says of a device: whose it is, and its two public keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Listed {
    /// The account.
    pub account: Term,
    /// The device's Ed25519 key.
    pub sign: Term,
    /// The device's X25519 key.
    pub agree: Term,
}

impl Listed {
    /// Somebody's genuine entry.
    pub fn of(party: Party) -> Self {
        let key = |kind| public(secret(party, kind, 0));
        Self {
            account: key(Kind::Account),
            sign: key(Kind::Sign),
            agree: key(Kind::Agree),
        }
    }

    /// Who controls the account.
    pub fn party(&self) -> Party {
        self.account.secret().expect("an account's key").of
    }

    /// What its account signs.
    pub fn term(&self) -> Term {
        hash("list", &[self.account, self.sign, self.agree])
    }
}

/// The handshake, as it goes along with every message until one is answered. Its parts that are
/// encrypted for hiding alone (which prekeys, who) are in the clear: more for the attacker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Prologue {
    /// EK.
    pub ephemeral: Term,
    /// SPK.
    pub signed_prekey: Term,
    /// OPK's id.
    pub one_time: Option<u8>,
    /// The KEM key's id; none is the last resort.
    pub kem: Option<u8>,
    /// The KEM ciphertext.
    pub ciphertext: Term,
    /// Who opens.
    pub from: Listed,
    /// When, by the opener's clock.
    pub opened_at: u8,
    /// The identity block: it opens under a key that the voucher went into.
    pub identity: Term,
    /// Where the session's id stands among all ids; a hash, so that nobody chooses it.
    pub rank: u8,
}

/// What goes along inside a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the protocol's own names")]
pub enum Attachment {
    None,
    Offer {
        epoch: u8,
        key: Term,
    },
    Answer {
        epoch: u8,
        ciphertext: Term,
        check: Term,
    },
}

impl Attachment {
    fn term(self) -> Term {
        match self {
            Self::None => number(0),
            Self::Offer { epoch, key } => hash("offer", &[number(epoch), key]),
            Self::Answer {
                epoch,
                ciphertext,
                check,
            } => hash("answer", &[number(epoch), ciphertext, check]),
        }
    }
}

/// A header; the ratchet's header encryption is left out, so that the attacker reads and makes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the protocol's own names")]
pub struct Header {
    pub key: Term,
    /// Which of the sender's chains, from 1: it is not said, but each has header keys of its own.
    pub chain: u8,
    pub epoch: u8,
    pub previous: u8,
    pub number: u8,
}

/// A message on the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wire {
    /// With an Initial message.
    pub prologue: Option<Prologue>,
    /// The header.
    pub header: Header,
    /// The sealed body.
    pub body: Term,
    /// What is in it, if it opens: who opens it compares that it is the same.
    pub text: Term,
    /// The same.
    pub attachment: Attachment,
}

pub(crate) fn answer(epoch: u8, key: Term, ciphertext: Term, shared: Term) -> Attachment {
    Attachment::Answer {
        epoch,
        ciphertext,
        check: kdf(
            "check",
            &[
                shared,
                number(epoch),
                hash("transcript", &[key, ciphertext]),
            ],
        ),
    }
}

fn parties(mutant: Option<Mutant>, (sender, recipient): (Listed, Listed)) -> Term {
    match mutant {
        Some(Mutant::IdentitiesBoundNowhere) => number(0),
        _ => hash(
            "parties",
            &[
                sender.account,
                sender.sign,
                recipient.account,
                recipient.sign,
            ],
        ),
    }
}

/// What is encrypted: the signature, and what it is over.
pub(crate) fn body(
    mutant: Option<Mutant>,
    who: (Listed, Listed),
    session: Term,
    header: Header,
    attachment: Attachment,
    text: Term,
) -> Term {
    let attached = match mutant {
        Some(Mutant::AttachmentsUnsigned) => number(0),
        _ => attachment.term(),
    };
    let chain = match mutant {
        Some(Mutant::ChainUnsigned) => number(0),
        _ => number(header.chain),
    };
    let content = hash(
        "content",
        &[
            parties(mutant, who),
            session,
            header.key,
            chain,
            number(header.number),
            attached,
            text,
        ],
    );
    let signature = match mutant {
        Some(Mutant::MessagesUnsigned) => content,
        _ => {
            let Node::Public(key) = who.0.sign.node() else {
                panic!("a public key")
            };
            sign(*key, content)
        }
    };
    hash("body", &[signature, attachment.term(), text])
}

/// What the encryption is bound to.
pub(crate) fn data(
    mutant: Option<Mutant>,
    initial: bool,
    who: (Listed, Listed),
    session: Term,
    header: Header,
) -> Term {
    let Header {
        key,
        chain: _, // an encrypted header need not open under one key alone
        epoch,
        previous,
        number: position,
    } = header;
    let numbers = [u8::from(initial), epoch, previous, position].map(number);
    let [kind, epoch, previous, position] = numbers;
    hash(
        "data",
        &[
            kind,
            parties(mutant, who),
            session,
            key,
            epoch,
            previous,
            position,
        ],
    )
}
