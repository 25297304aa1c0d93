//! What is said and known, as symbols: two terms are equal only if they were made alike.

use std::{
    collections::{BTreeSet, HashSet},
    fmt,
    hash::{Hash, Hasher},
    sync::{Mutex, OnceLock},
};

/// Somebody with an account and one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// Honest.
    Alice,
    /// Honest.
    Bob,
    /// An identity of the attacker's own.
    Mallory,
}

/// What a drawn secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the protocol's own names")]
pub enum Kind {
    Account,
    Sign,
    Agree,
    SignedPrekey,
    OneTime,
    Kem,
    LastResort,
    /// An ephemeral or a ratchet key.
    Turn,
    Seed,
    Encapsulation,
    Text,
    /// What an invitation of its own says.
    Invitation,
    /// What another device of its account has in common with the other one.
    Sibling,
}

/// Something that somebody drew: unique, and known to nobody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret {
    /// Who drew it.
    pub of: Party,
    /// What for.
    pub kind: Kind,
    /// The how manieth it is; zero for what was there from the beginning.
    pub number: u8,
}

/// The ways to make a term.
#[derive(PartialEq, Eq, Hash)]
pub enum Node {
    /// A drawn secret.
    Secret(Secret),
    /// The public half of one.
    Public(Term),
    /// X25519 of two secrets, in their order.
    Dh(Term, Term),
    /// ML-KEM: a ciphertext to a public key, by the randomness that it was made with.
    Ciphertext(Term, Term),
    /// ML-KEM: the secret inside.
    Shared(Term, Term),
    /// A derivation: all inputs give the output, and nothing gives an input back.
    Kdf(&'static str, Vec<Term>),
    /// A hash, or public structure.
    Open(&'static str, Vec<Term>),
    /// Authenticated encryption: key, associated data, text.
    Aead(Term, Term, Term),
    /// A signature: secret, text.
    Signature(Term, Term),
    /// A public number.
    Number(u8),
}

/// A term. There is one of each, so comparing is comparing addresses.
#[derive(Clone, Copy)]
pub struct Term(&'static Node);

impl Term {
    fn new(node: Node) -> Self {
        // One of each, for as long as the process lives; a run makes some ten thousand.
        static ALL: OnceLock<Mutex<HashSet<&'static Node>>> = OnceLock::new();
        let mut all = ALL
            .get_or_init(Mutex::default)
            .lock()
            .expect("no panic inside");
        if let Some(node) = all.get(&node) {
            return Self(node);
        }
        let node: &'static Node = Box::leak(Box::new(node));
        all.insert(node);
        Self(node)
    }

    /// How it was made.
    pub fn node(self) -> &'static Node {
        self.0
    }

    fn address(self) -> usize {
        std::ptr::from_ref(self.0).addr()
    }

    /// The drawn secret itself, or the one whose public half it is.
    pub fn secret(self) -> Option<Secret> {
        match self.0 {
            Node::Secret(secret) => Some(*secret),
            Node::Public(secret) => secret.secret(),
            _ => None,
        }
    }
}

impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Term {}

impl PartialOrd for Term {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Term {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.address().cmp(&other.address())
    }
}

impl Hash for Term {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.address().hash(state);
    }
}

impl fmt::Debug for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Node::Secret(Secret { of, kind, number }) => write!(f, "{of:?}.{kind:?}{number}"),
            Node::Public(secret) => write!(f, "pub {secret:?}"),
            Node::Dh(a, b) => write!(f, "dh({a:?}, {b:?})"),
            Node::Ciphertext(key, random) => write!(f, "ct({key:?}, {random:?})"),
            Node::Shared(key, random) => write!(f, "ss({key:?}, {random:?})"),
            // Whole, they would fill pages.
            Node::Kdf(label, _) | Node::Open(label, _) => {
                write!(f, "{label}#{:x}", self.address() >> 4 & 0xfff)
            }
            Node::Aead(key, ..) => write!(f, "aead({key:?}, …)"),
            Node::Signature(secret, _) => write!(f, "sig({secret:?}, …)"),
            Node::Number(number) => write!(f, "{number}"),
        }
    }
}

