//! The names that `filter` and `orderBy` know (section 3.4), each in both spellings, and those that they do not know.

use std::fmt::Write as _;

use serde::Deserialize;

use super::{
    Step, Table,
    fields::{Field, Kind, expanded},
    read, runner,
};

/// A resource's row of the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// Table that has the resource.
    table: String,
    /// Its path.
    path: String,
    columns: Vec<String>,
    /// Columns, each with its indicator and its timestamp.
    #[serde(default)]
    triples: Vec<String>,
    #[serde(default)]
    links: Vec<String>,
}

#[derive(Deserialize)]
struct Rows {
    rows: Vec<Row>,
}

#[tokio::test]
async fn columns_and_links() {
    let rows: Rows = read("contract/3-columns.yaml");
    let mut runner = runner().await;
    let mut wrong = String::new();
    for row in &rows.rows {
        let table = Table::read(&row.table);
        let resource = table.resources.iter().find(|resource| resource.path == row.path);
        let fields = expanded(&resource.unwrap_or_else(|| panic!("{} is not in {}", row.path, row.table)).fields);
        for (query, status) in row.queries(&fields) {
            let step = Step { ask: format!("GET {}?{query}", row.path), status: Some(status), ..Step::default() };
            if let Err(difference) = runner.step(&step).await {
                let _ = writeln!(wrong, "{difference}");
            }
        }
    }
    assert!(wrong.is_empty(), "{} differences\n{wrong}", wrong.lines().count() / 2);
}

impl Row {
    /// Queries and the status of their answer.
    fn queries(&self, fields: &[Field]) -> Vec<(String, u16)> {
        let mut columns = self.columns.clone();
        for triple in &self.triples {
            columns.extend([triple.clone(), format!("{triple}_indicator"), format!("{triple}_timestamp")]);
        }
        let mut queries = Vec::new();
        for column in &columns {
            let named = fields.iter().find(|field| field.name == camel(column));
            for name in [column.clone(), camel(column)] {
                queries.extend(
                    [("", 200), (" asc", 200), (" desc", 200), (" up", 400)]
                        .map(|(way, status)| (format!("orderBy={name}{way}"), status)),
                );
                let value = match named.map(|field| (field.kind, field)) {
                    _ if column.ends_with("_at") => "'2026-06-06T00:00:00Z'".to_owned(),
                    Some((Kind::Enum, field)) => field.names()[0].clone(),
                    Some((Kind::Number | Kind::Big, _)) => "1".to_owned(),
                    _ if column.ends_with("_indicator") => "STATUS_INDICATION_ERROR".to_owned(),
                    _ if column.ends_with("_state") => continue,
                    Some(_) => "'x'".to_owned(),
                    None if column == "resource_id" => "'x'".to_owned(),
                    None => continue,
                };
                queries.push((format!("filter={name}={value}"), 200));
                if value == "'x'" {
                    queries.extend([(format!("filter={name}=''"), 200), (format!("filter={name}=x"), 400)]);
                } else if value.starts_with('\'') {
                    queries.extend([(format!("filter={name}='yesterday'"), 400), (format!("filter={name}=2"), 400)]);
                } else if value != "1" {
                    queries.extend([(format!("filter={name}='{value}'"), 400), (format!("filter={name}=2"), 400)]);
                }
            }
        }
        for link in &self.links {
            for name in [link.clone(), camel(link)] {
                queries.push((format!("filter=has({name})"), 200));
                queries.push((format!("filter=NOT has({name})"), 200));
                queries.push((format!("filter={name}='x'"), 400));
                queries.push((format!("orderBy={name}"), 400));
                if !link.starts_with("host_") {
                    queries.push((format!("filter={name}.resourceId='x'"), 200));
                    queries.push((format!("filter={name}.resource_id='x' AND has({name})"), 200));
                    queries.push((format!("filter={name}.nosuch='x'"), 400));
                }
            }
        }
        // Keys of the answer that are no columns, and columns that are no links.
        for field in fields {
            let known = |names: &[String]| names.iter().any(|name| camel(name) == field.name);
            if !known(&columns) && !known(&self.links) {
                queries.push((format!("filter={}='x'", field.name), 400));
                queries.push((format!("orderBy={}", field.name), 400));
            }
            if known(&columns) {
                queries.push((format!("filter=has({})", field.name), 400));
            }
        }
        queries
    }
}

fn camel(name: &str) -> String {
    let mut camel = String::new();
    let mut upper = false;
    for character in name.chars() {
        if character == '_' {
            upper = true;
        } else {
            camel.push(if upper { character.to_ascii_uppercase() } else { character });
            upper = false;
        }
    }
    camel
}
