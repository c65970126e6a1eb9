//! The subscriptions of one websocket.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cdb_types::websocket::{Answer, Ended, Subscribed};
use cdb_types::{DataPath, ErrorKind};
use serde::Serialize;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::socket::End;
use crate::api_error::ApiError;
use crate::events::Watch;
use crate::identity::Principal;
use crate::service::{Service, Subscribable};
use crate::sockets::Room;
use crate::storage::Array;
use crate::storage::model::ObjectId;
use crate::topics::{Frame, SendQueue, SubscribeRequest, Subscription, Text};

/// A stream or downlink, and a transform.
type Key = (DataPath, Arc<str>);

/// Sends answers, if the client asked for them.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    wanted: bool,
    send_queue: Arc<SendQueue>,
}

impl Answers {
    pub(super) fn new(wanted: bool, send_queue: Arc<SendQueue>) -> Self {
        Self { wanted, send_queue }
    }

    pub(super) fn are_wanted(&self) -> bool {
        self.wanted
    }

    pub(super) fn push(&self, answer: &impl Serialize) {
        if let Some(frame) = self.frame(answer) {
            self.send_queue.push_answer(frame);
        }
    }

    fn frame(&self, answer: &impl Serialize) -> Option<Frame> {
        let text = self.wanted.then(|| serde_json::to_string(answer).ok())??;
        Some(Frame { subscription: None, text: Text::answer(text + "\n") })
    }

    /// The answer to a subscription that begins at a position, after some corrections.
    fn subscribed(
        &self,
        id: u64,
        subscribed: &Subscribed,
        position: u64,
        corrections: u64,
    ) -> Option<Frame> {
        let index = subscribed.index.map(|_| position);
        let joined = Some(Subscribed { index, corrections, ..subscribed.clone() });
        self.frame(&Answer { id, joined, error: None })
    }
}

/// The caller of a websocket, and its subscriptions.
pub(super) struct Subscriptions {
    service: Arc<Service>,
    principal: Principal,
    answers: Answers,
    /// Boxed, since most sockets have one, and the table has room for more.
    open: HashMap<u64, Box<OpenSubscription>>,
    numbers: HashMap<Key, u64>,
    /// Reports changes of the caller and of what is subscribed to.
    watch: Watch,
    /// Whether the caller is to be checked before anything else is done.
    is_caller_unchecked: bool,
    /// The subscriptions that are to be checked before anything is sent for them.
    unchecked: HashSet<u64>,
}

struct OpenSubscription {
    key: Key,
    array: Array,
    subscription: Arc<Subscription>,
    subscribed: Subscribed,
    /// The objects whose change may end it, beside the caller.
    depends_on: [ObjectId; 3],
    /// What it counts for the caller.
    _room: Room,
}

impl Subscriptions {
    pub(super) fn new(service: Arc<Service>, principal: Principal, answers: Answers) -> Self {
        let mut watch = service.storage.changes().watch();
        principal.depends_on().for_each(|object| watch.add(object));
        // It was read before it was watched.
        let version = principal.identity().map_or(0, |identity| identity.version);
        let is_caller_unchecked =
            service.storage.changes().changed_since(version, principal.depends_on());
        Self {
            service,
            principal,
            answers,
            open: HashMap::new(),
            numbers: HashMap::new(),
            watch,
            is_caller_unchecked,
            unchecked: HashSet::new(),
        }
    }

    /// Returns the caller.
    ///
    /// # Errors
    /// Returns an error if what it logged in with is not valid any more.
    pub(super) async fn principal(&mut self) -> Result<&Principal, End> {
        self.note_changes();
        if self.is_caller_unchecked {
            // Boxed like all that is rare: thousands of sockets wait with room for what they may await.
            let renewed =
                Box::pin(self.service.renew(&self.principal)).await?.ok_or_else(|| {
                    End::because(
                        CloseCode::Policy,
                        "What was used to log in is not valid any more.",
                    )
                })?;
            if !renewed.has_rights_of(&self.principal) {
                self.unchecked.extend(self.open.keys());
            }
            self.principal = renewed;
            self.is_caller_unchecked = false;
        }
        Ok(&self.principal)
    }

    /// The subscription with a number, if it has not ended.
    pub(super) fn get(&self, number: u64) -> Option<Arc<Subscription>> {
        self.open.get(&number).map(|open| Arc::clone(&open.subscription))
    }

