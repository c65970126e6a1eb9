//! Typed streams. That they refuse values of other types is in the documentation of `TypedStream`.

use connectordb::TypedStream;
use serde::de::DeserializeOwned;

use super::*;

#[tokio::test]
async fn values_are_written_and_read_as_the_type() -> TestResult {
    let server = TestServer::start().await?;
    let level: TypedStream<u8> = server.cdb().stream("level")?.typed();
    level.ensure(stream_of("integer")).await?;
    level.insert(7).await?;
    level.insert_array(&[Datapoint::now(9), Datapoint::now(11)]).await?;

    let last: Option<Datapoint<u8>> = level.get(-1).await?;
    assert_eq!(last.ok_or("no datapoint")?.d, 11);
    let all = level.range(..).await?;
    assert_eq!(all.d().copied().collect::<Vec<u8>>(), [7, 9, 11]);
    Ok(())
}

#[tokio::test]
async fn values_may_be_a_struct_of_the_program() -> TestResult {
    let server = TestServer::start().await?;
    let climate = server.cdb().stream("climate")?.typed::<Climate>();
    climate.ensure(stream_of("object")).await?;
    let value = Climate { celsius: 21.5, humidity: 40 };
    climate.insert(value.clone()).await?;
    assert_eq!(climate.get(0).await?.ok_or("no datapoint")?.d, value);
    Ok(())
}

#[tokio::test]
async fn a_function_may_be_generic_over_the_type() -> TestResult {
    async fn last<T>(stream: &TypedStream<T>) -> connectordb::Result<Option<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        Ok(stream.get(-1).await?.map(|datapoint| datapoint.d))
    }

    let server = TestServer::start().await?;
    let name = server.cdb().stream("name")?.typed::<String>();
    name.ensure(stream_of("string")).await?;
    assert_eq!(last(&name).await?, None);
    name.insert("garden".to_owned()).await?;
    assert_eq!(last(&name).await?.as_deref(), Some("garden"));
    Ok(())
}

#[tokio::test]
async fn calls_can_be_made_from_spawned_tasks() -> TestResult {
    let server = TestServer::start().await?;
    let count = server.cdb().stream("count")?.typed::<u32>();
    count.ensure(stream_of("integer")).await?;
    let task = tokio::spawn({
        let count = count.clone();
        async move { count.insert(1).await }
    });
    task.await??;
    assert_eq!(count.len().await?, 1);
    Ok(())
}
