//! What a command can end with: the text, what to do next, and the exit code.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use emt_client::Error as ClientError;
use emt_sources::{Problem, mirror::MirrorError};

/// Exit code of another failure.
const FAILURE: u8 = 1;
/// Exit code of a call that is wrong.
pub(crate) const WRONG_CALL: u8 = 2;
const NOT_LOGGED_IN: u8 = 3;
const NOT_FOUND: u8 = 4;
const UNREACHABLE: u8 = 5;
const REFUSED: u8 = 6;
const UPDATE_FAILED: u8 = 7;
const TIMED_OUT: u8 = 8;
const INTERRUPTED: u8 = 130;

/// What the server says to a caller that may not see a project, or if there is none.
const NO_PROJECT: &str = "Access denied or project not found";

/// Why a command has not done what it was to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A request had no success.
    #[error("cannot {doing}: {source}")]
    Request {
        /// What was to be done, such as `delete host shop-1`.
        doing: String,
        source: ClientError,
    },
    /// The call is wrong.
    #[error("{what}")]
    Call { what: String, hint: String },
    /// Nobody has logged in yet.
    #[error("nobody has logged in yet")]
    NeverLoggedIn,
    /// The context's login has ended.
    #[error("{what}")]
    NotLoggedIn { what: String },
    /// Something that was named is not there.
    #[error("{what}")]
    Missing { what: String, hint: String },
    /// A rule of ours speaks against it.
    #[error("{what}")]
    Rule { what: String, hint: String },
    /// Updates failed.
    #[error("{}", failed_updates(failed, *of))]
    UpdateFailed {
        /// Host and reason.
        failed: Vec<(String, String)>,
        /// How many were watched.
        of: usize,
    },
    /// Updates have not ended in time.
    #[error("{} of {of} updates had not ended after {}: {}", pending.len(), crate::time::brief(*after), shortened(pending))]
    TimedOut {
        /// Hosts whose updates have not ended.
        pending: Vec<String>,
        of: usize,
        after: Duration,
    },
    /// A mirror could not be begun.
    #[error(transparent)]
    Mirror(MirrorError),
    /// Some of it is done.
    #[error("{what}")]
    Incomplete { what: String, hint: String },
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// A file.
    #[error("cannot {doing} {}: {source}", path.display())]
    File { doing: &'static str, path: PathBuf, source: io::Error },
    /// What is kept for later cannot be read.
    #[error("{} cannot be understood: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    /// The output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(io::Error),
    /// Nobody reads the output any more, which is no failure.
    #[error("the output was closed")]
    ClosedPipe,
    /// Nothing can run.
    #[error("cannot start: {0}")]
    Runtime(io::Error),
}

impl Error {
    pub(crate) fn call(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Call { what: what.into(), hint: hint.into() }
    }

    pub(crate) fn missing(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Missing { what: what.into(), hint: hint.into() }
    }

    pub(crate) fn rule(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Rule { what: what.into(), hint: hint.into() }
    }

    pub(crate) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }

    /// Whether the same may have success later.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Request { source, .. } if source.is_passing())
    }

    /// Exit code, as `--help` lists them.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Request { source, .. } => code_of(source),
            Self::Call { .. } => WRONG_CALL,
            Self::NeverLoggedIn | Self::NotLoggedIn { .. } => NOT_LOGGED_IN,
            Self::Missing { .. } => NOT_FOUND,
            Self::Rule { .. } => REFUSED,
            Self::Mirror(error) => code_of_mirror(error),
            Self::UpdateFailed { .. } => UPDATE_FAILED,
            Self::TimedOut { .. } => TIMED_OUT,
            Self::Interrupted => INTERRUPTED,
            Self::Incomplete { .. } | Self::File { .. } | Self::Unreadable { .. } | Self::Output(_) | Self::Runtime(_) => FAILURE,
            Self::ClosedPipe => 0,
        }
    }

    /// What to do next.
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Request { source, .. } => return hint_for(source),
            Self::Call { hint, .. } | Self::Missing { hint, .. } | Self::Rule { hint, .. } | Self::Incomplete { hint, .. } => {
                hint.as_str()
            }
            Self::Mirror(error) => hint_for_mirror(error),
            Self::NeverLoggedIn => "log in: emtctl login --server URL",
            Self::NotLoggedIn { .. } => "log in again: emtctl login",
            Self::UpdateFailed { .. } => {
                "the nodes run their old version; mend the cause, then plan another window: emtctl schedule update --host HOST …"
            }
            Self::TimedOut { .. } => {
                "nodes install in an open window only: emtctl schedule list shows the windows; emtctl watch goes on watching"
            }
            Self::Unreadable { .. } => "mend or remove the file, then log in again",
            Self::File { .. } => "check the path and who may use it",
            _ => "",
        };
        (!hint.is_empty()).then(|| hint.to_owned())
    }

    fn request_id(&self) -> Option<&str> {
        match self {
            Self::Request { source, .. } => source.request_id(),
            _ => None,
        }
    }
}

