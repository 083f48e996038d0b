//! Averages \<phi(x) phi(y)> over two normals of different means and variances: the law of one neuron at two times.
//!
//! With the Hermite coefficients a_k of phi at each time and the correlation rho it is sum_k a_k(t) a_k(s) rho^k (the
//! Mehler series of T20, for two times). One set of coefficients a time serves all its pairs; a panel's times are summed
//! together, one a lane. Threshold-linear is a closed form (S. Rosenbaum, J. R. Stat. Soc. B 23:405 (1961)) with the
//! orthant probability as one smooth integral.

use std::f64::consts::{FRAC_PI_2, PI};

use lowrank_model::Transfer;
use pulp::{Simd, WithSimd};

use crate::MeanFieldError;
use crate::averages::{Averages, check, density, distribution};
use crate::hermite::hermite_coefficients;
use crate::quadrature::gauss_legendre;

/// Most nodes a panel has, one a lane.
pub(super) const LANES: usize = 16;
/// One number a node of a panel.
pub(super) type Lanes = [f64; LANES];

/// The orthant integral is cut at angles falling by this factor towards rho = 1, where its scale shrinks with the angle,
/// this many points each.
const ANGLE_FACTOR: f64 = 0.25;
const ANGLE_POINTS: usize = 16;
/// Smaller angles change nothing: the average moves by as much.
const SMALLEST_ANGLE: f64 = 1e-9;
/// ln 1e-17: the part of sqrt(\<phi^2> \<phi^2>) below which the rest of a Mehler series counts as zero.
const FORGOTTEN: f64 = -39.2;

/// phi at one time: what averages with other times need.
#[derive(Debug, Clone)]
pub(super) struct Law {
    /// sqrt(D).
    pub(super) deviation: f64,
    /// \<phi>.
    pub(super) phi: f64,
    /// \<phi'> sqrt(D).
    pub(super) slope: f64,
    /// mu / sqrt(D) for threshold-linear.
    a: f64,
    /// Hermite coefficients; none for threshold-linear.
    series: Vec<f64>,
}

impl Law {
    /// phi of a normal of mean `mu` and variance `d`.
    pub(super) fn new(transfer: Transfer, mu: f64, d: f64) -> Result<Self, MeanFieldError> {
        check(transfer, mu, d)?;
        let deviation = d.sqrt();
        if transfer == Transfer::ThresholdLinear && d > 0.0 {
            let averages = Averages::at(transfer, mu, d);
            let slope = averages.d1 * deviation;
            return Ok(Self { deviation, phi: averages.phi, slope, a: mu / deviation, series: Vec::new() });
        }
        let series = hermite_coefficients(transfer, mu, d)?;
        let slope = series.get(1).copied().unwrap_or(0.0);
        Ok(Self { deviation, phi: series[0], slope, a: 0.0, series })
    }
}

/// The times of one panel side by side.
pub(super) struct Block {
    laws: Vec<Law>,
    /// Hermite coefficients, one time a lane, as many rows as the longest series has.
    series: Vec<Lanes>,
    rule: Vec<(f64, f64)>,
    arch: pulp::Arch,
}

impl Block {
    /// At most [`LANES`] laws.
    pub(super) fn new(laws: Vec<Law>) -> Self {
        let mut series = vec![[0.0; LANES]; laws.iter().map(|l| l.series.len()).max().unwrap_or(0)];
        for (lane, law) in laws.iter().enumerate() {
            series.iter_mut().zip(&law.series).for_each(|(row, a)| row[lane] = *a);
        }
        let closed = laws.iter().any(|l| l.series.is_empty());
        Self {
            laws,
            series,
            rule: if closed { gauss_legendre(ANGLE_POINTS) } else { Vec::new() },
            arch: pulp::Arch::new(),
        }
    }

    pub(super) fn laws(&self) -> &[Law] {
        &self.laws
    }

    pub(super) fn into_laws(self) -> Vec<Law> {
        self.laws
    }

    /// \<phi phi> of every time of the panel with another, given their covariances; zero in lanes without a time.
    pub(super) fn pairs(&self, other: &Law, covariance: &Lanes) -> Lanes {
        let mut rho = [0.0; LANES];
        for (lane, law) in self.laws.iter().enumerate() {
            let scale = law.deviation * other.deviation;
            rho[lane] = if scale > 0.0 { (covariance[lane] / scale).clamp(-1.0, 1.0) } else { 0.0 };
        }
        if other.series.is_empty() || self.series.is_empty() {
            let mut sum = [0.0; LANES];
            for (lane, law) in self.laws.iter().enumerate() {
                sum[lane] = threshold_linear(law, other, rho[lane], &self.rule);
            }
            return sum;
        }
        let terms = other.series.len().min(self.series.len()).min(terms_at(&rho));
        let (rows, other) = (&self.series[..terms], &other.series[..terms]);
        self.arch.dispatch(Mehler { rows, other, rho: &rho })
    }
}

