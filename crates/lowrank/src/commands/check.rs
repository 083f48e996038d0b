//! `lowrank check`: theory against simulated networks of the user's own spec, by the harness' rules.
//!
//! Theory says which state the start leads to (`chosen.rs`); what it predicts of that state is claimed of independent
//! networks, within margins that were fixed beforehand (`margins.rs`).

use std::path::{Path, PathBuf};

use clap::Args;
use lowrank_connectivity::Sampling;
use lowrank_model::{Model, ModelError};
use lowrank_report::quoted;
use lowrank_spec::{Experiment, Spec};
use lowrank_validate::{
    Config, Effort, OperatingPoint, Phase, Plant, Predictor, Statistic, Unclaimed, ValidateError, Verdict, predict,
    run_points, runs_of_points,
};

use super::chosen::{Chosen, chosen};
use super::margins::margin;
use super::simulate::in_flight;
use super::start::remark_on_rest;
use super::transient::{Stop, why_stopped};
use super::validate::{failure, write_verdicts};
use crate::common::{check_memory, given_vectors, in_file, name_of};
use crate::{Common, Failure, on_interrupt};

/// Samples of a transient that are claimed.
const TIMES: usize = 4;
/// Activity that grows without bound is claimed until this times sqrt(N), in unit time constants. Growth rates of networks have a
/// standard deviation of 1.5 / sqrt(N) (delta_0 of threshold-linear networks, g = 2, N = 1000); until then it makes 0.3 in the logarithm
/// of delta_0, which moves its mean by the 5 % of its margin.
const GROWTH_TOLD: f64 = 0.1;

/// Options of `lowrank check`.
#[derive(Debug, Args)]
#[command(after_help = "Example: lowrank check examples/specs/network.toml --out target/check\n\n\
    Needs two networks or more (realisations in the spec). With --out it writes check.json, check.md and the report,\n\
    check.html.\n\n\
    Exit codes: 0 every claim passed, 1 some claim failed or networks were too few to tell, 2 bad input,\n\
    3 something could not be computed (every other claim is judged), 130 interrupted.")]
pub struct Options {
    /// The spec, a TOML file
    spec: PathBuf,
    /// Only claims whose name (spec/variant/statistic) contains this
    #[arg(long, value_name = "PATTERN")]
    only: Option<String>,
    /// Plant a fault that must be caught, as in lowrank validate
    #[arg(long, value_name = "NAME")]
    plant: Option<String>,
}

/// Builds the claims, runs the networks, prints the verdicts.
///
/// # Errors
/// A claim that does not pass; bad input; what could not be computed.
pub fn run(options: &Options, common: &Common) -> Result<(), Failure> {
    let spec = common.read(&options.spec)?;
    let given = given_vectors(&options.spec, &spec)?;
    let here = |error: String| in_file(&options.spec, error);
    let experiment = Experiment::new(&spec, given).map_err(|error| here(error.to_string()))?;
    if experiment.realisations < 2 {
        let found = experiment.realisations;
        return Err(here(format!("realisations is {found}: a check needs >= 2, and some ten to pass")));
    }
    let plant = options.plant.as_deref().map(str::parse::<Plant>).transpose().map_err(failure)?;
    let threads = common.threads()?;
    // The variants run together.
    check_memory(in_flight(&experiment, threads).saturating_mul(experiment.models.len() as u64))?;
    common.check_out()?;
    remark_on_rest(experiment.models.iter().map(|model| (model.clone(), experiment.initial.clone())), common);
    on_interrupt("no claim was judged, nothing was written; run it again");
    let name = name_of(&options.spec);
    let of_model = |model| point(&spec, &experiment, model, &name, &options.spec);
    let (mut points, mut unclaimed) = (Vec::new(), Vec::new());
    for (model, point) in
        common.waiting("theory", || experiment.models.iter().map(|m| (m, of_model(m))).collect::<Vec<_>>())
    {
        match point {
            // A variant of which theory has nothing to claim takes no other with it.
            Err(Failure::Computation(reason)) => {
                unclaimed.push(Unclaimed { variant: model.variant(), from: None, reason });
            }
            point => {
                let (point, rest) = point?;
                points.push(point);
                unclaimed.extend(rest);
            }
        }
    }
    if points.is_empty() {
        let reasons: Vec<String> = unclaimed.iter().map(Unclaimed::to_string).collect();
        return Err(Failure::Computation(reasons.join("; ")));
    }
    for point in &points {
        common.detail(&format!("{}: {}", point.model.variant(), point.why));
    }
    let effort = Effort::Own { neurons: experiment.neurons, networks: experiment.realisations as usize };
    let config = Config { effort, seed: experiment.seed, only: options.only.clone(), plant, threads };
    let bar = common.bar(runs_of_points(&points, &config).map_err(failure)?, "runs");
    let mut outcome = run_points(&points, &config, &|runs| bar.inc(runs as u64)).map_err(failure)?;
    outcome.unclaimed = unclaimed;
    bar.finish_and_clear();
    let unclear = outcome.count(Verdict::Inconclusive);
    if unclear > 0 {
        common.remark(&format!("{unclear} claims are inconclusive: more realisations narrow the intervals"));
    }
    let command = format!("lowrank check {}", quoted(&options.spec.to_string_lossy()));
    write_verdicts(&outcome, "check", &command, common.out.as_ref(), common)
}

