//! A lightweight Edge Orchestrator in one binary.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod data_dir;
pub mod deletion;
pub mod grpc;
pub mod hosts;
pub mod http;
pub mod identity;
pub mod inventory;
pub mod issuer;
pub mod listener;
pub mod maintenance;
pub mod oidc;
pub mod os_resources;
pub mod release;
pub mod rest;
pub mod store;
pub mod tls;
pub mod web;
