//! Onsets and ends of chaos, and solutions that the residual cannot tell apart.
#![allow(missing_docs, clippy::unwrap_used)]

use lowrank_meanfield::{
    Averages, Stability, chaotic_solutions, end_of_structured_chaos, onset_of_chaos, onsets_of_chaos,
    stationary_branches,
};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Ensemble, Gaussian, Input, Layout, Model, Moments, Transfer, Variant};

fn model(g: f64, variant: Variant, ensemble: impl Into<Ensemble>) -> Model {
    Model::new(g, Transfer::Tanh, variant, ensemble, Input::none()).unwrap()
}

/// Rank two whose outer product `active` has an overlap, the other one none.
fn one_active(active: usize, overlap: f64) -> Gaussian {
    let mut moments = Moments::new(Layout::rank(2));
    for k in 0..2 {
        moments = moments.variance(M(k), 1.0).variance(N(k), 6.0);
    }
    moments.covariance(M(active), N(active), overlap).build().unwrap()
}

/// Rank one of this overlap, made of means.
fn uniform(overlap: f64) -> Gaussian {
    Moments::new(Layout::rank(1)).mean(M(0), 1.0).mean(N(0), overlap).build().unwrap()
}

/// [MO18]'s ensemble with another mean of n.
fn published(n: f64) -> Gaussian {
    let moments = Moments::new(Layout::rank(1)).mean(M(0), 1.1).mean(N(0), n).variance(M(0), 1.0).variance(N(0), 1.0);
    moments.build().unwrap()
}

#[test]
fn onsets_do_not_depend_on_how_outer_products_are_numbered() {
    let onsets =
        [0, 1].map(|active| onsets_of_chaos(&model(0.5, Variant::Current, one_active(active, 2.2)), (0.01, 5.0)));
    let [first, second] = onsets.map(Result::unwrap);
    assert_eq!((first.len(), second.len()), (1, 1), "{first:?} {second:?}");
    assert!((first[0].g - second[0].g).abs() < 1e-9 && (first[0].g - 1.7461).abs() < 5e-5, "{first:?}");
    assert!((first[0].kappa[0] - second[0].kappa[1]).abs() < 1e-6 && first[0].kappa[1] == 0.0, "{first:?} {second:?}");
    // The one of the strongest drive is that one, whatever its number is.
    for active in [0, 1] {
        let alone = onset_of_chaos(&model(0.5, Variant::Current, one_active(active, 2.2)), (0.5, 5.0)).unwrap();
        assert!((alone.g - first[0].g).abs() < 1e-9, "{alone:?}");
    }
    // Beside a weak overlap of the other outer product, whose branch is bulk-unstable wherever it is.
    for active in [0, 1] {
        let mut moments = Moments::new(Layout::rank(2));
        for k in 0..2 {
            moments = moments.variance(M(k), 1.0).variance(N(k), 6.0);
        }
        moments = moments.covariance(M(active), N(active), 2.2).covariance(M(1 - active), N(1 - active), 0.2);
        let onsets = onsets_of_chaos(&model(0.5, Variant::Current, moments.build().unwrap()), (1e-3, 10.0)).unwrap();
        assert!(onsets.len() == 1 && (onsets[0].g - first[0].g).abs() < 1e-9, "{onsets:?}");
    }
    // A weak overlap leaves the quiet state, which becomes chaotic at one.
    let quiet = onsets_of_chaos(&model(0.5, Variant::Current, one_active(1, 0.4)), (0.01, 5.0)).unwrap();
    assert!(quiet.len() == 1 && (quiet[0].g - 1.0).abs() < 1e-9 && quiet[0].kappa == [0.0, 0.0], "{quiet:?}");
}

