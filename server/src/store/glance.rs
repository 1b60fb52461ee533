//! A look at many records for a few bits of each.

use emt_api::{filter::Expr, spec::Spec};

/// What is looked at.
#[derive(Debug, Clone)]
pub struct Glance {
    /// Kind of record.
    pub spec: &'static Spec,
    /// Conditions on columns of the record itself, 16 at most.
    pub tests: Vec<Expr>,
    /// Columns that hold links.
    pub links: Vec<&'static str>,
}

/// Which records are looked at.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// So many at most, those with the lowest ids behind this one; "" comes before all.
    Behind(&'a str, usize),
    /// Those with these ids; what is not there is left out.
    Ids(&'a [&'a str]),
}

/// What was seen of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glimpse<'a> {
    /// Its id.
    pub id: &'a str,
    /// Bit by bit, the first condition the lowest: whether it holds.
    pub holds: u16,
    /// Ids that the links lead to; "" for a link that leads nowhere.
    pub links: &'a [&'a str],
}
