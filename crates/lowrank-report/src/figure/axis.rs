//! Axes: where a value lies on the sheet, and which values are marked.

use std::fmt::Write as _;

use super::Axis;

/// Part of the range of the data that is left free on either side.
const ROOM: f64 = 0.04;
/// Marked values of a logarithmic axis within a decade.
const WITHIN_DECADE: [f64; 3] = [1.0, 2.0, 5.0];
/// Plain numbers are written between these powers of ten, others with a power.
const PLAIN: std::ops::RangeInclusive<i32> = -3..=4;

/// From values to points on the sheet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) log: bool,
    /// Where `low` and `high` lie on the sheet.
    pub(crate) ends: (f64, f64),
}

/// A mark on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) value: f64,
    /// Empty for a small one without a number.
    pub(crate) label: String,
}

impl Scale {
    /// Where a value lies on the sheet.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let part = if self.log {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.ends.0 + part * (self.ends.1 - self.ends.0)
    }

    /// Whether the value lies on the axis, up to rounding.
    pub(crate) fn holds(&self, value: f64) -> bool {
        let (first, last) = (self.ends.0.min(self.ends.1), self.ends.0.max(self.ends.1));
        let at = self.at(value);
        at > first - 0.01 && at < last + 0.01
    }

    /// Where a value lies on the sheet, at the end of the axis if it lies beyond (zero on a logarithmic one).
    pub(crate) fn held(&self, value: f64) -> f64 {
        self.at(value.max(self.low).min(self.high))
    }
}

