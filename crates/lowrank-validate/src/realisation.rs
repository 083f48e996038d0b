//! All operating points on one realisation: one bulk, and what theory and simulation say of each case on it.

use std::sync::Arc;

use lowrank_connectivity::{Bulk, BulkKind, GaussianBulk, Network, draw_vectors, leading_eigenvalues};
use lowrank_model::{Empirical, Model, ModelError, Variant, Vector};
use lowrank_simulate::{Protocol, SimulateError, initial_currents, lyapunov, simulate_variants};

use crate::findings::sort_outliers;
use crate::run::{Case, Progress};
use crate::statistic::Source;
use crate::{Config, FailedRun, Findings, Phase, Plant, Statistic, ValidateError, predict};

/// How much too large g is under [`Plant::Gain`].
const PLANTED_GAIN: f64 = 1.02;
/// N times the variance of chi under [`Plant::Scaling`].
const PLANTED_VARIANCE: f64 = 1.05;
/// How much too large the step is under [`Plant::Step`].
const PLANTED_STEP: f64 = 4.0;
/// How late the input changes under [`Plant::Onset`].
const PLANTED_DELAY: f64 = 0.5;

/// (theory, observed) of one network: `[case][statistic]`, none for a case that is not run on it, and for the statistics of
/// a network whose activity grows without bound.
pub(crate) type Pairs = Vec<Option<OfCase>>;

/// (theory, observed) of one case: `[statistic]`.
type OfCase = Vec<Option<(f64, f64)>>;

/// What came of one network: its pairs, and the points that failed on it with the reasons.
pub(crate) type OfNetwork = (Pairs, Vec<(FailedRun, ValidateError)>);

/// (theory, observed) of one claim, network by network.
pub(crate) fn claimed(networks: &[Pairs], case: usize, statistic: usize) -> impl Iterator<Item = (f64, f64)> + '_ {
    networks.iter().filter_map(move |network| network[case].as_ref().and_then(|pairs| pairs[statistic]))
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

    /// Whether growth without bound is judged, and no error.
    fn judges_growth(&self) -> bool {
        self.statistics.iter().any(|(s, _)| *s == Statistic::Unbounded)
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
) -> OfNetwork {
    let realisation = first + index;
    let mut bulks = Bulks { neurons, config, realisation, held: Vec::new() };
    let (mut results, mut failures) = (Vec::new(), Vec::new());
    for cases in cases.chunk_by(|a, b| a.point.name == b.point.name) {
        let point = &cases[0].point;
        if index % point.every.max(1) as u64 != 0 {
            results.extend(cases.iter().map(|_| None));
            continue;
        }
        run_cases(cases, config, &mut bulks, (&mut results, &mut failures));
        progress(cases.len());
    }
    (results, failures)
}

/// All cases of one point, together; where that fails each by itself, so that a variant that fails takes no other with it.
fn run_cases(
    cases: &[Case],
    config: &Config,
    bulks: &mut Bulks<'_>,
    (results, failures): (&mut Pairs, &mut Vec<(FailedRun, ValidateError)>),
) {
    match run_point(cases, config, bulks) {
        Ok((pairs, without_exponent)) => {
            results.extend(pairs.into_iter().map(Some));
            for (case, source) in without_exponent {
                let (point, realisation) = (case.point.name.to_string(), bulks.realisation);
                let error = ValidateError::Simulation { point, realisation, source };
                failures.push((failed(case, bulks, format!("no Lyapunov exponent: {}", reason(&error))), error));
            }
        }
        Err(_) if cases.len() > 1 => {
            cases.chunks(1).for_each(|one| run_cases(one, config, bulks, (&mut *results, &mut *failures)));
        }
        Err(error) => {
            failures.push((failed(&cases[0], bulks, reason(&error)), error));
            results.push(None);
        }
    }
}

