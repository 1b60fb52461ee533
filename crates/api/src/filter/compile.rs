//! A filter's syntax tree, held against a resource's declaration.

use super::{
    Expr, Path, RESOURCE_ID, Step, Test, Wrong,
    names::{Column, End, Holds, camel, nearest, snake},
    syntax::{Constant, Literal, Name, Node, parse},
};
use crate::{
    error::ApiError,
    id,
    resources::JOINS,
    spec::{Edge, Spec},
    value::Value,
};

/// Most links that a path may follow (northbound contract, filters).
pub const MOST_LINKS: usize = 5;

/// A filter on a resource: its condition, or 400 `InvalidArgument` with what is wrong and where.
pub fn filter(spec: &'static Spec, text: &str) -> Result<Expr, ApiError> {
    let compiled = parse(text).and_then(|node| condition(spec, &node));
    compiled.map_err(|wrong| ApiError::invalid(format!("filter has an error at character {}: {}", wrong.at, wrong.what)))
}

fn condition(spec: &'static Spec, node: &Node) -> Result<Expr, Wrong> {
    let all = |nodes: &[Node]| nodes.iter().map(|node| condition(spec, node)).collect::<Result<Vec<_>, _>>();
    Ok(match node {
        Node::And(nodes) => Expr::All(all(nodes)?),
        Node::Or(nodes) => any(all(nodes)?),
        Node::Not(inner) => Expr::Not(Box::new(condition(spec, inner)?)),
        Node::Has(name) => Expr::Has(has(steps(spec, name, &name.parts)?.0)),
        Node::Equals(name, literal) => equals(spec, name, literal)?,
    })
}

/// Alternatives for the same value are one look-up.
fn any(parts: Vec<Expr>) -> Expr {
    let mut merged: Vec<Expr> = Vec::with_capacity(parts.len());
    for part in parts {
        if let Expr::Test(path, Test::Is(value)) = &part
            && let Some(known) = merged.iter_mut().find_map(|known| looked_up(known, path))
        {
            known.push(value.clone());
            continue;
        }
        merged.push(match part {
            Expr::Test(path, Test::Is(value)) => Expr::Test(path, Test::In(vec![value])),
            other => other,
        });
    }
    for part in &mut merged {
        if let Expr::Test(_, test) = part
            && let Test::In(values) = test
            && let [value] = values.as_slice()
        {
            *test = Test::Is(value.clone());
        }
    }
    if merged.len() == 1 { merged.remove(0) } else { Expr::Any(merged) }
}

/// The values that a condition looks up behind this path.
fn looked_up<'a>(condition: &'a mut Expr, path: &Path) -> Option<&'a mut Vec<Value>> {
    match condition {
        Expr::Test(known, Test::In(values)) if known == path => Some(values),
        _ => None,
    }
}

/// What stands for one link of a list leads somewhere as long as it is there.
fn has(mut steps: Vec<Step>) -> Vec<Step> {
    if let [.., Step::From { prefix, .. }, Step::To(_)] = steps.as_slice()
        && JOINS.iter().any(|join| join.prefix == *prefix)
    {
        steps.pop();
    }
    steps
}

/// Follows links.
fn steps(spec: &'static Spec, name: &Name, links: &[String]) -> Result<(Vec<Step>, End), Wrong> {
    if links.len() > MOST_LINKS {
        return Err(Wrong::new(name.at, format!("{name} follows more than {MOST_LINKS} links")));
    }
    let mut at = End::Record(spec);
    let mut steps = Vec::with_capacity(links.len());
    for link in links {
        let known = snake(link);
        let Some((along, end)) = at.link(&known) else {
            let what = if at.column(&known).is_some() {
                format!("{link} of {} is no link", at.told())
            } else {
                unknown(at, link, &known, "link", &at.links())
            };
            return Err(Wrong::new(name.at, what));
        };
        steps.extend(along);
        at = end;
    }
    Ok((steps, at))
}

fn unknown(at: End, written: &str, known: &str, what: &str, names: &[String]) -> String {
    let hint = match nearest(known, names.iter().cloned()) {
        Some(near) => format!("; did you mean {}?", camel(&near)),
        None if names.is_empty() => String::new(),
        None => format!("; there are {}", names.iter().map(|name| camel(name)).collect::<Vec<_>>().join(", ")),
    };
    format!("{} has no {what} {written}{hint}", at.told())
}

