//! The list of schedules: what is open or to come, a page at a time, and what is over.

use askama::Template;
use axum::extract::{Query, State};

use super::{
    Failure, Page, Web,
    known::{MOST, Scheduled, schedules},
    target::Targets,
    visit::Visit,
    wall,
    windows::opening,
};
use crate::web::words::{When, many};

/// Schedules of a page.
const SIZE: usize = 100;

#[derive(Template)]
#[template(path = "schedules.html")]
struct ListText<'a> {
    project: &'a str,
    form: String,
    can_write: bool,
    rows: Vec<ScheduleRow>,
    over: Vec<ScheduleRow>,
    /// How many are open or to come, and how many are over.
    total: usize,
    over_total: usize,
    offset: usize,
    /// Whether there are more than are looked at.
    is_cut: bool,
}

/// A schedule of a list.
pub(super) struct ScheduleRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) target: String,
    pub(super) purpose: &'static str,
    /// When it opens, in words.
    pub(super) opening: String,
    pub(super) zone: String,
    pub(super) is_open: bool,
    /// The end of what is open, or the next begin; 0 if there is none.
    pub(super) next: When,
}

impl ListText<'_> {
    fn counted(&self) -> String {
        many(self.total as u64, "schedule", "schedules")
    }

    fn from(&self) -> usize {
        self.offset + 1
    }

    fn to(&self) -> usize {
        self.offset + self.rows.len()
    }

    fn previous(&self) -> usize {
        self.offset.saturating_sub(SIZE)
    }
}

/// `GET /ui/p/{project}/schedules`.
pub(in crate::web) async fn show(
    State(site): State<Web>,
    visit: Visit,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Page, Failure> {
    let now = site.clock.now();
    let mut snapshot = site.rest.inventory.store.snapshot().await?;
    let all = schedules(&mut *snapshot, &visit.project).await?;
    let is_cut = all.len() as u64 >= MOST;
    let mut placed: Vec<(Place, Scheduled)> = all.into_iter().map(|scheduled| (place(&scheduled, now), scheduled)).collect();
    placed.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| one.schedule.label().cmp(other.schedule.label())));
    let over = placed.split_off(placed.partition_point(|(place, _)| !place.is_over()));
    let total = placed.len();
    let offset = query.iter().find(|(key, _)| key == "offset").and_then(|(_, value)| value.parse().ok()).unwrap_or(0_usize);
    let offset = if offset < total { offset / SIZE * SIZE } else { 0 };
    let (coming, over_total) = (placed.iter().skip(offset).take(SIZE), over.len());
    let page: Vec<&(Place, Scheduled)> = coming.chain(over.iter().take(SIZE)).collect();
    let targets = Targets::of(&mut *snapshot, &visit.project, page.iter().map(|(_, scheduled)| &scheduled.schedule)).await?;
    let mut rows: Vec<ScheduleRow> = page.into_iter().map(|(place, scheduled)| row(scheduled, &targets, *place)).collect();
    let over = rows.split_off((total - offset).min(SIZE));
    let (form, can_write) = (visit.visitor.form_token(), visit.can_write());
    let text = ListText { project: &visit.name, form, can_write, rows, over, total, over_total, offset, is_cut };
    let page = Page::new(format!("Schedules · {}", visit.name), &text)?.tab("schedules");
    Ok(page.live("SingleSchedule,RepeatedSchedule").command("emtctl schedule list"))
}

/// Where a schedule stands in time: what is open first, then by the next begin; what is over comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Until then; never if 0.
    Open(i64),
    Opens(i64),
    Over,
}

impl Place {
    fn is_over(self) -> bool {
        self == Self::Over
    }
}

pub(super) fn place(scheduled: &Scheduled, now: i64) -> Place {
    match scheduled.rule.active(now) {
        Some(window) => Place::Open(window.end.unwrap_or(0)),
        None => scheduled.rule.next(now.saturating_add(1)).map_or(Place::Over, |window| Place::Opens(window.start)),
    }
}

pub(super) fn row(scheduled: &Scheduled, targets: &Targets, place: Place) -> ScheduleRow {
    let schedule = &scheduled.schedule;
    ScheduleRow {
        id: schedule.id().to_owned(),
        name: schedule.label().to_owned(),
        target: targets.words(schedule),
        purpose: schedule.purpose(),
        opening: match schedule.length() {
            Some(length) => format!("{}, for {}", opening(schedule), wall::words(length)),
            None => format!("{}, until it is deleted", opening(schedule)),
        },
        zone: schedule.zone().to_owned(),
        is_open: matches!(place, Place::Open(_)),
        next: match place {
            Place::Open(at) | Place::Opens(at) => When(at),
            Place::Over => When(0),
        },
    }
}
