//! The store's promises, kept by the SQLite engine.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use emt_api::{
    enums::{HostState, StatusIndication},
    filter::{Expr, Path, Step, Test},
    record::{Meta, Record},
    resources::{ALL, HOST, Host, INSTANCE, OS, Os, REGION, Region, SITE, Site, kept},
    spec::Spec,
    value::Link,
};
use emt_server::store::{Batch, Change, Glance, Glimpse, Query, Store, StoreError, StoreExt, Which, sqlite::SqliteStore};
use proptest::prelude::*;

const P: &str = "11111111-2222-4333-8444-555555555555";

fn open(directory: &tempfile::TempDir) -> SqliteStore {
    emt_server::store::open(&directory.path().join("emt.db")).unwrap()
}

fn meta(project: &str, id: &str) -> Meta {
    Meta { project: project.to_owned(), id: id.to_owned(), revision: 1, created_ms: 1, updated_ms: 1 }
}

fn host(id: &str, name: &str, site: &str) -> Host {
    Host {
        meta: meta(P, id),
        name: name.to_owned(),
        site_id: Link::to(site),
        uuid_key: Link::to(format!("uuid of {id}")),
        ..Host::default()
    }
}

#[test]
fn the_schema_has_exactly_what_is_declared() {
    let directory = tempfile::tempdir().unwrap();
    open(&directory);
    let database = rusqlite::Connection::open(directory.path().join("emt.db")).unwrap();
    let names = |sql: &str| -> Vec<String> {
        let mut statement = database.prepare(sql).unwrap();
        let mut names: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        names.sort();
        names
    };
    let kinds: Vec<&Spec> = kept().chain(emt_server::identity::RECORDS.iter().copied()).collect();
    let mut tables: Vec<String> = kinds.iter().map(|spec| spec.table.to_owned()).collect();
    tables.sort();
    assert_eq!(names("SELECT name FROM sqlite_schema WHERE type = 'table'"), tables);
    for spec in kinds {
        let mut columns: Vec<String> =
            ["project", "resource_id", "revision", "created_at", "updated_at"].map(str::to_owned).to_vec();
        columns.extend(spec.fields.iter().map(|field| field.column.to_owned()));
        columns.sort();
        assert_eq!(names(&format!("SELECT name FROM pragma_table_info('{}')", spec.table)), columns, "{}", spec.table);
        for unique in spec.unique {
            let mut columns: Vec<String> = unique.columns.iter().map(|column| (*column).to_owned()).collect();
            if !unique.global {
                columns.push("project".to_owned());
            }
            columns.sort();
            assert_eq!(names(&format!("SELECT name FROM pragma_index_info('{}')", unique.name)), columns, "{}", unique.name);
        }
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_opening_again() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    let made = host("host-00000001", "a", "");
    store.commit(Batch::default().insert(made.clone())).await.unwrap();
    store.close().await;
    assert!(matches!(
        store.commit(Batch::default().insert(host("host-00000002", "b", ""))).await,
        Err(StoreError::Engine { .. })
    ));
    let again = open(&directory);
    assert_eq!(again.load::<Host>(P, "host-00000001").await.unwrap(), Some(made));
    assert_eq!(again.load::<Host>("another project", "host-00000001").await.unwrap(), None);
}

#[tokio::test]
async fn refusals_leave_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    store.commit(Batch::default().insert(host("host-00000001", "a", ""))).await.unwrap();
    let mut stale = host("host-00000001", "stale", "");
    stale.meta.revision = 7;
    let mut twin = host("host-00000003", "twin", "");
    twin.uuid_key = Link::to("uuid of host-00000001");
    let mut taken = host("host-00000001", "b", "");
    taken.uuid_key = Link::to("another uuid");
    let named = |id: &str| Os { meta: meta(P, id), name: "same".to_owned(), ..Os::default() };
    let exists = |id: &str| Change::RequireExists { spec: &SITE, project: P.to_owned(), id: id.to_owned() };
    let none = Change::RequireNone { spec: &HOST, project: P.to_owned(), filter: Expr::is("name", "a") };
    let missing = StoreError::Missing { kind: &SITE, id: "site-00000000".to_owned() };
    let cases = [
        (Batch::default().insert(taken), StoreError::IdTaken { id: "host-00000001".to_owned() }),
        (Batch::default().update(stale), StoreError::Conflict { kind: "host", id: "host-00000001".to_owned() }),
        (Batch::default().insert(twin), StoreError::Duplicate { kind: "host", rule: "host_uuid" }),
        (
            Batch::default().insert(named("os-00000001")).insert(named("os-00000002")),
            StoreError::Duplicate { kind: "os", rule: "os_name" },
        ),
        (Batch::default().with(exists("site-00000000")), missing),
        (Batch::default().with(none), StoreError::InUse { kind: "hosts", count: 1 }),
        (
            Batch::default().delete(&host("host-00000009", "", "")),
            StoreError::Conflict { kind: "host", id: "host-00000009".to_owned() },
        ),
    ];
    for (batch, expected) in cases {
        // A first change that would succeed alone must not survive the refusal of a later one.
        let mut changes = vec![Change::Insert(host("host-0000ffff", "before", "").into_row())];
        changes.extend(batch.changes);
        assert_eq!(store.commit(Batch { changes }).await, Err(expected.clone()), "{expected}");
        assert_eq!(store.load::<Host>(P, "host-0000ffff").await.unwrap(), None, "{expected}");
    }
}

