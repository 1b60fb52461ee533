//! `emtctl schedule edit`: changing a schedule.

use std::time::Duration;

use emt_client::{Orchestrator, models::Schedule};
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::{
    all, kind_of,
    target::OwnerArgs,
    terms::{self, CRON_KEYS, Terms, repeated},
};
use crate::{
    app::App,
    error::{Doing, Error},
    output::say,
    time::{Begin, Window, Zone, length},
};

/// Change a schedule; what is not named stays as it is.
#[derive(Debug, clap::Args)]
pub struct EditArgs {
    /// Id or name
    schedule: String,
    /// New name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    target: OwnerArgs,
    /// Open at this time
    #[arg(long, value_name = "TIME", conflicts_with = "cron")]
    at: Option<String>,
    /// Open by this cron
    #[arg(long, value_name = "CRON")]
    cron: Option<String>,
    /// How long it stays open
    #[arg(long, value_name = "DURATION", value_parser = length, allow_hyphen_values = true)]
    duration: Option<Duration>,
    /// Time zone that it goes by
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
    #[command(flatten)]
    terms: Terms,
    /// Take back all exceptions first
    #[arg(long)]
    no_except: bool,
    /// Take back the notice
    #[arg(long, conflicts_with = "notice")]
    no_notice: bool,
    /// Take back the end of work
    #[arg(long, conflicts_with = "finish_by")]
    no_finish_by: bool,
}

pub(super) async fn run(app: &App, args: &EditArgs) -> Result<(), Error> {
    let zone = Zone::new(args.tz.as_deref())?;
    let api = app.api().await?;
    let doing = format!("change schedule {}", args.schedule);
    let all = all(&api, &[]).await.doing(doing.clone())?;
    let found = emt_client::pick("schedule", &all, &args.schedule).doing(doing.clone())?;
    let schedule = &found.data;
    let now = super::plan::now(&api);
    let mut body = args.changes(schedule, now)?;
    if let Some(target) = args.target.find(&api).await.doing(doing.clone())? {
        target.move_to(&mut body);
    }
    if body.is_empty() {
        return Err(Error::call(
            "nothing is to be changed",
            "name what to change, such as --name, --cron, --duration or --except",
        ));
    }
    if !terms::are_kept(&api).await? {
        plain(&mut body, schedule)?;
    }
    let changed = change(&api, schedule, body).await.doing(doing)?;
    say(&format!("changed schedule {} ({})", changed.data.name, changed.data.id));
    super::show::list(app, &[changed], &zone, now)
}

async fn change(
    api: &Orchestrator,
    schedule: &Schedule,
    body: Map<String, Json>,
) -> Result<emt_client::Resource<Schedule>, emt_client::Error> {
    api.patch(kind_of(schedule), &schedule.id, &Json::Object(body)).await
}

impl EditArgs {
    /// The fields that change.
    fn changes(&self, schedule: &Schedule, now: Timestamp) -> Result<Map<String, Json>, Error> {
        let mut body = self.terms.fields();
        let kept: &[String] = if self.no_except { &[] } else { &schedule.exceptions };
        let exceptions: Vec<&String> = kept.iter().chain(&self.terms.except).collect();
        if self.no_except || !self.terms.except.is_empty() {
            body.insert("exceptions".to_owned(), json!(exceptions));
        }
        if self.no_notice {
            body.insert("minimumNoticeSeconds".to_owned(), 0.into());
        }
        if self.no_finish_by {
            body.insert("finishBy".to_owned(), "".into());
        }
        if let Some(name) = &self.name {
            body.insert("name".to_owned(), name.as_str().into());
        }
        if let Some(tz) = &self.tz {
            body.insert("timeZone".to_owned(), Zone::new(Some(tz))?.name().into());
        }
        // Times that are given are on the clock of the zone that holds then.
        let zone = Zone::new(Some(self.tz.as_deref().unwrap_or(schedule.zone_name())))?;
        if schedule.is_repeated() {
            self.repeated(schedule, &zone, &mut body)?;
        } else {
            self.single(schedule, now, &mut body)?;
        }
        Ok(body)
    }