/// A drawn secret.
pub fn secret(of: Party, kind: Kind, number: u8) -> Term {
    Term::new(Node::Secret(Secret { of, kind, number }))
}

/// The public half of a secret.
pub fn public(secret: Term) -> Term {
    Term::new(Node::Public(secret))
}

/// X25519 of an own secret and somebody's public key.
pub fn dh(own: Term, peer: Term) -> Term {
    let peer = match peer.node() {
        Node::Public(secret) => *secret,
        _ => panic!("a public key"),
    };
    Term::new(Node::Dh(own.min(peer), own.max(peer)))
}

/// ML-KEM.Encaps: ciphertext and secret.
pub fn encapsulate(key: Term, random: Term) -> (Term, Term) {
    (
        Term::new(Node::Ciphertext(key, random)),
        Term::new(Node::Shared(key, random)),
    )
}

/// ML-KEM.Decaps; what is not for this key gives a secret that nobody else knows.
pub fn decapsulate(own: Term, ciphertext: Term) -> Term {
    match ciphertext.node() {
        Node::Ciphertext(key, random) if *key == public(own) => {
            Term::new(Node::Shared(*key, *random))
        }
        _ => kdf("rejected", &[own, ciphertext]),
    }
}

/// A derivation.
pub fn kdf(label: &'static str, inputs: &[Term]) -> Term {
    Term::new(Node::Kdf(label, inputs.to_vec()))
}

/// A hash, or public structure; with secrets inside it is as secret as they are together.
pub fn hash(label: &'static str, parts: &[Term]) -> Term {
    Term::new(Node::Open(label, parts.to_vec()))
}

/// Authenticated encryption.
pub fn seal(key: Term, data: Term, text: Term) -> Term {
    Term::new(Node::Aead(key, data, text))
}

/// What is inside, with the right key and associated data.
pub fn open(key: Term, data: Term, sealed: Term) -> Option<Term> {
    match sealed.node() {
        Node::Aead(with, bound, text) if *with == key && *bound == data => Some(*text),
        _ => None,
    }
}

/// A signature.
pub fn sign(secret: Term, text: Term) -> Term {
    Term::new(Node::Signature(secret, text))
}

/// A public number.
pub fn number(number: u8) -> Term {
    Term::new(Node::Number(number))
}

/// What the attacker has.
pub struct Knowledge<'a> {
    /// What was stolen.
    pub stolen: &'a BTreeSet<Term>,
    /// Everything encrypted that was said: key and text.
    pub sealed: Vec<(Term, Term)>,
    /// Whether discrete logarithms are easy by now.
    pub quantum: bool,
}

impl Knowledge<'_> {
    /// Whether the attacker can make a term: by having it, or all that it is made of. Everything
    /// public is had: keys, ciphertexts, hashes and headers are never hidden from this attacker.
    pub fn has(&self, term: Term) -> bool {
        if self.stolen.contains(&term) {
            return true;
        }
        match term.node() {
            Node::Secret(secret) => {
                secret.of == Party::Mallory || secret.kind == Kind::Text && self.opens(term)
            }
            Node::Public(_) | Node::Ciphertext(..) | Node::Number(_) => true,
            Node::Dh(a, b) => self.quantum || self.has(*a) || self.has(*b),
            Node::Shared(Term(Node::Public(seed)), random) => self.has(*seed) || self.has(*random),
            Node::Shared(..) => false,
            Node::Kdf(_, parts) | Node::Open(_, parts) => parts.iter().all(|part| self.has(*part)),
            Node::Aead(key, data, text) => self.has(*key) && self.has(*data) && self.has(*text),
            Node::Signature(secret, _) => self.has(*secret) || self.opens(term),
        }
    }

    /// Whether something that the attacker can decrypt has that in it.
    fn opens(&self, term: Term) -> bool {
        let mut sealed = self.sealed.iter();
        sealed.any(|(key, text)| contains(*text, term) && self.has(*key))
    }
}

fn contains(text: Term, part: Term) -> bool {
    text == part
        || matches!(text.node(), Node::Open(_, parts) if parts.iter().any(|of| contains(*of, part)))
}
