//! What changes in a project, as it happens: server-sent events (WHATWG HTML, 9.2), so that nobody has to ask again and again.

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use axum::{
    extract::{FromRequestParts, State},
    http::{HeaderMap, Method, request::Parts},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use emt_api::{
    error::ApiError,
    page::wrong_parameter,
    resources::{ALL, by_prefix},
};
use futures::{FutureExt, Stream, future::BoxFuture, stream};
use serde_json::json;

use super::{
    Rest,
    answer::Refused,
    context::{InProject, authorization},
    operation::{Answer, At, Holds, Operation, Parameter, ParameterKind},
    request::Parameters,
};
use crate::store::{Follower, Happened, News, Position, Told};

const AT: At = At::project(&["/events"], &["/events"]);

/// How often it is looked whether the caller may still read, and an idle stream shows that it is alive.
const CHECK: Duration = Duration::from_secs(15);
/// What happens within this time is told together: a page is not redrawn more often.
const TOGETHER: Duration = Duration::from_millis(100);

static KINDS: Parameter = Parameter {
    name: "kinds",
    doc: "Only changes of these kinds, separated by commas, such as `Host,Instance`.",
    holds: Holds::Text { max: 1000, pattern: "^[A-Za-z,]+$" },
    kind: ParameterKind::Extension,
};
static AFTER: Parameter = Parameter {
    name: "after",
    doc: "Go on behind the event with this id; the header Last-Event-ID does the same.",
    holds: Holds::Text { max: 64, pattern: "^[0-9a-f]{16}-[0-9]+$" },
    kind: ParameterKind::Extension,
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Method::GET, "followChanges", AT.paths(""), follow)
            .summary("Tells what changes in a project, as it happens")
            .parameters([&KINDS, &AFTER])
            .answer(Answer::Events)
            .extension()
            .unhurried(),
    ]
}

/// Where the follower was, if it says so.
struct From(Option<Position>);

impl FromRequestParts<Rest> for From {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &Rest) -> Result<Self, Refused> {
        let parameters = Parameters::from_request_parts(parts, &()).await?;
        let header = parts.headers.get("last-event-id").and_then(|id| id.to_str().ok());
        // A browser sends the header when it connects again; the parameter is then what the page began with.
        let Some(text) = header.filter(|id| !id.is_empty()).or(parameters.checked(&AFTER)?) else { return Ok(Self(None)) };
        let position = text.parse().map_err(|error| wrong_parameter(AFTER.name, format!("{error}")))?;
        Ok(Self(Some(position)))
    }
}

/// `GET …/events`.
async fn follow(
    State(rest): State<Rest>,
    at: InProject,
    headers: HeaderMap,
    From(from): From,
    parameters: Parameters,
) -> Result<Response, Refused> {
    let kinds = kinds(parameters.checked(&KINDS)?)?;
    let follower = rest.inventory.store.feed().follow(&at.project, from);
    let (identity, project) = (rest.identity.clone(), at.project);
    let reader = move || {
        let (identity, headers, project) = (identity.clone(), headers.clone(), project.clone());
        let caller = async move { identity.authenticate(authorization(&headers)).await };
        async move { caller.await.is_ok_and(|caller| caller.can_read(&project)) }.boxed()
    };
    Ok(changes(follower, Box::new(reader), kinds))
}

/// Whether whoever follows may still read.
pub(crate) type MayRead = Box<dyn Fn() -> BoxFuture<'static, bool> + Send>;

/// The answer that goes on as changes happen; `kinds` are the prefixes of those that are told, all if none are named.
pub(crate) fn changes(follower: Follower, reader: MayRead, kinds: Option<Vec<&'static str>>) -> Response {
    // What stands between must pass on each event at once.
    let unbuffered = [("cache-control", "no-store"), ("x-accel-buffering", "no")];
    (unbuffered, Sse::new(events(follower, reader, kinds))).into_response()
}

/// Prefixes of the kinds; all if none are named.
fn kinds(names: Option<&str>) -> Result<Option<Vec<&'static str>>, ApiError> {
    let Some(names) = names else { return Ok(None) };
    let known = |name: &str| ALL.iter().find(|spec| spec.name.eq_ignore_ascii_case(name)).map(|spec| spec.prefix);
    let unknown = |name: &str| {
        let known: Vec<&str> = ALL.iter().map(|spec| spec.name).collect();
        wrong_parameter(KINDS.name, format!("{name:?} is no kind: there are {}", known.join(", ")))
    };
    names.split(',').map(|name| known(name).ok_or_else(|| unknown(name))).collect::<Result<_, _>>().map(Some)
}

struct Stage {
    follower: Follower,
    reader: MayRead,
    kinds: Option<Vec<&'static str>>,
    waiting: VecDeque<Event>,
}

/// The stream: where it begins, then what happens. It ends when the caller may not read any more, and when the server stops.
fn events(
    follower: Follower,
    reader: MayRead,
    kinds: Option<Vec<&'static str>>,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let begin = Event::default().event("ready").id(follower.position().to_string()).data("{}");
    let stage = Stage { follower, reader, kinds, waiting: [begin].into() };
    stream::unfold(stage, |mut stage| async move {
        loop {
            if let Some(event) = stage.waiting.pop_front() {
                return Some((Ok(event), stage));
            }
            stage.fill().await?;
        }
    })
}

impl Stage {
    /// Waits for events; `None` ends the stream.
    async fn fill(&mut self) -> Option<()> {
        let Ok(news) = tokio::time::timeout(CHECK, self.follower.next()).await else {
            self.waiting.push_back(Event::default().comment("still here"));
            return (self.reader)().await.then_some(());
        };
        let mut news = vec![news?];
        if let Some(News::Changes(_)) = news.first() {
            tokio::time::sleep(TOGETHER).await;
            // What is there by now.
            while let Some(more) = self.follower.next().now_or_never() {
                news.push(more?);
            }
        }
        if !(self.reader)().await {
            return None;
        }
        for news in news {
            self.tell(news);
        }
        Some(())
    }

    fn tell(&mut self, news: News) {
        match news {
            News::Missed(position) => {
                self.waiting.push_back(Event::default().event("missed").id(position.to_string()).data("{}"));
            }
            News::Changes(changes) => {
                let feed = self.follower.position().feed;
                let told = changes.iter().filter(|told| self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&told.kind)));
                let events = told.filter_map(|told| event(told, feed));
                self.waiting.extend(events.collect::<Vec<_>>());
            }
        }
    }
}

fn event(told: &Told, feed: u64) -> Option<Event> {
    // Records that only hold how others are linked are nobody's business.
    let spec = by_prefix(told.kind)?;
    let happened = match told.happened {
        Happened::Created => "created",
        Happened::Updated => "updated",
        Happened::Deleted => "deleted",
        Happened::Several => "several",
    };
    let data = json!({"kind": spec.name, "resourceId": told.id, "change": happened});
    Some(Event::default().event("change").id(Position { feed, number: told.number }.to_string()).data(data.to_string()))
}
