//! Times and lengths as people write and read them.

mod instant;
mod length;
mod times;
mod window;

pub(crate) use self::{
    instant::{Zone, instant, signed},
    length::{brief, length},
    times::Times,
    window::{Begin, Window},
};
