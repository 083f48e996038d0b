//! A checked sweep: its cells, its blocks, the memory it takes.

use lowrank_connectivity::{BulkKind, Sampling, check_memory};
use lowrank_model::{Transfer, Variant};
use lowrank_simulate::{Products, Protocol, block_bytes, check_clock, check_given_step};
use lowrank_spec::{BulkFor, Draft, Grid, MOST_NETWORKS, Parameter, Precision, Spec, Step, check_step, out_of_range};

use crate::cells::Part;
use crate::fields::{self, Row};
use crate::{SweepError, refusals};

/// Version of what the bytes of a block mean.
pub const SCHEMA: u32 = 2;
/// Bytes of the program itself, its stacks and buffers.
const PROGRAM: u64 = 16 << 20;
/// From so many neurons on one block fills the machine, and its product is spread over all threads.
const LARGE: usize = 4096;
/// The same for a block that has no other beside it: below, a product is shorter than waking a thread.
const LARGE_ALONE: usize = 512;

/// A spec that has been checked, every cell of it.
#[derive(Debug, Clone)]
pub struct Sweep {
    pub(crate) spec: Spec,
    canonical: String,
    pub(crate) grid: Grid,
    pub(crate) variants: Vec<Variant>,
    pub(crate) transfer: Transfer,
    pub(crate) bulk: BulkKind,
    pub(crate) protocol: Protocol,
    pub(crate) base: Draft,
}

/// Bytes that a sweep takes while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Of one bulk.
    pub bulk: u64,
    /// Bulks held at once.
    pub bulks: u64,
    /// Of one block in flight: states, vectors, statistics.
    pub block: u64,
    /// Blocks in flight.
    pub blocks: u64,
}

impl Memory {
    /// All together, the program included.
    pub fn total(&self) -> u64 {
        let blocks = self.block.saturating_mul(self.blocks);
        self.bulk.saturating_mul(self.bulks).saturating_add(blocks).saturating_add(PROGRAM)
    }

    /// Whether it fits into nine tenths of the `available` bytes.
    ///
    /// # Errors
    /// If it does not, with both numbers and what to do.
    pub fn check(&self, available: u64) -> Result<(), SweepError> {
        Ok(check_memory(self.total(), available)?)
    }
}

impl Sweep {
    /// Checks a spec.
    ///
    /// # Errors
    /// What single networks can have and sweeps cannot; the first field that no network or run could have, with its value
    /// and its limit.
    pub fn new(spec: Spec) -> Result<Self, SweepError> {
        let canonical = spec.canonical()?;
        refusals::check(&spec)?;
        let sweep = Self {
            transfer: spec.transfer()?,
            bulk: spec.network.bulk.parse()?,
            base: Draft::new(&spec, None)?,
            grid: Grid::new(&spec)?,
            variants: spec.variants()?,
            protocol: spec.run.protocol(false)?,
            canonical,
            spec,
        };
        check_clock(&sweep.protocol)?;
        if sweep.spec.run.lyapunov && sweep.protocol.samples() < 2 {
            let relation = "at least one interval where exponents are measured";
            return Err(out_of_range("run.window", sweep.spec.run.window, relation).into());
        }
        let networks = (sweep.cells() as u64).checked_mul(sweep.spec.realisations);
        if networks.is_none_or(|networks| networks > MOST_NETWORKS) {
            let value = format!("more than {MOST_NETWORKS} cells in all realisations");
            let relation = "smaller: take points from an axis, or realisations";
            return Err(out_of_range("the grid", value, relation).into());
        }
        let mut refused = None;
        let mut there = None;
        for variant in 0..sweep.variants.len() {
            for cell in 0..sweep.grid() {
                let model = match sweep.model(variant, cell) {
                    // Values that do not go together cost their cell only.
                    Err(SweepError::Spec(error)) if error.is_of_cell() => {
                        refused.get_or_insert(error);
                        continue;
                    }
                    model => model?,
                };
                there.get_or_insert((variant, cell));
                check_step(sweep.spec.run.step, model.variant())?;
                let Step::Fixed(step) = sweep.spec.run.step else { continue };
                check_given_step(&model, sweep.protocol.method(), step).map_err(|error| SweepError::Step {
                    cell: sweep.grid.name(&sweep.values(cell)),
                    variant: model.variant().name(),
                    error,
                })?;
            }
        }
        match (there, refused) {
            (Some((variant, cell)), _) => {
                sweep.draft(cell)?.initial().coefficients(sweep.model(variant, cell)?.ensemble())?;
            }
            (None, Some(error)) => return Err(error.into()),
            (None, None) => {}
        }
        Ok(sweep)
    }

