//! `cargo xtask sizes`: measures the build time and the program size for each set of features.

use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::command::{Result, cargo_command, cargo_output, output, root, run};

/// A crate with a set of features: a description, the crate, the features, and a program that uses
/// them.
type Shape = (&'static str, &'static str, &'static [&'static str], &'static str);

const SHAPES: [Shape; 5] = [
    ("the wire model only", "cdb-types", &[], TYPES),
    ("the smallest client", "connectordb", &[], CLIENT),
    ("with the logger", "connectordb", &["logger"], LOGGER),
    ("default features", "connectordb", &["logger", "query", "schema"], DATASET),
    (
        "all features",
        "connectordb",
        &["logger", "query", "schema", "arrow", "blocking", "schemars", "server"],
        WHOLE,
    ),
];

const TYPES: &str = r#"
fn main() {
    let datapoint: Result<cdb_types::Datapoint, _> = serde_json::from_str(r"{}");
    println!("{datapoint:?}");
}
"#;

const CLIENT: &str = r#"
#[tokio::main(flavor = "current_thread")]
async fn main() -> connectordb::Result<()> {
    let cdb = connectordb::ConnectorDb::builder().apikey("key").connect().await?;
    cdb.stream("temperature")?.insert(21.5).await
}
"#;

const LOGGER: &str = r#"
#[tokio::main(flavor = "current_thread")]
async fn main() -> connectordb::logger::Result<()> {
    let logger = connectordb::logger::Logger::builder("cache.db").open().await?;
    logger.start();
    logger.insert("temperature", 21.5).await
}
"#;

const DATASET: &str = r#"
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let logger = connectordb::logger::Logger::builder("cache.db").open().await?;
    let cdb = logger.connectordb().await?;
    let table = connectordb::query::Dataset::new(&cdb).dt(1.0).column("temperature").await?;
    println!("{table}");
    Ok(())
}
"#;

const WHOLE: &str = r#"
use connectordb::blocking::Wait;
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = connectordb::server::Server::builder().start().wait()?;
    let cdb = connectordb::ConnectorDb::builder().url(server.url()).connect().wait()?;
    let table = connectordb::query::Dataset::new(&cdb).dt(1.0).column("temperature").wait()?;
    table.write_parquet("table.parquet")?;
    connectordb::logger::Logger::builder("cache.db").open().wait()?;
    Ok(())
}
"#;

/// Builds each program in release mode from an empty target directory, and prints a table.
pub(crate) fn run_all() -> Result {
    let directory = root().join("target/sizes");
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    let mut rows = Vec::new();
    for (number, shape) in SHAPES.iter().enumerate() {
        rows.push(measure(&directory.join(number.to_string()), shape)?);
    }
    let Some((_, _, whole_seconds, whole_bytes)) = rows.last().copied() else { return Ok(()) };
    println!("| features | crates | build time / all | size / all | size |\n|---|---|---|---|---|");
    for (name, crates, seconds, bytes) in rows {
        println!(
            "| {name} | {crates} | {:.2} | {:.2} | {:.1} MiB |",
            seconds / whole_seconds,
            bytes / whole_bytes,
            bytes / 1024.0 / 1024.0
        );
    }
    Ok(())
}

/// Builds one program. Returns its description, the number of crates, the build time in seconds and
/// the size in bytes.
fn measure(directory: &Path, shape: &Shape) -> Result<(&'static str, usize, f64, f64)> {
    let (name, package, features, program) = shape;
    fs::create_dir_all(directory.join("src"))?;
    fs::write(directory.join("src/main.rs"), program)?;
    let path = root().join("crates").join(package);
    fs::write(
        directory.join("Cargo.toml"),
        format!(
            "[package]\nname = \"shape\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
             {package} = {{ path = {path:?}, default-features = false, features = {features:?} }}\n\
             serde_json = \"1\"\ntokio = {{ version = \"1\", features = [\"macros\", \"rt\"] }}\n\n\
             [profile.release]\nstrip = true\n"
        ),
    )?;
    fs::copy(root().join("Cargo.lock"), directory.join("Cargo.lock"))?;
    let manifest = directory.join("Cargo.toml");
    let manifest = manifest.to_str().ok_or("the path of the workspace is not UTF-8")?;
    // Downloads are not part of the measured time.
    output(cargo_command(&["fetch", "--manifest-path", manifest]).env_remove("CARGO_TARGET_DIR"))?;
    let tree = ["tree", "--manifest-path", manifest, "--edges", "normal", "--prefix", "none"];
    let tree = cargo_output(&[&tree[..], &["--no-dedupe"]].concat())?;
    let crates = tree.lines().collect::<std::collections::HashSet<_>>().len() - 1;
    let begun = Instant::now();
    let target = directory.join("target");
    let build = ["build", "--quiet", "--release", "--manifest-path", manifest];
    run(cargo_command(&build).env("CARGO_TARGET_DIR", &target))?;
    let seconds = begun.elapsed().as_secs_f64();
    let bytes = fs::metadata(target.join("release/shape"))?.len() as f64;
    fs::remove_dir_all(&target)?;
    Ok((name, crates, seconds, bytes))
}
