//! What all records of a kind have in common on the wire, written once: every key, and what an empty field shows. A record is
//! then its kind's template with its own values in between.

use std::ops::Range;

use super::text::{key, string};
use crate::{
    resources::by_prefix,
    spec::{Access, Computed, EnumSpec, Field, LinkSpec, LinksSpec, Spec, Type},
};

/// A kind's records on the wire, as far as they are alike.
#[derive(Debug)]
pub struct Template {
    /// An empty record, from behind its ids to before its times.
    pub(super) text: Vec<u8>,
    /// Where each field's value goes, by the position of the field.
    pub(super) slots: Vec<Slot>,
    /// Where computed values go, in order.
    pub(super) extras: Vec<Extra>,
}

/// Where a value goes: in place of what an empty one shows.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) place: Range<usize>,
    pub(super) form: Form,
}

/// How a value is written.
#[derive(Debug)]
pub(super) enum Form {
    /// Not at all.
    Hidden,
    Text,
    Number,
    /// A number as text.
    BigNumber,
    Bool,
    /// By number, with quotes; an unknown one as the first.
    Enum(&'static EnumSpec, Vec<Vec<u8>>),
    /// As it is kept.
    Document,
    /// With its key: an empty record does not have it.
    WhenSet(Vec<u8>, Box<Form>),
    /// The ids at the slot's place, and the records.
    Links {
        links: &'static LinksSpec,
        records: Range<usize>,
    },
    /// The id at the slot's place, if it is shown, and the record.
    Link {
        link: &'static LinkSpec,
        echo: bool,
        record: Range<usize>,
    },
}

/// Where a computed value goes.
#[derive(Debug)]
pub(super) struct Extra {
    pub(super) computed: &'static Computed,
    pub(super) place: Range<usize>,
    /// Of [`Computed::SameAs`]: position of the field that is repeated.
    pub(super) repeats: Option<(usize, &'static LinkSpec)>,
}

impl Template {
    /// The template of a kind.
    pub(crate) fn new(spec: &'static Spec) -> Self {
        let mut text = Vec::new();
        let slots = spec.fields.iter().map(|field| slot(&mut text, field, absent)).collect();
        unstored(&mut text, spec);
        let extras = spec.computed.iter().map(|computed| extra(&mut text, spec, computed)).collect();
        Self { text, slots, extras }
    }
}

fn slot(text: &mut Vec<u8>, field: &'static Field, absent: fn(&mut Vec<u8>, &LinkSpec)) -> Slot {
    if !field.is_shown() {
        return Slot { place: 0..0, form: Form::Hidden };
    }
    if field.when_set {
        let mut name = vec![b','];
        key(&mut name, field.json);
        return Slot { place: text.len()..text.len(), form: Form::WhenSet(name, Box::new(plain(&field.ty))) };
    }
    let place = if field.json.is_empty() { text.len()..text.len() } else { value(text, field) };
    let form = match &field.ty {
        Type::Links(links) => {
            next_key(text, links.object);
            text.extend_from_slice(b"[]");
            Form::Links { links, records: text.len() - 2..text.len() }
        }
        Type::Link(link) if !link.object.is_empty() => {
            next_key(text, link.object);
            let from = text.len();
            absent(text, link);
            Form::Link { link, echo: link.echo && !field.json.is_empty(), record: from..text.len() }
        }
        ty => plain(ty),
    };
    Slot { place, form }
}

/// How a value is written that leads to no other record. Of some links only the id is shown.
fn plain(ty: &'static Type) -> Form {
    match ty {
        Type::Text { .. } | Type::Link(_) => Form::Text,
        Type::Number { .. } => Form::Number,
        Type::BigNumber => Form::BigNumber,
        Type::Bool => Form::Bool,
        Type::Enum(names) => Form::Enum(names, quoted(names)),
        Type::Texts { .. } | Type::Metadata | Type::Document | Type::Links(_) => Form::Document,
    }
}

/// A key and what an empty field shows.
fn value(text: &mut Vec<u8>, field: &Field) -> Range<usize> {
    next_key(text, field.json);
    let from = text.len();
    match &field.ty {
        Type::Text { .. } | Type::Link(_) => text.extend_from_slice(b"\"\""),
        Type::Number { .. } => text.push(b'0'),
        Type::BigNumber => text.extend_from_slice(b"\"0\""),
        Type::Bool => text.extend_from_slice(b"false"),
        Type::Enum(names) => string(text, names.name_of(0)),
        Type::Texts { .. } | Type::Links(_) | Type::Metadata | Type::Document => text.extend_from_slice(b"[]"),
    }
    from..text.len()
}

/// The names of small numbers.
fn quoted(names: &EnumSpec) -> Vec<Vec<u8>> {
    let numbers = names.variants.iter().filter_map(|(_, number)| u8::try_from(*number).ok());
    let most = numbers.max().unwrap_or_default();
    let name = |number: u8| {
        let mut out = Vec::new();
        string(&mut out, names.name_of(i64::from(number)));
        out
    };
    (0..=most).map(name).collect()
}

fn unstored(text: &mut Vec<u8>, spec: &Spec) {
    for field in spec.unstored.iter().filter(|field| field.access != Access::Ignored) {
        value(text, field);
    }
}

fn extra(text: &mut Vec<u8>, spec: &'static Spec, computed: &'static Computed) -> Extra {
    next_key(text, super::computed_key(computed));
    let from = text.len();
    let mut repeats = None;
    match computed {
        Computed::SameAs { of, .. } => {
            let mut links = spec.fields.iter().enumerate().filter_map(|(at, field)| Some((at, field.as_link()?)));
            repeats = links.find(|(_, link)| link.object == *of);
            match repeats {
                Some((_, link)) => absent(text, link),
                None => text.extend_from_slice(b"null"),
            }
        }
        Computed::Referrers { .. } | Computed::InheritedMetadata => text.extend_from_slice(b"[]"),
        Computed::Referrer { .. } | Computed::DesiredOs => text.extend_from_slice(b"null"),
        Computed::TotalSites => text.push(b'0'),
        Computed::UpdateStatusDetail => text.extend_from_slice(b"\"\""),
    }
    Extra { computed, place: from..text.len(), repeats }
}

/// What is shown where a link leads nowhere: null, or an object of empty values whose own objects are null.
fn absent(text: &mut Vec<u8>, link: &LinkSpec) {
    let Some(spec) = by_prefix(link.to).filter(|_| link.empty_object) else {
        return text.extend_from_slice(b"null");
    };
    text.push(b'{');
    key(text, "resourceId");
    text.extend_from_slice(b"\"\"");
    if !spec.id_alias.is_empty() {
        next_key(text, spec.id_alias);
        text.extend_from_slice(b"\"\"");
    }
    for field in spec.fields {
        slot(text, field, |text, _| text.extend_from_slice(b"null"));
    }
    unstored(text, spec);
    for computed in spec.computed {
        extra(text, spec, computed);
    }
    next_key(text, "timestamps");
    text.extend_from_slice(b"null}");
}

fn next_key(text: &mut Vec<u8>, name: &str) {
    text.push(b',');
    key(text, name);
}