/// Says what was to be done when it was not.
pub(crate) trait Doing<T> {
    /// `doing` completes "cannot …".
    fn doing(self, doing: impl Into<String>) -> Result<T, Error>;
}

impl<T> Doing<T> for Result<T, ClientError> {
    fn doing(self, doing: impl Into<String>) -> Result<T, Error> {
        self.map_err(|source| Error::Request { doing: doing.into(), source })
    }
}

/// Tells an error on standard error.
pub(crate) fn tell(error: &Error) {
    if matches!(error, Error::ClosedPipe) {
        return;
    }
    let mut text = format!("error: {error}\n");
    if let Some(hint) = error.hint() {
        let _ = writeln!(text, "hint: {hint}");
    }
    if let Some(id) = error.request_id() {
        let _ = writeln!(text, "request id: {id}");
    }
    let _ = io::stderr().write_all(text.as_bytes());
}

fn code_of(error: &ClientError) -> u8 {
    match error {
        ClientError::Unreachable { .. } | ClientError::Untrusted { .. } => UNREACHABLE,
        ClientError::Login(_) | ClientError::NoDeviceLogin(_) | ClientError::Denied | ClientError::Expired => NOT_LOGGED_IN,
        ClientError::NotFound { .. } | ClientError::Ambiguous { .. } => NOT_FOUND,
        ClientError::Mutable { .. } | ClientError::OtherProfile { .. } => REFUSED,
        ClientError::Nonsense { .. } | ClientError::File { .. } => FAILURE,
        ClientError::Refused { status, code, message, .. } => match *status {
            401 => NOT_LOGGED_IN,
            403 if message == NO_PROJECT => NOT_FOUND,
            404 => NOT_FOUND,
            400 if code.is_empty() => WRONG_CALL,
            400 | 403 | 409 | 412 | 413 | 422 => REFUSED,
            502..=504 => UNREACHABLE,
            _ => FAILURE,
        },
    }
}

fn code_of_mirror(error: &MirrorError) -> u8 {
    match error {
        MirrorError::Source(error) => match error.problem() {
            Problem::Unreachable | Problem::Stalled | Problem::Busy | Problem::Untrusted | Problem::Clock => UNREACHABLE,
            Problem::Denied => NOT_LOGGED_IN,
            Problem::Missing => NOT_FOUND,
            _ => FAILURE,
        },
        MirrorError::InUse(_) => REFUSED,
        _ => FAILURE,
    }
}

fn hint_for_mirror(error: &MirrorError) -> &'static str {
    match error {
        MirrorError::Source(error) => error.hint(),
        MirrorError::InUse(_) => "wait for its end, or name another directory",
        MirrorError::Index { .. } => "name an empty directory or a mirror, or move the file away",
        _ => "check the path and who may use it",
    }
}

