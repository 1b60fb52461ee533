//! Following updates: which ones, what happens to each, and how that is shown.

mod follow;
mod select;
mod show;

pub(crate) use self::{
    follow::{Change, Follow, Phase},
    select::select,
    show::Show,
};
