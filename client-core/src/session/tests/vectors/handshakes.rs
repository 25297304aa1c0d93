//! First contacts, with all that a handshake can have and lack.

use serde_json::json;
use sotto_protocol::{
    frames::{OneTimePrekey, SignedPrekey},
    signing,
};

use super::*;
use crate::{
    identity::agreement::AgreementSecret, prekeys::kem::OwnKemKey, session::trace::Derivation,
};

const SIGNED_ID: u32 = 17;
const ONE_TIME_ID: u32 = 230;
const KEM_ID: u32 = 65_541;

/// Which prekeys the responder has left.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Supply {
    Full,
    WithoutOneTime,
    LastResort,
}

/// Version and time of the list that the initiator shows.
const LIST: (u64, u64) = (7, 1_700_000_000_000);

/// Two people of whom one has never heard, and the other's prekeys.
pub(super) struct Strangers {
    /// The responder's.
    pub(super) account: AccountKey,
    pub(super) alice: LocalIdentity,
    pub(super) bob: LocalIdentity,
    /// The responder's secrets.
    pub(super) prekeys: Prekeys,
    pub(super) verified: PeerPrekeys,
    pub(super) given: Fields,
    pub(super) result: Fields,
}

/// The draws with which [`Strangers::meet`] begins.
pub(super) fn draws(supply: Supply) -> Vec<(&'static str, usize)> {
    let mut draws = vec![
        ("A account seed", 32),
        ("A device seed", 32),
        ("A agreement secret", 32),
        ("B account seed", 32),
        ("B device seed", 32),
        ("B agreement secret", 32),
        ("SPK secret", 32),
    ];
    if supply == Supply::Full {
        draws.push(("OPK secret", 32));
    }
    draws.push(("KEM seed", 64));
    draws
}

impl Strangers {
    pub(super) fn meet(supply: Supply, random: &mut Scripted) -> Self {
        Self::meet_with_list(LIST, supply, random)
    }

    /// With another list of the initiator's than the usual one.
    pub(super) fn meet_with_list(list: (u64, u64), supply: Supply, random: &mut Scripted) -> Self {
        let [(_, alice), (account, bob)] = [list, (1, LIST.1)].map(|(version, created_at_ms)| {
            let account = AccountKey::generate(random);
            let device = Device::generate(random);
            let list = account.sign_device_list(&DeviceList {
                account_key: account.id().to_vec(),
                version,
                created_at_ms,
                devices: vec![device.entry()],
            });
            let local = LocalIdentity::new(&account.id(), device, &list).unwrap();
            (account, local)
        });
        let signed = AgreementSecret::generate(random);
        let one_time = (supply == Supply::Full).then(|| AgreementSecret::generate(random));
        let kem = OwnKemKey::generate(random);
        let last_resort = supply == Supply::LastResort;

        let device = bob.device();
        let served = DevicePrekeys {
            device: device.id().to_vec(),
            signed_prekey: Some(SignedPrekey {
                id: SIGNED_ID,
                public_key: signed.public().to_vec(),
                signature: device
                    .sign(&signing::signed_prekey(SIGNED_ID, &signed.public()))
                    .to_vec(),
            }),
            one_time_prekey: one_time.as_ref().map(|secret| OneTimePrekey {
                id: ONE_TIME_ID,
                public_key: secret.public().to_vec(),
            }),
            kem_prekey: Some(KemPrekey {
                id: KEM_ID,
                public_key: kem.public().to_vec(),
                signature: device
                    .sign(&signing::kem_prekey(KEM_ID, last_resort, &kem.public()))
                    .to_vec(),
                last_resort,
            }),
        };
        let mut given = Fields::new()
            .with("A list version", list.0)
            .with("A list created at", list.1)
            .with("SPK id", SIGNED_ID);
        let mut result = Fields::new();
        for (name, local) in [("A", &alice), ("B", &bob)] {
            result = result
                .bytes(format!("{name} account"), local.account().as_bytes())
                .bytes(format!("{name} device"), local.device().id().as_bytes())
                .bytes(
                    format!("{name} agreement key"),
                    local.device().agreement_key(),
                );
        }
        let spk = served.signed_prekey.as_ref().unwrap();
        result = result
            .bytes("SPK", &spk.public_key)
            .bytes("SPK signature", &spk.signature);
        if let Some(opk) = &served.one_time_prekey {
            given = given.with("OPK id", ONE_TIME_ID);
            result = result.bytes("OPK", &opk.public_key);
        }
        let kem_prekey = served.kem_prekey.as_ref().unwrap();
        given = given
            .with("KEM id", KEM_ID)
            .with("last resort", last_resort);
        result = result
            .bytes("KEM key", &kem_prekey.public_key)
            .bytes("KEM signature", &kem_prekey.signature);

        // As they are stored, so that they are these and no others.
        let spare = OwnKemKey::generate(&mut rng(1));
        let stored = json!({
            "last_id": KEM_ID,
            "rotations": [{
                "signed_id": SIGNED_ID,
                "signed": signed,
                "kem_id": if last_resort { KEM_ID } else { SIGNED_ID + 1 },
                "kem": if last_resort { &kem } else { &spare },
                "created_at": at(0),
                "replaced_at": null,
            }],
            "one_time": one_time.iter().map(|secret| (ONE_TIME_ID.to_string(), json!(secret)))
                .collect::<serde_json::Map<_, _>>(),
            "kem_one_time": (!last_resort).then_some(&kem).iter()
                .map(|key| (KEM_ID.to_string(), json!(key)))
                .collect::<serde_json::Map<_, _>>(),
            "remembered": {},
        });
        let verified = PeerPrekeys::verify(&served, &bob.devices().devices()[0]).unwrap();
        Self {
            account,
            verified,
            prekeys: serde_json::from_value(stored).unwrap(),
            alice,
            bob,
            given,
            result,
        }
    }
}

