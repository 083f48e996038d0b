//! The two pair averages that the chaotic equations are made of, with their derivatives: C_phi(a; mu, D) and
//! Q(a, D) = int_a^D (C_phi(y) - C_phi(a)) dy / (D - a)^2 (T21), at one (a; mu, D).

use std::sync::LazyLock;

use lowrank_model::Transfer;

use crate::large::{Grid, is_large, pair_slope};
use crate::nested::{FULL, PairMoments, Precision};
use crate::pair::threshold_linear::{both_positive_below, covariance_slopes, excess_slopes};
use crate::quadrature::gauss_legendre;
use crate::{MeanFieldError, PairAverage};

/// D - a below this part of D, or of this much D, counts as small: the difference of C_Phi would lose more than three
/// digits, and Q is integrated instead.
const SMALL_DIFFERENCE: f64 = 0.1;
const LARGEST_D: f64 = 30.0;
/// At large variances the difference of C_Phi loses the square of D / (D - a), three digits at a thirtieth of D.
const LARGE_PART: f64 = 0.3;
/// The same for searches: there the difference of C_Phi at full precision has six digits left.
const ROUGH_DIFFERENCE: f64 = 1e-3;
/// Largest variance of pair averages: beyond it their differences have no digits left.
const LARGEST_PAIR_VARIANCE: f64 = 1e24;

static LEGENDRE: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| gauss_legendre(16));
/// Below this difference, and this part of D, C_phi' is so smooth that eight nodes do.
const SHORT: f64 = 0.01;
static SHORTER: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| gauss_legendre(8));
/// First panel near c = D at large variances, in the root of units of x.
const PANEL: f64 = 2.0;
/// For searches.
static FEWER: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| gauss_legendre(4));

/// A function of (mu, D, a) with its derivatives; for Q, D is its upper end as well.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Slopes {
    pub(crate) value: f64,
    pub(crate) by_mu: f64,
    pub(crate) by_d: f64,
    pub(crate) by_a: f64,
}

/// C_phi(a; mu, D), 0 <= a <= d.
pub(crate) fn covariance(transfer: Transfer, mu: f64, d: f64, a: f64) -> Result<Slopes, MeanFieldError> {
    if transfer == Transfer::ThresholdLinear {
        let value = PairAverage::new(transfer, mu, d)?.covariance_at(a);
        return Ok(covariance_of_threshold_linear(value, mu, d, a));
    }
    Ok(of_phi(&PairMoments::of_phi(FULL, transfer, mu, d, a)))
}

fn of_phi(m: &PairMoments) -> Slopes {
    Slopes { value: m.phi_phi, by_mu: 2.0 * m.phi_d1, by_d: m.phi_d2, by_a: m.d1_d1 }
}

/// Q and C_phi(a).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Excess {
    pub(crate) q: Slopes,
    pub(crate) c: Slopes,
}

impl Excess {
    /// At 0 <= a < d, given what does not depend on a.
    pub(crate) fn with(
        precision: Precision,
        transfer: Transfer,
        mu: f64,
        d: f64,
        a: f64,
        top: &Top,
    ) -> Result<Self, MeanFieldError> {
        if transfer == Transfer::ThresholdLinear {
            return threshold_linear(mu, d, a);
        }
        let delta = d - a;
        let part = delta / scale(transfer, d);
        if part < SMALL_DIFFERENCE && precision != FULL {
            // Six digits are not enough for a difference of small differences.
            return Ok(Self::between(
                FULL,
                transfer,
                mu,
                d,
                a,
                &Top::at(FULL, transfer, mu, d)?,
                part < ROUGH_DIFFERENCE,
            ));
        }
        Ok(Self::between(precision, transfer, mu, d, a, top, part < SMALL_DIFFERENCE))
    }

