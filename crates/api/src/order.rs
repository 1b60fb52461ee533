//! `orderBy`: what a list is sorted by.

use crate::{
    error::ApiError,
    filter::{CREATED_AT, RESOURCE_ID, UPDATED_AT, snake},
    spec::Spec,
};

/// Columns to sort by, each with "descending". Ties, and a list that is sorted by nothing, go by id.
pub type Order = Vec<(&'static str, bool)>;

/// Reads a list of columns, each alone or followed by `asc` or `desc`; names as filters know them, without links.
/// Texts of errors are those of the contract.
pub fn order(spec: &'static Spec, text: &str) -> Result<Order, ApiError> {
    let mut order = Order::new();
    for item in text.split(',') {
        let item = item.trim();
        if item.is_empty() {
            return Err(ApiError::invalid("empty `order_by` field"));
        }
        let (name, descending) = match item.rsplit_once(' ') {
            Some((name, "asc")) => (name, false),
            Some((name, "desc")) => (name, true),
            _ => (item, false),
        };
        let name = snake(name);
        let column = column(spec, &name).ok_or_else(|| ApiError::invalid(format!("unknown column `{name}`")))?;
        if !order.iter().any(|(known, _)| *known == column) {
            order.push((column, descending));
        }
    }
    Ok(order)
}

fn column(spec: &'static Spec, name: &str) -> Option<&'static str> {
    crate::filter::is_column(spec, name).then(|| {
        let own = [RESOURCE_ID, CREATED_AT, UPDATED_AT].into_iter();
        own.chain(spec.fields.iter().map(|field| field.column)).find(|column| *column == name)
    })?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::{HOST, OS, OS_UPDATE_RUN};

    #[test]
    fn columns_alone_or_with_a_direction() {
        for (spec, text, expected) in [
            (&OS, "name", Ok(vec![("name", false)])),
            (&OS, "Name", Ok(vec![("name", false)])),
            (&OS, "name desc", Ok(vec![("name", true)])),
            (&OS, "profile_name asc, imageId desc", Ok(vec![("profile_name", false), ("image_id", true)])),
            (&OS, "name,name desc", Ok(vec![("name", false)])),
            (&OS_UPDATE_RUN, "startTime desc", Ok(vec![("start_time", true)])),
            (&OS, "createdAt,resourceId", Ok(vec![("created_at", false), ("resource_id", false)])),
            (&OS, "colour", Err("unknown column `colour`")),
            (&OS, "osColour", Err("unknown column `os_colour`")),
            (&OS, "name ASC", Err("unknown column `name_asc`")),
            (&OS, "name  desc ,sha256", Ok(vec![("name", true), ("sha256", false)])),
            (&OS, "desc", Err("unknown column `desc`")),
            (&OS, "name,", Err("empty `order_by` field")),
            (&OS, ",", Err("empty `order_by` field")),
            (&OS, " ", Err("empty `order_by` field")),
            (&HOST, "site.name", Err("unknown column `site.name`")),
            (&HOST, "siteId", Err("unknown column `site_id`")),
            (&HOST, "hostNics", Err("unknown column `host_nics`")),
            (&HOST, "lastSeen", Err("unknown column `last_seen`")),
        ] {
            assert_eq!(order(spec, text).map_err(|error| error.message), expected.map_err(str::to_owned), "{text}");
        }
    }
}
