//! A checked sweep: its cells, its blocks, the memory it takes.

use lowrank_connectivity::{BulkKind, Sampling, check_memory};
use lowrank_integrate::Method;
use lowrank_model::{Initial, Model, Transfer, Variant, Vector};
use lowrank_simulate::{Products, Protocol, Timing, block_bytes, check_clock};

use crate::cells::{Draft, Part};
use crate::definition::{Axis, BulkFor, Precision, Sampled};
use crate::fields::{self, Row};
use crate::{Definition, Parameter, SweepError};

/// Version of what the bytes of a block mean.
pub const SCHEMA: u32 = 1;
/// More cells than this are a typing error.
const MOST_CELLS: usize = 100_000_000;
/// Bytes of the program itself, its stacks and buffers.
const PROGRAM: u64 = 16 << 20;
/// Longest step in units of the shortest time constant: the one of the published diagram; beyond, methods grow unstable.
const LONGEST_STEP: f64 = 0.5;
/// From so many neurons on one block fills the machine, and its product is spread over all threads.
const LARGE: usize = 4096;
/// The same for a block that has no other beside it: below, a product is shorter than waking a thread.
const LARGE_ALONE: usize = 512;

/// A definition that has been checked, every cell of it.
#[derive(Debug, Clone)]
pub struct Sweep {
    pub(crate) definition: Definition,
    canonical: String,
    pub(crate) axes: Vec<(Parameter, Vec<f64>)>,
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
    /// Checks a definition.
    ///
    /// # Errors
    /// The first field that no network or run could have, with its value and its limit.
    pub fn new(definition: Definition) -> Result<Self, SweepError> {
        let canonical = definition.canonical()?;
        at_least("realisations", definition.realisations as usize, 1)?;
        at_least("cells-a-block", definition.cells_a_block, 1)?;
        at_least("network.neurons", definition.network.neurons, 2)?;
        at_least("start.copies", definition.start.copies.0, 1)?;
        for (field, value) in [
            ("thresholds.structure", definition.thresholds.structure),
            ("thresholds.chaoticity", definition.thresholds.chaoticity),
        ] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(out_of_range(field, value, "a finite number > 0"));
            }
        }
        let network = &definition.network;
        let axes = definition.axes.iter().map(values).collect::<Result<Vec<_>, _>>()?;
        set_once(&axes)?;
        let variants = variants(&definition)?;
        let one_timescale = !variants.iter().any(|variant| matches!(variant, Variant::TwoTimescale { .. }));
        for (parameter, _) in &axes {
            if one_timescale && matches!(parameter, Parameter::TauS | Parameter::TauR) {
                return Err(out_of_range("network.variants", "without two-timescale", "with it for an axis of it"));
            }
        }
        let run = &definition.run;
        let timing = Timing { transient: run.transient, window: run.window, interval: run.interval, step: run.step };
        let protocol = Protocol::new(timing, method(&run.method)?)?;
        check_clock(&protocol)?;
        if run.lyapunov && protocol.samples() < 2 {
            return Err(out_of_range("run.window", run.window, "at least one interval where exponents are measured"));
        }
        let sweep = Self {
            transfer: network.transfer.parse()?,
            bulk: network.bulk.parse()?,
            base: Draft::new(&definition)?,
            canonical,
            axes,
            variants,
            protocol,
            definition,
        };
        let cells =
            sweep.axes.iter().try_fold(sweep.variants.len(), |cells, (_, values)| cells.checked_mul(values.len()));
        let networks = cells.and_then(|cells| cells.checked_mul(sweep.definition.realisations as usize));
        if networks.is_none_or(|networks| networks > MOST_CELLS) {
            return Err(out_of_range(
                "the grid",
                format!("more than {MOST_CELLS} cells in all realisations"),
                "smaller: take points from an axis, or realisations",
            ));
        }
        sweep.check_neurons()?;
        for variant in 0..sweep.variants.len() {
            (0..sweep.grid())
                .try_for_each(|cell| sweep.model(variant, cell).and_then(|model| sweep.check_step(&model)))?;
        }
        sweep.initial(&sweep.draft(0)?)?.coefficients(sweep.model(0, 0)?.ensemble())?;
        Ok(sweep)
    }

    /// Refuses a step that is too long for the shorter of two time constants.
    fn check_step(&self, model: &Model) -> Result<(), SweepError> {
        let (tau_s, tau_r) = model.variant().time_constants();
        let shortest = [tau_s, tau_r].into_iter().filter(|tau| *tau > 0.0).fold(f64::INFINITY, f64::min);
        let step = self.definition.run.step;
        if step > LONGEST_STEP * shortest {
            let found = format!("{step} where a time constant is {shortest}");
            return Err(out_of_range(
                "run.step",
                found,
                "at most half the shortest time constant; a fifth is accurate",
            ));
        }
        Ok(())
    }

    /// Refuses fewer neurons than the bulk or exact moments need.
    fn check_neurons(&self) -> Result<(), SweepError> {
        let (neurons, vectors) = (self.definition.network.neurons, 2 * self.rank() + self.definition.structure.inputs);
        if let BulkKind::Sparse { inputs } = self.bulk
            && !(1..=neurons).contains(&inputs)
        {
            return Err(out_of_range("network.bulk", self.bulk, "sparse:K with K inputs from 1 to network.neurons"));
        }
        if self.definition.structure.sampling == Sampled::Matched && vectors > 0 && neurons < vectors + 2 {
            return Err(out_of_range(
                "network.neurons",
                neurons,
                ">= two more than there are vectors, to match moments",
            ));
        }
        Ok(())
    }

    /// What was written down.
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// The canonical text: what identifies the sweep besides its seed.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The axes with their values.
    pub fn axes(&self) -> &[(Parameter, Vec<f64>)] {
        &self.axes
    }

    /// Cells of the grid of one variant.
    pub fn grid(&self) -> usize {
        self.axes.iter().map(|(_, values)| values.len()).product()
    }

    /// Cells of one realisation, in all variants.
    pub fn cells(&self) -> usize {
        self.variants.len() * self.grid()
    }

    /// Blocks of one variant of one realisation.
    fn parts(&self) -> usize {
        self.grid().div_ceil(self.definition.cells_a_block)
    }

    /// Number of blocks.
    pub fn blocks(&self) -> usize {
        self.definition.realisations as usize * self.variants.len() * self.parts()
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
        let first = part * self.definition.cells_a_block;
        Ok(Part {
            realisation: (group / self.variants.len()) as u64,
            variant: group % self.variants.len(),
            first,
            cells: self.definition.cells_a_block.min(self.grid() - first),
        })
    }

    /// Bytes of the result of a block.
    pub(crate) fn payload(&self, part: &Part) -> usize {
        part.cells * self.starts() * Row::bytes(self.rank())
    }

    /// Rows of a cell: from the start, and from its mirror image.
    pub(crate) fn starts(&self) -> usize {
        if self.definition.start.mirrored { 2 } else { 1 }
    }

    pub(crate) fn rank(&self) -> usize {
        self.definition.structure.rank
    }

    /// Names of the fields that are measured, in the order of their columns.
    pub fn fields(&self) -> Vec<String> {
        fields::names(self.rank())
    }

    /// What a run on `threads` threads holds in memory: blocks of large networks are run one at a time.
    pub fn memory(&self, threads: usize) -> Memory {
        let network = &self.definition.network;
        let precision = match network.precision {
            Precision::F32 => 4,
            Precision::F64 => 8,
        };
        let threads = self.threads(threads).min(self.blocks()) as u64;
        let bulks = match self.definition.bulk_for {
            BulkFor::Realisation => threads.min(self.definition.realisations),
            BulkFor::Cell => threads,
        };
        let together = match self.definition.bulk_for {
            BulkFor::Realisation => self.definition.cells_a_block.min(self.grid()),
            BulkFor::Cell => 1,
        };
        let columns = together * self.definition.start.copies.0 * self.starts();
        let vectors = (self.rank(), self.definition.structure.inputs);
        let of = |variant: &Variant| {
            block_bytes(network.neurons, vectors, columns, *variant, precision, self.definition.run.lyapunov)
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
        if self.definition.network.neurons >= alone { Products::Panels } else { Products::Whole }
    }

    pub(crate) fn sampling(&self) -> Sampling {
        match self.definition.structure.sampling {
            Sampled::Matched => Sampling::Matched,
            Sampled::Independent => Sampling::Independent,
        }
    }

    /// The law of the initial state of a cell.
    pub(crate) fn initial(&self, draft: &Draft) -> Result<Initial, SweepError> {
        let along = self.definition.start.along.iter();
        let along = along.map(|(name, c)| Ok((name.parse::<Vector>()?, *c))).collect::<Result<_, SweepError>>()?;
        Ok(Initial { along, deviation: draft.deviation })
    }
}