fn equals(spec: &'static Spec, name: &Name, literal: &Literal) -> Result<Expr, Wrong> {
    let Some((last, links)) = name.parts.split_last() else { return Ok(Expr::everything()) };
    let (mut steps, end) = steps(spec, name, links)?;
    let known = snake(last);
    let Some(column) = end.column(&known) else {
        let what = if end.link(&known).is_some() {
            format!("{name} is a link: compare {name}.resourceId, or ask has({name})")
        } else {
            unknown(end, last, &known, "field", &end.columns())
        };
        return Err(Wrong::new(name.at, what));
    };
    let (mut column, test) = test(end, column, literal)?;
    // The id of what a link leads to is in the link itself.
    if column == RESOURCE_ID
        && matches!(test, Test::Is(_))
        && let Some(Step::To(link)) = steps.last().copied()
    {
        steps.pop();
        column = link;
    }
    Ok(Expr::Test(Path { steps, column }, test))
}

/// The column to look at and the test, as what the column holds demands it.
fn test(end: End, column: Column, literal: &Literal) -> Result<(&'static str, Test), Wrong> {
    let wrong = |what: &str| Err(Wrong::new(literal.at, format!("{}: {what}", camel(column.name))));
    let test = match (column.ty, &literal.is) {
        (Holds::Id | Holds::Text, Constant::Text(text)) => return Ok(text_test(end, column, text)),
        (Holds::Id | Holds::Text, Constant::Word(word)) => return wrong(&format!("a text is put in quotes: '{word}'")),
        (Holds::Id | Holds::Text, Constant::Number(number)) => {
            return wrong(&format!("a text is put in quotes: '{number}'"));
        }
        (Holds::Number, Constant::Number(number)) => Test::Is(Value::Int(*number)),
        (Holds::Number, _) => return wrong("a whole number without quotes is needed"),
        (Holds::Bool, Constant::Word(word)) if word == "true" => Test::Is(Value::Int(1)),
        (Holds::Bool, Constant::Word(word)) if word == "false" => Test::Is(Value::Int(0)),
        (Holds::Bool, _) => return wrong("true or false is needed"),
        (Holds::Time, Constant::Text(text)) => match text.parse::<jiff::Timestamp>() {
            Ok(time) if time.subsec_nanosecond() % 1_000_000 == 0 => Test::Is(Value::Int(time.as_millisecond())),
            _ => return wrong("a whole time as answers show it is needed, such as '2026-06-01T10:00:00.123Z'"),
        },
        (Holds::Time, _) => return wrong("a time in quotes is needed, such as '2026-06-01T10:00:00.123Z'"),
        (Holds::Enum(names), Constant::Word(word)) => {
            let Some(number) = names.number(word) else {
                let known: Vec<&str> = names.variants.iter().map(|(name, _)| *name).collect();
                return wrong(&format!("{word} is not one of {}", known.join(", ")));
            };
            Test::Is(Value::Int(number))
        }
        (Holds::Enum(names), _) => {
            let example = names.variants.last().map_or("", |(name, _)| name);
            return wrong(&format!("one of its names is needed, whole and without quotes, such as {example}"));
        }
    };
    Ok((column.name, test))
}

