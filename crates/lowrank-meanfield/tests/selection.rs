//! The state that a start leads to.
#![allow(missing_docs, clippy::unwrap_used)]

use lowrank_meanfield::selection::{Decision, Selected, State, solutions};
use lowrank_meanfield::{MeanFieldError, Solutions, transient};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{
    Ensemble, Gaussian, Initial, Input, Layout, Mixture, Model, Moments, TimeCourse, Transfer, Variant,
};

fn model(g: f64, ensemble: impl Into<Ensemble>) -> Model {
    Model::new(g, Transfer::Tanh, Variant::Current, ensemble, Input::none()).unwrap()
}

fn along_m(coefficient: f64, deviation: f64) -> Initial {
    Initial { along: vec![(M(0), coefficient)], deviation }
}

/// [MO18]'s ensemble.
fn published() -> Gaussian {
    let moments = Moments::new(Layout::rank(1)).mean(M(0), 1.1).mean(N(0), 2.0).variance(M(0), 1.0).variance(N(0), 1.0);
    moments.build().unwrap()
}

/// The same with an input along n that favours the upper branch.
fn two_basins(g: f64) -> Model {
    let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), 1.1).mean(N(0), 2.0).variance(M(0), 1.0);
    let moments = moments.variance(N(0), 1.0).variance(I(0), 1.0).covariance(N(0), I(0), 0.4);
    let input = Input::constant(&[0.5]).unwrap();
    Model::new(g, Transfer::Tanh, Variant::Current, moments.build().unwrap(), input).unwrap()
}

fn kappa(found: &Result<Selected<'_>, MeanFieldError>) -> f64 {
    found.as_ref().unwrap().state.order().kappa[0]
}

#[test]
fn the_basin_of_a_start_is_that_of_networks() {
    // Networks of 400 neurons went to these states from these starts; the separatrix is near kappa = -0.2176.
    let model = two_basins(0.5);
    let all = solutions(&model).unwrap();
    for (start, expected) in [(0.02, 1.2548), (-0.02, 1.2548), (-0.05, 1.2548), (-0.2, -1.0210), (-0.6, -1.0210)] {
        let found = all.selected(&model, &along_m(start, 0.0));
        assert!((kappa(&found) - expected).abs() < 1e-4, "{start}");
    }
    // Somewhere between the basins a start is refused, and nowhere else.
    let refused: Vec<f64> = (0..=30)
        .map(|i| -0.3 + 0.01 * f64::from(i))
        .filter(|start| {
            let found = all.selected(&model, &along_m(*start, 0.0));
            match &found {
                Err(MeanFieldError::NearSeparatrix { ends, .. }) => ends.len() == 2,
                Err(error) => panic!("{start}: {error}"),
                Ok(_) => false,
            }
        })
        .collect();
    println!("{refused:?}");
    assert!(!refused.is_empty() && refused.len() < 12, "{refused:?}");
    assert!(refused.iter().all(|start| *start > -0.2 && *start < -0.05), "{refused:?}");
}

#[test]
fn an_odd_network_chooses_its_sign_by_the_start_or_by_chance() {
    for g in [0.6, 1.8, 1.95] {
        let model = model(g, published());
        let all = solutions(&model).unwrap();
        for (start, by_chance) in [(1.0, false), (-1.0, false), (0.0, true), (0.001, true)] {
            let found = all.selected(&model, &along_m(start, 1.0));
            let expected = if start < 0.0 { -1.0 } else { 1.0 };
            assert_eq!(found.as_ref().unwrap().by_chance, by_chance, "{g} {start}");
            assert!(kappa(&found) * expected > 0.1, "{g} {start}");
            let chaotic = matches!(found.unwrap().state, State::Fluctuating(_));
            assert_eq!(chaotic, g > 1.7959, "{g}");
        }
    }
    // Beyond the end of structured chaos only the central solution is stable.
    let model = model(2.4, published());
    let all = solutions(&model).unwrap();
    let found = all.selected(&model, &along_m(1.0, 1.0)).unwrap();
    assert_eq!((found.state.order().kappa[0], found.decision, found.by_chance), (0.0, Decision::Alone, false));
}

/// Two populations whose mean of n tanh(m c) is negative for c = 2 though its slope at zero is 1.65: where rates are the state
/// kappa(0) = -0.32, where currents are x starts at +2 m. The two-time theory (T19) tells where each goes.
#[test]
fn the_sign_of_an_odd_network_is_that_of_kappa_after_the_start() {
    let of = |m: f64, n: f64| Moments::new(Layout::rank(1)).mean(M(0), m).mean(N(0), n).build().unwrap();
    let mixture = Mixture::new(vec![(0.5, of(3.0, 1.5)), (0.5, of(0.3, -4.0))]).unwrap();
    for (variant, sign) in [(Variant::Current, 1.0), (Variant::Rate, -1.0)] {
        let model = Model::new(0.5, Transfer::Tanh, variant, mixture.clone(), Input::none()).unwrap();
        let all = solutions(&model).unwrap();
        for start in [2.0, -2.0] {
            let initial = along_m(start, 0.0);
            let found = kappa(&all.selected(&model, &initial));
            let end = transient(&model, &initial, 12.0).unwrap().at(12.0).unwrap().kappa[0];
            assert!(found * start * sign > 0.0 && (found - end).abs() < 1e-2, "{variant} {start}: {found} {end}");
        }
    }
}

