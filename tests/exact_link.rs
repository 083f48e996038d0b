//! T3: with input v and x(0) = J r(0) + v(0), the rate variant driven by v is, trajectory by trajectory, the current
//! variant driven by I, dv/dt = -v + I; and what follows from it in the two-timescale limits.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use faer::Mat;
use lowrank_connectivity::{Network, Sampling};
use lowrank_integrate::{Adaptive, Method, Stepper, Tolerance, VectorField, integrate, solve_adaptive};
use lowrank_model::{Transfer, Variant, Vector};
use lowrank_simulate::Field;
use lowrank_tests::{correlated_input, model};

const N: usize = 120;

fn network(g: f64) -> Network {
    let model = model(g, Transfer::Tanh, Variant::Current, correlated_input());
    Network::draw(&model, N, Sampling::Independent, 21, 0).unwrap()
}

/// r(0), different for every neuron.
fn rates() -> Vec<f64> {
    (0..N).map(|i| (0.7 * i as f64).sin()).collect()
}

fn times(network: &Network, r: &[f64]) -> Vec<f64> {
    let r = Mat::from_fn(N, 1, |i, _| r[i]);
    let mut out = Mat::zeros(N, 1);
    network.apply(r.as_ref(), out.as_mut()).unwrap();
    (0..N).map(|i| out[(i, 0)]).collect()
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}

#[test]
fn with_constant_input_both_variants_are_one_trajectory() {
    // Constant v: I = v. The two integrations see different right-hand sides, so agreement to the tolerance is a
    // test of both fields. g = 2.8 is chaotic: errors grow, hence the short time and the tight tolerance.
    let network = network(2.8);
    let current = model(2.8, Transfer::Tanh, Variant::Current, correlated_input());
    let rate = current.with_variant(Variant::Rate).unwrap();
    let (mut fx, mut fr) = (Field::new(&network, &current, 1).unwrap(), Field::new(&network, &rate, 1).unwrap());
    let r0 = rates();
    let x_of =
        |r: &[f64], input: &[f64]| -> Vec<f64> { times(&network, r).iter().zip(input).map(|(a, b)| a + b).collect() };
    let x0 = x_of(&r0, fx.input());
    let tolerance = Tolerance { relative: 1e-12, absolute: 1e-12 };
    let x = solve_adaptive(Adaptive::Dop853, &mut fx, &x0, (0.0, 4.0), tolerance).unwrap();
    let r = solve_adaptive(Adaptive::Dop853, &mut fr, &r0, (0.0, 4.0), tolerance).unwrap();
    assert!(largest_difference(&x, &x_of(&r, fx.input())) < 1e-9);
    // The planted fault: a start off the manifold x(0) = J r(0) + v(0) is not the same trajectory.
    let off: Vec<f64> = x0.iter().map(|x| x + 1e-3).collect();
    let x = solve_adaptive(Adaptive::Dop853, &mut fx, &off, (0.0, 4.0), tolerance).unwrap();
    assert!(largest_difference(&x, &x_of(&r, fx.input())) > 1e-5);
}

#[test]
fn with_a_jump_of_the_input_the_rate_variant_needs_the_filtered_one() {
    // I jumps from 0 to 1 at t = 0; the rate variant gets v = 1 - e^-t in its place.
    let network = network(1.3);
    let current = model(1.3, Transfer::Tanh, Variant::Current, correlated_input());
    let direction = network.vector(Vector::I(0)).unwrap().to_vec();
    let mut fx = Field::new(&network, &current, 1).unwrap();
    let mut filtered = Filtered { network: &network, direction: &direction };
    let r0 = rates();
    let x0 = times(&network, &r0); // v(0) = 0
    for (method, steps, limit) in [(Method::Rk4, 400, 1e-9), (Method::Heun, 4000, 1e-5), (Method::Euler, 40_000, 1e-3)]
    {
        let (mut x, mut r) = (x0.clone(), r0.clone());
        integrate(&mut Stepper::new(method, &fx), &mut fx, &mut x, (0.0, 4.0), steps).unwrap();
        integrate(&mut Stepper::new(method, &filtered), &mut filtered, &mut r, (0.0, 4.0), steps).unwrap();
        let v = 1.0 - (-4.0_f64).exp();
        let x_of_r: Vec<f64> = times(&network, &r).iter().zip(&direction).map(|(a, b)| a + v * b).collect();
        let off = largest_difference(&x, &x_of_r);
        assert!(off < limit, "{method}: {off}");
    }
}

/// dr/dt = -r + tanh(J r + (1 - e^-t) I), written down anew: it shares no code with the field under test.
struct Filtered<'a> {
    network: &'a Network,
    direction: &'a [f64],
}

impl VectorField for Filtered<'_> {
    fn dimension(&self) -> usize {
        N
    }
    fn derivative(&mut self, t: f64, r: &[f64], out: &mut [f64]) {
        let v = 1.0 - (-t).exp();
        for (i, jr) in times(self.network, r).iter().enumerate() {
            out[i] = (jr + v * self.direction[i]).tanh() - r[i];
        }
    }
}

#[test]
fn the_two_timescale_variant_tends_to_both_limits() {
    // tau = 1e-3 for the fast variable: the slow one follows the one-timescale variant to O(tau).
    let network = network(1.3);
    let slow = model(1.3, Transfer::Tanh, Variant::Current, correlated_input());
    let fast = 1e-3;
    let run = |variant: Variant, start: &[f64]| {
        let mut field = Field::new(&network, &slow.with_variant(variant).unwrap(), 1).unwrap();
        let mut state = start.to_vec();
        let mut stepper = Stepper::new(Method::Rk4, &field);
        integrate(&mut stepper, &mut field, &mut state, (0.0, 3.0), 3000).unwrap();
        state
    };
    let x0: Vec<f64> = rates();
    let r0: Vec<f64> = x0.iter().map(|x| x.tanh()).collect();
    let both: Vec<f64> = x0.iter().chain(&r0).copied().collect();
    let current = run(Variant::Current, &x0);
    let two = run(Variant::two_timescale(1.0, fast).unwrap(), &both);
    assert!(largest_difference(&current, &two[..N]) < 20.0 * fast);
    let field = Field::new(&network, &slow, 1).unwrap();
    let x_start: Vec<f64> = times(&network, &r0).iter().zip(field.input()).map(|(a, b)| a + b).collect();
    let both: Vec<f64> = x_start.iter().chain(&r0).copied().collect();
    let rate = run(Variant::Rate, &r0);
    let two = run(Variant::two_timescale(fast, 1.0).unwrap(), &both);
    assert!(largest_difference(&rate, &two[N..]) < 20.0 * fast);
    assert!(largest_difference(&rate, &r0) > 0.1, "the network has moved");
}
