//! How far a device is with what the agent tells the user's devices, which is numbered: whatever is
//! lost, repeated or late, a device either takes what is next, or notices, and asks for all of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sotto_protocol::id::{AccountId, DeviceId, MailboxId};

use crate::{connection::later, message::SyncMailbox, peers::PeerKey};

/// A device asks the agent again only after this time; where no answer comes, after twice as long
/// each time.
const WANT_PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// The longest that an answer is waited for.
const MAX_WANT_PAUSE: SignedDuration = SignedDuration::from_hours(24);

/// A follower is told everything only after this time again, however often it asks.
const TELL_PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// A device that says that it has heard of a series so much later than this one's clock is not
/// believed: after the last number nothing could be told any more.
const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(24);
/// A follower takes a series that its agent may have been led to so.
const MAX_AHEAD_TAKEN: SignedDuration = SignedDuration::from_hours(48);

/// What a device has, or, where it is the agent, what it has told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sharing {
    /// Whose numbers these are: those of a later agent are greater.
    pub(crate) series: u64,
    /// That of the newest change.
    pub(crate) number: u64,
    /// The parts of everything that have come so far.
    parts: Option<Parts>,
    /// Whether the agent is to be asked for what is missing.
    wanted: bool,
    /// When it was last asked.
    asked_at: Option<Timestamp>,
    /// How often it was asked since it last answered.
    #[serde(default)]
    unanswered: u32,
    /// The followers that are to be told everything, and when each last was.
    owed: BTreeSet<PeerKey>,
    told_all: BTreeMap<PeerKey, Timestamp>,
    /// The followers that have said that they were told everything of this series.
    #[serde(default)]
    heard: BTreeSet<PeerKey>,
}

/// Parts of everything, as it was at some number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Parts {
    series: u64,
    number: u64,
    pages: u32,
    came: BTreeSet<u32>,
    named: BTreeSet<AccountId>,
}

/// What becomes of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// It is older than what is here.
    Late,
    /// What it says is so.
    Taken,
    /// It is the last one: whoever is not named is gone.
    Last(BTreeSet<AccountId>),
}

impl Sharing {
    /// Whether a change is the next one. If it is not, and something is missing, that is wanted.
    pub(crate) fn takes_news(&mut self, series: u64, number: u64) -> bool {
        let told = (series, number);
        if let Some(parts) = &self.parts {
            // What is in the parts already would undo those that have come.
            self.wanted |= told > (parts.series, parts.number);
            return false;
        }
        if series == self.series && Some(number) == self.number.checked_add(1) {
            self.number = number;
            return true;
        }
        // One with a number that was there before is of an agent that was set back, or late.
        self.wanted = true;
        false
    }

    /// What becomes of a part of everything, which names these contacts.
    pub(crate) fn takes_part(
        &mut self,
        (series, number): (u64, u64),
        (page, pages): (u32, u32),
        named: impl Iterator<Item = AccountId>,
    ) -> Part {
        let told = (series, number);
        let begun = self
            .parts
            .as_ref()
            .map(|parts| (parts.series, parts.number));
        if told < (self.series, self.number) || begun.is_some_and(|begun| told < begun) {
            return Part::Late;
        }
        let fresh = || Parts {
            series,
            number,
            pages,
            came: BTreeSet::new(),
            named: BTreeSet::new(),
        };
        let same =
            |parts: &Parts| (parts.series, parts.number, parts.pages) == (series, number, pages);
        let mut parts = self.parts.take().filter(same).unwrap_or_else(fresh);
        parts.came.insert(page);
        parts.named.extend(named);
        if parts.came.len() < parts.pages as usize {
            self.parts = Some(parts);
            return Part::Taken;
        }
        (self.series, self.number) = told;
        self.unanswered = 0;
        Part::Last(parts.named)
    }

    /// Something may be missing: the agent is to be asked.
    pub(crate) fn want(&mut self) {
        self.wanted = true;
        self.unanswered = 0;
    }

