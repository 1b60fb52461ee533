//! What went wrong with a request, in words.

use std::error::Error as _;

use reqwest::{Response, StatusCode};

use super::Ask;
use crate::{Problem, SourceError};

/// A redirect to somebody else.
#[derive(Debug, thiserror::Error)]
#[error("it redirects to {0}, and redirects are only followed within one host")]
pub(super) struct OtherHost(pub(super) String);

/// A request that had no answer, or whose answer broke off.
pub(super) fn transport(what: &'static str, place: &str, error: &reqwest::Error) -> SourceError {
    let mut why = error.to_string();
    let mut source = error.source();
    let mut problem = if error.is_timeout() && !error.is_connect() { Problem::Stalled } else { Problem::Unreachable };
    while let Some(inner) = source {
        why = inner.to_string();
        if inner.is::<OtherHost>() {
            problem = Problem::Elsewhere;
            break;
        }
        let told = why.to_ascii_lowercase();
        if told.contains("certificate") && (told.contains("expired") || told.contains("not valid yet")) {
            problem = Problem::Clock;
        } else if told.contains("peer certificate") {
            problem = Problem::Untrusted;
        }
        source = inner.source();
    }
    if error.is_timeout() {
        let told = if error.is_connect() { "no connection in time" } else { "nothing came for too long" };
        told.clone_into(&mut why);
    }
    SourceError::new(what, place, problem, why)
}

/// An answer that is no success.
pub(super) fn of_status(ask: &Ask<'_>, response: &Response, credentials: bool) -> SourceError {
    let status = response.status();
    let problem = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Problem::Denied,
        StatusCode::NOT_FOUND | StatusCode::GONE => Problem::Missing,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Problem::Busy,
        status if status.is_server_error() => Problem::Busy,
        _ => Problem::Malformed,
    };
    let anonymous = if problem == Problem::Denied && !credentials { " (no user name was given)" } else { "" };
    ask.failed(problem, format!("answered with {status}{anonymous}"))
}
