//! Properties that hold for every model, on models drawn at random (fixed seeds): symmetries and limits of simulation
//! and theory, identities of the Gaussian averages, the chaotic equations in the form in which docs/theory.md states
//! them, and the distance of one network's own theory from that of its ensemble.
//!
//! Each property is a function that returns by how much it is violated; a control beside it shows a violation.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, PI};

use faer::Mat;
use lowrank_connectivity::{GaussianBulk, Network, Sampling, draw_vectors};
use lowrank_integrate::Method;
use lowrank_meanfield::{
    Averages, Chaotic, PairAverage, Stationary, chaotic_solutions, onset_of_chaos, stationary_branches,
};
use lowrank_model::Initial;
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Empirical, Ensemble, Gaussian, Input, Layout, Model, Moments, Transfer, Variant};
use lowrank_simulate::{Observed, Protocol, SimulateError, Timing, initial_currents, simulate};
use lowrank_tests::{correlated_input, model, published};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(20_240_917), failure_persistence: None, ..Default::default() }
}

/// Random moments: means in \[-1.5, 1.5\], covariance L L^T with entries of L in \[-0.9, 0.9\].
fn ensemble(rank: usize, inputs: usize) -> impl Strategy<Value = Gaussian> {
    let layout = Layout::rank(rank).with_inputs(inputs);
    let d = layout.dimension();
    let means = prop::collection::vec(-1.5..1.5, d);
    let factors = prop::collection::vec(-0.9..0.9, d * d);
    (means, factors).prop_map(move |(mean, l): (Vec<f64>, Vec<f64>)| {
        let entry = |a: usize, b: usize| (0..=a.min(b)).map(|k| l[a * d + k] * l[b * d + k]).sum::<f64>();
        Gaussian::new(layout, mean, (0..d * d).map(|e| entry(e / d, e % d)).collect()).unwrap()
    })
}

/// The vectors `map` v of the vectors v of an ensemble, linear in them: `map[a]` lists (position, coefficient).
fn mapped(from: &Gaussian, layout: Layout, map: &[Vec<(usize, f64)>]) -> Gaussian {
    let mean = map.iter().map(|row| row.iter().map(|(a, c)| c * from.mean()[*a]).sum()).collect();
    let covariance = |p: usize, q: usize| -> f64 {
        let (p, q) = (&map[p.min(q)], &map[p.max(q)]); // the same sum both ways round, so that it is symmetric
        p.iter().flat_map(|(a, c)| q.iter().map(move |(b, d)| c * d * from.covariance(*a, *b))).sum()
    };
    let d = map.len();
    Gaussian::new(layout, mean, (0..d * d).map(|e| covariance(e / d, e % d)).collect()).unwrap()
}

fn odd() -> impl Strategy<Value = Transfer> {
    prop_oneof![Just(Transfer::Tanh), Just(Transfer::Erf)]
}

fn smooth() -> impl Strategy<Value = Transfer> {
    prop_oneof![Just(Transfer::Tanh), Just(Transfer::Erf), Just(Transfer::Logistic), Just(Transfer::OnePlusTanh)]
}

fn any_transfer() -> impl Strategy<Value = Transfer> {
    prop::sample::select(Transfer::ALL.to_vec())
}

fn variant() -> impl Strategy<Value = Variant> {
    let two = Variant::two_timescale(0.6, 1.4).unwrap();
    prop_oneof![Just(Variant::Current), Just(Variant::Rate), Just(two)]
}

fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(0.0, |a, b| if b.is_nan() { f64::INFINITY } else { f64::max(a, b.abs()) })
}

// Simulation.

fn short() -> Protocol {
    Protocol::new(Timing { transient: 1.0, window: 3.0, interval: 0.5, step: 0.1 }, Method::Rk4).unwrap()
}

