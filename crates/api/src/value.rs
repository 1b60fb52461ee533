//! The three shapes that a stored field can have. What they mean is said by the field's [`Type`](crate::spec::Type).

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A field's value as a store keeps it: engines need to know nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Value {
    /// Not set: an absent link.
    #[default]
    Null,
    /// A number, a truth value (0, 1) or an enum's number.
    Int(i64),
    /// A text, an id or a JSON document.
    Text(String),
}

impl Value {
    /// The number, or 0.
    pub fn int(&self) -> i64 {
        if let Self::Int(number) = self { *number } else { 0 }
    }

    /// The text, or "".
    pub fn text(&self) -> &str {
        if let Self::Text(text) = self { text } else { "" }
    }

    /// The texts of a list, such as the ids of a list of links.
    pub fn texts(&self) -> Vec<String> {
        serde_json::from_str(self.text()).unwrap_or_default()
    }

    /// Whether this is what an untouched field holds.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Int(number) => *number == 0,
            Self::Text(text) => text.is_empty() || text == "[]",
        }
    }
}

/// A Rust type that fills one field of a record.
pub trait Column: Sized + Default {
    /// As the store keeps it.
    fn to_value(&self) -> Value;
    /// Back from the store; a value of a foreign shape becomes the type's empty value.
    fn from_value(value: Value) -> Self;
}

impl Column for String {
    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }
    fn from_value(value: Value) -> Self {
        if let Value::Text(text) = value { text } else { Self::new() }
    }
}

macro_rules! integer_column {
    ($($ty:ty),*) => {$(
        impl Column for $ty {
            fn to_value(&self) -> Value {
                Value::Int(i64::try_from(*self).unwrap_or(i64::MAX))
            }
            fn from_value(value: Value) -> Self {
                Self::try_from(value.int()).unwrap_or_default()
            }
        }
    )*};
}
integer_column!(u32, i32, u64, i64);

impl Column for bool {
    fn to_value(&self) -> Value {
        Value::Int(i64::from(*self))
    }
    fn from_value(value: Value) -> Self {
        value.int() != 0
    }
}

/// Id of another record, or none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Link(Option<String>);

impl Link {
    /// Points at this id; "" points nowhere.
    pub fn to(id: impl Into<String>) -> Self {
        let id = id.into();
        Self((!id.is_empty()).then_some(id))
    }

    /// The id, if there is one.
    pub fn id(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// The id, or "".
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// Whether it points anywhere.
    pub fn is_set(&self) -> bool {
        self.0.is_some()
    }
}

impl Column for Link {
    fn to_value(&self) -> Value {
        self.0.clone().map_or(Value::Null, Value::Text)
    }
    fn from_value(value: Value) -> Self {
        if let Value::Text(id) = value { Self::to(id) } else { Self(None) }
    }
}

/// A structured field, kept as compact JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: Serialize + DeserializeOwned + Default> Column for Json<T> {
    fn to_value(&self) -> Value {
        Value::Text(serde_json::to_string(&self.0).unwrap_or_default())
    }
    fn from_value(value: Value) -> Self {
        Self(serde_json::from_str(value.text()).unwrap_or_default())
    }
}

/// One label of a host, site or region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataItem {
    /// Name of the label.
    pub key: String,
    /// Its value.
    pub value: String,
}
