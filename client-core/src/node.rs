//! What a vault holds: a device of an account, or one that is becoming one.

use jiff::Timestamp;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    api::{Answer, ApiError, Query},
    engine::{Engine, Input, LoadError, Output, Store},
    joining::{JOINING_KEY, Joining},
    linking,
};

/// A device of an account, or one that is becoming one.
pub enum Node {
    /// It asks to be added.
    Joining(Box<Joining>),
    /// It is one.
    Running(Box<Engine>),
}

/// A node from its records.
pub struct LoadedNode {
    /// It.
    pub node: Node,
    /// Records that could not be read; the node goes on without them.
    pub damaged: Vec<(Store, String)>,
}

impl Node {
    /// Takes up where the records left off; see [`Engine::load`].
    ///
    /// # Errors
    ///
    /// [`LoadError`] when there is nothing without what is missing.
    pub fn load(
        records: impl Iterator<Item = (Store, String, Zeroizing<Vec<u8>>)>,
    ) -> Result<LoadedNode, LoadError> {
        let records: Vec<_> = records.collect();
        let is_joining = |(store, key, _): &&(Store, String, _)| {
            (*store, key.as_str()) == (Store::Users, JOINING_KEY)
        };
        if let Some((_, _, value)) = records.iter().find(is_joining) {
            let node = Self::Joining(Box::new(Joining::load(value)?));
            let damaged = Vec::new();
            return Ok(LoadedNode { node, damaged });
        }
        let loaded = Engine::load(records.into_iter())?;
        let node = Self::Running(Box::new(loaded.engine));
        let damaged = loaded.damaged;
        Ok(LoadedNode { node, damaged })
    }

    /// Takes what happened; see [`Engine::handle`]. A device that has just become one of the account's
    /// goes on as such at once.
    pub fn handle(&mut self, input: Input, now: Timestamp, rng: &mut dyn CryptoRng) -> Output {
        let joining = match self {
            Self::Running(engine) => return engine.handle(input, now, rng),
            Self::Joining(joining) => joining,
        };
        let mut output = joining.handle(input, now, rng);
        if let Some(mut engine) = joining.take_joined() {
            let started = engine.handle(Input::Started, now, rng);
            output.persist.extend(started.persist);
            output.effects.extend(started.effects);
            output.notices.extend(started.notices);
            output.wake_at = started.wake_at;
            *self = Self::Running(engine);
        }
        output
    }

    /// Looks something up; see [`Engine::query`]. Before it is a device of the account, it knows but
    /// [`Query::Joining`] and [`Query::InspectLink`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn query(
        &self,
        query: &Query,
        scanned: impl Iterator<Item = Zeroizing<Vec<u8>>>,
        now: Timestamp,
    ) -> Result<Answer, ApiError> {
        match (self, query) {
            (Self::Running(engine), query) => engine.query(query, scanned, now),
            (Self::Joining(joining), Query::Joining) => Ok(Answer::Joining(Some(joining.view()))),
            (Self::Joining(_), Query::InspectLink { link }) => {
                linking::inspect(link).map(Answer::LinkPreview)
            }
            (Self::Joining(joining), _) => Err(joining.refusal()),
        }
    }

    /// What has to be read from the store for a query; see [`Engine::scan_for`].
    pub fn scan_for(&self, query: &Query) -> Option<(Store, String)> {
        match self {
            Self::Running(engine) => engine.scan_for(query),
            Self::Joining(_) => None,
        }
    }
}
