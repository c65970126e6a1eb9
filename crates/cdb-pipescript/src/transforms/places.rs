//! Transforms of places on the earth.

use super::ArgumentKind::Constant;
use super::data::find;
use super::{Argument, Cardinality, Transform, data};

/// The mean radius of the earth in metres.
const EARTH_RADIUS: f64 = 6_371_000.0;

pub(super) const TRANSFORMS: &[Transform] = &[Transform {
    name: "distance",
    description: "The distance in metres between a place and the latitude and longitude of the data",
    arguments: &[
        Argument::new(Constant, "The latitude of the place, in degrees"),
        Argument::new(Constant, "The longitude of the place, in degrees"),
    ],
    cardinality: Cardinality::OneByData,
    example: [
        "distance(40.43, -86.92) < 1000",
        r#"[{"t":1,"d":{"latitude":40.4277304,"longitude":-86.9170587}}]"#,
        r#"[{"t":1,"d":true}]"#,
    ],
    build: |arguments| {
        let place = (arguments.number(0, 0.0)?, arguments.number(1, 0.0)?);
        Ok(data(place, |(latitude, longitude), value| {
            let coordinate = |name: &str| find(value, &name.into())?.to_number();
            let here = (coordinate("latitude")?, coordinate("longitude")?);
            Ok(haversine(here, (*latitude, *longitude)).into())
        }))
    },
}];

/// Returns the great-circle distance in metres between two places with coordinates in degrees.
fn haversine((lat1, lon1): (f64, f64), (lat2, lon2): (f64, f64)) -> f64 {
    let [lat1, lon1, lat2, lon2] = [lat1, lon1, lat2, lon2].map(f64::to_radians);
    let half = |from: f64, to: f64| ((to - from) / 2.0).sin().powi(2);
    let across = half(lat1, lat2) + half(lon1, lon2) * lat1.cos() * lat2.cos();
    2.0 * EARTH_RADIUS * across.sqrt().min(1.0).asin()
}
