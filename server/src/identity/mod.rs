//! Users, clients, roles, sessions, tokens and keys.
