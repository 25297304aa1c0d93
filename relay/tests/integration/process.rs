//! The binary itself.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use sotto_protocol::id::{AccountId, DeviceId};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

use crate::client::Client;
use crate::person::Person;

fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sotto-relay"));
    command
        .env_clear()
        .env("SOTTO_RELAY_DATA", data)
        .env("SOTTO_RELAY_LISTEN", "127.0.0.1:0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Starts a relay and waits for the line that says where it is.
async fn start(mut command: Command) -> (Child, SocketAddr, Lines<BufReader<ChildStderr>>) {
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = timeout(Duration::from_secs(20), lines.next_line())
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    let url = line
        .split("serves http://")
        .nth(1)
        .unwrap_or_else(|| panic!("{line}"));
    let address = url.split('/').next().unwrap().parse().unwrap();
    (child, address, lines)
}

async fn connect(address: SocketAddr, person: &Person) -> Client {
    let mut client = Client::dial(address).await;
    client.enter(person).await.unwrap();
    client
}

#[tokio::test]
async fn what_was_answered_survives_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let (robin, kim) = (Person::new(1), Person::new(2));
    let (mut relay, address, _lines) = start(command(data.path())).await;
    connect(address, &robin).await.create(1).await;
    let mut sender = connect(address, &kim).await;
    for id in 1..=20 {
        sender.post(1, id).await.unwrap();
    }
    relay.kill().await.unwrap();
    let (_relay, address, _lines) = start(command(data.path())).await;
    let expected: Vec<_> = (1..=20).map(|id| (u64::from(id), id)).collect();
    assert_eq!(
        connect(address, &robin).await.deliveries(20).await,
        expected
    );
}

#[tokio::test]
async fn the_log_names_no_mailbox_no_payload_and_no_key() {
    let data = tempfile::tempdir().unwrap();
    let (robin, kim) = (Person::new(1), Person::new(2));
    let mut traced = command(data.path());
    traced
        .env("SOTTO_RELAY_LOG", "trace")
        .env("SOTTO_RELAY_LOG_FORMAT", "text");
    let (mut relay, address, mut lines) = start(traced).await;
    let mut owner = connect(address, &robin).await;
    owner.create(0xab).await;
    let mut sender = connect(address, &kim).await;
    sender.post(0xab, 0xcd).await.unwrap();
    sender.post(0xac, 0xcd).await.unwrap_err();
    owner.deliveries(1).await;
    owner.acknowledge(&[1]).await;
    owner.send_bytes(vec![0xab; 64]).await;
    owner.farewell().await;
    drop(sender);

    let pid = relay.id().unwrap().to_string();
    Command::new("kill")
        .args(["-TERM", &pid])
        .status()
        .await
        .unwrap();
    let status = timeout(Duration::from_secs(10), relay.wait())
        .await
        .unwrap()
        .unwrap();
    assert!(status.success());
    let mut log = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        log += &line;
        log.push('\n');
    }
    assert!(
        log.contains("a device connected") && log.contains("refused"),
        "{log}"
    );
    assert!(log.trim_end().ends_with("stopped"), "{log}");
    let hex = |account: AccountId, device: DeviceId| [account.to_string(), device.to_string()];
    let keys = [&robin, &kim].map(|person| hex(person.account_id(), person.device_id()));
    let fixed = [
        "ababab", "acacac", "cdcdcd", "171, 171", "172, 172", "205, 205", "q6ur", "zc3N",
    ];
    let keys = keys.iter().flatten().map(|key| &key[..12]);
    for secret in fixed.into_iter().chain(keys) {
        assert!(
            !log.to_lowercase().contains(&secret.to_lowercase()),
            "{secret} is in\n{log}"
        );
    }
}

#[tokio::test]
async fn the_log_counts_what_was_not_fetched_in_time() {
    let data = tempfile::tempdir().unwrap();
    let mut brief = command(data.path());
    brief
        .env("SOTTO_RELAY_MAX_TTL_SECONDS", "1")
        .env("SOTTO_RELAY_PURGE_INTERVAL_SECONDS", "1");
    let (_relay, address, mut lines) = start(brief).await;
    let mut owner = connect(address, &Person::new(1)).await;
    owner.create(1).await;
    drop(owner);
    let mut sender = connect(address, &Person::new(2)).await;
    for id in 1..=2 {
        sender.post(1, id).await.unwrap();
    }
    let mut counted = 0;
    while counted < 2 {
        let line = timeout(Duration::from_secs(20), lines.next_line()).await;
        let line = line.unwrap().unwrap().unwrap();
        if let Some((_, counts)) = line.split_once("not fetched in time") {
            let messages = counts.split("messages=").nth(1).unwrap();
            counted += messages[..1].parse::<u32>().unwrap();
            assert!(counts.contains("mailboxes=0"), "{line}");
        }
    }
    assert_eq!(counted, 2);
}

async fn failure(mut command: Command) -> (Option<i32>, String) {
    let mut child = command.spawn().unwrap();
    let mut text = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .await
        .unwrap();
    (child.wait().await.unwrap().code(), text)
}

#[tokio::test]
async fn what_hinders_the_start_is_one_line_with_what_to_do() {
    let data = tempfile::tempdir().unwrap();
    let (_relay, address, _lines) = start(command(data.path())).await;

    let other = tempfile::tempdir().unwrap();
    let mut same_port = command(other.path());
    same_port.env("SOTTO_RELAY_LISTEN", address.to_string());
    let (code, text) = failure(same_port).await;
    assert_eq!((code, text.lines().count()), (Some(1), 1), "{text}");
    assert!(
        text.contains("set SOTTO_RELAY_LISTEN to another one"),
        "{text}"
    );

    let (code, text) = failure(command(data.path())).await;
    assert_eq!((code, text.lines().count()), (Some(1), 1), "{text}");
    assert!(
        text.contains("another relay uses the data directory"),
        "{text}"
    );

    let file = other.path().join("file");
    std::fs::write(&file, "").unwrap();
    let (code, text) = failure(command(&file)).await;
    assert_eq!((code, text.lines().count()), (Some(1), 1), "{text}");
    assert!(text.contains("set SOTTO_RELAY_DATA"), "{text}");

    let mut bad = command(other.path());
    bad.env("SOTTO_RELAY_MAX_CONNECTIONS", "many");
    let (code, text) = failure(bad).await;
    assert_ne!(code, Some(0));
    assert!(
        text.contains("SOTTO_RELAY_MAX_CONNECTIONS: expected a whole number"),
        "{text}"
    );
}

#[tokio::test]
async fn help_lists_the_settings() {
    let output = command(Path::new("unused"))
        .arg("--help")
        .output()
        .await
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("SOTTO_RELAY_PUBLIC_URL") && text.contains("--max-ttl-seconds"),
        "{text}"
    );
}

#[tokio::test]
async fn the_relay_links_nothing_that_could_open_a_message() {
    let tree = [
        "tree",
        "--offline",
        "-p",
        "sotto-relay",
        "-e",
        "normal",
        "--prefix",
        "none",
    ];
    let output = Command::new(env!("CARGO"))
        .args(tree)
        .output()
        .await
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(
        tree.contains("sotto-protocol"),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for forbidden in [
        "sotto-client-core",
        "x25519-dalek",
        "chacha20poly1305",
        "ml-kem",
        "aes-gcm",
    ] {
        assert!(
            !tree
                .lines()
                .any(|line| line.split(' ').next() == Some(forbidden)),
            "{tree}"
        );
    }
}