/// The operating point of one variant, with what theory says of it as claims, and from when on it says nothing of a course.
fn point(
    spec: &Spec,
    experiment: &Experiment,
    model: &Model,
    name: &str,
    path: &Path,
) -> Result<(OperatingPoint, Option<Unclaimed>), Failure> {
    let Chosen { phase, kappa, why, by_chance, on_ring } =
        chosen(experiment, model).map_err(|failure| match failure {
            Failure::Input(line) => in_file(path, line),
            other => other,
        })?;
    let own = experiment.sampling == Sampling::Independent && spec.structure.vectors.is_none();
    if own && !matches!(phase, Phase::AtRest | Phase::Unbounded) {
        let why = "the theory of each network's own vectors is that of networks at rest";
        return Err(in_file(path, format!("structure.sampling is \"independent\": {why}; choose \"matched\"")));
    }
    let mut point = OperatingPoint {
        name: name.to_owned().into(),
        why: why.into(),
        model: model.clone(),
        phase,
        kappa,
        predictor: if own { Predictor::EachNetwork } else { Predictor::Ensemble },
        initial: experiment.initial.clone(),
        copies: experiment.copies,
        every: 1,
        bulk: experiment.bulk,
        method: experiment.protocol.method(),
        timing: experiment.protocol.timing(),
        chosen_step: experiment.protocol.halvings() > 0,
        lags: spec.run.lags.clone(),
        statistics: Vec::new(),
        variants: vec![(model.variant(), Vec::new())],
    };
    if phase == Phase::Transient {
        return course(point, model, experiment.neurons);
    }
    let mut statistics = statistics(spec, &point);
    let is_odd = |s: &Statistic| matches!(s, Statistic::Kappa(_) | Statistic::Mu | Statistic::RMean);
    let silent = model.transfer().is_odd() && model.ensemble().layout().inputs == 0;
    // A network settles where its own family is widest: whatever depends on the radius is off by O(1 / sqrt(N)).
    let off_radius = |s: &Statistic| match s {
        Statistic::Mu | Statistic::Unbounded => true,
        Statistic::RMean => silent,
        _ => false,
    };
    statistics.retain(|s| !(by_chance && is_odd(s) || on_ring && !off_radius(s)));
    // The exponent is predicted where it is claimed.
    if statistics.contains(&Statistic::Lyapunov) {
        point.statistics = vec![(Statistic::Lyapunov, margin(Statistic::Lyapunov, phase, model, None))];
    }
    let predicted = predict(&point, model).map_err(could_not)?;
    let there = statistics.into_iter().filter(|statistic| statistic.of(&predicted).is_some());
    point.statistics = there.map(|s| (s, margin(s, phase, model, Some(&predicted)))).collect();
    Ok((point, None))
}

