//! Parsing any text returns a script, or an error that can be displayed.

#![no_main]

use cdb_pipescript::{Interpolator, Script};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = Script::parse(text) {
        let _ = (error.to_string(), error.snippet(), error.line_and_column());
    }
    let _ = Interpolator::parse(text).is_ok();
});
