//! `lowrank sweep plan | run | merge`: a sweep as a job that can be killed, resumed and split.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use lowrank_report::{
    DEFINITION, Event, Job, Provenance, Shard, Store, Summary, available_memory, blocks_of, merge, read_text,
    run_blocks, write_file, write_table,
};
use lowrank_spec::Spec;
use lowrank_sweep::{Runner, SCHEMA, Sweep, SweepError, tables};
use schemars::JsonSchema;
use serde::Serialize;

use super::start::remark_on_rest;
use crate::common::in_file;
use crate::{Common, Failure, on_interrupt, print};

/// The three steps of a sweep.
#[derive(Debug, Subcommand)]
pub enum Step {
    /// Check a spec with axes, say what it will take, and write the list of its blocks
    #[command(after_help = "Example: lowrank sweep plan examples/sweeps/small.toml --out target/small")]
    Plan(Plan),
    /// Compute the blocks that are not finished yet; may be killed and run again, and by many processes at once
    #[command(after_help = "Example: lowrank sweep run target/small\n\n\
        A Slurm array of 20 tasks: lowrank sweep run FOLDER --shard $SLURM_ARRAY_TASK_ID/20")]
    Run(Run),
    /// Put the finished blocks together: networks.csv, and cells.csv with theory beside
    #[command(after_help = "Example: lowrank sweep merge target/small")]
    Merge(Merge),
}

/// Options of `plan`.
#[derive(Debug, Args)]
pub struct Plan {
    /// The spec, a TOML file with axes
    spec: PathBuf,
}

/// Options of `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Folder of a planned sweep
    folder: PathBuf,
    /// Only this block
    #[arg(long, conflicts_with = "shard")]
    block: Option<usize>,
    /// Only shard k of n, 0 <= k < n
    #[arg(long, value_name = "K/N")]
    shard: Option<String>,
}

/// Options of `merge`.
#[derive(Debug, Args)]
pub struct Merge {
    /// Folder of a finished sweep
    folder: PathBuf,
}

/// The command line that this one is part of, for remarks that name the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// `lowrank sweep`.
    Lowrank,
    /// `cargo xtask sweep`.
    Xtask,
}

impl Caller {
    fn name(self) -> &'static str {
        match self {
            Self::Lowrank => "lowrank",
            Self::Xtask => "cargo xtask",
        }
    }
}

/// One step.
///
/// # Errors
/// Bad input; blocks that could not be computed.
pub fn run(step: &Step, common: &Common, caller: Caller) -> Result<(), Failure> {
    match step {
        Step::Plan(options) => {
            let Some(out) = &common.out else {
                return Err(Failure::Input("--out is missing: give the folder of the sweep".to_owned()));
            };
            let spec = common.read(&options.spec)?;
            let sweep = Sweep::new(spec).map_err(|error| in_file(&options.spec, error))?;
            let (_, mut said) = plan(&sweep, out, common)?;
            said.text += &format!("run it with: {} sweep run {}\n", caller.name(), out.display());
            common.print_either(&said.text, &said.record)
        }
        Step::Run(options) => {
            let (sweep, store) = planned(&options.folder, common, caller)?;
            let mut said = compute(&sweep, &store, chosen(&sweep, options)?, common)?;
            if store.missing().is_empty() {
                let folder = options.folder.display();
                said.text += &format!("put them together with: {} sweep merge {folder}\n", caller.name());
            }
            common.print_either(&said.text, &said.record)
        }
        Step::Merge(options) => {
            let (sweep, store) = planned(&options.folder, common, caller)?;
            let (said, failed) = merge_all(&sweep, &store, common)?;
            common.print_either(&said.text, &said.record)?;
            Failure::partial(failed.into_iter().collect())
        }
    }
}

/// What a step says, for people and for programs.
pub(super) struct Said {
    pub(super) text: String,
    pub(super) record: serde_json::Value,
}

impl Said {
    /// One more file that was written.
    pub(super) fn add(&mut self, path: PathBuf) {
        self.text += &format!("{}\n", path.display());
        if let Some(files) = self.record["files"].as_array_mut() {
            files.push(path.to_string_lossy().into());
        }
    }

    fn new(text: String, record: &impl Serialize) -> Result<Self, Failure> {
        Ok(Self { text, record: serde_json::to_value(record).map_err(Failure::could_not)? })
    }
}

/// What a plan says.
#[derive(Serialize, JsonSchema)]
pub(super) struct Planned<'a> {
    folder: &'a Path,
    seed: u64,
    cells: usize,
    realisations: u64,
    neurons: usize,
    axes: Vec<(String, &'a [f64])>,
    blocks: usize,
    finished: usize,
    memory_bytes: u64,
}

