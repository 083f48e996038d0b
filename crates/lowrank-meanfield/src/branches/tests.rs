use super::*;
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Gaussian, Input, Layout, Mixture, Moments, Transfer, Variant};

fn model(g: f64, transfer: Transfer, ensemble: impl Into<Ensemble>) -> Model {
    let ensemble = ensemble.into();
    let input = Input::constant(&vec![1.0; ensemble.layout().inputs]).unwrap();
    Model::new(g, transfer, Variant::Current, ensemble, input).unwrap()
}

/// Populations of equal weight, population k carrying m^(k) = 1 and n^(k) = R overlap_k alone.
fn decoupled(overlaps: &[f64]) -> Mixture {
    let rank = overlaps.len();
    let population = |k: usize| {
        Moments::new(Layout::rank(rank)).mean(M(k), 1.0).mean(N(k), rank as f64 * overlaps[k]).build().unwrap()
    };
    Mixture::new((0..rank).map(|k| (1.0, population(k))).collect()).unwrap()
}

fn shifted(strength: f64) -> Gaussian {
    let layout = Layout::rank(1).with_inputs(1);
    let m = Moments::new(layout).mean(M(0), 3.5).mean(N(0), 1.0).variance(M(0), 1.0).variance(I(0), 1.0);
    let n_variance = 1.0 + strength * strength;
    m.variance(N(0), n_variance).covariance(N(0), I(0), strength).build().unwrap()
}

fn two_overlaps(first: f64, second: f64) -> Gaussian {
    let mut moments = Moments::new(Layout::rank(2));
    for (k, overlap) in [first, second].into_iter().enumerate() {
        moments = moments.variance(M(k), 2.0).variance(N(k), 2.0).covariance(M(k), N(k), overlap);
    }
    moments.build().unwrap()
}

fn pair_of_signs() -> Mixture {
    // Two patterns (1, 1) and (1, -1): their mixed states are solutions besides the pure ones.
    let population = |sign: f64| {
        let means = Moments::new(Layout::rank(2)).mean(M(0), 1.0).mean(M(1), sign);
        means.mean(N(0), 2.0).mean(N(1), 2.0 * sign).variance(M(0), 0.1).build().unwrap()
    };
    Mixture::new(vec![(0.5, population(1.0)), (0.5, population(-1.0))]).unwrap()
}

#[test]
fn decoupled_overlaps_give_every_combination() {
    // At g = 0: kappa_k = overlap_k tanh kappa_k, three solutions each.
    let alone = |overlap: f64| (0..200).fold(1.0, |kappa: f64, _| overlap * kappa.tanh());
    for (overlaps, count) in [(vec![2.0, 1.6], 9), (vec![2.0, 1.6, 1.3], 27)] {
        let found = stationary_branches(&model(0.0, Transfer::Tanh, decoupled(&overlaps))).unwrap();
        assert_eq!(found.len(), count);
        for solution in &found {
            for (kappa, overlap) in solution.order.kappa.iter().zip(&overlaps) {
                assert!(kappa.abs() < 1e-12 || (kappa.abs() - alone(*overlap)).abs() < 1e-9, "{kappa}");
            }
        }
        let stable = found.iter().filter(|s| s.stability == crate::Stability::Stable).count();
        assert_eq!(stable, 1 << overlaps.len(), "only all-active combinations are stable");
        let with_bulk = stationary_branches(&model(0.1, Transfer::Tanh, decoupled(&overlaps))).unwrap();
        assert_eq!(with_bulk.len(), count);
    }
    // Without symmetry no mirror image stands in for what a search misses.
    let overlaps = [2.0, 1.9, 1.8, 1.7];
    let population = |k: usize| {
        let moments = Moments::new(Layout::rank(4).with_inputs(1)).mean(I(0), 0.05);
        moments.mean(M(k), 1.0).mean(N(k), 4.0 * overlaps[k]).build().unwrap()
    };
    let pushed = Mixture::new((0..4).map(|k| (1.0, population(k))).collect()).unwrap();
    assert_eq!(stationary_branches(&model(0.0, Transfer::Tanh, pushed)).unwrap().len(), 81);
    // In one Gaussian population both overlaps share one <phi'>: only one kappa_k at a time.
    assert_eq!(stationary_branches(&model(0.2, Transfer::Tanh, two_overlaps(2.0, 1.6))).unwrap().len(), 5);
    // Equal overlaps: a ring, the quiet state, and for g < 1 nothing else.
    let ring = stationary_branches(&model(0.5, Transfer::Tanh, two_overlaps(1.8, 1.8))).unwrap();
    assert_eq!(ring.len(), 2, "{ring:?}");
    assert_eq!(ring[0].stability, crate::Stability::Stable, "neutral along the ring");
}

