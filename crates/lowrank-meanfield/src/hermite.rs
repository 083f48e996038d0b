//! Hermite coefficients a_k = int Dz phi(mu + sqrt(D) z) h_k(z), h_k normalised, from which all pair averages at one
//! (mu, D) follow (T20); those of two different times share them as well: sum_k a_k(t) a_k(s) rho^k.

use std::f64::consts::PI;

use lowrank_model::Transfer;
use pulp::{Simd, WithSimd};

use crate::MeanFieldError;
use crate::averages::Averages;

/// Half width in standard deviations: phi times sqrt(Gaussian) falls to e^(-12.5^2 / 4) = 1e-17.
const WINDOW: f64 = 12.5;
/// Largest step of the nodes, and step times sqrt(D): half of what \<phi> needs, since h_k oscillates as well.
const LARGEST_STEP: f64 = 0.25;
const STEP_TIMES_DEVIATION: f64 = 0.12;
/// The series ends when two neighbouring a_k^2 fall below this part of \<phi^2>.
const SMALLEST_SQUARE: f64 = 1e-18;
/// Longest series; tanh needs about 110 D terms.
const MOST_TERMS: usize = 100_000;
/// Nodes that are worked on together.
const LANES: usize = 8;

/// a_k, k = 0, 1, ... until they have vanished; d = 0 leaves a_0 = phi(mu).
pub(crate) fn hermite_coefficients(transfer: Transfer, mu: f64, d: f64) -> Result<Vec<f64>, MeanFieldError> {
    if d == 0.0 {
        return Ok(vec![transfer.value(mu)]);
    }
    let deviation = d.sqrt();
    let step = LARGEST_STEP.min(STEP_TIMES_DEVIATION / deviation);
    let count = ((WINDOW / step).ceil() as usize + 1).next_multiple_of(LANES);
    // The Gaussian is shared out evenly between phi and h_k, so that the recurrence neither over- nor underflows; nodes
    // +z and -z are folded into one by the parity of h_k.
    let [mut z, mut even, mut odd, mut now] = std::array::from_fn(|_| Vec::with_capacity(count));
    for i in 0..count {
        let at = i as f64 * step;
        let root = (-0.25 * at * at).exp();
        let weight = step / (2.0 * PI).sqrt() * root * if i == 0 { 0.5 } else { 1.0 };
        let (up, down) = (transfer.value(mu + deviation * at), transfer.value(mu - deviation * at));
        z.push(at);
        even.push(weight * (up + down));
        odd.push(weight * (up - down));
        now.push(root);
    }
    let smallest = SMALLEST_SQUARE * Averages::at(transfer, mu, d).phi_sq;
    let fold = Fold { z, even, odd, now, last: vec![0.0; count], smallest };
    pulp::Arch::new().dispatch(fold).ok_or(MeanFieldError::SeriesTooLong { d, terms: MOST_TERMS })
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
            a.push(sums.iter().sum());
            if k >= 8 && a[k] * a[k] <= self.smallest && a[k - 1] * a[k - 1] <= self.smallest {
                return Some(a);
            }
        }
        None
    }
}
