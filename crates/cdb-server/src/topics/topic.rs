//! One array with one transform, and its subscribers.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use cdb_pipescript::Script;
use cdb_types::DataPath;
use cdb_types::websocket::{ReplacedMessage, ReplacedRange};
use tokio::task::AbortHandle;

use super::listener::{Listener, Messages};
use super::message::{Message, Text, Texts};
use super::scripts::{Output, ScriptError, Scripts};
use crate::compute::Caller;
use crate::events::{Appended, Counted, EventQueue, QueuedEvent};
use crate::metrics::SubscriberLevels;
use crate::query::QueryFailure;
use crate::service::authorize::ReadPermit;
use crate::storage::{Array, Extent, PageSize, ReadError, Scan, Storage};

/// The number of bytes for which there must be room before missed datapoints are read; more than
/// most blocks need.
const FIRST_PIECE_BYTES: usize = 160 * 1024;

/// What the topics of an array are told apart by: the caller whose script it runs, and the text of the
/// script. All share the one without a script.
pub(super) type TopicKey = (Caller, Arc<str>);

/// An array with a transform. It processes the events of the array in a task of its own, one after
/// the other.
#[derive(Debug)]
pub(super) struct Topic {
    /// All of its subscribers have one. Each socket stops to send when its own is not valid any more.
    permit: ReadPermit,
    path: DataPath,
    script: Option<Script>,
    /// For whom the script runs.
    caller: Caller,
    storage: Arc<dyn Storage>,
    scripts: Scripts,
    texts: Texts,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The position after the last datapoint that was delivered, or left to subscribers to be read.
    published: u64,
    /// How many ranges of the array were replaced, as far as events have said.
    corrections: u64,
    /// How often the array was cleared or a range of it replaced.
    epoch: u64,
    events: EventQueue,
    /// The task that processes the events; `None` if there are none.
    task: Option<AbortHandle>,
    listeners: BTreeMap<u64, Listener>,
}

/// A step of a subscriber towards the end of the array.
#[derive(Debug)]
pub(crate) enum CatchUp {
    /// It has caught up, and gets the next message through its queue.
    Done,
    /// The next message, if there is one, and then it goes on to catch up.
    More(Option<Arc<Text>>),
    /// It gets the next message through its queue, and has missed some before that, which cannot be
    /// read: the stream is ephemeral, or the transform's output depends on which datapoints were
    /// inserted together.
    Lost,
}

/// Some stored datapoints, as a subscriber gets them.
#[derive(Debug)]
struct Piece {
    /// The position after the last of them.
    end: u64,
    /// Separated by commas; empty if the transform has left nothing of them.
    data: Bytes,
}

/// The text of an insert, which shares the memory of the event.
struct EventText(Arc<Counted<Appended>>);

impl AsRef<[u8]> for EventText {
    fn as_ref(&self) -> &[u8] {
        self.0.points.text()
    }
}

impl Topic {
    pub(super) fn new(
        permit: ReadPermit,
        path: DataPath,
        script: Option<Script>,
        caller: Caller,
        storage: Arc<dyn Storage>,
        scripts: Scripts,
        texts: Texts,
    ) -> Self {
        Self { permit, path, script, caller, storage, scripts, texts, state: Mutex::default() }
    }

    pub(super) fn array(&self) -> Array {
        self.permit.array()
    }

    /// Returns where the array begins and ends.
    pub(super) async fn extent(&self) -> Result<Extent, ReadError> {
        self.storage.extent(&self.permit).await
    }

    /// The text of the script; empty without one.
    pub(super) fn transform(&self) -> &str {
        self.script.as_ref().map_or("", Script::text)
    }

    /// What the topic of an array is found by.
    pub(super) fn key(&self) -> TopicKey {
        (self.caller, self.shared_transform())
    }

    /// The same text as that of [`transform`](Self::transform), of which no copy is made.
    pub(super) fn shared_transform(&self) -> Arc<str> {
        self.script.as_ref().map_or_else(Arc::default, Script::shared_text)
    }

    /// Adds a listener, which is made from the position of its first datapoint. `extent` is one of the
    /// array such that all events of later datapoints and corrections are pushed to this topic.
    pub(super) fn join(
        &self,
        number: u64,
        extent: &Extent,
        listener: impl FnOnce(u64, u64) -> Listener,
    ) {
        let mut state = self.lock();
        let end = extent.end_position();
        if state.listeners.is_empty() {
            state.published = state.published.max(end);
            state.corrections = state.corrections.max(extent.corrections());
        }
        // What was replaced meanwhile is not told to it any more.
        let corrections = extent.corrections().max(state.corrections);
        let listener = listener(end.max(state.published), corrections);
        state.listeners.insert(number, listener);
    }