/// What two runs from x0 and -x0 differ in, once one of them is mirrored.
fn mirror_violation(network: &Network, model: &Model, x0: &Mat<f64>) -> f64 {
    let run = |x: &Mat<f64>| simulate(network, model, x.as_ref(), &short(), (1, 0)).unwrap();
    let (a, b) = (run(x0), run(&(-x0)));
    let flat = |o: &Observed| o.kappa.iter().flatten().flatten().copied().collect::<Vec<f64>>();
    let kappas = flat(&a).into_iter().zip(flat(&b)).map(|(p, q)| p + q);
    let (p, q) = (&a.order, &b.order);
    let odd = [p.mu + q.mu, p.r_mean + q.r_mean];
    let even =
        [p.delta_0 - q.delta_0, p.r_second_moment - q.r_second_moment, a.chaoticity.unwrap() - b.chaoticity.unwrap()];
    largest(kappas.chain(odd).chain(even))
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn odd_networks_without_input_are_mirrored(
        phi in odd(), variant in variant(), g in 0.0..3.0, ensemble in ensemble(2, 0), seed in 0_u64..1000,
    ) {
        let model = model(g, phi, variant, ensemble);
        let network = Network::draw(&model, 40, Sampling::Independent, seed, 0).unwrap();
        let x0 = initial_currents(&network, &Initial { along: vec![], deviation: 1.0 }, 2, seed, 0).unwrap();
        // Bit by bit: every operation is odd.
        prop_assert_eq!(mirror_violation(&network, &model, &x0), 0.0);
    }

    #[test]
    fn neurons_may_be_renumbered_in_a_network(
        phi in any_transfer(), variant in variant(), ensemble in ensemble(1, 1), seed in 0_u64..1000, by in 1_usize..39,
    ) {
        let model = model(0.8, phi, variant, ensemble);
        let network = Network::draw(&model, 40, Sampling::Independent, seed, 0).unwrap();
        let x0 = initial_currents(&network, &Initial { along: vec![], deviation: 1.0 }, 1, seed, 0).unwrap();
        let order = renumbering(40, by);
        let chi = network.bulk().dense();
        let entries = order.iter().flat_map(|j| order.iter().map(|i| chi[(*i, *j)]).collect::<Vec<_>>()).collect();
        let bulk = GaussianBulk::from_entries(40, entries).unwrap();
        let moved = Network::new(0.8, bulk, renumbered(network.vectors(), &order)).unwrap();
        let moved_x0 = Mat::from_fn(40, 1, |i, _| x0[(order[i], 0)]);
        let run = |n: &Network, x: &Mat<f64>| simulate(n, &model, x.as_ref(), &short(), (1, 0)).map(|seen| seen.order);
        let (a, b) = (run(&network, &x0), run(&moved, &moved_x0));
        if let (Err(SimulateError::Unbounded { .. }), Err(SimulateError::Unbounded { .. })) = (&a, &b) {
            return Ok(());
        }
        let (a, b) = (a.unwrap(), b.unwrap());
        let scale = a.delta_0.max(1.0);
        let variances = [a.delta_0 - b.delta_0, a.delta_t.unwrap() - b.delta_t.unwrap()];
        let off = variances.into_iter().chain([a.kappa[0] - b.kappa[0], a.mu - b.mu, a.r_mean - b.r_mean]);
        prop_assert!(largest(off) < 1e-11 * scale, "{:?} {:?}", a, b);
        // The control: renumbering the states but not the vectors is another trajectory.
        let other = run(&network, &moved_x0);
        prop_assert!(other.is_err() || largest([other.unwrap().mu - a.mu]) > 1e-9, "{:?}", a);
    }
}

#[test]
fn mirrors_break_with_an_input_or_an_even_part() {
    let of = |phi, ensemble: Gaussian| {
        let model = model(1.5, phi, Variant::Current, ensemble);
        let network = Network::draw(&model, 40, Sampling::Independent, 1, 0).unwrap();
        let x0 = initial_currents(&network, &Initial { along: vec![], deviation: 1.0 }, 2, 1, 0).unwrap();
        mirror_violation(&network, &model, &x0)
    };
    assert_eq!(of(Transfer::Tanh, published()), 0.0);
    assert!(of(Transfer::Tanh, correlated_input()) > 1e-2);
    assert!(of(Transfer::Logistic, published()) > 1e-2);
}

/// i -> 7 i + by modulo n, for n prime to 7.
fn renumbering(n: usize, by: usize) -> Vec<usize> {
    (0..n).map(|i| (i * 7 + by) % n).collect()
}

fn renumbered(vectors: &Empirical, order: &[usize]) -> Empirical {
    let moved = vectors.vectors().iter().map(|v| order.iter().map(|i| v[*i]).collect()).collect();
    Empirical::new(vectors.layout(), order.len(), moved).unwrap()
}

// Stationary theory.

fn stationary(g: f64, phi: Transfer, ensemble: impl Into<Ensemble>) -> Vec<Stationary> {
    let ensemble = ensemble.into();
    let input = Input::constant(&vec![1.0; ensemble.layout().inputs]).unwrap();
    stationary_branches(&Model::new(g, phi, Variant::Current, ensemble, input).unwrap()).unwrap()
}

