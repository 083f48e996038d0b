//! Transients (T19) against independent routes: stationary and chaotic solutions, exact equations, limits.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use lowrank_meanfield::{
    Averages, Transient, TransientOptions, chaotic_solutions, stationary_branches, transient, transient_with,
};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Empirical, Ensemble, Gaussian, Initial, Input, Mixture, Model, TimeCourse, Transfer, Variant};

use common::moments;

fn two(tau_s: f64, tau_r: f64) -> Variant {
    Variant::two_timescale(tau_s, tau_r).unwrap()
}

fn structured() -> Gaussian {
    moments().build().unwrap()
}

fn step() -> Input {
    Input::new(vec![TimeCourse::step(2.0, 1.0, -0.5).unwrap()])
}

fn model(g: f64, variant: Variant, input: Input) -> Model {
    Model::new(g, Transfer::Tanh, variant, structured(), input).unwrap()
}

fn unstructured(g: f64, transfer: Transfer, variant: Variant) -> Model {
    Model::new(g, transfer, variant, Gaussian::unstructured(), Input::none()).unwrap()
}

/// a = 0.3 m - 0.2 n + 0.7 xi.
fn start() -> Initial {
    Initial { along: vec![(M(0), 0.3), (N(0), -0.2)], deviation: 0.7 }
}

fn isotropic(deviation: f64) -> Initial {
    Initial { along: vec![], deviation }
}

fn close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found} against {expected}");
}

/// Everything at these times, side by side.
fn compare(a: &Transient, b: &Transient, times: &[f64], tolerance: f64, what: &str) {
    for &t in times {
        let (a, b) = (a.at(t).unwrap(), b.at(t).unwrap());
        let what = format!("{what} at {t}");
        a.kappa.iter().zip(&b.kappa).for_each(|(a, b)| close(*a, *b, tolerance, &what));
        a.readouts.iter().zip(&b.readouts).for_each(|(a, b)| close(*a, *b, tolerance, &what));
        close(a.mu, b.mu, tolerance, &what);
        close(a.delta_0, b.delta_0, tolerance, &what);
        close(a.delta_0_individual, b.delta_0_individual, tolerance, &what);
        close(a.r_mean, b.r_mean, tolerance, &what);
        close(a.r_second_moment, b.r_second_moment, tolerance, &what);
    }
}

#[test]
fn the_long_run_is_the_stationary_branch_in_every_variant_and_ensemble() {
    let mixture = Mixture::new(vec![
        (1.0, structured()),
        (
            2.0,
            moments().mean(M(0), -0.5).mean(I(0), 0.8).variance(M(0), 0.3).covariance(M(0), N(0), 0.2).build().unwrap(),
        ),
    ]);
    let vectors = vec![
        vec![0.9, -0.4, 1.7, 0.2, 1.1],
        vec![1.5, 0.3, 1.9, -0.8, 0.7],
        vec![0.4, -0.3, 0.6, 0.1, -0.7],
        vec![1.0, 1.0, 0.0, 0.0, 1.0],
    ];
    let given = Empirical::new(structured().layout(), 5, vectors).unwrap();
    let cases: [(Ensemble, Variant); 6] = [
        (structured().into(), Variant::Current),
        (structured().into(), Variant::Rate),
        (structured().into(), two(0.5, 1.2)),
        (structured().into(), two(1.0, 1.0)),
        (mixture.unwrap().into(), two(0.7, 0.6)),
        (given.into(), Variant::Rate),
    ];
    for (ensemble, variant) in cases {
        let what = format!("{variant:?}");
        let model = Model::new(0.8, Transfer::Tanh, variant, ensemble, Input::constant(&[1.0]).unwrap()).unwrap();
        let found = transient(&model, &start(), 60.0).unwrap();
        assert!(found.residual < 1e-12 && found.tail <= 1e-8, "{what}");
        let late = found.at(60.0).unwrap();
        let branches = stationary_branches(&model).unwrap();
        let near = |k: f64| (k - late.kappa[0]).abs();
        let branch =
            &branches.iter().min_by(|a, b| near(a.order.kappa[0]).total_cmp(&near(b.order.kappa[0]))).unwrap().order;
        close(late.kappa[0], branch.kappa[0], 1e-9, &what);
        close(late.mu, branch.mu, 1e-9, &what);
        close(late.delta_0, branch.delta_0, 1e-9, &what);
        close(late.delta_0_individual, branch.delta_0_individual, 1e-9, &what);
        close(late.r_mean, branch.r_mean, 1e-9, &what);
        close(late.r_second_moment, branch.r_second_moment, 1e-9, &what);
    }
}

