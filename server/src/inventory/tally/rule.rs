//! The conditions of all groups, taken apart into tests of a host and tests of its instance, so that each record is looked at by
//! itself and the outcome of both decides.

use std::sync::LazyLock;

use emt_api::{
    filter::{Expr, Path, Step},
    resources::{HOST, INSTANCE},
};

use super::group::Group;
use crate::store::Glance;

/// What is looked at of hosts and instances, and what each group makes of it.
pub(super) struct Rules {
    pub(super) hosts: Glance,
    pub(super) instances: Glance,
    groups: Vec<Rule>,
}

/// A condition on the outcomes of tests.
enum Rule {
    All(Vec<Rule>),
    Any(Vec<Rule>),
    Not(Box<Rule>),
    /// The test of the host with this bit.
    Host(u16),
    /// The test of its instance with this bit.
    Instance(u16),
}

/// Those of [`Group::ALL`].
pub(super) static RULES: LazyLock<Rules> = LazyLock::new(Rules::new);

impl Rules {
    fn new() -> Self {
        let mut hosts = Glance { spec: &HOST, tests: Vec::new(), links: Vec::new() };
        let mut instances = Glance { spec: &INSTANCE, tests: Vec::new(), links: vec!["host_id", "os_id", "desired_os_id"] };
        let groups = Group::ALL.iter().map(|group| taken_apart(&group.condition(), &mut hosts.tests, &mut instances.tests));
        let groups = groups.collect();
        Self { hosts, instances, groups }
    }

    /// To which groups a host belongs for which these tests of its own and of its instance hold; bit by bit.
    pub(super) fn groups(&self, host: u16, instance: u16) -> u16 {
        let bits = self.groups.iter().enumerate().filter(|(_, rule)| rule.holds(host, instance));
        bits.fold(0, |groups, (bit, _)| groups | 1 << bit)
    }
}

impl Rule {
    fn holds(&self, host: u16, instance: u16) -> bool {
        match self {
            Self::All(all) => all.iter().all(|rule| rule.holds(host, instance)),
            Self::Any(any) => any.iter().any(|rule| rule.holds(host, instance)),
            Self::Not(inner) => !inner.holds(host, instance),
            Self::Host(bit) => host & bit != 0,
            Self::Instance(bit) => instance & bit != 0,
        }
    }
}

fn taken_apart(condition: &Expr, hosts: &mut Vec<Expr>, instances: &mut Vec<Expr>) -> Rule {
    match condition {
        Expr::All(all) => Rule::All(all.iter().map(|part| taken_apart(part, hosts, instances)).collect()),
        Expr::Any(any) => Rule::Any(any.iter().map(|part| taken_apart(part, hosts, instances)).collect()),
        Expr::Not(inner) => Rule::Not(Box::new(taken_apart(inner, hosts, instances))),
        Expr::Test(Path { steps, column }, test) => {
            let own = Expr::Test(Path { steps: Vec::new(), column }, test.clone());
            match steps.as_slice() {
                [] => Rule::Host(bit(own, hosts)),
                // A host has one instance at most: what is asked of any is asked of that one.
                [Step::From { prefix, via: "host_id" }] if *prefix == INSTANCE.prefix => Rule::Instance(bit(own, instances)),
                _ => Rule::Any(Vec::new()),
            }
        }
        // No group asks for it.
        Expr::Has(_) => Rule::Any(Vec::new()),
    }
}

fn bit(test: Expr, tests: &mut Vec<Expr>) -> u16 {
    let at = tests.iter().position(|known| *known == test).unwrap_or(tests.len());
    if at == tests.len() {
        tests.push(test);
    }
    1 << at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_tests_fit_into_the_bits() {
        assert!(RULES.hosts.tests.len() <= 16 && RULES.instances.tests.len() <= 16);
        assert_eq!(RULES.groups(0, 0), 1, "a host of which nothing is known is one of all");
    }
}
