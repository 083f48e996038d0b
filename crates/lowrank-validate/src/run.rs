//! The harness: every operating point in both variants, over independent networks.

use std::ops::Range;
use std::sync::Arc;

use lowrank_connectivity::{GaussianBulk, Network, draw_vectors};
use lowrank_model::{Empirical, Model, Variant, Vector};
use lowrank_simulate::{Observed, Protocol, initial_currents, simulate};
use rayon::prelude::*;
use serde::Serialize;

use crate::scaling::{Scaling, scaling};
use crate::{
    Claim, Effort, Margin, OperatingPoint, Plant, Prediction, Predictor, Statistic, ValidateError, Verdict, all_points,
    judge,
};

/// More threads than this is a typing error.
const MOST_THREADS: usize = 1024;
/// Between the first realisations of two network sizes; far above the number of networks.
const REALISATIONS_APART: u64 = 1_000_000;
/// How much too large g is under [`Plant::Gain`].
const PLANTED_GAIN: f64 = 1.02;
/// N times the variance of chi under [`Plant::Scaling`].
const PLANTED_VARIANCE: f64 = 1.05;
/// How much too large the step is under [`Plant::Step`].
const PLANTED_STEP: f64 = 4.0;

/// What to validate.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Size of the run.
    pub effort: Effort,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Only claims whose name contains this.
    pub only: Option<String>,
    /// A fault to plant in the simulation.
    pub plant: Option<Plant>,
    /// Number of threads; the result does not depend on it.
    pub threads: usize,
}

/// What came of it. Serialised as the record of a run: nothing in it depends on threads, clocks or machines.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Seed of all random numbers.
    pub seed: u64,
    /// Size of the run.
    pub effort: Effort,
    /// (N, networks) of every size that was run.
    pub sizes: &'static [(usize, usize)],
    /// What the margins of the points are multiplied by.
    pub margin_factor: f64,
    /// The pattern that chose the claims, if any.
    pub only: Option<String>,
    /// The planted fault, if any.
    pub plant: Option<Plant>,
    /// Family-wise probability that a correct theory fails any claim.
    pub false_alarm_rate: f64,
    /// Number of claims over which it is shared out, whether or not all were run.
    pub family: usize,
    /// Every parameter of the operating points of the claims.
    pub points: Vec<PointRecord>,
    /// The claims.
    pub claims: Vec<Claim>,
    /// How deviations from theory shrink as networks grow; empty where one size was run.
    pub scaling: Vec<Scaling>,
}

/// The parameters of an operating point.
#[derive(Debug, Clone, Serialize)]
pub struct PointRecord {
    /// Its name.
    pub name: &'static str,
    /// Why it was chosen.
    pub why: &'static str,
    /// The model; its variant stands for both.
    pub model: Model,
    /// Whether theory is the chaotic solution, or else the stationary one.
    pub chaotic: bool,
    /// Rough kappa of the branch that is meant.
    pub kappa: Vec<f64>,
    /// The initial currents: coefficients of vectors by name, and the deviation of the independent part.
    pub initial: (Vec<(String, f64)>, f64),
    /// Neurons of each network that is judged.
    pub neurons: usize,
    /// Independent networks.
    pub networks: usize,
    /// States of one network run together.
    pub copies: usize,
    /// Whose moments theory is given.
    pub predictor: Predictor,
    /// Method of integration.
    pub method: &'static str,
    /// Largest step.
    pub step: f64,
    /// Time before measuring.
    pub transient: f64,
    /// Length of the measuring window.
    pub window: f64,
    /// Time between samples.
    pub interval: f64,
    /// Lags of the autocovariance.
    pub lags: Vec<f64>,
}

impl Outcome {
    /// Whether every claim passed.
    pub fn passed(&self) -> bool {
        self.claims.iter().all(|c| c.judgement.verdict == Verdict::Pass)
    }

    /// Number of claims with this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.claims.iter().filter(|c| c.judgement.verdict == verdict).count()
    }
}

/// Called with the number of finished runs, from any thread, in any order.
pub type Progress<'a> = &'a (dyn Fn(usize) + Sync);

/// One operating point in one variant.
pub(crate) struct Case {
    pub(crate) point: OperatingPoint,
    pub(crate) model: Model,
    /// What theory says of the ensemble; none where each network has its own.
    prediction: Option<Prediction>,
    protocol: Protocol,
    pub(crate) statistics: Vec<(Statistic, Margin)>,
}

/// Refuses what [`run`] would refuse of the configuration, and says how many runs it will make: what `progress` counts to.
///
/// # Errors
/// A pattern that no claim matches; a bad number of threads.
pub fn runs_of(config: &Config) -> Result<usize, ValidateError> {
    let threads = config.threads;
    if threads == 0 || threads > MOST_THREADS {
        return Err(ValidateError::BadThreads { threads, limit: MOST_THREADS });
    }
    let networks: usize = config.effort.sizes().iter().map(|(_, networks)| networks).sum();
    Ok(selected(config)?.len() * networks)
}