/// Structured chaos next to the end of its branch: (T28) decays to kappa = 0 there, which (T33) and networks leave again.
#[test]
fn structured_chaos_near_its_end_is_found_from_every_start() {
    for variant in [Variant::Current, Variant::Rate] {
        for g in [2.0, 2.05, 2.1] {
            let model = Model::new(g, Transfer::Tanh, variant, published(), Input::none()).unwrap();
            let all = solutions(&model).unwrap();
            for start in [4.0, 1.0, -4.0, 0.0] {
                let found = all.selected(&model, &along_m(start, 1.0));
                let Ok(Selected { state: State::Fluctuating(chaotic), by_chance, .. }) = found else {
                    panic!("{variant} {g} {start}: {:?}", found.map(|s| s.decision));
                };
                let kappa = chaotic.order.kappa[0];
                assert!(kappa != 0.0 && (kappa < 0.0) == (start < 0.0 && !by_chance), "{variant} {g} {start}: {kappa}");
            }
        }
    }
}

#[test]
fn the_unstable_central_chaos_is_no_candidate() {
    let model = model(1.8, published());
    let Solutions { chaotic, .. } = solutions(&model).unwrap();
    assert_eq!(chaotic.len(), 3);
    let states = lowrank_meanfield::selection::candidates(&[], &chaotic);
    assert!(states.len() == 2 && states.iter().all(|s| s.order().kappa[0] != 0.0), "{}", states.len());
}

#[test]
fn noise_and_rings_have_their_states() {
    let noisy = model(0.5, published()).with_noise(0.3).unwrap();
    let all = solutions(&noisy).unwrap();
    let found = all.selected(&noisy, &along_m(0.8, 0.0)).unwrap();
    assert!(found.state.order().kappa[0] > 0.5 && !found.by_chance, "{:?}", found.state.order().kappa);
    let mut moments = Moments::new(Layout::rank(2));
    for k in 0..2 {
        moments = moments.variance(M(k), 1.8).variance(N(k), 1.8).covariance(M(k), N(k), 1.8);
    }
    let ring = model(0.5, moments.build().unwrap());
    let all = solutions(&ring).unwrap();
    let start = Initial { along: vec![(M(0), 0.3), (M(1), -0.7)], deviation: 0.0 };
    let found = all.selected(&ring, &start).unwrap();
    assert!(found.state.ring().is_some(), "{:?}", found.decision);
}

#[test]
fn a_limit_cycle_is_no_state() {
    let mut moments = Moments::new(Layout::rank(2));
    for k in 0..2 {
        moments = moments.variance(M(k), 1.0).variance(N(k), 6.0).covariance(M(k), N(k), 1.5);
    }
    let moments = moments.covariance(M(0), N(1), 1.2).covariance(M(1), N(0), -1.2);
    let model = model(0.3, moments.build().unwrap());
    let all = solutions(&model).unwrap();
    let error = all.selected(&model, &along_m(0.5, 0.0)).unwrap_err();
    assert!(matches!(error, MeanFieldError::Oscillates { .. }), "{error}");
}

/// m = 1 and n = c in every unit, threshold-linear: dx/dt = -x + c max(x, 0) + I.
fn uniform(c: f64, input: f64, variant: Variant) -> Model {
    let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), 1.0).mean(N(0), c).mean(I(0), 1.0);
    let input = Input::constant(&[input]).unwrap();
    Model::new(0.0, Transfer::ThresholdLinear, variant, moments.build().unwrap(), input).unwrap()
}

