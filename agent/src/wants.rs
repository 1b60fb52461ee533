//! What the Maintenance Manager wants, kept from its latest answer and read at any instant.

use emt_api::maintmgr::{Extras, PlatformUpdateStatusResponse};
use emt_windows::{Rules, Window};

use crate::{
    machine::{Offer, Target},
    schedule::{self, Opening},
};

/// When to begin the download for one window.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Plan {
    sha256: String,
    window_start: i64,
    at: i64,
}

/// The latest answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wants {
    target: Option<Target>,
    rules: Rules,
    plan: Option<Plan>,
    refined: Refined,
}

/// What a server says beyond the contract.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Refined {
    /// The window that is open or the next one. Until it is over it goes before the rules.
    window: Option<Window>,
    /// When to fetch the image for it.
    fetch_at: Option<i64>,
    attempt_id: String,
}

impl Refined {
    fn of(extras: &Extras) -> Self {
        let window = extras.window.filter(|window| window.end_seconds.is_none_or(|end| window.start_seconds < end));
        let window = window.map(|window| Window { start: window.start_seconds, end: window.end_seconds, cut: true });
        let fetch_at = extras.download.map(|download| download.start_seconds);
        Self { window, fetch_at, attempt_id: extras.attempt_id.clone() }
    }

    /// The window, unless it is over.
    fn window(&self, now: i64) -> Option<Window> {
        self.window.filter(|window| window.end.is_none_or(|end| now < end))
    }
}

impl Wants {
    /// Reads an answer; a plan for the same image and window is kept.
    pub(crate) fn hear(&mut self, answer: &PlatformUpdateStatusResponse) {
        let target = answer.os_profile_update_source.as_ref().and_then(Target::of);
        let rules = answer.update_schedule.as_ref().map(schedule::rules).unwrap_or_default();
        if self.target != target {
            let (profile, image) = target.as_ref().map_or(("", ""), |target| (&target.profile_name, &target.image_id));
            tracing::info!(profile, image, "what the server wants installed has changed");
        }
        (self.target, self.rules) = (target, rules);
        self.refined = answer.extras.as_ref().map(Refined::of).unwrap_or_default();
    }

    fn opening(&self, now: i64) -> Opening {
        match self.refined.window(now) {
            Some(window) if window.start <= now => Opening::Open,
            Some(window) => Opening::Ahead(window.start),
            None => schedule::opening(&self.rules, now),
        }
    }

    /// What holds at an instant; `random` is from 0 to 1 and places the download in the time before the window.
    pub(crate) fn offer(&mut self, now: i64, random: impl FnOnce() -> f64) -> Offer {
        let opening = self.opening(now);
        let told = self.refined.window(now).and(self.refined.fetch_at);
        let download_due = match (&self.target, opening) {
            (None, _) | (_, Opening::Closed) => false,
            (Some(_), Opening::Open) => true,
            (Some(_), Opening::Ahead(_)) if told.is_some_and(|at| at <= now) => true,
            (Some(_), Opening::Ahead(_)) if told.is_some() => false,
            (Some(target), Opening::Ahead(start)) => {
                let known = self.plan.as_ref().filter(|plan| plan.window_start == start && plan.sha256 == target.sha256);
                let at = known.map_or_else(|| schedule::download_at(start, now, random()), |plan| plan.at);
                self.plan = Some(Plan { sha256: target.sha256.clone(), window_start: start, at });
                at <= now
            }
        };
        Offer { target: self.target.clone(), opening, download_due, attempt_id: self.refined.attempt_id.clone() }
    }

    /// The next instant at which an offer changes by itself.
    pub(crate) fn changes_at(&self, now: i64) -> Option<i64> {
        self.target.as_ref()?;
        if let Some(window) = self.refined.window(now) {
            let planned = self.refined.fetch_at.or_else(|| self.plan.as_ref().map(|plan| plan.at));
            return [Some(window.start), window.end, planned].into_iter().flatten().filter(|at| *at > now).min();
        }
        let closes = self.rules.active(now).map(|window| window.closed_from().unwrap_or(i64::MAX));
        let opens = self.rules.next(now.saturating_add(1)).map(|window| window.start);
        let download = self.plan.as_ref().map(|plan| plan.at);
        [closes, opens, download].into_iter().flatten().filter(|at| *at > now).min()
    }
}

