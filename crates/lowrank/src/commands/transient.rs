//! `lowrank transient`: the time course that theory predicts from the start of a spec, with networks beside it where asked for.

mod figure;

use std::path::PathBuf;

use clap::Args;
use lowrank_meanfield::{Latent, MeanFieldError, Snapshot, latent, transient};
use lowrank_model::{Initial, Model, Variant};
use lowrank_report::{
    Array, Arrays, FigureOrigin, Origin, Provenance, array, data_json, quoted, write_csv, write_figure, write_file,
    write_npz,
};
use lowrank_simulate::Observed;
use lowrank_spec::{Experiment, Spec};
use rayon::prelude::*;
use serde::Serialize;

use super::simulate::{FailedNetwork, Shown, in_flight, kappa, one_network};
use crate::common::{check_memory, given_vectors, in_file};
use crate::table::{Table, Value};
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

/// The theory of one variant at all times.
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

/// An order parameter of networks at one time.
#[derive(Serialize, schemars::JsonSchema)]
pub(super) struct Estimate {
    mean: f64,
    /// None for a single network.
    standard_error: Option<f64>,
    /// One a network.
    values: Vec<f64>,
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
    /// One a time, over the networks that have numbers; empty without --networks.
    networks: Vec<Measured>,
    /// Networks whose activity grows without bound; they have no numbers.
    unbounded: usize,
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
    let theories: Vec<Theory> =
        common.waiting("theory", || experiment.models.par_iter().map(of_model).collect::<Vec<_>>());
    let networks = networks(&experiment, options, common)?;
    let course = |(v, theory): (usize, Theory)| {
        let (mut seen, mut failures, mut unbounded) = (Vec::new(), Vec::new(), 0);
        for (realisation, shown) in networks.iter().enumerate() {
            match &shown[v] {
                Shown::Seen(of) => seen.push(&of.observed),
                Shown::Unbounded => unbounded += 1,
                Shown::Failed { reason, .. } => failures.push(FailedNetwork::new(realisation, reason.clone())),
            }
        }
        let model = &experiment.models[v];
        let networks = measured(model.rank(), &seen);
        Course { variant: model.variant(), times: times.clone(), theory, networks, unbounded, failures }
    };
    let courses: Vec<Course> = theories.into_iter().enumerate().map(course).collect();
    let table = table(&courses, experiment.models.first().map_or((0, 0), |m| (m.rank(), spec.layout().readouts)));
    let record = data_json(&Record { spec: &spec, courses: &courses }, spec.seed, &Provenance::here())?;
    on_interrupt("files are being written: what is there is whole; run it again");
    let unwritten = common.write(|out| {
        write_file(&out.join("transient.json"), record.as_bytes())?;
        let provenance = Provenance::here();
        let origin = Origin { provenance: &provenance, seed: Some(spec.seed), spec: &spec };
        write_csv(&out.join("transient.csv"), &table.columns(), &origin)?;
        for course in &courses {
            write_npz(&out.join(format!("{}.npz", course.variant)), &Arrays::new(arrays(course))?, &origin)?;
        }
        if let Some(figure) = figure::figure(&courses) {
            let command = format!("lowrank transient {}", quoted(&options.spec.to_string_lossy()));
            let origin = FigureOrigin { provenance: Provenance::here(), seed: spec.seed, command };
            write_figure(&out.join("transient"), &figure, &figure, &origin)?;
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
    /// How many networks grow without bound.
    fn without_bound(&self) -> String {
        format!(
            "{} networks are unbounded: their activity grows without bound, and they have no numbers",
            self.unbounded
        )
    }

    /// Why theory or networks are missing, a line each.
    fn missing(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Theory::Unsolved(reason) = &self.theory {
            lines.push(format!("theory of the {} variant could not be solved: {reason}", self.variant));
        }
        if let Some(first) = self.failures.first() {
            let count = self.failures.len();
            lines.push(format!("{count} networks of the {} variant failed, the first of them {first}", self.variant));
        }
        lines
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

/// Theory of one variant at these times.
fn theory(model: &Model, initial: &Initial, times: &[f64], reduced: bool) -> Theory {
    let solved =
        if reduced { slaved(model, initial, times).map(Theory::Reduced) } else { two_time(model, initial, times) };
    solved.unwrap_or_else(|error| Theory::Unsolved(error.to_string()))
}

fn two_time(model: &Model, initial: &Initial, times: &[f64]) -> Result<Theory, MeanFieldError> {
    let course = transient(model, initial, times.last().copied().unwrap_or(0.0))?;
    Ok(Theory::TwoTime(times.iter().map(|t| course.at(t.min(course.end()))).collect::<Result<_, _>>()?))
}

/// The reduced dynamics in equal steps, whole numbers of which lie between two times.
fn slaved(model: &Model, initial: &Initial, times: &[f64]) -> Result<Vec<Latent>, MeanFieldError> {
    let interval = times.get(1).map_or(1.0, |time| time - times[0]);
    let (tau_s, tau_r) = model.variant().time_constants();
    let shortest = [tau_s, tau_r].into_iter().filter(|tau| *tau > 0.0).fold(f64::INFINITY, f64::min);
    let each = (interval / (REDUCED_STEP * shortest)).ceil().max(1.0) as usize;
    let dt = interval / each as f64;
    if let Some((input, &strength)) = model.input().noise().iter().enumerate().find(|(_, s)| **s > 0.0) {
        return Err(MeanFieldError::NoisyInput { input, strength });
    }
    let felt = model.input().felt(model.variant(), dt, each * (times.len() - 1), || 0.0)?;
    Ok(latent(model, initial, &felt, dt)?.into_iter().step_by(each).collect())
}

/// The networks, `[realisation][variant]`.
fn networks(experiment: &Experiment, options: &Options, common: &Common) -> Result<Vec<Vec<Shown>>, Failure> {
    let Some(count) = options.networks else { return Ok(Vec::new()) };
    let bar = common.bar(count as usize * experiment.models.len(), "runs");
    let all: Result<Vec<_>, Failure> = (0..count)
        .into_par_iter()
        .map(|realisation| one_network(experiment, realisation, false, &|| bar.inc(1)))
        .collect::<Vec<_>>()
        .into_iter()
        // The first failure in the order of realisations, whichever came first in time.
        .collect();
    bar.finish_and_clear();
    all
}

/// Means and standard errors over networks at every sample.
fn measured(rank: usize, networks: &[&Observed]) -> Vec<Measured> {
    let Some(first) = networks.first() else { return Vec::new() };
    let kappas: Vec<Vec<Vec<f64>>> = networks.iter().map(|observed| kappa(observed)).collect();
    let overlap = |sample: usize, k: usize| estimate(kappas.iter().map(|one| one[sample][k]).collect());
    let at = |sample: usize| Measured {
        time: first.times[sample],
        kappa: (0..rank).map(|k| overlap(sample, k)).collect(),
        readouts: (rank..kappas[0][sample].len()).map(|k| overlap(sample, k)).collect(),
        mu: estimate(networks.iter().map(|o| o.mu_of_time[sample]).collect()),
        delta_0: estimate(networks.iter().map(|o| o.delta_0_of_time[sample]).collect()),
    };
    (0..first.times.len()).map(at).collect()
}

fn estimate(values: Vec<f64>) -> Estimate {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    let standard_error = (values.len() > 1).then(|| (squares / (count - 1.0) / count).sqrt());
    Estimate { mean, standard_error, values }
}

impl Theory {
    /// kappa, readouts, mu, Delta_0, its individual part, and the moments of r at one time; not a number where there is none.
    fn at(&self, index: usize, (rank, readouts): (usize, usize)) -> Vec<f64> {
        match self {
            Self::TwoTime(snapshots) => {
                let s = &snapshots[index];
                let rest = [s.mu, s.delta_0, s.delta_0_individual, s.r_mean, s.r_second_moment];
                [s.kappa.as_slice(), &s.readouts, &rest].concat()
            }
            Self::Reduced(states) => {
                let s = &states[index];
                let rest = [f64::NAN, f64::NAN, s.delta_0_individual, f64::NAN, f64::NAN];
                [s.kappa.as_slice(), &s.readouts, &rest].concat()
            }
            Self::Unsolved(_) => vec![f64::NAN; rank + readouts + 5],
        }
    }
}

/// One row a time and variant.
fn table(courses: &[Course], (rank, readouts): (usize, usize)) -> Table {
    let kappa = (1..=rank).map(|k| format!("kappa_{k}"));
    let z = (1..=readouts).map(|p| format!("z_{p}"));
    let rest = ["mu", "delta_0", "delta_0_individual", "r_mean", "r_second_moment"].map(str::to_owned);
    let with_networks = courses.iter().any(|course| !course.networks.is_empty());
    let pair = |name: &str| [format!("{name}_networks"), format!("{name}_se")];
    let measured: Vec<String> = if with_networks {
        let names = kappa.clone().chain(z.clone()).chain(["mu", "delta_0"].map(str::to_owned));
        names.flat_map(|name| pair(&name)).collect()
    } else {
        Vec::new()
    };
    let head = ["variant", "time"].map(str::to_owned).into_iter().chain(kappa).chain(z).chain(rest);
    let mut table = Table::new(head.chain(measured).chain(["reason".to_owned()]).collect());
    for course in courses {
        let unbounded = (course.unbounded > 0).then(|| course.without_bound());
        let reason = course.missing().into_iter().chain(unbounded).collect::<Vec<_>>().join("; ");
        for (index, time) in course.times.iter().enumerate() {
            let mut row: Vec<Value> = vec![course.variant.name().into(), (*time).into()];
            row.extend(course.theory.at(index, (rank, readouts)).into_iter().map(Value::from));
            if with_networks {
                let m = course.networks.get(index);
                let estimates = m.map(|m| m.kappa.iter().chain(&m.readouts).chain([&m.mu, &m.delta_0]).collect());
                let pair = |e: &Estimate| [e.mean, e.standard_error.unwrap_or(f64::NAN)];
                let numbers: Option<Vec<f64>> = estimates.map(|all: Vec<_>| all.into_iter().flat_map(pair).collect());
                let none = vec![f64::NAN; 2 * (rank + readouts + 2)];
                row.extend(numbers.unwrap_or(none).into_iter().map(Value::from));
            }
            row.push(reason.as_str().into());
            table.push(row);
        }
    }
    table
}

/// The arrays of one variant's file.
fn arrays(course: &Course) -> Vec<Array> {
    let time = ("time", course.times.len());
    let mut all = vec![array("time", &[time], course.times.clone(), "time constant", "times")];
    let list = |f: &dyn Fn(usize) -> Vec<f64>| (0..course.times.len()).flat_map(f).collect::<Vec<f64>>();
    let (mut kappa, mut readouts, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    match &course.theory {
        Theory::TwoTime(s) => {
            kappa = s.iter().map(|s| s.kappa.clone()).collect();
            readouts = s.iter().map(|s| s.readouts.clone()).collect();
            numbers = vec![
                ("mu", "population mean of x", s.iter().map(|s| s.mu).collect::<Vec<f64>>()),
                ("delta_0", "population variance of x", s.iter().map(|s| s.delta_0).collect()),
                ("r_mean", "population mean of r", s.iter().map(|s| s.r_mean).collect()),
            ];
        }
        Theory::Reduced(s) => {
            kappa = s.iter().map(|s| s.kappa.clone()).collect();
            readouts = s.iter().map(|s| s.readouts.clone()).collect();
            let individual = s.iter().map(|s| s.delta_0_individual).collect();
            numbers = vec![("delta_0_individual", "variance of x over draws of the random part", individual)];
        }
        Theory::Unsolved(_) => {}
    }
    for (name, axis, values, what) in [("kappa", "k", kappa, "<n^(k) r>"), ("z", "readout", readouts, "<w^(p) r>")] {
        let values: Vec<Vec<f64>> = values;
        if let Some(width) = values.first().map(Vec::len) {
            all.push(array(name, &[time, (axis, width)], values.concat(), "1", what));
        }
    }
    all.extend(numbers.into_iter().map(|(name, what, values)| array(name, &[time], values, "1", what)));
    if let Some(first) = course.networks.first() {
        let realisation = ("realisation", first.mu.values.len());
        let k = ("k", first.kappa.len());
        let networks = &course.networks;
        let of_kappa = list(&|t| networks[t].kappa.iter().flat_map(|e| e.values.clone()).collect());
        all.push(array("networks_kappa", &[time, k, realisation], of_kappa, "1", "kappa of every network"));
        let of_mu = list(&|t| networks[t].mu.values.clone());
        all.push(array("networks_mu", &[time, realisation], of_mu, "1", "population mean of x of every network"));
        let of_delta_0 = list(&|t| networks[t].delta_0.values.clone());
        all.push(array(
            "networks_delta_0",
            &[time, realisation],
            of_delta_0,
            "1",
            "population variance of x of every network",
        ));
    }
    all
}
