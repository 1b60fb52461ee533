//! Records: a resource's kept fields as a Rust struct, and as a plain row for code that serves every kind.

use crate::{spec::Spec, value::Value};

/// What every record has beside its fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    /// UUID of the project that owns it; "" for what belongs to the whole server.
    pub project: String,
    /// Its id.
    pub id: String,
    /// Counts changes from 1; a write that was decided on an older revision is refused.
    pub revision: i64,
    /// Creation, in milliseconds since 1970.
    pub created_ms: i64,
    /// Last change, in milliseconds since 1970.
    pub updated_ms: i64,
}

/// A record of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its kind.
    pub spec: &'static Spec,
    /// Id, owner, revision, times.
    pub meta: Meta,
    /// Values in the order of `spec.fields`.
    pub values: Vec<Value>,
}

impl Row {
    /// A row of empty values.
    pub fn empty(spec: &'static Spec) -> Self {
        let values = spec.fields.iter().map(crate::spec::Field::empty_value).collect();
        Self { spec, meta: Meta::default(), values }
    }

    /// The value of a column; an unknown column has none.
    pub fn get(&self, column: &str) -> &Value {
        const NONE: &Value = &Value::Null;
        self.spec.column(column).and_then(|at| self.values.get(at)).unwrap_or(NONE)
    }

    /// Sets a column; an unknown column is ignored.
    pub fn set(&mut self, column: &str, value: Value) {
        if let Some(slot) = self.spec.column(column).and_then(|at| self.values.get_mut(at)) {
            *slot = value;
        }
    }
}

/// A resource's fields as a struct.
pub trait Record: Default + Clone + Send + Sync + 'static {
    /// Its declaration.
    const SPEC: &'static Spec;

    /// Id, owner, revision, times.
    fn meta(&self) -> &Meta;
    /// Same, to change.
    fn meta_mut(&mut self) -> &mut Meta;
    /// Into a row.
    fn into_row(self) -> Row;
    /// From a row of the same kind.
    fn from_row(row: Row) -> Self;

    /// Its id.
    fn id(&self) -> &str {
        &self.meta().id
    }
}

/// Declares a resource: the struct, and its [`Spec`] as a static.
///
/// ```
/// use emt_api::{record, spec::Field};
/// record! {
///     /// A thing.
///     pub struct Thing, static THING {
///         prefix: "thing", table: "things", list_key: "things", label: "thing_resource",
///     } {
///         /// What people call it.
///         name: String = Field::text("name", 50, ""),
///     }
/// }
/// assert_eq!((THING.name, THING.fields[0].column), ("Thing", "name"));
/// assert_eq!(THING.fields[0].doc.trim(), "What people call it.");
/// ```
#[macro_export]
macro_rules! record {
    (
        $(#[doc = $doc:expr])*
        pub struct $name:ident, static $spec:ident {
            prefix: $prefix:expr, table: $table:expr, list_key: $list:expr, label: $label:expr,
            $($option:ident: $setting:expr,)*
        } {
            $( $(#[doc = $fdoc:expr])* $field:ident: $ty:ty = $decl:expr, )*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $name {
            /// Id, owner, revision, times.
            pub meta: $crate::record::Meta,
            $( $(#[doc = $fdoc])* pub $field: $ty, )*
        }

        #[doc = concat!("Declaration of [`", stringify!($name), "`].")]
        pub static $spec: $crate::spec::Spec = $crate::spec::Spec {
            name: stringify!($name), doc: concat!($($doc),*),
            prefix: $prefix, table: $table, list_key: $list, label: $label,
            fields: &[ $( $decl.at(stringify!($field)).described(concat!($($fdoc),*)), )* ],
            template: {
                static TEMPLATE: ::std::sync::OnceLock<$crate::json::Template> = ::std::sync::OnceLock::new();
                &TEMPLATE
            },
            ..$crate::record::with_options(&[ $( $crate::record::SpecOption::$option($setting), )* ])
        };

        impl $crate::record::Record for $name {
            const SPEC: &'static $crate::spec::Spec = &$spec;
            fn meta(&self) -> &$crate::record::Meta { &self.meta }
            fn meta_mut(&mut self) -> &mut $crate::record::Meta { &mut self.meta }
            fn into_row(self) -> $crate::record::Row {
                let values = vec![ $( $crate::value::Column::to_value(&self.$field), )* ];
                $crate::record::Row { spec: &$spec, meta: self.meta, values }
            }
            fn from_row(row: $crate::record::Row) -> Self {
                let mut values = row.values.into_iter();
                Self {
                    meta: row.meta,
                    $( $field: $crate::value::Column::from_value(values.next().unwrap_or_default()), )*
                }
            }
        }
    };
}

/// A part of a declaration that most resources do without; used by [`record!`](crate::record!).
#[allow(non_camel_case_types, reason = "named like the fields they set, for the macro")]
#[derive(Clone, Copy)]
pub enum SpecOption {
    /// See [`Spec::id_alias`].
    id_alias(&'static str),
    /// See [`Spec::unstored`].
    unstored(&'static [crate::spec::Field]),
    /// See [`Spec::computed`].
    computed(&'static [crate::spec::Computed]),
    /// See [`Spec::unique`].
    unique(&'static [crate::spec::Unique]),
    /// See [`Spec::ids`].
    ids(&'static str),
    /// See [`Spec::duplicate`].
    duplicate(crate::error::Code),
    /// See [`Spec::edges`].
    edges(&'static [crate::spec::Edge]),
}

/// A declaration without names and fields; used by [`record!`](crate::record!).
pub const fn with_options(options: &[SpecOption]) -> Spec {
    static NONE: std::sync::OnceLock<crate::json::Template> = std::sync::OnceLock::new();
    let mut spec = Spec {
        name: "",
        doc: "",
        template: &NONE,
        prefix: "",
        ids: "",
        table: "",
        list_key: "",
        label: "",
        id_alias: "",
        fields: &[],
        unstored: &[],
        computed: &[],
        unique: &[],
        duplicate: crate::error::Code::FailedPrecondition,
        edges: &[],
    };
    let mut at = 0;
    while at < options.len() {
        match options[at] {
            SpecOption::id_alias(alias) => spec.id_alias = alias,
            SpecOption::unstored(fields) => spec.unstored = fields,
            SpecOption::computed(computed) => spec.computed = computed,
            SpecOption::unique(unique) => spec.unique = unique,
            SpecOption::ids(ids) => spec.ids = ids,
            SpecOption::duplicate(code) => spec.duplicate = code,
            SpecOption::edges(edges) => spec.edges = edges,
        }
        at += 1;
    }
    spec
}
