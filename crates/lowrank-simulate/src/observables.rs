//! Streaming observables of a batch of copies of one network: what theory predicts, measured sample by sample.
//!
//! Population averages run over the N neurons (variances with divisor N, as theory's (T7)), time averages over the samples, and
//! everything is averaged over the copies at the end.

mod lagged;

use faer::{Mat, MatRef};
use lowrank_model::Measured;

use self::lagged::{Lagged, inner};
use crate::control::MOVING;
use crate::replicas::{Replica, delta_inf, sizes_of};

/// What one run of one network showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Order parameters, averaged over time and replicas; `delta_inf` by the rule of [`delta_inf`](crate::delta_inf).
    pub order: Measured,
    /// Chaoticity \<std_t(x_i)>_i; needs two samples.
    pub chaoticity: Option<f64>,
    /// Population autocovariance of x at the protocol's lags, in their order.
    pub autocovariance: Vec<f64>,
    /// Second moment C_r(lag) = \<r(t) r(t + lag)> at the protocol's lags, in their order: not centred (T15).
    pub r_autocovariance: Vec<f64>,
    /// Sample times, in unit time constants.
    pub times: Vec<f64>,
    /// Population mean of x at every sample, averaged over copies.
    pub mu_of_time: Vec<f64>,
    /// Population variance of x at every sample, averaged over copies.
    pub delta_0_of_time: Vec<f64>,
    /// kappa at every sample: `[sample][copy][k]`.
    pub kappa: Vec<Vec<Vec<f64>>>,
    /// The step of the integration, in unit time constants; steps are shortened to fall on samples.
    pub step: f64,
    /// The largest estimated local error per unit time, relative to max(1, size of the state) (T37); with white noise that of the
    /// path over a unit of time, its strong error.
    pub error_estimate: f64,
    /// With white noise: the relative bias of the stationary variance that the step gives to a filtered noise, its weak error.
    pub weak_error: Option<f64>,
    /// When the activity was seen to grow without bound, after the last sample; of a time course
    /// ([`Protocol::as_course`](crate::Protocol::as_course)), as other runs end in an error then.
    pub unbounded: Option<f64>,
    /// x at every sample, `[n x copies]` each; empty unless asked for.
    pub trajectory: Vec<Mat<f64>>,
    /// r at every sample, `[n x copies]` each; empty unless asked for.
    pub rate_trajectory: Vec<Mat<f64>>,
}

impl Observed {
    /// The first observable that is infinite or NaN.
    pub(crate) fn first_not_finite(&self) -> Option<(&'static str, f64)> {
        let o = &self.order;
        let named = [
            ("mu", Some(o.mu)),
            ("delta_0", Some(o.delta_0)),
            ("delta_0_individual", Some(o.delta_0_individual)),
            ("delta_inf", o.delta_inf),
            ("delta_t", o.delta_t),
            ("r_mean", Some(o.r_mean)),
            ("r_second_moment", Some(o.r_second_moment)),
            ("r_temporal_variance", o.r_temporal_variance),
            ("the chaoticity", self.chaoticity),
        ];
        let named = named.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let kappa = o.kappa.iter().map(|k| ("kappa", *k));
        let lagged = self.autocovariance.iter().map(|c| ("the autocovariance", *c));
        let r_lagged = self.r_autocovariance.iter().map(|c| ("the autocovariance of r", *c));
        named.chain(kappa).chain(lagged).chain(r_lagged).find(|(_, value)| !value.is_finite())
    }
}

/// The structure vectors of a network, m^(k) and n^(k), N entries each.
pub(crate) struct Structure<'a> {
    pub(crate) m: Vec<&'a [f64]>,
    pub(crate) n: Vec<&'a [f64]>,
}

/// The running sums.
pub(crate) struct Accumulator {
    samples: usize,
    keep_trajectory: bool,
    x: Moments,
    r: Moments,
    /// x minus the input of the moment: what is left for sum_k kappa_k m^(k) and chi.
    without_input: Moments,
    /// kappa along n, whatever else is measured, summed over samples: `[copy][k]`.
    structure_kappa: Vec<Vec<f64>>,
    /// Population variance of x, summed over samples and copies.
    variance: f64,
    /// x centred on the population mean, and r.
    x_lagged: Lagged,
    r_lagged: Lagged,
    times: Vec<f64>,
    /// Sum of x, and of its square centred on the population mean, over neurons and copies at every sample.
    totals: Vec<(f64, f64)>,
    kappa: Vec<Vec<Vec<f64>>>,
    trajectory: Vec<Mat<f64>>,
    rate_trajectory: Vec<Mat<f64>>,
}

