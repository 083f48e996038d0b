//! phi(x) = 1 / (1 + e^-x), Phi(x) = ln(1 + e^x).

use super::Jet;

/// From e^-|x|, which never overflows.
#[inline]
pub(super) fn value(x: f64) -> f64 {
    let e = (-x.abs()).exp();
    if x >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}

/// phi' = phi (1 - phi), phi'' = phi' (1 - 2 phi), phi''' = phi' (1 - 6 phi').
#[inline]
pub(super) fn jet(x: f64) -> Jet {
    let e = (-x.abs()).exp();
    let d1 = e / ((1.0 + e) * (1.0 + e));
    let one_minus_two_phi = -((1.0 - e) / (1.0 + e)).copysign(x);
    Jet { value: value(x), d1, d2: d1 * one_minus_two_phi, d3: d1 * (1.0 - 6.0 * d1) }
}

/// ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|).
#[inline]
pub(super) fn primitive(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}
