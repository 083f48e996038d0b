//! Averages and pair averages at large variances (T30, T31): phi is a smooth step, A + B erf, and a part that vanishes a few units from zero.
//!
//! Averages of the step are closed forms, through the orthant probability of two normals; those of the rest need nodes where
//! it does not vanish, as many at any variance, while a rule on the whole Gaussian needs more the wider it is.

use std::f64::consts::{FRAC_1_SQRT_2, LN_2, PI};
use std::sync::LazyLock;

use lowrank_model::Transfer;

use crate::averages::{Averages, density, distribution};
use crate::nested::{FULL, PairMoments, Precision, narrow};
use crate::pair::threshold_linear::{both_positive, both_positive_product};

/// From this variance on these forms are used: a Gaussian 30 units wide, against which the rest is narrow.
pub(crate) const LARGE_VARIANCE: f64 = 900.0;
/// Nodes in x in units of the step's width: the rest to e^(-pi^2 / 0.2) = 4e-22, as far as it is above 1e-17.
const STEP: f64 = 0.2;
pub(crate) const REACH: f64 = 20.0;
/// Half width of Gaussians in standard deviations, e^(-8.5^2 / 2) = 2e-16, and steps in them: e^(-38) of each.
const WINDOW: f64 = 8.5;
const GAUSSIAN_STEP: f64 = 0.6;
const SMOOTHED_STEP: f64 = 0.5;
/// The same for searches, with every second node: seven digits.
const ROUGH_WINDOW: f64 = 5.5;
const ROUGH_GAUSSIAN_STEP: f64 = 1.0;
const ROUGH_SMOOTHED_STEP: f64 = 0.9;
/// A Gaussian narrower than this many units is averaged over by Gauss-Hermite.
const NARROW: f64 = 0.4;
/// Where outer nodes are farther apart than this many inner ones, a kernel would be longer than all that it saves.
const LARGEST_MULTIPLE: i64 = 16;

/// The transfer functions that these forms serve.
const SIGMOIDS: [Transfer; 4] = [Transfer::Tanh, Transfer::Logistic, Transfer::OnePlusTanh, Transfer::Erf];

/// phi(x) = low + half (erf(x / (sqrt(2) width)) + rest).
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    transfer: Transfer,
    pub(crate) low: f64,
    pub(crate) half: f64,
    /// Unit of x.
    pub(crate) unit: f64,
    /// Standard deviation of the Gaussian that makes the step smooth.
    pub(crate) width: f64,
}

/// What is local of Phi, phi, phi' and phi'' at one point.
type Local = [f64; 4];

/// Whether an average at this variance is taken here.
pub(crate) fn is_large(transfer: Transfer, d: f64) -> bool {
    d > LARGE_VARIANCE && transfer != Transfer::ThresholdLinear
}

impl Shape {
    pub(crate) fn new(transfer: Transfer) -> Self {
        let (low, half, unit) = match transfer {
            Transfer::Logistic => (0.5, 0.5, 2.0),
            Transfer::OnePlusTanh => (1.0, 1.0, 1.0),
            _ => (0.0, 1.0, 1.0),
        };
        // erf(sqrt(pi) x / 2) has the slope of tanh at zero.
        Self { transfer, low, half, unit, width: unit * (2.0 / PI).sqrt() }
    }

    /// What is local of phi at one point.
    pub(crate) fn rest(&self, x: f64) -> f64 {
        if self.transfer == Transfer::Erf {
            return 0.0;
        }
        self.transfer.value(x) - self.low - self.half * smooth_step(x, self.width).0
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
            let of = |transfer| {
                let shape = Shape::new(transfer);
                shape.nodes().map(|x| shape.local(x)).collect()
            };
            SIGMOIDS.into_iter().map(of).collect()
        });
        &TABLES[self.index()]
    }

    /// phi' alone at the same nodes.
    fn slopes(&self) -> &'static [[f64; 1]] {
        static SLOPES: LazyLock<Vec<Vec<[f64; 1]>>> = LazyLock::new(|| {
            let of = |transfer: Transfer| Shape::new(transfer).nodes().map(|x| [transfer.jet(x).d1]).collect();
            SIGMOIDS.into_iter().map(of).collect()
        });
        &SLOPES[self.index()]
    }

    fn index(&self) -> usize {
        SIGMOIDS.iter().position(|t| *t == self.transfer).unwrap_or(0)
    }

    fn nodes(&self) -> impl Iterator<Item = f64> {
        let (reach, h) = ((REACH / STEP).round() as i64, self.step());
        (-reach..=reach).map(move |i| i as f64 * h)
    }
}