impl Accumulator {
    pub(crate) fn new(neurons: usize, copies: usize, lags: &[usize], keep_trajectory: bool) -> Self {
        Self {
            samples: 0,
            keep_trajectory,
            x: Moments::new(neurons, copies),
            r: Moments::new(neurons, copies),
            without_input: Moments::new(neurons, copies),
            structure_kappa: vec![Vec::new(); copies],
            variance: 0.0,
            x_lagged: Lagged::new(lags),
            r_lagged: Lagged::new(lags),
            times: Vec::new(),
            totals: Vec::new(),
            kappa: Vec::new(),
            trajectory: Vec::new(),
            rate_trajectory: Vec::new(),
        }
    }

    /// Takes one sample: `x` and `r` are `[n x copies]`, `input` the total input at this time, `along` the vectors kappa
    /// is reported along, N entries each.
    pub(crate) fn sample(
        &mut self,
        time: f64,
        (x, r): (MatRef<'_, f64>, MatRef<'_, f64>),
        input: &[f64],
        along: &[&[f64]],
        structure: &Structure<'_>,
    ) {
        self.samples += 1;
        self.times.push(time);
        let n = x.nrows() as f64;
        self.x.add(x);
        self.r.add(r);
        self.without_input.add(Mat::from_fn(x.nrows(), x.ncols(), |i, c| x[(i, c)] - input[i]).as_ref());
        let kappa_along = |vectors: &[&[f64]], column: usize| -> Vec<f64> {
            vectors.iter().map(|v| r.col(column).iter().zip(*v).map(|(r, v)| r * v).sum::<f64>() / n).collect()
        };
        self.kappa.push((0..x.ncols()).map(|column| kappa_along(along, column)).collect());
        for (column, sums) in self.structure_kappa.iter_mut().enumerate() {
            sums.resize(structure.n.len(), 0.0);
            sums.iter_mut().zip(kappa_along(&structure.n, column)).for_each(|(sum, kappa)| *sum += kappa);
        }
        if self.keep_trajectory {
            self.trajectory.push(x.to_owned());
            self.rate_trajectory.push(r.to_owned());
        }
        let centred = centred(x);
        let square = inner(&centred, &centred);
        self.variance += square;
        self.totals.push((x.col_iter().map(|column| column.iter().sum::<f64>()).sum(), square));
        self.x_lagged.add(|| centred);
        self.r_lagged.add(|| r.to_owned());
    }

    /// x averaged over time of every copy that moves: the centre of its activity.
    pub(crate) fn moving_centres(&self) -> Vec<Vec<f64>> {
        let (means, variances) = (self.x.means(), self.x.variances());
        let columns = means.col_iter().zip(variances.col_iter());
        let of = |(mean, variance): (faer::ColRef<'_, f64>, faer::ColRef<'_, f64>)| {
            let total = |values: faer::ColRef<'_, f64>, of: fn(&f64) -> f64| values.iter().map(of).sum::<f64>();
            let (moved, size) = (total(variance, |v| *v), total(mean, |x| x * x));
            let moves = moved > MOVING * MOVING * size.max(mean.nrows() as f64);
            moves.then(|| mean.iter().copied().collect())
        };
        columns.filter_map(of).collect()
    }

