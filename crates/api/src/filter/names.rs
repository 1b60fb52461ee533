//! Names that filters and `orderBy` use: those of the contract's store, in `snake_case` or `camelCase`.

use super::{CREATED_AT, RESOURCE_ID, Step, UPDATED_AT};
use crate::{
    resources::by_prefix,
    spec::{Access, Computed, Edge, Field, Item, Spec, Type},
};

/// A name's `snake_case` form: a new word begins at a capital, and blanks and hyphens count as `_`.
pub fn snake(name: &str) -> String {
    let characters: Vec<char> = name.trim().chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, &c) in characters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| characters.get(at));
        let after = characters.get(at + 1);
        let begins = c.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            });
        if begins {
            snake.push('_');
        }
        snake.push(if matches!(c, ' ' | '-') { '_' } else { c.to_ascii_lowercase() });
    }
    snake
}

/// A name's `camelCase` form, which answers use.
pub fn camel(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        if c == '_' {
            upper = true;
        } else {
            camel.push(if upper { c.to_ascii_uppercase() } else { c });
            upper = false;
        }
    }
    camel
}

/// What a comparison's right side is held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// Its name in the store, or the key in an item.
    pub(super) name: &'static str,
    /// What it holds.
    pub(super) ty: Holds,
}

/// What a column holds, as far as filters care.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holds {
    /// The record's own id.
    Id,
    Text,
    Number,
    Bool,
    Time,
    Enum(&'static crate::spec::EnumSpec),
}

/// Where a link leads.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// To records of a kind.
    Record(&'static Spec),
    /// To items of a list inside of the record.
    Item(&'static [Item]),
}

impl End {
    /// The column of this name.
    pub(super) fn column(self, name: &str) -> Option<Column> {
        match self {
            Self::Record(spec) => column(spec, name),
            Self::Item(items) => items
                .iter()
                .find(|item| snake(item.json) == name)
                .map(|item| Column { name: item.json, ty: holds(&item.ty).unwrap_or(Holds::Text) }),
        }
    }

    /// The link of this name, as the steps along it, and where it leads.
    pub(super) fn link(self, name: &str) -> Option<(Vec<Step>, Self)> {
        let Self::Record(spec) = self else { return None };
        forward(spec, name).or_else(|| back(spec, name)).or_else(|| edge(spec, name))
    }

    /// What there is, for people.
    pub(super) fn told(self) -> &'static str {
        match self {
            Self::Record(spec) => spec.prefix,
            Self::Item(_) => "the item",
        }
    }

    /// All columns, in the store's spelling.
    pub(super) fn columns(self) -> Vec<String> {
        match self {
            Self::Record(spec) => {
                let kept = spec.fields.iter().filter(|field| is_column(spec, field)).map(|field| field.column);
                [RESOURCE_ID].into_iter().chain(kept).chain([CREATED_AT, UPDATED_AT]).map(str::to_owned).collect()
            }
            Self::Item(items) => items.iter().map(|item| snake(item.json)).collect(),
        }
    }

    /// All links, in the store's spelling.
    pub(super) fn links(self) -> Vec<String> {
        let Self::Record(spec) = self else { return Vec::new() };
        let forward = spec.fields.iter().filter_map(|field| match &field.ty {
            Type::Link(link) => Some(link.name.to_owned()),
            Type::Links(links) => Some(links.name.to_owned()),
            _ => None,
        });
        let shown = spec.computed.iter().filter_map(|computed| match computed {
            Computed::Referrer { key, .. } | Computed::Referrers { key, .. } => Some(snake(key)),
            _ => None,
        });
        let edges = spec.edges.iter().filter_map(|edge| match edge {
            Edge::Referrers { name, .. } | Edge::Items { name, .. } | Edge::Joined { name, .. } => Some((*name).to_owned()),
            Edge::Key { .. } | Edge::Column(_) => None,
        });
        forward.filter(|name| !name.is_empty()).chain(shown).chain(edges).collect()
    }
}

/// Along a link that the record has.
fn forward(spec: &'static Spec, name: &str) -> Option<(Vec<Step>, End)> {
    spec.fields.iter().find_map(|field| match &field.ty {
        Type::Link(link) if link.name == name => Some((vec![Step::To(field.column)], End::Record(by_prefix(link.to)?))),
        Type::Links(links) if links.name == name => {
            let steps = vec![Step::From { prefix: links.join.prefix, via: links.here }, Step::To(links.there)];
            Some((steps, End::Record(by_prefix(links.to)?)))
        }
        _ => None,
    })
}

