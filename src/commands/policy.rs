//! `emtctl policy`.

use clap::{ArgGroup, Subcommand};
use emt_client::{
    kinds,
    models::{Instance, Os, Policy},
};
use serde_json::json;

use crate::{
    app::App,
    commands::choice::Choice,
    error::{Doing, Error},
    output::{Cell, Show, say, word},
};

/// OS update policies: what instances are to run.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List policies
    List(Choice),
    /// Show a policy
    Get {
        /// Id or name
        policy: String,
    },
    /// Make a policy; it never changes
    Create(CreateArgs),
    /// Put instances under a policy: the next window for OS updates does what it says
    Set {
        /// Id or name
        policy: String,
        /// Ids or names, or those of their hosts
        #[arg(required = true, value_name = "INSTANCE")]
        instances: Vec<String>,
    },
    /// Delete policies that no instance is under
    Delete {
        /// Ids or names
        #[arg(required = true, value_name = "POLICY")]
        policies: Vec<String>,
    },
}

/// Make a policy; it never changes.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("kind").required(true))]
pub struct CreateArgs {
    /// Name
    name: String,
    /// Always the newest OS of the profile that runs
    #[arg(long, group = "kind")]
    latest: bool,
    /// This OS: id, name or version
    #[arg(long, value_name = "OS", group = "kind")]
    os: Option<String>,
    /// An addition to the kernel command line; no OS is installed beside it
    #[arg(long, value_name = "WORDS", group = "kind", allow_hyphen_values = true)]
    kernel_command: Option<String>,
    /// What people should know about it
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

impl Show for Policy {
    const HEADER: &'static [&'static str] = &["ID", "NAME", "KIND", "TO RUN"];

    fn row(&self) -> Vec<Cell> {
        vec![self.id.as_str().into(), self.name.as_str().into(), kind(self).into(), to_run(self).into()]
    }

    fn details(&self) -> Vec<(&'static str, Cell)> {
        vec![
            ("id", self.id.as_str().into()),
            ("name", self.name.as_str().into()),
            ("kind", kind(self).into()),
            ("to run", to_run(self).into()),
        ]
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn order(&self) -> (String, String) {
        (self.name.clone(), self.id.clone())
    }
}

fn kind(policy: &Policy) -> String {
    word(&policy.kind, "UPDATE_POLICY_")
}

fn to_run(policy: &Policy) -> String {
    if !policy.kernel_command.is_empty() {
        return format!("kernel command line {:?}", policy.kernel_command);
    }
    let os = |os: &Os| format!("{} {} ({})", os.profile, os.version, os.id);
    match policy.target.as_ref().filter(|target| !target.id.is_empty()) {
        Some(target) => os(target),
        None if policy.kind == "UPDATE_POLICY_LATEST" => "the newest of the profile that runs".to_owned(),
        None => String::new(),
    }
}

pub(crate) async fn run(app: &App, command: Command) -> Result<(), Error> {
    match command {
        Command::List(choice) => {
            let all = app.api().await?.list(&kinds::POLICIES, &choice.query()).await.doing("list policies")?;
            let none = choice.none("there are no policies: emtctl policy create NAME --latest");
            app.out.chosen(&all, none, choice.is_ordered())
        }
        Command::Get { policy } => {
            let found = app.api().await?.find(&kinds::POLICIES, &policy).await.doing(format!("show policy {policy}"))?;
            app.out.one(&found)
        }
        Command::Create(args) => create(app, &args).await,
        Command::Set { policy, instances } => set(app, &policy, &instances).await,
        Command::Delete { policies } => delete(app, &policies).await,
    }
}

async fn create(app: &App, args: &CreateArgs) -> Result<(), Error> {
    let api = app.api().await?;
    let doing = format!("make policy {}", args.name);
    let mut body =
        json!({"name": args.name, "updatePolicy": if args.latest { "UPDATE_POLICY_LATEST" } else { "UPDATE_POLICY_TARGET" }});
    if let Some(os) = &args.os {
        body["targetOsId"] = api.find(&kinds::OS, os).await.doing(doing.clone())?.data.id.into();
    }
    if let Some(words) = &args.kernel_command {
        body["updateKernelCommand"] = words.as_str().into();
    }
    if let Some(description) = &args.description {
        body["description"] = description.as_str().into();
    }
    let made = api.create(&kinds::POLICIES, &body).await.doing(doing)?;
    say(&format!("made policy {} ({})", made.data.name, made.data.id));
    app.out.made(&made)
}

async fn set(app: &App, policy: &str, wanted: &[String]) -> Result<(), Error> {
    let api = app.api().await?;
    let doing = format!("put instances under policy {policy}");
    let policy = api.find(&kinds::POLICIES, policy).await.doing(doing.clone())?.data;
    let instances = api.find_all(&kinds::INSTANCES, wanted).await.doing(doing)?;
    let mut changed = Vec::with_capacity(instances.len());
    for instance in instances {
        let label = Instance::label(&instance.data).to_owned();
        let body = json!({"osUpdatePolicyID": policy.id});
        let set = api.patch::<Instance>(&kinds::INSTANCES, &instance.data.id, &body).await;
        changed.push(set.doing(format!("put {label} under policy {}", policy.name))?);
        say(&format!("{label} is under policy {} ({})", policy.name, policy.id));
    }
    app.out.list(&changed, "")
}

async fn delete(app: &App, wanted: &[String]) -> Result<(), Error> {
    let api = app.api().await?;
    for policy in api.find_all(&kinds::POLICIES, wanted).await.doing("delete policies")? {
        let label = format!("policy {} ({})", policy.data.name, policy.data.id);
        match api.delete(&kinds::POLICIES, &policy.data.id).await {
            // Deleted by somebody else meanwhile.
            Err(error) if error.status() == Some(404) => {}
            other => other.doing(format!("delete {label}"))?,
        }
        say(&format!("deleted {label}"));
    }
    Ok(())
}
