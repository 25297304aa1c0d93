//! The writing half of a connection: answers as they come, and deliveries as
//! far as the client's window has room.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::SinkExt;
use sotto_protocol::error::ErrorCode;
use sotto_protocol::frames::ServerFrame;
use sotto_protocol::frames::server_frame::Body as Tell;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::{End, FAREWELL, Writing, message};
use crate::directory::Member;
use crate::error::Refusal;
use crate::exchange::{Window, list_changed};
use crate::registry::Live;
use crate::server::Relay;

/// The writing half of a connection.
pub(super) struct Writer<'a> {
    pub(super) relay: &'a Relay,
    pub(super) member: Member,
    pub(super) live: &'a Live,
    pub(super) window: &'a Mutex<Window>,
    pub(super) sink: &'a mut Writing,
    pub(super) answers: mpsc::Receiver<ServerFrame>,
    /// How long the client may take to take something.
    pub(super) patience: Duration,
}

impl Writer<'_> {
    /// Sends the welcome first, then answers and deliveries as they come.
    pub(super) async fn run(&mut self, welcome: ServerFrame) -> End {
        let (clock, patience) = (&self.relay.config.clock, self.patience);
        let mut next = Some(welcome);
        loop {
            let answer = match next.take() {
                Some(first) => Some(first),
                None => tokio::select! {
                    answer = self.answers.recv() => match answer {
                        Some(answer) => Some(answer),
                        // The reading half holds the sender.
                        None => return End::Gone,
                    },
                    () = self.live.woken() => None,
                },
            };
            let turn = async {
                match answer {
                    Some(answer) => self.answer(answer).await,
                    None => self.tell().await,
                }
            };
            match clock.timeout(patience, turn).await {
                Ok(Ok(())) => {}
                Ok(Err(end)) => return end,
                Err(_) => {
                    let message = "expected the client to take what is sent to it";
                    return End::Refused(0, Refusal::new(ErrorCode::ConnectionIdle, message));
                }
            }
        }
    }

    /// Sends an answer, and with it what else waits: one flush for all.
    async fn answer(&mut self, first: ServerFrame) -> Result<(), End> {
        self.feed_answer(&first).await?;
        self.feed_waiting().await?;
        self.sink.flush().await.map_err(|_| End::Gone)
    }

    /// Tells what the connection was woken for.
    async fn tell(&mut self) -> Result<(), End> {
        if self.feed_news().await? {
            self.sink.flush().await.map_err(|_| End::Gone)?;
        }
        self.deliver().await
    }

    /// Hands over a page of messages, if the window has room, and asks to be woken for the next.
    async fn deliver(&mut self) -> Result<(), End> {
        let Some((after, page)) = self.window().next() else {
            return Ok(());
        };
        let now = self.relay.config.clock.now_ms();
        let messages = self
            .relay
            .store
            .pending(self.member, after, page, now)
            .await;
        let messages = messages.map_err(|error| {
            tracing::error!(%error, "messages could not be read");
            End::Refused(0, Refusal::internal())
        })?;
        if messages.is_empty() {
            return Ok(());
        }
        for stored in messages {
            let deliver = self.window().deliver(stored);
            self.feed(&ServerFrame {
                request: 0,
                body: Some(Tell::Deliver(deliver)),
            })
            .await?;
        }
        self.feed_waiting().await?;
        self.sink.flush().await.map_err(|_| End::Gone)?;
        self.live.wake();
        Ok(())
    }

    /// Sends what was answered, and the list that the client does not know yet, before the end.
    pub(super) async fn send_waiting(&mut self) {
        let sending = async {
            self.feed_waiting().await?;
            self.feed_news().await?;
            self.sink.flush().await.map_err(|_| End::Gone)
        };
        let _ = timeout(FAREWELL, sending).await;
    }

    async fn feed_waiting(&mut self) -> Result<(), End> {
        while let Ok(answer) = self.answers.try_recv() {
            self.feed_answer(&answer).await?;
        }
        Ok(())
    }

    /// No answer comes before a new list that was there when its request was carried out: who is
    /// refused for an old list has the new one. The welcome is the first frame of all the same.
    async fn feed_answer(&mut self, answer: &ServerFrame) -> Result<(), End> {
        if !matches!(answer.body, Some(Tell::Welcome(_))) {
            self.feed_news().await?;
        }
        self.feed(answer).await
    }

    /// The account's new list, if there is one; whether there was.
    async fn feed_news(&mut self) -> Result<bool, End> {
        let Some(list) = self.live.news() else {
            return Ok(false);
        };
        self.feed(&ServerFrame {
            request: 0,
            body: Some(list_changed(&list)),
        })
        .await?;
        Ok(true)
    }

    async fn feed(&mut self, frame: &ServerFrame) -> Result<(), End> {
        self.sink.feed(message(frame)).await.map_err(|_| End::Gone)
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
