//! Directions that turn for ever while a deviation grows: the flow (T42) of laws of deviations, in every variant.
//!
//! With one time scale the decay of x does not move its direction, and dv/dt = F(v) is followed. With two, x and the filtered
//! rates each have a law of their own, tau_s dv/dt = -v + w, tau_r dw/dt = -w + F(v), and none of it follows from the growth that
//! one time scale would show: the step is an exponential Runge-Kutta method of order four, so that a short time constant costs
//! nothing. The state is brought back to length one after every step, and the logarithms of the lengths are the growth.

use lowrank_model::Variant;

use super::{Cone, Ray, norm, normalise};

/// Steps in which a flow is given time to settle, and each as a part of the time in which the fastest changes.
const FLOW_STEPS: usize = 400;
const FLOW_STEP: f64 = 0.5;
/// A direction that changes by less than this part has settled; by more than the second it turns.
const SETTLED: f64 = 1e-9;
const STILL_MOVES: f64 = 1e-2;
/// The step of an average over a turning direction, and its steps at first and at most: they are doubled until two means in a row
/// agree to the last, relative to the rate of change.
const TURNING_STEP: f64 = 0.05;
const TURNING_STEPS: (usize, usize) = (3000, 24_000);
const AGREED: f64 = 1e-6;
/// A mean that changes by more than this was taken along a direction that is still on its way.
const BELIEVED: f64 = 1e-4;
/// A direction this near one that a turning direction has taken turns with it.
const SAME_ORBIT: f64 = 1e-3;
/// Terms of the series of an exponential, and the largest entry up to which it is summed: beyond, it is halved and squared.
const SERIES_TERMS: u32 = 16;
const SERIES_UP_TO: f64 = 0.5;

/// What a step makes of (v, w), and of F(v), which acts on them: an exponential Runge-Kutta method of order four (Cox and Matthews,
/// J. Comput. Phys. 176:430, 2002) whose linear part holds both filters.
struct Weights {
    /// Of (v, w) in the whole step and in half of it.
    whole: [[f64; 2]; 2],
    half: [[f64; 2]; 2],
    /// Of F: over half a step, at its beginning, in its middle and at its end.
    of_half: [f64; 2],
    first: [f64; 2],
    middle: [f64; 2],
    last: [f64; 2],
}

impl Weights {
    /// Of the linear part `a` and the way `b` in which F enters.
    fn new(a: [[f64; 2]; 2], b: [f64; 2], step: f64) -> Self {
        let (whole, [one, two, three]) = exponentials(a, b, step);
        let (half, [of_half, ..]) = exponentials(a, b, 0.5 * step);
        let mix = |c: [f64; 3]| [0, 1].map(|i| c[0] * one[i] + c[1] * two[i] + c[2] * three[i]);
        let (first, middle, last) = (mix([1.0, -3.0, 4.0]), mix([0.0, 2.0, -4.0]), mix([0.0, -1.0, 4.0]));
        Self { whole, half, of_half, first, middle, last }
    }
}

/// e^(h a) and h phi_k(h a) b for k = 1, 2, 3, phi_0 = exp, phi_(k + 1)(z) = (phi_k(z) - 1 / k!) / z, from one exponential of a
/// larger matrix.
fn exponentials(a: [[f64; 2]; 2], b: [f64; 2], h: f64) -> ([[f64; 2]; 2], [[f64; 2]; 3]) {
    const SIZE: usize = 5;
    type Square = [[f64; SIZE]; SIZE];
    let product = |x: &Square, y: &Square| -> Square {
        std::array::from_fn(|i| std::array::from_fn(|j| (0..SIZE).map(|k| x[i][k] * y[k][j]).sum()))
    };
    let mut matrix: Square = [[0.0; SIZE]; SIZE];
    for i in 0..2 {
        (matrix[i][0], matrix[i][1], matrix[i][2]) = (h * a[i][0], h * a[i][1], h * b[i]);
    }
    (matrix[2][3], matrix[3][4]) = (1.0, 1.0);
    let largest = matrix.iter().flatten().fold(0.0, |most: f64, x| most.max(x.abs()));
    let squarings = (largest / SERIES_UP_TO).log2().ceil().max(0.0);
    let scale = (-squarings).exp2();
    matrix.iter_mut().flatten().for_each(|x| *x *= scale);
    let unit: Square = std::array::from_fn(|i| std::array::from_fn(|j| f64::from(u8::from(i == j))));
    let (mut term, mut sum) = (unit, unit);
    for k in 1..=SERIES_TERMS {
        term = product(&term, &matrix).map(|row| row.map(|x| x / f64::from(k)));
        sum = std::array::from_fn(|i| std::array::from_fn(|j| sum[i][j] + term[i][j]));
    }
    for _ in 0..squarings as u32 {
        sum = product(&sum, &sum);
    }
    let column = |j: usize| [sum[0][j], sum[1][j]];
    ([[sum[0][0], sum[0][1]], [sum[1][0], sum[1][1]]], [column(2), column(3), column(4)])
}

