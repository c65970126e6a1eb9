//! Runs the target that `CDB_FUZZ_TARGET` names with libFuzzer.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static RUN: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let wanted = std::env::var("CDB_FUZZ_TARGET").expect("CDB_FUZZ_TARGET is not set");
    let found = fuzz::TARGETS.iter().find(|(name, _)| *name == wanted);
    found.unwrap_or_else(|| panic!("there is no target {wanted}")).1
});

fuzz_target!(|data: &[u8]| RUN(data));