#[test]
fn each_branch_that_becomes_chaotic_has_its_onset() {
    // Input that favours one of two branches: the other one is stable too, and becomes chaotic at another g.
    let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), 1.1).mean(N(0), 2.0).variance(M(0), 1.0);
    let moments = moments.variance(N(0), 1.0).variance(I(0), 1.0).covariance(N(0), I(0), 0.4);
    let input = Input::constant(&[0.3]).unwrap();
    let model = Model::new(0.5, Transfer::Tanh, Variant::Current, moments.build().unwrap(), input).unwrap();
    let onsets = onsets_of_chaos(&model, (0.1, 4.0)).unwrap();
    assert!(!onsets.is_empty());
    for onset in &onsets {
        let branches = stationary_branches(&model.with_g(onset.g).unwrap()).unwrap();
        let there =
            branches.iter().filter(|b| (b.rho - 1.0).abs() < 1e-8 && (b.order.kappa[0] - onset.kappa[0]).abs() < 1e-5);
        assert_eq!(there.count(), 1, "{onset:?}");
        let before = stationary_branches(&model.with_g(onset.g - 1e-3).unwrap()).unwrap();
        let stable = before.iter().filter(|b| b.stability == Stability::Stable);
        assert!(stable.into_iter().any(|b| (b.order.kappa[0] - onset.kappa[0]).abs() < 0.1), "{onset:?} {before:?}");
    }
}

#[test]
fn structured_chaos_ends_at_any_time_constants() {
    // Where overlap <phi'> = 1 at the Delta_0 of the network without structure, found by bisection.
    for (tau_s, tau_r) in [(1.0, 1.0), (1.0, 0.2), (0.3, 2.0), (1.0, 0.0), (0.0, 1.0)] {
        let variant = if tau_s == 0.0 {
            Variant::Rate
        } else if tau_r == 0.0 {
            Variant::Current
        } else {
            Variant::two_timescale(tau_s, tau_r).unwrap()
        };
        let end = end_of_structured_chaos(&model(2.0, variant, published(2.0)), (1.5, 2.6)).unwrap();
        let left = |g: f64| {
            let central = chaotic_solutions(&model(g, variant, Gaussian::unstructured())).unwrap().remove(0);
            2.2 * Averages::new(Transfer::Tanh, 0.0, central.order.delta_0).unwrap().d1 - 1.0
        };
        let (mut low, mut high) = (1.5, 2.6);
        for _ in 0..24 {
            let middle = 0.5 * (low + high);
            if left(middle) > 0.0 { low = middle } else { high = middle }
        }
        assert!((end.g - low).abs() < 1e-6 && end.residual.abs() < 1e-9, "{variant}: {end:?} {low}");
        println!("{variant} {}", end.g);
    }
    // The values of docs/theory.md, section 6.
    let at = |variant| end_of_structured_chaos(&model(2.0, variant, published(2.0)), (2.0, 2.4)).unwrap().g;
    assert!((at(Variant::Current) - 2.135792).abs() < 1e-6);
    assert!((at(Variant::two_timescale(1.0, 1.0).unwrap()) - 2.134562).abs() < 1e-6);
}

#[test]
fn solutions_that_the_residual_cannot_tell_apart_are_one() {
    // Just below and at the pitchfork there is one solution, just above it there are three.
    for (overlap, g, expected) in
        [(1.0, 0.0, 1), (0.99999, 0.3, 1), (0.999999, 0.0, 1), (1.0, 0.6, 1), (1.0001, 0.0, 3), (1.001, 0.3, 3)]
    {
        let found = stationary_branches(&model(g, Variant::Current, uniform(overlap))).unwrap();
        let kappas: Vec<f64> = found.iter().map(|s| s.order.kappa[0]).collect();
        assert_eq!(found.len(), expected, "overlap {overlap}, g {g}: {kappas:?}");
        assert_eq!(kappas[expected / 2], 0.0, "{kappas:?}");
    }
    // kappa^3 / 3 = kappa (1.0001 - 1) at g = 0, to first order.
    let found = stationary_branches(&model(0.0, Variant::Current, uniform(1.0001))).unwrap();
    assert!((found[0].order.kappa[0] / (3.0 * 1e-4_f64).sqrt() - 1.0).abs() < 1e-3, "{:?}", found[0].order.kappa);
}
