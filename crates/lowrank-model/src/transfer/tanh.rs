//! phi(x) = tanh x, Phi(x) = ln cosh x.

use std::f64::consts::LN_2;

use super::Jet;

/// All from e = e^(-2|x|): tanh|x| = (1 - e) / (1 + e), sech^2 x = 4 e / (1 + e)^2; 1 - e by expm1 where it cancels.
#[inline]
pub(super) fn jet(x: f64) -> Jet {
    let a = x.abs();
    let (e, one_minus_e) = if a > 0.35 {
        let e = (-2.0 * a).exp();
        (e, 1.0 - e)
    } else {
        let em = (-2.0 * a).exp_m1();
        (1.0 + em, -em)
    };
    let value = (one_minus_e / (1.0 + e)).copysign(x);
    let d1 = 4.0 * e / ((1.0 + e) * (1.0 + e));
    Jet { value, d1, d2: -2.0 * value * d1, d3: d1 * (4.0 - 6.0 * d1) }
}

/// ln cosh x = |x| + ln(1 + e^(-2|x|)) - ln 2, even where cosh x overflows; by its own series near 0, where the
/// three terms cancel.
#[inline]
pub(super) fn primitive(x: f64) -> f64 {
    let a = x.abs();
    if a < 1e-2 {
        // Next term 17 x^8 / 2520 < 7e-19.
        let s = x * x;
        s * (0.5 - s * (1.0 / 12.0 - s / 45.0))
    } else {
        a + (-2.0 * a).exp().ln_1p() - LN_2
    }
}
