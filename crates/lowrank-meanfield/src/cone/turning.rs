//! The flow (T42) of laws of deviations, in every variant: the rays it settles on, and directions that turn for ever.
//!
//! With one time scale the decay of x does not move its direction, and dv/dt = F(v) is followed. With two, x and the filtered
//! rates each have a law of their own, tau_s dv/dt = -v + w, tau_r dw/dt = -w + F(v), and none of it follows from the growth that
//! one time scale would show. F is homogeneous, F(v) = F'(v) v, so that the flow is du/dt = A(u) u with a matrix that does not change with the
//! length of u: the step is the exponential midpoint rule, u + exp(h A(u + exp(h A(u) / 2) u)) u in short, which is exact where F is linear, however
//! stiff, and two half steps beside the whole one tell its error and take the largest part of it away. The state is brought back to length one
//! after every step, and the logarithms of the lengths are the growth.

use lowrank_model::Variant;

use super::{Cone, Ray, distance, norm, normalise};

/// Steps in which a flow is given time to settle.
const SETTLING_STEPS: usize = 600;
/// Steps after which a state that settles is compared with directions that are known to turn.
const LOOKS_EVERY: usize = 25;
/// A direction that changes by less than this part of its growth has settled; by more than the second it turns.
const SETTLED: f64 = 1e-9;
const STILL_MOVES: f64 = 1e-2;
/// The error of two half steps, relative to the length, before what is known of it is taken away (errors at kinks all but cancel: a mean over
/// steps of 1 and of 0.05 differs by 1e-7 for sixty given neurons); a step turns the direction by no more than
/// the second, in radians.
const STEP_ERROR: f64 = 1e-4;
const LARGEST_TURN: f64 = 0.08;
/// A step changes by no more than these factors, and is given up below the smallest, in units of the time in which the fastest changes.
const STEP_FACTORS: (f64, f64) = (0.2, 4.0);
const SMALLEST_STEP: f64 = 1e-9;
/// Steps of an average over a turning direction, at first and at most: they are doubled until two means in a row agree to the third,
/// relative to max(1, growth).
const TURNING_STEPS: (usize, usize) = (500, 16_000);
const AGREED: f64 = 1e-6;
/// A mean that changes by more than this was taken along a direction that is still on its way; the true growth may differ by the second
/// times its change.
const BELIEVED: f64 = 1e-4;
const UNCERTAIN: f64 = 10.0;
/// A mean that changes by less than this is compared with those that are known: an irregular direction never comes back to itself, but grows
/// as all others do that turn with it.
const ALIKE: f64 = 1e-2;
/// A direction this near one that a turning direction has taken turns with it.
const SAME_ORBIT: f64 = 1e-3;
/// Terms of the series of an exponential, and the largest sum of a row up to which it is summed: beyond, it is halved and squared.
const SERIES_TERMS: usize = 14;
const SERIES_UP_TO: f64 = 0.5;
/// Halvings up to which the series is summed for each part in turn.
const MOST_REPEATED: f64 = 3.0;
/// A larger exponent overflows.
const LARGEST_EXPONENT: f64 = 1e15;

/// A square matrix, row by row.
struct Square {
    size: usize,
    entries: Vec<f64>,
}

impl Square {
    fn times(&self, x: &[f64]) -> Vec<f64> {
        self.entries.chunks_exact(self.size).map(|row| row.iter().zip(x).map(|(a, x)| a * x).sum()).collect()
    }

    fn product(&self, other: &Self) -> Self {
        let size = self.size;
        let mut entries = vec![0.0; size * size];
        for (row, into) in self.entries.chunks_exact(size).zip(entries.chunks_exact_mut(size)) {
            for (a, line) in row.iter().zip(other.entries.chunks_exact(size)) {
                into.iter_mut().zip(line).for_each(|(c, b)| *c += a * b);
            }
        }
        Self { size, entries }
    }

