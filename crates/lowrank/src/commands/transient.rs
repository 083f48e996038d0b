//! `lowrank transient`: the time course that theory predicts from the start of a spec, with networks beside it where asked for.

mod figure;
mod tables;

use std::path::PathBuf;

use clap::Args;
use lowrank_meanfield::{Latent, MeanFieldError, Snapshot, latent_as_far, transient_as_far, unbounded_states};
use lowrank_model::{Initial, Model, Variant};
use lowrank_report::{
    Arrays, FigureOrigin, Origin, Provenance, data_json, quoted, write_csv, write_figure, write_file, write_npz,
};
use lowrank_simulate::Observed;
use lowrank_spec::{Experiment, Spec};
use rayon::prelude::*;
use serde::Serialize;

use self::tables::{Columns, arrays, table};
use super::simulate::{FailedNetwork, Shown, in_flight, kappa, one_network};
use crate::common::{check_memory, given_vectors, in_file};
use crate::{Common, Failure, on_interrupt, print};

/// Step of the reduced dynamics, in units of the shorter time constant: their error is of its first order, a thousandth.
const REDUCED_STEP: f64 = 1e-3;
/// The most times of one course: a table of more is nobody's to read, and the reduced dynamics would take 1e9 steps.
const MOST_TIMES: f64 = 1e5;

/// Options of `lowrank transient`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: lowrank transient examples/specs/step-input.toml --networks 4 --out target/transient\n\n\
    Times run from 0 in steps of run.interval to the end of the window, unless --interval and --until say otherwise. With\n\
    --out it writes transient.json, transient.csv, of each variant VARIANT.npz, and the figure transient.svg, .pdf and .png."
)]
pub struct Options {
    /// The spec, a TOML file
    spec: PathBuf,
    /// End of the time course, in unit time constants
    #[arg(long, value_name = "TIME")]
    until: Option<f64>,
    /// Time between two rows
    #[arg(long, value_name = "TIME")]
    interval: Option<f64>,
    /// So many networks beside theory, with standard errors
    #[arg(long, value_name = "NUMBER")]
    networks: Option<u64>,
    /// The reduced dynamics (T28) of kappa in place of the two-time theory (T19): approximate where g > 0, and fast
    #[arg(long)]
    reduced: bool,
}

/// The theory of one variant at all times, or as long as it could be followed.
#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Theory {
    /// The two-time theory (T19), one snapshot a time.
    TwoTime(Vec<Snapshot>),
    /// The reduced dynamics (T28), one state a time.
    Reduced(Vec<Latent>),
    /// The reason why there is none.
    Unsolved(String),
}

/// Where theory ends before the course does.
#[derive(Serialize, schemars::JsonSchema)]
pub(super) struct Stopped {
    /// Until when theory follows the course, in unit time constants.
    time: f64,
    /// The reason, in one line.
    reason: String,
}

/// An order parameter of networks at one time.
#[derive(Serialize, schemars::JsonSchema)]
pub(super) struct Estimate {
    /// None from the time on from which a network is missing: the others stand for themselves.
    mean: Option<f64>,
    /// None for a single network, or without a mean.
    standard_error: Option<f64>,
    /// One a network; none where its activity, growing without bound, has left the range of numbers.
    values: Vec<Option<f64>>,
}

/// The order parameters of networks at one time.
#[derive(Serialize, schemars::JsonSchema)]
pub(super) struct Measured {
    time: f64,
    /// One an outer product.
    kappa: Vec<Estimate>,
    /// One a readout vector.
    readouts: Vec<Estimate>,
    mu: Estimate,
    delta_0: Estimate,
}

/// The time course of one variant.
#[derive(Serialize, schemars::JsonSchema)]
pub(super) struct Course {
    variant: Variant,
    times: Vec<f64>,
    theory: Theory,
    /// Where theory ends before the course does; none where it goes to the end, or is not there.
    stopped: Option<Stopped>,
    /// One a time, over the networks that could be integrated; empty without --networks.
    networks: Vec<Measured>,
    /// Networks whose activity grows without bound; they have numbers until it leaves their range.
    unbounded: usize,
    /// When the first of them was seen to grow so; it may be after the end.
    unbounded_from: Option<f64>,
    /// Networks that could not be integrated.
    failures: Vec<FailedNetwork>,
}

