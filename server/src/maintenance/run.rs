//! What a report changes about the run of an update: the record of one update of one instance.

use emt_api::{
    enums::UpdateRunState,
    maintmgr::update_status::StatusType,
    record::Record,
    resources::{OsUpdateRun, UNFINISHED},
    status::{self, Status, set},
};

use super::{
    details::{self, Ending},
    report::Facts,
};

/// Most characters of a host's name in the name of a run, so that the whole stays within 40.
const NAME_OF_HOST: usize = 13;

/// What happens to the run.
#[derive(Debug, PartialEq)]
pub(super) enum RunEffect {
    None,
    Create(Box<OsUpdateRun>),
    Update(Box<OsUpdateRun>),
}

impl RunEffect {
    /// The runs as they are once the effect is kept.
    pub(super) fn follow(&self, runs: &mut Vec<OsUpdateRun>) {
        match self {
            Self::None => {}
            Self::Create(run) => runs.insert(0, OsUpdateRun::clone(run)),
            Self::Update(run) => {
                for known in runs.iter_mut().filter(|known| known.id() == run.id()) {
                    known.clone_from(run);
                }
            }
        }
    }

    /// Notes what a run is to install when it begins, and when it begins anew.
    pub(super) fn aim(&mut self, target: Option<String>) {
        let run = match self {
            Self::Create(run) => run,
            Self::Update(run) if run.status == status::of_report(StatusType::Downloading).0 => run,
            Self::Update(_) | Self::None => return,
        };
        run.target = target.unwrap_or_default();
    }
}

/// What a node says about its update.
pub(super) struct Said<'a> {
    pub(super) kind: StatusType,
    /// Update log, or free text.
    pub(super) detail: &'a str,
    /// Which attempt it speaks of; "" if it does not say.
    pub(super) attempt: &'a str,
}

impl Said<'_> {
    /// The update log of an update that ends, in the form in which it is kept; none if the node tells nothing of use.
    pub(super) fn log(&self, facts: &Facts<'_>, run: Option<&OsUpdateRun>) -> Option<String> {
        let was = run.map_or(facts.instance.update_status.as_str(), |run| &run.status);
        let ending = Ending {
            failed: self.kind == StatusType::Failed,
            was_downloading: was == status::of_report(StatusType::Downloading).0,
            now: facts.now,
        };
        details::update_log(self.detail, &ending)
    }
}

/// Applies a report. `last` is the newest run of the instance, open or not.
pub(super) fn effect(facts: &Facts<'_>, said: &Said<'_>, last: Option<OsUpdateRun>) -> RunEffect {
    let begins = matches!(said.kind, StatusType::Downloading | StatusType::Started);
    let ends = matches!(said.kind, StatusType::Updated | StatusType::Failed);
    let status = status::of_report(said.kind);
    let open = |run: &OsUpdateRun| run.state == UpdateRunState::Open;
    // What was given up without the node may still end.
    let abandoned = |run: &OsUpdateRun| matches!(run.state, UpdateRunState::Cancelled | UpdateRunState::Lost);
    let of_another = |run: &OsUpdateRun| {
        let both = !said.attempt.is_empty() && !run.attempt.is_empty();
        both && run.attempt != said.attempt
    };
    let again = |run: &OsUpdateRun| !said.attempt.is_empty() && run.attempt == said.attempt && !open(run) && !abandoned(run);
    // Of an attempt that has ended nothing begins.
    if begins && last.as_ref().is_some_and(again) {
        return RunEffect::None;
    }
    match last.filter(|run| open(run) || (ends && abandoned(run))) {
        None if begins => RunEffect::Create(Box::new(new(facts, status, said))),
        // The end of another attempt comes late.
        Some(run) if ends && of_another(&run) => RunEffect::None,
        Some(mut run) if begins && !said.attempt.is_empty() && run.attempt != said.attempt => {
            said.attempt.clone_into(&mut run.attempt);
            set(&mut run.status, &mut run.status_indicator, &mut run.status_timestamp, status, facts.now);
            RunEffect::Update(Box::new(run))
        }
        Some(mut run) if (begins || ends || said.kind == StatusType::Downloaded) && run.status != status.0 => {
            if ends {
                let log = said.log(facts, Some(&run));
                let state = if said.kind == StatusType::Updated { UpdateRunState::Succeeded } else { failed(log.as_deref()) };
                close(&mut run, state, status, log, facts.now);
            } else {
                set(&mut run.status, &mut run.status_indicator, &mut run.status_timestamp, status, facts.now);
            }
            RunEffect::Update(Box::new(run))
        }
        _ => RunEffect::None,
    }
}

