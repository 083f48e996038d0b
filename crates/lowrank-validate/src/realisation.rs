//! All operating points on one realisation: one bulk, and what theory and simulation say of each case on it.

use std::sync::Arc;

use lowrank_connectivity::{Bulk, BulkKind, GaussianBulk, Network, draw_vectors, leading_eigenvalues};
use lowrank_model::{Empirical, Input, Model, ModelError, TimeCourse, Variant, Vector};
use lowrank_simulate::{Protocol, SimulateError, initial_currents, lyapunov, simulate};

use crate::findings::sort_outliers;
use crate::run::{Case, Progress};
use crate::statistic::Source;
use crate::{Config, Findings, Phase, Plant, Statistic, ValidateError, predict};

/// How much too large g is under [`Plant::Gain`].
const PLANTED_GAIN: f64 = 1.02;
/// N times the variance of chi under [`Plant::Scaling`].
const PLANTED_VARIANCE: f64 = 1.05;
/// How much too large the step is under [`Plant::Step`].
const PLANTED_STEP: f64 = 4.0;
/// How late the input changes under [`Plant::Onset`].
const PLANTED_DELAY: f64 = 0.5;

/// (theory, observed) of one network: `[case][statistic]`, none for a case that is not run on it.
pub(crate) type Pairs = Vec<Option<Vec<(f64, f64)>>>;

/// (theory, observed) of one claim, network by network.
pub(crate) fn claimed(networks: &[Pairs], case: usize, statistic: usize) -> impl Iterator<Item = (f64, f64)> + '_ {
    networks.iter().filter_map(move |network| network[case].as_ref().map(|pairs| pairs[statistic]))
}

impl Case {
    /// What the step is multiplied by.
    pub(crate) fn step_factor(&self, config: &Config) -> f64 {
        if config.plant == Some(Plant::Step) { PLANTED_STEP } else { 1.0 }
    }

    fn protocol(&self, config: &Config) -> Result<Protocol, SimulateError> {
        let protocol = self.point.protocol(self.step_factor(config))?;
        Ok(match config.plant {
            Some(Plant::Kappa) => protocol.with_kappa_along((0..self.model.rank()).map(Vector::M).collect()),
            _ => protocol,
        })
    }

    fn needs(&self, source: Source) -> bool {
        self.statistics.iter().any(|(s, _)| s.source() == source)
    }
}

/// The bulks of one realisation, each drawn when a case first needs it and shared by all cases.
struct Bulks<'a> {
    neurons: usize,
    config: &'a Config,
    realisation: u64,
    held: Vec<(BulkKind, Arc<Bulk>)>,
}

impl Bulks<'_> {
    fn of(&mut self, kind: BulkKind) -> Result<Arc<Bulk>, ValidateError> {
        let (seed, realisation) = (self.config.seed, self.realisation);
        if let Some((_, bulk)) = self.held.iter().find(|(held, _)| *held == kind) {
            return Ok(Arc::clone(bulk));
        }
        // Only normal entries have a variance to plant a fault in.
        let bulk: Arc<Bulk> = if kind == BulkKind::Gaussian {
            let variance = if self.config.plant == Some(Plant::Scaling) { PLANTED_VARIANCE } else { 1.0 };
            GaussianBulk::draw_with_variance(self.neurons, variance, seed, realisation)?.into()
        } else {
            Arc::new(Bulk::draw(kind, self.neurons, seed, realisation)?)
        };
        self.held.push((kind, Arc::clone(&bulk)));
        Ok(bulk)
    }
}

