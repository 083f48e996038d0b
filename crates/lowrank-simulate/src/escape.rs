//! When activity grows without bound (T41): a state of its own, which no finite run shows the end of.
//!
//! With phi that is not bounded (threshold-linear), a network far from its thresholds is homogeneous: x(t) = e^(rate t) x is a
//! solution wherever the field at x points along x, and it never ends. A look at the state sees one in that the speed
//! relative to the size *is* the growth rate (Cauchy and Schwarz: it is never less), and that the rate stays. An approach to
//! a distant fixed point along a line has the first mark, not the second: its rate falls by its own size in a unit of time.
//!
//! A direction may turn for ever while the size grows. Without input the network is homogeneous everywhere and has no scale on
//! which growth could end: growth by the same factor in three spans of time, one after the other, is for ever. With an input it is
//! where the state is a million times the input and the start, or a thousand times and its growth gains speed as e^(rate t) does: on the
//! way to a distant fixed point it loses speed. A state that grows steadily and is not yet so large is undecided. A direction that turns slowly grows unevenly: there the growth over
//! a long time counts, and what grows too slowly to tell is undecided, which is no bounded state either.

/// Looks that must all find it, one after the other.
const LOOKS: usize = 5;
/// How nearly the speed is along the state, and how nearly the rate stays, relative to the rate.
const KEPT: f64 = 1e-3;
/// Growth rates, per unit time, below this are not told from an approach to a distant fixed point.
const SLOWEST: f64 = 1e-3;

/// Looks of one span of growth without input, and how far the growth of a span may be from the mean of three, relative to it.
const SPAN: usize = 10;
const UNEVEN: f64 = 0.5;
/// Looks over which the growth of a state that turns slowly is taken.
const LONG_SPAN: usize = 90;
/// The slowest growth of a turning state, per look.
const SLOWEST_TURNING: f64 = 0.01;
/// With an input, growth is followed from this times the scale of input and start on: a bounded state so far is near an instability.
const LARGE: f64 = 1e3;
/// The growth of the logarithm of the size, below LARGE, that fluctuations of a bounded state do not make in three even spans.
const SEEN: f64 = 0.3;
/// Beyond this times the scale of input and start only growth leads: a fixed point so far is within a millionth of an instability.
const BEYOND: f64 = 1e6;

