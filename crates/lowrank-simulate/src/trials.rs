//! Trials of one network: many columns under inputs of their own, on one product a step (T2, T28).
//!
//! x = h + sum_q V_q(t) I^(q), V_q the input as it is felt: h filters J r with tau_s, r filters phi(x) with tau_r, and a filter
//! whose time constant is zero passes its rest on. Columns share the network and differ in g, variant, start and input;
//! each filter takes exponential Euler steps, first order in dt. States and products are in `T`, readouts in `f64`. Once a unit of
//! time the local error of every column is estimated (T37).

use faer::{MatMut, MatRef};
use lowrank_connectivity::{Bulk, Scalar};
use lowrank_integrate::{IntegrateError, Method, check_steps};
use lowrank_model::{Empirical, ModelError, Real, Transfer, Variant, Vector};

use crate::SimulateError;
use crate::cells::column::rows;
use crate::cells::estimate::{Estimate, Filtered};
use crate::cells::lanes;
use crate::cells::weights::{Weights, weights};
use crate::control::{check_step, floor, given_tolerance, of_state};

/// Exponential Euler: one product a step, and exact for the input as it is felt.
const METHOD: Method = Method::ExponentialEuler;

/// One column.
#[derive(Debug, Clone, Copy)]
pub struct Trial<'a> {
    /// Random strength g.
    pub g: f64,
    /// Form of the dynamics.
    pub variant: Variant,
    /// Currents at time 0 but for the input, N entries; r(0) = phi of them.
    pub x0: &'a [f64],
    /// V_q at the times 0, dt, ..., steps dt: `[time][input]` ([`Input::felt`](lowrank_model::Input::felt)).
    pub felt: &'a [Vec<f64>],
}

/// What is recorded of every trial.
#[derive(Debug, Clone, Copy)]
pub struct Recording<'a> {
    /// Steps between samples; the first sample is at time 0.
    pub every: usize,
    /// Vectors v of which (1/N) sum_i v_i r_i is recorded.
    pub along: &'a [Vector],
    /// Whether r of every sample is kept.
    pub states: bool,
}

/// What one trial showed, sample by sample.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Course {
    /// Overlaps of r with the recorded vectors: `[sample][vector]`.
    pub along: Vec<Vec<f64>>,
    /// r, N entries a sample; empty unless asked for.
    pub states: Vec<Vec<f32>>,
    /// The largest estimated local error per unit time, relative to the size of the state (T37).
    pub error_estimate: f64,
}

/// A trial under way.
struct Column<T> {
    g: T,
    x: Option<(Weights<T>, Estimate)>,
    r: Option<(Weights<T>, Estimate)>,
    floor: f64,
    /// Why its numbers are not believed.
    refused: Option<SimulateError>,
}

