//! What is measured of one column, in `f64` whatever the state is in.

use lowrank_model::Real;

use super::lanes::{Sums, sample};
use crate::control::MOVING;

/// How a column's run ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CellEnd {
    /// It was simulated to the last sample.
    Ran,
    /// It came to rest at this time, and its state stands for all later samples.
    AtRest(f64),
    /// The activity grows without bound, as was seen at this time; nothing was measured. Only where phi is not bounded.
    Unbounded(f64),
    /// No step that was tried is accurate or stable; the last one was given up at this time, and nothing was measured.
    Inaccurate(f64),
    /// The activity still grew at this time, the end of the run, too slowly or for too short a time to tell whether it has a bound:
    /// nothing that was measured is of a state. Only where phi is not bounded.
    Undecided(f64),
}

/// What one column showed: averages over the samples of the window, population averages over the N neurons (variances
/// with divisor N), as in [`Observed`](crate::Observed).
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// How the run ended.
    pub end: CellEnd,
    /// The step, in unit time constants.
    pub step: f64,
    /// The largest estimated error of a step at any look, per unit time, relative to max(1, size of the state): the difference
    /// from the neighbouring order (T40).
    pub error_estimate: f64,
    /// kappa_k = n^(k) . r / N.
    pub kappa: Vec<f64>,
    /// Population mean of x.
    pub mu: f64,
    /// Population variance of x.
    pub delta_0: f64,
    /// Temporal variance of x within the window, averaged over neurons; needs two samples.
    pub delta_t: Option<f64>,
    /// Chaoticity \<std_t(x_i)>_i; needs two samples.
    pub chaoticity: Option<f64>,
    /// Population mean of r.
    pub r_mean: f64,
    /// Population average of r^2.
    pub r_second_moment: f64,
    /// Largest Lyapunov exponent, per unit time; none unless asked for.
    pub lyapunov: Option<f64>,
    /// Time average of x of every neuron: see [`delta_inf`](crate::delta_inf).
    pub x_mean: Vec<f64>,
}

impl Seen {
    /// What the state of opposite sign shows in a network that is odd under x -> -x (odd phi, no input): it is the mirror
    /// image of this one to the last bit at all times.
    #[must_use]
    pub fn mirrored(self) -> Self {
        let minus = |values: Vec<f64>| values.into_iter().map(|value| -value).collect();
        Self { kappa: minus(self.kappa), mu: -self.mu, r_mean: -self.r_mean, x_mean: minus(self.x_mean), ..self }
    }
}

/// The running sums of one column.
#[derive(Debug, Clone)]
pub(super) struct Accumulator {
    samples: usize,
    /// x at the first sample: deviations from it are summed, so that a state at rest has no variance at all.
    first: Vec<f64>,
    sum: Vec<f64>,
    square: Vec<f64>,
    /// Population mean of x at the first sample.
    shift: f64,
    kappa: Vec<f64>,
    mu: f64,
    variance: f64,
    r: f64,
    r_squared: f64,
}

impl Accumulator {
    pub(super) fn new(n: usize, rank: usize) -> Self {
        let zeros = || vec![0.0; n];
        Self {
            samples: 0,
            first: zeros(),
            sum: zeros(),
            square: zeros(),
            shift: 0.0,
            kappa: vec![0.0; rank],
            mu: 0.0,
            variance: 0.0,
            r: 0.0,
            r_squared: 0.0,
        }
    }

    /// Takes the state as `count` equal samples.
    pub(super) fn take<T: Real>(&mut self, x: &[T], r: &[T], kappa: &[f64], count: usize) {
        let n = x.len() as f64;
        if self.samples == 0 {
            self.first.iter_mut().zip(x).for_each(|(first, x)| *first = x.to_f64());
            self.shift = self.first.iter().sum::<f64>() / n;
        }
        let seen = sample(x, r, &self.first, self.shift, &mut self.sum, &mut self.square);
        let times = count as f64;
        if count > 1 {
            for (((x, first), sum), square) in x.iter().zip(&self.first).zip(&mut self.sum).zip(&mut self.square) {
                let deviation = x.to_f64() - first;
                *sum += (times - 1.0) * deviation;
                *square += (times - 1.0) * deviation * deviation;
            }
        }
        self.samples += count;
        self.kappa.iter_mut().zip(kappa).for_each(|(sum, kappa)| *sum += times * kappa);
        let Sums { x, x_squared, r, r_squared } = seen;
        self.mu += times * (self.shift + x / n);
        self.variance += times * (x_squared - x * x / n).max(0.0) / n;
        self.r += times * r / n;
        self.r_squared += times * r_squared / n;
    }