    /// The averages. The individual variance is that around u_i = sum_k kappa_k m_i^(k) + I_i, I the input at each
    /// sample. Delta_inf is that of a network which is `odd` or not, and structured from a |kappa| on.
    pub(crate) fn finish(self, structure: &Structure<'_>, (odd, structured): (bool, f64)) -> Observed {
        let (x_mean, r_mean) = (self.x.means(), self.r.means());
        let (n, copies) = (x_mean.nrows(), x_mean.ncols());
        let samples = self.samples as f64;
        let per_copy = 1.0 / copies as f64;
        let per_neuron = 1.0 / n as f64;
        let components = self.kappa.first().map_or(0, |s| s.first().map_or(0, Vec::len));
        let kappa_of_copy = |copy: usize, k: usize| self.kappa.iter().map(|s| s[copy][k]).sum::<f64>() / samples;
        let kappa: Vec<f64> =
            (0..components).map(|k| (0..copies).map(|c| kappa_of_copy(c, k)).sum::<f64>() * per_copy).collect();
        let (x_temporal, r_temporal) = (self.x.variances(), self.r.variances());
        // Averages over neurons and copies of f(time average, temporal variance).
        let average = |means: &Mat<f64>, variances: &Mat<f64>, f: &dyn Fn(f64, f64) -> f64| {
            let entry = |i: usize, c: usize| f(means[(i, c)], variances[(i, c)]);
            (0..copies).map(|c| (0..n).map(|i| entry(i, c)).sum::<f64>()).sum::<f64>() / (n * copies) as f64
        };
        let over_x = |f: &dyn Fn(f64, f64) -> f64| average(&x_mean, &x_temporal, f);
        let over_r = |f: &dyn Fn(f64, f64) -> f64| average(&r_mean, &r_temporal, f);
        let (rest_mean, rest_temporal) = (self.without_input.means(), self.without_input.variances());
        let mut individual = 0.0;
        for (copy, kappa) in self.structure_kappa.iter().enumerate() {
            for i in 0..n {
                let along_m: f64 = kappa.iter().zip(&structure.m).map(|(kappa, m)| kappa / samples * m[i]).sum();
                individual += (rest_mean[(i, copy)] - along_m).powi(2) + rest_temporal[(i, copy)];
            }
        }
        let own: Vec<Vec<f64>> =
            self.structure_kappa.iter().map(|sums| sums.iter().map(|sum| sum / samples).collect()).collect();
        let x_means: Vec<Vec<f64>> = x_mean.col_iter().map(|column| column.iter().copied().collect()).collect();
        let replicas: Vec<Replica<'_>> =
            own.iter().zip(&x_means).map(|(kappa, x_mean)| Replica { kappa, x_mean }).collect();
        let sizes = sizes_of(structure.m.iter().copied());
        let within = |value: f64| (self.samples > 1).then_some(value);
        let order = Measured {
            kappa,
            mu: over_x(&|mean, _| mean),
            delta_0: self.variance * per_neuron / samples * per_copy,
            delta_0_individual: individual / n as f64 * per_copy,
            delta_inf: delta_inf(&replicas, &sizes, odd, structured),
            delta_t: within(over_x(&|_, variance| variance)),
            r_mean: over_r(&|mean, _| mean),
            r_second_moment: over_r(&|mean, variance| mean * mean + variance),
            r_temporal_variance: within(over_r(&|_, variance| variance)),
        };
        let chaoticity = within(over_x(&|_, variance| variance.sqrt()));
        let autocovariance = self.x_lagged.means(per_neuron, per_copy);
        let r_autocovariance = self.r_lagged.means(per_neuron, per_copy);
        let mu_of_time = self.totals.iter().map(|(sum, _)| sum * per_neuron * per_copy).collect();
        let delta_0_of_time = self.totals.iter().map(|(_, square)| square * per_neuron * per_copy).collect();
        let Self { times, kappa, trajectory, rate_trajectory, .. } = self;
        Observed {
            order,
            chaoticity,
            autocovariance,
            r_autocovariance,
            step: f64::NAN,
            error_estimate: f64::NAN,
            weak_error: None,
            unbounded: None,
            times,
            mu_of_time,
            delta_0_of_time,
            kappa,
            trajectory,
            rate_trajectory,
        }
    }
}

/// Mean and variance over samples of every neuron and copy, `[n x copies]`. Sums run over deviations from the first
/// sample, so that a network at rest has a variance of exactly zero.
struct Moments {
    samples: usize,
    first: Mat<f64>,
    sum: Mat<f64>,
    square: Mat<f64>,
}

impl Moments {
    fn new(neurons: usize, copies: usize) -> Self {
        let zeros = || Mat::zeros(neurons, copies);
        Self { samples: 0, first: zeros(), sum: zeros(), square: zeros() }
    }

    fn add(&mut self, values: MatRef<'_, f64>) {
        if self.samples == 0 {
            self.first.copy_from(values);
        }
        self.samples += 1;
        for c in 0..values.ncols() {
            let sums = self.sum.col_mut(c).iter_mut().zip(self.square.col_mut(c).iter_mut());
            let deviations = values.col(c).iter().zip(self.first.col(c).iter()).map(|(value, first)| value - first);
            for ((sum, square), deviation) in sums.zip(deviations) {
                *sum += deviation;
                *square += deviation * deviation;
            }
        }
    }

