//! `sotto schedule`.

use sotto_client_core::api::{ApiError, Command, ProposalState, ProposalView, ScheduleRequest};
use tokio::time::{Instant, timeout_at};

use super::{
    Context, Outcome,
    args::Schedule,
    session::{Need, Session, expect_reply},
};
use crate::{
    error::value_invalid,
    render::{meetings, times::Times},
};

pub(super) async fn schedule(args: Schedule, context: &Context) -> Result<Outcome, ApiError> {
    let request = ScheduleRequest {
        text: args.text,
        with: args.with,
        duration: args.duration,
        between: args.between,
        title: args.title,
        review: args.review.then_some(true),
    };
    if request == ScheduleRequest::default() {
        return Err(value_invalid(
            "Nothing says which meeting is wanted.",
            "Say it in a sentence, as in `sotto schedule \"half an hour with Robin next week\"`, or with --with NAME.",
        ));
    }
    let mut session = if args.wait {
        Session::open_shared(context, Need::Fresh).await?
    } else {
        Session::open(context, Need::Fresh).await?
    };
    session.subscribe().await?;
    let times = session.times().await?;
    let asked = expect_reply!(
        session.command(Command::Schedule { request }).await?,
        Proposal
    )?;
    let (proposal, outcome) = if args.wait {
        let deadline = Instant::now() + args.timeout.duration();
        context.out.remark(&meetings::headline(&asked, &times));
        let proposal = wait(&mut session, asked, deadline, &times, context).await?;
        let outcome = match proposal.state {
            ProposalState::Confirmed => Outcome::Done,
            _ => Outcome::NoMeeting,
        };
        if !over(proposal.state) {
            context
                .out
                .remark("It is not settled yet; `sotto run` goes on with it.");
        }
        (proposal, outcome)
    } else {
        (asked, Outcome::Done)
    };
    session.settle_or_warn(context).await?;
    context
        .out
        .show(&proposal, || meetings::proposal(&proposal, &times))?;
    Ok(outcome)
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
    session: &mut Session,
    mut proposal: ProposalView,
    deadline: Instant,
    times: &Times,
    context: &Context,
) -> Result<ProposalView, ApiError> {
    while !over(proposal.state) {
        match timeout_at(deadline, session.changed()).await {
            Ok(changed) => changed?,
            Err(_) => break,
        }
        let now = session.proposals().await?;
        let Some(now) = now.into_iter().find(|now| now.id == proposal.id) else {
            break;
        };
        if now.state != proposal.state && !over(now.state) {
            let text = meetings::proposal(&now, times);
            context.out.remark(text.trim_end());
        }
        proposal = now;
    }
    Ok(proposal)
}
