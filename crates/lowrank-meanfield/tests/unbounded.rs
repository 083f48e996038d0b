//! Growth from the kink of threshold-linear networks and at infinity (T29), against closed forms and an independent root.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use lowrank_meanfield::selection::solutions;
use lowrank_meanfield::{Instability, MeanFieldError, Stability, growth_rate, stationary_branches, unbounded_states};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{
    Empirical, Ensemble, Gaussian, Initial, Input, Layout, Mixture, Model, Moments, Transfer, Variant,
};

fn model(g: f64, variant: Variant, ensemble: impl Into<Ensemble>) -> Model {
    Model::new(g, Transfer::ThresholdLinear, variant, ensemble, Input::none()).unwrap()
}

/// m = 1, n = c in every unit.
fn uniform(c: f64) -> Gaussian {
    Moments::new(Layout::rank(1)).mean(M(0), 1.0).mean(N(0), c).build().unwrap()
}

/// m and n without means, of unit variance in m, covariance c.
fn centred(c: f64) -> Gaussian {
    Moments::new(Layout::rank(1))
        .variance(M(0), 1.0)
        .variance(N(0), c * c + 1.0)
        .covariance(M(0), N(0), c)
        .build()
        .unwrap()
}

/// Growth rate and stability of the state of rest, and the fastest rate at infinity, zero where nothing grows.
fn rates(model: &Model) -> (f64, Stability, f64) {
    let branches = stationary_branches(model).unwrap();
    let rest = branches.iter().find(|s| s.order.delta_0 == 0.0 && s.order.kappa.iter().all(|k| *k == 0.0)).unwrap();
    (rest.growth_rate, rest.stability, unbounded_states(model).unwrap().first().map_or(0.0, |u| u.growth_rate))
}

#[test]
fn without_structure_rest_grows_by_g_over_root_two() {
    for g in [0.3, 1.0, 1.41, 1.42, 1.5, 3.0] {
        let expected = g / 2f64.sqrt() - 1.0;
        let (rate, stability, far) = rates(&model(g, Variant::Current, Gaussian::unstructured()));
        assert!((rate - expected).abs() < 1e-12 && (far - expected.max(0.0)).abs() < 1e-12, "{g}: {rate} {far}");
        assert_eq!(stability == Stability::Unstable(Instability::Bulk), expected > 0.0);
        // (1 + s)(1 + s / 2) = g / sqrt(2).
        let two = Variant::TwoTimescale { tau_s: 1.0, tau_r: 0.5 };
        let rate = rates(&model(g, two, Gaussian::unstructured())).0;
        assert!(((1.0 + rate) * (1.0 + 0.5 * rate) - g / 2f64.sqrt()).abs() < 1e-12, "{g}: {rate}");
    }
}

#[test]
fn a_uniform_overlap_grows_along_its_own_direction_alone() {
    for (c, expected) in [(1.2, 0.2), (0.6, -0.4), (5.0, 4.0), (-3.0, -1.0), (1e6, 1e6 - 1.0)] {
        let (rate, stability, far) = rates(&model(0.0, Variant::Current, uniform(c)));
        assert!((rate - expected).abs() < 1e-9 * expected.abs(), "{c}: {rate}");
        assert!((far - f64::max(expected, 0.0)).abs() < 1e-9 * expected.abs(), "{c}: {far}");
        assert_eq!(stability == Stability::Unstable(Instability::RealOutlier), expected > 0.0);
    }
    let grows = unbounded_states(&model(0.0, Variant::Rate, uniform(1.2))).unwrap();
    assert!(grows.len() == 1 && (grows[0].kappa[0] - 1.0).abs() < 1e-9, "{grows:?}");
}

#[test]
fn a_centred_overlap_grows_in_both_directions_by_half() {
    let grows = unbounded_states(&model(0.0, Variant::Current, centred(3.0))).unwrap();
    assert_eq!(grows.len(), 2, "{grows:?}");
    for (one, kappa) in grows.iter().zip([1.0, -1.0]) {
        assert!((one.growth_rate - 0.5).abs() < 1e-10 && (one.kappa[0] - kappa).abs() < 1e-6, "{grows:?}");
    }
}

