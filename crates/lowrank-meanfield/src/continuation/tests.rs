use super::*;
use crate::root::bracketed_root;
use crate::{BranchesThrough, branches_along, branches_through, onset_of_chaos, stationary_branches, stationary_from};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Gaussian, Input, Layout, Moments, Transfer, Variant};

fn model(g: f64, ensemble: Gaussian) -> Result<Model, ModelError> {
    let input = Input::constant(&vec![1.0; ensemble.layout().inputs])?;
    Model::new(g, Transfer::Tanh, Variant::Current, ensemble, input)
}

fn rank_one(m: f64, n: f64, s_mn: f64) -> Result<Gaussian, ModelError> {
    let means = Moments::new(Layout::rank(1)).mean(M(0), m).mean(N(0), n);
    means.variance(M(0), 1.0).variance(N(0), 6.0).covariance(M(0), N(0), s_mn).build()
}

/// docs/theory.md section 8, geometry (c), at g = 0.8.
fn shifted(strength: f64) -> Result<Model, ModelError> {
    let m = Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), 3.5).mean(N(0), 1.0).variance(M(0), 1.0);
    let n = m.variance(N(0), 1.0 + strength * strength).variance(I(0), 1.0 + strength * strength);
    model(0.8, n.covariance(N(0), I(0), strength).build()?)
}

fn of(branch: &Branch, kind: EventKind) -> Vec<&Event> {
    branch.events.iter().filter(|e| e.kind == kind).collect()
}

#[test]
fn the_pitchfork_lies_at_overlap_one() {
    for g in [0.0, 0.5] {
        let family = |overlap| model(g, rank_one(0.0, 0.0, overlap)?);
        let branches = branches_along(family, (0.4, 1.9), 3).unwrap();
        assert_eq!(branches.len(), 2, "the quiet state and the parabola across it");
        for branch in &branches {
            let crossings = of(branch, EventKind::BranchPoint);
            assert_eq!((crossings.len(), branch.events.len()), (1, 1), "{:?}", branch.events);
            assert!((crossings[0].parameter - 1.0).abs() < 1e-10, "g = {g}: {}", crossings[0].parameter);
            assert!(crossings[0].residual.abs() < 1e-10);
            assert_eq!(branch.ends, [BranchEnd::Interval; 2]);
        }
    }
}

#[test]
fn the_fold_under_growing_input_is_where_two_solutions_vanish() {
    let branches = branches_along(shifted, (0.0, 2.0), 5).unwrap();
    let folds: Vec<&Event> = branches.iter().flat_map(|b| of(b, EventKind::Fold)).collect();
    assert_eq!(folds.len(), 1, "{folds:?}");
    let fold = folds[0];
    // By the number of solutions.
    let (mut three, mut one) = (0.1, 2.0);
    for _ in 0..40 {
        let middle = 0.5 * (three + one);
        if stationary_branches(&shifted(middle).unwrap()).unwrap().len() == 3 { three = middle } else { one = middle }
    }
    assert!((fold.parameter - three).abs() < 1e-8, "{} {three}", fold.parameter);
    // An eigenvalue of T10 is one.
    let largest = fold.solution.outliers[0];
    assert!((largest.0 - 1.0).abs() < 1e-9 && largest.1 == 0.0 && fold.residual.abs() < 1e-10, "{fold:?}");
}

#[test]
fn an_isola_closes_with_two_folds() {
    // Strength 0.5 + p^2: the two solutions that meet at the fold do so at p = +-sqrt(0.7268390323 - 0.5).
    let family = |p: f64| shifted(0.5 + p * p);
    let lowest = stationary_branches(&family(0.1).unwrap()).unwrap().pop().unwrap();
    let isola = continue_branch(family, (-1.0, 1.0), (0.1, &lowest.order)).unwrap();
    assert_eq!(isola.ends, [BranchEnd::Loop; 2]);
    assert_eq!(isola.points[0], isola.points[isola.points.len() - 1]);
    let folds = of(&isola, EventKind::Fold);
    assert_eq!((folds.len(), isola.events.len()), (2, 2));
    let expected = 0.226_839_032_282_f64.sqrt();
    assert!(folds.iter().all(|f| (f.parameter.abs() - expected).abs() < 1e-10), "{folds:?}");
    assert!((folds[0].parameter + folds[1].parameter).abs() < 1e-10);
    // The diagram: the isola and the one branch that crosses the interval.
    assert_eq!(branches_along(family, (-1.0, 1.0), 3).unwrap().len(), 2);
}

