//! Pair averages at one covariance by the nested rule of their definition (T5): with G_f(u) = int Dy f(u + s y),
//! s^2 = D - c, the average of f and g at two times is int Dz G_f G_g (mu + sqrt(c) z).
//!
//! Where one covariance is wanted, this is faster than the Hermite series (T20), and independent of it. Both integrals
//! are trapezoid rules on grids of which one is a multiple of the other, so that phi is evaluated once a grid point
//! and the inner integral is a convolution; where a Gaussian is much narrower than what it averages, Gauss-Hermite.

use std::f64::consts::PI;
use std::sync::LazyLock;

use lowrank_model::Transfer;
use pulp::{Simd, WithSimd};

use crate::large::{Grid, is_large, pair_moments, pair_slope};
use crate::quadrature::gauss_hermite;

/// How finely the integrals are cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Precision {
    /// Half width of both windows in standard deviations.
    window: f64,
    /// Largest step in x.
    step: f64,
    /// Largest step of a Gaussian in its standard deviations.
    gaussian_step: f64,
    /// The outer rule may err by e^-exponent.
    exponent: f64,
}

/// Rounding: window e^(-8.5^2 / 2) = 2e-16, phi'' to (2 pi / h)^2 e^(-pi^2 / h) = 3e-17, Gaussian to
/// e^(-2 pi^2 / 0.6^2) = 2e-24, outer rule e^-38.
pub(crate) const FULL: Precision = Precision { window: 8.5, step: 0.22, gaussian_step: 0.6, exponent: 38.0 };
/// About six digits, for searches: five times faster.
pub(crate) const ROUGH: Precision = Precision { window: 5.5, step: 0.5, gaussian_step: 1.0, exponent: 16.0 };
/// Largest ratio of the two steps.
const MOST_MULTIPLES: usize = 16;
/// Narrow Gaussians: against the distance pi / 2 of the poles of phi, or against the other Gaussian.
const NARROW: f64 = 0.3;
const NARROW_TO_OTHER: f64 = 0.1;

/// Gauss-Hermite rules, the shortest of which is taken that does.
static HERMITE: LazyLock<Vec<Vec<(f64, f64)>>> =
    LazyLock::new(|| [3, 4, 6, 8, 12, 24].map(gauss_hermite).into_iter().collect());

/// Averages of two factors at two times of covariance c, all at one (c; mu, D). Phi is the primitive of phi.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct PairMoments {
    /// C_Phi(c).
    pub(crate) big_big: f64,
    /// \<Phi phi>: half of d C_Phi / d mu.
    pub(crate) big_phi: f64,
    /// \<Phi phi'>: d C_Phi / d D at fixed c.
    pub(crate) big_d1: f64,
    /// C_phi(c).
    pub(crate) phi_phi: f64,
    /// \<phi phi'>: half of d C_phi / d mu.
    pub(crate) phi_d1: f64,
    /// \<phi phi''>: d C_phi / d D at fixed c.
    pub(crate) phi_d2: f64,
    /// C_phi'(c) = d C_phi / d c.
    pub(crate) d1_d1: f64,
    /// \<phi' phi''>: half of d C_phi' / d mu.
    pub(crate) d1_d2: f64,
}

/// Phi, phi, phi', phi'' at one point, or smoothed.
type Values = [f64; 4];

impl PairMoments {
    /// The averages at 0 <= c <= d. For threshold-linear see [`crate::PairAverage`].
    pub(crate) fn at(precision: Precision, transfer: Transfer, mu: f64, d: f64, c: f64) -> Self {
        Self::averaged::<true>(precision, transfer, mu, d, c)
    }

    /// The same but for those with Phi, which are left zero: at half the cost.
    pub(crate) fn of_phi(precision: Precision, transfer: Transfer, mu: f64, d: f64, c: f64) -> Self {
        Self::averaged::<false>(precision, transfer, mu, d, c)
    }

