//! Many networks that share one bulk, advanced together: the engine of sweeps (T27).
//!
//! A column is one state of one network J = g chi + sum_k m^(k) n^(k)T / N. Columns share chi and differ in everything
//! else, so that a step of a block is one matrix product chi P, and then for each column a scale by its g, its rank-R
//! update and its filters. P holds what chi multiplies: phi(x) in the current variant, r in the other two.
//!
//! One product a step, hence Euler, exponential Euler or ETD-AB3. States and products are in `T`, all statistics in `f64`.
//! Nothing is allocated between the first step and the last but by products of sign and sparse bulks, for the states in the
//! order they read them. A column's numbers never depend on threads, and with a Gaussian bulk not on its block either.
//!
//! The step is a column's own (T40): at every look its local error is estimated (T37), and columns whose error is beyond the tolerance are
//! run again at half the step, those of one step side by side.

mod block;
pub(crate) mod column;
pub(crate) mod estimate;
pub(crate) mod lanes;
mod rest;
mod seen;
mod tangent;
pub(crate) mod weights;

use lowrank_connectivity::{Bulk, Scalar};
use lowrank_integrate::{Method, check_steps};
use lowrank_model::{Empirical, Transfer, Variant};

use self::block::{Block, Task};
use self::rest::LOOK_INTERVAL;
use self::seen::Accumulator;
pub use self::seen::{CellEnd, Seen};
use crate::control::{check_step, first_halvings, halve_until_believed};
use crate::{Protocol, SimulateError};

/// A time counts as a multiple of the step if it is one to this relative accuracy.
const GRID_TOLERANCE: f64 = 1e-9;

/// One column: a network on the shared bulk, and where it starts.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    /// Random strength g.
    pub g: f64,
    /// Form of the dynamics; the cells of a block may differ in time constants only.
    pub variant: Variant,
    /// m, n and I of this network, N entries each.
    pub vectors: &'a Empirical,
    /// Constant amplitudes, one an input vector.
    pub amplitudes: &'a [f64],
    /// Currents at time 0, N entries; r(0) = phi(x(0)).
    pub x0: &'a [f64],
}

/// What the engine looks after besides the protocol's times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Watch {
    /// Cells at rest leave the block: five looks or more, over five of the longest time constants, at which the root mean square of
    /// tau dy/dt is below 1e-9 (`f32`: 4e-6) of the size of the state (of the largest so far, up to one, if that is more) and, above
    /// the noise of rounding, never grows by more than a twentieth and falls on the whole. Their state stands for all later samples.
    pub leave_at_rest: bool,
    /// Largest Lyapunov exponents: one tangent vector a cell, which doubles the product; no cell leaves.
    /// The key is (seed, realisation) of their random directions, one stream a cell.
    pub lyapunov: Option<(u64, u64)>,
    /// The largest estimated error of a step, per unit time and relative to max(1, size of the state), of a column that is
    /// believed.
    pub tolerance: f64,
    /// How often the step may be halved for columns beyond the tolerance, from the protocol's step on; 0 takes that step as it is.
    pub halvings: u32,
}

/// How the one product of a step is computed; the last digits differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Products {
    /// On the calling thread: threads take whole blocks.
    Whole,
    /// In panels of rows on all threads of the current rayon pool, for a block that has the machine to itself. The panels
    /// do not depend on the number of threads.
    Panels,
}

/// Runs all `cells` on `bulk`, and gives what each showed, in their order. Lags, trajectories and other vectors than
/// n^(k) in the protocol are not for this engine.
///
/// # Errors
/// A method of more than one evaluation a step; a transient or interval that is no multiple of the step; cells of
/// different variants or sizes. A cell that runs away, or that no step serves, is no error: see [`CellEnd`].
pub fn run_cells<T: Scalar>(
    bulk: &Bulk<T>,
    transfer: Transfer,
    cells: &[Cell<'_>],
    protocol: &Protocol,
    watch: Watch,
    products: Products,
) -> Result<Vec<Seen>, SimulateError> {
    let clock = Clock::new(protocol)?;
    let method = protocol.method();
    let first = |cell: &Cell<'_>| {
        let of = (transfer, cell.variant);
        let judged = watch.halvings == 0 && watch.tolerance.is_finite();
        if judged && check_step((cell.vectors, cell.g), of, (method, clock.dt)).is_err() {
            return None;
        }
        first_halvings(cell.vectors, of, (method, clock.dt), false, watch.halvings)
    };
    let first: Vec<Option<u32>> = cells.iter().map(first).collect();
    let tried: Vec<usize> = (0..cells.len()).filter(|cell| first[*cell].is_some()).collect();
    let at = |halvings: u32, again: &[usize]| {
        let columns: Vec<Cell<'_>> = again.iter().map(|i| cells[tried[*i]]).collect();
        let lines: Vec<u64> = again.iter().map(|i| tried[*i] as u64).collect();
        run_at(bulk, transfer, (&columns, &lines), method, &clock.halved(halvings)?, (watch, products))
    };
    let believed = |seen: &Seen| !matches!(seen.end, CellEnd::Inaccurate(_));
    let of_tried: Vec<u32> = first.iter().flatten().copied().collect();
    let mut seen = halve_until_believed(&of_tried, watch.halvings, at, believed)?.into_iter();
    let shortest = clock.dt / f64::from(1_u32 << watch.halvings);
    // No step serves what has none to begin with.
    let untried = |cell: &Cell<'_>| {
        let nothing = Accumulator::new(cell.x0.len(), cell.vectors.layout().rank);
        Seen { step: shortest, ..nothing.finish(CellEnd::Inaccurate(0.0), None, f64::INFINITY) }
    };
    let each = cells.iter().zip(first).filter_map(|(cell, first)| match first {
        Some(_) => seen.next(),
        None => Some(untried(cell)),
    });
    Ok(each.collect())
}

