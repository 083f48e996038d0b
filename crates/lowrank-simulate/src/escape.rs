//! When activity grows without bound (T41): a state of its own, which no finite run shows the end of.
//!
//! With phi that is not bounded (threshold-linear), a network far from its thresholds is homogeneous: x(t) = e^(rate t) x is a
//! solution wherever the field at x points along x, and it never ends. A look at the state sees one in that the speed
//! relative to the size *is* the growth rate (Cauchy and Schwarz: it is never less), and that the rate stays. An approach to
//! a distant fixed point along a line has the first mark, not the second: its rate falls by its own size in a unit of time.
//!
//! A direction may turn for ever while the size grows. Without input the network is homogeneous everywhere and has no scale on
//! which growth could end: growth by the same factor in three spans of time, one after the other, is for ever. With an input it is
//! where the state is a million times the input and the start.

/// Looks that must all find it, one after the other.
const LOOKS: usize = 5;
/// How nearly the speed is along the state, and how nearly the rate stays, relative to the rate.
const KEPT: f64 = 1e-3;
/// Growth rates, per unit time, below this are not told from an approach to a distant fixed point.
const SLOWEST: f64 = 1e-3;

/// Looks of one span of growth without input, and how far the growth of a span may be from the mean of three, relative to it.
const SPAN: usize = 10;
const UNEVEN: f64 = 0.5;
/// The slowest growth of a turning state, per look.
const SLOWEST_TURNING: f64 = 0.01;
/// Beyond this times the scale of input and start only growth leads: a fixed point so far is within a millionth of an instability.
const BEYOND: f64 = 1e6;

/// What has been seen of the growth of one state.
#[derive(Debug, Clone, Default)]
pub(crate) struct Escape {
    last: Option<(f64, f64)>,
    rate: f64,
    looks: usize,
    /// The size at the first look, and the logarithm of the size at every look.
    first: Option<f64>,
    logarithms: Vec<f64>,
}

impl Escape {
    /// One look, at a state of this root-mean-square size and speed at `time`: whether it grows for ever. `input` is the
    /// root mean square of the input.
    pub(crate) fn look(&mut self, time: f64, size: f64, speed: f64, input: f64) -> bool {
        self.grows_along_itself(time, size, speed) || self.grows_without_a_scale(size, input)
    }

    fn grows_without_a_scale(&mut self, size: f64, input: f64) -> bool {
        let first = *self.first.get_or_insert(size);
        self.logarithms.push(size.ln());
        if size > BEYOND * first.max(input).max(1.0) {
            return true;
        }
        let last = self.logarithms.len() - 1;
        if input > 0.0 || last < 3 * SPAN {
            return false;
        }
        let growth = [0, 1, 2].map(|i| self.logarithms[last - i * SPAN] - self.logarithms[last - (i + 1) * SPAN]);
        let mean = growth.iter().sum::<f64>() / 3.0;
        mean >= SLOWEST_TURNING * SPAN as f64 && growth.iter().all(|g| (g - mean).abs() <= UNEVEN * mean)
    }

    fn grows_along_itself(&mut self, time: f64, size: f64, speed: f64) -> bool {
        let before = self.last.replace((time, size));
        let Some((then, was)) = before.filter(|(_, was)| *was > 0.0) else { return false };
        let rate = (size / was).ln() / (time - then);
        let same = |other: f64| (other - rate).abs() <= KEPT * rate;
        let grows = rate >= SLOWEST && same(speed / size);
        self.looks = match (grows, self.looks) {
            (false, _) => 0,
            (true, looks) if looks > 0 && same(self.rate) => looks + 1,
            (true, _) => 1,
        };
        self.rate = rate;
        self.looks >= LOOKS
    }

    /// Whether the last look saw growth that may turn out to be for ever.
    pub(crate) fn is_open(&self, input: f64) -> bool {
        self.looks > 0 || (input == 0.0 && self.rate >= SLOWEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The look that finds it, of a driven state whose size and its change are functions of time.
    fn found(size: impl Fn(f64) -> f64, speed: impl Fn(f64) -> f64) -> Option<u32> {
        let mut escape = Escape::default();
        (0..200).find(|t| escape.look(f64::from(*t), size(f64::from(*t)), speed(f64::from(*t)), 1.0))
    }

    #[test]
    fn only_growth_for_ever_is_found() {
        for rate in [0.002, 0.2, 3.0] {
            let grows = |t: f64| f64::exp(rate * t);
            assert_eq!(found(grows, |t| rate * grows(t)), Some(5), "{rate}");
            // Turning while it grows is not along itself.
            let turning = found(grows, |t| (rate + 0.1) * grows(t));
            assert!(turning.is_none_or(|t| grows(f64::from(t)) > 1e6), "{rate} {turning:?}");
            // Without an input it is told by its evenness.
            let mut escape = Escape::default();
            let alone = (0..200)
                .find(|t| escape.look(f64::from(*t), grows(f64::from(*t)), (rate + 0.1) * grows(f64::from(*t)), 0.0));
            assert_eq!(alone.is_some(), rate > 0.01, "{rate} {alone:?}");
            // Away from a state of size one: seen once that is small beside it.
            let away = |t: f64| 1.0 + 1e-3 * grows(t);
            let end = found(away, |t| 1e-3 * rate * grows(t));
            assert!(end.is_none_or(|t| 1e-3 * grows(f64::from(t)) > 200.0), "{rate} {end:?}");
        }
        // Towards a distant fixed point, at every distance; decay; rest.
        for slow in [1e-6, 1e-3, 0.03, 1.0] {
            let size = |t: f64| 1.0 + 1e5 * (1.0 - f64::exp(-slow * t));
            assert_eq!(found(size, |t| 1e5 * slow * f64::exp(-slow * t)), None, "{slow}");
        }
        assert_eq!(found(|t| f64::exp(-t), |t| f64::exp(-t)), None);
        assert_eq!(found(|_| 0.0, |_| 0.0), None);
        assert_eq!(found(|_| f64::INFINITY, |_| f64::NAN), None);
    }
}
