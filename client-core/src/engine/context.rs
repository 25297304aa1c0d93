//! What one step may use and fill: the time, randomness, and the output under way.

use jiff::Timestamp;
use rand_core::CryptoRng;
use serde::Serialize;
use zeroize::Zeroizing;

use super::{Change, Effect, Output, RequestId, Store};
use crate::{
    api::{ApiError, Notice, Reply},
    record,
};

pub(crate) struct Context<'a> {
    pub(crate) now: Timestamp,
    pub(crate) rng: &'a mut dyn CryptoRng,
    output: Output,
}

impl<'a> Context<'a> {
    pub(crate) fn new(now: Timestamp, rng: &'a mut dyn CryptoRng) -> Self {
        Self {
            now,
            rng,
            output: Output::default(),
        }
    }

    /// Writes a record, in the batch of this step.
    pub(crate) fn put<T: Serialize>(&mut self, store: Store, key: impl ToString, value: &T) {
        let value = Some(Zeroizing::new(record::encode(value)));
        self.output.persist.push(Change {
            store,
            key: key.to_string(),
            value,
        });
    }

    /// Deletes a record, in the batch of this step.
    pub(crate) fn delete(&mut self, store: Store, key: impl ToString) {
        self.output.persist.push(Change {
            store,
            key: key.to_string(),
            value: None,
        });
    }

    /// Does something once the batch is durable.
    pub(crate) fn effect(&mut self, effect: Effect) {
        self.output.effects.push(effect);
    }

    /// Answers a command once the batch is durable.
    pub(crate) fn reply(&mut self, request: RequestId, result: Result<Reply, ApiError>) {
        self.effect(Effect::Reply {
            request,
            result: Box::new(result),
        });
    }

    pub(crate) fn notice(&mut self, notice: Notice) {
        self.output.notices.insert(notice);
    }

    pub(crate) fn into_output(self, wake_at: Option<Timestamp>) -> Output {
        Output {
            wake_at,
            ..self.output
        }
    }
}
