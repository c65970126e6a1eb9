//! The server's process is killed, again and again.

use std::time::Duration;

use faults::{SeededRng, ServerProcess};

use crate::api::Api;
use crate::contents::Contents;
use crate::load::{self, Load, Mix};
use crate::{SERVER, rounds};

#[tokio::test]
async fn what_was_acknowledged_is_there_after_each_of_200_kills() {
    let mut rng = SeededRng::from_environment();
    let mut directory = tempfile::tempdir().expect("a directory");
    directory.disable_cleanup(true);
    println!("if this fails, the files are left in {}", directory.path().display());
    let data = directory.path().join("data.db");
    let mut server = ServerProcess::start(SERVER, &data);
    let mut api = Api::log_in(server.address).await;
    let mut writers = load::writers(&mut rng);
    writers[0].create_shared(&Load::new(&api, None, Mix::Changes)).await;
    let (mut acknowledged, mut messages) = (0, 0);
    let rounds = rounds(200);
    for round in 0..rounds {
        let mix = if round % 100 < 50 { Mix::Changes } else { Mix::Inserts };
        let load = Load::new(&api, None, mix);
        let kill_after = Duration::from_micros(rng.within(20_000..200_000));
        let kill = async {
            // The moment of the kill is random, not an event.
            tokio::time::sleep(kill_after).await;
            load.kill();
            drop(server);
        };
        let (received, ()) = tokio::join!(load.run(&mut writers, usize::MAX, &mut rng), kill);
        server = ServerProcess::start(SERVER, &data);
        api = api.at(server.address);
        println!("after kill {round}");
        let contents = Contents::read(&api).await;
        let known = contents.settle(writers.iter().map(|writer| &writer.history), 0);
        contents.check_received(&received, 0, &known);
        for (writer, known) in writers.iter_mut().zip(known) {
            acknowledged += writer.history.acknowledgements().count();
            writer.history.restart(known);
        }
        messages += received.len();
    }
    println!("{acknowledged} requests were acknowledged, and subscribers got {messages} messages");
    assert!(acknowledged > rounds && messages > rounds, "the load was too small to show anything");
    directory.disable_cleanup(false);
}
