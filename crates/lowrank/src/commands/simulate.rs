//! `lowrank simulate`: what networks of a spec show, each realisation on one bulk for all variants.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use lowrank_connectivity::{Bulk, ConnectivityError, Network, draw_vectors, leading_eigenvalues};
use lowrank_model::{Model, Variant, Vector};
use lowrank_report::{Array, Arrays, Origin, Provenance, array, data_json, write_csv, write_file, write_npz};
use lowrank_simulate::{Lyapunov, Observed, SimulateError, initial_currents, lyapunov, simulate};
use lowrank_spec::{Experiment, Spec};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::start::remark_on_rest;
use crate::common::{given_vectors, in_file, missing_memory};
use crate::table::Table;
use crate::{Common, Failure, on_interrupt, print};

/// Options of `lowrank simulate`.
#[derive(Debug, Args)]
#[command(after_help = "Example: lowrank simulate examples/specs/network.toml --out target/simulate\n\n\
    With --out it writes simulate.json, observables.csv (mean and standard error over networks), and of each variant\n\
    VARIANT.npz for NumPy with VARIANT.npz.json beside it: kappa, mu and Delta_0 at every sample of every network, and\n\
    with --trajectories x and r of every neuron. With --hdf5 the same arrays as VARIANT.h5.")]
pub struct Options {
    /// The spec, a TOML file
    spec: PathBuf,
    /// Write x and r of every neuron at every sample; needs --out
    #[arg(long)]
    trajectories: bool,
    /// Write the arrays of each variant as HDF5 too; needs --out
    #[cfg(feature = "hdf5")]
    #[arg(long)]
    hdf5: bool,
}

/// Arrays of the size of a state that a run holds: two filters with their stages and pasts, twelve sums, what is lagged.
const STATES: u64 = 40;

/// What came of one network in one variant.
pub(super) enum Shown {
    Seen(Box<Seen>),
    /// Activity without bound: a state of its own, which has no numbers.
    Unbounded,
    Failed {
        /// The reason, in one line.
        reason: String,
        /// Whether the step was given and does not serve, which the user can mend.
        by_input: bool,
    },
}

impl Shown {
    fn seen(&self) -> Option<&Seen> {
        if let Self::Seen(seen) = self { Some(seen) } else { None }
    }
}

/// A network that could not be integrated.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct FailedNetwork {
    realisation: u64,
    /// The reason, in one line.
    reason: String,
}

impl FailedNetwork {
    pub(super) fn new(realisation: usize, reason: String) -> Self {
        Self { realisation: realisation as u64, reason }
    }
}

impl std::fmt::Display for FailedNetwork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "realisation {}: {}", self.realisation, self.reason)
    }
}

/// What one network showed in one variant.
pub(super) struct Seen {
    /// Observables by name; none where the run had too few samples or replicas.
    values: Vec<(String, Option<f64>)>,
    pub(super) observed: Observed,
    /// Why the exponent, which was asked for, is absent.
    without_exponent: Option<String>,
}

/// An observable over all networks.
#[derive(Serialize, JsonSchema)]
pub(super) struct Observable {
    name: String,
    /// Over the networks that it was measured of; none if there is none.
    mean: Option<f64>,
    /// None for a single network.
    standard_error: Option<f64>,
    /// One a network; none where it was not measured.
    values: Vec<Option<f64>>,
}

/// One variant.
#[derive(Serialize, JsonSchema)]
pub(super) struct OfVariant {
    variant: Variant,
    /// Networks whose activity grows without bound; they have no observables.
    unbounded: usize,
    /// Networks that could not be integrated; they have no observables.
    failures: Vec<FailedNetwork>,
    /// Networks whose largest Lyapunov exponent could not be computed; all else of them is there.
    without_exponent: Vec<FailedNetwork>,
    observables: Vec<Observable>,
    /// What depends on time.
    #[serde(skip)]
    courses: Vec<Array>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Record<'a> {
    spec: &'a Spec,
    /// The method of integration, chosen where the spec says "auto".
    method: &'static str,
    variants: &'a [OfVariant],
}

