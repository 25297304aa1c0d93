//! The rules of a mailbox: plain decisions over its state, with time as an argument.
//!
//! A store looks the state up, asks here, and carries out what it is told, all
//! within one transaction. So every store decides alike, and so does the simulator.

use crate::limits::Limits;

/// What decides about a mailbox, without its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mailbox {
    /// When it stops taking posts, in milliseconds since the Unix epoch; `None` for never.
    pub expires_at_ms: Option<u64>,
    /// How many messages may ever be posted; `None` for no such limit.
    pub max_posts: Option<u32>,
    /// How many distinct messages were posted so far.
    pub posts: u64,
    /// How many messages it holds.
    pub held: u64,
    /// The bytes of their payloads.
    pub held_bytes: u64,
}

/// What a device asks for when it makes a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// As in [`Mailbox`].
    pub expires_at_ms: Option<u64>,
    /// As in [`Mailbox`].
    pub max_posts: Option<u32>,
}

/// Why a mailbox refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such mailbox.
    #[error("there is no such mailbox, or its owner closed it")]
    Unknown,
    /// All its posts are used.
    #[error("the mailbox took all of its {max_posts} messages already")]
    Spent {
        /// What it was limited to.
        max_posts: u32,
    },
    /// Its time is over.
    #[error("the mailbox expired")]
    Expired,
    /// It holds as much as it may.
    #[error("the mailbox is full: its owner has to fetch first")]
    Full,
    /// Somebody else owns it.
    #[error("the id belongs to a mailbox of somebody else")]
    Taken,
    /// The device owns as many as it may.
    #[error("expected at most {limit} mailboxes of one device")]
    TooMany {
        /// The relay's limit.
        limit: u32,
    },
    /// It would be there for longer than the guest who makes it.
    #[error("expected a time up to {until_ms}, when its owner's pass is over, as expires_at_ms")]
    OutlastsGuest {
        /// When that is.
        until_ms: u64,
    },
    /// Its time would be over before it began.
    #[error("expected a time to come as expires_at_ms, found {found}")]
    BornExpired {
        /// What was asked for.
        found: u64,
    },
    /// The relay does not count that far.
    #[error("expected at most {limit} as max_posts, found {found}")]
    TooManyPosts {
        /// The relay's limit.
        limit: u32,
        /// What was asked for.
        found: u32,
    },
    /// The relay keeps nothing for so long.
    #[error("expected at most {limit} as ttl_seconds, found {found}")]
    TtlTooLong {
        /// The relay's limit.
        limit: u32,
        /// What was asked for.
        found: u64,
    },
}

/// What to do with a post that is not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posting {
    /// Store it until then.
    Store {
        /// Milliseconds since the Unix epoch.
        expires_at_ms: u64,
    },
    /// It was stored before: say so again and store nothing.
    Repeated,
}

/// A post, as far as the rules look at it.
#[derive(Debug, Clone, Copy)]
pub struct Letter {
    /// Whether the mailbox saw this message id before.
    pub seen: bool,
    /// The payload's bytes.
    pub bytes: u64,
    /// How long to keep it; zero for as long as the relay keeps anything.
    pub ttl_seconds: u64,
}

impl Mailbox {
    /// A new, empty mailbox.
    pub const fn new(terms: Terms) -> Self {
        Self {
            expires_at_ms: terms.expires_at_ms,
            max_posts: terms.max_posts,
            posts: 0,
            held: 0,
            held_bytes: 0,
        }
    }

    /// Decides about a post. A repetition passes whatever became of the mailbox
    /// since: its sender only missed the first answer.
    ///
    /// # Errors
    ///
    /// Why it is refused.
    pub fn post(&self, letter: Letter, now_ms: u64, limits: &Limits) -> Result<Posting, Refused> {
        if letter.seen {
            return Ok(Posting::Repeated);
        }
        if self.expires_at_ms.is_some_and(|at| at <= now_ms) {
            return Err(Refused::Expired);
        }
        if let Some(max_posts) = self.max_posts
            && self.posts >= u64::from(max_posts)
        {
            return Err(Refused::Spent { max_posts });
        }
        let expires_at_ms = now_ms.saturating_add(ttl_ms(letter.ttl_seconds, limits)?);
        let bytes = self.held_bytes.saturating_add(letter.bytes);
        if self.held >= u64::from(limits.messages_per_mailbox)
            || bytes > u64::from(limits.bytes_per_mailbox)
        {
            return Err(Refused::Full);
        }
        Ok(Posting::Store { expires_at_ms })
    }

