//! What stands before any session, and beside it: lists, prekeys, numbers, links, records.

use sotto_protocol::{
    frames::{self, SignedDeviceList},
    id::{AccountId, MailboxId},
};

use super::{
    super::super::{InvitationSecret, padding},
    *,
};
use crate::{
    identity::{self, agreement::tests::LOW_ORDER},
    invitation::Invitation,
    safety_code::SafetyCode,
    vault::Vault,
};

const SEED: usize = 32;

pub(super) fn device_lists() -> File {
    let name = "device-list";
    let case = |case: &str, about: &str, version: u64, count: usize| {
        let keys = (1..=count).flat_map(|at| {
            let key = |what| (format!("device {at} {what}"), SEED);
            [key("seed"), key("agreement secret")]
        });
        let draws = core::iter::once(("account seed".to_owned(), SEED)).chain(keys);
        let mut random = Scripted::new(&format!("{name}/{case}"), draws);
        let account = AccountKey::generate(&mut random);
        let devices: Vec<Device> = (0..count).map(|_| Device::generate(&mut random)).collect();
        let created_at_ms = 1_800_000_000_000 + version;
        let signed = account.sign_device_list(&DeviceList {
            account_key: account.id().to_vec(),
            version,
            created_at_ms,
            devices: devices.iter().map(Device::entry).collect(),
        });
        let mut result = Fields::new().bytes("account", account.id().as_bytes());
        for (at, device) in devices.iter().enumerate() {
            result = result
                .bytes(format!("device {}", at + 1), device.id().as_bytes())
                .bytes(
                    format!("device {} agreement key", at + 1),
                    device.agreement_key(),
                );
        }
        Case {
            name: case.to_owned(),
            about: about.to_owned(),
            random: random.drawn(),
            given: Fields::new()
                .with("version", version)
                .with("created at", created_at_ms),
            result: result
                .bytes("list", &signed.list)
                .bytes("signature", &signed.signature)
                .with("taken", PeerDevices::verify(&signed, &account.id()).is_ok()),
            ..Case::default()
        }
    };
    let mut cases = vec![
        case("one device", "as every account begins", 1, 1),
        case("two devices", "in the order of the list", 2, 2),
        case("eight devices", "above 512 bytes", 300, 8),
        case("nine devices", "refused: one too many", 1, 9),
        case("no version", "refused: versions begin with 1", 0, 1),
        case("no device", "refused", 1, 0),
    ];
    cases.extend(refused_lists(name));
    File {
        protocol: PROTOCOL,
        name,
        about: "Device lists: keys from their seeds, encoding, the account's signature, and whether a list is taken.",
        cases,
    }
}

/// Lists that the account signed, and that nobody takes.
fn refused_lists(name: &str) -> Vec<Case> {
    let draws = [
        ("account seed", SEED),
        ("device seed", SEED),
        ("agreement secret", SEED),
    ];
    let mut random = Scripted::new(&format!("{name}/refused"), draws);
    let account = AccountKey::generate(&mut random);
    let device = Device::generate(&mut random).entry();
    let list = |devices: Vec<frames::Device>| DeviceList {
        account_key: account.id().to_vec(),
        version: 1,
        created_at_ms: 1_800_000_000_000,
        devices,
    };
    let good = account.sign_device_list(&list(vec![device.clone()]));
    let resigned = |tail: &[u8]| {
        let bytes = [good.list.as_ref(), tail].concat();
        account.sign_bytes(bytes)
    };
    let key = |hex: &str| HEXLOWER.decode(hex.as_bytes()).unwrap();
    let agreement_keys = LOW_ORDER
        .iter()
        .chain(&OTHER_X25519)
        .enumerate()
        .map(|(at, hex)| {
            let device = frames::Device {
                agreement_key: key(hex),
                ..device.clone()
            };
            let about =
                "an X25519 key of low order or in another encoding; the last is the base point";
            (
                format!("agreement key {}", at + 1),
                about,
                account.sign_device_list(&list(vec![device])),
            )
        });
    let signing_keys = ED25519.iter().enumerate().map(|(at, hex)| {
        let device = frames::Device {
            signing_key: key(hex),
            ..device.clone()
        };
        let about = "an Ed25519 key of small order or in another encoding; the last two have y = 3";
        (
            format!("signing key {}", at + 1),
            about,
            account.sign_device_list(&list(vec![device])),
        )
    });
    let keys: Vec<_> = agreement_keys.chain(signing_keys).collect();
    let mut bent = good.clone();
    let mut signature = bent.signature.to_vec();
    signature[10] ^= 1;
    bent.signature = signature.into();
    let mut unreduced = good.clone();
    let mut signature = unreduced.signature.to_vec();
    add_order(&mut signature[32..]);
    unreduced.signature = signature.into();
    let another = SignedDeviceList {
        list: good.list.clone(),
        signature: account.sign_device_list(&list(vec![])).signature,
    };
    [
        (
            "the good one",
            "taken: what the next ones are made from",
            good.clone(),
        ),
        (
            "a field too many",
            "an unknown field at its end",
            resigned(&[0x28, 0x01]),
        ),
        (
            "a field twice",
            "the version once more",
            resigned(&[0x10, 0x01]),
        ),
        (
            "a default written out",
            "a version of zero at its end",
            resigned(&[0x10, 0x00]),
        ),
        (
            "a device twice",
            "",
            account.sign_device_list(&list(vec![device.clone(), device.clone()])),
        ),
        ("a bit of the signature bent", "", bent),
        ("S not reduced", "the group's order added to it", unreduced),
        ("another list's signature", "", another),
    ]
    .map(|(name, about, signed)| (name.to_owned(), about, signed))
    .into_iter()
    .chain(keys)
    .map(|(name, about, signed)| Case {
        name,
        about: about.to_owned(),
        given: Fields::new()
            .bytes("account", account.id().as_bytes())
            .bytes("list", &signed.list)
            .bytes("signature", &signed.signature),
        result: Fields::new().with("taken", PeerDevices::verify(&signed, &account.id()).is_ok()),
        ..Case::default()
    })
    .collect()
}

