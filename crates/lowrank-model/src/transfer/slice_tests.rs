//! Accuracy of the slice functions against evaluations in twice the precision, on the path this machine takes and on
//! the one without fused operations.

use super::*;

/// A sum of two `f64` that do not overlap: 106 bits.
#[derive(Clone, Copy)]
struct Double(f64, f64);

impl Double {
    fn sum(a: f64, b: f64) -> Self {
        let s = a + b;
        let t = s - a;
        Self(s, (a - (s - t)) + (b - t))
    }

    fn plus(self, b: Self) -> Self {
        let Self(s, e) = Self::sum(self.0, b.0);
        Self::sum(s, e + self.1 + b.1)
    }

    fn times(self, b: Self) -> Self {
        let p = self.0 * b.0;
        Self::sum(p, self.0.mul_add(b.0, -p) + self.0 * b.1 + self.1 * b.0)
    }

    fn over(self, b: Self) -> Self {
        let q = self.0 / b.0;
        let rest = self.plus(b.times(Self(-q, 0.0)));
        let second = rest.0 / b.0;
        let rest = rest.plus(b.times(Self(-second, 0.0)));
        Self::sum(q, second).plus(Self(rest.0 / b.0, 0.0))
    }

    /// (2^n, e^r - 1) with n ln 2 + r = y, by the Taylor series.
    fn exponential(y: f64) -> (Self, Self) {
        // ln 2 to 150 bits; the product of n and the first part is exact.
        const LN_2: [f64; 3] = [0.693_147_180_559_890_3, 5.497_923_018_708_371e-14, 1.94704509238075e-31];
        let n = (y / LN_2[0]).round();
        let r = Self::sum(y, -n * LN_2[0]).plus(Self(-n, 0.0).times(Self(LN_2[1], LN_2[2])));
        let mut p = Self(0.0, 0.0);
        for k in (1..=28).rev() {
            p = r.plus(r.times(p)).over(Self(f64::from(k), 0.0));
        }
        (Self(2.0_f64.powi(n as i32), 0.0), p)
    }
}

/// phi(x) and phi'(x), x finite and not in the cut-off tails.
fn reference(transfer: Transfer, x: f64) -> (Double, Double) {
    let (zero, one, two) = (Double(0.0, 0.0), Double(1.0, 0.0), Double(2.0, 0.0));
    match transfer {
        Transfer::Tanh => {
            let (power, p) = Double::exponential(2.0 * x.abs());
            let e = power.times(p).plus(power.plus(Double(-1.0, 0.0)));
            let (t, u) = (e.over(e.plus(two)), two.over(e.plus(two)));
            (t.times(Double(1.0_f64.copysign(x), 0.0)), u.times(one.plus(t)))
        }
        Transfer::Logistic => {
            let (power, p) = Double::exponential(-x.abs());
            let e = power.times(p).plus(power);
            let (upper, lower) = (one.over(e.plus(one)), e.over(e.plus(one)));
            (if x < 0.0 { lower } else { upper }, upper.times(lower))
        }
        Transfer::OnePlusTanh => {
            let (value, slope) = reference(Transfer::Logistic, 2.0 * x);
            (value.times(two), slope.times(Double(4.0, 0.0)))
        }
        _ => (zero, zero),
    }
}

/// |value - expected| in units of the last place of `expected`.
fn units<T: Real>(value: T, expected: Double) -> f64 {
    let (digits, least) = if T::NAME == "f64" { (53.0, -1022.0) } else { (24.0, -126.0) };
    let unit = (expected.0.abs().log2().floor().max(least) + 1.0 - digits).exp2();
    ((value.to_f64() - expected.0) - expected.1).abs() / unit
}

