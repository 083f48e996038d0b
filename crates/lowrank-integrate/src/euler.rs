//! Forward Euler, order 1: x <- x + dt f(t, x).

use crate::VectorField;

pub(crate) fn step(field: &mut impl VectorField, t: f64, dt: f64, state: &mut [f64], work: &mut [Vec<f64>; 3]) {
    let [k, ..] = work;
    field.derivative(t, state, k);
    for (x, k) in state.iter_mut().zip(k) {
        *x += dt * *k;
    }
}