/// Ends a run.
pub(super) fn close(run: &mut OsUpdateRun, state: UpdateRunState, status: Status, log: Option<String>, now: u32) {
    run.state = state;
    set(&mut run.status, &mut run.status_indicator, &mut run.status_timestamp, status, now);
    run.end_time = now;
    if let Some(log) = log {
        run.status_details = log;
    }
}

fn failed(log: Option<&str>) -> UpdateRunState {
    if log.is_some_and(details::is_rolled_back) { UpdateRunState::RolledBack } else { UpdateRunState::Failed }
}

fn new(facts: &Facts<'_>, status: Status, said: &Said<'_>) -> OsUpdateRun {
    let host: String = facts.host.name.chars().take(NAME_OF_HOST).collect();
    let time = jiff::Timestamp::from_second(i64::from(facts.now)).unwrap_or_default().strftime("%Y%m%d-%H%M%S").to_string();
    let os = facts.installed.map_or("", |os| &os.name);
    OsUpdateRun {
        name: format!("{host} update {time}"),
        description: format!("OS update for {os}").chars().take(200).collect(),
        applied_policy_id: facts.instance.os_update_policy_id.clone(),
        status: status.0.to_owned(),
        status_indicator: status.1,
        status_details: if said.detail.chars().count() > details::MAX { String::new() } else { said.detail.to_owned() },
        status_timestamp: facts.now,
        start_time: facts.now,
        end_time: UNFINISHED,
        state: UpdateRunState::Open,
        attempt: said.attempt.to_owned(),
        ..OsUpdateRun::default()
    }
}

#[cfg(test)]
mod tests {
    use emt_api::resources::{Host, Instance};

    use super::*;

    const NOW: u32 = 1_780_000_000;

    /// The run after a report.
    fn after(run: Option<OsUpdateRun>, kind: StatusType, detail: &str) -> Option<OsUpdateRun> {
        after_attempt(run, kind, detail, "")
    }

    /// The same, for a report that says which attempt it speaks of.
    fn after_attempt(run: Option<OsUpdateRun>, kind: StatusType, detail: &str, attempt: &str) -> Option<OsUpdateRun> {
        let (host, instance) = (Host::default(), Instance::default());
        let facts = Facts {
            host: &host,
            instance: &instance,
            installed: None,
            newest: None,
            catalogue: crate::maintenance::Versions::default(),
            now: NOW,
        };
        match effect(&facts, &Said { kind, detail, attempt }, run.clone()) {
            RunEffect::None => run,
            RunEffect::Create(run) | RunEffect::Update(run) => Some(*run),
        }
    }

    fn in_state(state: UpdateRunState, status: Status) -> OsUpdateRun {
        OsUpdateRun { state, status: status.0.to_owned(), status_indicator: status.1, start_time: 1, ..OsUpdateRun::default() }
    }

