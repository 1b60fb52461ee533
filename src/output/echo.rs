//! What is typed shows on the terminal again, however a prompt for a password ends.

use std::io;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// The terminal as it was.
pub(crate) struct Echo(Option<Termios>);

impl Echo {
    /// Looks how the terminal is, to make it so again in the end.
    pub(crate) fn keep() -> Self {
        Self(tcgetattr(io::stdin()).ok())
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}
