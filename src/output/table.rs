//! Tables without frames: columns that line up, and colours where they help.

use comfy_table::{Color, ContentArrangement, Row, Table, presets};

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
}

/// What a cell means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Good,
    Busy,
    Bad,
}

impl Tone {
    /// Of the API's indicators.
    pub(crate) fn of_indicator(indicator: &str) -> Self {
        match indicator {
            "STATUS_INDICATION_ERROR" => Self::Bad,
            "STATUS_INDICATION_IN_PROGRESS" => Self::Busy,
            "STATUS_INDICATION_IDLE" => Self::Good,
            _ => Self::Plain,
        }
    }
}

impl Cell {
    /// A cell with a tone.
    pub(crate) fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }
}

/// An empty cell shows that nothing was forgotten.
impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::toned(text, Tone::Plain)
    }
}

fn drawn(cell: &Cell, colour: bool) -> comfy_table::Cell {
    let text = if cell.text.is_empty() { "-".to_owned() } else { one_line(&cell.text) };
    let drawn = comfy_table::Cell::new(text);
    match cell.tone {
        Tone::Good if colour => drawn.fg(Color::Green),
        Tone::Busy if colour => drawn.fg(Color::Yellow),
        Tone::Bad if colour => drawn.fg(Color::Red),
        _ => drawn,
    }
}

/// Names come from servers: they must not move the cursor.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A table with a header.
pub(super) fn table(header: &[&str], rows: impl Iterator<Item = Vec<Cell>>, colour: bool) -> String {
    let mut table = plain(colour);
    table.set_header(header.iter().copied());
    for row in rows {
        table.add_row(Row::from(row.iter().map(|cell| drawn(cell, colour)).collect::<Vec<_>>()));
    }
    text(&mut table)
}

/// Names and values.
pub(super) fn pairs(pairs: Vec<(&'static str, Cell)>, colour: bool) -> String {
    let mut table = plain(colour);
    for (name, value) in pairs {
        table.add_row(Row::from(vec![comfy_table::Cell::new(name), drawn(&value, colour)]));
    }
    text(&mut table)
}

fn plain(colour: bool) -> Table {
    let mut table = Table::new();
    // Rows are never broken, so that `grep` and `awk` see them whole.
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table
}

fn text(table: &mut Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().flat_map(|line| [line.trim_end().to_owned(), "\n".to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_nothing_is_empty() {
        let rows = vec![
            vec![Cell::from("os-1"), Cell::from("")],
            vec![Cell::from("longer name"), Cell::toned("x\ny\u{1b}[2J", Tone::Bad)],
        ];
        let text = table(&["ID", "NAME"], rows.into_iter(), false);
        assert_eq!(text, "ID           NAME\nos-1         -\nlonger name  x y [2J\n");
        let text = pairs(vec![("id", Cell::from("os-1")), ("version", Cell::from("2"))], false);
        assert_eq!(text, "id       os-1\nversion  2\n");
    }

    #[test]
    fn colours_only_where_they_are_wanted() {
        let row = || vec![vec![Cell::toned("bad", Tone::Bad)]].into_iter();
        assert!(!table(&["A"], row(), false).contains('\u{1b}'));
        assert!(table(&["A"], row(), true).contains('\u{1b}'));
    }
}
