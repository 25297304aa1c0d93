//! The web app, embedded in the binary.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

/// Browsers take the content type as it is said.
pub(super) const NOSNIFF: (HeaderName, &str) = (header::X_CONTENT_TYPE_OPTIONS, "nosniff");

/// Nothing but what the relay itself serves, and no inline script or style.
/// `'self'` in connect-src covers the WebSocket under the same address.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; \
    worker-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; \
    form-action 'none'";

const WITHOUT_APP: &str = "This Sotto relay was built without the web app.\n\n\
    The relay works: point a client at this address. To have the app served here,\n\
    build it (web/dist) and then the relay again.\n";

#[derive(RustEmbed)]
#[folder = "../web/dist"]
#[allow_missing = true]
struct Dist;

/// The answer to a request for the app; `None` when there is no such file.
pub(super) fn answer(path: &str, headers: &HeaderMap) -> Option<Response> {
    let path = path.trim_start_matches('/');
    let response = match (
        Dist::get(path).filter(|_| !path.is_empty()),
        Dist::get("index.html"),
    ) {
        (Some(file), _) => serve(path, file, headers),
        // The app has routes of its own; a path that looks like a file is no such route.
        (None, Some(index)) if is_route(path) => serve("index.html", index, headers),
        (None, None) if path.is_empty() => (
            [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
            WITHOUT_APP,
        )
            .into_response(),
        _ => return None,
    };
    Some(secured(response))
}

fn is_route(path: &str) -> bool {
    !path.rsplit('/').next().unwrap_or_default().contains('.') && !path.starts_with("assets/")
}

fn serve(path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let hash = data_encoding::HEXLOWER.encode(&file.metadata.sha256_hash());
    let etag = format!("\"{hash}\"");
    // Names under assets/ carry a hash of their contents, so they never change.
    let cache = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok());
    let fresh = known.is_some_and(|tags| {
        tags.split(',')
            .any(|tag| tag.trim().trim_start_matches("W/") == etag || tag.trim() == "*")
    });
    let mut response = if fresh {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(file.data.into_owned()).into_response()
    };
    let answer = response.headers_mut();
    if !fresh {
        answer.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(content_type(path)),
        );
    }
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        answer.insert(header::ETAG, etag);
    }
    response
}

fn secured(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        NOSNIFF,
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-embedder-policy"),
            "require-corp",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &'static str) -> EmbeddedFile {
        EmbeddedFile {
            data: text.as_bytes().into(),
            metadata: rust_embed::Metadata::__rust_embed_new([7; 32], None, None),
        }
    }

    #[test]
    fn hashed_assets_stay_for_ever_and_the_page_is_asked_for_again() {
        let header = |response: &Response, name| {
            response
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        let none = HeaderMap::new();
        let asset = serve("assets/app-1234.wasm", file("x"), &none);
        assert_eq!(
            header(&asset, header::CONTENT_TYPE).unwrap(),
            "application/wasm"
        );
        assert!(
            header(&asset, header::CACHE_CONTROL)
                .unwrap()
                .ends_with("immutable")
        );
        let page = serve("index.html", file("x"), &none);
        assert_eq!(header(&page, header::CACHE_CONTROL).unwrap(), "no-cache");
        let etag = header(&page, header::ETAG).unwrap();
        let known = HeaderMap::from_iter([(header::IF_NONE_MATCH, etag.parse().unwrap())]);
        let again = serve("index.html", file("x"), &known);
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(header(&again, header::ETAG).unwrap(), etag);
    }

    #[test]
    fn only_what_does_not_look_like_a_file_is_a_route_of_the_app() {
        assert!(is_route("") && is_route("contacts/robin") && is_route("a.b/c"));
        assert!(!is_route("favicon.ico") && !is_route("assets/missing"));
    }

    #[test]
    fn the_policy_is_strict_and_on_every_answer() {
        let response = secured(StatusCode::OK.into_response());
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        assert!(policy.starts_with("default-src 'none'; "));
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
        assert!(!policy.contains('*') && !policy.contains("  "));
        assert_eq!(response.headers()[header::REFERRER_POLICY], "no-referrer");
    }
}
