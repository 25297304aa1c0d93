//! The web app is embedded from `web/dist`, which only a build of the web app
//! fills. An empty folder is enough to build a relay without it.

fn main() -> std::io::Result<()> {
    let dist = std::path::Path::new("../web/dist");
    std::fs::create_dir_all(dist)?;
    println!("cargo:rerun-if-changed=../web/dist");
    println!("cargo:rerun-if-changed=build.rs");
    Ok(())
}
