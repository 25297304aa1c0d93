//! The other verbs' end of the local socket.

use std::time::Duration;

use serde::de::DeserializeOwned;
use sotto_client_core::api::{Answer, ApiError, ApiErrorCode, Command, Query, Reply};
use tokio::{
    io::{AsyncWriteExt, BufReader},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::timeout,
};

use super::{
    protocol::{Incoming, LineReader, ReadLine, Request},
    same_user,
};
use crate::home::Home;

/// How long a running agent may take to answer: longer than any of its own limits.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to the running agent of a home.
#[derive(Debug)]
pub struct LocalClient {
    reader: LineReader<BufReader<OwnedReadHalf>>,
    writer: OwnedWriteHalf,
    next_id: u64,
    noticed: bool,
}

impl LocalClient {
    /// Connects, or `None` when no agent runs in this home.
    ///
    /// # Errors
    ///
    /// `vault_busy` when something else answers there.
    pub async fn connect(home: &Home) -> Result<Option<Self>, ApiError> {
        // Whatever the reason is, there is no agent to be reached; the lock tells the rest.
        let Ok(stream) = UnixStream::connect(home.socket()).await else {
            return Ok(None);
        };
        if !same_user(&stream) {
            return Err(ApiError::new(
                ApiErrorCode::VaultBusy,
                format!(
                    "The agent in {} runs as another user.",
                    home.dir().display()
                ),
                "Run this as the same user, or choose another home with --home.",
            ));
        }
        let (reader, writer) = stream.into_split();
        Ok(Some(Self {
            reader: LineReader::new(BufReader::new(reader)),
            writer,
            next_id: 1,
            noticed: false,
        }))
    }

    /// Asks for a change.
    ///
    /// # Errors
    ///
    /// The agent's refusal; `vault_busy` when it does not answer.
    pub async fn command(&mut self, command: Command) -> Result<Reply, ApiError> {
        let id = self.id();
        self.ask(id, Request::command(id, command)).await
    }

    /// Looks.
    ///
    /// # Errors
    ///
    /// As for [`command`](Self::command).
    pub async fn query(&mut self, query: Query) -> Result<Answer, ApiError> {
        let id = self.id();
        self.ask(id, Request::query(id, query)).await
    }

    /// Asks to hear of changes from now on; see [`changed`](Self::changed).
    ///
    /// # Errors
    ///
    /// `vault_busy` when the agent is gone.
    pub async fn subscribe(&mut self) -> Result<(), ApiError> {
        self.write(&Request::subscribe()).await
    }

    /// Waits until something may have changed since the last call. May be cut off.
    ///
    /// # Errors
    ///
    /// `vault_busy` when the agent is gone.
    pub async fn changed(&mut self) -> Result<(), ApiError> {
        while !std::mem::take(&mut self.noticed) {
            let incoming = self.read().await?;
            self.noticed = incoming.notices.is_some();
        }
        Ok(())
    }

    fn id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    async fn ask<T: DeserializeOwned>(&mut self, id: u64, request: Request) -> Result<T, ApiError> {
        let answered = async {
            self.write(&request).await?;
            self.answer(id).await
        };
        timeout(PATIENCE, answered)
            .await
            .unwrap_or_else(|_| Err(silent("does not answer")))
    }

    async fn answer<T: DeserializeOwned>(&mut self, id: u64) -> Result<T, ApiError> {
        loop {
            let incoming = self.read().await?;
            self.noticed |= incoming.notices.is_some();
            // A refusal without an id is of the connection as a whole.
            if let Some(error) = incoming.error
                && incoming.id.is_none_or(|answered| answered == id)
            {
                return Err(error);
            }
            if let Some(value) = incoming.ok
                && incoming.id == Some(id)
            {
                return serde_json::from_value(value).map_err(|_| other_version());
            }
        }
    }

    async fn write(&mut self, request: &Request) -> Result<(), ApiError> {
        let mut line = serde_json::to_vec(request).map_err(crate::error::defect)?;
        line.push(b'\n');
        self.writer
            .write_all(&line)
            .await
            .map_err(|_| silent("went away"))
    }

    async fn read(&mut self) -> Result<Incoming, ApiError> {
        match self.reader.next().await {
            Ok(ReadLine::Line(line)) => serde_json::from_slice(&line).map_err(|_| other_version()),
            Ok(ReadLine::TooLong) => Err(silent("sent more than it may")),
            Ok(ReadLine::End) | Err(_) => Err(silent("went away")),
        }
    }
}

fn silent(what: &str) -> ApiError {
    ApiError::new(
        ApiErrorCode::VaultBusy,
        format!("The running agent {what}."),
        "Look at the terminal in which `sotto run` runs, then try again.",
    )
}

fn other_version() -> ApiError {
    ApiError::new(
        ApiErrorCode::VaultBusy,
        "The running agent is of another version of Sotto.",
        "Stop `sotto run` and start it again.",
    )
}
