//! Lists of schedules: of an owner with all that is above it, and of an instant.

use axum::{extract::State, http::Method, response::Response};
use emt_api::{
    error::ApiError,
    filter::Expr,
    input::check_id,
    openapi,
    page::{Paging, wrong_parameter},
    resources::SINGLE_SCHEDULE,
    value::Value,
};

use super::{
    Rest,
    answer::{Refused, written},
    context::InProject,
    operation::{Answer, At, Named, Operation},
    parameters::SCHEDULES,
    request::Parameters,
    resource::{self, page, rows, totals},
};
use crate::inventory::{
    Listing, Owner, REPEATED_SCHEDULES, Resource, SINGLE_SCHEDULES, refused, repeated_rule, schedules_of, single_rule,
};

const ALL: At = At::project(&["/compute/schedules", "/schedules"], &["/schedules"]);
const SINGLE: At = At::project(&["/schedules/single", "/compute/schedules/single"], &["/schedules/single"]);
const REPEATED: At = At::project(&["/schedules/repeated", "/compute/schedules/repeated"], &["/schedules/repeated"]);

static JOINED: Named = Named {
    name: "ScheduleList",
    schema: |schemas| {
        let kinds: [&dyn Resource; 2] = [&SINGLE_SCHEDULES, &REPEATED_SCHEDULES];
        openapi::page(schemas, &kinds.map(|kind| (kind.spec(), kind.listed())))
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = vec![
        Operation::new(Method::GET, "listSchedules", ALL.paths(""), joined)
            .summary("Lists single and repeated schedules, paged alike")
            .parameters(SCHEDULES)
            .answer(Answer::Named(&JOINED)),
    ];
    let kinds: [(&'static dyn Resource, At); 2] = [(&SINGLE_SCHEDULES, SINGLE), (&REPEATED_SCHEDULES, REPEATED)];
    for (kind, at) in kinds {
        let list = async move |State(rest): State<Rest>, at: InProject, parameters: Parameters| {
            let listing = list(&rest, kind, &at.project, &parameters).await?;
            Result::<Response, Refused>::Ok(written(page(kind, &listing)))
        };
        operations.push(resource::listing(kind, at, list).parameters(SCHEDULES));
        operations.push(resource::creation(kind, at));
        operations.extend(resource::item(kind, at));
    }
    operations
}

/// `GET …/schedules`: both kinds, paged alike.
async fn joined(State(rest): State<Rest>, at: InProject, parameters: Parameters) -> Result<Response, Refused> {
    let singles = list(&rest, &SINGLE_SCHEDULES, &at.project, &parameters).await?;
    let repeated = list(&rest, &REPEATED_SCHEDULES, &at.project, &parameters).await?;
    let mut out = Vec::with_capacity(4096);
    out.push(b'{');
    rows(&mut out, &SINGLE_SCHEDULES, &singles);
    out.push(b',');
    rows(&mut out, &REPEATED_SCHEDULES, &repeated);
    totals(&mut out, singles.total + repeated.total, singles.has_next || repeated.has_next);
    Ok(written(out))
}

async fn list(rest: &Rest, kind: &'static dyn Resource, project: &str, parameters: &Parameters) -> Result<Listing, Refused> {
    let paging = Paging::read(&parameters.0)?;
    let Asked { owner, without } = Asked::read(parameters)?;
    let mut filter = match owner {
        Some(owner) => schedules_of(&*rest.inventory.store, project, owner).await.map_err(refused)?,
        None => Expr::everything(),
    };
    for column in without {
        filter = filter.and(Expr::is(column, Value::Null));
    }
    let Some(at) = instant(parameters)? else {
        return Ok(rest.inventory.list(kind, project, filter.into(), paging).await?);
    };
    // Whether a window is open cannot be asked of the store; schedules are few beside what they hold for.
    let mut listing = rest.inventory.list(kind, project, filter.into(), Paging::default()).await?;
    listing.records.retain(|record| {
        let single = kind.spec() == &SINGLE_SCHEDULE;
        let rule = if single { single_rule(&record.record()) } else { repeated_rule(&record.record()) };
        rule.is_ok_and(|rule| rule.active(at).is_some())
    });
    listing.total = listing.records.len() as u64;
    let size = paging.size.and_then(|size| usize::try_from(size).ok());
    listing.records.page(usize::try_from(paging.offset).unwrap_or(usize::MAX), size.unwrap_or(usize::MAX));
    listing.has_next = paging.has_next(listing.records.len(), listing.total);
    Ok(listing)
}

/// Whose schedules are asked for.
struct Asked<'a> {
    /// Of what.
    owner: Option<Owner<'a>>,
    /// Link columns that must be empty.
    without: Vec<&'static str>,
}

impl<'a> Asked<'a> {
    /// `hostId`, `siteId` or `regionId`, also as the first generation of the API spelt them; there, `null` asks for the
    /// schedules without a host or site of their own.
    fn read(parameters: &'a Parameters) -> Result<Self, ApiError> {
        let (mut owners, mut without) = (Vec::new(), Vec::new());
        for (name, prefix, column, owner) in [
            ("hostId", "host", "", Owner::Host as fn(&'a str) -> Owner<'a>),
            ("hostID", "host", "target_host_id", Owner::Host),
            ("siteId", "site", "", Owner::Site),
            ("siteID", "site", "target_site_id", Owner::Site),
            ("regionId", "region", "", Owner::Region),
            ("regionID", "region", "", Owner::Region),
        ] {
            match parameters.text(name)? {
                Some("null") if !column.is_empty() => without.push(column),
                Some(id) => {
                    check_id(id, prefix).map_err(|what| wrong_parameter(name, what))?;
                    owners.push(owner(id));
                }
                None => {}
            }
        }
        if owners.len() > 1 {
            return Err(ApiError::invalid("only one of hostId, siteId and regionId can be given"));
        }
        Ok(Self { owner: owners.pop(), without })
    }
}

fn instant(parameters: &Parameters) -> Result<Option<i64>, ApiError> {
    for name in ["unixEpoch", "unix_epoch"] {
        if let Some(text) = parameters.text(name)? {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            let second = text.parse().ok().filter(|_| digits);
            return second.map(Some).ok_or_else(|| wrong_parameter(name, "string does not match ^[0-9]+$"));
        }
    }
    Ok(None)
}
