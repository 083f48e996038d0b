//! Averages and pair averages at large variances (T30, T31): phi is a smooth step, A + B erf, and a part that vanishes a few units from zero.
//!
//! Averages of the step are closed forms, through the orthant probability of two normals; those of the rest need nodes where
//! it does not vanish, as many at any variance, while a rule on the whole Gaussian needs more the wider it is.

use std::f64::consts::{FRAC_1_SQRT_2, LN_2, PI};
use std::sync::LazyLock;

use lowrank_model::Transfer;

use crate::averages::{Averages, density, distribution};
use crate::nested::PairMoments;
use crate::pair::{both_positive, both_positive_product};
use crate::quadrature::{gauss_hermite, gauss_legendre};

/// From this variance on these forms are used: a Gaussian 30 units wide, against which the rest is narrow.
pub(crate) const LARGE_VARIANCE: f64 = 900.0;
/// Nodes in x in units of the step's width: the rest to e^(-pi^2 / 0.2) = 4e-22, as far as it is above 1e-17.
const STEP: f64 = 0.2;
const REACH: f64 = 20.0;
/// Half width of Gaussians in standard deviations, e^(-8.5^2 / 2) = 2e-16, and steps in them: e^(-38) of each.
const WINDOW: f64 = 8.5;
const GAUSSIAN_STEP: f64 = 0.6;
const SMOOTHED_STEP: f64 = 0.5;
/// A Gaussian narrower than this many units is averaged over by Gauss-Hermite.
const NARROW: f64 = 0.4;

/// The transfer functions that these forms serve.
const SIGMOIDS: [Transfer; 4] = [Transfer::Tanh, Transfer::Logistic, Transfer::OnePlusTanh, Transfer::Erf];

static HERMITE: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| gauss_hermite(24));
static LEGENDRE: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| gauss_legendre(32));

/// phi(x) = low + half (erf(x / (sqrt(2) width)) + rest).
#[derive(Clone, Copy)]
struct Shape {
    transfer: Transfer,
    low: f64,
    half: f64,
    /// Unit of x.
    unit: f64,
    /// Standard deviation of the Gaussian that makes the step smooth.
    width: f64,
}

/// What is local of Phi, phi, phi' and phi'' at one point.
type Local = [f64; 4];

/// Whether an average at this variance is taken here.
pub(crate) fn is_large(transfer: Transfer, d: f64) -> bool {
    d > LARGE_VARIANCE && transfer != Transfer::ThresholdLinear
}

impl Shape {
    fn new(transfer: Transfer) -> Self {
        let (low, half, unit) = match transfer {
            Transfer::Logistic => (0.5, 0.5, 2.0),
            Transfer::OnePlusTanh => (1.0, 1.0, 1.0),
            _ => (0.0, 1.0, 1.0),
        };
        // erf(sqrt(pi) x / 2) has the slope of tanh at zero.
        Self { transfer, low, half, unit, width: unit * (2.0 / PI).sqrt() }
    }

    fn local(&self, x: f64) -> Local {
        let (jet, primitive) = self.transfer.jet_and_primitive(x);
        if self.transfer == Transfer::Erf {
            return [0.0, 0.0, jet.d1, jet.d2];
        }
        let (step, wedge) = smooth_step(x, self.width);
        // ln cosh x = |x| - ln 2 far out: constants in Phi are of no account.
        let big = primitive - self.transfer.primitive(0.0) - self.low * x - self.half * (wedge - self.unit * LN_2);
        [big, jet.value - self.low - self.half * step, jet.d1, jet.d2]
    }

    /// The numbers i of the nodes i h of the local part that a Gaussian (mean, deviation) reaches, with its weights.
    fn weights(&self, mean: f64, deviation: f64) -> impl Iterator<Item = (i64, f64)> {
        let h = self.step();
        let reach = (REACH / STEP).round();
        let first = (-reach).max(((mean - WINDOW * deviation) / h).ceil()) as i64;
        let last = reach.min(((mean + WINDOW * deviation) / h).floor()) as i64;
        (first..=last).map(move |i| (i, h / deviation * density((i as f64 * h - mean) / deviation)))
    }

    fn step(&self) -> f64 {
        STEP * self.unit
    }

    /// The local part at all nodes, the first of which has the number -REACH / STEP.
    fn table(&self) -> &'static [Local] {
        static TABLES: LazyLock<Vec<Vec<Local>>> = LazyLock::new(|| {
            let reach = (REACH / STEP).round() as i64;
            let of = |transfer| {
                let shape = Shape::new(transfer);
                (-reach..=reach).map(|i| shape.local(i as f64 * shape.step())).collect()
            };
            SIGMOIDS.into_iter().map(of).collect()
        });
        let index = SIGMOIDS.iter().position(|t| *t == self.transfer).unwrap_or(0);
        &TABLES[index]
    }
}

/// erf(x / (sqrt(2) width)), and E|x + width z|, its primitive.
fn smooth_step(x: f64, width: f64) -> (f64, f64) {
    let step = libm::erf(x / width * FRAC_1_SQRT_2);
    (step, x * step + 2.0 * width * density(x / width))
}