    /// Subscribes, and answers the request with this id. The caller was checked before.
    pub(super) async fn subscribe(
        &mut self,
        id: u64,
        path: DataPath,
        transform: String,
    ) -> Result<(), ApiError> {
        let key: Key = (path, transform.into());
        if let Some(open) = self.numbers.get(&key).and_then(|number| self.open.get(number)) {
            let answer = |position, corrections| {
                self.answers.subscribed(id, &open.subscribed, position, corrections)
            };
            open.subscription.repeat(answer);
            return Ok(());
        }
        let max = self.service.limits.subscriptions_per_websocket;
        if self.open.len() >= max {
            let msg = format!("More than {max} subscriptions of one connection are disabled.");
            return Err(ApiError::new(403, ErrorKind::Limit, msg));
        }
        let version = self.service.storage.changes().now();
        let Subscribable { permit, owner, ephemeral, depends_on } =
            self.service.subscribable(&self.principal, &key.0).await?;
        let array = permit.array();
        let room = self.room(key.1.len())?;
        let script = self.service.compile(&self.principal, Some(key.1.to_string())).await?;
        let subscribed = Subscribed {
            index: (!ephemeral).then_some(0),
            incarnation: array.stream,
            corrections: 0,
            stateless: script.as_ref().is_none_or(cdb_pipescript::Script::is_stateless),
        };
        let request = SubscribeRequest {
            permit,
            owner,
            path: key.0.clone(),
            script,
            caller: self.principal.device_id(),
            send_queue: Arc::clone(&self.answers.send_queue),
            detailed: self.answers.wanted,
        };
        let topics = &self.service.topics;
        let answer =
            |position, corrections| self.answers.subscribed(id, &subscribed, position, corrections);
        let subscription = Arc::new(topics.subscribe(request, answer).await?);
        let number = subscription.number();
        depends_on.iter().for_each(|object| self.watch.add(*object));
        // A change before it was watched is not reported.
        if self.service.storage.changes().changed_since(version, depends_on) {
            self.unchecked.insert(number);
        }
        // The text that all who have subscribed to the same share.
        let key = (key.0, subscription.transform());
        self.numbers.insert(key.clone(), number);
        let open =
            OpenSubscription { key, array, subscription, subscribed, depends_on, _room: room };
        self.open.insert(number, Box::new(open));
        Ok(())
    }

    /// Counts a subscription with a transform of so many bytes.
    fn room(&self, transform_bytes: usize) -> Result<Room, ApiError> {
        let room = self.service.sockets.subscribe(self.principal.device_id(), transform_bytes);
        room.ok_or_else(|| {
            let max = self.service.limits.subscription_bytes_per_device;
            let msg = format!("More than {max} bytes of subscriptions of one device are disabled.");
            ApiError::new(403, ErrorKind::Limit, msg)
        })
    }

    pub(super) fn unsubscribe(&mut self, (path, transform): &(DataPath, String)) {
        let key = (path.clone(), Arc::from(transform.as_str()));
        if let Some(number) = self.numbers.get(&key) {
            self.remove(*number);
        }
    }

    pub(super) fn unsubscribe_all(&mut self) {
        let numbers: Vec<_> = self.open.keys().copied().collect();
        for number in numbers {
            self.remove(number);
        }
    }

    /// Returns whether a message of a subscription may be sent now.
    pub(super) async fn may_send(&mut self, number: u64) -> Result<bool, End> {
        self.principal().await?;
        self.check(number).await;
        Ok(self.open.contains_key(&number))
    }

    /// Checks the caller, and one of the subscriptions that are to be checked. Returns a future
    /// that is ready when something has changed, or `None` if more is to be checked.
    pub(super) async fn check_next(
        &mut self,
    ) -> Result<Option<impl Future<Output = ()> + use<>>, End> {
        self.principal().await?;
        if let Some(number) = self.unchecked.iter().next().copied() {
            self.check(number).await;
        }
        Ok(self.unchecked.is_empty().then(|| self.watch.notified()))
    }

    /// Ends a subscription that was to be checked and is not allowed any more.
    async fn check(&mut self, number: u64) {
        if !self.unchecked.contains(&number) {
            return;
        }
        let Some(open) = self.open.get(&number) else { return };
        let found = Box::pin(self.service.subscribable(&self.principal, &open.key.0)).await;
        let error = match found {
            Ok(found) if found.permit.array() == open.array => None,
            Ok(_) => Some(ApiError::forbidden()),
            Err(error) => Some(error),
        };
        self.unchecked.remove(&number);
        let Some(error) = error else { return };
        if let Some(OpenSubscription { key: (stream, transform), .. }) = self.remove(number) {
            let (transform, ended) = (transform.to_string(), error.into_server_error());
            self.answers.push(&Ended { stream, transform, ended });
        }
    }

    /// Notes what is to be checked since objects have changed.
    fn note_changes(&mut self) {
        let changed = self.watch.take_changed();
        if changed.is_empty() {
            return;
        }
        self.is_caller_unchecked |= self.principal.depends_on().any(|it| changed.contains(&it));
        let depends =
            |open: &OpenSubscription| open.depends_on.iter().any(|it| changed.contains(it));
        let numbers = self.open.iter().filter(|(_, open)| depends(open)).map(|(number, _)| *number);
        self.unchecked.extend(numbers);
    }

    fn remove(&mut self, number: u64) -> Option<OpenSubscription> {
        let open = self.open.remove(&number)?;
        self.numbers.remove(&open.key);
        self.unchecked.remove(&number);
        open.depends_on.iter().for_each(|object| self.watch.remove(*object));
        Some(*open)
    }
}
