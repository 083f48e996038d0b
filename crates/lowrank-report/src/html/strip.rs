//! The strip of a claim: theory in the middle, the margin as a band, the interval as a bar, the estimate as a mark.
//!
//! Lengths are in margins, so that all strips of a table have one scale and a pass is a bar inside the band.

use lowrank_model::decimals;
use lowrank_validate::Claim;
use serde::Serialize;

/// Width of the drawing, in its own units.
const WIDTH: f64 = 168.0;
/// Units a margin.
const MARGIN: f64 = 50.0;
/// What lies further out, in margins, is drawn here, with an arrow in place of an end.
const EDGE: f64 = 1.56;

/// Where things are drawn, horizontally.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Strip {
    /// Ends of the interval.
    left: String,
    right: String,
    /// The interval goes on beyond the edge.
    beyond_left: bool,
    beyond_right: bool,
    /// The estimate.
    mark: String,
    /// The same in words.
    words: String,
    /// Distance of the estimate from theory in margins, by which strips are sorted.
    distance: f64,
}

/// The strip of a claim; none where a number is not finite.
pub(super) fn strip(claim: &Claim) -> Option<Strip> {
    let judgement = &claim.judgement;
    let off = in_margins(judgement.estimate - claim.theory, claim.margin)?;
    let half = in_margins(judgement.half_width, claim.margin)?;
    let at = |margins: f64| format!("{:.1}", WIDTH / 2.0 + MARGIN * margins.clamp(-EDGE, EDGE));
    let (low, high) = (off - half, off + half);
    let side = if off < 0.0 { "below" } else { "above" };
    Some(Strip {
        left: at(low),
        right: at(high),
        beyond_left: low < -EDGE,
        beyond_right: high > EDGE,
        mark: at(off),
        words: format!(
            "estimate {:.2} margins {side} theory, interval from {} to {} margins",
            off.abs(),
            decimals(low, 2),
            decimals(high, 2)
        ),
        distance: off.abs(),
    })
}

/// A length in margins. With a margin of zero everything but zero is far out.
fn in_margins(length: f64, margin: f64) -> Option<f64> {
    let finite = length.is_finite() && margin.is_finite();
    let relative = if length == 0.0 { 0.0 } else { length / margin };
    finite.then_some(relative.clamp(-1e6, 1e6))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::tests::claim;

    #[test]
    fn theory_is_in_the_middle_and_a_margin_is_fifty_units() {
        // Theory 1, margin 0.1, estimate half a margin below, interval half a margin wide at either side.
        let drawn = strip(&claim("kappa_1", 1.0, 0.95, 0.05)).unwrap();
        assert_eq!((drawn.left.as_str(), drawn.mark.as_str(), drawn.right.as_str()), ("34.0", "59.0", "84.0"));
        assert!(!drawn.beyond_left && !drawn.beyond_right);
        assert_eq!(drawn.words, "estimate 0.50 margins below theory, interval from -1.00 to 0.00 margins");
        assert!((drawn.distance - 0.5).abs() < 1e-12);
    }

    #[test]
    fn what_is_far_out_is_at_the_edge() {
        let drawn = strip(&claim("kappa_1", 1.0, 9.0, 0.05)).unwrap();
        assert_eq!((drawn.left.as_str(), drawn.mark.as_str()), ("162.0", "162.0"));
        assert!(drawn.beyond_right && !drawn.beyond_left);
        let noisy = strip(&claim("kappa_1", 1.0, 1.0, 5.0)).unwrap();
        assert!(noisy.beyond_left && noisy.beyond_right && noisy.mark == "84.0");
    }

    #[test]
    fn what_is_no_number_is_not_drawn_and_no_margin_is_one() {
        assert_eq!(strip(&claim("kappa_1", 1.0, f64::NAN, 0.1)), None);
        let mut exact = claim("kappa_1", 0.0, 0.0, 0.0);
        exact.margin = 0.0;
        assert_eq!(strip(&exact).unwrap().mark, "84.0");
        exact.judgement.estimate = 1e-9;
        assert!(strip(&exact).unwrap().beyond_right);
    }
}
