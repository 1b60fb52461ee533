//! Queries by which lists of the first generation were narrowed (northbound contract, 9.1). Scripts that still send them would
//! otherwise be shown, and perhaps change, what they did not ask for.

use emt_api::{
    error::ApiError,
    filter::{Expr, Path, RESOURCE_ID, Step, Test},
    patterns,
    resources::{HOST, INSTANCE, REGION},
    spec::Spec,
    value::Value,
};

use super::{
    operation::{Holds, Parameter, ParameterKind},
    request::Parameters,
};

/// Most characters of a value.
const LONGEST: usize = 36;

const SITE: &str = "^null$|^site-[0-9a-f]{8}$";
const INST: &str = "^null$|^inst-[0-9a-f]{8}$";
const HOST_OR_NONE: &str = "^null$|^host-[0-9a-f]{8}$";
const MEMBER: &str = "^null$|^workloadmember-[0-9a-f]{8}$";
const PARENT: &str = "^null$|^region-[0-9a-f]{8}$";

/// A query of a kind's list.
struct Query {
    spec: &'static Spec,
    parameter: Parameter,
    found: Found,
}

/// Where a query's value is found.
enum Found {
    /// In a column of the record.
    In(&'static str),
    /// In a column of the record that a link leads to.
    Along(&'static str, &'static str),
    /// It is the id of a record that points here.
    From(&'static str, &'static str),
}

const fn query(spec: &'static Spec, name: &'static str, doc: &'static str, pattern: &'static str, found: Found) -> Query {
    let holds = Holds::Text { max: LONGEST, pattern };
    Query { spec, parameter: Parameter { name, doc, holds, kind: ParameterKind::Older }, found }
}

static QUERIES: [Query; 7] = [
    query(&HOST, "uuid", "The host with this UUID.", patterns::UUID, Found::In("uuid_key")),
    query(&HOST, "siteID", "Hosts of this site; `null`: of none.", SITE, Found::In("site_id")),
    query(&HOST, "instanceID", "The host of this instance; `null`: hosts without one.", INST, Found::From("inst", "host_id")),
    query(&INSTANCE, "hostID", "The instance of this host; `null`: instances of none.", HOST_OR_NONE, Found::In("host_id")),
    query(
        &INSTANCE,
        "siteID",
        "Instances of this site's hosts; `null`: of hosts without.",
        SITE,
        Found::Along("host_id", "site_id"),
    ),
    query(
        &INSTANCE,
        "workloadMemberID",
        "The instance that is this member; `null`: instances that are none.",
        MEMBER,
        Found::From("workloadmember", "instance_id"),
    ),
    query(&REGION, "parent", "Regions right below this one; `null`: below none.", PARENT, Found::In("parent_region_id")),
];

/// The queries that a kind's list takes.
pub(super) fn parameters(spec: &'static Spec) -> impl Iterator<Item = &'static Parameter> {
    QUERIES.iter().filter(move |query| query.spec == spec).map(|query| &query.parameter)
}

/// A list's condition, narrowed by what such queries ask for.
pub(super) fn narrowed(filter: Expr, spec: &'static Spec, parameters: &Parameters) -> Result<Expr, ApiError> {
    QUERIES.iter().filter(|query| query.spec == spec).try_fold(filter, |filter, query| {
        Ok(match parameters.checked(&query.parameter)? {
            Some(text) => filter.and(query.means(text)),
            None => filter,
        })
    })
}

impl Query {
    fn means(&self, text: &str) -> Expr {
        // Ids have no capitals, and UUIDs are found without regard to case.
        let value = if text == "null" { Value::Null } else { Value::Text(text.to_ascii_lowercase()) };
        match (&self.found, value) {
            (Found::In(column), value) => Expr::is(column, value),
            (Found::Along(link, column), value) => Expr::Test(Path { steps: vec![Step::To(link)], column }, Test::Is(value)),
            (Found::From(prefix, via), Value::Null) => Expr::Not(Box::new(Expr::Has(vec![Step::From { prefix, via }]))),
            (Found::From(prefix, via), value) => {
                Expr::Test(Path { steps: vec![Step::From { prefix, via }], column: RESOURCE_ID }, Test::Is(value))
            }
        }
    }
}
