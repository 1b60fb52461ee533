//! The checked-in description of the API.

use std::{
    fs,
    path::Path,
    process::{Command, ExitCode},
};

/// Writes `docs/openapi.json` as the server serves it.
pub(crate) fn remake() -> ExitCode {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let Some(server) = crate::server() else { return failed("emt-server cannot be built") };
    let printed = Command::new(server).arg("openapi").stderr(std::process::Stdio::inherit()).output();
    match printed {
        Ok(printed) if printed.status.success() => match fs::write(&path, printed.stdout) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&format!("{} cannot be written: {error}", path.display())),
        },
        Ok(_) => failed("emt-server did not print its document"),
        Err(error) => failed(&format!("emt-server cannot be started: {error}")),
    }
}

fn failed(text: &str) -> ExitCode {
    eprintln!("xtask: {text}");
    ExitCode::FAILURE
}