#[derive(Serialize, schemars::JsonSchema)]
pub(super) struct Record<'a> {
    spec: &'a Spec,
    courses: &'a [Course],
}

/// Solves theory, runs networks if asked for, prints the table, writes the files.
///
/// # Errors
/// Bad input; a variant that theory could not solve, or a network that fails, when everything else is printed and written.
pub fn run(options: &Options, common: &Common) -> Result<(), Failure> {
    let mut spec = common.read(&options.spec)?;
    let given = given_vectors(&options.spec, &spec)?;
    adjust(&mut spec, options)?;
    let experiment = Experiment::new(&spec, given).map_err(|error| in_file(&options.spec, error))?;
    common.check_out()?;
    let threads = common.threads()?;
    if options.networks.is_some() {
        check_memory(in_flight(&experiment, threads))?;
    }
    on_interrupt("nothing was written; run it again");
    let times: Vec<f64> = (0..experiment.protocol.samples()).map(|i| experiment.protocol.sample_time(i)).collect();
    let of_model = |model: &Model| theory(model, &experiment.initial, &times, options.reduced);
    let theories: Vec<(Theory, Option<Stopped>)> =
        common.waiting("theory", || experiment.models.par_iter().map(of_model).collect::<Vec<_>>());
    let networks = networks(&experiment, options, common)?;
    let course = |(v, (theory, stopped)): (usize, (Theory, Option<Stopped>))| {
        let (mut seen, mut failures) = (Vec::new(), Vec::new());
        let (mut unbounded, mut unbounded_from) = (0, None::<f64>);
        for (realisation, shown) in networks.iter().enumerate() {
            match &shown[v] {
                Shown::Seen(of) => {
                    if let Some(time) = of.observed.unbounded {
                        (unbounded, unbounded_from) =
                            (unbounded + 1, Some(unbounded_from.map_or(time, |t| t.min(time))));
                    }
                    seen.push(&of.observed);
                }
                Shown::Unbounded => unbounded += 1,
                Shown::Failed { reason, .. } => failures.push(FailedNetwork::new(realisation, reason.clone())),
            }
        }
        let model = &experiment.models[v];
        let (variant, times, networks) = (model.variant(), times.clone(), measured(model.rank(), &seen));
        Course { variant, times, theory, stopped, networks, unbounded, unbounded_from, failures }
    };
    let courses: Vec<Course> = theories.into_iter().enumerate().map(course).collect();
    let (rank, readouts) = (experiment.models.first().map_or(0, Model::rank), spec.layout().readouts);
    let columns = Columns::new(rank, readouts, options.reduced);
    let table = table(&courses, columns);
    let data = Record { spec: &spec, courses: &courses };
    let record = data_json(&data, spec.seed, &Provenance::here())?;
    on_interrupt("files are being written: what is there is whole; run it again");
    let unwritten = common.write(|out| {
        write_file(&out.join("transient.json"), record.as_bytes())?;
        let provenance = Provenance::here();
        let origin = Origin { provenance: &provenance, seed: Some(spec.seed), spec: &spec };
        write_csv(&out.join("transient.csv"), &table.columns(), &origin)?;
        for course in &courses {
            write_npz(&out.join(format!("{}.npz", course.variant)), &Arrays::new(arrays(course, columns))?, &origin)?;
        }
        if let Some(figure) = figure::figure(&courses) {
            let command = format!("lowrank transient {}", quoted(&options.spec.to_string_lossy()));
            let origin = FigureOrigin { provenance: Provenance::here(), seed: spec.seed, command };
            // The data beside the figure are the record.
            write_figure(&out.join("transient"), &figure, &data, &origin)?;
        }
        Ok(())
    });
    print(&if common.json { record } else { table.text() })?;
    for course in courses.iter().filter(|course| course.unbounded > 0) {
        common.remark(&format!("{}: {}", course.variant, course.without_bound()));
    }
    Failure::partial(courses.iter().flat_map(Course::missing).chain(unwritten).collect())
}

