//! Reading a long stream: as bytes, compared with copying them, and typed, compared with parsing.

use connectordb::DatapointArray;
use futures_util::TryStreamExt;

use crate::copy;
use crate::server::Server;
use crate::{LONG, Result, middle_ratio, report, shortest};

pub(crate) async fn run(server: &Server) -> Result {
    let key = server.key().await?;
    let client = reqwest::Client::new();
    let url = format!("{}/api/v1/crud/test/user/ingest/data?i1=0", server.process.url);
    let bytes = client.get(&url).basic_auth("", Some(&key)).send().await?.bytes().await?;
    let drain = async |url: &str| -> Result {
        let response = client.get(url).basic_auth("", Some(&key)).send().await?;
        let mut length = 0;
        let mut pieces = response.error_for_status()?.bytes_stream();
        while let Some(piece) = pieces.try_next().await? {
            length += piece.len();
        }
        if length == bytes.len() { Ok(()) } else { Err("the response is incomplete".into()) }
    };
    let raw = shortest(5, async || drain(&url).await).await?;
    let copier = copy::start(&bytes)?;
    let against_copy = middle_ratio(async || drain(&url).await, async || drain(&copier.url).await);
    report(
        "reading 1,000,000 datapoints / copying the same bytes",
        against_copy.await?,
        "x",
        "<= 1.5",
    );

    let stream = server.connect().await?.stream("ingest")?.typed::<f64>();
    let read = async || match stream.query().await?.len() {
        LONG => Ok(()),
        length => Err(format!("{length} datapoints").into()),
    };
    let parse = async || {
        let data: DatapointArray<f64> = serde_json::from_slice(&bytes)?;
        std::hint::black_box(&data);
        Ok(())
    };
    let typed = shortest(5, read).await?;
    let against_parse = middle_ratio(read, parse).await?;
    report("reading them typed / serde_json on the same bytes", against_parse, "x", "<= 1.3");
    println!(
        "    {:.0} ms raw, {:.0} ms typed",
        raw.as_secs_f64() * 1e3,
        typed.as_secs_f64() * 1e3
    );
    let last = shortest(200, async || Ok(stream.range(-5..).await.map(drop)?)).await?;
    println!("    {:.2} ms for the last five", last.as_secs_f64() * 1e3);
    Ok(())
}
