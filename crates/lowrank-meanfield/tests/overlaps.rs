//! Stationary states at overlaps from -1e12 to 1e12, however they are split between m and n: values of closed forms and bisections.
#![allow(missing_docs, clippy::unwrap_used)]

use lowrank_meanfield::{Stationary, chaotic_solutions, misses_solutions, stationary_branches};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Gaussian, Input, Layout, Model, Moments, Transfer, Variant};

const TRANSFERS: [Transfer; 4] = [Transfer::Tanh, Transfer::Erf, Transfer::Logistic, Transfer::OnePlusTanh];

fn phi(transfer: Transfer, x: f64) -> f64 {
    match transfer {
        Transfer::Tanh => x.tanh(),
        Transfer::Erf => libm::erf(0.5 * std::f64::consts::PI.sqrt() * x),
        Transfer::Logistic => 1.0 / (1.0 + (-x).exp()),
        _ => 2.0 / (1.0 + (-2.0 * x).exp()),
    }
}

/// The ways to make an overlap of two means: the size of m.
fn splits(overlap: f64) -> [f64; 4] {
    [1.0, overlap.abs(), overlap.abs().sqrt(), 1e-6]
}

fn means(m: f64, n: f64) -> Gaussian {
    Moments::new(Layout::rank(1)).mean(M(0), m).mean(N(0), n).build().unwrap()
}

fn solved(g: f64, transfer: Transfer, structure: Gaussian) -> Vec<Stationary> {
    let model = Model::new(g, transfer, Variant::Current, structure, Input::none()).unwrap();
    let all = stationary_branches(&model).unwrap();
    assert!(all.iter().all(|s| s.residual <= 1e-10), "{all:?}");
    all
}

fn close(seen: f64, wanted: f64, part: f64, place: &str) {
    assert!((seen - wanted).abs() <= part * wanted.abs(), "{place}: {seen} {wanted}");
}

/// mpmath: the root of x = w phi(x) by its logarithm, 40 digits.
#[test]
fn strong_inhibition_leaves_the_root_of_its_equation() {
    let values = [
        (Transfer::Logistic, -10.0, -1.633_506_170_155_846_4),
        (Transfer::Logistic, -1e4, -7.231_210_534_966_839),
        (Transfer::Logistic, -1e8, -15.668_996_568_161_069),
        (Transfer::Logistic, -1e12, -24.435_004_404_911_44),
        (Transfer::OnePlusTanh, -10.0, -1.323_495_125_298_516_7),
        (Transfer::OnePlusTanh, -1e4, -4.230_480_243_407_64),
        (Transfer::OnePlusTanh, -1e8, -8.487_610_202_584_748),
        (Transfer::OnePlusTanh, -1e12, -12.884_087_631_721_71),
    ];
    for (transfer, overlap, x) in values {
        for m in splits(overlap) {
            let all = solved(0.0, transfer, means(m, overlap / m));
            assert_eq!(all.len(), 1, "{transfer} {overlap} {m}");
            close(m * all[0].order.kappa[0], x, 1e-12, &format!("{transfer} {overlap} {m}"));
            close(all[0].order.mu, x, 1e-12, "mu");
        }
    }
}

#[test]
fn every_size_of_an_overlap_has_its_states() {
    for transfer in TRANSFERS {
        for size in (0..=12).map(|k| 10.0_f64.powi(k) * 1.7) {
            for overlap in [size, -size] {
                let rest = |x: f64| x - overlap * phi(transfer, x);
                let odd = transfer.is_odd();
                // The root farthest out, by bisection: below or above zero, where odd functions have one besides.
                let (mut near, mut far) = (if odd { 1e-3 } else { 0.0 } * overlap.signum(), 2.5 * overlap);
                for _ in 0..200 {
                    let middle = 0.5 * (near + far);
                    if (rest(middle) > 0.0) == (rest(far) > 0.0) { far = middle } else { near = middle }
                }
                let wanted = if !odd {
                    vec![far]
                } else if overlap > 0.0 {
                    vec![far, 0.0, -far]
                } else {
                    vec![0.0]
                };
                for m in splits(overlap) {
                    let place = format!("{transfer} {overlap:e} m {m:e}");
                    let all = solved(0.0, transfer, means(m, overlap / m));
                    assert_eq!(all.len(), wanted.len(), "{place}: {all:?}");
                    for (solution, wanted) in all.iter().zip(&wanted) {
                        close(m * solution.order.kappa[0], *wanted, 1e-11, &place);
                    }
                }
            }
        }
    }
}

