//! What can go wrong on the command line: its text and its exit code.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use crate::{
    boot::BootError, credentials::CredentialsError, enrol::EnrolError, firmware::FirmwareError, node::NodeError, run::RunError,
    sandbox::SandboxError,
};

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const REFUSED: u8 = 3;
const UNREACHABLE: u8 = 4;
const UNTRUSTED: u8 = 5;
const WRONG_STATE: u8 = 6;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(transparent)]
    Enrol(#[from] EnrolError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Firmware(#[from] FirmwareError),
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error("{path} cannot be written: {error}")]
    Output {
        path: String,
        #[source]
        error: io::Error,
    },
    #[error("the program's own path is not known: {0}")]
    Program(#[source] io::Error),
    #[error("the runtime cannot start: {0}")]
    Runtime(#[source] io::Error),
}

impl CliError {
    /// Tells it on standard error; gives the exit code.
    pub(super) fn tell(&self) -> ExitCode {
        let _ = writeln!(io::stderr(), "error: {self}");
        ExitCode::from(self.code())
    }

    fn code(&self) -> u8 {
        match self {
            Self::Node(error)
            | Self::Run(RunError::Node(error))
            | Self::Firmware(FirmwareError::Node(error))
            | Self::Sandbox(SandboxError::Node(error)) => node(error),
            Self::Enrol(EnrolError::Refused { .. }) => REFUSED,
            Self::Enrol(EnrolError::Unreachable { .. }) => UNREACHABLE,
            Self::Enrol(EnrolError::Untrusted { .. }) => UNTRUSTED,
            Self::Usage(_) | Self::Enrol(EnrolError::Net(_) | EnrolError::Token { .. }) => USAGE,
            Self::Enrol(EnrolError::Enrolled { .. } | EnrolError::Credentials(CredentialsError::Damaged { .. }))
            | Self::Run(
                RunError::Credentials(CredentialsError::Missing { .. } | CredentialsError::Damaged { .. })
                | RunError::Boot(BootError::NotBooted { .. } | BootError::Damaged { .. }),
            )
            | Self::Firmware(FirmwareError::Boot(_) | FirmwareError::NothingBoots { .. }) => WRONG_STATE,
            _ => FAILED,
        }
    }
}

fn node(error: &NodeError) -> u8 {
    match error {
        NodeError::Missing { .. } | NodeError::Exists { .. } | NodeError::Damaged { .. } | NodeError::InUse { .. } => WRONG_STATE,
        NodeError::Io { .. } => FAILED,
    }
}
