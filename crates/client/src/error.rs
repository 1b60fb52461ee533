//! What can go wrong between a client and a server.

use std::error::Error as _;

/// Why a request had no success.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody answers.
    #[error("cannot reach {url}: {reason}")]
    Unreachable {
        /// Address.
        url: String,
        /// Why, in the words of the innermost error.
        reason: String,
    },
    /// The server's certificate is not trusted.
    #[error("the certificate of {url} is not trusted: {reason}")]
    Untrusted {
        /// Address.
        url: String,
        /// Why.
        reason: String,
    },
    /// The server refused.
    #[error("{message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Code in the body, or "".
        code: String,
        /// Text in the body.
        message: String,
        /// Id that finds the request in the server's log, or "".
        request_id: String,
    },
    /// The answer makes no sense.
    #[error("the answer of {url} is not what was expected: {reason}")]
    Nonsense {
        /// Address.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// Name or password, or the kept login, is not accepted.
    #[error("the login was refused: {0}")]
    Login(String),
    /// The identity server begins no login from another device.
    #[error("it is not possible to log in with another device: {0}")]
    NoDeviceLogin(String),
    /// Whoever was asked on another device has said no.
    #[error("whoever was asked has refused the login")]
    Denied,
    /// Whoever was asked on another device has not answered.
    #[error("nobody agreed to the login in time")]
    Expired,
    /// A file to be sent or trusted cannot be read.
    #[error("{path} cannot be read: {reason}")]
    File {
        /// Path.
        path: String,
        /// Why.
        reason: String,
    },
    /// No record has this id or name.
    #[error("no {noun} has the id or name {wanted}")]
    NotFound {
        /// What was looked for.
        noun: &'static str,
        /// Id or name.
        wanted: String,
    },
    /// Several records have this name.
    #[error("{} {noun}s have the name {wanted}: {}", matches.len(), matches.join(", "))]
    Ambiguous {
        /// What was looked for.
        noun: &'static str,
        /// Name.
        wanted: String,
        /// Ids of those that have it, each with what tells it apart.
        matches: Vec<String>,
    },
    /// An OS that is changed by packages cannot be installed as an image.
    #[error("{os} is a mutable OS and cannot be installed as an image")]
    Mutable {
        /// The OS.
        os: String,
    },
    /// Updates stay within a profile.
    #[error("{os} has profile {has}, but {instance} runs profile {runs}")]
    OtherProfile {
        /// The OS.
        os: String,
        /// Its profile.
        has: String,
        /// The instance.
        instance: String,
        /// What it runs.
        runs: String,
    },
}

impl Error {
    /// HTTP status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Id that finds the request in the server's log.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Refused { request_id, .. } if !request_id.is_empty() => Some(request_id),
            _ => None,
        }
    }

    /// Whether the same request may have success later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => *status == 429 || *status >= 500 && *status != 501 && *status != 507,
            _ => false,
        }
    }

    pub(crate) fn transport(error: &reqwest::Error) -> Self {
        let url = error.url().map(origin).unwrap_or_default();
        let mut reason = error.to_string();
        let mut source = error.source();
        let mut untrusted = false;
        while let Some(inner) = source {
            reason = inner.to_string();
            untrusted |= reason.contains("peer certificate");
            source = inner.source();
        }
        if untrusted {
            return Self::Untrusted { url, reason };
        }
        if error.is_timeout() {
            "no answer in time".clone_into(&mut reason);
        }
        Self::Unreachable { url, reason }
    }
}

/// Scheme, host and port: what is unreachable is a server, not a resource.
pub(crate) fn origin(url: &url::Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_told_from_what_stays() {
        let refused = |status| Error::Refused { status, code: String::new(), message: String::new(), request_id: String::new() };
        for (status, passing) in
            [(400, false), (401, false), (404, false), (429, true), (500, true), (501, false), (503, true), (507, false)]
        {
            assert_eq!(refused(status).is_passing(), passing, "{status}");
        }
        assert!(Error::Unreachable { url: String::new(), reason: String::new() }.is_passing());
        assert!(!Error::Untrusted { url: String::new(), reason: String::new() }.is_passing());
    }
}
