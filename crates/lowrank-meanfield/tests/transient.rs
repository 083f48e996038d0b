//! Transients (T19) against independent routes: stationary and chaotic solutions, exact equations, limits.

use lowrank_meanfield::{
    Averages, MeanFieldError, Transient, TransientOptions, chaotic_solutions, stationary_branches, transient,
    transient_with,
};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Ensemble, Gaussian, Initial, Input, Layout, Model, Moments, TimeCourse, Transfer, Variant};

fn variants() -> [Variant; 4] {
    let two = |tau_s, tau_r| Variant::two_timescale(tau_s, tau_r).unwrap();
    [Variant::Current, Variant::Rate, two(0.5, 1.2), two(1.0, 1.0)]
}

fn structured() -> Gaussian {
    Moments::new(Layout::rank(1).with_inputs(1))
        .mean(M(0), 1.0)
        .mean(N(0), 1.2)
        .variance(M(0), 1.0)
        .variance(N(0), 2.0)
        .covariance(M(0), N(0), 0.8)
        .mean(I(0), 0.3)
        .variance(I(0), 0.6)
        .covariance(M(0), I(0), 0.2)
        .covariance(N(0), I(0), 0.5)
        .build()
        .unwrap()
}

fn model(g: f64, variant: Variant) -> Model {
    Model::new(g, Transfer::Tanh, variant, structured(), Input::constant(&[1.0]).unwrap()).unwrap()
}

fn start() -> Initial {
    Initial { along: vec![(M(0), 0.3), (N(0), -0.2)], deviation: 0.7 }
}

fn close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found} against {expected}");
}

#[test]
fn the_long_run_is_the_stationary_branch() {
    for variant in variants() {
        let model = model(0.8, variant);
        let found = transient(&model, &start(), 80.0).unwrap();
        let late = found.at(80.0).unwrap();
        let branch = &stationary_branches(&model).unwrap()[0].order;
        let what = format!("{variant:?}");
        close(late.kappa[0], branch.kappa[0], 1e-9, &what);
        close(late.mu, branch.mu, 1e-9, &what);
        close(late.delta_0, branch.delta_0, 1e-9, &what);
        close(late.delta_0_individual, branch.delta_0_individual, 1e-9, &what);
        close(late.r_mean, branch.r_mean, 1e-9, &what);
        close(late.r_second_moment, branch.r_second_moment, 1e-9, &what);
        println!(
            "{what}: {} times, {} iterations, residual {:e}, tail {:e}",
            found.snapshots.len(),
            found.iterations,
            found.residual,
            found.tail
        );
    }
}

#[test]
fn the_long_run_of_chaos_has_its_autocovariance() {
    for (g, transfer) in [(2.0, Transfer::Tanh), (3.0, Transfer::Erf)] {
        for variant in [Variant::Current, Variant::Rate] {
            let model = Model::new(g, transfer, variant, Gaussian::unstructured(), Input::none()).unwrap();
            let found = transient(&model, &Initial { along: vec![], deviation: 1.0 }, 40.0).unwrap();
            let chaos = &chaotic_solutions(&model).unwrap()[0];
            println!(
                "{g} {variant:?}: {} times, {} iterations, residual {:e}, tail {:e}",
                found.snapshots.len(),
                found.iterations,
                found.residual,
                found.tail
            );
            for lag in [0.0, 0.4, 1.0, 2.5, 6.0] {
                let delta = found.autocovariance(40.0, 40.0 - lag).unwrap();
                let exact = chaos.autocovariance.at(lag).unwrap();
                println!("{lag} {delta} {exact} {:e}", delta - exact);
                close(delta, exact, 1e-6, &format!("{g} {variant:?} lag {lag}"));
            }
            let late = found.at(40.0).unwrap();
            close(late.r_second_moment, chaos.order.r_second_moment, 1e-6, "second moment of r");
        }
    }
}
