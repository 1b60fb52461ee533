//! `emtctl project`.

use clap::Subcommand;
use emt_client::models::Project;

use crate::{
    app::{self, App},
    context::{Home, session},
    error::{Doing, Error},
    output::{Cell, Show, say},
};

/// Projects, each with its own hosts and OS resources.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the projects that you may use
    List,
    /// Make a project
    Create {
        /// Name of the project
        name: String,
        /// What it is for
        #[arg(long, value_name = "TEXT", default_value = "")]
        description: String,
    },
}

impl Show for Project {
    const HEADER: &'static [&'static str] = &["NAME", "DESCRIPTION", "ID"];

    fn row(&self) -> Vec<Cell> {
        [&*self.name, &self.spec.description, &self.status.project.uuid].map(Cell::from).to_vec()
    }

    fn details(&self) -> Vec<(&'static str, Cell)> {
        vec![("name", self.name.as_str().into()), ("id", self.status.project.uuid.as_str().into())]
    }

    /// Projects go by their names.
    fn id(&self) -> &str {
        &self.name
    }

    fn order(&self) -> (String, String) {
        (self.name.clone(), String::new())
    }
}

pub(crate) async fn run(app: &App, command: Command) -> Result<(), Error> {
    match command {
        Command::List => {
            let projects = app.api_without_project().await?.projects().await.doing("list your projects")?;
            app.out.list(&projects, "you may use no project yet: emtctl project create NAME")
        }
        Command::Create { name, description } => {
            let api = app.api_without_project().await?;
            let doing = || format!("make project {name}");
            if api.projects().await.doing(doing())?.iter().any(|project| project.data.name == name) {
                say(&format!("project {name} is there already; nothing was changed"));
                return Ok(());
            }
            api.put_project(&name, &description).await.doing(doing())?;
            say(&format!("made project {name}; work in it with --project {name}, or log in with it"));
            // The kept token does not know it yet, unless it came from elsewhere.
            if app::variable("EMTCTL_TOKEN").is_none()
                && let Ok((context_name, context)) = app.context()
            {
                session::renew_next_time(&Home::locate()?, &context_name, &context).await?;
            }
            Ok(())
        }
    }
}