#[tokio::test]
async fn filters_follow_links_both_ways() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    let region = Region { meta: meta(P, "region-00000001"), name: "Bavaria".to_owned(), ..Region::default() };
    let site = Site {
        meta: meta(P, "site-00000001"),
        name: "Munich_1".to_owned(),
        region_id: Link::to("region-00000001"),
        ..Site::default()
    };
    let batch = Batch::default()
        .insert(region)
        .insert(site)
        .insert(host("host-00000001", "edge-Ä", "site-00000001"))
        .insert(host("host-00000002", "edge-2", ""));
    store.commit(batch).await.unwrap();
    let test = |steps: Vec<Step>, column: &'static str, test: Test| Expr::Test(Path { steps, column }, test);
    let up = || vec![Step::To("site_id"), Step::To("region_id")];
    let cases = [
        (Expr::everything(), 2),
        (Expr::Any(Vec::new()), 0),
        (Expr::is("name", "edge-2"), 1),
        (test(Vec::new(), "name", Test::Like("EDGE".to_owned())), 2),
        (test(Vec::new(), "name", Test::Like("e*ä".to_owned())), 1),
        (test(Vec::new(), "name", Test::Like("e_ge".to_owned())), 0),
        (test(vec![Step::To("site_id")], "name", Test::Like("h_1".to_owned())), 1),
        (test(up(), "name", Test::Like("bav".to_owned())), 1),
        (test(up(), "resource_id", Test::Is("region-00000001".into())), 1),
        (Expr::Has(vec![Step::To("site_id")]), 1),
        (Expr::Not(Box::new(Expr::Has(vec![Step::To("site_id")]))), 1),
        (Expr::Not(Box::new(test(up(), "name", Test::Like("bav".to_owned())))), 1),
        (Expr::Has(vec![Step::From { prefix: "inst", via: "host_id" }]), 0),
        (test(Vec::new(), "site_id", Test::Empty), 1),
        (test(Vec::new(), "current_state", Test::Empty), 2),
        (test(Vec::new(), "no_such_column", Test::Empty), 0),
        (Expr::is_in("resource_id", ["host-00000001".into(), "host-00000002".into()]), 2),
    ];
    for (filter, expected) in cases {
        let query = Query { count: true, ..Query::all(&HOST, P).filter(filter.clone()) };
        let page = store.find(query).await.unwrap();
        assert_eq!((page.rows.len(), page.total), (expected, expected as u64), "{filter:?}");
    }
    let below = Expr::Has(vec![Step::From { prefix: "site", via: "region_id" }, Step::From { prefix: "host", via: "site_id" }]);
    assert_eq!(store.find(Query::all(&REGION, P).filter(below)).await.unwrap().rows.len(), 1);
    assert_eq!(store.find(Query::all(&INSTANCE, P)).await.unwrap().rows.len(), 0);
}

#[tokio::test]
async fn pages_are_cut_at_the_source() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    let mut batch = Batch::default();
    for number in 0..25 {
        batch = batch.insert(host(&format!("host-{number:08x}"), &format!("h{:02}", 24 - number), ""));
    }
    store.commit(batch).await.unwrap();
    let query = Query { offset: 20, limit: Some(10), count: true, order: vec![("name", true)], ..Query::all(&HOST, P) };
    let page = store.find(query).await.unwrap();
    let names: Vec<&str> = page.rows.iter().map(|row| row.get("name").text()).collect();
    assert_eq!((page.total, names), (25, vec!["h04", "h03", "h02", "h01", "h00"]));
}