fn at_least(field: &str, value: usize, limit: usize) -> Result<(), SweepError> {
    if value >= limit { Ok(()) } else { Err(out_of_range(field, value, if limit == 1 { ">= 1" } else { ">= 2" })) }
}

pub(crate) fn out_of_range(field: impl ToString, value: impl ToString, relation: &'static str) -> SweepError {
    SweepError::OutOfRange { field: field.to_string(), value: value.to_string(), relation }
}

/// The values of an axis.
fn values(axis: &Axis) -> Result<(Parameter, Vec<f64>), SweepError> {
    let parameter: Parameter = axis.parameter.parse()?;
    let field = format!("axis {parameter}");
    let values = match (axis.values.as_slice(), axis.from, axis.to, axis.points) {
        ([_, ..], None, None, None) => axis.values.clone(),
        ([], Some(from), Some(to), Some(points @ 2..=MOST_CELLS)) => {
            (0..points).map(|i| from + (to - from) * i as f64 / (points - 1) as f64).collect()
        }
        ([], Some(_), Some(_), Some(points)) => return Err(out_of_range(field + ".points", points, ">= 2 and <= 1e8")),
        _ => return Err(out_of_range(field, "incomplete", "values, or from, to and points, and not both")),
    };
    match values.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(out_of_range(field, value, "finite numbers")),
        None => Ok((parameter, values)),
    }
}

