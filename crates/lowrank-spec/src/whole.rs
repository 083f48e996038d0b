//! Whole numbers of a spec. JSON has one kind of number, and its schemas take 2.0 for a whole one; so does the parser.

use std::fmt;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserializer, de};

/// Whole numbers are below this, the limit of TOML's: 2^63.
pub(crate) const LIMIT: u64 = 1 << 63;
/// From here on numbers with a point are not every whole number, and one that was written down may be read as its neighbour: 2^53.
const EXACT: f64 = 9_007_199_254_740_992.0;
/// What messages say is needed.
pub(crate) const NEEDED: &str = "a whole number >= 0";

/// A whole number, with or without a point.
pub(crate) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    deserializer.deserialize_any(Whole)
}

/// A whole number that counts things in memory.
pub(crate) fn whole_count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let number = whole(deserializer)?;
    usize::try_from(number).map_err(|_| D::Error::invalid_value(Unexpected::Unsigned(number), &NEEDED))
}

/// The same of a field that may be left out.
pub(crate) fn some_count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    whole_count(deserializer).map(Some)
}

struct Whole;

impl Visitor<'_> for Whole {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NEEDED)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<u64, E> {
        if number < LIMIT { Ok(number) } else { Err(E::custom(beyond(number))) }
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<u64, E> {
        u64::try_from(number).map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<u64, E> {
        let is_whole = number.fract() == 0.0 && number >= 0.0;
        if is_whole && number >= LIMIT as f64 {
            return Err(E::custom(beyond(number)));
        }
        if is_whole && number >= EXACT {
            return Err(E::custom(format!(
                "{number} is written with a point or an exponent, which tells whole numbers apart below 2^53 only: write its digits"
            )));
        }
        if is_whole { Ok(number as u64) } else { Err(E::invalid_value(Unexpected::Float(number), &self)) }
    }
}

fn beyond(number: impl fmt::Display) -> String {
    format!("{number} is too large: whole numbers are below 2^63 = {LIMIT}")
}