#[test]
fn the_bulk_becomes_unstable_at_the_published_values() {
    let equal = 2.2_f64.sqrt();
    let cases =
        [(1.1, 2.0, 0.0, 1.795_899_300, 1e-9), (equal, equal, 0.0, 1.8123, 5e-5), (0.0, 0.0, 2.2, 1.7461, 5e-5)];
    for (m, n, s_mn, expected, tolerance) in cases {
        let ensemble = rank_one(m, n, s_mn).unwrap();
        let family = |g| model(g, ensemble.clone());
        let start = stationary_branches(&family(1.2).unwrap()).unwrap().remove(0);
        let branch = continue_branch(family, (0.5, 1.95), (1.2, &start.order)).unwrap();
        let events = of(&branch, EventKind::BulkInstability);
        assert_eq!(events.len(), 1);
        assert!((events[0].parameter - expected).abs() < tolerance, "{} {expected}", events[0].parameter);
        let onset = onset_of_chaos(&family(1.0).unwrap(), (1.5, 1.95)).unwrap();
        assert!((events[0].parameter - onset.g).abs() < 1e-10, "{} {}", events[0].parameter, onset.g);
    }
}

#[test]
fn arclength_and_parameter_stepping_agree() {
    let start = stationary_branches(&shifted(0.0).unwrap()).unwrap().remove(0);
    let branch = continue_branch(shifted, (0.0, 1.5), (0.0, &start.order)).unwrap();
    let worst = branch.points.iter().map(|p| p.solution.residual).fold(0.0, f64::max);
    assert!(branch.points.len() > 15 && worst < 1e-12, "{} {worst:e}", branch.points.len());
    let mut order = start.order;
    for point in &branch.points {
        let stepped = stationary_from(&shifted(point.parameter).unwrap(), &order).unwrap();
        assert!(distance(&unknowns(&stepped.order), &unknowns(&point.solution.order)) < 1e-10);
        order = stepped.order;
    }
}

#[test]
fn a_pair_crosses_on_the_quiet_branch_where_the_closed_form_says() {
    let variant = Variant::TwoTimescale { tau_s: 1.0, tau_r: 0.5 };
    let family = |a: f64| {
        let mut moments = Moments::new(Layout::rank(2));
        for k in 0..2 {
            moments = moments.variance(M(k), 3.0).variance(N(k), 3.0).covariance(M(k), N(k), a);
        }
        let ensemble = moments.covariance(M(0), N(1), 1.1).covariance(M(1), N(0), -1.1).build()?;
        Model::new(0.4, Transfer::Tanh, variant, ensemble, Input::none())
    };
    let quiet = stationary_branches(&family(0.0).unwrap()).unwrap().remove(0);
    let branch = continue_branch(family, (0.0, 1.5), (0.0, &quiet.order)).unwrap();
    let hopf = of(&branch, EventKind::Hopf);
    let expected = 1.0 - 0.5 * (1.1_f64 / 1.5).powi(2);
    assert_eq!((hopf.len(), branch.events.len()), (1, 1));
    assert!((hopf[0].parameter - expected).abs() < 1e-10);
}

