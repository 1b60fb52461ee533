//! What somebody wants for some hosts, as a form tells it: an OS to link, and a window to install it in.

use std::collections::BTreeMap;

use emt_windows::Zone;

use super::{Failure, visit::Posted, words::quoted};

/// Most hosts of a form.
const MOST: usize = 500;
/// Shortest and longest window, minutes.
const MINUTES: std::ops::RangeInclusive<i64> = 1..=1440;
/// A window that opens now opens after so many seconds: what is asked for is on its way until then.
const ON_THE_WAY: i64 = 3;

/// The OS that is to be linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Link {
    /// None: what is linked stays.
    AsItIs,
    /// The newest of each host's profile.
    Newest,
    /// This one.
    Os(String),
}

/// When a window is to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Opens {
    /// No window is wanted.
    Never,
    /// As soon as everybody knows of it.
    Now,
    /// At an instant, epoch seconds.
    At(i64),
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) hosts: Vec<String>,
    pub(super) link: Link,
    pub(super) opens: Opens,
    pub(super) minutes: i64,
}

impl Wish {
    /// Reads a form.
    pub(super) fn read(posted: &Posted) -> Result<Self, Failure> {
        let mut hosts: Vec<String> = posted.all("host").map(str::to_owned).collect();
        hosts.sort_unstable();
        hosts.dedup();
        if hosts.is_empty() {
            return Err(Failure::input("No host is chosen", "Go back and tick the hosts that are meant."));
        }
        if hosts.len() > MOST {
            return Err(Failure::input(format!("{} hosts are too many at once", hosts.len()), format!("Choose {MOST} at most.")));
        }
        let link = match posted.get("os") {
            "" => Link::AsItIs,
            "newest" => Link::Newest,
            id => Link::Os(id.to_owned()),
        };
        let opens = match posted.get("when") {
            "now" => Opens::Now,
            "at" => Opens::At(instant(posted.get("at"), posted.get("zone"))?),
            _ => Opens::Never,
        };
        if link == Link::AsItIs && opens == Opens::Never {
            return Err(Failure::input("Nothing was asked for", "Go back and choose an OS, a window, or both."));
        }
        let minutes = posted.get("minutes").parse().ok().filter(|minutes| MINUTES.contains(minutes));
        let minutes = match (&opens, minutes) {
            (Opens::Never, _) => 60,
            (_, Some(minutes)) => minutes,
            _ => return Err(Failure::input("The window has no length", "It stays open for 1 to 1440 minutes.")),
        };
        Ok(Self { hosts, link, opens, minutes })
    }

    /// The window that is wanted, from and to in epoch seconds.
    pub(super) fn window(&self, now: i64) -> Option<(i64, i64)> {
        let start = match self.opens {
            Opens::Never => return None,
            Opens::Now => now + ON_THE_WAY + self.hosts.len() as i64 / 20,
            Opens::At(at) => at,
        };
        Some((start, start + self.minutes * 60))
    }

    /// The fields of a form that says the same.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let os = match &self.link {
            Link::AsItIs => String::new(),
            Link::Newest => "newest".to_owned(),
            Link::Os(id) => id.clone(),
        };
        let mut fields: Vec<(&str, String)> = self.hosts.iter().map(|host| ("host", host.clone())).collect();
        fields.extend([("os", os), ("minutes", self.minutes.to_string()), ("zone", "UTC".to_owned())]);
        match self.opens {
            Opens::Never => {}
            Opens::Now => fields.push(("when", "now".to_owned())),
            Opens::At(at) => fields.extend([("when", "at".to_owned()), ("at", rfc3339(at))]),
        }
        fields
    }

    /// The commands that do the same for these hosts, each by its name and with the OS that is to be linked to it.
    pub(super) fn commands(&self, hosts: &[(&str, Option<&str>)]) -> Vec<String> {
        let mut links: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (name, os) in hosts {
            if let Some(os) = os {
                links.entry(os).or_default().push(quoted(name));
            }
        }
        let link = |(os, names): (&str, Vec<String>)| format!("emtctl instance link {} --os {}", names.join(" "), quoted(os));
        let mut commands: Vec<String> = links.into_iter().map(link).collect();
        let names: Vec<String> = hosts.iter().map(|(name, _)| quoted(name)).collect();
        let when = match self.opens {
            Opens::Never => return commands,
            Opens::Now => "--now".to_owned(),
            Opens::At(at) => format!("--at {}", rfc3339(at)),
        };
        if !names.is_empty() {
            commands.push(format!("emtctl schedule update --host {} {when} --duration {}m", names.join(" "), self.minutes));
        }
        commands
    }
}

fn rfc3339(at: i64) -> String {
    jiff::Timestamp::from_second(at).map(|at| at.to_string()).unwrap_or_default()
}

/// An instant on the clock of a zone.
fn instant(text: &str, zone: &str) -> Result<i64, Failure> {
    let zone = match zone.trim() {
        "" | "UTC" => Zone::utc(),
        name => Zone::get(name)
            .map_err(|error| Failure::input(error.to_string(), "Go back and name a zone such as Europe/Berlin."))?,
    };
    zone.parse(text).map_err(|error| Failure::input(error.to_string(), "Go back and say when it opens."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_says_the_same_in_a_form_and_in_commands() {
        let hosts = vec!["host-00000001".to_owned()];
        let wish = Wish { hosts, link: Link::Os("os-1".to_owned()), opens: Opens::At(1_780_704_000), minutes: 90 };
        assert_eq!(wish.window(0), Some((1_780_704_000, 1_780_709_400)));
        assert_eq!(instant("2026-06-06T02:00", "Europe/Berlin").ok(), Some(1_780_704_000));
        assert!(instant("soon", "UTC").is_err() && instant("2026-06-06T02:00", "Mars").is_err());
        assert_eq!(
            wish.commands(&[("a b", Some("os-1")), ("c", None)]),
            [
                "emtctl instance link 'a b' --os os-1",
                "emtctl schedule update --host 'a b' c --at 2026-06-06T00:00:00Z --duration 90m"
            ]
        );
        assert!(wish.fields().contains(&("at", "2026-06-06T00:00:00Z".to_owned())));
        let now = Wish { opens: Opens::Now, ..wish };
        assert_eq!(now.window(100), Some((103, 103 + 5400)));
    }
}
