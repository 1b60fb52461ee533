//! Finding records by what people call them.

use serde::de::DeserializeOwned;

use crate::{
    Error, Orchestrator, Resource,
    filter::any_contains,
    kinds::Kind,
    models::{Host, Instance, Os, Place, Policy, Region, Run, Schedule, Site, Source},
};

/// So many names are asked for one by one.
const FEW: usize = 8;

/// A record that people can name.
pub trait Named {
    /// Its id.
    fn id(&self) -> &str;
    /// What it may be called beside its id.
    fn names(&self) -> Vec<&str>;
    /// What servers call these names in filters; none if they take no filter.
    const FIELDS: &'static [&'static str];
    /// Its id with what tells it from others of the same name.
    fn told_apart(&self) -> String {
        self.id().to_owned()
    }
}

macro_rules! named {
    ($($ty:ty),*) => {$(
        impl Named for $ty {
            const FIELDS: &'static [&'static str] = &["name"];
            fn id(&self) -> &str {
                &self.id
            }
            fn names(&self) -> Vec<&str> {
                vec![&self.name]
            }
        }
    )*};
}

named!(Place, Policy, Run, Source);

impl Named for Region {
    const FIELDS: &'static [&'static str] = &["name"];
    fn id(&self) -> &str {
        &self.id
    }
    fn names(&self) -> Vec<&str> {
        vec![&self.name]
    }
    fn told_apart(&self) -> String {
        beside(&self.id, self.parent.as_ref().map(Place::label))
    }
}

impl Named for Site {
    const FIELDS: &'static [&'static str] = &["name"];
    fn id(&self) -> &str {
        &self.id
    }
    fn names(&self) -> Vec<&str> {
        vec![&self.name]
    }
    fn told_apart(&self) -> String {
        beside(&self.id, self.region.as_ref().map(Place::label))
    }
}

impl Named for Schedule {
    const FIELDS: &'static [&'static str] = &[];
    fn id(&self) -> &str {
        &self.id
    }
    fn names(&self) -> Vec<&str> {
        vec![&self.name]
    }
    fn told_apart(&self) -> String {
        beside(&self.id, self.target().map(|(_, place)| place.label()))
    }
}

impl Named for Os {
    const FIELDS: &'static [&'static str] = &["name", "imageId"];
    fn id(&self) -> &str {
        &self.id
    }
    fn names(&self) -> Vec<&str> {
        vec![&self.name, &self.version]
    }
    fn told_apart(&self) -> String {
        format!("{} ({} {})", self.id, self.profile, self.version)
    }
}

impl Named for Host {
    const FIELDS: &'static [&'static str] = &["name", "uuid", "serialNumber"];
    fn id(&self) -> &str {
        &self.id
    }
    fn names(&self) -> Vec<&str> {
        vec![&self.name, &self.uuid, &self.serial]
    }
    fn told_apart(&self) -> String {
        beside(&self.id, Some(self.uuid.as_str()))
    }
}

impl Named for Instance {
    const FIELDS: &'static [&'static str] = &["name", "host.name", "host.resourceId", "host.uuid", "host.serialNumber"];
    fn id(&self) -> &str {
        &self.id
    }
    fn names(&self) -> Vec<&str> {
        let mut names = vec![self.name.as_str()];
        if let Some(host) = &self.host {
            names.extend([host.name.as_str(), &host.id, &host.uuid, &host.serial]);
        }
        names
    }
    fn told_apart(&self) -> String {
        beside(&self.id, self.host.as_ref().map(|host| host.id.as_str()))
    }
}

fn beside(id: &str, other: Option<&str>) -> String {
    match other.filter(|other| !other.is_empty()) {
        Some(other) => format!("{id} ({other})"),
        None => id.to_owned(),
    }
}

/// The one record that `wanted` names.
pub fn pick<'a, T: Named>(noun: &'static str, all: &'a [Resource<T>], wanted: &str) -> Result<&'a Resource<T>, Error> {
    if let Some(found) = all.iter().find(|record| record.data.id() == wanted) {
        return Ok(found);
    }
    let is_meant =
        |record: &&Resource<T>| record.data.names().iter().any(|name| !name.is_empty() && name.eq_ignore_ascii_case(wanted));
    let found: Vec<&Resource<T>> = all.iter().filter(is_meant).collect();
    // Case counts where it makes a difference.
    let exact: Vec<&Resource<T>> = found.iter().copied().filter(|record| record.data.names().contains(&wanted)).collect();
    let found = if exact.is_empty() { found } else { exact };
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(Error::NotFound { noun, wanted: wanted.to_owned() }),
        several => {
            let mut matches: Vec<String> = several.iter().map(|record| record.data.told_apart()).collect();
            // By what tells them apart; ids are random.
            matches.sort_by(|a, b| beyond_id(a).cmp(&beyond_id(b)));
            Err(Error::Ambiguous { noun, wanted: wanted.to_owned(), matches })
        }
    }
}

