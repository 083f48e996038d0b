//! States under weak drives: phi(x) = x there, and all of them are known in closed form.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::f64::consts::PI;

use lowrank_meanfield::{MeanFieldError, chaotic_solutions, stationary_branches, two_timescale_solutions};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Gaussian, Input, Layout, Model, Moments, Transfer, Variant};

const ODD: [Transfer; 2] = [Transfer::Tanh, Transfer::Erf];
const SIZES: [f64; 6] = [1e-3, 1e-5, 1e-7, 1e-9, 1e-10, 1e-12];
/// Two time constants, filters of each alone included.
const TAUS: [(f64, f64); 3] = [(1.0, 0.5), (0.4, 2.0), (1.0, 1.0)];

fn unstructured(g: f64, transfer: Transfer, variant: Variant, noise: f64) -> Model {
    Model::new(g, transfer, variant, Gaussian::unstructured(), Input::none()).unwrap().with_noise(noise).unwrap()
}

/// phi(x) = s x - c x^3: s, and the part by which variances of the size `square` differ from those of phi = s x at most.
fn beyond_linear(square: f64, g: f64) -> f64 {
    20.0 * square / (1.0 - g * g).powi(2) + 1e-9
}

#[test]
fn a_weak_input_makes_the_state_of_the_linear_network() {
    let s_ii = 1.3;
    for transfer in ODD {
        for g in [0.2, 0.5, 0.9, 0.99] {
            for overlap in [0.5, -2.0] {
                for a in SIZES {
                    let moments = Moments::new(Layout::rank(1).with_inputs(1)).variance(M(0), 1.0).variance(N(0), 8.0);
                    let moments = moments.covariance(M(0), N(0), overlap).variance(I(0), s_ii);
                    let ensemble = moments.covariance(N(0), I(0), 0.5).build().unwrap();
                    let input = Input::constant(&[a]).unwrap();
                    let model = Model::new(g, transfer, Variant::Current, ensemble, input).unwrap();
                    let found = stationary_branches(&model).unwrap();
                    assert_eq!(found.len(), 1, "{transfer} {g} {overlap} {a}: {found:?}");
                    // kappa = S_nm kappa + S_nI a; delta_0 = g^2 delta_0 + S_mm kappa^2 + S_II a^2.
                    let kappa = 0.5 * a / (1.0 - overlap);
                    let delta_0 = (kappa * kappa + s_ii * a * a) / (1.0 - g * g);
                    let off = [found[0].order.kappa[0] / kappa - 1.0, found[0].order.delta_0 / delta_0 - 1.0];
                    let within = beyond_linear(delta_0, g);
                    assert!(off.iter().all(|o| o.abs() < within), "{transfer} {g} {overlap} {a}: {off:?} {within}");
                }
            }
        }
    }
}

#[test]
fn weak_noise_makes_the_fluctuations_of_the_linear_network() {
    for transfer in ODD {
        for g in [0.2, 0.5, 0.9, 0.99] {
            for sigma in SIZES {
                let of = |found: Vec<lowrank_meanfield::Chaotic>| {
                    assert_eq!(found.len(), 1, "{transfer} {g} {sigma}");
                    (found[0].order.delta_0, found[0].order.delta_inf / found[0].order.delta_0)
                };
                let found = of(chaotic_solutions(&unstructured(g, transfer, Variant::Current, sigma)).unwrap());
                let (wanted, within) = (sigma * sigma / (1.0 - g * g).sqrt(), beyond_linear(sigma * sigma, g));
                let off = found.0 / wanted - 1.0;
                assert!(off.abs() < within && found.1.abs() < 1e-9, "{transfer} {g} {sigma}: {off} {within}");
            }
        }
    }
}

/// Delta_0 = int 2 sigma^2 / ((1 + tau_s^2 w^2) (1 - g^2 / ((1 + tau_s^2 w^2)(1 + tau_r^2 w^2)))) dw / 2 pi, w = tan(angle), trapezoid rule.
fn of_two_times(g: f64, (tau_s, tau_r): (f64, f64)) -> f64 {
    let nodes = 4000;
    let at = |i: usize| {
        let w = (PI * (i as f64 + 0.5) / nodes as f64 - 0.5 * PI).tan();
        let (s, r) = (1.0 + (tau_s * w).powi(2), 1.0 + (tau_r * w).powi(2));
        2.0 * r / (s * r - g * g) * (1.0 + w * w)
    };
    (0..nodes).map(at).sum::<f64>() / nodes as f64 / 2.0
}