/// erf(x / (sqrt(2) width)), and E|x + width z|, its primitive.
pub(crate) fn smooth_step(x: f64, width: f64) -> (f64, f64) {
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
        // By parts, from phi' alone: next to nothing is left of higher derivatives, which rounding of their sums would hide.
        let off = (x - mu) / d;
        sum.d2 += weight * jet.d1 * off;
        sum.d3 += weight * jet.d1 * (off * off - 1.0 / d);
        sum.d1_sq += weight * jet.d1 * jet.d1;
        sum.phi_d1 += weight * jet.value * jet.d1;
        sum.phi_d2 += weight * jet.d1 * (jet.value * off - jet.d1);
        // half^2 (1 - t^2) with t = (phi - low) / half.
        short += weight * (half - (jet.value - low)) * (half + (jet.value - low));
    }
    let step = smooth_step(mu, (d + width * width).sqrt()).0;
    sum.phi += low + half * step;
    sum.phi_sq = low * low + half * half + 2.0 * low * (sum.phi - low) - short;
    sum
}

/// The averages at two times of covariance 0 <= c <= D (T31).
pub(crate) fn pair_moments(grid: Grid, transfer: Transfer, mu: f64, d: f64, c: f64) -> PairMoments {
    let shape = Shape::new(transfer);
    let Shape { low, half, width, .. } = shape;
    let inner = (d - c).max(0.0).sqrt();
    let mut m = of_steps(&shape, mu, d, c);
    let nodes = OuterNodes::new(grid, &shape, mu, c.sqrt(), inner);
    nodes.visit(
        shape.table(),
        |x| shape.local(x),
        |u, weight, [big, phi, d1, d2]| {
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
        },
    );
    m
}

/// C_phi'(c) alone, given D - c, which may be far smaller than the rounding of c.
pub(crate) fn pair_slope(grid: Grid, transfer: Transfer, mu: f64, d: f64, below: f64) -> f64 {
    if transfer == Transfer::Erf {
        // The average of two Gaussians, e^(-x^2 / 2 w^2) with w^2 = 2 / pi.
        let (w_squared, sum) = (2.0 / PI, d + (d - below));
        return w_squared * (-mu * mu / (sum + w_squared)).exp() / ((w_squared + sum) * (w_squared + below)).sqrt();
    }
    let shape = Shape::new(transfer);
    let nodes = OuterNodes::new(grid, &shape, mu, (d - below).max(0.0).sqrt(), below.sqrt());
    let mut sum = 0.0;
    nodes.visit(shape.slopes(), |x| [transfer.jet(x).d1], |_, weight, [d1]| sum += weight * d1 * d1);
    sum
}

/// How finely averages at two times are cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    precision: Precision,
    /// Every so many nodes of the local part.
    stride: i64,
    window: f64,
    gaussian_step: f64,
    smoothed_step: f64,
}

impl Grid {
    pub(crate) fn of(precision: Precision) -> Self {
        let (stride, window, gaussian_step, smoothed_step) = if precision == FULL {
            (1, WINDOW, GAUSSIAN_STEP, SMOOTHED_STEP)
        } else {
            (2, ROUGH_WINDOW, ROUGH_GAUSSIAN_STEP, ROUGH_SMOOTHED_STEP)
        };
        Self { precision, stride, window, gaussian_step, smoothed_step }
    }
}

/// The nodes of the outer average of local parts that are smoothed by `inner`: multiples of the step of the local part, so that
/// one kernel smooths all of them, or closer ones where the outer Gaussian is narrow.
struct OuterNodes<'a> {
    grid: Grid,
    shape: &'a Shape,
    mu: f64,
    outer: f64,
    inner: f64,
}

impl<'a> OuterNodes<'a> {
    fn new(grid: Grid, shape: &'a Shape, mu: f64, outer: f64, inner: f64) -> Self {
        Self { grid, shape, mu, outer, inner }
    }