/// (apply, apply_with_slope) on the path of this machine or without fused operations.
fn evaluate<T: Real>(transfer: Transfer, x: &[T], portable: bool) -> (Vec<T>, Vec<T>) {
    let (mut values, mut same, mut slopes) = (x.to_vec(), x.to_vec(), vec![T::ZERO; x.len()]);
    fn on_scalars<T: Real, P: Pointwise>(values: &mut [T], same: &mut [T], slopes: &mut [T]) {
        Values::<T, P>(values, PhantomData).with_simd(pulp::Scalar);
        WithSlope::<T, P>(same, slopes, PhantomData).with_simd(pulp::Scalar);
    }
    match (portable, transfer) {
        (true, Transfer::Tanh) => on_scalars::<T, Tanh>(&mut values, &mut same, &mut slopes),
        (true, Transfer::Logistic) => on_scalars::<T, Logistic>(&mut values, &mut same, &mut slopes),
        (true, Transfer::OnePlusTanh) => on_scalars::<T, OnePlusTanh>(&mut values, &mut same, &mut slopes),
        _ => {
            transfer.apply(&mut values);
            transfer.apply_with_slope(&mut same, &mut slopes);
        }
    }
    for (i, (a, b)) in values.iter().zip(&same).enumerate() {
        assert!(a == b || a.to_f64().is_nan() && b.to_f64().is_nan(), "{transfer} of {}: {a} {b}", x[i]);
    }
    (values, slopes)
}

const EXPONENTIALS: [Transfer; 3] = [Transfer::Tanh, Transfer::Logistic, Transfer::OnePlusTanh];

/// The largest errors of value and slope in units of the last place, and where they are.
fn worst<T: Real>(transfer: Transfer, x: &[T], portable: bool) -> [(f64, T); 2] {
    let (values, slopes) = evaluate(transfer, x, portable);
    let mut worst = [(0.0, T::ZERO); 2];
    for ((x, value), slope) in x.iter().zip(values).zip(slopes) {
        let (expected, expected_slope) = reference(transfer, x.to_f64());
        for (worst, off) in worst.iter_mut().zip([units(value, expected), units(slope, expected_slope)]) {
            if off.is_nan() || off > worst.0 {
                *worst = (off, *x);
            }
        }
    }
    worst
}

/// As the documentation of `Transfer::apply` and `Transfer::apply_with_slope` says.
fn check_accuracy<T: Real>(x: &[T]) {
    for transfer in EXPONENTIALS {
        for portable in [false, true] {
            let [value, slope] = worst(transfer, x, portable);
            println!("{transfer} {} portable={portable}: value {value:?}, slope {slope:?}", T::NAME);
            let limit = if transfer == Transfer::Tanh { 2.5 } else { 3.0 };
            assert!(value.0 <= limit && slope.0 <= 5.0, "{transfer}: value {value:?}, slope {slope:?}");
        }
    }
}

/// A linear congruential sequence of 53-bit uniform numbers, for tests that need no more than variety.
fn uniform(count: usize) -> impl Iterator<Item = f64> {
    let mut state = 1_u64;
    (0..count).map(move |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    })
}

#[test]
fn doubles_are_accurate() {
    // e^1 - 1 and tanh 1 to 32 digits, as two numbers each.
    let (Double(high, low), _) = reference(Transfer::Tanh, 1.0);
    assert_eq!(high, 0.7615941559557649);
    assert!((low - (3.7090214482164924e-17)).abs() < 1e-30, "{low:e}");
}

#[test]
fn double_precision_is_accurate_everywhere() {
    let dense = (-40_000..=40_000).map(|i| f64::from(i) * 2.5e-4);
    let random = uniform(60_000).map(|u| 44.0 * u - 22.0);
    let magnitudes = uniform(60_000).map(|u| (2.0 * u - 1.0).signum() * (700.0 * (u * 1e3).fract() - 694.0).exp2());
    let tails = uniform(20_000).map(|u| 640.0 * u - 320.0);
    check_accuracy(&dense.chain(random).chain(magnitudes).chain(tails).collect::<Vec<_>>());
}

