//! `sotto schedule`.

use sotto_client_core::api::{
    ApiError, ApiErrorCode, Command, Direction, MessageStatus, ProposalState, ProposalView, Query,
    ScheduleDraft, ScheduleRequest,
};
use tokio::time::{Instant, timeout_at};

use super::{
    Context, Outcome,
    args::Schedule,
    connection::{ConnectionLine, Link, shut_out, warn_of_queued},
    session::{Need, Session, expect_reply},
};
use crate::render::{meetings, times::Times};

pub(super) async fn schedule(args: Schedule, context: &Context) -> Result<Outcome, ApiError> {
    let request = ScheduleRequest {
        text: args.sentence(),
        with: args.with,
        duration: args.duration,
        between: args.between,
        title: args.title,
        review: args.review.then_some(true),
    };
    let mut session = if args.wait {
        Session::open_shared(context, Need::Fresh).await?
    } else {
        Session::open(context, Need::Fresh).await?
    };
    if args.wait {
        session.check_dials(context)?;
    }
    let times = session.times().await?;
    let query = Query::Interpret {
        request: request.clone(),
    };
    let draft = session.draft(query).await?;
    let asked = expect_reply!(
        session.command(Command::Schedule { request }).await?,
        Proposal
    )?;
    if args.wait {
        let deadline = Instant::now() + args.timeout.duration();
        return wait(session, asked, &draft, deadline, &times, context).await;
    }
    let left = session.hand_over().await?;
    let proposal = session.proposal(asked).await?;
    let status = request_status(&mut session, &proposal).await?;
    let alone = matches!(session, Session::Own(_));
    session.close().await?;
    if status == MessageStatus::Failed {
        return Err(not_taken(&proposal));
    }
    if let Some(status) = left {
        if let Some(refusal) = shut_out(&status, context) {
            return Err(refusal);
        }
        warn_of_queued(&status, context);
    }
    let queued = status == MessageStatus::Queued;
    context
        .out
        .show(&proposal, || step(&proposal, &draft, queued, &times))?;
    if alone && !queued && proposal.state == ProposalState::Asking {
        context.out.remark(
            "No agent runs here, so the answer is only taken when you use `sotto` again: keep `sotto run` running, or add --wait.",
        );
    }
    Ok(Outcome::Done)
}

/// Where it stands, with the days that are asked for while there is no time yet.
fn step(proposal: &ProposalView, draft: &ScheduleDraft, queued: bool, times: &Times) -> String {
    let text = if queued {
        meetings::not_asked_yet(proposal)
    } else {
        meetings::proposal(proposal, times)
    };
    match proposal.state {
        ProposalState::Asking => text + &meetings::window(draft, times),
        _ => text,
    }
}

/// How far the message is that asks for the meeting.
async fn request_status(
    session: &mut Session,
    proposal: &ProposalView,
) -> Result<MessageStatus, ApiError> {
    let query = Query::History {
        conversation: Some(proposal.id.clone()),
        limit: None,
    };
    let messages = session.history(query).await?;
    let request = messages
        .iter()
        .find(|message| message.direction == Direction::Outgoing);
    Ok(request.map_or(MessageStatus::Queued, |request| request.status))
}

/// The relay refused the message itself, for good.
fn not_taken(proposal: &ProposalView) -> ApiError {
    let name = &proposal.contact.name;
    let reason = proposal.reason.clone();
    ApiError::new(
        ApiErrorCode::RelayRefused,
        reason.unwrap_or_else(|| {
            format!("{name} could not be asked: the relay refused the message.")
        }),
        format!("Ask again later; if it stays so, ask {name} for a new invitation."),
    )
}

/// Whether nothing more comes of it.
fn over(state: ProposalState) -> bool {
    use ProposalState::{
        Answered, Approval, Asking, Cancelled, Confirmed, Expired, Proposed, Rejected, Review,
    };
    match state {
        Confirmed | Rejected | Expired | Cancelled => true,
        Asking | Review | Proposed | Answered | Approval => false,
    }
}

/// Follows a proposal to its end, or to the deadline.
async fn wait(
    mut session: Session,
    mut proposal: ProposalView,
    draft: &ScheduleDraft,
    deadline: Instant,
    times: &Times,
    context: &Context,
) -> Result<Outcome, ApiError> {
    session.subscribe().await?;
    let mut connection = ConnectionLine::default();
    let mut said = None;
    while !over(proposal.state) {
        let status = session.status().await?;
        if let Some(refusal) = shut_out(&status, context) {
            session.close().await?;
            return Err(refusal);
        }
        let now = match connection.look(&status, context) {
            Link::Up => Some((proposal.state, false)),
            Link::Down => {
                let request = request_status(&mut session, &proposal).await?;
                Some((proposal.state, request == MessageStatus::Queued))
            }
            Link::Unknown => said,
        };
        if now != said {
            said = now;
            let queued = matches!(now, Some((_, true)));
            let text = step(&proposal, draft, queued, times);
            context.out.remark(text.trim_end());
        }
        match timeout_at(deadline, session.changed()).await {
            Ok(changed) => changed?,
            Err(_) => break,
        }
        proposal = session.proposal(proposal).await?;
    }
    let outcome = match proposal.state {
        ProposalState::Confirmed => Outcome::Done,
        _ => Outcome::NoMeeting,
    };
    if !over(proposal.state) {
        context
            .out
            .remark("It is not settled yet; `sotto run` goes on with it.");
    }
    session.settle(context).await?;
    context
        .out
        .show(&proposal, || meetings::proposal(&proposal, times))?;
    Ok(outcome)
}
