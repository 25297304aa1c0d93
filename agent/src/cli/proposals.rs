//! `sotto proposals` and `sotto history`.

use sotto_client_core::api::{ApiError, Command, Query};

use super::{
    Context, Outcome,
    args::{History, Proposals, ProposalsVerb},
    session::{Need, Session, expect_reply},
    values,
};
use crate::render::meetings;

pub(super) async fn proposals(args: Proposals, context: &Context) -> Result<Outcome, ApiError> {
    let mut session = Session::open(context, Need::Fresh).await?;
    let times = session.times().await?;
    let command = match args.verb.unwrap_or(ProposalsVerb::List) {
        ProposalsVerb::List => {
            let proposals = session.proposals().await?;
            let away = session.away().await?;
            session.close().await?;
            context.out.show(&proposals, || {
                meetings::proposals(&proposals, away.as_ref(), &times)
            })?;
            return Ok(Outcome::Done);
        }
        ProposalsVerb::Approve { proposal, start } => {
            let start = start.map(|start| values::instant(&start, times.zone()));
            let start = start.transpose()?;
            Command::Approve { proposal, start }
        }
        ProposalsVerb::Reject {
            proposal,
            reason,
            suggest,
        } => Command::Reject {
            proposal,
            reason,
            suggest_another: suggest,
        },
        ProposalsVerb::Cancel { proposal, reason } => Command::Cancel { proposal, reason },
    };
    let decided = expect_reply!(session.command(command).await?, Proposal)?;
    session.hand_over().await?;
    let proposal = session.proposal(decided).await?;
    session.settle(context).await?;
    context
        .out
        .show(&proposal, || meetings::proposal(&proposal, &times))?;
    Ok(Outcome::Done)
}

pub(super) async fn history(args: History, context: &Context) -> Result<Outcome, ApiError> {
    let mut session = Session::open(context, Need::Fresh).await?;
    let query = Query::History {
        conversation: args.conversation,
        limit: args.limit,
    };
    let messages = session.history(query).await?;
    let times = session.times().await?;
    session.close().await?;
    context
        .out
        .show(&messages, || meetings::history(&messages, &times))?;
    Ok(Outcome::Done)
}
