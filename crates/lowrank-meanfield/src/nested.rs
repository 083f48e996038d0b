//! Pair averages at one covariance by the nested rule of their definition (T5): with G_f(u) = int Dy f(u + s y),
//! s^2 = D - c, the average of f and g at two times is int Dz G_f G_g (mu + sqrt(c) z).
//!
//! Where one covariance is wanted, this is faster than the Hermite series (T20), and independent of it. Both integrals
//! are trapezoid rules on grids of which one is a multiple of the other, so that phi is evaluated once a grid point
//! and the inner integral is a convolution; where a Gaussian is much narrower than what it averages, Gauss-Hermite.

use std::f64::consts::PI;
use std::sync::LazyLock;

use lowrank_model::Transfer;

use crate::quadrature::gauss_hermite;

/// Half width of both windows in standard deviations: e^(-8.5^2 / 2) = 2e-16.
const WINDOW: f64 = 8.5;
/// Largest step in x: phi'' to (2 pi / h)^2 e^(-pi^2 / h) = 3e-17.
const LARGEST_STEP: f64 = 0.22;
/// Largest step of a Gaussian in its standard deviations: e^(-2 pi^2 / 0.6^2) = 2e-24.
const GAUSSIAN_STEP: f64 = 0.6;
/// Exponent of the largest error that a trapezoid rule may make: e^-38.
const EXPONENT: f64 = 38.0;
/// Largest ratio of the two steps.
const MOST_MULTIPLES: usize = 16;
/// Narrow Gaussians: against the distance pi / 2 of the poles of phi, or against the other Gaussian.
const NARROW: f64 = 0.3;
const NARROW_TO_OTHER: f64 = 0.1;

static HERMITE: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| gauss_hermite(16));

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
    pub(crate) fn at(transfer: Transfer, mu: f64, d: f64, c: f64) -> Self {
        debug_assert!(transfer != Transfer::ThresholdLinear && (0.0..=d).contains(&c));
        let (outer, inner) = (c.sqrt(), (d - c).max(0.0).sqrt());
        let mut moments = Self::default();
        let narrow_outer = outer <= NARROW.min(NARROW_TO_OTHER * inner) || outer * outer <= f64::EPSILON * d;
        if narrow_outer || inner <= NARROW {
            let (inner_rule, step) = (rule(inner, LARGEST_STEP), outer_step(outer, inner));
            let outer_rule = if narrow_outer { rule(outer, 0.0) } else { trapezoid(outer, step) };
            for (u, weight) in outer_rule {
                let mut smooth = [0.0; 4];
                for (y, w) in &inner_rule {
                    let values = values(transfer, mu + u + y);
                    smooth.iter_mut().zip(values).for_each(|(s, v)| *s += w * v);
                }
                moments.add(weight, smooth);
            }
        } else {
            moments.convolve(transfer, mu, d.sqrt(), outer, inner);
        }
        moments
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
    fn convolve(&mut self, transfer: Transfer, mu: f64, deviation: f64, outer: f64, inner: f64) {
        let fine = LARGEST_STEP.min(GAUSSIAN_STEP * inner);
        let wanted = outer_step(outer, inner);
        // h = divide * unit, H = multiply * unit.
        let (unit, multiply, divide) = if wanted >= fine {
            (fine, ((wanted / fine) as usize).min(MOST_MULTIPLES), 1)
        } else {
            let divide = (fine / wanted).ceil() as usize;
            (fine / divide as f64, 1, divide)
        };
        let h = divide as f64 * unit;
        let half_x = (WINDOW * deviation / h).ceil() as i64;
        let half_inner = (WINDOW * inner / h).ceil() as i64;
        let half_outer = (WINDOW * outer / (multiply as f64 * unit)).ceil() as i64;
        let nodes: Vec<Values> = (-half_x..=half_x).map(|k| values(transfer, mu + k as f64 * h)).collect();
        // One kernel for each remainder of an outer point on the inner grid: entry k is that of x = (nearest + k) h.
        let kernels: Vec<Vec<f64>> = (0..divide)
            .map(|remainder| {
                let off = remainder as f64 * unit;
                (-half_inner..=half_inner).map(|k| h / inner * density((k as f64 * h - off) / inner)).collect()
            })
            .collect();
        let columns: [Vec<f64>; 4] = std::array::from_fn(|f| nodes.iter().map(|v| v[f]).collect());
        let step = multiply as f64 * unit;
        pulp::Arch::new().dispatch(|| {
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
                let smooth = std::array::from_fn(|f| dot(kernel, &columns[f][first..first + count]));
                self.add(step / outer * density(j as f64 * step / outer), smooth);
            }
        });
    }
}