/// Simulates, prints the table, writes the files.
///
/// # Errors
/// Bad input; networks that could not be integrated, when everything else is printed and written.
pub fn run(options: &Options, common: &Common) -> Result<(), Failure> {
    let spec = common.read(&options.spec)?;
    let given = given_vectors(&options.spec, &spec)?;
    let experiment = Experiment::new(&spec, given).map_err(|error| in_file(&options.spec, error))?;
    if options.trajectories && common.out.is_none() {
        return Err(Failure::Input("--trajectories needs a folder for the file: give --out".to_owned()));
    }
    #[cfg(feature = "hdf5")]
    if options.hdf5 && common.out.is_none() {
        return Err(Failure::Input("--hdf5 needs a folder for the files: give --out".to_owned()));
    }
    common.check_out()?;
    let threads = common.threads()?;
    check_kept(&experiment, threads, options.trajectories)?;
    common.detail(&format!("seed {}, method {}", experiment.seed, experiment.protocol.method()));
    remark_on_rest(experiment.models.iter().map(|model| (model.clone(), experiment.initial.clone())), common);
    on_interrupt("nothing was written; run it again");
    let bar = common.bar(experiment.realisations as usize * experiment.models.len(), "runs");
    let networks: Vec<Vec<Shown>> = (0..experiment.realisations)
        .into_par_iter()
        .map(|realisation| one_network(&experiment, realisation, options.trajectories, &|| bar.inc(1)))
        .collect::<Vec<_>>()
        .into_iter()
        // The first failure in the order of realisations, whichever came first in time.
        .collect::<Result<_, Failure>>()?;
    bar.finish_and_clear();
    let failed = partial(&networks, &experiment)?;
    let variants: Vec<OfVariant> = (0..experiment.models.len())
        .map(|v| of_variant(&experiment.models[v], networks.iter().map(|shown| &shown[v]).collect()))
        .collect();
    let table = observables(&variants);
    let record = data_json(
        &Record { spec: &spec, method: experiment.protocol.method().name(), variants: &variants },
        spec.seed,
        &Provenance::here(),
    )?;
    on_interrupt("files are being written: what is there is whole; run it again");
    let unwritten = common.write(|out| {
        write_file(&out.join("simulate.json"), record.as_bytes())?;
        let provenance = Provenance::here();
        let origin = Origin { provenance: &provenance, seed: Some(spec.seed), spec: &spec };
        write_csv(&out.join("observables.csv"), &table.columns(), &origin)?;
        // A variant without a network that was measured has no courses.
        for of in variants.into_iter().filter(|of| !of.courses.is_empty()) {
            let arrays = Arrays::new(of.courses)?;
            write_npz(&out.join(format!("{}.npz", of.variant)), &arrays, &origin)?;
            #[cfg(feature = "hdf5")]
            if options.hdf5 {
                lowrank_report::write_hdf5(&out.join(format!("{}.h5", of.variant)), &arrays, &origin)?;
            }
        }
        Ok(())
    });
    print(&if common.json { record } else { table.text() })?;
    Failure::partial(failed.into_iter().chain(unwritten).collect())
}