/// All cases on the network of this index of its size, whose realisations begin at `first`.
pub(crate) fn run_realisation(
    cases: &[Case],
    config: &Config,
    neurons: usize,
    (first, index): (u64, u64),
    progress: Progress<'_>,
) -> Result<Pairs, ValidateError> {
    let realisation = first + index;
    let mut bulks = Bulks { neurons, config, realisation, held: Vec::new() };
    let mut results = Vec::new();
    // Stationary theory does not depend on the variant: a network's own is solved once a point.
    let mut own: Option<(&str, Findings)> = None;
    for case in cases {
        if index % case.point.every.max(1) as u64 != 0 {
            results.push(None);
            continue;
        }
        let ensemble = case.model.ensemble();
        let vectors = draw_vectors(ensemble, neurons, case.point.sampling(), config.seed, realisation)?;
        let predicted = match (&case.prediction, &own) {
            (Some(predicted), _) => predicted.clone(),
            (None, Some((name, predicted))) if *name == case.point.name && case.point.phase == Phase::AtRest => {
                predicted.clone()
            }
            (None, _) => {
                let predicted = predict(&case.point, &case.model.with_ensemble(vectors.clone())?)?;
                own = Some((case.point.name.as_ref(), predicted.clone()));
                predicted
            }
        };
        let bulk = bulks.of(case.point.bulk)?;
        let observed = observe(case, config, &bulk, vectors, realisation, predicted.outliers.len())
            .map_err(|source| ValidateError::Simulation { point: case.point.name.to_string(), realisation, source })?;
        let pair = |statistic: Statistic| {
            let missing =
                || ValidateError::NotThere { point: case.point.name.to_string(), statistic: statistic.to_string() };
            Ok((statistic.of(&predicted).ok_or_else(missing)?, statistic.of(&observed).ok_or_else(missing)?))
        };
        results.push(Some(case.statistics.iter().map(|(s, _)| pair(*s)).collect::<Result<_, ValidateError>>()?));
        progress(1);
    }
    Ok(results)
}

/// What one network shows of what is claimed, with the planted fault if there is one; as many outliers as theory has.
fn observe(
    case: &Case,
    config: &Config,
    bulk: &Arc<Bulk>,
    vectors: Empirical,
    realisation: u64,
    outliers: usize,
) -> Result<Findings, SimulateError> {
    let g = case.model.g() * if config.plant == Some(Plant::Gain) { PLANTED_GAIN } else { 1.0 };
    let vectors = if config.plant == Some(Plant::Transpose) { exchange(&vectors)? } else { vectors };
    let variant = match (config.plant, case.model.variant()) {
        (Some(Plant::Variant), Variant::Current) => Variant::Rate,
        (Some(Plant::Variant), _) => Variant::Current,
        (_, variant) => variant,
    };
    let model = case.model.with_variant(variant)?.with_g(g)?;
    let model = if config.plant == Some(Plant::Onset) { later(&model)? } else { model };
    let network = Network::new(g, Arc::clone(bulk), vectors)?;
    let key = (config.seed, realisation);
    let x0 = initial_currents(&network, &case.point.initial, case.point.copies, key.0, key.1)?;
    let protocol = case.protocol(config)?;
    let spectrum = case.needs(Source::Spectrum) && outliers > 0;
    let mut findings = Findings::default();
    if case.needs(Source::Run) || spectrum {
        let protocol = if spectrum { protocol.clone().with_trajectory() } else { protocol.clone() };
        let mut observed = simulate(&network, &model, x0.as_ref(), &protocol, key)?;
        let state = observed.trajectory.pop();
        findings = Findings::from(observed);
        if let Some(x) = state {
            // Of the first copy: at rest all are alike.
            let slope = |x: &f64| if config.plant == Some(Plant::Spectrum) { 1.0 } else { model.transfer().jet(*x).d1 };
            let gains: Vec<f64> = x.col(0).iter().map(slope).collect();
            let leading = leading_eigenvalues(&network, &gains, outliers)?;
            findings.outliers = leading.values.iter().map(|l| (l.re, l.im)).collect();
            sort_outliers(&mut findings.outliers);
        }
    }
    if case.needs(Source::Tangent) {
        findings.lyapunov = Some(lyapunov(&network, &model, x0.as_ref(), &protocol, key)?.mean);
    }
    Ok(findings)
}

/// m and n exchanged.
fn exchange(vectors: &Empirical) -> Result<Empirical, ModelError> {
    let rank = vectors.layout().rank;
    let mut rows = vectors.vectors().to_vec();
    for k in 0..rank {
        rows.swap(k, rank + k);
    }
    Empirical::new(vectors.layout(), vectors.neurons(), rows)
}

/// Every change of the input delayed.
fn later(model: &Model) -> Result<Model, ModelError> {
    let input = model.input();
    let changes = input.breakpoints(f64::NEG_INFINITY, f64::INFINITY);
    let before = input.at(f64::NEG_INFINITY);
    let course = |(q, before): (usize, &f64)| {
        let delayed: Vec<(f64, f64)> = changes.iter().map(|t| (t + PLANTED_DELAY, input.at(*t)[q])).collect();
        TimeCourse::piecewise(*before, &delayed)
    };
    model.with_input(Input::new(before.iter().enumerate().map(course).collect::<Result<_, _>>()?))
}