/// A state that still grows at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Growth {
    /// For ever.
    Unbounded,
    /// Too slowly, or for too short a time, to tell.
    Undecided,
}

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
    /// Of a run that began with a state of this root-mean-square size.
    pub(crate) fn from_start(size: f64) -> Self {
        Self { first: Some(size), ..Self::default() }
    }

    /// One look, at a state of this root-mean-square size and speed at `time`: whether it grows for ever. `input` is the
    /// root mean square of the input.
    pub(crate) fn look(&mut self, time: f64, size: f64, speed: f64, input: f64) -> bool {
        self.grows_along_itself(time, size, speed) || self.grows_without_a_scale(size, input)
    }

    fn grows_without_a_scale(&mut self, size: f64, input: f64) -> bool {
        self.first.get_or_insert(size);
        self.logarithms.push(size.ln());
        if size > BEYOND * self.scale(input) {
            return true;
        }
        let Some(growth) = self.growth_of_spans(SPAN) else { return false };
        let mean = growth.iter().sum::<f64>() / 3.0;
        if mean < SLOWEST_TURNING * SPAN as f64 {
            return false;
        }
        if input > 0.0 {
            return self.is_without_scale(input) && gains_speed(growth, mean);
        }
        growth.iter().all(|g| (g - mean).abs() <= UNEVEN * mean)
    }

    /// The growth of the logarithm of the size in the last three spans of so many looks, the last first.
    fn growth_of_spans(&self, span: usize) -> Option<[f64; 3]> {
        let last = self.logarithms.len().checked_sub(1).filter(|last| *last >= 3 * span && span > 0)?;
        Some([0, 1, 2].map(|i| self.logarithms[last - i * span] - self.logarithms[last - (i + 1) * span]))
    }

    /// Whether a driven state that is not large yet has grown all the time by more than fluctuations make.
    fn grows_steadily(&self) -> bool {
        self.growth_of_spans(SPAN.min(self.logarithms.len().saturating_sub(1) / 3)).is_some_and(|growth| {
            let mean = growth.iter().sum::<f64>() / 3.0;
            3.0 * mean >= SEEN && growth.iter().all(|g| *g >= UNEVEN * mean)
        })
    }

    /// The scale on which growth could end.
    fn scale(&self, input: f64) -> f64 {
        self.first.unwrap_or(0.0).max(input).max(1.0)
    }

    /// Whether the state has no scale: without input, or where it is large beside the input.
    fn is_without_scale(&self, input: f64) -> bool {
        input == 0.0 || self.logarithms.last().is_some_and(|size| *size > (LARGE * self.scale(input)).ln())
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

    /// Whether growth may turn out to be for ever: without input it takes some looks to see that there is none.
    pub(crate) fn is_open(&self, input: f64) -> bool {
        if input > 0.0 {
            let few = self.logarithms.len() <= 3 * SPAN && self.has_grown(self.logarithms.len().saturating_sub(1));
            return self.looks > 0 || few || self.verdict(input).is_some();
        }
        let moves = self.logarithms.last().is_some_and(|size| size.is_finite());
        moves && (self.logarithms.len() <= 3 * SPAN || self.verdict(input).is_some())
    }

    /// Whether the size has grown over so many looks, so fast that it can be told.
    fn has_grown(&self, looks: usize) -> bool {
        let last = self.logarithms.len().saturating_sub(1);
        looks > 0
            && self
                .logarithms
                .get(last)
                .zip(self.logarithms.get(last.saturating_sub(looks)))
                .is_some_and(|(end, start)| end - start > SLOWEST_TURNING * looks as f64)
    }

    /// What the growth over the last looks says of a state that was not found to be unbounded: none where it does not grow, whether it
    /// is unbounded where it does. With an input the latter is never said here.
    pub(crate) fn verdict(&self, input: f64) -> Option<Growth> {
        if !self.is_without_scale(input) {
            return self.grows_steadily().then_some(Growth::Undecided);
        }
        let last = self.logarithms.len().checked_sub(1).filter(|last| *last > 0)?;
        let span = last.min(LONG_SPAN);
        let growth = self.logarithms[last] - self.logarithms[last - span];
        let slowest = if input > 0.0 { SLOWEST_TURNING } else { SLOWEST };
        let grows = growth > slowest * span as f64;
        let decided = input == 0.0 && span >= 3 * SPAN && growth >= SLOWEST_TURNING * span as f64;
        grows.then_some(if decided { Growth::Unbounded } else { Growth::Undecided })
    }
}

