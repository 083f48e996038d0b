//! Where everything is on the sheet. Lengths are points; y grows downwards.

use super::axis::{self, Scale, Tick};
use super::canvas::{Canvas, Text};
use super::heat::{self, Bar};
use super::legend::{self, Block};
use super::{Anchor, Axis, Figure, Legend, Mark, Panel, label};

/// Sizes of letters: titles and panel letters, labels, numbers and legends.
pub(crate) const TITLE_SIZE: f64 = 9.0;
pub(crate) const LABEL_SIZE: f64 = 8.0;
pub(crate) const TICK_SIZE: f64 = 7.0;
/// Height of capitals and digits as a part of the size.
pub(crate) const CAPITAL: f64 = 0.7;
/// Lengths of marks on axes, with and without a number, and the distance of numbers from them.
pub(crate) const TICK: f64 = 2.6;
pub(crate) const SMALL_TICK: f64 = 1.5;
pub(crate) const TICK_GAP: f64 = 1.8;
/// Between numbers and the label of an axis, and room for what hangs below the baseline of the vertical label.
pub(crate) const LABEL_GAP: f64 = 3.2;
pub(crate) const HANGING: f64 = 2.0;
/// Width of axes.
pub(crate) const AXIS: f64 = 0.6;
/// Room that a number of the vertical and of the horizontal axis takes at least.
pub(crate) const Y_SPACING: f64 = 20.0;
const X_SPACING: [f64; 5] = [24.0, 32.0, 42.0, 60.0, 90.0];
/// Part of the height of a panel that is given to a legend above its data.
const MOST_FOR_LEGEND: f64 = 0.4;
/// Axes narrower than this show nothing.
pub(crate) const NARROWEST: f64 = 30.0;
/// Around the sheet, between columns, between rows.
const EDGE: f64 = 3.0;
const COLUMN_GAP: f64 = 9.0;
const ROW_GAP: f64 = 7.0;
/// Smallest size that a long label shrinks to.
const SMALLEST: f64 = 5.5;
/// Points in a millimetre.
const MILLIMETRE: f64 = 72.0 / 25.4;

/// The axes of a panel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Frame {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Frame {
    pub(crate) fn right(self) -> f64 {
        self.left + self.width
    }

    pub(crate) fn bottom(self) -> f64 {
        self.top + self.height
    }
}

/// A panel on the sheet.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) frame: Frame,
    /// Left end of its labels.
    pub(crate) left: f64,
    /// "(a)"; empty if it is the only panel.
    pub(crate) letter: String,
    pub(crate) x: Scale,
    pub(crate) y: Scale,
    pub(crate) x_ticks: Vec<Tick>,
    pub(crate) y_ticks: Vec<Tick>,
    pub(crate) bar: Option<Bar>,
    /// The legend inside.
    pub(crate) legend: Option<Block>,
}

/// All panels on the sheet.
#[derive(Debug, Clone)]
pub(crate) struct Sheet {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) panels: Vec<Placed>,
    /// The legend below all panels.
    pub(crate) below: Block,
}

pub(crate) fn place(figure: &Figure) -> Sheet {
    let width = figure.width * MILLIMETRE;
    let height = figure.panel_height * MILLIMETRE;
    let columns = figure.columns.min(figure.panels.len());
    let lettered = figure.panels.len() > 1;
    // Numbers on the axes depend on the width of the axes, and that on the numbers: the second round is right.
    let mut sides = vec![(30.0, 10.0); columns];
    let mut frame_width = 0.0;
    for _ in 0..2 {
        let taken: f64 = sides.iter().map(|(left, right)| left + right).sum();
        frame_width = (width - 2.0 * EDGE - taken - COLUMN_GAP * (columns - 1) as f64) / columns as f64;
        if frame_width < NARROWEST {
            break;
        }
        let frame = Frame { left: 0.0, top: 0.0, width: frame_width, height };
        let mut needed = vec![(0.0f64, 0.0f64); columns];
        for (index, panel) in figure.panels.iter().enumerate() {
            let (left, right) = margins(panel, &framed(panel, frame));
            let column = &mut needed[index % columns];
            *column = (column.0.max(left), column.1.max(right));
        }
        sides = needed;
        let taken: f64 = sides.iter().map(|(left, right)| left + right).sum();
        frame_width = (width - 2.0 * EDGE - taken - COLUMN_GAP * (columns - 1) as f64) / columns as f64;
    }
    let mut top = EDGE + if figure.title.is_empty() { 0.0 } else { TITLE_SIZE + 5.0 };
    let mut panels = Vec::new();
    for row in figure.panels.chunks(columns) {
        let titled = lettered || row.iter().any(|panel| !panel.title.is_empty());
        top += if titled { TITLE_SIZE + 5.0 } else { TICK_SIZE / 2.0 };
        let mut left = EDGE;
        for (panel, side) in row.iter().zip(&sides) {
            let frame = Frame { left: left + side.0, top, width: frame_width, height };
            let mut placed = framed(panel, frame);
            placed.left = left;
            placed.letter = if lettered { format!("({})", letter(panels.len())) } else { String::new() };
            panels.push(placed);
            left += side.0 + frame_width + side.1 + COLUMN_GAP;
        }
        let labelled = row.iter().any(|panel| !panel.x.label.is_empty());
        top += height + TICK + TICK_GAP + TICK_SIZE + if labelled { LABEL_GAP + LABEL_SIZE } else { 0.0 } + ROW_GAP;
    }
    let below = below(figure, &panels, (width, top - ROW_GAP + 3.0));
    let height = below.bottom() + EDGE;
    Sheet { width, height, panels, below }
}

