//! Why a source could not be read.

use std::fmt;

use url::Url;

/// Why a source could not be read: what was to be done, where, why not, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot {what} at {place}: {why}")]
pub struct SourceError {
    what: &'static str,
    place: String,
    why: String,
    problem: Problem,
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Nobody answers.
    Unreachable,
    /// The other side has a passing trouble, or asks to wait.
    Busy,
    /// Nothing came for too long.
    Stalled,
    /// The certificate is not of a trusted authority.
    Untrusted,
    /// The certificate is not valid at this time.
    Clock,
    /// The credentials do not do.
    Denied,
    /// It is not there.
    Missing,
    /// It is not what it should be.
    Malformed,
    /// It is something else altogether, such as a login page.
    NotASource,
    /// It is not what its digest says.
    Digest,
    /// It is too big.
    TooBig,
    /// It leads to another host, or out of its root.
    Elsewhere,
    /// A file of this machine.
    Local,
}

impl Problem {
    fn hint(self) -> &'static str {
        match self {
            Self::Unreachable => "check the address and the network",
            Self::Busy | Self::Stalled => "try again later",
            Self::Untrusted => "give the authority that signed its certificate (CA certificate)",
            Self::Clock => "check this machine's clock, then the certificate",
            Self::Denied => "check user name and password, and what they may read",
            Self::Missing => "check the address and the names of the profiles",
            Self::Malformed => "tell whoever publishes it",
            Self::NotASource => "check the address: it does not lead to a release tree or registry",
            Self::Digest => {
                "it was damaged or exchanged on its way, or is being published right now: try again, then ask its publisher"
            }
            Self::TooBig => "check the address; if it is right, tell whoever publishes it",
            Self::Elsewhere => "give the address where the files are: redirects and names are only followed within it",
            Self::Local => "check the path and who may use it",
        }
    }
}

impl SourceError {
    /// `what` completes "cannot …".
    pub(crate) fn new(what: &'static str, place: impl fmt::Display, problem: Problem, why: impl Into<String>) -> Self {
        Self { what, place: place.to_string(), why: why.into(), problem }
    }

    /// What kind of failure it is.
    pub fn problem(&self) -> Problem {
        self.problem
    }

    /// What to do next.
    pub fn hint(&self) -> &'static str {
        self.problem.hint()
    }

    /// Whether the same may have success soon without that anybody does anything.
    pub fn is_transient(&self) -> bool {
        matches!(self.problem, Problem::Unreachable | Problem::Busy | Problem::Stalled | Problem::Digest)
    }
}

/// An address as it may be shown: without credentials, query and fragment.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Fails for addresses that cannot have credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let url = Url::parse("https://me:secret@files.example/a?token=secret#secret").unwrap();
        assert_eq!(shown(&url), "https://files.example/a");
    }

    #[test]
    fn an_error_tells_what_where_and_why() {
        let error = SourceError::new("read the index", "https://files.example/", Problem::Missing, "answered with 404 Not Found");
        assert_eq!(error.to_string(), "cannot read the index at https://files.example/: answered with 404 Not Found");
        assert!(!error.is_transient() && !error.hint().is_empty());
    }
}
