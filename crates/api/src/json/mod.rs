//! Records as JSON: every declared key is always there, links are shown as objects as deep as the caller resolved them.
//!
//! Written straight into a buffer, as a kind's [`Template`] with the record's own values in between: a page of a hundred
//! hosts has some fifteen thousand keys, and few of them have a value.

mod template;
mod text;

pub use self::{template::Template, text::string};
use self::{
    template::{Extra, Form},
    text::{key, number, times},
};
use crate::{
    sheet::{Entry, Held, texts},
    spec::{Computed, LinkSpec, Spec},
};

/// How deep a record is shown: the links that are followed, and how deep what they lead to is shown in turn.
#[derive(Debug)]
pub struct Plan {
    /// Keys of followed links, each with the plan of its target.
    pub follow: &'static [(&'static str, &'static Plan)],
    /// Whether computed values are filled.
    pub computed: bool,
}

/// Nothing is followed, nothing computed.
pub static SHALLOW: Plan = Plan { follow: &[], computed: false };

impl Plan {
    /// The plan of the record that a key leads to, if it is followed.
    pub fn of(&self, key: &str) -> Option<&'static Plan> {
        self.follow.iter().find(|(followed, _)| *followed == key).map(|(_, plan)| *plan)
    }
}

/// Where the records behind links are found.
pub trait Source {
    /// The record of this kind and id.
    fn record(&self, prefix: &str, id: &str) -> Option<Entry<'_>>;
    /// The records of a kind whose link `via` points at `owner`.
    fn referrers(&self, prefix: &str, via: &str, owner: &str) -> Vec<Entry<'_>>;
    /// Appends a computed value; `false` shows it as empty.
    fn computed(&self, out: &mut Vec<u8>, owner: Entry<'_>, computed: &Computed) -> bool;
}

/// Knows no other record.
pub struct NoSource;

impl Source for NoSource {
    fn record(&self, _: &str, _: &str) -> Option<Entry<'_>> {
        None
    }
    fn referrers(&self, _: &str, _: &str, _: &str) -> Vec<Entry<'_>> {
        Vec::new()
    }
    fn computed(&self, _: &mut Vec<u8>, _: Entry<'_>, _: &Computed) -> bool {
        false
    }
}

/// Keys of answers that are computed and not spelt by a field.
pub fn computed_keys(spec: &'static Spec) -> impl Iterator<Item = &'static str> {
    spec.computed.iter().map(computed_key)
}

pub(crate) fn computed_key(computed: &Computed) -> &'static str {
    match computed {
        Computed::Referrer { key, .. } | Computed::Referrers { key, .. } | Computed::SameAs { key, .. } => key,
        Computed::InheritedMetadata => "inheritedMetadata",
        Computed::TotalSites => "totalSites",
        Computed::DesiredOs => "desiredOs",
        Computed::UpdateStatusDetail => "updateStatusDetail",
    }
}

/// Appends a record.
pub fn write(out: &mut Vec<u8>, record: Entry<'_>, plan: &Plan, source: &dyn Source) {
    let spec = record.spec();
    let template = spec.template();
    out.extend_from_slice(b"{\"resourceId\":");
    string(out, record.id());
    if !spec.id_alias.is_empty() {
        out.push(b',');
        key(out, spec.id_alias);
        string(out, record.id());
    }
    let mut pen = Pen { out, text: &template.text, done: 0 };
    let mut shown = Vec::new();
    for (at, value) in record.values() {
        let Some(slot) = template.slots.get(at) else { continue };
        match &slot.form {
            Form::Hidden => {}
            Form::Link { link, echo, record } => {
                let Held::Text(id) = value else { continue };
                let Some((target, deeper)) = follow(link, id, plan, source) else { continue };
                // As upstream has it, the id is shown only where the record is.
                if *echo {
                    string(pen.at(&slot.place), id);
                }
                let out = pen.at(record);
                let from = out.len();
                write(out, target, deeper, source);
                shown.push((at, from..out.len()));
            }
            Form::Links { links, records } => {
                let Held::Text(list) = value else { continue };
                pen.at(&slot.place).extend_from_slice(list.as_bytes());
                if let Some(deeper) = plan.of(links.object) {
                    let ids = texts(list);
                    let found = ids.iter().filter_map(|id| source.record(links.to, id));
                    write_list(pen.at(records), found, deeper, source);
                }
            }
            Form::WhenSet(name, form) => {
                let out = pen.at(&slot.place);
                out.extend_from_slice(name);
                write_value(out, form, value);
            }
            form => write_value(pen.at(&slot.place), form, value),
        }
    }
    for extra in &template.extras {
        if let Some((at, _)) = extra.repeats {
            if let Some((_, written)) = shown.iter().find(|(field, _)| *field == at) {
                pen.at(&extra.place).extend_from_within(written.clone());
            }
        } else {
            write_extra(&mut pen, record, extra, plan, source);
        }
    }
    let out = pen.rest();
    out.extend_from_slice(b",\"timestamps\":");
    if record.id().is_empty() {
        out.extend_from_slice(b"null");
    } else {
        times(out, record.created_ms(), record.updated_ms());
    }
    out.push(b'}');
}

