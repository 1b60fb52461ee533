//! Times and lengths as people write and read them.

mod instant;
mod length;
mod window;

pub(crate) use self::{
    instant::{Zone, instant, signed},
    length::{brief, length},
    window::{Begin, Window},
};
