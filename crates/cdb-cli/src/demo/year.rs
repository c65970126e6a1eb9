//! A year of data that nobody has measured.

use std::f64::consts::TAU;

use serde_json::{Value, json};

const MINUTE: f64 = 60.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;
const DAYS: u32 = 365;

const DIARY: [&str; 8] = [
    "First frost tonight, they say. Brought the lemon tree in.",
    "Slept badly. The neighbour's dog again.",
    "A long walk along the river, and soup afterwards.",
    "Repaired the shed sensor. It was only the battery.",
    "Work, work, work.",
    "The tomatoes are coming. Watered them twice.",
    "Visited Anna. We talked until midnight.",
    "New thermometer by the shed. It reads half a degree lower than the old one.",
];

/// Makes up data, the same for each run apart from their times.
pub(super) struct Year {
    now: f64,
    random: u64,
    /// What the weather adds to the time of the year and of the day.
    weather: f64,
}

impl Year {
    pub(super) fn until(now: f64) -> Self {
        Self { now, random: 0x9e37_79b9_7f4a_7c15, weather: 0.0 }
    }

    /// A number from 0 to 1, by an xorshift generator (G. Marsaglia, Xorshift RNGs, 2003).
    fn next(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number around 0.
    fn noise(&mut self) -> f64 {
        self.next() + self.next() - 1.0
    }

    /// Datapoints at some distance in seconds, apart from those without a value.
    fn every(
        &mut self,
        step: f64,
        mut value: impl FnMut(&mut Self, f64) -> Option<Value>,
    ) -> String {
        let count = (f64::from(DAYS) * DAY / step) as u32;
        let datapoints = (0..count).rev().filter_map(|before| {
            let t = ((self.now - f64::from(before) * step) * 1000.0).round() / 1000.0;
            Some(json!({"t": t, "d": value(self, t)?}))
        });
        Value::Array(datapoints.collect()).to_string()
    }

    pub(super) fn mood(&mut self) -> String {
        let mut mood = 6.0;
        self.every(DAY / 3.0, |year, _| {
            mood += 0.2 * (6.0 - mood) + 1.5 * year.noise();
            mood = f64::clamp(mood, 0.0, 10.0);
            // Some are forgotten.
            (year.next() < 0.9).then(|| json!(mood.round() as i64))
        })
    }

    pub(super) fn weight(&mut self) -> String {
        let mut weight = 74.0;
        self.every(DAY, |year, _| {
            weight += 0.3 * year.noise() - 0.004;
            (year.next() < 0.8).then(|| json!((weight * 10.0).round() / 10.0))
        })
    }

    pub(super) fn coffee(&mut self) -> String {
        self.every(DAY / 4.0, |year, _| (year.next() < 0.6).then(|| json!(1)))
    }

    pub(super) fn diary(&mut self) -> String {
        let mut texts = DIARY.iter().cycle();
        self.every(4.0 * DAY, |_, _| texts.next().map(|text| json!(text)))
    }

    pub(super) fn window(&mut self) -> String {
        let mut is_open = false;
        self.every(6.0 * HOUR, |year, _| {
            (year.next() < 0.5).then(|| {
                is_open = !is_open;
                json!(is_open)
            })
        })
    }

    /// What the station in the garden measures: the temperature and the humidity.
    pub(super) fn measure(&mut self, t: f64) -> (f64, f64) {
        self.weather += 0.2 * self.noise() - 0.002 * self.weather;
        let season = -(TAU * t / (365.25 * DAY)).cos();
        let hour = -(TAU * (t - 2.0 * HOUR) / DAY).cos();
        let temperature = 10.0 + 9.0 * season + 4.0 * hour + self.weather;
        let humidity = (70.0 - 10.0 * hour - self.weather + self.noise()).clamp(20.0, 100.0);
        ((temperature * 10.0).round() / 10.0, humidity.round())
    }

    /// The temperature and the humidity in the garden, but for five days when the battery was empty.
    pub(super) fn garden(&mut self) -> (String, String) {
        let silent = self.now - 90.0 * DAY..self.now - 85.0 * DAY;
        let mut humidities = Vec::new();
        let temperatures = self.every(10.0 * MINUTE, |year, t| {
            let (temperature, humidity) = year.measure(t);
            let is_there = !silent.contains(&t);
            if is_there {
                humidities.push(json!({"t": t, "d": humidity}));
            }
            is_there.then(|| json!(temperature))
        });
        (temperatures, Value::Array(humidities).to_string())
    }

    pub(super) fn steps(&mut self) -> String {
        self.every(15.0 * MINUTE, |year, t| {
            let hour = t % DAY / HOUR;
            let steps = 600.0 * year.next() * year.next();
            (7.0..22.0).contains(&hour).then(|| json!(steps.round() as i64))
        })
    }

    pub(super) fn position(&mut self) -> String {
        let (mut east, mut north) = (0.0, 0.0);
        self.every(HOUR, |year, _| {
            // The longer the way, the more of it leads home.
            east = 0.9 * east + 0.01 * year.noise();
            north = 0.9 * north + 0.006 * year.noise();
            let degrees = |degrees: f64| (degrees * 1e5).round() / 1e5;
            Some(json!({
                "latitude": degrees(52.52 + north),
                "longitude": degrees(13.405 + east),
                "accuracy": (5.0 + 20.0 * year.next()).round(),
            }))
        })
    }

    pub(super) fn lamp(&mut self) -> String {
        self.every(5.0 * HOUR, |year, _| Some(json!((year.next() * 5.0).floor() as i64 * 20)))
    }
}
