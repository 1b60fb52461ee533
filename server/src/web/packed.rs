//! Pages as they are sent: packed for those who take it, and not at all for those who have the same already.

use std::io::Write;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, header},
};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

/// Shorter ones are not packed.
const SHORT: usize = 1000;

/// Whether somebody takes gzip. A browser that does names it plainly.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT_ENCODING).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    accepts.split(',').any(|coding| coding.trim() == "gzip")
}

/// The tag of a middle: the same for the same text, whatever mask and packing.
pub(super) fn tag(middle: &str) -> String {
    format!("W/\"{}\"", hex::encode(&Sha256::digest(middle)[..12]))
}

/// Whether somebody has what has this tag.
pub(super) fn has(headers: &HeaderMap, tag: &str) -> bool {
    let had = headers.get(header::IF_NONE_MATCH).and_then(|had| had.to_str().ok()).unwrap_or_default();
    had.split(',').any(|had| had.trim() == tag)
}

/// A page as a body, packed if that is wanted and worth it.
pub(super) fn body(html: String, is_packed: bool, headers: &mut HeaderMap) -> Body {
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if !is_packed || html.len() < SHORT {
        return html.into();
    }
    let mut packed = GzEncoder::new(Vec::with_capacity(html.len() / 4), Compression::fast());
    match packed.write_all(html.as_bytes()).and_then(|()| packed.finish()) {
        Ok(packed) => {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            packed.into()
        }
        // Into memory nothing fails.
        Err(_) => html.into(),
    }
}
