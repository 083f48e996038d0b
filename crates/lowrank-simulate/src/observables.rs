//! Streaming observables of a batch of copies of one network: what theory predicts, measured sample by sample.
//!
//! Population averages run over the N neurons (variances with divisor N - 1), time averages over the samples, and
//! everything is averaged over the copies at the end.

use std::collections::VecDeque;

use faer::{Mat, MatRef};
use lowrank_model::OrderParameters;

/// What one run of one network showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Order parameters, averaged over time and copies. `delta_t` is the temporal variance within the window, and
    /// `delta_inf` the population covariance of the time averages of two copies (of one copy with itself if there
    /// is only one).
    pub order: OrderParameters,
    /// Chaoticity <std_t(x_i)>_i.
    pub chaoticity: f64,
    /// Population autocovariance of x at the protocol's lags, in their order.
    pub autocovariance: Vec<f64>,
    /// Sample times, in unit time constants.
    pub times: Vec<f64>,
    /// kappa at every sample: `[sample][copy][k]`.
    pub kappa: Vec<Vec<Vec<f64>>>,
    /// x at every sample, `[n x copies]` each; empty unless asked for.
    pub trajectory: Vec<Mat<f64>>,
}

/// The running sums.
pub(crate) struct Accumulator {
    samples: usize,
    lags: Vec<usize>,
    keep_trajectory: bool,
    /// Per neuron and copy, `[n x copies]`: sums over samples of x, x^2, r, r^2.
    x: Mat<f64>,
    x_square: Mat<f64>,
    r: Mat<f64>,
    r_square: Mat<f64>,
    /// Population variance of x, summed over samples and copies.
    variance: f64,
    /// Past samples, centred on the population mean, newest last.
    past: VecDeque<Mat<f64>>,
    /// Population autocovariance at each lag, summed over sample pairs and copies, with the number of pairs.
    lagged: Vec<(f64, usize)>,
    times: Vec<f64>,
    kappa: Vec<Vec<Vec<f64>>>,
    trajectory: Vec<Mat<f64>>,
}

impl Accumulator {
    pub(crate) fn new(neurons: usize, copies: usize, lags: &[usize], keep_trajectory: bool) -> Self {
        let zeros = || Mat::zeros(neurons, copies);
        Self {
            samples: 0,
            lags: lags.to_vec(),
            keep_trajectory,
            x: zeros(),
            x_square: zeros(),
            r: zeros(),
            r_square: zeros(),
            variance: 0.0,
            past: VecDeque::new(),
            lagged: vec![(0.0, 0); lags.len()],
            times: Vec::new(),
            kappa: Vec::new(),
            trajectory: Vec::new(),
        }
    }

    /// Takes one sample: `x` and `r` are `[n x copies]`, `along` the vectors kappa is measured with, N entries each.
    pub(crate) fn sample(&mut self, time: f64, x: MatRef<'_, f64>, r: MatRef<'_, f64>, along: &[&[f64]]) {
        self.samples += 1;
        self.times.push(time);
        let n = x.nrows() as f64;
        add_with_squares(&mut self.x, &mut self.x_square, x);
        add_with_squares(&mut self.r, &mut self.r_square, r);
        let kappa_of = |column: usize| {
            along.iter().map(|v| r.col(column).iter().zip(*v).map(|(r, v)| r * v).sum::<f64>() / n).collect()
        };
        self.kappa.push((0..x.ncols()).map(kappa_of).collect());
        if self.keep_trajectory {
            self.trajectory.push(x.to_owned());
        }
        let centred = centred(x);
        self.variance += inner(&centred, &centred);
        let Some(&longest) = self.lags.iter().max() else { return };
        self.past.push_back(centred);
        if self.past.len() > longest + 1 {
            self.past.pop_front();
        }
        let newest = self.past.len() - 1;
        for (lag, (sum, pairs)) in self.lags.iter().zip(&mut self.lagged) {
            if *lag <= newest {
                *sum += inner(&self.past[newest], &self.past[newest - lag]);
                *pairs += 1;
            }
        }
    }

    /// The averages. `m` are the vectors m^(k) and `input` the total input, N entries each: together they give the
    /// individual variance around u_i = sum_k kappa_k m_i^(k) + I_i.
    pub(crate) fn finish(self, m: &[&[f64]], input: &[f64]) -> Observed {
        let (n, copies) = (self.x.nrows(), self.x.ncols());
        let samples = self.samples as f64;
        let per_copy = 1.0 / copies as f64;
        let per_degree = 1.0 / (n as f64 - 1.0).max(1.0);
        let components = self.kappa.first().map_or(0, |s| s.first().map_or(0, Vec::len));
        let kappa_of_copy = |copy: usize, k: usize| self.kappa.iter().map(|s| s[copy][k]).sum::<f64>() / samples;
        let kappa: Vec<f64> =
            (0..components).map(|k| (0..copies).map(|c| kappa_of_copy(c, k)).sum::<f64>() * per_copy).collect();
        let mean =
            |sums: &Mat<f64>| sums.col_iter().flat_map(|c| c.iter()).sum::<f64>() / (samples * n as f64) * per_copy;
        let (mu, r_mean) = (mean(&self.x), mean(&self.r));
        let (r_square, r_temporal) = (mean(&self.r_square), temporal_variances(&self.r, &self.r_square, samples));
        let temporal = temporal_variances(&self.x, &self.x_square, samples);
        let average = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let chaoticity = temporal.iter().map(|v| v.sqrt()).sum::<f64>() / temporal.len() as f64;
        let mut individual = 0.0;
        for copy in 0..copies {
            let kappa: Vec<f64> = (0..components.min(m.len())).map(|k| kappa_of_copy(copy, k)).collect();
            for i in 0..n {
                let u = input[i] + kappa.iter().zip(m).map(|(kappa, m)| kappa * m[i]).sum::<f64>();
                individual += (self.x_square[(i, copy)] - 2.0 * u * self.x[(i, copy)]) / samples + u * u;
            }
        }
        let order = OrderParameters {
            kappa,
            mu,
            delta_0: self.variance * per_degree / samples * per_copy,
            delta_0_individual: individual / n as f64 * per_copy,
            delta_inf: covariance_of_time_averages(&self.x, samples) * per_degree,
            delta_t: average(&temporal),
            r_mean,
            r_second_moment: r_square,
            r_temporal_variance: average(&r_temporal),
        };
        let autocovariance =
            self.lagged.iter().map(|(sum, pairs)| sum * per_degree * per_copy / (*pairs).max(1) as f64).collect();
        let Self { times, kappa, trajectory, .. } = self;
        Observed { order, chaoticity, autocovariance, times, kappa, trajectory }
    }
}

