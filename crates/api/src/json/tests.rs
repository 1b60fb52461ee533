//! Against a slow writer that builds the same answer as a tree, key by key as the declarations tell it.

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::*;
use crate::{
    record::{Meta, Row},
    resources::{ALL, HOST, INSTANCE, SITE, by_prefix},
    sheet::Sheet,
    spec::{Access, Field, Type},
    timestamp,
    value::Value,
};

fn written(row: &Row, plan: &Plan, source: &dyn Source) -> Vec<u8> {
    let mut out = Vec::new();
    let sheet = Sheet::of(row);
    write(&mut out, sheet.get(0).unwrap(), plan, source);
    out
}

fn shown(row: &Row) -> Json {
    serde_json::from_slice(&written(row, &SHALLOW, &NoSource)).unwrap()
}

#[test]
fn every_kind_is_valid_json_without_double_keys() {
    for spec in ALL {
        let out = written(&Row::empty(spec), &SHALLOW, &NoSource);
        assert!(crate::input::parse(&out).is_ok(), "{}: {}", spec.prefix, String::from_utf8_lossy(&out));
    }
}

#[test]
fn absent_links_are_null_or_empty_objects() {
    assert_eq!(shown(&Row::empty(&HOST))["instance"], Json::Null);
    assert_eq!(shown(&Row::empty(&HOST))["site"], Json::Null);
    assert_eq!(shown(&Row::empty(&INSTANCE))["updatePolicy"], Json::Null);
    let site = shown(&Row::empty(&SITE));
    assert_eq!(site["region"]["resourceId"], "");
    assert_eq!(site["region"]["parentRegion"], Json::Null);
    assert_eq!(site["region"]["timestamps"], Json::Null);
}

#[test]
fn strings_are_escaped() {
    for text in ["a\"b", "a\\b", "a\nb", "\u{1}", "ä\u{2028}", "", "plain"] {
        let mut row = Row::empty(&HOST);
        row.set("name", text.into());
        assert_eq!(shown(&row)["name"], text);
    }
}

/// One record of each kind, which all links lead to.
struct World(Vec<Sheet>);

impl Source for World {
    fn record(&self, prefix: &str, id: &str) -> Option<Entry<'_>> {
        self.0.iter().filter(|sheet| sheet.spec().prefix == prefix).find_map(|sheet| sheet.find(id))
    }
    fn referrers(&self, prefix: &str, via: &str, owner: &str) -> Vec<Entry<'_>> {
        self.0.iter().filter(|sheet| sheet.spec().prefix == prefix).flat_map(|sheet| sheet.linked(via, owner)).collect()
    }
    fn computed(&self, out: &mut Vec<u8>, owner: Entry<'_>, computed: &Computed) -> bool {
        let known = *computed == Computed::UpdateStatusDetail;
        if known {
            string(out, owner.text("update_status_detail"));
        }
        known
    }
}

/// What [`write`] is to write.
fn slow(row: &Row, plan: &Plan, rows: &[Row]) -> Json {
    let mut out = Map::new();
    out.insert("resourceId".to_owned(), row.meta.id.clone().into());
    if !row.spec.id_alias.is_empty() {
        out.insert(row.spec.id_alias.to_owned(), row.meta.id.clone().into());
    }
    let target = |field: &Field, value: &Value| {
        let link = field.as_link()?;
        let deeper = plan.of(link.object)?;
        let found = rows.iter().find(|row| row.spec.prefix == link.to && row.meta.id == value.text())?;
        Some(slow(found, deeper, rows))
    };
    // The objects of an empty object are null.
    let is_empty = row.meta.id.is_empty();
    let nowhere = |link: &LinkSpec| match by_prefix(link.to).filter(|_| link.empty_object && !is_empty) {
        Some(spec) => slow(&Row::empty(spec), &SHALLOW, &[]),
        None => Json::Null,
    };
    for (field, value) in row.spec.fields.iter().zip(&row.values).filter(|(field, _)| field.is_shown()) {
        let to = target(field, value);
        let is_absent = field.when_set && *value == field.empty_value();
        if !field.json.is_empty() && !is_absent {
            let value = match &field.ty {
                Type::Link(link) if !link.object.is_empty() && (to.is_none() || !link.echo) => json!(""),
                Type::Text { .. } | Type::Link(_) => value.text().into(),
                Type::Number { .. } => value.int().into(),
                Type::BigNumber => value.int().to_string().into(),
                Type::Bool => (value.int() != 0).into(),
                Type::Enum(names) => names.name_of(value.int()).into(),
                _ if value.text().is_empty() => json!([]),
                _ => serde_json::from_str(value.text()).unwrap(),
            };
            out.insert(field.json.to_owned(), value);
        }
        if let Some(links) = field.as_links() {
            let ids = value.texts();
            let found = plan.of(links.object).into_iter().flat_map(|deeper| {
                ids.iter()
                    .filter_map(|id| rows.iter().find(|row| row.spec.prefix == links.to && row.meta.id == *id))
                    .map(|row| slow(row, deeper, rows))
            });
            out.insert(links.object.to_owned(), found.collect());
        }
        if let Some(link) = field.as_link().filter(|link| !link.object.is_empty()) {
            out.insert(link.object.to_owned(), to.unwrap_or_else(|| nowhere(link)));
        }
    }
    for field in row.spec.unstored.iter().filter(|field| field.access != Access::Ignored) {
        let empty = if matches!(field.ty, Type::Texts { .. }) { json!([]) } else { json!("") };
        out.insert(field.json.to_owned(), empty);
    }
    for computed in row.spec.computed {
        let value = match computed {
            Computed::Referrer { key, prefix, via } => plan
                .of(key)
                .and_then(|deeper| {
                    let found = rows.iter().find(|other| other.spec.prefix == *prefix && other.get(via).text() == row.meta.id)?;
                    Some(slow(found, deeper, rows))
                })
                .unwrap_or(Json::Null),
            Computed::SameAs { of, .. } => out[*of].clone(),
            Computed::Referrers { key, prefix, via } => {
                let found = rows.iter().filter(|other| other.spec.prefix == *prefix && other.get(via).text() == row.meta.id);
                plan.of(key).into_iter().flat_map(|deeper| found.clone().map(|row| slow(row, deeper, rows))).collect()
            }
            Computed::InheritedMetadata => json!([]),
            Computed::UpdateStatusDetail if plan.computed => row.get("update_status_detail").text().into(),
            Computed::UpdateStatusDetail => json!(""),
            Computed::TotalSites => json!(0),
            Computed::DesiredOs => Json::Null,
        };
        out.insert(computed_key(computed).to_owned(), value);
    }
    let times = json!({
        "createdAt": timestamp::rfc3339(row.meta.created_ms), "updatedAt": timestamp::rfc3339(row.meta.updated_ms),
    });
    out.insert("timestamps".to_owned(), if row.meta.id.is_empty() { Json::Null } else { times });
    Json::Object(out)
}

