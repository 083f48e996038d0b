//! The current variant: dx/dt = -x + J phi(x) + I (\[MO18\] eq. 1; T2 with tau_r -> 0, tau_s = 1).

use faer::MatMut;
use faer::prelude::{Reborrow, ReborrowMut};

use super::Drive;

/// phi(x).
pub(super) fn rates(drive: &Drive, state: &[f64], rates: &mut MatMut<'_, f64>) {
    for (column, x) in rates.rb_mut().col_iter_mut().zip(state.chunks_exact(drive.neurons)) {
        column.iter_mut().zip(x).for_each(|(r, x)| *r = drive.transfer.value(*x));
    }
}

/// `product` is J phi(x).
pub(super) fn derivative(drive: &Drive, state: &[f64], product: &MatMut<'_, f64>, out: &mut [f64]) {
    let n = drive.neurons;
    let columns = out.chunks_exact_mut(n).zip(state.chunks_exact(n)).zip(product.rb().col_iter());
    for ((out, x), product) in columns {
        for (((out, x), input), product) in out.iter_mut().zip(x).zip(&drive.input).zip(product.iter()) {
            *out = product + (input - x);
        }
    }
}
