//! Every scenario to its end, and every mutant to its downfall.

use std::time::Instant;

use sotto_model::{Mutant, Scenario};
use stateright::{Checker, HasDiscoveries, Model};

fn nothing(name: &'static str) -> Scenario {
    Scenario {
        name,
        mutant: None,
        met: false,
        answered: false,
        invited: false,
        introduces: false,
        again: 0,
        used_keys: false,
        sibling_theft: false,
        sends: [0; 2],
        opens: [0; 2],
        opens_to_mallory: 0,
        one_time: 1,
        degraded: false,
        losses: [0; 2],
        state_thefts: [false; 2],
        thread_thefts: [false; 2],
        key_thefts: [false; 2],
        quantum: false,
        forgeries: 0,
        epochs: 0,
    }
}

/// Strangers: Alice opens sessions, Bob answers, the directory and Mallory do what they can.
fn first_contact() -> Scenario {
    Scenario {
        sends: [0, 1],
        opens: [1, 0],
        opens_to_mallory: 1,
        degraded: true,
        state_thefts: [true, true],
        key_thefts: [true, true],
        quantum: true,
        forgeries: 1,
        ..nothing("first contact")
    }
}

/// A conversation through one rekey, with thefts of state at any moment.
fn conversation() -> Scenario {
    Scenario {
        met: true,
        sends: [2, 3],
        state_thefts: [true, true],
        quantum: true,
        forgeries: 1,
        epochs: 1,
        ..nothing("conversation")
    }
}

/// Sessions are lost and made anew, by both at once too.
fn renewal() -> Scenario {
    Scenario {
        met: true,
        answered: true,
        sends: [1, 0],
        opens: [2, 1],
        one_time: 4,
        losses: [2, 1],
        ..nothing("renewal")
    }
}

/// Strangers write to each other first, both at once.
fn crossing() -> Scenario {
    Scenario {
        sends: [1, 1],
        opens: [1, 1],
        ..nothing("crossing")
    }
}

/// A thief of identity keys opens sessions in their owner's name.
fn reset() -> Scenario {
    Scenario {
        met: true,
        answered: true,
        sends: [0, 1],
        opens: [1, 1],
        one_time: 4,
        losses: [1, 1],
        key_thefts: [true, false],
        forgeries: 1,
        ..nothing("reset")
    }
}

/// What Bob keeps beside his sessions is stolen, and his identity keys; Alice makes a session anew.
fn stolen_threads() -> Scenario {
    Scenario {
        met: true,
        answered: true,
        sends: [0, 1],
        opens: [1, 0],
        one_time: 4,
        losses: [1, 0],
        thread_thefts: [false, true],
        key_thefts: [false, true],
        forgeries: 1,
        ..nothing("stolen threads")
    }
}

/// A new device of Bob's introduces itself to Alice where she hears another one of his, in other keys
/// too, and so does whoever has stolen its keys, or what she has in common with the other one.
fn introduction() -> Scenario {
    Scenario {
        introduces: true,
        sends: [1, 1],
        opens: [0, 1],
        one_time: 4,
        again: 2,
        used_keys: true,
        key_thefts: [false, true],
        sibling_theft: true,
        forgeries: 1,
        ..nothing("introduction")
    }
}

/// Alice uses an invitation of Bob's, whose keys are stolen before he answers.
fn invitation() -> Scenario {
    Scenario {
        invited: true,
        introduces: true,
        sends: [2, 2],
        one_time: 3,
        key_thefts: [true, true],
        sibling_theft: true,
        forgeries: 1,
        ..nothing("invitation")
    }
}

/// The broken properties, by name.
fn broken(scenario: Scenario, until: HasDiscoveries) -> Vec<&'static str> {
    let began = Instant::now();
    let (name, mutant) = (scenario.name, scenario.mutant);
    let checker = scenario
        .checker()
        .threads(2)
        .finish_when(until)
        .spawn_bfs()
        .join();
    let (found, mut broken) = (checker.discoveries(), Vec::new());
    for property in checker.model().properties() {
        let failure = property.expectation.discovery_is_failure();
        if failure && found.contains_key(property.name) {
            broken.push(property.name);
        }
        assert!(
            failure || mutant.is_some() || found.contains_key(property.name),
            "{name}: never {}",
            property.name
        );
    }
    println!(
        "{name}{}: {} states, {} steps deep, {:.1} s: {}",
        mutant.map_or(String::new(), |mutant| format!(" with {mutant:?}")),
        checker.unique_state_count(),
        checker.max_depth(),
        began.elapsed().as_secs_f64(),
        match broken.as_slice() {
            [] => "holds".to_owned(),
            broken => format!("breaks {broken:?}"),
        },
    );
    if mutant.is_none() {
        for name in &broken {
            for action in found[name].clone().into_actions() {
                println!("    {action:?}");
            }
        }
    }
    broken
}

