//! The backend of a dashboard: axum and an embedded server, to which sensors connect, in one program.
//!
//! - `GET /latest`: the latest datapoint of each stream
//! - `GET /last_hours/{hours}/{stream}`: the datapoints of the last hours
//! - `GET /live/{stream}`: datapoints as they are inserted, as server-sent events
//!
//! `cargo run --package examples --example dashboard 127.0.0.1:8080` serves until Ctrl-C. Without an
//! address, it requests its own pages and ends.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use connectordb::server::Server;
use connectordb::{ConnectorDb, Datapoint, DatapointArray, StreamCreate, Timestamp};
use futures_util::{Stream, StreamExt};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let data = directory.path().join("dashboard.db");
    let server =
        Server::builder().data(data).listen("127.0.0.1:0").admin("me", "secret").start().await?;
    let cdb = ConnectorDb::builder().url(server.url()).password("me", "secret").connect().await?;
    insert_values(&cdb).await?;

    let pages = Router::new()
        .route("/latest", get(latest))
        .route("/last_hours/{hours}/{stream}", get(last_hours))
        .route("/live/{stream}", get(live))
        .with_state(cdb);
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:0")).await?;
    let bound = listener.local_addr()?;
    println!("The dashboard is at http://{bound}, the database at {}.", server.url());
    let serving = tokio::spawn(axum::serve(listener, pages).into_future());
    if address.is_some() {
        tokio::signal::ctrl_c().await?;
    } else {
        for path in ["/latest", "/last_hours/2/temperature", "/last_hours/2/rain"] {
            println!("\nGET {path}\n{}", request(bound, path).await?);
        }
    }
    serving.abort();
    server.shutdown().await;
    Ok(())
}

async fn latest(State(cdb): State<ConnectorDb>) -> Result<Json<impl serde::Serialize>, Failure> {
    let mut latest = Vec::new();
    for stream in cdb.streams().await? {
        latest.push((stream.name().to_owned(), stream.get(-1).await?));
    }
    Ok(Json(latest))
}

async fn last_hours(
    State(cdb): State<ConnectorDb>,
    Path((hours, stream)): Path<(u32, String)>,
) -> Result<Json<DatapointArray>, Failure> {
    let since = Timestamp::now() - Duration::from_hours(hours.into());
    Ok(Json(cdb.stream(&stream)?.query().t1(since).await?))
}

async fn live(
    State(cdb): State<ConnectorDb>,
    Path(stream): Path<String>,
) -> Result<Sse<impl Stream<Item = connectordb::Result<Event>>>, Failure> {
    let batches = cdb.stream(&stream)?.subscribe().await?;
    let event = |batch| Event::default().json_data(batch).map_err(connectordb::Error::other);
    Ok(Sse::new(batches.map(move |batch| event(batch?))))
}

/// Why a page cannot be shown: any error of the client, which `?` converts.
struct Failure(connectordb::Error);

impl<E: Into<connectordb::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match &self.0 {
            error if error.is_not_found() => StatusCode::NOT_FOUND,
            error if error.is_invalid() => StatusCode::BAD_REQUEST,
            error if error.is_temporary() => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, self.0.to_string()).into_response()
    }
}

/// Inserts a temperature for each of the last ten hours.
async fn insert_values(cdb: &ConnectorDb) -> Result<(), connectordb::Error> {
    let temperature = cdb.stream("temperature")?;
    temperature.ensure(StreamCreate::new().schema(json!({"type": "number"}))).await?;
    let (now, hour) = (Timestamp::now(), Duration::from_hours(1));
    let points: Vec<_> = (0..10).rev().map(|n| Datapoint::at(now - hour * n, 20 - n)).collect();
    temperature.insert_array(&points).await.map(drop)
}

/// Requests a page and returns its text, without the headers.
async fn request(address: SocketAddr, path: &str) -> Result<String, Box<dyn Error>> {
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).await?;
    let mut response = String::new();
    connection.read_to_string(&mut response).await?;
    Ok(response.split_once("\r\n\r\n").ok_or("the response is incomplete")?.1.to_owned())
}
