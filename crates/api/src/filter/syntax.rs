//! What a filter says, before anybody knows which names there are.
//!
//! The grammar is the part of AIP-160 that the northbound contract names: `OR` binds tighter than `AND`.
//!
//! ```text
//! filter  = factor { "AND" factor }
//! factor  = term { "OR" term }
//! term    = [ "NOT" | "-" ] simple
//! simple  = "(" filter ")" | "has" "(" path ")" | path "=" literal
//! path    = name { "." name }
//! literal = text | [ "-" ] number | constant
//! ```

use std::fmt;

use super::{
    Wrong,
    lexer::{Kind, Token, tokens},
};

/// Most characters of a filter (northbound contract, parameters of lists).
pub const LONGEST: usize = 1000;
/// Deepest nesting of parentheses: more could only be meant to exhaust a stack.
pub const DEEPEST: usize = 40;

/// A filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// All hold; at least two.
    And(Vec<Node>),
    /// At least one holds; at least two.
    Or(Vec<Node>),
    /// Does not hold.
    Not(Box<Node>),
    /// `has(path)`.
    Has(Name),
    /// `path=literal`.
    Equals(Name, Literal),
}

/// Names with dots between, and where they begin.
#[derive(Debug, Clone, Eq)]
pub struct Name {
    /// The names.
    pub parts: Vec<String>,
    /// Character, from 1.
    pub at: usize,
}

/// The right side of a comparison, and where it begins.
#[derive(Debug, Clone, Eq)]
pub struct Literal {
    /// What it is.
    pub is: Constant,
    /// Character, from 1.
    pub at: usize,
}

/// A constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constant {
    /// Quoted text.
    Text(String),
    /// Whole number.
    Number(i64),
    /// Unquoted word: an enum's name, `true`, `false`, `null`.
    Word(String),
}

/// Where something stands does not change what it says.
impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}
impl PartialEq for Literal {
    fn eq(&self, other: &Self) -> bool {
        self.is == other.is
    }
}

/// Reads a filter.
pub fn parse(text: &str) -> Result<Node, Wrong> {
    if text.chars().nth(LONGEST).is_some() {
        return Err(Wrong::new(LONGEST + 1, format!("a filter has at most {LONGEST} characters")));
    }
    let tokens = tokens(text)?;
    let end = text.chars().count() + 1;
    let mut parser = Parser { tokens: tokens.into_iter().peekable(), end, depth: 0 };
    let node = parser.filter()?;
    match parser.tokens.next() {
        None => Ok(node),
        Some(Token { at, is: Kind::Close }) => Err(Wrong::new(at, "this ) closes nothing")),
        Some(Token { at, is }) => Err(Wrong::new(at, follow(&is))),
    }
}

/// What is wrong with a token that follows a whole condition.
fn follow(is: &Kind) -> String {
    match is {
        Kind::Word(word) if ["and", "or", "not"].contains(&word.to_ascii_lowercase().as_str()) => {
            format!("AND, OR and NOT are written in capitals and conditions are joined by AND or OR, but here is {word}")
        }
        other => format!("AND or OR is missing before {}", other.told()),
    }
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    /// Place behind the last character.
    end: usize,
    depth: usize,
}

impl Parser {
    fn filter(&mut self) -> Result<Node, Wrong> {
        let parts = self.joined("AND", Self::factor)?;
        Ok(alone(parts, Node::And))
    }

    fn factor(&mut self) -> Result<Node, Wrong> {
        let parts = self.joined("OR", Self::term)?;
        Ok(alone(parts, Node::Or))
    }

    fn joined(&mut self, word: &str, part: fn(&mut Self) -> Result<Node, Wrong>) -> Result<Vec<Node>, Wrong> {
        let mut parts = vec![part(self)?];
        while self.takes(|kind| matches!(kind, Kind::Word(found) if found == word)) {
            parts.push(part(self)?);
        }
        Ok(parts)
    }

    fn term(&mut self) -> Result<Node, Wrong> {
        if self.takes(|kind| *kind == Kind::Minus || is_word(kind, "NOT")) {
            return Ok(Node::Not(Box::new(self.simple()?)));
        }
        self.simple()
    }

    fn simple(&mut self) -> Result<Node, Wrong> {
        let end = self.end;
        let wanted = "a condition such as name='edge' or has(site)";
        let Some(Token { at, is }) = self.tokens.next() else {
            return Err(Wrong::new(end, format!("{wanted} is missing at the end")));
        };
        match is {
            Kind::Open => self.composite(at),
            Kind::Word(word) if !["AND", "OR", "NOT"].contains(&word.as_str()) => self.condition(at, word),
            Kind::Word(word) if word == "NOT" => Err(Wrong::new(at, "NOT cannot follow NOT: leave out both")),
            other => Err(Wrong::new(at, format!("{wanted} is expected instead of {}", other.told()))),
        }
    }

