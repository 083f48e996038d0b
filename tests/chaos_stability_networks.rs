//! The growth rate of kappa around a chaotic state without structure (T32), theory against networks.
//!
//! A network without its structure is run into chaos; then two copies of it, moved apart along m, go on with the structure. Half
//! the difference of their kappa grows or decays at the rate of theory, but for what falls as one over the number of neurons.
#![allow(missing_docs, clippy::unwrap_used)]

use faer::Mat;
use lowrank_connectivity::{Network, Sampling};
use lowrank_integrate::Method;
use lowrank_meanfield::chaotic_solutions;
use lowrank_model::{Initial, Input, Layout, Model, Moments, Transfer, Variant, Vector};
use lowrank_simulate::{Protocol, Timing, initial_currents, simulate};
use statrs::distribution::{ContinuousCDF, StudentsT};

const SEED: u64 = 11;
/// Networks of each size. What a finite network deviates by falls as 1 / N: 0.035 at 500 neurons, a third of it at 1500.
const SIZES: [(usize, u64); 2] = [(400, 120), (1200, 56)];
const G: f64 = 1.8;
/// The states start this far from each other along m, to either side.
const PUSH: f64 = 0.05;
/// Time after which the rate is measured: the copies are still near each other.
const TIME: f64 = 2.0;
/// Probability that one of the comparisons fails though theory is exact.
const FALSE_ALARM_RATE: f64 = 1e-4;

/// m and n of variances 1 and 5 with this covariance, or no structure.
fn model(g: f64, overlap: Option<f64>) -> Model {
    let layout = Layout::rank(usize::from(overlap.is_some()));
    let moments = Moments::new(layout);
    let moments = match overlap {
        None => moments,
        Some(overlap) => moments.variance(Vector::M(0), 1.0).variance(Vector::N(0), 5.0).covariance(
            Vector::M(0),
            Vector::N(0),
            overlap,
        ),
    };
    Model::new(g, Transfer::Tanh, Variant::Current, moments.build().unwrap(), Input::none()).unwrap()
}

/// Half the difference of kappa between the two copies of every network, at first and at the end, one list an overlap.
fn differences(overlaps: [f64; 2], neurons: usize, networks: u64) -> [Vec<[f64; 2]>; 2] {
    let timing = |transient: f64, window: f64, step: f64| Timing { transient, window, interval: TIME, step };
    let protocol = |times: Timing| Protocol::new(times, Method::EtdAb3).unwrap().with_trajectory();
    let mut found = [Vec::new(), Vec::new()];
    for realisation in 0..networks {
        let key = (SEED, realisation);
        let draw = |model: &Model| Network::draw(model, neurons, Sampling::Matched, SEED, realisation).unwrap();
        let bare = model(G, None);
        let start = Initial { along: vec![], deviation: 1.0 };
        let x0 = initial_currents(&draw(&bare), &start, 1, SEED, realisation).unwrap();
        let seen = simulate(&draw(&bare), &bare, x0.as_ref(), &protocol(timing(40.0, 0.0, 0.2)), key).unwrap();
        let chaos = seen.trajectory.last().unwrap();
        for (found, overlap) in found.iter_mut().zip(overlaps) {
            let whole = model(G, Some(overlap));
            let network = draw(&whole);
            let (m, n) = (network.vector(Vector::M(0)).unwrap(), network.vector(Vector::N(0)).unwrap());
            let x0 = Mat::from_fn(neurons, 2, |i, copy| chaos[(i, 0)] + PUSH * m[i] * [1.0, -1.0][copy]);
            let seen = simulate(&network, &whole, x0.as_ref(), &protocol(timing(0.0, TIME, 0.1)), key).unwrap();
            found.push([0, 1].map(|sample| {
                let x = &seen.trajectory[sample];
                let sum: f64 = (0..neurons).map(|i| n[i] * (x[(i, 0)].tanh() - x[(i, 1)].tanh())).sum();
                sum / (2 * neurons) as f64
            }));
        }
    }
    found
}

/// (T32) at kappa = 0.
fn predicted(g: f64, overlap: f64) -> f64 {
    let solutions = chaotic_solutions(&model(g, Some(overlap))).unwrap();
    let central = solutions.iter().find(|c| c.order.kappa[0] == 0.0).unwrap();
    central.structure_growth.growth_rate.unwrap()
}