    /// The same, Q integrated or by the difference of C_Phi.
    fn between(precision: Precision, transfer: Transfer, mu: f64, d: f64, a: f64, top: &Top, integrate: bool) -> Self {
        let delta = d - a;
        let Top(top) = top;
        let low = PairMoments::at(precision, transfer, mu, d, a);
        let energy = (top.big_big - low.big_big - delta * low.phi_phi) / (delta * delta);
        let q = if integrate { integrated(FULL, transfer, mu, d, a) } else { energy };
        let by_mu = 2.0 * (top.big_phi - low.big_phi - delta * low.phi_d1) / (delta * delta);
        let by_d = (top.phi_phi + top.big_d1 - low.big_d1 - low.phi_phi - delta * low.phi_d2) / (delta * delta);
        Self {
            q: Slopes { value: q, by_mu, by_d: by_d - 2.0 * q / delta, by_a: (2.0 * q - low.d1_d1) / delta },
            c: of_phi(&low),
        }
    }
}

/// Against what a difference counts as small.
fn scale(transfer: Transfer, d: f64) -> f64 {
    if is_large(transfer, d) { LARGE_PART * d } else { d.min(LARGEST_D) }
}

/// The values of Q and C_phi(a) alone.
pub(crate) fn values(
    precision: Precision,
    transfer: Transfer,
    mu: f64,
    d: f64,
    a: f64,
    top: &Top,
) -> Result<(f64, f64), MeanFieldError> {
    if transfer == Transfer::ThresholdLinear {
        let pair = PairAverage::new(transfer, mu, d)?;
        return Ok((pair.mean_excess_at(a, d), pair.covariance_at(a)));
    }
    let delta = d - a;
    let low = PairMoments::at(precision, transfer, mu, d, a);
    let q = if delta < SMALL_DIFFERENCE * scale(transfer, d) {
        integrated(precision, transfer, mu, d, a)
    } else {
        (top.0.big_big - low.big_big - delta * low.phi_phi) / (delta * delta)
    };
    Ok((q, low.phi_phi))
}

/// The averages at c = D.
pub(crate) struct Top(PairMoments);

impl Top {
    pub(crate) fn at(precision: Precision, transfer: Transfer, mu: f64, d: f64) -> Result<Self, MeanFieldError> {
        if transfer == Transfer::ThresholdLinear {
            return Ok(Self(PairMoments::default()));
        }
        if d > LARGEST_PAIR_VARIANCE {
            return Err(MeanFieldError::BadArgument { mu, d, limit: LARGEST_PAIR_VARIANCE });
        }
        Ok(Self(PairMoments::at(precision, transfer, mu, d, d)))
    }
}

/// Q = int_0^1 (1 - t) C_phi'(a + t (D - a)) dt on panels that grow away from D, where C_phi' varies over a few units.
fn graded(precision: Precision, transfer: Transfer, mu: f64, d: f64, a: f64) -> f64 {
    let grid = Grid::of(precision);
    let first = (PANEL / (d - a).max(PANEL * PANEL).sqrt()).min(1.0);
    let ends = [0.0, first, first.sqrt(), 1.0];
    let panel = |e: &[f64]| {
        let node = |(x, weight): &(f64, f64)| {
            let w = e[0] + x * (e[1] - e[0]);
            2.0 * (e[1] - e[0]) * weight * w * w * w * pair_slope(grid, transfer, mu, d, w * w * (d - a))
        };
        if e[1] > e[0] { LEGENDRE.iter().map(node).sum::<f64>() } else { 0.0 }
    };
    ends.windows(2).map(panel).sum()
}

/// Q = int_0^1 (1 - t) C_phi'(a + t (D - a)) dt, with 1 - t = w^2: C_phi' varies fastest at D.
fn integrated(precision: Precision, transfer: Transfer, mu: f64, d: f64, a: f64) -> f64 {
    if is_large(transfer, d) {
        return graded(precision, transfer, mu, d, a);
    }
    let node = |(w, weight): &(f64, f64)| {
        let c = (a + (1.0 - w * w) * (d - a)).min(d);
        2.0 * weight * w * w * w * PairMoments::slope(precision, transfer, mu, d, c)
    };
    let rule = match precision {
        FULL if d - a < SHORT * d.min(1.0) => &SHORTER,
        FULL => &LEGENDRE,
        _ => &FEWER,
    };
    rule.iter().map(node).sum()
}

