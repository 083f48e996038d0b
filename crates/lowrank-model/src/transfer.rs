//! Transfer functions phi with first to third derivative and a primitive Phi (docs/theory.md section 2).
//!
//! One function a file. Every formula is written so that it neither overflows nor cancels: `primitive` of tanh is
//! ln cosh and holds at 1e3, the derivatives keep their relative accuracy in the tails. Theory evaluates point by point;
//! simulation whole slices, by vector code of its own (`slice.rs`, `kernel.rs`).

mod erf;
mod kernel;
mod logistic;
mod one_plus_tanh;
mod slice;
mod tanh;
mod threshold_linear;

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::ModelError;

pub(crate) use kernel::Lane;

/// A transfer function phi, applied to every unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Transfer {
    /// tanh x, the default of the field (odd).
    Tanh,
    /// 1 / (1 + e^-x).
    Logistic,
    /// 1 + tanh x: positive rates (\[MO18\] supplement).
    OnePlusTanh,
    /// max(x, 0).
    ThresholdLinear,
    /// erf(sqrt(pi) x / 2): slope one at zero and closed-form Gaussian averages (odd).
    Erf,
}

/// phi and its first three derivatives at one point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jet {
    /// phi(x).
    pub value: f64,
    /// phi'(x).
    pub d1: f64,
    /// phi''(x).
    pub d2: f64,
    /// phi'''(x).
    pub d3: f64,
}

impl Transfer {
    /// Every transfer function there is.
    pub const ALL: [Self; 5] = [Self::Tanh, Self::Logistic, Self::OnePlusTanh, Self::ThresholdLinear, Self::Erf];

    /// phi(x).
    #[inline]
    pub fn value(self, x: f64) -> f64 {
        match self {
            Self::Tanh => tanh::value(x),
            Self::Logistic => logistic::value(x),
            Self::OnePlusTanh => one_plus_tanh::value(x),
            Self::ThresholdLinear => threshold_linear::value(x),
            Self::Erf => erf::value(x),
        }
    }

    /// phi(x) with its first three derivatives. Threshold-linear: phi'(0) = 1/2, phi'' = phi''' = 0 (the parts
    /// concentrated at 0 are not functions; the Gaussian averages account for them).
    #[inline]
    pub fn jet(self, x: f64) -> Jet {
        match self {
            Self::Tanh => tanh::jet(x),
            Self::Logistic => logistic::jet(x),
            Self::OnePlusTanh => one_plus_tanh::jet(x),
            Self::ThresholdLinear => threshold_linear::jet(x),
            Self::Erf => erf::jet(x),
        }
    }

    /// A primitive Phi of phi: ln cosh x, ln(1 + e^x), x + ln cosh x, max(x, 0)^2 / 2,
    /// x erf(sqrt(pi) x / 2) + (2 / pi) (e^(-pi x^2 / 4) - 1).
    #[inline]
    pub fn primitive(self, x: f64) -> f64 {
        match self {
            Self::Tanh => tanh::primitive(x),
            Self::Logistic => logistic::primitive(x),
            Self::OnePlusTanh => one_plus_tanh::primitive(x),
            Self::ThresholdLinear => threshold_linear::primitive(x),
            Self::Erf => erf::primitive(x),
        }
    }

    /// [`Transfer::jet`] and [`Transfer::primitive`], which share their exponentials.
    #[inline]
    pub fn jet_and_primitive(self, x: f64) -> (Jet, f64) {
        match self {
            Self::Erf => erf::jet_and_primitive(x),
            Self::Tanh => tanh::jet_and_primitive(x),
            Self::OnePlusTanh => one_plus_tanh::jet_and_primitive(x),
            _ => (self.jet(x), self.primitive(x)),
        }
    }

    /// Whether phi(-x) = -phi(x).
    pub fn is_odd(self) -> bool {
        matches!(self, Self::Tanh | Self::Erf)
    }

    /// The least upper bound of |phi|; none for threshold-linear.
    pub fn bound(self) -> Option<f64> {
        match self {
            Self::Tanh | Self::Erf | Self::Logistic => Some(1.0),
            Self::OnePlusTanh => Some(2.0),
            Self::ThresholdLinear => None,
        }
    }

    /// The largest slope phi' anywhere.
    pub fn largest_slope(self) -> f64 {
        match self {
            Self::Tanh | Self::Erf | Self::OnePlusTanh | Self::ThresholdLinear => 1.0,
            Self::Logistic => 0.25,
        }
    }

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tanh => "tanh",
            Self::Logistic => "logistic",
            Self::OnePlusTanh => "one-plus-tanh",
            Self::ThresholdLinear => "threshold-linear",
            Self::Erf => "erf",
        }
    }
}

impl fmt::Display for Transfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Transfer {
    type Err = ModelError;

