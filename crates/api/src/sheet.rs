//! Many records of one kind as they are read to be shown: kept close together, and of each only what is not empty. A page of
//! a hundred hosts has eight thousand values, most of them empty; as rows they would be as many allocations.

use std::cmp::Ordering;

use crate::{
    record::{Meta, Record, Row},
    spec::{Field, Spec, Type},
    value::Value,
};

/// Records of one kind.
#[derive(Debug, Clone)]
pub struct Sheet {
    spec: &'static Spec,
    texts: String,
    cells: Vec<Cell>,
    heads: Vec<Head>,
}

/// A value that is not empty, and its field's position.
#[derive(Debug, Clone, Copy)]
enum Cell {
    Int { column: u16, value: i64 },
    Text { column: u16, length: u32, start: usize },
}

#[derive(Debug, Clone, Copy)]
struct Head {
    /// Its id's place among the texts.
    id: (usize, u32),
    revision: i64,
    created_ms: i64,
    updated_ms: i64,
    /// Its cells.
    from: usize,
    to: usize,
}

/// A value of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held<'a> {
    /// Empty, whatever that is for the field.
    Nothing,
    /// A number, a truth value or an enum's number.
    Int(i64),
    /// A text, an id or a JSON document.
    Text(&'a str),
}

impl Sheet {
    /// A sheet without records.
    pub const fn new(spec: &'static Spec) -> Self {
        Self { spec, texts: String::new(), cells: Vec::new(), heads: Vec::new() }
    }

    /// A sheet with one record.
    pub fn of(row: &Row) -> Self {
        let mut sheet = Self::new(row.spec);
        sheet.begin(&row.meta.id, row.meta.revision, row.meta.created_ms, row.meta.updated_ms);
        for (at, value) in row.values.iter().enumerate() {
            match value {
                Value::Null => {}
                Value::Int(number) => sheet.int(at, *number),
                Value::Text(text) => sheet.text(at, text),
            }
        }
        sheet
    }

    /// Kind of its records.
    pub const fn spec(&self) -> &'static Spec {
        self.spec
    }

    /// How many records there are.
    pub const fn len(&self) -> usize {
        self.heads.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// A record by its place.
    pub fn get(&self, at: usize) -> Option<Entry<'_>> {
        self.heads.get(at).map(|head| Entry { sheet: self, head })
    }

    /// The records in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Entry<'_>> + Clone {
        self.heads.iter().map(|head| Entry { sheet: self, head })
    }

    /// The record with an id, in a sheet that is in the order of ids.
    pub fn find(&self, id: &str) -> Option<Entry<'_>> {
        let at = self.heads.binary_search_by(|head| self.span(head.id).cmp(id)).ok()?;
        self.get(at)
    }

    /// The records that link to an owner, in a sheet that is in the order of that link.
    pub fn linked<'a>(&'a self, column: &str, owner: &str) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        let from = self.heads.partition_point(|head| self.order(head, column, owner).is_lt());
        let end = self.heads.partition_point(|head| self.order(head, column, owner).is_le());
        self.heads[from..end.max(from)].iter().map(move |head| Entry { sheet: self, head })
    }

    fn order(&self, head: &Head, column: &str, text: &str) -> Ordering {
        Entry { sheet: self, head }.text(column).cmp(text)
    }

    /// Leaves out the records that do not fit.
    pub fn retain(&mut self, mut fits: impl FnMut(Entry<'_>) -> bool) {
        let mut heads = std::mem::take(&mut self.heads);
        heads.retain(|head| fits(Entry { sheet: self, head }));
        self.heads = heads;
    }

    /// Leaves out all but `size` records from `offset` on.
    pub fn page(&mut self, offset: usize, size: usize) {
        self.heads.drain(..offset.min(self.heads.len()));
        self.heads.truncate(size);
    }

    /// Begins a record; its values follow, in the order of its fields.
    pub fn begin(&mut self, id: &str, revision: i64, created_ms: i64, updated_ms: i64) {
        let id = self.keep(id);
        let at = self.cells.len();
        self.heads.push(Head { id, revision, created_ms, updated_ms, from: at, to: at });
    }

    /// Sets a number of the record that was begun last.
    pub fn int(&mut self, at: usize, value: i64) {
        if value != 0 {
            self.cell(Cell::Int { column: column(at), value });
        }
    }

    /// Sets a text of the record that was begun last.
    pub fn text(&mut self, at: usize, text: &str) {
        let is_list = text == "[]" && self.spec.fields.get(at).is_some_and(Field::is_list);
        if !text.is_empty() && !is_list {
            let (start, length) = self.keep(text);
            self.cell(Cell::Text { column: column(at), length, start });
        }
    }

    fn cell(&mut self, cell: Cell) {
        self.cells.push(cell);
        if let Some(head) = self.heads.last_mut() {
            head.to = self.cells.len();
        }
    }

    /// Places for a text; one beyond what its length can be told in would not have been read from any store.
    fn keep(&mut self, text: &str) -> (usize, u32) {
        let start = self.texts.len();
        let length = u32::try_from(text.len()).unwrap_or_default();
        self.texts.push_str(if length == 0 { "" } else { text });
        (start, length)
    }

    fn span(&self, (start, length): (usize, u32)) -> &str {
        self.texts.get(start..start + length as usize).unwrap_or_default()
    }
}

