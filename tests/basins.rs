//! Networks against the state that theory selects: quasi-random models with several stable states, one network each.

use std::mem::discriminant;

use lowrank_connectivity::{Bulk, BulkKind, Sampling, draw_vectors};
use lowrank_integrate::Method;
use lowrank_meanfield::selection::{State, candidates, solutions};
use lowrank_meanfield::{MeanFieldError, Solutions, solutions_along};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Empirical, Initial, Input, Layout, Model, ModelError, Moments, Transfer, Variant};
use lowrank_simulate::{Cell, CellEnd, Products, Protocol, Timing, Watch, initial_currents_along, run_cells};

/// Seed of the networks.
const SEED: u64 = 4;
/// A network is in a state if it is at most so far from it, as a part of its distance from any other candidate.
const IN_STATE: f64 = 0.5;

/// A model with several candidates, and a start.
pub struct Basin {
    /// Number of the quasi-random point.
    pub index: usize,
    /// The model.
    pub model: Model,
    /// Where networks start.
    pub start: Initial,
    /// All solutions of the model.
    pub solutions: Solutions,
}

/// What became of one of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Theory refuses the start.
    Refused(String),
    /// The network is in the state that theory selects, or in its mirror image where chance decides the sign.
    Agrees,
    /// The network is elsewhere: kappa selected, kappa of the network.
    Differs(Vec<f64>, Vec<f64>),
}

/// The i-th Halton number in the base of a prime.
fn halton(mut i: usize, base: usize) -> f64 {
    let (mut value, mut scale) = (0.0, 1.0);
    while i > 0 {
        scale /= base as f64;
        value += scale * (i % base) as f64;
        i /= base;
    }
    value
}

/// The model and the start of one number.
fn point(index: usize) -> Result<(Model, Initial), ModelError> {
    let primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71];
    let mut coordinates = primes.iter().map(|p| halton(index + 20, *p));
    let mut between = |low: f64, high: f64| low + (high - low) * coordinates.next().unwrap_or(0.5);
    let rank = 1 + index % 2;
    let variant = [Variant::Current, Variant::Rate, Variant::TwoTimescale { tau_s: 1.0, tau_r: 0.5 }][(index / 2) % 3];
    let transfer = if (index / 6).is_multiple_of(3) { Transfer::Erf } else { Transfer::Tanh };
    let (g, amplitude) = (between(0.1, 1.5), between(0.0, 0.8));
    let mut moments =
        Moments::new(Layout::rank(rank).with_inputs(1)).variance(I(0), 1.0).mean(I(0), between(-0.3, 0.3));
    let mut along = Vec::new();
    for k in 0..rank {
        let (m, n) = (between(0.4, 1.4), between(0.8, 2.4));
        moments = moments.variance(M(k), 1.0).variance(N(k), n * n);
        moments = if k == 0 { moments.mean(M(k), m).mean(N(k), 0.6 * n) } else { moments };
        moments = moments.covariance(M(k), N(k), between(0.3, 0.8) * n).covariance(N(k), I(0), between(-0.3, 0.3) * n);
        along.push((M(k), between(-1.2, 1.2)));
    }
    let start = Initial { along, deviation: between(0.0, 1.0) };
    let model = Model::new(g, transfer, variant, moments.build()?, Input::constant(&[amplitude])?)?;
    Ok((model, start))
}

/// So many quasi-random models with several candidates, from one number on.
///
/// # Panics
/// If a model cannot be solved.
pub fn basins(first: usize, count: usize) -> Vec<Basin> {
    let of = |index: usize| {
        let (model, start) = point(index).ok()?;
        let solutions = solutions(&model).expect("bounded activity can be solved");
        let several = candidates(&solutions.stationary, &solutions.chaotic).len() > 1;
        several.then_some(Basin { index, model, start, solutions })
    };
    (first..).filter_map(of).take(count).collect()
}

/// kappa of one network of so many neurons a model, averaged over the window; none of one that no step serves.
///
/// # Panics
/// If a network cannot be run.
pub fn reached(basins: &[Basin], neurons: usize) -> Vec<Vec<f64>> {
    let bulk: Bulk<f32> = Bulk::draw(BulkKind::Gaussian, neurons, SEED, 0).expect("a bulk");
    let mut kappas = vec![Vec::new(); basins.len()];
    for kind in 0..12 {
        let group: Vec<usize> = (0..basins.len()).filter(|i| kind_of(&basins[*i].model) == kind).collect();
        if group.is_empty() {
            continue;
        }
        let seen = run(&bulk, &group.iter().map(|i| &basins[*i]).collect::<Vec<_>>());
        for (i, kappa) in group.into_iter().zip(seen) {
            kappas[i] = kappa;
        }
    }
    kappas
}

/// Networks of one block have one rank, transfer function and variant.
fn kind_of(model: &Model) -> usize {
    let variant = match model.variant() {
        Variant::Current => 0,
        Variant::Rate => 1,
        Variant::TwoTimescale { .. } => 2,
    };
    variant + 3 * usize::from(model.rank() > 1) + 6 * usize::from(model.transfer() == Transfer::Erf)
}

