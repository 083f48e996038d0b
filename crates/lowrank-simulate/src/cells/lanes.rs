//! The loops over the neurons of one column, compiled for each vector width and chosen at run time.

use lowrank_model::Real;
use pulp::{Arch, Simd, WithSimd};

use super::weights::Weights;

/// Independent sums of a reduction: whole vectors of every width.
const LANES: usize = 16;
/// Terms summed in `T`, a sixteenth of them in each lane, before the sum goes on in `f64`.
const RUN: usize = 256;

/// sum_i a_i b_i.
pub(crate) fn dot<T: Real>(a: &[T], b: &[T]) -> f64 {
    Arch::new().dispatch(Dot(a, b))
}

struct Dot<'a, T>(&'a [T], &'a [T]);

impl<T: Real> WithSimd for Dot<'_, T> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        let mut total = 0.0;
        for (a, b) in self.0.chunks(RUN).zip(self.1.chunks(RUN)) {
            let (a, a_rest) = a.as_chunks::<LANES>();
            let (b, b_rest) = b.as_chunks::<LANES>();
            let mut sums = [T::ZERO; LANES];
            for (a, b) in a.iter().zip(b) {
                for lane in 0..LANES {
                    sums[lane] += a[lane] * b[lane];
                }
            }
            total += sums.iter().map(|sum| sum.to_f64()).sum::<f64>();
            total += a_rest.iter().zip(b_rest).map(|(a, b)| (*a * *b).to_f64()).sum::<f64>();
        }
        total
    }
}

/// q <- g q + input + sum_k kappa_k m^(k), `m` row after row; an empty input is none.
pub(crate) fn drive<T: Real>(q: &mut [T], g: T, input: &[T], kappa: &[T], m: &[T]) {
    Arch::new().dispatch(Drive { q, g, input, kappa, m });
}

struct Drive<'a, T> {
    q: &'a mut [T],
    g: T,
    input: &'a [T],
    kappa: &'a [T],
    m: &'a [T],
}

impl<T: Real> WithSimd for Drive<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { q, g, input, kappa, m } = self;
        let n = q.len();
        // The first outer product on the way: one pass over the column where the rank is one.
        let (first, m_first) = (kappa.first().copied().unwrap_or(T::ZERO), m.get(..n));
        // Loops, no closures: those would not be compiled for the wide vectors.
        match (input.is_empty(), m_first) {
            (true, None) => {
                for q in q.iter_mut() {
                    *q = g * *q;
                }
            }
            (true, Some(m)) => {
                for (q, m) in q.iter_mut().zip(m) {
                    *q = g * *q + first * *m;
                }
            }
            (false, None) => {
                for (q, input) in q.iter_mut().zip(&input[..n]) {
                    *q = g * *q + *input;
                }
            }
            (false, Some(m)) => {
                for ((q, m), input) in q.iter_mut().zip(m).zip(&input[..n]) {
                    *q = g * *q + first * *m + *input;
                }
            }
        }
        for (kappa, m) in kappa.iter().zip(m.chunks_exact(n)).skip(1) {
            for (q, m) in q.iter_mut().zip(m) {
                *q += *kappa * *m;
            }
        }
    }
}

/// y <- decay y + sum_j weight_j rest_j; the past is read only where it has weight.
pub(crate) fn filter<T: Real>(y: &mut [T], weights: Weights<T>, now: &[T], past: [&[T]; 2]) {
    Arch::new().dispatch(Filter { y, weights, now, past });
}

struct Filter<'a, T> {
    y: &'a mut [T],
    weights: Weights<T>,
    now: &'a [T],
    past: [&'a [T]; 2],
}

impl<T: Real> WithSimd for Filter<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { y, weights: Weights { decay, rest: [b0, b1, b2] }, now, past: [one, two] } = self;
        let n = y.len();
        let now = &now[..n];
        if b1 == T::ZERO && b2 == T::ZERO {
            for i in 0..n {
                y[i] = decay * y[i] + b0 * now[i];
            }
            return;
        }
        let (one, two) = (&one[..n], &two[..n]);
        for i in 0..n {
            y[i] = decay * y[i] + (b0 * now[i] + b1 * one[i] + b2 * two[i]);
        }
    }
}