/// kappa, mu, Delta_0, rho of a branch in one list.
fn numbers(kappa: Vec<f64>, branch: &Stationary) -> Vec<f64> {
    let o = &branch.order;
    kappa.into_iter().chain([o.mu, o.delta_0, o.delta_0_individual, o.r_mean, branch.rho]).collect()
}

/// How far the farther of two sets of solutions has a member from the other set.
fn set_distance(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
    let one_way = |a: &[Vec<f64>], b: &[Vec<f64>]| {
        let nearest =
            |x: &Vec<f64>| b.iter().map(|y| largest(x.iter().zip(y).map(|(x, y)| x - y))).fold(f64::INFINITY, f64::min);
        largest(a.iter().map(nearest))
    };
    one_way(a, b).max(one_way(b, a))
}

fn all_numbers(branches: &[Stationary], kappa: impl Fn(&[f64]) -> Vec<f64>) -> Vec<Vec<f64>> {
    branches.iter().map(|b| numbers(kappa(&b.order.kappa), b)).collect()
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn branches_come_in_pairs_for_odd_phi_without_input(phi in odd(), g in 0.0..2.5, ensemble in ensemble(2, 0)) {
        let branches = stationary(g, phi, ensemble);
        let sets: [Vec<Vec<f64>>; 2] = [1.0, -1.0].map(|sign| {
            branches
                .iter()
                .map(|b| {
                    let o = &b.order;
                    let odd = o.kappa.iter().copied().chain([o.mu, o.r_mean]).map(|v| sign * v);
                    odd.chain([o.delta_0, o.r_second_moment, b.rho]).collect()
                })
                .collect()
        });
        prop_assert!(set_distance(&sets[0], &sets[1]) < 1e-7, "{:?}", branches);
    }

    #[test]
    fn a_second_pair_with_no_m_changes_nothing(phi in smooth(), g in 0.0..2.5, full in ensemble(2, 1)) {
        // (m1, m2, n1, n2, I) with m2 = 0, against (m1, n1, I).
        let one = mapped(&full, Layout::rank(1).with_inputs(1), &[vec![(0, 1.0)], vec![(2, 1.0)], vec![(4, 1.0)]]);
        let map = [vec![(0, 1.0)], vec![], vec![(2, 1.0)], vec![(3, 1.0)], vec![(4, 1.0)]];
        let two = mapped(&full, Layout::rank(2).with_inputs(1), &map);
        let (one, two) = (stationary(g, phi, one), stationary(g, phi, two.clone()));
        prop_assert!(set_distance(&all_numbers(&one, <[f64]>::to_vec), &all_numbers(&two, |k| vec![k[0]])) < 1e-7);
        for branch in &two {
            // T8 for the second pair, which only listens.
            let o = &branch.order;
            let a = Averages::new(phi, o.mu, o.delta_0).unwrap();
            let with_u = o.kappa[0] * full.covariance(3, 0) + full.covariance(3, 4);
            prop_assert!((o.kappa[1] - full.mean()[3] * a.phi - with_u * a.d1).abs() < 1e-9);
        }
    }

    #[test]
    fn an_outer_product_may_be_split_in_two(
        phi in smooth(), g in 0.0..2.5, one in ensemble(1, 1), part in -0.7..1.7,
    ) {
        // m n^T = m (p n)^T + m ((1 - p) n)^T: kappa is shared out; (p m) n^T + ((1 - p) m) n^T: kappa appears twice.
        let layout = Layout::rank(2).with_inputs(1);
        let (p, q) = (part, 1.0 - part);
        let by_n = mapped(&one, layout, &[vec![(0, 1.0)], vec![(0, 1.0)], vec![(1, p)], vec![(1, q)], vec![(2, 1.0)]]);
        let by_m = mapped(&one, layout, &[vec![(0, p)], vec![(0, q)], vec![(1, 1.0)], vec![(1, 1.0)], vec![(2, 1.0)]]);
        let whole = all_numbers(&stationary(g, phi, one), <[f64]>::to_vec);
        let shared = all_numbers(&stationary(g, phi, by_n), |k| vec![k[0] + k[1]]);
        let (first, second) = {
            let branches = stationary(g, phi, by_m);
            (all_numbers(&branches, |k| vec![k[0]]), all_numbers(&branches, |k| vec![k[1]]))
        };
        for other in [shared, first, second] {
            prop_assert!(set_distance(&whole, &other) < 1e-7, "{:?} {:?}", whole, other);
        }
    }

    #[test]
    fn the_structure_may_be_rotated(phi in smooth(), g in 0.0..2.5, e in ensemble(2, 1), angle in 0.1..6.0) {
        // sum_k m_k n_k^T = sum_k m'_k n'_k^T with m' = R m, n' = R n; kappa' = R kappa.
        let (c, s) = (f64::cos(angle), f64::sin(angle));
        let map = [
            vec![(0, c), (1, s)], vec![(0, -s), (1, c)], vec![(2, c), (3, s)], vec![(2, -s), (3, c)], vec![(4, 1.0)],
        ];
        let turned = stationary(g, phi, mapped(&e, Layout::rank(2).with_inputs(1), &map));
        let straight = all_numbers(&stationary(g, phi, e), |k| vec![c * k[0] + s * k[1], -s * k[0] + c * k[1]]);
        let turned = all_numbers(&turned, <[f64]>::to_vec);
        prop_assert!(set_distance(&straight, &turned) < 1e-7, "{:?} {:?}", straight, turned);
    }

    #[test]
    fn without_bulk_kappa_solves_its_scalar_equation(phi in smooth(), e in ensemble(1, 0)) {
        for branch in stationary(0.0, phi, e.clone()) {
            let kappa = branch.order.kappa[0];
            prop_assert_eq!(branch.order.delta_0_individual, 0.0);
            prop_assert!(scalar_violation(phi, &e, kappa) < 1e-9, "{}", kappa);
        }
    }

    #[test]
    fn given_vectors_may_be_renumbered(
        phi in smooth(), g in 0.0..2.5, e in ensemble(1, 1), seed in 0_u64..1000, by in 1_usize..49,
    ) {
        let vectors = draw_vectors(&e.into(), 50, Sampling::Independent, seed, 0).unwrap();
        let moved = renumbered(&vectors, &renumbering(50, by));
        let a = all_numbers(&stationary(g, phi, vectors), <[f64]>::to_vec);
        let b = all_numbers(&stationary(g, phi, moved), <[f64]>::to_vec);
        prop_assert!(a.len() == b.len() && set_distance(&a, &b) < 1e-10, "{:?} {:?}", a, b);
    }
}

