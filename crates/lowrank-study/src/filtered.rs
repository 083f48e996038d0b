//! The rate variant driven by a filtered step, v(t) = 1 - e^{-t}: by (T3) its x = J r + v is the current variant's under the
//! step itself.

use faer::{MatMut, MatRef};
use lowrank_connectivity::Network;
use lowrank_integrate::VectorField;
use lowrank_model::Transfer;

/// dr/dt = -r + phi(J r + v(t) I).
pub(crate) struct Filtered<'a> {
    pub(crate) network: &'a Network,
    pub(crate) transfer: Transfer,
    /// I, `[n]`.
    pub(crate) direction: &'a [f64],
}

impl Filtered<'_> {
    /// x = J r + v(t) I.
    pub(crate) fn currents(&self, t: f64, r: &[f64], x: &mut [f64]) {
        let n = self.network.neurons();
        let out = MatMut::from_column_major_slice_mut(x, n, 1);
        let product = self.network.apply(MatRef::from_column_major_slice(r, n, 1), out);
        debug_assert!(product.is_ok(), "the slices have the network's length");
        let v = 1.0 - (-t).exp();
        x.iter_mut().zip(self.direction).for_each(|(x, i)| *x += v * i);
    }
}

impl VectorField for Filtered<'_> {
    fn dimension(&self) -> usize {
        self.network.neurons()
    }

    fn derivative(&mut self, t: f64, r: &[f64], out: &mut [f64]) {
        self.currents(t, r, out);
        self.transfer.apply(out);
        out.iter_mut().zip(r).for_each(|(out, r)| *out -= r);
    }
}