/// The texts of a list as it is kept.
pub(crate) fn texts(list: &str) -> Vec<String> {
    if list.is_empty() { Vec::new() } else { serde_json::from_str(list).unwrap_or_default() }
}

fn column(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

impl Field {
    fn is_list(&self) -> bool {
        matches!(self.ty, Type::Texts { .. } | Type::Links(_) | Type::Metadata | Type::Document)
    }
}

/// A record of a sheet.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    sheet: &'a Sheet,
    head: &'a Head,
}

impl<'a> Entry<'a> {
    /// Its kind.
    pub const fn spec(&self) -> &'static Spec {
        self.sheet.spec
    }

    /// Its id.
    pub fn id(&self) -> &'a str {
        self.sheet.span(self.head.id)
    }

    /// Counts changes from 1.
    pub const fn revision(&self) -> i64 {
        self.head.revision
    }

    /// Creation, in milliseconds since 1970.
    pub const fn created_ms(&self) -> i64 {
        self.head.created_ms
    }

    /// Last change, in milliseconds since 1970.
    pub const fn updated_ms(&self) -> i64 {
        self.head.updated_ms
    }

    /// Positions and values of the fields that are not empty, in order.
    pub fn values(self) -> impl Iterator<Item = (usize, Held<'a>)> {
        self.sheet.cells[self.head.from..self.head.to].iter().map(move |cell| match *cell {
            Cell::Int { column, value } => (usize::from(column), Held::Int(value)),
            Cell::Text { column, length, start } => (usize::from(column), Held::Text(self.sheet.span((start, length)))),
        })
    }

    /// The value at a position.
    pub fn value(self, at: usize) -> Held<'a> {
        self.values().find(|(column, _)| *column == at).map_or(Held::Nothing, |(_, value)| value)
    }

    /// The text of a column, or "".
    pub fn text(&self, column: &str) -> &'a str {
        match self.sheet.spec.column(column).map(|at| self.value(at)) {
            Some(Held::Text(text)) => text,
            _ => "",
        }
    }

    /// The texts of a column that is a list of them.
    pub fn texts(&self, column: &str) -> Vec<String> {
        texts(self.text(column))
    }

    /// As a record of its kind. It belongs to no project: this is for what is decided on shown records.
    pub fn record<R: Record>(self) -> R {
        let mut row = Row::empty(self.spec());
        row.meta = Meta {
            project: String::new(),
            id: self.id().to_owned(),
            revision: self.revision(),
            created_ms: self.created_ms(),
            updated_ms: self.updated_ms(),
        };
        for (at, value) in self.values() {
            if let Some(slot) = row.values.get_mut(at) {
                *slot = match value {
                    Held::Nothing => Value::Null,
                    Held::Int(number) => Value::Int(number),
                    Held::Text(text) => Value::Text(text.to_owned()),
                };
            }
        }
        R::from_row(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::{HOST, Host};

    fn host(id: &str, site: &str) -> Row {
        let mut row = Row::empty(&HOST);
        row.meta = Meta { id: id.to_owned(), revision: 3, created_ms: 1, updated_ms: 2, ..Meta::default() };
        row.set("name", "[]".into());
        row.set("site_id", site.into());
        row
    }

    fn sheet(hosts: &[(&str, &str)]) -> Sheet {
        let mut all = Sheet::new(&HOST);
        for (id, site) in hosts {
            all.begin(id, 1, 1, 1);
            all.text(HOST.column("site_id").unwrap(), site);
        }
        all
    }

    #[test]
    fn records_come_back_as_they_were() {
        let row = host("host-1", "site-1");
        let sheet = Sheet::of(&row);
        let entry = sheet.get(0).unwrap();
        assert_eq!(entry.record::<Host>(), Host::from_row(row));
        assert_eq!(entry.values().count(), 2, "empty values take no place");
    }

    #[test]
    fn records_are_found_by_id_and_by_link() {
        let all = sheet(&[("host-1", "site-1"), ("host-2", "site-2"), ("host-4", "site-2"), ("host-5", "site-4")]);
        assert_eq!(all.find("host-4").unwrap().text("site_id"), "site-2");
        assert!(all.find("host-3").is_none());
        let linked = |owner| all.linked("site_id", owner).map(|entry| entry.id()).collect::<Vec<_>>();
        assert_eq!(linked("site-2"), ["host-2", "host-4"]);
        assert_eq!(linked("site-3"), [""; 0]);
    }

    #[test]
    fn a_part_can_be_kept() {
        let mut all = sheet(&[("host-1", ""), ("host-2", "site-1"), ("host-3", "site-1"), ("host-4", "site-1")]);
        all.retain(|entry| !entry.text("site_id").is_empty());
        all.page(1, 1);
        assert_eq!(all.iter().map(|entry| entry.id()).collect::<Vec<_>>(), ["host-3"]);
        all.page(7, 1);
        assert!(all.is_empty());
    }
}