/// kappa - M_n \<phi> - S_mn kappa \<phi'> at (M_m kappa, kappa^2 S_m), with averages of this file.
fn scalar_violation(phi: Transfer, e: &Gaussian, kappa: f64) -> f64 {
    let (mu, d) = (e.mean()[0] * kappa, kappa * kappa * e.covariance(0, 0));
    let (value, slope) = (gauss(mu, d, |x| phi.value(x)), gauss(mu, d, |x| phi.jet(x).d1));
    (kappa - e.mean()[1] * value - e.covariance(0, 1) * kappa * slope).abs()
}

#[test]
fn sets_of_branches_tell_models_apart() {
    let at = |g, phi| stationary(g, phi, published());
    let of = |branches: Vec<Stationary>| all_numbers(&branches, <[f64]>::to_vec);
    let mirrored = |branches: Vec<Stationary>| all_numbers(&branches, |k| vec![-k[0]]);
    // Another g; an even part, which has no mirror image; a branch that is missing.
    assert!(set_distance(&of(at(1.0, Transfer::Tanh)), &of(at(1.001, Transfer::Tanh))) > 1e-5);
    assert!(set_distance(&of(at(1.0, Transfer::Logistic)), &mirrored(at(1.0, Transfer::Logistic))) > 0.1);
    let all = of(at(1.0, Transfer::Tanh));
    assert!(all.len() == 3 && set_distance(&all, &all[1..]) > 0.1);
    // The scalar equation without bulk is not that with bulk.
    assert!(scalar_violation(Transfer::Tanh, &published(), at(0.3, Transfer::Tanh)[0].order.kappa[0]) > 1e-3);
    // Renumbering one vector alone changes its overlap with the other.
    let given = draw_vectors(&published().into(), 50, Sampling::Independent, 3, 0).unwrap();
    let (m, n) = (given.vectors()[0].clone(), renumbered(&given, &renumbering(50, 1)).vectors()[1].clone());
    let broken = Empirical::new(Layout::rank(1), 50, vec![m, n]).unwrap();
    let (given, broken) = (of(stationary(1.0, Transfer::Tanh, given)), of(stationary(1.0, Transfer::Tanh, broken)));
    assert!(set_distance(&given, &broken) > 1e-3);
}

