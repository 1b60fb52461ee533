//! Gates of time: attempts, waits, windows.

use emt_api::{enums::UpdateRunState, maintmgr::update_status::StatusType, record::Record, status};
use emt_windows::{HORIZON_SECONDS, Rules, Window};

use super::{BackOff, Facts, Node, Verdict, label, time};
use crate::maintenance::windows::{KERNEL_COMMAND_SECONDS, Readable};

/// The node is in the middle of an update from the first write to the verdict after the reboot. A download can be broken off.
pub(super) fn no_attempt_running(facts: &Facts<'_>) -> Verdict {
    let status = facts.instance.map_or("", |instance| instance.update_status.as_str());
    let run = facts.runs.iter().find(|run| run.state == UpdateRunState::Open);
    if status == status::of_report(StatusType::Started).0 {
        let of = run.map(|run| format!(" since {} ({})", time(run.start_time.into()), run.id())).unwrap_or_default();
        let hint = format!("wait for its end: emtctl watch {}", facts.host.id());
        return Verdict::fail(format!("an update is being installed{of}"), hint);
    }
    Verdict::pass(if status == status::of_report(StatusType::Downloading).0 {
        "the image is being downloaded"
    } else if status == status::of_report(StatusType::Downloaded).0 {
        "the image is downloaded"
    } else {
        "no update is being installed"
    })
}

pub(super) fn back_off_over(facts: &Facts<'_>, back_off: Option<&BackOff>) -> Verdict {
    let Some(BackOff { failures, run, from, until }) = back_off else {
        return Verdict::pass("the last update to this target did not fail");
    };
    let times = if *failures == 1 { "once".to_owned() } else { format!("{failures} times in succession") };
    let failed = format!("this target has failed {times}, last at {} ({run})", time(*from));
    if *until <= facts.now {
        return Verdict::pass(format!("{failed}; the wait is over"));
    }
    let hint = format!(
        "emtctl instance get {} tells why it failed; another target is tried without a wait, and so is this one once the run {run} is deleted",
        facts.host.id()
    );
    Verdict::fail(format!("{failed}; it is tried again from {}", time(*until)), hint).until(Some(*until))
}

pub(super) fn window_exists(node: &Node<'_>) -> Verdict {
    let Facts { host, windows, now, .. } = *node.facts;
    let lasting: Vec<Readable<'_>> = windows.rules(node.limits.short).filter(|rule| is_open_or_to_come(rule, now)).collect();
    let Some(first) = lasting.first() else {
        let left_out = node.limits.short && windows.rules(false).any(|rule| is_open_or_to_come(&rule, now));
        let reason = if left_out {
            format!(
                "beside a kernel command line the Platform Update Agent gets single windows of {} minutes at most, and all are longer",
                KERNEL_COMMAND_SECONDS / 60
            )
        } else {
            format!(
                "no window for OS updates is open or to come for host {}, its site, or the regions above",
                label(&host.name, host.id())
            )
        };
        let duration = if left_out { "10m" } else { "1h" };
        return Verdict::fail(reason, format!("emtctl schedule update --host {} --in 10m --duration {duration}", host.id()));
    };
    let others = match lasting.len() - 1 {
        0 => String::new(),
        others => format!(" and {others} more"),
    };
    let name = label(first.name, first.id);
    Verdict::pass(format!("window {name}{others}")).until(last_end(&lasting, now))
}

fn is_open_or_to_come(rule: &Readable<'_>, now: i64) -> bool {
    rule.rule.active(now).or_else(|| rule.rule.next(now)).is_some()
}

/// The instant after which none of the windows is left: only single ones with an end come to one.
fn last_end(rules: &[Readable<'_>], now: i64) -> Option<i64> {
    let ends = rules.iter().map(|rule| {
        let window = rule.rule.active(now).or_else(|| rule.rule.next(now))?;
        if rule.rule.next(window.start + 1).is_some() { None } else { window.closed_from() }
    });
    ends.collect::<Option<Vec<i64>>>()?.into_iter().max()
}

pub(super) fn window_open(node: &Node<'_>) -> Verdict {
    let Facts { host, windows, now, .. } = *node.facts;
    let of = |window: fn(&Readable<'_>, i64) -> Option<Window>| {
        let known = windows.rules(node.limits.short).filter_map(|rule| Some((window(&rule, now)?, rule)));
        known.min_by_key(|(window, _)| window.start).map(|(_, rule)| label(rule.name, rule.id)).unwrap_or_default()
    };
    if let Some(window) = open(&node.rules, now) {
        let name = of(|rule, now| rule.rule.active(now));
        let until = window.end.map_or_else(String::new, |end| format!(" until {}", time(end)));
        return Verdict::pass(format!("window {name} is open{until}")).until(window.closed_from());
    }
    let name = of(|rule, now| rule.rule.next(now));
    let next = node.rules.next(now).map(|window| window.start);
    let opens = next.map_or_else(String::new, |start| format!(": the next one, {name}, opens at {}", time(start)));
    let hint = format!("if it cannot wait: emtctl schedule update --host {} --now --duration 1h", host.id());
    Verdict::fail(format!("no window for OS updates is open{opens}"), hint).until(next)
}

/// The window that is open, with those that follow before an instant is closed. One that goes on for longer than anybody looks
/// ahead has no end.
pub(super) fn open(rules: &Rules, now: i64) -> Option<Window> {
    let mut open = rules.active(now)?;
    while let Some(closed) = open.closed_from()
        && let Some(more) = rules.active(closed)
    {
        let end = more.end.filter(|end| *end < now.saturating_add(HORIZON_SECONDS));
        open = Window { start: open.start, end, ..more };
    }
    Some(open)
}
