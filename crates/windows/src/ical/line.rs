//! Content lines: folded at 75 octets, `NAME;PARAMETER=VALUE:VALUE`.

use super::IcalError;

/// Most octets of a line as it is written.
const WIDTH: usize = 75;

/// A content line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Where it begins, from 1.
    pub(super) number: usize,
    /// In capitals.
    pub(super) name: String,
    /// Names in capitals.
    pub(super) parameters: Vec<(String, String)>,
    pub(super) value: String,
}

impl Line {
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn wrong(&self, why: impl Into<String>) -> IcalError {
        IcalError { line: self.number, property: self.name.clone(), why: why.into() }
    }
}

/// Reads all lines of a text, unfolded.
pub(super) fn read(text: &str) -> Result<Vec<Line>, IcalError> {
    let mut whole: Vec<(usize, String)> = Vec::new();
    for (number, line) in (1..).zip(text.split('\n')) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match (line.strip_prefix([' ', '\t']), whole.last_mut()) {
            (Some(rest), Some((_, before))) => before.push_str(rest),
            _ if line.is_empty() => {}
            _ => whole.push((number, line.to_owned())),
        }
    }
    whole.into_iter().map(|(number, text)| parse(number, &text)).collect()
}

fn parse(number: usize, text: &str) -> Result<Line, IcalError> {
    let wrong = |why: &str| IcalError { line: number, property: text.chars().take(40).collect(), why: why.to_owned() };
    let mut quoted = false;
    let mut parts = Vec::new();
    let mut begin = 0;
    let mut value = None;
    for (at, letter) in text.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            ';' | ':' if !quoted => {
                parts.push(&text[begin..at]);
                begin = at + 1;
                if letter == ':' {
                    value = Some(&text[begin..]);
                    break;
                }
            }
            _ => {}
        }
    }
    let value = value.ok_or_else(|| wrong("is no property: a colon is missing"))?;
    let mut parts = parts.into_iter();
    let name = parts.next().unwrap_or_default();
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(wrong("is no property: its name has other characters than letters, digits and -"));
    }
    let parameters = parts
        .map(|part| {
            let (name, value) = part.split_once('=').ok_or_else(|| wrong("has a parameter without a value"))?;
            Ok((name.to_ascii_uppercase(), value.trim_matches('"').to_owned()))
        })
        .collect::<Result<_, IcalError>>()?;
    Ok(Line { number, name: name.to_ascii_uppercase(), parameters, value: value.to_owned() })
}

/// Writes a line, folded.
pub(super) fn write(out: &mut String, line: &str) {
    let mut width = 0;
    for letter in line.chars() {
        if width + letter.len_utf8() > WIDTH {
            out.push_str("\r\n ");
            width = 1;
        }
        out.push(letter);
        width += letter.len_utf8();
    }
    out.push_str("\r\n");
}

/// A text as a value.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | ';' | ',' => out.extend(['\\', letter]),
            '\n' => out.push_str("\\n"),
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

/// A value as a text.
pub(super) fn unescaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n' | 'N') => out.push('\n'),
                Some(other) => out.push(other),
                None => {}
            },
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines() {
        let read = read("BEGIN:VEVENT\r\nX-A;P=1;Q=\"a:b;c\":va\r\n lue\n\tgoes on\r\n\r\nEND:VEVENT").unwrap();
        assert_eq!(read.len(), 3);
        assert_eq!((read[1].number, read[1].value.as_str(), read[1].parameter("Q")), (2, "valuegoes on", Some("a:b;c")));
        for text in ["no colon", ":", "A B:c", "A;B:c", ";A=B:c"] {
            assert!(super::read(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(text in "[ -~äß漢\\n]{0,300}") {
            let mut out = String::new();
            write(&mut out, &format!("SUMMARY:{}", escaped(&text)));
            prop_assert!(out.split("\r\n").all(|line| line.len() <= WIDTH));
            prop_assert_eq!(unescaped(&read(&out).unwrap()[0].value), text);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}|[A-Z:;=\"\\r\\n ]{0,80}") {
            let _ = read(&text);
        }
    }
}