#[test]
fn the_diagram_holds_every_solution_and_the_central_branch_ends_quietly() {
    let ensemble = rank_one(1.1, 2.0, 0.0).unwrap();
    let family = |g| model(g, ensemble.clone());
    let branches = branches_along(family, (0.3, 2.5), 4).unwrap();
    assert!(branches.iter().any(|b| b.ends.contains(&BranchEnd::QuietState)), "Delta > 0 at kappa = 0, g > 1");
    for g in [0.7, 1.3, 1.9, 2.3] {
        for solution in stationary_branches(&family(g).unwrap()).unwrap() {
            let crossing = |b: &Branch| {
                b.points.windows(2).any(|w| {
                    let part = (g - w[0].parameter) / (w[1].parameter - w[0].parameter);
                    let between = |k: usize| unknowns(&w[k].solution.order);
                    let x: Vec<f64> = between(0).iter().zip(&between(1)).map(|(a, b)| a + part * (b - a)).collect();
                    (0.0..=1.0).contains(&part) && distance(&x, &unknowns(&solution.order)) < 1e-2
                })
            };
            assert!(branches.iter().any(crossing), "g = {g}: {:?}", solution.order);
        }
    }
    // The structured stationary branch ends near g = 2.06 in the central one: overlap <phi'> = 1 there.
    let end = bracketed_root("", (1.5, 2.4), 0.0, |g| {
        let alone = stationary_branches(&model(g, Gaussian::unstructured())?)?;
        Ok(2.2 * Averages::at(Transfer::Tanh, 0.0, alone[0].order.delta_0).d1 - 1.0)
    });
    let end = end.unwrap().x;
    let all = branches.iter().flat_map(|b| of(b, EventKind::BranchPoint));
    assert!(
        all.clone().any(|e| (e.parameter - end).abs() < 1e-9),
        "{end} {:?}",
        all.map(|e| e.parameter).collect::<Vec<_>>()
    );
}

#[test]
fn what_is_no_interval_or_start_is_refused() {
    let start = stationary_branches(&shifted(0.0).unwrap()).unwrap().remove(0);
    let bad = continue_branch(shifted, (1.0, 0.0), (0.0, &start.order)).unwrap_err();
    assert!(matches!(bad, MeanFieldError::BadInterval { .. }), "{bad}");
    let outside = continue_branch(shifted, (1.0, 2.0), (0.0, &start.order)).unwrap_err();
    assert!(matches!(outside, MeanFieldError::StartOutside { .. }), "{outside}");
    let noisy = |s: f64| shifted(s)?.with_noise(0.1);
    let error = continue_branch(noisy, (0.0, 1.0), (0.0, &start.order)).unwrap_err();
    assert_eq!(error, MeanFieldError::NoStationaryState { sigma: 0.1 });
}

/// A rank-one network whose overlap exceeds one only within 0.025 of 0.31, under an input that shifts the central state: the states of
/// the other sign are a closed branch within that width.
fn island(q: f64) -> Result<Model, ModelError> {
    let overlap = 2.2 - 1200.0 * (q - 0.31).powi(2);
    let m = Moments::new(Layout::rank(1).with_inputs(1)).variance(M(0), 1.0).variance(N(0), 40.0).variance(I(0), 0.04);
    model(0.3, m.covariance(M(0), N(0), overlap).covariance(N(0), I(0), 0.1).build()?)
}

#[test]
fn a_closed_branch_is_found_from_a_value_within_it_and_missed_between_two() {
    let BranchesThrough { branches, unsolved, .. } = branches_through(island, (0.25, 0.375), &[0.25, 0.375]).unwrap();
    assert_eq!((branches.len(), unsolved.len()), (1, 0));
    let found = branches_through(island, (0.25, 0.375), &[0.25, 0.31, 0.375]).unwrap();
    assert!(found.branches.len() == 2 && found.unsolved.is_empty());
    let folds = of(&found.branches[1], EventKind::Fold);
    assert_eq!((folds.len(), found.branches[1].ends), (2, [BranchEnd::Loop; 2]), "{folds:?}");
    // The overlap is even around 0.31.
    let middle = 0.5 * (folds[0].parameter + folds[1].parameter);
    assert!((middle - 0.31).abs() < 1e-8 && folds[0].parameter != folds[1].parameter, "{folds:?}");
}

