//! m -> c m, n -> n / c is the same network with kappa -> kappa / c: every result says so, to the bit where c is a power of two.
#![allow(missing_docs, clippy::unwrap_used)]

use lowrank_meanfield::selection::{select, solutions};
use lowrank_meanfield::{
    BranchPoint, Chaotic, Stationary, branches_along, chaotic_from, continue_branch, linearisation, onsets_of_chaos,
    phase_diagram, solutions_along, stationary_branches, stationary_from, transient, two_timescale_solutions,
    unbounded_states,
};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{
    Empirical, Ensemble, Gaussian, Initial, Input, Layout, Mixture, Model, ModelError, Moments, Thresholds, Transfer,
    Variant,
};

/// Powers of two from 1e-12 to 1e12.
const EXPONENTS: [i32; 7] = [-40, -17, -3, 1, 4, 21, 40];

fn scales() -> impl Iterator<Item = f64> {
    EXPONENTS.into_iter().map(|k| 2.0_f64.powi(k))
}

fn model(g: f64, transfer: Transfer, variant: Variant, ensemble: impl Into<Ensemble>, amplitude: f64) -> Model {
    let ensemble = ensemble.into();
    let input = if ensemble.layout().inputs == 1 { Input::constant(&[amplitude]).unwrap() } else { Input::none() };
    Model::new(g, transfer, variant, ensemble, input).unwrap()
}

/// Rank one with means, spread and an input.
fn driven(c: f64) -> Gaussian {
    let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), 0.6 * c).mean(N(0), 1.5 / c);
    let moments = moments.variance(M(0), 0.7 * c * c).variance(N(0), 4.0 / (c * c)).covariance(M(0), N(0), 1.1);
    moments.mean(I(0), 0.1).variance(I(0), 0.2).covariance(N(0), I(0), 0.15 / c).build().unwrap()
}

/// \[MO18\]'s ensemble with another unit: m of variance c^2, n of mean zero and overlap 2.2.
fn centred(c: f64, overlap: f64) -> Gaussian {
    let moments =
        Moments::new(Layout::rank(1)).variance(M(0), c * c).variance(N(0), (overlap * overlap + 1.0) / (c * c));
    moments.covariance(M(0), N(0), overlap).build().unwrap()
}

/// Two outer products in units of their own.
fn rank_two([a, b]: [f64; 2], overlaps: [f64; 2]) -> Gaussian {
    let mut moments = Moments::new(Layout::rank(2));
    for (k, (c, overlap)) in [a, b].into_iter().zip(overlaps).enumerate() {
        moments = moments.variance(M(k), c * c).variance(N(k), 9.0 / (c * c)).covariance(M(k), N(k), overlap);
    }
    moments.build().unwrap()
}

fn mixture(c: f64) -> Mixture {
    let of = |m: f64, n: f64| {
        let moments = Moments::new(Layout::rank(1)).mean(M(0), m * c).mean(N(0), n / c);
        moments.variance(M(0), 0.3 * c * c).build().unwrap()
    };
    Mixture::new(vec![(0.3, of(1.4, 2.0)), (0.7, of(-0.5, -0.8))]).unwrap()
}

fn given(c: f64) -> Empirical {
    let entry = |i: usize, by: f64| (f64::from(i as u32) * by).sin();
    let vectors =
        vec![(0..60).map(|i| c * entry(i, 1.3)).collect(), (0..60).map(|i| 3.0 / c * entry(i, 1.3)).collect()];
    Empirical::new(Layout::rank(1), 60, vectors).unwrap()
}

fn at_unit(mut found: Vec<Stationary>, c: &[f64]) -> Vec<Stationary> {
    for solution in &mut found {
        solution.order.kappa.iter_mut().zip(c).for_each(|(k, c)| *k *= c);
    }
    found
}

fn chaos_at_unit(found: &[Chaotic], c: &[f64]) -> Vec<String> {
    let of = |s: &Chaotic| {
        let mut order = s.order.clone();
        order.kappa.iter_mut().zip(c).for_each(|(k, c)| *k *= c);
        format!("{order:?} {} {} {:?}", s.residual, s.iterations, s.structure_growth)
    };
    found.iter().map(of).collect()
}