/// Whether the growth of the size itself rises from span to span by half of what exponential growth would make it rise; the growth of
/// the logarithm in three spans, the last first, and its mean.
fn gains_speed(growth: [f64; 3], mean: f64) -> bool {
    let sizes = [0.0, -growth[0], -growth[0] - growth[1], -growth.iter().sum::<f64>()].map(f64::exp);
    let risen = [sizes[0] - sizes[1], sizes[1] - sizes[2], sizes[2] - sizes[3]];
    let faster = (0.5 * mean).exp();
    risen[2] > 0.0 && risen[1] >= faster * risen[2] && risen[0] >= faster * risen[1]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The look that finds it, of a driven state whose size and its change are functions of time.
    fn found(size: impl Fn(f64) -> f64, speed: impl Fn(f64) -> f64) -> Option<u32> {
        let mut escape = Escape::default();
        (0..200).find(|t| escape.look(f64::from(*t), size(f64::from(*t)), speed(f64::from(*t)), 1.0))
    }

    /// Without input: what grows while it turns with this period, by e^(rate t) in the mean.
    #[test]
    fn slow_turning_is_judged_by_its_mean_growth() {
        let end = |rate: f64, (wobble, period): (f64, f64), looks: u32| {
            let mut escape = Escape::default();
            for t in 0..looks {
                let t = f64::from(t);
                let wobble = wobble * (std::f64::consts::TAU * t / period).sin();
                if escape.look(t, (rate * t + wobble).exp(), 1.0, 0.0) {
                    return Some(Growth::Unbounded);
                }
                if t > 2.0 && !escape.is_open(0.0) {
                    return None;
                }
            }
            escape.verdict(0.0)
        };
        for period in [7.0, 23.0, 40.0] {
            assert_eq!(end(0.06, (0.8, period), 121), Some(Growth::Unbounded), "{period}");
            assert_eq!(end(-0.06, (0.8, period), 121), None, "{period}");
        }
        assert_eq!(end(0.004, (0.02, 10.0), 121), Some(Growth::Undecided));
        assert_eq!(end(0.06, (0.8, 23.0), 20), Some(Growth::Undecided));
    }

    /// With an input: a run that is far beyond it when the looks begin, turning or not, is followed to the end.
    #[test]
    fn what_has_outgrown_its_input_is_not_believed() {
        for (rate, begins) in [(0.5, 1e34_f64), (0.1, 1e4), (0.1, 2e3)] {
            let mut escape = Escape::from_start(1.0);
            let look = |t: u32| {
                let t = f64::from(t);
                escape.look(t, begins * (rate * t + 0.3 * t.sin()).exp(), 1e9, 0.4) || !escape.is_open(0.4) && t > 2.0
            };
            let end = (0..200).find_map({
                let mut look = look;
                move |t| look(t).then_some(t)
            });
            assert!(end.is_some_and(|t| begins * (rate * f64::from(t)).exp() > 1e3), "{rate} {begins:e} {end:?}");
        }
        // Steady growth from the size of the input on: undecided while it is small, unbounded once it is large and gains speed.
        for rate in [0.02, 0.05, 0.1] {
            let size = |t: f64| 1.0 + 2.0 * ((rate * t).exp() - 1.0) + 0.02 * (2.0 * t).sin();
            let mut escape = Escape::default();
            let seen = (0..=40).any(|t| escape.look(f64::from(t), size(f64::from(t)), 1e9, 1.0));
            assert_eq!((seen, escape.verdict(1.0)), (false, Some(Growth::Undecided)), "{rate}");
            let end = (41..600).find(|t| escape.look(f64::from(*t), size(f64::from(*t)), 1e9, 1.0));
            assert!(end.is_some_and(|t| (900.0..2e3).contains(&size(f64::from(t)))), "{rate} {end:?}");
        }
        // Bounded fluctuations, and an approach that has ended, are believed; one that goes on is not.
        let verdict = |size: &dyn Fn(f64) -> f64| {
            let mut escape = Escape::default();
            (0..=40).for_each(|t| assert!(!escape.look(f64::from(t), size(f64::from(t)), 1e9, 1.0)));
            escape.verdict(1.0)
        };
        for period in [3.0, 11.0, 40.0, 90.0] {
            assert_eq!(verdict(&|t| 5.0 + (std::f64::consts::TAU * t / period).sin()), None, "{period}");
        }
        assert_eq!(verdict(&|t| 30.0 - 29.0 * (-0.3 * t).exp()), None);
        assert_eq!(verdict(&|t| 25.0 - 24.0 * (-0.02 * t).exp()), Some(Growth::Undecided));
        // Slight growth, far below the scale at which a bound would be improbable, is not judged.
        let mut escape = Escape::from_start(1.0);
        for t in 0..10 {
            assert!(!escape.look(f64::from(t), 1.0 + 0.005 * f64::from(t), 1e9, 0.4));
        }
        assert_eq!((escape.is_open(0.4), escape.verdict(0.4)), (false, None));
    }

    #[test]
    fn only_growth_for_ever_is_found() {
        for rate in [0.002, 0.2, 3.0] {
            let grows = |t: f64| f64::exp(rate * t);
            assert_eq!(found(grows, |t| rate * grows(t)), Some(5), "{rate}");
            // Turning while it grows is not along itself.
            let turning = found(grows, |t| (rate + 0.1) * grows(t));
            assert!(turning.is_none_or(|t| grows(f64::from(t)) > 1e3), "{rate} {turning:?}");
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
