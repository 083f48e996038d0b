//! The options that every command has, and what follows from them.

use std::path::{Path, PathBuf};

use clap::Args;
use lowrank_connectivity::ConnectivityError;
use lowrank_report::{Numbers, available_memory, check_folder, read_npy, read_text};
use lowrank_spec::Spec;

use crate::Failure;

/// More threads than this is a typing error.
const MOST_THREADS: usize = 1024;

/// Options of every command.
#[derive(Debug, Clone, Default, Args)]
pub struct Common {
    /// Print JSON in place of text
    #[arg(long, global = true)]
    pub json: bool,
    /// Folder for the results; nothing is written unless it is given, but where a command says otherwise
    #[arg(long, global = true, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Number of threads, one a core unless given; no result depends on it
    #[arg(long, global = true, value_name = "NUMBER")]
    pub threads: Option<usize>,
    /// Seed of all random numbers, in place of the spec's
    #[arg(long, global = true, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(..1 << 63))]
    pub seed: Option<u64>,
    /// No progress bar and no remarks: results and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// More remarks on the terminal: seeds, memory, residuals
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

impl Common {
    /// The number of threads.
    ///
    /// # Errors
    /// None, or more than 1024.
    pub fn threads(&self) -> Result<usize, Failure> {
        match self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)) {
            threads @ 1..=MOST_THREADS => Ok(threads),
            other => {
                Err(Failure::Input(format!("--threads: {other} threads: choose a number between 1 and {MOST_THREADS}")))
            }
        }
    }

    /// Starts the pool of threads that everything in this process shares. It comes before anything else: whatever asks for
    /// the pool first (a decomposition of the linear algebra, for example) would start one of its own size.
    ///
    /// # Errors
    /// As for [`Common::threads`]; threads that the system does not give; a pool of another size that is there already.
    pub fn spread(&self) -> Result<(), Failure> {
        let threads = self.threads()?;
        if let Err(error) = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()
            && rayon::current_num_threads() != threads
        {
            let line = format!("--threads: {threads} threads could not be started ({error}): ask for fewer");
            return Err(Failure::Computation(line));
        }
        self.detail(&format!("{} threads", rayon::current_num_threads()));
        Ok(())
    }

    /// Proves that the results can be written, before time is spent on them.
    ///
    /// # Errors
    /// A folder that cannot be made or written.
    pub fn check_out(&self) -> Result<(), Failure> {
        self.out.as_deref().map_or(Ok(()), |out| Ok(check_folder(out)?))
    }

    /// Writes the files of a result into --out, if that is given. The result is printed whether they can be written or not.
    pub(crate) fn write(&self, files: impl FnOnce(&Path) -> Result<(), Failure>) -> Option<String> {
        self.out.as_deref().and_then(|out| unwritten(out, files))
    }

    /// The spec of a file, with the seed of the command line if there is one.
    ///
    /// # Errors
    /// A file that cannot be read; a spec that is not understood.
    pub fn read(&self, path: &Path) -> Result<Spec, Failure> {
        let text = read_text(path)?;
        let mut spec = Spec::from_toml(&text).map_err(|error| in_file(path, error))?;
        spec.seed = self.seed.unwrap_or(spec.seed);
        tables(path, &mut spec)?;
        self.remark_on(&spec);
        Ok(spec)
    }
}

/// Writes the files of a result into a folder; the reason where that fails, although the folder could be written before: a disk that
/// is full by now, or a folder where a file is to be.
pub(crate) fn unwritten(out: &Path, files: impl FnOnce(&Path) -> Result<(), Failure>) -> Option<String> {
    files(out).err().map(|failure| failure.to_string())
}

/// What a population's weights may miss one by without a remark: decimal fractions.
const WEIGHTS: f64 = 1e-6;