    #[test]
    fn states_follow_the_reports() {
        use StatusType::{Downloaded, Downloading, Failed, Started, Unspecified, UpToDate, Updated};
        use UpdateRunState::{Cancelled, Lost, Open, RolledBack, Succeeded};
        const BACK: &str = r#"{"update_log":[{"status":"rolledback"}]}"#;
        let open = || Some(in_state(Open, status::of_report(Downloading)));
        let ended = |state, status| Some(in_state(state, status));
        for (before, kind, detail, expected) in [
            (None, Downloading, "", Some(Open)),
            (None, Started, "", Some(Open)),
            (None, Downloaded, "", None),
            (None, Updated, "", None),
            (None, Failed, "", None),
            (None, UpToDate, "", None),
            (open(), Downloaded, "", Some(Open)),
            (open(), Started, "", Some(Open)),
            (open(), UpToDate, "", Some(Open)),
            (open(), Unspecified, "", Some(Open)),
            (open(), Updated, "", Some(Succeeded)),
            (open(), Failed, "", Some(UpdateRunState::Failed)),
            (open(), Failed, BACK, Some(RolledBack)),
            (ended(Lost, status::UPDATE_LOST), Updated, "", Some(Succeeded)),
            (ended(Lost, status::UPDATE_LOST), Failed, BACK, Some(RolledBack)),
            (ended(Lost, status::UPDATE_LOST), Downloaded, "", Some(Lost)),
            (ended(Cancelled, status::UPDATE_CANCELLED), Updated, "", Some(Succeeded)),
            (ended(Cancelled, status::UPDATE_CANCELLED), UpToDate, "", Some(Cancelled)),
            (ended(Succeeded, status::UPDATE_COMPLETED), Failed, "", Some(Succeeded)),
            (ended(RolledBack, status::UPDATE_FAILED), Updated, "", Some(RolledBack)),
        ] {
            let at = format!("{before:?} then {kind:?}");
            let run = after(before, kind, detail);
            assert_eq!(run.as_ref().map(|run| run.state), expected, "{at}");
        }
        let next = after(ended(Lost, status::UPDATE_LOST), Started, "").unwrap();
        assert_eq!((next.state, next.start_time), (Open, NOW), "what begins after a loss is another run");
    }

    #[test]
    fn attempts_tell_runs_apart() {
        use StatusType::{Downloaded, Downloading, Failed, Started, Updated};
        use UpdateRunState::{Lost, Open, Succeeded};
        let run = |state, status, attempt: &str| {
            Some(OsUpdateRun { attempt: attempt.to_owned(), ..in_state(state, status::of_report(status)) })
        };
        // A run, a report, and the attempt that it names: state and attempt of the newest run after it, and whether it is new.
        for (before, kind, attempt, expected) in [
            (None, Downloading, "a", (Open, "a", true)),
            (run(Open, Downloading, "a"), Started, "a", (Open, "a", false)),
            (run(Open, Downloading, ""), Started, "a", (Open, "a", false)),
            (run(Open, Downloading, "a"), Started, "", (Open, "a", false)),
            (run(Open, Downloading, "a"), Downloading, "b", (Open, "b", false)),
            (run(Open, Started, "a"), Updated, "a", (Succeeded, "a", false)),
            (run(Open, Started, "a"), Updated, "", (Succeeded, "a", false)),
            (run(Open, Started, ""), Updated, "a", (Succeeded, "", false)),
            (run(Open, Started, "a"), Updated, "b", (Open, "a", false)),
            (run(Open, Started, "a"), Failed, "b", (Open, "a", false)),
            (run(Succeeded, Updated, "a"), Started, "a", (Succeeded, "a", false)),
            (run(UpdateRunState::Failed, Failed, "a"), Downloading, "a", (UpdateRunState::Failed, "a", false)),
            (run(UpdateRunState::Failed, Failed, "a"), Downloaded, "a", (UpdateRunState::Failed, "a", false)),
            (run(UpdateRunState::Failed, Failed, "a"), Downloading, "b", (Open, "b", true)),
            (run(UpdateRunState::Failed, Failed, "a"), Downloading, "", (Open, "", true)),
            (run(Lost, Started, "a"), Updated, "a", (Succeeded, "a", false)),
            (run(Lost, Started, "a"), Updated, "b", (Lost, "a", false)),
            (run(Lost, Started, "a"), Started, "a", (Open, "a", true)),
        ] {
            let at = format!("{before:?} then {kind:?} of {attempt:?}");
            let after = after_attempt(before, kind, "", attempt).unwrap();
            assert_eq!((after.state, after.attempt.as_str(), after.start_time == NOW), expected, "{at}");
        }
    }

    #[test]
    fn an_end_has_its_time_and_reason() {
        let open = in_state(UpdateRunState::Open, status::of_report(StatusType::Downloading));
        let run = after(Some(open), StatusType::Failed, "no route to host").unwrap();
        assert_eq!((run.end_time, run.status.as_str()), (NOW, "Update failed"));
        assert!(run.status_details.contains(r#""failure_reason":"download""#), "{}", run.status_details);
    }
}
