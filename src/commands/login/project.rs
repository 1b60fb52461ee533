//! The project to work in after a login.

use emt_client::{Error as ClientError, Orchestrator, Resource, models::Project};

use crate::error::{Doing, Error};

/// The project to work in: the named one if the user may use it, else the only one. A project that was only kept from the
/// last login may have gone.
pub(super) async fn choose(api: &Orchestrator, wish: Option<&str>, named: bool) -> Result<Option<String>, Error> {
    if let Some(wish) = wish {
        match api.project(wish).await {
            Ok(_) => return Ok(Some(wish.to_owned())),
            Err(ClientError::Refused { status: 401 | 403 | 404, .. }) if named => {
                return Err(Error::missing(
                    format!("project {wish} does not exist, or you may not use it"),
                    projects_hint(api).await,
                ));
            }
            Err(ClientError::Refused { status: 401 | 403 | 404, .. }) => {}
            Err(error) => return Err(error).doing(format!("find project {wish}")),
        }
    }
    let mut projects = api.projects().await.doing("list your projects")?;
    match projects.len() {
        0 => Ok(None),
        1 => Ok(projects.pop().map(|project| project.data.name)),
        several => Err(Error::call(
            format!("you may use {several} projects, and none is chosen"),
            format!("choose one: --project NAME, with NAME one of {}", names(&projects)),
        )),
    }
}

async fn projects_hint(api: &Orchestrator) -> String {
    match api.projects().await {
        Ok(projects) if !projects.is_empty() => format!("yours are: {}", names(&projects)),
        _ => "log in without --project, then make one: emtctl project create NAME".to_owned(),
    }
}

fn names(projects: &[Resource<Project>]) -> String {
    projects.iter().map(|project| project.data.name.as_str()).collect::<Vec<_>>().join(", ")
}