    /// What was written down.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The canonical text: what identifies the sweep besides its seed.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The axes with their values.
    pub fn axes(&self) -> &[(Parameter, Vec<f64>)] {
        self.grid.axes()
    }

    /// Cells of the grid of one variant.
    pub fn grid(&self) -> usize {
        self.grid.cells()
    }

    /// Cells of one realisation, in all variants.
    pub fn cells(&self) -> usize {
        self.variants.len() * self.grid()
    }

    /// Blocks of one variant of one realisation.
    fn parts(&self) -> usize {
        self.grid().div_ceil(self.spec.cells_a_block)
    }

    /// Number of blocks.
    pub fn blocks(&self) -> usize {
        self.spec.realisations as usize * self.variants.len() * self.parts()
    }

    /// What block `block` computes.
    ///
    /// # Errors
    /// A block that the sweep does not have.
    pub fn part(&self, block: usize) -> Result<Part, SweepError> {
        let (parts, blocks) = (self.parts(), self.blocks());
        if block >= blocks {
            return Err(SweepError::NoSuchBlock { block, blocks });
        }
        let (group, part) = (block / parts, block % parts);
        let first = part * self.spec.cells_a_block;
        Ok(Part {
            realisation: (group / self.variants.len()) as u64,
            variant: group % self.variants.len(),
            first,
            cells: self.spec.cells_a_block.min(self.grid() - first),
        })
    }

    /// Bytes of the result of a block.
    pub(crate) fn payload(&self, part: &Part) -> usize {
        part.cells * self.starts() * Row::bytes(self.rank())
    }

    /// Rows of a cell: from the start, and from its mirror image.
    pub(crate) fn starts(&self) -> usize {
        if self.spec.start.mirrored { 2 } else { 1 }
    }

    pub(crate) fn rank(&self) -> usize {
        self.base.layout().rank
    }

    /// Names of the fields that are measured, in the order of their columns.
    pub fn fields(&self) -> Vec<String> {
        fields::names(self.rank())
    }

    /// What a run on `threads` threads holds in memory: blocks of large networks are run one at a time.
    pub fn memory(&self, threads: usize) -> Memory {
        let network = &self.spec.network;
        let precision = match network.precision {
            Precision::F32 => 4,
            Precision::F64 => 8,
        };
        let threads = self.threads(threads).min(self.blocks()) as u64;
        let bulks = match self.spec.bulk_for {
            BulkFor::Realisation => threads.min(self.spec.realisations),
            BulkFor::Cell => threads,
        };
        let together = match self.spec.bulk_for {
            BulkFor::Realisation => self.spec.cells_a_block.min(self.grid()),
            BulkFor::Cell => 1,
        };
        let columns = together * self.spec.start.copies * self.starts();
        let vectors = (self.rank(), self.spec.inputs.len());
        let of = |variant: &Variant| {
            block_bytes(network.neurons, vectors, columns, *variant, precision, self.spec.run.lyapunov)
        };
        Memory {
            bulk: self.bulk.bytes(network.neurons, precision),
            bulks,
            block: self.variants.iter().map(of).max().unwrap_or(0),
            blocks: threads,
        }
    }

    /// How many blocks run side by side where `threads` threads are given: one, which uses all of them, if the network is
    /// large or there is no other.
    pub fn threads(&self, threads: usize) -> usize {
        match self.products() {
            Products::Panels => 1,
            Products::Whole => threads.max(1),
        }
    }

    pub(crate) fn products(&self) -> Products {
        let alone = if self.blocks() == 1 { LARGE_ALONE } else { LARGE };
        if self.spec.network.neurons >= alone { Products::Panels } else { Products::Whole }
    }

    pub(crate) fn sampling(&self) -> Sampling {
        self.spec.structure.sampling.into()
    }
}