    fn averaged<const PRIMITIVE: bool>(precision: Precision, transfer: Transfer, mu: f64, d: f64, c: f64) -> Self {
        debug_assert!(transfer != Transfer::ThresholdLinear && (0.0..=d).contains(&c));
        if is_large(transfer, d) {
            return pair_moments(Grid::of(precision), transfer, mu, d, c);
        }
        let (outer, inner) = (c.sqrt(), (d - c).max(0.0).sqrt());
        let mut moments = Self::default();
        if let Some([outer_rule, inner_rule]) = narrow_rules(precision, outer, inner) {
            let at_rest = transfer.primitive(0.0);
            for (u, weight) in outer_rule {
                let mut smooth = [0.0; 4];
                for (y, w) in &inner_rule {
                    let values = values::<PRIMITIVE>(transfer, at_rest, mu + u + y);
                    smooth.iter_mut().zip(values).for_each(|(s, v)| *s += w * v);
                }
                moments.add(weight, smooth);
            }
        } else {
            moments.convolve::<PRIMITIVE>(precision, transfer, mu, d.sqrt(), outer, inner);
        }
        moments
    }

    /// C_phi'(c) alone, several times cheaper where c is close to d: no primitive, one factor instead of four.
    pub(crate) fn slope(precision: Precision, transfer: Transfer, mu: f64, d: f64, c: f64) -> f64 {
        if is_large(transfer, d) {
            return pair_slope(Grid::of(precision), transfer, mu, d, d - c);
        }
        let (outer, inner) = (c.sqrt(), (d - c).max(0.0).sqrt());
        let Some([outer_rule, inner_rule]) = narrow_rules(precision, outer, inner) else {
            return Self::of_phi(precision, transfer, mu, d, c).d1_d1;
        };
        let smooth = |u: f64| inner_rule.iter().map(|(y, w)| w * transfer.jet(mu + u + y).d1).sum::<f64>();
        outer_rule.iter().map(|(u, weight)| weight * smooth(*u).powi(2)).sum()
    }

    fn add(&mut self, weight: f64, [big, phi, d1, d2]: Values) {
        self.big_big += weight * big * big;
        self.big_phi += weight * big * phi;
        self.big_d1 += weight * big * d1;
        self.phi_phi += weight * phi * phi;
        self.phi_d1 += weight * phi * d1;
        self.phi_d2 += weight * phi * d2;
        self.d1_d1 += weight * d1 * d1;
        self.d1_d2 += weight * d1 * d2;
    }

    /// Both Gaussians wide: x_k = mu + k h, u_j = mu + j H, and H a multiple of h or h of H.
    fn convolve<const PRIMITIVE: bool>(
        &mut self,
        precision: Precision,
        transfer: Transfer,
        mu: f64,
        deviation: f64,
        outer: f64,
        inner: f64,
    ) {
        let Precision { window, step, gaussian_step, .. } = precision;
        let fine = step.min(gaussian_step * inner);
        let wanted = outer_step(precision, outer, inner);
        // h = divide * unit, H = multiply * unit.
        let (unit, multiply, divide) = if wanted >= fine {
            (fine, ((wanted / fine) as usize).min(MOST_MULTIPLES), 1)
        } else {
            let divide = (fine / wanted).ceil() as usize;
            (fine / divide as f64, 1, divide)
        };
        let h = divide as f64 * unit;
        let half_x = (window * deviation / h).ceil() as i64;
        let half_inner = (window * inner / h).ceil() as i64;
        let half_outer = (window * outer / (multiply as f64 * unit)).ceil() as i64;
        let at_rest = transfer.primitive(0.0);
        let nodes: Vec<Values> =
            (-half_x..=half_x).map(|k| values::<PRIMITIVE>(transfer, at_rest, mu + k as f64 * h)).collect();
        // One kernel for each remainder of an outer point on the inner grid: entry k is that of x = (nearest + k) h.
        let kernels: Vec<Vec<f64>> = (0..divide)
            .map(|remainder| {
                let off = remainder as f64 * unit;
                (-half_inner..=half_inner).map(|k| h / inner * density((k as f64 * h - off) / inner)).collect()
            })
            .collect();
        let columns: [Vec<f64>; 4] = std::array::from_fn(|f| nodes.iter().map(|v| v[f]).collect());
        let step = multiply as f64 * unit;
        let arch = pulp::Arch::new();
        for j in -half_outer..=half_outer {
            let units = j * multiply as i64;
            let (nearest, remainder) = (units.div_euclid(divide as i64), units.rem_euclid(divide as i64));
            let (from, to) = ((nearest - half_inner).max(-half_x), (nearest + half_inner).min(half_x));
            if from > to {
                continue;
            }
            let of_kernel = (from - nearest + half_inner) as usize;
            let count = (to - from + 1) as usize;
            let kernel = &kernels[remainder as usize][of_kernel..of_kernel + count];
            let first = (from + half_x) as usize;
            let columns = columns.each_ref().map(|column| &column[first..first + count]);
            self.add(step / outer * density(j as f64 * step / outer), arch.dispatch(Dots { kernel, columns }));
        }
    }
}