    /// Whether its ids need to be remembered after their messages are gone:
    /// else a repetition would use up a second post.
    pub const fn remembers_ids(&self) -> bool {
        self.max_posts.is_some()
    }

    /// Whether it is of any use to its owner: it takes posts still, or holds a message.
    pub fn is_live(&self, now_ms: u64) -> bool {
        let expired = self.expires_at_ms.is_some_and(|at| at <= now_ms);
        let spent = self
            .max_posts
            .is_some_and(|most| self.posts >= u64::from(most));
        self.held > 0 || !(expired || spent)
    }

    /// Whether nothing of it need be kept any longer. What came in time is
    /// kept for the owner even when the mailbox expired since.
    pub fn is_over(&self, now_ms: u64, limits: &Limits) -> bool {
        let grace = u64::from(limits.expired_mailbox_seconds) * 1_000;
        self.held == 0
            && self
                .expires_at_ms
                .is_some_and(|at| at.saturating_add(grace) <= now_ms)
    }
}

/// What a device may have to do with a mailbox id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Nobody's.
    Free,
    /// Its own.
    Own,
    /// Somebody else's.
    Foreign,
}

/// Most mailboxes of a guest: one, for the answer that it came for.
const MAILBOXES_OF_A_GUEST: u32 = 1;

/// Who makes a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// How many mailboxes it has.
    pub owned: u64,
    /// When it ceases to be a guest, in milliseconds since the Unix epoch; `None` for a device.
    pub guest_until_ms: Option<u64>,
}

/// Decides whether a mailbox is made: `true`, or there already: `false`.
///
/// # Errors
///
/// Why it is refused.
pub fn create(
    claim: Claim,
    owner: Owner,
    terms: Terms,
    now_ms: u64,
    limits: &Limits,
) -> Result<bool, Refused> {
    match claim {
        Claim::Own => return Ok(false),
        Claim::Foreign => return Err(Refused::Taken),
        Claim::Free => {}
    }
    if let Some(found) = terms.expires_at_ms
        && found <= now_ms
    {
        return Err(Refused::BornExpired { found });
    }
    if let Some(found) = terms.max_posts
        && found > limits.max_posts_per_mailbox
    {
        return Err(Refused::TooManyPosts {
            limit: limits.max_posts_per_mailbox,
            found,
        });
    }
    if let Some(until_ms) = owner.guest_until_ms
        && terms.expires_at_ms.is_none_or(|at| at > until_ms)
    {
        return Err(Refused::OutlastsGuest { until_ms });
    }
    let limit = match owner.guest_until_ms {
        Some(_) => MAILBOXES_OF_A_GUEST,
        None => limits.mailboxes_per_device,
    };
    if owner.owned >= u64::from(limit) {
        return Err(Refused::TooMany { limit });
    }
    Ok(true)
}

