//! White noise of every unit's own (T24) in coupled networks: theory against simulation in all three variants, below
//! and above the onset of chaos.
//!
//! Delta_0, the temporal variance within the window (T23), Delta at two lags and the second moment of r, over
//! independent networks. The bias of Euler-Maruyama is of first order in the step: every network is run with two steps,
//! 0.05 and 0.1, and each estimate is 2 (fine) - (coarse), which leaves -h^2 / 2 = -0.13 % of an uncoupled unit's
//! variance, a third of the standard errors and less. Bias of order 1 / N: 0.2 %. A check fails where the estimate lies beyond
//! Student's quantile, Bonferroni over all checks: 1 % false alarms a run, if theory is exact. Planted: theory with
//! sigma^2 in place of 2 sigma^2, and theory without noise.
#![allow(missing_docs, clippy::unwrap_used)]

use lowrank_connectivity::{Network, Sampling};
use lowrank_integrate::Method;
use lowrank_meanfield::chaotic_solutions;
use lowrank_model::{Gaussian, Initial, Input, Model, Transfer, Variant};
use lowrank_simulate::{Protocol, Timing, initial_currents, simulate};
use lowrank_validate::judge;

const NEURONS: usize = 500;
const NETWORKS: u64 = 16;
const COPIES: usize = 2;
/// g with sigma: below and above onset; noise of half the variance shows beyond it only if it is strong.
const POINTS: [(f64, f64); 2] = [(0.8, 0.5), (2.0, 1.0)];
const STEPS: [f64; 2] = [0.05, 0.1];
const TRANSIENT: f64 = 12.0;
const WINDOW: f64 = 40.0;
const INTERVAL: f64 = 0.5;
const LAGS: [f64; 2] = [0.5, 2.0];
const QUANTITIES: [&str; 5] = ["Delta_0", "Delta_T in the window", "Delta(0.5)", "Delta(2)", "C_r(0)"];
/// All checks of a run: quantities, variants, two values of g.
const FAMILY: usize = QUANTITIES.len() * 3 * POINTS.len();

fn model(g: f64, variant: Variant) -> Model {
    Model::new(g, Transfer::Tanh, variant, Gaussian::unstructured(), Input::none()).unwrap()
}

/// What theory says of a model with noise sigma; zeros where there are no fluctuations.
fn theory(model: &Model, sigma: f64) -> [f64; 5] {
    let found = chaotic_solutions(&model.with_noise(sigma).unwrap()).unwrap();
    assert!(found.len() <= 1 && (found.len() == 1 || sigma == 0.0));
    found.first().map_or([0.0; 5], |c| {
        let delta = c.autocovariance().unwrap();
        let samples = (WINDOW / INTERVAL) as usize + 1;
        let within = c.order.delta_t - delta.window_loss(INTERVAL, samples).unwrap();
        let [near, far] = LAGS.map(|lag| delta.at(lag).unwrap());
        [c.order.delta_0, within, near, far, c.order.r_second_moment]
    })
}

/// The same of one network with one step.
fn measured(model: &Model, realisation: u64, step: f64) -> [f64; 5] {
    let network = Network::draw(model, NEURONS, Sampling::Independent, 6, realisation).unwrap();
    let timing = Timing { transient: TRANSIENT, window: WINDOW, interval: INTERVAL, step };
    let protocol = Protocol::new(timing, Method::Euler).unwrap().with_lags(&LAGS).unwrap();
    let start = Initial { along: vec![], deviation: 1.0 };
    let x0 = initial_currents(&network, &start, COPIES, 6, realisation).unwrap();
    // Other noise for the other step.
    let key = (6 + (1000.0 * step) as u64, realisation);
    let seen = simulate(&network, model, x0.as_ref(), &protocol, key).unwrap();
    let o = &seen.order;
    [o.delta_0, o.delta_t.unwrap(), seen.autocovariance[0], seen.autocovariance[1], o.r_second_moment]
}

/// Extrapolated to steps of length zero: `[quantity][network]`.
fn estimates(model: &Model) -> Vec<Vec<f64>> {
    let of = |realisation| {
        let [fine, coarse] = STEPS.map(|step| measured(model, realisation, step));
        std::array::from_fn::<f64, 5, _>(|q| 2.0 * fine[q] - coarse[q])
    };
    let all: Vec<[f64; 5]> = std::thread::scope(|scope| {
        let half = NETWORKS / 2;
        let parts = [0..half, half..NETWORKS].map(|range| scope.spawn(|| range.map(of).collect::<Vec<_>>()));
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    (0..5).map(|q| all.iter().map(|network| network[q]).collect()).collect()
}

#[test]
fn noisy_networks_are_what_theory_says_and_half_the_noise_is_seen() {
    let two = Variant::two_timescale(1.0, 0.5).unwrap();
    for variant in [Variant::Current, Variant::Rate, two] {
        for (g, sigma) in POINTS {
            let model = model(g, variant);
            let estimates = estimates(&model.with_noise(sigma).unwrap());
            let check = |expected: [f64; 5]| -> Vec<String> {
                let each = estimates.iter().zip(expected).zip(QUANTITIES);
                each.filter_map(|((values, expected), name)| {
                    let j = judge(values, expected, 0.0, FAMILY).unwrap();
                    let off = (j.estimate - expected).abs();
                    println!(
                        "{variant} g = {g} {name}: {:.5} +- {:.5}, {expected:.5} z {:.2}",
                        j.estimate,
                        j.standard_error,
                        j.z.unwrap_or(f64::NAN)
                    );
                    (off > j.half_width).then(|| format!("{variant} g = {g} {name}: {j:?}, theory {expected}"))
                })
                .collect()
            };
            let faults = check(theory(&model, sigma));
            assert!(faults.is_empty(), "{}", faults.join("\n"));
            for (planted, wrong) in [("sigma^2 for 2 sigma^2", sigma / 2.0_f64.sqrt()), ("no noise", 0.0)] {
                let seen = check(theory(&model, wrong)).len();
                assert!(seen >= 2, "{variant} g = {g}: {planted} shows in {seen} of 5 quantities");
            }
        }
    }
}