/// Copies a template, leaving out the places where something else is written.
struct Pen<'a> {
    out: &'a mut Vec<u8>,
    text: &'a [u8],
    done: usize,
}

impl Pen<'_> {
    /// Copies up to a place and leaves the place out. Places come in their order.
    fn at(&mut self, place: &std::ops::Range<usize>) -> &mut Vec<u8> {
        self.out.extend_from_slice(self.text.get(self.done..place.start).unwrap_or_default());
        self.done = place.end;
        self.out
    }

    /// Copies what is left.
    fn rest(&mut self) -> &mut Vec<u8> {
        let end = self.text.len();
        self.at(&(end..end))
    }
}

fn follow<'a>(link: &LinkSpec, id: &str, plan: &Plan, source: &'a dyn Source) -> Option<(Entry<'a>, &'static Plan)> {
    let deeper = plan.of(link.object)?;
    source.record(link.to, id).map(|record| (record, deeper))
}

fn write_extra(pen: &mut Pen<'_>, record: Entry<'_>, extra: &Extra, plan: &Plan, source: &dyn Source) {
    match extra.computed {
        Computed::Referrer { key, prefix, via } => {
            if let Some(deeper) = plan.of(key)
                && let Some(referrer) = source.referrers(prefix, via, record.id()).first()
            {
                write(pen.at(&extra.place), *referrer, deeper, source);
            }
        }
        Computed::Referrers { key, prefix, via } => {
            if let Some(deeper) = plan.of(key) {
                write_list(pen.at(&extra.place), source.referrers(prefix, via, record.id()), deeper, source);
            }
        }
        computed => {
            let written = plan.computed && source.computed(pen.at(&extra.place), record, computed);
            if plan.computed && !written {
                // The place is copied after all.
                pen.done = extra.place.start;
            }
        }
    }
}

fn write_list<'a>(out: &mut Vec<u8>, records: impl IntoIterator<Item = Entry<'a>>, plan: &Plan, source: &dyn Source) {
    out.push(b'[');
    for (at, record) in records.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(out, record, plan, source);
    }
    out.push(b']');
}

fn write_value(out: &mut Vec<u8>, form: &Form, value: Held<'_>) {
    match (form, value) {
        (Form::Text, Held::Text(text)) => string(out, text),
        (Form::Document, Held::Text(text)) => out.extend_from_slice(text.as_bytes()),
        (Form::Number, Held::Int(value)) => number(out, value),
        (Form::BigNumber, Held::Int(value)) => {
            out.push(b'"');
            number(out, value);
            out.push(b'"');
        }
        (Form::Bool, Held::Int(value)) => out.extend_from_slice(if value == 0 { b"false" } else { b"true" }),
        (Form::Enum(names, quoted), Held::Int(value)) => match usize::try_from(value).ok().and_then(|at| quoted.get(at)) {
            Some(name) => out.extend_from_slice(name),
            None => string(out, names.name_of(value)),
        },
        // A value of a foreign shape is shown as empty.
        (Form::Text, _) => out.extend_from_slice(b"\"\""),
        (Form::Document, _) => out.extend_from_slice(b"[]"),
        (Form::Number, _) => out.push(b'0'),
        (Form::BigNumber, _) => out.extend_from_slice(b"\"0\""),
        (Form::Bool, _) => out.extend_from_slice(b"false"),
        (Form::Enum(names, _), _) => string(out, names.name_of(0)),
        (Form::Hidden | Form::WhenSet(..) | Form::Link { .. } | Form::Links { .. }, _) => {}
    }
}

#[cfg(test)]
mod tests;