/// All averages at one (mu, D) (T30).
pub(crate) fn averages(transfer: Transfer, mu: f64, d: f64) -> Averages {
    let shape = Shape::new(transfer);
    let Shape { low, half, width, .. } = shape;
    let mut sum = Averages::default();
    let mut short = 0.0;
    for (i, weight) in shape.weights(mu, d.sqrt()) {
        let x = i as f64 * shape.step();
        let jet = transfer.jet(x);
        sum.phi += weight * shape.local(x)[1];
        sum.d1 += weight * jet.d1;
        sum.d2 += weight * jet.d2;
        sum.d3 += weight * jet.d3;
        sum.d1_sq += weight * jet.d1 * jet.d1;
        sum.phi_d1 += weight * jet.value * jet.d1;
        sum.phi_d2 += weight * jet.value * jet.d2;
        // half^2 (1 - t^2) with t = (phi - low) / half.
        short += weight * (half - (jet.value - low)) * (half + (jet.value - low));
    }
    let step = smooth_step(mu, (d + width * width).sqrt()).0;
    sum.phi += low + half * step;
    sum.phi_sq = low * low + half * half + 2.0 * low * (sum.phi - low) - short;
    sum
}

/// The averages at two times of covariance 0 <= c <= D (T31).
pub(crate) fn pair_moments(transfer: Transfer, mu: f64, d: f64, c: f64) -> PairMoments {
    let shape = Shape::new(transfer);
    let Shape { low, half, unit, width, .. } = shape;
    let (outer, inner) = (c.sqrt(), (d - c).max(0.0).sqrt());
    let mut m = of_steps(&shape, mu, d, c);
    let (table, reach) = (shape.table(), (REACH / STEP).round() as i64);
    // What one Gaussian leaves of the local part at u.
    let smoothed = |u: f64| -> Local {
        let mut sum = [0.0; 4];
        let mut add = |weight: f64, local: Local| sum.iter_mut().zip(local).for_each(|(s, l)| *s += weight * l);
        if inner == 0.0 {
            return shape.local(u);
        }
        if inner < NARROW * unit {
            HERMITE.iter().for_each(|(z, weight)| add(*weight, shape.local(u + inner * z)));
        } else {
            shape.weights(u, inner).for_each(|(i, weight)| add(weight, table[(i + reach) as usize]));
        }
        sum
    };
    let mut visit = |u: f64, weight: f64| {
        let [big, phi, d1, d2] = smoothed(u);
        let (step, wedge) = smooth_step(u, (inner * inner + width * width).sqrt());
        let (far_big, far_phi) = (low * u + half * wedge, low + half * step);
        m.big_big += weight * big * (2.0 * far_big + big);
        m.big_phi += weight * (big * (far_phi + phi) + far_big * phi);
        m.big_d1 += weight * (far_big + big) * d1;
        m.phi_phi += weight * phi * (2.0 * far_phi + phi);
        m.phi_d1 += weight * (far_phi + phi) * d1;
        m.phi_d2 += weight * (far_phi + phi) * d2;
        m.d1_d1 += weight * d1 * d1;
        m.d1_d2 += weight * d1 * d2;
    };
    if outer == 0.0 {
        visit(mu, 1.0);
        return m;
    }
    let of_rest = (STEP * unit).max(SMOOTHED_STEP * inner);
    let h = 1.0 / (1.0 / of_rest).hypot(1.0 / (GAUSSIAN_STEP * outer));
    let reach = REACH * unit + WINDOW * inner;
    let first = ((-reach).max(mu - WINDOW * outer) - mu) / h;
    let last = (reach.min(mu + WINDOW * outer) - mu) / h;
    if last >= first {
        for i in first.floor() as i64..=last.ceil() as i64 {
            let z = i as f64 * h;
            visit(mu + z, h / outer * density(z / outer));
        }
    }
    m
}

