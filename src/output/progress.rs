//! Progress on a terminal. Elsewhere nothing is drawn.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(120);

/// A bar over bytes.
pub(crate) fn bar(what: &'static str, bytes: u64) -> ProgressBar {
    let bar = if io::stderr().is_terminal() { ProgressBar::new(bytes) } else { ProgressBar::hidden() };
    bar.set_style(style("{msg:10} {bar:30} {bytes:>11} of {total_bytes}, {bytes_per_sec}, {eta} left"));
    bar.set_message(what);
    bar
}

/// Room for spinners, one below the other.
pub(crate) fn spinners() -> MultiProgress {
    MultiProgress::with_draw_target(ProgressDrawTarget::stderr())
}

/// A spinner with a text.
pub(crate) fn spinner(room: &MultiProgress) -> ProgressBar {
    let spinner = room.add(ProgressBar::new_spinner());
    spinner.set_style(style("{spinner} {wide_msg}"));
    spinner.enable_steady_tick(TICK);
    spinner
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
