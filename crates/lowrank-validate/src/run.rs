//! The harness: every operating point in each of its variants, over independent networks.

use lowrank_model::{Ensemble, Model, Variant};
use rayon::prelude::*;

use crate::outcome::record;
use crate::prediction::predict_infinite_window;
use crate::realisation::{OfNetwork, Pairs, claimed, run_realisation};
use crate::scaling::scaling;
use crate::{
    Claim, Config, Findings, Margin, OperatingPoint, Outcome, Plant, Predictor, Statistic, ValidateError, all_points,
    judge, predict,
};

/// More threads than this is a typing error.
const MOST_THREADS: usize = 1024;
/// Between the first realisations of two network sizes; far above the number of networks.
const REALISATIONS_APART: u64 = 1_000_000;

/// Fewest networks of a claim.
const FEWEST: usize = 2;

/// Called with the number of finished runs, from any thread, in any order.
pub type Progress<'a> = &'a (dyn Fn(usize) + Sync);

/// One operating point in one variant.
pub(crate) struct Case {
    pub(crate) point: OperatingPoint,
    pub(crate) model: Model,
    /// What theory says of the ensemble; none where each network has its own.
    pub(crate) prediction: Option<Findings>,
    pub(crate) statistics: Vec<(Statistic, Margin)>,
}

/// Refuses what [`run`] would refuse of the configuration, and says how many runs it will make: what `progress` counts to.
///
/// # Errors
/// A pattern that no claim matches; a bad number of threads.
pub fn runs_of(config: &Config) -> Result<usize, ValidateError> {
    runs_of_points(&all_points()?, config)
}

/// The same for points of the caller's.
///
/// # Errors
/// As for [`runs_of`].
pub fn runs_of_points(points: &[OperatingPoint], config: &Config) -> Result<usize, ValidateError> {
    let threads = config.threads;
    if threads == 0 || threads > MOST_THREADS {
        return Err(ValidateError::BadThreads { threads, limit: MOST_THREADS });
    }
    let cases = selected(points, config)?;
    let of_size = |networks: usize| -> usize { cases.iter().map(|(point, ..)| point.networks_of(networks)).sum() };
    Ok(config.effort.sizes().iter().map(|(_, networks)| of_size(*networks)).sum())
}

/// Runs a validation.
///
/// # Errors
/// A pattern that no claim matches; a bad number of threads; whatever theory or simulation could not do.
pub fn run(config: &Config, progress: Progress<'_>) -> Result<Outcome, ValidateError> {
    run_points(&all_points()?, config, progress)
}

/// The same for points of the caller's, over all of whose claims the false-alarm rate is shared out.
///
/// # Errors
/// As for [`run`].
pub fn run_points(
    points: &[OperatingPoint],
    config: &Config,
    progress: Progress<'_>,
) -> Result<Outcome, ValidateError> {
    runs_of_points(points, config)?;
    let threads = config.threads;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|_| ValidateError::NoThreads { threads })?;
    pool.install(|| run_on_this_pool(points, config, progress))
}

