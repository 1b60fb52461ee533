//! A filter's text as tokens with their places.

use super::Wrong;

/// A token and where it begins, in characters from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) at: usize,
    pub(super) is: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name, a keyword or a constant.
    Word(String),
    /// A text, without its quotes.
    Text(String),
    /// A whole number.
    Number(i64),
    Dot,
    Equals,
    Minus,
    Open,
    Close,
}

impl Kind {
    /// As it is called in errors.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::Text(_) => "a text in quotes".to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Dot => ".".to_owned(),
            Self::Equals => "=".to_owned(),
            Self::Minus => "-".to_owned(),
            Self::Open => "(".to_owned(),
            Self::Close => ")".to_owned(),
        }
    }
}

/// Splits a text. Blanks only separate.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Wrong> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&first) = characters.get(at) {
        let rest = &characters[at..];
        let (length, is) = match first {
            ' ' => {
                at += 1;
                continue;
            }
            '.' => (1, Kind::Dot),
            '=' => (1, Kind::Equals),
            '-' => (1, Kind::Minus),
            '(' => (1, Kind::Open),
            ')' => (1, Kind::Close),
            '\'' | '"' => quoted(at + 1, rest, first)?,
            '0'..='9' => number(at + 1, rest)?,
            'a'..='z' | 'A'..='Z' | '_' => {
                let word: String = rest.iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '_').collect();
                (word.len(), Kind::Word(word))
            }
            ':' | '~' | '<' | '>' | '!' => {
                return Err(Wrong::new(at + 1, format!("the operator {first} is not served: = compares, NOT negates")));
            }
            other => return Err(Wrong::new(at + 1, format!("{other:?} has no meaning here: a text is put in quotes"))),
        };
        tokens.push(Token { at: at + 1, is });
        at += length;
    }
    Ok(tokens)
}

/// A text ends at the next quote of its kind; there is no way to write that quote inside of it, since the backslash is not
/// among the characters that a filter may have (northbound contract, parameters of lists).
fn quoted(at: usize, rest: &[char], quote: char) -> Result<(usize, Kind), Wrong> {
    match rest.iter().skip(1).position(|c| *c == quote) {
        Some(length) => Ok((length + 2, Kind::Text(rest[1..=length].iter().collect()))),
        None => Err(Wrong::new(at, format!("the text that begins here has no closing {quote}"))),
    }
}

fn number(at: usize, rest: &[char]) -> Result<(usize, Kind), Wrong> {
    let digits: String = rest.iter().take_while(|c| c.is_ascii_digit()).collect();
    let length = digits.len();
    match rest.get(length) {
        Some(next) if next.is_ascii_alphabetic() || *next == '_' => {
            Err(Wrong::new(at, "a number has digits only: a text is put in quotes"))
        }
        Some('.') => Err(Wrong::new(at, "only whole numbers are known: a text is put in quotes")),
        _ => match digits.parse() {
            Ok(number) => Ok((length, Kind::Number(number))),
            Err(_) => Err(Wrong::new(at, format!("the number is greater than {}", i64::MAX))),
        },
    }
}