/// Texts are contained, without regard to case. What can only be contained as a whole is looked up.
fn text_test(end: End, column: Column, text: &str) -> (&'static str, Test) {
    if text.is_empty() {
        return (column.name, Test::Empty);
    }
    if let End::Record(spec) = end {
        let lower = text.to_ascii_lowercase();
        if matches!(column.ty, Holds::Id) && id::is(&lower, spec.id_prefix()) {
            return (column.name, Test::Is(Value::Text(lower)));
        }
        let key = spec.edges.iter().find_map(|edge| match edge {
            Edge::Key { of, key } if *of == column.name => Some(*key),
            _ => None,
        });
        if let Some(key) = key.filter(|_| id::is_uuid(text)) {
            return (key, Test::Is(Value::Text(lower)));
        }
    }
    (column.name, Test::Like(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::{
        CUSTOM_CONFIG, HOST, INSTANCE, OS, OS_UPDATE_POLICY, OS_UPDATE_RUN, PROVIDER, REGION, SITE, WORKLOAD,
    };

    fn own(column: &'static str, test: Test) -> Expr {
        Expr::Test(Path { steps: Vec::new(), column }, test)
    }

    fn along(steps: &[Step], column: &'static str, test: Test) -> Expr {
        Expr::Test(Path { steps: steps.to_vec(), column }, test)
    }

    fn like(text: &str) -> Test {
        Test::Like(text.to_owned())
    }

    #[test]
    fn filters_of_clients_become_conditions() {
        const UUID: &str = "4C4C4544-0035-3010-8052-b4c04f4a4d32";
        const PARENT: Step = Step::To("parent_region_id");
        let instance = Step::From { prefix: "inst", via: "host_id" };
        let member = Step::From { prefix: "workloadmember", via: "instance_id" };
        let of_workload = Step::From { prefix: "workloadmember", via: "workload_id" };
        let joined = Step::From { prefix: "instanceconfig", via: "instance_id" };
        let site = Expr::Has(vec![Step::To("site_id")]);
        for (spec, text, expected) in [
            (&HOST, r#"name="edge-01""#, own("name", like("edge-01"))),
            (&HOST, "hostStatus='onboarded'", own("host_status", like("onboarded"))),
            (&HOST, "hostStatus=''", own("host_status", Test::Empty)),
            (&HOST, "site.resourceId='site-1234abcd'", own("site_id", Test::Is("site-1234abcd".into()))),
            (&HOST, "site.resourceId='SITE-1234ABCD'", own("site_id", Test::Is("site-1234abcd".into()))),
            (&HOST, "site.resourceId='site-12'", along(&[Step::To("site_id")], "resource_id", like("site-12"))),
            (&HOST, "resourceId='host-0000000a'", own("resource_id", Test::Is("host-0000000a".into()))),
            (&HOST, "resourceId='os-0000000a'", own("resource_id", like("os-0000000a"))),
            (&HOST, &format!("uuid='{UUID}'"), own("uuid_key", Test::Is(UUID.to_lowercase().into()))),
            (&HOST, "uuid='4c4c'", own("uuid", like("4c4c"))),
            (
                &HOST,
                "currentState=HOST_STATE_REGISTERED OR currentState=HOST_STATE_UNSPECIFIED",
                own("current_state", Test::In(vec![5.into(), 0.into()])),
            ),
            (
                &HOST,
                "site.resourceId='site-0000000a' OR site.resource_id='site-0000000b' OR note='x'",
                Expr::Any(vec![
                    own("site_id", Test::In(vec!["site-0000000a".into(), "site-0000000b".into()])),
                    own("note", like("x")),
                ]),
            ),
            (
                &HOST,
                "has(site) AND NOT has(instance)",
                Expr::All(vec![site.clone(), Expr::Not(Box::new(Expr::Has(vec![instance])))]),
            ),
            (&HOST, "-has(site)", Expr::Not(Box::new(site))),
            (&HOST, "instance.os.name='emt'", along(&[instance, Step::To("os_id")], "name", like("emt"))),
            (&HOST, "instance.osUpdatePolicy.name='p'", along(&[instance, Step::To("os_update_policy_id")], "name", like("p"))),
            (&HOST, "hostNics.macAddr='aa:bb'", along(&[Step::Into("host_nics")], "macAddr", like("aa:bb"))),
            (&HOST, "host_nics.sriov_enabled=true", along(&[Step::Into("host_nics")], "sriovEnabled", Test::Is(1.into()))),
            (&HOST, "has(host_gpus)", Expr::Has(vec![Step::Into("host_gpus")])),
            (&HOST, "memoryBytes=17179869184", own("memory_bytes", Test::Is(17_179_869_184.into()))),
            (&HOST, r#"metadata='"key":"city","value":"munich"'"#, own("metadata", like(r#""key":"city","value":"munich""#))),
            (&HOST, "createdAt='2026-06-01T10:00:00.123Z'", own("created_at", Test::Is(1_780_308_000_123.into()))),
            (
                &SITE,
                "region.parent_region.parentRegion.resource_id='region-00000001'",
                along(&[Step::To("region_id"), PARENT], "parent_region_id", Test::Is("region-00000001".into())),
            ),
            (&SITE, "siteLat=-481374000", own("site_lat", Test::Is((-481_374_000).into()))),
            (&REGION, "has(children)", Expr::Has(vec![Step::From { prefix: "region", via: "parent_region_id" }])),
            (&OS, "osType=OS_TYPE_IMMUTABLE", own("os_type", Test::Is(2.into()))),
            (&OS, "osType=OPERATING_SYSTEM_TYPE_IMMUTABLE", own("os_type", Test::Is(2.into()))),
            (&OS_UPDATE_RUN, r#"instance.resourceId="inst-0000000a""#, own("instance_id", Test::Is("inst-0000000a".into()))),
            (&HOST, "has(instance.workloadMembers)", Expr::Has(vec![instance, member])),
            (&HOST, "provider.resourceId='provider-0000000a'", own("provider_id", Test::Is("provider-0000000a".into()))),
            (
                &WORKLOAD,
                "members.instance.host.name='edge' AND currentState=WORKLOAD_STATE_ERROR",
                Expr::All(vec![
                    along(&[of_workload, Step::To("instance_id"), Step::To("host_id")], "name", like("edge")),
                    own("current_state", Test::Is(1.into())),
                ]),
            ),
            (&INSTANCE, "has(customConfig)", Expr::Has(vec![joined])),
            (
                &INSTANCE,
                "custom_config.resourceId='customconfig-0000000a'",
                along(&[joined], "custom_config_id", Test::Is("customconfig-0000000a".into())),
            ),
            (&INSTANCE, "localaccount.username='root'", along(&[Step::To("local_account_id")], "username", like("root"))),
            (
                &CUSTOM_CONFIG,
                "has(instances.host)",
                Expr::Has(vec![
                    Step::From { prefix: "instanceconfig", via: "custom_config_id" },
                    Step::To("instance_id"),
                    Step::To("host_id"),
                ]),
            ),
            (&OS_UPDATE_POLICY, "updateSources='deb'", own("update_sources", like("deb"))),
            (&INSTANCE, "host.resourceId='host-0000000a'", own("host_id", Test::Is("host-0000000a".into()))),
        ] {
            assert_eq!(filter(spec, text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let deep = "a.b.c.d.e.f.name='x'";
        for (spec, text, expected) in [
            (&OS, "", "character 1: a condition such as"),
            (&OS, "name=abc", "character 6: name: a text is put in quotes: 'abc'"),
            (&OS, "osType='OS_TYPE_IMMUTABLE'", "character 8: osType: one of its names is needed, whole and without quotes"),
            (&OS, "osType=IMMUTABLE", "IMMUTABLE is not one of OS_TYPE_UNSPECIFIED, OS_TYPE_MUTABLE, OS_TYPE_IMMUTABLE"),
            (&OS, "osType=2", "one of its names is needed"),
            (&OS, "NOT NOT name='x'", "character 5: NOT cannot follow NOT"),
            (&OS, "has(name)", "character 5: name of os is no link"),
            (&OS, "has(colour)", "os has no link colour"),
            (&HOST, "has(sites)", "host has no link sites; did you mean site?"),
            (&OS, "name:'x'", "character 5: the operator : is not served"),
            (&OS, "name=null", "a text is put in quotes"),
            (&OS, "name='a' and name='b'", "character 10: AND, OR and NOT are written in capitals"),
            (&OS, "not name='a'", "not is no condition"),
            (&OS, "true", "true is no condition"),
            (&OS, "createdAt='yesterday'", "a whole time as answers show it is needed"),
            (&OS, "createdAt=5", "a time in quotes is needed"),
            (&OS, "repoUrl='x'", "os has no field repoUrl"),
            (&OS, "osID='x'", "os has no field osID"),
            (&OS, "colour='red'", "character 1: os has no field colour"),
            (&OS, "profilName='x'", "did you mean profileName?"),
            (&OS, "name='a' AND", "character 13: a condition such as"),
            (&OS, "name='a' name='b'", "character 10: AND or OR is missing before name"),
            (&OS, "(name='a'", "character 1: this ( is not closed"),
            (&OS, "name='a')", "character 9: this ) closes nothing"),
            (&OS, "name='a", "character 6: the text that begins here has no closing '"),
            (&OS, "name=", "character 6: the right side of the comparison is missing"),
            (&OS, "name.='a'", "character 6: a name is missing after the dot"),
            (&OS, "max(name)", "the function max is not known"),
            (&HOST, "has('site')", "character 5: the name of a link is missing in has(…)"),
            (&HOST, "has()", "the name of a link is missing"),
            (&HOST, "site='x'", "site is a link: compare site.resourceId, or ask has(site)"),
            (&HOST, "siteId='x'", "host has no field siteId"),
            (&HOST, "uuidKey='x'", "host has no field uuidKey"),
            (&HOST, "lastSeen=1", "host has no field lastSeen"),
            (&HOST, "cpuCores='4'", "cpuCores: a whole number without quotes is needed"),
            (&HOST, "cpuCores=4.5", "only whole numbers are known"),
            (&HOST, "cpuCores=99999999999999999999", "the number is greater than"),
            (&HOST, "name=4", "a text is put in quotes: '4'"),
            (&HOST, "hostNics.sriovEnabled=1", "true or false is needed"),
            (&HOST, "hostNics.ipaddresses.address='x'", "the item has no link ipaddresses"),
            (&HOST, deep, "follows more than 5 links"),
            (&PROVIDER, "apiCredentials='x'", "provider has no field apiCredentials"),
            (&INSTANCE, "updatePolicy.name='x'", "instance has no link updatePolicy"),
            (&INSTANCE, "desiredOs.name='x'", "instance has no link desiredOs"),
        ] {
            let error = filter(spec, text).unwrap_err();
            let expected = expected.replace("instance has", "inst has");
            assert!(error.message.contains(&expected), "{text}: {error}");
            assert_eq!((error.status, error.code), (400, Some(crate::error::Code::InvalidArgument)), "{text}");
        }
    }
}