#[cfg(test)]
mod tests {
    use emt_api::maintmgr::{OsProfileUpdateSource, SingleSchedule, UpdateSchedule};

    use super::*;

    fn answer(sha256: &str, window: Option<(u64, u64)>) -> PlatformUpdateStatusResponse {
        PlatformUpdateStatusResponse {
            os_profile_update_source: Some(OsProfileUpdateSource { os_image_sha: sha256.to_owned(), ..Default::default() }),
            update_schedule: Some(UpdateSchedule {
                single_schedule: window.map(|(start_seconds, end_seconds)| SingleSchedule { start_seconds, end_seconds }),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    #[test]
    fn an_offer_changes_at_the_download_the_start_and_the_end() {
        const START: i64 = 100_000;
        let mut wants = Wants::default();
        wants.hear(&answer(&"ab".repeat(32), Some((100_000, 200_000))));
        let first = wants.offer(99_000, || 0.5);
        assert_eq!((first.opening, first.download_due), (Opening::Ahead(START), false));
        assert_eq!(wants.changes_at(99_000), Some(99_200));
        wants.hear(&answer(&"ab".repeat(32), Some((100_000, 200_000))));
        assert!(wants.offer(99_200, || 1.0).download_due, "the plan is kept");
        assert_eq!(wants.changes_at(99_200), Some(START));
        assert_eq!(wants.offer(START, || 1.0).opening, Opening::Open);
        assert_eq!(wants.changes_at(START), Some(200_001));
        assert_eq!(wants.offer(200_001, || 1.0).opening, Opening::Closed);
        assert_eq!(wants.changes_at(200_001), None);
    }

    #[test]
    fn what_the_server_says_to_the_second_goes_before_its_schedule() {
        use emt_api::maintmgr;
        let window = |start_seconds, end_seconds| Some(maintmgr::Window { start_seconds, end_seconds });
        // The schedule says 100 000 to 200 000.
        let with = |exact, download| PlatformUpdateStatusResponse {
            extras: Some(Extras { window: exact, download, attempt_id: "a1".to_owned(), ..Extras::default() }),
            ..answer(&"ab".repeat(32), Some((100_000, 200_000)))
        };
        for (exact, download, now, opening, due, change) in [
            (window(120_000, Some(130_000)), window(110_000, None), 100_000, Opening::Ahead(120_000), false, Some(110_000)),
            (window(120_000, Some(130_000)), window(110_000, None), 110_000, Opening::Ahead(120_000), true, Some(120_000)),
            (window(120_000, Some(130_000)), None, 120_000, Opening::Open, true, Some(130_000)),
            (window(120_000, Some(130_000)), None, 118_000, Opening::Ahead(120_000), false, Some(118_700)),
            (window(120_000, Some(130_000)), None, 130_000, Opening::Open, true, Some(200_001)),
            (window(120_000, None), None, 900_000, Opening::Open, true, None),
            (window(120_000, Some(120_000)), None, 99_000, Opening::Ahead(100_000), false, Some(99_200)),
            (None, window(90_000, None), 99_000, Opening::Ahead(100_000), false, Some(99_200)),
        ] {
            let mut wants = Wants::default();
            wants.hear(&with(exact, download));
            let offer = wants.offer(now, || 0.5);
            let found = (offer.opening, offer.download_due, wants.changes_at(now), offer.attempt_id.as_str());
            assert_eq!(found, (opening, due, change, "a1"), "{exact:?} {download:?} at {now}");
        }
        let mut wants = Wants::default();
        wants.hear(&with(window(120_000, None), None));
        wants.hear(&answer(&"ab".repeat(32), Some((100_000, 200_000))));
        assert_eq!(wants.offer(100_000, || 0.5).attempt_id, "", "another server says nothing of it");
    }

    #[test]
    fn nothing_to_install_means_nothing_to_wait_for() {
        for sha256 in ["", "no digest"] {
            let mut wants = Wants::default();
            wants.hear(&answer(sha256, Some((10, 20))));
            let offer = wants.offer(15, || 0.0);
            assert_eq!((offer.target, offer.download_due, wants.changes_at(15)), (None, false, None), "{sha256:?}");
        }
    }
}
