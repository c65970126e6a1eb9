//! A gateway: reads measurements in the InfluxDB line protocol, validates them, and prints the
//! calls of the ConnectorDB protocol that would store them.
//!
//! It depends on `cdb-types` only, which has no runtime and no network. The same code can be part
//! of a server for another protocol, a bridge to a message queue, or the firmware of a device.
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
use serde_json::json;

use line::Line;

/// The user who owns the sensors.
const USER: &str = "farm";

/// The fields that the gateway accepts, and the schema of each.
fn schemas() -> Result<HashMap<&'static str, Validator>, InvalidSchema> {
    let range = |min, max| json!({"type": "number", "minimum": min, "maximum": max});
    let schemas = [("temperature", range(-60, 80)), ("humidity", range(0, 100))];
    let compiled = |(field, schema)| Ok((field, Schema::from(schema).validator()?));
    schemas.into_iter().map(compiled).collect()
}

/// The datapoints to store, by stream.
type Batch = BTreeMap<StreamPath, Vec<Datapoint>>;

/// Adds the values of a line to the batch: all of them, or none if one is not valid.
fn add(
    text: &str,
    schemas: &HashMap<&str, Validator>,
    batch: &mut Batch,
) -> Result<(), Box<dyn Error>> {
    let line = Line::parse(text)?;
    let device = USER.parse::<UserPath>()?.device(Name::new(line.measurement)?);
    let time = line.time.unwrap_or_else(Timestamp::now);
    let mut valid = Vec::new();
    for (field, value) in line.fields {
        let schema = schemas.get(field).ok_or_else(|| format!("there is no field {field}"))?;
        if let Some(complaint) = schema.complaint(&value) {
            return Err(format!("{field}: {complaint}").into());
        }
        let path = device.stream(Name::new(field)?);
        valid.push((path, Datapoint::at(time, value)));
    }
    for (path, datapoint) in valid {
        batch.entry(path).or_default().push(datapoint);
    }
    Ok(())
}

/// Prints the call that stores the datapoints of a stream: its verb, path and body.
fn print(stream: &StreamPath, datapoints: &[Datapoint]) -> Result<(), serde_json::Error> {
    let insert = Insert::new(stream, datapoints);
    let body = serde_json::to_string(&insert.body())?;
    println!("{} {API}{}\n     {body}", insert.method(), insert.path());
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let schemas = schemas()?;
    let mut batch = Batch::new();
    for (line, number) in io::stdin().lines().zip(1..) {
        if let Err(error) = add(&line?, &schemas, &mut batch) {
            eprintln!("line {number}: {error}");
        }
    }
    for (stream, datapoints) in &batch {
        print(stream, datapoints)?;
    }
    Ok(())
}
