//! `emtctl completion`: made from the definition of the command line.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::{cli, error::Error, output};

/// Print a completion script for a shell.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli::Args::command(), "emtctl", &mut script);
    output::write(&String::from_utf8_lossy(&script))
}
