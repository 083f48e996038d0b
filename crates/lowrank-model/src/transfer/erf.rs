//! phi(x) = erf(sqrt(pi) x / 2), Phi(x) = x phi(x) + (2 / pi) (e^(-pi x^2 / 4) - 1).

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, FRAC_PI_4, PI};

use super::Jet;

/// sqrt(pi) / 2: makes the slope at zero one.
const HALF_SQRT_PI: f64 = 0.886_226_925_452_758;

#[inline]
pub(super) fn value(x: f64) -> f64 {
    libm::erf(HALF_SQRT_PI * x)
}

/// phi' = e^(-pi x^2 / 4), phi'' = -(pi / 2) x phi', phi''' = (pi^2 x^2 / 4 - pi / 2) phi'.
#[inline]
pub(super) fn jet(x: f64) -> Jet {
    // Beyond 100 every derivative is zero in f64; clamping keeps x^2 from overflowing into inf * 0.
    let y = x.clamp(-100.0, 100.0);
    let d1 = (-FRAC_PI_4 * y * y).exp();
    Jet { value: value(x), d1, d2: -FRAC_PI_2 * y * d1, d3: (0.25 * PI * PI * y * y - FRAC_PI_2) * d1 }
}

#[inline]
pub(super) fn primitive(x: f64) -> f64 {
    from(x, value(x), (-FRAC_PI_4 * x * x).exp())
}

/// By its own series near 0, where the three terms cancel.
#[inline]
fn from(x: f64, value: f64, d1: f64) -> f64 {
    if x.abs() < 1e-2 {
        // Next term (pi / 4)^4 x^10 / 2160 < 2e-24.
        let (s, a) = (x * x, FRAC_PI_4);
        s * (0.5 - s * (a / 12.0 - s * (a * a / 60.0 - s * a * a * a / 336.0)))
    } else {
        x * value + FRAC_2_PI * d1 - FRAC_2_PI
    }
}

#[inline]
pub(super) fn jet_and_primitive(x: f64) -> (Jet, f64) {
    let jet = jet(x);
    (jet, from(x, jet.value, jet.d1))
}
