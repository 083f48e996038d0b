//! The vector fields of the three variants (T2) over a batch of states of one network.

mod current;
mod rate;
mod tangent;
mod two_timescale;

use std::f64::consts::SQRT_2;
use std::ops::Range;

use faer::{Mat, MatMut, MatRef};
use lowrank_connectivity::Network;
use lowrank_integrate::{IntegrateError, VectorField};
use lowrank_model::{Model, Transfer, Variant, Vector};

use crate::SimulateError;

pub(crate) use tangent::Tangent;

/// dx/dt or dr/dt of a batch of states of one network at fixed input amplitudes.
///
/// A flat state holds one column a member of the batch. A column is x (current), r and then one filtered noise a
/// noisy input and one a unit (rate: the last only if the units have noise of their own), or x and then r
/// (two-timescale).
#[derive(Debug)]
pub struct Field<'a> {
    network: &'a Network,
    transfer: Transfer,
    variant: Variant,
    batch: usize,
    /// sum_q a_q I_i^(q) at the present amplitudes.
    input: Vec<f64>,
    /// I^(q) of the inputs that carry noise, times its strength.
    noise: Vec<Vec<f64>>,
    /// Strength sigma of the units' own noise (T24).
    private: f64,
    /// `[n x batch]`: phi(x) or J r.
    work: Mat<f64>,
}

impl<'a> Field<'a> {
    /// The field of `model`'s variant on `network`, for `batch` states, inputs at their amplitudes at time 0.
    ///
    /// # Errors
    /// A network of another g, rank or number of inputs than the model's.
    pub fn new(network: &'a Network, model: &Model, batch: usize) -> Result<Self, SimulateError> {
        let (theirs, ours) = (network.vectors().layout(), model.ensemble().layout());
        if theirs.rank != ours.rank || theirs.inputs != ours.inputs || network.g() != model.g() {
            return Err(SimulateError::ModelMismatch {
                network_g: network.g(),
                model_g: model.g(),
                network_rank: theirs.rank,
                network_inputs: theirs.inputs,
                model_rank: ours.rank,
                model_inputs: ours.inputs,
            });
        }
        let mut noise = Vec::new();
        for (q, strength) in model.input().noise().iter().enumerate().filter(|(_, s)| **s > 0.0) {
            noise.push(network.vector(Vector::I(q))?.iter().map(|entry| strength * entry).collect());
        }
        let n = network.neurons();
        let (transfer, variant, work) = (model.transfer(), model.variant(), Mat::zeros(n, batch));
        let (input, private) = (vec![0.0; n], model.noise());
        let mut field = Self { network, transfer, variant, batch, input, noise, private, work };
        field.set_amplitudes(&model.input().at(0.0))?;
        Ok(field)
    }

    /// Sets the amplitudes of the inputs, one an input vector.
    ///
    /// # Errors
    /// More amplitudes than input vectors.
    pub fn set_amplitudes(&mut self, amplitudes: &[f64]) -> Result<(), SimulateError> {
        self.input.fill(0.0);
        for (q, amplitude) in amplitudes.iter().enumerate() {
            for (total, entry) in self.input.iter_mut().zip(self.network.vector(Vector::I(q))?) {
                *total += amplitude * entry;
            }
        }
        Ok(())
    }

    /// The total input of every neuron at the present amplitudes.
    pub fn input(&self) -> &[f64] {
        &self.input
    }

    /// The flat state whose currents are `x`, `[n x batch]`: r = phi(x) where rates are part of the state.
    ///
    /// # Errors
    /// Currents of another shape.
    pub fn state_from_currents(&self, x: MatRef<'_, f64>) -> Result<Vec<f64>, SimulateError> {
        self.check_shape(x.shape())?;
        let n = self.network.neurons();
        let mut state = vec![0.0; self.dimension()];
        for (column, chunk) in state.chunks_exact_mut(self.rows()).enumerate() {
            for i in 0..n {
                let current = x[(i, column)];
                match self.variant {
                    Variant::Current => chunk[i] = current,
                    Variant::Rate => chunk[i] = self.transfer.value(current),
                    Variant::TwoTimescale { .. } => {
                        chunk[i] = current;
                        chunk[n + i] = self.transfer.value(current);
                    }
                }
            }
        }
        Ok(state)
    }

