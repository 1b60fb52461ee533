//! How a resource is declared: its fields, their types and limits, who may set them, and where they are kept.
//!
//! One declaration drives validation, JSON, the store's columns and the names that filters use.

use std::sync::OnceLock;

use crate::{error::Code, json::Template, value::Value};

/// A resource: one table, one id prefix, one list.
#[derive(Debug)]
pub struct Spec {
    /// Name of the kind in documents, such as `OsUpdatePolicy`.
    pub name: &'static str,
    /// What it is, for documents.
    pub doc: &'static str,
    /// Names the kind everywhere; is also the prefix of its ids, such as `host` in `host-0a1b2c3d`, unless
    /// [`Self::ids`] says otherwise.
    pub prefix: &'static str,
    /// Prefix of its ids where several kinds share one; "" where it is [`Self::prefix`].
    pub ids: &'static str,
    /// The store's table.
    pub table: &'static str,
    /// Key of the array in list answers.
    pub list_key: &'static str,
    /// First word of "… not found", which clients match.
    pub label: &'static str,
    /// Second name of `resourceId` in answers, "" if there is none.
    pub id_alias: &'static str,
    /// Fields that are kept, in the order of the record's values.
    pub fields: &'static [Field],
    /// Keys that requests may carry and answers show empty, without being kept.
    pub unstored: &'static [Field],
    /// Keys of answers that are computed.
    pub computed: &'static [Computed],
    /// Sets of fields whose values no two records of a project may share.
    pub unique: &'static [Unique],
    /// How a second record with the same values is refused.
    pub duplicate: Code,
    /// What filters know beside fields, links and referrers.
    pub edges: &'static [Edge],
    /// See [`Spec::template`].
    pub template: &'static OnceLock<Template>,
}

/// A name or a rule that only filters know.
#[derive(Debug, Clone, Copy)]
pub enum Edge {
    /// Leads to the records of another kind that point here.
    Referrers {
        /// Name in filters (`snake_case`).
        name: &'static str,
        /// Prefix of the other kind.
        prefix: &'static str,
        /// Its link column.
        via: &'static str,
    },
    /// Leads into the items of a document.
    Items {
        /// Name in filters (`snake_case`).
        name: &'static str,
        /// Column of the document, an array of objects.
        column: &'static str,
        /// What an item has.
        items: &'static [Item],
    },
    /// Leads to the records of another kind whose lists of links have this one.
    Joined {
        /// Name in filters (`snake_case`).
        name: &'static str,
        /// Prefix of the other kind.
        prefix: &'static str,
        /// Prefix of the records that stand for one link each.
        join: &'static str,
        /// Their link column that points here.
        here: &'static str,
        /// Their link column that points at the other kind.
        there: &'static str,
    },
    /// A column that requests and answers do not have, or that holds a list of texts.
    Column(&'static str),
    /// A whole UUID can only be the whole of a field: it is looked up in another column that holds it in lower case.
    Key {
        /// Column that requests name.
        of: &'static str,
        /// Column that is looked into.
        key: &'static str,
    },
}

/// A key of an item of a document.
#[derive(Debug, Clone, Copy)]
pub struct Item {
    /// The key.
    pub json: &'static str,
    /// What it holds: a text, a number or a truth value.
    pub ty: Type,
}

impl Item {
    /// A text.
    pub const fn text(json: &'static str) -> Self {
        Self { json, ty: Type::Text { min: 0, max: usize::MAX, pattern: "" } }
    }

    /// A number.
    pub const fn number(json: &'static str) -> Self {
        Self { json, ty: Type::Number { min: 0, max: i64::MAX } }
    }

    /// A truth value.
    pub const fn bool(json: &'static str) -> Self {
        Self { json, ty: Type::Bool }
    }
}

/// Fields that are unique together.
#[derive(Debug)]
pub struct Unique {
    /// Names the rule in errors.
    pub name: &'static str,
    /// The columns.
    pub columns: &'static [&'static str],
    /// Whether the rule spans all projects.
    pub global: bool,
}

