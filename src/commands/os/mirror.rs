//! Mirrors: a directory with what a source of OS images has.

use std::{
    num::NonZeroUsize,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use emt_sources::{
    RelativePath, Settings,
    mirror::{Options, Progress, Report, mirror},
    open,
};
use indicatif::{HumanBytes, ProgressBar};
use serde_json::{Value as Json, json};

use super::source_args::{SourceArgs, wrong};
use crate::{
    app::App,
    cli::Format,
    error::Error,
    output::{bar, lines, say, warn},
};

/// Fill a directory from a source of OS images, for a site without it; needs no server.
#[derive(Debug, clap::Args)]
pub struct MirrorArgs {
    /// Directory to fill; what is there already is not fetched again
    #[arg(value_name = "DIR")]
    into: PathBuf,
    /// How many versions of each profile, newest first [default: all]
    #[arg(long, value_name = "N")]
    versions: Option<NonZeroUsize>,
    #[command(flatten)]
    source: SourceArgs,
}

pub(super) async fn run(app: &App, args: MirrorArgs) -> Result<(), Error> {
    let settings = args.source.settings().await?;
    let source = open(&settings).map_err(|error| wrong(settings.kind, &error))?;
    let bars = Bars::default();
    let options = Options { versions: args.versions.map(NonZeroUsize::get) };
    let mirrored = mirror(&*source, &name(&settings), &args.into, options, &|progress| bars.show(progress)).await;
    bars.end();
    let report = mirrored.map_err(Error::Mirror)?;
    for entry in &report.withdrawn {
        warn(&format!("{} {} is withdrawn: {}", entry.profile, entry.version, entry.reason));
    }
    for profile in &report.absent {
        warn(&format!("no version of {profile} is offered"));
    }
    for url in &report.elsewhere {
        warn(&format!("{url} stays where it is"));
    }
    for failure in &report.failed {
        let what = [&*failure.profile, &failure.version].join(" ");
        warn(&format!("{} has not come along: {}", what.trim_end(), failure.error));
    }
    let directory = args.into.display().to_string();
    say(&format!(
        "{directory} has {} of {} that are offered: {} fetched ({}), {} there already",
        report.versions,
        count(report.offered, "version"),
        count(report.fetched, "file"),
        HumanBytes(report.bytes),
        count(report.kept, "file"),
    ));
    match app.out.format() {
        Format::Table => {}
        Format::Name => lines([&*directory])?,
        Format::Json | Format::Yaml => app.out.document(&document(&directory, &report))?,
    }
    match report.failed.len() {
        0 => Ok(()),
        failed => Err(Error::Incomplete {
            what: format!("the mirror is not complete: {failed} failed"),
            hint: "what is there is whole; mend the cause, then repeat the command: it goes on where it stopped".to_owned(),
        }),
    }
}

/// What the source is called where a reason names it.
fn name(settings: &Settings) -> String {
    settings.url.clone()
}

fn count(of: usize, what: &str) -> String {
    if of == 1 { format!("1 {what}") } else { format!("{of} {what}s") }
}

fn document(directory: &str, report: &Report) -> Json {
    let withdrawn =
        report.withdrawn.iter().map(|entry| json!({"profile": entry.profile, "version": entry.version, "reason": entry.reason}));
    let failed = report
        .failed
        .iter()
        .map(|failure| json!({"profile": failure.profile, "version": failure.version, "reason": failure.error.to_string()}));
    json!({
        "directory": directory,
        "versionsOffered": report.offered,
        "versions": report.versions,
        "filesFetched": report.fetched,
        "bytesFetched": report.bytes,
        "filesKept": report.kept,
        "absent": report.absent,
        "withdrawn": withdrawn.collect::<Vec<_>>(),
        "elsewhere": report.elsewhere,
        "failed": failed.collect::<Vec<_>>(),
    })
}

/// The file that is on its way.
#[derive(Default)]
struct Bars(Mutex<Option<(RelativePath, ProgressBar)>>);

impl Bars {
    fn show(&self, progress: &Progress<'_>) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Progress::Planned(_) => {}
            Progress::Bytes { path, done, size } => {
                if shown.as_ref().is_none_or(|(of, _)| of != *path) {
                    *shown = Some(((*path).clone(), bar("fetching", size.unwrap_or(*done))));
                }
                if let Some((_, bar)) = &*shown {
                    bar.set_position(*done);
                }
            }
            Progress::Fetched(_) => {
                if let Some((_, bar)) = shown.take() {
                    bar.finish_and_clear();
                }
            }
        }
    }

    fn end(&self) {
        if let Some((_, bar)) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}