/// kappa and Delta_0 of the upper branch for vectors drawn from an ensemble.
fn upper(ensemble: impl Into<Ensemble>) -> [f64; 2] {
    let branch = &stationary(1.2, Transfer::Tanh, ensemble)[0];
    [branch.order.kappa[0], branch.order.delta_0]
}

#[test]
fn matched_vectors_give_the_gaussian_branch_up_to_one_over_root_n() {
    // Beyond the moments that matching fixes, sample averages over N neurons have errors of a few / sqrt(N).
    let theory = upper(correlated_input());
    let distance = |n: usize, sampling: Sampling, seed: u64| {
        let vectors = draw_vectors(&correlated_input().into(), n, sampling, seed, 0).unwrap();
        let found = upper(vectors);
        largest([found[0] - theory[0], found[1] - theory[1]])
    };
    let rms = |n, sampling| (0..6).map(|s| distance(n, sampling, s).powi(2) / 6.0).sum::<f64>().sqrt();
    let (matched, independent) = (rms(2000, Sampling::Matched), rms(2000, Sampling::Independent));
    assert!(matched < 3.0 / 2000_f64.sqrt(), "{matched}");
    // Controls: 16 times fewer neurons are farther away, vectors that are not matched too, and matched ones not exact.
    assert!(rms(125, Sampling::Matched) > 2.0 * matched);
    assert!(independent > 1.5 * matched, "{independent} {matched}");
    assert!(matched > 1e-5);
}

// Gaussian averages.

/// \<f>(mu, d) by a trapezoid rule of its own (half width 10, step 0.05: for the D of this file exact to rounding).
fn gauss(mu: f64, d: f64, f: impl Fn(f64) -> f64) -> f64 {
    let density = |z: f64| 0.05 * (-0.5 * z * z).exp() / (2.0 * PI).sqrt();
    (-200..=200).map(|i| 0.05 * f64::from(i)).map(|z| density(z) * f(mu + d.sqrt() * z)).sum()
}

/// \<phi> or, for `primitive`, \<Phi> at (mu, d); of threshold-linear, whose kink spoils `gauss`, by <\[x\]_+^2> / 2.
fn inner(phi: Transfer, primitive: bool, mu: f64, d: f64) -> f64 {
    match (phi, primitive) {
        (Transfer::ThresholdLinear, false) => Averages::new(phi, mu, d).unwrap().phi,
        (Transfer::ThresholdLinear, true) => 0.5 * Averages::new(phi, mu, d).unwrap().phi_sq,
        (_, false) => gauss(mu, d, |x| phi.value(x)),
        (_, true) => gauss(mu, d, |x| phi.primitive(x)),
    }
}

/// C_phi or, for `primitive`, C_Phi (c; mu, d) as T5 states it, one average inside the other.
fn nested(phi: Transfer, primitive: bool, mu: f64, d: f64, c: f64) -> f64 {
    gauss(mu, c, |centre| inner(phi, primitive, centre, d - c).powi(2))
}

/// Fourth-order central difference.
fn slope(f: impl Fn(f64) -> f64, x: f64, h: f64) -> f64 {
    (8.0 * (f(x + h) - f(x - h)) - (f(x + 2.0 * h) - f(x - 2.0 * h))) / (12.0 * h)
}

/// d\<f>/dmu = \<f'>, d\<f>/dD = \<f''> / 2 for f = phi, phi', phi'', phi^2, relative to the size of each; `d_used` is
/// where the averages are taken.
fn slope_violation(phi: Transfer, mu: f64, d: f64, d_used: f64) -> f64 {
    let at = |mu: f64, d: f64| Averages::new(phi, mu, d).unwrap();
    let a = at(mu, d_used);
    type Pick = fn(&Averages) -> f64;
    let along_mu: [(Pick, f64); 4] =
        [(|a| a.phi, a.d1), (|a| a.d1, a.d2), (|a| a.d2, a.d3), (|a| a.phi_sq, 2.0 * a.phi_d1)];
    let along_d: [(Pick, f64); 3] =
        [(|a| a.phi, 0.5 * a.d2), (|a| a.d1, 0.5 * a.d3), (|a| a.phi_sq, a.d1_sq + a.phi_d2)];
    let (h_mu, h_d) = (2e-3 * d.sqrt().min(1.0), 2e-3 * d.min(1.0));
    // Numbers of the order of one are compared on a scale of powers of the deviation.
    let relative = |found: f64, expected: f64| (found - expected) / (1.0 + 1.0 / d + expected.abs());
    let by_mu = along_mu.map(|(f, expected)| relative(slope(|m| f(&at(m, d)), mu, h_mu), expected));
    let by_d = along_d.map(|(f, expected)| relative(slope(|v| f(&at(mu, v)), d, h_d), expected));
    largest(by_mu.into_iter().chain(by_d))
}

