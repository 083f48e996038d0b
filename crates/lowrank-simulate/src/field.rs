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
use lowrank_model::{Input, Model, Transfer, Variant, Vector};

use crate::SimulateError;

pub(crate) use tangent::Tangent;

/// dx/dt or dr/dt of a batch of states of one network, in one variant or in several at once,
/// which then share every product with J.
///
/// A flat state holds one column a member of the batch, those of the first variant first. A column is x (current), r and
/// then one filtered noise a noisy input and one a unit (rate: the last only if the units have noise of their own), or x
/// and then r (two-timescale).
#[derive(Debug)]
pub struct Field<'a> {
    network: &'a Network,
    batch: usize,
    drive: Drive,
    /// The input where it moves within a step.
    moving: Option<Input>,
    /// The end of the present piece of the input: what jumps there is not seen by the stages that end a step at it.
    end: f64,
    parts: Vec<Part>,
    /// `[n x batch]` a variant: what J multiplies, and J times that.
    p: Mat<f64>,
    q: Mat<f64>,
}

/// What acts on the neurons besides J.
#[derive(Debug)]
struct Drive {
    neurons: usize,
    transfer: Transfer,
    /// sum_q a_q I_i^(q) at the present amplitudes.
    input: Vec<f64>,
    /// I^(q) of the inputs that carry noise, times sqrt(2) sigma_q (T24).
    noise: Vec<Vec<f64>>,
    /// Strength sigma of the units' own noise (T24).
    private: f64,
}

/// The columns of one variant: where they are in a flat state, and which they are of P and Q.
#[derive(Debug)]
struct Part {
    variant: Variant,
    state: Range<usize>,
    columns: Range<usize>,
}

impl<'a> Field<'a> {
    /// The field of `model`'s variant on `network`, for `batch` states, inputs at their amplitudes at time 0.
    ///
    /// # Errors
    /// A network of another g, rank or number of inputs than the model's.
    pub fn new(network: &'a Network, model: &Model, batch: usize) -> Result<Self, SimulateError> {
        Self::of_variants(network, model, &[model.variant()], batch)
    }

