//! Compiles the southbound contract with a pure-Rust protobuf compiler.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let files = protox::compile(["proto/maintmgr.proto", "proto/hostmgr.proto"], ["proto"])?;
    let stubs = std::env::var_os("CARGO_FEATURE_GRPC").is_some();
    tonic_prost_build::configure().build_client(stubs).build_server(stubs).compile_fds(files)?;
    Ok(())
}
