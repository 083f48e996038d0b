//! Branch-free bodies of the transfer functions that are built on the exponential, in `f32` and `f64`.
//!
//! With n the integer nearest to y / ln 2 and r = y - n ln 2, e^y = 2^n (1 + p), p = e^r - 1 = r + r^2 q(r), where q is
//! a polynomial fitted to the least largest relative error of p over |r| <= ln 2 / 2: 1.8e-17 in `f64`, 1.3e-8 in `f32`,
//! below a quarter of a rounding. From it
//!
//! - tanh |x| = E / (E + 2), E = e^(2|x|) - 1 = 2^n p + (2^n - 1), and with u = 1 - tanh |x| = 2 / (E + 2) the slope
//!   sech^2 x = u (2 - u);
//! - the logistic function 1 / (1 + e) for x >= 0 and e / (1 + e) for x < 0, e = e^-|x|, and its slope e / (1 + e)^2.
//!
//! None subtracts nearly equal numbers, so that the tails keep their relative accuracy until the exponential leaves the
//! normal numbers, where slopes and the logistic function become 0. Nothing branches and every operation exists for
//! vectors: `slice.rs` lets the compiler turn loops over these bodies into vector code. `FUSED` says whether a product
//! and a sum are one instruction; `mul_add` is a slow call where they are not.

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::Transfer;

/// What the bodies need of a number type, and the parts that differ between types. In a private module: it seals
/// `Real`.
pub trait Lane:
    Copy
    + PartialOrd
    + From<u8>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The largest |y| for which e^y and e^-y are finite and normal, rounded down.
    #[doc(hidden)]
    const LARGEST: Self;

    #[doc(hidden)]
    fn magnitude(self) -> Self;

    #[doc(hidden)]
    fn signed_as(self, sign: Self) -> Self;

    /// self * b + c.
    #[doc(hidden)]
    fn times_plus<const FUSED: bool>(self, b: Self, c: Self) -> Self;

    /// (2^n, p) for |y| <= `LARGEST`, NaN for NaN.
    #[doc(hidden)]
    fn exponential<const FUSED: bool>(y: Self) -> (Self, Self);

    /// Compiled once for the type, so that other crates need no copy of the vector code.
    #[doc(hidden)]
    fn apply(transfer: Transfer, x: &mut [Self]);

    #[doc(hidden)]
    fn apply_with_slope(transfer: Transfer, x: &mut [Self], slope: &mut [Self]);
}

/// A transfer function at one number: phi(x), and (phi(x), phi'(x)).
pub(super) trait Pointwise {
    fn value<T: Lane, const FUSED: bool>(x: T) -> T;
    fn value_and_slope<T: Lane, const FUSED: bool>(x: T) -> (T, T);
}

pub(super) struct Tanh;
pub(super) struct Logistic;
pub(super) struct OnePlusTanh;
pub(super) struct ThresholdLinear;

impl Pointwise for Tanh {
    #[inline(always)]
    fn value<T: Lane, const FUSED: bool>(x: T) -> T {
        let e = twice_magnitude_exp_m1::<T, FUSED>(x);
        (e / (e + T::from(2))).signed_as(x)
    }

    #[inline(always)]
    fn value_and_slope<T: Lane, const FUSED: bool>(x: T) -> (T, T) {
        let (e, two) = (twice_magnitude_exp_m1::<T, FUSED>(x), T::from(2));
        let u = two / (e + two);
        let slope = u * (two - u);
        let beyond = x.magnitude() + x.magnitude() > T::LARGEST;
        ((e / (e + two)).signed_as(x), if beyond { T::from(0) } else { slope })
    }
}

impl Pointwise for Logistic {
    #[inline(always)]
    fn value<T: Lane, const FUSED: bool>(x: T) -> T {
        let e = exp_minus_magnitude::<T, FUSED>(x);
        let numerator = if x < T::from(0) { e } else { T::from(1) };
        numerator / (T::from(1) + e)
    }

    #[inline(always)]
    fn value_and_slope<T: Lane, const FUSED: bool>(x: T) -> (T, T) {
        let e = exp_minus_magnitude::<T, FUSED>(x);
        let numerator = if x < T::from(0) { e } else { T::from(1) };
        let denominator = T::from(1) + e;
        (numerator / denominator, e / (denominator * denominator))
    }
}

/// 1 + tanh x is twice the logistic function of 2 x, which does not cancel for x << 0.
impl Pointwise for OnePlusTanh {
    #[inline(always)]
    fn value<T: Lane, const FUSED: bool>(x: T) -> T {
        T::from(2) * Logistic::value::<T, FUSED>(x + x)
    }

    #[inline(always)]
    fn value_and_slope<T: Lane, const FUSED: bool>(x: T) -> (T, T) {
        let (value, slope) = Logistic::value_and_slope::<T, FUSED>(x + x);
        (T::from(2) * value, T::from(4) * slope)
    }
}

