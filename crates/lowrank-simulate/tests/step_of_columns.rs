//! No column of a block and no trial gives a wrong number: what it shows is what its equations say, or that it has none
//! (T35-T37, T40).
#![allow(missing_docs, clippy::unwrap_used)]

use lowrank_connectivity::{Bulk, BulkKind, Network, Sampling, Scalar, draw_vectors};
use lowrank_integrate::Method;
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Empirical, Initial, Input, Layout, Model, Moments, Transfer, Variant};
use lowrank_simulate::{
    Cell, CellEnd, ERROR_TOLERANCE, MOST_HALVINGS, Products, Protocol, Recording, Seen, SimulateError, Timing, Trial,
    Watch, initial_currents, run_cells, run_trials, simulate,
};

const METHODS: [Method; 3] = [Method::EtdAb3, Method::Euler, Method::ExponentialEuler];

fn variants() -> [Variant; 3] {
    [Variant::Current, Variant::Rate, Variant::two_timescale(0.6, 1.5).unwrap()]
}

/// Vectors on one bulk, and a start.
struct Setting {
    neurons: usize,
    vectors: Empirical,
    x0: Vec<f64>,
    timing: Timing,
}

impl Setting {
    fn new(neurons: usize, moments: Moments, start: Initial, timing: Timing) -> Self {
        let ensemble = moments.build().unwrap().into();
        let vectors = draw_vectors(&ensemble, neurons, Sampling::Matched, 5, 0).unwrap();
        let bulk = std::sync::Arc::new(Bulk::draw(BulkKind::Gaussian, neurons, 5, 0).unwrap());
        let network = Network::new(0.0, bulk, vectors.clone()).unwrap();
        let x0 = initial_currents(&network, &start, 1, 5, 0).unwrap().col(0).iter().copied().collect();
        Self { neurons, vectors, x0, timing }
    }

    /// One column; the step is the longest, or the given one.
    fn column<T: Scalar>(&self, g: f64, variant: Variant, method: Method, (step, chosen): (f64, bool)) -> Seen {
        let bulk = Bulk::<T>::draw(BulkKind::Gaussian, self.neurons, 5, 0).unwrap();
        let protocol = Protocol::new(Timing { step, ..self.timing }, method).unwrap();
        let halvings = if chosen { MOST_HALVINGS } else { 0 };
        let watch = Watch { leave_at_rest: true, lyapunov: None, tolerance: ERROR_TOLERANCE, halvings };
        let cell = Cell { g, variant, vectors: &self.vectors, amplitudes: &[], x0: &self.x0 };
        run_cells(&bulk, Transfer::Tanh, &[cell], &protocol, watch, Products::Whole).unwrap().remove(0)
    }

    /// The same network by itself, by Runge's method at a fine step.
    fn reference(&self, g: f64, variant: Variant, step: f64) -> lowrank_simulate::Observed {
        let bulk = std::sync::Arc::new(Bulk::draw(BulkKind::Gaussian, self.neurons, 5, 0).unwrap());
        let network = Network::new(g, bulk, self.vectors.clone()).unwrap();
        let model = Model::new(g, Transfer::Tanh, variant, self.vectors.clone(), Input::none()).unwrap();
        let x0 = faer::Mat::from_fn(self.neurons, 1, |i, _| self.x0[i]);
        let protocol = Protocol::new(Timing { step, ..self.timing }, Method::Rk4).unwrap();
        simulate(&network, &model, x0.as_ref(), &protocol, (5, 0)).unwrap()
    }
}

fn has_numbers(seen: &Seen) -> bool {
    matches!(seen.end, CellEnd::Ran | CellEnd::AtRest(_))
}