    fn repeated(&self, schedule: &Schedule, zone: &Zone, body: &mut Map<String, Json>) -> Result<(), Error> {
        if self.at.is_some() {
            return Err(Error::call("a schedule that repeats opens by a cron", "give --cron instead of --at"));
        }
        let seconds = u64::try_from(schedule.duration).unwrap_or(0);
        let duration = self.duration.unwrap_or(Duration::from_secs(seconds));
        let cron = self.cron.clone().unwrap_or_else(|| schedule.cron_text());
        repeated(&cron, duration, zone, &self.terms)?;
        if self.duration.is_some() {
            body.insert("durationSeconds".to_owned(), duration.as_secs().into());
        }
        if let Some(cron) = &self.cron {
            let mut fields = terms::cron_fields(cron, zone);
            // Without it what lists say would be on another clock.
            if self.tz.is_none() {
                fields.remove("timeZone");
            }
            body.extend(fields);
        }
        Ok(())
    }

    fn single(&self, schedule: &Schedule, now: Timestamp, body: &mut Map<String, Json>) -> Result<(), Error> {
        if self.cron.is_some() || self.terms.finish_by.is_some() || self.no_finish_by {
            let hint = "plan another one: emtctl schedule update --cron …";
            return Err(Error::call("a schedule that opens once has neither a cron nor an end of work", hint));
        }
        let length = (schedule.end != 0).then(|| u64::try_from(schedule.end - schedule.start).unwrap_or(0));
        let duration = self.duration.or(length.map(Duration::from_secs));
        let mut start = schedule.start;
        if let Some(at) = &self.at {
            // Without --tz it is read as times are when a window is planned.
            let zone = Zone::new(self.tz.as_deref())?;
            let window = Window::new(&Begin::At(at), duration.unwrap_or(Duration::from_hours(1)), &zone, now)?;
            start = window.start.as_second();
            body.insert("startSeconds".to_owned(), start.into());
        }
        if let Some(duration) = duration.filter(|_| self.at.is_some() || self.duration.is_some()) {
            let end = i64::try_from(duration.as_secs()).ok().and_then(|seconds| start.checked_add(seconds));
            body.insert("endSeconds".to_owned(), end.into());
        }
        Ok(())
    }
}

/// Makes a body that an Edge Orchestrator takes: with the keys that it wants in each change, and without what it does not keep.
fn plain(body: &mut Map<String, Json>, schedule: &Schedule) -> Result<(), Error> {
    if body.get("timeZone").is_some_and(|zone| zone == "UTC") {
        body.remove("timeZone");
    }
    let beyond = [
        ("exceptions", "--except"),
        ("minimumNoticeSeconds", "--notice"),
        ("finishBy", "--finish-by"),
        ("timeZone", "another zone"),
        ("cron", "such a --cron"),
    ];
    let beyond: Vec<String> =
        beyond.into_iter().filter(|(key, _)| body.contains_key(*key)).map(|(_, name)| name.to_owned()).collect();
    if !beyond.is_empty() {
        return Err(terms::refused(&beyond));
    }
    let mut required = vec![("scheduleStatus", json!(schedule.status))];
    if schedule.is_repeated() {
        let Schedule { minutes, hours, day_of_month, month, day_of_week, .. } = schedule;
        required.push(("durationSeconds", json!(schedule.duration)));
        required.extend(CRON_KEYS.into_iter().zip([minutes, hours, day_of_month, month, day_of_week].map(|field| json!(field))));
    } else {
        required.push(("startSeconds", json!(schedule.start)));
    }
    for (key, value) in required {
        body.entry(key).or_insert(value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_orchestrator_gets_all_keys_that_it_wants_and_none_that_it_does_not_know() {
        let weekly = Schedule { status: "S".to_owned(), duration: 60, minutes: "0".to_owned(), ..Schedule::default() };
        let mut body = Map::from_iter([("name".to_owned(), json!("x")), ("timeZone".to_owned(), json!("UTC"))]);
        plain(&mut body, &weekly).unwrap();
        assert_eq!((body.len(), &body["cronMinutes"], &body["name"]), (8, &json!("0"), &json!("x")));
        let mut body = Map::from_iter([("exceptions".to_owned(), json!([]))]);
        assert!(plain(&mut body, &weekly).unwrap_err().to_string().contains("--except"));
        let mut body = Map::from_iter([("name".to_owned(), json!("x"))]);
        plain(&mut body, &Schedule { start: 5, ..Schedule::default() }).unwrap();
        assert_eq!(body["startSeconds"], 5);
    }
}