/// The title of the figure.
pub(crate) fn title(canvas: &mut Canvas, figure: &Figure, sheet: &Sheet) {
    if !figure.title.is_empty() {
        let size = fitted(&figure.title, TITLE_SIZE, sheet.width - 2.0 * EDGE);
        let at = (sheet.width / 2.0, EDGE + TITLE_SIZE);
        canvas.text(&figure.title, Text { at, size, anchor: Anchor::Middle, ..Text::PLAIN });
    }
}

/// a, b, ..., z, aa, ab, ...
pub(crate) fn letter(index: usize) -> String {
    let last = char::from(b'a' + (index % 26) as u8).to_string();
    if index < 26 { last } else { letter(index / 26 - 1) + &last }
}

/// Width of the widest number.
pub(crate) fn widest(ticks: &[Tick]) -> f64 {
    ticks.iter().map(|tick| label::width(&tick.label, TICK_SIZE)).fold(0.0, f64::max)
}

/// The size at which a label fits, if it can.
pub(crate) fn fitted(text: &str, size: f64, room: f64) -> f64 {
    (size * room / label::width(text, size)).min(size).max(SMALLEST)
}

/// A panel with these axes, its legend inside if there is a place for it or one can be made.
fn framed(panel: &Panel, frame: Frame) -> Placed {
    let placed = scaled(panel, frame, 0.0);
    if panel.legend != Legend::Inside || placed.bar.is_some() {
        return placed;
    }
    let entries = legend::entries(panel);
    if let Some(block) = legend::in_corner(&entries, panel, &placed) {
        return Placed { legend: Some(block), ..placed };
    }
    let block = Block::in_rows(entries, (frame.left, frame.top), frame.width);
    let room = block.bottom() - frame.top;
    let fixed = panel.y.range.is_some() || panel.equal_aspect;
    if fixed || !block.fits() || room > MOST_FOR_LEGEND * frame.height {
        return placed;
    }
    Placed { legend: Some(block), ..scaled(panel, frame, room) }
}

/// Scales, numbers and the bar of colours of a panel with these axes, no data so far below their upper end.
fn scaled(panel: &Panel, frame: Frame, room: f64) -> Placed {
    // A heat map fills its axes.
    let tight = heat::heat_of(panel).is_some();
    let seen = |mark: &&Mark| !tight || matches!(mark, Mark::Heat(_));
    let values = |vertical, log| panel.marks.iter().filter(seen).flat_map(move |mark| mark.reach(vertical, log));
    let mut x = axis::range(&panel.x, values(false, panel.x.log), tight);
    let y = axis::range(&panel.y, values(true, panel.y.log), tight);
    let mut y = axis::lengthened(y, frame.height / (frame.height - room), panel.y.log);
    if panel.equal_aspect {
        let unit = ((x.1 - x.0) / frame.width).max((y.1 - y.0) / frame.height);
        let grown = |(low, high): (f64, f64), length: f64| {
            ((low + high - unit * length) / 2.0, (low + high + unit * length) / 2.0)
        };
        (x, y) = (grown(x, frame.width), grown(y, frame.height));
    }
    let scale = |(low, high), axis: &Axis, ends| Scale { low, high, log: axis.log, ends };
    let x = scale(x, &panel.x, (frame.left, frame.right()));
    let y = scale(y, &panel.y, (frame.bottom(), frame.top));
    let x_ticks = apart(&panel.x, &x);
    let y_ticks = axis::ticks(&panel.y, &y, Y_SPACING);
    let bar = heat::heat_of(panel).map(|heat| heat::bar(heat, y.ends));
    Placed { frame, left: 0.0, letter: String::new(), x, y, x_ticks, y_ticks, bar, legend: None }
}

