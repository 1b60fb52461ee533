//! `emtctl schedule`.

use std::{collections::HashSet, time::Duration};

use clap::{ArgGroup, Subcommand};
use emt_client::{
    Error as ClientError, Orchestrator, Resource,
    kinds::{HOSTS, Kind, REGIONS, REPEATED_SCHEDULES, SINGLE_SCHEDULES, SITES},
    models::Schedule,
    pick,
};

use crate::{
    app::App,
    error::{Doing, Error},
    output::say,
    time::length,
};

mod preview;
mod show;
mod update;

/// Maintenance windows.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Plan a window in which hosts install the OS that they are linked to
    Update(UpdateArgs),
    /// List windows, also those that repeat
    List(ListArgs),
    /// Show when the windows of a rule open; needs no server
    Preview(preview::PreviewArgs),
    /// Delete windows; one that is open ends
    Delete {
        /// Ids or names
        #[arg(required = true, value_name = "SCHEDULE")]
        schedule: Vec<String>,
    },
}

/// Plan a window in which hosts install the OS that they are linked to.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("target").required(true), group = ArgGroup::new("begin").required(true))]
pub struct UpdateArgs {
    /// Hosts: ids or names; each gets a window of its own
    #[arg(long, value_name = "HOST", num_args = 1.., group = "target")]
    host: Vec<String>,
    /// A site, with all its hosts: id or name
    #[arg(long, value_name = "SITE", group = "target")]
    site: Option<String>,
    /// A region, with all that is below it: id or name
    #[arg(long, value_name = "REGION", group = "target")]
    region: Option<String>,
    /// Open at this time: 2026-12-01T02:00:00Z, or 2026-12-01 02:00 on a clock in --tz
    #[arg(long, value_name = "TIME", group = "begin")]
    at: Option<String>,
    /// Open after this while, such as 2h30m
    #[arg(long = "in", value_name = "DURATION", group = "begin", value_parser = length, allow_hyphen_values = true)]
    after: Option<Duration>,
    /// Open at once
    #[arg(long, group = "begin")]
    now: bool,
    /// How long it stays open, such as 1h; 10m at least is advised
    #[arg(long, value_name = "DURATION", value_parser = length, allow_hyphen_values = true)]
    duration: Duration,
    /// Time zone, such as Europe/Berlin [default: the system's]
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
    /// Name of the window [default: made of target and time]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

/// List windows, also those that repeat.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("target"))]
pub struct ListArgs {
    /// Only those that hold for this host
    #[arg(long, value_name = "HOST", group = "target")]
    host: Option<String>,
    /// Only those that hold for this site
    #[arg(long, value_name = "SITE", group = "target")]
    site: Option<String>,
    /// Only those that hold for this region
    #[arg(long, value_name = "REGION", group = "target")]
    region: Option<String>,
    /// Time zone to show times in, such as Europe/Berlin [default: the system's]
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
}

pub(crate) async fn run(app: &App, command: Command) -> Result<(), Error> {
    match command {
        Command::Update(args) => update::run(app, args).await,
        Command::List(args) => list(app, &args).await,
        Command::Preview(args) => preview::run(app, &args),
        Command::Delete { schedule } => delete(app, &schedule).await,
    }
}

async fn list(app: &App, args: &ListArgs) -> Result<(), Error> {
    let zone = crate::time::Zone::new(args.tz.as_deref())?;
    let api = app.api().await?;
    let doing = "list schedules";
    let owner = if let Some(host) = &args.host {
        Some(("hostId", api.find(&HOSTS, host).await.doing(doing)?.data.id))
    } else if let Some(site) = &args.site {
        Some(("siteId", api.find(&SITES, site).await.doing(doing)?.data.id))
    } else if let Some(region) = &args.region {
        Some(("regionId", api.find(&REGIONS, region).await.doing(doing)?.data.id))
    } else {
        None
    };
    let query: Vec<(&str, &str)> = owner.iter().map(|(key, id)| (*key, id.as_str())).collect();
    let all = all(&api, &query).await.doing(doing)?;
    show::list(app, &all, &zone, api.server_time().unwrap_or_else(crate::clock::now))
}

/// Single windows, then repeated ones.
pub(crate) async fn all(api: &Orchestrator, query: &[(&str, &str)]) -> Result<Vec<Resource<Schedule>>, ClientError> {
    let mut all = api.list(&SINGLE_SCHEDULES, query).await?;
    all.extend(api.list(&REPEATED_SCHEDULES, query).await?);
    Ok(all)
}

async fn delete(app: &App, wanted: &[String]) -> Result<(), Error> {
    let api = app.api().await?;
    let all = all(&api, &[]).await.doing("delete schedules")?;
    let found = wanted.iter().map(|wanted| pick(SINGLE_SCHEDULES.noun, &all, wanted)).collect::<Result<Vec<_>, _>>();
    let mut deleted = HashSet::new();
    for schedule in found.doing("delete schedules")? {
        if !deleted.insert(&schedule.data.id) {
            continue;
        }
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
