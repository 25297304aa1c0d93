//! `sotto preferences`.

use sotto_client_core::api::{ApiError, Approval, Command, Preferences, Reply};

use super::{
    Context, Outcome,
    args::{self, Approve, PreferencesVerb, Set, Switch},
    session::{Need, Session},
};
use crate::render::meetings;

pub(super) async fn preferences(
    args: args::Preferences,
    context: &Context,
) -> Result<Outcome, ApiError> {
    let preferences = match args.verb.unwrap_or(PreferencesVerb::Show) {
        PreferencesVerb::Show => {
            let mut session = Session::open(context, Need::Nothing).await?;
            let preferences = session.preferences().await?;
            session.close().await?;
            preferences
        }
        PreferencesVerb::Set(set) => {
            let mut session = Session::open(context, Need::Send).await?;
            let preferences = changed(session.preferences().await?, set);
            let command = Command::SetPreferences { preferences };
            let preferences = match session.command(command).await? {
                Reply::Preferences(preferences) => preferences,
                _ => session.preferences().await?,
            };
            // What a looser policy answers at once should leave; if not now, then with the next verb.
            session.hand_over().await?;
            session.close().await?;
            preferences
        }
    };
    context
        .out
        .show(&preferences, || meetings::preferences(&preferences))?;
    Ok(Outcome::Done)
}

fn changed(mut preferences: Preferences, set: Set) -> Preferences {
    let Set {
        time_zone,
        hours,
        buffer,
        approve_meetings,
        approve_contacts,
        review,
    } = set;
    if let Some(zone) = time_zone {
        preferences.time_zone = zone;
    }
    if let Some(hours) = hours {
        preferences.working_hours = hours.0;
    }
    if let Some(buffer) = buffer {
        preferences.buffer_minutes = buffer.whole(60);
    }
    if let Some(approve) = approve_meetings {
        preferences.approve_meetings = approval(approve);
    }
    if let Some(approve) = approve_contacts {
        preferences.approve_contacts = approval(approve);
    }
    if let Some(review) = review {
        preferences.review = review == Switch::On;
    }
    preferences
}

fn approval(approve: Approve) -> Approval {
    match approve {
        Approve::Ask => Approval::Ask,
        Approve::Auto => Approval::Auto,
    }
}
