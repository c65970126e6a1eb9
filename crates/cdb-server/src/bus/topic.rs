//! One array, and those who have subscribed to it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use cdb_pipescript::{Run, Script};
use cdb_types::DataPath;
use tokio::sync::OnceCell;

use super::send_queue::{Frame, SendQueue};
use crate::query::{QueryFailure, read_point, write_point};
use crate::storage::sqlite::Appended;

/// Who is last_published of an array, by transform.
#[derive(Debug)]
pub(super) struct Topic {
    path: DataPath,
    /// Set when every commit that is not done yet knows that it is to be last_published of.
    pub(super) begun: OnceCell<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The index after that of the last datapoint that was last_published of.
    last_published: u64,
    channels: HashMap<String, Channel>,
}

/// Those with one transform.
#[derive(Debug, Clone)]
pub(super) struct Channel {
    script: Option<Script>,
    listeners: Vec<Listener>,
}

/// Whom to tell.
#[derive(Debug, Clone)]
pub(super) struct Listener {
    pub(super) send_queue: Arc<SendQueue>,
    pub(super) number: u64,
    /// Datapoints with lower indexes are not for it.
    pub(super) from: u64,
    pub(super) detailed: bool,
}

impl Listener {
    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.send_queue, &other.send_queue) && self.number == other.number
    }
}

impl Topic {
    pub(super) fn new(path: DataPath) -> Self {
        Self { path, begun: OnceCell::new(), state: Mutex::default() }
    }

    /// Adds a listener, made knowing up to which index others have been last_published.
    pub(super) fn join(
        &self,
        transform: &str,
        script: Option<Script>,
        listener: impl FnOnce(u64) -> Listener,
    ) {
        let mut state = self.lock();
        let listener = listener(state.last_published);
        let new = || Channel { script, listeners: Vec::new() };
        state.channels.entry(transform.to_owned()).or_insert_with(new).listeners.push(listener);
    }

    /// Does something between two messages, knowing up to which index listeners have been last_published.
    pub(super) fn between_messages(&self, call: impl FnOnce(u64)) {
        call(self.lock().last_published);
    }

    pub(super) fn leave(&self, transform: &str, listener: &Listener) {
        let mut state = self.lock();
        if let Some(channel) = state.channels.get_mut(transform) {
            channel.listeners.retain(|other| !other.is(listener));
            if channel.listeners.is_empty() {
                state.channels.remove(transform);
            }
        }
    }

    /// Sends a batch to the listeners of some channels. The scripts take at most `limit` steps
    /// together, or as many as their budgets allow if it is `None`. Returns the channels whose scripts
    /// need more steps; nothing has been sent to their listeners.
    pub(super) fn publish(
        &self,
        appended: &Appended,
        channels: Vec<(String, Channel)>,
        mut limit: Option<u64>,
    ) -> Vec<(String, Channel)> {
        let mut later = Vec::new();
        for (transform, channel) in channels {
            let data = match &channel.script {
                None => Ok(Some(Cow::from(appended.points.text()))),
                Some(script) => {
                    let mut run =
                        limit.map_or_else(|| script.start(), |it| script.start_within(it));
                    let data = transformed(appended, &mut run);
                    limit = limit.map(|limit| limit.saturating_sub(run.steps()));
                    if limit.is_some() && run.is_out_of_steps() {
                        later.push((transform, channel));
                        continue;
                    }
                    data.map(|data| data.map(Cow::from))
                }
            };
            let data = match data {
                Ok(Some(data)) => data,
                Ok(None) => continue,
                Err(error) => {
                    tracing::debug!(path = %self.path, transform, %error, "a subscriber's script failed");
                    continue;
                }
            };
            let message = Message { path: &self.path, transform: &transform, appended, data };
            let (mut plain, mut detailed) = (None, None);
            for listener in channel.listeners {
                let text = match listener.detailed {
                    true => &mut detailed,
                    false => &mut plain,
                };
                let text = text.get_or_insert_with(|| message.write(listener.detailed));
                let subscription = Some(listener.number);
                listener.send_queue.push(Frame { subscription, text: text.clone() });
            }
        }
        later
    }

    /// The channels and listeners that a batch is for.
    pub(super) fn channels(&self, appended: &Appended) -> Vec<(String, Channel)> {
        let mut state = self.lock();
        if let Some(index) = appended.index {
            if index < state.last_published {
                // It was emptied: a downlink that was turned off and on.
                let channels = state.channels.values_mut();
                channels.flat_map(|it| &mut it.listeners).for_each(|listener| listener.from = 0);
            }
            state.last_published = index + appended.points.len() as u64;
        }
        let mut channels: Vec<_> =
            state.channels.iter().map(|(key, channel)| (key.clone(), channel.clone())).collect();
        drop(state);
        for (_, channel) in &mut channels {
            let wants = |from| appended.index.is_none_or(|index| from <= index);
            channel.listeners.retain(|listener| wants(listener.from));
        }
        channels.retain(|(_, channel)| !channel.listeners.is_empty());
        channels
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a script makes of a batch, which is a sequence of its own; `None` if that is nothing.
fn transformed(appended: &Appended, run: &mut Run) -> Result<Option<Vec<u8>>, QueryFailure> {
    let mut text = Vec::new();
    let mut rest = appended.points.text();
    loop {
        while let Some(point) = run.pull() {
            if !text.is_empty() {
                text.push(b',');
            }
            write_point(&mut text, point)?;
        }
        if rest.is_empty() {
            break;
        }
        let (point, length) = read_point(rest)?;
        // The comma, too.
        rest = rest.get(length + 1..).unwrap_or_default();
        run.push(point)?;
        if rest.is_empty() {
            run.end()?;
        }
    }
    Ok((!text.is_empty()).then_some(text))
}

/// What is said of a batch.
struct Message<'a> {
    path: &'a DataPath,
    transform: &'a str,
    appended: &'a Appended,
    /// What stands between the brackets.
    data: Cow<'a, [u8]>,
}

impl Message<'_> {
    fn write(&self, detailed: bool) -> Utf8Bytes {
        let mut text = format!(r#"{{"stream":"{}""#, self.path);
        if !self.transform.is_empty() {
            let transform = serde_json::Value::from(self.transform);
            text.push_str(&format!(r#","transform":{transform}"#));
        }
        if let Some(index) = self.appended.index.filter(|_| detailed) {
            let end = index + self.appended.points.len() as u64;
            text.push_str(&format!(r#","index":{index},"end":{end}"#));
        }
        text.push_str(r#","data":["#);
        text.push_str(&String::from_utf8_lossy(&self.data));
        text.push_str("]}\n");
        text.into()
    }
}