/// C(D) = \<phi^2>, C(0) = \<phi>^2, the slope against differences, and how far C falls anywhere (it must not).
fn pair_violation(phi: Transfer, mu: f64, d: f64, pair: &PairAverage) -> f64 {
    let a = Averages::new(phi, mu, d).unwrap();
    let c = |part: f64| pair.covariance(part * d).unwrap();
    let ends = [(c(1.0) - a.phi_sq) / a.phi_sq.max(1.0), (c(0.0) - a.phi * a.phi) / a.phi_sq.max(1.0)].map(|e| 1e3 * e);
    let slopes = [0.1, 0.37, 0.62, 0.9].map(|part| {
        let expected = pair.slope(part * d).unwrap();
        (slope(|x| pair.covariance(x).unwrap(), part * d, 1e-3 * d) - expected) / expected.max(1.0)
    });
    let falls = (0..20).map(|i| (c(f64::from(i) / 20.0) - c((f64::from(i) + 1.0) / 20.0)).max(0.0));
    largest(ends.into_iter().chain(slopes).chain(falls))
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn averages_have_the_slopes_of_their_derivatives(phi in any_transfer(), mu in -3.0..3.0, d in 0.05..20.0) {
        prop_assert!(slope_violation(phi, mu, d, d) < 1e-8, "{}", slope_violation(phi, mu, d, d));
        // The control: averages at a variance one per cent off, where there is a slope to be off.
        if mu.abs() < 1.0 && d < 4.0 {
            prop_assert!(slope_violation(phi, mu, d, 1.01 * d) > 1e-6, "{}", slope_violation(phi, mu, d, 1.01 * d));
        }
    }

    #[test]
    fn pair_averages_join_their_ends_and_rise(phi in any_transfer(), mu in -3.0..3.0, d in 0.05..12.0) {
        let pair = |d| PairAverage::new(phi, mu, d).unwrap();
        prop_assert!(pair_violation(phi, mu, d, &pair(d)) < 1e-9, "{}", pair_violation(phi, mu, d, &pair(d)));
        // The control: pair averages at a variance one per cent off, where phi is not flat.
        let off = pair_violation(phi, mu, d, &pair(1.01 * d));
        prop_assert!(mu.abs() > 1.0 || off > 1e-6, "{}", off);
    }

    #[test]
    fn pair_averages_are_the_nested_ones(phi in smooth(), mu in -3.0..3.0, d in 0.05..6.0, part in 0.0..1.0) {
        let pair = PairAverage::new(phi, mu, d).unwrap();
        let expected = nested(phi, false, mu, d, part * d);
        prop_assert!((pair.covariance(part * d).unwrap() - expected).abs() < 1e-11);
    }

    #[test]
    fn erf_has_its_closed_forms(mu in -4.0..4.0, d in 0.0..30.0, part in 0.0..=1.0) {
        let a = Averages::new(Transfer::Erf, mu, d).unwrap();
        let wide: f64 = 1.0 + FRAC_PI_2 * d;
        // erf(sqrt(pi) mu / 2 / sqrt(wide)), phi itself at another point.
        let phi = Transfer::Erf.value(mu / wide.sqrt());
        let slope = (-0.25 * PI * mu * mu / wide).exp() / wide.sqrt();
        prop_assert!((a.phi - phi).abs() < 1e-13 && (a.d1 - slope).abs() < 1e-13, "{:?} {} {}", a, phi, slope);
        let pair = PairAverage::new(Transfer::Erf, 0.0, d).unwrap();
        let c = FRAC_2_PI * f64::asin(FRAC_PI_2 * part * d / wide);
        prop_assert!((pair.covariance(part * d).unwrap() - c).abs() < 1e-12);
        // The control: the slope at zero of erf(x) in place of erf(sqrt(pi) x / 2).
        let other = FRAC_2_PI * f64::asin(2.0 * part * d / (1.0 + 2.0 * d));
        prop_assert!(part < 0.2 || d < 0.2 || (other - c).abs() > 1e-4);
    }
}

// Chaos.

