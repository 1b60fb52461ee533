//! Filter trees as SQL. Identifiers come from declarations only; everything else is bound.

use emt_api::{
    filter::{CREATED_AT, Expr, Path, RESOURCE_ID, Step, Test, UPDATED_AT},
    spec::{Spec, Type},
    value::Value,
};
use rusqlite::{ParamsFromIter, params_from_iter, types::Value as Sql};

use super::table::Tables;

/// Builds one condition and collects what it binds.
pub(super) struct Conditions<'a> {
    tables: &'a Tables,
    project: Option<&'a str>,
    bound: Vec<Sql>,
    /// Whether the columns of the record itself are written so that no index is used for them.
    quiet: bool,
    /// Whether what points at a record is looked up for each record that is looked at, and not listed first.
    each: bool,
}

impl<'a> Conditions<'a> {
    pub(super) fn new(tables: &'a Tables, project: Option<&'a str>) -> Self {
        Self { tables, project, bound: Vec::new(), quiet: false, each: false }
    }

    /// For a walk that ends soon: what points at records is looked up record by record.
    pub(super) fn each(self) -> Self {
        Self { each: true, ..self }
    }

    /// The condition of a filter within the project.
    pub(super) fn of(&mut self, spec: &'static Spec, filter: &Expr) -> String {
        let project = self.project_condition();
        let filter = self.expression(spec, filter);
        format!("{project}{filter}")
    }

    /// The condition that all of these hold, to be read along the index of one.
    pub(super) fn along_one(&mut self, spec: &'static Spec, parts: &[Expr], driver: usize) -> String {
        let project = self.project_condition();
        let mut all = Vec::with_capacity(parts.len());
        for (at, part) in parts.iter().enumerate() {
            if at == driver {
                let ids = self.ids(spec, part);
                all.push(format!("{RESOURCE_ID} IN ({ids})"));
                continue;
            }
            self.quiet = true;
            all.push(self.expression(spec, part));
            self.quiet = false;
        }
        format!("{project}{}", all.join(" AND "))
    }

    /// The ids of the records for which a condition holds, alternatives one after the other: they come out of indexes without
    /// a look at the records.
    pub(super) fn ids(&mut self, spec: &'static Spec, part: &Expr) -> String {
        if let Expr::Any(alternatives) = part
            && !alternatives.is_empty()
        {
            let ids: Vec<String> = alternatives.iter().map(|part| self.ids(spec, part)).collect();
            return ids.join(" UNION ALL ");
        }
        let condition = self.of(spec, part);
        format!("SELECT {RESOURCE_ID} FROM {} WHERE {condition}", spec.table)
    }

    /// What the condition's marks stand for, in order.
    pub(super) fn bound(&self) -> &[Sql] {
        &self.bound
    }

    /// What the condition's marks stand for.
    pub(super) fn parameters(&self) -> ParamsFromIter<&[Sql]> {
        params_from_iter(&self.bound)
    }