fn add_with_squares(sums: &mut Mat<f64>, squares: &mut Mat<f64>, values: MatRef<'_, f64>) {
    for ((sum, square), value) in sums.col_iter_mut().zip(squares.col_iter_mut()).zip(values.col_iter()) {
        for ((sum, square), value) in sum.iter_mut().zip(square.iter_mut()).zip(value.iter()) {
            *sum += value;
            *square += value * value;
        }
    }
}

/// Every column minus its mean.
fn centred(x: MatRef<'_, f64>) -> Mat<f64> {
    let mut out = x.to_owned();
    for (column, original) in out.col_iter_mut().zip(x.col_iter()) {
        let mean = original.iter().sum::<f64>() / x.nrows() as f64;
        column.iter_mut().for_each(|x| *x -= mean);
    }
    out
}

/// Sum of the products of all entries.
fn inner(a: &Mat<f64>, b: &Mat<f64>) -> f64 {
    a.col_iter().zip(b.col_iter()).map(|(a, b)| a.iter().zip(b.iter()).map(|(x, y)| x * y).sum::<f64>()).sum()
}

/// Variance over samples of every neuron and copy, not below zero.
fn temporal_variances(sums: &Mat<f64>, squares: &Mat<f64>, samples: f64) -> Vec<f64> {
    let columns = sums.col_iter().zip(squares.col_iter());
    let entries = columns.flat_map(|(sums, squares)| sums.iter().zip(squares.iter()));
    entries.map(|(sum, square)| (square / samples - (sum / samples).powi(2)).max(0.0)).collect()
}

/// Sum over neurons of the product of centred time averages, mean over pairs of different copies; of the one copy
/// with itself if there is no other.
fn covariance_of_time_averages(sums: &Mat<f64>, samples: f64) -> f64 {
    let averages = centred(sums.as_ref());
    let product = |a: usize, b: usize| {
        averages.col(a).iter().zip(averages.col(b).iter()).map(|(x, y)| x * y).sum::<f64>() / (samples * samples)
    };
    let copies = sums.ncols();
    if copies == 1 {
        return product(0, 0);
    }
    let pairs = (0..copies).flat_map(|a| (0..a).map(move |b| (a, b)));
    pairs.map(|(a, b)| product(a, b)).sum::<f64>() / (copies * (copies - 1) / 2) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_of_a_known_signal_come_out() {
        // Two neurons, two copies: x_i = i + (-1)^t, the same in both copies.
        let mut sums = Accumulator::new(2, 2, &[0, 1, 2], false);
        let along = [1.0, 3.0];
        for t in 0..10 {
            let sign = if t % 2 == 0 { 1.0 } else { -1.0 };
            let x = Mat::from_fn(2, 2, |i, _| i as f64 + sign);
            let r = Mat::from_fn(2, 2, |i, _| 0.5 * (i as f64 + sign));
            sums.sample(f64::from(t), x.as_ref(), r.as_ref(), &[&along]);
        }
        let seen = sums.finish(&[&[1.0, -1.0]], &[0.25, 0.5]);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-14, "{a} {b}");
        close(seen.order.mu, 0.5);
        close(seen.order.delta_0, 0.5); // (0.25 + 0.25) / (N - 1)
        close(seen.order.delta_t, 1.0);
        close(seen.chaoticity, 1.0);
        close(seen.order.delta_inf, 0.5);
        close(seen.order.kappa[0], 0.75); // (1 * 0 + 3 * 0.5) / 2
        close(seen.order.r_mean, 0.25);
        close(seen.order.r_second_moment, 0.25 * 1.5);
        close(seen.order.r_temporal_variance, 0.25);
        // The common oscillation is no population variance.
        seen.autocovariance.iter().for_each(|c| close(*c, 0.5));
        // u = (1, -0.25): <(x - u)^2> = ((0 - 1)^2 + 1 + (1 + 0.25)^2 + 1) / 2.
        close(seen.order.delta_0_individual, 0.5 * (1.0 + 1.0 + 1.5625 + 1.0));
        assert_eq!((seen.times.len(), seen.kappa.len(), seen.trajectory.len()), (10, 10, 0));
    }
}
