//! `emtctl os block` and `unblock`.

use emt_client::{Error as ClientError, Orchestrator, Resource, kinds, models::Os};

use crate::{
    app::App,
    error::{Doing, Error},
    output::say,
};

/// What says that the orchestrator has blocks.
const FEATURE: [&str; 2] = ["emt", "os-blocks"];

/// Block OS resources: nobody installs them from now on.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Ids, names or versions
    #[arg(required = true, value_name = "OS")]
    os: Vec<String>,
    /// Why, for those who will ask
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub(super) async fn block(app: &App, args: &Args) -> Result<(), Error> {
    let api = app.api().await?;
    let mut blocked = Vec::new();
    for os in api.find_all(&kinds::OS, &args.os).await.doing("block OS resources")? {
        let label = label(&os);
        blocked.push(answered(&api, api.block_os(&os.data.id, &args.reason).await, format!("block {label}")).await?);
        say(&format!("blocked {label}: nobody installs it"));
    }
    app.out.list(&blocked, "")
}

pub(super) async fn unblock(app: &App, wanted: &[String]) -> Result<(), Error> {
    let api = app.api().await?;
    let mut free = Vec::new();
    for os in api.find_all(&kinds::OS, wanted).await.doing("unblock OS resources")? {
        let label = label(&os);
        free.push(answered(&api, api.unblock_os(&os.data.id).await, format!("unblock {label}")).await?);
        say(&format!("unblocked {label}"));
    }
    app.out.list(&free, "")
}

fn label(os: &Resource<Os>) -> String {
    format!("OS {} ({} {})", os.data.id, os.data.profile, os.data.version)
}

/// Not found may mean that this orchestrator has no blocks.
async fn answered<T>(api: &Orchestrator, asked: Result<T, ClientError>, doing: String) -> Result<T, Error> {
    match asked {
        Err(error) if error.status() == Some(404) && api.features().await.is_ok_and(|features| !features.has(&FEATURE)) => {
            Err(Error::rule("this orchestrator cannot block OS resources", "emtctl os delete removes what nothing needs"))
        }
        asked => asked.doing(doing),
    }
}