/// How many terms of a Mehler series count: those from k on sum to at most rho^k sqrt(\<phi^2> \<phi^2>).
fn terms_at(rho: &Lanes) -> usize {
    let largest = rho.iter().fold(0.0_f64, |a, r| a.max(r.abs()));
    if largest < 1.0 { 1 + (FORGOTTEN / largest.ln()) as usize } else { usize::MAX }
}

/// sum_k a_k b_k rho^k in every lane: one body, compiled for each vector width (a closure would not be); no fused
/// operations, so that every machine gets the same bits.
struct Mehler<'a> {
    rows: &'a [Lanes],
    other: &'a [f64],
    rho: &'a Lanes,
}

impl WithSimd for Mehler<'_> {
    type Output = Lanes;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Lanes {
        let mut sum = [0.0; LANES];
        for (row, a) in self.rows.iter().zip(self.other).rev() {
            for lane in 0..LANES {
                sum[lane] = sum[lane] * self.rho[lane] + row[lane] * a;
            }
        }
        sum
    }
}

/// \<max(x, 0) max(y, 0)>; a variance of zero leaves the product of the means.
fn threshold_linear(x: &Law, y: &Law, rho: f64, rule: &[(f64, f64)]) -> f64 {
    if x.deviation == 0.0 || y.deviation == 0.0 {
        return x.phi * y.phi;
    }
    x.deviation * y.deviation * both_positive_product(x.a, y.a, rho, rule)
}

/// \<max(z + a, 0) max(y + b, 0)> of two standard normals of correlation rho:
/// (a b + rho) L + b f(a) F((b - rho a) / r) + a f(b) F((a - rho b) / r) + r e^(-q / 2) / (2 pi), r^2 = 1 - rho^2,
/// q = (a^2 + b^2 - 2 rho a b) / r^2, f and F the standard normal's density and distribution.
fn both_positive_product(a: f64, b: f64, rho: f64, rule: &[(f64, f64)]) -> f64 {
    // |rho| = cos psi, and 1 - |rho| = r^2 / (1 + |rho|): nothing cancels as r vanishes.
    let psi = rho.abs().acos().max(SMALLEST_ANGLE);
    let (r, part) = (psi.sin(), 1.0 / (1.0 + rho.abs()));
    let sign = 1.0_f64.copysign(rho);
    let above = |a: f64, b: f64| (b - sign * a) / r + sign * a * r * part;
    let q = ((a - sign * b) / r).powi(2) + 2.0 * sign * a * b * part;
    let orthant =
        if rho < 0.0 { distribution(a) - both_positive(a, -b, psi, rule) } else { both_positive(a, b, psi, rule) };
    (a * b + rho) * orthant
        + b * density(a) * distribution(above(a, b))
        + a * density(b) * distribution(above(b, a))
        + r * (-0.5 * q).exp() / (2.0 * PI)
}