fn ttl_ms(ttl_seconds: u64, limits: &Limits) -> Result<u64, Refused> {
    let limit = limits.max_ttl_seconds;
    let seconds = match ttl_seconds {
        0 => u64::from(limit),
        found if found > u64::from(limit) => return Err(Refused::TtlTooLong { limit, found }),
        found => found,
    };
    Ok(seconds * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000_000;

    fn letter() -> Letter {
        Letter {
            seen: false,
            bytes: 10,
            ttl_seconds: 0,
        }
    }

    fn mailbox(expires_at_ms: Option<u64>, max_posts: Option<u32>) -> Mailbox {
        Mailbox::new(Terms {
            expires_at_ms,
            max_posts,
        })
    }

    #[test]
    fn a_post_is_kept_as_long_as_asked_and_no_longer_than_the_relay_keeps_anything() {
        let limits = Limits {
            max_ttl_seconds: 60,
            ..Limits::default()
        };
        let open = mailbox(None, None);
        let stored = |ttl_seconds| {
            open.post(
                Letter {
                    ttl_seconds,
                    ..letter()
                },
                NOW,
                &limits,
            )
        };
        assert_eq!(
            stored(0),
            Ok(Posting::Store {
                expires_at_ms: NOW + 60_000
            })
        );
        assert_eq!(
            stored(5),
            Ok(Posting::Store {
                expires_at_ms: NOW + 5_000
            })
        );
        assert_eq!(
            stored(61),
            Err(Refused::TtlTooLong {
                limit: 60,
                found: 61
            })
        );
    }

    #[test]
    fn the_bounds_of_a_mailbox_hold_at_the_last_message_and_the_last_byte() {
        let limits = Limits {
            messages_per_mailbox: 2,
            bytes_per_mailbox: 30,
            ..Limits::default()
        };
        let holding = |held, held_bytes| Mailbox {
            held,
            held_bytes,
            ..mailbox(None, None)
        };
        assert!(holding(1, 20).post(letter(), NOW, &limits).is_ok());
        assert_eq!(
            holding(1, 21).post(letter(), NOW, &limits),
            Err(Refused::Full)
        );
        assert_eq!(
            holding(2, 0).post(letter(), NOW, &limits),
            Err(Refused::Full)
        );
    }

    #[test]
    fn a_repetition_passes_where_a_new_message_does_not() {
        let limits = Limits::default();
        let spent = Mailbox {
            posts: 1,
            ..mailbox(Some(NOW - 1), Some(1))
        };
        let again = Letter {
            seen: true,
            ..letter()
        };
        assert_eq!(spent.post(again, NOW, &limits), Ok(Posting::Repeated));
        assert_eq!(spent.post(letter(), NOW, &limits), Err(Refused::Expired));
        let spent = Mailbox {
            expires_at_ms: None,
            ..spent
        };
        assert_eq!(
            spent.post(letter(), NOW, &limits),
            Err(Refused::Spent { max_posts: 1 })
        );
    }

    #[test]
    fn only_a_free_id_makes_a_mailbox_and_only_within_the_limits() {
        let limits = Limits {
            mailboxes_per_device: 2,
            max_posts_per_mailbox: 5,
            ..Limits::default()
        };
        let make = |claim, owned, expires_at_ms, max_posts| {
            create(
                claim,
                Owner {
                    owned,
                    guest_until_ms: None,
                },
                Terms {
                    expires_at_ms,
                    max_posts,
                },
                NOW,
                &limits,
            )
        };
        assert_eq!(make(Claim::Free, 1, Some(NOW + 1), Some(5)), Ok(true));
        assert_eq!(make(Claim::Own, 2, Some(NOW), Some(9)), Ok(false));
        assert_eq!(make(Claim::Foreign, 0, None, None), Err(Refused::Taken));
        assert_eq!(
            make(Claim::Free, 2, None, None),
            Err(Refused::TooMany { limit: 2 })
        );
        assert_eq!(
            make(Claim::Free, 0, Some(NOW), None),
            Err(Refused::BornExpired { found: NOW })
        );
        let too_many = Refused::TooManyPosts { limit: 5, found: 6 };
        assert_eq!(make(Claim::Free, 0, None, Some(6)), Err(too_many));
    }

    #[test]
    fn a_mailbox_is_over_only_when_empty_and_its_grace_has_passed() {
        let limits = Limits {
            expired_mailbox_seconds: 1,
            ..Limits::default()
        };
        let expired = mailbox(Some(NOW), None);
        assert!(!expired.is_over(NOW + 999, &limits));
        assert!(expired.is_over(NOW + 1_000, &limits));
        assert!(!Mailbox { held: 1, ..expired }.is_over(NOW + 1_000, &limits));
        assert!(!mailbox(None, None).is_over(u64::MAX, &limits));
    }

    #[test]
    fn a_guest_has_one_mailbox_which_does_not_outlast_it() {
        let limits = Limits::default();
        let make = |owned, expires_at_ms| {
            let guest = Owner {
                owned,
                guest_until_ms: Some(NOW + 10),
            };
            let terms = Terms {
                expires_at_ms,
                max_posts: None,
            };
            create(Claim::Free, guest, terms, NOW, &limits)
        };
        let outlasts = Err(Refused::OutlastsGuest { until_ms: NOW + 10 });
        assert_eq!(make(0, Some(NOW + 10)), Ok(true));
        assert_eq!(make(0, Some(NOW + 11)), outlasts);
        assert_eq!(make(0, None), outlasts);
        assert_eq!(make(1, Some(NOW + 10)), Err(Refused::TooMany { limit: 1 }));
    }
}