fn beyond_id(told: &str) -> Option<&str> {
    told.split_once(' ').map(|(_, beside)| beside)
}

impl Orchestrator {
    /// The one record of a kind that `wanted` names.
    pub async fn find<T: Named + DeserializeOwned>(&self, kind: &Kind<T>, wanted: &str) -> Result<Resource<T>, Error>
    where
        Resource<T>: Clone,
    {
        if kind.is_id(wanted) {
            return self.by_id(kind, wanted).await;
        }
        let named = self.named(kind, wanted).await?;
        pick(kind.noun, &named, wanted).cloned()
    }

    /// The records that may be called so: what the server makes of the name, or all if it cannot be asked.
    async fn named<T: Named + DeserializeOwned>(&self, kind: &Kind<T>, wanted: &str) -> Result<Vec<Resource<T>>, Error> {
        match any_contains(T::FIELDS, wanted) {
            Some(filter) => self.filtered(kind, &filter).await,
            None => self.list(kind, &[]).await,
        }
    }

    /// The records that a filter leaves, and maybe others: a server that does not understand it is asked for all.
    pub(crate) async fn filtered<T: DeserializeOwned>(&self, kind: &Kind<T>, filter: &str) -> Result<Vec<Resource<T>>, Error> {
        match self.list(kind, &[("filter", filter)]).await {
            Err(error) if matches!(error.status(), Some(400 | 422 | 501)) => self.list(kind, &[]).await,
            other => other,
        }
    }

    /// The records of a kind that are named, each once, in this order.
    pub async fn find_all<T: Named + DeserializeOwned>(
        &self,
        kind: &Kind<T>,
        wanted: &[String],
    ) -> Result<Vec<Resource<T>>, Error>
    where
        Resource<T>: Clone,
    {
        // Many names are looked up faster among all.
        let all = if wanted.len() > FEW { Some(self.list(kind, &[]).await?) } else { None };
        let mut found: Vec<Resource<T>> = Vec::with_capacity(wanted.len());
        for wanted in wanted {
            let record = match &all {
                Some(all) => pick(kind.noun, all, wanted)?.clone(),
                None => self.find(kind, wanted).await?,
            };
            if !found.iter().any(|known| known.data.id() == record.data.id()) {
                found.push(record);
            }
        }
        Ok(found)
    }

    async fn by_id<T: Named + DeserializeOwned>(&self, kind: &Kind<T>, id: &str) -> Result<Resource<T>, Error> {
        match self.get(kind, id).await {
            Err(error) if error.status() == Some(404) => Err(Error::NotFound { noun: kind.noun, wanted: id.to_owned() }),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn os(id: &str, name: &str, profile: &str, version: &str) -> Resource<Os> {
        let text = |text: &str| text.to_owned();
        let data = Os { id: text(id), name: text(name), profile: text(profile), version: text(version), ..Os::default() };
        Resource { json: serde_json::Value::Null, data }
    }

    #[test]
    fn names_are_exact_before_they_are_alike() {
        let all = [
            os("os-00000001", "edge", "a", "1"),
            os("os-00000002", "Edge", "b", "1"),
            os("os-00000003", "", "b", "2"),
            os("os-00000004", "os-00000001", "c", "3"),
        ];
        for (wanted, expected) in [
            ("os-00000001", Ok("os-00000001")),
            ("edge", Ok("os-00000001")),
            ("Edge", Ok("os-00000002")),
            ("2", Ok("os-00000003")),
            ("EDGE", Err("2 OS resources have the name EDGE: os-00000001 (a 1), os-00000002 (b 1)")),
            ("1", Err("2 OS resources have the name 1: os-00000001 (a 1), os-00000002 (b 1)")),
            ("", Err("no OS resource has the id or name ")),
            ("edg", Err("no OS resource has the id or name edg")),
        ] {
            let found = pick("OS resource", &all, wanted).map(|found| found.data.id.as_str()).map_err(|error| error.to_string());
            assert_eq!(found, expected.map_err(str::to_owned), "{wanted}");
        }
    }

    #[test]
    fn instances_go_by_their_host() {
        let json = r#"{"resourceId":"inst-00000001","host":{"resourceId":"host-00000001","name":"shop-1","uuid":"u-1"}}"#;
        let all = [Resource { json: serde_json::Value::Null, data: serde_json::from_str::<Instance>(json).unwrap() }];
        for wanted in ["inst-00000001", "shop-1", "SHOP-1", "host-00000001", "U-1"] {
            assert!(pick("instance", &all, wanted).is_ok(), "{wanted}");
        }
        assert!(pick("instance", &all, "shop").is_err());
    }
}