#[test]
fn stationary_solutions_are_those_of_any_unit_to_the_bit() {
    for transfer in Transfer::ALL {
        let families: [&dyn Fn(f64) -> Ensemble; 4] =
            [&|c| driven(c).into(), &|c| centred(c, 0.8).into(), &|c| mixture(c).into(), &|c| given(c).into()];
        for family in families {
            let at = |c: f64| model(0.7, transfer, Variant::Rate, family(c), 0.4);
            let unit = stationary_branches(&at(1.0)).unwrap();
            assert!(!unit.is_empty() || transfer == Transfer::ThresholdLinear);
            for c in scales() {
                let found = stationary_branches(&at(c)).unwrap();
                for solution in &found {
                    assert_eq!(stationary_from(&at(c), &solution.order).unwrap().order, solution.order);
                    let same = at_unit(vec![solution.clone()], &[c]).remove(0);
                    let here = linearisation(&at(c), solution).unwrap();
                    assert_eq!(here, linearisation(&at(1.0), &same).unwrap(), "{transfer} {c}");
                }
                assert_eq!(at_unit(found, &[c]), unit, "{transfer} {c}");
            }
        }
    }
}

#[test]
fn each_outer_product_has_a_unit_of_its_own() {
    let at = |c: [f64; 2], overlaps| model(0.5, Transfer::Tanh, Variant::Current, rank_two(c, overlaps), 0.0);
    let unit = stationary_branches(&at([1.0, 1.0], [2.0, 1.6])).unwrap();
    assert_eq!(unit.len(), 5);
    for c in [[2.0_f64.powi(30), 0.125], [2.0_f64.powi(-40), 2.0_f64.powi(40)]] {
        assert_eq!(at_unit(stationary_branches(&at(c, [2.0, 1.6])).unwrap(), &c), unit);
    }
    // A ring is an ellipse in other units, of the same network.
    let ring = |c| stationary_branches(&at(c, [2.0, 2.0])).unwrap().iter().find_map(|s| s.family).unwrap();
    let (circle, ellipse) = (ring([1.0, 1.0]), ring([0.25, 8.0]));
    assert_eq!(ellipse.smallest_radius, circle.smallest_radius / 8.0);
    assert_eq!(ellipse.largest_radius, circle.largest_radius * 4.0);
}

#[test]
fn chaos_its_selection_and_its_growth_do_not_depend_on_units() {
    let start = |c: f64| Initial { along: vec![(M(0), 0.3 / c)], deviation: 0.5 };
    for variant in [Variant::Current, Variant::TwoTimescale { tau_s: 1.0, tau_r: 0.2 }] {
        let at = |c: f64| model(1.9, Transfer::Tanh, variant, centred(c, 2.2), 0.0);
        let found = |c: f64| two_timescale_solutions(&at(c)).unwrap().found;
        let unit = found(1.0);
        let exponent = unit[0].lyapunov().unwrap().exponent;
        assert!(unit.iter().any(|s| s.order.kappa[0] > 0.1), "{unit:?}");
        for c in [2.0_f64.powi(-40), 2.0_f64.powi(33)] {
            let here = found(c);
            assert_eq!(chaos_at_unit(&here, &[c]), chaos_at_unit(&unit, &[1.0]));
            assert_eq!(here[0].lyapunov().unwrap().exponent, exponent);
            let orders: Vec<_> = here.iter().map(|s| s.order.clone()).collect();
            assert_eq!(chaotic_from(&at(c), &orders).unwrap().len(), here.len());
            let (one, other) = (solutions(&at(1.0)).unwrap(), solutions(&at(c)).unwrap());
            let selected = |c: f64, all: &lowrank_meanfield::Solutions| {
                let chosen = select(&at(c), &start(c), &all.stationary, &all.chaotic).unwrap();
                (c * chosen.state.order().kappa[0], chosen.by_chance, chosen.candidates, chosen.decision)
            };
            assert_eq!(selected(1.0, &one), selected(c, &other));
        }
    }
}

