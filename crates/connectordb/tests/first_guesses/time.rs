//! Times of all types.

use std::time::SystemTime;

use connectordb::query::{Dataset, Source};

use super::*;

#[test]
fn durations_and_seconds_are_added_and_subtracted() {
    let now = Timestamp::now();
    assert_eq!(now - Duration::from_secs(60), now - 60.0);
    assert_eq!(now + Duration::from_millis(500), now + 0.5);
    assert_eq!((now + 1.0) - now, 1.0);
    let mut t = now;
    t += Duration::from_secs(1);
    t -= 1.0;
    assert_eq!(t, now);
}

#[test]
fn times_are_made_from_what_a_program_has() -> TestResult {
    let ns: i64 = 1_700_000_000_500_000_000;
    let t = Timestamp::from_nanos(ns);
    assert_eq!(t, Timestamp::try_from(1.7e9 + 0.5)?);
    assert_eq!(t, Timestamp::from_millis(1_700_000_000_500));
    assert_eq!(t, Timestamp::from_nanos(1_700_000_000_500_000_000_u64));
    assert_eq!(Timestamp::from(1_700_000_000), t - 0.5);
    assert!(Timestamp::from(SystemTime::now()) <= Timestamp::now());
    assert_eq!(
        SystemTime::try_from(Timestamp::from(60))?,
        SystemTime::UNIX_EPOCH + Duration::from_secs(60)
    );
    Ok(())
}

#[test]
fn nanoseconds_since_1970_may_come_from_the_standard_library() -> TestResult {
    let now = SystemTime::now();
    let ns = now.duration_since(SystemTime::UNIX_EPOCH)?.as_nanos();
    assert!((Timestamp::from_nanos(ns) - Timestamp::from(now)).abs() < 1e-6);
    Ok(())
}

#[cfg(feature = "jiff-1")]
#[tokio::test]
async fn times_of_jiff_are_times() -> TestResult {
    let time: jiff::Timestamp = "2023-11-14T22:13:20Z".parse()?;
    assert_eq!(Timestamp::from(time), Timestamp::from(1_700_000_000));
    assert_eq!(jiff::Timestamp::try_from(Timestamp::from(1_700_000_000))?, time);
    let server = TestServer::start().await?;
    let steps = server.cdb().stream("steps")?;
    steps.ensure(stream_of("number")).await?;
    steps.insert_array(&[Datapoint::at(time, 1)]).await?;
    assert_eq!(steps.query().t1(time).await?.len(), 0);
    assert_eq!(steps.query().t2(time).await?.len(), 1);
    Ok(())
}

#[test]
fn a_time_is_rounded_down_to_hours() {
    let t = Timestamp::from(1_464_250_199);
    assert_eq!(t.floor(3600.0), Timestamp::from(1_464_249_600));
    assert_eq!(t.floor(3600), t.floor(Duration::from_secs(3600)));
}

#[test]
fn a_datapoint_has_a_time_of_any_type() -> TestResult {
    let (t, d) = (Timestamp::now(), 21.5);
    assert_eq!(Datapoint::at(t, d), Datapoint::new(t, d)?);
    assert_eq!(Datapoint::new(1.7e9, d)?, Datapoint::at(1_700_000_000, d));
    assert_eq!(Datapoint::at(SystemTime::UNIX_EPOCH, d).t, Timestamp::ZERO);
    Ok(())
}

#[test]
fn what_is_not_a_number_is_not_a_time() {
    for seconds in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(Timestamp::try_from(seconds).is_err());
        let error = Datapoint::new(seconds, 1).unwrap_err();
        assert!(error.to_string().contains("is not a time"), "{error}");
    }
}

#[tokio::test]
async fn queries_take_times_of_any_type() -> TestResult {
    let server = TestServer::start().await?;
    let cdb = server.cdb();
    let steps = cdb.stream("steps")?.typed::<f64>();
    steps.ensure(stream_of("number")).await?;
    let start = Timestamp::from(1_700_000_000);
    let day: Vec<_> = (0..24)
        .map(|hour| Datapoint::at(start + f64::from(hour) * 3600.0, f64::from(hour)))
        .collect();
    steps.insert_array(&day).await?;

    assert_eq!(steps.query().t1(1.7e9).await?.len(), 23);
    assert_eq!(steps.query().t1(start).t2(start + Duration::from_secs(3600)).await?.len(), 1);
    assert_eq!(steps.query().t1(1_700_000_000).await?.len(), 23);
    assert_eq!(steps.query().t2(SystemTime::now()).await?.len(), 24);
    assert!(steps.query().t1(f64::NAN).await.unwrap_err().is_invalid());

    let every_six_hours = Dataset::new(cdb)
        .t1(1.7e9)
        .t2(start + Duration::from_secs(86_400))
        .dt(Duration::from_secs(6 * 3600))
        .column(&steps)
        .await?;
    assert_eq!(every_six_hours.len(), 4);
    let recent = Source::new(&steps).t1(start + Duration::from_secs(3600));
    assert_eq!(Dataset::new(cdb).x(recent).column(&steps).await?.len(), 22);
    Ok(())
}
