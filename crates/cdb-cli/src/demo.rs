//! `cdb demo`

mod year;

use std::collections::hash_map::RandomState;
use std::error::Error;
use std::hash::BuildHasher;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use connectordb::server::Server;
use connectordb::types::{DeviceCreate, StreamCreate};
use connectordb::{ConnectorDb, Reply};
use serde_json::{Value, json};
use tokio::time::MissedTickBehavior;

use crate::output::Output;
use crate::serve::terminated;
use year::Year;

/// The name of the user.
const USER: &str = "mara";

/// How often the garden station writes.
const INTERVAL: Duration = Duration::from_secs(5);

/// Show the web app with a year of made-up data, until Ctrl-C or SIGTERM.
///
/// The server keeps everything in a temporary file, which is deleted at the end. It has one user, whose
/// name and password are printed, with devices and streams of every kind. Some still receive data, and the
/// lamp does what it is asked for.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cdb demo\n  cdb demo --listen 127.0.0.1:3125")]
pub(crate) struct Demo {
    /// The address and port to listen on; port 0 chooses a free port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: String,
}

impl Demo {
    pub(crate) async fn run(self, output: Output) -> Result<(), Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let password = format!("{:08x}", RandomState::new().hash_one(USER) as u32);
        let terminated = terminated()?;
        let server = Server::builder()
            .data(directory.path().join("demo.db"))
            .listen(self.listen)
            .admin(USER, &*password)
            .start()
            .await?;
        let url = server.url();
        let running = async {
            let garden = fill(&url, &password).await?;
            let login = json!({"url": url, "user": USER, "password": password});
            let words = format!("open {url} and log in as {USER} with the password {password}");
            output.say(&login, &words)?;
            garden.write().await
        };
        let ended = tokio::select! {
            ended = server.wait() => ended.map_err(Into::into),
            ended = running => ended,
            _ = terminated => Ok(()),
        };
        server.shutdown().await;
        ended
    }
}

/// The devices that go on working.
struct Garden {
    station: ConnectorDb,
    /// Dropping it would end what the lamp does.
    _lamp: connectordb::Callback,
    year: Year,
}

/// Creates all devices and streams, with a year of data.
async fn fill(url: &str, password: &str) -> Result<Garden, Box<dyn Error>> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64();
    let mut year = Year::until(now);
    let me = ConnectorDb::builder().url(url).password(USER, password).connect().await?;

    let rating = json!({"type": "integer", "minimum": 0, "maximum": 10});
    let by_hand = [
        ("mood", "Mood", "rating.stars", rating, year.mood()),
        ("weight", "Weight", "weight.kilograms", json!({"type": "number"}), year.weight()),
        ("coffee", "Coffee", "number.count", json!({"type": "integer"}), year.coffee()),
        ("diary", "Diary", "log.diary", json!({"type": "string"}), year.diary()),
        ("window", "Window open", "toggle", json!({"type": "boolean"}), year.window()),
    ];
    for (name, nickname, datatype, schema, data) in by_hand {
        let stream = me.stream(name)?;
        stream.create(stream_of(nickname, datatype, schema)).await?;
        stream.insert_json(data).await?;
    }

    let number = || json!({"type": "number"});
    let count = json!({"type": "integer", "minimum": 0});
    let percent = json!({"type": "integer", "minimum": 0, "maximum": 100});
    let place = json!({
        "type": "object",
        "properties": {"latitude": number(), "longitude": number(), "accuracy": number()},
        "required": ["latitude", "longitude"],
    });
    let station = device(&me, url, "garden", "Garden station").await?;
    let (temperature, humidity) = year.garden();
    let phone = device(&me, url, "phone", "Phone").await?;
    let lamp = device(&me, url, "lamp", "Bedroom lamp").await?;
    let measured = [
        (&station, "temperature", "temperature.celsius", number(), temperature),
        (&station, "humidity", "humidity.percent", number(), humidity),
        (&phone, "steps", "number.count", count, year.steps()),
        (&phone, "position", "location", place, year.position()),
        (&lamp, "brightness", "", percent, year.lamp()),
    ];
    for (device, name, datatype, schema, data) in measured {
        let stream = device.stream(name)?;
        let is_lamp = name == "brightness";
        stream.create(stream_of("", datatype, schema).downlink(is_lamp)).await?;
        stream.insert_json(data).await?;
    }
    // It does what it is asked for, and says so by writing it.
    let brightness = lamp.stream("brightness")?;
    let _lamp = brightness.on_downlink(|_| async { Reply::Accept }).await?;
    Ok(Garden { station, _lamp, year })
}

fn stream_of(nickname: &str, datatype: &str, schema: Value) -> StreamCreate {
    StreamCreate::new().nickname(nickname).datatype(datatype).schema(schema)
}

/// Creates a device, and logs in as it.
async fn device(
    me: &ConnectorDb,
    url: &str,
    name: &str,
    nickname: &str,
) -> Result<ConnectorDb, Box<dyn Error>> {
    let create = DeviceCreate::new().nickname(nickname);
    let key = me.user().device(name)?.ensure(create).await?;
    Ok(ConnectorDb::builder().url(url).apikey(key).connect().await?)
}

impl Garden {
    /// Writes what the station measures, until it is dropped.
    async fn write(mut self) -> Result<(), Box<dyn Error>> {
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let (temperature, humidity) =
                self.year.measure(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64());
            for (name, value) in [("temperature", temperature), ("humidity", humidity)] {
                // The stream may have been deleted in the web app. The demo goes on.
                if let Err(error) = self.station.stream(name)?.insert(value).await {
                    tracing::warn!(%error, name, "the garden station cannot write");
                }
            }
        }
    }
}