/// Adds the order of Ed25519's group to a little-endian number.
fn add_order(number: &mut [u8]) {
    let order = HEXLOWER
        .decode(b"edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        .unwrap();
    let mut carry = 0;
    for (byte, add) in number.iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
}

/// Beside those of low order: the base point in two other encodings, and in its own.
const OTHER_X25519: [&str; 3] = [
    "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0900000000000000000000000000000000000000000000000000000000000080",
    "0900000000000000000000000000000000000000000000000000000000000000",
];

/// The points of small order in all encodings, and those of y = 3 in their second one and in their own.
const ED25519: [&str; 18] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0300000000000000000000000000000000000000000000000000000000000000",
    "0300000000000000000000000000000000000000000000000000000000000080",
];

/// What a device publishes when the relay holds one key fewer of each kind than it should.
pub(super) fn prekeys() -> File {
    let (one_time, kem) = (1..=26, 1..=11);
    let draws = [
        ("device seed", 32),
        ("agreement secret", 32),
        ("SPK secret", 32),
        ("last-resort KEM seed", 64),
    ]
    .map(|(name, length)| (name.to_owned(), length))
    .into_iter()
    .chain(one_time.map(|at| (format!("OPK {at} secret"), 32)))
    .chain(kem.map(|at| (format!("KEM {at} seed"), 64)));
    let mut random = Scripted::new("prekeys", draws);
    let device = Device::generate(&mut random);
    let supply = PrekeySupply {
        signed_prekey_id: 0,
        one_time: 24,
        kem_one_time: 9,
        ..PrekeySupply::default()
    };
    let published = Prekeys::new()
        .replenish(&device, &supply, at(0), &mut random)
        .unwrap();
    let signed = published.signed_prekey.unwrap();
    let mut given = Fields::new().with("SPK id", signed.id);
    let mut result = Fields::new()
        .bytes("device", device.id().as_bytes())
        .bytes("SPK", &signed.public_key)
        .bytes("SPK signature", &signed.signature);
    for (at, key) in published.one_time_prekeys.iter().enumerate() {
        given = given.with(format!("OPK {} id", at + 1), key.id);
        result = result.bytes(format!("OPK {}", at + 1), &key.public_key);
    }
    let mut number = 0;
    for key in &published.kem_prekeys {
        let name = if key.last_resort {
            "last-resort KEM".to_owned()
        } else {
            number += 1;
            format!("KEM {number}")
        };
        given = given.with(format!("{name} id"), key.id);
        result = result
            .bytes(format!("{name} key"), &key.public_key)
            .bytes(format!("{name} signature"), &key.signature);
    }
    File {
        protocol: PROTOCOL,
        name: "prekeys",
        about: "Prekeys from their secrets, with ids from one counter, and the device's signatures.",
        cases: vec![Case {
            name: "a first publication".to_owned(),
            about:
                "where the relay says that it holds 24 and 9 one-time keys, and no signed prekey"
                    .to_owned(),
            random: random.drawn(),
            given,
            result,
            ..Case::default()
        }],
    }
}

pub(super) fn safety_numbers() -> File {
    let mut random = Scripted::new("safety-number", [("one", 32), ("other", 32)]);
    let [one, other] = [(); 2].map(|()| AccountKey::generate(&mut random).id());
    let low = AccountId::from_bytes([1; 32]);
    let high = AccountId::from_bytes([2; 32]);
    let case = |name: &str, mine: AccountId, theirs: AccountId| Case {
        name: name.to_owned(),
        given: Fields::new()
            .bytes("mine", mine.as_bytes())
            .bytes("theirs", theirs.as_bytes()),
        result: Fields::new().with("number", identity::safety_number(&mine, &theirs)),
        ..Case::default()
    };
    File {
        protocol: PROTOCOL,
        name: "safety-number",
        about: "Safety numbers of two accounts.",
        cases: vec![
            case("two accounts", one, other),
            case("the same, from the other side", other, one),
            case("accounts that are no keys", low, high),
            case("an account with itself", one, one),
        ],
    }
}

