use cdb_types::{
    DataPath, DevicePath, MAX_NAME_LEN, Name, NameError, ObjectPath, PathError, StreamPath,
    UserPath,
};
use proptest::prelude::*;

#[test]
fn names_are_letters_digits_underscores_and_hyphens() {
    for good in ["a", "Z9", "living-room", "a_b", &"a".repeat(MAX_NAME_LEN)] {
        assert_eq!(Name::new(good).map(String::from).as_deref(), Ok(good));
    }
    for (bad, why) in [
        ("", NameError::Empty),
        ("5a", NameError::Start('5')),
        ("_a", NameError::Start('_')),
        ("-a", NameError::Start('-')),
        ("ü", NameError::Start('ü')),
        ("a b", NameError::Character(' ')),
        ("a/b", NameError::Character('/')),
        ("a.b", NameError::Character('.')),
        ("aü", NameError::Character('ü')),
        ("a\n", NameError::Character('\n')),
        (&"a".repeat(MAX_NAME_LEN + 1), NameError::TooLong),
    ] {
        assert_eq!(Name::new(bad), Err(why), "{bad:?}");
    }
}

#[test]
fn a_path_has_the_names_of_its_kind() {
    assert!("a".parse::<UserPath>().is_ok());
    assert!("a/b".parse::<DevicePath>().is_ok());
    assert!("a/b/c".parse::<StreamPath>().is_ok());
    for bad in ["", "/", "a/", "/a", "a//b", "a/b/c/d"] {
        assert!(bad.parse::<ObjectPath>().is_err(), "{bad:?}");
    }
    let depth = "a/b".parse::<StreamPath>();
    assert!(matches!(depth, Err(PathError::Depth { form: "user/device/stream", .. })));
    let name = "a/b c/d".parse::<StreamPath>();
    assert!(matches!(name, Err(PathError::Name { reason: NameError::Character(' '), .. })));
}

#[test]
fn a_fourth_part_names_the_downlink() {
    let data: DataPath = "a/b/c".parse().expect("a path");
    assert!(!data.downlink);
    let stream: DataPath = "a/b/downlink".parse().expect("a stream of that name");
    assert!(!stream.downlink);
    let downlink: DataPath = "a/b/downlink/downlink".parse().expect("its downlink");
    assert!(downlink.downlink);
    assert!("a/b/c/uplink".parse::<DataPath>().is_err());
    assert!("a/b/c/downlink/downlink".parse::<DataPath>().is_err());
}

proptest! {
    #[test]
    fn paths_round_trip(path in "[a-zA-Z][a-zA-Z0-9_-]{0,28}(/[a-zA-Z][a-zA-Z0-9_-]{0,28}){0,2}") {
        let read: ObjectPath = path.parse().expect("a path");
        prop_assert_eq!(read.to_string(), path.clone());
        let json = serde_json::to_string(&read).expect("it can be written");
        prop_assert_eq!(serde_json::from_str::<ObjectPath>(&json).expect("it can be read"), read);
    }

    #[test]
    fn no_text_makes_parsing_panic(text in ".*") {
        let read = text.parse::<ObjectPath>();
        prop_assert!(read.is_err() || read.map(|path| path.to_string()) == Ok(text));
    }
}