    /// When the agent is to be asked. What it was asked may not have reached it.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        let again = match self.wanted {
            true => 0,
            false => self.unanswered.checked_sub(1)?,
        };
        let pause = WANT_PAUSE
            .saturating_mul(1 << again.min(16))
            .min(MAX_WANT_PAUSE);
        Some(self.asked_at.map_or(Timestamp::MIN, |at| later(at, pause)))
    }

    /// The agent has said that this device has everything.
    pub(crate) fn answered(&mut self, series: u64) {
        if series == self.series {
            self.unanswered = 0;
        }
    }

    /// The agent is asked.
    pub(crate) fn asked(&mut self, now: Timestamp) {
        self.wanted = false;
        self.unanswered = self.unanswered.saturating_add(1);
        self.asked_at = Some(now);
        // Everything comes anew.
        self.parts = None;
    }

    /// This device tells the others from here on. The series that others have heard of is counted
    /// only as far as a clock may be ahead.
    pub(crate) fn lead(&mut self, after: u64, now: Timestamp) {
        let before = [self.series, after].into_iter();
        let before = before.filter(|series| is_before(*series, now, MAX_AHEAD));
        let next = before.max().unwrap_or(0).saturating_add(1);
        *self = Self {
            series: millisecond(now).max(next),
            told_all: std::mem::take(&mut self.told_all),
            ..Self::default()
        };
    }

    /// Whether another device can have heard of that series.
    pub(crate) fn may_be_known(series: u64, now: Timestamp) -> bool {
        is_before(series, now, MAX_AHEAD)
    }

    /// Whether an agent can have begun that series. Where this device has taken one by a clock that
    /// was wrong then, it forgets it.
    pub(crate) fn may_be_told(&mut self, series: u64, now: Timestamp) -> bool {
        if !is_before(self.series, now, MAX_AHEAD_TAKEN) {
            (self.series, self.number, self.parts) = (0, 0, None);
        }
        is_before(series, now, MAX_AHEAD_TAKEN)
    }

    /// These are to be told everything.
    pub(crate) fn owe(&mut self, to: impl IntoIterator<Item = PeerKey>) {
        self.owed.extend(to);
    }

    /// Who is to be told everything, and when.
    pub(crate) fn owed(&self, now: Timestamp) -> impl Iterator<Item = (&PeerKey, Timestamp)> {
        self.owed.iter().map(move |to| {
            // A clock may have been set back.
            let last = self.told_all.get(to).filter(|at| **at <= now);
            (to, last.map_or(Timestamp::MIN, |at| later(*at, TELL_PAUSE)))
        })
    }

    /// It was.
    pub(crate) fn told_all(&mut self, to: &PeerKey, now: Timestamp) {
        self.owed.remove(to);
        self.told_all.insert(to.clone(), now);
    }

    /// A follower has been told everything of a series.
    pub(crate) fn has_heard(&mut self, follower: &PeerKey, series: u64) {
        if series == self.series {
            self.heard.insert(follower.clone());
        }
    }

    /// Whether a follower has been told everything of this series.
    pub(crate) fn heard(&self, follower: &PeerKey) -> bool {
        self.heard.contains(follower)
    }

    /// That device is none of the account any more.
    pub(crate) fn forget(&mut self, device: &PeerKey) {
        self.heard.remove(device);
        self.owed.remove(device);
        self.told_all.remove(device);
    }
}

/// Series are counted from the clock's milliseconds.
fn millisecond(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or(0)
}

fn is_before(series: u64, now: Timestamp, ahead: SignedDuration) -> bool {
    series <= millisecond(later(now, ahead))
}

/// What the agent has said of a contact to a device that follows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// The user's name for them, and whether they are verified: what the user changes here stays
    /// until it changes there.
    pub(crate) noted: Option<(Option<String>, bool)>,
    /// Where a first message for a device of theirs may be posted.
    pub(crate) ways: Vec<Way>,
}

