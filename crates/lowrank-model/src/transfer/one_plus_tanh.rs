//! phi(x) = 1 + tanh x, Phi(x) = x + ln cosh x: positive rates (\[MO18\] supplement).

use std::f64::consts::LN_2;

use super::{Jet, tanh};

/// Derivatives are those of tanh.
#[inline]
pub(super) fn jet(x: f64) -> Jet {
    let jet = tanh::jet(x);
    Jet { value: 1.0 + jet.value, ..jet }
}

/// x + ln cosh x = ln(1 + e^(2x)) - ln 2, without cancellation for x << 0.
#[inline]
pub(super) fn primitive(x: f64) -> f64 {
    2.0 * x.max(0.0) + (-2.0 * x.abs()).exp().ln_1p() - LN_2
}

#[inline]
pub(super) fn jet_and_primitive(x: f64) -> (Jet, f64) {
    let (jet, ln_cosh) = tanh::jet_and_primitive(x);
    (Jet { value: 1.0 + jet.value, ..jet }, if x < 0.0 { primitive(x) } else { x + ln_cosh })
}
