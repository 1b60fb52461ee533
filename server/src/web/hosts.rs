//! The list of hosts: found, sorted, and a page at a time.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::Uri,
};
use emt_api::{
    error::ApiError,
    filter::{Expr, Path, RESOURCE_ID, Test},
    page::Choice,
    resources::HOST,
    value::Value,
};

use super::{
    Failure, Page, Web,
    act::act,
    counts::{Count, View, counts},
    fleet::{COUNTED, HostRow, catalogue, hosts},
    middles::Question,
    visit::Visit,
    words::{many, quoted},
};
use crate::{
    inventory::{Chosen, Counts},
    oidc::percent_encoded,
};

/// Hosts of a page.
const SIZE: u64 = 50;
/// The last offset that lists of the API take.
const FARTHEST: u64 = 10_000;
/// Columns in which a plain word is looked for.
const SEARCHED: [&str; 4] = ["name", "uuid", "serial_number", "host_status"];

/// What is asked for.
struct Asked {
    view: View,
    word: String,
    filter: String,
    sort: String,
    offset: u64,
}

#[derive(Template)]
#[template(path = "hosts.html")]
struct Hosts<'a> {
    project: &'a str,
    asked: &'a Asked,
    counts: Vec<Count>,
    rows: Vec<HostRow>,
    total: u64,
    /// Whether all that fit were counted.
    is_counted: bool,
    from: u64,
    to: u64,
    /// What can be done with them.
    act: String,
    form: String,
    /// Why nothing could be looked for.
    wrong: String,
}

impl Asked {
    fn of(query: &[(String, String)]) -> Self {
        let get = |name: &str| query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim());
        Self {
            view: View::of(get("view")),
            word: get("q").to_owned(),
            filter: get("filter").to_owned(),
            sort: get("sort").to_owned(),
            offset: get("offset").parse().unwrap_or(0).min(FARTHEST),
        }
    }

    /// The address of the same list with another view, order or place.
    fn address(&self, view: View, sort: &str, offset: u64) -> String {
        let mut pairs = Vec::new();
        let mut add = |name: &str, value: &str| {
            if !value.is_empty() {
                pairs.push(format!("{name}={}", percent_encoded(value)));
            }
        };
        add("view", if view == View::All { "" } else { view.word() });
        add("q", &self.word);
        add("filter", &self.filter);
        add("sort", sort);
        add("offset", &if offset == 0 { String::new() } else { offset.to_string() });
        format!("?{}", pairs.join("&"))
    }

    /// Whether a whole view is asked for.
    fn is_plain(&self) -> bool {
        self.word.is_empty() && self.filter.is_empty()
    }

    fn chosen(&self, tally: &Counts) -> Result<Chosen, ApiError> {
        let filter = Some(self.filter.as_str()).filter(|filter| !filter.is_empty());
        let order = if self.sort.is_empty() { "name" } else { &self.sort };
        let mut chosen = Chosen::compile(&HOST, Choice { filter, order_by: Some(order) })?;
        if let [(_, true)] = chosen.order.as_slice() {
            // Those that are the same the other way round as well: that is an index read from its end.
            chosen.order.push((RESOURCE_ID, true));
        }
        let group = self.view.group();
        if self.view != View::All {
            chosen.filter = chosen.filter.and(group.condition());
            if let Some(few) = tally.members(group) {
                chosen.filter = chosen.filter.and(Expr::is_in(RESOURCE_ID, few.map(Value::from)));
            }
        }
        if !self.word.is_empty() {
            let like = |column| Expr::Test(Path { steps: Vec::new(), column }, Test::Like(self.word.clone()));
            chosen.filter = chosen.filter.and(Expr::Any(SEARCHED.map(like).to_vec()));
        }
        Ok(chosen)
    }

    fn command(&self) -> String {
        let mut command = "emtctl host list".to_owned();
        if !self.filter.is_empty() {
            command = format!("{command} --filter {}", quoted(&self.filter));
        }
        if !self.sort.is_empty() {
            command = format!("{command} --order-by {}", quoted(&self.sort));
        }
        command
    }
}

impl Hosts<'_> {
    /// The views: their addresses, labels and numbers of all hosts, and which it is.
    fn views(&self) -> impl Iterator<Item = (String, &'static str, u64, bool)> {
        self.counts.iter().map(|Count { view, number }| {
            (self.asked.address(*view, &self.asked.sort, 0), view.label(), *number, self.asked.view == *view)
        })
    }

    fn at(&self, offset: u64) -> String {
        self.asked.address(self.asked.view, &self.asked.sort, offset)
    }

    fn counted(&self) -> String {
        if self.is_counted { many(self.total, "host", "hosts") } else { format!("more than {COUNTED} hosts") }
    }

    fn next(&self) -> u64 {
        self.to
    }

    fn has_next(&self) -> bool {
        self.to < self.total && self.to <= FARTHEST
    }

    fn previous(&self) -> u64 {
        self.asked.offset.saturating_sub(SIZE)
    }

    /// Sorts by a column, or the other way round.
    fn by(&self, column: &str) -> String {
        let sort = if self.asked.sort == column { format!("{column} desc") } else { column.to_owned() };
        self.asked.address(self.asked.view, &sort, 0)
    }

    /// How it is sorted by a column, for those who cannot see it.
    fn sorted(&self, column: &str) -> &'static str {
        match self.asked.sort.strip_prefix(column) {
            Some("") => "ascending",
            Some(" desc") => "descending",
            _ if self.asked.sort.is_empty() && column == "name" => "ascending",
            _ => "none",
        }
    }

    fn is_narrowed(&self) -> bool {
        self.asked.view != View::All || !self.asked.is_plain()
    }
}

/// `GET /ui/p/{project}/hosts`.
pub(super) async fn show(
    State(site): State<Web>,
    visit: Visit,
    uri: Uri,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Page, Failure> {
    let question = Question::of(&site, &visit, &uri);
    if let Some(page) = site.middles.recall(&question) {
        return Ok(page);
    }
    let asked = Asked::of(&query);
    let tally = site.rest.inventory.tallies.counts(&visit.project).await?;
    // Nobody counts a fleet for a page of it.
    let known = asked.is_plain().then(|| tally.of(asked.view.group()));
    let (found, wrong) = match asked.chosen(&tally) {
        Ok(chosen) => {
            let store = &*site.rest.inventory.store;
            (Some(hosts(store, &visit.project, chosen, known, asked.offset, SIZE).await?), String::new())
        }
        // The rest of the page stays, so that it can be put right.
        Err(error) => (None, error.message),
    };
    let (rows, total) = found.map_or((Vec::new(), 0), |found| (found.rows, found.total));
    let ids: Vec<String> = rows.iter().flat_map(|row| [row.id.clone(), row.instance.clone()]).collect();
    let to = asked.offset + rows.len() as u64;
    let from = if rows.is_empty() { 0 } else { asked.offset + 1 };
    let catalogue = catalogue(&mut *site.rest.inventory.store.snapshot().await?, &visit.project).await?;
    let (act, form) = (act(&visit, &catalogue)?, visit.visitor.form_token());
    let is_counted = known.is_some() || total <= COUNTED;
    let counts = counts(&tally);
    let list = Hosts { project: &visit.name, asked: &asked, counts, rows, total, is_counted, from, to, act, form, wrong };
    let page = Page::new(format!("Hosts · {}", visit.name), &list)?.tab("hosts").command(asked.command());
    let page = page.live_of("Host,Instance", ids.iter().map(String::as_str));
    site.middles.keep(question, &page);
    Ok(page)
}