    pub(super) fn leave(&self, number: u64) {
        self.lock().listeners.remove(&number);
    }

    /// Counts its listeners, and how far behind they are.
    pub(super) fn add_to(&self, level: &mut SubscriberLevels) {
        let state = self.lock();
        for listener in state.listeners.values() {
            level.count += 1;
            level.behind += usize::from(listener.is_behind);
            level.lag = level.lag.max(state.published.saturating_sub(listener.next));
        }
    }

    /// Calls a function between two messages, with the position of the next datapoint that a listener
    /// is sent, and the number of corrections before.
    pub(super) fn between_messages(&self, number: u64, call: impl FnOnce(u64, u64)) {
        let state = self.lock();
        if let Some(listener) = state.listeners.get(&number) {
            call(listener.next, state.corrections);
        }
    }

    /// Ends the task of the topic, which has no listeners any more.
    pub(super) fn stop(&self) {
        if let Some(task) = self.lock().task.take() {
            task.abort();
        }
    }

    /// Appends an event to those that wait, and starts to process them. Never waits.
    pub(super) fn push(self: &Arc<Self>, event: QueuedEvent) {
        let mut state = self.lock();
        state.events.push(event);
        // A task that has panicked is replaced.
        if state.task.as_ref().is_none_or(AbortHandle::is_finished) {
            let task = tokio::spawn(Arc::clone(self).process_events());
            state.task = Some(task.abort_handle());
        }
    }

    async fn process_events(self: Arc<Self>) {
        while let Some(event) = self.next_event() {
            match event {
                QueuedEvent::Appended(appended) => self.publish(appended).await,
                QueuedEvent::Stored(range) => self.publish_large(&range).await,
                QueuedEvent::Cleared => self.clear(),
                QueuedEvent::Replaced(replaced) => {
                    self.replace(&replaced);
                    // What was inserted at the end, or had not been delivered.
                    self.publish_stored(replaced.end).await;
                }
                QueuedEvent::Missed => match self.extent().await {
                    Ok(extent) => self.publish_stored(extent.end_position()).await,
                    Err(error) => tracing::error!(%error, "subscribers missed an insert"),
                },
            }
        }
    }

    fn next_event(&self) -> Option<QueuedEvent> {
        let mut state = self.lock();
        let event = state.events.pop();
        if event.is_none() {
            state.task = None;
        }
        event
    }

    /// Delivers an insert.
    async fn publish(&self, appended: Arc<Counted<Appended>>) {
        let range = appended.range();
        if let Some(range) = &range {
            // What was dropped before this event. What was published together with it is not
            // published again.
            self.publish_stored(range.start).await;
            if range.end <= self.lock().published {
                return;
            }
        }
        let (plain, detailed) = self.wanted();
        let text = Bytes::from_owner(EventText(appended));
        let messages = if plain || detailed {
            let data = self.transformed(text).await;
            data.map(|data| self.messages(range.clone(), &data, plain, detailed))
        } else {
            // A listener that has just caught up reads it.
            Some(Messages::default())
        };
        match range {
            Some(range) => self.deliver(&range, messages.as_ref()),
            None => self.deliver_ephemeral(messages.as_ref()),
        }
    }

    /// Delivers an insert that is read from storage: in pieces, or in one message if the script's
    /// output depends on which datapoints were inserted together.
    async fn publish_large(&self, range: &Range<u64>) {
        let stateful = self.script.as_ref().filter(|script| !script.is_stateless());
        let Some(script) = stateful else { return self.publish_stored(range.end).await };
        self.publish_stored(range.start).await;
        let (plain, detailed) = self.wanted();
        if range.end <= self.lock().published {
            return;
        }
        if !(plain || detailed) {
            return self.skip(range.end);
        }
        let scan = match self.scan(range).await {
            Ok((_, scan)) => scan,
            Err(error) => {
                tracing::debug!(path = %self.path, %error, "a large insert cannot be read");
                return self.skip(range.end);
            }
        };
        let messages = match self.scripts.run_stored(self.caller, script, scan).await {
            Ok(data) => (!data.is_empty())
                .then(|| self.messages(Some(range.clone()), &data, plain, detailed)),
            // The array was cleared or deleted. An event, or the end of the subscription, follows.
            Err(ScriptError::Query(QueryFailure::Read(ReadError::Gone))) => None,
            // It may be too large for the limits, so that all listeners have missed it.
            Err(error) => {
                self.log_failure(&error);
                return self.skip(range.end);
            }
        };
        self.deliver(range, messages.as_ref());
    }