/// To records that point here.
fn back(spec: &'static Spec, name: &str) -> Option<(Vec<Step>, End)> {
    let shown = spec.computed.iter().filter_map(|computed| match *computed {
        Computed::Referrer { key, prefix, via } | Computed::Referrers { key, prefix, via } => Some((snake(key), prefix, via)),
        _ => None,
    });
    let declared = spec.edges.iter().filter_map(|edge| match *edge {
        Edge::Referrers { name, prefix, via } => Some((name.to_owned(), prefix, via)),
        _ => None,
    });
    let (_, prefix, via) = shown.chain(declared).find(|(known, ..)| known == name)?;
    Some((vec![Step::From { prefix, via }], End::Record(by_prefix(prefix)?)))
}

fn edge(spec: &'static Spec, name: &str) -> Option<(Vec<Step>, End)> {
    spec.edges.iter().find_map(|edge| match *edge {
        Edge::Items { name: known, column, items } if known == name => Some((vec![Step::Into(column)], End::Item(items))),
        Edge::Joined { name: known, prefix, join, here, there } if known == name => {
            Some((vec![Step::From { prefix: join, via: here }, Step::To(there)], End::Record(by_prefix(prefix)?)))
        }
        _ => None,
    })
}

fn is_column(spec: &Spec, field: &Field) -> bool {
    let declared = || spec.edges.iter().any(|edge| matches!(edge, Edge::Column(column) if *column == field.column));
    let shown = field.is_shown() && field.access != Access::Ignored && !matches!(field.ty, Type::Texts { .. });
    holds(&field.ty).is_some() && (shown || declared())
}

fn holds(ty: &Type) -> Option<Holds> {
    match ty {
        Type::Text { .. } | Type::Texts { .. } | Type::Metadata => Some(Holds::Text),
        Type::Number { .. } | Type::BigNumber => Some(Holds::Number),
        Type::Bool => Some(Holds::Bool),
        Type::Enum(names) => Some(Holds::Enum(names)),
        Type::Link(_) | Type::Links(_) | Type::Document => None,
    }
}

/// The column of a kind that is called so in `snake_case`.
pub(super) fn column(spec: &'static Spec, name: &str) -> Option<Column> {
    match name {
        RESOURCE_ID => Some(Column { name: RESOURCE_ID, ty: Holds::Id }),
        CREATED_AT => Some(Column { name: CREATED_AT, ty: Holds::Time }),
        UPDATED_AT => Some(Column { name: UPDATED_AT, ty: Holds::Time }),
        _ => {
            let field = spec.fields.iter().find(|field| field.column == name && is_column(spec, field))?;
            Some(Column { name: field.column, ty: holds(&field.ty)? })
        }
    }
}

/// The known name that is most like another one, if one is like it at all.
pub(super) fn nearest(wanted: &str, known: impl IntoIterator<Item = String>) -> Option<String> {
    let most = wanted.len() / 3 + 1;
    let near = known.into_iter().map(|name| (distance(wanted, &name), name));
    near.filter(|(distance, _)| *distance <= most).min().map(|(_, name)| name)
}

/// How many letters must be put in, taken out or replaced.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != *y)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::ALL;

    #[test]
    fn names_have_two_spellings() {
        for (written, expected) in [
            ("name", "name"),
            ("resourceId", "resource_id"),
            ("resource_id", "resource_id"),
            ("hostStatusIndicator", "host_status_indicator"),
            ("osID", "os_id"),
            ("Name", "name"),
            ("name ASC", "name_asc"),
            ("sha256", "sha256"),
            ("HTTPProxy", "http_proxy"),
        ] {
            assert_eq!(snake(written), expected, "{written}");
        }
        for spec in ALL {
            for name in End::Record(spec).columns().into_iter().chain(End::Record(spec).links()) {
                assert_eq!(snake(&camel(&name)), name, "{} of {}", name, spec.prefix);
            }
        }
    }

    #[test]
    fn links_lead_to_kinds_that_are_there() {
        for spec in ALL {
            for name in End::Record(spec).links() {
                assert!(End::Record(spec).link(&name).is_some(), "{name} of {}", spec.prefix);
            }
        }
    }

    #[test]
    fn the_nearest_name_is_near() {
        let known = || ["name", "note", "hostname"].map(str::to_owned);
        for (wanted, expected) in [("nmae", Some("name")), ("nam", Some("name")), ("colour", None), ("hostnam", Some("hostname"))]
        {
            assert_eq!(nearest(wanted, known()).as_deref(), expected, "{wanted}");
        }
    }
}
