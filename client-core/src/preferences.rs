//! The user's preferences: defaults and bounds. Their type is [`api::Preferences`](crate::api::Preferences).

use jiff::{civil::Time, tz::TimeZone};

use crate::{
    api::{ApiError, ApiErrorCode, Approval, Preferences, Weekday, WorkingHours, sentence},
    calendar::availability,
    command::shown_length,
};

/// Most stretches of working hours.
pub(crate) const MAX_WORKING_HOURS: usize = 28;
/// Longest buffer around meetings, in minutes.
pub(crate) const MAX_BUFFER_MINUTES: u32 = 240;

impl Preferences {
    /// Monday to Friday, 9 to 17; ask before anything is confirmed.
    pub fn new(time_zone: &str) -> Self {
        use Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
        let (from, to) = (Time::constant(9, 0, 0, 0), Time::constant(17, 0, 0, 0));
        let days = [Monday, Tuesday, Wednesday, Thursday, Friday];
        Self {
            time_zone: time_zone.to_owned(),
            working_hours: days
                .map(|weekday| WorkingHours { weekday, from, to })
                .to_vec(),
            buffer_minutes: 0,
            approve_meetings: Approval::Ask,
            approve_contacts: Approval::Ask,
            review: false,
        }
    }

    /// The user's time zone.
    pub(crate) fn zone(&self) -> TimeZone {
        // Only checked preferences are ever stored.
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    pub(crate) fn check(&self) -> Result<(), ApiError> {
        let refused = |message: String, next_step: &str| {
            Err(ApiError::new(
                ApiErrorCode::ValueInvalid,
                message,
                next_step,
            ))
        };
        if let Err(error) = availability::time_zone(self) {
            return refused(
                sentence(&error),
                "Use a name like Europe/Berlin or America/New_York.",
            );
        }
        if self.working_hours.len() > MAX_WORKING_HOURS {
            return refused(
                format!("There are more than {MAX_WORKING_HOURS} stretches of working hours."),
                "Join some of them.",
            );
        }
        if self
            .working_hours
            .iter()
            .any(|hours| hours.from >= hours.to)
        {
            return refused(
                "Working hours end before they begin.".to_owned(),
                "Let each stretch end later on the same day; use 23:59 for midnight.",
            );
        }
        if self.buffer_minutes > MAX_BUFFER_MINUTES {
            return refused(
                format!(
                    "The buffer is longer than {}.",
                    shown_length(MAX_BUFFER_MINUTES)
                ),
                "Choose a shorter one.",
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_checked() {
        let good = Preferences::new("Europe/Berlin");
        assert_eq!(good.check(), Ok(()));
        let zone = Preferences {
            time_zone: "Mars/Base".into(),
            ..good.clone()
        };
        assert!(zone.check().unwrap_err().message.contains("Mars/Base"));
        let buffer = Preferences {
            buffer_minutes: 241,
            ..good.clone()
        };
        assert_eq!(buffer.check().unwrap_err().code, ApiErrorCode::ValueInvalid);
        let mut hours = good.clone();
        hours.working_hours[0].to = hours.working_hours[0].from;
        assert!(hours.check().unwrap_err().message.contains("end before"));
        let many = Preferences {
            working_hours: vec![good.working_hours[0]; 29],
            ..good
        };
        assert!(many.check().unwrap_err().message.contains("28"));
    }
}
