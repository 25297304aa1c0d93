//! `sotto run`, and the verbs that reach it.

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::{fs::PermissionsExt, net::UnixStream},
    process::Stdio,
};

use serde_json::{Value, json};

use crate::harness::{Home, PATIENCE, command, ended};

#[test]
fn verbs_reach_a_running_agent_without_a_passphrase() {
    let home = Home::ada();
    let mut running = home.run();
    assert_eq!(running.event()["event"], "connection");
    let socket = home.dir().join("agent.sock");
    let mode = std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);

    let without = |args: &[&str]| {
        let mut command = command(&home.dir(), args);
        let output = command.env_remove("SOTTO_PASSPHRASE").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let status = without(&["status", "--json"]);
    assert_eq!(status["running"], true);
    assert_eq!(status["name"], "Ada");
    assert!(without(&["invite", "--json"])["link"].is_string());
    assert_eq!(without(&["contacts", "--json"]), json!([]));

    let second = home.sotto(&["run", "--json"]).error();
    assert_eq!(second["code"], "vault_busy");

    running.signal("-TERM");
    assert_eq!(running.end().code(), Some(0));
    assert!(!socket.exists());
    assert_eq!(home.sotto(&["status", "--json"]).json()["running"], false);
}

#[test]
fn an_interrupt_ends_it_and_so_does_a_second_start_after_a_kill() {
    let home = Home::ada();
    let mut running = home.run();
    running.signal("-INT");
    assert_eq!(running.end().code(), Some(0));

    let mut running = home.run();
    running.signal("-KILL");
    running.end();
    assert!(home.dir().join("agent.sock").exists());
    assert_eq!(home.sotto(&["status", "--json"]).json()["running"], false);
    drop(home.run());
}

#[test]
fn the_local_socket_speaks_lines_of_json() {
    let home = Home::ada();
    let _running = home.run();
    let mut stream = UnixStream::connect(home.dir().join("agent.sock")).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut say = |line: &str| stream.write_all(format!("{line}\n").as_bytes()).unwrap();
    let mut hear = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();

    say("this is no request");
    assert_eq!(hear()["error"]["code"], "value_invalid");
    say(r#"{"id":7,"query":{"type":"status"}}"#);
    let status = hear();
    assert_eq!(status["id"], 7);
    assert_eq!(status["ok"]["type"], "status");
    say(r#"{"id":8,"query":{"type":"history","conversation":"ffff"}}"#);
    assert_eq!(hear()["id"], 8);
    say(r#"{"subscribe":true}"#);
    say(r#"{"id":9,"command":{"type":"invite"}}"#);
    let both = [hear(), hear()];
    let has = |key: &str| both.iter().any(|line| line.get(key).is_some());
    assert!(has("notices") && has("ok"), "{both:?}");
}

#[test]
fn a_vault_that_is_held_in_silence_is_busy() {
    let home = Home::ada();
    let lock = std::fs::File::options()
        .write(true)
        .open(home.dir().join("lock"))
        .unwrap();
    lock.try_lock().unwrap();
    let error = home.sotto(&["status", "--json"]).error();
    assert_eq!(error["code"], "vault_busy");
    drop(lock);
    assert_eq!(home.sotto(&["status", "--offline"]).code, 0);
}

#[test]
fn two_verbs_at_once_wait_for_each_other() {
    let home = Home::ada();
    let invite = || {
        let mut command = home.command(&["invite", "--json", "--offline"]);
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        piped.spawn().unwrap()
    };
    for child in [invite(), invite(), invite()] {
        let ended = ended(child.wait_with_output().unwrap());
        assert!(ended.json()["link"].is_string());
    }
}

#[test]
fn clients_and_lines_are_bounded() {
    let home = Home::ada();
    let _running = home.run();
    let connect = || {
        let stream = UnixStream::connect(home.dir().join("agent.sock")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    };
    let first_line = |stream: UnixStream| {
        let line = BufReader::new(stream).lines().next().unwrap().unwrap();
        serde_json::from_str::<Value>(&line).unwrap()
    };
    let mut clients: Vec<_> = (0..32).map(|_| connect()).collect();
    let last = clients.last_mut().unwrap();
    let status = b"{\"id\":1,\"query\":{\"type\":\"status\"}}\n";
    last.write_all(status).unwrap();
    assert!(first_line(last.try_clone().unwrap()).get("ok").is_some());
    assert_eq!(first_line(connect())["error"]["code"], "limit_reached");
    drop(clients);

    // Those that went are noticed in their own time.
    let mut stream = loop {
        let mut stream = connect();
        stream.write_all(status).unwrap();
        if first_line(stream.try_clone().unwrap()).get("ok").is_some() {
            break stream;
        }
    };
    let chunk = vec![b'x'; 1024 * 1024];
    for _ in 0..40 {
        if stream.write_all(&chunk).is_err() {
            break;
        }
    }
    assert_eq!(home.sotto(&["status", "--json"]).json()["running"], true);
}