/// A uniform overlap beside a weak bulk, below chaos: the state of rest of a fine step, which for overlaps below one is zero.
#[test]
fn columns_with_overlaps_and_a_weak_bulk_rest_where_they_should_or_have_no_numbers() {
    let timing = Timing { transient: 80.0, window: 5.0, interval: 1.0, step: 0.2 };
    let (mut refused, mut halved) = (0, 0);
    for overlap in [-20.0, -10.0, -3.5, -2.7, -1.0, 1.5, 4.0, 20.0] {
        let moments = Moments::new(Layout::rank(1)).mean(M(0), 1.0).mean(N(0), overlap);
        let start = Initial { along: vec![(M(0), 0.5)], deviation: 0.0 };
        let setting = Setting::new(60, moments, start, timing);
        for g in [0.0, 0.5] {
            for variant in variants() {
                let expected = if overlap < 1.0 { 0.0 } else { setting.reference(g, variant, 0.01).order.kappa[0] };
                for method in METHODS {
                    for step in [(0.2, true), (0.2, false), (0.5, false)] {
                        let double = setting.column::<f64>(g, variant, method, step);
                        let single = setting.column::<f32>(g, variant, method, step);
                        let context = format!("{overlap} {g} {variant} {method} {step:?}");
                        for (seen, digits) in [(&double, 1e-6), (&single, 1e-4)] {
                            if !has_numbers(seen) {
                                assert!(matches!(seen.end, CellEnd::Inaccurate(_)), "{context}: {:?}", seen.end);
                                assert!(!step.1 || method != Method::EtdAb3, "{context}: {:?}", seen.end);
                                refused += 1;
                                continue;
                            }
                            let off = (seen.kappa[0] - expected).abs();
                            // A given step may damp slowly.
                            let digits = if step.1 { digits } else { 1e-3 };
                            assert!(off < digits * overlap.abs().max(1.0), "{context}: {} {expected}", seen.kappa[0]);
                            halved += usize::from(seen.step < 0.2);
                        }
                        // Rounding decides nothing.
                        assert_eq!(
                            (double.step, has_numbers(&double)),
                            (single.step, has_numbers(&single)),
                            "{context}"
                        );
                    }
                }
            }
        }
    }
    assert!(refused > 100 && halved > 100, "{refused} without numbers, {halved} halved");
}

/// S_mn = (a, b; -b, a): limit cycles turn with b, and their size is that of a fine step.
#[test]
fn columns_that_rotate_keep_their_size_or_have_no_numbers() {
    let timing = Timing { transient: 60.0, window: 40.0, interval: 0.2, step: 0.2 };
    for (a, b) in [(0.8, 5.0), (1.5, 1.0), (2.0, 5.0), (1.5, 10.0)] {
        let moments = Moments::new(Layout::rank(2)).variance(M(0), 1.0).variance(M(1), 1.0);
        let moments = moments.variance(N(0), 150.0).variance(N(1), 150.0).covariance(M(0), N(0), a);
        let moments = moments.covariance(M(1), N(1), a).covariance(M(0), N(1), b).covariance(M(1), N(0), -b);
        let start = Initial { along: vec![(M(0), 1.0)], deviation: 0.0 };
        let setting = Setting::new(100, moments, start, timing);
        for variant in [Variant::Current, Variant::Rate] {
            let fine = setting.reference(0.0, variant, 0.01).order.delta_0;
            for method in METHODS {
                for step in [(0.2, true), (0.2, false)] {
                    let seen = setting.column::<f32>(0.0, variant, method, step);
                    let context = format!("{a} {b} {variant} {method} {step:?}: {} for {fine}", seen.delta_0);
                    if has_numbers(&seen) {
                        // A given step may be coarse, and tells it.
                        let bound = if step.1 { 0.04 } else { 3.0 * seen.error_estimate };
                        assert!((seen.delta_0 - fine).abs() < bound * fine.max(0.1), "{context}");
                    } else {
                        assert!(!step.1 || method != Method::EtdAb3, "{context}");
                    }
                }
            }
        }
    }
}

