//! HTTP: the WebSocket's door, the probes, the error page and the web app.

mod app;

use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use sotto_protocol::error::ErrorCode;
use sotto_protocol::limits::MAX_FRAME_BYTES;
use sotto_protocol::{SOCKET_PATH, SUBPROTOCOL};

use crate::connection;
use crate::error::{Refusal, request_id};
use crate::server::{Place, Relay};

/// The libraries' 128 KiB for each connection would be most of its memory; frames are small.
const BUFFER_BYTES: usize = 4 * 1024;

/// Everything that the relay answers over HTTP.
pub(crate) fn router(relay: Arc<Relay>) -> Router {
    Router::new()
        .route(SOCKET_PATH, get(socket))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/docs/errors.md", get(errors_page))
        .fallback(fallback)
        .method_not_allowed_fallback(unknown)
        .with_state(relay)
}

/// The WebSocket. Its `Origin` is not looked at: nothing here rests on cookies
/// or other ambient authority, whoever connects proves a key by signature.
async fn socket(State(relay): State<Arc<Relay>>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let place = parts.extensions.get::<Place>().cloned();
    let upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection> =
        WebSocketUpgrade::from_request_parts(&mut parts, &relay).await;
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade.protocols([SUBPROTOCOL]),
        Err(rejection) => {
            let refusal = Refusal::invalid("upgrade", rejection.body_text());
            return refused(&relay, &refusal);
        }
    };
    if upgrade.selected_protocol().is_none() {
        let message = format!("expected the sub-protocol {SUBPROTOCOL}, found none that is known");
        let refusal = Refusal::new(ErrorCode::VersionUnsupported, message);
        return refused(&relay, &refusal.detail("supported", SUBPROTOCOL));
    }
    if relay.is_draining() {
        return refused(&relay, &Refusal::unavailable("the relay is stopping"));
    }
    let Ok(permit) = Arc::clone(&relay.unauthenticated).try_acquire_owned() else {
        let message = "too many connections wait to be let in; try again in a moment";
        return refused(&relay, &Refusal::unavailable(message));
    };
    let dialled = match &relay.config.public_url {
        Some(url) => url.audience(),
        None => host(&parts.headers).to_owned(),
    };
    upgrade
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_message_size(MAX_FRAME_BYTES)
        .max_frame_size(MAX_FRAME_BYTES)
        .on_upgrade(move |socket| async move {
            connection::serve(relay, socket, dialled, permit).await;
            drop(place);
        })
}

fn host(headers: &HeaderMap) -> &str {
    headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default()
}

/// The process lives.
async fn healthz() -> &'static str {
    "ok\n"
}

/// The relay can take messages: it is not stopping, and its store writes.
async fn readyz(State(relay): State<Arc<Relay>>) -> Response {
    if relay.is_draining() {
        return refused(&relay, &Refusal::unavailable("the relay is stopping"));
    }
    let now = relay.config.clock.now_ms();
    match relay.store.change(move |store| store.probe(now)).await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::error!(%error, "the store does not write");
            refused(
                &relay,
                &Refusal::unavailable("the store does not write; see the log"),
            )
        }
    }
}

/// What every error code means.
async fn errors_page() -> Response {
    let page = include_str!("../../../docs/errors.md");
    let kind = (header::CONTENT_TYPE, "text/markdown; charset=utf-8");
    ([kind, app::NOSNIFF], page).into_response()
}

async fn fallback(
    State(relay): State<Arc<Relay>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let reads = method == Method::GET || method == Method::HEAD;
    if !reads || uri.path().starts_with("/v1/") {
        return unknown(State(relay)).await;
    }
    match app::answer(uri.path(), &headers) {
        Some(response) => response,
        None => unknown(State(relay)).await,
    }
}

async fn unknown(State(relay): State<Arc<Relay>>) -> Response {
    refused(
        &relay,
        &Refusal::new(ErrorCode::HttpNotFound, "there is no such page or method"),
    )
}

fn refused(relay: &Relay, refusal: &Refusal) -> Response {
    let occurrence = request_id();
    tracing::debug!(code = %refusal.code, request_id = occurrence, "refused");
    let status = StatusCode::from_u16(refusal.code.http_status())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = Json(refusal.json(relay.config.clock.now_ms(), &occurrence));
    let mut response = (status, [app::NOSNIFF], body).into_response();
    if let Some(after) = refusal.retry_after {
        let seconds = after.as_secs_f64().ceil() as u64;
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