fn failed(case: &Case, bulks: &Bulks<'_>, reason: String) -> FailedRun {
    let (point, variant) = (case.point.name.to_string(), case.model.variant());
    FailedRun { point, variant, neurons: bulks.neurons, realisation: bulks.realisation, reason }
}

/// The reason without the place, which is told beside it.
fn reason(error: &ValidateError) -> String {
    match error {
        ValidateError::Simulation { source, .. } => source.to_string(),
        other => other.to_string(),
    }
}

/// All cases of one point on the network of these bulks: `[case][statistic]`, and those whose exponent could not be computed, which lose
/// nothing else.
fn run_point<'a>(
    cases: &'a [Case],
    config: &Config,
    bulks: &mut Bulks<'_>,
) -> Result<(Vec<OfCase>, Vec<WithoutExponent<'a>>), ValidateError> {
    let (neurons, realisation) = (bulks.neurons, bulks.realisation);
    let (point, model) = (&cases[0].point, &cases[0].model);
    let vectors = draw_vectors(model.ensemble(), neurons, point.sampling(), config.seed, realisation)?;
    let predicted = predictions(cases, &vectors)?;
    let bulk = bulks.of(point.bulk)?;
    let observed = observed_or_unbounded(cases, config, &bulk, &vectors, realisation, &predicted)
        .map_err(|source| ValidateError::Simulation { point: point.name.to_string(), realisation, source })?;
    let of_case = |(case, (predicted, (observed, failure))): (&Case, (&Findings, &Shown))| {
        let pair = |statistic: Statistic| {
            let missing =
                || ValidateError::NotThere { point: point.name.to_string(), statistic: statistic.to_string() };
            let lost = failure.is_some() && statistic == Statistic::Lyapunov;
            if lost || (observed.unbounded && statistic != Statistic::Unbounded) {
                return Ok(None);
            }
            Ok(Some((statistic.of(predicted).ok_or_else(missing)?, statistic.of(observed).ok_or_else(missing)?)))
        };
        case.statistics.iter().map(|(s, _)| pair(*s)).collect()
    };
    let pairs = cases.iter().zip(predicted.iter().zip(&observed)).map(of_case).collect::<Result<_, ValidateError>>()?;
    let without = cases.iter().zip(observed).filter_map(|(case, (_, failure))| Some((case, failure?)));
    Ok((pairs, without.collect()))
}

/// A case whose exponent could not be computed, and why.
type WithoutExponent<'a> = (&'a Case, SimulateError);

/// What a network showed in a case, and why its exponent is absent where it was wanted.
type Shown = (Findings, Option<SimulateError>);

/// What theory says of each case of a point on a network of these vectors.
fn predictions(cases: &[Case], vectors: &Empirical) -> Result<Vec<Findings>, ValidateError> {
    // Stationary theory does not depend on the variant: a network's own is solved once.
    let mut own: Option<Findings> = None;
    let predicted = |case: &Case| match (&case.prediction, &own) {
        (Some(predicted), _) => Ok(predicted.clone()),
        (None, Some(predicted)) if case.point.phase == Phase::AtRest => Ok(predicted.clone()),
        (None, _) => {
            let predicted = predict(&case.point, &case.model.with_ensemble(vectors.clone())?)?;
            own = Some(predicted.clone());
            Ok(predicted)
        }
    };
    cases.iter().map(predicted).collect()
}

/// What one network shows in each case of a point; growth without bound is told where it is judged.
fn observed_or_unbounded(
    cases: &[Case],
    config: &Config,
    bulk: &Arc<Bulk>,
    vectors: &Empirical,
    realisation: u64,
    predicted: &[Findings],
) -> Result<Vec<Shown>, SimulateError> {
    match observe(cases, config, bulk, vectors.clone(), realisation, predicted) {
        Err(SimulateError::Unbounded { .. }) if cases.iter().all(Case::judges_growth) => {
            if let [_] = cases {
                return Ok(vec![(Findings { unbounded: true, ..Findings::default() }, None)]);
            }
            // One variant that grows takes no other with it.
            let alone = |(case, predicted): (&Case, &Findings)| {
                let (case, predicted) = (std::slice::from_ref(case), std::slice::from_ref(predicted));
                observed_or_unbounded(case, config, bulk, vectors, realisation, predicted)
            };
            let all = cases.iter().zip(predicted).map(alone).collect::<Result<Vec<_>, _>>()?;
            Ok(all.into_iter().flatten().collect())
        }
        observed => observed,
    }
}

