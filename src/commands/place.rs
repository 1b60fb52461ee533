//! `emtctl region` and `emtctl site`.

use clap::Subcommand;
use emt_client::{
    kinds,
    models::{Place, Region, Site},
};
use serde_json::json;

use crate::{
    app::App,
    commands::choice::Choice,
    error::{Doing, Error},
    output::{Cell, Show, say},
};

/// Regions, which hold sites and other regions.
#[derive(Debug, Subcommand)]
pub enum RegionCommand {
    /// List regions
    List(Choice),
    /// Make a region
    Create {
        /// Name
        name: String,
        /// The region above: id or name
        #[arg(long, value_name = "REGION")]
        parent: Option<String>,
    },
}

/// Sites, at which hosts stand.
#[derive(Debug, Subcommand)]
pub enum SiteCommand {
    /// List sites
    List(Choice),
    /// Make a site
    Create {
        /// Name
        name: String,
        /// Where it lies: id or name
        #[arg(long, value_name = "REGION")]
        region: Option<String>,
    },
}

impl Show for Region {
    const HEADER: &'static [&'static str] = &["ID", "NAME", "PARENT"];

    fn row(&self) -> Vec<Cell> {
        [&*self.id, &self.name, self.parent.as_ref().map(Place::label).unwrap_or_default()].map(Cell::from).to_vec()
    }

    fn details(&self) -> Vec<(&'static str, Cell)> {
        Vec::new()
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn order(&self) -> (String, String) {
        (self.name.clone(), self.id.clone())
    }
}

impl Show for Site {
    const HEADER: &'static [&'static str] = &["ID", "NAME", "REGION"];

    fn row(&self) -> Vec<Cell> {
        [&*self.id, &self.name, self.region.as_ref().map(Place::label).unwrap_or_default()].map(Cell::from).to_vec()
    }

    fn details(&self) -> Vec<(&'static str, Cell)> {
        Vec::new()
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn order(&self) -> (String, String) {
        (self.name.clone(), self.id.clone())
    }
}

pub(crate) async fn run_region(app: &App, command: RegionCommand) -> Result<(), Error> {
    let api = app.api().await?;
    match command {
        RegionCommand::List(choice) => {
            let all = api.list(&kinds::REGIONS, &choice.query()).await.doing("list regions")?;
            app.out.chosen(&all, choice.none("there are no regions yet: emtctl region create NAME"), choice.is_ordered())
        }
        RegionCommand::Create { name, parent } => {
            let doing = format!("make region {name}");
            let mut body = json!({"name": name});
            if let Some(parent) = parent {
                body["parentId"] = api.find(&kinds::REGIONS, &parent).await.doing(doing.clone())?.data.id.into();
            }
            let made = api.create(&kinds::REGIONS, &body).await.doing(doing)?;
            say(&format!("made region {name} as {}", made.data.id));
            app.out.made(&made)
        }
    }
}

pub(crate) async fn run_site(app: &App, command: SiteCommand) -> Result<(), Error> {
    let api = app.api().await?;
    match command {
        SiteCommand::List(choice) => {
            let all = api.list(&kinds::SITES, &choice.query()).await.doing("list sites")?;
            app.out.chosen(
                &all,
                choice.none("there are no sites yet: emtctl site create NAME --region REGION"),
                choice.is_ordered(),
            )
        }
        SiteCommand::Create { name, region } => {
            let doing = format!("make site {name}");
            let mut body = json!({"name": name});
            if let Some(region) = region {
                body["regionId"] = api.find(&kinds::REGIONS, &region).await.doing(doing.clone())?.data.id.into();
            }
            let made = api.create(&kinds::SITES, &body).await.doing(doing)?;
            say(&format!("made site {name} as {}", made.data.id));
            app.out.made(&made)
        }
    }
}
