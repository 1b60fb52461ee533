//! What is wrong with a cron text.

use std::fmt;

/// The fields of a cron text, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// 0 to 59.
    Minutes,
    /// 0 to 23.
    Hours,
    /// 1 to 31.
    DayOfMonth,
    /// 1 to 12.
    Month,
    /// 0 to 6, 0 is Sunday; 7 is Sunday too where people write it.
    DayOfWeek,
}

impl Field {
    pub(super) const ALL: [Self; 5] = [Self::Minutes, Self::Hours, Self::DayOfMonth, Self::Month, Self::DayOfWeek];

    /// Least and greatest number, as a rule; Sunday as 7 is beyond.
    pub(super) fn range(self) -> (u8, u8) {
        match self {
            Self::Minutes => (0, 59),
            Self::Hours => (0, 23),
            Self::DayOfMonth => (1, 31),
            Self::Month => (1, 12),
            Self::DayOfWeek => (0, 6),
        }
    }

    fn allowed(self) -> &'static str {
        match self {
            Self::Minutes => "numbers from 0 to 59, *, ranges such as 0-30, steps such as */15, and lists of them such as 0,30",
            Self::Hours => "numbers from 0 to 23, *, ranges such as 1-5, steps such as */6, and lists of them such as 2,4",
            Self::DayOfMonth => {
                "numbers from 1 to 31, *, L for the last day, ranges such as 1-7, steps such as */2, and lists of them such as 1,15"
            }
            Self::Month => {
                "numbers from 1 to 12 or names such as JAN, *, ranges such as 1-3, steps such as */3, and lists of them such as 1,7"
            }
            Self::DayOfWeek => {
                "numbers from 0 to 7 (0 and 7 are Sunday) or names such as SAT, *, ranges such as 1-5, steps such as */2, the nth \
                 of a month such as 6#2 (n is 1 to 5), the last of a month such as 6L, and lists of them such as 0,6"
            }
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::DayOfMonth => "day of month",
            Self::Month => "month",
            Self::DayOfWeek => "day of week",
        })
    }
}

/// Why a text is no cron.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// There are not five fields.
    #[error("a cron has five fields (minutes, hours, day of month, month, day of week), such as 0 2 * * 6; this one has {0}")]
    Fields(usize),
    /// A part of a field is wrong.
    #[error("cron field {field}: {part:?} {why}; allowed are {}", field.allowed())]
    Part {
        /// Which field.
        field: Field,
        /// The part of its list that is wrong.
        part: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A part of a field is not as the Edge Orchestrator API has it.
    #[error(
        "cron field {field}: {part:?} is no number from {min} to {max} without leading zeros; write * or a list such as {min},{max}",
        min = field.range().0,
        max = field.range().1
    )]
    Wire {
        /// Which field.
        field: Field,
        /// The part of its list that is wrong.
        part: String,
    },
}

impl CronError {
    /// Which field is wrong, if it is one.
    pub fn field(&self) -> Option<Field> {
        match self {
            Self::Fields(_) => None,
            Self::Part { field, .. } | Self::Wire { field, .. } => Some(*field),
        }
    }
}
