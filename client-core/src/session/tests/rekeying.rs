//! ML-KEM in the root key: what it costs, what it heals, what it survives.

use super::*;

/// Alice and Bob in an alternating conversation: even messages are Alice's.
struct Talk {
    people: [Person; 2],
    sessions: [Session; 2],
    said: usize,
}

impl Talk {
    fn new() -> Self {
        let (alice, alices, bob, bobs) = talking();
        Self {
            people: [alice, bob],
            sessions: [alices, bobs],
            said: 0,
        }
    }

    fn speaker(&self) -> usize {
        self.said % 2
    }

    fn say(&mut self, text: &str) -> Vec<u8> {
        let speaker = self.speaker();
        self.said += 1;
        self.people[speaker].encrypt(&mut self.sessions[speaker], text)
    }

    fn hear(&mut self, bytes: &[u8], text: &str) {
        // The speaker was the one before.
        let hearer = self.said % 2;
        assert_eq!(reads(&mut self.sessions[hearer], bytes), text);
    }
}

fn without_attachment(text: usize) -> usize {
    // As in the protocol's first version, whose header had no epoch.
    82 + padding::padded(68 + text) + 16
}

#[test]
fn it_costs_less_than_300_bytes_a_message_in_a_lively_conversation() {
    for length in [0, 120, 300, 360, 500, 800, 1_200, 2_000, 3_000, 7_000] {
        let text = "x".repeat(length);
        let mut talk = Talk::new();
        let mut extra = 0;
        let messages = 180;
        for _ in 0..messages {
            let bytes = talk.say(&text);
            talk.hear(&bytes, &text);
            extra += bytes.len() - without_attachment(length);
        }
        let average = extra as f64 / messages as f64;
        println!("{length} bytes of text: {average:.0} more a message");
        assert!(average <= 300.0, "{average} at {length}");
    }
}

/// For each moment of a conversation and either side: its whole state is stolen, and the thief,
/// who has a quantum computer, watches what follows.
#[test]
fn a_quantum_thief_of_the_state_is_locked_out_within_eleven_messages() {
    let mut longest = 0;
    for stolen_after in 0..27 {
        for victim in 0..2 {
            let mut talk = Talk::new();
            for _ in 0..stolen_after {
                let bytes = talk.say("before");
                talk.hear(&bytes, "before");
            }
            let mut thief = talk.sessions[victim].clone();
            let mut read = Vec::new();
            for _ in 0..24 {
                let speaker = talk.speaker();
                let bytes = talk.say("after");
                let seen = if speaker == victim {
                    thief.shadows(&talk.sessions[victim], &bytes)
                } else {
                    thief.decrypt(&bytes, at(0)).map(|seen| seen.plaintext)
                };
                read.push(seen.is_ok_and(|text| text == b"after"));
                talk.hear(&bytes, "after");
            }
            let first_hidden = read.iter().position(|read| !read).unwrap();
            assert!(read[first_hidden..].iter().all(|read| !read), "{read:?}");
            assert!(first_hidden > 0, "the theft was worth nothing");
            longest = longest.max(first_hidden + 1);
        }
    }
    println!("the first message that a quantum thief cannot read is at most the {longest}th");
    assert_eq!(longest, 11);
}