/// With a primitive that vanishes at zero: at small variances a constant would hide its differences in rounding.
fn values<const PRIMITIVE: bool>(transfer: Transfer, at_rest: f64, x: f64) -> Values {
    if !PRIMITIVE {
        let jet = transfer.jet(x);
        return [0.0, jet.value, jet.d1, jet.d2];
    }
    let (jet, primitive) = transfer.jet_and_primitive(x);
    [primitive - at_rest, jet.value, jet.d1, jet.d2]
}

/// The rules of the outer and of the inner average where one of the two Gaussians is narrow; none where both are wide.
fn narrow_rules(precision: Precision, outer: f64, inner: f64) -> Option<[Vec<(f64, f64)>; 2]> {
    let narrow_outer = outer <= NARROW && (inner <= NARROW || outer <= NARROW_TO_OTHER * inner)
        || outer * outer <= f64::EPSILON * (outer * outer + inner * inner);
    if !narrow_outer && inner > NARROW {
        return None;
    }
    let of_outer = if narrow_outer {
        narrow(precision, outer)
    } else {
        trapezoid(precision, outer, outer_step(precision, outer, inner))
    };
    Some([of_outer, rule(precision, inner)])
}

/// The largest step of the outer integral. G falls in Fourier space as e^(-pi k / 2 - s^2 k^2 / 2), a product of two
/// as e^(-pi k / 2 - s^2 k^2 / 4), the Gaussian as e^(-c k^2 / 2): the step puts their convolution at K = 2 pi / H
/// below e^-38.
fn outer_step(precision: Precision, outer: f64, inner: f64) -> f64 {
    let (c, s_squared) = (outer * outer, inner * inner);
    let exponent = |step: f64| {
        let top = 2.0 * PI / step;
        let k = ((c * top - PI / 2.0) / (c + 0.5 * s_squared)).clamp(0.0, top);
        0.5 * PI * k + 0.25 * s_squared * k * k + 0.5 * c * (top - k).powi(2)
    };
    let mut step = 4.0;
    while exponent(step) < precision.exponent && step > 1e-3 {
        step *= 0.9;
    }
    step
}

/// Nodes and weights of a centred normal law that phi is averaged with directly.
fn rule(precision: Precision, deviation: f64) -> Vec<(f64, f64)> {
    if deviation <= NARROW {
        narrow(precision, deviation)
    } else {
        trapezoid(precision, deviation, precision.step.min(precision.gaussian_step * deviation))
    }
}

/// Gauss-Hermite, for a law that is narrow against what it averages: with n nodes an average of phi errs by
/// f^(2n) n! s^(2n) / (2n)! = n! (2 s / pi)^(2n), for the poles of phi at i pi / 2. Squares of Phi are of the order s^4,
/// and have to be right relative to that.
pub(crate) fn narrow(precision: Precision, deviation: f64) -> Vec<(f64, f64)> {
    if deviation == 0.0 {
        return vec![(0.0, 1.0)];
    }
    let wanted = 4.0 * deviation.ln().min(0.0) - precision.exponent;
    let enough = |nodes: usize| {
        let factorial: f64 = (1..=nodes).map(|i| (i as f64).ln()).sum();
        factorial + 2.0 * nodes as f64 * (2.0 * deviation / PI).ln() < wanted
    };
    let rule = HERMITE.iter().find(|rule| enough(rule.len())).or(HERMITE.last());
    rule.map_or(Vec::new(), |rule| rule.iter().map(|(z, w)| (deviation * z, *w)).collect())
}

fn trapezoid(precision: Precision, deviation: f64, step: f64) -> Vec<(f64, f64)> {
    let half = (precision.window * deviation / step).ceil() as i64;
    (-half..=half).map(|k| (k as f64 * step, step / deviation * density(k as f64 * step / deviation))).collect()
}

fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

/// Dot products of one kernel with four columns: one body, compiled for each vector width (a closure would not be); no fused
/// operations, so that every machine gets the same bits.
struct Dots<'a> {
    kernel: &'a [f64],
    columns: [&'a [f64]; 4],
}