/// Runs all trials side by side on the network of `bulk` and `vectors`, `steps` steps of `dt`, and gives what each showed, or why it is
/// not believed: a step that is unstable for its overlaps (T36) or beyond half its shortest time constant, too large an error
/// estimate (T37), a state that becomes infinite or NaN. Which it is depends on the trial alone.
///
/// # Errors
/// Starts or inputs of the wrong shape; a vector that is not there; too many steps.
pub fn run_trials<T: Scalar>(
    bulk: &Bulk<T>,
    vectors: &Empirical,
    transfer: Transfer,
    trials: &[Trial<'_>],
    (dt, steps): (f64, usize),
    recording: Recording<'_>,
) -> Result<Vec<Result<Course, SimulateError>>, SimulateError> {
    check_steps(steps.max(1))?;
    let (n, layout) = (bulk.neurons(), vectors.layout());
    check(n, vectors, trials, (dt, steps))?;
    let per_look = (1.0 / dt).round().max(1.0) as usize;
    let of = |name: fn(usize) -> Vector, count: usize| (0..count).map(name).collect::<Vec<_>>();
    let per_neuron = 1.0 / n as f64;
    let m: Vec<T> = rows(vectors, &of(Vector::M, layout.rank), 1.0)?;
    let structure: Vec<T> = rows(vectors, &of(Vector::N, layout.rank), per_neuron)?;
    let input: Vec<T> = rows(vectors, &of(Vector::I, layout.inputs), 1.0)?;
    let read: Vec<T> = rows(vectors, recording.along, per_neuron)?;
    let overlaps = |rows: &[T], r: &[T]| rows.chunks_exact(n).map(|row| lanes::dot(row, r)).collect::<Vec<f64>>();
    let mut columns = Vec::with_capacity(trials.len());
    // r, J r, h and x of every column; h only where x is filtered.
    let size = n * trials.len();
    let (mut p, mut q, mut h) = (vec![T::ZERO; size], vec![T::ZERO; size], vec![T::ZERO; size]);
    let mut x = vec![T::ZERO; n];
    for (trial, (p, h)) in trials.iter().zip(p.chunks_exact_mut(n).zip(h.chunks_exact_mut(n))) {
        let (tau_s, tau_r) = trial.variant.time_constants();
        let of_filter = |tau: f64| {
            let filter = weights(METHOD, tau, dt).map(|[first, ..]| (first, Estimate::new(METHOD, tau, dt)));
            (tau > 0.0).then_some(filter).transpose()
        };
        columns.push(Column {
            g: T::from_f64(trial.g),
            x: of_filter(tau_s)?,
            r: of_filter(tau_r)?,
            floor: floor(vectors, trial.g, transfer, trial.variant),
            refused: check_step((vectors, trial.g), (transfer, trial.variant), (METHOD, dt)).err(),
        });
        h.iter_mut().zip(trial.x0).for_each(|(h, x)| *h = T::from_f64(*x));
        p.copy_from_slice(h);
        transfer.apply(p);
    }
    let mut courses = vec![Course::default(); trials.len()];
    // The rests of x and of r of the step before a look.
    let (mut q_before, mut phi_before) = (vec![T::ZERO; size], vec![T::ZERO; size]);
    for step in 0..=steps {
        // The input jumps at whole times: a look compares the two steps after one.
        let (remembering, looking) = (step % per_look == 0, step > 0 && (step - 1) % per_look == 0);
        let shape = |data| MatRef::from_column_major_slice(data, n, trials.len());
        // Where r is not filtered it is phi of x, which holds the input of the moment.
        for (j, column) in columns.iter().enumerate() {
            if column.r.is_none() {
                let r = &mut p[j * n..][..n];
                current(r, &h[j * n..][..n], &trials[j].felt[step], &input);
                transfer.apply(r);
            }
        }
        let product = bulk.apply(shape(&p[..]), MatMut::from_column_major_slice_mut(&mut q, n, trials.len()));
        debug_assert!(product.is_ok(), "buffers have the bulk's shape");
        for (j, column) in columns.iter_mut().enumerate() {
            let (r, q, h) = (&mut p[j * n..][..n], &mut q[j * n..][..n], &mut h[j * n..][..n]);
            let (q_before, phi_before) = (&mut q_before[j * n..][..n], &mut phi_before[j * n..][..n]);
            let kappa: Vec<T> = overlaps(&structure, r).into_iter().map(T::from_f64).collect();
            lanes::drive(q, column.g, &[], &kappa, &m);
            if step % recording.every.max(1) == 0 {
                let along = overlaps(&read, r);
                if let Some(value) = along.iter().find(|value| !value.is_finite()) {
                    let lost = IntegrateError::NonFinite { time: step as f64 * dt, index: j, value: *value };
                    column.refused.get_or_insert(lost.into());
                }
                courses[j].along.push(along);
                if recording.states {
                    courses[j].states.push(r.iter().map(|r| r.to_f64() as f32).collect());
                }
            }
            if column.r.is_some() {
                current(&mut x, if column.x.is_some() { h } else { q }, &trials[j].felt[step], &input);
                transfer.apply(&mut x);
            }
            let filters = [(&column.x, &*h, &*q, q_before), (&column.r, &*r, &x[..], phi_before)];
            let mut squares = (0.0, 0.0);
            for (filter, y, rest, before) in filters {
                let Some((_, estimate)) = filter else { continue };
                if looking {
                    let known = Filtered { y, rest: [rest, &*before, &[], &[]] };
                    let (error, size) = estimate.squares(1, &known).unwrap_or_default();
                    squares = (squares.0 + error, squares.1 + size);
                }
                if remembering {
                    before.copy_from_slice(rest);
                }
            }
            if looking && squares.1.is_finite() {
                let entries = (n * (usize::from(column.x.is_some()) + usize::from(column.r.is_some()))) as f64;
                let [error, size] = [squares.0, squares.1].map(|sum: f64| (sum / entries).sqrt());
                courses[j].error_estimate = courses[j].error_estimate.max(of_state(error, size, column.floor));
            }
            if let Some((weights, _)) = column.r {
                lanes::filter(r, weights, &x, [&[], &[]]);
            }
            if let Some((weights, _)) = column.x {
                lanes::filter(h, weights, q, [&[], &[]]);
            }
        }
    }
    let limit = given_tolerance(METHOD);
    let judged = courses.into_iter().zip(columns).map(|(course, column)| match column.refused {
        Some(error) => Err(error),
        None if course.error_estimate > limit => {
            let error = course.error_estimate;
            Err(SimulateError::InaccurateStep { method: METHOD, step: dt, chosen: false, error, limit })
        }
        None => Ok(course),
    });
    Ok(judged.collect())
}

/// x = h + sum_q V_q I^(q).
fn current<T: Real>(x: &mut [T], h: &[T], felt: &[f64], input: &[T]) {
    x.copy_from_slice(h);
    for (v, input) in felt.iter().zip(input.chunks_exact(x.len())) {
        if *v != 0.0 {
            lanes::drive(x, T::from_f64(1.0), &[], &[T::from_f64(*v)], input);
        }
    }
}

fn check(n: usize, vectors: &Empirical, trials: &[Trial<'_>], (dt, steps): (f64, usize)) -> Result<(), SimulateError> {
    for (index, trial) in trials.iter().enumerate() {
        if !(dt > 0.0 && dt.is_finite()) {
            return Err(SimulateError::BadTime { field: "the step", value: dt, relation: ">", limit: 0.0 });
        }
        if trial.x0.len() != n || vectors.neurons() != n {
            let rows = trial.x0.len().min(vectors.neurons());
            return Err(SimulateError::BadShape { rows, columns: 1, neurons: n, copies: 1 });
        }
        let inputs = vectors.layout().inputs;
        if trial.felt.len() != steps + 1 || trial.felt.iter().any(|felt| felt.len() != inputs) {
            let (field, found) = (format!("felt input of trial {index}"), trial.felt.len());
            let mend = "give one row a time, the first and the last among them, and in it one value an input vector";
            return Err(ModelError::Length { field, found, expected: steps + 1, mend }.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lowrank_connectivity::{BulkKind, Network, Sampling, draw_vectors};
    use lowrank_model::Vector::{I, M, N, W};
    use lowrank_model::{Ensemble, Initial, Input, Layout, Model, Moments};

    use super::*;
    use crate::{Protocol, Timing, initial_currents, simulate};

    const NEURONS: usize = 90;

    fn ensemble() -> Ensemble {
        let moments = Moments::new(Layout::rank(2).with_inputs(1).with_readouts(1)).mean(M(0), 1.0).mean(N(1), 1.5);
        let moments = moments.variance(M(1), 1.0).variance(I(0), 0.5).variance(W(0), 2.0).variance(N(0), 1.0);
        moments.covariance(W(0), I(0), 0.3).build().unwrap().into()
    }

    #[test]
    fn without_noise_a_trial_is_the_network_of_simulate() {
        let (vectors, bulk) = (draw(), Bulk::<f64>::draw(BulkKind::Gaussian, NEURONS, 4, 0).unwrap());
        let bulk = Arc::new(bulk);
        let variants = [Variant::Current, Variant::Rate, Variant::two_timescale(0.6, 1.7).unwrap()];
        let (input, strengths) = (Input::constant(&[0.8]).unwrap(), [1.4, 0.6, 1.1]);
        let along = [N(0), N(1), W(0)];
        let (mut felt, mut starts, mut expected) = (Vec::new(), Vec::new(), Vec::new());
        for (variant, g) in variants.into_iter().zip(strengths) {
            let model = Model::new(g, Transfer::Tanh, variant, ensemble(), input.clone()).unwrap();
            let network = Network::new(g, bulk.clone(), vectors.clone()).unwrap();
            let x0 =
                initial_currents(&network, &Initial { along: vec![(M(0), 0.3)], deviation: 1.0 }, 1, 4, 0).unwrap();
            let timing = Timing { transient: 0.0, window: 6.0, interval: 0.5, step: 0.1 };
            let protocol = Protocol::new(timing, Method::ExponentialEuler).unwrap().with_kappa_along(along.to_vec());
            let seen = simulate(&network, &model, x0.as_ref(), &protocol, (4, 0)).unwrap();
            expected.push(seen.kappa.into_iter().map(|copies| copies[0].clone()).collect::<Vec<_>>());
            felt.push(input.felt(variant, 0.1, 60, || 0.0).unwrap());
            starts.push(x0.col(0).iter().copied().collect::<Vec<f64>>());
        }
        let trials: Vec<Trial<'_>> =
            (0..3).map(|i| Trial { g: strengths[i], variant: variants[i], x0: &starts[i], felt: &felt[i] }).collect();
        let recording = Recording { every: 5, along: &along, states: true };
        let seen = believed(run_trials(&bulk, &vectors, Transfer::Tanh, &trials, (0.1, 60), recording));
        for (seen, expected) in seen.iter().zip(&expected) {
            assert_eq!((seen.along.len(), seen.states.len(), seen.states[0].len()), (13, 13, NEURONS));
            for (seen, expected) in seen.along.iter().flatten().zip(expected.iter().flatten()) {
                assert!((seen - expected).abs() < 1e-12, "{seen} {expected}");
            }
        }
        // In single precision the same to its digits.
        let bulk = Bulk::<f32>::draw(BulkKind::Gaussian, NEURONS, 4, 0).unwrap();
        let single = believed(run_trials(&bulk, &vectors, Transfer::Tanh, &trials, (0.1, 60), recording));
        for (single, double) in single.iter().zip(&seen) {
            let pairs = single.along.iter().flatten().zip(double.along.iter().flatten());
            pairs.for_each(|(single, double)| assert!((single - double).abs() < 1e-4, "{single} {double}"));
        }
    }

    fn believed(ran: Result<Vec<Result<Course, SimulateError>>, SimulateError>) -> Vec<Course> {
        ran.unwrap().into_iter().map(Result::unwrap).collect()
    }

    fn draw() -> Empirical {
        draw_vectors(&ensemble(), NEURONS, Sampling::Independent, 4, 0).unwrap()
    }

    #[test]
    fn without_couplings_x_is_the_felt_input() {
        // r(t) = phi(V(t) I) in the current variant, whatever V does; the start decays on top.
        let layout = Layout::rank(0).with_inputs(1).with_readouts(1);
        let i: Vec<f64> = (0..20).map(|k| 0.3 * f64::from(k) - 2.0).collect();
        let vectors = Empirical::new(layout, 20, vec![i.clone(), i.clone()]).unwrap();
        let bulk = Bulk::<f64>::draw(BulkKind::Gaussian, 20, 1, 0).unwrap();
        let felt: Vec<Vec<f64>> = (0..=30).map(|k| vec![(0.7 * f64::from(k)).sin()]).collect();
        let trial = Trial { g: 0.0, variant: Variant::Current, x0: &i, felt: &felt };
        let recording = Recording { every: 1, along: &[W(0)], states: false };
        let seen = believed(run_trials(&bulk, &vectors, Transfer::Tanh, &[trial], (0.1, 30), recording));
        for (step, seen) in seen[0].along.iter().enumerate() {
            let factor = felt[step][0] + (-0.1 * step as f64).exp();
            let expected = i.iter().map(|i| i * (factor * i).tanh()).sum::<f64>() / 20.0;
            assert!((seen[0] - expected).abs() < 1e-12, "{step}: {} {expected}", seen[0]);
        }
        let short = Trial { felt: &felt[1..], ..trial };
        let error = run_trials(&bulk, &vectors, Transfer::Tanh, &[short], (0.1, 30), recording).unwrap_err();
        assert!(error.to_string().contains("felt input of trial 0"), "{error}");
        let seen = run_trials(&bulk, &vectors, Transfer::Tanh, &[trial], (0.6, 30), recording).unwrap().remove(0);
        assert!(matches!(seen, Err(SimulateError::UnstableStep { longest: Some(0.3), .. })), "{seen:?}");
    }
}