    /// exp(h A) u, by the series of a part of it, squared; none where it overflows.
    fn exponential(&self, h: f64, u: &[f64]) -> Option<Vec<f64>> {
        let rows = self.entries.chunks_exact(self.size).map(|row| row.iter().map(|a| a.abs()).sum::<f64>());
        let largest = h * rows.fold(0.0, f64::max);
        if largest.is_nan() || largest > LARGEST_EXPONENT {
            return None;
        }
        let squarings = (largest / SERIES_UP_TO).log2().ceil().max(0.0);
        let part = h * (-squarings).exp2();
        if squarings <= MOST_REPEATED {
            // A few short steps of the series of a vector cost less than a matrix.
            let mut moved = u.to_vec();
            for _ in 0..squarings.exp2() as u32 {
                let mut term = moved.clone();
                for k in 1..=SERIES_TERMS {
                    term = self.times(&term);
                    term.iter_mut().for_each(|x| *x *= part / k as f64);
                    moved.iter_mut().zip(&term).for_each(|(x, t)| *x += t);
                    if norm(&term) <= f64::EPSILON * norm(&moved) {
                        break;
                    }
                }
            }
            return Some(moved);
        }
        let unit = |scale: f64| {
            let entry = |e: usize| if e.is_multiple_of(self.size + 1) { scale } else { 0.0 };
            Self { size: self.size, entries: (0..self.size * self.size).map(entry).collect() }
        };
        // By Horner's rule: 1 + A (1 + A / 2 (1 + A / 3 (...))).
        let mut sum = unit(1.0);
        for k in (1..=SERIES_TERMS).rev() {
            let mut next = self.product(&sum);
            next.entries.iter_mut().for_each(|x| *x *= part / k as f64);
            next.entries.iter_mut().zip(&unit(1.0).entries).for_each(|(x, one)| *x += one);
            sum = next;
        }
        for _ in 0..squarings as u32 {
            sum = sum.product(&sum);
        }
        let moved = sum.times(u);
        moved.iter().all(|x| x.is_finite()).then_some(moved)
    }
}

/// What becomes of a direction that does not settle.
pub(super) enum Turned {
    /// It grows at this mean rate.
    Ray(Ray),
    /// It has not found its orbit in the time: its growth is at most this.
    AtMost(f64),
    /// It grows as a direction that is known to turn.
    Known,
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

    /// The state (v, w) of a deviation that starts in this direction; with one time scale v alone.
    pub(super) fn start(&self, v: &[f64]) -> Vec<f64> {
        let copies = if self.taus.is_some() { 2 } else { 1 };
        let mut state = v.repeat(copies);
        normalise(&mut state);
        state
    }

    /// The part of the state that is the law of x, of length one.
    pub(super) fn direction(&self, state: &[f64]) -> Vec<f64> {
        let mut v = state[..self.cone.size()].to_vec();
        normalise(&mut v);
        v
    }

    /// A(u).
    fn matrix(&self, state: &[f64]) -> Square {
        let size = self.cone.size();
        let response = self.cone.response(&state[..size]);
        let Some((tau_s, tau_r)) = self.taus else { return Square { size, entries: response } };
        let entry = |e: usize| {
            let (row, column) = (e / (2 * size), e % (2 * size));
            let same = f64::from(u8::from(row % size == column % size));
            match (row < size, column < size) {
                (true, true) => same * (self.left_out - 1.0 / tau_s),
                (true, false) => same / tau_s,
                (false, true) => response[(row - size) * size + column] / tau_r,
                (false, false) => same * (self.left_out - 1.0 / tau_r),
            }
        };
        Square { size: 2 * size, entries: (0..4 * size * size).map(entry).collect() }
    }

    fn midpoint(&self, first: &Square, state: &[f64], h: f64) -> Option<Vec<f64>> {
        self.matrix(&first.exponential(0.5 * h, state)?).exponential(h, state)
    }

    /// One step that is accurate enough, no longer than `h`: its length, and the logarithm of the state's length before it is brought
    /// back to one. `h` becomes the step to try next. None where no step is.
    fn step(&self, state: &mut Vec<f64>, h: &mut f64) -> Option<(f64, f64)> {
        let first = self.matrix(state);
        let moves = first.times(state);
        let along: f64 = moves.iter().zip(state.iter()).map(|(m, u)| m * u).sum();
        let turn = norm(&moves.iter().zip(state.iter()).map(|(m, u)| m - along * u).collect::<Vec<_>>());
        let longest = 1.0 / turn.max(SETTLED * norm(&moves).max(self.left_out));
        *h = h.min(longest);
        loop {
            if *h * self.rate < SMALLEST_STEP {
                return None;
            }
            let tried = *h;
            let both = self.midpoint(&first, state, tried).zip(
                self.midpoint(&first, state, 0.5 * tried)
                    .and_then(|half| self.midpoint(&self.matrix(&half), &half, 0.5 * tried)),
            );
            let Some((whole, halves)) = both else {
                *h *= STEP_FACTORS.0;
                continue;
            };
            let length = norm(&halves);
            let error = distance(&halves, &whole) / (3.0 * length);
            let mut next: Vec<f64> = halves.iter().zip(&whole).map(|(b, a)| b + (b - a) / 3.0).collect();
            let length = norm(&next);
            normalise(&mut next);
            let turned = distance(&next, state);
            let by_error = (0.9 * (STEP_ERROR / error).cbrt()).min(0.9 * LARGEST_TURN / turned);
            let by = if by_error.is_nan() { STEP_FACTORS.0 } else { by_error.clamp(STEP_FACTORS.0, STEP_FACTORS.1) };
            *h = by * tried;
            if error <= STEP_ERROR && turned <= LARGEST_TURN {
                *state = next;
                return Some((tried, length.ln()));
            }
            *h = (*h).min(0.5 * tried);
        }
    }