/// The range of an axis: what was asked for, or that of the values with a little room (`tight`: with none).
pub(crate) fn range(axis: &Axis, values: impl Iterator<Item = f64>, tight: bool) -> (f64, f64) {
    if let Some(range) = axis.range {
        return range;
    }
    let forward = |v: f64| if axis.log { v.ln() } else { v };
    let back = |v: f64| if axis.log { v.exp() } else { v };
    let finite = values.filter(|v| v.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low > high {
        return if axis.log { (1.0, 10.0) } else { (0.0, 1.0) };
    }
    if tight && low < high {
        return (low, high);
    }
    let (low, high) = (forward(low), forward(high));
    // One value alone, or values that rounding alone keeps apart, stand in the middle of a plain range.
    let room =
        if high - low > 1e-9 * low.abs().max(high.abs()) { ROOM * (high - low) } else { 0.5 * low.abs().max(1.0) };
    (back(low - room), back(high + room))
}

/// The range so many times as long, from the same lowest value.
pub(crate) fn lengthened((low, high): (f64, f64), times: f64, log: bool) -> (f64, f64) {
    if log { (low, low * (high / low).powf(times)) } else { (low, low + (high - low) * times) }
}

/// The marked values; numbers take about `spacing` points of the axis each.
pub(crate) fn ticks(axis: &Axis, scale: &Scale, spacing: f64) -> Vec<Tick> {
    if !axis.ticks.is_empty() {
        let given = axis.ticks.iter().filter(|(value, _)| scale.holds(*value));
        return given.map(|(value, label)| Tick { value: *value, label: label.clone() }).collect();
    }
    let most = ((scale.ends.1 - scale.ends.0).abs() / spacing).max(2.0);
    if scale.log { log_ticks(scale, most) } else { linear_ticks(scale, most) }
}

fn linear_ticks(scale: &Scale, most: f64) -> Vec<Tick> {
    let rough = (scale.high - scale.low) / most;
    let power = rough.log10().floor();
    let factor =
        [1.0, 2.0, 5.0, 10.0].into_iter().find(|f| f * 10f64.powf(power) >= rough * (1.0 - 1e-9)).unwrap_or(10.0);
    // Whole numbers of 10^power keep the values exact.
    let exponent = power as i32 + i32::from(factor == 10.0);
    let factor = if factor == 10.0 { 1.0 } else { factor };
    let value =
        |k: f64| if exponent < 0 { k * factor / 10f64.powi(-exponent) } else { k * factor * 10f64.powi(exponent) };
    let step = value(1.0);
    let (first, last) = ((scale.low / step - 1e-6).ceil(), (scale.high / step + 1e-6).floor());
    let largest = scale.low.abs().max(scale.high.abs());
    let common = (largest.log10() + 1e-9).floor() as i32;
    let plain = PLAIN.contains(&common);
    let label = |v: f64| {
        if plain {
            return fixed(v, (-exponent).max(0) as usize);
        }
        let digits = (common - exponent).max(0) as usize;
        if v == 0.0 { "0".to_owned() } else { format!("{}×10^{{{common}}}", fixed(v / 10f64.powi(common), digits)) }
    };
    let values = (0..=(last - first).max(0.0) as usize).map(|k| value(first + k as f64));
    values.map(|v| Tick { value: v, label: label(v) }).collect()
}

fn log_ticks(scale: &Scale, most: f64) -> Vec<Tick> {
    let (first, last) = (scale.low.log10().floor() as i32, scale.high.log10().ceil() as i32);
    let decades = (scale.high / scale.low).log10();
    let few = decades < 2.0;
    let stride = (decades / most).ceil().max(1.0) as i32;
    let mut ticks = Vec::new();
    for exponent in first..=last {
        for factor in (1..=9).map(f64::from) {
            let value = factor * 10f64.powi(exponent);
            let named = match few {
                true => WITHIN_DECADE.contains(&factor),
                false => factor == 1.0 && exponent.rem_euclid(stride) == 0,
            };
            if !scale.holds(value) || (!named && stride > 1 && factor != 1.0) {
                continue;
            }
            let label = match (named, few) {
                (false, _) => String::new(),
                (true, true) if PLAIN.contains(&exponent) => fixed(value, (-exponent).max(0) as usize),
                (true, true) => format!("{factor}×10^{{{exponent}}}"),
                (true, false) => format!("10^{{{exponent}}}"),
            };
            ticks.push(Tick { value, label });
        }
    }
    // Less than a step of 1, 2, 5: the axis is as good as linear.
    if ticks.iter().filter(|tick| !tick.label.is_empty()).count() < 2 {
        return linear_ticks(scale, most.min(4.0));
    }
    ticks
}

/// A number with so many digits after the point and a true minus sign.
fn fixed(value: f64, digits: usize) -> String {
    let mut text = String::new();
    let _ = write!(text, "{value:.digits$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => rest.to_owned(),
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(low: f64, high: f64, log: bool) -> Scale {
        Scale { low, high, log, ends: (0.0, 100.0) }
    }

    fn labels(low: f64, high: f64, log: bool) -> Vec<String> {
        let axis = Axis { log, ..Axis::default() };
        let ticks = ticks(&axis, &scale(low, high, log), 20.0);
        ticks.into_iter().map(|tick| tick.label).filter(|label| !label.is_empty()).collect()
    }

    #[test]
    fn linear_ticks_are_steps_of_1_2_5_with_the_digits_they_need() {
        assert_eq!(labels(0.0, 3.0, false), ["0", "1", "2", "3"]);
        assert_eq!(labels(-0.45, 0.45, false), ["−0.4", "−0.2", "0.0", "0.2", "0.4"].map(str::to_owned)[..]);
        assert_eq!(labels(0.0, 0.25, false), ["0.00", "0.05", "0.10", "0.15", "0.20", "0.25"]);
        assert_eq!(labels(0.0, 5000.0, false), ["0", "1000", "2000", "3000", "4000", "5000"]);
        assert_eq!(labels(0.0, 2.0e6, false), ["0", "0.5×10^{6}", "1.0×10^{6}", "1.5×10^{6}", "2.0×10^{6}"]);
        assert_eq!(labels(9.99, 10.01, false), ["9.990", "9.995", "10.000", "10.005", "10.010"]);
    }

    #[test]
    fn log_ticks_are_decades_or_1_2_5_on_short_axes() {
        assert_eq!(labels(1e-3, 1e2, true), ["10^{-3}", "10^{-2}", "10^{-1}", "10^{0}", "10^{1}", "10^{2}"]);
        assert_eq!(labels(90.0, 2100.0, true), ["100", "200", "500", "1000", "2000"]);
        assert_eq!(labels(1e-12, 1e3, true).len(), 6);
        assert_eq!(labels(0.01, 0.06, true), ["0.01", "0.02", "0.05"]);
        assert!(labels(1.1, 1.4, true).len() > 2);
    }

    #[test]
    fn small_ticks_of_a_log_axis_have_no_number() {
        let axis = Axis { log: true, ..Axis::default() };
        let ticks = ticks(&axis, &scale(1.0, 1000.0, true), 20.0);
        assert_eq!(ticks.len(), 28);
        assert_eq!(ticks[1], Tick { value: 2.0, label: String::new() });
    }

    #[test]
    fn the_range_is_that_of_the_finite_values_with_room() {
        let of = |axis: &Axis, values: &[f64], tight| range(axis, values.iter().copied(), tight);
        let plain = Axis::default();
        assert_eq!(of(&plain, &[0.0, f64::NAN, 10.0], false), (-0.4, 10.4));
        assert_eq!(of(&plain, &[0.0, 10.0], true), (0.0, 10.0));
        assert_eq!(of(&plain, &[3.0], false), (1.5, 4.5));
        let log = Axis { log: true, ..Axis::default() };
        let (low, high) = of(&log, &[1.0, 100.0], false);
        assert!((low * high - 100.0).abs() < 1e-9 && low > 0.8 && low < 1.0);
    }

    #[test]
    fn values_lie_where_they_should() {
        assert_eq!(scale(-1.0, 1.0, false).at(0.0), 50.0);
        assert!((scale(1.0, 100.0, true).at(10.0) - 50.0).abs() < 1e-12);
        assert_eq!(scale(1.0, 100.0, true).held(0.0), 0.0);
        assert!(scale(0.0, 1.0, false).holds(1.0) && !scale(0.0, 1.0, false).holds(1.01));
    }

    #[test]
    fn given_ticks_are_taken_as_they_are() {
        let axis = Axis {
            ticks: vec![(0.5, "1".to_owned()), (1.0, "∞".to_owned()), (2.0, "off".to_owned())],
            ..Axis::default()
        };
        let found = ticks(&axis, &scale(0.0, 1.0, false), 20.0);
        assert_eq!(found.iter().map(|t| t.label.as_str()).collect::<Vec<_>>(), ["1", "∞"]);
    }
}