/// A key of answers that is not a kept field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Computed {
    /// The one record of another kind that points here, or null.
    Referrer {
        /// Key in the answer.
        key: &'static str,
        /// Prefix of the other kind.
        prefix: &'static str,
        /// Its link column.
        via: &'static str,
    },
    /// All records of another kind that point here.
    Referrers {
        /// Key in the answer.
        key: &'static str,
        /// Prefix of the other kind.
        prefix: &'static str,
        /// Its link column.
        via: &'static str,
    },
    /// Labels of the site and of all regions above.
    InheritedMetadata,
    /// Number of sites below a region.
    TotalSites,
    /// A second key with the content of another one, for older clients.
    SameAs {
        /// The older key.
        key: &'static str,
        /// The key whose content it repeats.
        of: &'static str,
    },
    /// What the instance is to run, for clients of the first generation.
    DesiredOs,
    /// Details of the last finished update run, for clients of the first generation.
    UpdateStatusDetail,
}

/// One kept field.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each tells something of its own")]
pub struct Field {
    /// Key in requests and answers.
    pub json: &'static str,
    /// Column in the store, and name in filters.
    pub column: &'static str,
    /// What it holds.
    pub ty: Type,
    /// Who may set it, and when.
    pub access: Access,
    /// Whether requests must carry it.
    pub required: bool,
    /// Whether PATCH must carry it too.
    pub required_to_patch: bool,
    /// A key that does instead of this one where this one must be carried, "" if there is none.
    pub unless: &'static str,
    /// Whether it may be long, and is left out where records are only compared.
    pub bulky: bool,
    /// Whether the Edge Orchestrator does not have it.
    pub extension: bool,
    /// Whether answers have it only where it is not empty.
    pub when_set: bool,
    /// What it means, for documents.
    pub doc: &'static str,
}

/// Who may set a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The caller, at creation and by PATCH or PUT.
    Mutable,
    /// The caller at creation; later values are taken and ignored, as upstream does.
    CreateOnly,
    /// The caller at creation; later values are refused.
    Immutable,
    /// Taken and dropped: what older clients still send.
    Ignored,
    /// The server only; requests that carry it are refused.
    Output,
    /// The caller, at creation and by PATCH or PUT; never shown.
    Secret,
    /// The server only, and never shown.
    Internal,
}

/// What a field holds and what limits it.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// Text with a length limit in characters and a pattern ("" = any).
    Text {
        /// Fewest characters.
        min: usize,
        /// Most characters.
        max: usize,
        /// Regular expression that a non-empty text must match.
        pattern: &'static str,
    },
    /// Whole number.
    Number {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: i64,
    },
    /// Whole number that JSON carries as text, because it may exceed 53 bits.
    BigNumber,
    /// Truth value.
    Bool,
    /// Name out of a list.
    Enum(&'static EnumSpec),
    /// Pointer to another record.
    Link(LinkSpec),
    /// Pointers to any number of records; fixed at creation.
    Links(LinksSpec),
    /// List of texts.
    Texts {
        /// Most items.
        items: usize,
        /// Most bytes an item.
        max: usize,
        /// Regular expression of an item.
        pattern: &'static str,
    },
    /// Labels.
    Metadata,
    /// Structured data that only the server writes; shown as it is kept.
    Document,
}

/// Names and numbers of an enum.
#[derive(Debug)]
pub struct EnumSpec {
    /// Name of the enum.
    pub name: &'static str,
    /// Names on the wire and their numbers, in order.
    pub variants: &'static [(&'static str, i64)],
    /// Older names that requests may still use.
    pub aliases: &'static [(&'static str, i64)],
}

impl EnumSpec {
    /// Number of a name, old names included.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.variants.iter().chain(self.aliases).find(|(known, _)| *known == name).map(|(_, number)| *number)
    }

    /// Name of a number; of an unknown one the first name.
    pub fn name_of(&self, number: i64) -> &'static str {
        let known = self.variants.iter().find(|(_, known)| *known == number);
        known.or(self.variants.first()).map_or("", |(name, _)| name)
    }
}

/// Where a link goes and how it is shown.
#[derive(Debug, Clone, Copy)]
pub struct LinkSpec {
    /// The other kind's prefix.
    pub to: &'static str,
    /// Key under which the other record is shown.
    pub object: &'static str,
    /// Name of the link in filters (`snake_case`).
    pub name: &'static str,
    /// Whether the id is shown under the field's own key (else that key is always "").
    pub echo: bool,
    /// Whether "" is taken as "none".
    pub clearable: bool,
    /// Whether an absent record is shown as an object of empty values instead of null.
    pub empty_object: bool,
}

