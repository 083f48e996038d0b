//! Exponential Adams-Bashforth (ETD-AB3), order 3, one evaluation a step: for f = -a x + rest,
//! x <- e^(-a dt) x + dt sum_j b_j(a dt) rest(t - j dt), j = 0, 1, 2.
//!
//! S. M. Cox, P. C. Matthews, J. Comput. Phys. 176:430 (2002), section 2.1: exact where the rest is quadratic in time.
//! The first two steps, and those after a change of the step or a jump of the field, are of Runge-Kutta, order 4.

use crate::{VectorField, rk4};

/// Below this a dt the differences of phi_k lose digits and their series takes over.
const SMALL: f64 = 0.5;
/// Terms of the series: (1/2)^16 / 16! is far below rounding.
const TERMS: u32 = 16;
/// int_0^1 s (s + 1) (s + 2) / 6 ds, the weight of the third difference in the method of Adams and Bashforth of order 4.
pub const GAMMA_3: f64 = 3.0 / 8.0;
/// Two steps are equal if they are to this relative accuracy: they are differences of times.
const SAME_STEP: f64 = 1e-9;

/// What the method remembers between steps.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    /// The rest one and two steps ago.
    past: [Vec<f64>; 2],
    now: Vec<f64>,
    /// How many of the past are known, up to three: the third is in `now` until the next step.
    known: usize,
    dt: f64,
    /// Components of one decay rate: how many, a, and (e^(-a dt), dt b_0, dt b_1, dt b_2).
    runs: Vec<(usize, f64, [f64; 4])>,
}

impl Memory {
    pub(crate) fn new(decay: &[f64]) -> Self {
        let zeros = || vec![0.0; decay.len()];
        let mut runs: Vec<(usize, f64, [f64; 4])> = Vec::new();
        for a in decay {
            match runs.last_mut() {
                Some((count, same, _)) if same == a => *count += 1,
                _ => runs.push((1, *a, [0.0; 4])),
            }
        }
        Self { past: [zeros(), zeros()], now: zeros(), known: 0, dt: 0.0, runs }
    }

    /// Starts anew: the field has jumped.
    pub(crate) fn forget(&mut self) {
        self.known = 0;
    }

    /// Whether the next step is one of the start, which Runge and Kutta take.
    pub(crate) fn starts(&self, dt: f64) -> bool {
        self.known < 2 || (dt - self.dt).abs() > SAME_STEP * dt
    }

    /// Whether three rests of the past are known, as [`third_difference`] needs.
    pub(crate) fn knows_three(&self, dt: f64) -> bool {
        self.known == 3 && !self.starts(dt)
    }

    /// The rest three steps ago, before the next step overwrites it.
    pub(crate) fn oldest(&self) -> &[f64] {
        &self.now
    }

    /// Multiplies the remembered rests, for a linear field whose state was multiplied.
    #[cfg(test)]
    pub(crate) fn scale(&mut self, factor: f64) {
        self.past.iter_mut().flatten().for_each(|rest| *rest *= factor);
    }
}

/// Weights of the rest now, one, two and three steps ago in the estimate of the local error per unit time (T37): what the method of order
/// 4 would add, gamma_3 times the third backward difference. gamma_3 = 3/8 is its weight without decay and its upper bound with it.
pub const fn error_weights() -> [f64; 4] {
    [GAMMA_3, -3.0 * GAMMA_3, 3.0 * GAMMA_3, -GAMMA_3]
}

/// The estimate after a step; `error` holds the rest three steps before the last one.
pub(crate) fn third_difference(memory: &Memory, error: &mut [f64]) {
    let [now, one] = &memory.past;
    let [c0, c1, c2, c3] = error_weights();
    for (((error, r0), r1), r2) in error.iter_mut().zip(now).zip(one).zip(&memory.now) {
        *error = c0 * r0 + c1 * r1 + c2 * r2 + c3 * *error;
    }
}

pub(crate) fn step(
    field: &mut impl VectorField,
    t: f64,
    dt: f64,
    state: &mut [f64],
    work: &mut [Vec<f64>; 3],
    memory: &mut Memory,
) {
    if (dt - memory.dt).abs() > SAME_STEP * dt {
        memory.known = 0;
        memory.dt = dt;
        memory.runs.iter_mut().for_each(|(_, a, weights)| *weights = etd_weights(3, *a, dt));
    }
    let Memory { past: [one, two], now, known, runs, .. } = memory;
    field.derivative(t, state, now);
    let mut start = 0;
    for (count, a, _) in runs.iter() {
        let range = start..start + count;
        start += count;
        now[range.clone()].iter_mut().zip(&state[range]).for_each(|(rest, x)| *rest += a * x);
    }
    if *known < 2 {
        rk4::step(field, t, dt, state, work);
    } else {
        let mut start = 0;
        for (count, _, [e, b0, b1, b2]) in runs.iter() {
            let range = start..start + count;
            start += count;
            let rests = now[range.clone()].iter().zip(&one[range.clone()]).zip(&two[range.clone()]);
            for (x, ((r0, r1), r2)) in state[range].iter_mut().zip(rests) {
                *x = e * *x + b0 * r0 + b1 * r1 + b2 * r2;
            }
        }
    }
    *known = (*known + 1).min(3);
    std::mem::swap(one, two);
    std::mem::swap(one, now);
}