/// The flow of laws in one variant.
pub(super) struct Flow<'a, 'n> {
    cone: &'a Cone<'n>,
    /// tau_s and tau_r where there are two time scales.
    taus: Option<(f64, f64)>,
    /// The rate that is left out of the flow: that of the slower filter.
    left_out: f64,
    /// The rate at which directions change, an upper bound.
    rate: f64,
}

impl<'a, 'n> Flow<'a, 'n> {
    /// `largest` is the largest length of F(v) over that of v.
    pub(super) fn new(cone: &'a Cone<'n>, variant: Variant, largest: f64) -> Self {
        let largest = largest.max(f64::MIN_POSITIVE);
        let (tau_s, tau_r) = variant.time_constants();
        if tau_s == 0.0 || tau_r == 0.0 {
            return Self { cone, taus: None, left_out: 1.0, rate: largest };
        }
        // The larger root of rate (rate + between) = product.
        let between = (1.0 / tau_s - 1.0 / tau_r).abs();
        let product = largest / (tau_s * tau_r);
        let rate = 2.0 * product / (between + (between * between + 4.0 * product).sqrt());
        Self { cone, taus: Some((tau_s, tau_r)), left_out: 1.0 / tau_s.max(tau_r), rate }
    }

    /// The state (v, w) of a deviation that starts in this direction; with one time scale w is zero.
    pub(super) fn start(&self, v: &[f64]) -> Vec<f64> {
        let part = if self.taus.is_some() { 1.0 } else { 0.0 };
        let mut state: Vec<f64> = v.iter().copied().chain(v.iter().map(|v| part * v)).collect();
        normalise(&mut state);
        state
    }

    /// The part of the state that is the law of x, of length one.
    pub(super) fn direction(&self, state: &[f64]) -> Vec<f64> {
        let mut v = state[..self.cone.size()].to_vec();
        normalise(&mut v);
        v
    }

    /// One step, and the logarithm of the length before it is brought back to one.
    fn step(&self, weights: &Weights, u: &mut Vec<f64>) -> f64 {
        let size = self.cone.size();
        let drive = |state: &[f64]| self.cone.image(&state[..size]);
        // What the linear part makes of a state, and what F adds.
        let moved = |by: &[[f64; 2]; 2], state: &[f64], parts: &[([f64; 2], &[f64])]| -> Vec<f64> {
            let entry = |e: usize| {
                let (row, i) = (e / size, e % size);
                let added: f64 = parts.iter().map(|(weight, f)| weight[row] * f[i]).sum();
                by[row][0] * state[i] + by[row][1] * state[size + i] + added
            };
            (0..2 * size).map(entry).collect()
        };
        let Weights { whole, half, of_half, first, middle, last } = weights;
        let twice = of_half.map(|w| 2.0 * w);
        let back = of_half.map(|w| -w);
        let f_u = drive(u);
        let a = moved(half, u, &[(*of_half, &f_u)]);
        let f_a = drive(&a);
        let b = moved(half, u, &[(*of_half, &f_a)]);
        let f_b = drive(&b);
        let c = moved(half, &a, &[(twice, &f_b), (back, &f_u)]);
        let f_c = drive(&c);
        *u = moved(whole, u, &[(*first, &f_u), (*middle, &f_a), (*middle, &f_b), (*last, &f_c)]);
        let length = norm(u);
        u.iter_mut().for_each(|u| *u /= length);
        length.ln()
    }

    fn weights(&self, step: f64) -> Weights {
        let step = step / self.rate;
        match self.taus {
            None => Weights::new([[0.0, 0.0], [0.0, 0.0]], [1.0, 0.0], step),
            Some((tau_s, tau_r)) => {
                let filters = [[self.left_out - 1.0 / tau_s, 1.0 / tau_s], [0.0, self.left_out - 1.0 / tau_r]];
                Weights::new(filters, [0.0, 1.0 / tau_r], step)
            }
        }
    }