/// Opens the folder of a sweep, writes the list of its blocks and says what it takes.
pub(super) fn plan(sweep: &Sweep, out: &Path, common: &Common) -> Result<(Store, Said), Failure> {
    let threads = common.threads()?;
    let store = open(out, sweep)?;
    // The variants rest alike.
    let starts = (0..sweep.grid()).filter_map(|cell| Some((sweep.model(0, cell).ok()?, sweep.initial(cell).ok()?)));
    remark_on_rest(starts, common);
    let path = out.join("blocks.csv");
    write_file(&path, blocks_csv(sweep)?.as_bytes())?;
    let spec = sweep.spec();
    let axes = sweep.axes();
    let grid: Vec<String> =
        axes.iter().map(|(parameter, values)| format!("{} values of {parameter}", values.len())).collect();
    let finished = sweep.blocks() - store.missing().len();
    let text = format!(
        "{} cells of {} neurons in {} realisations, seed {}: {}\n{} blocks, {finished} of them finished; listed in {}\n{}",
        sweep.cells(),
        spec.network.neurons,
        spec.realisations,
        spec.seed,
        if grid.is_empty() { "one point".to_owned() } else { grid.join(" x ") },
        sweep.blocks(),
        path.display(),
        if common.quiet { String::new() } else { memory_line(sweep, threads) + "\n" },
    );
    let record = Planned {
        folder: out,
        seed: spec.seed,
        cells: sweep.cells(),
        realisations: spec.realisations,
        neurons: spec.network.neurons,
        axes: axes.iter().map(|(parameter, values)| (parameter.to_string(), values.as_slice())).collect(),
        blocks: sweep.blocks(),
        finished,
        memory_bytes: sweep.memory(threads).total(),
    };
    Ok((store, Said::new(text, &record)?))
}

/// One line a block.
fn blocks_csv(sweep: &Sweep) -> Result<String, Failure> {
    let mut list = "block,realisation,variant,first_cell,cells\n".to_owned();
    for block in 0..sweep.blocks() {
        let part = sweep.part(block).map_err(Failure::could_not)?;
        let variant = &sweep.spec().network.variants[part.variant];
        list += &format!("{block},{},{variant},{},{}\n", part.realisation, part.first, part.cells);
    }
    Ok(list)
}

/// What a run says.
#[derive(Serialize, JsonSchema)]
pub(super) struct Ran {
    seed: u64,
    computed: usize,
    kept: usize,
    /// Blocks that another run on the folder computed meanwhile.
    elsewhere: usize,
    left: usize,
    blocks: usize,
}

/// The blocks that were asked for.
fn chosen(sweep: &Sweep, options: &Run) -> Result<Vec<usize>, Failure> {
    let shard = options
        .shard
        .as_deref()
        .map_or(Ok(Shard::ALL), Shard::parse)
        .map_err(|e| Failure::Input(format!("--shard: {e}")))?;
    match options.block {
        Some(block) => {
            sweep.part(block).map_err(|error| Failure::Input(format!("--block: {error}")))?;
            Ok(vec![block])
        }
        None => Ok(blocks_of(shard, sweep.blocks()).collect()),
    }
}

/// Computes what is not finished of these blocks.
pub(super) fn compute(sweep: &Sweep, store: &Store, which: Vec<usize>, common: &Common) -> Result<Said, Failure> {
    // Draws, and products of large networks, are spread over the pool; blocks of small ones over threads of their own.
    let threads = common.threads()?;
    let seed = sweep.spec().seed;
    if !common.json && !common.quiet {
        print(&format!("seed {seed}; {}\n", memory_line(sweep, threads)))?;
    }
    if let Some(available) = available_memory() {
        sweep.memory(threads).check(available).map_err(|error| Failure::Input(error.to_string()))?;
    }
    let side_by_side = NonZeroUsize::new(sweep.threads(threads)).unwrap_or(NonZeroUsize::MIN);
    on_interrupt("finished blocks are kept; run the same command again to go on");
    let bar = common.bar(which.len(), "blocks");
    let runner = Runner::new(sweep);
    let told = |block: usize, event: Event<'_, SweepError>| {
        if let Event::Damaged(damage) = event {
            bar.suspend(|| common.remark(&format!("block {block} {damage}; it is computed anew")));
        } else {
            bar.inc(1);
        }
    };
    let summary =
        run_blocks(store, which, side_by_side, |block| runner.run(block), told).map_err(Failure::could_not)?;
    bar.finish_and_clear();
    if let Some((block, error)) = summary.failed.first() {
        let count = summary.failed.len();
        return Err(Failure::Computation(format!("{count} blocks failed, the first of them block {block}: {error}")));
    }
    let (left, blocks) = (store.missing().len(), sweep.blocks());
    let Summary { done, kept, elsewhere, .. } = summary;
    let others = if elsewhere > 0 { format!("{elsewhere} by another run meanwhile, ") } else { String::new() };
    let text = format!("{done} blocks computed, {others}{kept} were finished before, {left} of {blocks} are left\n");
    Said::new(text, &Ran { seed, computed: done, kept, elsewhere, left, blocks })
}

