//! Roots in one dimension, by the Brent solver of `argmin`.

use argmin::core::{CostFunction, Error, Executor, State};
use argmin::solver::brent::BrentRoot;

use crate::MeanFieldError;

/// Brent's method is bracketed: it needs fewer than 60 steps for 1e-15 even where it only bisects.
const MOST_STEPS: u64 = 200;

struct Function<F>(F);

impl<F: Fn(f64) -> Result<f64, MeanFieldError>> CostFunction for Function<F> {
    type Param = f64;
    type Output = f64;

    fn cost(&self, x: &f64) -> Result<f64, Error> {
        Ok((self.0)(*x)?)
    }
}

/// Where Brent ended, and after how many steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Root {
    pub(crate) x: f64,
    pub(crate) iterations: u64,
}

/// The root of `f` in \[low, high\], at whose ends `f` has different signs, to an absolute accuracy of `tolerance`
/// (or of rounding). `what` names the function in the error. Where `f` jumps, Brent ends at the jump: callers to whom
/// that matters look at `f` there.
pub(crate) fn bracketed_root(
    what: &'static str,
    (low, high): (f64, f64),
    tolerance: f64,
    f: impl Fn(f64) -> Result<f64, MeanFieldError>,
) -> Result<Root, MeanFieldError> {
    let (f_low, f_high) = (f(low)?, f(high)?);
    if f_low == 0.0 {
        return Ok(Root { x: low, iterations: 0 });
    }
    if f_high == 0.0 {
        return Ok(Root { x: high, iterations: 0 });
    }
    let no_sign_change = MeanFieldError::NoSignChange { what, low, high, f_low, f_high };
    if f_low.is_nan() || f_high.is_nan() || (f_low > 0.0) == (f_high > 0.0) {
        return Err(no_sign_change);
    }
    let solver = BrentRoot::new(low, high, tolerance);
    let outcome = Executor::new(Function(f), solver).configure(|s| s.max_iters(MOST_STEPS)).run();
    match outcome {
        Ok(result) => {
            let (state, iterations) = (result.state(), result.state().get_iter());
            state.get_best_param().map(|x| Root { x: *x, iterations }).ok_or(no_sign_change)
        }
        Err(error) => Err(error.downcast::<MeanFieldError>().unwrap_or(no_sign_change)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_found_to_rounding_and_a_missing_one_is_an_error() {
        let root = bracketed_root("x^3 - 2", (0.0, 2.0), 0.0, |x| Ok(x * x * x - 2.0)).unwrap();
        assert!((root.x - 2.0_f64.cbrt()).abs() < 1e-15 && root.iterations < 20);
        let error = bracketed_root("x^2 + 1", (-1.0, 2.0), 0.0, |x| Ok(x * x + 1.0)).unwrap_err();
        assert!(matches!(error, MeanFieldError::NoSignChange { f_low: 2.0, f_high: 5.0, .. }), "{error}");
        let error = bracketed_root("f", (0.0, 1.0), 0.0, |x| {
            if x == 0.0 || x == 1.0 { Ok(x - 0.5) } else { Err(MeanFieldError::SeriesTooLong { d: x, terms: 1 }) }
        });
        assert!(matches!(error, Err(MeanFieldError::SeriesTooLong { .. })), "{error:?}");
    }
}