/// With spread vectors kappa = S kappa \<phi'>, and far out \<phi'> = (phi(inf) - phi(-inf)) / sqrt(2 pi D).
#[test]
fn spread_vectors_have_the_states_of_signs() {
    for transfer in TRANSFERS {
        let step = phi(transfer, 1e3) - phi(transfer, -1e3);
        for (m, g) in [(1.0, 0.0), (1e6, 0.8), (1e-3, 0.8)] {
            for overlap in [1e12, -1e12] {
                let moments = Moments::new(Layout::rank(1)).variance(M(0), m * m);
                let moments = moments.variance(N(0), 2e24 / (m * m)).covariance(M(0), N(0), overlap);
                let all = solved(g, transfer, moments.build().unwrap());
                let place = format!("{transfer} {m:e} {overlap:e}");
                if overlap < 0.0 {
                    assert!(all.len() == 1 && all[0].order.kappa[0].abs() * m < 1e-10, "{place}: {all:?}");
                } else {
                    let far = overlap * step / (2.0 * std::f64::consts::PI).sqrt();
                    assert_eq!(all.len(), 3, "{place}: {all:?}");
                    close(m * all[0].order.kappa[0], far, 1e-11, &place);
                    close(m * all[2].order.kappa[0], -far, 1e-11, &place);
                }
            }
        }
    }
}

/// Means and spread: half of the neurons that m makes negative are active, kappa = n P(m < 0).
#[test]
fn inhibition_of_mixed_sign_is_held_by_the_neurons_it_excites() {
    let negative = 0.5 * libm::erfc(1.0);
    for m in [1.0, 1e9, 1e-9] {
        let moments = Moments::new(Layout::rank(1)).mean(M(0), m).variance(M(0), 0.5 * m * m).mean(N(0), -1e12 / m);
        let all = solved(0.5, Transfer::Logistic, moments.build().unwrap());
        assert_eq!(all.len(), 1, "{all:?}");
        close(m * all[0].order.kappa[0], -1e12 * negative, 1e-9, &format!("{m:e}"));
    }
}

/// Strong inhibition cancels a drive: kappa = -h / (1 + 1 / |w|) to first order, though rounding of kappa alone leaves 1e-4 of
/// the equation.
#[test]
fn a_drive_is_cancelled_to_rounding() {
    for transfer in [Transfer::Tanh, Transfer::Erf] {
        for (m, overlap) in [(1.0, -1e12), (1e6, -1e12), (1.0, -1e9), (1e-4, -1e6)] {
            let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), m).mean(N(0), overlap / m);
            let structure = moments.mean(I(0), 1.0).build().unwrap();
            let input = Input::constant(&[0.5]).unwrap();
            let model = Model::new(0.6, transfer, Variant::Current, structure, input).unwrap();
            let all = stationary_branches(&model).unwrap();
            assert!(all.len() == 1 && all[0].residual < 1e-10, "{all:?}");
            // (phi')^-1 is one at zero.
            close(m * all[0].order.kappa[0], -0.5 / (1.0 - 1.0 / overlap), 1e-12, &format!("{transfer} {m} {overlap}"));
        }
    }
}