    /// Calls `add(u, weight, smoothed local part at u)`; `table` holds the local part at its nodes, `local` gives it anywhere.
    fn visit<const F: usize>(
        &self,
        table: &[[f64; F]],
        local: impl Fn(f64) -> [f64; F],
        mut add: impl FnMut(f64, f64, [f64; F]),
    ) {
        let Self { grid, shape, mu, outer, inner } = *self;
        let (h, window) = (grid.stride as f64 * shape.step(), grid.window);
        let half = (REACH / STEP).round() as i64 / grid.stride;
        let table = |i: i64| table[((i + half) * grid.stride) as usize];
        let near = (inner < NARROW * shape.unit).then(|| narrow(grid.precision, inner));
        let weight_at = |distance: f64| h / inner * density(distance / inner);
        let directly = |u: f64| {
            let mut sum = [0.0; F];
            if let Some(rule) = &near {
                rule.iter().for_each(|(y, weight)| accumulate(&mut sum, *weight, local(u + y)));
                return sum;
            }
            let (first, last) = span(u, window * inner, h, half);
            (first..=last).for_each(|i| accumulate(&mut sum, weight_at(i as f64 * h - u), table(i)));
            sum
        };
        if outer == 0.0 {
            add(mu, 1.0, directly(mu));
            return;
        }
        let of_rest = (STEP * shape.unit).max(grid.smoothed_step * inner);
        let wanted = 1.0 / (1.0 / of_rest).hypot(1.0 / (grid.gaussian_step * outer));
        let reach = REACH * shape.unit + window * inner;
        let (first, last) = ((-reach).max(mu - window * outer), reach.min(mu + window * outer));
        if last < first {
            return;
        }
        let multiple = (wanted / h).floor() as i64;
        if multiple < 1 || near.is_some() || multiple > LARGEST_MULTIPLE {
            for k in ((first - mu) / wanted).floor() as i64..=((last - mu) / wanted).ceil() as i64 {
                let z = k as f64 * wanted;
                add(mu + z, wanted / outer * density(z / outer), directly(mu + z));
            }
            return;
        }
        // Nodes u = j multiple h: the distances to the nodes of the local part are multiples of h.
        let spacing = multiple as f64 * h;
        let farthest = ((window * inner / h) as i64).min(half + (first.abs().max(last.abs()) / h) as i64 + multiple);
        let kernel: Vec<f64> = (0..=farthest).map(|k| weight_at(k as f64 * h)).collect();
        for j in (first / spacing).floor() as i64..=(last / spacing).ceil() as i64 {
            let (u, centre) = (j as f64 * spacing, j * multiple);
            let (from, to) = ((-half).max(centre - farthest), half.min(centre + farthest));
            let mut sum = [0.0; F];
            (from..=to).for_each(|i| accumulate(&mut sum, kernel[(i - centre).unsigned_abs() as usize], table(i)));
            add(u, spacing / outer * density((u - mu) / outer), sum);
        }
    }
}

/// The numbers i, at most `half`, of the nodes i h within a distance of u.
fn span(u: f64, distance: f64, h: f64, half: i64) -> (i64, i64) {
    let (low, high) = (((u - distance) / h).ceil(), ((u + distance) / h).floor());
    (low.max(-half as f64) as i64, high.min(half as f64) as i64)
}

fn accumulate<const F: usize>(sum: &mut [f64; F], weight: f64, values: [f64; F]) {
    sum.iter_mut().zip(values).for_each(|(s, v)| *s += weight * v);
}

/// The pair averages of low + half erf and its primitive low x + half |x|, both smooth: signs and sizes of two normals y of
/// variance D + width^2 and covariance c.
fn of_steps(shape: &Shape, mu: f64, d: f64, c: f64) -> PairMoments {
    let Shape { low, half, width, .. } = *shape;
    let deviation = (d + width * width).sqrt();
    let (a, rho) = (mu / deviation, c / (deviation * deviation));
    let (above, at) = (distribution(a), density(a));
    let both = both_positive(a, rho);
    let positive = mu * above + deviation * at;
    let (step, wedge) = smooth_step(mu, deviation);
    let slope = 2.0 * at / deviation;
    // E\[y1+ y2+\], E\[y1+; y2 > 0\] and with y1 in the place of y1+.
    let product = deviation * deviation * both_positive_product(a, rho);
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
                    let (m, place) =
                        (pair_moments(Grid::of(FULL), transfer, mu, d, c), format!("{transfer} {mu} {d} {part}"));
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
                let at = |mu: f64, d: f64, c: f64| pair_moments(Grid::of(FULL), transfer, mu, d, c);
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
