//! The store's promises, kept by the SQLite engine.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use emt_api::{
    filter::{Expr, Path, Step, Test},
    record::{Meta, Record},
    resources::{ALL, HOST, Host, INSTANCE, Os, REGION, Region, SITE, Site, kept},
    spec::Spec,
    value::Link,
};
use emt_server::store::{Batch, Change, Query, Store, StoreError, StoreExt, sqlite::SqliteStore};

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
