//! No run gives a wrong number: with every method, step and variant the network shows what its equations say, or an error
//! (T35-T37).
#![allow(missing_docs, clippy::unwrap_used)]

use lowrank_connectivity::{Network, Sampling};
use lowrank_integrate::Method;
use lowrank_model::Vector::{M, N};
use lowrank_model::{Initial, Input, Layout, Model, Moments, Transfer, Variant};
use lowrank_simulate::{Observed, Protocol, SimulateError, Timing, initial_currents, lyapunov, simulate};

fn variants() -> [Variant; 3] {
    [Variant::Current, Variant::Rate, Variant::two_timescale(0.6, 1.5).unwrap()]
}

struct Setting {
    model: Model,
    neurons: usize,
    start: Initial,
    timing: Timing,
}

impl Setting {
    fn run(&self, method: Method, step: Option<f64>) -> Result<Observed, SimulateError> {
        let network = Network::draw(&self.model, self.neurons, Sampling::Matched, 5, 0).unwrap();
        let x0 = initial_currents(&network, &self.start, 1, 5, 0).unwrap();
        let timing = Timing { step: step.unwrap_or(0.2), ..self.timing };
        let protocol = Protocol::new(timing, method).unwrap();
        let protocol = if step.is_none() { protocol.with_chosen_step() } else { protocol };
        simulate(&network, &self.model, x0.as_ref(), &protocol, (5, 0))
    }
}

fn is_of_the_step(error: &SimulateError) -> bool {
    // A bounded activity overflows by the step alone.
    matches!(
        error,
        SimulateError::UnstableStep { .. }
            | SimulateError::InaccurateStep { .. }
            | SimulateError::SpuriousRest { .. }
            | SimulateError::Integrate(_)
    )
}

/// A uniform overlap: kappa = overlap tanh(kappa) at rest, from a positive start the upper root.
fn uniform(overlap: f64, variant: Variant) -> Setting {
    let ensemble = Moments::new(Layout::rank(1)).mean(M(0), 1.0).mean(N(0), overlap).build().unwrap();
    let model = Model::new(0.0, Transfer::Tanh, variant, ensemble, Input::none()).unwrap();
    let start = Initial { along: vec![(M(0), 0.5)], deviation: 0.0 };
    Setting { model, neurons: 20, start, timing: Timing { transient: 60.0, window: 5.0, interval: 1.0, step: 0.2 } }
}

fn upper_root(overlap: f64) -> f64 {
    let mut kappa = overlap.max(0.0);
    for _ in 0..10_000 {
        kappa = overlap * kappa.tanh();
    }
    if overlap <= 1.0 { 0.0 } else { kappa }
}