#[test]
fn everything_along_a_parameter_does_not_depend_on_units() {
    let family = |c: f64| {
        move |g: f64| -> Result<Model, ModelError> {
            Model::new(g, Transfer::Tanh, Variant::Current, centred(c, 2.2), Input::none())
        }
    };
    let by_overlap = |c: f64| {
        move |overlap: f64| -> Result<Model, ModelError> {
            Model::new(0.6, Transfer::Tanh, Variant::Current, centred(c, overlap), Input::none())
        }
    };
    let values = [0.5, 1.2, 1.7, 1.9];
    let rows = |c: f64| {
        let row = |row: &lowrank_meanfield::Solutions| {
            (at_unit(row.stationary.clone(), &[c]), chaos_at_unit(&row.chaotic, &[c]))
        };
        solutions_along(family(c), &values).unwrap().iter().map(row).collect::<Vec<_>>()
    };
    let points = |c: f64| {
        let branches = branches_along(by_overlap(c), (0.5, 3.0), 3).unwrap();
        let of = |p: BranchPoint| (p.parameter, at_unit(vec![p.solution], &[c]));
        branches.into_iter().flat_map(|b| b.points).map(of).collect::<Vec<_>>()
    };
    let one_branch = |c: f64| {
        let start = &stationary_branches(&by_overlap(c)(3.0).unwrap()).unwrap()[0];
        let branch = continue_branch(by_overlap(c), (0.5, 3.0), (3.0, &start.order)).unwrap();
        branch.events.into_iter().map(|e| (e.kind, e.parameter, c * e.solution.order.kappa[0])).collect::<Vec<_>>()
    };
    let onsets = |c: f64| {
        let of = |o: lowrank_meanfield::Onset| (o.g, c * o.kappa[0]);
        onsets_of_chaos(&family(c)(1.0).unwrap(), (0.5, 3.0)).unwrap().into_iter().map(of).collect::<Vec<_>>()
    };
    let plane = |c: f64| {
        let family = |g, overlap| Model::new(g, Transfer::Tanh, Variant::Current, centred(c, overlap), Input::none());
        let at = Thresholds { structure: 0.125 / c, chaoticity: 0.1 };
        let mut cells = phase_diagram(family, &[0.5, 1.5], &[0.5, 2.5], &at).unwrap();
        cells.iter_mut().flatten().for_each(|cell| cell.structure *= c);
        cells
    };
    let unit = (rows(1.0), points(1.0), one_branch(1.0), onsets(1.0), plane(1.0));
    assert!(unit.3.len() == 1 && unit.2.len() == 1, "{:?} {:?}", unit.3, unit.2);
    for c in [2.0_f64.powi(-40), 2.0_f64.powi(25)] {
        assert_eq!((rows(c), points(c), one_branch(c), onsets(c), plane(c)), unit, "{c}");
    }
}

#[test]
fn transients_and_runaway_do_not_depend_on_units() {
    let course = |c: f64| {
        let start = Initial { along: vec![(M(0), 0.8 / c), (N(0), 0.01 * c)], deviation: 0.3 };
        let model = model(1.2, Transfer::Tanh, Variant::Rate, driven(c), 0.4);
        let course = transient(&model, &start, 3.0).unwrap();
        let mut seen = course.snapshots.clone();
        seen.push(course.at(1.7).unwrap());
        seen.iter_mut().for_each(|s| s.kappa[0] *= c);
        seen
    };
    let runaway = |c: f64| {
        let model = model(0.5, Transfer::ThresholdLinear, Variant::Current, driven(c), 0.0);
        unbounded_states(&model).unwrap().into_iter().map(|s| (c * s.kappa[0], s.growth_rate)).collect::<Vec<_>>()
    };
    let unit = (course(1.0), runaway(1.0));
    assert!(!unit.1.is_empty());
    for c in scales() {
        assert_eq!((course(c), runaway(c)), unit, "{c}");
    }
}

