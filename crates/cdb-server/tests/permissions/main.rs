//! Who may do what: each caller, object, operation and field, over HTTP and the websocket.
//!
//! What is expected is computed from the tables in `tables.md`, without the code of the server.

mod commands;
mod devices;
mod expected;
#[path = "../server/http.rs"]
mod http;
mod latest;
mod logins;
mod order;
mod queries;
mod reading;
mod rights;
mod run;
#[path = "../server/socket.rs"]
#[allow(dead_code, reason = "the tests of the server use the rest")]
mod socket;
mod streams;
mod subscribing;
#[path = "../server/support.rs"]
#[allow(dead_code, reason = "the tests of the server use the rest")]
mod support;
mod tables;
mod targets;
mod updates;
mod users;
mod view;
mod whole_server;
mod world;
mod writing;

use commands::Commands;
use run::{Report, Run};
use tables::Tables;
use view::{Caller, View, rights_of};
use world::World;

/// Sends the requests of each caller, compares the answers, and fails with a table of all that
/// differ, or if there were fewer than there are.
async fn for_each_caller(
    world: &World,
    at_least: usize,
    check: impl AsyncFn(&mut Run<'_>, Caller<'_>),
) {
    let (tables, mut report) = (Tables::read(), Report::default());
    for caller in targets::callers(world) {
        let rights = rights_of(&tables, caller);
        let view = View::new(&tables, world, caller, &rights);
        check(&mut Run::new(view, &mut report), caller).await;
    }
    report.finish(at_least);
}

/// Compares the objects with those that there were at first.
async fn check_nothing_has_changed(run: &mut Run<'_>) {
    let (expected, actual) = (&run.world().users, run.world().load().await);
    for (expected, actual) in expected.iter().zip(&actual) {
        run.compare_effect(&expected.name, "state after all", expected, actual);
    }
    run.compare_effect("server", "users after all", &expected.len(), &actual.len());
}

#[tokio::test]
async fn the_server_as_a_whole() {
    let world = World::new().await;
    for_each_caller(&world, 500, async |run, _| {
        whole_server::read(run).await;
        whole_server::create_users(run).await;
        check_nothing_has_changed(run).await;
    })
    .await;
}

#[tokio::test]
async fn users() {
    let world = World::new().await;
    for_each_caller(&world, 2_400, async |run, caller| {
        for user in targets::users(caller) {
            users::check(run, user).await;
        }
        check_nothing_has_changed(run).await;
    })
    .await;
}

#[tokio::test]
async fn devices() {
    let world = World::new().await;
    for_each_caller(&world, 8_500, async |run, caller| {
        for device in targets::devices(caller) {
            devices::check(run, device).await;
        }
        check_nothing_has_changed(run).await;
    })
    .await;
}

#[tokio::test]
async fn streams() {
    let world = World::new().await;
    for_each_caller(&world, 10_500, async |run, caller| {
        for stream in targets::streams(run.world(), caller) {
            streams::check(run, stream).await;
        }
        check_nothing_has_changed(run).await;
    })
    .await;
}

#[tokio::test]
async fn reading_data() {
    let world = World::new().await;
    world.fill().await;
    for_each_caller(&world, 14_000, async |run, caller| {
        for stream in targets::streams(run.world(), caller) {
            reading::check(run, stream).await;
            queries::check(run, stream).await;
            latest::check(run, stream).await;
        }
    })
    .await;
}

#[tokio::test]
async fn writing_data() {
    let world = World::new().await;
    world.fill().await;
    for_each_caller(&world, 4_600, async |run, caller| {
        let mut commands = Commands::open(run.world(), run.key()).await;
        for stream in targets::streams(run.world(), caller) {
            writing::check(run, Some(&mut commands), stream).await;
        }
    })
    .await;
}

#[tokio::test]
async fn subscribing() {
    let world = World::new().await;
    for_each_caller(&world, 1_700, async |run, caller| {
        subscribing::check(run, &targets::streams(run.world(), caller)).await;
    })
    .await;
}

#[tokio::test]
async fn ways_to_log_in() {
    let world = World::new().await;
    for_each_caller(&world, 1_300, async |run, caller| {
        for login in logins::of(run.world(), caller).await {
            run.login = login;
            logins::check(run).await;
        }
        logins::check_address(run).await;
    })
    .await;
}

#[tokio::test]
async fn permission_comes_before_the_content() {
    let world = World::new().await;
    for_each_caller(&world, 4_200, async |run, caller| {
        for user in targets::users(caller) {
            order::check_user(run, user).await;
        }
        for device in targets::devices(caller) {
            order::check_device(run, device).await;
        }
        let mut commands = Commands::open(run.world(), run.key()).await;
        for stream in targets::streams(run.world(), caller) {
            order::check_data(run, &mut commands, stream).await;
        }
    })
    .await;
}
