//! How the demo speaks: steps, commands, remarks.

use std::io::{self, IsTerminal, Write};

/// Speaks on standard output; in colour if that is a terminal that wants it.
pub(super) struct Voice {
    colour: bool,
}

impl Voice {
    pub(super) fn new() -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { colour: wanted && io::stdout().is_terminal() }
    }

    /// Begins a step.
    pub(super) fn step(&self, number: usize, title: &str) {
        self.line(&format!("\n{}", self.paint("1", &format!("{number}. {title}"))));
    }

    /// Shows a command as a person would type it.
    pub(super) fn command(&self, line: &str) {
        self.line(&self.paint("36", &format!("$ {line}")));
    }

    /// Says what was verified.
    pub(super) fn verified(&self, text: &str) {
        self.line(&format!("{} {text}", self.paint("32", "ok")));
    }

    /// Says something. A reader that has gone away is no error.
    #[allow(clippy::unused_self, reason = "all that is said goes through the voice")]
    pub(super) fn line(&self, text: &str) {
        let mut out = io::stdout().lock();
        let _ = writeln!(out, "{text}");
        let _ = out.flush();
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