/// The same of models of one kind.
fn run(bulk: &Bulk<f32>, basins: &[&Basin]) -> Vec<Vec<f64>> {
    let model = &basins[0].model;
    let vectors: Vec<Empirical> = basins
        .iter()
        .map(|b| {
            draw_vectors(b.model.ensemble(), bulk.neurons(), Sampling::Matched, SEED, b.index as u64).expect("vectors")
        })
        .collect();
    let starts: Vec<Vec<f64>> = basins
        .iter()
        .zip(&vectors)
        .map(|(b, v)| {
            initial_currents_along(v, &b.start, 1, SEED, b.index as u64)
                .expect("a start")
                .col(0)
                .iter()
                .copied()
                .collect()
        })
        .collect();
    let amplitudes: Vec<Vec<f64>> = basins.iter().map(|b| b.model.input().last()).collect();
    let cells: Vec<Cell<'_>> = (0..basins.len())
        .map(|i| Cell {
            g: basins[i].model.g(),
            variant: model.variant(),
            vectors: &vectors[i],
            amplitudes: &amplitudes[i],
            x0: &starts[i],
        })
        .collect();
    let step = 0.2 * model.variant().shortest_time_constant();
    let timing = Timing { transient: 200.0, window: 50.0, interval: 1.0, step };
    let protocol = Protocol::new(timing, Method::EtdAb3).expect("a protocol");
    let watch = Watch { leave_at_rest: true, lyapunov: None, tolerance: f64::INFINITY, halvings: 0 };
    let seen = run_cells(bulk, model.transfer(), &cells, &protocol, watch, Products::Panels).expect("networks");
    seen.into_iter()
        .map(|s| if !matches!(s.end, CellEnd::Ran | CellEnd::AtRest(_)) { Vec::new() } else { s.kappa })
        .collect()
}

/// Whether a network with this kappa is in the state that theory selects.
///
/// # Panics
/// If theory fails otherwise than by refusing the start.
pub fn verdict(basin: &Basin, kappa: &[f64]) -> Verdict {
    let states = candidates(&basin.solutions.stationary, &basin.solutions.chaotic);
    let selected = match basin.solutions.selected(&basin.model, &basin.start) {
        Ok(selected) => selected,
        Err(
            error @ (MeanFieldError::NearSeparatrix { .. }
            | MeanFieldError::SoftState { .. }
            | MeanFieldError::Oscillates { .. }),
        ) => {
            return Verdict::Refused(error.to_string());
        }
        Err(error) => panic!("{}: {error}", basin.index),
    };
    let off = |state: &State<'_>| apart(&state.order().kappa, kappa);
    let opposite: Vec<f64> = kappa.iter().map(|k| -k).collect();
    let own = if selected.by_chance {
        off(&selected.state).min(apart(&selected.state.order().kappa, &opposite))
    } else {
        off(&selected.state)
    };
    let is_other = |state: &&State<'_>| apart(&state.order().kappa, &selected.state.order().kappa) > 1e-6;
    let other = states.iter().filter(is_other).map(off).fold(f64::INFINITY, f64::min);
    let other = if selected.by_chance { f64::INFINITY } else { other };
    if kappa.len() == basin.model.rank() && own < IN_STATE * other {
        Verdict::Agrees
    } else {
        Verdict::Differs(selected.state.order().kappa.clone(), kappa.to_vec())
    }
}

/// Whether the candidate that is nearest to the start is the one that is nearest to the network: the rule that an injected
/// fault puts in place of the right one.
pub fn nearest_to_start_agrees(basin: &Basin, kappa: &[f64]) -> bool {
    let states = candidates(&basin.solutions.stationary, &basin.solutions.chaotic);
    let start: Vec<f64> = basin.start.along.iter().map(|(_, c)| *c).collect();
    let nearest = |to: &[f64]| {
        (0..states.len())
            .min_by(|a, b| apart(&states[*a].order().kappa, to).total_cmp(&apart(&states[*b].order().kappa, to)))
    };
    nearest(&start) == nearest(kappa)
}

/// Whether a model by itself, as `lowrank check` takes it, and at the end of a line of models along g, as a sweep follows
/// them, ends in the same state, or is refused for the same reason.
///
/// # Panics
/// If the line cannot be solved.
pub fn check_and_sweep_agree(basin: &Basin) -> bool {
    let g = basin.model.g();
    let line = solutions_along(|g| basin.model.with_g(g), &[0.9 * g, 0.95 * g, g]).expect("a line of models");
    let in_sweep = line.last().map(|solutions| solutions.selected(&basin.model, &basin.start));
    match (basin.solutions.selected(&basin.model, &basin.start), in_sweep) {
        (Ok(alone), Some(Ok(in_line))) => {
            alone.by_chance == in_line.by_chance
                && apart(&alone.state.order().kappa, &in_line.state.order().kappa) < 1e-6
                && matches!(alone.state, State::Stationary(_)) == matches!(in_line.state, State::Stationary(_))
        }
        (Err(alone), Some(Err(in_line))) => discriminant(&alone) == discriminant(&in_line),
        _ => false,
    }
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}