    /// Follows a state for some time, or until it has settled; whether it is still on its way.
    pub(super) fn settle(&self, state: &mut Vec<f64>) -> bool {
        let weights = self.weights(FLOW_STEP);
        let mut change = f64::INFINITY;
        for _ in 0..FLOW_STEPS {
            let before = state.clone();
            self.step(&weights, state);
            change = super::distance(&before, state) / FLOW_STEP;
            if change <= SETTLED {
                break;
            }
        }
        change > STILL_MOVES
    }

    /// The mean growth along a direction that does not settle, with weights that vanish smoothly at both ends of the time: the
    /// mean of a periodic function to many digits. Of two classes or more with a random part it is an upper bound, as
    /// sigma is taken to keep its correlation. None where the direction has not found its orbit in the time.
    pub(super) fn turning(&self, state: &mut Vec<f64>) -> Option<Ray> {
        let weights = self.weights(TURNING_STEP);
        let (mut steps, mut before) = (TURNING_STEPS.0, f64::INFINITY);
        loop {
            let mut orbit = Vec::with_capacity(steps);
            let (mut sum, mut total) = (0.0, 0.0);
            for i in 0..steps {
                orbit.push(state.clone());
                let part = (i as f64 + 0.5) / steps as f64;
                let weight = (-1.0 / (part * (1.0 - part))).exp();
                sum += weight * self.step(&weights, state);
                total += weight;
            }
            let mean = sum / total * (self.rate / TURNING_STEP);
            let agreed = (mean - before).abs();
            if agreed <= AGREED * self.rate || 2 * steps > TURNING_STEPS.1 {
                let rate = mean - self.left_out;
                let ray = Ray { v: self.direction(state), lambda: 1.0 + rate, rate, turning: true, orbit };
                return (agreed <= BELIEVED * self.rate).then_some(ray);
            }
            (before, steps) = (mean, 2 * steps);
        }
    }
}

/// Whether a state lies on the way that a turning direction takes.
pub(super) fn is_on(orbit: &[Vec<f64>], state: &[f64]) -> bool {
    orbit.windows(2).any(|pair| {
        let (mut square, mut along, mut off) = (f64::MIN_POSITIVE, 0.0, 0.0);
        for ((a, b), x) in pair[0].iter().zip(&pair[1]).zip(state) {
            square += (b - a) * (b - a);
            along += (b - a) * (x - a);
            off += (x - a) * (x - a);
        }
        let part = (along / square).clamp(0.0, 1.0);
        off - part * (2.0 * along - part * square) <= SAME_ORBIT * SAME_ORBIT
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_hold_stiff_and_slow_filters() {
        // Against closed forms: phi_1(z) = (e^z - 1) / z on the diagonal, divided differences beside it.
        let phi_1 = |z: f64| z.exp_m1() / z;
        for (x, y) in [(-0.3, -0.7), (-1e-3, -500.0), (-40.0, 0.2), (-1e4, -1.0)] {
            let (whole, [one, ..]) = exponentials([[x, 3.0], [0.0, y]], [0.0, 2.0], 1.0);
            let expected = [whole[0][0] - f64::exp(x), whole[1][1] - f64::exp(y), one[1] - 2.0 * phi_1(y)];
            assert!(expected.iter().all(|d| d.abs() < 1e-11), "{x} {y}: {expected:?}");
            let beside = 3.0 * (f64::exp(x) - f64::exp(y)) / (x - y);
            let of_one = 6.0 * (phi_1(x) - phi_1(y)) / (x - y);
            assert!((whole[0][1] - beside).abs() < 1e-11 && (one[0] - of_one).abs() < 1e-11, "{x} {y}");
        }
        // Without a linear part the method is the classical one of order four.
        let weights = Weights::new([[0.0; 2]; 2], [1.0, 0.0], 0.1);
        let parts = [weights.first, weights.middle, weights.last].map(|w| w[0] / 0.1);
        parts
            .iter()
            .zip([1.0 / 6.0, 1.0 / 3.0, 1.0 / 6.0])
            .for_each(|(a, b)| assert!((a - b).abs() < 1e-14, "{parts:?}"));
    }
}
