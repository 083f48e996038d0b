//! The number types in which networks can be held: `f32` and `f64`.
//!
//! Theory stays in `f64`; simulation may trade digits for speed. [`Real`] is sealed: each type brings its own kernels
//! of the transfer functions (`transfer/kernel.rs`), with constants that are fitted to its precision.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use crate::Transfer;
use crate::transfer::Lane;

/// `f32` or `f64`.
pub trait Real:
    Lane
    + Copy
    + Send
    + Sync
    + Default
    + PartialOrd
    + fmt::Debug
    + fmt::Display
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + Sum
    + 'static
{
    /// "f32" or "f64".
    const NAME: &'static str;
    /// The distance from 1 to the next number.
    const EPSILON: Self;
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;

    /// The number nearest to `x`.
    fn from_f64(x: f64) -> Self;

    /// The same number in `f64`, exactly.
    fn to_f64(self) -> f64;

    /// Whether the number is neither infinite nor NaN.
    fn is_finite(self) -> bool;

    /// Overwrites every x by tanh x; [`Transfer::apply`] gives the accuracy.
    fn tanh_in_place(x: &mut [Self]) {
        Transfer::Tanh.apply(x);
    }
}

macro_rules! real {
    ($type:ident) => {
        impl Real for $type {
            const NAME: &'static str = stringify!($type);
            const EPSILON: Self = $type::EPSILON;
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;

            #[inline]
            #[allow(clippy::cast_possible_truncation, reason = "rounding is what the method is for")]
            fn from_f64(x: f64) -> Self {
                x as $type
            }

            #[inline]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }

            #[inline]
            fn is_finite(self) -> bool {
                $type::is_finite(self)
            }
        }
    };
}

real!(f32);
real!(f64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_nearest_and_come_back() {
        assert_eq!(f32::from_f64(0.1), 0.1_f32);
        assert_eq!(f64::from_f64(0.1).to_f64(), 0.1);
        assert_eq!((<f32 as Real>::NAME, <f64 as Real>::NAME), ("f32", "f64"));
        assert!(!Real::is_finite(f32::from_f64(1e300)) && Real::is_finite(1e300_f64));
    }
}
