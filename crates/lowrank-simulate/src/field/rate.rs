//! The rate variant: dr/dt = -r + phi(J r + I) (\[DA01\] ch. 7; T2 with tau_s -> 0, tau_r = 1).
//!
//! White noise inside phi has no limit as the step vanishes; it enters through d eta/dt = -eta + xi (T3), and
//! x = J r + I + sum_q sqrt(2) sigma_q I^(q) eta_q, plus one such eta of every unit's own, of noise sqrt(2) sigma xi_i (T24).

use faer::MatMut;
use faer::prelude::ReborrowMut;
use lowrank_model::Variant;

use super::Drive;

/// Adds to `product`, J r, what makes it x.
pub(super) fn currents(drive: &Drive, state: &[f64], product: &mut MatMut<'_, f64>) {
    let (n, rows) = (drive.neurons, drive.rows(Variant::Rate));
    for (mut x, chunk) in product.rb_mut().col_iter_mut().zip(state.chunks_exact(rows)) {
        for (i, x) in x.rb_mut().iter_mut().enumerate() {
            let noise: f64 = drive.noise.iter().zip(&chunk[n..]).map(|(direction, eta)| direction[i] * eta).sum();
            *x += drive.input[i] + noise;
        }
        // Nothing follows the inputs' noises unless the units have their own.
        let own = &chunk[n + drive.noise.len()..];
        x.iter_mut().zip(own).for_each(|(x, eta)| *x += eta);
    }
}

pub(super) fn derivative(drive: &Drive, state: &[f64], product: &mut MatMut<'_, f64>, out: &mut [f64]) {
    currents(drive, state, product);
    let (n, rows) = (drive.neurons, drive.rows(Variant::Rate));
    let columns = out.chunks_exact_mut(rows).zip(state.chunks_exact(rows));
    for ((out, r), x) in columns.zip(product.rb_mut().col_iter_mut()) {
        for ((out, r), x) in out.iter_mut().zip(r).zip(x.iter()) {
            *out = drive.transfer.value(*x) - r;
        }
        for (out, eta) in out[n..].iter_mut().zip(&r[n..]) {
            *out = -eta;
        }
    }
}