/// Chaos forgets its start as e^(-0.09 t) at g = 2.5; three times ten apart, extrapolated as a geometric series, leave a
/// few 1e-6. In the rate variant, to which the current variant is tied below.
#[test]
fn the_long_run_of_chaos_has_its_autocovariance() {
    let model = unstructured(2.5, Transfer::Tanh, Variant::Rate);
    let chaos = &chaotic_solutions(&model).unwrap()[0];
    let options = TransientOptions { tolerance: 1e-5, ..TransientOptions::default() };
    let found = transient_with(&model, &isotropic(1.0), 80.0, options).unwrap();
    let limit = |f: &dyn Fn(f64) -> f64| {
        let [a, b, c] = [60.0, 70.0, 80.0].map(f);
        c - (c - b).powi(2) / ((c - b) - (b - a))
    };
    for lag in [0.0, 0.4, 1.0, 2.5] {
        let delta = limit(&|t| found.autocovariance(t, t - lag).unwrap());
        close(delta, chaos.autocovariance().unwrap().at(lag).unwrap(), 1e-5, &format!("lag {lag}"));
    }
    let second = limit(&|t| found.at(t).unwrap().r_second_moment);
    close(second, chaos.order.r_second_moment, 1e-5, "second moment of r");
    // The planted fault: phi(x), unfiltered, would have another.
    let unfiltered = Averages::new(Transfer::Tanh, 0.0, chaos.order.delta_0).unwrap().phi_sq;
    assert!((second - unfiltered).abs() > 0.02);
}

/// Without the bulk kappa has an equation of its own: tau_s K' = -K + kappa, tau_r kappa' = -kappa + \<n phi(u)>.
#[test]
fn without_a_bulk_kappa_follows_its_exact_equation() {
    for (tau_s, tau_r, variant) in
        [(1.0, 0.0, Variant::Current), (0.0, 1.0, Variant::Rate), (0.5, 1.2, two(0.5, 1.2)), (1.0, 0.3, two(1.0, 0.3))]
    {
        let found = transient(&model(0.0, variant, step()), &start(), 5.0).unwrap();
        // Mean and variance of u = k m + v I + e a, and its covariance with n, by hand; a = 0.3 m - 0.2 n + 0.7 xi.
        let law = |k: f64, v: f64, e: f64| {
            let (m, n) = (k + 0.3 * e, -0.2 * e);
            let mu = m + 1.2 * n + 0.3 * v;
            let with_n = 0.8 * m + 2.0 * n + 0.5 * v;
            let own = 0.49 * e * e;
            let variance = m * m + 2.0 * n * n + 0.6 * v * v + 1.6 * m * n + 0.4 * m * v + 1.0 * n * v + own;
            (mu, variance, with_n)
        };
        let probe = |k: f64, v: f64, e: f64| {
            let (mu, variance, with_n) = law(k, v, e);
            let a = Averages::new(Transfer::Tanh, mu, variance).unwrap();
            1.2 * a.phi + with_n * a.d1
        };
        let current = |s: [f64; 3]| if tau_s > 0.0 { s[0] } else { s[1] };
        let input = |t: f64| if t < 2.0 { 1.0 } else { -0.5 };
        let initial = |t: f64| if tau_s > 0.0 { f64::exp(-t / tau_s) } else { 0.0 };
        // K, kappa, filtered input.
        let slope = |s: [f64; 3], t: f64, amplitude: f64| {
            let v = if tau_s > 0.0 { s[2] } else { amplitude };
            let phi = probe(current(s), v, initial(t));
            let kappa = if tau_r > 0.0 { s[1] } else { phi };
            let k = if tau_s > 0.0 { (kappa - s[0]) / tau_s } else { 0.0 };
            let r = if tau_r > 0.0 { (phi - s[1]) / tau_r } else { 0.0 };
            [k, r, if tau_s > 0.0 { (amplitude - s[2]) / tau_s } else { 0.0 }]
        };
        let mut s = [0.0, if tau_r > 0.0 { probe(0.0, 0.0, 1.0) } else { 0.0 }, 0.0];
        let h = 1.0 / 256.0;
        for i in 0..5 * 256 {
            let t = f64::from(i) * h;
            if i % 64 == 0 {
                let v = if tau_s > 0.0 { s[2] } else { input(t) };
                let (mu, variance, _) = law(current(s), v, initial(t));
                let kappa = if tau_r > 0.0 { s[1] } else { probe(current(s), v, initial(t)) };
                let at = found.at(t).unwrap();
                let what = format!("{variant:?} at {t}");
                close(at.kappa[0], kappa, 1e-9, &what);
                close(at.mu, mu, 1e-9, &what);
                close(at.delta_0, variance, 1e-9, &what);
            }
            let moved = |d: [f64; 3], f: f64| std::array::from_fn(|j| s[j] + f * h * d[j]);
            let amplitude = input(t);
            let a = slope(s, t, amplitude);
            let b = slope(moved(a, 0.5), t + 0.5 * h, amplitude);
            let c = slope(moved(b, 0.5), t + 0.5 * h, amplitude);
            let d = slope(moved(c, 1.0), t + h, amplitude);
            s = std::array::from_fn(|j| s[j] + h / 6.0 * (a[j] + 2.0 * b[j] + 2.0 * c[j] + d[j]));
        }
    }
}

