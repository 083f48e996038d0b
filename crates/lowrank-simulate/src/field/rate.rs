//! The rate variant: dr/dt = -r + phi(J r + I) (\[DA01\] ch. 7; T2 with tau_s -> 0, tau_r = 1).
//!
//! White noise inside phi has no limit as the step vanishes; it enters through d eta/dt = -eta + xi (T3), and
//! x = J r + I + sum_q strength_q I^(q) eta_q, plus one such eta of every unit's own, of noise sqrt(2) sigma xi_i (T24).

use faer::prelude::ReborrowMut;

use super::Field;

/// Writes x = J r + I to the field's work space.
pub(super) fn currents(field: &mut Field<'_>, state: &[f64]) {
    let (n, rows) = (field.network.neurons(), field.rows());
    let rates = field.block(state, 0);
    let product = field.network.apply(rates, field.work.as_mut());
    debug_assert!(product.is_ok(), "the work space has the network's shape");
    for (mut x, chunk) in field.work.col_iter_mut().zip(state.chunks_exact(rows)) {
        for (i, x) in x.rb_mut().iter_mut().enumerate() {
            let noise: f64 = field.noise.iter().zip(&chunk[n..]).map(|(direction, eta)| direction[i] * eta).sum();
            *x += field.input[i] + noise;
        }
        // Nothing follows the inputs' noises unless the units have their own.
        let own = &chunk[n + field.noise.len()..];
        x.iter_mut().zip(own).for_each(|(x, eta)| *x += eta);
    }
}

pub(super) fn derivative(field: &mut Field<'_>, state: &[f64], out: &mut [f64]) {
    currents(field, state);
    let (n, rows) = (field.network.neurons(), field.rows());
    let columns = out.chunks_exact_mut(rows).zip(state.chunks_exact(rows));
    for ((out, r), x) in columns.zip(field.work.col_iter()) {
        for ((out, r), x) in out.iter_mut().zip(r).zip(x.iter()) {
            *out = field.transfer.value(*x) - r;
        }
        for (out, eta) in out[n..].iter_mut().zip(&r[n..]) {
            *out = -eta;
        }
    }
}