fn values(transfer: Transfer, x: f64) -> Values {
    let jet = transfer.jet(x);
    [transfer.primitive(x), jet.value, jet.d1, jet.d2]
}

/// The largest step of the outer integral. G falls in Fourier space as e^(-pi k / 2 - s^2 k^2 / 2), a product of two
/// as e^(-pi k / 2 - s^2 k^2 / 4), the Gaussian as e^(-c k^2 / 2): the step puts their convolution at K = 2 pi / H
/// below e^-38.
fn outer_step(outer: f64, inner: f64) -> f64 {
    let (c, s_squared) = (outer * outer, inner * inner);
    let exponent = |step: f64| {
        let top = 2.0 * PI / step;
        let k = ((c * top - PI / 2.0) / (c + 0.5 * s_squared)).clamp(0.0, top);
        0.5 * PI * k + 0.25 * s_squared * k * k + 0.5 * c * (top - k).powi(2)
    };
    let mut step = 4.0;
    while exponent(step) < EXPONENT && step > 1e-3 {
        step *= 0.9;
    }
    step
}

/// Nodes and weights of a centred normal law: Gauss-Hermite where it is narrow, else trapezoid with x steps.
fn rule(deviation: f64, step: f64) -> Vec<(f64, f64)> {
    if deviation == 0.0 {
        vec![(0.0, 1.0)]
    } else if step == 0.0 || deviation <= NARROW {
        HERMITE.iter().map(|(z, w)| (deviation * z, *w)).collect()
    } else {
        trapezoid(deviation, step.min(GAUSSIAN_STEP * deviation))
    }
}

fn trapezoid(deviation: f64, step: f64) -> Vec<(f64, f64)> {
    let half = (WINDOW * deviation / step).ceil() as i64;
    (-half..=half).map(|k| (k as f64 * step, step / deviation * density(k as f64 * step / deviation))).collect()
}

fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
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
            for (mu, d) in [(0.0, 1e-3), (0.3, 0.05), (0.0, 0.8), (-1.2, 3.0), (2.0, 12.0), (0.4, 60.0)] {
                let series = PairAverage::new(transfer, mu, d).unwrap();
                for part in [0.0, 1e-9, 1e-4, 0.01, 0.1, 0.5, 0.9, 0.99, 0.9999, 1.0] {
                    let (c, scale) = (part * d, series.covariance_at(d));
                    let nested = PairMoments::at(transfer, mu, d, c);
                    let off = (nested.phi_phi - series.covariance_at(c)).abs();
                    assert!(off < 1e-12 * scale, "{transfer} {mu} {d} {part}: {off}");
                    // The series of the slope converges more slowly than that of the function.
                    let off = (nested.d1_d1 - series.slope_at(c)).abs();
                    assert!(off < 1e-10 * series.slope_at(d), "{transfer} {mu} {d} {part}: slope {off}");
                }
            }
        }
    }

    /// d C_Phi / dc = C_phi, and the derivatives to mu and D that the fields name.
    #[test]
    fn the_moments_are_each_others_derivatives() {
        let at = |mu: f64, d: f64, c: f64| PairMoments::at(Transfer::Tanh, mu, d, c);
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

    #[test]
    #[ignore]
    fn time_it() {
        for (mu, d, c) in [(0.5, 1.0, 0.5), (0.5, 5.0, 2.0), (0.5, 5.0, 4.9), (0.5, 50.0, 20.0)] {
            let t = std::time::Instant::now();
            let mut s = 0.0;
            for _ in 0..1000 {
                s += PairMoments::at(Transfer::Tanh, mu, d, c).phi_phi;
            }
            println!("{d} {c}: {:?} {s}", t.elapsed() / 1000);
            let t = std::time::Instant::now();
            for _ in 0..100 {
                s += PairAverage::new(Transfer::Tanh, mu, d).unwrap().covariance_at(c);
            }
            println!("   hermite {:?} {s}", t.elapsed() / 100);
        }
    }
}
