//! Stationary states at overlaps from -1e12 to 1e12, however they are split between m and n: values of closed forms and bisections.
#![allow(missing_docs, clippy::unwrap_used)]

use lowrank_meanfield::{Stationary, chaotic_solutions, stationary_branches};
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

/// Of one state chaos is found just where its radius is beyond one, however large the overlap beside g.
#[test]
fn chaos_under_strong_inhibition_begins_where_its_state_loses_stability() {
    let mut counts = [0, 0];
    for (m, overlap) in [(1.0, -3.0), (1.0, -1e2), (1.0, -1e4), (1e4, -1e6)] {
        for g in [5.0, 15.0, 40.0, 120.0, 400.0] {
            let model =
                Model::new(g, Transfer::Logistic, Variant::Current, means(m, overlap / m), Input::none()).unwrap();
            let rest = stationary_branches(&model).unwrap();
            let chaos = chaotic_solutions(&model).unwrap();
            assert!(rest.len() == 1 && chaos.iter().all(|c| c.residual < 1e-10), "{overlap} {g}: {rest:?}");
            assert_eq!(chaos.len(), usize::from(rest[0].rho > 1.0), "{overlap} {g}: rho {}", rest[0].rho);
            counts[chaos.len()] += 1;
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
