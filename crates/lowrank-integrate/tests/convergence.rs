//! Each fixed-step method shows its order on three problems with exact solutions; the adaptive ones meet their
//! tolerance; Euler-Maruyama converges strongly with order one.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use lowrank_integrate::{
    Adaptive, EulerMaruyama, IntegrateError, Method, Stepper, Tolerance, VectorField, integrate, solve_adaptive,
};

/// A right-hand side given by a function, with a common decay rate.
struct Field<F> {
    dimension: usize,
    decay: f64,
    f: F,
}

impl<F: Fn(f64, &[f64], &mut [f64])> VectorField for Field<F> {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn derivative(&mut self, t: f64, state: &[f64], out: &mut [f64]) {
        (self.f)(t, state, out);
    }
    fn decay_rate(&self, _: usize) -> f64 {
        self.decay
    }
}

type Rhs = fn(f64, &[f64], &mut [f64]);

/// A problem with its exact solution.
struct Problem {
    name: &'static str,
    decay: f64,
    rhs: Rhs,
    initial: Vec<f64>,
    start: f64,
    end: f64,
    exact: fn(f64) -> Vec<f64>,
}

fn problems() -> Vec<Problem> {
    vec![
        Problem {
            name: "decay with a sinusoidal drive (time-dependent, linear)",
            decay: 1.0,
            rhs: |t, x, out| out[0] = -x[0] + t.cos(),
            initial: vec![0.0],
            start: 0.0,
            end: 1.2,
            // x = (sin t + cos t) / 2 + C e^-t, C = -1/2.
            exact: |t| vec![0.5 * (t.sin() + t.cos() - (-t).exp())],
        },
        Problem {
            name: "logistic growth (nonlinear, from a negative time)",
            decay: 1.0,
            rhs: |_, x, out| out[0] = x[0] * (1.0 - x[0]),
            initial: vec![1.0 / (1.0 + 1.0_f64.exp())],
            start: -1.0,
            end: 1.5,
            exact: |t| vec![1.0 / (1.0 + (-t).exp())],
        },
        Problem {
            name: "damped rotation (two components, complex eigenvalues)",
            decay: 1.0,
            rhs: |_, x, out| {
                out[0] = -x[0] - 2.0 * x[1];
                out[1] = 2.0 * x[0] - x[1];
            },
            initial: vec![1.0, 0.0],
            start: 0.0,
            end: 1.5,
            exact: |t| vec![(-t).exp() * (2.0 * t).cos(), (-t).exp() * (2.0 * t).sin()],
        },
        Problem {
            name: "x' = -x^3 (algebraic decay)",
            decay: 0.0,
            rhs: |_, x, out| out[0] = -x[0].powi(3),
            initial: vec![1.0],
            start: 0.0,
            end: 0.8,
            exact: |t| vec![1.0 / (1.0 + 2.0 * t).sqrt()],
        },
    ]
}

fn error(problem: &Problem, method: Method, steps: usize) -> f64 {
    let mut field = Field { dimension: problem.initial.len(), decay: problem.decay, f: problem.rhs };
    let mut state = problem.initial.clone();
    let mut stepper = Stepper::new(method, &field);
    integrate(&mut stepper, &mut field, &mut state, (problem.start, problem.end), steps).unwrap();
    distance(&state, &(problem.exact)(problem.end))
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt()
}

/// Least-squares slope of ln(error) against ln(step).
fn slope(steps: &[usize], errors: &[f64]) -> f64 {
    let x: Vec<f64> = steps.iter().map(|&n| -(n as f64).ln()).collect();
    let y: Vec<f64> = errors.iter().map(|e| e.ln()).collect();
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (mx, my) = (mean(&x), mean(&y));
    let numerator: f64 = x.iter().zip(&y).map(|(a, b)| (a - mx) * (b - my)).sum();
    numerator / x.iter().map(|a| (a - mx).powi(2)).sum::<f64>()
}

#[test]
fn each_method_shows_its_order_on_every_problem() {
    for method in Method::ALL {
        // Coarse steps for the high order, so that rounding stays out of sight.
        let steps: Vec<usize> = if method == Method::Rk4 { vec![40, 80, 160, 320] } else { vec![400, 800, 1600, 3200] };
        for problem in problems() {
            let errors: Vec<f64> = steps.iter().map(|&n| error(&problem, method, n)).collect();
            let found = slope(&steps, &errors);
            let order = f64::from(method.order());
            assert!((found - order).abs() < 0.1, "{method} on {}: slope {found}, errors {errors:?}", problem.name);
        }
    }
}