/// What T13 and T14 are off by, both in the form of docs/theory.md with nested quadratures, relative to Delta_0.
fn chaos_violation(phi: Transfer, g: f64, c: &Chaotic) -> [f64; 2] {
    let o = &c.order;
    let s_u_squared = o.delta_0 - o.delta_0_individual;
    let c_of = |primitive: bool| nested(phi, primitive, o.mu, o.delta_0, o.delta_inf);
    let square = gauss(o.mu, o.delta_0, |x| phi.primitive(x).powi(2));
    let right = g * g * (square - c_of(true)) + s_u_squared * (o.delta_0 - o.delta_inf);
    let t13 = 0.5 * (o.delta_0.powi(2) - o.delta_inf.powi(2)) - right;
    let t14 = o.delta_inf - g * g * c_of(false) - s_u_squared;
    [t13 / o.delta_0.powi(2), t14 / o.delta_0]
}

/// What T12 is off by along Delta(tau), relative to Delta_0; and how far Delta(tau) rises, misses its ends or
/// its last rate.
fn autocovariance_violation(phi: Transfer, g: f64, c: &Chaotic) -> [f64; 2] {
    let (o, h) = (&c.order, 0.04);
    let pair = PairAverage::new(phi, o.mu, o.delta_0).unwrap();
    let delta = |lag: f64| c.autocovariance().unwrap().at(lag).unwrap();
    let off = [0.2, 0.5, 1.0, 2.0, 4.0].map(|lag| {
        let [a, b, here, d, e] = [-2.0, -1.0, 0.0, 1.0, 2.0].map(|k| delta(lag + k * h));
        let second = (-a + 16.0 * b - 30.0 * here + 16.0 * d - e) / (12.0 * h * h);
        let right = g * g * pair.covariance(here).unwrap() + o.delta_0 - o.delta_0_individual;
        (here - second - right) / o.delta_0
    });
    let lags = (0..60).map(|i| delta(f64::from(i) * 0.5)).collect::<Vec<f64>>();
    let rises = lags.windows(2).map(|pair| (pair[1] - pair[0]).max(0.0));
    // Near onset Delta(tau) falls slowly: what is far follows from its last rate, omega^2 = 1 - g^2 C_phi'.
    let omega = c.autocovariance().unwrap().decay_rate();
    let rate = omega * omega - 1.0 + g * g * pair.slope(o.delta_inf).unwrap();
    let far = delta(100.0 / omega);
    let ends = [delta(0.0) - o.delta_0, (far - o.delta_inf).abs(), rate * o.delta_0];
    [largest(off), largest(rises.chain(ends)) / o.delta_0]
}

fn chaotic(g: f64, phi: Transfer, variant: Variant, ensemble: &Gaussian) -> Vec<Chaotic> {
    chaotic_solutions(&model(g, phi, variant, ensemble.clone())).unwrap()
}

#[test]
fn chaotic_solutions_satisfy_the_stated_equations() {
    let ensembles = prop_oneof![ensemble(0, 1), ensemble(1, 0), ensemble(1, 1)];
    let phi = prop_oneof![Just(Transfer::Tanh), Just(Transfer::Erf), Just(Transfer::OnePlusTanh)];
    let seen = std::cell::Cell::new(0);
    TestRunner::new(config(24))
        .run(&(phi, 1.5..3.2, ensembles), |(phi, g, ensemble)| {
            for c in chaotic(g, phi, Variant::Current, &ensemble) {
                let o = &c.order;
                prop_assert!(0.0 <= o.delta_inf && o.delta_inf < o.delta_0, "{:?}", o);
                let equations = chaos_violation(phi, g, &c);
                prop_assert!(largest(equations) < 1e-9, "{:?} {:?}", equations, o);
                let [ode, falls] = autocovariance_violation(phi, g, &c);
                prop_assert!(ode < 1e-5 && falls < 1e-10, "{} {} {:?}", ode, falls, o);
                seen.set(seen.get() + 1);
            }
            Ok(())
        })
        .unwrap();
    assert!(seen.get() >= 12, "{} chaotic solutions in 24 models", seen.get());
}