struct FirstContact {
    name: &'static str,
    about: &'static str,
    supply: Supply,
    voucher: &'static str,
}

const CASES: [FirstContact; 6] = [
    FirstContact {
        name: "full",
        about: "one-time keys of both kinds, no voucher",
        supply: Supply::Full,
        voucher: "none",
    },
    FirstContact {
        name: "without a one-time key",
        about: "no X25519 one-time key: step 12 is left out",
        supply: Supply::WithoutOneTime,
        voucher: "none",
    },
    FirstContact {
        name: "last resort",
        about: "no one-time keys at all",
        supply: Supply::LastResort,
        voucher: "none",
    },
    FirstContact {
        name: "invitation",
        about: "with an invitation's secret",
        supply: Supply::Full,
        voucher: "invitation",
    },
    FirstContact {
        name: "invitation, last resort",
        about: "with an invitation's secret, and no one-time keys",
        supply: Supply::LastResort,
        voucher: "invitation",
    },
    FirstContact {
        name: "continuity",
        about: "with a thread of a session that was lost",
        supply: Supply::Full,
        voucher: "continuity",
    },
];

impl FirstContact {
    fn run(&self) -> (Case, Vec<Derivation>) {
        let mut names = draws(self.supply);
        if self.voucher != "none" {
            names.push(("voucher", 32));
        }
        names.extend([
            ("EK secret", 32),
            ("encapsulation", 32),
            ("ratchet key", 32),
            ("header nonce", 24),
        ]);
        let mut random = Scripted::new(&format!("handshake/{}", self.name), names);
        let strangers = Strangers::meet(self.supply, &mut random);
        let secret = (self.voucher != "none").then(|| InvitationSecret::generate(&mut random));
        let thread = secret
            .as_ref()
            .map(|secret| Thread::new(zeroize::Zeroizing::new(*secret.as_bytes())));
        let voucher = match (self.voucher, &secret, &thread) {
            ("invitation", Some(secret), _) => Voucher::Invitation(secret),
            ("continuity", _, Some(thread)) => Voucher::Continuity(thread),
            _ => Voucher::Nothing,
        };
        let (now, plaintext) = (at(3), "hello");
        let ((message, accepted), trace) = traced(|| {
            let Strangers {
                alice,
                bob,
                prekeys,
                verified,
                ..
            } = &strangers;
            let mut session = initiate(alice, verified, voucher, now, &mut random).unwrap();
            let message = session
                .encrypt(alice.device(), plaintext.as_bytes(), now, &mut random)
                .unwrap();
            let accepted = accept(bob, prekeys, &[voucher], &message.bytes, now).unwrap();
            assert_eq!(accepted.session.id(), session.id());
            (message, accepted)
        });
        assert_eq!(accepted.message.plaintext, plaintext.as_bytes());
        assert_eq!(accepted.session.opened_at(), now);
        let derivations = trace.derivations.clone();
        let case = Case {
            name: self.name.to_owned(),
            about: self.about.to_owned(),
            random: random.drawn(),
            given: strangers
                .given
                .with("voucher", self.voucher)
                .with("now", milliseconds(now))
                .with("plaintext", plaintext),
            steps: trace.steps(),
            result: strangers
                .result
                .bytes("session id", accepted.session.id().as_bytes())
                .bytes("message", message.bytes),
            ..Case::default()
        };
        (case, derivations)
    }
}

pub(super) fn handshakes() -> File {
    File {
        protocol: PROTOCOL,
        name: "handshake",
        about: "First messages: A opens a session towards B, and B accepts it.",
        cases: CASES.iter().map(|contact| contact.run().0).collect(),
    }
}

/// Each label once, where the handshakes and the conversation first use it.
pub(super) fn key_schedule() -> File {
    let mut cases: Vec<Case> = Vec::new();
    let handshakes = CASES.iter().flat_map(|contact| contact.run().1);
    for derivation in handshakes.chain(conversations::derivations()) {
        let Derivation {
            label,
            context,
            from,
            gives,
        } = derivation;
        let separated = label.last() == Some(&0);
        let name = String::from_utf8(label.strip_suffix(b"\0").unwrap_or(&label).to_vec()).unwrap();
        if cases.iter().any(|case| case.name == name) {
            continue;
        }
        let about = match (separated, from.len()) {
            (true, _) => "SHA-256(label ‖ 0x00 ‖ context)",
            (false, 1) => "Expand(key, label ‖ context)",
            (false, _) => "HKDF(salt, input, label ‖ context)",
        };
        let mut given = Fields::new();
        for (name, value) in from {
            given = given.bytes(name, value);
        }
        let mut result = Fields::new();
        for (name, value) in gives {
            result = result.bytes(name, value);
        }
        cases.push(Case {
            name,
            about: about.to_owned(),
            given: given.bytes("context", context),
            result,
            ..Case::default()
        });
    }
    let labels = include_str!("../../kdf.rs").matches("b\"sotto/v2/").count();
    assert_eq!(cases.len(), labels, "each label of kdf.rs");
    File {
        protocol: PROTOCOL,
        name: "key-schedule",
        about: "Each label of the session once, with what goes in and what comes out.",
        cases,
    }
}
