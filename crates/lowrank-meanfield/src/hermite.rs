//! Hermite coefficients a_k = int Dz phi(mu + sqrt(D) z) h_k(z), h_k normalised, from which all pair averages at one
//! (mu, D) follow (T20); those of two different times share them as well: sum_k a_k(t) a_k(s) rho^k.

use std::f64::consts::PI;

use lowrank_model::Transfer;
use pulp::{Simd, WithSimd};

use crate::MeanFieldError;
use crate::averages::{Averages, density};
use crate::large::{REACH, Shape, smooth_step};

/// Half width in standard deviations: phi times sqrt(Gaussian) falls to e^(-12.5^2 / 4) = 1e-17.
const WINDOW: f64 = 12.5;
/// Largest step of the nodes, and step times sqrt(D): half of what \<phi> needs, since h_k oscillates as well.
const LARGEST_STEP: f64 = 0.25;
const STEP_TIMES_DEVIATION: f64 = 0.12;
/// The series ends when two neighbouring a_k^2 fall below this part of \<phi^2>.
const SMALLEST_SQUARE: f64 = 1e-18;
/// Longest series; tanh needs about 110 D terms.
const MOST_TERMS: usize = 100_000;
/// From this variance on phi is a smooth step, whose coefficients are closed forms, and a part that vanishes a few units from zero
/// (T30): nodes are needed where that is, a quarter of the Gaussian here and less the wider it is.
const WIDE: f64 = 36.0;
/// Nodes that are worked on together.
const LANES: usize = 8;

/// a_k, k = 0, 1, ... until they have vanished; d = 0 leaves a_0 = phi(mu).
pub(crate) fn hermite_coefficients(transfer: Transfer, mu: f64, d: f64) -> Result<Vec<f64>, MeanFieldError> {
    if d == 0.0 {
        return Ok(vec![transfer.value(mu)]);
    }
    let smallest = SMALLEST_SQUARE * Averages::at(transfer, mu, d).phi_sq;
    let fold = if d > WIDE && transfer != Transfer::ThresholdLinear {
        of_rest(transfer, mu, d, smallest)
    } else {
        of_whole(transfer, mu, d, smallest)
    };
    pulp::Arch::new().dispatch(fold).ok_or(MeanFieldError::SeriesTooLong { d, terms: MOST_TERMS })
}

/// Nodes on the whole Gaussian.
fn of_whole(transfer: Transfer, mu: f64, d: f64, smallest: f64) -> Fold {
    let deviation = d.sqrt();
    let step = LARGEST_STEP.min(STEP_TIMES_DEVIATION / deviation);
    let count = ((WINDOW / step).ceil() as usize + 1).next_multiple_of(LANES);
    Fold::new(0..count, step, smallest, None, |z| transfer.value(mu + deviation * z))
}

/// Nodes where phi is not the smooth step.
fn of_rest(transfer: Transfer, mu: f64, d: f64, smallest: f64) -> Fold {
    let (deviation, shape) = (d.sqrt(), Shape::new(transfer));
    let step = STEP_TIMES_DEVIATION * shape.unit / deviation;
    let (centre, reach) = ((mu / deviation).abs(), REACH * shape.unit / deviation);
    let (first, last) = (((centre - reach) / step).max(0.0) as usize, ((centre + reach).min(WINDOW) / step) as usize);
    let count = if transfer == Transfer::Erf { 0 } else { (last + 1).saturating_sub(first).next_multiple_of(LANES) };
    let of_step = Some(StepSeries::new(&shape, mu, d));
    Fold::new(first..first + count, step, smallest, of_step, |z| shape.rest(mu + deviation * z))
}

/// Coefficients of the smooth step low + half erf(x / (sqrt(2) width)), one after the other.
struct StepSeries {
    /// a_0, and what the others have in common.
    first: f64,
    factor: f64,
    /// mu / s and ln(sqrt(D) / s), s^2 = D + width^2.
    u: f64,
    decay: f64,
    /// h_(k-1) and h_(k-2) at u, times the root of the Gaussian.
    now: f64,
    last: f64,
}

impl StepSeries {
    fn new(shape: &Shape, mu: f64, d: f64) -> Self {
        let s = (d + shape.width * shape.width).sqrt();
        let (u, root) = (mu / s, (-0.25 * (mu / s).powi(2)).exp());
        let factor = 2.0 * shape.half * density(0.0) * root;
        let decay = -0.5 * (shape.width * shape.width / d).ln_1p();
        Self { first: shape.low + shape.half * smooth_step(mu, s).0, factor, u, decay, now: root, last: 0.0 }
    }