/// Chaos up to g = 50, with an inhibition beside it: variances against a fine step, as nearly as one network tells.
#[test]
fn columns_in_strong_chaos_have_the_variance_of_a_fine_step_or_no_numbers() {
    for (g, overlap) in [(5.0, 0.0), (20.0, 0.0), (20.0, -10.0), (50.0, 0.0)] {
        let moments = Moments::new(Layout::rank(1)).mean(M(0), 1.0).mean(N(0), overlap);
        let start = Initial { along: Vec::new(), deviation: g };
        let timing = Timing { transient: 20.0, window: 100.0, interval: 1.0, step: 0.2 };
        let setting = Setting::new(150, moments, start, timing);
        for variant in [Variant::Current, Variant::Rate] {
            let fine = setting.reference(g, variant, 0.05).order.delta_0;
            for (method, step) in [
                (Method::EtdAb3, (0.2, true)),
                (Method::EtdAb3, (0.2, false)),
                (Method::Euler, (0.2, true)),
                (Method::ExponentialEuler, (0.2, false)),
            ] {
                let seen = setting.column::<f32>(g, variant, method, step);
                let context = format!("{g} {overlap} {variant} {method} {step:?} {:?}", seen.end);
                if has_numbers(&seen) {
                    let ratio = seen.delta_0 / fine;
                    assert!((0.85..1.15).contains(&ratio), "{context}: {ratio} of {fine} at {}", seen.step);
                } else {
                    assert!(!step.1 || method != Method::EtdAb3, "{context}");
                }
            }
        }
    }
}

/// Heun's method rests at kappa 4.76 for an overlap of -10; blocks do not have it, and what they have rests at zero or nowhere.
#[test]
fn blocks_have_no_method_of_two_products() {
    let moments = Moments::new(Layout::rank(1)).mean(M(0), 1.0).mean(N(0), -10.0);
    let start = Initial { along: vec![(M(0), 0.5)], deviation: 0.0 };
    let timing = Timing { transient: 80.0, window: 5.0, interval: 1.0, step: 0.2 };
    let setting = Setting::new(20, moments, start, timing);
    let bulk = Bulk::<f64>::draw(BulkKind::Gaussian, 20, 5, 0).unwrap();
    let cell = Cell { g: 0.0, variant: Variant::Current, vectors: &setting.vectors, amplitudes: &[], x0: &setting.x0 };
    let watch = Watch { leave_at_rest: true, lyapunov: None, tolerance: ERROR_TOLERANCE, halvings: MOST_HALVINGS };
    let protocol = Protocol::new(timing, Method::Heun).unwrap();
    let refused = run_cells(&bulk, Transfer::Tanh, &[cell], &protocol, watch, Products::Whole);
    assert!(matches!(refused, Err(SimulateError::ManyProducts { method: Method::Heun })), "{refused:?}");
}

