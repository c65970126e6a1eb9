//! Formats numbers as text.

/// Returns the shortest text that is read back as the same number. It has an exponent of at least
/// two digits if the magnitude is ≥ 1,000,000 or < 0.0001 (like C's `%g`, but with all necessary
/// digits).
pub(crate) fn number_text(number: f64) -> String {
    if !number.is_finite() {
        let infinite = if number > 0.0 { "+Inf" } else { "-Inf" };
        return if number.is_nan() { "NaN" } else { infinite }.to_owned();
    }
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if PLAIN_EXPONENTS.contains(&exponent) {
        return format!("{number}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// The decimal exponents of numbers that are written without an exponent.
const PLAIN_EXPONENTS: std::ops::Range<i32> = -4..6;

#[cfg(test)]
mod tests {
    use super::number_text;

    #[test]
    fn numbers_are_written_as_the_original_writes_them() {
        for (number, text) in [
            (5.0, "5"),
            (7.5, "7.5"),
            (-0.5, "-0.5"),
            (100_000.0, "100000"),
            (1e6, "1e+06"),
            (123_456_789.125, "1.23456789125e+08"),
            (9_007_199_254_740_992.0, "9.007199254740992e+15"),
            (1e21, "1e+21"),
            (1e-7, "1e-07"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(number_text(number), text);
        }
    }
}
