//! Parameters of queries that several operations take (northbound contract, 3.1).

use emt_api::{
    filter::syntax::LONGEST,
    page::{FILTER as FILTER_CHARACTERS, ORDER as ORDER_CHARACTERS},
};

use super::operation::{Holds, Parameter, ParameterKind};

const fn upstream(name: &'static str, doc: &'static str, holds: Holds) -> Parameter {
    Parameter { name, doc, holds, kind: ParameterKind::Upstream }
}

const fn older(name: &'static str, doc: &'static str, holds: Holds) -> Parameter {
    Parameter { name, doc, holds, kind: ParameterKind::Older }
}

pub(super) static PAGE_SIZE: Parameter =
    upstream("pageSize", "Most records of the answer; without it all are there.", Holds::Number { min: 1, max: 100 });
pub(super) static OFFSET: Parameter = upstream("offset", "Matches to leave out.", Holds::Number { min: 0, max: 10_000 });
pub(super) static FILTER: Parameter = upstream(
    "filter",
    "What to keep: terms such as `name='x'` or `has(site)`, joined by AND, OR (which binds tighter) and NOT.",
    Holds::Text { max: LONGEST, pattern: FILTER_CHARACTERS.pattern },
);
pub(super) static ORDER_BY: Parameter = upstream(
    "orderBy",
    "How to sort: fields separated by commas, each with `asc` or `desc` behind it.",
    Holds::Text { max: LONGEST, pattern: ORDER_CHARACTERS.pattern },
);
pub(super) static FIELD_MASK: Parameter = upstream(
    "fieldMask",
    "The fields to change, separated by commas, in place of those that the body has.",
    Holds::Text { max: usize::MAX, pattern: "" },
);
pub(super) static SHOW_TOTAL_SITES: Parameter =
    upstream("showTotalSites", "Count the sites at and below each region.", Holds::Bool);
pub(super) static HOST_ID: Parameter =
    upstream("hostId", "Schedules that hold for this host, inherited ones too.", Holds::Id("host"));
pub(super) static SITE_ID: Parameter =
    upstream("siteId", "Schedules that hold for this site, inherited ones too.", Holds::Id("site"));
pub(super) static REGION_ID: Parameter =
    upstream("regionId", "Schedules that hold for this region, inherited ones too.", Holds::Id("region"));
pub(super) static OLD_HOST_ID: Parameter = older(
    "hostID",
    "Same as `hostId`; `null` asks for schedules without a host of their own.",
    Holds::Text { max: 13, pattern: "^null$|^host-[0-9a-f]{8}$" },
);
pub(super) static OLD_SITE_ID: Parameter = older(
    "siteID",
    "Same as `siteId`; `null` asks for schedules without a site of their own.",
    Holds::Text { max: 13, pattern: "^null$|^site-[0-9a-f]{8}$" },
);
pub(super) static OLD_REGION_ID: Parameter = older("regionID", "Same as `regionId`.", Holds::Id("region"));
pub(super) static UNIX_EPOCH: Parameter =
    upstream("unixEpoch", "Schedules whose window is open at this second.", Holds::Text { max: usize::MAX, pattern: "^[0-9]+$" });
pub(super) static OLD_UNIX_EPOCH: Parameter =
    older("unix_epoch", "Same as `unixEpoch`.", Holds::Text { max: usize::MAX, pattern: "^[0-9]+$" });

/// Of all lists that are paged, filtered and sorted.
pub(super) static LISTS: [&Parameter; 4] = [&PAGE_SIZE, &OFFSET, &FILTER, &ORDER_BY];
/// Of the lists of schedules.
pub(super) static SCHEDULES: [&Parameter; 10] = [
    &PAGE_SIZE,
    &OFFSET,
    &HOST_ID,
    &SITE_ID,
    &REGION_ID,
    &UNIX_EPOCH,
    &OLD_HOST_ID,
    &OLD_SITE_ID,
    &OLD_REGION_ID,
    &OLD_UNIX_EPOCH,
];
