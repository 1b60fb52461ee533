//! The command line `emtctl`: parse, call the client, print. No business rule lives here.

mod app;
pub mod cli;
mod clock;
mod commands;
mod context;
#[cfg(feature = "demo")]
mod demo;
mod error;
mod output;
mod time;
mod watch;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;

use crate::{app::App, cli::Args, error::Error};

/// Does what the command line says. Errors are told on standard error; `--help` lists the exit codes.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    #[cfg(feature = "demo")]
    if let Some(process) = demo::process::wanted(&arguments) {
        return demo::process::run(process);
    }
    let args = match Args::try_parse_from(&arguments) {
        Ok(args) => args,
        Err(error) => {
            // Help and version are no errors; a closed pipe is none either.
            let code = u8::try_from(error.exit_code()).unwrap_or(error::WRONG_CALL);
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    #[cfg(feature = "demo")]
    if let cli::Command::Demo(demo) = &args.command {
        return demo::run(demo);
    }
    match begin(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error::tell(&error);
            ExitCode::from(error.code())
        }
    }
}

fn begin(args: Args) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
    let app = App::new(args.global);
    let done = runtime.block_on(async {
        tokio::select! {
            done = commands::run(&app, args.command) => done,
            Ok(()) = tokio::signal::ctrl_c() => Err(Error::Interrupted),
        }
    });
    // Whatever still reads or hashes a file is not waited for.
    runtime.shutdown_background();
    done
}