fn hint_for(error: &ClientError) -> Option<String> {
    let hint = match error {
        ClientError::Unreachable { .. } => "check that the server runs and that its address is right: emtctl context list",
        ClientError::Untrusted { .. } => {
            "give the server's certificate authority: emtctl login --server URL --ca-cert FILE (emt-server keeps it as ca.pem in \
             its data directory)"
        }
        ClientError::Login(_) => "check the user name and the password, then log in again: emtctl login",
        ClientError::NoDeviceLogin(_) => "log in with a name and a password: emtctl login --username NAME",
        ClientError::Denied | ClientError::Expired => "begin again: emtctl login --device",
        ClientError::NotFound { noun, .. } => return list_of(noun).map(|list| format!("{list} shows what is there")),
        ClientError::Ambiguous { .. } => "give the id of the one that you mean",
        ClientError::Mutable { .. } => "nothing was changed; choose an immutable OS: emtctl os list",
        ClientError::OtherProfile { runs, .. } => {
            return Some(format!("nothing was changed; choose an OS of profile {runs}: emtctl os list"));
        }
        ClientError::Nonsense { .. } => "check that the address is that of an Edge Orchestrator's API: emtctl context list",
        ClientError::File { .. } => "check the path and what the file holds",
        ClientError::Refused { status, message, .. } => match *status {
            401 => "the login has ended or belongs to another server; log in again: emtctl login",
            403 if message == NO_PROJECT => "emtctl project list shows the projects that you may use",
            403 => "your role does not allow this; ask an administrator of the project, or log in again if the login is old",
            400 if message.contains("another source has the same") => {
                "emtctl os source list shows it; give the new one another name"
            }
            400 if message.contains("has the same") => "it is there already, perhaps in another project",
            400 if message.contains("still refer to this OS") => {
                "emtctl os block keeps everybody from installing it; emtctl instance list shows what runs where"
            }
            400 if message.contains("still refer to it") => "delete what refers to it, or link that to something else, first",
            404 => "it may have been deleted meanwhile",
            413 => "publish a smaller image, or raise image-limit in the server's settings",
            429 | 502..=504 => "the server is busy or starting; try again in a moment",
            501 => "this server does not serve that yet; a newer one may",
            507 => "free space on the server's disk, then repeat the command",
            500.. => "the server's log tells more under the request id",
            _ => "",
        },
    };
    (!hint.is_empty()).then(|| hint.to_owned())
}

/// The command that lists what has this name.
fn list_of(noun: &str) -> Option<&'static str> {
    Some(match noun {
        "OS resource" => "emtctl os list",
        "source" => "emtctl os source list",
        "host" => "emtctl host list",
        "instance" | "host, instance or OS resource" => "emtctl instance list",
        "region" => "emtctl region list",
        "site" => "emtctl site list",
        "schedule" => "emtctl schedule list",
        _ => return None,
    })
}

fn failed_updates(failed: &[(String, String)], of: usize) -> String {
    let mut text = format!("{} of {of} updates failed", failed.len());
    for (host, reason) in failed {
        let _ = write!(text, "\n  {host}: {reason}");
    }
    text
}

/// The first few of many.
fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 10;
    let more = names.len().saturating_sub(SHOWN);
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_have_the_codes_of_the_help() {
        let refused = |status: u16, code: &str, message: &str| ClientError::Refused {
            status,
            code: code.to_owned(),
            message: message.to_owned(),
            request_id: String::new(),
        };
        for (error, expected) in [
            (refused(401, "", "Unauthorized"), 3),
            (refused(403, "", "Forbidden"), 6),
            (refused(403, "", NO_PROJECT), 4),
            (refused(404, "NotFound", "host_resource not found"), 4),
            (refused(400, "", "request body has an error"), 2),
            (refused(400, "InvalidArgument", "in the past"), 6),
            (refused(400, "FailedPrecondition", "still in use"), 6),
            (refused(409, "AlreadyExists", ""), 6),
            (refused(412, "", ""), 6),
            (refused(422, "", ""), 6),
            (refused(413, "", "too long"), 6),
            (refused(429, "", ""), 1),
            (refused(500, "Internal", ""), 1),
            (refused(501, "Unimplemented", ""), 1),
            (refused(503, "", ""), 5),
            (refused(507, "", "full"), 1),
        ] {
            assert_eq!(code_of(&error), expected, "{error:?}");
        }
    }

    #[test]
    fn long_lists_are_shortened() {
        let names: Vec<String> = (0..12).map(|number| number.to_string()).collect();
        assert_eq!(shortened(&names), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more");
        assert_eq!(shortened(&names[..2]), "0, 1");
    }
}