    /// The fields of all these variants of the model side by side.
    pub(crate) fn of_variants(
        network: &'a Network,
        model: &Model,
        variants: &[Variant],
        batch: usize,
    ) -> Result<Self, SimulateError> {
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
            let amplitude = SQRT_2 * strength;
            noise.push(network.vector(Vector::I(q))?.iter().map(|entry| amplitude * entry).collect());
        }
        let (neurons, transfer, private) = (network.neurons(), model.transfer(), model.noise());
        let drive = Drive { neurons, transfer, input: vec![0.0; neurons], noise, private };
        let mut parts: Vec<Part> = Vec::new();
        for (i, variant) in variants.iter().enumerate() {
            let start = parts.last().map_or(0, |part| part.state.end);
            let state = start..start + drive.rows(*variant) * batch;
            parts.push(Part { variant: *variant, state, columns: i * batch..(i + 1) * batch });
        }
        let zeros = || Mat::zeros(neurons, batch * variants.len());
        let moving = model.input().is_moving().then(|| model.input().clone());
        let mut field = Self { network, batch, drive, moving, end: f64::INFINITY, parts, p: zeros(), q: zeros() };
        field.set_amplitudes(&model.input().at(0.0))?;
        Ok(field)
    }

    /// Sets the amplitudes of the inputs, one an input vector.
    ///
    /// # Errors
    /// More amplitudes than input vectors.
    pub fn set_amplitudes(&mut self, amplitudes: &[f64]) -> Result<(), SimulateError> {
        self.drive.input.fill(0.0);
        for (q, amplitude) in amplitudes.iter().enumerate() {
            for (total, entry) in self.drive.input.iter_mut().zip(self.network.vector(Vector::I(q))?) {
                *total += amplitude * entry;
            }
        }
        Ok(())
    }

    /// Until the next call, inputs that move within a step are those before `end`.
    pub(crate) fn move_until(&mut self, end: f64) {
        self.end = end;
    }

    /// Sets the amplitudes of inputs that move within a step to those of time t. Those that jump are set by
    /// [`set_amplitudes`](Self::set_amplitudes) between two steps.
    pub(crate) fn move_to(&mut self, t: f64) {
        if let Some(input) = &self.moving {
            let amplitudes = input.at(if t < self.end { t } else { self.end.next_down() });
            let set = self.set_amplitudes(&amplitudes);
            debug_assert!(set.is_ok(), "the network has the model's inputs");
        }
    }

    /// The total input of every neuron at the present amplitudes.
    pub fn input(&self) -> &[f64] {
        &self.drive.input
    }

    /// The flat state whose currents are `x`, `[n x batch]`: r = phi(x) where rates are part of the state.
    ///
    /// # Errors
    /// Currents of another shape.
    pub fn state_from_currents(&self, x: MatRef<'_, f64>) -> Result<Vec<f64>, SimulateError> {
        self.check_shape(x.shape(), self.batch)?;
        let n = self.drive.neurons;
        let mut state = vec![0.0; self.dimension()];
        for part in &self.parts {
            let columns = state[part.state.clone()].chunks_exact_mut(self.drive.rows(part.variant));
            for (chunk, x) in columns.zip(x.col_iter()) {
                for (i, current) in x.iter().enumerate() {
                    match part.variant {
                        Variant::Current => chunk[i] = *current,
                        Variant::Rate => chunk[i] = self.drive.transfer.value(*current),
                        Variant::TwoTimescale { .. } => {
                            chunk[i] = *current;
                            chunk[n + i] = self.drive.transfer.value(*current);
                        }
                    }
                }
            }
        }
        Ok(state)
    }

    /// Writes the currents x and the rates r of a flat state, `[n x batch]` a variant.
    ///
    /// # Errors
    /// A state or buffers of another shape.
    pub fn currents_and_rates(
        &mut self,
        state: &[f64],
        mut x: MatMut<'_, f64>,
        mut r: MatMut<'_, f64>,
    ) -> Result<(), SimulateError> {
        let columns = self.batch * self.parts.len();
        self.check_shape(x.shape(), columns)?;
        self.check_shape(r.shape(), columns)?;
        let (found, expected) = (state.len(), self.dimension());
        if found != expected {
            return Err(IntegrateError::WrongDimension { found, expected }.into());
        }
        self.gather(state);
        r.copy_from(&self.p);
        // Currents are part of the state but in the rate variant.
        if self.parts.iter().any(|part| part.variant == Variant::Rate) {
            self.network.apply(self.p.as_ref(), self.q.as_mut())?;
        }
        for part in &self.parts {
            let (state, mut q) = part.of(state, &mut self.q);
            match part.variant {
                Variant::Rate => rate::currents(&self.drive, state, &mut q),
                variant => q.copy_from(self.drive.block(variant, state, 0)),
            }
        }
        x.copy_from(&self.q);
        Ok(())
    }

    fn check_shape(&self, (rows, columns): (usize, usize), copies: usize) -> Result<(), SimulateError> {
        let neurons = self.drive.neurons;
        if (rows, columns) == (neurons, copies) {
            Ok(())
        } else {
            Err(SimulateError::BadShape { rows, columns, neurons, copies })
        }
    }

    /// Writes to P what J multiplies.
    fn gather(&mut self, state: &[f64]) {
        for part in &self.parts {
            let (state, mut p) = part.of(state, &mut self.p);
            match part.variant {
                Variant::Current => current::rates(&self.drive, state, &mut p),
                variant @ Variant::Rate => p.copy_from(self.drive.block(variant, state, 0)),
                variant => p.copy_from(self.drive.block(variant, state, self.drive.neurons)),
            }
        }
    }

    /// Directions of the white noise in the flat state: first every noisy input of column 0, then of column 1, ...
    pub fn noise_directions(&self) -> Vec<Vec<f64>> {
        let (n, mut directions) = (self.drive.neurons, Vec::new());
        for (variant, start) in self.columns() {
            for (q, noise) in self.drive.noise.iter().enumerate() {
                let mut direction = vec![0.0; self.dimension()];
                let chunk = &mut direction[start..];
                match variant {
                    Variant::Current => chunk[..n].copy_from_slice(noise),
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
        let (n, strength) = (self.drive.neurons, SQRT_2 * self.drive.private);
        if strength == 0.0 {
            return Vec::new();
        }
        let block = |(variant, start): (Variant, usize)| {
            let (first, amplitude) = match variant {
                Variant::Current => (start, strength),
                Variant::Rate => (start + n + self.drive.noise.len(), strength),
                Variant::TwoTimescale { tau_s, .. } => (start, strength / tau_s),
            };
            (first..first + n, amplitude)
        };
        self.columns().map(block).collect()
    }

    /// Where every column is in the flat state.
    pub(crate) fn column_ranges(&self) -> Vec<Range<usize>> {
        self.columns().map(|(variant, start)| start..start + self.drive.rows(variant)).collect()
    }

    /// The variant of every column, and where it starts in the flat state.
    fn columns(&self) -> impl Iterator<Item = (Variant, usize)> {
        self.parts.iter().flat_map(|part| {
            let starts = part.state.clone().step_by(self.drive.rows(part.variant));
            starts.map(|start| (part.variant, start))
        })
    }
}

impl Part {
    /// This variant's part of a flat state, and its columns of P or Q.
    fn of<'s, 'm>(&self, state: &'s [f64], columns: &'m mut Mat<f64>) -> (&'s [f64], MatMut<'m, f64>) {
        (&state[self.state.clone()], columns.subcols_mut(self.columns.start, self.columns.len()))
    }
}

impl Drive {
    /// Rows of one column of the state.
    fn rows(&self, variant: Variant) -> usize {
        let n = self.neurons;
        match variant {
            Variant::Current => n,
            Variant::Rate => n + self.noise.len() + if self.private > 0.0 { n } else { 0 },
            Variant::TwoTimescale { .. } => 2 * n,
        }
    }

    /// Rows `first`..`first` + n of every column of a variant's part of a flat state.
    fn block<'s>(&self, variant: Variant, state: &'s [f64], first: usize) -> MatRef<'s, f64> {
        let rows = self.rows(variant);
        MatRef::from_column_major_slice(state, rows, state.len() / rows).subrows(first, self.neurons)
    }
}

