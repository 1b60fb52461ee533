//! `emtctl logout`.

use crate::{
    app::App,
    context::{Contexts, Home, session},
    error::Error,
    output::say,
};

/// End logins, at the server too.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Those of all contexts
    #[arg(long)]
    all: bool,
}

pub(crate) async fn run(app: &App, args: &Args) -> Result<(), Error> {
    let home = Home::locate()?;
    let contexts = Contexts::read(&home)?;
    let chosen: Vec<_> = if args.all {
        contexts.contexts.iter().map(|(name, context)| (name.as_str(), context)).collect()
    } else {
        vec![contexts.chosen(app.global.context.as_deref())?]
    };
    let mut failed = None;
    for (name, context) in chosen {
        let http = app.http(&context.trust())?;
        match session::end(&home, &http, name, context).await {
            Ok(true) => say(&format!("logged out of {name}")),
            Ok(false) => say(&format!("you were not logged in to {name}")),
            // The others are ended all the same.
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(()), Err)
}