/// L(a, b, cos psi) = P(z > -a, y > -b) = F(a) F(b)
/// + int_psi^(pi / 2) e^(-(a - b)^2 / (2 sin^2 t) - a b / (1 + cos t)) dt / (2 pi), 0 < psi <= pi / 2.
fn both_positive(a: f64, b: f64, psi: f64, rule: &[(f64, f64)]) -> f64 {
    let (mut high, mut integral) = (FRAC_PI_2, 0.0);
    while high > psi {
        let low = (ANGLE_FACTOR * high).max(psi);
        for (x, weight) in rule {
            let (sin, cos) = (low + x * (high - low)).sin_cos();
            let exponent = 0.5 * ((a - b) / sin).powi(2) + a * b / (1.0 + cos);
            integral += weight * (high - low) * (-exponent).exp();
        }
        high = low;
    }
    distribution(a) * distribution(b) + integral / (2.0 * PI)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(transfer: Transfer, x: (f64, f64), y: (f64, f64), c: f64) -> f64 {
        let law = |(mu, d): (f64, f64)| Law::new(transfer, mu, d).unwrap();
        Block::new(vec![law(y), law(x)]).pairs(&law(y), &[c; LANES])[1]
    }

    #[test]
    fn erf_at_zero_means_is_an_arcsine() {
        // <erf(sqrt(pi) x / 2) erf(sqrt(pi) y / 2)> = (2 / pi) asin(c / sqrt((D + 2 / pi) (E + 2 / pi))).
        for (d, e, c) in [(0.4, 1.7, 0.3), (3.0, 2.0, -2.1), (8.0, 0.5, 2.0), (1.0, 1.0, 1.0)] {
            let exact = 2.0 / PI * (c / ((d + 2.0 / PI) * (e + 2.0 / PI)).sqrt()).asin();
            let found = pair(Transfer::Erf, (0.0, d), (0.0, e), c);
            // The series of the smaller variance ends at 1e-9 of \<phi^2>; at rho = 1 what is left counts once.
            let tolerance = if c * c < 0.99 * d * e { 1e-13 } else { 1e-11 };
            assert!((found - exact).abs() < tolerance, "{d} {e} {c}: {found} {exact}");
        }
    }

    /// int f(x) <f(y) | x> by the trapezoid rule in x and y on a fine grid, for |rho| well below one.
    fn brute_force(transfer: Transfer, x: (f64, f64), y: (f64, f64), c: f64) -> f64 {
        let rest = (y.1 - c * c / x.1).sqrt();
        let (mut sum, h) = (0.0, 1.0 / 64.0);
        for i in -600..=600 {
            let z = f64::from(i) * h;
            let centre = y.0 + c / x.1.sqrt() * z;
            let inner = Averages::at(transfer, centre, rest * rest).phi;
            sum += h * density(z) * transfer.value(x.0 + x.1.sqrt() * z) * inner;
        }
        sum
    }

    #[test]
    fn tanh_agrees_with_the_double_integral() {
        for (x, y, c) in [((0.3, 1.2), (-0.5, 2.5), 0.9), ((1.0, 0.2), (0.1, 4.0), -0.6)] {
            let (found, exact) = (pair(Transfer::Tanh, x, y, c), brute_force(Transfer::Tanh, x, y, c));
            assert!((found - exact).abs() < 1e-12, "{found} {exact}");
        }
    }

    #[test]
    fn threshold_linear_agrees_with_the_double_integral_and_with_the_square() {
        // The kink at x = 0 leaves the trapezoid rule h^2 / 12 f'; the mean of x is put on a node's midpoint instead by
        // integrating over x > 0 only: here the reference is Gauss-Legendre on [0, 10].
        let rule = gauss_legendre(200);
        for (x, y, c) in [
            ((0.3, 1.2), (-0.5, 2.5), 0.9),
            ((1.0, 0.2), (0.1, 4.0), -0.6),
            ((0.7, 1.0), (0.72, 1.01), 0.98),
            ((0.0, 1.0), (0.01, 1.0), 0.9999),
        ] {
            let deviation = f64::sqrt(x.1);
            let rest = y.1 - c * c / x.1;
            // Cut where the inner average has its kink of width sqrt(rest).
            let kink = (x.0 - y.0 * x.1 / c).clamp(0.0, 10.0);
            let width = (rest.sqrt() * x.1 / f64::abs(c)).min(5.0);
            let mut cuts =
                [0.0, (kink - 8.0 * width).clamp(0.0, 12.0), kink, (kink + 8.0 * width).clamp(0.0, 12.0), 12.0];
            cuts.sort_by(f64::total_cmp);
            let mut exact = 0.0;
            for ends in cuts.windows(2) {
                for (p, w) in &rule {
                    let at = ends[0] + p * (ends[1] - ends[0]);
                    let z = (at - x.0) / deviation;
                    let inner = Averages::at(Transfer::ThresholdLinear, y.0 + c / x.1 * (at - x.0), rest).phi;
                    exact += w * (ends[1] - ends[0]) * density(z) / deviation * at * inner;
                }
            }
            let found = pair(Transfer::ThresholdLinear, x, y, c);
            assert!((found - exact).abs() < 1e-12, "{x:?} {y:?} {c}: {found} {exact}");
        }
        let square = Averages::at(Transfer::ThresholdLinear, 0.4, 1.7).phi_sq;
        assert!((pair(Transfer::ThresholdLinear, (0.4, 1.7), (0.4, 1.7), 1.7) - square).abs() < 1e-14);
    }

    #[test]
    fn without_variance_the_product_of_the_means_is_left() {
        for transfer in Transfer::ALL {
            let found = pair(transfer, (0.6, 0.0), (0.2, 1.3), 0.0);
            let exact = transfer.value(0.6) * Averages::at(transfer, 0.2, 1.3).phi;
            assert!((found - exact).abs() < 1e-13, "{transfer}");
        }
    }
}
