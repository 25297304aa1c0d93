//! The handshake (`client-core/src/session/handshake/`), in symbols.

use crate::{
    Mutant,
    device::Device,
    session::Seed,
    term::{
        Kind, Term, decapsulate, dh, encapsulate, hash, kdf, number, public, seal, secret, sign,
    },
    wire::{Listed, Prologue},
};

/// A peer's prekeys, as the directory serves them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bundle {
    /// The device.
    pub of: Listed,
    /// SPK.
    pub signed_prekey: Term,
    /// OPK: its id and the key.
    pub one_time: Option<(u8, Term)>,
    /// The KEM key: its id, where it is not the last resort, and the key.
    pub kem: (Option<u8>, Term),
}

struct Keys {
    responder: Listed,
    signed_prekey: Term,
    one_time: Option<(u8, Term)>,
    kem: (Option<u8>, Term),
    ephemeral: Term,
    ciphertext: Term,
}

/// The transcript before the identity block (steps 1 to 5), and with it (8, 9).
fn transcripts(mutant: Option<Mutant>, keys: &Keys, from: Listed, opened_at: u8) -> (Term, Term) {
    let bound = mutant != Some(Mutant::IdentitiesBoundNowhere);
    let who = |listed: Listed| match bound {
        true => hash("who", &[listed.account, listed.sign]),
        false => number(0),
    };
    let id = |id: Option<u8>| number(id.map_or(0, |id| id + 1));
    let one_time = keys.one_time.map_or(number(0), |(_, key)| key);
    let first = hash(
        "h",
        &[
            who(keys.responder),
            keys.responder.agree,
            keys.signed_prekey,
            keys.ephemeral,
            id(keys.one_time.map(|(id, _)| id)),
            id(keys.kem.0),
            one_time,
            keys.kem.1,
            keys.ciphertext,
        ],
    );
    let whole = hash("h", &[first, who(from), from.agree, number(opened_at)]);
    (first, whole)
}

/// What the four or five agreements give, from either side.
struct Agreements {
    ephemeral_to_prekey: Term,
    shared: Term,
    identity_to_prekey: Term,
    ephemeral_to_identity: Term,
    ephemeral_to_one_time: Option<Term>,
}

/// A voucher's term: number 0 for none.
fn block_key(mutant: Option<Mutant>, with: &Agreements, voucher: Option<Term>, h: Term) -> Term {
    let shared = match mutant {
        Some(Mutant::NoKemInTheHandshake) => number(0),
        _ => with.shared,
    };
    let voucher = voucher.unwrap_or(number(0));
    kdf("identity", &[with.ephemeral_to_prekey, shared, voucher, h])
}

fn seed(mutant: Option<Mutant>, with: &Agreements, voucher: Option<Term>, h: Term) -> Seed {
    let shared = match mutant {
        Some(Mutant::NoKemInTheHandshake) => number(0),
        _ => with.shared,
    };
    let input = [
        with.ephemeral_to_prekey,
        shared,
        voucher.unwrap_or(number(0)),
        with.identity_to_prekey,
        with.ephemeral_to_identity,
        with.ephemeral_to_one_time.unwrap_or(number(0)),
        h,
    ];
    Seed {
        id: hash("session", &[h]),
        root: kdf("first root", &input),
        thread: kdf("first thread", &input),
    }
}

/// The identity block: who, with the account's signature, and when.
pub(crate) fn identity(from: Listed, opened_at: u8) -> Term {
    let account = secret(from.party(), Kind::Account, 0);
    hash(
        "identity",
        &[from.term(), sign(account, from.term()), number(opened_at)],
    )
}

/// What an initiator has chosen and drawn, and what comes of it.
pub(crate) struct Opening {
    pub(crate) prologue: Prologue,
    pub(crate) seed: Seed,
    pub(crate) block_key: Term,
}

/// Makes a handshake; `agree` is the initiator's X25519 identity secret.
pub(crate) fn open_towards(
    mutant: Option<Mutant>,
    (from, agree): (Listed, Term),
    bundle: &Bundle,
    voucher: Option<Term>,
    (ephemeral, random): (Term, Term),
    (opened_at, rank): (u8, u8),
) -> Opening {
    let (ciphertext, shared) = encapsulate(bundle.kem.1, random);
    let keys = Keys {
        responder: bundle.of,
        signed_prekey: bundle.signed_prekey,
        one_time: bundle.one_time,
        kem: bundle.kem,
        ephemeral: public(ephemeral),
        ciphertext,
    };
    let (first, whole) = transcripts(mutant, &keys, from, opened_at);
    let with = Agreements {
        ephemeral_to_prekey: dh(ephemeral, bundle.signed_prekey),
        shared,
        identity_to_prekey: dh(agree, bundle.signed_prekey),
        ephemeral_to_identity: dh(ephemeral, bundle.of.agree),
        ephemeral_to_one_time: bundle.one_time.map(|(_, key)| dh(ephemeral, key)),
    };
    let block_key = block_key(mutant, &with, voucher, first);
    Opening {
        prologue: Prologue {
            ephemeral: public(ephemeral),
            signed_prekey: bundle.signed_prekey,
            one_time: bundle.one_time.map(|(id, _)| id),
            kem: bundle.kem.0,
            ciphertext,
            from,
            opened_at,
            identity: seal(block_key, first, identity(from, opened_at)),
            rank,
        },
        seed: seed(mutant, &with, voucher, whole),
        block_key,
    }
}

impl Device {
    /// What this device makes of a handshake with a voucher: block key, transcript and seed.
    pub(crate) fn handshake(
        &self,
        mutant: Option<Mutant>,
        prologue: &Prologue,
        voucher: Option<Term>,
    ) -> Option<(Term, Term, Seed)> {
        let signed = self.own(Kind::SignedPrekey, 0);
        if prologue.signed_prekey != public(signed)
            || prologue
                .one_time
                .is_some_and(|id| !self.one_time.contains(&id))
            || prologue.kem.is_some_and(|id| !self.kem.contains(&id))
            || prologue.from.account == Listed::of(self.party).account
        {
            return None;
        }
        let one_time = prologue
            .one_time
            .map(|id| (id, self.own(Kind::OneTime, id)));
        let kem = match prologue.kem {
            Some(id) => self.own(Kind::Kem, id),
            None => self.own(Kind::LastResort, 0),
        };
        let keys = Keys {
            responder: Listed::of(self.party),
            signed_prekey: prologue.signed_prekey,
            one_time: one_time.map(|(id, key)| (id, public(key))),
            kem: (prologue.kem, public(kem)),
            ephemeral: prologue.ephemeral,
            ciphertext: prologue.ciphertext,
        };
        let (first, whole) = transcripts(mutant, &keys, prologue.from, prologue.opened_at);
        let with = Agreements {
            ephemeral_to_prekey: dh(signed, prologue.ephemeral),
            shared: decapsulate(kem, prologue.ciphertext),
            identity_to_prekey: dh(signed, prologue.from.agree),
            ephemeral_to_identity: dh(self.own(Kind::Agree, 0), prologue.ephemeral),
            ephemeral_to_one_time: one_time.map(|(_, key)| dh(key, prologue.ephemeral)),
        };
        let key = block_key(mutant, &with, voucher, first);
        Some((key, first, seed(mutant, &with, voucher, whole)))
    }
}
