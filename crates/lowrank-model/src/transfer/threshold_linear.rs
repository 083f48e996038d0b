//! phi(x) = max(x, 0), Phi(x) = max(x, 0)^2 / 2.

use super::Jet;

/// NaN stays NaN (`f64::max` would turn it into 0).
#[inline]
pub(super) fn value(x: f64) -> f64 {
    if x <= 0.0 { 0.0 } else { x }
}

/// The slope at the kink is taken as 1/2.
#[inline]
pub(super) fn jet(x: f64) -> Jet {
    let d1 = if x > 0.0 {
        1.0
    } else if x < 0.0 {
        0.0
    } else {
        0.5
    };
    Jet { value: value(x), d1, d2: 0.0, d3: 0.0 }
}

/// max(x, 0)^2 / 2.
#[inline]
pub(super) fn primitive(x: f64) -> f64 {
    0.5 * value(x) * value(x)
}
