//! Threshold-linear networks have no scale of their own (T46): without a drive there is no state but rest.
#![allow(missing_docs, clippy::unwrap_used)]

use lowrank_meanfield::{
    MeanFieldError, chaotic_from, chaotic_solutions, linearisation, readouts, stationary_branches, stationary_from,
    two_timescale_solutions,
};
use lowrank_model::Vector::{I, M, N, W};
use lowrank_model::{Empirical, Ensemble, Gaussian, Input, Layout, Mixture, Model, Moments, Transfer, Variant};

const VARIANTS: [Variant; 3] = [Variant::Current, Variant::Rate, Variant::TwoTimescale { tau_s: 1.0, tau_r: 0.5 }];

fn model(g: f64, variant: Variant, ensemble: impl Into<Ensemble>, amplitude: f64) -> Model {
    let ensemble = ensemble.into();
    let input = if ensemble.layout().inputs == 1 { Input::constant(&[amplitude]).unwrap() } else { Input::none() };
    Model::new(g, Transfer::ThresholdLinear, variant, ensemble, input).unwrap()
}

/// Rank one with an input vector, which is zero where `size` is.
fn one(n: f64, size: f64) -> Gaussian {
    let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), 1.0).mean(N(0), n);
    moments.variance(M(0), 0.5).variance(N(0), 1.0).mean(I(0), size).build().unwrap()
}

#[test]
fn without_a_drive_there_is_no_chaos() {
    let rank_two = |n: f64| {
        let moments = Moments::new(Layout::rank(2)).variance(M(0), 1.0).variance(N(0), 1.0).mean(M(1), 1.0);
        moments.mean(N(1), n).build().unwrap()
    };
    let given = |n: f64| {
        let vector = |phase: f64| (0..60).map(|i| (0.7 * i as f64 + phase).sin() + 0.4).collect::<Vec<f64>>();
        let n = vector(0.3).iter().map(|v| n * v).collect();
        Empirical::new(Layout::rank(1), 60, vec![vector(1.0), n]).unwrap()
    };
    let mixture = |n: f64| Mixture::new(vec![(0.4, one(n, 0.0)), (0.6, one(0.5 * n, 0.0))]).unwrap();
    let centred = Moments::new(Layout::rank(1)).variance(M(0), 1.0).variance(N(0), 1.0).build().unwrap();
    let driven = chaotic_solutions(&model(1.8, Variant::Current, one(-4.0, 1.0), 1.0)).unwrap();
    assert_eq!(driven.len(), 1);
    for g in [1.5, 1.6, 1.7, 1.8, 1.9] {
        for variant in VARIANTS {
            let mut ensembles: Vec<Ensemble> = vec![Gaussian::unstructured().into(), centred.clone().into()];
            for n in [-4.0, 0.8] {
                ensembles.extend([one(n, 0.0).into(), rank_two(n).into(), given(n).into(), mixture(n).into()]);
            }
            for ensemble in ensembles {
                let rank = ensemble.layout().rank;
                let model = model(g, variant, ensemble, 1.0);
                assert!(chaotic_solutions(&model).unwrap().is_empty(), "{g} {variant}");
                assert!(two_timescale_solutions(&model).unwrap().found.is_empty(), "{g} {variant}");
                if rank == 1 {
                    assert!(chaotic_from(&model, &[driven[0].order.clone()]).unwrap().is_empty(), "{g} {variant}");
                }
            }
            // An input of amplitude zero, and a vector that is zero whatever the amplitude.
            for (size, amplitude) in [(1.0, 0.0), (0.0, 1e3)] {
                let model = model(g, variant, one(-4.0, size), amplitude);
                assert!(chaotic_solutions(&model).unwrap().is_empty(), "{g} {variant}");
            }
        }
    }
}

/// Rank one under inhibition with a readout that depends on every other vector.
fn read(g: f64, variant: Variant, amplitude: f64) -> Model {
    let moments = Moments::new(Layout::rank(1).with_inputs(1).with_readouts(1)).mean(M(0), 1.0).mean(N(0), -3.0);
    let moments = moments.mean(I(0), 1.0).mean(W(0), 0.4).variance(M(0), 1.0).variance(N(0), 5.0).variance(I(0), 0.3);
    let moments = moments.covariance(M(0), N(0), -0.5).variance(W(0), 1.0).covariance(W(0), M(0), 0.4);
    model(g, variant, moments.covariance(W(0), I(0), -0.2).build().unwrap(), amplitude)
}

#[test]
fn readouts_are_proportional_to_a_drive_of_any_size() {
    for variant in VARIANTS {
        for g in [1.0, 1.85] {
            let all = |amplitude: f64| {
                let model = read(g, variant, amplitude);
                let stationary = stationary_branches(&model).unwrap().into_iter().map(|s| s.order);
                let chaotic = chaotic_solutions(&model).unwrap().into_iter().map(|c| c.order);
                let orders: Vec<_> = stationary.chain(chaotic).collect();
                orders.iter().map(|order| readouts(&model, order).unwrap()[0] / amplitude).collect::<Vec<f64>>()
            };
            let one = all(1.0);
            assert!(one.len() == if g > 1.5 { 2 } else { 1 } && one.iter().all(|z| z.abs() > 0.01), "{one:?}");
            for amplitude in [1e-9, 1e-3, 1e3, 8e6, 1e12] {
                for (z, wanted) in all(amplitude).iter().zip(&one) {
                    assert!((z / wanted - 1.0).abs() < 1e-9, "{variant} {g} {amplitude}: {z} {wanted}");
                }
            }
        }
    }
}

#[test]
fn messages_name_the_noise_that_was_given() {
    for noise in [1e-4, 7.0, 3e5] {
        let model = model(0.9, Variant::Current, Gaussian::unstructured(), 1.0).with_noise(noise).unwrap();
        let of = |error: MeanFieldError| matches!(error, MeanFieldError::NoStationaryState { sigma } if sigma == noise);
        assert!(of(stationary_branches(&model).unwrap_err()), "{noise}");
        let at_rest = stationary_branches(&model.with_noise(0.0).unwrap()).unwrap().remove(0);
        assert!(of(stationary_from(&model, &at_rest.order).unwrap_err()), "{noise}");
        assert!(of(linearisation(&model, &at_rest).unwrap_err()), "{noise}");
    }
}
