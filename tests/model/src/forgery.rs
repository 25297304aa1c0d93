//! What the attacker can say in somebody's name.

use crate::{
    Scenario, World,
    handshake::{Opening, identity, open_towards},
    session::Session,
    term::{Kind, Party, Term, encapsulate, hash, kdf, number, public, seal, secret},
    wire::{Attachment, Header, Listed, Wire, body, data},
    world::{PARTIES, mallory},
};

impl World {
    /// Messages in a session that is there, which the attacker can make.
    pub(crate) fn forgeries(&self, scenario: &Scenario, to: usize) -> Vec<Wire> {
        let knowledge = self.knowledge();
        let mutant = scenario.mutant;
        let evil = mallory(Kind::Text, 1);
        let mut all = Vec::new();
        for session in &self.devices[to].sessions {
            if session.peer.party() == Party::Mallory {
                continue; // she may say there what she likes
            }
            let mut places: Vec<(Header, Term)> = Vec::new();
            let (which, previous) = match &session.receiving {
                Some(receiving) => {
                    let header = Header {
                        key: receiving.peer,
                        chain: receiving.which,
                        epoch: receiving.epoch,
                        previous: 0,
                        number: receiving.number,
                    };
                    places.push((header, evil));
                    (receiving.which, receiving.number)
                }
                None => (0, 0),
            };
            let theirs = self.sent[1 - to].iter();
            let theirs = theirs.filter(|record| record.session == session.id);
            let theirs = theirs.map(|record| (record.wire.header, record.wire.text));
            places.extend(theirs.clone());
            // A chain that the peer never began, or begins otherwise: with a key of hers, or with
            // what they said, of which only a part of the header is signed.
            for epoch in [session.epoch, session.epoch + 1] {
                let begins = |key, number| Header {
                    key,
                    chain: which + 1,
                    epoch,
                    previous,
                    number,
                };
                places.push((begins(public(mallory(Kind::Turn, 1)), 0), evil));
                let again = theirs.clone();
                places.extend(again.map(|(old, text)| (begins(old.key, old.number), text)));
            }
            for (header, text) in places {
                let Some((_, key)) = session.place(mutant, header) else {
                    continue;
                };
                if !knowledge.has(key) {
                    continue;
                }
                let who = (session.peer, session.local);
                for attachment in self.attachments(session) {
                    let inside = body(mutant, who, session.id, header, attachment, text);
                    if knowledge.has(inside) {
                        let data = data(mutant, false, who, session.id, header);
                        all.push(Wire {
                            prologue: None,
                            header,
                            body: seal(key, data, inside),
                            text,
                            attachment,
                        });
                    }
                }
            }
        }
        all
    }

    fn attachments(&self, session: &Session) -> Vec<Attachment> {
        let epoch = session.epoch + 1;
        let mut all = vec![Attachment::None];
        if session.offers() {
            if let Some(key) = session.offered() {
                let (ciphertext, shared) = encapsulate(key, mallory(Kind::Encapsulation, 1));
                let transcript = hash("transcript", &[key, ciphertext]);
                let check = kdf("check", &[shared, number(epoch), transcript]);
                all.push(Attachment::Answer {
                    epoch,
                    ciphertext,
                    check,
                });
            }
        } else {
            all.push(Attachment::Offer {
                epoch,
                key: public(mallory(Kind::Seed, 1)),
            });
        }
        all
    }

    /// Handshakes that the attacker can make, in anybody's name.
    pub(crate) fn openings(&self, scenario: &Scenario, to: usize, ranks: &[u8]) -> Vec<Wire> {
        let knowledge = self.knowledge();
        let mutant = scenario.mutant;
        let device = &self.devices[to];
        let peer = Listed::of(PARTIES[1 - to]);
        let own = Listed::of(Party::Mallory);
        let lists = [
            own,
            Listed {
                agree: peer.agree,
                ..own
            },
            peer,
        ];
        let mut all = Vec::new();
        // Among people who talk already she may as well be herself.
        for from in lists
            .into_iter()
            .filter(|list| !scenario.met && !scenario.introduces || *list == peer)
        {
            let bundles = [
                device.bundle(true),
                device.bundle(false).filter(|_| scenario.degraded),
            ];
            for bundle in bundles.into_iter().flatten() {
                let threads = device.vouchers(from.account).into_iter();
                let others = device.sibling.into_iter().chain(device.invitation);
                let vouchers = threads.chain(others).map(Some).chain([None]);
                for voucher in
                    vouchers.filter(|voucher| voucher.is_none_or(|term| knowledge.has(term)))
                {
                    for (rank, opened_at) in ranks.iter().flat_map(|rank| {
                        [(*rank, 1), (*rank, 200)]
                            .into_iter()
                            .skip(usize::from(!scenario.met))
                    }) {
                        let drawn = (mallory(Kind::Turn, 2), mallory(Kind::Encapsulation, 2));
                        let agree = secret(from.agree.secret().expect("a key").of, Kind::Agree, 0);
                        let Opening {
                            prologue,
                            seed,
                            block_key,
                        } = open_towards(
                            mutant,
                            (from, agree),
                            &bundle,
                            voucher,
                            drawn,
                            (opened_at, rank),
                        );
                        let block = identity(from, prologue.opened_at);
                        if !knowledge.has(block_key) || !knowledge.has(block) {
                            continue;
                        }
                        let mut session = Session::initiator(
                            mutant,
                            (from, bundle.of),
                            prologue,
                            &seed,
                            mallory(Kind::Turn, 3),
                        );
                        let text = mallory(Kind::Text, 2);
                        let sent = session
                            .encrypt(mutant, 0, |kind| mallory(kind, 3), text)
                            .expect("sends");
                        if knowledge.has(sent.key) && knowledge.has(sent.inside) {
                            all.push(sent.wire);
                        }
                    }
                }
            }
        }
        all
    }
}
