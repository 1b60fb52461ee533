//! The only place that writes to standard output: tables, JSON, YAML, ids. Words for people go to standard error.

mod echo;
mod progress;
mod table;

use std::io::{self, BufWriter, IsTerminal, Write};

use emt_client::Resource;
use serde::Serialize;

pub(crate) use self::{
    echo::Echo,
    progress::{bar, spinner, spinners},
    table::{Cell, Tone},
};
use crate::{cli::Format, error::Error};

/// A record as it is shown.
pub(crate) trait Show {
    /// Columns of the table.
    const HEADER: &'static [&'static str];
    /// One row of it.
    fn row(&self) -> Vec<Cell>;
    /// What tells more about one record: names and values.
    fn details(&self) -> Vec<(&'static str, Cell)>;
    /// What `-o name` prints.
    fn id(&self) -> &str;
    /// What tables are sorted by.
    fn order(&self) -> (String, String) {
        (String::new(), String::new())
    }
}

/// How output is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    format: Format,
    colour: bool,
}

impl Output {
    pub(crate) fn new(format: Format, no_color: bool) -> Self {
        let colour = !no_color && crate::app::variable("NO_COLOR").is_none() && io::stdout().is_terminal();
        Self { format, colour }
    }

    /// Whether people read it, not programs.
    pub(crate) fn is_for_people(self) -> bool {
        self.format == Format::Table
    }

    /// What `-o` says.
    pub(crate) fn format(self) -> Format {
        self.format
    }

    /// Prints a list. A list without records says `empty` on standard error.
    pub(crate) fn list<T: Show>(self, records: &[Resource<T>], empty: &str) -> Result<(), Error> {
        self.chosen(records, empty, false)
    }

    /// Prints a list; `ordered`: its order is what was asked for, so that tables keep it.
    pub(crate) fn chosen<T: Show>(self, records: &[Resource<T>], empty: &str, ordered: bool) -> Result<(), Error> {
        if records.is_empty() {
            say(empty);
        }
        match self.format {
            Format::Table if records.is_empty() => Ok(()),
            Format::Table => {
                let mut shown: Vec<&T> = records.iter().map(|record| &record.data).collect();
                if !ordered {
                    shown.sort_by_cached_key(|record| record.order());
                }
                self.table(T::HEADER, shown.into_iter().map(Show::row))
            }
            Format::Name => lines(records.iter().map(|record| record.data.id())),
            Format::Json | Format::Yaml => self.document(&records.iter().map(|record| &record.json).collect::<Vec<_>>()),
        }
    }

    /// Prints one record with all that is known of it.
    pub(crate) fn one<T: Show>(self, record: &Resource<T>) -> Result<(), Error> {
        self.one_with(record, Vec::new())
    }

    /// The same, and for people what else was found out.
    pub(crate) fn one_with<T: Show>(self, record: &Resource<T>, more: Vec<(&'static str, Cell)>) -> Result<(), Error> {
        match self.format {
            Format::Table => self.pairs(record.data.details().into_iter().chain(more).collect()),
            Format::Name => lines([record.data.id()]),
            Format::Json | Format::Yaml => self.document(&record.json),
        }
    }

    /// Prints the one record that a command has made.
    pub(crate) fn made<T: Show>(self, record: &Resource<T>) -> Result<(), Error> {
        match self.format {
            Format::Table => self.table(T::HEADER, std::iter::once(record.data.row())),
            _ => self.one(record),
        }
    }

    /// Prints a table.
    pub(crate) fn table(self, header: &[&str], rows: impl Iterator<Item = Vec<Cell>>) -> Result<(), Error> {
        write(&table::table(header, rows, self.colour))
    }

    /// Prints names and values.
    pub(crate) fn pairs(self, pairs: Vec<(&'static str, Cell)>) -> Result<(), Error> {
        write(&table::pairs(pairs, self.colour))
    }

    /// Prints a document as JSON or YAML.
    pub(crate) fn document(self, document: &impl Serialize) -> Result<(), Error> {
        let mut out = BufWriter::new(io::stdout().lock());
        let written = if self.format == Format::Yaml {
            serde_yaml_ng::to_writer(&mut out, document).map_err(io::Error::other)
        } else {
            serde_json::to_writer_pretty(&mut out, document).map_err(io::Error::from).and_then(|()| writeln!(out))
        };
        finish(written.and_then(|()| out.flush()))
    }
}

/// Prints lines.
pub(crate) fn lines<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<(), Error> {
    let text: String = lines.into_iter().flat_map(|line| [line, "\n"]).collect();
    write(&text)
}

/// Prints text.
pub(crate) fn write(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    finish(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Whoever closes the pipe has read enough.
fn finish(written: io::Result<()>) -> Result<(), Error> {
    written.map_err(|error| {
        if error.kind() == io::ErrorKind::BrokenPipe || error.to_string().contains("Broken pipe") {
            Error::ClosedPipe
        } else {
            Error::Output(error)
        }
    })
}

/// A constant of the API for people: `HOST_STATE_ONBOARDED` is `onboarded`. What is unspecified is nothing.
pub(crate) fn word(constant: &str, prefix: &str) -> String {
    let word = constant.strip_prefix(prefix).unwrap_or(constant);
    if word == "UNSPECIFIED" { String::new() } else { word.to_ascii_lowercase().replace('_', " ") }
}

/// Says something to people, on standard error. Nobody listens: that is no failure.
pub(crate) fn say(words: &str) {
    if !words.is_empty() {
        let _ = io::stderr().write_all(format!("{words}\n").as_bytes());
    }
}

/// Warns people, on standard error.
pub(crate) fn warn(words: &str) {
    say(&format!("warning: {words}"));
}

/// Whether both sides of a conversation are people.
pub(crate) fn is_conversation() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}
