//! Events along branches (docs/theory.md section 5) to 1e-10 against their defining equations, solved here: plain sums for
//! the averages, Newton with differences for derivatives, started one percent off.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use lowrank_meanfield::{Event, EventKind, MeanFieldError, continue_branch, hopf_threshold, stationary_branches};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Input, Layout, Model, ModelError, Moments, Transfer, Variant};

const TOLERANCE: f64 = 1e-10;

/// \<f>(mu, D): for the poles of tanh to e^(-2 pi a / h) with a = pi / (2 sqrt(D)), h = 1 / 64: rounding up to D = 100.
fn average(mu: f64, d: f64, f: impl Fn(f64) -> f64) -> f64 {
    let h = 1.0 / 64.0;
    let weight = |z: f64| h * (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
    (-640..=640).map(|i| h * f64::from(i)).map(|z| weight(z) * f(mu + d.sqrt() * z)).sum()
}

fn d1(x: f64) -> f64 {
    1.0 - x.tanh().powi(2)
}

fn d2(x: f64) -> f64 {
    -2.0 * x.tanh() * d1(x)
}

fn d3(x: f64) -> f64 {
    d1(x) * (4.0 - 6.0 * d1(x))
}

/// The root of f near a start.
fn root<const D: usize>(mut x: [f64; D], f: impl Fn([f64; D]) -> [f64; D]) -> [f64; D] {
    for _ in 0..40 {
        let value = f(x);
        let mut rows: Vec<Vec<f64>> = value.iter().map(|v| vec![0.0; D].into_iter().chain([-v]).collect()).collect();
        for j in 0..D {
            let (mut up, mut down) = (x, x);
            up[j] += 1e-5;
            down[j] -= 1e-5;
            let (up, down) = (f(up), f(down));
            (0..D).for_each(|i| rows[i][j] = (up[i] - down[i]) / 2e-5);
        }
        // Gauss and Jordan.
        for pivot in 0..D {
            let largest = (pivot..D).max_by(|a, b| rows[*a][pivot].abs().total_cmp(&rows[*b][pivot].abs())).unwrap();
            rows.swap(pivot, largest);
            let line = rows[pivot].clone();
            for (i, row) in rows.iter_mut().enumerate().filter(|(i, _)| *i != pivot) {
                let factor = row[pivot] / line[pivot];
                assert!(factor.is_finite(), "{i}");
                row.iter_mut().zip(&line).for_each(|(a, b)| *a -= factor * b);
            }
        }
        (0..D).for_each(|i| x[i] += rows[i][D] / rows[i][i]);
    }
    assert!(f(x).iter().all(|v| v.abs() < 1e-13), "{:?}", f(x));
    x
}

/// Geometry (c) of docs/theory.md section 8 at g = 0.8.
fn driven(strength: f64) -> Result<Model, ModelError> {
    let ensemble = Moments::new(Layout::rank(1).with_inputs(1))
        .mean(M(0), 3.5)
        .mean(N(0), 1.0)
        .variance(M(0), 1.0)
        .variance(N(0), 1.0 + strength * strength)
        .variance(I(0), 1.0 + strength * strength)
        .covariance(N(0), I(0), strength);
    Model::new(0.8, Transfer::Tanh, Variant::Current, ensemble.build()?, Input::constant(&[1.0])?)
}

/// \[MO18\]'s ensemble.
fn published(g: f64) -> Result<Model, ModelError> {
    let ensemble =
        Moments::new(Layout::rank(1)).mean(M(0), 1.1).mean(N(0), 2.0).variance(M(0), 1.0).variance(N(0), 1.0);
    Model::new(g, Transfer::Tanh, Variant::Current, ensemble.build()?, Input::none())
}

/// The only event of a kind on the highest branch (or on the lowest) at `from`.
fn only(
    family: fn(f64) -> Result<Model, ModelError>,
    interval: (f64, f64),
    from: f64,
    lowest: bool,
    kind: EventKind,
) -> Event {
    let mut all = stationary_branches(&family(from).unwrap()).unwrap();
    let start = if lowest { all.pop().unwrap() } else { all.remove(0) };
    let branch = continue_branch(family, interval, (from, &start.order)).unwrap();
    let mut events: Vec<Event> = branch.events.into_iter().filter(|e| e.kind == kind).collect();
    assert_eq!(events.len(), 1, "{events:?}");
    events.remove(0)
}

/// kappa = F_1, Delta_0 = F_2 and det(1 - dF / d(kappa, Delta_0)) = 0 in (kappa, Delta_0, strength).
#[test]
fn a_fold_is_where_its_bordered_equations_put_it() {
    let fold = only(driven, (0.0, 2.0), 0.3, true, EventKind::Fold);
    let order = &fold.solution.order;
    let equations = |[kappa, d, c]: [f64; 3]| {
        let at = |f: &dyn Fn(f64) -> f64| average(3.5 * kappa, d, f);
        let (phi, g_squared) = (f64::tanh, 0.64);
        let first = at(&phi) + c * at(&d1);
        let second = g_squared * at(&|x| phi(x).powi(2)) + kappa * kappa + 1.0 + c * c;
        let by_kappa = [3.5 * (at(&d1) + c * at(&d2)), 3.5 * 2.0 * g_squared * at(&|x| phi(x) * d1(x)) + 2.0 * kappa];
        let by_d = [0.5 * (at(&d2) + c * at(&d3)), g_squared * at(&|x| d1(x).powi(2) + phi(x) * d2(x))];
        [first - kappa, second - d, (1.0 - by_kappa[0]) * (1.0 - by_d[1]) - by_kappa[1] * by_d[0]]
    };
    let start = [1.01 * order.kappa[0], 1.01 * order.delta_0, 1.01 * fold.parameter];
    let [kappa, d, strength] = root(start, equations);
    assert!((fold.parameter - strength).abs() < TOLERANCE, "{} {strength}", fold.parameter);
    // Where the branch turns, the solution is off by the root of what the parameter is.
    assert!((order.kappa[0] - kappa).abs() < 1e-6 && (order.delta_0 - d).abs() < 1e-6, "{order:?} {kappa} {d}");
}

/// The structured branch ends in the central one, where 2.2 \<phi'> = 1 and Delta_0 = g^2 \<phi^2>.
#[test]
fn a_pitchfork_is_where_the_central_solution_puts_it() {
    let pitchfork = only(published, (1.6, 2.3), 1.8, false, EventKind::BranchPoint);
    let [d] = root([1.01 * pitchfork.solution.order.delta_0], |[d]| [2.2 * average(0.0, d, d1) - 1.0]);
    let g = (d / average(0.0, d, |x| x.tanh().powi(2))).sqrt();
    assert!((pitchfork.parameter - g).abs() < TOLERANCE, "{} {g}", pitchfork.parameter);
    let order = &pitchfork.solution.order;
    assert!(order.kappa[0].abs() < 1e-8 && (order.delta_0 - d).abs() < 1e-8, "{order:?} {d}");
}

/// g^2 \<phi'^2> = 1 on the structured branch: g follows from (kappa, Delta_0).
#[test]
fn a_bulk_instability_is_where_the_radius_is_one() {
    let event = only(published, (1.2, 1.95), 1.5, false, EventKind::BulkInstability);
    let order = &event.solution.order;
    let g_squared = |kappa: f64, d: f64| average(1.1 * kappa, d, |x| d1(x).powi(2)).recip();
    let [kappa, d] = root([1.01 * order.kappa[0], 1.01 * order.delta_0], |[kappa, d]| {
        let square = average(1.1 * kappa, d, |x| x.tanh().powi(2));
        let first = 2.0 * average(1.1 * kappa, d, f64::tanh);
        [first - kappa, g_squared(kappa, d) * square + kappa * kappa - d]
    });
    let g = g_squared(kappa, d).sqrt();
    assert!((event.parameter - g).abs() < TOLERANCE, "{} {g}", event.parameter);
    assert!((order.kappa[0] - kappa).abs() < TOLERANCE && (order.delta_0 - d).abs() < TOLERANCE, "{order:?}");
}

/// The growth rate changes its sign at 0.51 where the pair is two real eigenvalues: no oscillations set in.
#[test]
fn a_pair_that_is_real_where_it_crosses_is_no_hopf_point() {
    let family = |p: f64| {
        let x = p - 0.51;
        let mut moments = Moments::new(Layout::rank(2));
        for k in 0..2 {
            moments = moments.variance(M(k), 3.0).variance(N(k), 3.0).covariance(M(k), N(k), 1.0 + 0.4 * x);
        }
        // Complex but for |x| < 0.004.
        let other = 4.0 * (0.004_f64.powi(2) - x * x);
        let ensemble = moments.covariance(M(0), N(1), 1.0).covariance(M(1), N(0), other).build()?;
        Model::new(0.3, Transfer::Tanh, Variant::Current, ensemble, Input::none())
    };
    let quiet = stationary_branches(&family(0.0).unwrap()).unwrap().remove(0);
    let error = hopf_threshold(family, (0.0, 1.0), &quiet.order).unwrap_err();
    assert!(matches!(error, MeanFieldError::WrongModel { .. }) && error.to_string().contains("real"), "{error}");
    let branch = continue_branch(family, (0.0, 0.49), (0.0, &quiet.order)).unwrap();
    assert!(branch.events.is_empty(), "{:?}", branch.events);
    let across = continue_branch(family, (0.0, 1.0), (0.0, &quiet.order)).unwrap();
    assert!(across.events.iter().all(|e| e.kind != EventKind::Hopf && e.residual.abs() < 1e-9), "{:?}", across.events);
}