/// What a merge says.
#[derive(Serialize, JsonSchema)]
pub(super) struct Merged<'a> {
    version: &'a str,
    commit: &'a str,
    seed: u64,
    files: Vec<PathBuf>,
    without_theory: &'a [String],
}

/// Writes the tables of a finished sweep; gives what it says, and a line on the theory that could not be computed.
pub(super) fn merge_all(sweep: &Sweep, store: &Store, common: &Common) -> Result<(Said, Option<String>), Failure> {
    on_interrupt("no table was written; finished blocks are kept, merge them again");
    let merged = merge(store)?;
    let tables = common.waiting("theory", || tables(sweep, &merged.payloads)).map_err(Failure::could_not)?;
    let (version, commit, seed) = (&merged.version, &merged.commit, merged.job.seed());
    let description = serde_json::json!({
        "program": "lowrank", "version": version, "commit": commit, "seed": seed, "definition": merged.job.spec_hash(),
        "spec": sweep.spec(),
    });
    let mut files = Vec::new();
    on_interrupt("tables are being written: what is there is whole; merge them again");
    for (name, table) in [("networks.csv", &tables.networks), ("cells.csv", &tables.cells)] {
        // All blocks are there: what cannot be written now can be merged again.
        files.extend(write_table(&store.folder().join(name), table, &description).map_err(Failure::could_not)?);
    }
    for reason in &tables.without_theory {
        common.remark(&format!("no theory for some cells: {reason}"));
    }
    let text: String = files.iter().map(|path| format!("{}\n", path.display())).collect();
    let failed = (tables.failed > 0).then(|| {
        let (count, first) = (tables.failed, tables.without_theory.first().map_or("", String::as_str));
        format!("theory of {count} rows of cells.csv could not be computed; the column theory_reason says why: {first}")
    });
    let merged = Merged { version, commit, seed, files, without_theory: &tables.without_theory };
    Ok((Said::new(text, &merged)?, failed))
}

/// The sweep of a folder, by the spec in it.
fn planned(folder: &Path, common: &Common, caller: Caller) -> Result<(Sweep, Store), Failure> {
    if let Some(out) = &common.out {
        let (out, folder) = (out.display(), folder.display());
        return Err(Failure::Input(format!(
            "--out is {out}: results go to the folder of the sweep, {folder}; leave it out"
        )));
    }
    let path = folder.join(DEFINITION);
    let text = read_text(&path).map_err(|error| {
        Failure::Input(format!("{error}; a folder becomes a sweep's by {} sweep plan", caller.name()))
    })?;
    let spec = Spec::from_canonical(&text).map_err(|error| in_file(&path, error))?;
    if let Some(seed) = common.seed.filter(|seed| *seed != spec.seed) {
        let own = spec.seed;
        return Err(Failure::Input(format!("--seed is {seed}: the seed of this sweep is {own}; plan another sweep")));
    }
    let sweep = Sweep::new(spec).map_err(|error| in_file(&path, error))?;
    let store = open(folder, &sweep)?;
    Ok((sweep, store))
}

fn open(folder: &Path, sweep: &Sweep) -> Result<Store, Failure> {
    let job = Job::new(SCHEMA, sweep.canonical(), sweep.spec().seed, sweep.blocks());
    Ok(Store::open(folder, job, Provenance::here())?)
}

fn memory_line(sweep: &Sweep, threads: usize) -> String {
    let memory = sweep.memory(threads);
    let available = available_memory().map(|bytes| format!(" of {} available", size(bytes))).unwrap_or_default();
    format!(
        "memory {}{available}: {} x {} of bulk, {} x {} of blocks in flight",
        size(memory.total()),
        memory.bulks,
        size(memory.bulk),
        memory.blocks,
        size(memory.block)
    )
}

fn size(bytes: u64) -> String {
    if bytes < 1_000_000_000 {
        format!("{:.1} MB", bytes as f64 * 1e-6)
    } else {
        format!("{:.2} GB", bytes as f64 * 1e-9)
    }
}
