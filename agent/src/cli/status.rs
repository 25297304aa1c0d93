//! `sotto status`.

use serde_json::{Value, json};
use sotto_client_core::api::ApiError;

use super::{
    Context, Outcome,
    session::{Need, Session},
};
use crate::{error::defect, render::people};

pub(super) async fn status(context: &Context) -> Result<Outcome, ApiError> {
    let mut session = Session::open(context, Need::Fresh).await?;
    let running = matches!(session, Session::Running(_));
    let status = session.status().await?;
    let times = session.times().await?;
    let contacts = session.contacts().await?;
    session.close().await?;
    let home = context.home.dir();
    let mut document = serde_json::to_value(&status).map_err(defect)?;
    if let Value::Object(keys) = &mut document {
        keys.insert("running".into(), json!(running));
        keys.insert("home".into(), json!(home));
    }
    context.out.show(&document, || {
        let home = home.display().to_string();
        people::status(&status, &contacts, &home, running, &times)
    })?;
    Ok(Outcome::Done)
}
