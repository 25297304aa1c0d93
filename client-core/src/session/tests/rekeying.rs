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

/// How long a message of that text is with an attachment of that length.
fn with_attachment(text: usize, attachment: usize) -> usize {
    86 + padding::padded(64 + 4 + attachment + text) + 16
}

fn without_attachment(text: usize) -> usize {
    // As in the protocol's first version, whose header had no epoch.
    82 + padding::padded(68 + text) + 16
}

/// In so many messages of an alternating conversation ML-KEM joins once.
const CYCLE: usize = REKEY_AFTER_MESSAGES as usize + 2;

/// How many bytes more so many messages of that length have together.
fn more_in_a_cycle(text: usize) -> usize {
    more_in(CYCLE, text)
}

fn more_in(cycle: usize, text: usize) -> usize {
    let offer = with_attachment(text, 1_189);
    let answer = with_attachment(text, 1_109);
    let others = (cycle - 2) * with_attachment(text, 1);
    offer + answer + others - cycle * without_attachment(text)
}

#[test]
fn whatever_the_length_of_messages_each_cycle_costs_what_is_computed() {
    for length in [0, 120, 360, 924, 956, 1_980, 2_876, 4_028, 7_015, 245_692] {
        let text = "x".repeat(length);
        let mut talk = Talk::new();
        for cycle in 0..4 {
            let mut more = 0;
            for _ in 0..CYCLE {
                let bytes = talk.say(&text);
                talk.hear(&bytes, &text);
                more += bytes.len() - without_attachment(length);
            }
            assert_eq!(more, more_in_a_cycle(length), "{length}, {cycle}");
        }
    }
}

/// Where a text just fills a padded length, the byte that says that nothing is attached makes each
/// message longer by a whole step.
#[test]
fn it_costs_264_bytes_a_message_on_the_mean_of_all_lengths_that_agents_have_and_488_at_most() {
    let bytes = |more: usize| more as f64 / CYCLE as f64;
    assert_eq!(bytes(more_in_a_cycle(360)).round(), 271.0);
    // With a limit of 5 there would be two messages less in a cycle.
    let sooner = CYCLE - 2;
    assert_eq!((more_in(sooner, 360) as f64 / sooner as f64).round(), 347.0);
    let lengths = 0..=7_015;
    let count = lengths.clone().count();
    let all: usize = lengths.clone().map(more_in_a_cycle).sum();
    assert_eq!((bytes(all) / count as f64).round(), 264.0);
    let costs = lengths.map(more_in_a_cycle);
    let (dear, usual): (Vec<_>, Vec<_>) = costs.map(bytes).partition(|bytes| *bytes > 300.0);
    let least_and_most = |costs: &[f64]| {
        let (least, most) = costs
            .iter()
            .fold((f64::MAX, 0.0_f64), |(least, most), cost| {
                (least.min(*cost), most.max(*cost))
            });
        (costs.len(), least.round(), most.round())
    };
    assert_eq!(least_and_most(&usual), (6_971, 224.0, 299.0));
    assert_eq!(least_and_most(&dear), (45, 306.0, 488.0));
    assert_eq!(bytes(more_in_a_cycle(4_028)).round(), 488.0);
    // Of longer ones, with and without those at which that byte costs a step.
    let longer = 7_016..=MAX_PLAINTEXT_BYTES;
    let most = longer.clone().map(more_in_a_cycle).max();
    assert_eq!(most.map(bytes), Some(4_100.0));
    assert_eq!(bytes(more_in_a_cycle(245_692)), 4_100.0);
    let costs_no_step = |text: &usize| padding::padded(69 + text) == padding::padded(68 + text);
    let most = longer.filter(costs_no_step).map(more_in_a_cycle).max();
    assert_eq!(most.map(|most| bytes(most).round()), Some(914.0));
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
                thief.guesses(&talk.sessions[victim]);
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
                thief.guesses(&sessions[victim]);
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
