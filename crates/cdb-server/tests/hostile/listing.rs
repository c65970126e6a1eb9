//! Devices with many streams.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Attack, ServerProcess, over_and_over};

/// A number of streams, and one that is some times as large.
const FEW: usize = 2_000;
const FACTOR: usize = 5;

/// How often each list is requested, of which the fastest counts: the machine may be busy.
const ATTEMPTS: usize = 10;

/// Streams with numbers as names.
fn streams(count: usize) -> Value {
    Value::from_iter((0..count).map(|i| (format!("s{i}"), json!({}))))
}

#[tokio::test]
async fn lists_of_ten_thousand_streams() {
    let server = ServerProcess::start().await;
    let key = server.admin.create_device("mallory/hoarder", streams(FEW * FACTOR)).await;
    let hoarder = server.rogue.with_key(&key);
    let attack = || {
        over_and_over(2, async |_| {
            let _ = hoarder.send(Method::GET, "crud/mallory/hoarder?q=streams", "").await;
        })
    };
    Attack::on(&server).assert_bearable(attack).await;
}

#[tokio::test]
async fn listing_takes_time_in_proportion_to_the_streams() {
    let server = ServerProcess::start().await;
    // Ten for each device, so that there are many devices too.
    let durations = [("few", FEW), ("many", FEW * FACTOR)].map(async |(user, count)| {
        let device = json!({"streams": streams(10)});
        let devices = Value::from_iter((0..count / 10).map(|i| (format!("d{i}"), device.clone())));
        let email = format!("{user}@example.com");
        let user_properties = json!({"email": email, "password": user, "devices": devices});
        server.admin.create(user, user_properties).await;
        let mut fastest = Duration::MAX;
        for _ in 0..ATTEMPTS {
            let started = Instant::now();
            let listed = server.admin.get(&format!("crud/{user}?q=streams")).await;
            fastest = fastest.min(started.elapsed());
            // The streams of the user's log, if it has one, are listed too.
            assert!(listed.json().as_array().is_some_and(|streams| streams.len() >= count));
        }
        fastest
    });
    let [few, many] = durations;
    let (few, many) = (few.await, many.await);
    let (few_count, many_count) = (FEW, FEW * FACTOR);
    println!("{few_count} streams are listed in {few:?}, {many_count} in {many:?}");
    // In proportion to the square it would be FACTOR times as long as in proportion.
    assert!(many <= few * 3 * FACTOR as u32, "{many:?} for {many_count}, {few:?} for {few_count}");
}
