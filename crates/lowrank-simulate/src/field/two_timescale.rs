//! The two-timescale variant: tau_s dx/dt = -x + J r + I, tau_r dr/dt = -r + phi(x) (T2).

use faer::MatMut;

use super::Field;

pub(super) fn derivative(field: &mut Field<'_>, (tau_s, tau_r): (f64, f64), state: &[f64], out: &mut [f64]) {
    let (n, rows) = (field.network.neurons(), field.rows());
    let all = MatMut::from_column_major_slice_mut(out, rows, field.batch);
    let product = field.network.apply(field.block(state, n), all.subrows_mut(0, n));
    debug_assert!(product.is_ok(), "the work space has the network's shape");
    for (out, state) in out.chunks_exact_mut(rows).zip(state.chunks_exact(rows)) {
        let ((x_out, r_out), (x, r)) = (out.split_at_mut(n), state.split_at(n));
        for i in 0..n {
            x_out[i] = (x_out[i] - x[i] + field.input[i]) / tau_s;
            r_out[i] = (field.transfer.value(x[i]) - r[i]) / tau_r;
        }
    }
}