/// The exponential Adams-Bashforth method of order 1, 2 or 3 for one decay rate `a`: e^z, z = -a dt, and dt times the
/// weights of the rest now, one and two steps ago.
///
/// With phi_1 = (e^z - 1) / z, phi_(k+1) = (phi_k - 1/k!) / z these are phi_1 (order 1); phi_1 + phi_2, -phi_2 (order 2);
/// phi_1 + 3/2 phi_2 + phi_3, -2 (phi_2 + phi_3), phi_2 / 2 + phi_3 (order 3, and any other). At z = 0 they are those of
/// Adams and Bashforth, 23/12, -16/12, 5/12.
pub fn etd_weights(order: u32, a: f64, dt: f64) -> [f64; 4] {
    let z = -a * dt;
    let phi = |k: u32| -> f64 {
        if z.abs() < SMALL {
            // sum_j z^j / (j + k)!
            let factorial = |n: u32| (1..=n).map(f64::from).product::<f64>();
            (0..TERMS).rev().map(|j| z.powi(j as i32) / factorial(j + k)).sum()
        } else {
            let one = z.exp_m1() / z;
            [one, (one - 1.0) / z, ((one - 1.0) / z - 0.5) / z][k as usize - 1]
        }
    };
    let (one, two, three) = (phi(1), phi(2), phi(3));
    let rest = match order {
        1 => [one, 0.0, 0.0],
        2 => [one + two, -two, 0.0],
        _ => [one + 1.5 * two + three, -2.0 * (two + three), 0.5 * two + three],
    };
    [z.exp(), dt * rest[0], dt * rest[1], dt * rest[2]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_those_of_adams_and_bashforth_without_decay_and_join_their_series() {
        let close =
            |a: [f64; 4], b: [f64; 4]| a.iter().zip(b).for_each(|(a, b)| assert!((a - b).abs() < 1e-14, "{a} {b}"));
        close(etd_weights(3, 0.0, 1.0), [1.0, 23.0 / 12.0, -16.0 / 12.0, 5.0 / 12.0]);
        close(etd_weights(2, 0.0, 1.0), [1.0, 1.5, -0.5, 0.0]);
        close(etd_weights(1, 0.0, 1.0), [1.0, 1.0, 0.0, 0.0]);
        for order in 1..=3 {
            let [below, above] = [1.0 - 1e-15, 1.0 + 1e-15].map(|near| etd_weights(order, SMALL * near, 1.0));
            close(below, above);
        }
    }

    /// dx/dt = -a x + 1 + t + t^2 has the exact solution that the method reproduces, whatever the step.
    #[test]
    fn a_quadratic_rest_is_integrated_exactly_after_the_start() {
        struct Quadratic(f64);
        impl VectorField for Quadratic {
            fn dimension(&self) -> usize {
                1
            }
            fn derivative(&mut self, t: f64, x: &[f64], out: &mut [f64]) {
                out[0] = -self.0 * x[0] + 1.0 + t + t * t;
            }
            fn decay_rate(&self, _: usize) -> f64 {
                self.0
            }
        }
        let a: f64 = 1.7;
        // Particular solution c0 + c1 t + c2 t^2.
        let c2 = 1.0 / a;
        let c1 = (1.0 - 2.0 * c2) / a;
        let c0 = (1.0 - c1) / a;
        let exact = |t: f64| c0 + c1 * t + c2 * t * t + (2.0 - c0) * (-a * t).exp();
        let (mut field, dt) = (Quadratic(a), 0.3);
        let mut memory = Memory::new(&[a]);
        let mut work = std::array::from_fn(|_| vec![0.0]);
        let mut state = [2.0];
        let mut off = Vec::new();
        for i in 0..20 {
            step(&mut field, f64::from(i) * dt, dt, &mut state, &mut work, &mut memory);
            off.push(state[0] - exact(f64::from(i + 1) * dt));
        }
        // The error of the first two steps decays with the homogeneous solution; nothing is added to it.
        for (i, off) in off.windows(2).enumerate().skip(1) {
            assert!((off[1] - off[0] * (-a * dt).exp()).abs() < 1e-14 * exact(i as f64 * dt).abs().max(10.0));
        }
        assert!(off[1].abs() > 1e-6);
    }
}
