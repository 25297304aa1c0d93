//! Runs `sotto` in a home of its own.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) const PASSPHRASE: &str = "correct horse battery staple";

/// A port where nobody listens: the discard service, which needs root and is gone for decades.
pub(crate) const NO_RELAY: &str = "http://127.0.0.1:9";

/// How long anything here may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Home {
    root: TempDir,
}

/// How a verb ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Home {
    /// A directory without a vault.
    pub(crate) fn empty() -> Self {
        Self {
            root: tempfile::tempdir().unwrap(),
        }
    }

    /// A vault for Ada whose relay cannot be reached.
    pub(crate) fn ada() -> Self {
        Self::of("Ada", NO_RELAY)
    }

    /// A vault for somebody at this relay.
    pub(crate) fn of(name: &str, relay: &str) -> Self {
        let home = Self::empty();
        let zone = "Europe/Berlin";
        let init = ["init", "--relay", relay, "--name", name];
        let made =
            home.sotto(&[&init[..], &["--time-zone", zone, "--device-name", "Desk"]].concat());
        assert_eq!(made.code, 0, "{made:?}");
        home
    }

    /// A copy of it, as from a backup.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::empty();
        std::fs::create_dir(copy.dir()).unwrap();
        for entry in std::fs::read_dir(self.dir()).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), copy.dir().join(entry.file_name())).unwrap();
        }
        copy
    }

    /// Two people who are contacts.
    pub(crate) fn two(inviter: &str, invited: &str, relay: &str) -> (Self, Self) {
        let (inviter, invited) = (Self::of(inviter, relay), Self::of(invited, relay));
        let link = inviter.sotto(&["invite", "--json"]).json()["link"].take();
        invited.done(&["accept", link.as_str().unwrap()]);
        inviter.approve_all();
        let contacts = invited.sotto(&["contacts", "--json"]).json();
        assert_eq!(contacts[0]["state"], "active", "{contacts}");
        (inviter, invited)
    }

    /// Lets in everybody who asks.
    pub(crate) fn approve_all(&self) {
        for contact in self
            .sotto(&["contacts", "--json"])
            .json()
            .as_array()
            .unwrap()
        {
            if contact["state"] == "requested" {
                self.done(&["contacts", "approve", contact["id"].as_str().unwrap()]);
            }
        }
    }

    /// Runs a verb that has to succeed, and gives what it printed.
    pub(crate) fn done(&self, args: &[&str]) -> String {
        let ended = self.sotto(args);
        assert_eq!(ended.code, 0, "{args:?}: {ended:?}");
        ended.stdout
    }

    /// Asks again until `found` finds what it waits for in the answer.
    pub(crate) fn until<T>(&self, args: &[&str], found: impl Fn(&Value) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.sotto(&[args, &["--json"]].concat()).json();
            if let Some(found) = found(&answer) {
                return found;
            }
            assert!(Instant::now() < deadline, "{args:?} stays {answer}");
        }
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.root.path().join("home")
    }

    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.root.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        command(&self.dir(), args)
    }

    pub(crate) fn sotto(&self, args: &[&str]) -> Ended {
        ended(self.command(args).output().unwrap())
    }

    pub(crate) fn with_input(&self, args: &[&str], input: &str) -> Ended {
        let mut command = self.command(args);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        ended(child.wait_with_output().unwrap())
    }

    /// `sotto run`, once it says that it runs.
    pub(crate) fn run(&self) -> Running {
        let mut running = self.start(&["run", "--json"]);
        assert_eq!(running.event()["event"], "started");
        running
    }

    /// A verb that prints a line of JSON now and then.
    pub(crate) fn start(&self, args: &[&str]) -> Running {
        Running::of(self.command(args))
    }
}

/// A meeting about the garden that two contacts agree on, by its id.
pub(crate) fn agreed(asks: &Home, agrees: &Home, name: &str) -> String {
    agrees.done(&["preferences", "set", "--approve-meetings", "auto"]);
    let _running = agrees.run();
    let flags = ["schedule", "--with", name, "--title", "Garden", "--json"];
    let wish = [&flags[..], &["--duration", "30m", "--wait"]].concat();
    let meeting = asks.sotto(&wish).json();
    assert_eq!(meeting["state"], "confirmed", "{meeting}");
    meeting["id"].as_str().unwrap().to_owned()
}

pub(crate) fn command(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sotto"));
    command
        .args(args)
        .env_remove("SOTTO_LOG")
        .env("SOTTO_HOME", home)
        .env("SOTTO_PASSPHRASE", PASSPHRASE)
        .stdin(Stdio::null());
    command
}

pub(crate) fn ended(output: Output) -> Ended {
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ended {
    /// What a `--json` verb printed, after checking that it was done.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// The error that a `--json` verb printed, after checking that it was refused.
    pub(crate) fn error(&self) -> Value {
        assert_eq!(self.code, 1, "{self:?}");
        assert_eq!(self.stdout, "");
        let last = self.stderr.lines().last().unwrap_or_default();
        let error = serde_json::from_str::<Value>(last).unwrap()["error"].take();
        for key in ["code", "message", "next_step"] {
            assert!(error[key].as_str().is_some_and(|s| !s.is_empty()), "{key}");
        }
        error
    }
}

/// A running agent; killed when dropped.
pub(crate) struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Running {
    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The next line that it prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line
    }

    /// The same, of one that prints JSON.
    pub(crate) fn event(&mut self) -> Value {
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let kill = Command::new("kill").args([name, &pid]).status().unwrap();
        assert!(kill.success());
    }

    /// Its end, which has to come soon.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        let (ended, end) = mpsc::channel::<()>();
        let watchdog = std::thread::spawn(move || {
            let late = end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout);
            late && Command::new("kill").args(["-KILL", &pid]).status().is_ok()
        });
        let status = self.child.wait().unwrap();
        drop(ended);
        assert!(!watchdog.join().unwrap(), "the agent does not end");
        status
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
