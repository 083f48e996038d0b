//! Linear stability of stationary solutions: bulk radius (T9), outliers (T10), growth rates in every variant (T11).
//!
//! The stability matrix S_ij = J_ij phi'(x_j) has a disc of radius rho and at most R + 1 outliers. The problem (T10) is,
//! with its A counted as half a change of the individual variance, the exact Jacobian of the fixed-point equations
//! (T7, T8) in (kappa, delta_0_individual): one matrix serves Newton, the outliers and the folds (eigenvalue 1).

use std::borrow::Cow;

use faer::{Mat, c64};
use lowrank_model::Variant;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::averages::Averages;
use crate::neurons::Neurons;

/// Eigenvalues of (T10) this little beyond the disc (absolute) cannot be told from it: rounding of a double eigenvalue.
pub(crate) const OUTLIER_MARGIN: f64 = 1e-9;
/// Growth rates below this are zero but for rounding: along a ring of solutions they are, and that counts as stable.
pub(crate) const GROWTH_MARGIN: f64 = 1e-9;

/// Whether small deviations from a stationary solution die out, in the model's variant. In JSON and in tables it is one text,
/// its [name](Stability::name).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stability {
    /// No eigenvalue of the Jacobian has a positive real part.
    Stable,
    /// Some grow; named is what grows fastest.
    Unstable(Instability),
}

impl Stability {
    /// The name: "stable", or "unstable: " and what grows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Unstable(Instability::Bulk) => "unstable: bulk",
            Self::Unstable(Instability::RealOutlier) => "unstable: real outlier",
            Self::Unstable(Instability::ComplexPair) => "unstable: complex pair",
        }
    }
}

impl JsonSchema for Stability {
    fn schema_name() -> Cow<'static, str> {
        "Stability".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let [bulk, real, pair] = [Instability::Bulk, Instability::RealOutlier, Instability::ComplexPair];
        let all = [Self::Stable, Self::Unstable(bulk), Self::Unstable(real), Self::Unstable(pair)];
        json_schema!({
            "description": "Whether small deviations die out, and what grows if they do not.",
            "type": "string",
            "enum": all.map(Self::name),
        })
    }
}

impl Serialize for Stability {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A growth rate that counts as zero at a Hopf point: a pair that turns real, or gives way to another pair, leaves more.
pub(crate) const HOPF_LIMIT: f64 = 1e-9;

/// What makes a stationary solution unstable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instability {
    /// The edge of the disc, rho > 1: towards chaos.
    Bulk,
    /// A real outlier above one: away to another branch.
    RealOutlier,
    /// A complex pair of outliers: oscillations.
    ComplexPair,
}

/// Spectrum of a stationary solution.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spectrum {
    pub(crate) rho: f64,
    pub(crate) outliers: Vec<(f64, f64)>,
    pub(crate) growth_rate: f64,
    pub(crate) stability: Stability,
}

/// rho = g sqrt(\<phi'^2>) (T9): a stationary solution is stable against the bulk where rho < 1. `d1_sq` = \<phi'^2>.
pub fn bulk_radius(g: f64, d1_sq: f64) -> f64 {
    g * d1_sq.sqrt()
}

/// Real part of the fastest growing s with (1 + tau_s s)(1 + tau_r s) = lambda, in inverse units of time, for an
/// eigenvalue `lambda` = (re, im) of S; -1 + re in the current and the rate variant.
///
/// On the disc's edge lambda = rho e^(i theta) it is largest at theta = 0, in every variant: s =
/// 2 (lambda - 1) / (tau_s + tau_r + sqrt((tau_s - tau_r)^2 + 4 tau_s tau_r lambda)), and both the modulus and the real
/// part under the root are largest there. So the bulk becomes unstable at rho = 1 whatever the time constants are.
pub fn growth_rate(lambda: (f64, f64), variant: Variant) -> f64 {
    exponent(lambda, variant).0
}

/// The fastest growing s itself, (re, im): its imaginary part is the angular frequency of the oscillation.
pub(crate) fn exponent(lambda: (f64, f64), variant: Variant) -> (f64, f64) {
    let (tau_s, tau_r) = variant.time_constants();
    let lambda = c64::new(lambda.0, lambda.1);
    let root = (lambda * (4.0 * tau_s * tau_r) + (tau_s - tau_r).powi(2)).sqrt();
    let s = (lambda - 1.0) * 2.0 / (root + (tau_s + tau_r));
    (s.re, s.im)
}

/// The radius at a solution (kappa, delta_0_individual) of these neurons.
pub(crate) fn radius_at(neurons: &Neurons, kappa: &[f64], delta_0_individual: f64) -> f64 {
    let d1_sq = neurons
        .drives(kappa)
        .map(|d| d.weight * Averages::at(neurons.transfer, d.mu, delta_0_individual + d.s_squared).d1_sq)
        .sum();
    bulk_radius(neurons.g, d1_sq)
}

/// Eigenvalues of (T10) from the Jacobian of the fixed-point equations, those inside the disc among them. Where nothing is
/// active (`quiet`) the last row, g^2, is no eigenvalue of S and is left out.
pub(crate) fn eigenvalues(jacobian: &Mat<f64>, quiet: bool) -> Vec<(f64, f64)> {
    let d = jacobian.nrows() - usize::from(quiet);
    if d == 0 {
        return Vec::new();
    }
    let found = jacobian.submatrix(0, 0, d, d).eigenvalues().unwrap_or_default();
    let mut found: Vec<(f64, f64)> = found.iter().map(|l| (l.re, l.im)).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)));
    found
}

