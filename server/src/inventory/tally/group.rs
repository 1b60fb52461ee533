//! Groups of hosts that are counted, each by a condition that lists of hosts take as well.

use emt_api::{
    enums::InstanceState,
    filter::{Expr, Path, Step, Test},
    status,
    value::Value,
};

use super::super::host_summary::failed_hosts;

/// Hosts that people look for first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
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
    /// It stands at no site.
    Unallocated,
}

impl Group {
    /// All of them, in the order of their declaration.
    pub const ALL: [Self; 7] =
        [Self::All, Self::Available, Self::Updating, Self::Failing, Self::Silent, Self::Running, Self::Unallocated];

    /// Which hosts belong to it.
    pub fn condition(self) -> Expr {
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
            Self::Unallocated => Expr::is("site_id", Value::Null),
        }
    }
}

/// A condition on what is installed on a host.
fn of_instance(column: &'static str, test: Test) -> Expr {
    Expr::Test(Path { steps: vec![Step::From { prefix: "inst", via: "host_id" }], column }, test)
}
