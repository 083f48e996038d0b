//! Chaos just above its onset, where it is small and weak: its size there is known in closed form.
//!
//! (T45): with Delta_T small, C_phi'(D - y) is \<phi'^2> - y \<phi''^2>, for max(0, x) Phi(t) - e^(-t^2 / 2) sqrt(2 y / D) / (2 pi), t = mu / sqrt(D).
//! (T21) makes of that rho^2 - 1 = (2 / 3) g^2 \<phi''^2> Delta_T, and (4 / 5) g^2 e^(-t^2 / 2) sqrt(2 Delta_T / D) / (2 pi).
#![allow(missing_docs, clippy::unwrap_used)]

use std::f64::consts::PI;

use lowrank_meanfield::{
    Chaotic, MeanFieldError, Stability, Stationary, average, chaotic_solutions, onsets_of_chaos, stationary_branches,
};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Empirical, Gaussian, Input, Layout, Model, Moments, Transfer, Variant};

/// m = 1 and the same n in every unit, an input of mean one and of some variance.
fn driven(g: f64, transfer: Transfer, overlap: f64, (amplitude, spread): (f64, f64)) -> Model {
    let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), 1.0).mean(N(0), overlap).mean(I(0), 1.0);
    let input = Input::constant(&[amplitude]).unwrap();
    Model::new(g, transfer, Variant::Current, moments.variance(I(0), spread).build().unwrap(), input).unwrap()
}

/// Delta_T of chaos that is born from a stationary solution with rho a little above one, to first order.
fn born(transfer: Transfer, g: f64, from: &Stationary) -> f64 {
    let (mu, d, excess) = (from.order.mu, from.order.delta_0, from.rho.powi(2) - 1.0);
    if transfer == Transfer::ThresholdLinear {
        let root = 1.25 * excess * 2.0 * PI / (g * g) * (0.5 * mu * mu / d).exp();
        return 0.5 * d * root * root;
    }
    1.5 * excess / (g * g * average(mu, d, |x| transfer.jet(x).d2.powi(2)).unwrap())
}

/// The chaotic solution that lies next to a stationary one.
fn next_to<'a>(from: &Stationary, found: &'a [Chaotic]) -> Option<&'a Chaotic> {
    let distance = |c: &Chaotic| (c.order.kappa[0] - from.order.kappa[0]).abs();
    found.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// Factor of rho - 1 that the next order may have.
const NEXT_ORDER: f64 = 40.0;

#[test]
fn above_every_onset_there_is_chaos_of_the_known_size() {
    let mut seen = 0;
    for transfer in Transfer::ALL {
        for overlap in [-8.0, -1.0, 0.5] {
            for input in [(0.5, 0.0), (1.0, 0.5)] {
                let at = |g: f64| driven(g, transfer, overlap, input);
                let top = match transfer {
                    Transfer::Logistic => 50.0,
                    Transfer::ThresholdLinear => 2.0,
                    _ => 8.0,
                };
                let Ok(onsets) = onsets_of_chaos(&at(1.0), (0.3, top)) else { continue };
                for onset in onsets {
                    for above in [1e-4, 3e-3, 0.1] {
                        let g = onset.g + above;
                        let place = format!("{transfer} n {overlap} input {input:?} g - g_c {above}");
                        let rest = stationary_branches(&at(g)).unwrap();
                        let from =
                            rest.iter().min_by(|a, b| (a.rho - 1.0).abs().total_cmp(&(b.rho - 1.0).abs())).unwrap();
                        let found = chaotic_solutions(&at(g)).unwrap();
                        let chaos = next_to(from, &found).unwrap_or_else(|| panic!("{place}: none"));
                        seen += 1;
                        assert!(chaos.residual <= 1e-10 && chaos.rho > 1.0, "{place}: {chaos:?}");
                        let part = chaos.order.delta_t / born(transfer, g, from);
                        assert!((part - 1.0).abs() < NEXT_ORDER * (from.rho - 1.0) + 1e-4, "{place}: {part}");
                        // What leaves it grows no faster than at rest, and its correlations decay slowly.
                        let exponent = chaos.lyapunov().unwrap().exponent;
                        assert!(exponent > 0.0 && exponent < from.rho - 1.0, "{place}: {exponent}");
                        assert!(
                            chaos.autocovariance().unwrap().decay_rate() < 4.0 * (from.rho - 1.0).sqrt(),
                            "{place}"
                        );
                        assert_eq!(chaos.structure_growth.stability, Stability::Stable, "{place}");
                    }
                }
            }
        }
    }
    assert!(seen > 60, "{seen}");
}

/// Without structure and input Delta_0 is g - 1 to first order for tanh = x - x^3 / 3 + ..., and 4 / pi of that for erf = x - pi x^3 / 12.
#[test]
fn the_central_solution_grows_from_zero() {
    for (transfer, slope) in [(Transfer::Tanh, 1.0), (Transfer::Erf, 4.0 / PI)] {
        for above in [1e-6, 1e-5, 1e-4, 1e-3, 1e-2] {
            let model =
                Model::new(1.0 + above, transfer, Variant::Current, Gaussian::unstructured(), Input::none()).unwrap();
            let found = chaotic_solutions(&model).unwrap();
            assert_eq!(found.len(), 1, "{transfer} {above}");
            let part = found[0].order.delta_0 / (slope * above);
            assert!((part - 1.0).abs() < 5.0 * above + 1e-6, "{transfer} {above}: {part}");
            assert_eq!(found[0].structure_growth.stability, Stability::Stable, "{transfer} {above}");
        }
    }
}

