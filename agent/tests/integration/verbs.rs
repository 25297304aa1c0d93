//! What the verbs print; the keys are the ones that docs/cli.md names.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::harness::{Home, PASSPHRASE};

const LUNCH: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\n\
UID:lunch@test\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261201T110000Z\r\nDTEND:20261201T120000Z\r\n\
SUMMARY:Lunch\r\nLOCATION:Canteen\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn init_makes_a_private_home() {
    let home = Home::ada();
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home.dir()), 0o700);
    assert_eq!(mode(&home.dir().join("vault.db")), 0o600);
    for entry in std::fs::read_dir(home.dir()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for secret in [PASSPHRASE, "Ada", "Europe/Berlin"] {
            let secret = secret.as_bytes();
            assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        }
    }
}

#[test]
fn status_says_who_and_how() {
    let home = Home::ada();
    let status = home.sotto(&["status", "--json"]).json();
    assert_eq!(
        keys(&status),
        [
            "account",
            "agent_change",
            "connection",
            "connection_detail",
            "follows",
            "home",
            "name",
            "prekeys",
            "queued",
            "relay",
            "retry_at",
            "running",
            "version",
            "waiting_for_you",
        ]
    );
    assert_eq!(status["name"], "Ada");
    assert_eq!(status["connection"], "offline");
    assert_eq!(status["running"], false);
    let human = home.sotto(&["status"]);
    assert!(
        human.stdout.contains("Connection      offline"),
        "{human:?}"
    );
}

#[test]
fn invitations_are_links() {
    let home = Home::ada();
    let invitation = home
        .sotto(&["invite", "--uses", "2", "--valid", "2d", "--json"])
        .json();
    assert_eq!(
        keys(&invitation),
        [
            "account_fingerprint",
            "expires_at",
            "id",
            "link",
            "uses_left"
        ]
    );
    assert_eq!(invitation["uses_left"], 2);
    assert!(invitation["link"].as_str().unwrap().contains('#'));
}

#[test]
fn a_qr_code_in_the_terminal_is_the_link() {
    /// Dark or light, two to a character, each drawn as so many pixels.
    const PIXELS: usize = 4;
    let home = Home::ada();
    let drawn = home.sotto(&["invite", "--qr", "--offline"]);
    let link = drawn.stdout.lines().next().unwrap();
    let blocks: Vec<Vec<char>> = drawn
        .stdout
        .lines()
        .filter(|line| line.starts_with('█'))
        .map(|line| line.chars().collect())
        .collect();
    let (width, height) = (blocks[0].len() * PIXELS, blocks.len() * 2 * PIXELS);
    let light = |x: usize, y: usize| {
        let (column, row) = (x / PIXELS, y / PIXELS);
        let halves = match blocks[row / 2][column] {
            '█' => [true, true],
            '▀' => [true, false],
            '▄' => [false, true],
            ' ' => [false, false],
            other => panic!("expected a block, found {other:?}"),
        };
        if halves[row % 2] { 255 } else { 0 }
    };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, light);
    let codes = image.detect_grids();
    assert_eq!(codes.len(), 1, "{}", drawn.stdout);
    assert_eq!(codes[0].decode().unwrap().1, link);
}

#[test]
fn a_calendar_is_imported_shown_replaced_and_removed() {
    let home = Home::ada();
    let file = home.file("lunch.ics", LUNCH);
    let report = home
        .sotto(&["calendar", "import", &file, "--name", "Work", "--json"])
        .json();
    assert_eq!(
        keys(&report),
        [
            "all_day_busy",
            "also_in",
            "blocked_days",
            "calendar",
            "clashes",
            "replaced",
            "skipped"
        ]
    );
    assert_eq!(
        keys(&report["calendar"]),
        ["events", "id", "imported_at", "name"]
    );
    let again = home.with_input(
        &["calendar", "import", "-", "--name", "work", "--json"],
        LUNCH,
    );
    assert_eq!(again.json()["replaced"], true);

    let days = ["--from", "2026-12-01", "--to", "2026-12-01"];
    let agenda = home
        .sotto(&[&["agenda", "--json"], &days[..]].concat())
        .json();
    let event = &agenda.as_array().unwrap()[0];
    assert_eq!(event["title"], "Lunch");
    assert_eq!(event["start"], "2026-12-01T11:00:00Z");
    assert_eq!(
        keys(event),
        [
            "all_day", "busy", "calendar", "contact", "end", "id", "kind", "location", "proposal",
            "start", "title", "uid",
        ]
    );
    let human = home.sotto(&[&["agenda"], &days[..]].concat());
    assert!(
        human.stdout.contains("12:00–13:00  Lunch, Canteen"),
        "{human:?}"
    );
    assert!(human.stdout.contains("Europe/Berlin"), "{human:?}");

    let removed = home.sotto(&["calendar", "remove", "WORK", "--json"]).json();
    assert_eq!(removed["done"], true);
    assert_eq!(
        home.sotto(&["calendar", "list", "--json"]).json(),
        Value::Array(vec![])
    );
}

#[test]
fn preferences_change_one_by_one() {
    let home = Home::ada();
    let set = [
        "preferences",
        "set",
        "--hours",
        "mon-fri 09:00-17:00",
        "--buffer",
        "10m",
        "--approve-meetings",
        "auto",
        "--json",
    ];
    let changed = home.sotto(&set).json();
    assert_eq!(
        keys(&changed),
        [
            "approve_contacts",
            "approve_meetings",
            "buffer_minutes",
            "review",
            "time_zone",
            "working_hours",
        ]
    );
    assert_eq!(changed["working_hours"].as_array().unwrap().len(), 5);
    assert_eq!(changed["buffer_minutes"], 10);
    assert_eq!(changed["time_zone"], "Europe/Berlin");
    assert_eq!(home.sotto(&["preferences", "--json"]).json(), changed);

    let error = home
        .sotto(&[
            "preferences",
            "set",
            "--time-zone",
            "Middle/Earth",
            "--json",
        ])
        .error();
    assert_eq!(error["code"], "value_invalid");
    assert_eq!(home.sotto(&["preferences", "--json"]).json(), changed);
}

#[test]
fn empty_lists_say_what_to_do() {
    let home = Home::ada();
    for (verb, hint) in [
        ("contacts", "sotto invite"),
        ("proposals", "sotto schedule"),
        ("history", "No messages"),
        ("agenda", "sotto calendar import"),
    ] {
        let human = home.sotto(&[verb, "--offline"]);
        assert!(human.stdout.contains(hint), "{human:?}");
        let json = home.sotto(&[verb, "--offline", "--json"]).json();
        assert_eq!(json, Value::Array(vec![]), "{verb}");
    }
}
