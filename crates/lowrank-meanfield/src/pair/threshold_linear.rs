//! Pair averages of max(x, 0) (T5) by closed forms with one smooth integral, in units of the standard deviation: a = mu / sqrt(D).
//!
//! At c = D they have a root, sqrt(D - c). There they are taken by the distance 1 - c / D, and integrals over c by the root of it, so
//! that they have all digits however weak chaos is.

use std::f64::consts::PI;
use std::sync::LazyLock;

use crate::averages::{density, distribution};
use crate::quadrature::gauss_legendre;

/// Smooth integrands of order-one scale, to rounding.
static RULE: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| gauss_legendre(32));
/// 1 - rho times (1 + a^2) up to which less is taken away from P(x > 0) than half of it.
const NEAR: f64 = 0.25;

/// Probability that two standard normals of correlation rho both exceed -a:
/// Phi(a)^2 + int_0^asin(rho) e^(-a^2 / (1 + sin t)) dt / (2 pi).
pub(crate) fn both_positive(a: f64, rho: f64) -> f64 {
    let top = rho.clamp(-1.0, 1.0).asin();
    let integral: f64 = RULE.iter().map(|(x, w)| w * (-a * a / (1.0 + (top * x).sin())).exp()).sum();
    distribution(a).powi(2) + top * integral / (2.0 * PI)
}

/// The same at rho = 1 - `below`: Phi(a) - int_0^psi e^(-a^2 / (1 + cos s)) ds / (2 pi), cos psi = rho.
pub(crate) fn both_positive_below(a: f64, below: f64) -> f64 {
    if below * (1.0 + a * a) > NEAR {
        return both_positive(a, 1.0 - below);
    }
    let psi = 2.0 * (0.5 * below.max(0.0)).sqrt().asin();
    distribution(a) - psi * mean_on_circle(a, 0.0, psi) / (2.0 * PI)
}

/// The mean of e^(-a^2 / (1 + cos s)) between two angles.
fn mean_on_circle(a: f64, from: f64, to: f64) -> f64 {
    RULE.iter().map(|(x, w)| w * (-a * a / (1.0 + (from + (to - from) * x).cos())).exp()).sum()
}

/// \<max(z1 + a, 0) max(z2 + a, 0)> at correlation rho < 1 (S. Rosenbaum, J. R. Stat. Soc. B 23:405 (1961)).
pub(crate) fn both_positive_product(a: f64, rho: f64) -> f64 {
    // The limit rho -> -1 is smooth; a distance of rounding from it stands for it.
    let rho = rho.max(-1.0 + f64::EPSILON);
    let one_sided = 2.0 * a * density(a) * distribution(a * ((1.0 - rho) / (1.0 + rho)).sqrt());
    let corner = (1.0 - rho * rho).sqrt() * (-a * a / (1.0 + rho)).exp() / (2.0 * PI);
    (a * a + rho) * both_positive(a, rho) + one_sided + corner
}

/// int_0^1 (1 - t) P(c(t)) dt, c from D - beyond - length to D - beyond, in units of D: with 1 - t = w^2.
pub(crate) fn mean_excess(a: f64, beyond: f64, length: f64) -> f64 {
    RULE.iter().map(|(w, weight)| 2.0 * weight * w.powi(3) * both_positive_below(a, beyond + w * w * length)).sum()
}

/// D times (mean_excess to c = D - mean_excess to c = D - beyond) / beyond, both from D - length, in units of D. By the angles
/// psi of both ends, whose difference is free of cancellation.
pub(crate) fn excess_slope(a: f64, length: f64, beyond: f64) -> f64 {
    let node = |(w, weight): &(f64, f64)| {
        let t = 1.0 - w * w;
        let far = w * w * length;
        let near = far + t * beyond;
        let (sine, cosine) = ((0.5 * far).sqrt(), (1.0 - 0.5 * far).sqrt());
        let (sine_near, cosine_near) = ((0.5 * near).sqrt(), (1.0 - 0.5 * near).max(0.0).sqrt());
        // sin of half the difference of the angles, over `beyond`.
        let slope = 0.5 * t / (sine_near * cosine + sine * cosine_near);
        let half = (slope * beyond).min(1.0);
        let stretch = if half > 0.0 { half.asin() / half } else { 1.0 };
        let psi = 2.0 * sine.asin();
        weight * w.powi(3) * 2.0 * slope * stretch * mean_on_circle(a, psi, psi + 2.0 * half.asin()) / PI
    };
    RULE.iter().map(node).sum()
}

