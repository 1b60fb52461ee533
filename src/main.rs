//! Operates fleets of Edge Microvisor Toolkit nodes.

use std::process::ExitCode;

fn main() -> ExitCode {
    emtctl::run(std::env::args_os())
}
