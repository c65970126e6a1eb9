use cdb_types::{Datapoint, DatapointArray, Timestamp};
use serde_json::{Value, json};

fn array(pairs: &[(f64, i32)]) -> DatapointArray<i32> {
    pairs.iter().map(|(t, d)| Datapoint::new(*t, *d).expect("a time")).collect()
}

#[test]
fn merging_keeps_the_order_of_equal_times() {
    let mut a = array(&[(3.0, 1), (1.0, 2), (2.0, 3)]);
    a.merge(array(&[(2.0, 4), (0.5, 5)]));
    assert_eq!(a, array(&[(0.5, 5), (1.0, 2), (2.0, 3), (2.0, 4), (3.0, 1)]));
    let sum = array(&[(2.0, 1)]) + array(&[(2.0, 2), (1.0, 3)]);
    assert_eq!(sum, array(&[(1.0, 3), (2.0, 1), (2.0, 2)]));
}

#[test]
fn times_are_shifted_in_place() {
    let mut a = array(&[(1.0, 1), (2.5, 2)]);
    a.tshift(-1).tshift(std::time::Duration::from_millis(500));
    assert_eq!(a.t().map(Timestamp::as_secs_f64).collect::<Vec<_>>(), [0.5, 2.0]);
    assert_eq!(a.d().copied().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn sums_and_means_are_of_numbers() {
    assert_eq!(array(&[(1.0, 1), (2.0, 4)]).sum(), Some(5.0));
    assert_eq!(array(&[(1.0, 1), (2.0, 4)]).mean(), Some(2.5));
    assert_eq!(array(&[]).sum(), Some(0.0));
    assert_eq!(array(&[]).mean(), None);
    let values = |list: Vec<Value>| -> DatapointArray {
        list.into_iter().map(|d| Datapoint::at(1, d)).collect()
    };
    assert_eq!(values(vec![json!(1), json!(2.5), json!(true)]).sum(), Some(4.5));
    assert_eq!(values(vec![json!(1), json!("2")]).sum(), None);
    assert_eq!(values(vec![json!({"a": 2})]).sum_by(|d| d["a"].as_f64().unwrap_or(0.0)), 2.0);
}

#[test]
fn files_are_written_and_merged_in() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("data.json");
    let written = array(&[(2.0, 2), (4.0, 4)]);
    written.write_json(&file).expect("written");
    assert_eq!(std::fs::read_to_string(&file).expect("text"), r#"[{"t":2,"d":2},{"t":4,"d":4}]"#);
    let mut read = array(&[(3.0, 3)]);
    read.load_json(&file).expect("read");
    assert_eq!(read, array(&[(2.0, 2), (3.0, 3), (4.0, 4)]));
    let mut exported = DatapointArray::<i32>::new();
    exported.load_export(directory.path()).expect("read");
    assert_eq!(exported, written);
}

#[test]
fn a_bad_file_changes_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("data.json");
    let mut array = array(&[(3.0, 3)]);
    let before = array.clone();
    assert!(array.load_json(&file).is_err());
    std::fs::write(&file, r#"[{"t":1,"d":1},{"t":2,"d":"text"}]"#).expect("written");
    assert!(array.load_json(&file).is_err());
    assert_eq!(array, before);
}