/// The runs that failed, and the exponents, each as one line that counts them and names the first; none if none did.
///
/// # Errors
/// Every run failed: then there is nothing but the first reason.
fn partial(networks: &[Vec<Shown>], experiment: &Experiment) -> Result<Vec<String>, Failure> {
    let runs =
        || networks.iter().enumerate().flat_map(|(r, shown)| shown.iter().enumerate().map(move |(v, s)| (r, v, s)));
    let mut failed = runs().filter_map(|(realisation, v, shown)| match shown {
        Shown::Failed { reason, by_input } => Some((realisation, v, reason, *by_input)),
        _ => None,
    });
    let name = |realisation: usize, v: usize, reason: &str| {
        format!("{}, realisation {realisation}: {reason}", experiment.models[v].variant())
    };
    let all = runs().count();
    let mut lines = Vec::new();
    if let Some((realisation, v, reason, by_input)) = failed.next() {
        let (count, first) = (1 + failed.count(), name(realisation, v, reason));
        if count == all {
            return Err(if by_input { Failure::Input(first) } else { Failure::Computation(first) });
        }
        lines.push(format!("{count} of {all} runs failed, the first of them {first}"));
    }
    let mut without = runs().filter_map(|(r, v, shown)| Some((r, v, shown.seen()?.without_exponent.as_ref()?)));
    if let Some((realisation, v, reason)) = without.next() {
        let (count, first) = (1 + without.count(), name(realisation, v, reason));
        lines.push(format!("{count} of {all} runs have no exponent, the first of them {first}"));
    }
    Ok(lines)
}

/// Refuses what no memory holds. Where that is what is kept of every neuron, the message names the option that asks for it.
fn check_kept(experiment: &Experiment, threads: usize, trajectories: bool) -> Result<(), Failure> {
    let Some(error) = missing_memory(needed(experiment, threads, trajectories)) else { return Ok(()) };
    let without = in_flight(experiment, threads).saturating_add(courses(experiment));
    let field = if trajectories { "--trajectories" } else { "run.outliers" };
    let line = match error {
        ConnectivityError::NotEnoughMemory { needed, available } if missing_memory(without).is_none() => format!(
            "{field}: {needed:.1} GB are needed for x and r of every neuron at every sample, where {available:.1} GB are available \
             and nine tenths of them may be filled: leave it out, or keep fewer samples by a longer run.interval or a shorter run.window"
        ),
        other => other.to_string(),
    };
    Err(Failure::Input(line))
}

/// Bytes of kappa of every copy at every sample, in a list of its own, and of three numbers.
fn courses(experiment: &Experiment) -> u64 {
    let (samples, copies) = (experiment.protocol.samples() as u64, experiment.copies as u64);
    let runs = experiment.realisations.saturating_mul(experiment.models.len() as u64);
    let rank = experiment.models.first().map_or(0, Model::rank) as u64;
    samples.saturating_mul(copies.saturating_mul(8 * rank + 24) + 24).saturating_mul(runs)
}

/// Bytes of everything that is held at once.
fn needed(experiment: &Experiment, threads: usize, trajectories: bool) -> u64 {
    let (samples, copies) = (experiment.protocol.samples() as u64, experiment.copies as u64);
    let runs = experiment.realisations.saturating_mul(experiment.models.len() as u64);
    let state = 8_u64.saturating_mul(experiment.neurons as u64).saturating_mul(copies);
    let trajectory = state.saturating_mul(samples);
    let kept = match (trajectories, experiment.outliers > 0) {
        // All of them, and one variant's three times more on the way into its file.
        (true, _) => trajectory.saturating_mul(2).saturating_mul(runs.saturating_add(3 * experiment.realisations)),
        (_, true) => trajectory.saturating_mul(2).saturating_mul(experiment.realisations.min(threads as u64)),
        _ => 0,
    };
    in_flight(experiment, threads).saturating_add(courses(experiment)).saturating_add(kept)
}

/// Bytes of the networks that are run at once: bulks, states, what the method remembers of them, and the sums over them.
pub(super) fn in_flight(experiment: &Experiment, threads: usize) -> u64 {
    let bulk = experiment.bulk.bytes(experiment.neurons, size_of::<f64>());
    let states = (experiment.neurons as u64).saturating_mul(experiment.copies as u64).saturating_mul(8 * STATES);
    bulk.saturating_add(states).saturating_mul(experiment.realisations.min(threads as u64))
}

