//! Inputs that move within a step: the methods keep their order, and a kink costs nothing.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use lowrank_connectivity::{Network, Sampling};
use lowrank_integrate::Method;
use lowrank_model::{Initial, Input, Layout, Model, Moments, TimeCourse, Transfer, Variant, Vector};
use lowrank_simulate::{Protocol, Timing, initial_currents, simulate};

const PERIOD: f64 = 3.0;

/// x of one unit over its input vector at time 6 without coupling, where x is the input filtered by tau = 1.
fn filtered(course: TimeCourse, method: Method, step: f64) -> f64 {
    trajectory(course, method, step, |protocol| protocol)[6]
}

/// The same at times 0, 1, ... 6.
fn trajectory(course: TimeCourse, method: Method, step: f64, with: impl Fn(Protocol) -> Protocol) -> Vec<f64> {
    let ensemble = Moments::new(Layout::rank(0).with_inputs(1)).mean(Vector::I(0), 1.0).build().unwrap();
    let model = Model::new(0.0, Transfer::Tanh, Variant::Current, ensemble, Input::new(vec![course])).unwrap();
    let network = Network::draw(&model, 2, Sampling::Independent, 1, 0).unwrap();
    let x0 = initial_currents(&network, &Initial::default(), 1, 1, 0).unwrap();
    let timing = Timing { transient: 0.0, window: 6.0, interval: 1.0, step };
    let protocol = with(Protocol::new(timing, method).unwrap()).with_trajectory();
    let observed = simulate(&network, &model, x0.as_ref(), &protocol, (1, 0)).unwrap();
    observed.trajectory.iter().map(|x| x[(0, 0)] / network.vector(Vector::I(0)).unwrap()[0]).collect()
}

/// V(6) of dV/dt = -V + sin(w t) from V(0) = 0, in closed form.
fn exact() -> f64 {
    let w = std::f64::consts::TAU / PERIOD;
    ((w * 6.0).sin() - w * (w * 6.0).cos() + w * (-6.0_f64).exp()) / (1.0 + w * w)
}

#[test]
fn a_sine_keeps_the_order_of_every_method() {
    let sine = || TimeCourse::constant(0.0).unwrap().with_sine(1.0, PERIOD, 0.0).unwrap();
    for (method, order) in [(Method::Rk4, 4.0), (Method::EtdAb3, 3.0), (Method::Heun, 2.0), (Method::Euler, 1.0)] {
        let error = |step: f64| (filtered(sine(), method, step) - exact()).abs();
        let (long, short) = (error(0.05), error(0.025));
        let found = (long / short).log2();
        assert!((found - order).abs() < 0.35, "{method:?}: order {found}, errors {long:e} {short:e}");
    }
}

/// A step that is chosen sees the input itself: without it 0.2 stood at every period, off by 3e-3 at a period of 3 and by more below.
#[test]
fn a_chosen_step_resolves_the_period_of_a_sine() {
    for period in [20.0, 6.0, 3.0, 1.0, 0.4] {
        let w = std::f64::consts::TAU / period;
        let exact = |t: f64| ((w * t).sin() - w * (w * t).cos() + w * (-t).exp()) / (1.0 + w * w);
        let sine = || TimeCourse::constant(0.0).unwrap().with_sine(1.0, period, 0.0).unwrap();
        for method in Method::ALL {
            let off = |with: fn(Protocol) -> Protocol| {
                let found = trajectory(sine(), method, 0.2, with);
                (0..7).map(|t| (found[t] - exact(t as f64)).abs()).fold(0.0, f64::max)
            };
            let limit = if method.order() == 1 { 1e-2 } else { 1e-3 };
            let chosen = off(Protocol::with_chosen_step);
            assert!(chosen < limit, "{method:?}, period {period}: {chosen:e}");
            // The control: at a period of 3 the longest step of these is not good enough.
            if period == 3.0 && matches!(method, Method::EtdAb3 | Method::Euler) {
                let longest = off(|protocol| protocol);
                assert!(longest > limit, "{method:?}: {longest:e}");
            }
        }
    }
}

#[test]
fn kinks_and_jumps_fall_between_steps() {
    // A ramp from 1 to 2.03 and a jump at 4.01, neither on the grid of steps, with a sine besides.
    let course = TimeCourse::step(4.01, 0.2, -0.5).unwrap().with_table(&[(1.0, 0.0), (2.03, 1.0)]).unwrap();
    let course = course.with_sine(0.3, PERIOD, 0.0).unwrap();
    let part = |start: f64, from: f64, a: f64, slope: f64, end: f64| {
        let line = |t: f64| a + slope * (t - start - 1.0);
        line(end) + (from - line(start)) * (start - end).exp()
    };
    let mut v = part(0.0, 0.0, 0.2, 0.0, 1.0);
    v = part(1.0, v, 0.2, 1.0 / 1.03, 2.03);
    v = part(2.03, v, 1.2, 0.0, 4.01);
    v = part(4.01, v, 0.5, 0.0, 6.0) + 0.3 * exact();
    for (method, limit) in [(Method::Rk4, 1e-6), (Method::EtdAb3, 2e-4)] {
        let found = filtered(course.clone(), method, 0.1);
        assert!((found - v).abs() < limit, "{method:?}: {found} {v}");
    }
}