/// (1 + d_t)(1 + d_s) C = g^2 (2 / pi) asin(Delta / (Delta_t + 2 / pi)..) with Delta = C + sigma^2 e^(-t - s), by the
/// trapezoid rule on squares of side h with a corrector: an error of order h^2, taken out by halving h.
fn erf_on_a_grid(g: f64, sigma: f64, end: f64, steps: usize) -> Vec<Vec<f64>> {
    let h = end / steps as f64;
    let (fade, two_over_pi) = ((-h).exp(), 2.0 / std::f64::consts::PI);
    let mut delta = vec![vec![0.0; steps + 1]; steps + 1];
    let edge: Vec<f64> = (0..=steps).map(|i| sigma * sigma * (-h * i as f64).exp()).collect();
    delta.iter_mut().zip(&edge).for_each(|(row, value)| row[0] = *value);
    delta[0] = edge;
    let q = |delta: &[Vec<f64>], i: usize, j: usize| {
        let scale = ((delta[i][i] + two_over_pi) * (delta[j][j] + two_over_pi)).sqrt();
        g * g * two_over_pi * (delta[i][j] / scale).clamp(-1.0, 1.0).asin()
    };
    for i in 1..=steps {
        for corrector in 0..12 {
            for j in 1..=i {
                let sides =
                    q(&delta, i, j - 1) * fade + q(&delta, i - 1, j) * fade + q(&delta, i - 1, j - 1) * fade * fade;
                let corner = if corrector == 0 { 0.0 } else { q(&delta, i, j) };
                let from = fade * (delta[i - 1][j] + delta[i][j - 1]) - fade * fade * delta[i - 1][j - 1];
                delta[i][j] = from + 0.25 * h * h * (sides + corner);
                delta[j][i] = delta[i][j];
            }
        }
    }
    delta
}

#[test]
fn erf_agrees_with_its_closed_form_equation_on_a_grid() {
    let (g, sigma, end) = (2.0, 0.6, 3.0);
    let (coarse, fine) = (erf_on_a_grid(g, sigma, end, 150), erf_on_a_grid(g, sigma, end, 300));
    let found = transient(&unstructured(g, Transfer::Erf, Variant::Current), &isotropic(sigma), end).unwrap();
    for (i, j) in [(150, 150), (150, 75), (100, 20), (50, 50), (120, 0)] {
        let expected = (4.0 * fine[2 * i][2 * j] - coarse[i][j]) / 3.0;
        let (t, s) = (end * i as f64 / 150.0, end * j as f64 / 150.0);
        let delta = found.autocovariance(t, s).unwrap();
        close(delta, expected, 1e-8, &format!("Delta({t}, {s})"));
    }
}

