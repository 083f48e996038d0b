//! The classical Runge-Kutta method, order 4: weights 1/6, 1/3, 1/3, 1/6 at 0, dt/2, dt/2, dt.

use crate::VectorField;

pub(crate) fn step(field: &mut impl VectorField, t: f64, dt: f64, state: &mut [f64], work: &mut [Vec<f64>; 3]) {
    let [k, sum, stage] = work;
    field.derivative(t, state, k);
    sum.copy_from_slice(k);
    for (offset, weight) in [(0.5 * dt, 2.0), (0.5 * dt, 2.0), (dt, 1.0)] {
        for ((s, x), k) in stage.iter_mut().zip(state.iter()).zip(k.iter()) {
            *s = *x + offset * *k;
        }
        field.derivative(t + offset, stage, k);
        for (sum, k) in sum.iter_mut().zip(k.iter()) {
            *sum += weight * *k;
        }
    }
    for (x, sum) in state.iter_mut().zip(sum) {
        *x += dt / 6.0 * *sum;
    }
}
