//! Heat maps, and the bars that explain their colours.

use super::axis::{Scale, Tick};
use super::canvas::{Canvas, Rgb, Stroke, Text, corners};
use super::colour::mapped;
use super::layout::{Frame, TICK, TICK_GAP, TICK_SIZE};
use super::{Anchor, Axis, Heat, Map, Mark, Panel, axis, layout};

/// Width of the bar and its distance from the axes, in points.
const BAR: f64 = 5.0;
const BAR_GAP: f64 = 5.0;
/// Steps of colour in the bar.
const STEPS: usize = 128;

/// The bar of a panel with a heat map.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bar {
    map: Map,
    label: String,
    scale: Scale,
    ticks: Vec<Tick>,
}

/// The first heat map of a panel.
pub(crate) fn heat_of(panel: &Panel) -> Option<&Heat> {
    panel.marks.iter().find_map(|mark| if let Mark::Heat(heat) = mark { Some(heat) } else { None })
}

/// The bar of a heat map beside axes from `bottom` up to `top`.
pub(crate) fn bar(heat: &Heat, (bottom, top): (f64, f64)) -> Bar {
    let (low, high) = range(heat);
    let scale = Scale { low, high, log: false, ends: (bottom, top) };
    let ticks = axis::ticks(&Axis::default(), &scale, layout::Y_SPACING);
    Bar { map: heat.map, label: heat.label.clone(), scale, ticks }
}

/// How far the bar and its numbers reach beyond the axes.
pub(crate) fn bar_width(bar: &Bar) -> f64 {
    let label = if bar.label.is_empty() { 0.0 } else { layout::LABEL_GAP + layout::LABEL_SIZE };
    BAR_GAP + BAR + TICK + TICK_GAP + layout::widest(&bar.ticks) + label + 2.0
}

pub(crate) fn draw_bar(canvas: &mut Canvas, bar: &Bar, frame: Frame) {
    let left = frame.right() + BAR_GAP;
    let (bottom, top) = bar.scale.ends;
    canvas.open("bar");
    let edges: Vec<f64> = (0..=STEPS).map(|i| bottom + (top - bottom) * i as f64 / STEPS as f64).collect();
    let rows: Vec<Vec<Rgb>> = (0..STEPS).map(|i| vec![mapped(bar.map, (i as f64 + 0.5) / STEPS as f64)]).collect();
    cells(canvas, &[left, left + BAR], &edges, &rows);
    let outline = Stroke { colour: Rgb::BLACK, width: layout::AXIS, dashed: false };
    let (right, end) = (left + BAR, left + BAR + TICK);
    canvas.polygon(corners([left, top, BAR, bottom - top]), None, Some(outline));
    for tick in &bar.ticks {
        let y = bar.scale.at(tick.value);
        canvas.line(&[(right, y), (end, y)], outline);
        let at = (end + TICK_GAP, y + layout::CAPITAL * TICK_SIZE / 2.0);
        canvas.text(&tick.label, Text { at, size: TICK_SIZE, anchor: Anchor::Start, ..Text::PLAIN });
    }
    let at = (
        end + TICK_GAP + layout::widest(&bar.ticks) + layout::LABEL_GAP + layout::CAPITAL * layout::LABEL_SIZE,
        (bottom + top) / 2.0,
    );
    let size = layout::fitted(&bar.label, layout::LABEL_SIZE, frame.height);
    canvas.text(&bar.label, Text { at, size, anchor: Anchor::Middle, turned: true, ..Text::PLAIN });
    canvas.close();
}

pub(crate) fn draw(canvas: &mut Canvas, heat: &Heat, x: &Scale, y: &Scale) {
    let (low, high) = range(heat);
    let colours: Vec<Vec<Rgb>> = heat
        .values
        .iter()
        .map(|row| {
            row.iter()
                .map(|v| mapped(heat.map, if v.is_finite() { (v - low) / (high - low) } else { f64::NAN }))
                .collect()
        })
        .collect();
    let columns = heat.values.first().map_or(0, Vec::len);
    let place = |scale: &Scale, values: &[f64], cells: usize| -> Vec<f64> {
        edges(values, cells, scale.log).into_iter().map(|v| scale.at(v)).collect()
    };
    cells(canvas, &place(x, &heat.x, columns), &place(y, &heat.y, heat.values.len()), &colours);
}

