//! `cargo xtask sweep plan | run | merge`: a sweep as a job that can be killed, resumed and split.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use lowrank_report::{
    DEFINITION, Event, Job, Provenance, ReportError, Shard, Store, available_memory, blocks_of, merge, read_text,
    run_blocks, write_file,
};
use lowrank_sweep::{Definition, Runner, SCHEMA, Sweep, SweepError, tables};

use crate::{Failure, progress_bar, threads};

/// More threads than this is a typing error.
const MOST_THREADS: usize = 1024;

/// The three steps of a sweep.
#[derive(Subcommand)]
pub(crate) enum Step {
    /// Check a definition, say what it will take, and write the list of its blocks
    #[command(after_help = "Example: cargo xtask sweep plan examples/sweeps/small.toml --out target/small")]
    Plan(Plan),
    /// Compute the blocks that are not finished yet; may be killed and run again, and by many processes at once
    #[command(after_help = "Example: cargo xtask sweep run target/small\n\n\
        A Slurm array of 20 tasks: cargo xtask sweep run FOLDER --shard $SLURM_ARRAY_TASK_ID/20")]
    Run(Run),
    /// Put the finished blocks together: networks.csv, and cells.csv with theory beside
    #[command(after_help = "Example: cargo xtask sweep merge target/small")]
    Merge(Merge),
}

/// Options of `plan`.
#[derive(Args)]
pub(crate) struct Plan {
    /// The definition, a TOML file
    definition: PathBuf,
    /// Folder of the sweep
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Number of threads that memory is stated for, one a core unless given
    #[arg(long)]
    threads: Option<usize>,
}

/// Options of `run`.
#[derive(Args)]
pub(crate) struct Run {
    /// Folder of a planned sweep
    folder: PathBuf,
    /// Only this block
    #[arg(long, conflicts_with = "shard")]
    block: Option<usize>,
    /// Only shard k of n, 0 <= k < n
    #[arg(long, value_name = "K/N")]
    shard: Option<String>,
    /// Number of threads, one a core unless given; the result does not depend on it
    #[arg(long)]
    threads: Option<usize>,
}

/// Options of `merge`.
#[derive(Args)]
pub(crate) struct Merge {
    /// Folder of a finished sweep
    folder: PathBuf,
}

/// One step.
pub(crate) fn run(step: &Step) -> Result<(), Failure> {
    match step {
        Step::Plan(options) => plan(options),
        Step::Run(options) => run_part(options),
        Step::Merge(options) => merge_all(options),
    }
}

fn plan(options: &Plan) -> Result<(), Failure> {
    let threads = checked(options.threads)?;
    let text = read_text(&options.definition).map_err(input)?;
    let at = |error: SweepError| Failure::Input(format!("{}: {error}", options.definition.display()));
    let sweep = Definition::from_toml(&text).and_then(Sweep::new).map_err(at)?;
    let store = open(&options.out, &sweep)?;
    let list = blocks_csv(&sweep)?;
    let path = options.out.join("blocks.csv");
    write_file(&path, list.as_bytes()).map_err(input)?;
    let grid: Vec<String> =
        sweep.axes().iter().map(|(parameter, values)| format!("{} values of {parameter}", values.len())).collect();
    println!(
        "{} cells of {} neurons in {} realisations, seed {}: {}",
        sweep.cells(),
        sweep.definition().network.neurons,
        sweep.definition().realisations,
        sweep.definition().seed,
        if grid.is_empty() { "one point".to_owned() } else { grid.join(" x ") }
    );
    println!(
        "{} blocks, {} of them finished; listed in {}",
        sweep.blocks(),
        sweep.blocks() - store.missing().len(),
        path.display()
    );
    println!("{}", memory_line(&sweep, threads));
    println!("run it with: cargo xtask sweep run {}", options.out.display());
    Ok(())
}

/// One line a block.
fn blocks_csv(sweep: &Sweep) -> Result<String, Failure> {
    let mut list = "block,realisation,variant,first_cell,cells\n".to_owned();
    for block in 0..sweep.blocks() {
        let part = sweep.part(block).map_err(could_not)?;
        let variant = &sweep.definition().network.variants[part.variant];
        list += &format!("{block},{},{variant},{},{}\n", part.realisation, part.first, part.cells);
    }
    Ok(list)
}