/// The mailbox in which a device takes what another one of this account says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Way {
    pub(crate) to: DeviceId,
    pub(crate) mailbox: MailboxId,
}

impl From<&SyncMailbox> for Way {
    fn from(named: &SyncMailbox) -> Self {
        let (to, mailbox) = (named.device, named.mailbox);
        Self { to, mailbox }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What an agent said: everything in two parts, or a change.
    #[derive(Debug, Clone)]
    enum Said {
        Part(u64, u32, BTreeMap<AccountId, u64>),
        News(u64, AccountId, Option<u64>),
    }

    fn account(number: u8) -> AccountId {
        AccountId::from_bytes([number; 32])
    }

    #[derive(Debug, Clone, Default)]
    struct Follower {
        sharing: Sharing,
        knows: BTreeMap<AccountId, u64>,
    }

    impl Follower {
        fn hear(&mut self, said: &Said) {
            match said {
                Said::Part(number, page, contacts) => {
                    let named = contacts.keys().copied();
                    let part = self.sharing.takes_part((1, *number), (*page, 2), named);
                    if part != Part::Late {
                        self.knows.extend(contacts.clone());
                    }
                    if let Part::Last(named) = part {
                        self.knows.retain(|account, _| named.contains(account));
                    }
                }
                Said::News(number, account, value) => {
                    if self.sharing.takes_news(1, *number) {
                        match value {
                            Some(value) => self.knows.insert(*account, *value),
                            None => self.knows.remove(account),
                        };
                    }
                }
            }
        }
    }

    #[derive(Debug, Clone, Default)]
    struct Agent {
        number: u64,
        knows: BTreeMap<AccountId, u64>,
    }

    impl Agent {
        fn change(&mut self, contact: u8, value: Option<u64>) -> Said {
            self.number += 1;
            match value {
                Some(value) => self.knows.insert(account(contact), value),
                None => self.knows.remove(&account(contact)),
            };
            Said::News(self.number, account(contact), value)
        }

        fn everything(&self) -> [Said; 2] {
            let split = |first: bool| {
                let of = self
                    .knows
                    .iter()
                    .filter(|(a, _)| (a.as_bytes()[0] < 2) == first);
                of.map(|(account, value)| (*account, *value)).collect()
            };
            [true, false].map(|first| Said::Part(self.number, u32::from(!first), split(first)))
        }
    }

    proptest! {
        /// Changes are lost, repeated and late, the follower is put back to an older state: once it
        /// has asked, and the answer has come, it knows what the agent knows.
        #[test]
        fn whatever_comes_in_whatever_order_both_know_the_same_in_the_end(
            steps in prop::collection::vec((0u8..8, 0u8..4, any::<prop::sample::Index>()), 1..60),
        ) {
            let mut agent = Agent::default();
            let mut follower = Follower::default();
            let mut saved = follower.clone();
            let mut said: Vec<Said> = Vec::new();
            for (value, (what, contact, which)) in (0..).zip(&steps) {
                match what {
                    // In time.
                    0 | 1 => {
                        let news = agent.change(*contact, (what == &0).then_some(value));
                        follower.hear(&news);
                        said.push(news);
                    }
                    // Not yet.
                    2 => said.push(agent.change(*contact, Some(value))),
                    3 => said.extend(agent.everything()),
                    4 => agent.everything().iter().for_each(|part| follower.hear(part)),
                    // Again, or late.
                    5 if !said.is_empty() => follower.hear(&said[which.index(said.len())]),
                    6 => saved = follower.clone(),
                    7 => {
                        follower = saved.clone();
                        follower.sharing.want();
                    }
                    _ => {}
                }
            }
            // What is said next shows that something is missing, whatever it is.
            follower.hear(&agent.change(9, Some(1)));
            if follower.sharing.due().is_some() {
                follower.sharing.asked(Timestamp::UNIX_EPOCH);
                agent.everything().iter().for_each(|part| follower.hear(part));
            }
            // Unless the parts of another answer are still under way: they end it.
            if follower.sharing.parts.is_some() {
                agent.everything().iter().for_each(|part| follower.hear(part));
            }
            prop_assert_eq!(follower.knows, agent.knows);
            prop_assert_eq!(follower.sharing.number, agent.number);
        }
    }

    #[test]
    fn the_agent_is_asked_again_only_after_a_minute() {
        let mut sharing = Sharing::default();
        assert_eq!(sharing.due(), None);
        sharing.want();
        assert_eq!(sharing.due(), Some(Timestamp::MIN));
        let now = Timestamp::UNIX_EPOCH;
        sharing.asked(now);
        sharing.answered(0);
        assert_eq!(sharing.due(), None);
        assert!(!sharing.takes_news(1, 9), "eight are missing");
        assert_eq!(
            sharing.due(),
            Some(later(now, SignedDuration::from_mins(1)))
        );
    }

    #[test]
    fn the_agent_is_asked_again_ever_more_rarely_until_it_answers() {
        let mut sharing = Sharing::default();
        sharing.lead(0, Timestamp::UNIX_EPOCH);
        let mut now = Timestamp::UNIX_EPOCH;
        let mut pauses = Vec::new();
        sharing.want();
        for _ in 0..14 {
            sharing.asked(now);
            let due = sharing.due().unwrap();
            pauses.push(due.duration_since(now).as_mins());
            now = due;
        }
        assert_eq!(
            pauses,
            [
                1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 1_440, 1_440, 1_440
            ]
        );
        let mut has_all = sharing.clone();
        has_all.answered(sharing.series + 1);
        assert!(has_all.due().is_some(), "that is of another one");
        has_all.answered(sharing.series);
        assert_eq!(has_all.due(), None);
        let mut told = sharing.clone();
        let next = (sharing.series, 1);
        told.takes_part(next, (0, 2), std::iter::empty());
        assert!(told.due().is_some(), "a part is missing");
        told.takes_part(next, (1, 2), std::iter::empty());
        assert_eq!(told.due(), None);
        // Something else is missing: that is asked for at once.
        sharing.want();
        assert_eq!(
            sharing.due(),
            Some(later(sharing.asked_at.unwrap(), WANT_PAUSE))
        );
    }

    #[test]
    fn a_later_agent_s_numbers_are_greater_whatever_its_clock_says() {
        let mut sharing = Sharing::default();
        sharing.lead(0, Timestamp::from_millisecond(500).unwrap());
        assert_eq!((sharing.series, sharing.number), (500, 0));
        sharing.lead(0, Timestamp::UNIX_EPOCH);
        assert_eq!(sharing.series, 501);
        sharing.lead(900, Timestamp::UNIX_EPOCH);
        assert_eq!(sharing.series, 901);
        // The last number would be the end of it.
        sharing.lead(u64::MAX, Timestamp::UNIX_EPOCH);
        assert_eq!(sharing.series, 902);
        let day = 24 * 3_600 * 1_000;
        let mut ahead = sharing.clone();
        ahead.lead(day + 1, Timestamp::UNIX_EPOCH);
        assert_eq!(ahead.series, 903);
        ahead.lead(day, Timestamp::UNIX_EPOCH);
        assert_eq!(ahead.series, day + 1);
        assert!(sharing.may_be_told(ahead.series, Timestamp::UNIX_EPOCH));
        assert!(!sharing.may_be_told(2 * day + 1, Timestamp::UNIX_EPOCH));
        sharing.lead(900, Timestamp::UNIX_EPOCH);
        sharing.series = 901;
        // What another one said before is late.
        let none = std::iter::empty();
        assert_eq!(sharing.takes_part((900, 7), (0, 1), none), Part::Late);
    }
}
