//! Views of the hosts that people look at first: their conditions, and how many hosts are in each.

use emt_api::{
    enums::InstanceState,
    filter::{Expr, Path, Step, Test},
    resources::HOST,
    status,
    value::Value,
};

use super::Failure;
use crate::{
    inventory::failed_hosts,
    store::{Query, Store},
};

/// A view of the hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// All.
    All,
    /// Something newer can be installed.
    Available,
    /// An update is being installed, or fetched.
    Updating,
    /// Some status is an error.
    Failing,
    /// Nothing is heard of it.
    Silent,
    /// What is installed runs, and no status is an error.
    Running,
}

impl View {
    /// All, in the order in which they are shown.
    pub(super) const ALL: [Self; 6] = [Self::All, Self::Available, Self::Updating, Self::Failing, Self::Silent, Self::Running];

    /// Word in addresses.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Available => "available",
            Self::Updating => "updating",
            Self::Failing => "failing",
            Self::Silent => "not-connected",
            Self::Running => "running",
        }
    }

    /// What people read.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::All => "All hosts",
            Self::Available => "Update available",
            Self::Updating => "Updating",
            Self::Failing => "Failing",
            Self::Silent => "Not connected",
            Self::Running => "Running",
        }
    }

    /// How its number is shown if it is not 0.
    pub(super) const fn tone(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Available | Self::Updating => "busy",
            Self::Failing => "bad",
            Self::Silent => "off",
            Self::Running => "good",
        }
    }

    /// The view of a word; all for any other.
    pub(super) fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|view| view.word() == word).unwrap_or(Self::All)
    }

    /// The condition.
    pub(super) fn condition(self) -> Expr {
        match self {
            Self::All => Expr::everything(),
            Self::Available => of_instance("os_update_available", Test::After(String::new())),
            Self::Updating => {
                let words = ["Downloading artifacts", "Download complete", status::UPDATING.0];
                of_instance("update_status", Test::In(words.map(Value::from).to_vec()))
            }
            Self::Failing => failed_hosts(),
            Self::Silent => {
                let words = [status::NO_CONNECTION.0, status::NOT_CONNECTED.0];
                Expr::is_in("host_status", words.map(Value::from))
            }
            Self::Running => {
                let runs = of_instance("current_state", Test::Is(Value::Int(InstanceState::Running as i64)));
                runs.and(Expr::Not(Box::new(failed_hosts())))
            }
        }
    }
}

/// A condition on what is installed on a host.
fn of_instance(column: &'static str, test: Test) -> Expr {
    Expr::Test(Path { steps: vec![Step::From { prefix: "inst", via: "host_id" }], column }, test)
}

/// A number with a way to what it counts.
pub(super) struct Count {
    pub(super) view: View,
    pub(super) number: u64,
}

/// How many hosts are in each view.
pub(super) async fn counts(store: &dyn Store, project: &str) -> Result<Vec<Count>, Failure> {
    let mut counts = Vec::with_capacity(View::ALL.len());
    for view in View::ALL {
        let query = Query { count: true, ..Query::all(&HOST, project).filter(view.condition()).limit(0) };
        counts.push(Count { view, number: store.find(query).await?.total });
    }
    Ok(counts)
}