#[test]
fn single_precision_is_accurate_everywhere() {
    // One bit pattern in 9973 (a prime), where all of the three are in range.
    let patterns = (0..u32::MAX / 9973).map(|i| f32::from_bits(9973 * i));
    check_accuracy(&patterns.filter(|x| x.abs() < 43.0).collect::<Vec<_>>());
    let centre: Vec<f32> = (-100_000..100_000).map(|i| i as f32 * 1e-4).collect();
    check_accuracy(&centre);
}

fn check_limits<T: Real>() {
    let of = |x: f64| T::from_f64(x);
    for transfer in Transfer::ALL {
        let x = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e30, -1e30, 0.0, -0.0].map(of);
        for portable in [false, true] {
            let (values, slopes) = evaluate(transfer, &x, portable);
            assert!(values[0].to_f64().is_nan(), "{transfer}");
            for i in 1..x.len() {
                let (x, value) = (x[i].to_f64(), values[i].to_f64());
                assert_eq!(value, T::from_f64(transfer.value(x)).to_f64(), "{transfer} of {x}");
                let slope = transfer.jet(x).d1;
                assert!((slopes[i].to_f64() - slope).abs() <= T::EPSILON.to_f64(), "{transfer} slope at {x}");
                if transfer.is_odd() && x == 0.0 {
                    assert_eq!(value.is_sign_negative(), x.is_sign_negative(), "{transfer} of {x}");
                }
            }
        }
    }
    // The smallest numbers there are, normal and not, are their own tanh; tanh is exactly odd.
    let smallest = if T::NAME == "f64" { f64::from_bits(1) } else { f64::from(f32::from_bits(1)) };
    let normal = if T::NAME == "f64" { f64::MIN_POSITIVE } else { f64::from(f32::MIN_POSITIVE) };
    let tiny = [smallest, 3.0 * smallest, normal - smallest, normal, 1e3 * normal].map(of);
    let x: Vec<T> = uniform(1000).map(|u| of(30.0 * u)).chain(tiny).collect();
    let minus: Vec<T> = x.iter().map(|x| -*x).collect();
    for portable in [false, true] {
        assert_eq!(evaluate(Transfer::Tanh, &tiny, portable).0, tiny);
        let odd: Vec<T> = evaluate(Transfer::Tanh, &minus, portable).0.into_iter().map(|t| -t).collect();
        assert_eq!(evaluate(Transfer::Tanh, &x, portable).0, odd);
    }
}

#[test]
fn limits_are_kept() {
    check_limits::<f64>();
    check_limits::<f32>();
}

#[test]
fn tails_beyond_the_normal_numbers_are_zero() {
    let mut x = [-1e3_f64, -709.0, 709.0, 355.0, -355.0];
    let mut slope = [1.0; 5];
    Transfer::Tanh.apply_with_slope(&mut x.clone(), &mut slope);
    assert_eq!(slope, [0.0; 5]);
    Transfer::Logistic.apply(&mut x);
    assert_eq!(x[..3], [0.0, 0.0, 1.0]);
}

/// The place in a slice and its length do not matter, nor does anything outside it change.
#[test]
fn elements_do_not_depend_on_their_place() {
    let all: Vec<f64> = uniform(100).map(|u| 6.0 * u - 3.0).collect();
    for transfer in Transfer::ALL {
        let (values, slopes) = evaluate(transfer, &all, false);
        for from in 0..20 {
            for to in [from, from + 1, from + 15, from + 16, from + 17, from + 50] {
                let (mut x, mut slope) = (all.clone(), vec![7.0; all.len()]);
                transfer.apply_with_slope(&mut x[from..to], &mut slope[from..to]);
                assert_eq!((&x[from..to], &slope[from..to]), (&values[from..to], &slopes[from..to]));
                assert!(x[..from] == all[..from] && x[to..] == all[to..]);
                assert!(slope[..from].iter().chain(&slope[to..]).all(|s| *s == 7.0));
                let mut x = all.clone();
                transfer.apply(&mut x[from..to]);
                assert!(x[..from] == all[..from] && x[from..to] == values[from..to] && x[to..] == all[to..]);
            }
        }
    }
}
