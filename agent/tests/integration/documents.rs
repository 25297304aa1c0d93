//! The terminal stories in the documents, run as they stand there.
//!
//! A block of `console` that begins a story (`sotto init`) runs in one shell, against a relay of
//! this test's own. What it prints has to be what the document says: ids, links, instants and the
//! home are taken as equal, a line of `…` stands for any lines, and blank lines do not count.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use regex::Regex;

use crate::{harness::ended, relay::Relay};

/// What parts the outputs of the commands.
const MARK: &str = "@@ ";

struct Step {
    command: String,
    output: Vec<String>,
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The commands and their outputs in the document's story.
fn story(document: &str) -> Vec<Step> {
    let text = std::fs::read_to_string(repository().join(document)).unwrap();
    let blocks = text.split("```console\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap());
    let block = blocks
        .filter(|block| block.contains("sotto init"))
        .collect::<String>();
    let mut steps: Vec<Step> = Vec::new();
    for line in block.lines().filter(|line| !line.trim().is_empty()) {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push(Step {
                command: command.to_owned(),
                output: Vec::new(),
            }),
            (None, Some(step)) => step.output.push(line.to_owned()),
            (None, None) => panic!("{document}: expected a command, found {line:?}"),
        }
    }
    assert!(steps.len() > 5, "{document} has no story");
    steps
}

/// The line with everything that differs from run to run named alike.
fn plain(line: &str, home: &str, relay: &str) -> String {
    let line = line.trim_end().replace(home, "/home/me");
    let line = line.replace(relay, "http://127.0.0.1:8787");
    let day = "(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [0-9]{1,2} [A-Z][a-z]{2} [0-9]{4}";
    let time = "[0-9]{2}:[0-9]{2}";
    let rules = [
        (r"#invite=\S+".to_owned(), "#invite=LINK"),
        (format!("{day} {time}–{time}"), "SLOT"),
        (format!("{day} {time}"), "INSTANT"),
        (day.to_owned(), "DAY"),
        (format!("{time}–{time}"), "HOURS"),
        (r"\b[0-9a-f]{8}\b".to_owned(), "ID"),
        (r"\b[0-9]{5}\b".to_owned(), "DIGITS"),
    ];
    rules.into_iter().fold(line, |line, (rule, name)| {
        Regex::new(&rule)
            .unwrap()
            .replace_all(&line, name)
            .into_owned()
    })
}

fn agrees(expected: &[String], found: &[String]) -> bool {
    match (expected, found) {
        ([], found) => found.is_empty(),
        ([any, rest @ ..], found) if any == "…" => {
            (0..=found.len()).any(|skipped| agrees(rest, &found[skipped..]))
        }
        ([line, rest @ ..], [first, others @ ..]) => line == first && agrees(rest, others),
        ([_, ..], []) => false,
    }
}

fn holds(document: &str) {
    let relay = Relay::start();
    let home = tempfile::tempdir().unwrap();
    let home_text = home.path().display().to_string();
    let all = home.path().join("all");
    let steps = story(document);

    // The one who accepts takes the link from the screen of the one who invited.
    let link = format!(
        "\"$(grep -o 'http.*#invite=.*' '{}' | tail -1)\"",
        all.display()
    );
    let quoted = Regex::new(r"'http://127\.0\.0\.1:8787/#invite=…'").unwrap();
    let mut script = String::new();
    for (number, step) in steps.iter().enumerate() {
        let command = quoted.replace_all(&step.command, regex::NoExpand(&link));
        let command = command.replace("http://127.0.0.1:8787", &relay.url());
        script += &format!("echo; echo '{MARK}{number}'\n{command}\n");
    }
    script += "wait\n";
    let bin = Path::new(env!("CARGO_BIN_EXE_sotto")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["-c", &format!("exec > '{}' 2>&1\n{script}", all.display())])
        .current_dir(repository())
        .env("HOME", home.path())
        .env("PATH", path)
        .env("TZ", "Europe/Berlin")
        .env_remove("SOTTO_HOME")
        .env_remove("SOTTO_LOG")
        .output();
    assert_eq!(ended(output.unwrap()).stderr, "");

    let printed = std::fs::read_to_string(&all).unwrap();
    let mut parts = printed.split(MARK).skip(1);
    for step in &steps {
        let found = parts.next().unwrap_or_default().lines().skip(1);
        let show = |line: &str| plain(line, &home_text, &relay.url());
        let found: Vec<_> = found.filter(|line| !line.is_empty()).map(show).collect();
        let expected: Vec<_> = step.output.iter().map(|line| show(line)).collect();
        assert!(
            agrees(&expected, &found),
            "{document}, after `{}`:\nexpected {expected:#?}\nfound {found:#?}",
            step.command
        );
    }
}

#[test]
fn the_story_in_the_readme_holds() {
    holds("README.md");
}

#[test]
fn the_story_in_the_manual_holds() {
    holds("docs/cli.md");
}
