//! `sotto invite` and `sotto invitations`.

use serde_json::json;
use sotto_client_core::api::{ApiError, ApiErrorCode, Command, StatusView};

use super::{
    Context, Outcome,
    args::{Invitations, InvitationsVerb, Invite},
    connection::{cut_off, shut_out},
    session::{Need, Session, expect_reply},
};
use crate::render::{keys, people, qr};

pub(super) async fn invite(args: Invite, context: &Context) -> Result<Outcome, ApiError> {
    let mut session = Session::open(context, Need::Send).await?;
    let command = Command::Invite {
        uses: args.uses,
        valid_hours: args.valid.map(|valid| valid.whole(3600)),
    };
    let invitation = expect_reply!(session.command(command).await?, Invitation)?;
    let times = session.times().await?;
    let left = session.hand_over().await?;
    session.close().await?;
    if let Some(status) = left {
        if let Some(refusal) = shut_out(&status, context) {
            return Err(refusal);
        }
        context.out.warn(&not_good_yet(&status));
    }
    context.out.show(&invitation, || {
        let uses = people::guests(invitation.uses_left);
        let mut text = format!("{}\n\n", invitation.link.as_str());
        if args.qr {
            let code = qr::render(invitation.link.as_str());
            text += &code.unwrap_or_else(|| "(The link is too long for a QR code.)\n".into());
            text.push('\n');
        }
        text += &format!(
            "Good for {uses} until {} ({}). Whoever has the link may use it.\n",
            times.moment(invitation.expires_at),
            times.name()
        );
        text.push('\n');
        text += &keys::own_digits(&invitation.account_fingerprint);
        text
    })?;
    Ok(Outcome::Done)
}

/// The relay does not know the invitation's mailbox: whoever used the link now would be refused.
fn not_good_yet(status: &StatusView) -> ApiError {
    ApiError::new(
        ApiErrorCode::RelayUnreachable,
        format!(
            "The link does not work yet: the relay does not know of it. {}",
            cut_off(status)
        ),
        "Before you hand it over, run `sotto run` or `sotto status` until the connection is online.",
    )
}

pub(super) async fn invitations(args: Invitations, context: &Context) -> Result<Outcome, ApiError> {
    let mut session = Session::open(context, Need::Fresh).await?;
    match args.verb.unwrap_or(InvitationsVerb::List) {
        InvitationsVerb::List => {
            let invitations = session.invitations().await?;
            let (times, away) = (session.times().await?, session.away().await?);
            session.close().await?;
            context.out.show(&invitations, || {
                people::invitations(&invitations, away.as_ref(), &times)
            })?;
        }
        InvitationsVerb::Revoke { invitation } => {
            let command = Command::RevokeInvitation { invitation };
            session.command(command).await?;
            session.settle(context).await?;
            let revoked = || "Revoked; whoever tries its link from now on is refused.\n".to_owned();
            context.out.show(&json!({"done": true}), revoked)?;
        }
    }
    Ok(Outcome::Done)
}