/// 2,000 hosts; most are the same, few are in error or at the second site.
async fn fleet(store: &SqliteStore) {
    let site = |id: &str, name: &str| Site { meta: meta(P, id), name: name.to_owned(), ..Site::default() };
    let mut batch = Batch::default().insert(site("site-00000001", "munich")).insert(site("site-00000002", "berlin"));
    for number in 0..2000_u32 {
        let site = if number % 100 == 7 { "site-00000002" } else { "site-00000001" };
        let mut host = host(&format!("host-{number:08x}"), &format!("node-{number}"), site);
        host.current_state = HostState::Onboarded;
        host.host_status_indicator = if number % 500 == 3 { StatusIndication::Error } else { StatusIndication::Idle };
        batch = batch.insert(host);
    }
    store.commit(batch).await.unwrap();
}

/// No filter that an index answers makes the engine walk through the fleet, and no page is sorted that an index has sorted.
#[tokio::test]
async fn lists_are_read_along_indexes() {
    const WALK: &str = "SEARCH hosts USING PRIMARY KEY (project=?)";
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    fleet(&store).await;
    let cases = [
        // Nearly all fit: the first hundred are found at once.
        ("", "", 2000, WALK),
        ("currentState=HOST_STATE_ONBOARDED", "", 2000, WALK),
        ("", "name", 2000, "SEARCH hosts USING INDEX hosts_by_name (project=?)"),
        ("", "name desc", 2000, "SEARCH hosts USING INDEX hosts_by_name (project=?)"),
        ("", "createdAt desc", 2000, "SEARCH hosts USING INDEX hosts_created_at (project=?)"),
        ("", "hostStatus", 2000, "SEARCH hosts USING INDEX hosts_by_status (project=?)"),
        ("", "hostStatus desc, resourceId desc", 2000, "SEARCH hosts USING INDEX hosts_by_status (project=?)"),
        // Few fit: they are looked up.
        ("resourceId='host-00000007'", "", 1, "SEARCH hosts USING PRIMARY KEY (project=? AND resource_id=?)"),
        (
            "resourceId='host-00000007' OR resourceId='host-00000008'",
            "",
            2,
            "SEARCH hosts USING PRIMARY KEY (project=? AND resource_id=?)",
        ),
        ("site.resourceId='site-00000002'", "", 20, "(project=? AND site_id=?)"),
        ("site.resourceId='site-00000002'", "name desc", 20, "(project=? AND site_id=?)"),
        ("site.resourceId='site-00000002' OR site.resourceId='site-00000009'", "", 20, "(project=? AND site_id=?)"),
        ("hostStatusIndicator=STATUS_INDICATION_ERROR", "", 4, "hosts_host_status_indicator"),
        (
            "currentState=HOST_STATE_ONBOARDED AND hostStatusIndicator=STATUS_INDICATION_ERROR",
            "",
            4,
            "hosts_host_status_indicator",
        ),
        // What is on nearly all is not listed first, and not for a few either.
        ("site.resourceId='site-00000002' AND NOT instance.name='x'", "", 20, "CORRELATED SCALAR SUBQUERY"),
        ("NOT instance.name='x'", "name", 2000, "CORRELATED SCALAR SUBQUERY"),
        ("name='node-1' AND site.resourceId='site-00000002'", "", 11, "(project=? AND site_id=?)"),
        (
            "hostStatusIndicator=STATUS_INDICATION_ERROR OR onboardingStatusIndicator=STATUS_INDICATION_ERROR",
            "",
            4,
            "hosts_host_status_indicator",
        ),
        ("site.name='ber' AND currentState=HOST_STATE_ONBOARDED", "", 20, "(project=? AND site_id=?)"),
    ];
    for (filter, order, total, wanted) in cases {
        let query = query(filter, order);
        let plan = store.explain(&query).await.unwrap().join("; ");
        assert!(plan.contains(wanted), "{filter} by {order}: {plan}");
        let walks = plan.split("; ").any(|step| step == WALK || step.starts_with("SCAN hosts"));
        assert_eq!(walks, wanted == WALK, "{filter} by {order}: {plan}");
        let sorts = plan.contains("USE TEMP B-TREE FOR ORDER BY");
        assert!(!sorts || total <= 20, "{filter} by {order}: {plan}");
        assert_eq!(store.find(query).await.unwrap().total, total, "{filter}");
    }
}