    /// Whether every sample was.
    pub(super) fn is_finite(&self) -> bool {
        let all = |values: &[f64]| values.iter().all(|value| value.is_finite());
        self.variance.is_finite() && all(&self.sum) && all(&self.square) && all(&self.kappa)
    }

    /// x averaged over time, if it moves: the centre of the activity.
    pub(super) fn moving_centre(&self) -> Option<Vec<f64>> {
        let samples = self.samples.max(1) as f64;
        let mean = |(first, sum): (&f64, &f64)| first + sum / samples;
        let centre: Vec<f64> = self.first.iter().zip(&self.sum).map(mean).collect();
        let moved: f64 = self.sum.iter().zip(&self.square).map(|(sum, s)| s / samples - (sum / samples).powi(2)).sum();
        let size: f64 = centre.iter().map(|x| x * x).sum();
        (moved > MOVING * MOVING * size.max(centre.len() as f64)).then_some(centre)
    }

    pub(super) fn finish(self, end: CellEnd, lyapunov: Option<f64>, error_estimate: f64) -> Seen {
        let samples = self.samples.max(1) as f64;
        let n = self.first.len() as f64;
        let variance = |(sum, square): (&f64, &f64)| (square / samples - (sum / samples).powi(2)).max(0.0);
        let variances = || self.sum.iter().zip(&self.square).map(variance);
        let within = |value: f64| (self.samples > 1).then_some(value);
        Seen {
            end,
            // Of the block, which knows it.
            step: f64::NAN,
            error_estimate,
            kappa: self.kappa.iter().map(|sum| sum / samples).collect(),
            mu: self.mu / samples,
            delta_0: self.variance / samples,
            delta_t: within(variances().sum::<f64>() / n),
            chaoticity: within(variances().map(f64::sqrt).sum::<f64>() / n),
            r_mean: self.r / samples,
            r_second_moment: self.r_squared / samples,
            lyapunov,
            x_mean: self.first.iter().zip(&self.sum).map(|(first, sum)| first + sum / samples).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_taken_several_times_is_as_many_samples() {
        let (x, y, r): (Vec<f64>, Vec<f64>, Vec<f64>) =
            ((0..40).map(f64::from).collect(), vec![1.5; 40], vec![0.5; 40]);
        let mut single = Accumulator::new(40, 1);
        let mut at_once = single.clone();
        single.take(&x, &r, &[2.0], 1);
        (0..3).for_each(|_| single.take(&y, &r, &[-1.0], 1));
        at_once.take(&x, &r, &[2.0], 1);
        at_once.take(&y, &r, &[-1.0], 3);
        let (single, at_once) = (single.finish(CellEnd::Ran, None, 0.0), at_once.finish(CellEnd::Ran, None, 0.0));
        let pairs = [
            (single.mu, at_once.mu),
            (single.delta_0, at_once.delta_0),
            (single.delta_t.unwrap(), at_once.delta_t.unwrap()),
            (single.kappa[0], at_once.kappa[0]),
            (single.x_mean[7], at_once.x_mean[7]),
        ];
        pairs.iter().for_each(|(a, b)| assert!((a - b).abs() < 1e-12 * a.abs(), "{a} {b}"));
        // mean of i: (19.5 + 3 * 1.5) / 4; kappa (2 - 3) / 4; neuron 7: mean 2.875, variance 3/16 * 5.5^2.
        assert_eq!((single.mu, single.kappa[0], single.x_mean[7]), (6.0, -0.25, 2.875));
        assert_eq!((single.r_mean, single.r_second_moment), (0.5, 0.25));
    }
}