/// The same thief, who makes the two open a new session between them: the relay posts rubbish, and
/// serves the prekeys whose secrets are stolen.
#[test]
fn a_quantum_thief_who_makes_a_session_anew_reads_three_messages_of_it() {
    for stolen_after in 1..27 {
        for victim in 0..2 {
            let mut talk = Talk::new();
            for _ in 0..stolen_after {
                let bytes = talk.say("before");
                talk.hear(&bytes, "before");
            }
            let continuities = talk.sessions.each_ref().map(Continuity::of);
            // The victim's prekeys are in the thief's hands: the other side opens.
            let opener = 1 - victim;
            let served = talk.people[victim].served();
            let prekeys = talk.people[victim].verify(&served);
            let thread = continuities[opener].to_open().unwrap().clone();
            let voucher = Voucher::Continuity(&thread);
            let opened = talk.people[opener].opens_with(&prekeys, voucher);
            let mut sessions = [opened.clone(), opened];
            let renew = talk.people[opener].encrypt(&mut sessions[opener], "renew");
            let vouchers = continuities[victim].to_accept().map(Voucher::Continuity);
            let vouchers: Vec<Voucher<'_>> = vouchers.collect();
            let Person { local, prekeys, .. } = &talk.people[victim];
            let accept = || accept(local, prekeys, &vouchers, &renew, at(0)).unwrap();
            let mut thief = accept().session;
            sessions[victim] = accept().session;
            // `renewed`, the opener's sign of life, the victim's, and whatever follows.
            let mut read = vec![true];
            for said in 0..12 {
                let speaker = if said % 2 == 0 { victim } else { opener };
                let bytes = talk.people[speaker].encrypt(&mut sessions[speaker], "after");
                let seen = if speaker == victim {
                    thief.shadows(&sessions[victim], &bytes)
                } else {
                    thief.decrypt(&bytes, at(0)).map(|seen| seen.plaintext)
                };
                read.push(seen.is_ok_and(|text| text == b"after"));
                assert_eq!(reads(&mut sessions[1 - speaker], &bytes), "after");
                let ready = sessions[victim].can_begin_first_epoch();
                assert_eq!(ready, said == 1, "{said}");
            }
            let hidden = read.iter().position(|read| !read).unwrap();
            assert_eq!(hidden, 3, "{stolen_after} {victim}");
            assert!(read[hidden..].iter().all(|read| !read), "{read:?}");
        }
    }
}

#[test]
fn a_conversation_that_rests_is_rekeyed_when_it_goes_on() {
    let mut talk = Talk::new();
    let epoch = talk.sessions[0].messages_since_rekey();
    assert!(epoch <= 1);
    for day in [8, 16] {
        for turn in 0..4 {
            let speaker = talk.speaker();
            talk.said += 1;
            let device = talk.people[speaker].local.device();
            let rng = &mut talk.people[speaker].rng();
            let sent = talk.sessions[speaker].encrypt(device, b"again", at(day), rng);
            let hearer = talk.said % 2;
            talk.sessions[hearer]
                .decrypt(&sent.unwrap().bytes, at(day))
                .unwrap();
            let _ = turn;
        }
        let since = talk.sessions.each_ref().map(Session::messages_since_rekey);
        assert!(since.iter().all(|since| *since <= 2), "{since:?}");
    }
}

/// Half of all messages are lost, sessions are reloaded at each step, and epochs go by.
#[test]
fn lost_offers_and_answers_are_made_good() {
    let mut talk = Talk::new();
    let mut draws = rng(11);
    let mut epochs = 0;
    for _ in 0..600 {
        use rand_core::Rng;
        if draws.next_u32().is_multiple_of(2) {
            talk.said += 1;
        }
        let before = talk.sessions[0].messages_since_rekey();
        let bytes = talk.say("text");
        talk.sessions = talk
            .sessions
            .each_ref()
            .map(|session| serde_json::from_str(&stored(session)).unwrap());
        if draws.next_u32().is_multiple_of(2) {
            talk.hear(&bytes, "text");
        }
        if talk.sessions[0].messages_since_rekey() < before {
            epochs += 1;
        }
    }
    println!("{epochs} epochs in 600 messages of which half were lost");
    assert!(epochs >= 10, "{epochs}");
}

#[test]
fn a_one_sided_conversation_repeats_its_offer_now_and_then() {
    let mut talk = Talk::new();
    for _ in 0..20 {
        let bytes = talk.say("text");
        talk.hear(&bytes, "text");
    }
    let (mut extra, messages) = (0, 320);
    for _ in 0..messages {
        let bytes = talk.people[0].encrypt(&mut talk.sessions[0], "text");
        assert_eq!(reads(&mut talk.sessions[1], &bytes), "text");
        extra += bytes.len() - without_attachment(4);
    }
    let average = f64::from(u32::try_from(extra).unwrap()) / f64::from(messages);
    println!("{average:.0} more a message when nobody answers");
    assert!(average <= 100.0, "{average}");
}