/// Runs a validation.
///
/// # Errors
/// A pattern that no claim matches; a bad number of threads; whatever theory or simulation could not do.
pub fn run(config: &Config, progress: Progress<'_>) -> Result<Outcome, ValidateError> {
    runs_of(config)?;
    let threads = config.threads;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|_| ValidateError::NoThreads { threads })?;
    pool.install(|| run_on_this_pool(config, progress))
}

fn run_on_this_pool(config: &Config, progress: Progress<'_>) -> Result<Outcome, ValidateError> {
    let family = family()?;
    let cases = selected(config)?.into_par_iter().map(|c| prepare(c, config)).collect::<Result<Vec<_>, _>>()?;
    let mut sizes = Vec::new();
    for (size, &(neurons, networks)) in config.effort.sizes().iter().enumerate() {
        // Sizes share no random numbers: their realisations are numbered apart.
        let first = REALISATIONS_APART * size as u64;
        sizes.push((neurons, run_size(&cases, config, neurons, first..first + networks as u64, progress)?));
    }
    let scaling = scaling(&cases, &sizes);
    let (neurons, pairs) = sizes.swap_remove(sizes.len() - 1);
    let mut claims = Vec::new();
    for (c, case) in cases.iter().enumerate() {
        for (s, (statistic, margin)) in case.statistics.iter().enumerate() {
            let of_networks = || pairs.iter().map(|network| network[c][s]);
            let theory = of_networks().map(|(theory, _)| theory).sum::<f64>() / pairs.len() as f64;
            // Deviations from each network's own theory, around the mean theory.
            let values: Vec<f64> = of_networks().map(|(own, observed)| theory + (observed - own)).collect();
            let margin = margin.around(theory, config.effort.margin_factor());
            claims.push(Claim {
                name: claim_name(&case.point, case.model.variant(), *statistic),
                point: case.point.name,
                variant: case.model.variant(),
                statistic: statistic.to_string(),
                neurons,
                networks: pairs.len(),
                theory,
                margin,
                judgement: judge(&values, theory, margin, family)?,
            });
        }
    }
    let mut points: Vec<PointRecord> = cases.iter().map(|case| record(case, neurons, pairs.len())).collect();
    points.dedup_by_key(|p| p.name);
    let Config { seed, effort, plant, .. } = *config;
    Ok(Outcome {
        seed,
        effort,
        sizes: effort.sizes(),
        margin_factor: effort.margin_factor(),
        only: config.only.clone(),
        plant,
        false_alarm_rate: crate::FALSE_ALARM_RATE,
        family,
        points,
        claims,
        scaling,
    })
}

pub(crate) fn claim_name(point: &OperatingPoint, variant: Variant, statistic: Statistic) -> String {
    format!("{}/{variant}/{statistic}", point.name)
}

/// Number of claims of a whole run.
fn family() -> Result<usize, ValidateError> {
    let count = |p: &OperatingPoint| p.statistics_of(Variant::Current).count() + p.statistics_of(Variant::Rate).count();
    Ok(all_points()?.iter().map(count).sum())
}

/// A point in a variant with the statistics that are claimed.
type Selection = (OperatingPoint, Variant, Vec<(Statistic, Margin)>);

/// The cases that have a claim matching the pattern, with those claims only.
fn selected(config: &Config) -> Result<Vec<Selection>, ValidateError> {
    let mut selected = Vec::new();
    let mut example = String::new();
    for point in all_points()? {
        for variant in [Variant::Current, Variant::Rate] {
            let matches = |statistic: &Statistic| {
                config.only.as_ref().is_none_or(|only| claim_name(&point, variant, *statistic).contains(only.as_str()))
            };
            let statistics: Vec<_> = point.statistics_of(variant).filter(|(s, _)| matches(s)).collect();
            example = claim_name(&point, variant, point.statistics[0].0);
            if !statistics.is_empty() {
                selected.push((point.clone(), variant, statistics));
            }
        }
    }
    match &config.only {
        Some(pattern) if selected.is_empty() => {
            Err(ValidateError::NothingMatches { pattern: pattern.clone(), example })
        }
        _ => Ok(selected),
    }
}

fn prepare((point, variant, statistics): Selection, config: &Config) -> Result<Case, ValidateError> {
    let model = point.model.with_variant(variant)?;
    let prediction = match point.predictor {
        // Under the window plant theory is given as if the window were infinite.
        Predictor::Ensemble if config.plant == Some(Plant::Window) => {
            Some(Prediction::of_infinite_window(&point, &model)?)
        }
        Predictor::Ensemble => Some(Prediction::new(&point, &model)?),
        Predictor::EachNetwork => None,
    };
    let mut protocol = point.protocol(if config.plant == Some(Plant::Step) { PLANTED_STEP } else { 1.0 })?;
    if config.plant == Some(Plant::Kappa) {
        protocol = protocol.with_kappa_along((0..model.rank()).map(Vector::M).collect());
    }
    Ok(Case { point, model, prediction, protocol, statistics })
}

