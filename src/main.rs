//! Operates fleets of Edge Microvisor Toolkit nodes.
fn main() {}