#[test]
fn a_value_at_which_nothing_can_be_solved_costs_that_value_only() {
    let family = |overlap: f64| {
        if overlap > 1.5 {
            return Err(ModelError::NotFinite { field: "overlap".to_owned(), value: overlap });
        }
        model(0.5, rank_one(0.0, 0.0, overlap)?)
    };
    let found = branches_through(family, (0.4, 1.45), &[0.4, 1.45, 1.6]).unwrap();
    assert_eq!((found.branches.len(), found.unsolved.len()), (2, 1), "{:?}", found.unsolved);
    assert_eq!(found.unsolved[0].0, 1.6);
}

/// A constant input I to m = 1, n = c: kappa = c (kappa + I) at g = 0 diverges at c = 1 like 1 / (1 - c); without structure
/// Delta_0 (1 - g^2 / 2) is the variance of a random input, and the size diverges at the root of two like the root of the distance.
#[test]
fn branches_end_at_infinity_where_the_closed_form_says() {
    let linear = |g: f64, gaussian: Gaussian| {
        Model::new(g, Transfer::ThresholdLinear, Variant::Current, gaussian, Input::constant(&[1.0])?)
    };
    let driven =
        |c: f64| Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), 1.0).mean(N(0), c).mean(I(0), 1.0).build();
    let by_overlap = |c: f64| linear(0.0, driven(c)?);
    let by_g = |g: f64| linear(g, Moments::new(Layout::rank(0).with_inputs(1)).variance(I(0), 1.0).build()?);
    // Excitation that grows with g: kappa = 0.4 <phi>, Delta_0 = g^2 <phi^2>, with (T29) at lambda = 1 for its end.
    let both = |g: f64| linear(g, driven(0.4)?);
    let end = bracketed_root("", (0.5, 1.4), 0.0, |g| {
        let growing = crate::unbounded_states(&both(g)?)?;
        Ok(growing.first().map_or(-1.0, |state| state.growth_rate))
    });
    let end = end.unwrap().x;
    type Family<'a> = &'a dyn Fn(f64) -> Result<Model, ModelError>;
    let families: [(Family<'_>, f64); 3] = [(&by_overlap, 1.0), (&by_g, 2.0_f64.sqrt()), (&both, end)];
    for (family, expected) in families {
        let BranchesThrough { branches, unsolved, .. } = branches_through(family, (0.1, 2.0), &[0.1, 0.3]).unwrap();
        let events: Vec<&Event> = branches.iter().flat_map(|b| of(b, EventKind::Infinity)).collect();
        assert!(unsolved.is_empty() && events.len() == 1, "{expected}: {events:?} {unsolved:?}");
        assert!((events[0].parameter - expected).abs() < 1e-3, "{} {expected}", events[0].parameter);
        assert_eq!(branches[0].ends, [BranchEnd::Interval, BranchEnd::Unbounded]);
    }
    // In proportion to its input activity grows for as long as the input does.
    let by_input = |a: f64| {
        let ensemble = driven(0.5)?;
        Model::new(0.2, Transfer::ThresholdLinear, Variant::Current, ensemble, Input::constant(&[a])?)
    };
    let BranchesThrough { branches, .. } = branches_through(by_input, (1.0, 1e5), &[1.0]).unwrap();
    assert!(branches[0].events.is_empty() && branches[0].ends[1] == BranchEnd::Unbounded, "{:?}", branches[0].events);
}

/// Two overlaps, one of which passes the other at two: the ring there is one event, met by a value of the parameter or between two.
#[test]
fn an_isotropic_point_is_a_continuum_and_branches_pass_it() {
    let family = |overlap: f64| {
        let m = Moments::new(Layout::rank(2)).variance(M(0), 1.0).variance(M(1), 1.0);
        let n = m.variance(N(0), 8.0).variance(N(1), 8.0).covariance(M(1), N(1), 2.0);
        model(0.5, n.covariance(M(0), N(0), overlap).build()?)
    };
    for values in [&[1.7, 2.0, 2.3][..], &[1.7, 1.9, 2.3]] {
        let BranchesThrough { branches, continua, unsolved } = branches_through(family, (1.7, 2.3), values).unwrap();
        assert!(unsolved.is_empty(), "{values:?}: {unsolved:?}");
        // The quiet state, and two along either axis of kappa.
        assert_eq!((branches.len(), continua.len()), (5, usize::from(values[1] == 2.0)), "{values:?}");
        let events: Vec<&Event> = branches.iter().flat_map(|b| &b.events).collect();
        assert!(events.len() == 4 && events.iter().all(|e| e.kind == EventKind::Continuum), "{values:?}: {events:?}");
        assert!(events.iter().chain(&continua.iter().collect::<Vec<_>>()).all(|e| (e.parameter - 2.0).abs() < 1e-9));
        assert!(branches.iter().all(|b| b.ends == [BranchEnd::Interval; 2]));
    }
}

/// Without input a threshold-linear network rests, and loses that where the rate of (T29) passes zero: uniform overlap c at g = 0 at one;
/// and with variances one, means 1 and 0.7 where kappa = 1 solves kappa = 0.7 <phi> with mu = 1, Delta_0 = 1 + g^2 <phi^2> (mpmath).
#[test]
fn rest_at_a_kink_loses_its_stability_where_growth_begins() {
    let of = |g: f64, gaussian: Gaussian, input: Input| {
        Model::new(g, Transfer::ThresholdLinear, Variant::Current, gaussian, input)
    };
    let uniform = |c: f64| Moments::new(Layout::rank(1)).mean(M(0), 1.0).mean(N(0), c).build();
    let by_overlap = |c: f64| of(0.0, uniform(c)?, Input::none());
    let spread = Moments::new(Layout::rank(1)).mean(M(0), 1.0).mean(N(0), 0.7).variance(M(0), 1.0).variance(N(0), 1.0);
    let spread = spread.build().unwrap();
    let by_g = |g: f64| of(g, spread.clone(), Input::none());
    // An input whose vector is zero is none.
    let idle = |c: f64| {
        let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), 1.0).mean(N(0), c);
        of(0.0, moments.build()?, Input::constant(&[0.5])?)
    };
    type Family<'a> = &'a dyn Fn(f64) -> Result<Model, ModelError>;
    let families: [(Family<'_>, f64); 3] = [(&by_overlap, 1.0), (&by_g, 0.874_289_151_606_579), (&idle, 1.0)];
    for (family, expected) in families {
        let found = branches_through(family, (0.3, 1.7), &[0.3, 0.8, 1.2, 1.7]).unwrap();
        let BranchesThrough { branches, continua, unsolved } = found;
        assert!(branches.len() == 1 && continua.is_empty() && unsolved.is_empty(), "{expected}: {unsolved:?}");
        let [event] = branches[0].events.as_slice() else { panic!("{:?}", branches[0].events) };
        assert!((event.parameter - expected).abs() < 1e-9, "{} {expected}", event.parameter);
        assert!(event.kind == EventKind::BranchPoint && branches[0].points.len() == 4);
    }
}

/// At g = 1 an unstable stationary state with Delta_0 = g - 1 leaves rest on one side: a branch point, not a continuous family.
#[test]
fn the_onset_of_chaos_at_rest_is_no_continuum() {
    for rank in [0, 1] {
        let moments = Moments::new(Layout::rank(rank));
        let moments = if rank == 1 { moments.variance(M(0), 1.0).variance(N(0), 1.0) } else { moments };
        let gaussian = moments.build().unwrap();
        let family = |g: f64| model(g, gaussian.clone());
        let BranchesThrough { branches, .. } = branches_through(family, (0.5, 1.5), &[0.5, 1.5]).unwrap();
        let events: Vec<&Event> = branches.iter().flat_map(|b| &b.events).collect();
        assert!(events.iter().any(|e| e.kind == EventKind::BulkInstability && (e.parameter - 1.0).abs() < 1e-9));
        assert!(events.iter().all(|e| e.kind != EventKind::Continuum), "{events:?}");
    }
}