/// Trials of overlaps from -20 to 20, beside no bulk and a strong one: at the end of a long one without input, the state of a fine
/// step, or why it is not believed.
#[test]
fn trials_end_where_they_should_or_say_why_they_are_not_believed() {
    let timing = Timing { transient: 60.0, window: 0.0, interval: 1.0, step: 0.2 };
    let (mut refused, mut right) = (0, 0);
    for overlap in [-20.0, -10.0, -3.0, -1.0, 1.5, 4.0, 20.0] {
        let moments = Moments::new(Layout::rank(1)).mean(M(0), 1.0).mean(N(0), overlap);
        let start = Initial { along: vec![(M(0), 0.5)], deviation: 0.0 };
        let setting = Setting::new(60, moments, start, timing);
        for (g, variant) in [0.0, 0.5].into_iter().flat_map(|g| variants().map(|variant| (g, variant))) {
            let expected = if overlap < 1.0 { 0.0 } else { setting.reference(g, variant, 0.01).order.kappa[0] };
            for dt in [0.025, 0.1, 0.25] {
                let steps = (60.0 / dt) as usize;
                let felt = vec![Vec::new(); steps + 1];
                let trial = Trial { g, variant, x0: &setting.x0, felt: &felt };
                let recording = Recording { every: steps, along: &[N(0)], states: false };
                let bulk = Bulk::<f32>::draw(BulkKind::Gaussian, 60, 5, 0).unwrap();
                let ran = run_trials(&bulk, &setting.vectors, Transfer::Tanh, &[trial], (dt, steps), recording);
                match ran.unwrap().remove(0) {
                    Ok(course) => {
                        let (kappa, context) = (course.along[1][0], format!("{overlap} {g} {variant} {dt}"));
                        assert!(
                            (kappa - expected).abs() < 1e-4 * overlap.abs().max(1.0),
                            "{context}: {kappa} {expected}"
                        );
                        right += 1;
                    }
                    Err(SimulateError::UnstableStep { step, longest, .. }) => {
                        assert!(longest.is_some_and(|longest| longest < step), "{longest:?} {step}");
                        refused += 1;
                    }
                    Err(error) => {
                        assert!(matches!(error, SimulateError::InaccurateStep { .. }), "{error}");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(right > 60 && refused > 10, "{right} right, {refused} refused");
}

/// A rotation a +- b i that grows slowly around the centre of an activity which input holds where slopes are small: the size of its cycle
/// hangs on the growth there, not on that at the steepest slope. Against Runge's method at a fine step; methods of order one have no
/// numbers where no step that may be chosen is short enough.
#[test]
fn weak_rotations_under_strong_input_keep_their_size_or_have_no_numbers() {
    let two = Variant::two_timescale(1.0, 0.3).unwrap();
    let timing = Timing { transient: 200.0, window: 40.0, interval: 0.25, step: 0.25 };
    let along = Initial { along: vec![(M(0), 0.7)], deviation: 0.0 };
    for (transfer, variant, a, b, amplitude, refused) in [
        (Transfer::Logistic, two, 1.5, 8.0, 0.4, Some(Method::Euler)),
        (Transfer::Tanh, Variant::Current, 1.2, 3.0, 0.38, None),
        (Transfer::Tanh, Variant::Rate, 1.15, 5.0, 0.3, Some(Method::ExponentialEuler)),
    ] {
        let moments = Moments::new(Layout::rank(2).with_inputs(1)).variance(M(0), 1.0).variance(M(1), 1.0);
        let moments = moments.variance(N(0), 80.0).variance(N(1), 80.0).variance(I(0), 1.0).covariance(M(0), N(0), a);
        let moments = moments.covariance(M(1), N(1), a).covariance(M(0), N(1), -b).covariance(M(1), N(0), b);
        let vectors = draw_vectors(&moments.build().unwrap().into(), 60, Sampling::Matched, 5, 0).unwrap();
        let bulk = std::sync::Arc::new(Bulk::draw(BulkKind::Gaussian, 60, 5, 0).unwrap());
        let network = Network::new(0.0, bulk.clone(), vectors.clone()).unwrap();
        let x0 = initial_currents(&network, &along, 1, 5, 0).unwrap();
        let input = Input::constant(&[amplitude]).unwrap();
        let model = Model::new(0.0, transfer, variant, vectors.clone(), input).unwrap();
        let alone = |method, step: Option<f64>| {
            let protocol = Protocol::new(Timing { step: step.unwrap_or(0.25), ..timing }, method).unwrap();
            let protocol = if step.is_none() { protocol.with_chosen_step() } else { protocol };
            simulate(&network, &model, x0.as_ref(), &protocol, (5, 0))
        };
        let start: Vec<f64> = x0.col(0).iter().copied().collect();
        let column = |method| {
            let watch =
                Watch { leave_at_rest: true, lyapunov: None, tolerance: ERROR_TOLERANCE, halvings: MOST_HALVINGS };
            let cell = Cell { g: 0.0, variant, vectors: &vectors, amplitudes: &[amplitude], x0: &start };
            let protocol = Protocol::new(timing, method).unwrap();
            run_cells(&*bulk, transfer, &[cell], &protocol, watch, Products::Whole).unwrap().remove(0)
        };
        let expected = alone(Method::Rk4, Some(0.0125)).unwrap().chaoticity.unwrap();
        assert!(expected > 0.05, "{transfer} {variant}: there is no cycle, {expected}");
        let (network, column_seen) = (alone(Method::EtdAb3, None).unwrap(), column(Method::EtdAb3));
        for seen in [network.chaoticity.unwrap(), column_seen.chaoticity.unwrap()] {
            let off = (seen / expected - 1.0).abs();
            assert!(off < 0.02, "{transfer} {variant}: {seen} for {expected} at {}", network.step);
        }
        assert_eq!(column_seen.step, network.step);
        if let Some(method) = refused {
            let error = alone(method, None).unwrap_err();
            let of_the_step = matches!(error, SimulateError::UnfaithfulStep { .. } | SimulateError::NoStep { .. });
            assert!(of_the_step, "{transfer} {variant}: {error}");
            assert!(!has_numbers(&column(method)), "{transfer} {variant}");
        }
    }
}

/// Overlaps of 3.5 and of -3 on neurons of their own: at rest the growth of the first hides that a step of 0.2 makes the second grow, at
/// the state that activity ends in it does not, also where a start along the first alone never shows it. Columns are judged there as
/// single networks are.
#[test]
fn a_step_that_is_unstable_at_the_last_state_alone_is_not_taken() {
    let (of_first, neurons) = (|i: usize| i < 30, 60);
    let on = |first: bool, value: f64| (0..neurons).map(|i| if of_first(i) == first { value } else { 0.0 }).collect();
    let rows = vec![on(true, 1.0), on(false, 1.0), on(true, 7.0), on(false, -6.0)];
    let vectors = Empirical::new(Layout::rank(2), neurons, rows).unwrap();
    let bulk = std::sync::Arc::new(Bulk::draw(BulkKind::Gaussian, neurons, 5, 0).unwrap());
    let network = Network::new(0.0, bulk.clone(), vectors.clone()).unwrap();
    let start: Vec<f64> = (0..neurons).map(|i| if of_first(i) { 0.5 } else { 0.0 }).collect();
    let x0 = faer::Mat::from_fn(neurons, 1, |i, _| start[i]);
    let timing = Timing { transient: 40.0, window: 5.0, interval: 1.0, step: 0.2 };
    // kappa = 3.5 tanh(kappa).
    let kappa = (0..200).fold(3.5, |kappa: f64, _| 3.5 * kappa.tanh());
    for chosen in [true, false] {
        let watch = |leave_at_rest| {
            let halvings = if chosen { MOST_HALVINGS } else { 0 };
            Watch { leave_at_rest, lyapunov: None, tolerance: ERROR_TOLERANCE, halvings }
        };
        let protocol = Protocol::new(timing, Method::EtdAb3).unwrap();
        let of_one = if chosen { protocol.clone().with_chosen_step() } else { protocol.clone() };
        let model = Model::new(0.0, Transfer::Tanh, Variant::Current, vectors.clone(), Input::none()).unwrap();
        let alone = simulate(&network, &model, x0.as_ref(), &of_one, (5, 0));
        for leave_at_rest in [true, false] {
            let cell = Cell { g: 0.0, variant: Variant::Current, vectors: &vectors, amplitudes: &[], x0: &start };
            let seen =
                run_cells(&*bulk, Transfer::Tanh, &[cell], &protocol, watch(leave_at_rest), Products::Whole).unwrap();
            match &alone {
                Ok(alone) => {
                    assert!(chosen && alone.step < 0.2 && seen[0].step == alone.step, "{}", seen[0].step);
                    assert!(has_numbers(&seen[0]) && (seen[0].kappa[0] - kappa).abs() < 1e-6, "{}", seen[0].kappa[0]);
                }
                Err(error) => {
                    assert!(!chosen && matches!(error, SimulateError::UnstableStep { .. }), "{error}");
                    assert!(matches!(seen[0].end, CellEnd::Inaccurate(_)), "{:?}", seen[0].end);
                }
            }
        }
    }
}