    fn composite(&mut self, at: usize) -> Result<Node, Wrong> {
        if self.depth == DEEPEST {
            return Err(Wrong::new(at, format!("parentheses are nested more than {DEEPEST} deep")));
        }
        self.depth += 1;
        let node = self.filter()?;
        self.depth -= 1;
        match self.tokens.next() {
            Some(Token { is: Kind::Close, .. }) => Ok(node),
            None => Err(Wrong::new(at, "this ( is not closed")),
            Some(Token { at, is }) => Err(Wrong::new(at, follow(&is))),
        }
    }

    fn condition(&mut self, at: usize, first: String) -> Result<Node, Wrong> {
        let mut parts = vec![first];
        while self.takes(|kind| *kind == Kind::Dot) {
            parts.push(self.word("a name is missing after the dot")?);
        }
        let name = Name { parts, at };
        if self.takes(|kind| *kind == Kind::Open) {
            return self.has(&name);
        }
        if !self.takes(|kind| *kind == Kind::Equals) {
            return Err(Wrong::new(at, format!("{name} is no condition: compare it, such as {name}='…'")));
        }
        Ok(Node::Equals(name, self.literal()?))
    }

    fn has(&mut self, function: &Name) -> Result<Node, Wrong> {
        if function.parts != ["has"] {
            return Err(Wrong::new(function.at, format!("the function {function} is not known: there is has(link)")));
        }
        let at = self.tokens.peek().map_or(self.end, |token| token.at);
        let mut parts = vec![self.word("the name of a link is missing in has(…)")?];
        while self.takes(|kind| *kind == Kind::Dot) {
            parts.push(self.word("a name is missing after the dot")?);
        }
        if self.takes(|kind| *kind == Kind::Close) {
            return Ok(Node::Has(Name { parts, at }));
        }
        Err(Wrong::new(at, "has( takes the name of one link, then )"))
    }

    fn literal(&mut self) -> Result<Literal, Wrong> {
        let end = self.end;
        let at = self.tokens.peek().map_or(end, |token| token.at);
        let negative = self.takes(|kind| *kind == Kind::Minus);
        let is = match self.tokens.next().map(|token| token.is) {
            Some(Kind::Number(number)) => Constant::Number(if negative { -number } else { number }),
            Some(Kind::Text(text)) if !negative => Constant::Text(text),
            Some(Kind::Word(word)) if !negative => Constant::Word(word),
            Some(_) => return Err(Wrong::new(at, "a text in quotes, a whole number or an enum's name is expected")),
            None => return Err(Wrong::new(end, "the right side of the comparison is missing: such as '…'")),
        };
        Ok(Literal { is, at })
    }

    fn word(&mut self, missing: &str) -> Result<String, Wrong> {
        let end = self.end;
        match self.tokens.next() {
            Some(Token { is: Kind::Word(word), .. }) => Ok(word),
            Some(Token { at, .. }) => Err(Wrong::new(at, missing)),
            None => Err(Wrong::new(end, missing)),
        }
    }

    fn takes(&mut self, wanted: impl FnOnce(&Kind) -> bool) -> bool {
        self.tokens.next_if(|token| wanted(&token.is)).is_some()
    }
}

fn is_word(kind: &Kind, word: &str) -> bool {
    matches!(kind, Kind::Word(found) if found == word)
}

fn alone(mut parts: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.parts.join("."))
    }
}

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) if text.contains('\'') => write!(f, "\"{text}\""),
            Self::Text(text) => write!(f, "'{text}'"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Word(word) => f.write_str(word),
        }
    }
}

/// As it is written, with no more parentheses than are needed.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => listed(f, parts, " AND ", |part| matches!(part, Self::And(_))),
            Self::Or(parts) => listed(f, parts, " OR ", |part| matches!(part, Self::And(_) | Self::Or(_))),
            Self::Not(inner) => {
                f.write_str("NOT ")?;
                enclosed(f, inner, matches!(**inner, Self::And(_) | Self::Or(_) | Self::Not(_)))
            }
            Self::Has(name) => write!(f, "has({name})"),
            Self::Equals(name, literal) => write!(f, "{name}={}", literal.is),
        }
    }
}

fn listed(f: &mut fmt::Formatter<'_>, parts: &[Node], word: &str, needs: impl Fn(&Node) -> bool) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(word)?;
        }
        enclosed(f, part, needs(part))?;
    }
    Ok(())
}

