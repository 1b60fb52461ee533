//! `--filter` and `--order-by` of lists. The server reads both, so that they mean what its API says.

/// Which records a list has, and in which order.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Choice {
    /// Only those for which this holds, such as "name='edge' AND has(site)"
    #[arg(long, value_name = "FILTER", allow_hyphen_values = true)]
    filter: Option<String>,
    /// Sort by these fields, such as "name desc"
    #[arg(long, value_name = "FIELDS")]
    order_by: Option<String>,
}

impl Choice {
    /// As parameters of a query.
    pub(crate) fn query(&self) -> Vec<(&str, &str)> {
        let filter = self.filter.as_deref().map(|filter| ("filter", filter));
        filter.into_iter().chain(self.order_by.as_deref().map(|order| ("orderBy", order))).collect()
    }

    /// Whether some records may be left out.
    pub(crate) fn is_filtered(&self) -> bool {
        self.filter.is_some()
    }

    /// Whether the answer's order is what was asked for.
    pub(crate) fn is_ordered(&self) -> bool {
        self.order_by.is_some()
    }

    /// What to say of a list without records.
    pub(crate) fn none<'a>(&self, none_at_all: &'a str) -> &'a str {
        if self.filter.is_some() { "nothing fits the filter" } else { none_at_all }
    }
}
