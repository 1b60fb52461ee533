//! Where an OS resource that was found in a source has its image from, and where that is.

use emt_client::{Error, Orchestrator, kinds, models::Os};

use crate::output::{Cell, Tone, word};

/// The image could not be fetched.
pub(super) const FAILED: &str = "IMAGE_STATE_FAILED";

/// What `get` tells of it; nothing of an OS resource that people have published.
pub(super) async fn details(api: &Orchestrator, os: &Os) -> Result<Vec<(&'static str, Cell)>, Error> {
    if os.image_state.is_empty() {
        return Ok(Vec::new());
    }
    let filter = format!("os.resourceId='{}'", os.id);
    let mut offered = Vec::new();
    for offer in api.list(&kinds::OFFERS, &[("filter", filter.as_str())]).await? {
        let offer = offer.data;
        let source = api.get(&kinds::SOURCES, &offer.source).await?.data.name;
        offered.push(match offer.state.as_str() {
            "OS_OFFER_STATE_TAKEN" => source,
            state => format!("{source} ({})", word(state, "OS_OFFER_STATE_")),
        });
    }
    offered.sort();
    let place = place(os, !offered.is_empty());
    let offered = if offered.is_empty() { "none any more".to_owned() } else { offered.join(", ") };
    Ok(vec![("image is", place), ("sources", offered.into())])
}

fn place(os: &Os, has_source: bool) -> Cell {
    match os.image_state.as_str() {
        "IMAGE_STATE_AT_SOURCE" if !has_source => {
            Cell::toned("not here, and no source has it any more: add its source again, or publish it", Tone::Bad)
        }
        "IMAGE_STATE_AT_SOURCE" => "at its source; it is fetched once an instance or a policy needs it".into(),
        "IMAGE_STATE_FETCHING" => Cell::toned("on its way from its source", Tone::Busy),
        "IMAGE_STATE_HERE" => Cell::toned("here", Tone::Good),
        FAILED => Cell::toned(format!("needed, and cannot be fetched: {}; it is tried again", os.image_detail), Tone::Bad),
        other => word(other, "IMAGE_STATE_").into(),
    }
}