/// Where a list of links goes. The ids are kept with the record in the order given; beside, one record of [`Self::join`]
/// stands for each of them, so that both ends are found by index.
#[derive(Debug, Clone, Copy)]
pub struct LinksSpec {
    /// The other kind's prefix.
    pub to: &'static str,
    /// Key under which the other records are shown.
    pub object: &'static str,
    /// Name in filters.
    pub name: &'static str,
    /// Most links of one record.
    pub items: usize,
    /// The kind of record that stands for one link.
    pub join: &'static Spec,
    /// Its link column that points at the owner.
    pub here: &'static str,
    /// Its link column that points at the other record.
    pub there: &'static str,
}

impl Field {
    const fn new(json: &'static str, ty: Type) -> Self {
        Self {
            json,
            column: "",
            ty,
            access: Access::Mutable,
            required: false,
            required_to_patch: false,
            unless: "",
            bulky: false,
            extension: false,
            when_set: false,
            doc: "",
        }
    }

    /// Text of at most `max` characters.
    pub const fn text(json: &'static str, max: usize, pattern: &'static str) -> Self {
        Self::new(json, Type::Text { min: 0, max, pattern })
    }

    /// Text of exactly `length` characters.
    pub const fn exact_text(json: &'static str, length: usize, pattern: &'static str) -> Self {
        Self::new(json, Type::Text { min: length, max: length, pattern })
    }

    /// Text that only the server writes.
    pub const fn output(json: &'static str) -> Self {
        Self::text(json, usize::MAX, "").shown_only()
    }

    /// Number within limits.
    pub const fn number(json: &'static str, min: i64, max: i64) -> Self {
        Self::new(json, Type::Number { min, max })
    }

    /// Number that only the server writes.
    pub const fn output_number(json: &'static str) -> Self {
        Self::number(json, i64::MIN, i64::MAX).shown_only()
    }

    /// Big number that only the server writes.
    pub const fn output_big_number(json: &'static str) -> Self {
        Self::new(json, Type::BigNumber).shown_only()
    }

    /// Truth value.
    pub const fn bool(json: &'static str) -> Self {
        Self::new(json, Type::Bool)
    }

    /// Enum.
    pub const fn enumeration(json: &'static str, spec: &'static EnumSpec) -> Self {
        Self::new(json, Type::Enum(spec))
    }

    /// Link to another record.
    pub const fn link(json: &'static str, link: LinkSpec) -> Self {
        Self::new(json, Type::Link(link))
    }

    /// Links to any number of records.
    pub const fn links(json: &'static str, links: LinksSpec) -> Self {
        Self::new(json, Type::Links(links)).create_only()
    }

    /// Text of `min` to `max` characters.
    pub const fn bounded_text(json: &'static str, min: usize, max: usize, pattern: &'static str) -> Self {
        Self::new(json, Type::Text { min, max, pattern })
    }

    /// List of texts.
    pub const fn texts(json: &'static str, items: usize, max: usize, pattern: &'static str) -> Self {
        Self::new(json, Type::Texts { items, max, pattern })
    }

    /// Cron field: `*` or a list; never empty.
    pub const fn cron(json: &'static str, max: usize, pattern: &'static str) -> Self {
        Self::new(json, Type::Text { min: 1, max, pattern }).required()
    }

    /// Labels.
    pub const fn metadata(json: &'static str) -> Self {
        Self::new(json, Type::Metadata)
    }

    /// Structured data written by the server.
    pub const fn document(json: &'static str) -> Self {
        Self::new(json, Type::Document).shown_only()
    }

    /// Field that is never shown.
    pub const fn internal(ty: Type) -> Self {
        let mut field = Self::new("", ty);
        field.access = Access::Internal;
        field
    }

    /// Requests must carry it.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Requests must carry it, PATCH too: it says which thing is meant.
    #[must_use]
    pub const fn required_to_patch(mut self) -> Self {
        self.required = true;
        self.required_to_patch = true;
        self
    }

    /// Requests may carry it, answers never show it.
    #[must_use]
    pub const fn hidden(mut self) -> Self {
        self.access = Access::Ignored;
        self
    }