/// A course in time, claimed as far as theory follows it.
fn course(
    mut point: OperatingPoint,
    model: &Model,
    neurons: usize,
) -> Result<(OperatingPoint, Option<Unclaimed>), Failure> {
    let predicted = predict(&point, model).map_err(could_not)?;
    let stopped = predicted.stopped.as_ref().map(|(time, error)| match why_stopped(model, error) {
        Stop::Other(reason) => (*time, reason),
        Stop::Unbounded(reason) => {
            let apart = "networks differ in the rate by some 1.5 / sqrt(N), and with it ever more in their activity";
            (time.min(GROWTH_TOLD * (neurons as f64).sqrt()), format!("{reason}; {apart}"))
        }
    });
    let last = stopped.as_ref().map_or(f64::INFINITY, |(time, _)| *time);
    let rank = model.rank();
    let statistics = times(&point, last).into_iter().flat_map(|t| {
        (0..rank).map(move |k| Statistic::KappaAt(k, t)).chain([Statistic::MuAt(t), Statistic::Delta0At(t)])
    });
    let there = statistics.filter(|statistic| statistic.of(&predicted).is_some());
    point.statistics = there.map(|s| (s, margin(s, Phase::Transient, model, Some(&predicted)))).collect();
    let unclaimed = |(time, reason)| Unclaimed { variant: model.variant(), from: Some(time), reason };
    match stopped.map(unclaimed) {
        Some(rest) if point.statistics.is_empty() => Err(Failure::Computation(rest.reason)),
        rest => Ok((point, rest)),
    }
}

/// What is claimed of a state of this phase.
fn statistics(spec: &Spec, point: &OperatingPoint) -> Vec<Statistic> {
    use Statistic::{
        Autocovariance, Delta0, Delta0Individual, DeltaInf, DeltaT, Kappa, Lyapunov, Mu, OutlierIm, OutlierRe,
        RAutocovariance, RMean, RSecondMoment, Unbounded,
    };
    let rank = point.model.rank();
    if point.phase == Phase::Unbounded {
        return vec![Unbounded];
    }
    let mut all: Vec<Statistic> = (0..rank).map(Kappa).collect();
    all.extend([Mu, Delta0, Delta0Individual, RMean, RSecondMoment]);
    // Where phi has no bound, that activity has one is a claim of its own.
    all.extend(point.model.transfer().bound().is_none().then_some(Unbounded));
    if point.phase == Phase::AtRest {
        all.extend((0..spec.run.outliers).flat_map(|k| [OutlierRe(k), OutlierIm(k)]));
    } else {
        if point.timing.window > 0.0 {
            all.push(DeltaT);
        }
        // One copy's covariance with itself is not at infinite lag.
        if point.copies > 1 {
            all.push(DeltaInf);
        }
        all.extend((0..point.lags.len()).flat_map(|lag| [Autocovariance(lag), RAutocovariance(lag)]));
        if spec.run.lyapunov {
            all.push(Lyapunov);
        }
    }
    all
}

/// Samples of a transient, spread evenly over the window until `last`, the last one among them; never time 0.
fn times(point: &OperatingPoint, last: f64) -> Vec<f64> {
    let timing = point.timing;
    let window = timing.window.min(last - timing.transient);
    if window < 0.0 {
        return Vec::new();
    }
    let intervals = (window / timing.interval * (1.0 + 1e-9)).floor() as usize;
    let mut samples: Vec<usize> = (1..=TIMES).map(|i| i * intervals / TIMES).collect();
    samples.dedup();
    let times = samples.into_iter().map(|sample| timing.transient + sample as f64 * timing.interval);
    times.filter(|time| *time > 0.0).collect()
}

fn could_not(error: ValidateError) -> Failure {
    match error {
        ValidateError::Model(error @ ModelError::NotFinite { .. }) => Failure::Input(error.to_string()),
        other => Failure::could_not(other),
    }
}