/// (sum_i (rest_i - y_i)^2, sum_i y_i^2), in `f64`: the square of the speed times tau, and of the state.
pub(super) fn speed<T: Real>(y: &[T], rest: &[T]) -> (f64, f64) {
    Arch::new().dispatch(Speed(y, rest))
}

struct Speed<'a, T>(&'a [T], &'a [T]);

impl<T: Real> WithSimd for Speed<'_, T> {
    type Output = (f64, f64);

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> (f64, f64) {
        let (y, y_rest) = self.0.as_chunks::<LANES>();
        let (rest, rest_rest) = self.1.as_chunks::<LANES>();
        let (mut change, mut size) = ([0.0; LANES], [0.0; LANES]);
        for (y, rest) in y.iter().zip(rest) {
            for lane in 0..LANES {
                let (value, rest) = (y[lane].to_f64(), rest[lane].to_f64());
                change[lane] += (rest - value) * (rest - value);
                size[lane] += value * value;
            }
        }
        let (mut change, mut size): (f64, f64) = (change.iter().sum(), size.iter().sum());
        for (y, rest) in y_rest.iter().zip(rest_rest) {
            change += (rest.to_f64() - y.to_f64()).powi(2);
            size += y.to_f64().powi(2);
        }
        (change, size)
    }
}

/// (sum_i (own y_i + sum_k c_k rest_i^(k))^2, sum_i y_i^2), in `f64`: the squares of an error and of the state.
pub(super) fn error<T: Real>(y: &[T], own: T, rest: [&[T]; 4], weights: [T; 4]) -> (f64, f64) {
    Arch::new().dispatch(Error { y, own, rest, weights })
}

struct Error<'a, T> {
    y: &'a [T],
    own: T,
    rest: [&'a [T]; 4],
    weights: [T; 4],
}

impl<T: Real> WithSimd for Error<'_, T> {
    type Output = (f64, f64);

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> (f64, f64) {
        let Self { y, own, rest, weights: [c0, c1, c2, c3] } = self;
        let term = |y: T, [r0, r1, r2, r3]: [T; 4]| (c0 * r0 + c1 * r1 + c2 * r2 + c3 * r3 + own * y).to_f64();
        let (y, y_tail) = y.as_chunks::<LANES>();
        let [(r0, t0), (r1, t1), (r2, t2), (r3, t3)] = rest.map(|rest| rest.as_chunks::<LANES>());
        let (mut error, mut size) = ([0.0; LANES], [0.0; LANES]);
        for ((((y, r0), r1), r2), r3) in y.iter().zip(r0).zip(r1).zip(r2).zip(r3) {
            for lane in 0..LANES {
                let (term, y) = (term(y[lane], [r0[lane], r1[lane], r2[lane], r3[lane]]), y[lane].to_f64());
                error[lane] += term * term;
                size[lane] += y * y;
            }
        }
        let (mut error, mut size): (f64, f64) = (error.iter().sum(), size.iter().sum());
        for ((((y, r0), r1), r2), r3) in y_tail.iter().zip(t0).zip(t1).zip(t2).zip(t3) {
            error += term(*y, [*r0, *r1, *r2, *r3]).powi(2);
            size += y.to_f64().powi(2);
        }
        (error, size)
    }
}

/// What one sample of one column comes to, in `f64`: sums over the neurons of x, x^2 about `shift`, r and r^2.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sums {
    pub(super) x: f64,
    pub(super) x_squared: f64,
    pub(super) r: f64,
    pub(super) r_squared: f64,
}

/// Adds x - first and its square to the sums over time of every neuron, and gives those over the neurons: of x - shift,
/// its square, r and its square.
pub(super) fn sample<T: Real>(
    x: &[T],
    r: &[T],
    first: &[f64],
    shift: f64,
    sum: &mut [f64],
    square: &mut [f64],
) -> Sums {
    Arch::new().dispatch(Sample { x, r, first, shift, sum, square })
}

struct Sample<'a, T> {
    x: &'a [T],
    r: &'a [T],
    first: &'a [f64],
    shift: f64,
    sum: &'a mut [f64],
    square: &'a mut [f64],
}

