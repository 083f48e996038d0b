//! Heun's method (explicit trapezoid), order 2: k1 = f(t, x), k2 = f(t + dt, x + dt k1), x <- x + dt (k1 + k2) / 2.

use crate::VectorField;

pub(crate) fn step(field: &mut impl VectorField, t: f64, dt: f64, state: &mut [f64], work: &mut [Vec<f64>; 3]) {
    let [k1, k2, stage] = work;
    field.derivative(t, state, k1);
    for ((s, x), k) in stage.iter_mut().zip(state.iter()).zip(k1.iter()) {
        *s = *x + dt * *k;
    }
    field.derivative(t + dt, stage, k2);
    for ((x, k1), k2) in state.iter_mut().zip(k1).zip(k2) {
        *x += 0.5 * dt * (*k1 + *k2);
    }
}