    fn from_str(name: &str) -> Result<Self, ModelError> {
        Self::ALL.into_iter().find(|t| t.name() == name).ok_or_else(|| ModelError::UnknownName {
            kind: "transfer function",
            name: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Central difference of order four, step 1e-3: truncation 1e-12 times a fifth derivative, rounding 1e-13.
    fn slope(f: impl Fn(f64) -> f64, x: f64) -> f64 {
        let h = 1e-3;
        (8.0 * (f(x + h) - f(x - h)) - (f(x + 2.0 * h) - f(x - 2.0 * h))) / (12.0 * h)
    }

    #[test]
    fn each_derivative_is_the_slope_of_the_one_before() {
        for phi in Transfer::ALL {
            for x in [-7.3, -2.0, -0.41, 0.013, 0.7, 1.9, 5.5] {
                let jet = phi.jet(x);
                let close = |a: f64, b: f64, what: &str| assert!((a - b).abs() < 1e-9, "{phi} {what} at {x}: {a} {b}");
                close(jet.value, phi.value(x), "value");
                close(jet.value, slope(|y| phi.primitive(y), x), "primitive");
                close(jet.d1, slope(|y| phi.value(y), x), "d1");
                close(jet.d2, slope(|y| phi.jet(y).d1, x), "d2");
                close(jet.d3, slope(|y| phi.jet(y).d2, x), "d3");
                let (same, primitive) = phi.jet_and_primitive(x);
                let off = (primitive - phi.primitive(x)).abs();
                assert!(same == jet && off <= 1e-15 * primitive.abs(), "{phi} at {x}: primitive off by {off}");
            }
        }
    }

    #[test]
    fn nothing_overflows_far_out() {
        assert!((Transfer::Tanh.primitive(1e3) - (1e3 - std::f64::consts::LN_2)).abs() < 1e-12);
        assert!((Transfer::Logistic.primitive(1e3) - 1e3).abs() < 1e-12);
        for phi in Transfer::ALL {
            for x in [-1e300, -1e3, 1e3, 1e150] {
                let jet = phi.jet(x);
                for value in [jet.value, jet.d1, jet.d2, jet.d3] {
                    assert!(value.is_finite(), "{phi} at {x}: {jet:?}");
                }
                assert!(!phi.primitive(x).is_nan(), "{phi} at {x}");
            }
            assert!(phi.value(f64::NAN).is_nan() && phi.jet(f64::NAN).value.is_nan());
        }
    }

    #[test]
    fn tails_keep_their_relative_accuracy() {
        // phi'(20) of tanh is 4 e^-40 to one part in 1e17: 1 - tanh^2 would give 0 there.
        let expected = 4.0 * (-40.0_f64).exp();
        assert!((Transfer::Tanh.jet(20.0).d1 / expected - 1.0).abs() < 1e-14);
        assert!((Transfer::Logistic.jet(-40.0).d1 / (-40.0_f64).exp() - 1.0).abs() < 1e-14);
        // 1 + tanh x = 2 / (1 + e^(-2x)): the sum itself would give 0 at -20.
        for x in [-1.9_f64, -2.1, -8.0, -20.0] {
            let expected = 2.0 / (1.0 + (-2.0 * x).exp());
            for value in [Transfer::OnePlusTanh.value(x), Transfer::OnePlusTanh.jet(x).value] {
                assert!((value / expected - 1.0).abs() < 1e-14, "{x}: {value}");
            }
        }
    }

    #[test]
    fn tanh_agrees_with_the_standard_library_to_three_units_in_the_last_place() {
        for i in 0..200_000 {
            let x = (f64::from(i) * 1e-4 - 10.0).powi(3) * 1e-2;
            let (ours, theirs) = (Transfer::Tanh.value(x), x.tanh());
            assert!((ours - theirs).abs() <= 3.0 * f64::EPSILON * theirs.abs(), "{x}: {ours} {theirs}");
        }
    }

    #[test]
    fn odd_functions_are_odd() {
        for phi in Transfer::ALL.into_iter().filter(|t| t.is_odd()) {
            for x in [0.0, 0.3, 2.7, 40.0] {
                assert_eq!(phi.value(-x), -phi.value(x));
                assert_eq!(phi.jet(-x).d1, phi.jet(x).d1);
            }
        }
    }

    #[test]
    fn no_slope_is_above_the_largest_and_some_reach_it() {
        for phi in Transfer::ALL {
            let slopes = (-400..=400).map(|i| phi.jet(0.01 * f64::from(i)).d1);
            assert_eq!(slopes.fold(0.0, f64::max), phi.largest_slope(), "{phi}");
        }
    }

    #[test]
    fn names_round_trip_and_unknown_ones_list_the_known() {
        for phi in Transfer::ALL {
            assert_eq!(phi.name().parse(), Ok(phi));
        }
        let message = "relu".parse::<Transfer>().unwrap_err().to_string();
        assert!(message.contains("relu") && message.contains("threshold-linear"), "{message}");
    }
}
