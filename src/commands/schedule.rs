//! `emtctl schedule`.

use std::collections::HashSet;

use clap::Subcommand;
use emt_client::{
    Error as ClientError, Orchestrator, Resource,
    kinds::{Kind, REPEATED_SCHEDULES, SINGLE_SCHEDULES},
    models::Schedule,
    pick,
};

use crate::{
    app::App,
    error::{Doing, Error},
    output::say,
    time::Zone,
};

mod edit;
mod explain;
mod export;
mod next;
mod plan;
mod preview;
mod rule;
mod show;
mod target;
mod terms;

/// Maintenance windows.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Plan windows in which hosts install the OS that they are linked to
    Update(plan::UpdateArgs),
    /// Mark hosts as under maintenance; such a window lets nothing be installed
    Maintenance(plan::MaintenanceArgs),
    /// List windows, also those that repeat
    List(ListArgs),
    /// Show a schedule with its next windows
    Get {
        /// Id or name
        schedule: String,
        /// Time zone to show times in, such as Europe/Berlin [default: the system's]
        #[arg(long, value_name = "ZONE")]
        tz: Option<String>,
    },
    /// Change a schedule; what is not named stays as it is
    Edit(edit::EditArgs),
    /// Show which windows are open, and which open next
    Next(next::NextArgs),
    /// Tell whether windows are open, why, and when that changes
    Explain(explain::ExplainArgs),
    /// Print schedules as calendars (iCalendar)
    Export(export::ExportArgs),
    /// Show when the windows of a rule open; needs no server
    Preview(preview::PreviewArgs),
    /// Delete windows; one that is open ends
    Delete {
        /// Ids or names
        #[arg(required = true, value_name = "SCHEDULE")]
        schedule: Vec<String>,
    },
}

/// List windows, also those that repeat.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    owner: target::OwnerArgs,
    /// Time zone to show times in, such as Europe/Berlin [default: the system's]
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
}

pub(crate) async fn run(app: &App, command: Command) -> Result<(), Error> {
    match command {
        Command::Update(args) => plan::run(app, args.into()).await,
        Command::Maintenance(args) => plan::run(app, args.into()).await,
        Command::List(args) => list(app, &args).await,
        Command::Get { schedule, tz } => get(app, &schedule, tz.as_deref()).await,
        Command::Edit(args) => edit::run(app, &args).await,
        Command::Next(args) => next::run(app, &args).await,
        Command::Explain(args) => explain::run(app, &args).await,
        Command::Export(args) => export::run(app, &args).await,
        Command::Preview(args) => preview::run(app, &args),
        Command::Delete { schedule } => delete(app, &schedule).await,
    }
}

async fn list(app: &App, args: &ListArgs) -> Result<(), Error> {
    let zone = Zone::new(args.tz.as_deref())?;
    let api = app.api().await?;
    let all = selected(&api, &[], &args.owner, "list schedules").await?;
    show::list(app, &all, &zone, plan::now(&api))
}

async fn get(app: &App, wanted: &str, tz: Option<&str>) -> Result<(), Error> {
    let zone = Zone::new(tz)?;
    let api = app.api().await?;
    let found = selected(&api, &[wanted.to_owned()], &target::OwnerArgs::default(), "show the schedule").await?;
    found.iter().try_for_each(|schedule| explain::get(app, schedule, &zone, plan::now(&api)))
}

/// The schedules that are named, each once; else those of an owner; else all.
async fn selected(
    api: &Orchestrator,
    wanted: &[String],
    owner: &target::OwnerArgs,
    doing: &str,
) -> Result<Vec<Resource<Schedule>>, Error> {
    let owner = owner.find(api).await.doing(doing)?;
    let query: Vec<(&str, &str)> = owner.iter().map(target::Target::query).collect();
    let all = all(api, &query).await.doing(doing)?;
    if wanted.is_empty() {
        return Ok(all);
    }
    let found = wanted.iter().map(|wanted| pick(SINGLE_SCHEDULES.noun, &all, wanted)).collect::<Result<Vec<_>, _>>();
    let mut known = HashSet::new();
    Ok(found.doing(doing)?.into_iter().filter(|schedule| known.insert(&schedule.data.id)).cloned().collect())
}

/// Single windows, then repeated ones.
pub(crate) async fn all(api: &Orchestrator, query: &[(&str, &str)]) -> Result<Vec<Resource<Schedule>>, ClientError> {
    let mut all = api.list(&SINGLE_SCHEDULES, query).await?;
    all.extend(api.list(&REPEATED_SCHEDULES, query).await?);
    Ok(all)
}

async fn delete(app: &App, wanted: &[String]) -> Result<(), Error> {
    let api = app.api().await?;
    for schedule in selected(&api, wanted, &target::OwnerArgs::default(), "delete schedules").await? {
        let label = format!("schedule {} ({})", schedule.data.name, schedule.data.id);
        match api.delete(kind_of(&schedule.data), &schedule.data.id).await {
            // Deleted by somebody else meanwhile.
            Err(error) if error.status() == Some(404) => {}
            other => other.doing(format!("delete {label}"))?,
        }
        say(&format!("deleted {label}"));
    }
    Ok(())
}

fn kind_of(schedule: &Schedule) -> &'static Kind<Schedule> {
    if schedule.is_repeated() { &REPEATED_SCHEDULES } else { &SINGLE_SCHEDULES }
}