/// The rate of the mean difference, with its standard error: of what networks deviate from it to first order.
fn measured(differences: &[[f64; 2]]) -> (f64, f64) {
    let count = differences.len() as f64;
    let [first, last] = [0, 1].map(|sample| differences.iter().map(|d| d[sample]).sum::<f64>() / count);
    let off = differences.iter().map(|d| (d[1] / last - d[0] / first).powi(2)).sum::<f64>() / (count - 1.0);
    ((last / first).ln() / TIME, (off / count).sqrt() / TIME)
}

/// The rate of infinitely large networks, from those of three times as many neurons and of fewer, with its standard error.
fn extrapolated([(few, few_error), (many, many_error)]: [(f64, f64); 2]) -> (f64, f64) {
    (1.5 * many - 0.5 * few, (1.5 * many_error).hypot(0.5 * few_error))
}

fn agrees((rate, error): (f64, f64), theory: f64) -> bool {
    let networks = SIZES.map(|(_, networks)| networks).into_iter().min().unwrap();
    let limit = StudentsT::new(0.0, 1.0, (networks - 1) as f64).unwrap().inverse_cdf(1.0 - FALSE_ALARM_RATE / 4.0);
    (rate - theory).abs() < limit * error
}

#[test]
fn kappa_grows_from_chaos_at_the_rate_of_theory_and_decays_at_it() {
    // [MO18]'s overlap, where chaos with kappa = 0 is unstable, and one where it is stable.
    let overlaps = [2.2, 1.2];
    let of_size = SIZES
        .map(|(neurons, networks)| differences(overlaps, neurons, networks).map(|of_overlap| measured(&of_overlap)));
    let [unstable, stable] = [0, 1].map(|overlap| extrapolated(of_size.map(|rates| rates[overlap])));
    assert!((predicted(G, 2.2) - 0.1958).abs() < 1e-4);
    assert!(agrees(unstable, predicted(G, 2.2)), "{unstable:?}");
    assert!(agrees(stable, predicted(G, 1.2)), "{stable:?}");
    // The injected fault, a random part too strong by a tenth, is caught.
    assert!(!agrees(unstable, predicted(1.1 * G, 2.2)), "{unstable:?}");
}

/// Where Delta grows at fixed kappa and inhibition holds it (T43), networks fluctuate about the chaotic solution.
#[test]
fn networks_sit_in_chaos_that_inhibition_holds() {
    const NEURONS: usize = 1000;
    const NETWORKS: u64 = 6;
    let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(Vector::M(0), 1.0).mean(Vector::N(0), -4.0);
    let ensemble = moments.mean(Vector::I(0), 1.0).build().unwrap();
    let input = Input::constant(&[1.0]).unwrap();
    let model = Model::new(2.0, Transfer::ThresholdLinear, Variant::Current, ensemble, input).unwrap();
    let solutions = chaotic_solutions(&model).unwrap();
    let [chaos] = &solutions[..] else { panic!("{} solutions", solutions.len()) };
    assert_eq!(chaos.structure_growth.stability, lowrank_meanfield::Stability::Stable);
    let timing = Timing { transient: 40.0, window: 60.0, interval: 20.0, step: 0.1 };
    let protocol = Protocol::new(timing, Method::EtdAb3).unwrap().with_trajectory();
    let (mut kappas, mut moved) = (Vec::new(), Vec::new());
    for realisation in 0..NETWORKS {
        let network = Network::draw(&model, NEURONS, Sampling::Matched, SEED, realisation).unwrap();
        let start = Initial { along: vec![], deviation: 1.0 };
        let x0 = initial_currents(&network, &start, 1, SEED, realisation).unwrap();
        let seen = simulate(&network, &model, x0.as_ref(), &protocol, (SEED, realisation)).unwrap();
        let samples = &seen.trajectory[1..];
        let rate = |x: &Mat<f64>| (0..NEURONS).map(|i| x[(i, 0)].max(0.0)).sum::<f64>() / NEURONS as f64;
        kappas.extend(samples.iter().map(|x| -4.0 * rate(x)));
        for two in samples.windows(2) {
            let square: f64 = (0..NEURONS).map(|i| (two[1][(i, 0)] - two[0][(i, 0)]).powi(2)).sum();
            moved.push(0.5 * square / NEURONS as f64);
        }
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    // kappa of one network at one time scatters by some 0.1 about it; half the square of what moves in 20 units is Delta_T
    // but for e^-3, and networks of this size, some of which hardly fluctuate, have a good half of it.
    assert!((mean(&kappas) - chaos.order.kappa[0]).abs() < 0.1, "{kappas:?}");
    let part = mean(&moved) / chaos.order.delta_t;
    assert!(part > 0.4 && part < 1.3, "{part} {moved:?}");
}
