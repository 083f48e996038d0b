//! `lowrank task`: computations of low-rank networks, how often networks succeed, and what theory says of the same networks.

mod tables;

use clap::Args;
use lowrank_connectivity::{BulkKind, Sampling};
use lowrank_model::{Variant, decimals};
use lowrank_report::{FigureOrigin, Origin, Provenance, data_json, write_csv, write_figure, write_file};
use lowrank_study::OfTask;
use lowrank_tasks::search::{Found, Search};
use lowrank_tasks::{COLUMNS, Lost, Networks, Ran, Score, Task, TaskError, TaskName, run_networks, scores};
use lowrank_validate::Verdict;
use schemars::JsonSchema;
use serde::Serialize;

use crate::common::check_memory;
use crate::{Common, Failure, on_interrupt, print, say};

/// Networks whose courses are drawn.
const KEPT: usize = 3;

/// Options of `lowrank task`.
#[derive(Debug, Args)]
#[command(after_help = "Example: lowrank task detection --networks 10 --neurons 500 --out target/detection\n\n\
    Tasks: go-nogo, detection, context-discrimination, evidence-integration, ring, limit-cycle; all of them if none is named.\n\
    With --out it writes tables (scores.csv, thresholds.csv, conditions.csv), the record (task.json) and figures, in a folder a task.\n\n\
    Exit codes: 0 fine, 1 networks and theory differ in some rate of success or threshold, 2 bad input, 3 could not be computed, 130 interrupted.")]
pub struct Options {
    /// Which tasks
    names: Vec<String>,
    /// Form of the dynamics: current, rate or two-timescale (tau_r = tau_s); several by repetition, all if not given
    #[arg(long = "variant", value_name = "NAME")]
    variants: Vec<String>,
    /// Networks of each size
    #[arg(long, default_value_t = 50, value_name = "NUMBER")]
    networks: usize,
    /// Neurons of a network; several sizes by commas
    #[arg(long, default_value = "1000", value_delimiter = ',', value_name = "NUMBER")]
    neurons: Vec<usize>,
    /// Random strengths g in place of the task's own; several by commas
    #[arg(long = "g", value_delimiter = ',', value_name = "NUMBER")]
    strengths: Vec<f64>,
    /// Vectors whose overlaps are exactly those of the geometry, in place of independent draws
    #[arg(long)]
    matched: bool,
    /// The published parameters of context-discrimination, with which many networks fail
    #[arg(long, conflicts_with = "search")]
    published: bool,
    /// Search the parameters of the task on the mean-field model in place of running it (context-discrimination,
    /// evidence-integration)
    #[arg(long, conflicts_with_all = ["networks", "neurons", "strengths", "matched", "variants"])]
    search: bool,
}

/// One task: everything that was measured.
#[derive(Serialize, JsonSchema)]
pub(super) struct Record<'a> {
    task: &'a str,
    parameters: &'a Task,
    networks: usize,
    vectors: &'static str,
    scores: &'a [Score],
    /// Networks of which some trial could not be run: they are in no score.
    lost: &'a [Lost],
}