/// One network in every variant; a variant that fails takes no other with it.
///
/// # Errors
/// A network that cannot be drawn.
pub(super) fn one_network(
    experiment: &Experiment,
    realisation: u64,
    trajectories: bool,
    progress: &(dyn Fn() + Sync),
) -> Result<Vec<Shown>, Failure> {
    let Experiment { neurons, seed, .. } = *experiment;
    let input = |error: ConnectivityError| Failure::Input(error.to_string());
    let bulk = Arc::new(Bulk::draw(experiment.bulk, neurons, seed, realisation).map_err(input)?);
    let mut all = Vec::new();
    for model in &experiment.models {
        let vectors = draw_vectors(model.ensemble(), neurons, experiment.sampling, seed, realisation).map_err(input)?;
        let network = Network::new(model.g(), Arc::clone(&bulk), vectors).map_err(input)?;
        all.push(match one_run(experiment, &network, model, realisation, trajectories) {
            Ok(seen) => Shown::Seen(Box::new(seen)),
            Err(SimulateError::Unbounded { .. }) => Shown::Unbounded,
            Err(error) => {
                let of_step = matches!(
                    error,
                    SimulateError::UnstableStep { .. }
                        | SimulateError::InaccurateStep { .. }
                        | SimulateError::SpuriousRest { .. }
                );
                let by_input = of_step && experiment.protocol.halvings() == 0;
                Shown::Failed { reason: error.to_string(), by_input }
            }
        });
        progress();
    }
    Ok(all)
}