/// Of every state chaos is found just where its radius is beyond one, however large the overlap beside g.
#[test]
fn chaos_under_strong_inhibition_begins_where_its_state_loses_stability() {
    let mut counts = [0, 0];
    for (m, overlap) in [(1.0, -3.0), (1.0, -1e2), (1.0, -1e4), (1e4, -1e6)] {
        for g in [5.0, 15.0, 40.0, 120.0, 400.0] {
            let model =
                Model::new(g, Transfer::Logistic, Variant::Current, means(m, overlap / m), Input::none()).unwrap();
            let rest = stationary_branches(&model).unwrap();
            let chaos = chaotic_solutions(&model).unwrap();
            assert!(
                !misses_solutions(&model, &rest) && chaos.iter().all(|c| c.residual < 1e-10),
                "{overlap} {g}: {rest:?}"
            );
            let unstable = rest.iter().filter(|s| s.rho > 1.0).count();
            assert_eq!(chaos.len(), unstable, "{overlap} {g}: {rest:?}");
            counts[unstable.min(1)] += 1;
        }
    }
    assert!(counts.iter().all(|count| *count > 2), "{counts:?}");
}

/// A second outer product whose overlap decays changes nothing of the states of the first: both saturated ones and the one between.
#[test]
fn a_second_outer_product_hides_no_state_between_large_overlaps() {
    let law = |rank: usize, overlap: f64| {
        let moments = Moments::new(Layout::rank(rank).with_inputs(1)).mean(M(0), 2.0).mean(N(0), overlap / 3.0);
        let moments = moments.mean(I(0), 0.3).variance(M(0), 1.0).variance(N(0), overlap * overlap);
        let moments = moments.covariance(M(0), N(0), 0.3 * overlap);
        match rank {
            1 => moments,
            _ => moments.variance(M(1), 1.0).variance(N(1), 4.0).covariance(M(1), N(1), 1.5),
        }
    };
    for transfer in [Transfer::Tanh, Transfer::Erf, Transfer::Logistic] {
        for overlap in [1e4, 1e5, 1e8, 1e12] {
            let kappa = |rank: usize| -> Vec<f64> {
                let input = Input::constant(&[1.0]).unwrap();
                let structure = law(rank, overlap).build().unwrap();
                let model = Model::new(2.0, transfer, Variant::Current, structure, input).unwrap();
                stationary_branches(&model).unwrap().iter().map(|s| s.order.kappa[0]).collect()
            };
            let (one, two) = (kappa(1), kappa(2));
            assert!(one.len() == 3 && two.len() == 3, "{transfer} {overlap:e}: {one:?} {two:?}");
            one.iter().zip(&two).for_each(|(a, b)| close(*b, *a, 1e-9, &format!("{transfer} {overlap:e}")));
        }
    }
}