fn run_on_this_pool(all: &[OperatingPoint], config: &Config, progress: Progress<'_>) -> Result<Outcome, ValidateError> {
    // Number of claims of a whole run.
    let family = all.iter().map(OperatingPoint::claims).sum();
    let cases = selected(all, config)?.into_par_iter().map(|c| prepare(c, config)).collect::<Result<Vec<_>, _>>()?;
    let (mut sizes, mut failures) = (Vec::new(), Vec::new());
    for (size, &(neurons, networks)) in config.effort.sizes().iter().enumerate() {
        // Sizes share no random numbers: their realisations are numbered apart.
        let first = REALISATIONS_APART * size as u64;
        let of_network = |index: u64| run_realisation(&cases, config, neurons, (first, index), progress);
        let of_networks: Vec<OfNetwork> = (0..networks as u64).into_par_iter().map(of_network).collect();
        let (pairs, failed): (Vec<Pairs>, Vec<_>) = of_networks.into_iter().unzip();
        failures.extend(failed.into_iter().flatten());
        sizes.push((neurons, pairs));
    }
    let scaling = scaling(&cases, &sizes);
    let (neurons, pairs) = sizes.swap_remove(sizes.len() - 1);
    let mut claims = Vec::new();
    for (c, case) in cases.iter().enumerate() {
        for (s, (statistic, margin)) in case.statistics.iter().enumerate() {
            let of_networks: Vec<(f64, f64)> = claimed(&pairs, c, s).collect();
            let networks = of_networks.len();
            let grows = case.statistics.iter().any(|(s, _)| *s == Statistic::Unbounded);
            if networks < FEWEST && (grows || !failures.is_empty()) {
                // The claim on growth without bound, or the list of networks that failed, says why there are no others.
                continue;
            }
            let theory = of_networks.iter().map(|(theory, _)| theory).sum::<f64>() / networks.max(1) as f64;
            // Deviations from each network's own theory, around the mean theory.
            let values: Vec<f64> = of_networks.iter().map(|(own, observed)| theory + (observed - own)).collect();
            // Whether a network grows without bound is no estimate whose error depends on its size.
            let factor = if *statistic == Statistic::Unbounded { 1.0 } else { config.effort.margin_factor() };
            let margin = margin.around(theory, factor);
            claims.push(Claim {
                name: claim_name(&case.point, case.model.variant(), *statistic),
                point: case.point.name.to_string(),
                variant: case.model.variant(),
                statistic: statistic.to_string(),
                neurons,
                networks,
                theory,
                margin,
                judgement: judge(&values, theory, margin, family)?,
            });
        }
    }
    if claims.is_empty()
        && let Some((_, error)) = failures.first()
    {
        return Err(error.clone());
    }
    let failures = failures.into_iter().map(|(failed, _)| failed).collect();
    let mut points = Vec::new();
    for case in &cases {
        let protocol = case.point.protocol(case.step_factor(config))?;
        points.push(record(&case.point, &protocol, neurons, pairs.len()));
    }
    points.dedup();
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
        failures,
        unclaimed: Vec::new(),
        scaling,
    })
}

pub(crate) fn claim_name(point: &OperatingPoint, variant: Variant, statistic: Statistic) -> String {
    format!("{}/{variant}/{statistic}", point.name)
}

/// A point in a variant with the statistics that are claimed.
type Selection = (OperatingPoint, Variant, Vec<(Statistic, Margin)>);

/// The cases that have a claim matching the pattern, with those claims only.
fn selected(points: &[OperatingPoint], config: &Config) -> Result<Vec<Selection>, ValidateError> {
    let mut selected = Vec::new();
    let mut example = String::new();
    for point in points {
        for &(variant, _) in &point.variants {
            let name = |statistic: Statistic| claim_name(point, variant, statistic);
            let all: Vec<_> = point.statistics_of(variant).collect();
            example = all.first().map_or(example, |(s, _)| name(*s));
            let matches = |s: Statistic| config.only.as_ref().is_none_or(|only| name(s).contains(only.as_str()));
            let statistics: Vec<_> = all.into_iter().filter(|(s, _)| matches(*s)).collect();
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

/// Theory, with the planted fault if it is one of theory.
fn prepare((point, variant, statistics): Selection, config: &Config) -> Result<Case, ValidateError> {
    let model = point.model.with_variant(variant)?;
    let prediction = match (point.predictor, config.plant, model.ensemble()) {
        (Predictor::EachNetwork, ..) => None,
        (_, Some(Plant::Window), _) => Some(predict_infinite_window(&point, &model)?),
        (_, Some(Plant::Populations), Ensemble::Mixture(mixture)) => {
            Some(predict(&point, &model.with_ensemble(mixture.moments()?)?)?)
        }
        _ => Some(predict(&point, &model)?),
    };
    Ok(Case { point, model, prediction, statistics })
}
