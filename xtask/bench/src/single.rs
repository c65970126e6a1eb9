//! Single inserts from many connections, compared with a SQLite commit for each.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _};

use crate::connection::Connection;
use crate::server::Server;
use crate::{Result, report};

const CONNECTIONS: usize = 16;
const INSERTS: usize = 3_000;

pub(crate) async fn run(server: &Server) -> Result {
    let bare = bare_commits().await?;
    let authorization = server.authorization().await?;
    let mut connections = Vec::new();
    for number in 0..CONNECTIONS {
        let stream = server.stream(&format!("single{number}")).await?;
        let connection = Connection::open(server.process.address(), &authorization).await?;
        connections.push((stream, connection));
    }
    let started = Instant::now();
    let inserting = connections.iter_mut().map(|(stream, connection)| async {
        for i in 0..INSERTS {
            connection.put(stream.name(), &format!(r#"[{{"d":{i}}}]"#)).await?;
        }
        Result::Ok(())
    });
    try_join_all(inserting).await?;
    let grouped = (CONNECTIONS * INSERTS) as f64 / started.elapsed().as_secs_f64();
    report(
        "single inserts, 16 connections / a bare SQLite commit each",
        grouped / bare,
        "x",
        ">= 10",
    );
    println!("    {grouped:.0} inserts a second against {bare:.0} commits");
    let (stream, mut connection) = connections.swap_remove(0);
    alone(stream.name(), &mut connection, 1.0 / bare).await
}

/// Requests on one connection, while there are no others.
async fn alone(stream: &str, connection: &mut Connection, commit: f64) -> Result {
    let last = format!("crud/test/user/{stream}/data?i1=-5");
    let (mut pings, mut inserts, mut reads) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..INSERTS {
        let started = Instant::now();
        connection.get("?q=this", "test/user").await?;
        let pinged = Instant::now();
        connection.put(stream, &format!(r#"[{{"d":{i}}}]"#)).await?;
        let inserted = Instant::now();
        connection.get(&last, "]").await?;
        pings.push(pinged - started);
        inserts.push(inserted - pinged);
        reads.push(inserted.elapsed());
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_secs_f64()
    };
    let [ping, insert, read] = [&mut pings, &mut inserts, &mut reads].map(median);
    let against = insert / (commit + ping);
    report("a single insert / a bare SQLite commit and a ping", against, "x", "<= 1.25");
    report("reading the last five / a ping", read / ping, "x", "<= 1.5");
    let [ping, insert, read, commit] = [ping, insert, read, commit].map(|time| time * 1e6);
    println!("    {insert:.0} and {read:.0} µs; a ping {ping:.0}, a commit {commit:.0}");
    Ok(())
}

/// The number of durable commits of one row that SQLite makes per second.
pub(crate) async fn bare_commits() -> Result<f64> {
    let directory = tempfile::tempdir_in("target")?;
    let mut connection = SqliteConnectOptions::new()
        .filename(directory.path().join("bare.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .connect()
        .await?;
    sqlx::query("CREATE TABLE datapoint (t REAL, d TEXT)").execute(&mut connection).await?;
    let started = Instant::now();
    for i in 0..INSERTS {
        sqlx::query("INSERT INTO datapoint VALUES (?, ?)")
            .bind(i as f64)
            .bind("5")
            .execute(&mut connection)
            .await?;
    }
    let speed = INSERTS as f64 / started.elapsed().as_secs_f64();
    connection.close().await?;
    Ok(speed)
}
