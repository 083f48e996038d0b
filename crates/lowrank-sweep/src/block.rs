//! One block: its cells on their bulks, and the bytes of what they showed.

use lowrank_connectivity::{Bulk, Scalar, draw_vectors};
use lowrank_model::{Empirical, Model};
use lowrank_simulate::{Cell, Seen, Watch, initial_currents_along, run_cells, sizes_of};
use lowrank_spec::{BulkFor, Precision};

use crate::bulks::{Bulks, draw};
use crate::cells::Part;
use crate::fields::Row;
use crate::{Sweep, SweepError};

/// Runs blocks of one sweep, from any number of threads.
#[derive(Debug)]
pub struct Runner<'a> {
    sweep: &'a Sweep,
    single: Bulks<f32>,
    double: Bulks<f64>,
}

/// One cell, ready to run.
struct Ready {
    model: Model,
    amplitudes: Vec<f64>,
    vectors: Empirical,
    /// The key of its random numbers.
    realisation: u64,
    /// Initial currents of every column: of all copies, then of their mirror images, unless those need no simulation.
    starts: Vec<Vec<f64>>,
    /// Whether mirror images are taken from the originals.
    odd: bool,
}

impl<'a> Runner<'a> {
    /// A runner that holds no bulk yet.
    pub fn new(sweep: &'a Sweep) -> Self {
        Self { sweep, single: Bulks::default(), double: Bulks::default() }
    }

    /// The result of a block: a function of the spec and the index alone (and of the instruction set of the machine).
    ///
    /// # Errors
    /// A block that the sweep does not have; memory that is not there.
    pub fn run(&self, block: usize) -> Result<Vec<u8>, SweepError> {
        let part = self.sweep.part(block)?;
        let rows = match self.sweep.spec.network.precision {
            Precision::F32 => self.rows(&part, &self.single)?,
            Precision::F64 => self.rows(&part, &self.double)?,
        };
        let mut bytes = Vec::with_capacity(self.sweep.payload(&part));
        rows.iter().for_each(|row| row.write(&mut bytes));
        Ok(bytes)
    }

    fn rows<T: Scalar>(&self, part: &Part, bulks: &Bulks<T>) -> Result<Vec<Row>, SweepError> {
        let sweep = self.sweep;
        let cells = part.first..part.first + part.cells;
        match sweep.spec.bulk_for {
            BulkFor::Realisation => {
                let (mut ready, mut there) = (Vec::new(), Vec::new());
                for cell in cells {
                    there.push(sweep.has_model(part.variant, cell));
                    if sweep.has_model(part.variant, cell) {
                        ready.push(sweep.ready(part, cell, part.realisation)?);
                    }
                }
                if ready.is_empty() {
                    return Ok(there.iter().flat_map(|_| sweep.without_model()).collect());
                }
                let bulk = bulks.of(sweep, part.realisation)?;
                let mut found = sweep.run_together(&bulk, &ready)?.into_iter();
                let of_cell = |there: bool| -> Vec<Row> {
                    if there { found.by_ref().take(sweep.starts()).collect() } else { sweep.without_model() }
                };
                Ok(there.into_iter().flat_map(of_cell).collect())
            }
            BulkFor::Cell => {
                let mut rows = Vec::new();
                for cell in cells {
                    if !sweep.has_model(part.variant, cell) {
                        rows.extend(sweep.without_model());
                        continue;
                    }
                    let realisation = part.realisation * sweep.grid() as u64 + cell as u64;
                    let ready = sweep.ready(part, cell, realisation)?;
                    rows.extend(sweep.run_together(&draw::<T>(sweep, realisation)?, &[ready])?);
                }
                Ok(rows)
            }
        }
    }
}

impl Sweep {
    fn ready(&self, part: &Part, cell: usize, realisation: u64) -> Result<Ready, SweepError> {
        let (spec, draft) = (&self.spec, self.draft(cell)?);
        let (neurons, seed) = (spec.network.neurons, spec.seed);
        let (initial, amplitudes) = (draft.initial(), draft.amplitudes());
        let model = draft.model(self.variants[part.variant])?;
        let vectors = draw_vectors(model.ensemble(), neurons, self.sampling(), seed, realisation)?;
        let x0 = initial_currents_along(&vectors, &initial, spec.start.copies, seed, realisation)?;
        let mut starts: Vec<Vec<f64>> = x0.col_iter().map(|column| column.iter().copied().collect()).collect();
        let odd = self.transfer.is_odd() && amplitudes.iter().all(|a| *a == 0.0);
        if spec.start.mirrored && !odd {
            starts.extend(starts.clone().into_iter().map(|x0| x0.into_iter().map(|x| -x).collect()));
        }
        Ok(Ready { model, amplitudes, vectors, realisation, starts, odd })
    }

    /// The rows of a cell that has no network, from all starts.
    fn without_model(&self) -> Vec<Row> {
        vec![Row::without_model(self.rank()); self.starts()]
    }

    fn row(&self, copies: &[Seen], ready: &Ready) -> Row {
        let sizes = sizes_of(ready.vectors.vectors()[..self.rank()].iter().map(Vec::as_slice));
        Row::of(copies, &sizes, ready.odd, self.spec.thresholds.structure)
    }

    /// Rows of cells on one bulk.
    fn run_together<T: Scalar>(&self, bulk: &Bulk<T>, ready: &[Ready]) -> Result<Vec<Row>, SweepError> {
        let run = &self.spec.run;
        let columns = ready.iter().flat_map(|ready| {
            ready.starts.iter().map(|x0| Cell {
                g: ready.model.g(),
                variant: ready.model.variant(),
                vectors: &ready.vectors,
                amplitudes: &ready.amplitudes,
                x0,
            })
        });
        let columns: Vec<Cell<'_>> = columns.collect();
        let key = ready.first().map_or(0, |ready| ready.realisation);
        let watch = Watch {
            leave_at_rest: run.leave_at_rest,
            lyapunov: run.lyapunov.then_some((self.spec.seed, key)),
            tolerance: self.protocol.tolerance(),
            halvings: self.protocol.halvings(),
        };
        let mut seen = run_cells(bulk, self.transfer, &columns, &self.protocol, watch, self.products())?.into_iter();
        let (copies, mirrored) = (self.spec.start.copies, self.spec.start.mirrored);
        let mut rows = Vec::with_capacity(ready.len() * self.starts());
        for ready in ready {
            let originals: Vec<Seen> = seen.by_ref().take(copies).collect();
            rows.push(self.row(&originals, ready));
            if mirrored {
                let images: Vec<Seen> = if ready.odd {
                    originals.into_iter().map(Seen::mirrored).collect()
                } else {
                    seen.by_ref().take(copies).collect()
                };
                rows.push(self.row(&images, ready));
            }
        }
        Ok(rows)
    }
}
