//! Nodes as they behave: one whose agent keeps to what it is told now, and one with the Edge Orchestrator's agent.

use emt_api::maintmgr::{
    OsProfileUpdateSource, PlatformUpdateStatusRequest, PlatformUpdateStatusResponse, RepeatedSchedule, UpdateStatus,
    update_status::StatusType,
};
use emt_server::maintenance::{Agent, Reporter};

use super::oracle::Image;

/// How an update ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Done,
    Failed,
    /// The node is never heard of again, or not for a while.
    Vanished,
}

/// A node.
pub(crate) struct Node {
    pub(crate) host: String,
    pub(crate) instance: String,
    pub(crate) site: usize,
    pub(crate) who: Reporter,
    pub(crate) image: Image,
    /// Trust was withdrawn.
    pub(crate) is_untrusted: bool,
    /// It does not speak until then.
    pub(crate) silent_until: i64,
    /// What is being installed, until when, and how that ends.
    pub(crate) update: Option<(OsProfileUpdateSource, i64, Ending)>,
    /// What it reports until it has something else to say.
    pub(crate) status: StatusType,
    /// An old agent's note of its image: it knows only what it has installed itself.
    note: Option<OsProfileUpdateSource>,
    /// An old agent's job of a single window: start and end. Only an answer without one takes it away.
    job: Option<(i64, i64)>,
    repeated: Vec<RepeatedSchedule>,
    source: OsProfileUpdateSource,
    /// Ticks of repeated windows that were used.
    used: i64,
}

impl Node {
    pub(crate) fn new(host: String, instance: String, site: usize, who: Reporter, image: Image) -> Self {
        Self {
            host,
            instance,
            site,
            who,
            image,
            is_untrusted: false,
            silent_until: 0,
            update: None,
            status: StatusType::UpToDate,
            note: None,
            job: None,
            repeated: Vec::new(),
            source: OsProfileUpdateSource::default(),
            used: 0,
        }
    }

    pub(crate) fn is_old(&self) -> bool {
        self.who.agent == Agent::PlatformUpdateAgent
    }

    /// What it reports now.
    pub(crate) fn report(&self) -> PlatformUpdateStatusRequest {
        let (profile, image) = match (&self.note, self.is_old()) {
            (None, true) => (String::new(), String::new()),
            (Some(note), true) => (note.profile_name.clone(), note.os_image_id.clone()),
            (_, false) => (self.image.profile.clone(), self.image.version.clone()),
        };
        let status = UpdateStatus {
            status_type: self.status as i32,
            profile_name: profile,
            os_image_id: image,
            ..UpdateStatus::default()
        };
        PlatformUpdateStatusRequest {
            host_guid: self.who.host_uuid.clone(),
            update_status: Some(status),
            ..PlatformUpdateStatusRequest::default()
        }
    }

    /// Takes an answer; what it begins to install at once, if anything.
    pub(crate) fn hear(&mut self, answer: PlatformUpdateStatusResponse, now: i64) -> Option<OsProfileUpdateSource> {
        let (Some(schedule), Some(source)) = (answer.update_schedule, answer.os_profile_update_source) else { return None };
        let single = schedule.single_schedule.map(|window| {
            let second = |seconds: u64| i64::try_from(seconds).unwrap();
            (second(window.start_seconds), second(window.end_seconds))
        });
        self.job = match (self.job, single) {
            (Some(waiting), Some(_)) if self.is_old() && waiting.0 > now => Some(waiting),
            (_, told) => told,
        };
        self.repeated = schedule.repeated_schedules;
        self.source = source;
        self.due(now)
    }

    /// What it begins to install now by what it was told last.
    pub(crate) fn due(&mut self, now: i64) -> Option<OsProfileUpdateSource> {
        if self.update.is_some() || self.source.os_image_sha.is_empty() {
            return None;
        }
        let has_it = match &self.note {
            Some(note) if self.is_old() => note.os_image_sha == self.source.os_image_sha,
            _ if self.is_old() => false,
            _ => self.source.os_image_id == self.image.version && self.source.profile_name == self.image.profile,
        };
        let single = self.job.is_some_and(|(start, end)| start <= now && (end == 0 || now <= end));
        let tick = self.repeated.iter().filter_map(|window| last_tick(window, now)).max();
        let repeated = tick.is_some_and(|tick| tick > self.used);
        if has_it || !(single || repeated) {
            return None;
        }
        self.used = tick.unwrap_or(self.used).max(self.used);
        Some(self.source.clone())
    }

    /// The next instant at which it would begin by itself, without another answer: old agents keep jobs.
    pub(crate) fn next_job(&self, now: i64) -> Option<i64> {
        self.job.map(|(start, _)| start).filter(|start| *start > now && !self.source.os_image_sha.is_empty())
    }

    /// What it runs from now on.
    pub(crate) fn installed(&mut self, source: OsProfileUpdateSource, image: Image) {
        self.image = image;
        self.note = Some(source);
    }
}

/// The tick that opened a window which is open now.
fn last_tick(window: &RepeatedSchedule, now: i64) -> Option<i64> {
    let fields = [&window.cron_minutes, &window.cron_hours, &window.cron_day_month, &window.cron_month, &window.cron_day_week];
    let fits = |text: &str, number: i8| text == "*" || text.split(',').any(|part| part == number.to_string());
    let first = (now - i64::from(window.duration_seconds)).div_euclid(60) * 60;
    let ticks = (first..=now).step_by(60).filter(|tick| {
        let time = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::from_second(*tick).unwrap());
        let numbers = [time.minute(), time.hour(), time.day(), time.month(), time.weekday().to_sunday_zero_offset()];
        let fits = fields.iter().zip(numbers).all(|(field, number)| fits(field, number));
        fits && tick + i64::from(window.duration_seconds) >= now
    });
    ticks.last()
}
