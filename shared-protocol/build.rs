//! Compiles `proto/` with `protox`, so that no `protoc` has to be installed.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let files = protox::compile(
        ["sotto/v1/frames.proto", "sotto/v1/directory.proto"],
        ["proto"],
    )?;
    prost_build::Config::new()
        .bytes([
            ".sotto.v1.Post.payload",
            ".sotto.v1.Deliver.payload",
            ".sotto.v1.SignedDeviceList",
        ])
        .compile_fds(files)?;
    Ok(())
}