/// (theory, observed) of one network: `[case][statistic]`.
pub(crate) type Pairs = Vec<Vec<(f64, f64)>>;

/// All networks of one size, in the order of their realisations. One network's bulk serves all cases.
fn run_size(
    cases: &[Case],
    config: &Config,
    neurons: usize,
    realisations: Range<u64>,
    progress: Progress<'_>,
) -> Result<Vec<Pairs>, ValidateError> {
    let realisations: Vec<u64> = realisations.collect();
    let run = |realisation: &u64| run_realisation(cases, config, neurons, *realisation, progress);
    realisations.par_iter().map(run).collect()
}

/// All cases on one realisation.
fn run_realisation(
    cases: &[Case],
    config: &Config,
    neurons: usize,
    realisation: u64,
    progress: Progress<'_>,
) -> Result<Pairs, ValidateError> {
    let variance = if config.plant == Some(Plant::Scaling) { PLANTED_VARIANCE } else { 1.0 };
    let bulk = Arc::new(GaussianBulk::draw_with_variance(neurons, variance, config.seed, realisation)?);
    let mut results = Vec::new();
    // Stationary theory does not depend on the variant: a network's own is solved once a point.
    let mut own: Option<(&str, Prediction)> = None;
    for case in cases {
        let ensemble = case.model.ensemble();
        let vectors = draw_vectors(ensemble, neurons, case.point.sampling(), config.seed, realisation)?;
        let prediction = match (&case.prediction, &own) {
            (Some(prediction), _) => prediction.clone(),
            (None, Some((name, prediction))) if *name == case.point.name && !case.point.chaotic => prediction.clone(),
            (None, _) => {
                let prediction = Prediction::new(&case.point, &case.model.with_ensemble(vectors.clone())?)?;
                own = Some((case.point.name, prediction.clone()));
                prediction
            }
        };
        let observed = observe(case, config, &bulk, vectors, realisation)
            .map_err(|source| ValidateError::Simulation { point: case.point.name, realisation, source })?;
        let pair = |s: &Statistic| (s.predicted(&prediction), s.observed(&observed));
        results.push(case.statistics.iter().map(|(s, _)| pair(s)).collect());
        progress(1);
    }
    Ok(results)
}

/// One simulated run, with the planted fault if there is one.
fn observe(
    case: &Case,
    config: &Config,
    bulk: &Arc<GaussianBulk>,
    vectors: Empirical,
    realisation: u64,
) -> Result<Observed, lowrank_simulate::SimulateError> {
    let g = case.model.g() * if config.plant == Some(Plant::Gain) { PLANTED_GAIN } else { 1.0 };
    let vectors = if config.plant == Some(Plant::Transpose) { exchange(&vectors)? } else { vectors };
    let variant = match (config.plant, case.model.variant()) {
        (Some(Plant::Variant), Variant::Current) => Variant::Rate,
        (Some(Plant::Variant), _) => Variant::Current,
        (_, variant) => variant,
    };
    let model = case.model.with_variant(variant)?.with_g(g)?;
    let network = Network::new(g, Arc::clone(bulk), vectors)?;
    let x0 = initial_currents(&network, &case.point.initial, case.point.copies, config.seed, realisation)?;
    simulate(&network, &model, x0.as_ref(), &case.protocol, (config.seed, realisation))
}

/// m and n exchanged.
fn exchange(vectors: &Empirical) -> Result<Empirical, lowrank_model::ModelError> {
    let rank = vectors.layout().rank;
    let mut rows = vectors.vectors().to_vec();
    for k in 0..rank {
        rows.swap(k, rank + k);
    }
    Empirical::new(vectors.layout(), vectors.neurons(), rows)
}

fn record(case: &Case, neurons: usize, networks: usize) -> PointRecord {
    let point = &case.point;
    let timing = case.protocol.timing();
    PointRecord {
        name: point.name,
        why: point.why,
        model: point.model.clone(),
        chaotic: point.chaotic,
        kappa: point.kappa.clone(),
        initial: (point.initial.along.iter().map(|(v, c)| (v.to_string(), *c)).collect(), point.initial.deviation),
        neurons,
        networks,
        copies: point.copies,
        predictor: point.predictor,
        method: OperatingPoint::METHOD.name(),
        step: timing.step,
        transient: timing.transient,
        window: timing.window,
        interval: timing.interval,
        lags: point.lags.clone(),
    }
}