/// The ratio a = kappa / sigma at which lambda of both equations agrees, by bisection:
/// lambda a = c (a Phi + f), lambda^2 = g^2 ((a^2 + 1) Phi + a f).
#[test]
fn overlap_and_random_part_grow_together() {
    let phi = |a: f64| 0.5 * libm::erfc(-a / 2f64.sqrt());
    let f = |a: f64| (-0.5 * a * a).exp() / (2.0 * std::f64::consts::PI).sqrt();
    for (g, c) in [(1.0, 0.9), (1.5, 0.4), (2.0, 1.7), (0.3, 1.1)] {
        let of_kappa = |a: f64| c * (a * phi(a) + f(a)) / a;
        let of_sigma = |a: f64| g * ((a * a + 1.0) * phi(a) + a * f(a)).sqrt();
        let (mut low, mut high) = (1e-9, 1e3);
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if of_kappa(middle) > of_sigma(middle) { low = middle } else { high = middle }
        }
        let expected = of_sigma(low) - 1.0;
        let (rate, _, _) = rates(&model(g, Variant::Current, uniform(c)));
        assert!((rate - expected).abs() < 1e-10, "g = {g}, c = {c}: {rate} {expected}");
    }
}

#[test]
fn given_vectors_and_populations_have_rays_of_their_own() {
    // m = (1, -2), n = (3, 1): kappa > 0 activates the first neuron, lambda = 3 / 2; kappa < 0 the second, lambda = 2 * 1 / 2
    // with the sign of kappa reversed.
    let given = Empirical::new(Layout::rank(1), 2, vec![vec![1.0, -2.0], vec![3.0, 1.0]]).unwrap();
    let grows = unbounded_states(&model(0.0, Variant::Current, given)).unwrap();
    assert!(grows.len() == 1 && (grows[0].growth_rate - 0.5).abs() < 1e-10 && grows[0].kappa[0] > 0.0, "{grows:?}");
    let populations = Mixture::new(vec![(0.25, uniform(2.0)), (0.75, uniform(4.0))]).unwrap();
    let (rate, _, far) = rates(&model(0.0, Variant::Current, populations));
    assert!((rate - 2.5).abs() < 1e-10 && (far - 2.5).abs() < 1e-10, "{rate} {far}");
}

/// Rank two without means, S_nm = [[c, -w], [w, c]]: kappa turns, and half of every deviation passes, (c +- i w) / 2.
fn turning(c: f64, w: f64) -> Gaussian {
    let mut moments = Moments::new(Layout::rank(2));
    for k in 0..2 {
        moments = moments.variance(M(k), 1.0).variance(N(k), 40.0).covariance(M(k), N(k), c);
    }
    moments.covariance(M(1), N(0), -w).covariance(M(0), N(1), w).build().unwrap()
}

/// With two time scales the growth is that of the complex pair (T11), not of a real eigenvalue that would grow alike with one.
#[test]
fn turning_directions_grow_by_their_real_part() {
    let two = |tau_s, tau_r| Variant::TwoTimescale { tau_s, tau_r };
    for (c, w) in [(2.6, 3.0), (1.8, 3.0), (0.4, 1.0), (1.8, 0.3)] {
        for variant in [Variant::Current, two(1.0, 1.0), two(10.0, 1.0), two(0.3, 2.0), two(1.0, 1e-4), two(1e-3, 1.0)]
        {
            let expected = growth_rate((0.5 * c, 0.5 * w), variant);
            let (rate, stability, far) = rates(&model(0.0, variant, turning(c, w)));
            let limit = if variant.time_constants().0 < 0.1 { 5e-5 } else { 5e-6 };
            assert!((rate - expected).abs() < limit, "{c} {w} {variant:?}: {rate} {expected}");
            assert!((far - f64::max(expected, 0.0)).abs() < limit, "{c} {w} {variant:?}: {far} {expected}");
            assert_eq!(stability == Stability::Unstable(Instability::ComplexPair), expected > 0.0, "{c} {w} {variant}");
        }
    }
    let rate = rates(&model(0.0, two(1.0, 1.0), turning(1.8, 3.0))).0;
    assert!((rate - 0.151).abs() < 1e-3, "{rate}");
}

