//! A whole simulation of an unstructured chaotic network (g = 2, N = 500, four copies, T = 20, Runge-Kutta of order 4
//! with step 0.25), current and rate variant: `simulate` with all its observables, the copies advancing as one batch,
//! against a plain loop that advances one copy after the other, multiplies row by row and measures the population
//! variance alone.

#![allow(clippy::unwrap_used, reason = "the model and the protocol are constants")]

use faer::Mat;
use lowrank_benches::{assert_agreement, criterion, ratio};
use lowrank_connectivity::{Network, Sampling};
use lowrank_integrate::Method;
use lowrank_model::Initial;
use lowrank_model::{Gaussian, Input, Model, Transfer, Variant};
use lowrank_simulate::{Protocol, Timing, initial_currents, simulate};

const NEURONS: usize = 500;
const COPIES: usize = 4;
const STEP: f64 = 0.25;
const TIMING: Timing = Timing { transient: 10.0, window: 10.0, interval: 0.5, step: STEP };

fn main() {
    let mut c = criterion();
    let mut group = c.benchmark_group("simulation");
    let protocol = Protocol::new(TIMING, Method::Rk4).unwrap();
    for variant in [Variant::Current, Variant::Rate] {
        let model = Model::new(2.0, Transfer::Tanh, variant, Gaussian::unstructured(), Input::none()).unwrap();
        let network = Network::draw(&model, NEURONS, Sampling::Independent, 1, 0).unwrap();
        let initial = Initial { deviation: 1.0, ..Initial::default() };
        let x0 = initial_currents(&network, &initial, COPIES, 1, 0).unwrap();

        let plain = Plain::new(&network, variant);
        let library = || simulate(&network, &model, x0.as_ref(), &protocol, (1, 0)).unwrap();
        let baseline = || plain.population_variance(&x0);
        let name = format!("simulation {variant} N={NEURONS} copies={COPIES}");
        assert_agreement(&name, &[library().order.delta_0], &[baseline()]);
        group.bench_function(variant.name(), |b| b.iter(library));
        ratio(&name, "the plain loop", library, baseline);
    }
    group.finish();
    c.final_summary();
}

/// The plain loop.
struct Plain {
    variant: Variant,
    /// J, row by row.
    rows: Vec<f64>,
}

impl Plain {
    fn new(network: &Network, variant: Variant) -> Self {
        let rows = network.dense().row_iter().flat_map(|row| row.iter().copied()).collect();
        Self { variant, rows }
    }

    /// Variance of x over neurons (divisor N - 1), mean over samples and copies.
    fn population_variance(&self, x0: &Mat<f64>) -> f64 {
        let steps = |time: f64| (time / STEP).round() as usize;
        let (transient, interval, window) = (steps(TIMING.transient), steps(TIMING.interval), steps(TIMING.window));
        let (mut sum, mut samples) = (0.0, 0);
        for x0 in x0.col_iter() {
            let mut state: Vec<f64> = x0.iter().map(|x| self.state_from_current(*x)).collect();
            for step in 0..=transient + window {
                if step >= transient && (step - transient).is_multiple_of(interval) {
                    sum += variance(&self.currents(&state));
                    samples += 1;
                }
                if step < transient + window {
                    self.advance(&mut state);
                }
            }
        }
        sum / f64::from(samples)
    }

    fn state_from_current(&self, x: f64) -> f64 {
        if self.variant == Variant::Rate { x.tanh() } else { x }
    }

    fn currents(&self, state: &[f64]) -> Vec<f64> {
        if self.variant == Variant::Rate { self.product(state) } else { state.to_vec() }
    }

    /// One step of the classical Runge-Kutta method.
    fn advance(&self, state: &mut [f64]) {
        let moved = |k: &[f64], by: f64| -> Vec<f64> { state.iter().zip(k).map(|(s, k)| s + by * k).collect() };
        let k1 = self.derivative(state);
        let k2 = self.derivative(&moved(&k1, 0.5 * STEP));
        let k3 = self.derivative(&moved(&k2, 0.5 * STEP));
        let k4 = self.derivative(&moved(&k3, STEP));
        for (i, s) in state.iter_mut().enumerate() {
            *s += STEP / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
        }
    }

    fn derivative(&self, state: &[f64]) -> Vec<f64> {
        if self.variant == Variant::Rate {
            self.product(state).iter().zip(state).map(|(x, r)| x.tanh() - r).collect()
        } else {
            let rates: Vec<f64> = state.iter().map(|x| x.tanh()).collect();
            self.product(&rates).iter().zip(state).map(|(drive, x)| drive - x).collect()
        }
    }

    fn product(&self, v: &[f64]) -> Vec<f64> {
        self.rows.chunks_exact(v.len()).map(|row| row.iter().zip(v).map(|(j, v)| j * v).sum()).collect()
    }
}

fn variance(x: &[f64]) -> f64 {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (x.len() as f64 - 1.0)
}