#[test]
fn finer_panels_change_nothing() {
    let fine = TransientOptions { tolerance: 1e-11, panel: 0.25, nodes: 14 };
    let coarse = TransientOptions { nodes: 10, ..TransientOptions::default() };
    let times = [0.0, 0.3, 1.0, 1.99, 2.0, 2.7, 4.0];
    for variant in [Variant::Current, Variant::Rate, two(0.4, 1.0)] {
        let model = model(2.8, variant, step());
        let usual = transient(&model, &start(), 4.0).unwrap();
        compare(&usual, &transient_with(&model, &start(), 4.0, fine).unwrap(), &times, 1e-9, &format!("{variant:?}"));
        compare(&usual, &transient_with(&model, &start(), 4.0, coarse).unwrap(), &times, 1e-9, &format!("{variant:?}"));
    }
}

/// (T3): x of the rate variant obeys the current variant's equation, with constant input, from x(0) = J r(0) + I.
#[test]
fn the_rate_variant_is_the_current_variant_from_its_own_x() {
    // Unstructured: x(0) is isotropic, of variance g^2 <phi(a)^2>.
    let g: f64 = 2.0;
    let square = Averages::new(Transfer::Tanh, 0.0, 0.49).unwrap().phi_sq;
    let rate = transient(&unstructured(g, Transfer::Tanh, Variant::Rate), &isotropic(0.7), 6.0).unwrap();
    let current =
        transient(&unstructured(g, Transfer::Tanh, Variant::Current), &isotropic(g * square.sqrt()), 6.0).unwrap();
    for (t, s) in [(0.0, 0.0), (1.0, 0.0), (2.0, 1.5), (6.0, 6.0), (6.0, 2.0)] {
        close(rate.autocovariance(t, s).unwrap(), current.autocovariance(t, s).unwrap(), 1e-9, &format!("{t} {s}"));
    }
    // Without a bulk: x(0) = kappa(0) m + I.
    let constant = || Input::constant(&[1.0]).unwrap();
    let rate = transient(&model(0.0, Variant::Rate, constant()), &start(), 4.0).unwrap();
    let along = vec![(M(0), rate.at(0.0).unwrap().kappa[0]), (I(0), 1.0)];
    let current =
        transient(&model(0.0, Variant::Current, constant()), &Initial { along, deviation: 0.0 }, 4.0).unwrap();
    for t in [0.0, 0.7, 2.0, 4.0] {
        let (a, b) = (rate.at(t).unwrap(), current.at(t).unwrap());
        close(a.mu, b.mu, 1e-9, "mu");
        close(a.delta_0, b.delta_0, 1e-9, "delta_0");
    }
}

#[test]
fn a_vanishing_time_constant_leaves_the_one_timescale_variants() {
    // The error is linear in the small time constant: half of it, half the error.
    for (limit, variant) in [
        (Variant::Current, (|tau| two(1.0, tau)) as fn(f64) -> Variant),
        (Variant::Rate, (|tau| two(tau, 1.0)) as fn(f64) -> Variant),
    ] {
        let options = TransientOptions { panel: 1.0, ..TransientOptions::default() };
        let run = |v: Variant| {
            let found = transient_with(&model(1.5, v, step()), &start(), 3.0, options).unwrap();
            let at = found.at(3.0).unwrap();
            [at.kappa[0], at.mu, at.delta_0, at.delta_0_individual, at.r_second_moment]
        };
        let (exact, near, nearer) = (run(limit), run(variant(2e-3)), run(variant(1e-3)));
        for ((exact, near), nearer) in exact.into_iter().zip(near).zip(nearer) {
            close(nearer, exact, 1e-2, &format!("{limit:?}"));
            close(2.0 * nearer - near, exact, 2e-5, &format!("{limit:?}, extrapolated"));
        }
    }
}

#[test]
fn in_the_rate_variant_x_jumps_with_the_input_and_kappa_does_not() {
    let found = transient(&model(1.5, Variant::Rate, step()), &start(), 4.0).unwrap();
    let (before, after) = (found.at(2.0 - 1e-12).unwrap(), found.at(2.0).unwrap());
    close(after.mu - before.mu, 0.3 * -1.5, 1e-9, "jump of mu");
    close(after.kappa[0], before.kappa[0], 1e-9, "kappa");
    close(after.delta_0_individual, before.delta_0_individual, 1e-9, "C");
    let found = transient(&model(1.5, Variant::Current, step()), &start(), 4.0).unwrap();
    let (before, after) = (found.at(2.0 - 1e-12).unwrap(), found.at(2.0).unwrap());
    close(after.mu, before.mu, 1e-9, "mu of the current variant");
}