/// Runs the tasks one after the other; the files of each are written as soon as it is done.
///
/// # Errors
/// Bad input; a claim that fails; tasks that could not be computed, when all others are there.
pub fn run(options: &Options, common: &Common) -> Result<(), Failure> {
    let named = options.names.iter().map(|name| name.parse()).collect::<Result<Vec<TaskName>, _>>();
    let named = named.map_err(|error| Failure::Input(error.to_string()))?;
    if let Some(name) = (1..named.len()).find(|&i| named[..i].contains(&named[i])).map(|i| named[i]) {
        return Err(Failure::Input(format!("{name} is named twice: name it once")));
    }
    let names = if named.is_empty() { TaskName::ALL.to_vec() } else { named };
    let seed = common.seed.unwrap_or(1);
    let threads = common.threads()?;
    common.detail(&format!("seed {seed}"));
    if options.search {
        return search(&names, seed, common);
    }
    let variants = variants(&options.variants)?;
    check(options, threads)?;
    common.check_out()?;
    on_interrupt("tasks that were finished are there");
    let (mut table, mut thresholds) = (tables::success(), tables::thresholds());
    let (mut records, mut failed, mut failures) = (Vec::new(), false, Vec::new());
    for &name in &names {
        let Told { record, scores, lost, unwritten } = match one(name, options, &variants, (seed, names.len()), common)
        {
            Err(Failure::Computation(reason)) => {
                tables::push_failure(&mut table, name, &reason);
                failures.push(format!("{name} could not be computed: {reason}"));
                continue;
            }
            done => done?,
        };
        failures.extend(unwritten);
        for score in &scores {
            let of_groups = score.groups.iter().map(|group| group.claim.verdict);
            failed |= of_groups.chain([score.claim.verdict]).any(|verdict| verdict == Verdict::Fail);
            tables::push_success(&mut table, name, score);
            tables::push_thresholds(&mut thresholds, name, score);
        }
        for lost in &lost {
            tables::push_failure(&mut table, name, &lost.to_string());
        }
        if let Some(first) = lost.first() {
            failures.push(format!("{name}: {} networks are lost, the first of them {first}", lost.len()));
        }
        records.push(record);
    }
    if common.json {
        print(&format!("[{}]\n", records.join(",")))?;
    } else {
        print(&table.text())?;
        if !thresholds.is_empty() {
            print(&format!("\nFrom where on trials end high:\n\n{}", thresholds.text()))?;
        }
    }
    if failed {
        failures.iter().for_each(|line| say(&format!("error: {line}")));
        return Err(Failure::Claims);
    }
    Failure::partial(failures)
}

/// What is told of a task whose files are written.
struct Told {
    /// All of it as JSON.
    record: String,
    scores: Vec<Score>,
    lost: Vec<Lost>,
    /// Why some file is missing.
    unwritten: Option<String>,
}

/// One task, its files written.
fn one(
    name: TaskName,
    options: &Options,
    variants: &[Variant],
    (seed, tasks): (u64, usize),
    common: &Common,
) -> Result<Told, Failure> {
    let task = task(name, options.published)?;
    let Measured { networks, ran, scores, lost } = measure(name, &task, options, variants, (seed, tasks), common)?;
    let vectors = if options.matched { "matched" } else { "independent" };
    let (task_name, parameters) = (name.name(), &task);
    let (count, of) = (options.networks, &scores);
    let record = Record { task: task_name, parameters, networks: count, vectors, scores: of, lost: &lost };
    let record = data_json(&record, seed, &Provenance::here())?;
    let unwritten = common.write(|out| {
        let command = command(name, options, seed);
        let (folder, provenance) = (out.join(name.name()), Provenance::here());
        write_file(&folder.join("task.json"), record.as_bytes())?;
        let origin = Origin { provenance: &provenance, seed: Some(seed), spec: &command };
        for (file, table) in tables::of_task(name, &scores) {
            if !table.is_empty() {
                write_csv(&folder.join(file), &table.columns(), &origin)?;
            }
        }
        let drawn = Task { g: networks.strengths[0], ..task.clone() };
        let of = OfTask { name, task: &drawn, networks: &networks, ran: &ran, scores: &scores };
        let origin = FigureOrigin { provenance, seed, command };
        for drawing in common.waiting("figures", || of.draw()).map_err(Failure::could_not)? {
            write_figure(&folder.join(drawing.name), &drawing.figure, &drawing.data, &origin)?;
        }
        Ok(())
    });
    Ok(Told { record, scores, lost, unwritten })
}

