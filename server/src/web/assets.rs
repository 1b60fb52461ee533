//! Style, script and icon: small, made here, named by their content so that browsers may keep them for ever.

use std::{io::Write, sync::LazyLock};

use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

use super::packed::takes_gzip;

/// Something that a page needs.
pub(super) struct Asset {
    /// File name, with a digest of its content.
    pub(super) name: String,
    kind: &'static str,
    plain: &'static str,
    packed: Bytes,
}

/// The style of all pages.
pub(super) static STYLE: LazyLock<Asset> = LazyLock::new(|| Asset::new("css", "text/css", include_str!("assets/style.css")));
/// The script of all pages, which can do without it.
pub(super) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("js", "text/javascript", include_str!("assets/script.js")));
/// The icon of the tab.
pub(super) static ICON: LazyLock<Asset> = LazyLock::new(|| Asset::new("svg", "image/svg+xml", include_str!("assets/icon.svg")));

impl Asset {
    fn new(ending: &str, kind: &'static str, plain: &'static str) -> Self {
        let digest = hex::encode(Sha256::digest(plain));
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        // Into memory nothing fails.
        let packed = packed.write_all(plain.as_bytes()).and_then(|()| packed.finish()).unwrap_or_default();
        Self { name: format!("{}.{ending}", &digest[..16]), kind, plain, packed: packed.into() }
    }
}

/// `GET /ui/assets/{name}`.
pub(super) async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = [&STYLE, &SCRIPT, &ICON].into_iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kept = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (header::VARY, HeaderValue::from_static("Accept-Encoding")),
    ];
    if takes_gzip(&headers) {
        (kept, [(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))], asset.packed.clone()).into_response()
    } else {
        (kept, asset.plain).into_response()
    }
}
