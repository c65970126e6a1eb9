//! Transforms of texts.

mod pattern;
mod sentiment;

use pattern::Pattern;

use super::ArgumentKind::Constant;
use super::{Argument, Cardinality, Transform, data, map_each};
use crate::error::RunError;
use crate::point::Point;
use crate::value::MAX_TEXT;

pub(super) const TRANSFORMS: &[Transform] = &[
    Transform {
        name: "append",
        description: "All data so far, concatenated to one text of at most 1,000,000 bytes",
        arguments: &[],
        cardinality: Cardinality::OneByHistory,
        example: [
            "append",
            r#"[{"t":1,"d":"a"},{"t":2,"d":5}]"#,
            r#"[{"t":1,"d":"a"},{"t":2,"d":"a5"}]"#,
        ],
        build: |_| {
            Ok(map_each(0, String::new(), |text, window, meter| {
                let more = window[0].d.to_text()?;
                meter.hold(more.len())?;
                text.push_str(&more);
                meter.step_over(text.len())?;
                if text.len() > MAX_TEXT {
                    let message = format!("append returns at most {MAX_TEXT} bytes");
                    return Err(RunError::new(message));
                }
                Ok(Point::new(window[0].t, text.as_str()))
            }))
        },
    },
    Transform {
        name: "contains",
        description: "Whether the data, as a text, contains another text",
        arguments: &[Argument::new(Constant, "The other text")],
        cardinality: Cardinality::OneByData,
        example: [
            "if contains('o')",
            r#"[{"t":1,"d":"hello"},{"t":2,"d":"hi"}]"#,
            r#"[{"t":1,"d":"hello"}]"#,
        ],
        build: |arguments| {
            let wanted = arguments.text(0, "")?;
            Ok(data(wanted, |wanted, value| Ok(value.to_text()?.contains(&**wanted).into())))
        },
    },
    Transform {
        name: "regex",
        description: "Whether a regular expression matches anywhere in the data, as a text",
        arguments: &[Argument::new(
            Constant,
            "The regular expression, without look-around and back-references",
        )],
        cardinality: Cardinality::OneByData,
        example: [
            "regex('^[0-9]+$')",
            r#"[{"t":1,"d":"123"},{"t":2,"d":"a1"}]"#,
            r#"[{"t":1,"d":true},{"t":2,"d":false}]"#,
        ],
        build: |arguments| {
            let pattern = arguments.text(0, "")?;
            let state = Pattern::parse(&pattern, arguments)?;
            Ok(map_each(0, state, |pattern, window, meter| {
                let Point { t, d } = &window[0];
                Ok(Point { t: *t, d: pattern.is_match(&d.to_text()?, meter)?.into() })
            }))
        },
    },
    Transform {
        name: "wc",
        description: "The number of words in the data, as a text",
        arguments: &[],
        cardinality: Cardinality::OneByData,
        example: ["wc", r#"[{"t":1,"d":"Hello, world!"}]"#, r#"[{"t":1,"d":2}]"#],
        build: |_| {
            Ok(map_each(0, (), |(), window, meter| {
                let Point { t, d } = &window[0];
                #[allow(clippy::cast_precision_loss, reason = "nothing is so long")]
                let count = sentiment::words(&d.to_text()?, meter)?.len() as f64;
                Ok(Point::new(*t, count))
            }))
        },
    },
    Transform {
        name: "sentiment",
        description: "The sentiment of a text from -1, negative, to 1, positive: the mean of its words' values in AFINN-165, divided by 5",
        arguments: &[],
        cardinality: Cardinality::OneByData,
        example: [
            "sentiment",
            r#"[{"t":1,"d":"What a good day"},{"t":2,"d":"terrible"}]"#,
            r#"[{"t":1,"d":0.15},{"t":2,"d":-0.6}]"#,
        ],
        build: |_| {
            Ok(map_each(0, (), |(), window, meter| {
                let Point { t, d } = &window[0];
                Ok(Point::new(*t, sentiment::of(&d.to_text()?, meter)?))
            }))
        },
    },
    Transform {
        name: "domain",
        description: "The host of a URL, with its port and without www.; empty if the text is not a URL with a host",
        arguments: &[],
        cardinality: Cardinality::OneByData,
        example: [
            "domain",
            r#"[{"t":1,"d":"https://www.connectordb.io/docs"}]"#,
            r#"[{"t":1,"d":"connectordb.io"}]"#,
        ],
        build: |_| Ok(data((), |(), value| Ok(domain(&value.to_text()?).into()))),
    },
];

/// Returns the host of a URL with its port and without `www.`, or an empty text.
fn domain(url: &str) -> &str {
    let scheme = url.find(':').map(|colon| &url[..colon]);
    let rest = match scheme {
        Some(scheme) if is_scheme(scheme) => &url[scheme.len() + 1..],
        _ => url,
    };
    let Some(rest) = rest.strip_prefix("//") else { return "" };
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>\"^`{}|\\".contains(c);
    if host.chars().all(plain) { host.strip_prefix("www.").unwrap_or(host) } else { "" }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}