/// The numbers of a horizontal axis, so many that they do not touch.
fn apart(axis: &Axis, scale: &Scale) -> Vec<Tick> {
    let mut ticks = Vec::new();
    for spacing in X_SPACING {
        ticks = axis::ticks(axis, scale, spacing);
        let ends = ticks.iter().filter(|tick| !tick.label.is_empty()).map(|tick| {
            let half = label::width(&tick.label, TICK_SIZE) / 2.0;
            (scale.at(tick.value) - half, scale.at(tick.value) + half)
        });
        let ends: Vec<(f64, f64)> = ends.collect();
        if ends.windows(2).all(|pair| pair[0].1 + TICK_SIZE / 2.0 < pair[1].0) {
            break;
        }
    }
    ticks
}

/// What numbers and labels take to the left and to the right of the axes.
fn margins(panel: &Panel, placed: &Placed) -> (f64, f64) {
    let label = if panel.y.label.is_empty() { 0.0 } else { LABEL_GAP + HANGING + LABEL_SIZE };
    let left = TICK + TICK_GAP + widest(&placed.y_ticks) + label;
    let beyond =
        |tick: &Tick| placed.x.at(tick.value) + label::width(&tick.label, TICK_SIZE) / 2.0 - placed.frame.right();
    let beyond = placed.x_ticks.iter().map(beyond).fold(1.0, f64::max);
    (left, placed.bar.as_ref().map_or(beyond, heat::bar_width))
}

/// The legend of all panels that have none inside.
fn below(figure: &Figure, panels: &[Placed], (width, top): (f64, f64)) -> Block {
    let mut entries = Vec::new();
    for (panel, placed) in figure.panels.iter().zip(panels) {
        if panel.legend != Legend::Nowhere && placed.legend.is_none() {
            legend::add(&mut entries, legend::entries(panel));
        }
    }
    Block::in_rows(entries, (0.0, top), width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Line;

    fn panel() -> Panel {
        let points = vec![(0.0, 0.0), (1.0, 2.0)];
        Panel { marks: vec![Mark::Line(Line { points, ..Line::default() })], ..Panel::default() }
    }

    #[test]
    fn letters_go_on_after_z() {
        assert_eq!([0, 2, 25, 26, 27, 52].map(letter), ["a", "c", "z", "aa", "ab", "ba"]);
    }

    #[test]
    fn panels_have_equal_axes_that_stand_apart_on_the_sheet() {
        let figure = Figure { panels: vec![panel(); 5], columns: 3, width: 180.0, ..Figure::default() };
        let sheet = place(&figure);
        let [a, b, d] = [0, 1, 3].map(|i| sheet.panels[i].frame);
        assert!((a.width - b.width).abs() < 1e-9 && a.top == b.top && b.left > a.right());
        assert!(d.left == a.left && d.top > a.bottom());
        assert!((sheet.width - 510.236).abs() < 0.01 && sheet.panels[2].frame.right() < sheet.width);
        assert!(sheet.panels[4].frame.bottom() < sheet.height);
    }

    #[test]
    fn equal_aspect_makes_a_unit_as_long_on_both_axes() {
        let figure = Figure { panels: vec![Panel { equal_aspect: true, ..panel() }], ..Figure::default() };
        let placed = place(&figure).panels.remove(0);
        let unit = |scale: &Scale| (scale.at(1.0) - scale.at(0.0)).abs();
        assert!((unit(&placed.x) - unit(&placed.y)).abs() < 1e-9);
        assert!(placed.y.low <= 0.0 && placed.y.high >= 2.0 && placed.x.low <= 0.0);
    }

    #[test]
    fn long_labels_shrink() {
        assert_eq!(fitted("g", 8.0, 100.0), 8.0);
        let long = "temporal variance in the window";
        let size = fitted(long, 8.0, 90.0);
        assert!((label::width(long, size) - 90.0).abs() < 1e-9 && size < 8.0);
    }
}