impl Common {
    /// Says what of a spec is changed or has no effect.
    fn remark_on(&self, spec: &Spec) {
        let total: f64 = spec.structure.populations.iter().map(|population| population.weight).sum();
        if !spec.structure.populations.is_empty() && (total - 1.0).abs() > WEIGHTS {
            self.remark(&format!("structure.population: the weights sum to {total}; they are scaled to sum to 1"));
        }
        let network = &spec.network;
        if (network.tau_s, network.tau_r) != (1.0, 1.0) && !network.variants.iter().any(|name| name == "two-timescale")
        {
            self.remark("network.tau-s and network.tau-r have no effect: only the two-timescale variant has them");
        }
    }
}

/// An error with the file it is about.
pub(crate) fn in_file(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::Input(format!("{}: {error}", path.display()))
}

/// Reads the tables of inputs that have `from`; a file's place is relative to the spec's.
///
/// # Errors
/// A file that cannot be read, or holds no table.
fn tables(path: &Path, spec: &mut Spec) -> Result<(), Failure> {
    for (q, input) in spec.inputs.iter_mut().enumerate() {
        let Some(name) = &input.from else { continue };
        let here = |error: String| in_file(path, format!("input {q}: from is {name:?}: {error}"));
        let file = path.parent().unwrap_or(Path::new("")).join(name);
        let Numbers { shape, values } = read_npy(&file).map_err(|error| here(error.to_string()))?;
        let wanted = "save a matrix of two rows, times and amplitudes, [2, K]";
        input.table = match shape[..] {
            [2, 2] => {
                let why = "its shape is [2, 2], in which rows and columns cannot be told apart";
                return Err(here(format!("{why}: save a third time")));
            }
            [2, count] if count > 0 => values[..count].iter().copied().zip(values[count..].iter().copied()).collect(),
            [count, 2] if count > 0 => values.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect(),
            _ => return Err(here(format!("its shape is {shape:?}: {wanted}"))),
        };
        let increasing = input.table.windows(2).position(|pair| pair[1].0 <= pair[0].0 || !pair[1].0.is_finite());
        if let Some(i) = increasing {
            let (before, time) = (input.table[i].0, input.table[i + 1].0);
            return Err(here(format!(
                "time {} is {time} after {before}: times must be finite and increase; sort them",
                i + 1
            )));
        }
    }
    Ok(())
}

/// The vectors of the .npy file that a spec names, if it names one; the file's place is relative to the spec's.
///
/// # Errors
/// A file that cannot be read, or holds no matrix.
pub(crate) fn given_vectors(path: &Path, spec: &Spec) -> Result<Option<Vec<Vec<f64>>>, Failure> {
    match &spec.structure.vectors {
        None => Ok(None),
        Some(name) => {
            let here = |error: String| in_file(path, format!("structure.vectors is {name:?}: {error}"));
            let file = path.parent().unwrap_or(Path::new("")).join(name);
            let Numbers { shape, values } = read_npy(&file).map_err(|error| here(error.to_string()))?;
            let (neurons, layout) = (spec.network.neurons, spec.layout());
            let needed = [layout.dimension(), neurons];
            let transposed = [neurons, layout.dimension()];
            match shape[..] {
                _ if shape == needed => Ok(Some(values.chunks(neurons.max(1)).map(<[f64]>::to_vec).collect())),
                _ if shape == transposed => {
                    Err(here(format!("its shape is {shape:?}, one neuron a row: save its transpose, {needed:?}")))
                }
                _ => Err(here(format!(
                    "its shape is {shape:?}: save a matrix of one vector a row, {needed:?}, which is {} m, {} n, {} I and \
                     {} w of network.neurons = {neurons} entries",
                    layout.rank, layout.rank, layout.inputs, layout.readouts
                ))),
            }
        }
    }
}

/// The name of a spec: that of its file.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_stem().map_or_else(|| "spec".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// Whether so many bytes can be had, as far as the system tells.
///
/// # Errors
/// If they cannot.
pub(crate) fn check_memory(needed: u64) -> Result<(), Failure> {
    missing_memory(needed).map_or(Ok(()), |error| Err(Failure::Input(error.to_string())))
}

/// The error of so many bytes that cannot be had, as far as the system tells.
pub(crate) fn missing_memory(needed: u64) -> Option<ConnectivityError> {
    available_memory().and_then(|available| lowrank_connectivity::check_memory(needed, available).err())
}
