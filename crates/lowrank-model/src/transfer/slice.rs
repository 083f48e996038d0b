//! Transfer functions on whole slices, for simulation: the bodies of `kernel.rs` in loops that are compiled for each
//! vector width and chosen at run time.
//!
//! What an element becomes depends on its value and the machine's instruction set alone, never on its place in the
//! slice. The last digits differ between machines with and without fused multiply-add.

use std::marker::PhantomData;

use pulp::{Simd, WithSimd};

use super::kernel::{Logistic, OnePlusTanh, Pointwise, Tanh, ThresholdLinear};
use super::{Transfer, erf};
use crate::Real;

/// Elements taken at once: whole vectors of every width. Shorter rests are padded, which costs less than one by one.
const CHUNK: usize = 16;

impl Transfer {
    /// Overwrites every x by phi(x).
    ///
    /// tanh is within 2.5 units in the last place and exactly odd, logistic and 1 + tanh (as 2 / (1 + e^(-2x)), which
    /// does not cancel for x << 0) within 3, threshold-linear is exact, erf is that of [`Transfer::value`], rounded.
    /// NaN stays NaN, infinities give the limits, zero keeps its sign under odd functions. The logistic function becomes
    /// 0 below -708 (`f32`: -87), 1 + tanh below half of that.
    pub fn apply<T: Real>(self, x: &mut [T]) {
        T::apply(self, x);
    }

    /// Overwrites every x by phi(x), the same bits as [`Transfer::apply`], and `slope`, of the length of `x`, by phi'(x).
    ///
    /// Slopes keep their relative accuracy in the tails (5 units in the last place, erf's that of its scalar form) until
    /// they leave the normal numbers and become 0.
    pub fn apply_with_slope<T: Real>(self, x: &mut [T], slope: &mut [T]) {
        debug_assert_eq!(x.len(), slope.len(), "x and slope differ in length");
        T::apply_with_slope(self, x, slope);
    }
}

pub(super) fn apply<T: Real>(transfer: Transfer, x: &mut [T]) {
    let arch = pulp::Arch::new();
    match transfer {
        Transfer::Tanh => arch.dispatch(Values::<T, Tanh>(x, PhantomData)),
        Transfer::Logistic => arch.dispatch(Values::<T, Logistic>(x, PhantomData)),
        Transfer::OnePlusTanh => arch.dispatch(Values::<T, OnePlusTanh>(x, PhantomData)),
        Transfer::ThresholdLinear => arch.dispatch(Values::<T, ThresholdLinear>(x, PhantomData)),
        Transfer::Erf => x.iter_mut().for_each(|x| *x = T::from_f64(erf::value(x.to_f64()))),
    }
}

pub(super) fn apply_with_slope<T: Real>(transfer: Transfer, x: &mut [T], slope: &mut [T]) {
    let arch = pulp::Arch::new();
    match transfer {
        Transfer::Tanh => arch.dispatch(WithSlope::<T, Tanh>(x, slope, PhantomData)),
        Transfer::Logistic => arch.dispatch(WithSlope::<T, Logistic>(x, slope, PhantomData)),
        Transfer::OnePlusTanh => arch.dispatch(WithSlope::<T, OnePlusTanh>(x, slope, PhantomData)),
        Transfer::ThresholdLinear => arch.dispatch(WithSlope::<T, ThresholdLinear>(x, slope, PhantomData)),
        Transfer::Erf => {
            for (x, slope) in x.iter_mut().zip(slope) {
                let jet = erf::jet(x.to_f64());
                (*x, *slope) = (T::from_f64(jet.value), T::from_f64(jet.d1));
            }
        }
    }
}

struct Values<'a, T, P>(&'a mut [T], PhantomData<P>);

impl<T: Real, P: Pointwise> WithSimd for Values<'_, T, P> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        if is_fused::<S>() { values::<T, P, true>(self.0) } else { values::<T, P, false>(self.0) }
    }
}

struct WithSlope<'a, T, P>(&'a mut [T], &'a mut [T], PhantomData<P>);

impl<T: Real, P: Pointwise> WithSimd for WithSlope<'_, T, P> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        if is_fused::<S>() {
            values_and_slopes::<T, P, true>(self.0, self.1);
        } else {
            values_and_slopes::<T, P, false>(self.0, self.1);
        }
    }
}

/// Whether multiplication and addition are one instruction: on x86 from AVX2 on, which is what four lanes mean; always
/// on 64-bit ARM.
#[inline(always)]
fn is_fused<S: Simd>() -> bool {
    S::F64_LANES >= 4 || cfg!(any(target_feature = "fma", target_arch = "aarch64"))
}

#[inline(always)]
fn values<T: Real, P: Pointwise, const FUSED: bool>(x: &mut [T]) {
    let (chunks, rest) = x.as_chunks_mut::<CHUNK>();
    for chunk in chunks {
        for x in chunk {
            *x = P::value::<T, FUSED>(*x);
        }
    }
    if !rest.is_empty() {
        let mut padded = padded(rest);
        for x in &mut padded {
            *x = P::value::<T, FUSED>(*x);
        }
        rest.copy_from_slice(&padded[..rest.len()]);
    }
}

#[inline(always)]
fn values_and_slopes<T: Real, P: Pointwise, const FUSED: bool>(x: &mut [T], slope: &mut [T]) {
    let (chunks, rest) = x.as_chunks_mut::<CHUNK>();
    let (slope_chunks, slope_rest) = slope.as_chunks_mut::<CHUNK>();
    for (chunk, slopes) in chunks.iter_mut().zip(slope_chunks) {
        (*chunk, *slopes) = of_chunk::<T, P, FUSED>(*chunk);
    }
    let (values, slopes) = of_chunk::<T, P, FUSED>(padded(rest));
    rest.copy_from_slice(&values[..rest.len()]);
    for (slope, padded) in slope_rest.iter_mut().zip(slopes) {
        *slope = padded;
    }
}

/// By value: nothing aliases, which the compiler would otherwise check chunk by chunk.
#[inline(always)]
fn of_chunk<T: Real, P: Pointwise, const FUSED: bool>(mut x: [T; CHUNK]) -> ([T; CHUNK], [T; CHUNK]) {
    let mut slope = [T::ZERO; CHUNK];
    for (x, slope) in x.iter_mut().zip(&mut slope) {
        (*x, *slope) = P::value_and_slope::<T, FUSED>(*x);
    }
    (x, slope)
}

#[inline(always)]
fn padded<T: Real>(rest: &[T]) -> [T; CHUNK] {
    let mut padded = [T::ZERO; CHUNK];
    padded[..rest.len()].copy_from_slice(rest);
    padded
}

#[cfg(test)]
#[path = "slice_tests.rs"]
mod tests;