    /// Passes an insert through the script. Returns `None` if nothing is left of it.
    async fn transformed(&self, text: Bytes) -> Option<Bytes> {
        let Some(script) = &self.script else { return Some(text) };
        let output = self.scripts.run(self.caller, script, text).await;
        if let Some(error) = output.error {
            self.log_failure(&error);
            return None;
        }
        (!output.text.is_empty()).then(|| output.text.into())
    }

    /// Reads the datapoints that were not delivered up to a position, and delivers them.
    async fn publish_stored(&self, until: u64) {
        loop {
            let published = self.lock().published;
            let (plain, detailed) = self.wanted();
            if published >= until {
                return;
            }
            if !self.is_stateless() || !(plain || detailed) {
                return self.skip(until);
            }
            match self.read(published..until).await {
                Ok(Piece { end, data }) => {
                    let range = published..end;
                    let messages = (!data.is_empty())
                        .then(|| self.messages(Some(range.clone()), &data, plain, detailed));
                    self.deliver(&range, messages.as_ref());
                }
                Err(error) => {
                    // Each subscriber tries it for itself.
                    tracing::debug!(path = %self.path, %error, "a missed insert cannot be read");
                    return self.skip(until);
                }
            }
        }
    }

    /// Leaves all listeners behind that have not got the datapoints before a position.
    fn skip(&self, until: u64) {
        let mut state = self.lock();
        if until <= state.published {
            return;
        }
        let range = state.published..until;
        state.published = until;
        let no_text = Messages::default();
        for listener in state.listeners.values_mut() {
            listener.deliver(&range, Some(&no_text));
        }
    }

    fn deliver(&self, range: &Range<u64>, messages: Option<&Messages>) {
        let mut state = self.lock();
        if range.end <= state.published {
            return;
        }
        state.published = range.end;
        for listener in state.listeners.values_mut() {
            listener.deliver(range, messages);
        }
    }

    fn deliver_ephemeral(&self, messages: Option<&Messages>) {
        let Some(messages) = messages else { return };
        let mut dropped = 0;
        for listener in self.lock().listeners.values_mut() {
            if listener.is_behind || !listener.push(messages.of(listener)) {
                listener.has_lost = true;
                dropped += 1;
            }
        }
        if dropped > 0 {
            tracing::debug!(path = %self.path, dropped, "messages of an ephemeral stream were dropped");
        }
    }

    /// Tells listeners of a range that was replaced.
    fn replace(&self, replaced: &ReplacedRange) {
        let mut state = self.lock();
        // It was before the first listener joined.
        if replaced.corrections <= state.corrections {
            return;
        }
        state.epoch += 1;
        state.corrections = replaced.corrections;
        state.published = replaced.moved(state.published);
        let text = self.replaced(replaced);
        for listener in state.listeners.values_mut() {
            listener.replace(replaced, &text);
        }
    }

    fn replaced(&self, range: &ReplacedRange) -> Arc<Text> {
        let (stream, transform) = (self.path.clone(), self.transform().to_owned());
        let message = ReplacedMessage { stream, transform, replaced: range.clone() };
        // It is short.
        Text::answer(serde_json::to_string(&message).unwrap_or_default() + "\n")
    }

    /// Starts again at the position 0.
    fn clear(&self) {
        let mut state = self.lock();
        state.epoch += 1;
        state.published = 0;
        state.corrections = 0;
        for listener in state.listeners.values_mut() {
            listener.next = 0;
            listener.replaced.clear();
            listener.is_behind = false;
            listener.has_lost = false;
        }
    }

    /// Returns whether a listener that is not behind wants messages without and with indices.
    fn wanted(&self) -> (bool, bool) {
        let state = self.lock();
        let mut live = state.listeners.values().filter(|listener| !listener.is_behind);
        let (mut plain, mut detailed) = (false, false);
        for listener in &mut live {
            plain |= !listener.detailed;
            detailed |= listener.detailed;
        }
        (plain, detailed)
    }