/// Refuses two axes that set the same thing.
fn set_once(axes: &[(Parameter, Vec<f64>)]) -> Result<(), SweepError> {
    for (i, (second, _)) in axes.iter().enumerate() {
        for (first, _) in &axes[..i] {
            if let Some(both) = first.sets().into_iter().find(|set| second.sets().contains(set)) {
                let (first, second) = (first.to_string(), second.to_string());
                return Err(SweepError::SetTwice { first, second, what: both.to_string() });
            }
        }
    }
    Ok(())
}

/// The variants by name, each once.
fn variants(definition: &Definition) -> Result<Vec<Variant>, SweepError> {
    let network = &definition.network;
    let mut variants = Vec::new();
    for name in &network.variants {
        let variant = match name.as_str() {
            "current" => Variant::Current,
            "rate" => Variant::Rate,
            "two-timescale" => Variant::two_timescale(network.tau_s, network.tau_r)?,
            _ => {
                let known = "current, rate, two-timescale".to_owned();
                return Err(SweepError::UnknownName {
                    field: "network.variants".to_owned(),
                    name: name.clone(),
                    known,
                });
            }
        };
        if variants.contains(&variant) {
            return Err(out_of_range("network.variants", format!("{name} twice"), "each variant once"));
        }
        variants.push(variant);
    }
    if variants.is_empty() {
        return Err(out_of_range("network.variants", "empty", "one or more of current, rate, two-timescale"));
    }
    Ok(variants)
}

fn method(name: &str) -> Result<Method, SweepError> {
    let able = [Method::EtdAb3, Method::Euler, Method::ExponentialEuler];
    able.into_iter().find(|method| method.name() == name).ok_or_else(|| SweepError::UnknownName {
        field: "run.method".to_owned(),
        name: name.to_owned(),
        known: able.map(Method::name).join(", "),
    })
}
