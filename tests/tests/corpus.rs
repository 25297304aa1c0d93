//! Every input that fuzzing kept, once more, on the stable compiler: what it found stays found.

use std::{fs, path::PathBuf};

use sotto_tests::fuzzing::{TARGETS, seeds};

/// Most files of a target, and most of their bytes together.
const MAX_FILES: usize = 100;
const MAX_BYTES: usize = 200 * 1024;

fn corpus(target: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    root.join("corpus").join(target)
}

#[test]
fn every_target_gets_along_with_its_corpus() {
    for (name, target) in TARGETS {
        let mut inputs: Vec<_> = fs::read_dir(corpus(name))
            .unwrap_or_else(|error| panic!("a folder for {name}: {error}"))
            .map(|entry| entry.expect("an entry").path())
            .collect();
        inputs.sort();
        let mut bytes = 0;
        for path in &inputs {
            let input = fs::read(path).expect("a file");
            bytes += input.len();
            let result = std::panic::catch_unwind(|| target(&input));
            assert!(result.is_ok(), "{name} fails on {}", path.display());
        }
        println!("{name}: {} inputs, {bytes} bytes", inputs.len());
        assert!(!inputs.is_empty(), "{name} has no corpus");
        assert!(
            inputs.len() <= MAX_FILES && bytes <= MAX_BYTES,
            "{name}: make it smaller (scripts/fuzz cmin)"
        );
    }
}

#[test]
fn every_target_has_a_program() {
    let manifest = fs::read_to_string(corpus("..").join("Cargo.toml")).expect("fuzz/Cargo.toml");
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
}

#[test]
fn every_target_gets_along_with_genuine_bytes() {
    for (name, seed, bytes) in seeds() {
        let (_, target) = TARGETS
            .iter()
            .find(|(target, _)| *target == name)
            .expect("a target");
        println!("{name}: {seed}");
        target(&bytes);
    }
}

/// To begin anew: `cargo test -p sotto-tests --test corpus -- --ignored`, then `scripts/fuzz`.
#[test]
#[ignore = "writes into fuzz/corpus"]
fn write_seeds() {
    for (target, name, bytes) in seeds() {
        fs::create_dir_all(corpus(target)).expect("a folder");
        fs::write(corpus(target).join(name), bytes).expect("a file");
    }
    let calendars =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../client-core/tests/data/calendars");
    fs::create_dir_all(corpus("calendar")).expect("a folder");
    for entry in fs::read_dir(calendars).expect("calendars") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "ics") {
            let to = corpus("calendar").join(path.file_stem().expect("a name"));
            fs::copy(&path, to).expect("a copy");
        }
    }
}