/// Edges of cells that are given by their edges already, or by their centres.
pub(crate) fn edges(values: &[f64], cells: usize, log: bool) -> Vec<f64> {
    if values.len() > cells {
        return values.to_owned();
    }
    let forward = |v: f64| if log { v.ln() } else { v };
    let back = |v: f64| if log { v.exp() } else { v };
    let centres: Vec<f64> = values.iter().map(|&v| forward(v)).collect();
    let (Some(&first), Some(&last)) = (centres.first(), centres.last()) else { return Vec::new() };
    let halves: Vec<f64> = centres.windows(2).map(|pair| (pair[1] - pair[0]) / 2.0).collect();
    let half = |at: Option<&f64>| at.copied().unwrap_or(0.5);
    let between = centres.iter().zip(&halves).map(|(centre, half)| centre + half);
    let all = std::iter::once(first - half(halves.first())).chain(between).chain([last + half(halves.last())]);
    all.map(back).collect()
}

/// Values at the ends of the map.
fn range(heat: &Heat) -> (f64, f64) {
    if let Some(range) = heat.range {
        return range;
    }
    let finite = heat.values.iter().flatten().copied().filter(|v| v.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let (low, high) = match heat.map {
        Map::Sequential => (low, high),
        Map::Diverging => (-low.abs().max(high.abs()), low.abs().max(high.abs())),
    };
    if low < high { (low, high) } else { (low - 0.5, low + 0.5) }
}

/// Each cell reaches under the next one to the right and the next one above, so that no background shines through
/// between them, whatever program draws them.
fn cells(canvas: &mut Canvas, x: &[f64], y: &[f64], colours: &[Vec<Rgb>]) {
    for (row, colours) in colours.iter().enumerate() {
        let (bottom, top) = (y[row], y[(row + 2).min(y.len() - 1)]);
        let mut start = 0;
        while start < colours.len() {
            let mut end = start + 1;
            while end < colours.len() && colours[end] == colours[start] {
                end += 1;
            }
            let right = x[(end + 1).min(x.len() - 1)];
            canvas.rectangle([x[start], top, right - x[start], bottom - top], colours[start]);
            start = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::canvas::Ink;

    #[test]
    fn edges_lie_between_centres_also_on_a_log_axis() {
        assert_eq!(edges(&[1.0, 2.0, 4.0], 3, false), [0.5, 1.5, 3.0, 5.0]);
        let found = edges(&[1.0, 100.0], 2, true);
        assert!(found.iter().zip([0.1, 10.0, 1000.0]).all(|(a, b)| (a / b - 1.0).abs() < 1e-12), "{found:?}");
        assert_eq!(edges(&[0.0, 1.0, 5.0], 2, false), [0.0, 1.0, 5.0]);
        assert_eq!(edges(&[2.0], 1, false), [1.5, 2.5]);
    }

    #[test]
    fn the_range_of_differences_is_symmetric_and_never_empty() {
        let values = vec![vec![-1.0, f64::NAN, 3.0]];
        let heat = Heat { values, map: Map::Diverging, ..Heat::default() };
        assert_eq!(range(&heat), (-3.0, 3.0));
        assert_eq!(range(&Heat { map: Map::Sequential, ..heat.clone() }), (-1.0, 3.0));
        assert_eq!(range(&Heat { values: vec![vec![0.0]], ..heat }), (-0.5, 0.5));
    }

    #[test]
    fn cells_of_one_colour_are_one_and_reach_under_their_neighbours() {
        let mut canvas = Canvas::default();
        let [a, b, c, d] = [1, 2, 3, 4].map(Rgb::of);
        cells(&mut canvas, &[0.0, 1.0, 2.0, 3.0], &[9.0, 8.0, 7.0], &[vec![a, a, b], vec![c, d, d]]);
        assert_eq!(canvas.inks[0], Ink::Rectangle { area: [0.0, 7.0, 3.0, 2.0], fill: a });
        assert_eq!(canvas.inks.len(), 4);
    }
}
