//! Compiles the Rust code of the README, and checks that the README still has the same code.

#![allow(dead_code, unused_variables)]

use std::error::Error;

use connectordb::logger::Logger;
use connectordb::query::{Column, Dataset};
use connectordb::{ConnectorDb, Stream, StreamCreate};
use serde_json::json;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

async fn begin(url: String) -> Result {
    use connectordb::{ConnectorDb, StreamCreate, Timestamp};
    use serde_json::json;

    let cdb = ConnectorDb::builder().url(url).password("test", "test").connect().await?;
    let temperature = cdb.stream("temperature")?;
    let number = StreamCreate::new().schema(json!({"type": "number"}));
    temperature.ensure(number).await?;

    temperature.insert(21.5).await?;
    let last = temperature.get(-1).await?;
    let day = temperature.typed::<f64>().query().t1(Timestamp::now() - 86400.0).await?;
    println!("{last:?}, on average {:?}", day.mean());
    let warm = temperature.query().transform("if $ > 25 | count | if last").await?;
    Ok(())
}

async fn ask(cdb: ConnectorDb) -> Result {
    let table = Dataset::new(&cdb)
        .x("mood")
        .column("temperature")
        .column(Column::new("steps").interpolator("sum"))
        .await?;
    println!("{table}");
    table.write_csv("moods.csv")?;
    Ok(())
}

async fn listen(mood: Stream, light: Stream, switch: impl Fn(bool)) -> Result {
    let mut bad = mood.subscribe().transform("if $ < 3").typed::<i64>().await?;
    while let Some(batch) = bad.next().await {
        println!("Cheer up: {:?}", batch?);
    }

    let mut requests = light.typed::<bool>().downlinks().await?;
    while let Some(request) = requests.next().await {
        let request = request?;
        switch(*request.value());
        request.accept().await?;
    }
    Ok(())
}

async fn log() -> Result {
    let logger = Logger::builder("cache.db").apikey("the key of this device").open().await?;
    let number = StreamCreate::new().schema(json!({"type": "number"}));
    logger.add_stream_later("temperature", number).await?;
    logger.start();
    logger.stream::<f64>("temperature")?.insert(21.5).await?;
    Ok(())
}

async fn take(cdb: ConnectorDb, admin: ConnectorDb) -> Result {
    cdb.user().export("backup").await?;
    admin.import_users("backup").resume(true).await?;
    Ok(())
}

async fn serve() -> Result {
    let server =
        connectordb::server::Server::builder().data("my.db").admin("me", "secret").start().await?;
    Ok(())
}

/// Code without comments and white space.
fn tokens(code: &str) -> String {
    let lines = code.lines().map(|line| line.split("  //").next().unwrap_or(line));
    let code: String = lines.collect();
    code.split_whitespace().collect::<String>().replace(",)", ")")
}

#[test]
fn the_code_of_the_readme_is_compiled() {
    let readme = include_str!("../../README.md");
    let compiled = tokens(include_str!("readme.rs"));
    let blocks: Vec<_> = readme.split("```rust\n").skip(1).collect();
    assert_eq!(blocks.len(), 6);
    for block in blocks {
        let code = block.split("```").next().unwrap_or_default();
        assert!(compiled.contains(&tokens(code)), "{} does not have this code:\n{code}", file!());
    }
}
