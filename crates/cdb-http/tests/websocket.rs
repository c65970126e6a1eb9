//! Websockets of servers that misbehave.

use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::any;
use cdb_http::websocket::{ConnectionState, Event, Reconnect, Topic, Websocket};
use cdb_http::{Error, ProtocolError, Session};
use tokio::net::TcpListener;
use tokio::time::timeout;

/// The timeout for events that must occur.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Starts a server with this router, and returns a websocket of a session with it.
async fn websocket(router: Router) -> Websocket {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let session = Session::builder(url).timeout(Duration::from_millis(300)).retries(0);
    Websocket::new(session.build().expect("a session"), Reconnect::new())
}

/// Starts a server that accepts websockets, confirms that it sends answers, and then calls `talk`.
async fn opening<F: Future<Output = ()> + Send + 'static>(
    talk: impl Fn(WebSocket) -> F + Clone + Send + Sync + 'static,
) -> Websocket {
    let open = any(move |upgrade: WebSocketUpgrade| async move {
        let opened = upgrade.on_upgrade(talk.clone());
        ([("connectordb-answers", "true")], opened).into_response()
    });
    websocket(Router::new().fallback_service(open)).await
}

fn topic() -> Topic {
    Topic { path: "me/user/numbers".parse().expect("a path"), transform: String::new() }
}

/// Subscribes, and returns the error with which the connection is lost.
async fn loss(websocket: &Websocket) -> String {
    let _subscription = websocket.subscribe(topic());
    let mut state = websocket.state();
    let lost = |state: &ConnectionState| matches!(state, ConnectionState::Reconnecting { .. });
    let lost = timeout(TIMEOUT, state.wait_for(lost)).await.expect("it is lost");
    match &*lost.expect("a state") {
        ConnectionState::Reconnecting { why, wait } => {
            assert!((0.8..=1.2).contains(&wait.as_secs_f64()), "{wait:?}");
            format!("{why:?}")
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_response_that_is_not_a_websocket_ends_the_subscription() {
    let websocket = websocket(Router::new().fallback_service(any(async || "hello"))).await;
    let (mut events, _guard) = websocket.subscribe(topic());
    let Event::Ended(why) = events.next().await else { panic!("it cannot have begun") };
    assert!(matches!(&*why, Error::Protocol(ProtocolError::NoWebsocket)), "{why:?}");
}

#[tokio::test]
async fn a_refused_login_closes_the_websocket_until_the_next_subscription() {
    let refuse = any(async || StatusCode::UNAUTHORIZED);
    let websocket = websocket(Router::new().fallback_service(refuse)).await;
    for _ in 0..2 {
        let (mut events, _guard) = websocket.subscribe(topic());
        let Event::Ended(why) = events.next().await else { panic!("it cannot have begun") };
        assert!(why.is_unauthorized(), "{why:?}");
        assert!(matches!(&*websocket.state().borrow(), ConnectionState::Closed { .. }));
    }
}

#[tokio::test]
async fn a_frame_that_is_not_json_ends_the_connection() {
    let websocket = opening(async |mut socket: WebSocket| {
        while socket.recv().await.is_some() {
            // The client closes the connection when it receives this.
            let _ = socket.send(Message::text("{\"answer\": 1, ")).await;
        }
    });
    assert!(loss(&websocket.await).await.contains("InvalidFrame"));
}

#[tokio::test]
async fn a_command_that_is_not_answered_in_time_ends_the_connection() {
    let websocket = opening(async |mut socket: WebSocket| {
        while let Some(Ok(_)) = socket.recv().await {
            // The server sends frames, but does not answer the command.
            let _ = socket.send(Message::text("{\"new\": \"event\"}")).await;
        }
    });
    assert!(loss(&websocket.await).await.contains("TimedOut"));
}

#[tokio::test]
async fn the_error_contains_the_reason_of_the_servers_close_frame() {
    let websocket = opening(async |mut socket: WebSocket| {
        let reason = axum::extract::ws::CloseFrame { code: 1012, reason: "Back soon.".into() };
        let _ = socket.send(Message::Close(Some(reason))).await;
    });
    let why = loss(&websocket.await).await;
    assert!(why.contains("Back soon."), "{why}");
}