/// The task with its own parameters, or with the published ones.
fn task(name: TaskName, published: bool) -> Result<Task, Failure> {
    if !published {
        return name.task().map_err(could_not);
    }
    let none = || {
        let known = TaskName::ALL.into_iter().filter(|name| name.published().is_some()).map(TaskName::name);
        let known = known.collect::<Vec<_>>().join(", ");
        Failure::Input(format!("--published: {name} has its published parameters, or none: choose one of {known}"))
    };
    name.published().ok_or_else(none)?.map_err(could_not)
}

/// What was measured of a task.
struct Measured {
    /// The networks of the last size, and their trials.
    networks: Networks,
    ran: Vec<Vec<Ran>>,
    /// Of all sizes.
    scores: Vec<Score>,
    lost: Vec<Lost>,
}

/// All sizes of a task.
fn measure(
    name: TaskName,
    task: &Task,
    options: &Options,
    variants: &[Variant],
    (seed, tasks): (u64, usize),
    common: &Common,
) -> Result<Measured, Failure> {
    let mut strengths = if options.strengths.is_empty() { vec![task.g] } else { options.strengths.clone() };
    strengths.sort_by(f64::total_cmp);
    let sampling = if options.matched { Sampling::Matched } else { Sampling::Independent };
    // One false-alarm rate for all that is run.
    let family = tasks * options.neurons.len() * variants.len() * strengths.len();
    let bar = common.bar(options.neurons.len() * options.networks, &format!("networks of {name}"));
    let (mut all, mut all_lost, mut sizes) = (Vec::new(), Vec::new(), options.neurons.clone());
    sizes.sort_unstable();
    let mut last = None;
    for neurons in sizes {
        let networks = Networks {
            neurons,
            networks: options.networks,
            seed,
            sampling,
            variants: variants.to_vec(),
            strengths: strengths.clone(),
            kept: KEPT,
        };
        let (ran, lost) = run_networks(task, &networks, &|count| bar.inc(count as u64)).map_err(could_not)?;
        all.extend(scores(task, &networks, &ran, family).map_err(could_not)?);
        all_lost.extend(lost);
        last = Some((networks, ran));
    }
    bar.finish_and_clear();
    if let (true, Some(first)) = (all.is_empty(), all_lost.first()) {
        return Err(Failure::Computation(format!("fewer than two networks are left: {first}")));
    }
    let (networks, ran) = last.ok_or_else(|| Failure::Input("--neurons: give one size or more".to_owned()))?;
    Ok(Measured { networks, ran, scores: all, lost: all_lost })
}

/// The command that draws the same figures.
fn command(name: TaskName, options: &Options, seed: u64) -> String {
    let list = |values: Vec<String>| values.join(",");
    let mut command = format!("lowrank task {name} --networks {} --seed {seed}", options.networks);
    command += &format!(" --neurons {}", list(options.neurons.iter().map(usize::to_string).collect()));
    options.variants.iter().for_each(|variant| command += &format!(" --variant {variant}"));
    if !options.strengths.is_empty() {
        command += &format!(" --g {}", list(options.strengths.iter().map(f64::to_string).collect()));
    }
    for (given, option) in [(options.matched, " --matched"), (options.published, " --published")] {
        command += if given { option } else { "" };
    }
    command
}

/// The variants by name; all three if none is named.
fn variants(names: &[String]) -> Result<Vec<Variant>, Failure> {
    let equal = || Variant::two_timescale(1.0, 1.0).map_err(Failure::could_not);
    if names.is_empty() {
        return Ok(vec![Variant::Current, Variant::Rate, equal()?]);
    }
    let mut variants = Vec::new();
    for name in names {
        let variant = match name.as_str() {
            "current" => Variant::Current,
            "rate" => Variant::Rate,
            "two-timescale" => equal()?,
            other => {
                let known = "current, rate, two-timescale";
                return Err(Failure::Input(format!(
                    "--variant: there is no variant named {other:?}: choose one of {known}"
                )));
            }
        };
        if variants.contains(&variant) {
            return Err(Failure::Input(format!("--variant: {name} is named twice: name it once")));
        }
        variants.push(variant);
    }
    Ok(variants)
}