impl VectorField for Field<'_> {
    fn dimension(&self) -> usize {
        self.parts.last().map_or(0, |part| part.state.end)
    }

    fn derivative(&mut self, t: f64, state: &[f64], out: &mut [f64]) {
        self.move_to(t);
        self.gather(state);
        let product = self.network.apply(self.p.as_ref(), self.q.as_mut());
        debug_assert!(product.is_ok(), "the work space has the network's shape");
        for part in &self.parts {
            let (state, mut q) = part.of(state, &mut self.q);
            let (drive, out) = (&self.drive, &mut out[part.state.clone()]);
            match part.variant {
                Variant::Current => current::derivative(drive, state, &q, out),
                Variant::Rate => rate::derivative(drive, state, &mut q, out),
                Variant::TwoTimescale { tau_s, tau_r } => {
                    two_timescale::derivative(drive, (tau_s, tau_r), state, &q, out);
                }
            }
        }
    }

    fn decay_rate(&self, component: usize) -> f64 {
        let part = self.parts.iter().find(|part| part.state.contains(&component));
        match part.map(|part| (part.variant, component - part.state.start)) {
            Some((variant @ Variant::TwoTimescale { tau_s, tau_r }, component)) => {
                1.0 / if component % self.drive.rows(variant) < self.drive.neurons { tau_s } else { tau_r }
            }
            _ => 1.0,
        }
    }
}