impl WithSimd for Dots<'_> {
    type Output = Values;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Values {
        std::array::from_fn(|f| dot(self.kernel, self.columns[f]))
    }
}

/// Dot product with eight running sums, so that the compiler may use vector registers.
#[inline(always)]
fn dot(x: &[f64], y: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (x8, y8) = (x.chunks_exact(8), y.chunks_exact(8));
    let rest: f64 = x8.remainder().iter().zip(y8.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in x8.zip(y8) {
        for i in 0..8 {
            sums[i] += a[i] * b[i];
        }
    }
    rest + sums.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PairAverage;

    /// Against the Hermite series, which shares nothing with the nested rule but phi.
    #[test]
    fn the_nested_rule_and_the_hermite_series_agree_to_1e_12() {
        for transfer in [Transfer::Tanh, Transfer::Logistic, Transfer::OnePlusTanh, Transfer::Erf] {
            for (mu, d) in [(0.0, 1e-8), (0.0, 1e-3), (0.3, 0.05), (0.0, 0.8), (-1.2, 3.0), (2.0, 12.0), (0.4, 60.0)] {
                let series = PairAverage::new(transfer, mu, d).unwrap();
                for part in [0.0, 1e-9, 1e-4, 0.01, 0.1, 0.5, 0.9, 0.99, 0.9999, 1.0] {
                    let (c, scale) = (part * d, series.covariance_at(d));
                    let nested = PairMoments::at(FULL, transfer, mu, d, c);
                    let rough = PairMoments::at(ROUGH, transfer, mu, d, c);
                    let off = (rough.phi_phi - nested.phi_phi).abs();
                    assert!(off < 1e-5 * scale, "{transfer} {mu} {d} {part}: rough {off}");
                    let off = (nested.phi_phi - series.covariance_at(c)).abs();
                    assert!(off < 1e-12 * scale, "{transfer} {mu} {d} {part}: {off}");
                    // The series of the slope converges more slowly than that of the function.
                    let off = (nested.d1_d1 - series.slope_at(c)).abs();
                    assert!(off < 1e-10 * series.slope_at(d), "{transfer} {mu} {d} {part}: slope {off}");
                    let without = PairMoments { big_big: 0.0, big_phi: 0.0, big_d1: 0.0, ..nested };
                    assert_eq!(PairMoments::of_phi(FULL, transfer, mu, d, c), without);
                    let alone = PairMoments::slope(FULL, transfer, mu, d, c);
                    assert!((alone - nested.d1_d1).abs() < 1e-14, "{transfer} {mu} {d} {part}: {alone}");
                }
            }
        }
    }

    /// d C_Phi / dc = C_phi, and the derivatives to mu and D that the fields name.
    #[test]
    fn the_moments_are_each_others_derivatives() {
        let at = |mu: f64, d: f64, c: f64| PairMoments::at(FULL, Transfer::Tanh, mu, d, c);
        for (mu, d, c) in [(0.4, 2.5, 1.0), (-0.7, 0.6, 0.5), (1.0, 20.0, 15.0), (0.2, 0.05, 0.02)] {
            let (here, e) = (at(mu, d, c), 1e-5 * d);
            let close = |numeric: f64, exact: f64| {
                assert!(
                    (numeric - exact).abs() < 2e-9 * (1.0 + exact.abs()) / d.min(1.0),
                    "{mu} {d} {c}: {numeric} {exact}"
                );
            };
            let slope = |f: &dyn Fn(f64) -> f64| (f(e) - f(-e)) / (2.0 * e);
            close(slope(&|e| at(mu, d, c + e).big_big), here.phi_phi);
            close(slope(&|e| at(mu, d, c + e).phi_phi), here.d1_d1);
            close(slope(&|e| at(mu + e, d, c).big_big), 2.0 * here.big_phi);
            close(slope(&|e| at(mu + e, d, c).phi_phi), 2.0 * here.phi_d1);
            close(slope(&|e| at(mu + e, d, c).d1_d1), 2.0 * here.d1_d2);
            close(slope(&|e| at(mu, d + e, c).big_big), here.big_d1);
            close(slope(&|e| at(mu, d + e, c).phi_phi), here.phi_d2);
        }
    }
}
