//! `emtctl demo`: the whole story on one machine, with the real programs as processes of their own.
//!
//! [`story`] tells it; [`stage`] has the temporary directory and the processes and sees to it that nothing is left;
//! [`process`] is what those processes run.

mod error;
pub(crate) mod process;
mod stage;
mod story;
mod voice;

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use self::{error::DemoError, stage::Stage, voice::Voice};

/// Exit code after Ctrl-C before the story was told.
const INTERRUPTED: u8 = 130;

/// Arguments of `emtctl demo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// End after the story, with exit code 0 only if every step was verified, instead of serving on
    #[arg(long)]
    once: bool,
    /// Directory in which the demo makes its temporary one
    #[arg(long, value_name = "DIR")]
    temporary: Option<std::path::PathBuf>,
}

/// Tells the story; then serves until Ctrl-C.
pub(crate) fn run(args: &Args) -> ExitCode {
    let voice = Voice::new();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&DemoError::Runtime(error)),
    };
    runtime.block_on(async {
        match tell(args, &voice).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(DemoError::Interrupted) => {
                voice.line("interrupted; nothing is left behind");
                ExitCode::from(INTERRUPTED)
            }
            Err(error) => failed(&error),
        }
    })
}

async fn tell(args: &Args, voice: &Voice) -> Result<(), DemoError> {
    let mut stage = Stage::new(args.temporary.as_deref())?;
    let story = async {
        story::tell(&mut stage, voice).await?;
        if args.once { Ok(()) } else { story::go_on(&stage, voice).await }
    };
    let outcome = tokio::select! {
        outcome = story => outcome,
        () = interrupted() => Err(DemoError::Interrupted),
    };
    if outcome.is_ok() && !args.once {
        interrupted().await;
        voice.line("stopping; nothing is left behind");
    }
    let ended = stage.end(outcome.is_err() && !matches!(outcome, Err(DemoError::Interrupted))).await;
    outcome.and(ended)
}

/// Returns at Ctrl-C, or when the process is asked to end.
async fn interrupted() {
    let (Ok(mut interrupt), Ok(mut end)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = end.recv() => {}
    }
}

fn failed(error: &DemoError) -> ExitCode {
    eprintln!("error: the demo did not go as told: {error}");
    ExitCode::FAILURE
}
