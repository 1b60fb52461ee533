//! What a list is narrowed to: the language of the contract's `filter` parameter, and the tree of conditions that every
//! store engine can turn into its own query.
//!
//! A text becomes a syntax tree ([`syntax`]), which is held against a resource's declaration ([`filter`]).

mod compile;
mod lexer;
mod names;
pub mod syntax;

use crate::{spec::Spec, value::Value};

pub use self::{
    compile::{MOST_LINKS, filter},
    names::{camel, snake},
};

/// What is wrong with a filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("character {at}: {what}")]
pub struct Wrong {
    /// Where, in characters from 1.
    pub at: usize,
    /// What, and what to write instead.
    pub what: String,
}

impl Wrong {
    fn new(at: usize, what: impl Into<String>) -> Self {
        Self { at, what: what.into() }
    }
}

/// Whether a kind has a column of this name (`snake_case`) that filters and `orderBy` may use.
pub fn is_column(spec: &'static Spec, name: &str) -> bool {
    names::column(spec, name).is_some()
}

/// A condition on a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// All hold; none given: always true.
    All(Vec<Expr>),
    /// At least one holds; none given: never true.
    Any(Vec<Expr>),
    /// Does not hold.
    Not(Box<Expr>),
    /// A value at the end of a path passes a test.
    Test(Path, Test),
    /// The path leads to a record.
    Has(Vec<Step>),
}

/// From a record over links to a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// Links to follow.
    pub steps: Vec<Step>,
    /// A field's column, or one of [`RESOURCE_ID`], [`CREATED_AT`], [`UPDATED_AT`]; after [`Step::Into`] a key of the items.
    pub column: &'static str,
}

/// Column of the id.
pub const RESOURCE_ID: &str = "resource_id";
/// Column of the creation time, milliseconds.
pub const CREATED_AT: &str = "created_at";
/// Column of the time of the last change, milliseconds.
pub const UPDATED_AT: &str = "updated_at";

/// One link of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Along a link column of the record.
    To(&'static str),
    /// To the records of another kind whose link column points here.
    From {
        /// Prefix of the other kind.
        prefix: &'static str,
        /// Its link column.
        via: &'static str,
    },
    /// Into the items of a list that the record itself keeps in this column; always the last step.
    Into(&'static str),
}

/// What a value is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Is exactly this.
    Is(Value),
    /// Is one of these.
    In(Vec<Value>),
    /// Contains this text, without regard to case; `*` stands for any characters.
    Like(String),
    /// Is empty or not set.
    Empty,
    /// Is less than this number.
    Less(i64),
    /// Is greater than this number.
    Greater(i64),
    /// Is a text that comes behind this one, byte by byte.
    After(String),
}

impl Expr {
    /// A column of the record itself is exactly this.
    pub fn is(column: &'static str, value: impl Into<Value>) -> Self {
        Self::Test(Path { steps: Vec::new(), column }, Test::Is(value.into()))
    }

    /// A column of the record itself is one of these.
    pub fn is_in(column: &'static str, values: impl IntoIterator<Item = Value>) -> Self {
        Self::Test(Path { steps: Vec::new(), column }, Test::In(values.into_iter().collect()))
    }

    /// Always true.
    pub const fn everything() -> Self {
        Self::All(Vec::new())
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::All(mut all) => {
                all.push(other);
                Self::All(all)
            }
            first => Self::All(vec![first, other]),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}
