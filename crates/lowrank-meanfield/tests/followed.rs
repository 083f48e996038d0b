//! Two time scales (T16): what became of the solutions of one time scale that do not arrive.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use lowrank_meanfield::{Followed, Loss, chaotic_solutions, two_timescale_solutions};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Input, Layout, Model, Moments, Transfer, Variant};

/// \[MO18\]'s ensemble with an input of the same strength for every unit.
fn published(g: f64, input: f64, (tau_s, tau_r): (f64, f64)) -> Model {
    let ensemble = Moments::new(Layout::rank(1).with_inputs(1))
        .mean(M(0), 1.1)
        .mean(N(0), 2.0)
        .mean(I(0), 1.0)
        .variance(M(0), 1.0)
        .variance(N(0), 1.0)
        .build()
        .unwrap();
    let variant = Variant::two_timescale(tau_s, tau_r).unwrap();
    Model::new(g, Transfer::Tanh, variant, ensemble, Input::constant(&[input]).unwrap()).unwrap()
}

/// Geometry (c) of docs/theory.md section 8 at g = 2.
fn driven(strength: f64, (tau_s, tau_r): (f64, f64)) -> Model {
    let ensemble = Moments::new(Layout::rank(1).with_inputs(1))
        .mean(M(0), 3.5)
        .mean(N(0), 1.0)
        .variance(M(0), 1.0)
        .variance(N(0), 1.0 + strength * strength)
        .variance(I(0), 1.0 + strength * strength)
        .covariance(N(0), I(0), strength)
        .build()
        .unwrap();
    let variant = Variant::two_timescale(tau_s, tau_r).unwrap();
    Model::new(2.0, Transfer::Tanh, variant, ensemble, Input::constant(&[1.0]).unwrap()).unwrap()
}

/// Both solutions are lost at one ratio, for this reason, and exist at nine tenths of it.
fn both_end(model: impl Fn((f64, f64)) -> Model, reason: Loss) -> f64 {
    let Followed { found, lost } = two_timescale_solutions(&model((1.0, 1.0))).unwrap();
    assert_eq!((found.len(), lost.len()), (1, 2), "{lost:?}");
    let ratios: Vec<f64> = lost.iter().map(|l| l.tau_r / l.tau_s).collect();
    assert!(lost.iter().all(|l| l.end == reason) && (ratios[0] - ratios[1]).abs() < 0.01, "{lost:?}");
    assert!((lost[0].tau_s.hypot(lost[0].tau_r) - 2.0_f64.sqrt()).abs() < 1e-12);
    let before = two_timescale_solutions(&model((1.0, 0.9 * ratios[0]))).unwrap();
    assert_eq!((before.found.len(), before.lost.len()), (3, 0), "{:?}", before.lost);
    assert_eq!(chaotic_solutions(&model((1.0, 1.0))).unwrap().len(), 1, "what has an end is no error");
    ratios[0]
}

/// The input at which the current variant's branch folds is 1.0788e-3; for (1, 1) it is less.
#[test]
fn two_solutions_vanish_in_a_fold_on_the_way() {
    let ratio = both_end(|taus| published(2.1, 0.97 * 1.078_810_368e-3, taus), Loss::Fold);
    // Nearer to the fold of the current variant they vanish earlier.
    let Followed { lost, .. } = two_timescale_solutions(&published(2.1, 0.99 * 1.078_810_368e-3, (1.0, 1.0))).unwrap();
    assert!(lost.len() == 2 && lost.iter().all(|l| l.end == Loss::Fold && l.tau_r / l.tau_s < 0.8 * ratio), "{lost:?}");
}

/// Structured chaos dies at g = 2.135792 in the current variant, at 2.134562 for (1, 1) (docs/theory.md section 6).
#[test]
fn structured_chaos_runs_into_the_central_solution_on_the_way() {
    both_end(|taus| published(2.1352, 0.0, taus), Loss::Merged);
}

/// Next to onset, which time constants do not move, every solution of one time scale exists at two. There Delta_T is so small a
/// part of Delta_0 that rounding hides the highest Legendre coefficients of Delta(tau) on any panels.
#[test]
fn next_to_onset_all_solutions_arrive() {
    for distance in [1e-3, 3e-4, 1e-4, 3e-5, 1e-6] {
        for taus in [(1.0, 0.5), (1.0, 1.0), (0.3, 2.0)] {
            let models = [published(1.795_899_300 + distance, 0.0, taus), driven(0.174_767_915 - distance, taus)];
            for (model, expected) in models.iter().zip([3, 1]) {
                let Followed { found, lost } = two_timescale_solutions(model).unwrap();
                assert_eq!((found.len(), lost.len()), (expected, 0), "{distance} {taus:?}: {lost:?}");
                let one = chaotic_solutions(&model.with_variant(Variant::Current).unwrap()).unwrap();
                for (two, one) in found.iter().zip(&one) {
                    // Time constants change Delta_T by a part that falls as Delta_T does: 1.4e-5 at 1e-3.
                    let change = (two.order.delta_t / one.order.delta_t - 1.0).abs();
                    let is_central = one.order.delta_inf == 0.0;
                    assert!(two.residual <= 1e-10 && (is_central || change < 0.03 * distance), "{distance} {change:e}");
                    assert!(two.grid.unwrap().unresolved < 1e-8, "{:?}", two.grid);
                }
            }
        }
    }
}

#[test]
fn one_time_scale_loses_nothing() {
    let model = published(2.0, 0.0, (1.0, 1.0)).with_variant(Variant::Rate).unwrap();
    let Followed { found, lost } = two_timescale_solutions(&model).unwrap();
    assert_eq!((found.len(), lost.len()), (3, 0));
}