impl Course {
    /// How many networks grow without bound, and from when on.
    fn without_bound(&self) -> String {
        let from = self.unbounded_from.map_or(String::new(), |time| format!(", as is seen from time {time:.4} on"));
        format!("{} networks are unbounded: their activity grows without bound{from}", self.unbounded)
    }

    /// What of theory is missing, if anything is.
    fn without_theory(&self) -> Option<String> {
        match (&self.theory, &self.stopped) {
            (Theory::Unsolved(reason), _) => {
                Some(format!("theory of the {} variant could not be solved: {reason}", self.variant))
            }
            (_, Some(Stopped { time, reason })) => {
                Some(format!("theory of the {} variant ends at time {time:.4}: {reason}", self.variant))
            }
            _ => None,
        }
    }

    /// What of networks is missing: those that failed, and those that left the range of numbers before the end.
    fn without_networks(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(first) = self.failures.first() {
            let count = self.failures.len();
            lines.push(format!("{count} networks of the {} variant failed, the first of them {first}", self.variant));
        }
        if self.networks.last().is_some_and(|last| last.mu.mean.is_none()) {
            lines.push(format!(
                "networks of the {} variant have no numbers to the end: {}",
                self.variant,
                self.without_bound()
            ));
        }
        lines
    }

    /// Why theory or networks are missing, a line each.
    fn missing(&self) -> Vec<String> {
        self.without_theory().into_iter().chain(self.without_networks()).collect()
    }
}

/// The run of the spec as a time course from 0 on, of as many networks as asked for.
fn adjust(spec: &mut Spec, options: &Options) -> Result<(), Failure> {
    let end = options.until.unwrap_or(spec.run.transient + spec.run.window);
    let interval = options.interval.unwrap_or(spec.run.interval);
    for (field, value) in [("--until", end), ("--interval", interval)] {
        if !(value > 0.0 && value.is_finite()) {
            return Err(Failure::Input(format!("{field}: {value} is no length of time: give a finite number > 0")));
        }
    }
    if end / interval > MOST_TIMES {
        let line = format!(
            "--interval: {interval} makes {:.1e} times until {end}: <= {MOST_TIMES:e} are taken",
            end / interval
        );
        return Err(Failure::Input(format!("{line}; choose a longer one")));
    }
    if options.networks == Some(0) {
        return Err(Failure::Input("--networks: 0 networks show nothing: give >= 1, or leave it out".to_owned()));
    }
    let run = &mut spec.run;
    (run.transient, run.window, run.interval) = (0.0, end, interval);
    (run.lags, run.outliers, run.lyapunov) = (Vec::new(), 0, false);
    spec.realisations = options.networks.unwrap_or(spec.realisations);
    Ok(())
}

/// Theory of one variant at these times, as far as it can be followed.
fn theory(model: &Model, initial: &Initial, times: &[f64], reduced: bool) -> (Theory, Option<Stopped>) {
    let solved = if reduced { slaved(model, initial, times) } else { two_time(model, initial, times) };
    match solved {
        Ok((theory, None)) => (theory, None),
        Ok((theory, Some((time, error)))) => {
            let (Stop::Unbounded(reason) | Stop::Other(reason)) = why_stopped(model, &error);
            (theory, Some(Stopped { time, reason }))
        }
        Err(error) => (Theory::Unsolved(error.to_string()), None),
    }
}

/// Why theory of a course ends before its time, in one line.
pub(super) enum Stop {
    /// Activity has left the range of theory, and nothing bounds it.
    Unbounded(String),
    /// Another reason.
    Other(String),
}

/// Why theory does not go on: where nothing bounds the activity that has left its range, that says more than the range.
pub(super) fn why_stopped(model: &Model, error: &MeanFieldError) -> Stop {
    let beyond = matches!(error, MeanFieldError::BadArgument { .. });
    let fastest = beyond.then(|| unbounded_states(model).ok()?.into_iter().next()).flatten();
    fastest.map_or_else(
        || Stop::Other(error.to_string()),
        |ray| {
            let rate = ray.growth_rate;
            Stop::Unbounded(format!(
                "activity grows without bound (unbounded, at the rate {rate:.4}), and theory does not follow it where its mean or \
                 variance passes 1e6: shorten the course, or lower g or the overlaps"
            ))
        },
    )
}

/// A theory with where it ends before the course does, and why.
type AsFar = (Theory, Option<(f64, MeanFieldError)>);