    fn first_step(&self) -> f64 {
        0.01 / self.rate
    }

    /// Follows a state for some time, until it has settled, or until it turns with one of these rays; whether it is still on its way.
    pub(super) fn settle(&self, state: &mut Vec<f64>, known: &[Ray]) -> bool {
        let mut h = self.first_step();
        for i in 1..=SETTLING_STEPS {
            let joins = i.is_multiple_of(LOOKS_EVERY) && is_known(known, state);
            if joins || self.step(state, &mut h).is_none() || self.turning_part(state) <= SETTLED {
                break;
            }
        }
        self.turning_part(state) > STILL_MOVES
    }

    /// How fast a direction turns, in units of how fast its state changes, or would by itself.
    fn turning_part(&self, state: &[f64]) -> f64 {
        let moves = self.matrix(state).times(state);
        let along: f64 = moves.iter().zip(state).map(|(m, u)| m * u).sum();
        let turn = norm(&moves.iter().zip(state).map(|(m, u)| m - along * u).collect::<Vec<_>>());
        turn / norm(&moves).max(self.left_out)
    }

    /// The mean growth along a direction that does not settle, with weights that vanish smoothly at both ends of the time: the
    /// mean of a periodic function to many digits. Of two classes or more with a random part it is an upper bound, as
    /// sigma is taken to keep its correlation.
    pub(super) fn turning(&self, state: &mut Vec<f64>, known: &[Ray]) -> Turned {
        let (mut count, mut before) = (TURNING_STEPS.0, f64::INFINITY);
        let mut h = self.first_step();
        loop {
            let (mut orbit, mut steps) = (Vec::with_capacity(count), Vec::with_capacity(count));
            for _ in 0..count {
                orbit.push(state.clone());
                let Some(step) = self.step(state, &mut h) else { return Turned::AtMost(f64::INFINITY) };
                steps.push(step);
            }
            let whole: f64 = steps.iter().map(|(h, _)| h).sum();
            let (mut time, mut sum, mut total) = (0.0, 0.0, 0.0);
            for (h, growth) in &steps {
                let part = (time + 0.5 * h) / whole;
                let weight = (-1.0 / (part * (1.0 - part))).exp();
                sum += weight * growth;
                total += weight * h;
                time += h;
            }
            let mean = sum / total;
            let rate = mean - self.left_out;
            let (agreed, scale) = ((mean - before).abs(), mean.abs().max(1.0));
            let near = (UNCERTAIN * agreed).max(BELIEVED * scale);
            let alike = |ray: &Ray| ray.turning && (ray.rate - rate).abs() <= near;
            if agreed <= ALIKE * scale && known.iter().any(alike) {
                return Turned::Known;
            }
            if agreed <= AGREED * scale || 2 * count > TURNING_STEPS.1 {
                let ray = Ray { v: self.direction(state), lambda: 1.0 + rate, rate, turning: true, orbit };
                return if agreed <= BELIEVED * scale {
                    Turned::Ray(ray)
                } else {
                    Turned::AtMost(rate + UNCERTAIN * agreed)
                };
            }
            (before, count) = (mean, 2 * count);
        }
    }
}

/// Whether a state turns with one of these.
pub(super) fn is_known(rays: &[Ray], state: &[f64]) -> bool {
    rays.iter().any(|ray| is_on(&ray.orbit, state))
}

/// Whether a state lies on the way that a turning direction takes.
fn is_on(orbit: &[Vec<f64>], state: &[f64]) -> bool {
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
    fn exponentials_hold_stiff_and_slow_directions() {
        // Of a triangular matrix in closed form: divided differences beside the diagonal.
        for (x, y) in [(-0.3, -0.7), (-1e-3, -500.0), (-40.0, 0.2), (-1e6, -1.0)] {
            let matrix = Square { size: 2, entries: vec![x, 3.0, 0.0, y] };
            let columns = [[1.0, 0.0], [0.0, 1.0]].map(|unit| matrix.exponential(1.0, &unit).unwrap());
            let beside = 3.0 * (f64::exp(x) - f64::exp(y)) / (x - y);
            assert!((columns[0][0] - f64::exp(x)).abs() < 1e-9, "{x} {y}: {columns:?}");
            assert!((columns[1][0] - beside).abs() < 1e-9 && (columns[1][1] - f64::exp(y)).abs() < 1e-9, "{x} {y}");
        }
        assert!(Square { size: 1, entries: vec![1e3] }.exponential(1.0, &[1.0]).is_none());
    }
}
