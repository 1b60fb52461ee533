//! Filters that narrow a look-up at the server. What comes back is compared again here, since servers match parts of texts.

use emt_api::filter::syntax::LONGEST;

/// Characters that servers take in a filter beside letters and digits.
const TAKEN: &str = "-_.,:/=*(){}\"' ";

/// The condition that one of these fields contains a text. Nothing if no filter can say it: then all have to be looked at.
pub(crate) fn any_contains(fields: &[&str], text: &str) -> Option<String> {
    let taken = text.chars().all(|c| c.is_ascii_alphanumeric() || TAKEN.contains(c));
    let quote = match (text.contains('\''), text.contains('"')) {
        (false, _) => '\'',
        (true, false) => '"',
        (true, true) => return None,
    };
    let alternatives: Vec<String> = fields.iter().map(|field| format!("{field}={quote}{text}{quote}")).collect();
    let filter = alternatives.join(" OR ");
    (taken && !text.is_empty() && !fields.is_empty() && filter.len() <= LONGEST).then_some(filter)
}

#[cfg(test)]
mod tests {
    use emt_api::filter::filter;

    use super::*;

    #[test]
    fn what_can_be_said_is_a_filter_that_servers_take() {
        let long = "x".repeat(LONGEST);
        for (text, expected) in [
            ("edge-01", Some("name='edge-01' OR uuid='edge-01'")),
            ("o'neil", Some("name=\"o'neil\" OR uuid=\"o'neil\"")),
            ("a\"b", Some("name='a\"b' OR uuid='a\"b'")),
            ("a'b\"c", None),
            ("50%", None),
            ("münchen", None),
            ("", None),
            (&long, None),
        ] {
            let said = any_contains(&["name", "uuid"], text);
            assert_eq!(said.as_deref(), expected, "{text}");
            assert!(said.is_none_or(|said| filter(&emt_api::resources::HOST, &said).is_ok()), "{text}");
        }
    }
}
