//! The cells of a grid, each a model with its start.

use lowrank_model::{Gaussian, Input, Layout, Model, Variant, Vector};

use crate::sweep::out_of_range;
use crate::{Definition, Parameter, Sweep, SweepError};

/// What one block computes: neighbouring cells of one variant on the networks of one realisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Realisation, counted from 0.
    pub realisation: u64,
    /// Place among the variants of the definition.
    pub variant: usize,
    /// First cell of the grid.
    pub first: usize,
    /// Number of cells.
    pub cells: usize,
}

/// The numbers that an axis can set.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    g: f64,
    layout: Layout,
    mean: Vec<f64>,
    /// `[d x d]`, row after row.
    covariance: Vec<f64>,
    pub(crate) amplitudes: Vec<f64>,
    pub(crate) deviation: f64,
    tau_s: f64,
    tau_r: f64,
}

impl Draft {
    pub(crate) fn new(definition: &Definition) -> Result<Self, SweepError> {
        let (network, structure) = (&definition.network, &definition.structure);
        let layout = Layout::rank(structure.rank).with_inputs(structure.inputs);
        let d = layout.dimension();
        let mut draft = Self {
            g: network.g,
            layout,
            mean: vec![0.0; d],
            covariance: vec![0.0; d * d],
            amplitudes: structure.amplitudes.clone(),
            deviation: definition.start.deviation,
            tau_s: network.tau_s,
            tau_r: network.tau_r,
        };
        for (name, value) in &structure.means {
            draft.set(Parameter::Mean(name.parse()?), *value)?;
        }
        let mut pairs = Vec::new();
        for (name, value) in &structure.covariances {
            let pair: Parameter = format!("covariance {name}").parse()?;
            if pairs.contains(&pair) {
                return Err(out_of_range("structure.covariances", format!("{name} in both orders"), "each pair once"));
            }
            draft.set(pair, *value)?;
            pairs.push(pair);
        }
        if draft.amplitudes.len() != structure.inputs {
            let found = draft.amplitudes.len();
            return Err(out_of_range("structure.amplitudes", format!("{found} numbers"), "one number an input"));
        }
        for name in definition.start.along.keys() {
            layout.index(name.parse::<Vector>()?)?;
        }
        Ok(draft)
    }

    /// The same with one parameter set.
    fn set(&mut self, parameter: Parameter, value: f64) -> Result<(), SweepError> {
        match parameter {
            Parameter::G => self.g = value,
            Parameter::Strength => {
                if value < 0.0 {
                    return Err(out_of_range("axis strength", value, ">= 0"));
                }
                for single in parameter.sets() {
                    self.set(single, value.sqrt())?;
                }
            }
            Parameter::Mean(a) => self.mean[self.layout.index(a)?] = value,
            Parameter::Covariance(a, b) => {
                let (d, a, b) = (self.layout.dimension(), self.layout.index(a)?, self.layout.index(b)?);
                self.covariance[a * d + b] = value;
                self.covariance[b * d + a] = value;
            }
            Parameter::Amplitude(q) => {
                self.layout.index(Vector::I(q))?;
                self.amplitudes[q] = value;
            }
            Parameter::Deviation if value < 0.0 => return Err(out_of_range("axis deviation", value, ">= 0")),
            Parameter::Deviation => self.deviation = value,
            Parameter::TauS => self.tau_s = value,
            Parameter::TauR => self.tau_r = value,
        }
        Ok(())
    }
}

impl Sweep {
    /// The value of every axis at a cell, the last axis fastest.
    pub fn values(&self, cell: usize) -> Vec<f64> {
        let mut rest = cell;
        let mut values: Vec<f64> = Vec::with_capacity(self.axes.len());
        for (_, axis) in self.axes.iter().rev() {
            values.push(axis[rest % axis.len()]);
            rest /= axis.len();
        }
        values.reverse();
        values
    }

    /// The numbers of a cell.
    pub(crate) fn draft(&self, cell: usize) -> Result<Draft, SweepError> {
        self.draft_at(&self.values(cell))
    }

    pub(crate) fn draft_at(&self, values: &[f64]) -> Result<Draft, SweepError> {
        let mut draft = self.base.clone();
        for ((parameter, _), value) in self.axes.iter().zip(values) {
            draft.set(*parameter, *value)?;
        }
        Ok(draft)
    }

    /// The model of a cell.
    ///
    /// # Errors
    /// A model that there cannot be, with the values of the axes.
    pub fn model(&self, variant: usize, cell: usize) -> Result<Model, SweepError> {
        let values = self.values(cell);
        self.model_of(variant, self.draft_at(&values)?).map_err(|source| match source {
            SweepError::Model(source) => {
                let named =
                    self.axes.iter().zip(&values).map(|((parameter, _), value)| format!("{parameter} = {value}"));
                let at = named.collect::<Vec<_>>().join(", ");
                SweepError::BadCell { at: if at.is_empty() { "the only cell".to_owned() } else { at }, source }
            }
            other => other,
        })
    }

    pub(crate) fn model_of(&self, variant: usize, draft: Draft) -> Result<Model, SweepError> {
        let variant = match self.variants[variant] {
            Variant::TwoTimescale { .. } => Variant::two_timescale(draft.tau_s, draft.tau_r)?,
            other => other,
        };
        let ensemble = self.gaussian(&draft)?;
        Ok(Model::new(draft.g, self.transfer, variant, ensemble, Input::constant(&draft.amplitudes)?)?)
    }

    /// The ensemble of a cell's vectors.
    pub(crate) fn gaussian(&self, draft: &Draft) -> Result<Gaussian, SweepError> {
        Ok(Gaussian::new(draft.layout, draft.mean.clone(), draft.covariance.clone())?)
    }
}
