//! The web app, embedded in the binary.

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
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

/// The copies that the build of the app puts beside a file, smallest first:
/// how they are named in `Accept-Encoding`, and their extension.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// The answer to a request for the app; `None` when there is no such file.
pub(super) fn answer(path: &str, headers: &HeaderMap) -> Option<Response> {
    answer_from::<Dist>(path, headers)
}

fn answer_from<App: RustEmbed>(path: &str, headers: &HeaderMap) -> Option<Response> {
    let path = path.trim_start_matches('/');
    let is_copy = CODINGS.iter().any(|(_, end)| path.ends_with(end));
    let file = App::get(path).filter(|_| !path.is_empty() && !is_copy);
    let response = match (file, App::get("index.html")) {
        (Some(file), _) => serve::<App>(path, file, headers),
        // The app has routes of its own; a path that looks like a file is no such route.
        (None, Some(index)) if is_route(path) => serve::<App>("index.html", index, headers),
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

fn serve<App: RustEmbed>(path: &str, plain: EmbeddedFile, headers: &HeaderMap) -> Response {
    let copies = CODINGS.iter().filter_map(|(coding, end)| {
        let file = App::get(&format!("{path}{end}"))?;
        Some((*coding, file))
    });
    let copies: Vec<_> = copies.collect();
    let varies = !copies.is_empty();
    let chosen = copies
        .into_iter()
        .find(|(coding, _)| accepts(headers, coding));
    let (coding, file) = match chosen {
        Some((coding, file)) => (Some(coding), file),
        None => (None, plain),
    };
    // Of the very bytes that are sent, so that each coding has a tag of its own.
    let hash = data_encoding::HEXLOWER.encode(&file.metadata.sha256_hash());
    let etag = format!("\"{hash}\"");
    // Names under assets/ carry a hash of their contents, so they never change.
    let cache = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let fresh = tokens(headers, &header::IF_NONE_MATCH)
        .any(|tag| tag.trim_start_matches("W/") == etag || tag == "*");
    let mut response = if fresh {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let bytes = match file.data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => bytes.into(),
        };
        let kind = HeaderValue::from_static(content_type(path));
        let mut response = ([(header::CONTENT_TYPE, kind)], bytes).into_response();
        if let Some(coding) = coding {
            let coding = HeaderValue::from_static(coding);
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, coding);
        }
        response
    };
    let answer = response.headers_mut();
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if varies {
        let by = HeaderValue::from_static("accept-encoding");
        answer.insert(header::VARY, by);
    }
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        answer.insert(header::ETAG, etag);
    }
    response
}

/// Whether `Accept-Encoding` names the coding (RFC 9110, 12.5.3) and does not weigh it zero.
/// A client that names none gets the file as it is.
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    tokens(headers, &header::ACCEPT_ENCODING).any(|token| {
        let (name, weight) = token.split_once(';').unwrap_or((token, ""));
        let refused = weight
            .trim()
            .strip_prefix(['q', 'Q'])
            .and_then(|weight| weight.strip_prefix('='))
            .is_some_and(|weight| weight.parse() == Ok(0.0_f32));
        name.trim().eq_ignore_ascii_case(coding) && !refused
    })
}