/// Growth of the logarithm of the length of (x, r) of given neurons, by Euler's method on (T2) itself with g = 0; what Euler makes of
/// the rate falls with the step, and is extrapolated away.
fn given_growth(given: &Empirical, (tau_s, tau_r): (f64, f64)) -> f64 {
    let (n, vectors) = (given.neurons(), given.vectors());
    let at_step = |h: f64| {
        let mut x: Vec<f64> = (0..n).map(|i| vectors[0][i] + 0.3 * vectors[1][i]).collect();
        let (mut r, mut sum, mut total, steps) = (vec![0.0; n], 0.0, 0.0, (400.0 / h) as usize);
        for step in 0..steps {
            let kappa = [2, 3].map(|k| vectors[k].iter().zip(&r).map(|(n, r)| n * r).sum::<f64>() / n as f64);
            for i in 0..n {
                let drive = vectors[0][i] * kappa[0] + vectors[1][i] * kappa[1];
                let phi = x[i].max(0.0);
                x[i] += h / tau_s * (drive - x[i]);
                r[i] += h / tau_r * (phi - r[i]);
            }
            let length = x.iter().chain(&r).map(|v| v * v).sum::<f64>().sqrt();
            x.iter_mut().chain(&mut r).for_each(|v| *v /= length);
            let part = (step as f64 + 0.5) / steps as f64;
            let weight = if part > 0.25 { (-1.0 / ((part - 0.25) * (1.0 - part))).exp() } else { 0.0 };
            (sum, total) = (sum + weight * length.ln() / h, total + weight);
        }
        sum / total
    };
    2.0 * at_step(0.002) - at_step(0.004)
}

#[test]
fn given_vectors_turn_as_their_own_network_does() {
    // Six neurons around a circle, n a turn ahead of m, and uneven; and the same where the turn is slight.
    for (ahead, strength) in [(1.0, 5.0), (1.3, 9.0), (0.9, 3.0)] {
        let angle = |i: usize| std::f64::consts::TAU * (i as f64 + 0.2 * (i % 2) as f64) / 6.0;
        let length = |i: usize| 1.0 + 0.2 * (i % 3) as f64;
        let m = [f64::cos, f64::sin].map(|f| (0..6).map(|i| f(angle(i))).collect::<Vec<_>>());
        let n = [f64::cos, f64::sin]
            .map(|f| (0..6).map(|i| strength * length(i) * f(angle(i) + ahead)).collect::<Vec<_>>());
        let given = Empirical::new(Layout::rank(2), 6, m.into_iter().chain(n).collect()).unwrap();
        for (tau_s, tau_r) in [(1.0, 1.0), (2.0, 0.5)] {
            let expected = given_growth(&given, (tau_s, tau_r));
            let (rate, stability, far) = rates(&model(0.0, Variant::TwoTimescale { tau_s, tau_r }, given.clone()));
            assert!((rate - expected).abs() < 1e-3, "{ahead} {tau_s} {tau_r}: {rate} {expected}");
            assert!((far - rate.max(0.0)).abs() < 1e-9, "{ahead} {tau_s} {tau_r}: {far} {rate}");
            assert_eq!(stability == Stability::Unstable(Instability::ComplexPair), expected > 0.0);
        }
    }
}

