//! Exponential Euler (ETD1), order 1: for f = -a x + rest, x <- x + (1 - e^(-a dt)) / a f(t, x).
//!
//! S. M. Cox, P. C. Matthews, J. Comput. Phys. 176:430 (2002), eq. 4. Exact where the rest is constant.

use crate::VectorField;

pub(crate) fn step(
    field: &mut impl VectorField,
    t: f64,
    dt: f64,
    state: &mut [f64],
    work: &mut [Vec<f64>; 3],
    decay: &[f64],
) {
    let [k, ..] = work;
    field.derivative(t, state, k);
    for ((x, k), a) in state.iter_mut().zip(k).zip(decay) {
        *x += weight(*a, dt) * *k;
    }
}

/// (1 - e^(-a dt)) / a, its limit dt at a = 0.
#[inline]
fn weight(a: f64, dt: f64) -> f64 {
    if a == 0.0 { dt } else { -(-a * dt).exp_m1() / a }
}
