//! The tangent dynamics of the three variants (T2), together with the state it belongs to.
//!
//! Current: dv/dt = -v + J phi'(x) v; rate: dv/dt = -v + phi'(x) (J v), x = J r + I; two-timescale:
//! tau_s du/dt = -u + J v, tau_r dv/dt = -v + phi'(x) u. States and tangent vectors share one product with J.

use faer::{Mat, MatMut, MatRef};
use lowrank_integrate::VectorField;
use lowrank_model::Variant;

use super::Field;

/// A noise-free field of one variant and its linearisation: the flat state of the field, then one tangent vector a column, of the same
/// layout.
pub(crate) struct Tangent<'a, 'n> {
    pub(crate) field: &'a mut Field<'n>,
    variant: Variant,
    /// `[n x 2 batch]`: what J is applied to, or J applied to it.
    work: Mat<f64>,
}

impl<'a, 'n> Tangent<'a, 'n> {
    pub(crate) fn new(field: &'a mut Field<'n>, variant: Variant) -> Self {
        let work = Mat::zeros(field.drive.neurons, 2 * field.batch);
        Self { field, variant, work }
    }

    fn current(&mut self, all: &[f64], out: &mut [f64]) {
        let (n, batch, phi) = (self.field.drive.neurons, self.field.batch, self.field.drive.transfer);
        let (states, tangents) = all.split_at(n * batch);
        let (mut rates, mut slopes) = self.work.as_mut().split_at_col_mut(batch);
        for (column, (x, v)) in states.chunks_exact(n).zip(tangents.chunks_exact(n)).enumerate() {
            for i in 0..n {
                let jet = phi.jet(x[i]);
                rates[(i, column)] = jet.value;
                slopes[(i, column)] = jet.d1 * v[i];
            }
        }
        let product = self.field.network.apply(self.work.as_ref(), columns_mut(out, n, 2 * batch));
        debug_assert!(product.is_ok(), "the work space has the network's shape");
        out.iter_mut().zip(all).for_each(|(out, x)| *out -= x);
        for out in out[..n * batch].chunks_exact_mut(n) {
            out.iter_mut().zip(&self.field.drive.input).for_each(|(out, input)| *out += input);
        }
    }

    fn rate(&mut self, all: &[f64], out: &mut [f64]) {
        let (n, batch, phi) = (self.field.drive.neurons, self.field.batch, self.field.drive.transfer);
        let product = self.field.network.apply(columns(all, n, 2 * batch), self.work.as_mut());
        debug_assert!(product.is_ok(), "the work space has the network's shape");
        let (states, tangents) = out.split_at_mut(n * batch);
        for (column, (r, v)) in states.chunks_exact_mut(n).zip(tangents.chunks_exact_mut(n)).enumerate() {
            for i in 0..n {
                let jet = phi.jet(self.work[(i, column)] + self.field.drive.input[i]);
                r[i] = jet.value;
                v[i] = jet.d1 * self.work[(i, batch + column)];
            }
        }
        out.iter_mut().zip(all).for_each(|(out, x)| *out -= x);
    }

    fn two_timescale(&mut self, (tau_s, tau_r): (f64, f64), all: &[f64], out: &mut [f64]) {
        let (n, batch, phi) = (self.field.drive.neurons, self.field.batch, self.field.drive.transfer);
        let rates = columns(all, 2 * n, 2 * batch).subrows(n, n);
        let product = self.field.network.apply(rates, columns_mut(out, 2 * n, 2 * batch).subrows_mut(0, n));
        debug_assert!(product.is_ok(), "the work space has the network's shape");
        let (states, tangents) = all.split_at(2 * n * batch);
        let (state_out, tangent_out) = out.split_at_mut(2 * n * batch);
        let states = states.chunks_exact(2 * n).zip(state_out.chunks_exact_mut(2 * n));
        let tangents = tangents.chunks_exact(2 * n).zip(tangent_out.chunks_exact_mut(2 * n));
        for ((state, out), (tangent, tangent_out)) in states.zip(tangents) {
            for i in 0..n {
                let jet = phi.jet(state[i]);
                out[i] = (out[i] - state[i] + self.field.drive.input[i]) / tau_s;
                out[n + i] = (jet.value - state[n + i]) / tau_r;
                tangent_out[i] = (tangent_out[i] - tangent[i]) / tau_s;
                tangent_out[n + i] = (jet.d1 * tangent[i] - tangent[n + i]) / tau_r;
            }
        }
    }
}

impl VectorField for Tangent<'_, '_> {
    fn dimension(&self) -> usize {
        2 * self.field.dimension()
    }

    fn derivative(&mut self, t: f64, state: &[f64], out: &mut [f64]) {
        self.field.move_to(t);
        match self.variant {
            Variant::Current => self.current(state, out),
            Variant::Rate => self.rate(state, out),
            Variant::TwoTimescale { tau_s, tau_r } => self.two_timescale((tau_s, tau_r), state, out),
        }
    }

    fn decay_rate(&self, component: usize) -> f64 {
        self.field.decay_rate(component % self.field.dimension())
    }
}

fn columns(flat: &[f64], rows: usize, columns: usize) -> MatRef<'_, f64> {
    MatRef::from_column_major_slice(flat, rows, columns)
}

fn columns_mut(flat: &mut [f64], rows: usize, columns: usize) -> MatMut<'_, f64> {
    MatMut::from_column_major_slice_mut(flat, rows, columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lowrank_connectivity::{Network, Sampling};
    use lowrank_model::{Input, Layout, Model, Moments, Transfer, Vector};

    #[test]
    fn it_is_the_field_and_its_directional_derivative() {
        let moments = Moments::new(Layout::rank(1).with_inputs(1)).mean(Vector::M(0), 1.0).mean(Vector::N(0), 1.5);
        let ensemble = moments.variance(Vector::M(0), 1.0).variance(Vector::I(0), 0.5).build().unwrap();
        for variant in [Variant::Current, Variant::Rate, Variant::two_timescale(0.7, 1.9).unwrap()] {
            let input = Input::constant(&[0.8]).unwrap();
            let model = Model::new(1.4, Transfer::OnePlusTanh, variant, ensemble.clone(), input).unwrap();
            let network = Network::draw(&model, 30, Sampling::Independent, 2, 0).unwrap();
            let mut field = Field::new(&network, &model, 3).unwrap();
            let d = field.dimension();
            let all: Vec<f64> = (0..2 * d).map(|i| (1.7 * i as f64).sin()).collect();
            let mut out = vec![f64::NAN; 2 * d];
            Tangent::new(&mut field, variant).derivative(0.0, &all, &mut out);
            let mut plain = |shift: f64| {
                let state: Vec<f64> = (0..d).map(|i| all[i] + shift * all[d + i]).collect();
                let mut out = vec![0.0; d];
                field.derivative(0.0, &state, &mut out);
                out
            };
            // Central difference: truncation 1e-10 times a third derivative, rounding 1e-11.
            let (here, ahead, behind) = (plain(0.0), plain(1e-5), plain(-1e-5));
            for i in 0..d {
                assert!((out[i] - here[i]).abs() < 1e-13, "{variant} {i}: {} {}", out[i], here[i]);
                let slope = (ahead[i] - behind[i]) / 2e-5;
                assert!((out[d + i] - slope).abs() < 1e-8, "{variant} {i}: {} {slope}", out[d + i]);
            }
        }
    }
}
