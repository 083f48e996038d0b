//! Solutions at large g, drives and overlaps (T30, T31): right values, residuals, and nothing at the switch of the rules.
#![allow(missing_docs, clippy::unwrap_used)]

use lowrank_meanfield::{chaotic_solutions, stationary_branches, two_timescale_solutions};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Gaussian, Input, Layout, Model, Moments, Transfer, Variant};

fn plain(g: f64, transfer: Transfer, variant: Variant) -> Model {
    Model::new(g, transfer, variant, Gaussian::unstructured(), Input::none()).unwrap()
}

fn delta_0(g: f64, transfer: Transfer) -> f64 {
    let all = chaotic_solutions(&plain(g, transfer, Variant::Current)).unwrap();
    assert!(all.len() == 1 && all[0].residual < 1e-10, "{transfer} {g}: {all:?}");
    all[0].order.delta_0
}

/// For sign(x) (T21) is arcsine's energy: delta_0 -> 2 (1 - 2 / pi) g^2, to which it rises.
#[test]
fn chaos_without_structure_grows_to_the_law_of_signs() {
    assert!((delta_0(39.0, Transfer::Tanh) - 1104.0).abs() < 0.1);
    assert!((delta_0(100.0, Transfer::Tanh) - 7266.0).abs() < 0.5);
    let limit = 2.0 * (1.0 - 2.0 / std::f64::consts::PI);
    for transfer in [Transfer::Tanh, Transfer::Erf] {
        let parts = [5.0, 20.0, 100.0, 1000.0].map(|g| delta_0(g, transfer) / (g * g));
        assert!(
            parts.windows(2).all(|p| p[0] < p[1]) && parts[3] < limit && limit - parts[3] < 1e-4,
            "{transfer} {parts:?}"
        );
    }
}

#[test]
fn nothing_jumps_where_the_rules_change() {
    // Delta_0 = 900 lies near g = 35.2.
    let values: Vec<f64> = (0..5).map(|i| delta_0(35.0 + 0.2 * f64::from(i), Transfer::Tanh)).collect();
    assert!(values[0] < 900.0 && values[4] > 900.0, "{values:?}");
    let differences: Vec<f64> = values.windows(4).map(|v| v[3] - 3.0 * v[2] + 3.0 * v[1] - v[0]).collect();
    assert!(differences.iter().all(|d| d.abs() < 1e-4), "{differences:?}");
}

#[test]
fn exponents_and_correlations_follow_at_large_g() {
    let at = |g: f64| {
        let chaos = chaotic_solutions(&plain(g, Transfer::Tanh, Variant::Current)).unwrap().remove(0);
        let autocovariance = chaos.autocovariance().unwrap();
        (chaos.lyapunov_exponent(), autocovariance.correlation_time())
    };
    let (below, above, far) = (at(35.0), at(35.5), at(100.0));
    assert!((below.0 / above.0 - 1.0).abs() < 0.02 && (below.1 / above.1 - 1.0).abs() < 1e-3, "{below:?} {above:?}");
    assert!(far.0 > above.0 && far.1 < above.1, "{above:?} {far:?}");
}

trait Exponent {
    fn lyapunov_exponent(&self) -> f64;
}

impl Exponent for lowrank_meanfield::Chaotic {
    fn lyapunov_exponent(&self) -> f64 {
        self.lyapunov().unwrap().exponent
    }
}

fn overlapping(m: f64, n: f64) -> Gaussian {
    Moments::new(Layout::rank(1)).mean(M(0), m).mean(N(0), n).build().unwrap()
}

#[test]
fn saturated_states_exist_at_any_overlap() {
    for transfer in [Transfer::Tanh, Transfer::Erf] {
        for size in [1e2, 1e4, 1e6] {
            let model = Model::new(0.8, transfer, Variant::Current, overlapping(size, size), Input::none()).unwrap();
            let all = stationary_branches(&model).unwrap();
            let kappas: Vec<f64> = all.iter().map(|s| s.order.kappa[0] / size).collect();
            assert!(all.len() == 3, "{transfer} {size}: {kappas:?}");
            assert!(kappas.iter().zip([1.0, 0.0, -1.0]).all(|(k, e)| (k - e).abs() < 1e-9), "{kappas:?}");
            assert!(all.iter().all(|s| s.residual < 1e-10));
        }
    }
}

/// Far above all else, the drive alone decides: kappa = \<n sign(I)> = sqrt(2 / pi) Cov(n, I) / std(I).
#[test]
fn strong_drives_saturate() {
    for transfer in [Transfer::Tanh, Transfer::Erf, Transfer::Logistic, Transfer::OnePlusTanh] {
        for g in [0.0, 0.8, 5.0] {
            for amplitude in [1e3, 1e6] {
                let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), 0.6).mean(N(0), 0.0);
                let moments =
                    moments.variance(M(0), 0.5).variance(N(0), 1.0).variance(I(0), 1.0).covariance(N(0), I(0), 0.7);
                let input = Input::constant(&[amplitude]).unwrap();
                let model = Model::new(g, transfer, Variant::Current, moments.build().unwrap(), input).unwrap();
                let all = stationary_branches(&model).unwrap();
                let half = if transfer == Transfer::Logistic { 0.5 } else { 1.0 };
                let expected = half * 0.7 * (2.0 / std::f64::consts::PI).sqrt();
                assert!(all.len() == 1 && all[0].residual < 1e-10, "{transfer} {g} {amplitude}: {all:?}");
                assert!(
                    (all[0].order.kappa[0] - expected).abs() < 100.0 / (amplitude * amplitude),
                    "{transfer} {g}: {all:?}"
                );
            }
        }
    }
}

/// Far from onset Delta / g^2 has a limit, to which kappa g and Delta_0 / g^2 go; rounding of Delta_0 must not stop them.
#[test]
fn chaos_with_two_time_scales_goes_on_to_any_g() {
    let at = |g: f64, amplitude: f64| {
        let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), 0.6).variance(M(0), 0.5).mean(N(0), 0.0);
        let moments = moments.variance(N(0), 1.0).variance(I(0), 1.0).covariance(N(0), I(0), 0.7);
        let input = Input::constant(&[amplitude]).unwrap();
        let variant = Variant::TwoTimescale { tau_s: 1.0, tau_r: 1.0 };
        let model = Model::new(g, Transfer::Tanh, variant, moments.build().unwrap(), input).unwrap();
        let followed = two_timescale_solutions(&model).unwrap();
        assert!(followed.lost.is_empty() && followed.found.len() == 1, "{g} {amplitude}: {:?}", followed.lost);
        assert!(followed.found[0].residual < 1e-12 * g.max(100.0).powi(2), "{g}");
        let order = &followed.found[0].order;
        [order.delta_0 / (g * g), order.delta_t / (g * g), order.kappa[0] * g / amplitude]
    };
    // With a drive that grows as g everything but the smooth part of phi stays the same.
    for part in [1e-3, 1.0] {
        let [a, b, c] = [500.0, 1000.0, 4000.0].map(|g| at(g, part * g));
        for ((a, b), c) in a.iter().zip(&b).zip(&c) {
            assert!((b / c - 1.0).abs() < 3e-3 && (b - c).abs() < (a - c).abs(), "{part}: {a} {b} {c}");
        }
    }
}