    fn messages(
        &self,
        range: Option<Range<u64>>,
        data: &[u8],
        plain: bool,
        detailed: bool,
    ) -> Messages {
        let text = |range| {
            let message = Message { path: &self.path, transform: self.transform(), range, data };
            let room = self.texts.try_room(message.max_len())?;
            Some(room.fill(message.write()))
        };
        Messages {
            plain: plain.then(|| text(None)).flatten(),
            detailed: detailed.then(|| text(range)).flatten(),
        }
    }

    /// The next step of a listener that is behind.
    pub(super) async fn catch_up(&self, number: u64) -> Result<CatchUp, ReadError> {
        let (missed, epoch, detailed) = {
            let mut state = self.lock();
            let (published, epoch) = (state.published, state.epoch);
            let Some(listener) = state.listeners.get_mut(&number) else {
                return Ok(CatchUp::Done);
            };
            if let Some(replaced) = listener.take_replaced() {
                drop(state);
                return Ok(CatchUp::More(Some(self.replaced(&replaced))));
            }
            if listener.next < published && !self.is_stateless() {
                listener.has_lost = true;
                listener.next = published;
            }
            if listener.next >= published {
                listener.is_behind = false;
                let has_lost = std::mem::take(&mut listener.has_lost);
                return Ok(if has_lost { CatchUp::Lost } else { CatchUp::Done });
            }
            (listener.next..published, epoch, listener.detailed)
        };
        let mut bytes = FIRST_PIECE_BYTES;
        let (end, text) = loop {
            let Some(room) = self.texts.room(bytes).await else { return Ok(CatchUp::Done) };
            let Piece { end, data } = match self.read(missed.clone()).await {
                // It will be known here in a moment where the datapoints are now.
                Err(ReadError::Replaced) => {
                    self.storage.settled().await;
                    tokio::task::yield_now().await;
                    return Ok(CatchUp::More(None));
                }
                piece => piece?,
            };
            if data.is_empty() {
                break (end, None);
            }
            let range = detailed.then_some(missed.start..end);
            let (path, transform) = (&self.path, self.transform());
            let message = Message { path, transform, range, data: &data };
            // Nothing is kept while it waits for more room.
            if message.max_len() <= bytes {
                break (end, Some(room.fill(message.write())));
            }
            bytes = message.max_len();
        };
        let mut state = self.lock();
        // Otherwise what was read is there no more, or at another position.
        if state.epoch != epoch {
            return Ok(CatchUp::More(None));
        }
        if let Some(listener) = state.listeners.get_mut(&number) {
            listener.next = end;
        }
        Ok(CatchUp::More(text))
    }

    /// Begins to read a range of positions, if no more ranges were replaced than events have said. What
    /// is not kept any more is left out.
    async fn scan(&self, positions: &Range<u64>) -> Result<(Extent, Box<dyn Scan>), ReadError> {
        let extent = self.extent().await?;
        if extent.corrections() != self.lock().corrections {
            return Err(ReadError::Replaced);
        }
        let indexes = extent.indexes_of_positions(positions);
        Ok((extent, self.storage.scan(&self.permit, &extent, indexes, PageSize::Small)))
    }

    /// Reads some datapoints of a range of positions and passes them through the script, which is
    /// stateless.
    async fn read(&self, range: Range<u64>) -> Result<Piece, ReadError> {
        let (extent, mut reader) = self.scan(&range).await?;
        let start = extent.position_of_index(reader.index()).max(range.start);
        let mut text = reader.next().await?.unwrap_or_default();
        let mut end = extent.position_of_index(reader.index());
        if reader.is_done() {
            text.pop();
            // What was there and is not kept any more is not waited for.
            end = end.max(range.end);
        }
        // Without the bracket before the first datapoint.
        let text = Bytes::from(text);
        let text = text.slice(text.len().min(1)..);
        let Some(script) = &self.script else { return Ok(Piece { end, data: text }) };
        let Output { text, count, error } = self.scripts.run(self.caller, script, text).await;
        let end = match error {
            None => end,
            // It goes on after the datapoint at which the script has failed.
            Some(error) => {
                self.log_failure(&error);
                start + count.max(1)
            }
        };
        Ok(Piece { end, data: text.into() })
    }

    fn is_stateless(&self) -> bool {
        self.script.as_ref().is_none_or(Script::is_stateless)
    }

    fn log_failure(&self, error: &dyn std::fmt::Display) {
        let transform = self.transform();
        tracing::debug!(path = %self.path, transform, %error, "the script of a subscriber failed");
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