/// The members of a header's list.
fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(str::trim)
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
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
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

    /// An app of a page, an asset with both copies, and one with none.
    struct App;

    impl RustEmbed for App {
        fn get(path: &str) -> Option<EmbeddedFile> {
            let (text, hash): (&str, u8) = match path {
                "index.html" => ("page", 1),
                "assets/app-1234.wasm" => ("plain", 2),
                "assets/app-1234.wasm.br" => ("brotli", 3),
                "assets/app-1234.wasm.gz" => ("gzip", 4),
                "assets/font-1234.woff2" => ("font", 5),
                _ => return None,
            };
            Some(EmbeddedFile {
                data: text.as_bytes().into(),
                metadata: rust_embed::Metadata::__rust_embed_new([hash; 32], None, None),
            })
        }

        fn iter() -> impl Iterator<Item = Cow<'static, str>> + 'static {
            std::iter::empty()
        }
    }

    fn ask(path: &str, asked: &[(HeaderName, &str)]) -> Response {
        let asked = asked
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
        answer_from::<App>(path, &HeaderMap::from_iter(asked)).unwrap()
    }

    fn said(response: &Response, name: HeaderName) -> Option<&str> {
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap())
    }

    const ASSET: &str = "/assets/app-1234.wasm";

    #[test]
    fn hashed_assets_stay_for_ever_and_the_page_is_asked_for_again() {
        let asset = ask(ASSET, &[]);
        assert_eq!(said(&asset, header::CONTENT_TYPE), Some("application/wasm"));
        let cache = said(&asset, header::CACHE_CONTROL).unwrap();
        assert!(cache.ends_with("immutable"), "{cache}");
        let page = ask("/", &[]);
        assert_eq!(said(&page, header::CACHE_CONTROL), Some("no-cache"));
        let etag = said(&page, header::ETAG).unwrap();
        let again = ask("/week", &[(header::IF_NONE_MATCH, etag)]);
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(said(&again, header::ETAG), Some(etag));
    }

    #[tokio::test]
    async fn the_smallest_copy_that_the_browser_takes_is_sent() {
        for (accepted, coding, body) in [
            ("gzip, deflate, br, zstd", Some("br"), "brotli"),
            ("gzip, deflate", Some("gzip"), "gzip"),
            ("GZIP;q=0.5, br;q=0", Some("gzip"), "gzip"),
            ("br; q=0.000, gzip;q=0", None, "plain"),
            ("brotli, x-gzip, identity", None, "plain"),
            ("", None, "plain"),
        ] {
            let response = ask(ASSET, &[(header::ACCEPT_ENCODING, accepted)]);
            assert_eq!(
                said(&response, header::CONTENT_ENCODING),
                coding,
                "{accepted}"
            );
            assert_eq!(said(&response, header::VARY), Some("accept-encoding"));
            assert_eq!(
                said(&response, header::CONTENT_TYPE),
                Some("application/wasm")
            );
            let bytes = axum::body::to_bytes(response.into_body(), 100).await;
            assert_eq!(bytes.unwrap(), body, "{accepted}");
        }
        let font = ask(
            "/assets/font-1234.woff2",
            &[(header::ACCEPT_ENCODING, "br")],
        );
        assert_eq!(said(&font, header::CONTENT_ENCODING), None);
        assert_eq!(said(&font, header::VARY), None);
    }

    #[test]
    fn each_copy_is_remembered_under_its_own_tag() {
        let brotli = (header::ACCEPT_ENCODING, "br");
        let packed = ask(ASSET, std::slice::from_ref(&brotli));
        let plain = ask(ASSET, &[]);
        let etag = said(&packed, header::ETAG).unwrap();
        assert_ne!(said(&plain, header::ETAG), Some(etag));
        let known = (header::IF_NONE_MATCH, etag);
        let again = ask(ASSET, &[brotli, known.clone()]);
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(said(&again, header::VARY), Some("accept-encoding"));
        assert_eq!(said(&again, header::CONTENT_ENCODING), None);
        assert_eq!(ask(ASSET, &[known]).status(), StatusCode::OK);
    }

    #[test]
    fn copies_are_no_files_of_their_own() {
        for path in ["/assets/app-1234.wasm.br", "/assets/app-1234.wasm.gz"] {
            assert!(answer_from::<App>(path, &HeaderMap::new()).is_none());
        }
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
        let allowed = response.headers()["permissions-policy"].to_str().unwrap();
        assert!(
            allowed.split(", ").all(|feature| feature.ends_with("=()")),
            "{allowed}"
        );
    }
}