#[test]
fn every_transfer_function_settles_on_a_stationary_solution() {
    for transfer in Transfer::ALL {
        let law = moments().mean(N(0), 0.1).covariance(M(0), N(0), 0.05).build().unwrap();
        let model = Model::new(0.4, transfer, two(0.6, 0.9), law, Input::constant(&[0.4]).unwrap()).unwrap();
        let late = transient(&model, &start(), 40.0).unwrap().at(40.0).unwrap();
        let branch = &stationary_branches(&model).unwrap()[0].order;
        close(late.kappa[0], branch.kappa[0], 1e-8, transfer.name());
        close(late.delta_0, branch.delta_0, 1e-8, transfer.name());
    }
}

#[test]
fn what_cannot_be_solved_is_said() {
    let message = |model: &Model, end: f64, options: TransientOptions| {
        transient_with(model, &start(), end, options).err().map(|e| e.to_string()).unwrap_or_default()
    };
    let usual = TransientOptions::default();
    let quiet = model(0.5, Variant::Current, step());
    assert!(message(&quiet.with_noise(0.1).unwrap(), 1.0, usual).contains("white noise of strength 0.1"));
    let noisy = quiet.with_input(step().with_noise(&[0.2]).unwrap()).unwrap();
    assert!(message(&noisy, 1.0, usual).contains("0.2"));
    assert!(message(&quiet, -1.0, usual).contains("end is -1"));
    assert!(message(&quiet, f64::NAN, usual).contains("end is NaN"));
    assert!(message(&quiet, 1.0, TransientOptions { nodes: 40, ..usual }).contains("nodes is 40"));
    let found = transient(&quiet, &start(), 1.0).unwrap();
    assert!(found.at(1.5).unwrap_err().to_string().contains("within [0, 1]"));
    assert!(found.autocovariance(0.5, f64::NAN).is_err());
    // Unbounded activity grows until no average can be taken.
    let unbounded = Model::new(3.0, Transfer::ThresholdLinear, Variant::Current, structured(), step()).unwrap();
    let error = message(&unbounded, 60.0, TransientOptions { tolerance: 1e-3, ..usual });
    assert!(error.contains("variance"), "{error}");
}

/// Without couplings x(t) = e^-t (mean + deviation z): averages of phi by the trapezoid rule, at variances on both sides of the one from
/// which phi is taken apart into a step and a rest.
#[test]
fn wide_states_have_the_averages_of_their_gaussian() {
    let law =
        lowrank_model::Moments::new(lowrank_model::Layout::rank(0).with_inputs(1)).mean(I(0), 1.0).build().unwrap();
    for transfer in [Transfer::Tanh, Transfer::Logistic, Transfer::OnePlusTanh, Transfer::Erf] {
        let input = Input::constant(&[0.0]).unwrap();
        let model = Model::new(0.0, transfer, Variant::Current, law.clone(), input).unwrap();
        for (mean, deviation) in [(0.0, 12.0), (5.0, 9.0), (-40.0, 15.0)] {
            let initial = Initial { along: vec![(I(0), mean)], deviation };
            let found = transient(&model, &initial, 1.2).unwrap();
            for t in [0.1, 0.5, 1.0] {
                let seen = found.at(t).unwrap();
                let kept = f64::exp(-t);
                let average = |f: &dyn Fn(f64) -> f64| {
                    let h = 0.002;
                    let term = |i: i32| {
                        let z = f64::from(i) * h;
                        h * (-0.5 * z * z).exp() * f(transfer.value(kept * (mean + deviation * z)))
                    };
                    (-5000..=5000).map(term).sum::<f64>() / std::f64::consts::TAU.sqrt()
                };
                close(seen.r_mean, average(&|r| r), 1e-9, &format!("{transfer} {mean} {t}: mean"));
                close(seen.r_second_moment, average(&|r| r * r), 1e-9, &format!("{transfer} {mean} {t}: square"));
            }
        }
    }
}
