//! `emtctl context`.

use clap::Subcommand;
use serde_json::json;

use crate::{
    app::App,
    cli::Format,
    context::{Contexts, Home, Tokens, session},
    error::Error,
    output::{Cell, lines, say},
};

/// Servers and projects that you have logged in to.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List contexts; the current one is marked
    List,
    /// Make a context the current one
    Use {
        /// Name of the context
        name: String,
    },
    /// Log out of a context and forget it
    Remove {
        /// Name of the context
        name: String,
    },
}

pub(crate) async fn run(app: &App, command: Command) -> Result<(), Error> {
    match command {
        Command::List => list(app).await,
        Command::Use { name } => choose(&name).await,
        Command::Remove { name } => remove(app, &name).await,
    }
}

async fn list(app: &App) -> Result<(), Error> {
    let home = Home::locate()?;
    let kept = Contexts::read(&home)?;
    if kept.contexts.is_empty() {
        say("there are no contexts yet: emtctl login --server URL");
    }
    let is_current = |name: &str| kept.current.as_deref() == Some(name);
    match app.out.format() {
        Format::Table if kept.contexts.is_empty() => Ok(()),
        Format::Table => {
            let mut rows = Vec::with_capacity(kept.contexts.len());
            for (name, context) in &kept.contexts {
                // A keyring that cannot be asked may have them.
                let gone = matches!(Tokens::of(&home, name).load(context.tokens).await, Ok(None));
                let place = if gone { "" } else { context.tokens.name() };
                let current = if is_current(name) { "*" } else { " " };
                let project = context.project.as_deref().unwrap_or_default();
                rows.push([current, name, &context.server, &context.username, project, place].map(Cell::from).to_vec());
            }
            app.out.table(&["CURRENT", "NAME", "SERVER", "USER", "PROJECT", "TOKENS"], rows.into_iter())
        }
        Format::Name => lines(kept.contexts.keys().map(String::as_str)),
        Format::Json | Format::Yaml => {
            let shown = kept.contexts.iter().map(|(name, context)| {
                json!({
                    "name": name,
                    "current": is_current(name),
                    "server": context.server,
                    "issuer": context.issuer,
                    "username": context.username,
                    "project": context.project,
                    "tokens": context.tokens,
                })
            });
            app.out.document(&shown.collect::<Vec<_>>())
        }
    }
}

async fn choose(name: &str) -> Result<(), Error> {
    let home = Home::locate()?;
    let lock = home.lock().await?;
    Contexts::change(&home, &lock, |contexts| {
        contexts.chosen(Some(name))?;
        contexts.current = Some(name.to_owned());
        Ok(())
    })?;
    say(&format!("the current context is {name}"));
    Ok(())
}

async fn remove(app: &App, name: &str) -> Result<(), Error> {
    let home = Home::locate()?;
    let contexts = Contexts::read(&home)?;
    let (_, context) = contexts.chosen(Some(name))?;
    let ended = match app.http(&context.trust()) {
        Ok(http) => session::end(&home, &http, name, context).await.map(drop),
        Err(error) => Err(error),
    };
    let lock = home.lock().await?;
    Contexts::change(&home, &lock, |contexts| {
        contexts.contexts.remove(name);
        if contexts.current.as_deref() == Some(name) {
            contexts.current = None;
        }
        Ok(())
    })?;
    say(&format!("context {name} is removed"));
    ended
}