    /// Writes the currents x and the rates r of a flat state, both `[n x batch]`.
    ///
    /// # Errors
    /// A state or buffers of another shape.
    pub fn currents_and_rates(
        &mut self,
        state: &[f64],
        mut x: MatMut<'_, f64>,
        mut r: MatMut<'_, f64>,
    ) -> Result<(), SimulateError> {
        self.check_shape(x.shape())?;
        self.check_shape(r.shape())?;
        let (found, expected) = (state.len(), self.dimension());
        if found != expected {
            return Err(IntegrateError::WrongDimension { found, expected }.into());
        }
        let n = self.network.neurons();
        match self.variant {
            Variant::Current => {
                let transfer = self.transfer;
                for (column, chunk) in state.chunks_exact(n).enumerate() {
                    for i in 0..n {
                        x[(i, column)] = chunk[i];
                        r[(i, column)] = transfer.value(chunk[i]);
                    }
                }
            }
            Variant::Rate => {
                rate::currents(self, state);
                x.copy_from(&self.work);
                r.copy_from(self.block(state, 0));
            }
            Variant::TwoTimescale { .. } => {
                x.copy_from(self.block(state, 0));
                r.copy_from(self.block(state, n));
            }
        }
        Ok(())
    }

    fn check_shape(&self, (rows, columns): (usize, usize)) -> Result<(), SimulateError> {
        let (neurons, copies) = (self.network.neurons(), self.batch);
        if (rows, columns) == (neurons, copies) {
            Ok(())
        } else {
            Err(SimulateError::BadShape { rows, columns, neurons, copies })
        }
    }

    /// Directions of the white noise in the flat state: first every noisy input of column 0, then of column 1, ...
    pub fn noise_directions(&self) -> Vec<Vec<f64>> {
        let n = self.network.neurons();
        let mut directions = Vec::new();
        for column in 0..self.batch {
            for (q, noise) in self.noise.iter().enumerate() {
                let mut direction = vec![0.0; self.dimension()];
                let chunk = &mut direction[column * self.rows()..(column + 1) * self.rows()];
                match self.variant {
                    Variant::Current => chunk.copy_from_slice(noise),
                    Variant::Rate => chunk[n + q] = 1.0,
                    Variant::TwoTimescale { tau_s, .. } => {
                        chunk[..n].iter_mut().zip(noise).for_each(|(c, entry)| *c = entry / tau_s);
                    }
                }
                directions.push(direction);
            }
        }
        directions
    }

    /// Where the units' own noise enters the flat state, and how strongly (T24): one block a column, of N components;
    /// empty without such noise.
    pub fn private_noise(&self) -> Vec<(Range<usize>, f64)> {
        if self.private == 0.0 {
            return Vec::new();
        }
        let n = self.network.neurons();
        let (first, amplitude) = match self.variant {
            Variant::Current => (0, SQRT_2 * self.private),
            Variant::Rate => (n + self.noise.len(), SQRT_2 * self.private),
            Variant::TwoTimescale { tau_s, .. } => (0, SQRT_2 * self.private / tau_s),
        };
        let starts = (0..self.batch).map(|column| column * self.rows() + first);
        starts.map(|start| (start..start + n, amplitude)).collect()
    }

    /// Rows of one column of the state.
    fn rows(&self) -> usize {
        let n = self.network.neurons();
        match self.variant {
            Variant::Current => n,
            Variant::Rate => n + self.noise.len() + if self.private > 0.0 { n } else { 0 },
            Variant::TwoTimescale { .. } => 2 * n,
        }
    }

    /// Rows `first`..`first` + n of every column of a flat state.
    fn block<'s>(&self, state: &'s [f64], first: usize) -> MatRef<'s, f64> {
        let all = MatRef::from_column_major_slice(state, self.rows(), self.batch);
        all.subrows(first, self.network.neurons())
    }
}

impl VectorField for Field<'_> {
    fn dimension(&self) -> usize {
        self.rows() * self.batch
    }

    fn derivative(&mut self, _: f64, state: &[f64], out: &mut [f64]) {
        match self.variant {
            Variant::Current => current::derivative(self, state, out),
            Variant::Rate => rate::derivative(self, state, out),
            Variant::TwoTimescale { tau_s, tau_r } => two_timescale::derivative(self, (tau_s, tau_r), state, out),
        }
    }

    fn decay_rate(&self, component: usize) -> f64 {
        match self.variant {
            Variant::Current | Variant::Rate => 1.0,
            Variant::TwoTimescale { tau_s, tau_r } => {
                1.0 / if component % self.rows() < self.network.neurons() { tau_s } else { tau_r }
            }
        }
    }
}