static LEAF: Plan = Plan { follow: &[("site", &SHALLOW), ("region", &SHALLOW), ("os", &SHALLOW)], computed: false };
static MEMBER: Plan = Plan { follow: &[("workload", &SHALLOW)], computed: false };
static DEEP: Plan = Plan {
    follow: &[
        ("host", &LEAF),
        ("os", &SHALLOW),
        ("updatePolicy", &SHALLOW),
        ("site", &LEAF),
        ("instance", &LEAF),
        ("region", &SHALLOW),
        ("parentRegion", &SHALLOW),
        ("targetOs", &SHALLOW),
        ("appliedPolicy", &SHALLOW),
        ("targetHost", &LEAF),
        ("workloadMembers", &MEMBER),
        ("members", &LEAF),
        ("customConfig", &SHALLOW),
        ("localAccount", &SHALLOW),
        ("provider", &SHALLOW),
    ],
    computed: true,
};

fn value(field: &'static Field) -> BoxedStrategy<Value> {
    let filled = match &field.ty {
        Type::Text { .. } => any::<String>().prop_map(Value::Text).boxed(),
        Type::Number { .. } | Type::BigNumber => any::<i64>().prop_map(Value::Int).boxed(),
        Type::Bool => (0..2_i64).prop_map(Value::Int).boxed(),
        Type::Enum(_) => (-1..12_i64).prop_map(Value::Int).boxed(),
        Type::Links(links) => (0..3_u8)
            .prop_map(|n| json!((0..n).map(|n| format!("{}-{n}", links.to)).collect::<Vec<_>>()).to_string().into())
            .boxed(),
        // Half of them lead nowhere.
        Type::Link(link) => (0..2_u8).prop_map(|n| Value::Text(format!("{}-{n}", link.to))).boxed(),
        _ => proptest::collection::vec(any::<String>(), 0..3).prop_map(|texts| Value::Text(json!(texts).to_string())).boxed(),
    };
    prop_oneof![2 => Just(field.empty_value()), 1 => filled].boxed()
}

fn row(spec: &'static Spec) -> impl Strategy<Value = Row> {
    let values: Vec<_> = spec.fields.iter().map(value).collect();
    (values, 0..5_000_000_000_000_i64).prop_map(move |(values, ms)| {
        let id = format!("{}-0", spec.prefix);
        Row { spec, meta: Meta { id, created_ms: ms, updated_ms: ms + 1000, ..Meta::default() }, values }
    })
}

proptest! {
    #[test]
    fn any_record_is_written_as_its_declaration_tells(rows in ALL.iter().map(|spec| row(spec)).collect::<Vec<_>>()) {
        let world = World(rows.iter().map(Sheet::of).collect());
        for row in &rows {
            for plan in [&SHALLOW, &LEAF, &DEEP] {
                let fast = String::from_utf8(written(row, plan, &world)).unwrap();
                prop_assert_eq!(fast, slow(row, plan, &rows).to_string());
            }
        }
    }
}
