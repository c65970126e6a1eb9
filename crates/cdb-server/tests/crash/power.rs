//! The power is cut: what a process had written and not synced is there, or not, or in part.

use std::path::Path;

use cdb_server::Server;
use faults::{FaultyDisk, SeededRng, ServerProcess, variables};

use crate::api::Api;
use crate::contents::Contents;
use crate::load::{self, Load, Mix};
use crate::{SERVER, rounds};

/// How many requests each writer sends between a start and a shutdown.
const REQUESTS: usize = 100;

/// The name of the data file.
const DATA: &str = "data.db";

#[tokio::test]
async fn what_was_acknowledged_is_there_after_each_of_300_power_cuts() {
    let mut rng = SeededRng::from_environment();
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join(DATA);
    let disk = FaultyDisk::new(&data);
    disk.record();
    let environment = disk.environment();
    let start = || ServerProcess::start_with(SERVER, &data, &variables(&environment));

    let mut writers = load::writers(&mut rng);
    let server = start();
    let api = Api::log_in(server.address).await;
    let login = disk.position();
    writers[0].create_shared(&Load::new(&api, Some(&disk), Mix::Changes)).await;
    server.shutdown();
    let mut received = Vec::new();
    for mix in [Mix::Changes, Mix::Inserts] {
        let server = start();
        let api = api.at(server.address);
        let load = Load::new(&api, Some(&disk), mix);
        received.extend(load.run(&mut writers, REQUESTS, &mut rng).await);
        server.shutdown();
    }
    let mut recording = disk.recording();
    check_complete(disk.recording(), directory.path());

    let acknowledgements: Vec<_> =
        writers.iter().flat_map(|writer| writer.history.acknowledgements()).collect();
    println!(
        "{} requests were acknowledged, subscribers got {} messages, {} bytes were recorded",
        acknowledgements.len(),
        received.len(),
        recording.len(),
    );
    let of_all = recording.positions(|_| true);
    let of_checkpoints = recording.positions(|name| name == DATA);
    let while_creating: Vec<_> =
        of_all.iter().copied().filter(|position| *position < login).collect();
    let mut cuts: Vec<_> = (0..rounds(300))
        .map(|cut| match cut % 10 {
            0 => pick(&mut rng, &while_creating),
            1..3 => pick(&mut rng, &of_checkpoints),
            3..6 => pick(&mut rng, &of_all),
            _ => pick(&mut rng, &acknowledgements),
        })
        .collect();
    cuts.sort_unstable();
    for position in cuts {
        let mut copy = tempfile::tempdir().expect("a directory");
        copy.disable_cleanup(true);
        println!("cut at {position}: {}", copy.path().display());
        recording.advance_to(position);
        recording.cut_power(&mut rng, copy.path());
        let server = Server::builder().data(copy.path().join(DATA)).listen("127.0.0.1:0");
        let server = server.admin("test", "test").start().await.expect("it starts again");
        if position < login {
            Api::log_in(server.address()).await;
        } else {
            let contents = Contents::read(&api.at(server.address())).await;
            let known = contents.settle(writers.iter().map(|writer| &writer.history), position);
            contents.check_received(&received, position, &known);
        }
        server.shutdown().await;
        copy.disable_cleanup(false);
    }
}

fn pick(rng: &mut SeededRng, positions: &[u64]) -> u64 {
    let index = rng.within(0..positions.len() as u64);
    positions[usize::try_from(index).expect("an index")]
}

/// Checks that the recording contains everything that was done to the files.
fn check_complete(mut recording: faults::Recording, directory: &Path) {
    recording.advance_to(recording.len());
    let recorded = recording.files();
    let mut names: Vec<_> = std::fs::read_dir(directory)
        .expect("a directory")
        .map(|entry| entry.expect("a file").file_name().into_string().expect("a name"))
        .collect();
    names.sort_unstable();
    assert!(recorded.keys().eq(&names), "{:?} instead of {names:?}", recorded.keys());
    for (name, content) in recorded {
        let written = std::fs::read(directory.join(&name)).expect("a file");
        assert!(written == content, "something was done to {name} that was not recorded");
    }
}