pub(super) fn safety_codes() -> File {
    let mut random = Scripted::new("safety-code", [("one", SEED), ("other", SEED)]);
    let [one, other] = [(); 2].map(|()| AccountKey::generate(&mut random).id());
    let case = |name: &str, relay: &str, shown_by: AccountId, with: AccountId| {
        let code = SafetyCode {
            relay: relay.parse().unwrap(),
            shown_by,
            with,
        };
        let link = code.to_link();
        assert_eq!(SafetyCode::parse(&link).unwrap(), code);
        Case {
            name: name.to_owned(),
            given: Fields::new()
                .with("relay", relay)
                .bytes("shown by", shown_by.as_bytes())
                .bytes("with", with.as_bytes()),
            result: Fields::new().with("link", link.as_str()),
            ..Case::default()
        }
    };
    File {
        protocol: PROTOCOL,
        name: "safety-code",
        about: "Safety numbers as codes to scan.",
        cases: vec![
            case("a code", "https://relay.example:8443", one, other),
            case(
                "the same two, on the other screen",
                "http://127.0.0.1:8787",
                other,
                one,
            ),
        ],
    }
}

pub(super) fn invitations() -> File {
    let draws = [("account seed", 32), ("mailbox", 32), ("secret", 32)];
    let mut random = Scripted::new("invitation", draws);
    let account = AccountKey::generate(&mut random).id();
    let mut mailbox = [0; 32];
    rand_core::Rng::fill_bytes(&mut random, &mut mailbox);
    let secret = InvitationSecret::generate(&mut random);
    let (relay, name, expires_at) = ("https://relay.example:8443", "Robin Škvorecký", at(7));
    let invitation = Invitation {
        name: name.to_owned(),
        relay: relay.parse().unwrap(),
        account,
        mailbox: MailboxId::from_bytes(mailbox),
        secret,
        expires_at,
    };
    let link = invitation.to_link();
    assert_eq!(Invitation::parse(&link).unwrap().name, name);
    File {
        protocol: PROTOCOL,
        name: "invitation",
        about: "An invitation link.",
        cases: vec![Case {
            name: "a link".to_owned(),
            about: "with a name beyond ASCII".to_owned(),
            random: random.drawn(),
            given: Fields::new()
                .with("relay", relay)
                .with("name", name)
                .with("ends", expires_at.as_second()),
            result: Fields::new().with("link", link.as_str()),
            ..Case::default()
        }],
    }
}

pub(super) fn storage() -> File {
    let draws = [
        ("master key", 32),
        ("salt", 16),
        ("header iv", 12),
        ("record iv", 12),
    ];
    let mut random = Scripted::new("storage", draws);
    // Decomposed: it has to be composed before it is used.
    let passphrase = "cafe\u{301} under the walnut tree";
    let (vault, header) = Vault::create(passphrase, &mut random).unwrap();
    let (store, key, plaintext) = ("sessions", "0123456789abcdef", br#"{"id":"walnut"}"#);
    let record = vault.seal(store, key, plaintext, &mut random).unwrap();
    File {
        protocol: PROTOCOL,
        name: "storage",
        about: "A vault's header, and one record.",
        cases: vec![Case {
            name: "a vault with one record".to_owned(),
            about: "the passphrase is not in normalisation form C".to_owned(),
            random: random.drawn(),
            given: Fields::new()
                .with("passphrase", passphrase)
                .with("rounds", crate::vault::ROUNDS)
                .with("store", store)
                .with("key", key)
                .bytes("plaintext", plaintext),
            result: Fields::new()
                .with("header", String::from_utf8(header.into_bytes()).unwrap())
                .bytes("record", record),
            ..Case::default()
        }],
    }
}

pub(super) fn padding() -> File {
    let lengths = [
        0, 1, 69, 255, 256, 257, 271, 272, 273, 288, 289, 360, 429, 511, 512, 513, 544, 545, 1000,
        1023, 1024, 1025, 1088, 1089, 2047, 2048, 2049, 2176, 4096, 4097, 10_000, 16_384, 16_385,
        65_535, 65_536, 65_537, 100_000, 131_073, 245_829, 247_017,
    ];
    File {
        protocol: PROTOCOL,
        name: "padding",
        about: "The length (69 + a + n) of a body before and after it is padded.",
        cases: lengths
            .map(|length| Case {
                name: length.to_string(),
                given: Fields::new().with("length", length),
                result: Fields::new().with("padded", padding::padded(length)),
                ..Case::default()
            })
            .into(),
    }
}
