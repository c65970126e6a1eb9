//! Single inserts from many connections, compared with a SQLite commit for each.

use std::time::Instant;

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