#[test]
fn overlaps_from_minus_twenty_to_twenty_rest_where_they_should_or_are_refused() {
    let (mut refused, mut halved) = (0, 0);
    for overlap in [-20.0, -10.0, -5.0, -3.5, -2.9, -2.7, -2.6, -1.0, 0.5, 1.5, 3.0, 8.0, 20.0] {
        for variant in variants() {
            let setting = uniform(overlap, variant);
            for method in Method::ALL {
                for step in [Some(0.2), Some(0.5), None] {
                    let context = format!("{overlap} {variant} {method} {step:?}");
                    match setting.run(method, step) {
                        Ok(seen) => {
                            let off = (seen.order.kappa[0] - upper_root(overlap)).abs();
                            let bound = if step.is_some() { 1e-3 } else { 1e-6 } * overlap.abs().max(1.0);
                            assert!(off < bound, "{context}: kappa {}", seen.order.kappa[0]);
                            halved += usize::from(seen.step < 0.2);
                        }
                        Err(error) => {
                            assert!(step.is_some() && is_of_the_step(&error), "{context}: {error}");
                            refused += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(refused > 50 && halved > 50, "{refused} refused, {halved} halved");
}

/// Heun's method at 0.2 has a fixed point at kappa 4.76 for an overlap of -10, whose only state of rest is zero.
#[test]
fn spurious_fixed_points_of_the_method_are_no_states() {
    let setting = uniform(-10.0, Variant::Current);
    assert!(setting.run(Method::Heun, Some(0.2)).is_err_and(|error| is_of_the_step(&error)));
}

/// Overlaps 0.8 +- 5 i: rest is stable (-0.2 +- 5 i), and a step that is unstable there ends on a cycle of its own, whose slopes are small.
#[test]
fn a_given_step_that_makes_a_cycle_of_its_own_is_refused() {
    let moments = Moments::new(Layout::rank(2)).variance(M(0), 1.0).variance(M(1), 1.0);
    let moments = moments.variance(N(0), 40.0).variance(N(1), 40.0).covariance(M(0), N(0), 0.8);
    let moments = moments.covariance(M(1), N(1), 0.8).covariance(M(0), N(1), 5.0).covariance(M(1), N(0), -5.0);
    let ensemble = moments.build().unwrap();
    let start = Initial { along: vec![(M(0), 0.7)], deviation: 0.0 };
    let timing = Timing { transient: 60.0, window: 20.0, interval: 1.0, step: 0.2 };
    let mut refused = 0;
    for variant in [Variant::Current, Variant::Rate] {
        for g in [0.0, 0.3] {
            let model = Model::new(g, Transfer::Tanh, variant, ensemble.clone(), Input::none()).unwrap();
            let setting = Setting { model, neurons: 100, start: start.clone(), timing };
            for method in Method::ALL {
                for step in [Some(0.4), Some(0.2), Some(0.1), Some(0.05), None] {
                    match setting.run(method, step) {
                        Ok(seen) => assert!(seen.order.delta_0 < 1e-2, "{method} {step:?}: {}", seen.order.delta_0),
                        Err(error) => {
                            assert!(is_of_the_step(&error) || step.is_none(), "{method} {step:?}: {error}");
                            refused += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(refused > 30, "{refused}");
}

/// S_mn = (a, b; -b, a): limit cycles turn with b; their size against that of a fine step.
#[test]
fn rotations_up_to_ten_keep_their_size() {
    for (a, b) in [(0.8, 5.0), (1.5, 1.0), (2.0, 5.0), (1.5, 10.0)] {
        let moments = Moments::new(Layout::rank(2)).variance(M(0), 1.0).variance(M(1), 1.0);
        let moments = moments.variance(N(0), 150.0).variance(N(1), 150.0).covariance(M(0), N(0), a);
        let moments = moments.covariance(M(1), N(1), a).covariance(M(0), N(1), b).covariance(M(1), N(0), -b);
        let model = Model::new(0.0, Transfer::Tanh, Variant::Current, moments.build().unwrap(), Input::none()).unwrap();
        let start = Initial { along: vec![(M(0), 1.0)], deviation: 0.0 };
        let timing = Timing { transient: 60.0, window: 40.0, interval: 0.1, step: 0.2 };
        let setting = Setting { model, neurons: 100, start, timing };
        let size = |seen: &Observed| {
            let all = seen.kappa.iter().map(|sample| sample[0].iter().map(|k| k * k).sum::<f64>());
            (all.sum::<f64>() / seen.kappa.len() as f64).sqrt()
        };
        let fine = size(&setting.run(Method::Rk4, Some(0.01)).unwrap());
        for method in [Method::EtdAb3, Method::Rk4] {
            for step in [Some(0.2), None] {
                match setting.run(method, step) {
                    Ok(seen) => {
                        let off = (size(&seen) - fine).abs();
                        assert!(off < 0.02 * fine.max(0.1), "{a} {b} {method} {step:?}: {} for {fine}", size(&seen));
                    }
                    Err(error) => {
                        assert!(step.is_some() && is_of_the_step(&error), "{a} {b} {method} {step:?}: {error}")
                    }
                }
            }
        }
    }
}

/// Chaos at large g: variances and exponents against Runge's method at a fine step, as nearly as one network of 200 tells.
#[test]
fn strong_chaos_has_the_variance_and_the_exponent_of_a_fine_step() {
    for g in [5.0, 20.0, 50.0] {
        let ensemble = Moments::new(Layout::rank(0)).build().unwrap();
        let model = Model::new(g, Transfer::Tanh, Variant::Current, ensemble, Input::none()).unwrap();
        let start = Initial { along: Vec::new(), deviation: g };
        let timing = Timing { transient: 20.0, window: 100.0, interval: 1.0, step: 0.2 };
        let setting = Setting { model, neurons: 200, start, timing };
        let exponent = |method, step| {
            let network = Network::draw(&setting.model, 200, Sampling::Matched, 5, 0).unwrap();
            let x0 = initial_currents(&network, &setting.start, 1, 5, 0).unwrap();
            let protocol = Protocol::new(Timing { step, ..timing }, method).unwrap().with_chosen_step();
            lyapunov(&network, &setting.model, x0.as_ref(), &protocol, (5, 0)).unwrap()
        };
        let (fine, seen) = (setting.run(Method::Rk4, Some(0.05)).unwrap(), setting.run(Method::EtdAb3, None).unwrap());
        let ratio = seen.order.delta_0 / fine.order.delta_0;
        assert!((0.9..1.1).contains(&ratio) && (seen.step < 0.2 || g < 20.0), "{g}: {ratio} at step {}", seen.step);
        let (fine, seen) = (exponent(Method::Rk4, 0.05).mean, exponent(Method::EtdAb3, 0.2));
        assert!((seen.mean - fine).abs() < 0.15 * fine, "{g}: {} for {fine} at step {}", seen.mean, seen.step);
        let given = setting.run(Method::EtdAb3, Some(0.2));
        assert!(g < 20.0 || given.is_err_and(|error| is_of_the_step(&error)), "{g}");
    }
}

/// A start far from rest under inhibition is left within a tenth of a unit of time; what an accurate run shows at t = 0.2 is -5.004.
#[test]
fn a_chosen_step_follows_the_way_from_the_start() {
    let mut setting = uniform(-15.0, Variant::Current);
    setting.start.along[0].1 = 3.0;
    setting.timing = Timing { transient: 0.2, window: 0.0, interval: 0.2, step: 0.2 };
    for method in Method::ALL {
        let seen = setting.run(method, None).unwrap();
        // The estimate is per unit time and relative to states of order one.
        assert!((seen.order.kappa[0] + 5.004).abs() < 0.4, "{method}: {} at {}", seen.order.kappa[0], seen.step);
    }
}