fn two_time(model: &Model, initial: &Initial, times: &[f64]) -> Result<AsFar, MeanFieldError> {
    let (course, stopped) = transient_as_far(model, initial, times.last().copied().unwrap_or(0.0))?;
    let solved = times.iter().filter(|t| stopped.is_none() || **t <= course.end());
    let snapshots = solved.map(|t| course.at(t.min(course.end()))).collect::<Result<_, _>>()?;
    Ok((Theory::TwoTime(snapshots), stopped.map(|error| (course.end(), error))))
}

/// The reduced dynamics in equal steps, whole numbers of which lie between two times.
fn slaved(model: &Model, initial: &Initial, times: &[f64]) -> Result<AsFar, MeanFieldError> {
    let interval = times.get(1).map_or(1.0, |time| time - times[0]);
    let (tau_s, tau_r) = model.variant().time_constants();
    let shortest = [tau_s, tau_r].into_iter().filter(|tau| *tau > 0.0).fold(f64::INFINITY, f64::min);
    let each = (interval / (REDUCED_STEP * shortest)).ceil().max(1.0) as usize;
    let dt = interval / each as f64;
    if let Some((input, &strength)) = model.input().noise().iter().enumerate().find(|(_, s)| **s > 0.0) {
        return Err(MeanFieldError::NoisyInput { input, strength });
    }
    let felt = model.input().felt(model.variant(), dt, each * (times.len() - 1), || 0.0)?;
    let (states, stopped) = latent_as_far(model, initial, &felt, dt)?;
    let stopped = stopped.map(|error| ((states.len() - 1) as f64 * dt, error));
    Ok((Theory::Reduced(states.into_iter().step_by(each).collect()), stopped))
}

/// The networks, `[realisation][variant]`.
fn networks(experiment: &Experiment, options: &Options, common: &Common) -> Result<Vec<Vec<Shown>>, Failure> {
    let Some(count) = options.networks else { return Ok(Vec::new()) };
    let mut experiment = experiment.clone();
    experiment.protocol = experiment.protocol.as_course();
    let bar = common.bar(count as usize * experiment.models.len(), "runs");
    let all: Result<Vec<_>, Failure> = (0..count)
        .into_par_iter()
        .map(|realisation| one_network(&experiment, realisation, false, &|| bar.inc(1)))
        .collect::<Vec<_>>()
        .into_iter()
        // The first failure in the order of realisations, whichever came first in time.
        .collect();
    bar.finish_and_clear();
    all
}

/// Means and standard errors over networks at every sample.
fn measured(rank: usize, networks: &[&Observed]) -> Vec<Measured> {
    let Some(longest) = networks.iter().max_by_key(|observed| observed.times.len()) else { return Vec::new() };
    let kappas: Vec<Vec<Vec<f64>>> = networks.iter().map(|observed| kappa(observed)).collect();
    let overlap =
        |sample: usize, k: usize| estimate(kappas.iter().map(|one| one.get(sample).map(|kappa| kappa[k])).collect());
    let width = kappas.first().and_then(|one| one.first()).map_or(rank, Vec::len);
    let at = |sample: usize| Measured {
        time: longest.times[sample],
        kappa: (0..rank).map(|k| overlap(sample, k)).collect(),
        readouts: (rank..width).map(|k| overlap(sample, k)).collect(),
        mu: estimate(networks.iter().map(|o| o.mu_of_time.get(sample).copied()).collect()),
        delta_0: estimate(networks.iter().map(|o| o.delta_0_of_time.get(sample).copied()).collect()),
    };
    (0..longest.times.len()).map(at).collect()
}

fn estimate(values: Vec<Option<f64>>) -> Estimate {
    let count = values.len() as f64;
    let there: Option<Vec<f64>> = values.iter().copied().collect();
    let mean = there.as_ref().map(|there| there.iter().sum::<f64>() / count);
    let squares = there.iter().flatten().map(|value| (value - mean.unwrap_or(0.0)).powi(2)).sum::<f64>();
    let standard_error = mean.filter(|_| values.len() > 1).map(|_| (squares / (count - 1.0) / count).sqrt());
    Estimate { mean, standard_error, values }
}
