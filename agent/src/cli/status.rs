//! `sotto status`.

use serde_json::{Value, json};
use sotto_client_core::api::ApiError;

use super::{
    Context, Outcome, join,
    session::{Need, Session},
};
use crate::{
    error::defect,
    render::{devices::followed, status},
};

pub(super) async fn status(context: &Context) -> Result<Outcome, ApiError> {
    let mut session = Session::open(context, Need::Fresh).await?;
    let running = matches!(session, Session::Running(_));
    if let Some(joining) = session.joining().await? {
        session.close().await?;
        join::show(&joining, context)?;
        return Ok(Outcome::Done);
    }
    let now = session.status().await?;
    let times = session.times().await?;
    let contacts = session.contacts().await?;
    let devices = session.devices().await?;
    session.close().await?;
    let home = context.home.dir();
    let mut document = serde_json::to_value(&now).map_err(defect)?;
    if let Value::Object(keys) = &mut document {
        keys.insert("running".into(), json!(running));
        keys.insert("home".into(), json!(home));
        let follows = followed(&devices).map(|agent| &agent.name);
        keys.insert("follows".into(), json!(follows));
    }
    context.out.show(&document, || {
        let home = home.display().to_string();
        status::status(&now, &contacts, &devices, &home, running, &times)
    })?;
    Ok(Outcome::Done)
}
