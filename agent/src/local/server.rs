//! The agent's end of the local socket.

use std::{fs::Permissions, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

use serde::Serialize;
use sotto_client_core::api::{ApiError, ApiErrorCode, Notice};
use tokio::{
    io::{AsyncWriteExt, BufReader},
    net::{
        UnixListener, UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{broadcast::error::RecvError, mpsc, oneshot},
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use super::{
    protocol::{Asked, LineReader, MAX_LINE_BYTES, ReadLine, Request, Response},
    same_user,
};
use crate::{
    error::{defect, store_failed, value_invalid},
    home::Home,
    shell::Handle,
};

/// Most clients at once.
pub const MAX_CLIENTS: usize = 32;

/// Lines that wait for a client to read them.
const QUEUE: usize = 64;

/// How long a client may read nothing while its queue is full.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);

/// Longest path of a Unix socket on the systems that Sotto runs on, less its final zero.
const MAX_PATH_BYTES: usize = 103;

/// The listening socket; its file goes when this is closed or dropped.
///
/// Close it before the vault's lock is free: the next holder makes a socket of the same name.
#[derive(Debug)]
pub struct Server {
    path: PathBuf,
    close: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Listens in this home, whose lock the caller holds.
    ///
    /// # Errors
    ///
    /// `value_invalid` when the path is too long for a socket, else `store_failed`.
    pub fn start(home: &Home, handle: Handle) -> Result<Self, ApiError> {
        let path = home.socket();
        if path.as_os_str().len() > MAX_PATH_BYTES {
            return Err(value_invalid(
                format!(
                    "The path {} is too long for a local socket: expected at most {MAX_PATH_BYTES} bytes, found {}.",
                    path.display(),
                    path.as_os_str().len()
                ),
                "Choose a shorter directory with --home, or a symbolic link to this one.",
            ));
        }
        let failed = |error: std::io::Error| {
            store_failed(format!("Cannot listen at {}", path.display()), &error)
        };
        // A socket that a killed agent left behind; whoever holds the lock is its heir.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed(error));
            }
            _ => {}
        }
        let listener = UnixListener::bind(&path).map_err(failed)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(failed)?;
        let (close, closed) = oneshot::channel();
        let task = tokio::spawn(accept(listener, handle, closed));
        Ok(Self {
            path,
            close: Some(close),
            task,
        })
    }

    /// Lets no new clients in; those that are here get their answers.
    pub fn close(&mut self) {
        if let Some(close) = self.close.take() {
            let _ = std::fs::remove_file(&self.path);
            let _ = close.send(());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.close();
        self.task.abort();
    }
}

async fn accept(listener: UnixListener, handle: Handle, mut closed: oneshot::Receiver<()>) {
    let mut clients = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut closed => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors, most likely: some may come back.
                tracing::warn!(%error, "cannot accept a local client");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        while clients.try_join_next().is_some() {}
        if !same_user(&stream) {
            tracing::warn!("refused a local client of another user");
            continue;
        }
        if clients.len() >= MAX_CLIENTS {
            clients.spawn(turn_away(stream));
            // At most one more than the limit, and only for a moment.
            clients.join_next().await;
            continue;
        }
        clients.spawn(serve(stream, handle.clone()));
    }
    drop(listener);
    while clients.join_next().await.is_some() {}
}

async fn turn_away(stream: UnixStream) {
    let error = ApiError::new(
        ApiErrorCode::LimitReached,
        format!("The running agent has {MAX_CLIENTS} local clients already."),
        "Wait until one of them has ended, then try again.",
    );
    let (_, writer) = stream.into_split();
    let (lines, queue) = mpsc::channel(1);
    let _ = push(&lines, &Response::Refused { id: None, error }).await;
    drop(lines);
    write(writer, queue).await;
}

async fn serve(stream: UnixStream, handle: Handle) {
    let (reader, writer) = stream.into_split();
    let (lines, queue) = mpsc::channel(QUEUE);
    let read = async {
        let ended = answer(LineReader::new(BufReader::new(reader)), &lines, &handle).await;
        drop(lines);
        if let Err(error) = ended {
            tracing::debug!(%error, "a local client went");
        }
    };
    tokio::join!(read, write(writer, queue));
}

/// Answers line by line until the client goes.
async fn answer(
    mut reader: LineReader<BufReader<OwnedReadHalf>>,
    lines: &mpsc::Sender<Vec<u8>>,
    handle: &Handle,
) -> std::io::Result<()> {
    // Dropped at the end, and with it the forwarding of notices.
    let mut subscription = JoinSet::new();
    loop {
        let line = match reader.next().await? {
            ReadLine::Line(line) => line,
            ReadLine::End => return Ok(()),
            ReadLine::TooLong => {
                let error = ApiError::new(
                    ApiErrorCode::LimitReached,
                    format!("The line is longer than {MAX_LINE_BYTES} bytes."),
                    "Send less at once.",
                );
                return push(lines, &Response::Refused { id: None, error }).await;
            }
        };
        let response = match Request::parse(&line) {
            Ok(Asked::Command(id, command)) => respond(id, handle.command(command).await),
            Ok(Asked::Query(id, query)) => respond(id, handle.query(query).await),
            Ok(Asked::Subscribe(on)) => {
                subscription.abort_all();
                if on {
                    subscription.spawn(forward(handle.notices(), lines.clone()));
                }
                continue;
            }
            Err(refused) => refused,
        };
        push(lines, &response).await?;
    }
}

fn respond<T: Serialize>(id: u64, result: Result<T, ApiError>) -> Response {
    let value = result.and_then(|ok| serde_json::to_value(ok).map_err(defect));
    match value {
        Ok(ok) => Response::Ok { id, ok },
        Err(error) => Response::Refused {
            id: Some(id),
            error,
        },
    }
}

async fn forward(
    mut notices: tokio::sync::broadcast::Receiver<std::collections::BTreeSet<Notice>>,
    lines: mpsc::Sender<Vec<u8>>,
) {
    loop {
        let notices = match notices.recv().await {
            Ok(notices) => notices.into_iter().collect(),
            Err(RecvError::Lagged(_)) => EVERYTHING.to_vec(),
            Err(RecvError::Closed) => return,
        };
        if push(&lines, &Response::Notices { notices }).await.is_err() {
            return;
        }
    }
}

/// What may have changed when nobody knows what did.
const EVERYTHING: [Notice; 7] = [
    Notice::Status,
    Notice::Contacts,
    Notice::Calendar,
    Notice::Proposals,
    Notice::History,
    Notice::Preferences,
    Notice::Devices,
];

async fn push(lines: &mpsc::Sender<Vec<u8>>, response: &Response) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(response)?;
    line.push(b'\n');
    lines
        .send(line)
        .await
        .map_err(|_| std::io::ErrorKind::BrokenPipe.into())
}

/// Writes until there is nothing more to write, or the client reads nothing.
async fn write(mut writer: OwnedWriteHalf, mut queue: mpsc::Receiver<Vec<u8>>) {
    while let Some(line) = queue.recv().await {
        match timeout(WRITE_PATIENCE, writer.write_all(&line)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}
