//! What can go wrong in the demo.

use std::io;

/// Why the story was not told to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum DemoError {
    /// The asynchronous runtime.
    #[error("the runtime cannot start: {0}")]
    Runtime(io::Error),
    /// The temporary directory.
    #[error("the temporary directory {path}: {error}; choose another place with --temporary")]
    Directory {
        /// Where.
        path: String,
        /// In the system's words.
        error: io::Error,
    },
    /// A process cannot be started.
    #[error("{program} cannot be started: {error}")]
    Start {
        /// Which.
        program: String,
        /// In the system's words.
        error: io::Error,
    },
    /// A process ended that should have gone on, or with another code.
    #[error("{program} ended with {status}{}", log(.output))]
    Ended {
        /// Which.
        program: String,
        /// How.
        status: String,
        /// Last lines that it wrote.
        output: String,
    },
    /// Something did not come about.
    #[error("{what} did not happen within {seconds} s{}", log(.output))]
    Late {
        /// What.
        what: String,
        /// How long it was waited for.
        seconds: u64,
        /// What was there instead.
        output: String,
    },
    /// Something is not as it should be after a step.
    #[error("{what}: expected {expected}, found {found}")]
    Unverified {
        /// What.
        what: String,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

fn log(output: &str) -> String {
    if output.trim().is_empty() { String::new() } else { format!(":\n{}", output.trim_end()) }
}