/// Closed forms (`pair/threshold_linear.rs`).
fn threshold_linear(mu: f64, d: f64, a: f64) -> Result<Excess, MeanFieldError> {
    let (q, c) = values(FULL, Transfer::ThresholdLinear, mu, d, a, &Top(PairMoments::default()))?;
    let deviation = d.sqrt();
    let (by_mu, by_d, by_a) = excess_slopes(mu / deviation, (d - a) / d);
    let q = Slopes { value: q, by_mu: by_mu / deviation, by_d: by_d / d, by_a: by_a / d };
    Ok(Excess { q, c: covariance_of_threshold_linear(c, mu, d, a) })
}

fn covariance_of_threshold_linear(value: f64, mu: f64, d: f64, a: f64) -> Slopes {
    let (deviation, below) = (d.sqrt(), (d - a) / d);
    let (by_mu, by_d) = covariance_slopes(mu / deviation, below);
    Slopes { value, by_mu: by_mu * deviation, by_d, by_a: both_positive_below(mu / deviation, below) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nested::ROUGH;

    fn excess(transfer: Transfer, mu: f64, d: f64, a: f64) -> Excess {
        Excess::with(FULL, transfer, mu, d, a, &Top::at(FULL, transfer, mu, d).unwrap()).unwrap()
    }

    #[test]
    fn both_ways_to_q_agree_with_the_hermite_series_near_and_far_from_onset() {
        for transfer in [Transfer::Tanh, Transfer::OnePlusTanh, Transfer::Erf] {
            for (mu, d) in [(0.0, 0.1), (0.5, 2.0), (-1.0, 10.0), (0.0, 50.0)] {
                let series = PairAverage::new(transfer, mu, d).unwrap();
                for part in [1e-6, 1e-4, 1e-2, 0.03, 0.099, 0.101, 0.199, 0.201, 0.5, 1.0] {
                    let a = d * (1.0 - part);
                    let (seen, wanted) = (excess(transfer, mu, d, a).q.value, series.mean_excess_at(a, d));
                    assert!((seen / wanted - 1.0).abs() < 2e-11, "{transfer} {mu} {d} {part}: {seen} {wanted}");
                }
            }
        }
    }

    #[test]
    fn where_the_difference_is_small_a_search_has_five_digits_of_q() {
        for (mu, d) in [(0.0, 0.1), (0.5, 2.0), (-1.0, 10.0)] {
            let series = PairAverage::new(Transfer::Tanh, mu, d).unwrap();
            for part in [9e-4, 1.1e-3, 1e-2, 0.09] {
                let (a, top) = (d * (1.0 - part), Top::at(ROUGH, Transfer::Tanh, mu, d).unwrap());
                let rough = Excess::with(ROUGH, Transfer::Tanh, mu, d, a, &top).unwrap();
                let wanted = series.mean_excess_at(a, d);
                assert!((rough.q.value / wanted - 1.0).abs() < 1e-5, "{mu} {d} {part}: {} {wanted}", rough.q.value);
            }
        }
    }

    #[test]
    fn derivatives_are_those_of_the_values() {
        for transfer in [Transfer::Tanh, Transfer::ThresholdLinear] {
            let at = |mu: f64, d: f64, a: f64| excess(transfer, mu, d, a);
            let (mu, d, a, e) = (0.4, 2.5, 0.9, 1e-4);
            let here = at(mu, d, a);
            for (up, down, exact_q, exact_c) in [
                (at(mu + e, d, a), at(mu - e, d, a), here.q.by_mu, here.c.by_mu),
                (at(mu, d + e, a), at(mu, d - e, a), here.q.by_d, here.c.by_d),
                (at(mu, d, a + e), at(mu, d, a - e), here.q.by_a, here.c.by_a),
            ] {
                let q = (up.q.value - down.q.value) / (2.0 * e);
                let c = (up.c.value - down.c.value) / (2.0 * e);
                assert!(
                    (q - exact_q).abs() < 1e-7 && (c - exact_c).abs() < 1e-7,
                    "{transfer} {q} {exact_q} {c} {exact_c}"
                );
            }
        }
    }
}
