//! Stability of chaotic solutions (T32).
#![allow(missing_docs, clippy::unwrap_used)]

use lowrank_meanfield::{
    Averages, Instability, Stability, chaotic_solutions, end_of_structured_chaos, stationary_branches,
};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Ensemble, Gaussian, Input, Layout, Model, Moments, Transfer, Variant};

fn model(g: f64, variant: Variant, ensemble: impl Into<Ensemble>) -> Model {
    Model::new(g, Transfer::Tanh, variant, ensemble, Input::none()).unwrap()
}

/// [MO18]'s ensemble.
fn published() -> Gaussian {
    let moments = Moments::new(Layout::rank(1)).mean(M(0), 1.1).mean(N(0), 2.0).variance(M(0), 1.0).variance(N(0), 1.0);
    moments.build().unwrap()
}

/// The same with a uniform input.
fn pushed(g: f64, input: f64) -> Model {
    let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), 1.1).mean(N(0), 2.0).variance(M(0), 1.0);
    let ensemble = moments.variance(N(0), 1.0).mean(I(0), 1.0).build().unwrap();
    Model::new(g, Transfer::Tanh, Variant::Current, ensemble, Input::constant(&[input]).unwrap()).unwrap()
}

fn isotropic(overlap: f64) -> Gaussian {
    let mut moments = Moments::new(Layout::rank(2));
    for k in 0..2 {
        moments = moments.variance(M(k), overlap).variance(N(k), overlap).covariance(M(k), N(k), overlap);
    }
    moments.build().unwrap()
}

#[test]
fn the_central_solution_grows_with_the_overlap_times_the_mean_slope() {
    for (tau_s, tau_r) in [(1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.5, 2.0)] {
        let variant = match (tau_s, tau_r) {
            (_, 0.0) => Variant::Current,
            (0.0, _) => Variant::Rate,
            _ => Variant::two_timescale(tau_s, tau_r).unwrap(),
        };
        let end = end_of_structured_chaos(&model(2.0, variant, published()), (1.8, 2.4)).unwrap().g;
        for g in [1.8, end - 0.01, end + 0.01, 2.5] {
            let found = chaotic_solutions(&model(g, variant, published())).unwrap();
            let central = found.iter().find(|c| c.order.kappa[0] == 0.0).unwrap();
            let slope = Averages::new(Transfer::Tanh, 0.0, central.order.delta_0).unwrap().d1;
            let growth = &central.structure_growth;
            assert!((growth.eigenvalues[0].0 - 2.2 * slope).abs() < 1e-7, "{variant} {g}: {growth:?} {slope}");
            // (1 + tau_s s)(1 + tau_r s) = overlap <phi'>.
            let s = growth.growth_rate.unwrap();
            assert!(((1.0 + tau_s * s) * (1.0 + tau_r * s) - 2.2 * slope).abs() < 1e-7, "{variant} {g}: {growth:?}");
            let unstable = Stability::Unstable(Instability::RealOutlier);
            assert_eq!(growth.stability, if g < end { unstable } else { Stability::Stable }, "{variant} {g}");
            // The structured ones are stable where there are any.
            let structured = found.iter().filter(|c| c.order.kappa[0] != 0.0);
            structured.for_each(|c| assert_eq!(c.structure_growth.stability, Stability::Stable, "{variant} {g}"));
        }
    }
}

