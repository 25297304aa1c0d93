//! `sotto run`: stays online and answers by policy.

use std::time::Duration;

use sotto_client_core::api::{ApiError, ApiErrorCode};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::broadcast::error::RecvError,
};

use super::{
    Context, Outcome,
    session::{Found, find, unlock},
    watch::Watch,
};
use crate::{
    error::{defect, device_removed, vault_missing},
    local::Server,
    shell,
};

/// A burst of notices becomes one look.
const BURST: Duration = Duration::from_millis(100);

pub(super) async fn run(context: &Context) -> Result<Outcome, ApiError> {
    let home = &context.home;
    if !home.has_database()? {
        return Err(vault_missing(home.dir()));
    }
    let Found::Free(lock) = find(context).await? else {
        return Err(ApiError::new(
            ApiErrorCode::VaultBusy,
            format!("An agent runs in {} already.", home.dir().display()),
            "Use the other verbs as usual: they reach it.",
        ));
    };
    let mut interrupt = signal(SignalKind::interrupt()).map_err(defect)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(defect)?;
    let vault = unlock(context, lock).await?;
    let (handle, mut task) = shell::start(vault, context.reach)?;
    let mut notices = handle.notices();
    let mut server = Server::start(home, handle.clone())?;
    let mut watch = Watch::new(handle.clone(), context.out);
    let mut seen = watch.begin(home.dir()).await;
    // Nothing comes to it any more. One that is removed while it runs stays, for whoever looks by it.
    if watch.is_removed() {
        seen = Err(device_removed(home.dir()));
    }
    while seen.is_ok() {
        tokio::select! {
            noticed = notices.recv() => match noticed {
                Ok(_) | Err(RecvError::Lagged(_)) => {
                    tokio::time::sleep(BURST).await;
                    notices = notices.resubscribe();
                    seen = watch.look().await;
                }
                Err(RecvError::Closed) => break,
            },
            ended = &mut task => return ended.unwrap_or_else(|e| Err(defect(e))).map(|()| Outcome::Done),
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
        }
    }
    // No new clients; then what was taken in is stored and answered.
    server.close();
    handle.stop().await;
    // Where a look failed, the reason for the loop's end says more.
    shell::ended(task).await?;
    seen?;
    watch.end()?;
    Ok(Outcome::Done)
}