/// All `cells` at one step; the lines of the random numbers of their tangent vectors beside them.
fn run_at<T: Scalar>(
    bulk: &Bulk<T>,
    transfer: Transfer,
    (cells, lines): (&[Cell<'_>], &[u64]),
    method: Method,
    clock: &Clock,
    (watch, products): (Watch, Products),
) -> Result<Vec<Seen>, SimulateError> {
    let mut block = Block::new(bulk, transfer, (cells, lines), method, clock.dt, (watch, products))?;
    let mut seen: Vec<Option<Seen>> = vec![None; cells.len()];
    for step in 0..=clock.steps {
        if block.is_empty() {
            break;
        }
        let task = Task {
            time: step as f64 * clock.dt,
            sampling: clock.samples_at(step),
            looking: step % clock.look == 0,
            remaining: clock.samples_from(step),
            advancing: step < clock.steps,
        };
        block.step(task, &mut seen);
        if task.advancing && clock.ends_interval(step + 1) {
            block.renormalise(step >= clock.first);
        }
    }
    block.finish(clock.steps as f64 * clock.dt, clock.window(), &mut seen);
    Ok(seen.into_iter().flatten().map(|seen| Seen { step: clock.dt, ..seen }).collect())
}

/// Refuses a protocol whose times no whole number of steps reaches.
///
/// # Errors
/// The first such time, with the step.
pub fn check_clock(protocol: &Protocol) -> Result<(), SimulateError> {
    Clock::new(protocol).map(drop)
}

/// Bytes of a block in flight, without the bulk: `columns` states of `neurons` neurons of `precision` bytes (4 or 8), each
/// with `rank` outer products and `inputs` input vectors of its own.
pub fn block_bytes(
    neurons: usize,
    (rank, inputs): (usize, usize),
    columns: usize,
    variant: Variant,
    precision: usize,
    lyapunov: bool,
) -> u64 {
    // P and Q; a state where it is not P, a rest where it is not Q, and three of the past for each filter.
    let matrices = match variant {
        Variant::Current => 6,
        Variant::Rate => 6,
        Variant::TwoTimescale { .. } => 10,
    };
    let doubled = if lyapunov { 2 } else { 1 };
    // m, n and the input of a column in `T`; all vectors as they were drawn; three sums, the start and the time average.
    let own = (2 * rank + 1) * precision + (2 * rank + inputs + 5) * size_of::<f64>();
    let of_neuron = (matrices * doubled * precision + own) as u64;
    of_neuron.saturating_mul(neurons as u64).saturating_mul(columns as u64)
}

/// The steps of a run, counted.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Clock {
    dt: f64,
    /// Step of the first sample, steps between samples, last step.
    first: usize,
    interval: usize,
    steps: usize,
    /// Steps between looks at the speed.
    look: usize,
}

impl Clock {
    fn new(protocol: &Protocol) -> Result<Self, SimulateError> {
        let timing = protocol.timing();
        let count = |field: &'static str, time: f64| {
            let steps = (time / timing.step).round();
            let off = (steps * timing.step - time).abs() > GRID_TOLERANCE * time;
            if off { Err(SimulateError::OffStep { field, value: time, step: timing.step }) } else { Ok(steps as usize) }
        };
        let first = count("run.transient", timing.transient)?;
        let interval = count("run.interval", timing.interval)?.max(1);
        let steps = first + interval * (protocol.samples() - 1);
        check_steps(steps.max(1))?;
        let look = (LOOK_INTERVAL / timing.step * (1.0 - GRID_TOLERANCE)).ceil().max(1.0) as usize;
        Ok(Self { dt: timing.step, first, interval, steps, look })
    }

    /// The same times in steps of dt / 2^`halvings`.
    fn halved(&self, halvings: u32) -> Result<Self, SimulateError> {
        let parts = 1_usize << halvings;
        let Self { dt, first, interval, steps, look } = *self;
        check_steps(steps.saturating_mul(parts).max(1))?;
        let times = [first, interval, steps, look].map(|count| count * parts);
        let [first, interval, steps, look] = times;
        Ok(Self { dt: dt / parts as f64, first, interval, steps, look })
    }

    fn samples_at(&self, step: usize) -> bool {
        step >= self.first && (step - self.first).is_multiple_of(self.interval)
    }

    /// Samples at this step and later.
    fn samples_from(&self, step: usize) -> usize {
        (self.steps - step.max(self.first)) / self.interval + 1
    }

    /// Whether a tangent vector is brought back to unit length at this step: at samples, and as often before the first.
    fn ends_interval(&self, step: usize) -> bool {
        step % self.interval == self.first % self.interval
    }

    /// Length of the measuring window.
    fn window(&self) -> f64 {
        (self.steps - self.first) as f64 * self.dt
    }
}

#[cfg(test)]
mod tests;
