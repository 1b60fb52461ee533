//! Contexts: the servers, users and projects that people have logged in to, kept in a file; and their tokens.

mod address;
mod contexts;
mod home;
pub(crate) mod session;
mod tokens;

pub(crate) use self::{
    address::{default_name, issuer},
    contexts::{Context, Contexts, check_name},
    home::Home,
    tokens::{Keep, Kept, Tokens},
};
