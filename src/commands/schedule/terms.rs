//! What a window's rule says beside its times: exceptions, notice, an end of work, a zone.

use std::time::Duration;

use emt_client::Orchestrator;
use emt_windows::{Blackout, Cron, FinishBy, Rule, Zone as RuleZone};
use serde_json::{Map, Value as Json, json};

use crate::{
    error::{Doing, Error},
    time::{Zone, brief, length},
};

/// What says that an orchestrator takes more than the Edge Orchestrator.
const FEATURE: [&str; 2] = ["emt", "windows"];
const UTC: &str = "UTC";
/// The single fields of a cron, in their order.
pub(super) const CRON_KEYS: [&str; 5] = ["cronMinutes", "cronHours", "cronDayMonth", "cronMonth", "cronDayWeek"];

/// Exceptions, notice, an end of work.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Terms {
    /// Keep closed on a day, or from one day or time to another: 2026-12-24, 2026-12-24/2026-12-26; may be given again
    #[arg(long, value_name = "DATE|FROM/TO")]
    pub(super) except: Vec<String>,
    /// Do not open earlier than so long after this was planned or changed, such as 2d
    #[arg(long, value_name = "DURATION", value_parser = length, allow_hyphen_values = true)]
    pub(super) notice: Option<Duration>,
    /// Close windows that repeat at this time of day at the latest, such as 05:00, or at a certain time
    #[arg(long, value_name = "TIME")]
    pub(super) finish_by: Option<String>,
}

impl Terms {
    /// The fields that say this.
    pub(super) fn fields(&self) -> Map<String, Json> {
        let mut fields = Map::new();
        if !self.except.is_empty() {
            fields.insert("exceptions".to_owned(), json!(self.except));
        }
        if let Some(notice) = self.notice {
            fields.insert("minimumNoticeSeconds".to_owned(), notice.as_secs().into());
        }
        if let Some(finish) = &self.finish_by {
            fields.insert("finishBy".to_owned(), finish.as_str().into());
        }
        fields
    }

    /// What of it an Edge Orchestrator does not keep.
    pub(super) fn beyond_lists(&self) -> Vec<String> {
        let given = [
            ("--except", !self.except.is_empty()),
            ("--notice", self.notice.is_some()),
            ("--finish-by", self.finish_by.is_some()),
        ];
        given.into_iter().filter(|(_, given)| *given).map(|(name, _)| name.to_owned()).collect()
    }

    /// A rule less the exceptions, and with the end of work.
    pub(super) fn less(&self, rule: Rule) -> Result<Rule, Error> {
        let zone = rule.zone().clone();
        let blackouts = self.except.iter().map(|text| Blackout::parse(text, &zone)).collect::<Result<Vec<_>, _>>();
        let rule = rule.except(blackouts.map_err(|error| {
            Error::call(error.to_string(), "--except 2026-12-24 keeps a day closed, --except 2026-12-24/2026-12-26 three")
        })?);
        let Some(text) = &self.finish_by else { return Ok(rule) };
        let finish = FinishBy::parse(text, &zone)
            .map_err(|error| Error::call(error.to_string(), "--finish-by 05:00 closes at five at the latest"))?;
        Ok(rule.finish_by(finish))
    }
}

/// The rule of a cron.
pub(super) fn repeated(cron: &str, duration: Duration, zone: &Zone, terms: &Terms) -> Result<Rule, Error> {
    let cron = Cron::parse(cron)
        .map_err(|error| Error::call(error.to_string(), "--cron '0 2 * * 6' opens on Saturdays at 02:00 on a clock in --tz"))?;
    let seconds = u32::try_from(duration.as_secs()).ok().filter(|_| duration.subsec_nanos() == 0);
    let rule = Rule::repeated(cron, seconds.unwrap_or(u32::MAX), rule_zone(zone)?).map_err(|_| {
        let what = format!("--duration: a window cannot stay open for {}", brief(duration));
        Error::call(what, "give whole seconds, from 1s to 24h, such as 2h, 90m or 1h30m")
    })?;
    terms.less(rule)
}

/// The rules of a zone.
pub(super) fn rule_zone(zone: &Zone) -> Result<RuleZone, Error> {
    RuleZone::get(zone.name()).map_err(|_| {
        Error::call(
            format!("the rules of the time zone {:?} are not known", zone.name()),
            "name one, such as --tz Europe/Berlin or --tz UTC",
        )
    })
}

/// The fields that say a cron: lists in UTC wherever they can, so that every orchestrator and client understands them.
pub(super) fn cron_fields(cron: &str, zone: &Zone) -> Map<String, Json> {
    match in_lists(cron).filter(|_| zone.name() == UTC) {
        Some(lists) => CRON_KEYS.into_iter().map(str::to_owned).zip(lists.map(Json::from)).collect(),
        None => [("cron".to_owned(), cron.into()), ("timeZone".to_owned(), zone.name().into())].into_iter().collect(),
    }
}

fn in_lists(cron: &str) -> Option<[String; 5]> {
    Cron::parse(cron).ok()?.to_wire()
}

/// What of a cron an Edge Orchestrator does not keep.
pub(super) fn cron_beyond_lists(cron: Option<&str>, zone: &Zone) -> Vec<String> {
    let Some(cron) = cron else { return Vec::new() };
    let zone = (zone.name() != UTC).then(|| format!("a --cron on a clock of {}", zone.name()));
    zone.into_iter().chain(in_lists(cron).is_none().then(|| format!("--cron {cron:?}"))).collect()
}

/// Refuses what the orchestrator would not keep, before anything is sent.
pub(super) async fn check(api: &Orchestrator, beyond_lists: &[String]) -> Result<(), Error> {
    if beyond_lists.is_empty() || are_kept(api).await? {
        return Ok(());
    }
    Err(refused(beyond_lists))
}

/// The orchestrator would not keep this.
pub(super) fn refused(beyond_lists: &[String]) -> Error {
    Error::rule(
        format!("this orchestrator keeps windows in UTC and in lists of numbers only, not {}", beyond_lists.join(", ")),
        "give --tz UTC and a --cron that lists can say, such as '0 2 * * 6', without --except, --notice and --finish-by",
    )
}

/// Whether the orchestrator keeps zones, wide crons and exceptions.
pub(super) async fn are_kept(api: &Orchestrator) -> Result<bool, Error> {
    Ok(api.features().await.doing("ask what the orchestrator has")?.has(&FEATURE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lists_can_say_goes_to_any_orchestrator() {
        let (utc, berlin) = (Zone::new(Some("UTC")).unwrap(), Zone::new(Some("Europe/Berlin")).unwrap());
        for (cron, zone, beyond, field) in [
            ("0 2 * * SAT", &utc, 0, "cronDayWeek"),
            ("0 2 * * SAT#2", &utc, 1, "cron"),
            ("0 2 * * SAT", &berlin, 1, "timeZone"),
            ("0 2 * * SAT#2", &berlin, 2, "timeZone"),
        ] {
            assert_eq!(cron_beyond_lists(Some(cron), zone).len(), beyond, "{cron} in {}", zone.name());
            assert!(cron_fields(cron, zone).contains_key(field), "{cron} in {}", zone.name());
        }
        let terms = Terms { except: vec!["2026-12-24".to_owned()], ..Terms::default() };
        assert_eq!((terms.beyond_lists(), terms.fields().len()), (vec!["--except".to_owned()], 1));
    }
}