    fn means(&self) -> Mat<f64> {
        let samples = self.samples as f64;
        Mat::from_fn(self.first.nrows(), self.first.ncols(), |i, c| self.first[(i, c)] + self.sum[(i, c)] / samples)
    }

    fn variances(&self) -> Mat<f64> {
        let samples = self.samples as f64;
        Mat::from_fn(self.first.nrows(), self.first.ncols(), |i, c| {
            // Rounding must not make it negative; what is no number stays none.
            let variance = self.square[(i, c)] / samples - (self.sum[(i, c)] / samples).powi(2);
            if variance < 0.0 { 0.0 } else { variance }
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_of_a_known_signal_come_out() {
        // Two neurons, two copies: x_i = i + (-1)^t, the same in both copies.
        let mut sums = Accumulator::new(2, 2, &[0, 1, 2], false);
        let along = [1.0, 3.0];
        let structure = Structure { m: vec![&[1.0, -1.0]], n: vec![&along] };
        for t in 0..10 {
            let sign = if t % 2 == 0 { 1.0 } else { -1.0 };
            let x = Mat::from_fn(2, 2, |i, _| i as f64 + sign);
            let r = Mat::from_fn(2, 2, |i, _| 0.5 * (i as f64 + sign));
            sums.sample(f64::from(t), (x.as_ref(), r.as_ref()), &[0.25, 0.5], &[&along], &structure);
        }
        let seen = sums.finish(&structure, (false, 0.1));
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-14, "{a} {b}");
        close(seen.order.mu, 0.5);
        close(seen.order.delta_0, 0.25); // (0.25 + 0.25) / N
        close(seen.order.delta_t.unwrap(), 1.0);
        close(seen.chaoticity.unwrap(), 1.0);
        close(seen.order.delta_inf.unwrap(), 0.25);
        close(seen.order.kappa[0], 0.75); // (1 * 0 + 3 * 0.5) / 2
        close(seen.order.r_mean, 0.25);
        close(seen.order.r_second_moment, 0.25 * 1.5);
        close(seen.order.r_temporal_variance.unwrap(), 0.25);
        // The common oscillation is no population variance.
        seen.autocovariance.iter().for_each(|c| close(*c, 0.25));
        // r = x / 2 is 0.5 (i + (-1)^t): <r r'> = (0.25 + (0.5 +- ...)) with the oscillation kept, not centred away.
        let product = |sign: f64| 0.5 * 0.25 * (sign + 1.0 + sign);
        [product(1.0), product(-1.0), product(1.0)].iter().zip(&seen.r_autocovariance).for_each(|(a, b)| close(*a, *b));
        for (t, (mu, delta_0)) in seen.mu_of_time.iter().zip(&seen.delta_0_of_time).enumerate() {
            close(*mu, if t % 2 == 0 { 1.5 } else { -0.5 });
            close(*delta_0, 0.25);
        }
        // u = (1, -0.25): <(x - u)^2> = ((0 - 1)^2 + 1 + (1 + 0.25)^2 + 1) / 2.
        close(seen.order.delta_0_individual, 0.5 * (1.0 + 1.0 + 1.5625 + 1.0));
        assert_eq!((seen.times.len(), seen.kappa.len(), seen.trajectory.len()), (10, 10, 0));
    }

    #[test]
    fn what_one_sample_or_one_copy_cannot_tell_is_absent() {
        let structure = Structure { m: vec![], n: vec![] };
        let seen = |samples: usize, copies: usize| {
            let mut sums = Accumulator::new(3, copies, &[0], false);
            for t in 0..samples {
                let x = Mat::from_fn(3, copies, |i, c| (i + c + t) as f64);
                sums.sample(t as f64, (x.as_ref(), x.as_ref()), &[0.0; 3], &[], &structure);
            }
            let seen = sums.finish(&structure, (false, 0.1));
            let o = seen.order;
            [o.delta_inf, o.delta_t, o.r_temporal_variance, seen.chaoticity].map(|value| value.is_some())
        };
        assert_eq!(seen(1, 1), [false; 4]);
        assert_eq!(seen(1, 2), [true, false, false, false]);
        assert_eq!(seen(2, 1), [false, true, true, true]);
        assert_eq!(seen(2, 2), [true; 4]);
    }
}