/// As `threshold_linear.rs` has it: NaN stays NaN, the slope at 0 is 1/2.
impl Pointwise for ThresholdLinear {
    #[inline(always)]
    fn value<T: Lane, const FUSED: bool>(x: T) -> T {
        if x <= T::from(0) { T::from(0) } else { x }
    }

    #[inline(always)]
    fn value_and_slope<T: Lane, const FUSED: bool>(x: T) -> (T, T) {
        let at_or_below = if x < T::from(0) { T::from(0) } else { T::from(1) / T::from(2) };
        (Self::value::<T, FUSED>(x), if x > T::from(0) { T::from(1) } else { at_or_below })
    }
}

/// min(y, LARGEST), NaN for NaN.
#[inline(always)]
fn capped<T: Lane>(y: T) -> T {
    if y > T::LARGEST { T::LARGEST } else { y }
}

/// e^(2|x|) - 1.
#[inline(always)]
fn twice_magnitude_exp_m1<T: Lane, const FUSED: bool>(x: T) -> T {
    let (power, p) = T::exponential::<FUSED>(capped(x.magnitude() + x.magnitude()));
    power.times_plus::<FUSED>(p, power - T::from(1))
}

/// e^-|x|.
#[inline(always)]
fn exp_minus_magnitude<T: Lane, const FUSED: bool>(x: T) -> T {
    let (power, p) = T::exponential::<FUSED>(-capped(x.magnitude()));
    let e = power.times_plus::<FUSED>(p, power);
    if x.magnitude() > T::LARGEST { T::from(0) } else { e }
}

macro_rules! lane {
    ($type:ident, $largest:expr, shift $shift:expr, ln_2 $high:expr, $low:expr, |$r:ident| $q:expr) => {
        impl Lane for $type {
            const LARGEST: Self = $largest;

            #[inline(always)]
            fn magnitude(self) -> Self {
                self.abs()
            }

            #[inline(always)]
            fn signed_as(self, sign: Self) -> Self {
                self.copysign(sign)
            }

            #[inline(always)]
            fn times_plus<const FUSED: bool>(self, b: Self, c: Self) -> Self {
                if FUSED { self.mul_add(b, c) } else { self * b + c }
            }

            #[inline(always)]
            fn exponential<const FUSED: bool>(y: Self) -> (Self, Self) {
                // 1.5 * 2^(digits - 1) rounds what is added to it to an integer; with the exponent's bias on top the
                // low bits of the sum are the exponent field of 2^n.
                const SHIFT: $type = $shift;
                let shifted = y.times_plus::<FUSED>(std::$type::consts::LOG2_E, SHIFT);
                let n = shifted - SHIFT;
                let power = Self::from_bits(shifted.to_bits() << (Self::MANTISSA_DIGITS - 1));
                // The product with the first part of ln 2 is exact.
                let $r = n.times_plus::<FUSED>(-$low, n.times_plus::<FUSED>(-$high, y));
                let q = $q;
                (power, ($r * $r).times_plus::<FUSED>(q, $r))
            }

            fn apply(transfer: Transfer, x: &mut [Self]) {
                super::slice::apply(transfer, x);
            }

            fn apply_with_slope(transfer: Transfer, x: &mut [Self], slope: &mut [Self]) {
                super::slice::apply_with_slope(transfer, x, slope);
            }
        }
    };
}

lane!(f64, 708.0, shift 6_755_399_441_055_744.0 + 1023.0, ln_2 0.693_147_180_559_890_3, 5.497_923_018_708_371e-14, |r| {
    let s = r * r;
    let a = r.times_plus::<FUSED>(0.166_666_666_666_665_88, 0.500_000_000_000_000_6);
    let b = r.times_plus::<FUSED>(0.008_333_333_333_389_748, 0.041_666_666_666_576_68);
    let c = r.times_plus::<FUSED>(0.000_198_412_697_185_866_76, 0.001_388_888_893_158_975_6);
    let d = r.times_plus::<FUSED>(2.755_740_788_994_621e-6, 2.480_150_524_265_335_7e-5);
    let e = r.times_plus::<FUSED>(2.505_367_850_715_517e-8, 2.762_605_075_929_179e-7);
    let (low, high) = (s.times_plus::<FUSED>(b, a), s.times_plus::<FUSED>(d, c));
    let s_squared = s * s;
    s_squared.times_plus::<FUSED>(s_squared.times_plus::<FUSED>(e, high), low)
});

lane!(f32, 87.0, shift 12_582_912.0 + 127.0, ln_2 0.693_145_75, 1.428_606_8e-6, |r| {
    let s = r * r;
    let a = r.times_plus::<FUSED>(0.166_665_44, 0.499_999_98);
    let b = r.times_plus::<FUSED>(0.008_366_528, 0.041_667_2);
    s.times_plus::<FUSED>(s.times_plus::<FUSED>(0.001_388_251_5, b), a)
});
