//! phi(x) = 1 + tanh x, Phi(x) = x + ln cosh x: positive rates (\[MO18\] supplement).

use std::f64::consts::LN_2;

use super::{Jet, tanh};

/// Below this 1 + tanh x would lose more than two digits.
const CANCELS: f64 = -2.0;

/// Without cancellation for x << 0, where it is 2 e^(2x) / (1 + e^(2x)).
#[inline]
pub(super) fn value(x: f64) -> f64 {
    from_tanh(x, tanh::value(x))
}

#[inline]
fn from_tanh(x: f64, tanh: f64) -> f64 {
    if x < CANCELS {
        let e = (2.0 * x).exp();
        2.0 * e / (1.0 + e)
    } else {
        1.0 + tanh
    }
}

/// Derivatives are those of tanh.
#[inline]
pub(super) fn jet(x: f64) -> Jet {
    let jet = tanh::jet(x);
    Jet { value: from_tanh(x, jet.value), ..jet }
}

/// x + ln cosh x = ln(1 + e^(2x)) - ln 2, without cancellation for x << 0.
#[inline]
pub(super) fn primitive(x: f64) -> f64 {
    2.0 * x.max(0.0) + (-2.0 * x.abs()).exp().ln_1p() - LN_2
}

#[inline]
pub(super) fn jet_and_primitive(x: f64) -> (Jet, f64) {
    let (jet, ln_cosh) = tanh::jet_and_primitive(x);
    (Jet { value: from_tanh(x, jet.value), ..jet }, if x < 0.0 { primitive(x) } else { x + ln_cosh })
}