/// The growth rate of the fastest growing complex pair among eigenvalues of (T10), and the pair; none if all are real.
pub(crate) fn pair_growth(eigenvalues: &[(f64, f64)], variant: Variant) -> Option<(f64, (f64, f64))> {
    let pairs = eigenvalues.iter().filter(|l| l.1 > 0.0).map(|l| (growth_rate(*l, variant), *l));
    pairs.max_by(|a, b| a.0.total_cmp(&b.0))
}

/// Whether an eigenvalue of (T10) lies outside the disc.
pub(crate) fn is_outlier(lambda: (f64, f64), rho: f64) -> bool {
    lambda.0.hypot(lambda.1) > rho + OUTLIER_MARGIN
}

/// What the radius and the eigenvalues of (T10) say in a variant.
pub(crate) fn spectrum(rho: f64, mut eigenvalues: Vec<(f64, f64)>, variant: Variant) -> Spectrum {
    eigenvalues.retain(|l| is_outlier(*l, rho));
    let (mut growth, mut by) = (growth_rate((rho, 0.0), variant), Instability::Bulk);
    for lambda in &eigenvalues {
        let rate = growth_rate(*lambda, variant);
        if rate > growth {
            growth = rate;
            by = if lambda.1 == 0.0 { Instability::RealOutlier } else { Instability::ComplexPair };
        }
    }
    let stability = if growth > GROWTH_MARGIN { Stability::Unstable(by) } else { Stability::Stable };
    Spectrum { rho, outliers: eigenvalues, growth_rate: growth, stability }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VARIANTS: [Variant; 4] = [
        Variant::Current,
        Variant::Rate,
        Variant::TwoTimescale { tau_s: 1.0, tau_r: 0.4 },
        Variant::TwoTimescale { tau_s: 0.3, tau_r: 2.0 },
    ];

    #[test]
    fn growth_rates_solve_their_equation_and_have_the_one_timescale_limits() {
        let lambda = (0.7, 1.3);
        for variant in &VARIANTS[2..] {
            // Both roots of the quadratic from its eigenvalue problem, the companion matrix.
            let (s, r) = variant.time_constants();
            let block = Mat::from_fn(4, 4, |i, j| {
                // tau_s x' = -x + Lambda y, tau_r y' = -y + x with Lambda the rotation of lambda.
                let rotation = [[lambda.0, -lambda.1], [lambda.1, lambda.0]];
                match (i < 2, j < 2) {
                    (true, true) => -f64::from(u8::from(i == j)) / s,
                    (true, false) => rotation[i][j - 2] / s,
                    (false, true) => f64::from(u8::from(i - 2 == j)) / r,
                    (false, false) => -f64::from(u8::from(i == j)) / r,
                }
            });
            let largest = block.eigenvalues().unwrap().iter().fold(f64::NEG_INFINITY, |a, l| a.max(l.re));
            assert!((growth_rate(lambda, *variant) - largest).abs() < 1e-13);
        }
        assert!((growth_rate(lambda, Variant::Rate) + 0.3).abs() < 1e-15);
        let nearly = Variant::TwoTimescale { tau_s: 1.0, tau_r: 1e-9 };
        assert!((growth_rate(lambda, nearly) - growth_rate(lambda, Variant::Current)).abs() < 1e-8);
    }

    #[test]
    fn the_disc_grows_fastest_at_its_real_end_and_from_radius_one_on() {
        for variant in VARIANTS {
            for rho in [0.3, 1.0, 1.7] {
                let at = |theta: f64| growth_rate((rho * theta.cos(), rho * theta.sin()), variant);
                assert!((1..=60).all(|i| at(i as f64 * 0.1) < at(0.0)), "{variant:?} {rho}");
            }
            assert!(growth_rate((1.0, 0.0), variant).abs() < 1e-15);
            assert!(growth_rate((1.0 + 1e-6, 0.0), variant) > 0.0);
        }
    }

    #[test]
    fn what_grows_fastest_is_named_and_what_lies_inside_the_disc_is_not() {
        let of = |rho, all: &[(f64, f64)]| spectrum(rho, all.to_vec(), Variant::Current);
        assert_eq!(of(0.9, &[(0.8, 0.0), (-0.95, 0.0)]).outliers, [(-0.95, 0.0)]);
        assert_eq!(of(0.9, &[(0.95, 0.0)]).stability, Stability::Stable);
        assert_eq!(of(1.1, &[(0.95, 0.0)]).stability, Stability::Unstable(Instability::Bulk));
        assert_eq!(of(1.1, &[(1.2, 0.0)]).stability, Stability::Unstable(Instability::RealOutlier));
        let pair = of(0.5, &[(1.2, 0.3), (1.2, -0.3), (1.1, 0.0)]);
        assert_eq!(pair.stability, Stability::Unstable(Instability::ComplexPair));
        // The parabola of T11 with tau_s = tau_r = 1: lambda = 1 - w^2 + 2 i w is neutral.
        let neutral = growth_rate((1.0 - 0.09, 0.6), Variant::TwoTimescale { tau_s: 1.0, tau_r: 1.0 });
        assert!(neutral.abs() < 1e-15);
    }
}