#[test]
fn the_protocol_holds() {
    for scenario in [
        first_contact(),
        conversation(),
        renewal(),
        crossing(),
        reset(),
        stolen_threads(),
        introduction(),
        invitation(),
    ] {
        let name = scenario.name;
        assert_eq!(broken(scenario, HasDiscoveries::All), [""; 0], "{name}");
    }
}

#[test]
fn no_mutant_survives() {
    let (secrecy, agreement) = ("secrecy", "agreement");
    type Case = (Mutant, fn() -> Scenario, &'static str);
    let cases: [Case; 26] = [
        (Mutant::IdentitiesBoundNowhere, first_contact, agreement),
        (Mutant::PrekeysUnsigned, first_contact, secrecy),
        (Mutant::MessagesUnsigned, first_contact, agreement),
        (Mutant::NoKemInTheHandshake, first_contact, secrecy),
        (
            Mutant::AttachmentsUnsigned,
            conversation,
            "nobody else has a part in the keys",
        ),
        (Mutant::ChainUnsigned, conversation, "once"),
        (
            Mutant::EpochUnsigned,
            conversation,
            "what was sent can be read",
        ),
        (
            Mutant::PreviousLengthUnsigned,
            conversation,
            "what was sent can be read",
        ),
        (Mutant::KemNotInTheRoot, conversation, secrecy),
        (Mutant::KemInsteadOfX25519, conversation, secrecy),
        (Mutant::MessageKeysKept, conversation, secrecy),
        (
            Mutant::CommitsBeforeItAuthenticates,
            conversation,
            "what was sent can be read",
        ),
        (Mutant::OneTimeKeysKept, renewal, "once"),
        (
            Mutant::OldHandshakesDisplaceNewOnes,
            renewal,
            "an old handshake displaces no newer one",
        ),
        (
            Mutant::OldHandshakesFollowLostOnes,
            renewal,
            "an old handshake displaces no newer one",
        ),
        (Mutant::EachKeepsItsOwn, renewal, "both send in one session"),
        (
            Mutant::OpenedByTheClockAlone,
            renewal,
            "who opens a session is heard",
        ),
        (
            Mutant::FormerThreadsForgotten,
            renewal,
            "who opens a session is heard",
        ),
        (
            Mutant::FormerThreadsKept,
            stolen_threads,
            "a stolen thread does not outlive its session",
        ),
        (
            Mutant::ResetWithoutContinuity,
            reset,
            "a reset needs continuity",
        ),
        (
            Mutant::OldHandshakesNeedNoContinuity,
            reset,
            "identity keys alone put no words into a mouth",
        ),
        (
            Mutant::ResetWithoutContinuityWhileRenewing,
            reset,
            "a reset needs continuity",
        ),
        (
            Mutant::KeysAloneDisplaceInvitations,
            invitation,
            "who was met stays who they are",
        ),
        (
            Mutant::SiblingsVouchForEachOther,
            introduction,
            "who was met stays who they are",
        ),
        (
            Mutant::OtherKeysAreAnotherSession,
            introduction,
            "an honest introduction asks nobody",
        ),
        (
            Mutant::FirstKeysAreKept,
            introduction,
            "who was answered sends where it is heard",
        ),
    ];
    let mut survived = Vec::new();
    for (mutant, scenario, property) in cases {
        let scenario = Scenario {
            mutant: Some(mutant),
            ..scenario()
        };
        let broken = broken(scenario, HasDiscoveries::AnyOf([property].into()));
        if !broken.contains(&property) {
            survived.push((mutant, property, broken));
        }
    }
    assert!(survived.is_empty(), "{survived:?}");
}