    fn bind(&mut self, value: impl Into<Sql>) -> &'static str {
        self.bound.push(value.into());
        "?"
    }

    fn project_condition(&mut self) -> String {
        match self.project {
            Some(project) => {
                let mark = self.bind(project.to_owned());
                format!("project = {mark} AND ")
            }
            None => String::new(),
        }
    }

    /// The condition of a filter, whichever project a record is of.
    pub(super) fn expression(&mut self, spec: &'static Spec, filter: &Expr) -> String {
        match filter {
            Expr::All(all) => self.joined(spec, all, " AND ", "1"),
            Expr::Any(any) => self.joined(spec, any, " OR ", "0"),
            Expr::Not(inner) => {
                let inner = self.expression(spec, inner);
                // A comparison with nothing is unknown, and its negation must still hold.
                format!("NOT coalesce({inner}, 0)")
            }
            Expr::Test(path, test) => self.along(spec, &path.steps, &mut |conditions, at| conditions.test(at, path, test)),
            Expr::Has(steps) => match steps.split_last() {
                // A link leads somewhere as long as it is set: what goes takes the links that point to it along.
                Some((Step::To(column), before)) => self.along(spec, before, &mut |_, at| match at {
                    At::Record(spec) if spec.column(column).is_some() => format!("{column} IS NOT NULL"),
                    _ => "0".to_owned(),
                }),
                Some((Step::From { prefix, via }, before)) => {
                    self.along(spec, before, &mut |conditions, at| conditions.pointed_at(at, prefix, via))
                }
                _ => self.along(spec, steps, &mut |_, _| "1".to_owned()),
            },
        }
    }

    fn joined(&mut self, spec: &'static Spec, parts: &[Expr], word: &str, none: &str) -> String {
        if parts.is_empty() {
            return none.to_owned();
        }
        let parts: Vec<String> = parts.iter().map(|part| self.expression(spec, part)).collect();
        format!("({})", parts.join(word))
    }

    fn along(&mut self, spec: &'static Spec, steps: &[Step], end: &mut dyn FnMut(&mut Self, At) -> String) -> String {
        let Some((step, rest)) = steps.split_first() else { return end(self, At::Record(spec)) };
        let (here, there, prefix) = match *step {
            Step::To(column) => {
                let link = spec.fields.iter().find(|field| field.column == column).and_then(|field| field.as_link());
                let Some(link) = link else { return "0".to_owned() };
                (column, RESOURCE_ID, link.to)
            }
            Step::From { prefix, via } => (RESOURCE_ID, via, prefix),
            Step::Into(column) => {
                if spec.column(column).is_none() || !rest.is_empty() {
                    return "0".to_owned();
                }
                let inner = end(self, At::Item);
                return format!("EXISTS (SELECT 1 FROM json_each({}.{column}) AS item WHERE {inner})", spec.table);
            }
        };
        let Some(next) = self.tables.named(prefix).map(|table| table.spec) else { return "0".to_owned() };
        let quiet = std::mem::take(&mut self.quiet);
        let project = self.project_condition();
        let inner = self.along(next, rest, end);
        self.quiet = quiet;
        if self.each && matches!(step, Step::From { .. }) && next.table != spec.table {
            // Columns without a table are those of the innermost one.
            return format!(
                "EXISTS (SELECT 1 FROM {} WHERE {project}{there} = {}.{RESOURCE_ID} AND {inner})",
                next.table, spec.table
            );
        }
        let here = if quiet { format!("+{here}") } else { here.to_owned() };
        format!("{here} IN (SELECT {there} FROM {} WHERE {project}{inner})", next.table)
    }

    /// Whether a record of a kind points here. Asked of each record that is looked at: nearly all may be pointed at.
    fn pointed_at(&mut self, at: At, prefix: &str, via: &str) -> String {
        let (At::Record(here), Some(there)) = (at, self.tables.named(prefix).map(|table| table.spec)) else {
            return "0".to_owned();
        };
        let project = self.project_condition().replacen("project", "other.project", 1);
        format!("EXISTS (SELECT 1 FROM {} AS other WHERE {project}other.{via} = {}.resource_id)", there.table, here.table)
    }

    fn test(&mut self, at: At, path: &Path, test: &Test) -> String {
        let column = path.column;
        let (operand, ty) = match at {
            At::Record(spec) => {
                let field = spec.fields.iter().find(|field| field.column == column);
                if field.is_none() && ![RESOURCE_ID, CREATED_AT, UPDATED_AT].contains(&column) {
                    return "0".to_owned();
                }
                (if self.quiet { format!("+{column}") } else { column.to_owned() }, field.map(|field| &field.ty))
            }
            At::Item => (format!("json_extract(item.value, '$.{column}')"), None),
        };
        match test {
            Test::Is(Value::Null) => format!("{operand} IS NULL"),
            Test::Is(Value::Int(number)) => {
                let mark = self.bind(*number);
                format!("{operand} = {mark}")
            }
            Test::Is(Value::Text(exactly)) => {
                let mark = self.bind(exactly.clone());
                format!("{operand} = {mark}")
            }
            Test::In(values) => {
                let list: Vec<serde_json::Value> = values
                    .iter()
                    .map(|value| match value {
                        Value::Null => serde_json::Value::Null,
                        Value::Int(number) => (*number).into(),
                        Value::Text(one) => one.as_str().into(),
                    })
                    .collect();
                let mark = self.bind(serde_json::Value::from(list).to_string());
                format!("{operand} IN (SELECT value FROM json_each({mark}))")
            }
            Test::Like(pattern) if pattern.is_ascii() => {
                let mark = self.bind(like_pattern(pattern));
                format!("{operand} LIKE {mark} ESCAPE '\\'")
            }
            Test::Like(pattern) => {
                let mark = self.bind(pattern.clone());
                format!("emt_like({operand}, {mark})")
            }
            Test::Empty => match ty {
                Some(Type::Number { .. } | Type::BigNumber | Type::Bool | Type::Enum(_)) => format!("coalesce({operand}, 0) = 0"),
                Some(Type::Texts { .. } | Type::Links(_) | Type::Metadata | Type::Document) => {
                    format!("coalesce({operand}, '') IN ('', '[]')")
                }
                _ => format!("coalesce({operand}, '') = ''"),
            },
            Test::Less(number) => {
                let mark = self.bind(*number);
                format!("{operand} < {mark}")
            }
            Test::Greater(number) => {
                let mark = self.bind(*number);
                format!("{operand} > {mark}")
            }
            Test::After(before) => {
                let mark = self.bind(before.clone());
                format!("{operand} > {mark}")
            }
        }
    }
}

/// What a test at the end of a path is about.
#[derive(Clone, Copy)]
enum At {
    /// A record of a kind.
    Record(&'static Spec),
    /// An item of a document, called `item`.
    Item,
}

/// A substring pattern with `*` as LIKE has it.
fn like_pattern(pattern: &str) -> String {
    let mut like = String::with_capacity(pattern.len() + 2);
    like.push('%');
    for character in pattern.chars() {
        match character {
            '*' => like.push('%'),
            '%' | '_' | '\\' => {
                like.push('\\');
                like.push(character);
            }
            _ => like.push(character),
        }
    }
    like.push('%');
    like
}

/// Whether a text contains a pattern, `*` standing for any characters, without regard to case in any script.
pub(super) fn like(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.to_lowercase(), pattern.to_lowercase());
    let mut rest = text.as_str();
    pattern.split('*').all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (text, pattern, expected) in [
            ("Münchner Straße", "MÜNCH*stra", true),
            ("Münchner Straße", "stra*münch", false),
            ("abc", "", true),
            ("abc", "*", true),
            ("abc", "a*c", true),
            ("abc", "ac", false),
        ] {
            assert_eq!(like(text, pattern), expected, "{pattern} in {text}");
        }
        assert_eq!(like_pattern("a_b%c\\d*e"), "%a\\_b\\%c\\\\d%e%");
    }
}