#[test]
fn threshold_linear_chaos_satisfies_them_too() {
    // Inhibition (M_m M_n = -2) keeps the activity finite.
    let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), 1.0).mean(N(0), -2.0).mean(I(0), 1.0);
    let ensemble = moments.variance(M(0), 0.1).variance(I(0), 0.3).build().unwrap();
    for g in [1.55, 1.7, 1.9] {
        let found = chaotic(g, Transfer::ThresholdLinear, Variant::Current, &ensemble);
        assert_eq!(found.len(), 1, "g = {g}");
        let equations = chaos_violation(Transfer::ThresholdLinear, g, &found[0]);
        let [ode, falls] = autocovariance_violation(Transfer::ThresholdLinear, g, &found[0]);
        println!("{g} {equations:?} {ode} {falls}");
        assert!(largest(equations) < 1e-7 && ode < 1e-5 && falls < 1e-9, "g = {g}: {equations:?} {ode} {falls}");
    }
    assert!(chaotic(1.4, Transfer::ThresholdLinear, Variant::Current, &ensemble).is_empty());
}

#[test]
fn without_structure_chaos_sets_in_at_one() {
    let model = model(1.0, Transfer::Tanh, Variant::Current, Gaussian::unstructured());
    for bracket in [(0.9, 1.2), (0.99, 1.01), (0.7, 2.0)] {
        let onset = onset_of_chaos(&model, bracket).unwrap().g;
        assert!((onset - 1.0).abs() < 1e-9, "{bracket:?}: {onset}");
    }
}

#[test]
fn other_variances_do_not_satisfy_the_stated_equations() {
    for (g, phi, ensemble) in [(2.8, Transfer::Tanh, correlated_input()), (1.9, Transfer::Erf, published())] {
        let right = chaotic(g, phi, Variant::Current, &ensemble).remove(0);
        assert!(largest(chaos_violation(phi, g, &right)) < 1e-9);
        let planted = |change: fn(&mut Chaotic)| {
            let mut wrong = right.clone();
            change(&mut wrong);
            wrong
        };
        let [t13, _] = chaos_violation(phi, g, &planted(|c| c.order.delta_0 *= 1.001));
        let [_, t14] = chaos_violation(phi, g, &planted(|c| c.order.delta_inf *= 1.001));
        let [ode, _] = autocovariance_violation(phi, 1.001 * g, &right);
        assert!(t13.abs() > 1e-6 && t14.abs() > 1e-6 && ode > 1e-4, "{t13} {t14} {ode}");
        let [_, ends] = autocovariance_violation(phi, g, &planted(|c| c.order.delta_0 *= 1.001));
        assert!(ends > 1e-4, "{ends}");
    }
}

proptest! {
    #![proptest_config(config(12))]

    #[test]
    fn chaos_comes_in_pairs_and_both_variants_share_it(phi in odd(), g in 1.2..2.6, e in ensemble(1, 0)) {
        let (current, rate) = (chaotic(g, phi, Variant::Current, &e), chaotic(g, phi, Variant::Rate, &e));
        let set = |found: &[Chaotic], sign: f64| -> Vec<Vec<f64>> {
            let list = |c: &Chaotic| {
                let o = &c.order;
                vec![sign * o.kappa[0], sign * o.mu, o.delta_0, o.delta_inf, c.rho]
            };
            found.iter().map(list).collect()
        };
        prop_assert!(!current.is_empty());
        prop_assert!(set_distance(&set(&current, 1.0), &set(&current, -1.0)) < 1e-7, "{:?}", set(&current, 1.0));
        prop_assert_eq!(set(&current, 1.0), set(&rate, 1.0));
        for (c, r) in current.iter().zip(&rate) {
            // T15, and rates that are smoothed.
            prop_assert!((r.order.r_second_moment - r.order.delta_0_individual / (g * g)).abs() < 1e-12);
            prop_assert!(r.order.r_second_moment < c.order.r_second_moment);
        }
    }

    #[test]
    fn chaos_does_not_see_how_the_structure_is_written(g in 1.2..2.6, e in ensemble(1, 1), part in 0.2..0.8) {
        let layout = Layout::rank(2).with_inputs(1);
        let (n_1, n_2) = (vec![(1, part)], vec![(1, 1.0 - part)]);
        let by_n = mapped(&e, layout, &[vec![(0, 1.0)], vec![(0, 1.0)], n_1, n_2, vec![(2, 1.0)]]);
        let set = |ensemble: &Gaussian| -> Vec<Vec<f64>> {
            let list = |c: &Chaotic| {
                let o = &c.order;
                vec![o.kappa.iter().sum(), o.mu, o.delta_0, o.delta_inf, c.rho]
            };
            chaotic(g, Transfer::Tanh, Variant::Current, ensemble).iter().map(list).collect()
        };
        let (one, two) = (set(&e), set(&by_n));
        prop_assert!(one.len() == two.len() && set_distance(&one, &two) < 1e-7, "{:?} {:?}", one, two);
    }
}