impl<T: Real> WithSimd for Sample<'_, T> {
    type Output = Sums;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Sums {
        let Self { x, r, first, shift, sum, square } = self;
        let n = x.len();
        let (r, first, sum, square) = (&r[..n], &first[..n], &mut sum[..n], &mut square[..n]);
        let mut lanes = [[0.0; LANES]; 4];
        let mut take = |i: usize, lane: usize| {
            let (x, r) = (x[i].to_f64(), r[i].to_f64());
            let deviation = x - first[i];
            sum[i] += deviation;
            square[i] += deviation * deviation;
            let x = x - shift;
            lanes[0][lane] += x;
            lanes[1][lane] += x * x;
            lanes[2][lane] += r;
            lanes[3][lane] += r * r;
        };
        let whole = n / LANES * LANES;
        for chunk in (0..whole).step_by(LANES) {
            for lane in 0..LANES {
                take(chunk + lane, lane);
            }
        }
        (whole..n).for_each(|i| take(i, i - whole));
        let [x, x_squared, r, r_squared] = lanes.map(|lanes| lanes.iter().sum());
        Sums { x, x_squared, r, r_squared }
    }
}

/// y <- factor y, entry by entry.
pub(super) fn multiply<T: Real>(y: &mut [T], factor: &[T]) {
    Arch::new().dispatch(Multiply(y, factor));
}

struct Multiply<'a, T>(&'a mut [T], &'a [T]);

impl<T: Real> WithSimd for Multiply<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (y, factor) in self.0.iter_mut().zip(self.1) {
            *y *= *factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(n: usize, rate: f64) -> Vec<f64> {
        (0..n).map(|i| (rate * i as f64).sin()).collect()
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-12 * b.abs().max(1.0), "{a} {b}");
    }

    #[test]
    fn every_loop_is_the_plain_one_at_any_length() {
        for n in [1, 15, 16, 17, 100, 5000] {
            let (a, b, c, d) = (wave(n, 0.7), wave(n, 1.3), wave(n, 2.9), wave(n, 0.2));
            close(dot(&a, &b), a.iter().zip(&b).map(|(a, b)| a * b).sum());

            let mut q = a.clone();
            let m = [b.clone(), d.clone()].concat();
            drive(&mut q, 1.5, &c, &[2.0, -3.0], &m);
            (0..n).for_each(|i| close(q[i], 1.5 * a[i] + c[i] + 2.0 * b[i] - 3.0 * d[i]));

            for rest in [[0.5, 0.0, 0.0], [0.5, -0.25, 0.125]] {
                let mut y = a.clone();
                filter(&mut y, Weights { decay: 0.9, rest }, &b, [&c, &d]);
                (0..n).for_each(|i| close(y[i], 0.9 * a[i] + rest[0] * b[i] + rest[1] * c[i] + rest[2] * d[i]));
            }

            let (change, size) = speed(&a, &b);
            close(change, a.iter().zip(&b).map(|(a, b)| (b - a) * (b - a)).sum());
            close(size, a.iter().map(|a| a * a).sum());

            let (mut sum, mut square) = (c.clone(), d.clone());
            let seen = sample(&a, &b, &c, 0.25, &mut sum, &mut square);
            close(seen.x, a.iter().map(|a| a - 0.25).sum());
            close(seen.x_squared, a.iter().map(|a| (a - 0.25).powi(2)).sum());
            close(seen.r, b.iter().sum());
            close(seen.r_squared, b.iter().map(|b| b * b).sum());
            for i in 0..n {
                close(sum[i], a[i]);
                close(square[i], d[i] + (a[i] - c[i]).powi(2));
            }

            let mut y = a.clone();
            multiply(&mut y, &b);
            (0..n).for_each(|i| close(y[i], a[i] * b[i]));
        }
    }

    #[test]
    fn long_sums_of_single_precision_keep_seven_digits() {
        let ones = vec![0.1_f32; 1_000_000];
        let expected = 1e6 * f64::from(0.1_f32) * f64::from(0.1_f32);
        assert!((dot(&ones, &ones) / expected - 1.0).abs() < 3e-7);
    }
}