#[test]
fn fifty_random_states_lead_to_no_solution_that_is_not_known() {
    let cases: Vec<(Model, usize)> = vec![
        (model(0.8, Transfer::Tanh, shifted(0.5)), 3),
        (model(0.8, Transfer::Tanh, shifted(1.9)), 1),
        (model(0.2, Transfer::Tanh, two_overlaps(2.0, 1.6)), 5),
        (model(0.3, Transfer::Tanh, decoupled(&[2.0, 1.6])), 9),
        (model(0.3, Transfer::Tanh, pair_of_signs()), 9),
        (model(2.5, Transfer::OnePlusTanh, shifted(0.5)), 1),
    ];
    let mut state = 12_345_u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    for (index, (model, count)) in cases.iter().enumerate() {
        let known = stationary_branches(model).unwrap();
        assert_eq!(known.len(), *count, "{index} {known:#?}");
        let mut met = vec![false; known.len()];
        let neurons = neurons_at_rest(model).unwrap();
        for _ in 0..50 * neurons.rank * neurons.rank {
            let mut start: Vec<f64> = (0..neurons.rank).map(|_| 6.0 * uniform() - 3.0).collect();
            start.push(3.0 * neurons.g * neurons.g * uniform());
            let outcome = solve(&neurons, start);
            if outcome.is_solution() {
                let same = known.iter().position(|s| distance(&unknowns(&s.order), &outcome.x) < 1e-5);
                assert!(same.is_some(), "case {index}: {:?} is not among the branches", outcome.x);
                same.into_iter().for_each(|k| met[k] = true);
            }
        }
        assert!(met.iter().all(|m| *m), "case {index}: the random starts met {met:?}");
    }
}

/// Two overlaps that differ by a part `split` have five solutions, of which those along the larger one are stable, with sizes as at one overlap
/// alone; below what a solution's error tells there is a ring. Tilted by a weak input a ring leaves its two ends.
#[test]
fn next_to_a_ring_all_solutions_are_found_and_no_others() {
    let law = |split: f64, tilt: f64| {
        let mut moments = Moments::new(Layout::rank(2).with_inputs(1)).variance(I(0), 1.0).covariance(N(0), I(0), tilt);
        for (k, overlap) in [2.0, 2.0 * (1.0 + split)].into_iter().enumerate() {
            let rest = 17.0 + if k == 0 { 0.5 } else { 0.0 };
            moments = moments.variance(M(k), 1.0).variance(N(k), rest).covariance(M(k), N(k), overlap);
        }
        moments.build().unwrap()
    };
    let found = |split: f64| {
        let model = model(0.5, Transfer::Tanh, law(split, 0.0)).with_input(Input::constant(&[0.0]).unwrap()).unwrap();
        stationary_branches(&model).unwrap()
    };
    let size = found(0.1).iter().find(|s| s.order.kappa[1].abs() < 1e-9).unwrap().order.kappa[0];
    assert!((size - 1.2895).abs() < 5e-5, "{size}");
    for split in [1e-8, 1e-7, 1e-6, 1e-3] {
        let found = found(split);
        let kappa: Vec<(f64, f64, bool)> = found
            .iter()
            .map(|s| {
                (s.order.kappa[0], s.order.kappa[1], s.stability == crate::Stability::Stable && s.family.is_none())
            })
            .collect();
        let expected =
            [(size, 0.0, false), (0.0, size, true), (0.0, 0.0, false), (0.0, -size, true), (-size, 0.0, false)];
        assert_eq!(kappa.len(), 5, "{split}: {kappa:?}");
        for (a, b) in kappa.iter().zip(&expected) {
            let close = (a.0 - b.0).abs() < 1e-6 && (a.1 - b.1).abs() < 1e-6 + 2.0 * split;
            assert!(close && a.2 == b.2, "{split}: {kappa:?}");
        }
    }
    for split in [0.0, 1e-10] {
        let found = found(split);
        assert_eq!(found.len(), 2, "{split}");
        assert!(found[0].family.is_some() && found[0].stability == crate::Stability::Stable, "{split}");
    }
    for tilt in [1e-8, 1e-6] {
        let found = stationary_branches(&model(0.5, Transfer::Tanh, law(0.0, tilt))).unwrap();
        let stable: Vec<&Stationary> = found.iter().filter(|s| s.stability == crate::Stability::Stable).collect();
        assert_eq!((found.len(), stable.len()), (3, 1), "{tilt}");
        assert!(stable[0].order.kappa[0] > 0.5 && stable[0].order.kappa[1].abs() < 1e-4 && stable[0].family.is_none());
    }
}