/// Refuses numbers that cannot be.
fn check(options: &Options, threads: usize) -> Result<(), Failure> {
    if options.networks < 2 || options.networks > 100_000 {
        let found = options.networks;
        return Err(Failure::Input(format!("--networks: {found} networks: choose a number between 2 and 100000")));
    }
    for (place, &neurons) in options.neurons.iter().enumerate() {
        if !(20..=1_000_000).contains(&neurons) {
            return Err(Failure::Input(format!(
                "--neurons: {neurons} neurons: choose a number between 20 and 1000000"
            )));
        }
        if options.neurons[..place].contains(&neurons) {
            return Err(Failure::Input(format!("--neurons: {neurons} is given twice: give every size once")));
        }
        let in_flight = threads.min(options.networks) as u64;
        let states = (3 * COLUMNS * size_of::<f32>()) as u64 * neurons as u64;
        let network = BulkKind::Gaussian.bytes(neurons, size_of::<f32>()).saturating_add(states);
        check_memory(network.saturating_mul(in_flight))?;
    }
    for (place, &g) in options.strengths.iter().enumerate() {
        if !(g >= 0.0 && g.is_finite()) {
            return Err(Failure::Input(format!("--g: the random strength is {g}: it must be a finite number >= 0")));
        }
        if options.strengths[..place].contains(&g) {
            return Err(Failure::Input(format!("--g: {g} is given twice: give every strength once")));
        }
    }
    Ok(())
}

/// What `--search` gives: of every task its name and what was found.
pub(super) type Searched = Vec<(&'static str, Found)>;

/// Searches the parameters of the tasks that have a search.
fn search(names: &[TaskName], seed: u64, common: &Common) -> Result<(), Failure> {
    let searched: Vec<(TaskName, Search)> =
        names.iter().filter_map(|name| name.search(seed).map(|search| (*name, search))).collect();
    // All of them stands for those that have a search.
    if names.len() < TaskName::ALL.len() && searched.len() < names.len() {
        let known = TaskName::ALL.into_iter().filter(|name| name.search(seed).is_some());
        let known: Vec<&str> = known.map(TaskName::name).collect();
        let given = names.iter().find(|name| name.search(seed).is_none()).map_or("", |name| name.name());
        let line = format!("--search: the parameters of {given} are given: choose one of {}", known.join(", "));
        return Err(Failure::Input(line));
    }
    common.check_out()?;
    on_interrupt("nothing was written; run it again");
    let mut found: Searched = Vec::new();
    for (name, search) in searched {
        let bar = common.bar(0, &format!("evaluations for {name}"));
        bar.set_length(search.rounds as u64 * search.iterations * 2);
        let result = search.run(&|count| bar.inc(count as u64)).map_err(could_not)?;
        bar.finish_and_clear();
        found.push((name.name(), result));
    }
    let record = data_json(&found, seed, &Provenance::here())?;
    let unwritten = common.write(|out| Ok(write_file(&out.join("search.json"), record.as_bytes())?));
    let mut text = String::new();
    for (name, found) in &found {
        let p = &found.parameters;
        let [cost, start, on] = [found.cost, found.start_cost, p.on].map(|value| decimals(value, 4));
        let named = [p.rho_m, p.rho_n, p.b_m, p.b_n, p.off, p.stimulus, p.drive].map(|value| decimals(value, 3));
        let [rho_m, rho_n, b_m, b_n, off, stimulus, drive] = named;
        text += &format!(
            "{name}: cost of a trial {cost} (at the start {start}) after {} iterations\n  rho_m {rho_m}, rho_n {rho_n}, b_m {b_m}, \
             b_n {b_n}, on {on}, off {off}, stimulus {stimulus}, drive {drive}\n",
            found.iterations
        );
    }
    print(if common.json { &record } else { &text })?;
    Failure::partial(unwritten.into_iter().collect())
}

fn could_not(error: TaskError) -> Failure {
    Failure::could_not(error)
}
