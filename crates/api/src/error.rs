//! Errors as the wire carries them.

use std::fmt;

/// What went wrong, in the words of gRPC that the REST bodies use too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are gRPC's own")]
pub enum Code {
    InvalidArgument,
    FailedPrecondition,
    OutOfRange,
    Unauthenticated,
    PermissionDenied,
    NotFound,
    AlreadyExists,
    Aborted,
    ResourceExhausted,
    Internal,
    Unimplemented,
    Unavailable,
    DeadlineExceeded,
}

impl Code {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::InvalidArgument,
        Self::FailedPrecondition,
        Self::OutOfRange,
        Self::Unauthenticated,
        Self::PermissionDenied,
        Self::NotFound,
        Self::AlreadyExists,
        Self::Aborted,
        Self::ResourceExhausted,
        Self::Internal,
        Self::Unimplemented,
        Self::Unavailable,
        Self::DeadlineExceeded,
    ];

    /// HTTP status of the code; duplicates and broken preconditions are 400, as upstream has it.
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidArgument | Self::FailedPrecondition | Self::OutOfRange => 400,
            Self::Unauthenticated => 401,
            Self::PermissionDenied => 403,
            Self::NotFound => 404,
            Self::AlreadyExists | Self::Aborted => 409,
            Self::ResourceExhausted => 429,
            Self::Internal => 500,
            Self::Unimplemented => 501,
            Self::Unavailable => 503,
            Self::DeadlineExceeded => 504,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// An answer that is not success.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// Code in the body; request validation, routing and authentication send none.
    pub code: Option<Code>,
    /// What failed and why.
    pub message: String,
}

impl ApiError {
    /// With a code, as handlers and store report.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { status: code.status(), code: Some(code), message: message.into() }
    }

    /// Without a code, as request validation, routing and authentication report.
    pub fn plain(status: u16, message: impl Into<String>) -> Self {
        Self { status, code: None, message: message.into() }
    }

    /// A request that does not fit its schema: 400 without a code.
    pub fn schema(message: impl Into<String>) -> Self {
        Self::plain(400, message)
    }

    /// 400 `InvalidArgument`.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, message)
    }

    /// 400 `FailedPrecondition`.
    pub fn precondition(message: impl Into<String>) -> Self {
        Self::new(Code::FailedPrecondition, message)
    }

    /// 404 `NotFound`.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Code::NotFound, message)
    }

    /// Body: `{"code":…,"message":…}` or `{"message":…}`, compact, with a newline. Clients match its literal text.
    pub fn body(&self) -> String {
        let message = serde_json::Value::from(self.message.as_str());
        match self.code {
            Some(code) => format!("{{\"code\":\"{code}\",\"message\":{message}}}\n"),
            None => format!("{{\"message\":{message}}}\n"),
        }
    }
}