/// Sixty neurons of rank three whose direction turns slowly and unevenly, by kinks alone: (T2) at g = 0 in kappa, dkappa/dt = -kappa + F, by
/// Heun's method here.
#[test]
fn a_direction_that_turns_unevenly_grows_as_its_own_network_does() {
    let (neurons, mut state) = (60, 3_u64);
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64 * 3.4 - 1.7
    };
    let m: Vec<Vec<f64>> = (0..3).map(|k| (0..neurons).map(|_| uniform() + 0.4 * k as f64).collect()).collect();
    let mut n: Vec<Vec<f64>> = (0..3).map(|k| (0..neurons).map(|_| 2.0 * uniform() - f64::from(k)).collect()).collect();
    for i in 0..neurons {
        n[0][i] += 2.0 * m[1][i];
        n[1][i] -= 2.0 * m[0][i];
    }
    let drive = |kappa: &[f64; 3]| {
        let mut image = [0.0; 3];
        for i in 0..neurons {
            let x: f64 = (0..3).map(|k| m[k][i] * kappa[k]).sum();
            (0..3).for_each(|k| image[k] += n[k][i] * x.max(0.0) / neurons as f64);
        }
        image
    };
    let (h, steps, mut kappa, mut growth) = (0.01, 60_000, [0.3, -0.5, 0.8], 0.0);
    for step in 0..steps {
        let first = drive(&kappa);
        let ahead: [f64; 3] = std::array::from_fn(|k| kappa[k] + h * (first[k] - kappa[k]));
        let second = drive(&ahead);
        kappa = std::array::from_fn(|k| kappa[k] + 0.5 * h * (first[k] - kappa[k] + second[k] - ahead[k]));
        let length = kappa.iter().map(|k| k * k).sum::<f64>().sqrt();
        kappa.iter_mut().for_each(|k| *k /= length);
        growth += if step >= steps / 4 { length.ln() } else { 0.0 };
    }
    let expected = growth / (0.75 * f64::from(steps) * h);
    let given = Empirical::new(Layout::rank(3), neurons, m.into_iter().chain(n).collect()).unwrap();
    let (rate, stability, _) = rates(&model(0.0, Variant::Current, given));
    assert!((rate - expected).abs() < 1e-3, "{rate} {expected} {stability:?}");
}

/// Excitation along one direction, and inhibition of any strength along another: what inhibits is silent where activity grows.
#[test]
fn strong_inhibition_in_another_direction_changes_no_growth() {
    let class = |m: [f64; 2], n: [f64; 2]| {
        let means = Moments::new(Layout::rank(2)).mean(M(0), m[0]).mean(M(1), m[1]);
        means.mean(N(0), n[0]).mean(N(1), n[1]).build().unwrap()
    };
    for inhibition in [5.0, 5e3, 5e5, 1e8] {
        // lambda kappa_1 = 0.8 * 2.5 kappa_1 with kappa_2 = 0.
        let silent = vec![(0.8, class([1.0, 1.0], [2.5, 0.0])), (0.2, class([0.0, 0.8], [0.0, -inhibition]))];
        // Excitation that drives its own inhibition turns, and dies out where that is strong.
        let driven = vec![(0.8, class([1.0, 1.0], [2.5, 0.0])), (0.2, class([1.2, 0.8], [0.0, -inhibition]))];
        for variant in [Variant::Current, Variant::TwoTimescale { tau_s: 1.0, tau_r: 0.5 }] {
            let (rate, _, far) = rates(&model(0.0, variant, Mixture::new(silent.clone()).unwrap()));
            let expected = growth_rate((2.0, 0.0), variant);
            assert!((rate - expected).abs() < 1e-8 && (far - expected).abs() < 1e-8, "{inhibition}: {rate} {far}");
            for g in [0.0, 0.5] {
                let (rate, stability, far) = rates(&model(g, variant, Mixture::new(driven.clone()).unwrap()));
                assert!(rate < -0.5 && stability == Stability::Stable && far == 0.0, "{inhibition} {g}: {rate} {far}");
            }
        }
    }
}