/// A profile may have a thousand versions, with long texts each.
#[tokio::test]
async fn a_version_is_found_without_the_others_of_its_profile() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    let os = |number: u32, profile: &str, version: &str| {
        let mut os = Os { profile_name: profile.to_owned(), image_id: version.to_owned(), ..Os::default() };
        os.meta = Meta { project: P.to_owned(), id: format!("os-{number:08x}"), revision: 1, ..Meta::default() };
        os
    };
    let all = [os(1, "a", "1"), os(2, "a", "2"), os(3, "b", "1"), os(4, "", ""), os(5, "", "")];
    store.commit(all.into_iter().fold(Batch::default(), Batch::insert)).await.unwrap();
    for (profile, version, expected) in
        [("a", "2", vec!["os-00000002"]), ("b", "2", vec![]), ("", "", vec!["os-00000004", "os-00000005"])]
    {
        let fits = Expr::is("profile_name", profile).and(Expr::is("image_id", version));
        let query = Query::all(&OS, P).filter(fits);
        let plan = store.explain(&query).await.unwrap().join("; ");
        assert!(plan.contains("(project=? AND profile_name=? AND image_id=?)"), "{plan}");
        let found: Vec<String> = store.find(query).await.unwrap().rows.into_iter().map(|row| row.meta.id).collect();
        assert_eq!(found, expected, "{profile} {version}");
    }
}

/// What comes before a page that is far behind is passed over in an index, and the page is the same as one of a whole list.
#[tokio::test]
async fn far_pages_are_reached_by_index() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    fleet(&store).await;
    for (filter, order, index) in [
        ("", "", Some("COVERING INDEX hosts_in_order")),
        ("currentState=HOST_STATE_ONBOARDED", "", None),
        ("currentState=HOST_STATE_ONBOARDED AND name='node-1'", "name desc", None),
        ("", "createdAt desc, name", None),
        ("", "name", Some("COVERING INDEX hosts_by_name")),
    ] {
        let ids = async |query| -> Vec<String> {
            let page = store.find(query).await.unwrap();
            page.rows.into_iter().map(|row| row.meta.id).collect()
        };
        let all = ids(Query { limit: None, ..query(filter, order) }).await;
        assert!(all.len() > 1000, "{filter}");
        for offset in [0, 499, 500, 777, all.len() as u64 - 30, all.len() as u64] {
            let query = Query { offset, ..query(filter, order) };
            let plan = store.explain(&query).await.unwrap().join("; ");
            let from = usize::try_from(offset).unwrap();
            let expected: Vec<String> = all.iter().skip(from).take(100).cloned().collect();
            assert_eq!(ids(query).await, expected, "{filter} by {order} from {offset}: {plan}");
            if offset >= 500 && !expected.is_empty() {
                assert!(index.is_none_or(|index| plan.contains(index)), "{filter} by {order}: {plan}");
                assert!(
                    plan.starts_with("SEARCH hosts USING PRIMARY KEY (project=? AND resource_id=?)"),
                    "{filter} by {order}: {plan}"
                );
            }
        }
    }
}

fn query(filter: &str, order: &str) -> Query {
    let filter = if filter.is_empty() { Expr::everything() } else { emt_api::filter::filter(&HOST, filter).unwrap() };
    let order = if order.is_empty() { Vec::new() } else { emt_api::order::order(&HOST, order).unwrap() };
    Query { filter, order, limit: Some(100), count: true, ..Query::all(&HOST, P) }
}