fn one_run(
    experiment: &Experiment,
    network: &Network,
    model: &Model,
    realisation: u64,
    trajectories: bool,
) -> Result<Seen, SimulateError> {
    let key = (experiment.seed, realisation);
    let x0 = initial_currents(network, &experiment.initial, experiment.copies, key.0, key.1)?;
    let keep = trajectories || experiment.outliers > 0;
    let protocol = experiment.protocol.clone();
    let protocol = if keep { protocol.with_trajectory() } else { protocol };
    let layout = model.ensemble().layout();
    let (rank, readouts) = (layout.rank, layout.readouts);
    let read = (0..rank).map(Vector::N).chain((0..readouts).map(Vector::W));
    let protocol = protocol.with_kappa_along(read.collect());
    let mut observed = simulate(network, model, x0.as_ref(), &protocol, key)?;
    let o = &observed.order;
    let mut values: Vec<(String, Option<f64>)> =
        o.kappa.iter().zip(names(rank, readouts)).map(|(value, name)| (name, Some(*value))).collect();
    values.extend(
        [
            ("mu", Some(o.mu)),
            ("delta_0", Some(o.delta_0)),
            ("delta_0_individual", Some(o.delta_0_individual)),
            ("delta_inf", o.delta_inf),
            ("delta_t", o.delta_t),
            ("chaoticity", observed.chaoticity),
            ("r_mean", Some(o.r_mean)),
            ("r_second_moment", Some(o.r_second_moment)),
            ("r_temporal_variance", o.r_temporal_variance),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    for (of, lagged) in [("autocovariance", &observed.autocovariance), ("r_autocovariance", &observed.r_autocovariance)]
    {
        values.extend(lagged.iter().enumerate().map(|(lag, value)| (format!("{of}_{}", lag + 1), Some(*value))));
    }
    values.push(("step".to_owned(), Some(observed.step)));
    values.push(("error_estimate".to_owned(), Some(observed.error_estimate)));
    values.extend(observed.weak_error.map(|error| ("weak_error".to_owned(), Some(error))));
    if let Some(x) = observed.trajectory.last().filter(|_| experiment.outliers > 0) {
        // Of the first copy, at its last sample.
        let gains: Vec<f64> = x.col(0).iter().map(|x| model.transfer().jet(*x).d1).collect();
        let mut leading = leading_eigenvalues(network, &gains, experiment.outliers)?.values;
        let radius = leading.iter().map(|value| value.norm()).fold(0.0, f64::max);
        // The largest ones by modulus, in an order that is the same for all networks: by decreasing real part, the upper one of
        // a pair first.
        leading.sort_by(|a, b| b.re.total_cmp(&a.re).then(b.im.total_cmp(&a.im)));
        for (k, value) in leading.iter().enumerate() {
            values.extend([
                (format!("eigenvalue_{}_re", k + 1), Some(value.re)),
                (format!("eigenvalue_{}_im", k + 1), Some(value.im)),
            ]);
        }
        let square = gains.iter().map(|gain| gain * gain).sum::<f64>() / gains.len() as f64;
        values.push(("spectral_radius".to_owned(), Some(radius)));
        values.push(("bulk_radius".to_owned(), Some(network.g() * square.sqrt())));
    }
    let mut without_exponent = None;
    if experiment.lyapunov {
        // What fails here takes nothing else with it.
        let exponent = lyapunov(network, model, x0.as_ref(), &experiment.protocol, key);
        let exponent = exponent.map_err(|error| without_exponent = Some(error.to_string())).ok();
        let of = |value: fn(&Lyapunov) -> f64| exponent.as_ref().map(value);
        values.push(("lambda_max".to_owned(), of(|e| e.mean)));
        values.push(("lambda_max_step".to_owned(), of(|e| e.step)));
        values.push(("lambda_max_error_estimate".to_owned(), of(|e| e.error_estimate)));
    }
    if !trajectories {
        observed.trajectory.clear();
        observed.rate_trajectory.clear();
    }
    Ok(Seen { values, observed, without_exponent })
}

/// Names of the overlaps kappa and the readouts z.
fn names(rank: usize, readouts: usize) -> impl Iterator<Item = String> {
    (1..=rank).map(|k| format!("kappa_{k}")).chain((1..=readouts).map(|p| format!("z_{p}")))
}

/// Mean and standard error over networks, and the courses of all of them.
fn of_variant(model: &Model, networks: Vec<&Shown>) -> OfVariant {
    let variant = model.variant();
    let unbounded = networks.iter().filter(|shown| matches!(shown, Shown::Unbounded)).count();
    let failures = networks.iter().enumerate().filter_map(|(realisation, shown)| match shown {
        Shown::Failed { reason, .. } => Some(FailedNetwork::new(realisation, reason.clone())),
        _ => None,
    });
    let failures = failures.collect();
    let without_exponent = networks.iter().enumerate().filter_map(|(realisation, shown)| {
        let reason = shown.seen()?.without_exponent.clone()?;
        Some(FailedNetwork::new(realisation, reason))
    });
    let without_exponent = without_exponent.collect();
    let networks: Vec<Option<&Seen>> = networks.into_iter().map(Shown::seen).collect();
    let Some(first) = networks.iter().copied().flatten().next() else {
        let (observables, courses) = (Vec::new(), Vec::new());
        return OfVariant { variant, unbounded, failures, without_exponent, observables, courses };
    };
    let names: Vec<&String> = first.values.iter().map(|(name, _)| name).collect();
    let observables = names.iter().enumerate().map(|(k, name)| {
        let values: Vec<Option<f64>> = networks.iter().map(|seen| seen.and_then(|seen| seen.values[k].1)).collect();
        let measured: Vec<f64> = values.iter().copied().flatten().collect();
        let count = measured.len() as f64;
        let mean = (count > 0.0).then(|| measured.iter().sum::<f64>() / count);
        let squares = measured.iter().map(|value| (value - mean.unwrap_or(0.0)).powi(2)).sum::<f64>();
        let standard_error = (count > 1.0).then(|| (squares / (count - 1.0) / count).sqrt());
        Observable { name: (*name).clone(), mean, standard_error, values }
    });
    let observables = observables.collect();
    let times = &first.observed.times;
    let rank = model.rank();
    let readouts = first.observed.order.kappa.len() - rank;
    // A network without bound, or one that failed, has no course.
    let all = |of: &dyn Fn(&Observed) -> Vec<f64>| -> Vec<f64> {
        let none = vec![f64::NAN; of(&first.observed).len()];
        networks.iter().flat_map(|seen| seen.map_or_else(|| none.clone(), |seen| of(&seen.observed))).collect()
    };
    let axes = [("realisation", networks.len()), ("time", times.len())];
    let with_k = [axes[0], axes[1], ("k", rank)];
    let mut courses = vec![
        array("time", &axes[1..], times.clone(), "time constant", "times of the samples"),
        array("kappa", &with_k, all(&|o| part(o, 0, rank)), "1", "n^(k) . r / N, averaged over copies"),
        array("mu", &axes, all(&|o| o.mu_of_time.clone()), "1", "population mean of x"),
        array("delta_0", &axes, all(&|o| o.delta_0_of_time.clone()), "1", "population variance of x"),
    ];
    if readouts > 0 {
        let with_p = [axes[0], axes[1], ("readout", readouts)];
        let z = all(&|o| part(o, rank, readouts));
        courses.push(array("z", &with_p, z, "1", "w^(p) . r / N, averaged over copies"));
    }
    let states = first.observed.trajectory.first();
    if let Some((neurons, copies)) = states.map(|x| x.shape()) {
        let with_i = [axes[0], axes[1], ("copy", copies), ("neuron", neurons)];
        // Column after column, which is copy after copy.
        let x = all(&|o| o.trajectory.iter().flat_map(|x| x.col_iter()).flat_map(|x| x.iter().copied()).collect());
        courses.push(array("x", &with_i, x, "1", "current of every neuron"));
        let r = all(&|o| o.rate_trajectory.iter().flat_map(|r| r.col_iter()).flat_map(|r| r.iter().copied()).collect());
        courses.push(array("r", &with_i, r, "1", "rate of every neuron"));
    }
    OfVariant { variant, unbounded, failures, without_exponent, observables, courses }
}

/// So many of the overlaps and readouts from the first one on, at every sample, averaged over copies.
fn part(observed: &Observed, first: usize, count: usize) -> Vec<f64> {
    kappa(observed).into_iter().flat_map(|values| values.into_iter().skip(first).take(count)).collect()
}

/// kappa and then the readouts at every sample, averaged over copies, `[sample][k]`.
pub(super) fn kappa(observed: &Observed) -> Vec<Vec<f64>> {
    let mean = |copies: &Vec<Vec<f64>>| {
        let rank = copies.first().map_or(0, Vec::len);
        (0..rank).map(|k| copies.iter().map(|copy| copy[k]).sum::<f64>() / copies.len() as f64).collect()
    };
    observed.kappa.iter().map(mean).collect()
}

fn observables(variants: &[OfVariant]) -> Table {
    let head = ["variant", "observable", "mean", "standard_error", "networks", "reason"];
    let mut table = Table::new(head.map(str::to_owned).to_vec());
    for of in variants {
        let mut push = |name: &str, [mean, error]: [f64; 2], networks: usize, reason: &str| {
            let count = networks.to_string();
            let texts = [of.variant.name().into(), name.into()];
            table.push(texts.into_iter().chain([mean.into(), error.into(), count.into(), reason.into()]).collect());
        };
        if of.unbounded > 0 {
            push("unbounded", [f64::NAN; 2], of.unbounded, "");
        }
        for failed in &of.failures {
            push("failed", [f64::NAN; 2], 1, &failed.to_string());
        }
        for failed in &of.without_exponent {
            push("without exponent", [f64::NAN; 2], 1, &failed.to_string());
        }
        for o in &of.observables {
            let [mean, error] = [o.mean, o.standard_error].map(|value| value.unwrap_or(f64::NAN));
            push(&o.name, [mean, error], o.values.iter().flatten().count(), "");
        }
    }
    table
}