#[test]
fn the_slope_test_catches_a_stale_half_step() {
    // The planted fault: Heun whose second evaluation sees the old state is Euler, slope one.
    let problem = &problems()[2];
    let steps = [400, 800, 1600, 3200];
    let errors: Vec<f64> = steps
        .iter()
        .map(|&n| {
            let dt = (problem.end - problem.start) / n as f64;
            let mut x = problem.initial.clone();
            let mut k = vec![0.0; 2];
            for i in 0..n {
                (problem.rhs)(i as f64 * dt, &x, &mut k);
                let stale = k.clone();
                x.iter_mut().zip(&k).zip(&stale).for_each(|((x, k1), k2)| *x += 0.5 * dt * (k1 + k2));
            }
            distance(&x, &(problem.exact)(problem.end))
        })
        .collect();
    assert!((slope(&steps, &errors) - 2.0).abs() > 0.5);
}

#[test]
fn exponential_euler_is_exact_for_constant_drive() {
    let mut field =
        Field { dimension: 1, decay: 0.7, f: |_: f64, x: &[f64], out: &mut [f64]| out[0] = 2.0 - 0.7 * x[0] };
    let mut stepper = Stepper::new(Method::ExponentialEuler, &field);
    let mut state = [0.0];
    integrate(&mut stepper, &mut field, &mut state, (0.0, 3.0), 2).unwrap();
    assert!((state[0] - 2.0 / 0.7 * (1.0 - (-2.1_f64).exp())).abs() < 1e-15);
}

#[test]
fn adaptive_methods_meet_their_tolerance() {
    for method in [Adaptive::Dopri5, Adaptive::Dop853] {
        for problem in problems() {
            let mut field = Field { dimension: problem.initial.len(), decay: 0.0, f: problem.rhs };
            let tolerance = Tolerance { relative: 1e-11, absolute: 1e-13 };
            let interval = (problem.start, problem.end);
            let state = solve_adaptive(method, &mut field, &problem.initial, interval, tolerance).unwrap();
            let off = distance(&state, &(problem.exact)(problem.end));
            assert!(off < 1e-9, "{method:?} on {}: {off}", problem.name);
        }
    }
}

