//! A model of the Edge Orchestrator's Platform Update Agent as it behaves on an immutable node (southbound contract, sections
//! 3.4 to 3.6): what it overlooks, forgets and misunderstands is what a server has to be careful about.

use emt_api::maintmgr::{OsProfileUpdateSource, PlatformUpdateStatusResponse, update_status::StatusType};

use crate::{
    node::{Node, PUA},
    support::southbound::{Metadata, report},
};

/// What it puts before every path of an image.
const RELEASES: &str = "https://files.example";
/// A window that has begun is left alone with less than this left, in seconds.
const LEAST: u64 = 600;

/// The agent, with the node's disk and log.
#[derive(Default)]
pub(crate) struct OldAgent {
    pub(crate) status: Option<StatusType>,
    /// Sent with every report until it is replaced.
    pub(crate) log: String,
    /// Its note of what is installed: none on a node that was provisioned afresh.
    actual: Option<OsProfileUpdateSource>,
    desired: OsProfileUpdateSource,
    kernel_command: String,
    /// The job of a single window, start and end. Only an answer without a window removes it.
    job: Option<(u64, u64)>,
    /// Digest that the last download was planned for.
    planned: String,
    downloaded: String,
    /// Addresses that were downloaded.
    pub(crate) downloads: Vec<String>,
    /// Images that were installed.
    pub(crate) installed: Vec<String>,
    pub(crate) reboots: u32,
    /// When updates began, epoch seconds.
    pub(crate) begun: Vec<u64>,
    /// Whether the slot that it installs does not boot.
    pub(crate) broken: bool,
}

impl OldAgent {
    /// One that has installed this image itself.
    pub(crate) fn that_installed(profile: &str, image: &str, sha: &str) -> Self {
        let actual = OsProfileUpdateSource {
            os_image_id: image.to_owned(),
            os_image_sha: sha.to_owned(),
            profile_name: profile.to_owned(),
            ..OsProfileUpdateSource::default()
        };
        Self { actual: Some(actual), ..Self::default() }
    }

    /// Image by its own note.
    pub(crate) fn image(&self) -> &str {
        self.actual.as_ref().map_or("", |actual| &actual.os_image_id)
    }

    /// One tick: reports, takes the answer, does what is due.
    pub(crate) async fn tick(&mut self, node: &Node) {
        let status = self.status.unwrap_or(StatusType::UpToDate);
        let unknown = OsProfileUpdateSource::default();
        let actual = self.actual.as_ref().unwrap_or(&unknown);
        let mut message = report(&node.uuid, status, &actual.profile_name, &actual.os_image_id);
        message.update_status.as_mut().unwrap().status_detail.clone_from(&self.log);
        let metadata = Metadata { user_agent: Some(PUA.to_owned()), ..Metadata::token(&node.token) };
        let Ok(answer) = node.server.report(message, &metadata).await else { return };
        // The first answer is enough for it.
        if status == StatusType::Updated {
            self.status = Some(StatusType::UpToDate);
        }
        let now = u64::try_from(node.server.now()).unwrap();
        self.hear(answer, now);
        self.download();
        self.work(now);
    }

    fn hear(&mut self, answer: PlatformUpdateStatusResponse, now: u64) {
        let (Some(schedule), Some(source), Some(update)) =
            (answer.update_schedule, answer.os_profile_update_source, answer.update_source)
        else {
            return;
        };
        self.desired = source;
        self.kernel_command = update.kernel_command;
        match schedule.single_schedule {
            None => self.job = None,
            // One that waits already is not looked at again.
            Some(_) if self.job.is_some() => {}
            Some(window) if window.start_seconds >= now || window.end_seconds > now + LEAST => {
                self.job = Some((window.start_seconds.max(now), window.end_seconds));
            }
            Some(_) => {}
        }
    }

    fn download(&mut self) {
        let known = self.actual.as_ref().is_some_and(|actual| actual.os_image_sha == self.desired.os_image_sha);
        if self.job.is_none()
            || known
            || !self.kernel_command.is_empty()
            || self.planned == self.desired.os_image_sha && !self.downloads.is_empty()
        {
            return;
        }
        self.planned.clone_from(&self.desired.os_image_sha);
        self.downloads.push(format!("{RELEASES}/{}", self.desired.os_image_url));
        if self.desired.os_image_url.is_empty() {
            self.fail("Error downloading: unsupported protocol scheme");
        } else {
            self.status = Some(StatusType::Downloaded);
            self.downloaded.clone_from(&self.desired.os_image_sha);
        }
    }

    fn work(&mut self, now: u64) {
        let Some((start, end)) = self.job.filter(|(start, _)| *start <= now) else { return };
        // Without an end there is no time left at the start.
        if now >= end || self.status == Some(StatusType::Started) {
            return;
        }
        if !self.kernel_command.is_empty() {
            // It does not remember across the reboot that the window was used.
            self.begun.push(start);
            self.reboots += 1;
            self.status = Some(StatusType::Updated);
            self.job = None;
            return;
        }
        let known = self.actual.as_ref().is_some_and(|actual| actual.os_image_sha == self.desired.os_image_sha);
        if known || self.downloaded.is_empty() || self.downloaded != self.desired.os_image_sha {
            return;
        }
        self.begun.push(start);
        self.status = Some(StatusType::Started);
    }

    /// The reboot into the new slot, after which it looks at its log.
    pub(crate) fn reboot(&mut self) {
        self.reboots += 1;
        self.job = None;
        self.downloaded.clear();
        if self.broken {
            return self.fail(r#"{"UpdateLog":{"StatusDetail.Status":"FAIL","FailureReason":"bootloader"}}"#);
        }
        self.installed.push(self.desired.os_image_id.clone());
        self.actual = Some(self.desired.clone());
        self.status = Some(StatusType::Updated);
        self.log = format!(r#"{{"UpdateLog":{{"StatusDetail.Status":"SUCCESS","Version":"{}"}}}}"#, self.desired.os_image_id);
    }

    fn fail(&mut self, log: &str) {
        self.status = Some(StatusType::Failed);
        log.clone_into(&mut self.log);
    }

    /// Ticks through a time, every 20 s of it, rebooting when an update has begun and was reported.
    pub(crate) async fn live(&mut self, node: &Node, seconds: i64) {
        for _ in 0..=seconds / 20 {
            let reported = self.status == Some(StatusType::Started);
            self.tick(node).await;
            if reported {
                self.reboot();
            }
            node.server.pass(20);
        }
    }
}