#[test]
fn weak_noise_makes_the_fluctuations_of_the_linear_network_of_two_time_scales() {
    for transfer in ODD {
        for taus in TAUS {
            for g in [0.5, 0.99] {
                for sigma in [1e-3, 1e-6, 1e-9, 1e-12] {
                    let variant = Variant::two_timescale(taus.0, taus.1).unwrap();
                    let model = unstructured(g, transfer, variant, sigma);
                    let found = two_timescale_solutions(&model).unwrap().found;
                    let wanted = sigma * sigma * of_two_times(g, taus);
                    let off = found[0].order.delta_0 / wanted - 1.0;
                    let within = beyond_linear(sigma * sigma, g);
                    assert!(found.len() == 1 && off.abs() < within, "{transfer} {taus:?} {g} {sigma}: {off}");
                }
            }
        }
    }
}

/// Without structure (T7) is d = g^2 \<phi^2>; with tanh^2 = x^2 - 2 x^4 / 3 and an input of variance a^2 at g = 1: (d + a^2)^2 = a^2 / 2.
#[test]
fn at_the_critical_g_a_state_is_right_or_refused() {
    for a in [1e-3, 1e-5, 1e-6, 1e-7, 1e-9, 1e-12] {
        let ensemble = Moments::new(Layout::rank(0).with_inputs(1)).variance(I(0), 1.0).build().unwrap();
        let model =
            Model::new(1.0, Transfer::Tanh, Variant::Current, ensemble, Input::constant(&[a]).unwrap()).unwrap();
        match stationary_branches(&model) {
            Ok(found) => {
                let wanted = a / 2.0_f64.sqrt();
                let off = found[0].order.delta_0 / wanted - 1.0;
                assert!(found.len() == 1 && off.abs() < 3.0 * a + 1e-9, "{a}: {off}");
                assert!(a > 1e-8, "{a} is resolved");
            }
            Err(error) => assert!(matches!(error, MeanFieldError::NoSolution { .. }) && a < 1e-7, "{a}: {error}"),
        }
        // Beyond it what is near zero has gone.
        let above = stationary_branches(&model.with_g(1.2).unwrap()).unwrap();
        assert!(above.iter().all(|s| s.order.delta_0 > 0.1), "{a}: {above:?}");
    }
}

#[test]
fn noise_too_weak_beside_an_input_is_said_to_be_so() {
    let ensemble = Moments::new(Layout::rank(0).with_inputs(1)).mean(I(0), 1.0).variance(I(0), 0.5).build().unwrap();
    let model = Model::new(0.8, Transfer::Tanh, Variant::Current, ensemble, Input::constant(&[1.0]).unwrap()).unwrap();
    let rest = stationary_branches(&model).unwrap().remove(0);
    for variant in [Variant::Current, Variant::Rate, Variant::TwoTimescale { tau_s: 1.0, tau_r: 0.5 }] {
        for noise in [0.1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-8] {
            let noisy = model.with_variant(variant).unwrap().with_noise(noise).unwrap();
            match chaotic_solutions(&noisy) {
                Ok(found) => {
                    assert!(found.len() == 1 && noise > 1e-5, "{variant} {noise}");
                    let wanted = noise * noise / (1.0 - rest.rho * rest.rho).sqrt();
                    let part = found[0].order.delta_t / wanted;
                    let one = if matches!(variant, Variant::TwoTimescale { .. }) { 0.25 } else { 0.02 };
                    assert!((part - 1.0).abs() < one, "{variant} {noise}: {part}");
                }
                Err(error) => {
                    let MeanFieldError::WeakFluctuations { sigma, delta_t, delta_0 } = error else { panic!("{error}") };
                    assert!(sigma == noise && delta_t < 1e-6 * delta_0, "{variant} {noise}: {error}");
                }
            }
        }
    }
}

/// Strong inhibition cancels a weak drive as it does a strong one: kappa = -a / (1 - 1 / overlap).
#[test]
fn a_weak_drive_is_cancelled_too() {
    for transfer in ODD {
        for overlap in [-1e3, -1e6, -1e12] {
            for a in SIZES {
                let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), 1.0).mean(N(0), overlap);
                let input = Input::constant(&[a]).unwrap();
                let ensemble = moments.mean(I(0), 1.0).build().unwrap();
                let model = Model::new(0.6, transfer, Variant::Current, ensemble, input).unwrap();
                // Searches may miss it, and say so.
                let found = match stationary_branches(&model) {
                    Err(MeanFieldError::NoSolution { .. }) if overlap > -1e12 && a < 1e-4 => continue,
                    found => found.unwrap(),
                };
                let off = found[0].order.kappa[0] / (-a / (1.0 - 1.0 / overlap)) - 1.0;
                assert!(found.len() == 1 && off.abs() < 1e-9, "{transfer} {overlap} {a}: {off}");
            }
        }
    }
}