#[test]
fn at_a_fold_of_chaos_one_solution_is_stable_and_the_other_is_not() {
    // Along the input three chaotic solutions become one: a fold of the two lower ones at 1.0788e-3 (docs/theory.md, section 6).
    let of = |input: f64| chaotic_solutions(&pushed(2.1, input)).unwrap();
    let (mut three, mut one) = (0.0, 3e-3);
    for _ in 0..16 {
        let middle = 0.5 * (three + one);
        if of(middle).len() == 3 { three = middle } else { one = middle }
    }
    assert!((three - 1.0788e-3).abs() < 1e-6, "{three}");
    let found = of(three);
    let growth = |i: usize| found[i].structure_growth.growth_rate.unwrap();
    println!("{:?}", [0, 1, 2].map(growth));
    assert!(growth(0) < 0.0 && growth(1) > 0.0 && growth(2) < 0.0, "{:?}", [0, 1, 2].map(growth));
    // Both vanish at the fold as the root of the distance to it.
    assert!(growth(1) < 0.02 && growth(2) > -0.02, "{:?}", [0, 1, 2].map(growth));
    let before = of(0.25 * three);
    let ratio = before[1].structure_growth.growth_rate.unwrap() / growth(1);
    assert!(ratio > 5.0, "{ratio}");
}

#[test]
fn chaos_and_rest_have_one_growth_rate_at_onset() {
    // At rho = 1 the chaotic solution is the stationary one, and B is what (T10) leaves of its eigenvalue of kappa.
    let model = model(0.0, Variant::Current, published());
    let onset = lowrank_meanfield::onset_of_chaos(&model, (1.5, 2.0)).unwrap().g;
    let rest = stationary_branches(&model.with_g(onset).unwrap()).unwrap().remove(0);
    let above = chaotic_solutions(&model.with_g(onset + 1e-3).unwrap()).unwrap().remove(0);
    assert!((rest.order.kappa[0] - above.order.kappa[0]).abs() < 0.01);
    assert_eq!(above.structure_growth.stability, Stability::Stable);
    assert!(above.structure_growth.growth_rate.unwrap() < -0.05, "{:?} {:?}", above.structure_growth, rest.outliers);
}

#[test]
fn without_structure_chaos_is_stable_whatever_it_is_driven_by() {
    for transfer in [Transfer::Tanh, Transfer::Erf, Transfer::OnePlusTanh, Transfer::Logistic] {
        for (g, noise) in [(1.2, 0.0), (2.5, 0.0), (8.0, 0.0), (0.5, 0.4), (2.0, 0.4)] {
            let model = Model::new(g, transfer, Variant::Current, Gaussian::unstructured(), Input::none()).unwrap();
            let found = chaotic_solutions(&model.with_noise(noise).unwrap()).unwrap();
            for solution in &found {
                println!("{transfer} {g} {noise} {:?}", solution.structure_growth);
            }
            if found.len() == 1 {
                let growth = &found[0].structure_growth;
                assert_eq!((growth.growth_rate, growth.stability), (None, Stability::Stable), "{transfer} {g} {noise}");
            }
        }
    }
}

#[test]
fn a_ring_is_one_solution_with_its_radius() {
    for (g, overlap) in [(0.5, 1.8), (0.3, 2.56)] {
        let found = stationary_branches(&model(g, Variant::Current, isotropic(overlap))).unwrap();
        assert_eq!(found.len(), 2, "{found:?}");
        let ring = found[0].family.unwrap();
        let radius = found[0].order.kappa[0].hypot(found[0].order.kappa[1]);
        assert!(
            (ring.smallest_radius - radius).abs() < 1e-7 && (ring.largest_radius - radius).abs() < 1e-7,
            "{ring:?}"
        );
        assert!(found[1].family.is_none());
    }
    for variant in [Variant::Current, Variant::two_timescale(1.0, 0.5).unwrap()] {
        let found = chaotic_solutions(&model(2.1, variant, isotropic(2.56))).unwrap();
        let all: Vec<_> = found.iter().map(|c| (&c.order.kappa, &c.structure_growth, c.family)).collect();
        assert_eq!(found.len(), 2, "{variant}: {all:?}");
        let ring = found[0].family.unwrap();
        assert!(ring.largest_radius - ring.smallest_radius < 1e-6 && ring.smallest_radius > 0.1, "{ring:?}");
        assert_eq!(found[0].structure_growth.stability, Stability::Stable);
        assert!(found[1].family.is_none() && found[1].order.kappa == [0.0, 0.0]);
        assert_ne!(found[1].structure_growth.stability, Stability::Stable);
    }
}