/// A threshold-linear network whose currents stay above zero is linear: kappa' = -kappa + (A + sin(w t)) I + overlap kappa in the
/// current variant, and its filters beside it. The chosen step follows the sine, however fast, and tells its error.
#[test]
fn a_chosen_step_follows_a_fast_sine_over_several_periods() {
    let overlap = 0.5;
    let layout = Layout::rank(1).with_inputs(1);
    let moments = Moments::new(layout).mean(Vector::M(0), 1.0).mean(Vector::N(0), overlap).mean(Vector::I(0), 1.0);
    let ensemble = moments.build().unwrap();
    let start = Initial { along: vec![(Vector::M(0), 3.0)], deviation: 0.0 };
    for period in [1.0, 3.0, 8.0] {
        let w = std::f64::consts::TAU / period;
        let sine = TimeCourse::constant(2.0).unwrap().with_sine(1.0, period, 0.4).unwrap();
        for variant in [Variant::Current, Variant::Rate, Variant::two_timescale(0.6, 1.5).unwrap()] {
            let model =
                Model::new(0.0, Transfer::ThresholdLinear, variant, ensemble.clone(), Input::new(vec![sine.clone()]));
            let model = model.unwrap();
            let network = Network::draw(&model, 4, Sampling::Independent, 1, 0).unwrap();
            let x0 = initial_currents(&network, &start, 1, 1, 0).unwrap();
            // x and r of the linear equations tau_s x' = -x + overlap r + u, tau_r r' = -r + x, by a fine step of Runge's method.
            let (tau_s, tau_r) = variant.time_constants();
            let slope = |t: f64, x: f64, r: f64| {
                let u = 2.0 + (w * t + 0.4).sin();
                match (tau_s > 0.0, tau_r > 0.0) {
                    (true, true) => ((overlap * r + u - x) / tau_s, (x - r) / tau_r),
                    (true, false) => ((overlap - 1.0) * x + u, 0.0),
                    _ => (0.0, (overlap - 1.0) * r + u),
                }
            };
            let (mut x, mut r, fine) = (3.0, 3.0, 1e-3);
            let mut exact = Vec::new();
            for i in 0..=30_000 {
                if i >= 10_000 && i % 250 == 0 {
                    exact.push(if tau_r > 0.0 { r } else { x });
                }
                let t = f64::from(i) * fine;
                let a = slope(t, x, r);
                let b = slope(t + 0.5 * fine, x + 0.5 * fine * a.0, r + 0.5 * fine * a.1);
                let c = slope(t + 0.5 * fine, x + 0.5 * fine * b.0, r + 0.5 * fine * b.1);
                let d = slope(t + fine, x + fine * c.0, r + fine * c.1);
                x += fine / 6.0 * (a.0 + 2.0 * b.0 + 2.0 * c.0 + d.0);
                r += fine / 6.0 * (a.1 + 2.0 * b.1 + 2.0 * c.1 + d.1);
            }
            let run = |method, step: f64, chosen: bool| {
                let timing = Timing { transient: 10.0, window: 20.0, interval: 0.25, step };
                let protocol = Protocol::new(timing, method).unwrap();
                let protocol = if chosen { protocol.with_chosen_step() } else { protocol };
                simulate(&network, &model, x0.as_ref(), &protocol, (1, 0)).unwrap()
            };
            for method in [Method::EtdAb3, Method::Rk4, Method::Heun] {
                let seen = run(method, 0.2, true);
                let off = seen.kappa.iter().zip(&exact).map(|(seen, exact)| (seen[0][0] - overlap * exact).abs());
                let off = off.fold(0.0, f64::max);
                let context = format!("{method} {variant} period {period}: off {off:e} at step {}", seen.step);
                assert!(off < 2e-3 && seen.kappa.len() == exact.len(), "{context}");
                // Errors of a unit of time add up over the slowest decay, 1 / (1 - overlap).
                let size = exact.iter().fold(1.0_f64, |size, x| size.max(*x));
                let told = seen.error_estimate * size / (1.0 - overlap);
                assert!(method != Method::EtdAb3 || off < overlap * told, "{context}, {}", seen.error_estimate);
            }
        }
    }
}
