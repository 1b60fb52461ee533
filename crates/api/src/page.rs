//! Query parameters that all lists share.

use crate::{
    error::ApiError,
    filter::syntax::LONGEST,
    input::{check_text, matches},
};

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Paging {
    /// Most records; none given: all.
    pub size: Option<u64>,
    /// Matches to leave out.
    pub offset: u64,
}

impl Paging {
    /// Reads `pageSize` (1 to 100) and `offset` (0 to 10000).
    pub fn read(parameters: &[(String, String)]) -> Result<Self, ApiError> {
        Ok(Self { size: number(parameters, "pageSize", 1, 100)?, offset: number(parameters, "offset", 0, 10_000)?.unwrap_or(0) })
    }

    /// Whether matches are left after `returned` of `total`.
    pub fn has_next(&self, returned: usize, total: u64) -> bool {
        self.offset + (returned as u64) < total
    }
}

/// Characters that a parameter may have (northbound contract, parameters of lists).
#[derive(Debug)]
pub struct Characters {
    /// As a regular expression, which fits a text if it fits each of its characters.
    pub pattern: &'static str,
    /// The same in words, and what to write instead of others.
    words: &'static str,
}

/// Characters of `filter`.
pub const FILTER: Characters = Characters {
    pattern: r#"^[a-zA-Z-_0-9.,:/=*(){}"' ]+$"#,
    words: "a filter has letters, digits, blanks and any of -_.,:/=*(){}\"'; = compares, NOT negates",
};
/// Characters of `orderBy`.
pub const ORDER: Characters = Characters {
    pattern: r"^[a-zA-Z-_0-9., ]+$",
    words: "an order has letters, digits, blanks and any of -_.,; asc or desc follows a field's name",
};

impl Characters {
    /// Names the first character that does not belong.
    fn check(&self, text: &str) -> Result<(), String> {
        let foreign = text.chars().zip(1..).find(|(c, _)| !matches(self.pattern, c.encode_utf8(&mut [0; 4])));
        foreign.map_or(Ok(()), |(c, at)| Err(format!("{c:?} at character {at} is not allowed: {}", self.words)))
    }
}

/// Which records a list has, and in which order, as the request words it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Choice<'a> {
    /// `filter`.
    pub filter: Option<&'a str>,
    /// `orderBy`.
    pub order_by: Option<&'a str>,
}

impl<'a> Choice<'a> {
    /// Reads `orderBy` and `filter`.
    pub fn read(parameters: &'a [(String, String)]) -> Result<Self, ApiError> {
        let order_by = Self::order_only(parameters)?.order_by;
        Ok(Self { order_by, ..Self::filter_only(parameters)? })
    }

    /// Reads `filter` where there is nothing to sort.
    pub fn filter_only(parameters: &'a [(String, String)]) -> Result<Self, ApiError> {
        Ok(Self { filter: text(parameters, "filter", &FILTER)?, order_by: None })
    }

    /// Reads `orderBy` of lists that take no filter.
    pub fn order_only(parameters: &'a [(String, String)]) -> Result<Self, ApiError> {
        Ok(Self { filter: None, order_by: text(parameters, "orderBy", &ORDER)? })
    }
}

/// A text of at most 1000 characters out of those that the contract allows.
fn text<'a>(parameters: &'a [(String, String)], name: &str, allowed: &Characters) -> Result<Option<&'a str>, ApiError> {
    let text = parameter(parameters, name)?;
    let checked = text.map_or(Ok(()), |text| check_text(text, 0, LONGEST, "").and_then(|()| allowed.check(text)));
    checked.map_err(|what| wrong_parameter(name, what))?;
    Ok(text)
}

/// What is wrong with a query parameter.
pub fn wrong_parameter(name: &str, what: impl std::fmt::Display) -> ApiError {
    ApiError::schema(format!("parameter \"{name}\" in query has an error: {what}"))
}

/// The value of a query parameter. One that is there but empty is an error, as is one given twice.
pub fn parameter<'a>(parameters: &'a [(String, String)], name: &str) -> Result<Option<&'a str>, ApiError> {
    let mut found = parameters.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let value = found.next();
    if value == Some("") {
        return Err(wrong_parameter(name, "empty value is not allowed"));
    }
    if found.next().is_some() {
        return Err(wrong_parameter(name, "it is there twice"));
    }
    Ok(value)
}

fn number(parameters: &[(String, String)], name: &str, min: u64, max: u64) -> Result<Option<u64>, ApiError> {
    let Some(text) = parameter(parameters, name)? else { return Ok(None) };
    let wrong = |what: &str| wrong_parameter(name, what);
    let number: i64 = text.parse().map_err(|_| wrong("an integer is needed"))?;
    let number = u64::try_from(number).map_err(|_| wrong(&format!("minimum is {min}")))?;
    if number < min {
        return Err(wrong(&format!("minimum is {min}")));
    }
    if number > max {
        return Err(wrong(&format!("maximum is {max}")));
    }
    Ok(Some(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_and_orders_have_their_characters_and_length() {
        let longest = "a".repeat(1000);
        let longer = "a".repeat(1001);
        for (name, value, passes) in [
            ("filter", r#"a-Z_0.,:/=*(){}"' "#, true),
            ("filter", "name~.*", false),
            ("filter", "a!='b'", false),
            ("filter", "a<1", false),
            ("filter", "a>1", false),
            ("filter", "a='50%'", false),
            ("filter", r"a='\\'", false),
            ("filter", "a='ä'", false),
            ("filter", "a='\n'", false),
            ("filter", "", false),
            ("filter", &longest, true),
            ("filter", &longer, false),
            ("orderBy", "name desc, start_time", true),
            ("orderBy", "name;drop", false),
            ("orderBy", "", false),
            ("orderBy", &longer, false),
        ] {
            let query = [(name.to_owned(), value.to_owned())];
            match Choice::read(&query) {
                Ok(choice) => assert!(passes && choice.filter.or(choice.order_by) == Some(value), "{value}"),
                Err(error) => assert!(!passes && error.status == 400 && error.code.is_none(), "{value}: {error}"),
            }
        }
    }

    #[test]
    fn the_first_character_that_is_not_allowed_is_named() {
        for (name, value, says) in [
            ("filter", "name!='a'", "'!' at character 5 is not allowed: a filter has letters, digits"),
            ("filter", "name='\u{e4}%'", "'\u{e4}' at character 7"),
            ("filter", "a='\n'", "'\\n' at character 4"),
            ("orderBy", "name;drop", "';' at character 5 is not allowed: an order has letters, digits"),
        ] {
            let text = Choice::read(&[(name.to_owned(), value.to_owned())]).unwrap_err().to_string();
            assert!(text.contains(says) && text.contains(name), "{value}: {text}");
        }
    }

    #[test]
    fn limits_are_the_contracts() {
        let read = |query: &[(&str, &str)]| {
            let owned: Vec<_> = query.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            Paging::read(&owned)
        };
        assert_eq!(read(&[]).unwrap(), Paging { size: None, offset: 0 });
        assert_eq!(read(&[("pageSize", "100"), ("offset", "10000")]).unwrap(), Paging { size: Some(100), offset: 10_000 });
        for bad in
            [("pageSize", "0"), ("pageSize", "101"), ("pageSize", ""), ("pageSize", "x"), ("offset", "-1"), ("offset", "10001")]
        {
            assert_eq!(read(&[bad]).unwrap_err().status, 400, "{bad:?}");
        }
        let paging = Paging { size: Some(2), offset: 2 };
        assert!(paging.has_next(2, 5));
        assert!(!paging.has_next(2, 4));
    }
}
