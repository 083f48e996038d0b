//! The cells of a grid, each a model with its start.

use lowrank_model::{Initial, Model};
use lowrank_spec::{Draft, SpecError};

use crate::{Sweep, SweepError};

/// What one block computes: neighbouring cells of one variant on the networks of one realisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Realisation, counted from 0.
    pub realisation: u64,
    /// Place among the variants of the spec.
    pub variant: usize,
    /// First cell of the grid.
    pub first: usize,
    /// Number of cells.
    pub cells: usize,
}

impl Sweep {
    /// The value of every axis at a cell, the last axis fastest.
    pub fn values(&self, cell: usize) -> Vec<f64> {
        self.grid.values(cell)
    }

    /// The numbers of a cell.
    pub(crate) fn draft(&self, cell: usize) -> Result<Draft, SpecError> {
        self.draft_at(&self.values(cell))
    }

    pub(crate) fn draft_at(&self, values: &[f64]) -> Result<Draft, SpecError> {
        self.grid.draft(&self.base, values)
    }

    /// The law of the initial state of a cell.
    ///
    /// # Errors
    /// Numbers that no network could have.
    pub fn initial(&self, cell: usize) -> Result<Initial, SweepError> {
        Ok(self.draft(cell)?.initial())
    }

    /// Whether there is a network of these values.
    pub(crate) fn has_model(&self, variant: usize, cell: usize) -> bool {
        self.model(variant, cell).is_ok()
    }

    /// The model of a cell.
    ///
    /// # Errors
    /// A model that there cannot be, with the values of the axes.
    pub fn model(&self, variant: usize, cell: usize) -> Result<Model, SweepError> {
        Ok(self.grid.model(&self.base, cell, self.variants[variant])?)
    }
}