/// What one network shows in each case of a point, with the planted fault if there is one; as many outliers as theory has.
fn observe(
    cases: &[Case],
    config: &Config,
    bulk: &Arc<Bulk>,
    vectors: Empirical,
    realisation: u64,
    predicted: &[Findings],
) -> Result<Vec<Shown>, SimulateError> {
    let point = &cases[0].point;
    let g = cases[0].model.g() * if config.plant == Some(Plant::Gain) { PLANTED_GAIN } else { 1.0 };
    let vectors = if config.plant == Some(Plant::Transpose) { exchange(&vectors)? } else { vectors };
    let variant = |case: &Case| match (config.plant, case.model.variant()) {
        (Some(Plant::Variant), Variant::Current) => Variant::Rate,
        (Some(Plant::Variant), _) => Variant::Current,
        (_, variant) => variant,
    };
    let model = cases[0].model.with_g(g)?;
    let model = if config.plant == Some(Plant::Onset) { later(&model)? } else { model };
    let network = Network::new(g, Arc::clone(bulk), vectors)?;
    let key = (config.seed, realisation);
    let x0 = initial_currents(&network, &point.initial, point.copies, key.0, key.1)?;
    let protocol = cases[0].protocol(config)?;
    let spectrum = |case: &Case, outliers: usize| case.needs(Source::Spectrum) && outliers > 0;
    let outliers = || cases.iter().zip(predicted.iter().map(|predicted| predicted.outliers.len()));
    let runs: Vec<bool> = outliers().map(|(case, n)| case.needs(Source::Run) || spectrum(case, n)).collect();
    let variants: Vec<Variant> =
        cases.iter().zip(&runs).filter(|(_, run)| **run).map(|(case, _)| variant(case)).collect();
    let kept = if outliers().any(|(case, n)| spectrum(case, n)) {
        protocol.clone().with_trajectory()
    } else {
        protocol.clone()
    };
    // All variants at once: the matrix is read once for all of them.
    let mut observed = simulate_variants(&network, &model, &variants, x0.as_ref(), &kept, key)?.into_iter();
    let mut findings = Vec::new();
    for ((case, outliers), run) in outliers().zip(runs) {
        let (mut of_case, mut failure) = (Findings::default(), None);
        if let Some(mut observed) = observed.by_ref().take(usize::from(run)).next() {
            let state = observed.trajectory.pop();
            of_case = Findings::from(observed);
            if let Some(x) = state.filter(|_| spectrum(case, outliers)) {
                // Of the first copy: at rest all are alike.
                let slope =
                    |x: &f64| if config.plant == Some(Plant::Spectrum) { 1.0 } else { model.transfer().jet(*x).d1 };
                let gains: Vec<f64> = x.col(0).iter().map(slope).collect();
                let leading = leading_eigenvalues(&network, &gains, outliers)?;
                of_case.outliers = leading.values.iter().map(|l| (l.re, l.im)).collect();
                sort_outliers(&mut of_case.outliers);
            }
        }
        if case.needs(Source::Tangent) {
            let model = model.with_variant(variant(case))?;
            match lyapunov(&network, &model, x0.as_ref(), &protocol, key) {
                Ok(exponent) => of_case.lyapunov = Some(exponent.mean),
                Err(error) => failure = Some(error),
            }
        }
        findings.push((of_case, failure));
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
    model.with_input(model.input().delayed(PLANTED_DELAY)?)
}