/// The exponent is (g - 1)^2 / 2 for every odd phi, half of it for two equal time scales; below 1e-11 rounding hides it.
#[test]
fn an_exponent_that_rounding_hides_is_no_number() {
    for transfer in [Transfer::Tanh, Transfer::Erf] {
        for (variant, half) in
            [(Variant::Current, 0.5), (Variant::Rate, 0.5), (Variant::two_timescale(1.0, 1.0).unwrap(), 0.25)]
        {
            for above in [1e-8, 5e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3] {
                let model =
                    Model::new(1.0 + above, transfer, variant, Gaussian::unstructured(), Input::none()).unwrap();
                for chaos in chaotic_solutions(&model).unwrap() {
                    match chaos.lyapunov() {
                        Ok(found) => {
                            let part = found.exponent / (half * above * above);
                            assert!((part - 1.0).abs() < 0.01 && above > 2e-6, "{transfer} {variant} {above}: {part}");
                        }
                        Err(error) => {
                            assert!(
                                matches!(error, MeanFieldError::WeakChaos { .. }) && above < 1e-5,
                                "{above}: {error}"
                            );
                        }
                    }
                }
            }
        }
    }
}

/// At g - g_c = 1e-6 chaos of threshold-linear units has 1e-11 of their variance.
#[test]
fn chaos_too_weak_to_be_resolved_is_said_to_be_there() {
    for overlap in [-8.0, -4.0, -1.0] {
        let at = |above: f64| driven(2.0_f64.sqrt() + above, Transfer::ThresholdLinear, overlap, (1.0, 0.0));
        let Err(MeanFieldError::WeakChaos { g, excess }) = chaotic_solutions(&at(1e-6)) else { panic!("{overlap}") };
        assert!((g - 2.0_f64.sqrt() - 1e-6).abs() < 1e-12 && excess > 1e-7 && excess < 1e-6, "{g} {excess}");
        assert!(chaotic_solutions(&at(-1e-6)).unwrap().is_empty());
    }
}

/// A quarter of the units have a strong input and the others none: more of them have their full slope than under a normal law of
/// that variance, and chaos begins at a smaller g.
fn given_and_alike(g: f64) -> (Model, Model) {
    let input: Vec<f64> = (0..60).map(|i| [3.0, 0.0, 0.0, 0.0, -3.0, 0.0, 0.0, 0.0][i % 8]).collect();
    let small = |by: f64| (0..60).map(|i| (f64::from(i) * by).sin()).collect::<Vec<f64>>();
    let layout = Layout::rank(1).with_inputs(1);
    let given = Empirical::new(layout, 60, vec![small(1.3), small(2.1), input]).unwrap();
    let alike = given.moments().unwrap();
    let at = |ensemble: lowrank_model::Ensemble| {
        Model::new(g, Transfer::Tanh, Variant::Current, ensemble, Input::constant(&[1.0]).unwrap()).unwrap()
    };
    (at(given.into()), at(alike.into()))
}

#[test]
fn given_vectors_have_the_chaos_of_their_own() {
    for g in [2.0, 2.02, 2.05] {
        let (given, alike) = given_and_alike(g);
        assert!(stationary_branches(&alike).unwrap()[0].rho < 1.0 && chaotic_solutions(&alike).unwrap().is_empty());
        let (rest, found) = (stationary_branches(&given).unwrap(), chaotic_solutions(&given).unwrap());
        assert!(rest.len() == 1 && rest[0].rho > 1.0 && found.len() == 1, "{g}: {rest:?} {found:?}");
        // The three inputs by themselves.
        let individual = rest[0].order.delta_0_individual;
        let bend = |mu: f64| average(mu, individual, |x| Transfer::Tanh.jet(x).d2.powi(2)).unwrap();
        let bent = (8.0 * bend(3.0) + 7.0 * bend(-3.0) + 45.0 * bend(0.0)) / 60.0;
        let part = found[0].order.delta_t * g * g * bent / (1.5 * (rest[0].rho.powi(2) - 1.0));
        assert!((part - 1.0).abs() < NEXT_ORDER * (rest[0].rho - 1.0), "{g}: {part}");
    }
}

/// The rule that chaos has to be found or said to be missing holds for given vectors too.
#[test]
fn weak_chaos_of_given_vectors_is_said_to_be_there() {
    let vectors = vec![vec![1.0; 20], vec![-4.0; 20], vec![1.0; 20]];
    let given = Empirical::new(Layout::rank(1).with_inputs(1), 20, vectors).unwrap();
    let at = |above: f64| {
        let (g, input) = (2.0_f64.sqrt() + above, Input::constant(&[1.0]).unwrap());
        chaotic_solutions(&Model::new(g, Transfer::ThresholdLinear, Variant::Current, given.clone(), input).unwrap())
    };
    assert!(matches!(at(1e-6), Err(MeanFieldError::WeakChaos { .. })));
    assert!(at(-1e-6).unwrap().is_empty() && at(1e-3).unwrap().len() == 1);
}
