use cdb_types::{
    ApiKey, Datapoint, DatapointArray, DeviceCreate, DeviceInfo, DeviceUpdate, Password,
    RawDatapoint, Schema, StreamCreate, StreamInfo, StreamUpdate, Timestamp, Update, UserCreate,
    UserInfo, UserUpdate,
};
use proptest::option;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn round_trip<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let text = serde_json::to_string(value).expect("it can be written");
    serde_json::from_str(&text).expect("it can be read")
}

fn times() -> impl Strategy<Value = Timestamp> {
    let seconds =
        prop_oneof![any::<f64>(), 0.0..4e9, (0_i64..4_000_000_000).prop_map(|t| t as f64)];
    seconds.prop_filter_map("finite", Timestamp::new)
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(".*", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn datapoints() -> impl Strategy<Value = Datapoint> {
    (times(), values(), option::of("[a-z]{1,5}/[a-z]{1,5}")).prop_map(|(t, d, o)| Datapoint {
        t,
        d,
        o: o.map(Into::into),
    })
}

fn schemas() -> impl Strategy<Value = Schema> {
    values().prop_map(Schema::from)
}

prop_compose! {
    fn stream_creates()(
        schema in option::of(schemas()), nickname in option::of(".*"), icon in option::of(".*"),
        ephemeral in option::of(any::<bool>()), downlink in option::of(any::<bool>()),
    ) -> StreamCreate {
        let mut create = StreamCreate::new();
        create.schema = schema;
        create.nickname = nickname;
        create.icon = icon;
        create.ephemeral = ephemeral;
        create.downlink = downlink;
        create
    }
}

prop_compose! {
    fn device_creates()(
        apikey in option::of(".*"), role in option::of(".*"), public in option::of(any::<bool>()),
        streams in prop::collection::btree_map("[a-z]{1,5}", stream_creates(), 0..3),
    ) -> DeviceCreate {
        let mut create = DeviceCreate::new();
        create.apikey = apikey.map(ApiKey::from);
        create.role = role;
        create.public = public;
        create.streams = streams;
        create
    }
}

/// Asserts that scanning a datapoint and parsing it have the same result, or both are errors.
fn assert_read_alike<T: DeserializeOwned + PartialEq + std::fmt::Debug>(text: &str) {
    let parsed = serde_json::from_str::<Datapoint<T>>(text).ok();
    if let Some((raw, length)) = RawDatapoint::scan(text.as_bytes()) {
        assert_eq!(length, text.len(), "{text}");
        assert_eq!(raw.read::<T>().ok(), parsed, "{text}");
    }
}

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Celsius(f64);

#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Light {
    On,
    Off,
}

proptest! {
    #[test]
    fn a_scanned_datapoint_reads_as_a_parsed_one(
        t in prop_oneof![times().prop_map(|t| t.to_string()), "[0-9]{1,20}(\\.[0-9]{1,20})?"],
        d in prop_oneof![
            values().prop_map(|value| value.to_string()),
            "-?[0-9]{1,20}(\\.[0-9]{1,20})?",
            prop::sample::select(vec!["\"on\"", "\"off\"", "true", "null", "255", "256", "-1"])
                .prop_map(str::to_owned),
        ],
        spaces in " {0,2}",
    ) {
        let text = format!(r#"{{"t":{spaces}{t},{spaces}"d":{spaces}{d}{spaces},"o":"u/d"}}"#);
        assert_read_alike::<Value>(&text);
        assert_read_alike::<f64>(&text);
        assert_read_alike::<f32>(&text);
        assert_read_alike::<u8>(&text);
        assert_read_alike::<i64>(&text);
        assert_read_alike::<i128>(&text);
        assert_read_alike::<bool>(&text);
        assert_read_alike::<String>(&text);
        assert_read_alike::<Option<f64>>(&text);
        assert_read_alike::<Celsius>(&text);
        assert_read_alike::<Light>(&text);
        assert_read_alike::<()>(&text);
    }
}

proptest! {
    #[test]
    fn datapoints_keep_their_value(data in prop::collection::vec(datapoints(), 0..20)) {
        let data = DatapointArray::from(data);
        prop_assert_eq!(round_trip(&data), data);
    }

    #[test]
    fn timestamps_keep_every_bit(t in times()) {
        let same = round_trip(&t);
        prop_assert_eq!(same, t);
        prop_assert_eq!(same.as_secs_f64().abs().to_bits(), t.as_secs_f64().abs().to_bits());
        prop_assert_eq!(t.to_string().parse::<f64>().expect("a number"), t.as_secs_f64());
    }

    #[test]
    fn bodies_that_create_trees_round_trip(
        devices in prop::collection::btree_map("[a-z]{1,5}", device_creates(), 0..3),
        streams in prop::collection::btree_map("[a-z]{1,5}", stream_creates(), 0..3),
        email in option::of(".*"), password in option::of(".*"),
    ) {
        let mut create = UserCreate::default();
        create.email = email;
        create.password = password.map(Password::from);
        create.devices = devices;
        create.streams = streams;
        prop_assert_eq!(round_trip(&create), create);
    }

    #[test]
    fn schemas_keep_their_meaning(schema in schemas()) {
        prop_assert_eq!(Schema::parse(schema.as_str()).expect("JSON"), schema.clone());
        prop_assert_eq!(Schema::from(schema.to_value()), schema);
    }

    #[test]
    fn white_space_in_a_schema_is_dropped(schema in values()) {
        let pretty = serde_json::to_string_pretty(&schema).expect("JSON");
        let read = Schema::parse(&pretty).expect("JSON");
        prop_assert_eq!(read.as_str(), schema.to_string());
    }

    #[test]
    fn descriptions_of_objects_round_trip(text in option::of(".*"), flag in option::of(any::<bool>())) {
        let mut user = UserInfo::default();
        (user.name, user.email, user.public) = (text.clone(), text.clone(), flag);
        prop_assert_eq!(round_trip(&user), user);
        let mut device = DeviceInfo::default();
        (device.icon, device.enabled) = (text.clone(), flag);
        device.apikey = text.clone().map(ApiKey::from);
        prop_assert_eq!(round_trip(&device), device);
        let mut stream = StreamInfo::default();
        stream.nickname = text.clone().unwrap_or_default();
        (stream.downlink, stream.device) = (flag.unwrap_or_default(), text);
        prop_assert_eq!(round_trip(&stream), stream);
    }
}

#[test]
fn numbers_keep_their_value() {
    for d in [
        json!(9_007_199_254_740_993_i64),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(0.1),
        json!(5.0),
        json!(-0.0),
        json!(1e300),
        json!(5e-324),
    ] {
        let dp = Datapoint::at(1, d);
        let text = serde_json::to_string(&dp).expect("it can be written");
        assert_eq!(text, format!(r#"{{"t":1,"d":{}}}"#, dp.d));
        assert_eq!(round_trip(&dp), dp);
    }
}

#[test]
fn missing_keys_are_read_as_zero_null_and_no_origin() {
    let empty: Datapoint = serde_json::from_str("{}").expect("a datapoint");
    assert_eq!(empty, Datapoint { t: Timestamp::ZERO, d: Value::Null, o: None });
    assert_eq!(serde_json::to_string(&empty).expect("it can be written"), "{}");
    let optional: Datapoint<Option<f64>> = serde_json::from_str(r#"{"t":5}"#).expect("null");
    assert_eq!(optional.d, None);
    assert!(serde_json::from_str::<Datapoint<f64>>(r#"{"t":5}"#).is_err());
    for kept in [json!(false), json!(0), json!(""), json!([])] {
        let text = serde_json::to_string(&Datapoint::at(0, kept.clone())).expect("it can");
        assert_eq!(text, format!(r#"{{"d":{kept}}}"#));
    }
}

#[test]
fn a_timestamp_is_finite() {
    for bad in [r#"{"t":1e999}"#, r#"{"t":"5"}"#, r#"{"t":NaN}"#, r#"{"t":true}"#] {
        assert!(serde_json::from_str::<Datapoint>(bad).is_err(), "{bad}");
    }
    let t: Datapoint = serde_json::from_str(r#"{"t":-1.5}"#).expect("before 1970");
    assert_eq!(t.t.as_secs_f64(), -1.5);
}

/// Reads an update as the server does.
fn update<U: Update>(body: Value) -> Result<U, String> {
    let Value::Object(object) = body else { panic!("{body}") };
    U::from_object(object).map_err(|error| error.to_string())
}

#[test]
fn a_field_that_is_not_sent_is_not_one_set_to_empty() {
    let text = |update: &UserUpdate| serde_json::to_string(update).expect("it can be written");
    assert_eq!(text(&UserUpdate::new()), "{}");
    assert_eq!(text(&UserUpdate::new().nickname("")), r#"{"nickname":""}"#);
    let read: UserUpdate = update(json!({"nickname": ""})).expect("an update");
    assert_eq!(read, UserUpdate::new().nickname(""));
    let read: StreamUpdate = update(json!({"downlink": false})).expect("an update");
    assert_eq!(read, StreamUpdate::new().downlink(false));
    let read: DeviceUpdate = update(json!({"apikey": ""})).expect("an update");
    assert_eq!(read, DeviceUpdate::new().apikey(""));
}

#[test]
fn a_bad_update_is_refused_with_the_originals_message() {
    let refused = |body| update::<DeviceUpdate>(body).expect_err("it is bad");
    assert_eq!(refused(json!({"zork": 1})), "Unrecognized field 'zork'");
    assert_eq!(refused(json!({"enabled": 1})), "Value of field 'enabled' must be a boolean");
    assert_eq!(refused(json!({"nickname": null})), "Value of field 'nickname' must be a string");
    assert!(update::<UserUpdate>(json!({"devices": {}})).is_err());
    assert!(update::<StreamUpdate>(json!({"schema": {}})).is_err());
}
