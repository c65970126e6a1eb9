//! A process is killed while it inserts, corrects, makes columns, shrinks its file and copies it.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use faults::SeededRng;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use super::model::{Model, Step, any_step};
use super::*;

/// The test that is the process.
const WRITER: &str = "storage::sqlite::tests::killed::writes_until_it_is_killed";

/// The environment variables with the directory, and with the seed of the steps.
const DIRECTORY: &str = "CDB_KILLED_DIRECTORY";
const SEED: &str = "CDB_KILLED_SEED";

const DATA: &str = "data.db";

/// Has a byte for each step that is done.
const PROGRESS: &str = "progress";

/// A longer stream is shortened.
const MAX_POINTS: usize = 60_000;

/// The steps of a seed.
struct Steps {
    runner: TestRunner,
}

impl Steps {
    fn new(seed: u64) -> Self {
        let config = Config { rng_seed: RngSeed::Fixed(seed), ..Config::default() };
        Self { runner: TestRunner::new(config) }
    }

    fn next(&mut self, model: &Model) -> Step {
        let step = any_step().new_tree(&mut self.runner).expect("a step").current();
        if model.points.len() > MAX_POINTS { Step::Shorten } else { step }
    }
}

#[test]
#[ignore = "run as a separate process by another test"]
fn writes_until_it_is_killed() {
    let directory = PathBuf::from(std::env::var_os(DIRECTORY).expect("a directory"));
    let seed = std::env::var(SEED).expect("a seed").parse().expect("a number");
    let mut progress = std::fs::File::create(directory.join(PROGRESS)).expect("a file");
    let file = directory.join(DATA);
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let mut store = SqliteStorage::open(&file).await.expect("a store");
        let array = Array { stream: 1, downlink: false };
        let mut model = Model::of(&store, array).await;
        let mut steps = Steps::new(seed);
        loop {
            let step = steps.next(&model);
            store = model.step_with(store, &file, array, step).await;
            progress.write_all(b".").expect("written");
        }
    });
}

#[tokio::test]
async fn nothing_is_lost_or_half_done_after_each_of_100_kills() {
    let mut rng = SeededRng::from_environment();
    let (mut directory, store, array) = store().await;
    directory.disable_cleanup(true);
    println!("if this fails, the files are left in {}", directory.path().display());
    let (file, progress) = (directory.path().join(DATA), directory.path().join(PROGRESS));
    let mut model = Model::of(&store, array).await;
    store.close().await;
    drop(store);
    let (mut done, mut half) = (0, 0);
    for round in 0..100 {
        let seed = rng.within(0..1 << 32);
        std::fs::write(&progress, "").expect("written");
        let mut writer = Command::new(std::env::current_exe().expect("a program"))
            .args([WRITER, "--exact", "--ignored"])
            .env(DIRECTORY, directory.path())
            .env(SEED, seed.to_string())
            .stdout(Stdio::null())
            .spawn()
            .expect("a process");
        // The moment of the kill is random, not an event.
        tokio::time::sleep(Duration::from_micros(rng.within(50_000..400_000))).await;
        writer.kill().expect("killed");
        writer.wait().expect("it has ended");
        let count = std::fs::metadata(&progress).expect("a file").len();
        let mut steps = Steps::new(seed);
        for _ in 0..count {
            let step = steps.next(&model);
            model.step(step);
        }
        let store = SqliteStorage::open(&file).await.expect("a store");
        let found = Model::of(&store, array).await;
        // Either the step that was interrupted is done, or nothing of it.
        if !found.is_same(&model) {
            let step = steps.next(&model);
            let message = format!("round {round}, step {count}: {step:?}");
            model.step(step);
            assert!(found.is_same(&model), "{message}");
            half += 1;
        }
        found.compare(&store, array).await;
        store.close().await;
        drop(store);
        let check = SqliteStorage::check(&file).await.expect("a check");
        assert_eq!((check.problems, check.datapoints), (Vec::new(), found.points.len() as u64));
        model = found;
        done += count;
    }
    println!("{done} steps were done, and {half} that were interrupted");
    assert!(done > 100, "too few steps to show anything");
    directory.disable_cleanup(false);
}
