//! The slaved dynamics of kappa (T28) where it is exact, and how far it is from the two-time theory (T19) where it is not.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use lowrank_meanfield::{Latent, latent, stationary_branches, transient};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Ensemble, Gaussian, Initial, Input, Mixture, Model, Moments, TimeCourse, Transfer, Variant};

use common::moments;

const END: f64 = 8.0;

fn law() -> Gaussian {
    moments().build().unwrap()
}

fn variants() -> [Variant; 3] {
    [Variant::Current, Variant::Rate, Variant::two_timescale(0.7, 1.6).unwrap()]
}

fn model(g: f64, variant: Variant, ensemble: impl Into<Ensemble>) -> Model {
    let input = Input::new(vec![TimeCourse::step(2.0, 1.0, -0.5).unwrap()]);
    Model::new(g, Transfer::Tanh, variant, ensemble, input).unwrap()
}

fn start() -> Initial {
    Initial { along: vec![(M(0), 0.3), (N(0), -0.2)], deviation: 0.7 }
}

fn run(model: &Model, dt: f64, end: f64) -> Vec<Latent> {
    let felt = model.input().felt(model.variant(), dt, (end / dt).round() as usize, || 0.0).unwrap();
    latent(model, &start(), &felt, dt).unwrap()
}

/// The largest distance of kappa and the readout from T19, at whole times.
fn distance(model: &Model, dt: f64) -> f64 {
    let (exact, found) = (transient(model, &start(), END).unwrap(), run(model, dt, END));
    let at = |time: usize| {
        let (exact, found) = (exact.at(time as f64).unwrap(), &found[(time as f64 / dt).round() as usize]);
        (found.kappa[0] - exact.kappa[0]).abs().max((found.readouts[0] - exact.readouts[0]).abs())
    };
    (1..=END as usize).map(at).fold(0.0, f64::max)
}

#[test]
fn without_a_bulk_it_is_the_two_time_theory_to_first_order_in_the_step() {
    for variant in variants() {
        let model = model(0.0, variant, law());
        let [coarse, fine] = [0.04, 0.02].map(|dt| distance(&model, dt));
        // Half the step, half the error.
        assert!(fine < 0.02 && (fine / coarse - 0.5).abs() < 0.05, "{variant}: {coarse} {fine}");
    }
}

#[test]
fn it_ends_in_the_stationary_solutions_of_every_variant_and_ensemble() {
    let second = Moments::new(law().layout()).mean(M(0), -0.5).variance(N(0), 0.5).variance(I(0), 0.2).build().unwrap();
    let mixture = Mixture::new(vec![(0.6, law()), (0.4, second)]).unwrap();
    for variant in variants() {
        for ensemble in [Ensemble::from(law()), mixture.clone().into()] {
            let model = model(0.9, variant, ensemble);
            let end = run(&model, 0.1, 80.0).pop().unwrap();
            let branches = stationary_branches(&model).unwrap();
            let near = branches.iter().map(|s| {
                let variance = (s.order.delta_0_individual - end.delta_0_individual).abs();
                (s.order.kappa[0] - end.kappa[0]).abs().max(variance)
            });
            let nearest = near.fold(f64::INFINITY, f64::min);
            assert!(nearest < 1e-5, "{variant}: {nearest}");
        }
    }
}

#[test]
fn with_a_bulk_it_stays_near_the_two_time_theory() {
    // kappa is of order one. Where the input turns round at time 2, so does the drive of the bulk, and kappa passes zero too
    // soon; where it only grows the bulk keeps its direction.
    for variant in variants() {
        let turning = model(0.8, variant, law());
        let growing = Input::new(vec![TimeCourse::step(2.0, 0.2, 1.0).unwrap()]);
        let [turning, growing] = [&turning, &turning.with_input(growing).unwrap()].map(|model| distance(model, 0.02));
        assert!(growing < 0.06 && turning < 0.2, "{variant}: {growing} {turning}");
        // Not by construction: the two theories differ.
        assert!(growing > 1e-3 && turning > 1e-2, "{variant}: {growing} {turning}");
    }
}

#[test]
fn what_it_cannot_take_is_refused() {
    let model = model(0.5, Variant::Current, law());
    let told = latent(&model, &start(), &[vec![0.0, 0.0]], 0.1).unwrap_err().to_string();
    assert!(told.contains("felt input") && told.contains('2'), "{told}");
    let told = latent(&model.with_noise(0.1).unwrap(), &start(), &[vec![0.0]], 0.1).unwrap_err().to_string();
    assert!(told.contains("noise"), "{told}");
}
