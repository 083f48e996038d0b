//! The state of a block, and one step of it (T2).
//!
//! x filters J r + I with tau_s, r filters phi(x) with tau_r; a filter whose time constant is zero passes its rest on. Both
//! filters, and the tangent vectors that go through them, take the same three lines.

use faer::{MatMut, MatRef};
use lowrank_connectivity::{Bulk, Scalar};
use lowrank_integrate::Method;
use lowrank_model::{Transfer, Variant};

use super::column::Column;
use super::estimate::Filtered;
use super::seen::{CellEnd, Seen};
use super::tangent::{direction, length};
use super::weights::Weights;
use super::{Cell, Products, Watch, lanes};
use crate::SimulateError;
use crate::control::{of_state, of_tangent, unfaithful, unstable};
use crate::escape::Growth;

/// What is done at one step besides the step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task {
    pub(super) time: f64,
    /// Take a sample.
    pub(super) sampling: bool,
    /// Look whether cells are at rest.
    pub(super) looking: bool,
    /// Samples not yet taken, this one included.
    pub(super) remaining: usize,
    /// Move on to the next time.
    pub(super) advancing: bool,
}

/// A block of c columns. All matrices are `[n x c]`, column after column; with exponents `[n x 2c]`, tangent vectors
/// behind the states.
pub(super) struct Block<'a, T> {
    bulk: &'a Bulk<T>,
    cells: &'a [Cell<'a>],
    method: Method,
    dt: f64,
    transfer: Transfer,
    n: usize,
    columns: Vec<Column<T>>,
    watch: Watch,
    products: Products,
    /// Whether x and r are filtered.
    filtered: (bool, bool),
    /// What chi multiplies: r.
    p: Vec<T>,
    /// chi P, then J P + I: the rest of x, or x itself where it is not filtered.
    q: Vec<T>,
    /// x where it is filtered, and its rest one and two steps ago.
    x: Vec<T>,
    x_past: [Vec<T>; 2],
    /// phi(x), the rest of r where it is filtered, and one and two steps ago.
    phi: Vec<T>,
    r_past: [Vec<T>; 2],
    /// The rests three steps ago, at looks: of x and of r.
    x_oldest: Vec<T>,
    r_oldest: Vec<T>,
    /// `[n]`: phi'(x) of one column.
    slope: Vec<T>,
    /// Steps made, up to three.
    known: usize,
}

/// The column that begins at `start`.
macro_rules! column {
    ($matrix:expr, $start:expr, $n:expr) => {
        $matrix[$start..][..$n]
    };
}

