//! Maintenance windows: when they open, when they close, and why.
//!
//! A [`Rule`] is one window or a [`Cron`] on the wall clock of a [`Zone`], less its [`Blackout`]s, its notice, and what its
//! [`FinishBy`] takes away. [`Rules`] are several that hold together. Each says which window is open at an instant (`active`),
//! which open next (`next`, `upcoming`), and why (`explain`). [`ical`] tells rules to calendars, and reads
//! them.
//!
//! Pure: instants come in as arguments, Unix seconds in UTC; nothing is read from clock, disk or network. A window that opens
//! at `start` and closes at `end` is open at both, as the Edge Orchestrator counts it. What cannot be read is refused where it
//! comes in, so that a rule that exists is whole; beyond the years that the tables of zones hold nothing opens.

mod blackout;
mod civil;
mod cron;
mod explain;
mod finish;
pub mod ical;
mod rule;
mod rules;
mod time;
mod window;
mod zone;

pub use self::{
    blackout::Blackout,
    cron::{Cron, CronError, Field},
    explain::{Explanation, State},
    finish::FinishBy,
    rule::{MAX_DURATION_SECONDS, Opens, Rule, RuleError},
    rules::{HORIZON_SECONDS, Rules},
    time::TimeError,
    window::Window,
    zone::{Change, EARLIEST, LATEST, Zone, ZoneError},
};