/// \<phi> and \<phi^2> of a normal law by the trapezoid rule, in steps that are short beside the bend of phi.
fn averages(transfer: Transfer, mu: f64, d: f64) -> (f64, f64) {
    let step = (0.4 / d.sqrt()).min(0.05);
    let last = (10.0 / step) as i32;
    let node = |i: i32| {
        let z = step * f64::from(i);
        let weight = step * (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let value = phi(transfer, mu + d.sqrt() * z);
        (weight * value, weight * value * value)
    };
    (-last..=last).map(node).fold((0.0, 0.0), |sum, at| (sum.0 + at.0, sum.1 + at.1))
}

/// The root of a function that changes sign between two places.
fn bisected(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    let rises = f(high) > 0.0;
    for _ in 0..48 {
        let middle = 0.5 * (low + high);
        if (f(middle) > 0.0) == rises { high = middle } else { low = middle }
    }
    0.5 * (low + high)
}

/// Inhibition of every unit leaves one kappa at each variance, so that all states are the roots of one function of it. With strong
/// random weights there are three: weak, unstable and strong activity.
#[test]
fn no_state_between_weak_and_strong_activity_is_lost() {
    let mut counts = Vec::new();
    for (transfer, places) in [
        (Transfer::Logistic, &[(400.0, -1e4), (400.0, -3e3), (60.0, -1e2), (400.0, -1e8)][..]),
        (Transfer::OnePlusTanh, &[(400.0, -1e4), (400.0, -3e3), (40.0, -1e3)][..]),
    ] {
        for (g, overlap) in places.iter().copied() {
            // Less than -30 and eight standard deviations leaves no activity that would hold it there.
            let kappa = |d: f64| bisected(-30.0 - 8.0 * d.sqrt(), 0.0, |k| k - overlap * averages(transfer, k, d).0);
            let rest = |log: f64| 1.0 - g * g * averages(transfer, kappa(log.exp()), log.exp()).1 / log.exp();
            let logs: Vec<f64> = (0..80).map(|i| -26.0 + 0.5 * f64::from(i)).collect();
            let crossed = logs.windows(2).filter(|w| (rest(w[0]) > 0.0) != (rest(w[1]) > 0.0));
            let wanted: Vec<f64> = crossed.map(|w| bisected(w[0], w[1], rest).exp()).collect();
            let model = Model::new(g, transfer, Variant::Current, means(1.0, overlap), Input::none()).unwrap();
            let all = stationary_branches(&model).unwrap();
            assert_eq!(all.len(), wanted.len(), "{transfer} {g} {overlap}: {all:?} {wanted:?}");
            for (solution, d) in all.iter().zip(&wanted) {
                close(solution.order.delta_0, *d, 1e-7, &format!("{transfer} {g} {overlap}"));
                close(solution.order.kappa[0], kappa(*d), 1e-7, &format!("{transfer} {g} {overlap}"));
            }
            assert!(!misses_solutions(&model, &all));
            (0..all.len()).for_each(|i| {
                let mut less = all.clone();
                less.remove(i);
                assert!(misses_solutions(&model, &less), "{transfer} {g} {overlap} {i}");
            });
            counts.push(all.len());
        }
    }
    assert!(counts.iter().filter(|count| **count == 3).count() > 2 && counts.contains(&1), "{counts:?}");
}

/// Beyond 1e6 nothing changes but the saturated states: the middle one and the chaos at it tend to a limit.
#[test]
fn chaos_between_saturated_states_is_that_of_any_large_overlap() {
    let spread = |overlap: f64| {
        let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), 2.0).mean(N(0), overlap / 3.0);
        let moments = moments.mean(I(0), 0.3).variance(M(0), 1.0).variance(N(0), overlap * overlap);
        moments.covariance(M(0), N(0), 0.3 * overlap).build().unwrap()
    };
    for (transfer, g) in [(Transfer::Tanh, 2.0), (Transfer::Erf, 3.0)] {
        let input = || Input::constant(&[1.0]).unwrap();
        let at = |overlap: f64| Model::new(g, transfer, Variant::Current, spread(overlap), input()).unwrap();
        let limit = chaotic_solutions(&at(1e6)).unwrap();
        let bare = Model::new(g, transfer, Variant::Current, Gaussian::unstructured(), Input::none()).unwrap();
        let bare = &chaotic_solutions(&bare).unwrap()[0].order;
        for overlap in [1e7, 1e8, 1e10, 1e12] {
            let found = chaotic_solutions(&at(overlap)).unwrap();
            assert!(found.len() == 1 && limit.len() == 1, "{transfer} {overlap:e}: {found:?}");
            assert!(found[0].residual < 1e-10 && found[0].structure_growth.growth_rate.unwrap() > 1.0);
            let (here, there) = (&found[0].order, &limit[0].order);
            close(here.kappa[0], there.kappa[0], 1e-5, "kappa");
            close(here.delta_0, there.delta_0, 1e-5, "delta_0");
            close(here.delta_inf, there.delta_inf, 1e-5, "delta_inf");
            // Without spread and input all of it is symmetric: chaos at kappa = 0 is that without structure.
            let model = Model::new(g, transfer, Variant::Current, means(1.0, overlap), Input::none()).unwrap();
            let (rest, central) = (stationary_branches(&model).unwrap(), chaotic_solutions(&model).unwrap());
            assert!(rest.len() == 4 && !misses_solutions(&model, &rest), "{transfer} {overlap:e}: {rest:?}");
            assert!(misses_solutions(&model, &rest[..3]) && central.len() == 1, "{transfer} {overlap:e}: {central:?}");
            assert!(central[0].order.kappa[0] == 0.0, "{transfer} {overlap:e}");
            close(central[0].order.delta_0, bare.delta_0, 1e-12, "central");
        }
    }
}
