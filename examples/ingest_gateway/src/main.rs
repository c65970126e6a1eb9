//! A gateway: reads what sensors say in another protocol, checks it, and prints the calls of the
//! ConnectorDB protocol that would store it. A server that takes other protocols in, a bridge to a
//! message queue or a microcontroller's firmware look like this: `cdb-types` alone, no network.
//!
//! `cargo run --package ingest_gateway < examples/ingest_gateway/lines.txt`

mod line;

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::io;

use cdb_types::endpoint::{API, Endpoint, Insert};
use cdb_types::{
    Datapoint, InvalidSchema, Name, Schema, StreamPath, Timestamp, UserPath, Validator,
};
use serde_json::{Value, json};

use line::Line;

/// Whose sensors they are.
const USER: &str = "farm";

/// The fields that are taken, and what each must fit.
fn schemas() -> Result<HashMap<&'static str, Validator>, InvalidSchema> {
    let range = |min, max| json!({"type": "number", "minimum": min, "maximum": max});
    let schemas = [("temperature", range(-60, 80)), ("humidity", range(0, 100))];
    let compiled = |(field, schema)| Ok((field, Schema::from(schema).validator()?));
    schemas.into_iter().map(compiled).collect()
}

/// What is to be stored, by stream.
type Batch = BTreeMap<StreamPath, Vec<Datapoint>>;

/// Takes what a line says, all of it or nothing.
fn take(
    text: &str,
    schemas: &HashMap<&str, Validator>,
    batch: &mut Batch,
) -> Result<(), Box<dyn Error>> {
    let line = Line::parse(text)?;
    let device = USER.parse::<UserPath>()?.device(Name::new(line.measurement)?);
    let time = line.time.unwrap_or_else(Timestamp::now);
    let mut taken = Vec::new();
    for (field, value) in line.fields {
        let schema = schemas.get(field).ok_or_else(|| format!("{field} is not measured here"))?;
        if let Some(complaint) = schema.complaint(&value) {
            return Err(format!("{field}: {complaint}").into());
        }
        let path = device.stream(Name::new(field)?);
        taken.push((path, Datapoint { t: time, d: value, o: None }));
    }
    for (path, datapoint) in taken {
        batch.entry(path).or_default().push(datapoint);
    }
    Ok(())
}

/// The call that stores the datapoints of a stream: its verb, its path and its body.
fn print(stream: &StreamPath, datapoints: &[Datapoint]) -> Result<(), serde_json::Error> {
    let insert = Insert { stream, downlink: false, restamp: false, index: None, datapoints };
    let body = serde_json::to_string(&insert.body())?;
    println!("{} {API}{}\n     {body}", insert.method(), insert.path());
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let schemas = schemas()?;
    let mut batch = Batch::new();
    for (line, number) in io::stdin().lines().zip(1..) {
        if let Err(error) = take(&line?, &schemas, &mut batch) {
            eprintln!("line {number}: {error}");
        }
    }
    for (stream, datapoints) in &batch {
        print(stream, datapoints)?;
    }
    Ok(())
}