fn enclosed(f: &mut fmt::Formatter<'_>, node: &Node, parentheses: bool) -> fmt::Result {
    if parentheses { write!(f, "({node})") } else { write!(f, "{node}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Trees as the parser makes them.
    fn nodes() -> impl Strategy<Value = Node> {
        let name = prop::collection::vec("[a-zA-Z_][a-zA-Z0-9_]{0,8}", 1..4)
            .prop_filter("keywords are no names", |parts| !["AND", "OR", "NOT", "has"].contains(&parts[0].as_str()))
            .prop_map(|parts| Name { parts, at: 0 });
        let constant = prop_oneof![
            "[^\"\\\\]{0,8}".prop_map(|text| Constant::Text(text.replace(['\n', '\r'], ""))),
            any::<i64>().prop_filter("its digits must fit", |n| *n != i64::MIN).prop_map(Constant::Number),
            "[A-Z_]{1,8}".prop_map(Constant::Word),
        ];
        let literal = constant.prop_map(|is| Literal { is, at: 0 });
        let leaf = prop_oneof![
            (name.clone(), literal).prop_map(|(name, literal)| Node::Equals(name, literal)),
            name.prop_map(Node::Has)
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 2..4).prop_map(Node::And),
                prop::collection::vec(inner.clone(), 2..4).prop_map(Node::Or),
                inner.prop_map(|inner| Node::Not(Box::new(inner))),
            ]
        })
    }

    /// A text over two letters: `a` and `b` are conditions, the rest is grammar.
    fn letters() -> impl Strategy<Value = Vec<&'static str>> {
        prop::collection::vec(prop::sample::select(vec!["a=1", "b=1", "c=1", " AND ", " OR ", " NOT ", "-", "(", ")"]), 1..14)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_it_was(node in nodes()) {
            let text = node.to_string();
            prop_assume!(text.chars().count() <= LONGEST);
            prop_assert_eq!(parse(&text), Ok(node), "{}", text);
        }

        #[test]
        fn no_text_is_too_strange(text in any::<String>()) {
            let _ = parse(&text);
        }

        #[test]
        fn no_text_of_the_grammars_own_characters_is_too_strange(text in r#"([a-c=.()'" -]|NOT |AND | OR |has\(){0,60}"#) {
            if let Err(wrong) = parse(&text) {
                prop_assert!(wrong.at >= 1 && wrong.at <= text.chars().count() + 1, "{} in {}", wrong, text);
            }
        }

        /// The parser against a search through all ways to read a text.
        #[test]
        fn or_binds_tighter_than_and(text in letters()) {
            let text = text.concat();
            for mask in 0..8_u8 {
                let parsed = parse(&text).ok().map(|node| value(&node, mask));
                prop_assert_eq!(parsed, brute(&text, mask), "{} with {:03b}", text, mask);
            }
        }
    }

    fn value(node: &Node, mask: u8) -> bool {
        match node {
            Node::And(parts) => parts.iter().all(|part| value(part, mask)),
            Node::Or(parts) => parts.iter().any(|part| value(part, mask)),
            Node::Not(inner) => !value(inner, mask),
            Node::Equals(name, _) => letter(&name.parts[0], mask),
            Node::Has(_) => false,
        }
    }

    fn letter(name: &str, mask: u8) -> bool {
        mask & (1 << (name.as_bytes()[0] - b'a')) != 0
    }

    /// Splits at the loosest operator outside of parentheses: first AND, then OR, then a negation.
    fn brute(text: &str, mask: u8) -> Option<bool> {
        for (word, all) in [(" AND ", true), (" OR ", false)] {
            let parts = split(text, word)?;
            if parts.len() > 1 {
                let values: Option<Vec<bool>> = parts.into_iter().map(|part| brute(part, mask)).collect();
                let values = values?;
                return Some(if all { values.into_iter().all(|v| v) } else { values.into_iter().any(|v| v) });
            }
        }
        let text = text.trim_matches(' ');
        if let Some(inner) = text.strip_prefix("NOT ").or_else(|| text.strip_prefix('-')) {
            let inner = inner.trim_matches(' ');
            return if inner.starts_with("NOT") || inner.starts_with('-') { None } else { brute(inner, mask).map(|v| !v) };
        }
        if let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            return brute(inner, mask);
        }
        ["a=1", "b=1", "c=1"].contains(&text).then(|| letter(text, mask))
    }

    /// Parts between a word, outside of parentheses; nothing if these do not match.
    fn split<'a>(text: &'a str, word: &str) -> Option<Vec<&'a str>> {
        let (mut parts, mut begin, mut depth) = (Vec::new(), 0, 0_i32);
        for (at, c) in text.char_indices() {
            depth += i32::from(c == '(') - i32::from(c == ')');
            if depth < 0 {
                return None;
            }
            if depth == 0 && at >= begin && text[at..].starts_with(word) {
                parts.push(&text[begin..at]);
                begin = at + word.len();
            }
        }
        parts.push(&text[begin..]);
        (depth == 0).then_some(parts)
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let nested = |depth: usize| format!("{}a=1{}", "(".repeat(depth), ")".repeat(depth));
        assert!(parse(&nested(DEEPEST)).is_ok());
        assert!(parse(&nested(DEEPEST + 1)).unwrap_err().what.contains("nested more than"));
        let long = |length: usize| format!("a='{}'", "x".repeat(length - 4));
        assert!(parse(&long(LONGEST)).is_ok());
        assert_eq!(parse(&long(LONGEST + 1)).unwrap_err().at, LONGEST + 1);
        assert!(parse(&"(".repeat(LONGEST)).is_err());
        assert!(parse(&"NOT (".repeat(LONGEST / 5)).is_err());
    }
}