/// Counts are remembered, and never longer than they hold.
#[tokio::test]
async fn counts_follow_every_change() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    fleet(&store).await;
    let totals = async || {
        let mut totals = Vec::new();
        for filter in ["", "hostStatusIndicator=STATUS_INDICATION_ERROR", "has(site)", "site.name='shop'"] {
            // The second answer comes from memory.
            let (first, second) = (store.find(query(filter, "")).await.unwrap(), store.find(query(filter, "")).await.unwrap());
            assert_eq!((first.total, first.rows.len()), (second.total, second.rows.len()), "{filter}");
            totals.push(first.total);
        }
        totals
    };
    assert_eq!(totals().await, [2000, 4, 2000, 0]);
    let mut first = store.load::<Host>(P, "host-00000000").await.unwrap().unwrap();
    first.host_status_indicator = StatusIndication::Error;
    store.commit(Batch::default().update(first.clone())).await.unwrap();
    assert_eq!(totals().await, [2000, 5, 2000, 0]);
    first.meta.revision += 1;
    store.commit(Batch::default().delete(&first)).await.unwrap();
    assert_eq!(totals().await, [1999, 4, 1999, 0]);
    let filter = Expr::is("site_id", "site-00000002");
    let gone = Change::DeleteWhere { spec: &HOST, project: P.to_owned(), filter };
    store.commit(Batch::default().with(gone)).await.unwrap();
    assert_eq!(totals().await, [1979, 4, 1979, 0]);
    let mut site = store.load::<Site>(P, "site-00000001").await.unwrap().unwrap();
    site.name = "shop".to_owned();
    store.commit(Batch::default().update(site)).await.unwrap();
    assert_eq!(totals().await, [1979, 4, 1979, 1979]);
    let column = "site_id";
    let unlink = Change::Unlink { spec: &HOST, project: P.to_owned(), column, id: "site-00000001".to_owned() };
    store.commit(Batch::default().with(unlink).insert(host("host-0000ffff", "new", ""))).await.unwrap();
    assert_eq!(totals().await, [1980, 4, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_overwrites_what_somebody_else_wrote() {
    const WRITERS: u32 = 8;
    const TIMES: u32 = 25;
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(open(&directory));
    store.commit(Batch::default().insert(host("host-00000001", "a", ""))).await.unwrap();
    let writers = (0..WRITERS).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut done = 0;
            while done < TIMES {
                let mut host = store.load::<Host>(P, "host-00000001").await.unwrap().unwrap();
                host.cpu_cores += 1;
                match store.commit(Batch::default().update(host)).await {
                    Ok(()) => done += 1,
                    Err(StoreError::Conflict { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let host = store.load::<Host>(P, "host-00000001").await.unwrap().unwrap();
    assert_eq!(host.cpu_cores, WRITERS * TIMES);
    assert_eq!(host.meta.revision, i64::from(WRITERS * TIMES) + 1);
}

#[test]
fn a_newer_database_is_refused_unharmed() {
    let directory = tempfile::tempdir().unwrap();
    open(&directory);
    let path = directory.path().join("emt.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.pragma_update(None, "user_version", 999).unwrap();
    drop(database);
    let error = SqliteStore::open(&path, &ALL).err().unwrap().to_string();
    assert!(error.contains("newer version of this program (schema 999"), "{error}");
}

/// A condition that the store is asked about, and what it is for a host and the name of its site.
#[derive(Debug, Clone)]
enum Asked {
    Name(String),
    NoName,
    State(HostState),
    Cores(u32),
    Site(u8),
    SiteName(String),
    HasSite,
    Not(Box<Asked>),
    And(Vec<Asked>),
    Or(Vec<Asked>),
}

impl Asked {
    fn text(&self) -> String {
        let joined = |parts: &[Self], word: &str| {
            let parts: Vec<String> = parts.iter().map(|part| format!("({})", part.text())).collect();
            parts.join(word)
        };
        match self {
            Self::Name(text) => format!("name='{text}'"),
            Self::NoName => "name=''".to_owned(),
            Self::State(state) => format!("currentState={}", state.as_str()),
            Self::Cores(cores) => format!("cpu_cores={cores}"),
            Self::Site(site) => format!("site.resourceId='site-0000000{site}'"),
            Self::SiteName(text) => format!("site.name=\"{text}\""),
            Self::HasSite => "has(site)".to_owned(),
            Self::Not(inner) => format!("NOT ({})", inner.text()),
            Self::And(parts) => joined(parts, " AND "),
            Self::Or(parts) => joined(parts, " OR "),
        }
    }

    fn holds(&self, host: &Host, site: Option<&Site>) -> bool {
        match self {
            Self::Name(text) => contains(&host.name, text),
            Self::NoName => host.name.is_empty(),
            Self::State(state) => host.current_state == *state,
            Self::Cores(cores) => host.cpu_cores == *cores,
            Self::Site(number) => site.is_some_and(|site| site.meta.id == format!("site-0000000{number}")),
            Self::SiteName(text) => site.is_some_and(|site| contains(&site.name, text)),
            Self::HasSite => site.is_some(),
            Self::Not(inner) => !inner.holds(host, site),
            Self::And(parts) => parts.iter().all(|part| part.holds(host, site)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(host, site)),
        }
    }
}

/// Whether `text` has the parts of `pattern` between its stars, in order, whatever their case.
fn contains(text: &str, pattern: &str) -> bool {
    let (mut rest, pattern) = (text.to_lowercase(), pattern.to_lowercase());
    for part in pattern.split('*') {
        let Some(at) = rest.find(part) else { return false };
        rest.drain(..at + part.len());
    }
    true
}

fn asked() -> impl Strategy<Value = Asked> {
    let state = prop::sample::select(vec![HostState::Unspecified, HostState::Onboarded, HostState::Registered]);
    let leaf = prop_oneof![
        "[a-cA-C_*]{1,3}".prop_map(Asked::Name),
        Just(Asked::NoName),
        state.prop_map(Asked::State),
        (0..4_u32).prop_map(Asked::Cores),
        (0..4_u8).prop_map(Asked::Site),
        "[a-cA-C*]{1,2}".prop_map(Asked::SiteName),
        Just(Asked::HasSite),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Asked::Not(Box::new(inner))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Asked::And),
            prop::collection::vec(inner, 2..4).prop_map(Asked::Or),
        ]
    })
}

/// What the engine finds is what a look at each record finds, whichever way it reads them.
#[test]
fn filters_find_what_a_look_at_each_record_finds() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = open(&directory);
    let sites: Vec<Site> = ["", "Ab", "cA"]
        .iter()
        .zip(1..)
        .map(|(name, number)| Site {
            meta: meta(P, &format!("site-0000000{number}")),
            name: (*name).to_owned(),
            ..Site::default()
        })
        .collect();
    let names = ["", "a", "A_b", "abc", "CAB", "bb", "a-c", "cc_a"];
    let states = [HostState::Unspecified, HostState::Onboarded, HostState::Registered];
    let hosts: Vec<Host> = (0..120_usize)
        .map(|number| {
            let site = sites.get(number % 4).map_or("", |site| site.meta.id.as_str());
            let mut host = host(&format!("host-{number:08x}"), names[number / 4 % names.len()], site);
            host.current_state = states[number / 7 % states.len()];
            host.cpu_cores = u32::try_from(number % 3).unwrap();
            host
        })
        .collect();
    let batch = sites.iter().cloned().fold(Batch::default(), Batch::insert);
    runtime.block_on(store.commit(hosts.iter().cloned().fold(batch, Batch::insert))).unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig { cases: 400, ..ProptestConfig::default() });
    let outcome =
        runner.run(&(asked(), prop::sample::select(vec!["", "name", "name desc", "cpuCores desc"])), |(asked, order)| {
            let text = asked.text();
            let fits = |host: &&Host| asked.holds(host, sites.iter().find(|site| Some(site.id()) == host.site_id.id()));
            let mut expected: Vec<&Host> = hosts.iter().filter(fits).collect();
            match order {
                "name" => expected.sort_by_key(|host| (host.name.is_empty(), host.name.clone())),
                "name desc" => expected.sort_by_key(|host| std::cmp::Reverse((host.name.is_empty(), host.name.clone()))),
                "cpuCores desc" => expected.sort_by_key(|host| std::cmp::Reverse(host.cpu_cores)),
                _ => {}
            }
            let page = runtime.block_on(store.find(query(&text, order))).unwrap();
            prop_assert_eq!(page.total, expected.len() as u64, "{}", text);
            let found: Vec<&str> = page.rows.iter().map(|row| row.meta.id.as_str()).collect();
            let expected: Vec<&str> = expected.iter().take(100).map(|host| host.id()).collect();
            prop_assert_eq!(found, expected, "{} by {}", text, order);
            Ok(())
        });
    outcome.unwrap();
}

#[tokio::test]
async fn a_snapshot_is_of_one_moment() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    let site = Site { meta: meta(P, "site-00000001"), ..Site::default() };
    let old = host("host-00000002", "old", "site-00000001");
    store.commit(Batch::default().insert(site).insert(old.clone())).await.unwrap();

    let mut snapshot = store.snapshot().await.unwrap();
    let ids = ["host-00000001", "host-00000002", "host-00000003"];
    assert_eq!(snapshot.get(&HOST, P, &ids).await.unwrap().len(), 1);
    let new = host("host-00000001", "new", "site-00000001");
    store.commit(Batch::default().update(Host { name: "changed".to_owned(), ..old }).insert(new)).await.unwrap();

    let everything = Query { count: true, ..Query::all(&HOST, P) };
    let mut later = store.snapshot().await.unwrap();
    for (snapshot, expected) in [(&mut snapshot, &["old"][..]), (&mut later, &["new", "changed"])] {
        let (found, total) = snapshot.find(&everything).await.unwrap();
        let got = snapshot.get(&HOST, P, &ids).await.unwrap();
        let referring = snapshot.referrers(&HOST, P, "site_id", &["site-00000000", "site-00000001"]).await.unwrap();
        assert_eq!(total, expected.len() as u64);
        for sheet in [found, got, referring] {
            assert_eq!(sheet.iter().map(|host| host.text("name")).collect::<Vec<_>>(), expected);
        }
        assert_eq!(snapshot.get(&HOST, "another project", &ids).await.unwrap().len(), 0);
    }
}

#[tokio::test]
async fn a_glance_sees_bits_and_links_in_the_order_of_the_ids() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    let site = Site { meta: meta(P, "site-00000001"), ..Site::default() };
    let hosts = (0..7).map(|number| {
        let site = if number % 3 == 0 { "site-00000001" } else { "" };
        host(&format!("host-{:08x}", number * 5 % 7), if number % 2 == 0 { "even" } else { "odd" }, site)
    });
    let mut elsewhere = host("host-00000003", "even", "");
    "another project".clone_into(&mut elsewhere.meta.project);
    elsewhere.uuid_key = Link::to("another uuid");
    let batch = hosts.clone().fold(Batch::default().insert(site).insert(elsewhere), Batch::insert);
    store.commit(batch).await.unwrap();
    let tests = vec![Expr::is("name", "even"), Expr::Not(Box::new(Expr::is("site_id", "site-00000001")))];
    let glance = Glance { spec: &HOST, tests, links: vec!["site_id"] };
    let mut expected: Vec<(String, u16, String)> = hosts
        .map(|host| {
            let site = host.site_id.as_str().to_owned();
            let bits = u16::from(host.name == "even") | u16::from(site.is_empty()) << 1;
            (host.id().to_owned(), bits, site)
        })
        .collect();
    expected.sort();
    let mut snapshot = store.snapshot().await.unwrap();
    for (which, expected) in [
        (Which::Behind("", 100), &expected[..]),
        (Which::Behind("", 2), &expected[..2]),
        (Which::Behind(&expected[1].0, 3), &expected[2..5]),
        (Which::Behind(&expected[6].0, 3), &[]),
        (Which::Ids(&["host-00000002", "host-00000003", "host-000000ff"]), &expected[2..4]),
        (Which::Ids(&[]), &[]),
    ] {
        let mut found = Vec::new();
        let mut see = |Glimpse { id, holds, links }: Glimpse<'_>| found.push((id.to_owned(), holds, links.concat()));
        snapshot.glance(&glance, P, which, &mut see).await.unwrap();
        assert_eq!(found, expected, "{which:?}");
    }
}

#[tokio::test]
async fn totals_are_as_exact_as_they_are_wanted() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    let hosts = (0..9).map(|number| host(&format!("host-{number:08x}"), if number < 6 { "a" } else { "b" }, ""));
    store.commit(hosts.fold(Batch::default(), Batch::insert)).await.unwrap();
    let all = Query { count: true, ..query("name='a'", "name").limit(2) };
    for (query, total, rows) in [
        (Query { ..all.clone() }, 6, 2),
        (Query { most: Some(4), ..all.clone() }, 4, 2),
        (Query { most: Some(40), ..all.clone() }, 6, 2),
        (Query { most: Some(4), offset: 5, ..all.clone() }, 4, 1),
        (Query { known: Some(17), ..all.clone() }, 17, 2),
        (Query { known: Some(3), offset: 5, ..all.clone() }, 3, 1),
        (Query { known: Some(17), limit: Some(0), ..all.clone() }, 17, 0),
    ] {
        let found = store.find(query.clone()).await.unwrap();
        assert_eq!((found.total, found.rows.len()), (total, rows), "{query:?}");
    }
}