/// x -> c x, kappa -> c kappa, variances -> c^2 variances where phi(c x) = c phi(x).
#[test]
fn threshold_linear_networks_have_no_scale_but_that_of_their_drive() {
    let structure = |n: f64| {
        let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), 1.0).mean(N(0), n).mean(I(0), 1.0);
        moments.variance(I(0), 0.3).covariance(N(0), I(0), 0.2).variance(N(0), 1.0).build().unwrap()
    };
    let same = Empirical::new(Layout::rank(1).with_inputs(1), 12, vec![vec![1.0; 12], vec![-4.0; 12], vec![0.7; 12]]);
    let mixture = Mixture::new(vec![(0.4, structure(-3.0)), (0.6, structure(-6.0))]).unwrap();
    let ensembles: [Ensemble; 3] = [structure(-4.0).into(), mixture.into(), same.unwrap().into()];
    let variants = [Variant::Current, Variant::Rate, Variant::TwoTimescale { tau_s: 1.0, tau_r: 0.2 }];
    for (ensemble, variant) in ensembles.iter().flat_map(|e| variants.map(|v| (e, v))).filter(|(e, v)| match e {
        Ensemble::Gaussian(_) => true,
        _ => *v == Variant::Current,
    }) {
        let at = |c: f64| model(1.9, Transfer::ThresholdLinear, variant, ensemble.clone(), 1.1 * c);
        let in_unit = |order: &lowrank_model::OrderParameters, c: f64| {
            let first = [order.mu, order.r_mean].map(|v| v / c);
            let second =
                [order.delta_0, order.delta_0_individual, order.delta_inf, order.delta_t, order.r_second_moment];
            let second = second.map(|v| v / (c * c));
            (order.kappa[0] / c, first, second, order.r_temporal_variance / (c * c))
        };
        let seen = |c: f64| {
            let rest = stationary_branches(&at(c)).unwrap();
            for solution in &rest {
                assert_eq!(stationary_from(&at(c), &solution.order).unwrap().order, solution.order);
            }
            let of = |s: &Stationary| {
                (in_unit(&s.order, c), s.rho, s.growth_rate, s.stability, s.residual, s.outliers.clone())
            };
            let rest: Vec<_> = rest.iter().map(|s| (of(s), linearisation(&at(c), s).unwrap())).collect();
            let chaos = two_timescale_solutions(&at(c)).unwrap().found;
            let orders: Vec<_> = chaos.iter().map(|s| s.order.clone()).collect();
            let again = chaotic_from(&at(c), &orders).unwrap();
            assert_eq!(again.len(), chaos.len());
            let of = |s: &Chaotic| {
                let delta = s.autocovariance().unwrap();
                let course = [0.0, 0.7, 3.0].map(|lag| delta.at(lag).unwrap() / (c * c));
                let rates = [0.0, 2.0].map(|lag| delta.rate_second_moment(lag).unwrap() / (c * c));
                let exponent = s.lyapunov().unwrap().exponent;
                (in_unit(&s.order, c), course, rates, exponent, s.residual, s.structure_growth.clone())
            };
            let start = Initial { along: vec![(M(0), 0.3 * c), (I(0), 0.2 * c)], deviation: 0.5 * c };
            let chosen = select(&at(c), &start, &stationary_branches(&at(c)).unwrap(), &chaos)
                .map(|s| (in_unit(s.state.order(), c), s.candidates, s.decision))
                .map_err(|error| std::mem::discriminant(&error));
            let onsets = onsets_of_chaos(&at(c), (1.0, 2.0)).unwrap();
            let onsets: Vec<_> = onsets.into_iter().map(|o| (o.g, o.kappa[0] / c)).collect();
            (rest, chaos.iter().map(of).collect::<Vec<_>>(), again.iter().map(of).collect::<Vec<_>>(), chosen, onsets)
        };
        let unit = seen(1.0);
        assert!(!unit.0.is_empty() && !unit.1.is_empty() && !unit.4.is_empty() && unit.3.is_ok(), "{unit:?}");
        for c in [2.0_f64.powi(-40), 2.0_f64.powi(40)] {
            assert_eq!(seen(c), unit, "{c}");
        }
    }
}