#[test]
fn a_runaway_is_unbounded_and_a_bounded_start_beside_it_is_not() {
    for (variant, rate) in [(Variant::Current, 0.2), (Variant::Rate, 0.2)] {
        // At rest at -0.5; beyond x = 2.5 activity grows at the rate c - 1.
        let model = uniform(1.2, -0.5, variant);
        let all = solutions(&model).unwrap();
        for start in [2.8, 10.0] {
            match all.selected(&model, &along_m(start, 0.0)) {
                Err(MeanFieldError::Unbounded { growth_rate: Some(found) }) => {
                    assert!((found - rate).abs() < 1e-9, "{variant} {start}: {found}");
                }
                other => panic!("{variant} {start}: {:?}", other.map(|s| s.decision)),
            }
        }
        let bounded = if variant == Variant::Current { [-1.0, 2.0] } else { [-1.0, 1.0] };
        for start in bounded {
            let found = all.selected(&model, &along_m(start, 0.0));
            assert!(
                kappa(&found).abs() < 1e-9,
                "{variant} {start}: {found:?}",
                found = found.as_ref().map(|f| f.decision)
            );
        }
    }
    // Without input the state of rest is unstable, and slow growth is growth: in 2000 time constants by e^2.
    for rate in [1e-3, 0.3] {
        let model = uniform(1.0 + rate, 0.0, Variant::Current);
        let all = solutions(&model).unwrap();
        let found = all.selected(&model, &along_m(0.5, 0.0)).map(|s| s.decision);
        assert!(
            matches!(found, Err(MeanFieldError::Unbounded { growth_rate: Some(found) }) if (found - rate).abs() < 1e-9),
            "{rate}: {found:?}"
        );
    }
    // Random connectivity alone, beyond g = sqrt(2), in every variant.
    let ensemble = published();
    let silent = Moments::new(Layout::rank(1)).variance(M(0), 1.0).variance(N(0), 1.0).build().unwrap();
    for ensemble in [ensemble, silent] {
        let model = Model::new(1.6, Transfer::ThresholdLinear, Variant::Current, ensemble, Input::none()).unwrap();
        let all = solutions(&model).unwrap();
        let found = all.selected(&model, &along_m(0.0, 1.0)).map(|s| s.decision);
        assert!(matches!(found, Err(MeanFieldError::Unbounded { growth_rate: Some(_) })), "{found:?}");
    }
}

#[test]
fn a_pulse_of_the_input_may_change_the_basin() {
    let still = two_basins(0.5);
    let course = |before: f64| Input::new(vec![TimeCourse::step(6.0, before, 0.5).unwrap()]);
    for (before, expected) in [(0.5, 1.2548), (-3.0, -1.0210)] {
        let model = still.with_input(course(before)).unwrap();
        let all = solutions(&model).unwrap();
        let found = all.selected(&model, &along_m(0.3, 0.0));
        assert!(
            (kappa(&found) - expected).abs() < 1e-4,
            "{before}: {found:?}",
            found = found.as_ref().map(|f| f.decision)
        );
    }
}

/// Networks of 3000 neurons fluctuate about kappa = -5.57 and -1.74, from any start that was tried.
#[test]
fn chaos_that_inhibition_holds_is_the_state() {
    for (transfer, g, n, expected) in
        [(Transfer::OnePlusTanh, 8.0, -50.0, -5.531), (Transfer::ThresholdLinear, 2.0, -4.0, -1.733)]
    {
        let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), 1.0).mean(N(0), n).mean(I(0), 1.0);
        let input = Input::constant(&[1.0]).unwrap();
        let model = Model::new(g, transfer, Variant::Current, moments.build().unwrap(), input).unwrap();
        let all = solutions(&model).unwrap();
        for start in [-2.0, 0.0, 1.0] {
            let found = all.selected(&model, &along_m(start, 1.0));
            assert!(found.as_ref().is_ok_and(|s| matches!(s.state, State::Fluctuating(_))), "{transfer} {start}");
            assert!((kappa(&found) - expected).abs() < 1e-3, "{transfer} {start}");
        }
    }
}

/// Two nearly equal overlaps and a weak input: networks of 2000 neurons end anywhere on a circle of radius 0.8.
#[test]
fn a_state_next_to_a_ring_is_refused_and_one_away_from_it_is_not() {
    let of = |second: f64| {
        let mut moments =
            Moments::new(Layout::rank(2).with_inputs(1)).variance(I(0), 1.0).covariance(N(0), I(0), 0.204);
        for (k, (overlap, n)) in [(2.664, 8.597), (second, 9.106)].into_iter().enumerate() {
            moments = moments.variance(M(k), 1.0).variance(N(k), n).covariance(M(k), N(k), overlap);
        }
        let input = Input::constant(&[0.321]).unwrap();
        Model::new(1.5, Transfer::OnePlusTanh, Variant::Current, moments.build().unwrap(), input).unwrap()
    };
    let start = Initial { along: vec![(M(0), 0.952), (M(1), -0.009)], deviation: 0.0 };
    let near = of(2.758);
    let all = solutions(&near).unwrap();
    let found = all.selected(&near, &start).map(|s| s.state.order().kappa.clone());
    match found {
        Err(MeanFieldError::SoftState { eigenvalue, scatter, kappa }) => {
            assert!((eigenvalue - 0.9929).abs() < 1e-4 && scatter > 5.0 && (kappa[0] - 0.5765).abs() < 1e-4);
        }
        other => panic!("{other:?}"),
    }
    let away = of(1.9);
    let all = solutions(&away).unwrap();
    let found = all.selected(&away, &start).map(|s| s.state.order().kappa.clone());
    assert!(found.as_ref().is_ok_and(|kappa| kappa[0] > 0.3 && kappa[1].abs() < 1e-9), "{found:?}");
}