impl<'a, T: Scalar> Block<'a, T> {
    pub(super) fn new(
        bulk: &'a Bulk<T>,
        transfer: Transfer,
        (cells, lines): (&'a [Cell<'a>], &[u64]),
        method: Method,
        dt: f64,
        (watch, products): (Watch, Products),
    ) -> Result<Self, SimulateError> {
        let n = bulk.neurons();
        let variant = cells.first().map_or(Variant::Current, |cell| cell.variant);
        let mut columns: Vec<Column<T>> = Vec::with_capacity(cells.len());
        for (i, cell) in cells.iter().enumerate() {
            let before = columns.last().zip(i.checked_sub(1).map(|before| &cells[before]));
            columns.push(Column::new(i, cell, before, (variant, transfer), n, method, dt)?);
        }
        let (tau_s, tau_r) = variant.time_constants();
        let filtered = (tau_s > 0.0, tau_r > 0.0);
        let size = n * columns.len() * if watch.lyapunov.is_some() { 2 } else { 1 };
        let zeros = |needed| vec![T::ZERO; if needed { size } else { 0 }];
        // One rest of the past tells the error of a step of first order; ETD-AB3 has two.
        let past = |filtered| [zeros(filtered), zeros(filtered && method == Method::EtdAb3)];
        let mut block = Self {
            bulk,
            cells,
            method,
            dt,
            transfer,
            n,
            columns,
            watch,
            products,
            filtered,
            p: zeros(true),
            q: zeros(true),
            x: zeros(filtered.0),
            x_past: past(filtered.0),
            phi: zeros(filtered.1),
            r_past: past(filtered.1),
            x_oldest: zeros(filtered.0 && method == Method::EtdAb3),
            r_oldest: zeros(filtered.1 && method == Method::EtdAb3),
            slope: vec![T::ZERO; if watch.lyapunov.is_some() { n } else { 0 }],
            known: 0,
        };
        block.start(cells, lines);
        Ok(block)
    }

    /// The initial states and tangent vectors.
    fn start(&mut self, cells: &[Cell<'_>], lines: &[u64]) {
        let (n, count) = (self.n, cells.len());
        for (j, cell) in cells.iter().enumerate() {
            let at = j * n;
            let p = &mut column!(self.p, at, n);
            p.iter_mut().zip(cell.x0).for_each(|(p, x)| *p = T::from_f64(*x));
            if self.filtered.0 {
                column!(self.x, at, n).copy_from_slice(p);
            }
            let Some(key) = self.watch.lyapunov else {
                self.transfer.apply(p);
                continue;
            };
            self.transfer.apply_with_slope(p, &mut self.slope);
            let at = (count + j) * n;
            let (of_x, of_r) = direction::<T>(n, key, lines[j]);
            let p = &mut column!(self.p, at, n);
            // A vector of one part is the first.
            p.copy_from_slice(if self.filtered.0 { &of_r } else { &of_x });
            if self.filtered.0 {
                column!(self.x, at, n).copy_from_slice(&of_x);
            }
            if !self.filtered.1 {
                p.copy_from_slice(&of_x);
                lanes::multiply(p, &self.slope);
            }
        }
        self.renormalise(false);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Q = chi P.
    fn multiply(&mut self) {
        let tangents = if self.watch.lyapunov.is_some() { 2 } else { 1 };
        let (n, width) = (self.n, self.columns.len() * tangents);
        let v = MatRef::from_column_major_slice(&self.p[..n * width], n, width);
        let out = MatMut::from_column_major_slice_mut(&mut self.q[..n * width], n, width);
        let product = match self.products {
            Products::Whole => self.bulk.apply(v, out),
            Products::Panels => self.bulk.apply_par(v, out),
        };
        debug_assert!(product.is_ok(), "buffers have the bulk's shape");
    }

    /// One step. Cells that are at rest or no longer finite leave for `seen`.
    pub(super) fn step(&mut self, task: Task, seen: &mut [Option<Seen>]) {
        let count = self.columns.len();
        if task.looking {
            // What the product is about to overwrite is the rest of three steps ago.
            let active = self.n * count * if self.watch.lyapunov.is_some() { 2 } else { 1 };
            for (oldest, now) in [(&mut self.x_oldest, &self.q), (&mut self.r_oldest, &self.phi)] {
                if !oldest.is_empty() {
                    oldest[..active].copy_from_slice(&now[..active]);
                }
            }
        }
        self.multiply();
        for j in 0..count {
            self.measure(j, task);
            if self.watch.lyapunov.is_some() {
                self.measure_tangent(j, task);
            }
            if task.advancing {
                self.advance(j, j * self.n, false);
                if self.watch.lyapunov.is_some() {
                    self.advance(j, (count + j) * self.n, true);
                }
            }
        }
        if task.advancing {
            self.known = (self.known + 1).min(3);
            rotate(&mut self.q, &mut self.x_past);
            rotate(&mut self.phi, &mut self.r_past);
        }
        for j in (0..count).rev() {
            if let Some(end) = self.columns[j].end {
                let serves = matches!(end, CellEnd::AtRest(_)).then(|| self.serves(j));
                let end = if serves == Some(false) { CellEnd::Inaccurate(task.time) } else { end };
                let column = self.remove(j);
                seen[column.cell] = Some(column.sums.finish(end, None, column.error));
            }
        }
    }

    /// The rests of column `j`, its sample and its speed.
    fn measure(&mut self, j: usize, task: Task) {
        let (n, at) = (self.n, j * self.n);
        let (p, q) = (&column!(self.p, at, n), &mut column!(self.q, at, n));
        let column = &mut self.columns[j];
        column.kappa(p);
        lanes::drive(q, column.g, &column.input, &column.kappa_t, &column.vectors.m);
        let x = if self.filtered.0 { &column!(self.x, at, n) } else { &*q };
        if task.sampling {
            column.sums.take(x, p, &column.kappa, 1);
        }
        if self.filtered.1 {
            let phi = &mut column!(self.phi, at, n);
            phi.copy_from_slice(x);
            if self.watch.lyapunov.is_some() {
                self.transfer.apply_with_slope(phi, &mut self.slope);
            } else {
                self.transfer.apply(phi);
            }
        }
        if !task.looking {
            return;
        }
        let (p, q) = (&column!(self.p, at, n), &column!(self.q, at, n));
        let x = if self.filtered.0 { &column!(self.x, at, n) } else { q };
        let (tau_s, tau_r) = self.columns[j].tau;
        let of_x = if self.filtered.0 { lanes::speed(x, q) } else { (0.0, 0.0) };
        let of_r = if self.filtered.1 { lanes::speed(p, &column!(self.phi, at, n)) } else { (0.0, 0.0) };
        let square = |(change, _): (f64, f64), tau: f64| if tau > 0.0 { change / (tau * tau) } else { 0.0 };
        let rms = |sum: f64| (sum / n as f64).sqrt();
        let estimated = self.estimated(j, at);
        let (speed, size) = (rms(square(of_x, tau_s) + square(of_r, tau_r)), rms(of_x.1 + of_r.1));
        let residual = rms(of_x.0 + of_r.0);
        let column = &mut self.columns[j];
        if let Some((error, size)) = estimated.filter(|(_, size)| size.is_finite()) {
            column.error = column.error.max(of_state(error, size, column.floor));
        }
        let bounded = self.transfer.bound().is_some();
        if !(speed.is_finite() && size.is_finite()) {
            // Activity that cannot grow without bound was made to by the step.
            column.end = Some(if bounded { CellEnd::Inaccurate(task.time) } else { CellEnd::Unbounded(task.time) });
        } else if column.error > self.watch.tolerance {
            column.end = Some(CellEnd::Inaccurate(task.time));
        } else if !bounded && column.escape.look(task.time, size, speed, column.drive) {
            column.end = Some(CellEnd::Unbounded(task.time));
        } else if self.watch.leave_at_rest && self.watch.lyapunov.is_none() && column.rest.look::<T>(residual, size) {
            let later = task.remaining - usize::from(task.sampling);
            if later > 0 {
                column.sums.take(x, p, &column.kappa, later);
            }
            column.end = Some(CellEnd::AtRest(task.time));
        }
    }

    /// The rests of the tangent vector of column `j`; the slopes are those of its state where r is filtered.
    fn measure_tangent(&mut self, j: usize, task: Task) {
        let (n, at) = (self.n, (self.columns.len() + j) * self.n);
        let (p, q) = (&column!(self.p, at, n), &mut column!(self.q, at, n));
        let column = &mut self.columns[j];
        column.tangent_kappa(p);
        lanes::drive(q, column.g, &[], &column.kappa_t, &column.vectors.m);
        if self.filtered.1 {
            let u = if self.filtered.0 { &column!(self.x, at, n) } else { &*q };
            let rest = &mut column!(self.phi, at, n);
            rest.copy_from_slice(u);
            lanes::multiply(rest, &self.slope);
        }
        if !task.looking {
            return;
        }
        // Relative to the tangent vector's own length, whatever it is.
        if let Some(error) = self.estimated(j, at).and_then(|(error, size)| of_tangent(error, size)) {
            self.columns[j].error = self.columns[j].error.max(error);
        }
    }

    /// Root mean squares over the filters of the entries that begin at `at`: of the estimated errors per unit time, and of the
    /// state (T37). None before the method knows enough of the past.
    fn estimated(&self, j: usize, at: usize) -> Option<(f64, f64)> {
        let (n, column) = (self.n, &self.columns[j]);
        let part = |matrix: &'_ Vec<T>| at..(at + n).min(matrix.len()).max(at);
        let (mut sums, mut entries) = ((0.0, 0.0), 0.0);
        for (filtered, estimate, y, now, past, oldest) in [
            (self.filtered.0, &column.estimates.0, &self.x, &self.q, &self.x_past, &self.x_oldest),
            (self.filtered.1, &column.estimates.1, &self.p, &self.phi, &self.r_past, &self.r_oldest),
        ] {
            if filtered {
                let rest = [now, &past[0], &past[1], oldest].map(|m| m.get(part(m)).unwrap_or(&[]));
                let (error, size) = estimate.squares(self.known, &Filtered { y: &y[at..][..n], rest })?;
                sums = (sums.0 + error, sums.1 + size);
                entries += n as f64;
            }
        }
        Some(((sums.0 / entries).sqrt(), (sums.1 / entries).sqrt()))
    }

    /// The filters of column `j`, whose entries begin at `at`: of its state, or of its tangent vector.
    fn advance(&mut self, j: usize, at: usize, tangent: bool) {
        let n = self.n;
        let column = &self.columns[j];
        let filter = |y: &mut [T], weights: Weights<T>, now: &[T], past: &[Vec<T>; 2]| {
            // Methods without a past have none to read.
            let [one, two] = past.each_ref().map(|past| past.get(at..at + n).unwrap_or(&[]));
            lanes::filter(y, weights, now, [one, two]);
        };
        let p = &mut column!(self.p, at, n);
        if self.filtered.0 {
            let x = &mut column!(self.x, at, n);
            filter(x, column.x_weights[self.known.min(2)], &column!(self.q, at, n), &self.x_past);
            if !self.filtered.1 {
                p.copy_from_slice(x);
                match (tangent, self.watch.lyapunov.is_some()) {
                    // The state has just left its slopes here.
                    (true, _) => lanes::multiply(p, &self.slope),
                    (false, true) => self.transfer.apply_with_slope(p, &mut self.slope),
                    (false, false) => self.transfer.apply(p),
                }
            }
        }
        if self.filtered.1 {
            filter(p, column.r_weights[self.known.min(2)], &column!(self.phi, at, n), &self.r_past);
        }
    }

    /// Brings the tangent vectors, with all that is remembered of them, back to unit length; their growth counts if
    /// `measuring`.
    pub(super) fn renormalise(&mut self, measuring: bool) {
        if self.watch.lyapunov.is_none() {
            return;
        }
        let (n, count) = (self.n, self.columns.len());
        for (j, column) in self.columns.iter_mut().enumerate() {
            let at = (count + j) * n;
            let parts = [self.x.get(at..at + n), self.filtered.1.then(|| &column!(self.p, at, n))];
            let factor = length(parts.into_iter().flatten());
            let scale = T::from_f64(1.0 / factor);
            let matrices = [&mut self.p, &mut self.x, &mut self.q, &mut self.phi]
                .into_iter()
                .chain(&mut self.x_past)
                .chain(&mut self.r_past);
            for entries in matrices.filter_map(|matrix| matrix.get_mut(at..at + n)) {
                entries.iter_mut().for_each(|entry| *entry *= scale);
            }
            if measuring {
                column.growth += factor.ln();
            }
        }
    }

    /// Whether the step serves the state in which column `j` ends and, where it was chosen, the rotations around the centre of an
    /// activity that moves: as single networks are judged.
    fn serves(&self, j: usize) -> bool {
        if !self.watch.tolerance.is_finite() {
            return true;
        }
        let column = &self.columns[j];
        let cell = &self.cells[column.cell];
        let (given, of, at) = ((cell.vectors, cell.g), (self.transfer, cell.variant), (self.method, self.dt));
        let x = if self.filtered.0 { &self.x } else { &self.q };
        let x: Vec<f64> = column!(x, j * self.n, self.n).iter().map(|x| x.to_f64()).collect();
        let centre = column.sums.moving_centre().filter(|_| self.watch.halvings > 0);
        unstable(given, of, at, &x).is_none() && centre.is_none_or(|x| unfaithful(given, of, at, &x).is_none())
    }

    /// Takes column `j` out; the last one takes its place. Tangent vectors close up behind the states.
    fn remove(&mut self, j: usize) -> Column<T> {
        let (n, count, tangents) = (self.n, self.columns.len(), self.watch.lyapunov.is_some());
        let last = (count - 1) * n;
        let pasts = self.x_past.iter_mut().chain(&mut self.r_past);
        // Q and phi hold what the estimate of the error takes as the oldest rest.
        let states = [&mut self.p, &mut self.x, &mut self.q, &mut self.phi];
        for matrix in states.into_iter().chain(pasts).filter(|matrix| !matrix.is_empty()) {
            matrix.copy_within(last..last + n, j * n);
            if tangents {
                matrix.copy_within((2 * count - 1) * n..2 * count * n, (count + j) * n);
                matrix.copy_within(count * n..(2 * count - 1) * n, last);
            }
        }
        self.columns.swap_remove(j)
    }

    /// Ends the run at this time, after a window of this length.
    pub(super) fn finish(self, time: f64, window: f64, seen: &mut [Option<Seen>]) {
        let watched = self.watch.lyapunov.is_some();
        let serves: Vec<bool> = (0..self.columns.len()).map(|j| self.serves(j)).collect();
        for (column, serves) in self.columns.into_iter().zip(serves) {
            let exponent = watched.then(|| column.growth / window);
            // The last looks at the speed may have come before the last samples.
            let end = match (column.sums.is_finite(), self.transfer.bound()) {
                // What still grows is no bounded state, whether or not the run was long enough to tell it from an unbounded one.
                (true, None) => match column.escape.verdict(column.drive) {
                    Some(Growth::Unbounded) => CellEnd::Unbounded(time),
                    Some(Growth::Undecided) if serves => CellEnd::Undecided(time),
                    None if serves => CellEnd::Ran,
                    _ => CellEnd::Inaccurate(time),
                },
                (true, Some(_)) if serves => CellEnd::Ran,
                (true, Some(_)) => CellEnd::Inaccurate(time),
                (false, Some(_)) => CellEnd::Inaccurate(time),
                (false, None) => CellEnd::Unbounded(time),
            };
            seen[column.cell] = Some(column.sums.finish(end, exponent, column.error));
        }
    }
}

/// `now` becomes the past; its place is taken by what is forgotten.
fn rotate<T>(now: &mut Vec<T>, [one, two]: &mut [Vec<T>; 2]) {
    if !two.is_empty() {
        std::mem::swap(one, two);
    }
    if !one.is_empty() {
        std::mem::swap(one, now);
    }
}
