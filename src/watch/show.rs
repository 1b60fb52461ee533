//! How updates are shown while they are followed: one spinner each on a terminal, else one line a change.

use std::{
    collections::HashMap,
    io::{self, IsTerminal},
};

use indicatif::{MultiProgress, ProgressBar};
use jiff::Timestamp;
use serde_json::json;

use super::{Change, Phase};
use crate::{
    app::App,
    cli::Format,
    error::Error,
    output::{self, spinner, spinners},
};

/// Most spinners at once; of the others only the changes are told.
const MOST: usize = 20;

/// How updates are shown.
pub(crate) enum Show {
    Spinners { room: MultiProgress, spinners: HashMap<String, ProgressBar> },
    Lines,
    Json,
}

impl Show {
    pub(crate) fn new(app: &App) -> Self {
        if app.out.format() == Format::Json {
            return Self::Json;
        }
        if io::stdout().is_terminal() && io::stderr().is_terminal() {
            return Self::Spinners { room: spinners(), spinners: HashMap::new() };
        }
        Self::Lines
    }

    /// Shows how an update stands. `reason` says why it failed.
    pub(crate) fn change(&mut self, change: &Change, reason: Option<&str>, now: Timestamp) -> Result<(), Error> {
        match self {
            Self::Json => output::write(&format!(
                "{}\n",
                json!({
                    "time": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                    "instance": change.instance.id,
                    "host": change.instance.label(),
                    "from": change.runs(),
                    "to": change.to_run(),
                    "phase": change.phase.name(),
                    "status": change.instance.update_status,
                    "reason": reason,
                })
            )),
            Self::Lines => output::write(&format!("{} {}\n", now.strftime("%H:%M:%SZ"), line(change, reason))),
            Self::Spinners { room, spinners } => {
                let id = &change.instance.id;
                if !spinners.contains_key(id) && spinners.len() < MOST && !change.phase.has_ended() {
                    spinners.insert(id.clone(), spinner(room));
                }
                if let Some(spinner) = spinners.get(id) {
                    spinner.set_message(line(change, reason));
                }
                if change.phase.has_ended() {
                    if let Some(spinner) = spinners.remove(id) {
                        spinner.finish_and_clear();
                    }
                    return room.suspend(|| output::write(&format!("{}\n", line(change, reason))));
                }
                Ok(())
            }
        }
    }

    /// Says something to people without disturbing the spinners.
    pub(crate) fn say(&self, words: &str) {
        match self {
            Self::Spinners { room, .. } => room.suspend(|| output::say(words)),
            _ => output::say(words),
        }
    }

    /// Nothing is drawn any more.
    pub(crate) fn end(self) {
        if let Self::Spinners { spinners, .. } = self {
            for spinner in spinners.into_values() {
                spinner.finish_and_clear();
            }
        }
    }
}

fn line(change: &Change, reason: Option<&str>) -> String {
    let (host, from, to) = (change.instance.label(), change.runs(), change.to_run());
    match change.phase {
        Phase::Waiting => format!("{host}: {from} → {to}: waiting for its window"),
        Phase::Downloading => format!("{host}: {from} → {to}: downloading"),
        Phase::Downloaded => format!("{host}: {from} → {to}: downloaded, waiting for its window"),
        Phase::Updating => format!("{host}: {from} → {to}: installing and rebooting"),
        Phase::Done => format!("{host}: runs {to}"),
        Phase::Failed => format!("{host}: {from} → {to}: failed: {}", reason.unwrap_or("the node does not say why")),
        Phase::Gone => format!("{host}: was deleted"),
    }
}