    /// a_k = 2 half (sqrt(D) / s)^k (-1)^(k-1) h_(k-1)(u) e^(-u^2 / 2) / sqrt(2 pi k), to be asked for in the order of k.
    fn coefficient(&mut self, k: usize) -> f64 {
        if k == 0 {
            return self.first;
        }
        let number = k as f64;
        let sign = if k.is_multiple_of(2) { -1.0 } else { 1.0 };
        let value = sign * self.factor * (number * self.decay).exp() * self.now / number.sqrt();
        // h_k = u h_(k-1) / sqrt(k) - sqrt((k - 1) / k) h_(k-2).
        let next = (self.u * self.now - (number - 1.0).sqrt() * self.last) / number.sqrt();
        (self.last, self.now) = (self.now, next);
        value
    }
}

impl Fold {
    /// The nodes i step of these i, and of -i, where `f` is phi, or what is left of it without `of_step`.
    fn new(
        nodes: std::ops::Range<usize>,
        step: f64,
        smallest: f64,
        of_step: Option<StepSeries>,
        f: impl Fn(f64) -> f64,
    ) -> Self {
        let count = nodes.len();
        // The Gaussian is shared out evenly between phi and h_k, so that the recurrence neither over- nor underflows; nodes
        // +z and -z are folded into one by the parity of h_k.
        let [mut z, mut even, mut odd, mut now] = std::array::from_fn(|_| Vec::with_capacity(count));
        for i in nodes {
            let at = i as f64 * step;
            let root = (-0.25 * at * at).exp();
            let weight = step / (2.0 * PI).sqrt() * root * if i == 0 { 0.5 } else { 1.0 };
            let (up, down) = (f(at), f(-at));
            z.push(at);
            even.push(weight * (up + down));
            odd.push(weight * (up - down));
            now.push(root);
        }
        Self { z, even, odd, now, last: vec![0.0; count], smallest, of_step }
    }
}

/// One body, compiled for each vector width (a closure would not be); no fused operations, so that every machine gets the
/// same bits.
struct Fold {
    z: Vec<f64>,
    /// Weighted sum and difference of phi at +z and -z.
    even: Vec<f64>,
    odd: Vec<f64>,
    /// h_k and h_(k-1) times the root of the Gaussian.
    now: Vec<f64>,
    last: Vec<f64>,
    /// The square of a coefficient that counts as zero.
    smallest: f64,
    /// Coefficients that are added, if there are any.
    of_step: Option<StepSeries>,
}

impl WithSimd for Fold {
    type Output = Option<Vec<f64>>;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) -> Self::Output {
        let mut a: Vec<f64> = Vec::with_capacity(256);
        for k in 0..MOST_TERMS {
            let weighted = if k % 2 == 0 { &self.even } else { &self.odd };
            // h_(k+1) = z h_k / sqrt(k+1) - sqrt(k / (k+1)) h_(k-1), written over h_(k-1).
            let (up, down) = (1.0 / (k as f64 + 1.0).sqrt(), (k as f64 / (k as f64 + 1.0)).sqrt());
            let mut sums = [0.0; LANES];
            let (last, _) = self.last.as_chunks_mut::<LANES>();
            let lanes = last.iter_mut().zip(self.now.as_chunks::<LANES>().0);
            for ((last, now), (w, z)) in lanes.zip(weighted.as_chunks().0.iter().zip(self.z.as_chunks().0)) {
                // Written at once, after all is read: or else the compiler takes one number at a time.
                let (before, w, z): ([f64; LANES], [f64; LANES], [f64; LANES]) = (*last, *w, *z);
                *last = std::array::from_fn(|i| up * z[i] * now[i] - down * before[i]);
                for i in 0..LANES {
                    sums[i] += w[i] * now[i];
                }
            }
            std::mem::swap(&mut self.last, &mut self.now);
            let sum: f64 = sums.iter().sum();
            a.push(self.of_step.as_mut().map_or(sum, |step| sum + step.coefficient(k)));
            if k >= 8 && a[k] * a[k] <= self.smallest && a[k - 1] * a[k - 1] <= self.smallest {
                return Some(a);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ways to the coefficients, far from zero mean too.
    #[test]
    fn a_step_and_a_rest_have_the_coefficients_of_the_whole() {
        for transfer in [Transfer::Tanh, Transfer::Logistic, Transfer::OnePlusTanh, Transfer::Erf] {
            for (mu, d) in [(0.0, 37.0), (3.0, 60.0), (-15.0, 100.0), (60.0, 50.0), (200.0, 90.0)] {
                let smallest = SMALLEST_SQUARE * Averages::at(transfer, mu, d).phi_sq;
                let arch = pulp::Arch::new();
                let whole = arch.dispatch(of_whole(transfer, mu, d, smallest)).unwrap();
                let parts = arch.dispatch(of_rest(transfer, mu, d, smallest)).unwrap();
                let square = |a: &[f64]| a.iter().map(|a| a * a).sum::<f64>();
                assert!((square(&parts) - Averages::at(transfer, mu, d).phi_sq).abs() < 1e-12, "{transfer} {mu} {d}");
                for (k, (a, b)) in whole.iter().zip(&parts).enumerate() {
                    assert!((a - b).abs() < 3e-14, "{transfer} {mu} {d} {k}: {a} {b}");
                }
            }
        }
    }
}