#[test]
fn a_constant_drive_leaves_nothing_stationary_above_root_two_and_no_bounded_function_runs_away() {
    let driven = Moments::new(Layout::rank(0).with_inputs(1)).mean(I(0), 1.0).build().unwrap();
    for (g, stationary) in [(1.2, 1), (1.4, 1), (1.5, 0), (2.0, 0)] {
        let input = Input::constant(&[1.0]).unwrap();
        let model = Model::new(g, Transfer::ThresholdLinear, Variant::Current, driven.clone(), input).unwrap();
        assert_eq!(stationary_branches(&model).unwrap().len(), stationary, "{g}");
        assert_eq!(unbounded_states(&model).unwrap().len(), 1 - stationary, "{g}");
    }
    for transfer in Transfer::ALL.into_iter().filter(|t| t.bound().is_some()) {
        let model = Model::new(50.0, transfer, Variant::Current, uniform(100.0), Input::none()).unwrap();
        assert!(unbounded_states(&model).unwrap().is_empty());
    }
}

/// The state that a start leads to is growth, by its name and with its rate, where nothing else is stable or the start runs away.
#[test]
fn a_start_that_runs_away_is_called_unbounded() {
    let start = Initial { along: Vec::new(), deviation: 1.0 };
    for (g, c, wanted) in [(1.5, 0.0, Some(1.5 / 2.0_f64.sqrt() - 1.0)), (0.0, 1.2, Some(0.2)), (0.5, 0.4, None)] {
        let model = model(g, Variant::Current, uniform(c));
        let all = solutions(&model).unwrap();
        match (all.selected(&model, &start), wanted) {
            (Err(MeanFieldError::Unbounded { growth_rate: Some(rate) }), Some(wanted)) => {
                assert!((rate - wanted).abs() < 1e-9, "{g} {c}: {rate}")
            }
            (Ok(selected), None) => assert!(selected.state.order().delta_0 == 0.0, "{g} {c}"),
            (found, wanted) => panic!("{g} {c}: {found:?} {wanted:?}"),
        }
    }
}

/// The mean growth rate of one network J = g chi + m n^T / N, m = 1, n = c, by Euler's method from a random state.
fn network_growth(g: f64, c: f64, n: usize) -> f64 {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut uniform = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    };
    let mut normal = || (-2.0 * uniform().ln()).sqrt() * (2.0 * std::f64::consts::PI * uniform()).cos();
    let j: Vec<f64> = (0..n * n).map(|_| g * normal() / (n as f64).sqrt() + c / n as f64).collect();
    let mut x: Vec<f64> = (0..n).map(|_| normal()).collect();
    let (step, steps, mut grown) = (0.2, 300, 0.0);
    for i in 0..steps {
        let r: Vec<f64> = x.iter().map(|x| x.max(0.0)).collect();
        let fed = |i: usize| j[i * n..(i + 1) * n].iter().zip(&r).map(|(j, r)| j * r).sum::<f64>();
        let next: Vec<f64> = (0..n).map(|i| x[i] + step * (fed(i) - x[i])).collect();
        let size = next.iter().map(|x| x * x).sum::<f64>().sqrt();
        // Of Euler's factor 1 + step s.
        if i >= steps / 2 {
            grown += (size / x.iter().map(|x| x * x).sum::<f64>().sqrt() - 1.0) / step;
        }
        x = next.iter().map(|x| x / size).collect();
    }
    grown / (steps / 2) as f64
}

/// Margins: four of the standard deviations over matrices, which are 0.02 at N = 500.
#[test]
fn networks_grow_at_the_rate_of_theory() {
    for (g, c) in [(0.5, 1.2), (1.0, 0.9), (1.2, 2.0)] {
        let theory = rates(&model(g, Variant::Current, uniform(c))).0;
        let seen = network_growth(g, c, 500);
        assert!((seen - theory).abs() < 0.08, "g = {g}, c = {c}: {seen} {theory}");
    }
}
