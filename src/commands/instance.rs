//! `emtctl instance`.

use clap::Subcommand;
use emt_client::{
    Resource, Way, kinds,
    models::{Instance, Os},
};
use jiff::Timestamp;

use crate::{
    app::App,
    clock,
    commands::{available, choice::Choice},
    error::{Doing, Error},
    output::{Cell, Show, Tone, say},
    time::brief,
};

/// Instances: what is installed on hosts, and what is to be.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List instances with what runs and what is to run
    List(Choice),
    /// Show an instance
    Get {
        /// Id or name, or that of its host
        instance: String,
    },
    /// Link an OS to instances: the next window for OS updates installs it
    Link(LinkArgs),
}

/// Link an OS to instances: the next window for OS updates installs it.
#[derive(Debug, clap::Args)]
pub struct LinkArgs {
    /// Ids or names, or those of their hosts
    #[arg(required = true, value_name = "INSTANCE")]
    instances: Vec<String>,
    /// OS to run: id, name or version
    #[arg(long, value_name = "OS")]
    os: String,
    /// Only check, and show what would change
    #[arg(long)]
    dry_run: bool,
}

impl Show for Instance {
    const HEADER: &'static [&'static str] = &["ID", "HOST", "PROFILE", "RUNS", "TO RUN", "UPDATE STATUS", "SINCE", "AVAILABLE"];

    fn row(&self) -> Vec<Cell> {
        let profile = self.current().map(|os| os.profile.as_str()).unwrap_or_default();
        vec![
            self.id.as_str().into(),
            self.label().into(),
            profile.into(),
            version(self.current()).into(),
            to_run(self),
            status(self),
            since(self.update_time).into(),
            available(self),
        ]
    }

    fn details(&self) -> Vec<(&'static str, Cell)> {
        let os = |os: Option<&Os>| os.map(|os| format!("{} {} ({})", os.profile, os.version, os.id)).unwrap_or_default();
        let host = self.host.as_ref().map(|host| format!("{} ({})", host.name, host.id)).unwrap_or_default();
        let policy = self.policy.as_ref().map(|policy| format!("{} ({})", policy.name, policy.id)).unwrap_or_default();
        let last = emt_client::last_outcome(&self.update_detail).map(|outcome| {
            if outcome.status == "installed" { format!("installed {}", outcome.version) } else { outcome.explanation() }
        });
        vec![
            ("id", self.id.as_str().into()),
            ("name", self.name.as_str().into()),
            ("host", host.into()),
            ("runs", os(self.current()).into()),
            ("to run", os(self.desired_os.as_ref()).into()),
            ("policy", policy.into()),
            ("update status", status(self)),
            ("since", since(self.update_time).into()),
            ("last update", last.unwrap_or_default().into()),
            ("available", self.update_available.as_str().into()),
        ]
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn order(&self) -> (String, String) {
        (self.label().to_owned(), self.id.clone())
    }
}

fn version(os: Option<&Os>) -> &str {
    os.map(|os| if os.version.is_empty() { os.id.as_str() } else { os.version.as_str() }).unwrap_or_default()
}

/// What could be installed; what a mutable system tells is too long for a column.
pub(super) fn available(instance: &Instance) -> Cell {
    let text = if instance.update_available.starts_with('[') { "packages" } else { &instance.update_available };
    Cell::toned(text, Tone::Busy)
}

fn to_run(instance: &Instance) -> Cell {
    let tone = if instance.is_up_to_date() { Tone::Plain } else { Tone::Busy };
    Cell::toned(version(instance.desired_os.as_ref()), tone)
}

fn status(instance: &Instance) -> Cell {
    Cell::toned(instance.update_status.as_str(), Tone::of_indicator(&instance.update_indicator))
}

/// How long ago something was, as the clock here shows it.
fn since(second: i64) -> String {
    let Some(then) = Timestamp::from_second(second).ok().filter(|_| second > 0) else { return String::new() };
    brief(clock::now().duration_since(then).try_into().unwrap_or_default())
}

pub(crate) async fn run(app: &App, command: Command) -> Result<(), Error> {
    match command {
        Command::List(choice) => {
            let all = app.api().await?.instances(&choice.query()).await.doing("list instances")?;
            app.out.chosen(
                &all,
                choice.none("there are no instances yet: one comes with the first report of an enrolled node"),
                choice.is_ordered(),
            )
        }
        Command::Get { instance } => {
            let api = app.api().await?;
            let found = api.find(&kinds::INSTANCES, &instance).await.doing(format!("show instance {instance}"))?;
            let more = if app.out.is_for_people() { available::details(&api, &found.data).await } else { Vec::new() };
            app.out.one_with(&found, more)
        }
        Command::Link(args) => link(app, &args).await,
    }
}

async fn link(app: &App, args: &LinkArgs) -> Result<(), Error> {
    let api = app.api().await?;
    let doing = format!("link OS {}", args.os);
    let os = api.find(&kinds::OS, &args.os).await.doing(doing.clone())?.data;
    let instances = api.find_all(&kinds::INSTANCES, &args.instances).await.doing(doing.clone())?;
    let plan = api.plan_link(&os, &instances).await.doing(doing.clone())?;
    let label = format!("{} {} ({})", os.profile, os.version, os.id);
    for instance in &plan.unchanged {
        say(&format!("{} is linked to {label} already", instance.data.label()));
    }
    if args.dry_run {
        tell_plan(&plan.way, &label);
        for instance in &plan.changes {
            say(&format!("{} would be linked to {label}", instance.data.label()));
        }
        return Ok(());
    }
    let of = plan.changes.len();
    let mut linked: Vec<Resource<Instance>> = Vec::with_capacity(of);
    let done = api.link(&plan, |instance| linked.push(instance)).await;
    for instance in &linked {
        say(&format!("linked {} to {label}", instance.data.label()));
    }
    if done.is_err() && !linked.is_empty() {
        say(&format!("{} of {of} instances are linked; the same command again links the rest", linked.len()));
    }
    done.doing(doing)?;
    if linked.iter().any(|instance| !instance.data.is_up_to_date()) {
        say("next: emtctl schedule update plans the window in which it is installed, emtctl watch follows it");
    }
    linked.extend(plan.unchanged.into_iter().cloned());
    app.out.list(&linked, "")
}

fn tell_plan(way: &Way, label: &str) {
    match way {
        Way::DesiredOs => {}
        Way::Policy(id) => say(&format!("by the OS update policy {id}")),
        Way::NewPolicy => say(&format!("by an OS update policy that would be made for {label}")),
    }
}