/// The pair averages of low + half erf and its primitive low x + half |x|, both smooth: signs and sizes of two normals y of
/// variance D + width^2 and covariance c.
fn of_steps(shape: &Shape, mu: f64, d: f64, c: f64) -> PairMoments {
    let Shape { low, half, width, .. } = *shape;
    let deviation = (d + width * width).sqrt();
    let (a, rho) = (mu / deviation, c / (deviation * deviation));
    let (above, at) = (distribution(a), density(a));
    let both = both_positive(a, rho, &LEGENDRE);
    let positive = mu * above + deviation * at;
    let (step, wedge) = smooth_step(mu, deviation);
    let slope = 2.0 * at / deviation;
    // E\[y1+ y2+\], E\[y1+; y2 > 0\] and with y1 in the place of y1+.
    let product = deviation * deviation * both_positive_product(a, rho, &LEGENDRE);
    let tail = distribution(a * ((1.0 - rho) / (1.0 + rho)).sqrt());
    let one = mu * both + deviation * at * tail * (1.0 + rho);
    let sizes = 4.0 * product - 4.0 * (mu * positive + c * above) + mu * mu + c;
    let size_and_sign = 4.0 * one - 2.0 * positive - 2.0 * (mu * above + c * at / deviation) + mu;
    let signs = 4.0 * both - 4.0 * above + 1.0;
    let x_wedge = mu * wedge + c * step;
    let x_step = mu * step + c * slope;
    PairMoments {
        big_big: low * low * (mu * mu + c) + 2.0 * low * half * x_wedge + half * half * sizes,
        big_phi: low * low * mu + low * half * (x_step + wedge) + half * half * size_and_sign,
        phi_phi: low * low + 2.0 * low * half * step + half * half * signs,
        ..PairMoments::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PairAverage;
    use crate::averages::average;

    fn close(seen: f64, wanted: f64, scale: f64, place: &str) {
        assert!((seen - wanted).abs() <= 1e-11 * wanted.abs().max(scale), "{place}: {seen} {wanted}");
    }

    /// Against the trapezoid rule on the whole Gaussian, on both sides of the switch.
    #[test]
    fn averages_are_those_of_the_rule_on_the_whole_gaussian() {
        for transfer in SIGMOIDS {
            for (mu, d) in
                [(0.0, 400.0), (3.0, 899.0), (-20.0, 901.0), (50.0, 1e4), (-1000.0, 3e5), (0.0, 1e6), (1e5, 1e6)]
            {
                let at = averages(transfer, mu, d);
                let of = |f: fn(lowrank_model::Jet) -> f64| average(mu, d, |x| f(transfer.jet(x))).unwrap();
                let (place, small) = (format!("{transfer} {mu} {d}"), 1.0 / d.sqrt());
                close(at.phi, of(|j| j.value), 1.0, &place);
                close(at.phi_sq, of(|j| j.value * j.value), 1.0, &place);
                close(at.d1, of(|j| j.d1), small, &place);
                close(at.d1_sq, of(|j| j.d1 * j.d1), small, &place);
                close(at.phi_d1, of(|j| j.value * j.d1), small, &place);
                close(at.d2, of(|j| j.d2), small, &place);
                close(at.d3, of(|j| j.d3), small, &place);
                close(at.phi_d2, of(|j| j.value * j.d2), small, &place);
            }
        }
    }

    /// Against the Hermite series, below the switch.
    #[test]
    fn pair_averages_are_those_of_the_series() {
        for transfer in SIGMOIDS {
            for (mu, d) in [(0.0, 300.0), (4.0, 500.0), (-30.0, 800.0)] {
                let series = PairAverage::new(transfer, mu, d).unwrap();
                for part in [0.0, 1e-6, 0.01, 0.3, 0.8, 0.99, 0.9999, 1.0 - 1e-7, 1.0] {
                    let c = part * d;
                    let (m, place) = (pair_moments(transfer, mu, d, c), format!("{transfer} {mu} {d} {part}"));
                    close(m.phi_phi, series.covariance_at(c), 1.0, &place);
                    if part == 1.0 {
                        close(m.d1_d1, Averages::at(transfer, mu, d).d1_sq, 1.0 / d, &place);
                    }
                    // The series has lost some digits of its slope at c = D.
                    close(0.01 * m.d1_d1, 0.01 * series.slope_at(c), 1.0 / d, &place);
                }
            }
        }
    }

    /// d C_Phi / dc = C_phi, and the derivatives to mu and D that the fields name, up to the largest variances.
    #[test]
    fn moments_are_each_others_derivatives() {
        for transfer in SIGMOIDS {
            for (mu, d, c) in [(0.3, 1e3, 400.0), (10.0, 1e4, 9e3), (-500.0, 1e6, 2e5), (1e4, 1e8, 5e7)] {
                let at = |mu: f64, d: f64, c: f64| pair_moments(transfer, mu, d, c);
                let (here, e, s) = (at(mu, d, c), 1e-4 * d, 1e-4 * d.sqrt());
                let slope =
                    |f: &dyn Fn(f64) -> f64, e: f64| (8.0 * (f(e) - f(-e)) - f(2.0 * e) + f(-2.0 * e)) / (12.0 * e);
                let close = |numeric: f64, exact: f64, scale: f64| {
                    assert!((numeric - exact).abs() < 1e-9 * scale, "{transfer} {mu} {d} {c}: {numeric} {exact}");
                };
                close(slope(&|e| at(mu, d, c + e).big_big, e), here.phi_phi, 1.0);
                close(slope(&|e| at(mu, d, c + e).phi_phi, e), here.d1_d1, 1.0 / d);
                close(slope(&|e| at(mu + e, d, c).big_big, s), 2.0 * here.big_phi, d.sqrt());
                close(slope(&|e| at(mu + e, d, c).phi_phi, s), 2.0 * here.phi_d1, 1.0 / d.sqrt());
                close(slope(&|e| at(mu, d + e, c).big_big, e), here.big_d1, 1.0);
                close(slope(&|e| at(mu, d + e, c).phi_phi, e), here.phi_d2, 1.0 / d);
            }
        }
    }
}