fn run_part(options: &Run) -> Result<(), Failure> {
    let threads = checked(options.threads)?;
    // Draws, and products of large networks, are spread over this pool; blocks of small ones over threads of their own.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    debug_assert!(pool.is_ok(), "nothing has used the pool before");
    let shard = options
        .shard
        .as_deref()
        .map_or(Ok(Shard::ALL), Shard::parse)
        .map_err(|e| Failure::Input(format!("--shard: {e}")))?;
    let (sweep, store) = planned(&options.folder)?;
    let which: Vec<usize> = match options.block {
        Some(block) => {
            sweep.part(block).map_err(|error| Failure::Input(format!("--block: {error}")))?;
            vec![block]
        }
        None => blocks_of(shard, sweep.blocks()).collect(),
    };
    println!("seed {}; {}", sweep.definition().seed, memory_line(&sweep, threads));
    if let Some(available) = available_memory() {
        sweep.memory(threads).check(available).map_err(|error| Failure::Input(error.to_string()))?;
    }
    let side_by_side = NonZeroUsize::new(sweep.threads(threads)).unwrap_or(NonZeroUsize::MIN);
    let bar = progress_bar(which.len(), "blocks");
    let runner = Runner::new(&sweep);
    let told = |block: usize, event: Event<'_, SweepError>| {
        if let Event::Damaged(damage) = event {
            bar.suspend(|| eprintln!("block {block} {damage}; it is computed anew"));
        } else {
            bar.inc(1);
        }
    };
    let summary = run_blocks(&store, which, side_by_side, |block| runner.run(block), told).map_err(could_not)?;
    bar.finish_and_clear();
    if let Some((block, error)) = summary.failed.first() {
        return Err(Failure::Computation(format!(
            "{} blocks failed, the first of them block {block}: {error}",
            summary.failed.len()
        )));
    }
    let left = store.missing().len();
    println!(
        "{} blocks computed, {} were finished before, {left} of {} are left",
        summary.done,
        summary.kept,
        sweep.blocks()
    );
    if left == 0 {
        println!("put them together with: cargo xtask sweep merge {}", options.folder.display());
    }
    Ok(())
}

fn merge_all(options: &Merge) -> Result<(), Failure> {
    let (sweep, store) = planned(&options.folder)?;
    let merged = merge(&store).map_err(input)?;
    let tables = tables(&sweep, &merged.payloads).map_err(could_not)?;
    let head = format!(
        "# lowrank {}, commit {}, seed {}, definition {}\n",
        merged.version,
        merged.commit,
        merged.job.seed(),
        merged.job.spec_hash()
    );
    for (name, table) in [("networks.csv", &tables.networks), ("cells.csv", &tables.cells)] {
        let path = options.folder.join(name);
        write_file(&path, (head.clone() + table).as_bytes()).map_err(input)?;
        println!("{}", path.display());
    }
    for reason in &tables.without_theory {
        eprintln!("no theory for some cells: {reason}");
    }
    Ok(())
}

/// The sweep of a folder, by the definition in it.
fn planned(folder: &Path) -> Result<(Sweep, Store), Failure> {
    let path = folder.join(DEFINITION);
    let text = read_text(&path)
        .map_err(|error| Failure::Input(format!("{error}; a folder becomes a sweep's by cargo xtask sweep plan")))?;
    let at = |error: SweepError| Failure::Input(format!("{}: {error}", path.display()));
    let sweep = Definition::from_canonical(&text).and_then(Sweep::new).map_err(at)?;
    let store = open(folder, &sweep)?;
    Ok((sweep, store))
}

fn open(folder: &Path, sweep: &Sweep) -> Result<Store, Failure> {
    let job = Job::new(SCHEMA, sweep.canonical(), sweep.definition().seed, sweep.blocks());
    Store::open(folder, job, Provenance::here()).map_err(input)
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

fn checked(asked: Option<usize>) -> Result<usize, Failure> {
    match threads(asked) {
        threads @ 1..=MOST_THREADS => Ok(threads),
        other => {
            Err(Failure::Input(format!("--threads: {other} threads: choose a number between 1 and {MOST_THREADS}")))
        }
    }
}

fn input(error: ReportError) -> Failure {
    Failure::Input(error.to_string())
}

fn could_not(error: impl std::fmt::Display) -> Failure {
    Failure::Computation(error.to_string())
}
