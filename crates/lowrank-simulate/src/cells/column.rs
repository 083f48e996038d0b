//! What belongs to one column of a block: its network on the shared bulk, and what has been seen of it.

use std::rc::Rc;

use lowrank_integrate::{IntegrateError, Method};
use lowrank_model::{Empirical, ModelError, Real, Transfer, Variant, Vector};

use super::estimate::Estimate;
use super::rest::Rest;
use super::seen::{Accumulator, CellEnd};
use super::weights::{Weights, weights};
use super::{Cell, lanes};
use crate::SimulateError;
use crate::control::{floor, rms};
use crate::escape::Escape;

/// Vectors times a scale in `T`, row after row.
pub(crate) fn rows<T: Real>(vectors: &Empirical, names: &[Vector], scale: f64) -> Result<Vec<T>, ModelError> {
    let mut rows = Vec::with_capacity(names.len() * vectors.neurons());
    for name in names {
        let vector = &vectors.vectors()[vectors.layout().index(*name)?];
        rows.extend(vector.iter().map(|entry| T::from_f64(scale * entry)));
    }
    Ok(rows)
}

/// m^(k) and n^(k) / N, row after row, N entries each.
pub(super) struct Vectors<T> {
    pub(super) m: Vec<T>,
    pub(super) n: Vec<T>,
}

impl<T: Real> Vectors<T> {
    fn new(given: &Empirical) -> Result<Self, SimulateError> {
        let of = |name: fn(usize) -> Vector| (0..given.layout().rank).map(name).collect::<Vec<_>>();
        let per_neuron = 1.0 / given.neurons() as f64;
        Ok(Self { m: rows(given, &of(Vector::M), 1.0)?, n: rows(given, &of(Vector::N), per_neuron)? })
    }
}

pub(super) struct Column<T> {
    /// Its place among the cells.
    pub(super) cell: usize,
    pub(super) g: T,
    /// Shared with the column before where they are the same: neighbours on a grid often differ in g only, and what they
    /// share is read from memory once for all of them.
    pub(super) vectors: Rc<Vectors<T>>,
    /// The total input; empty where there is none.
    pub(super) input: Vec<T>,
    /// (tau_s, tau_r), zero where there is no filter.
    pub(super) tau: (f64, f64),
    pub(super) x_weights: [Weights<T>; 3],
    pub(super) r_weights: [Weights<T>; 3],
    /// n^(k) . r / N; and, of the state or its tangent vector, whichever was asked last, in `T`.
    pub(super) kappa: Vec<f64>,
    pub(super) kappa_t: Vec<T>,
    pub(super) sums: Accumulator,
    pub(super) rest: Rest,
    pub(super) escape: Escape,
    /// Root mean square of the input.
    pub(super) drive: f64,
    /// Of the filters of x and of r; the size below which an error is not relative to it; and the largest relative error of a step
    /// per unit time so far (T37).
    pub(super) estimates: (Estimate, Estimate),
    pub(super) floor: f64,
    pub(super) error: f64,
    /// Logarithm of the tangent vector's growth.
    pub(super) growth: f64,
    pub(super) end: Option<CellEnd>,
}

impl<T: Real> Column<T> {
    /// The column of a cell; `before` is the one before it, and its cell.
    pub(super) fn new(
        index: usize,
        cell: &Cell<'_>,
        before: Option<(&Self, &Cell<'_>)>,
        (block, transfer): (Variant, Transfer),
        neurons: usize,
        method: Method,
        dt: f64,
    ) -> Result<Self, SimulateError> {
        if cell.variant.name() != block.name() {
            return Err(SimulateError::MixedVariants { first: block.name(), other: cell.variant.name(), index });
        }
        if cell.vectors.neurons() != neurons || cell.x0.len() != neurons {
            let (rows, columns) = (cell.x0.len().min(cell.vectors.neurons()), 1);
            return Err(SimulateError::BadShape { rows, columns, neurons, copies: 1 });
        }
        if let Some((index, value)) = cell.x0.iter().copied().enumerate().find(|(_, x)| !x.is_finite()) {
            return Err(IntegrateError::NonFinite { time: 0.0, index, value }.into());
        }
        let layout = cell.vectors.layout();
        let vectors = match before {
            Some((column, of)) if of.vectors == cell.vectors => Rc::clone(&column.vectors),
            _ => Rc::new(Vectors::new(cell.vectors)?),
        };
        let mut input = vec![0.0; if cell.amplitudes.iter().all(|a| *a == 0.0) { 0 } else { neurons }];
        for (q, amplitude) in cell.amplitudes.iter().enumerate() {
            let vector = &cell.vectors.vectors()[layout.index(Vector::I(q))?];
            input.iter_mut().zip(vector).for_each(|(total, entry)| *total += amplitude * entry);
        }
        let tau = cell.variant.time_constants();
        // A filter that is absent has weights that nobody asks for.
        let of = |tau: f64| weights(method, if tau > 0.0 { tau } else { 1.0 }, dt);
        let estimate = |tau: f64| Estimate::new(method, if tau > 0.0 { tau } else { 1.0 }, dt);
        Ok(Self {
            cell: index,
            g: T::from_f64(cell.g),
            vectors,
            input: input.iter().map(|entry| T::from_f64(*entry)).collect(),
            tau,
            x_weights: of(tau.0)?,
            r_weights: of(tau.1)?,
            kappa: vec![0.0; layout.rank],
            kappa_t: vec![T::ZERO; layout.rank],
            sums: Accumulator::new(neurons, layout.rank),
            rest: Rest::new(tau.0.max(tau.1), rms(cell.x0)),
            escape: Escape::default(),
            drive: (input.iter().map(|entry| entry * entry).sum::<f64>() / neurons as f64).sqrt(),
            estimates: (estimate(tau.0), estimate(tau.1)),
            floor: floor(cell.vectors, cell.g, transfer, cell.variant),
            error: 0.0,
            growth: 0.0,
            end: None,
        })
    }

    /// kappa of the rates `p`.
    pub(super) fn kappa(&mut self, p: &[T]) {
        for (n, (kappa, kappa_t)) in
            self.vectors.n.chunks_exact(p.len()).zip(self.kappa.iter_mut().zip(&mut self.kappa_t))
        {
            *kappa = lanes::dot(n, p);
            *kappa_t = T::from_f64(*kappa);
        }
    }

    /// The same of a tangent vector's rates, for its own rank-R update.
    pub(super) fn tangent_kappa(&mut self, p: &[T]) {
        for (n, kappa_t) in self.vectors.n.chunks_exact(p.len()).zip(&mut self.kappa_t) {
            *kappa_t = T::from_f64(lanes::dot(n, p));
        }
    }
}