#[test]
fn blow_up_is_an_error_that_says_when() {
    // x' = x^2, x(0) = 1 diverges at t = 1.
    let rhs = |_: f64, x: &[f64], out: &mut [f64]| out[0] = x[0] * x[0];
    let mut field = Field { dimension: 1, decay: 0.0, f: rhs };
    let mut stepper = Stepper::new(Method::Rk4, &field);
    match integrate(&mut stepper, &mut field, &mut [1.0], (0.0, 2.0), 200) {
        Err(IntegrateError::NonFinite { time, index: 0, .. }) => assert!((1.0..1.2).contains(&time), "{time}"),
        other => panic!("{other:?}"),
    }
    for method in [Adaptive::Dopri5, Adaptive::Dop853] {
        let tolerance = Tolerance { relative: 1e-8, absolute: 1e-8 };
        match solve_adaptive(method, &mut field, &[1.0], (0.0, 2.0), tolerance) {
            Err(IntegrateError::NonFinite { time, .. } | IntegrateError::StepFailed { time, .. }) => {
                assert!((0.9..1.1).contains(&time), "{method:?}: {time}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_field_that_is_nan_from_the_start_is_an_error() {
    let rhs = |_: f64, _: &[f64], out: &mut [f64]| out[0] = f64::NAN;
    for method in [Adaptive::Dopri5, Adaptive::Dop853] {
        let mut field = Field { dimension: 1, decay: 0.0, f: rhs };
        let tolerance = Tolerance { relative: 1e-8, absolute: 1e-8 };
        assert!(solve_adaptive(method, &mut field, &[1.0], (0.0, 2.0), tolerance).is_err());
    }
}

/// Independent normals, variance one, by a fixed linear congruence and Box-Muller: good enough for a path.
fn normals(count: usize, mut seed: u64) -> Vec<f64> {
    let mut uniform = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((seed >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    (0..count).map(|_| (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()).collect()
}

#[test]
fn euler_maruyama_converges_strongly_with_order_one() {
    // dx = -x dt + s dW; the exact solution on a fine path is x(T) = x0 e^-T + s sum e^-(T - t) dW, up to the fine step.
    let (s, end, fine) = (0.8, 1.0, 1 << 15);
    let steps = [16, 32, 64, 128];
    let mut errors = vec![0.0; steps.len()];
    for path in 0..200 {
        let h: f64 = end / fine as f64;
        let dw: Vec<f64> = normals(fine, 77 + path).iter().map(|z| h.sqrt() * z).collect();
        let noise: f64 = dw.iter().enumerate().map(|(i, w)| (-(end - (i as f64 + 0.5) * h)).exp() * w).sum();
        let exact = (-end).exp() + s * noise;
        for (error, &n) in errors.iter_mut().zip(&steps) {
            let mut field = Field { dimension: 1, decay: 1.0, f: |_: f64, x: &[f64], out: &mut [f64]| out[0] = -x[0] };
            let mut method = EulerMaruyama::new(&field, vec![vec![s]]).unwrap();
            let (dt, mut x) = (end / n as f64, [1.0]);
            for (i, chunk) in dw.chunks(fine / n).enumerate() {
                let increment: f64 = chunk.iter().sum();
                method.step(&mut field, i as f64 * dt, dt, &[increment], &mut x).unwrap();
            }
            *error += (x[0] - exact).powi(2) / 200.0;
        }
    }
    let rms: Vec<f64> = errors.iter().map(|e| e.sqrt()).collect();
    let found = slope(&steps, &rms);
    assert!((found - 1.0).abs() < 0.1, "slope {found}, errors {rms:?}");
}

#[test]
fn euler_maruyama_has_the_stationary_variance_of_its_recursion() {
    // x <- (1 - dt) x + s sqrt(dt) z has variance s^2 / (2 - dt); 5 SE of the mean square over 4e5 correlated steps.
    let (s, dt, count) = (0.5, 0.1, 400_000);
    let mut field = Field { dimension: 1, decay: 1.0, f: |_: f64, x: &[f64], out: &mut [f64]| out[0] = -x[0] };
    let mut method = EulerMaruyama::new(&field, vec![vec![s]]).unwrap();
    let (mut x, mut square) = ([0.0], 0.0);
    for z in normals(count, 5) {
        method.step(&mut field, 0.0, dt, &[dt.sqrt() * z], &mut x).unwrap();
        square += x[0] * x[0] / count as f64;
    }
    let expected = s * s / (2.0 - dt);
    let effective = count as f64 * dt; // about 1 / (2 dt) steps correlate in the square, on either side
    assert!((square / expected - 1.0).abs() < 5.0 * (2.0 / effective).sqrt(), "{square} {expected}");
}

#[test]
fn private_noise_is_that_of_unit_directions() {
    // Blocks [1, 2] and [2, 3] at amplitudes 0.5 and -2 on top of one shared direction, against four directions written out.
    let rhs =
        |_: f64, x: &[f64], out: &mut [f64]| out.iter_mut().zip(x).for_each(|(out, x)| *out = (2.0 * x).sin() - x);
    let mut field = Field { dimension: 4, decay: 0.0, f: rhs };
    let shared = vec![0.3, -0.1, 0.7, 1.0];
    let unit = |component: usize, amplitude: f64| {
        let mut direction = vec![0.0; 4];
        direction[component] = amplitude;
        direction
    };
    let dense = vec![shared.clone(), unit(1, 0.5), unit(2, 0.5), unit(2, -2.0), unit(3, -2.0)];
    let mut dense = EulerMaruyama::new(&field, dense).unwrap();
    let blocks = vec![(1..3, 0.5), (2..4, -2.0)];
    let mut blocks = EulerMaruyama::new(&field, vec![shared]).unwrap().with_private_noise(blocks).unwrap();
    assert_eq!(blocks.increments(), 5);
    let (mut a, mut b) = ([1.0, -0.5, 0.2, 0.0], [1.0, -0.5, 0.2, 0.0]);
    let dw: Vec<f64> = normals(5 * 50, 3).iter().map(|z| 0.05_f64.sqrt() * z).collect();
    for increments in dw.chunks(5) {
        dense.step(&mut field, 0.0, 0.05, increments, &mut a).unwrap();
        blocks.step(&mut field, 0.0, 0.05, increments, &mut b).unwrap();
    }
    assert!(distance(&a, &b) < 1e-13, "{a:?} {b:?}");
    let refused = EulerMaruyama::new(&field, vec![]).unwrap().with_private_noise(vec![(2..5, 1.0)]).unwrap_err();
    assert_eq!(refused, IntegrateError::BadBlock { start: 2, end: 5, dimension: 4 });
    let refused = EulerMaruyama::new(&field, vec![]).unwrap().with_private_noise(vec![(0..4, f64::INFINITY)]);
    assert!(matches!(refused, Err(IntegrateError::BadAmplitude { .. })));
}

#[test]
fn bad_arguments_are_typed_errors() {
    let mut field = Field { dimension: 2, decay: 0.0, f: |_: f64, _: &[f64], out: &mut [f64]| out.fill(0.0) };
    let mut stepper = Stepper::new(Method::Heun, &field);
    let interval = integrate(&mut stepper, &mut field, &mut [0.0; 2], (1.0, 0.0), 5);
    assert!(matches!(interval, Err(IntegrateError::BadInterval { .. })));
    let steps = integrate(&mut stepper, &mut field, &mut [0.0; 2], (0.0, 1.0), 0);
    assert!(matches!(steps, Err(IntegrateError::BadSteps { steps: 0, .. })));
    let dimension = integrate(&mut stepper, &mut field, &mut [0.0; 3], (0.0, 1.0), 1);
    assert_eq!(dimension, Err(IntegrateError::WrongDimension { found: 3, expected: 2 }));
    let tolerance = Tolerance { relative: 0.0, absolute: 0.0 };
    let refused = solve_adaptive(Adaptive::Dopri5, &mut field, &[0.0; 2], (0.0, 1.0), tolerance);
    assert!(matches!(refused, Err(IntegrateError::BadTolerance { which: "relative", .. })));
    assert!(EulerMaruyama::new(&field, vec![vec![1.0]]).is_err());
}
