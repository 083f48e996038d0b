//! The two-timescale variant: tau_s dx/dt = -x + J r + I, tau_r dr/dt = -r + phi(x) (T2).

use faer::MatMut;
use faer::prelude::Reborrow;

use super::Drive;

/// `product` is J r.
pub(super) fn derivative(
    drive: &Drive,
    (tau_s, tau_r): (f64, f64),
    state: &[f64],
    product: &MatMut<'_, f64>,
    out: &mut [f64],
) {
    let n = drive.neurons;
    let columns = out.chunks_exact_mut(2 * n).zip(state.chunks_exact(2 * n)).zip(product.rb().col_iter());
    for ((out, state), product) in columns {
        let ((x_out, r_out), (x, r)) = (out.split_at_mut(n), state.split_at(n));
        for (i, product) in product.iter().enumerate() {
            x_out[i] = (product - x[i] + drive.input[i]) / tau_s;
            r_out[i] = (drive.transfer.value(x[i]) - r[i]) / tau_r;
        }
    }
}