    /// Requests that carry another key instead need not carry it.
    #[must_use]
    pub const fn unless(mut self, other: &'static str) -> Self {
        self.unless = other;
        self
    }

    /// Later values are taken and ignored.
    #[must_use]
    pub const fn create_only(mut self) -> Self {
        self.access = Access::CreateOnly;
        self
    }

    /// Later values are refused.
    #[must_use]
    pub const fn immutable(mut self) -> Self {
        self.access = Access::Immutable;
        self
    }

    /// Only the server writes it.
    #[must_use]
    pub const fn shown_only(mut self) -> Self {
        self.access = Access::Output;
        self
    }

    /// It may be long, and nothing is decided on it.
    #[must_use]
    pub const fn bulky(mut self) -> Self {
        self.bulky = true;
        self
    }

    /// Callers set it, and nobody is shown it.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.access = Access::Secret;
        self
    }

    /// The Edge Orchestrator does not have it. PUT leaves it alone where it is not named: clients that do not know it
    /// cannot lose it.
    #[must_use]
    pub const fn extension(mut self) -> Self {
        self.extension = true;
        self
    }

    /// Answers have it only where it is not empty: for extensions that few records use.
    #[must_use]
    pub const fn when_set(mut self) -> Self {
        self.when_set = true;
        self
    }

    /// Sets the column; the [`record!`](crate::record!) macro does this with the member's name.
    #[must_use]
    pub const fn at(mut self, column: &'static str) -> Self {
        self.column = column;
        self
    }

    /// Sets what it means; the [`record!`](crate::record!) macro does this with the member's text.
    #[must_use]
    pub const fn described(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    /// What an untouched field holds.
    pub fn empty_value(&self) -> Value {
        match self.ty {
            Type::Text { .. } => Value::Text(String::new()),
            Type::Number { .. } | Type::BigNumber | Type::Bool | Type::Enum(_) => Value::Int(0),
            Type::Link(_) => Value::Null,
            Type::Texts { .. } | Type::Links(_) | Type::Metadata | Type::Document => Value::Text("[]".to_owned()),
        }
    }

    /// Whether PATCH and PUT change it.
    pub fn is_mutable(&self) -> bool {
        matches!(self.access, Access::Mutable | Access::Secret)
    }

    /// Whether requests may carry it.
    pub fn is_input(&self) -> bool {
        !matches!(self.access, Access::Output | Access::Internal)
    }

    /// Whether answers show it.
    pub fn is_shown(&self) -> bool {
        !matches!(self.access, Access::Secret | Access::Internal)
    }

    /// Where it points, if it is a link.
    pub fn as_link(&self) -> Option<&LinkSpec> {
        if let Type::Link(link) = &self.ty { Some(link) } else { None }
    }

    /// Where it points, if it is a list of links.
    pub fn as_links(&self) -> Option<&LinksSpec> {
        if let Type::Links(links) = &self.ty { Some(links) } else { None }
    }
}

/// A link that is shown as `null` when absent, echoed and not clearable; adjust with struct update.
pub const fn link_to(to: &'static str, object: &'static str) -> LinkSpec {
    LinkSpec { to, object, name: object, echo: true, clearable: false, empty_object: false }
}

impl Spec {
    /// Prefix of its ids.
    pub const fn id_prefix(&self) -> &'static str {
        if self.ids.is_empty() { self.prefix } else { self.ids }
    }

    /// What its records have in common in answers; made when it is first needed.
    pub fn template(&'static self) -> &'static Template {
        self.template.get_or_init(|| Template::new(self))
    }

    /// Position of a column among the values.
    pub fn column(&self, column: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.column == column)
    }

    /// The field that requests and answers call so.
    pub fn field_named(&self, json: &str) -> Option<(usize, &'static Field)> {
        self.fields.iter().enumerate().find(|(_, field)| !field.json.is_empty() && field.json == json)
    }

    /// "… not found" of this kind.
    pub fn not_found(&self) -> crate::error::ApiError {
        crate::error::ApiError::not_found(format!("{} not found", self.label))
    }
}

impl PartialEq for Spec {
    fn eq(&self, other: &Self) -> bool {
        self.prefix == other.prefix
    }
}
impl Eq for Spec {}
