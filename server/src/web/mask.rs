//! What forms carry stands in pages under a mask that is drawn anew for each: pages are packed, and how well they pack must tell
//! nothing of it (BREACH). Up to then a mark stands in its place, so that pages are the same for all who may do the same.

use std::sync::LazyLock;

use crate::{clock::Randomness, identity::is_form_token};

/// Bytes of what forms carry.
const SIZE: usize = 16;

/// Stands in pages where each visitor's own text goes. Nobody who could write it into a page knows it.
pub(super) static MARK: LazyLock<String> = LazyLock::new(|| {
    let mut bytes = [0; SIZE];
    Randomness::System.fill(&mut bytes);
    hex::encode(bytes)
});

/// A page with a visitor's text in all the places that are marked, under a mask.
pub(super) fn filled(page: &str, token: &str, random: &Randomness) -> String {
    let mut mask = [0; SIZE];
    random.fill(&mut mask);
    page.replace(MARK.as_str(), &masked(token, mask))
}

fn masked(token: &str, mask: [u8; SIZE]) -> String {
    let token = hex::decode(token).unwrap_or_default();
    let hidden: Vec<u8> = token.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    hex::encode(mask) + &hex::encode(hidden)
}

/// Whether a form's text comes from a page that the browser with this cookie was shown.
pub(super) fn is_of(cookie: &str, text: &str) -> bool {
    unmasked(text).is_some_and(|token| is_form_token(cookie, &token))
}

/// What stands under the mask; `None` if it cannot come from a page of ours.
fn unmasked(text: &str) -> Option<String> {
    let bytes = hex::decode(text).ok().filter(|bytes| bytes.len() == 2 * SIZE)?;
    let (mask, hidden) = bytes.split_at(SIZE);
    Some(hex::encode(hidden.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect::<Vec<u8>>()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_masked_comes_back(token: [u8; SIZE], mask: [u8; SIZE]) {
            let token = hex::encode(token);
            let text = masked(&token, mask);
            prop_assert_eq!(unmasked(&text), Some(token.clone()));
            prop_assert!(mask == [0; SIZE] || !text.contains(&token));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,70}") {
            let _ = unmasked(&text);
        }
    }

    #[test]
    fn all_marks_are_filled_each_time_otherwise() {
        let page = format!("<a>{0}</a><b>{0}</b>", *MARK);
        let pages = [(); 2].map(|()| filled(&page, &"ab".repeat(SIZE), &Randomness::System));
        assert!(pages.iter().all(|page| !page.contains(MARK.as_str())) && pages[0] != pages[1]);
    }
}
