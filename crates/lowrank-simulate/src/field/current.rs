//! The current variant: dx/dt = -x + J phi(x) + I (\[MO18\] eq. 1; T2 with tau_r -> 0, tau_s = 1).

use faer::MatMut;

use super::Field;

pub(super) fn derivative(field: &mut Field<'_>, state: &[f64], out: &mut [f64]) {
    let n = field.network.neurons();
    for (column, x) in field.work.col_iter_mut().zip(state.chunks_exact(n)) {
        column.iter_mut().zip(x).for_each(|(r, x)| *r = field.transfer.value(*x));
    }
    let product = field.network.apply(field.work.as_ref(), MatMut::from_column_major_slice_mut(out, n, field.batch));
    debug_assert!(product.is_ok(), "the work space has the network's shape");
    for (out, x) in out.chunks_exact_mut(n).zip(state.chunks_exact(n)) {
        for ((out, x), input) in out.iter_mut().zip(x).zip(&field.input) {
            *out += input - x;
        }
    }
}