/// The derivatives of C_phi(c) by mu and by D at rho = 1 - `below`, 2 \<phi phi'> and \<phi phi''>, the first in units of sqrt(D).
pub(crate) fn covariance_slopes(a: f64, below: f64) -> (f64, f64) {
    let b = a * (below / (2.0 - below)).sqrt();
    let by_mu = a * both_positive_below(a, below) + (2.0 - below) * density(a) * distribution(b);
    let by_d = density(a) * (a * below * distribution(b) + (below * (2.0 - below)).sqrt() * density(b));
    (2.0 * by_mu, by_d)
}

/// The derivatives of Q(c, D) by mu, by D (its upper end as well) and by c at c = D (1 - length), in units of 1 / sqrt(D), 1 / D, 1 / D.
pub(crate) fn excess_slopes(a: f64, length: f64) -> (f64, f64, f64) {
    let (mut by_mu, mut by_d, mut by_c) = (0.0, 0.0, 0.0);
    for (w, weight) in RULE.iter() {
        let below = w * w * length;
        // P by mu is 2 P(z2 > -a | z1 = -a) phi(a), and by rho it is the joint density at zero.
        let by_mean = density(a) * distribution(a * (below / (2.0 - below)).sqrt());
        let joint = (-a * a / (2.0 - below)).exp() / (2.0 * PI * (below * (2.0 - below)).sqrt());
        let weight = 2.0 * weight * w.powi(3);
        by_mu += weight * 2.0 * by_mean;
        by_c += weight * w * w * joint;
        by_d -= weight * (w * w * (1.0 - length) * joint + a * by_mean);
    }
    (by_mu, by_d, by_c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_the_probability_agree_and_tend_to_their_root() {
        for a in [-6.0, -2.0, 0.0, 0.7, 3.0] {
            for below in [0.2, 1e-2, 1e-3] {
                let (near, far) = (both_positive_below(a, below), both_positive(a, 1.0 - below));
                assert!((near / far - 1.0).abs() < 1e-12, "{a} {below}: {near} {far}");
            }
            for below in [1e-8_f64, 1e-14, 1e-20] {
                let root = (2.0 * below).sqrt() * (-0.5 * a * a).exp() / (2.0 * PI);
                let lost = distribution(a) - both_positive_below(a, below);
                assert!((lost - root).abs() < 1e-3 * root + 2.0 * f64::EPSILON, "{a} {below}: {lost} {root}");
                let lost = 0.5 * distribution(a) - mean_excess(a, 0.0, below);
                assert!((lost - 0.4 * root).abs() < 1e-3 * root + 2.0 * f64::EPSILON, "{a} {below}: {lost} {root}");
            }
        }
    }

    #[test]
    fn the_slope_of_the_excess_is_its_difference_and_has_its_limit() {
        for a in [-2.0, 0.0, 0.7, 3.0] {
            for length in [1.0, 0.6] {
                for beyond in [0.5, 0.1] {
                    let difference = mean_excess(a, 0.0, length) - mean_excess(a, beyond, length - beyond);
                    let slope = excess_slope(a, length, beyond);
                    assert!((slope * beyond / difference - 1.0).abs() < 1e-7, "{a} {length} {beyond}");
                }
            }
            // e^(-a^2 / 2) / (2 pi) int_0^1 t ((1 - t) / (2 length))^(1/2) dt where the interval is short.
            let limit = (-0.5 * a * a).exp() / (2.0 * PI) * (2.0 / 3.0 - 2.0 / 5.0) / 2e-9_f64.sqrt();
            for beyond in [0.0, 1e-18] {
                let slope = excess_slope(a, 1e-9, beyond);
                assert!((slope / limit - 1.0).abs() < 1e-4, "{a}: {slope} {limit}");
            }
        }
    }
}
