//! Draws what is inside the axes.

use super::canvas::{Canvas, Place, Rgb, Stroke, Text, corners};
use super::colour::Colour;
use super::heat;
use super::layout::{AXIS, CAPITAL, Frame, Placed, TICK_SIZE};
use super::{Band, Cloud, Line, Mark, Note, Panel, Points, Shape};

/// Half the size of filled and of open shapes, and radius of the dots of a cloud.
const FILLED: f64 = 1.7;
const OPEN: f64 = 2.5;
const DOT: f64 = 0.65;
/// Strokes of open shapes and of error bars.
const OUTLINE: f64 = 0.8;
const ERROR: f64 = 0.7;
/// Half the width of the end of an error bar.
const END: f64 = 1.4;
/// How much wider than a line its edge over a heat map is.
const EDGE: f64 = 1.4;
const BAND_OPACITY: f64 = 0.25;
/// Lines that run along an axis are not halved by it.
const OVERHANG: f64 = 0.7;

impl Mark {
    /// Its label, or what a note says.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Line(line) => &line.label,
            Self::Points(points) => &points.label,
            Self::Band(band) => &band.label,
            Self::Cloud(cloud) => &cloud.label,
            Self::Heat(heat) => &heat.label,
            Self::VerticalLine(_) | Self::HorizontalLine(_) => "",
            Self::Note(note) => &note.text,
        }
    }

    /// What messages call it.
    pub(crate) fn name(&self) -> String {
        let kind = match self {
            Self::Line(_) => "line",
            Self::Points(_) => "points",
            Self::Band(_) => "band",
            Self::Cloud(_) => "cloud",
            Self::Heat(_) => "heat map",
            Self::VerticalLine(_) => "vertical line",
            Self::HorizontalLine(_) => "horizontal line",
            Self::Note(_) => "note",
        };
        if self.text().is_empty() { kind.to_owned() } else { format!("{kind} '{}'", self.text()) }
    }

    /// All its x.
    pub(crate) fn xs(&self) -> Vec<f64> {
        match self {
            Self::Line(Line { points, .. })
            | Self::Points(Points { points, .. })
            | Self::Cloud(Cloud { points, .. }) => points.iter().map(|p| p.0).collect(),
            Self::Band(band) => band.x.clone(),
            Self::Heat(heat) => heat.x.clone(),
            Self::VerticalLine(x) => vec![*x],
            Self::HorizontalLine(_) => Vec::new(),
            Self::Note(note) => vec![note.at.0],
        }
    }

    /// All its y, those of the upper edge of a band last.
    pub(crate) fn ys(&self) -> Vec<f64> {
        match self {
            Self::Line(Line { points, .. })
            | Self::Points(Points { points, .. })
            | Self::Cloud(Cloud { points, .. }) => points.iter().map(|p| p.1).collect(),
            Self::Band(band) => [band.lower.as_slice(), &band.upper].concat(),
            Self::Heat(heat) => heat.y.clone(),
            Self::VerticalLine(_) => Vec::new(),
            Self::HorizontalLine(y) => vec![*y],
            Self::Note(note) => vec![note.at.1],
        }
    }

    /// What the range of an axis must hold: no notes and no thin lines, but error bars and the edges of cells.
    pub(crate) fn reach(&self, vertical: bool, log: bool) -> Vec<f64> {
        match self {
            Self::VerticalLine(_) | Self::HorizontalLine(_) | Self::Note(_) => Vec::new(),
            Self::Points(points) if vertical => {
                let bars = points.points.iter().zip(&points.errors).flat_map(|(&(_, y), e)| [y - e, y + e]);
                bars.filter(|&v| !log || v > 0.0).chain(self.ys()).collect()
            }
            Self::Heat(found) if vertical => heat::edges(&found.y, found.values.len(), log),
            Self::Heat(found) => heat::edges(&found.x, found.values.first().map_or(0, Vec::len), log),
            _ if vertical => self.ys(),
            _ => self.xs(),
        }
    }
}

/// Draws all marks of the panel in their order.
pub(crate) fn draw(canvas: &mut Canvas, panel: &Panel, placed: &Placed) {
    let over_heat = heat::heat_of(panel).is_some();
    for mark in &panel.marks {
        match mark {
            Mark::Line(line) => draw_line(canvas, line, placed, over_heat),
            Mark::Points(points) => draw_points(canvas, points, placed, over_heat),
            Mark::Band(band) => draw_band(canvas, band, placed),
            Mark::Cloud(cloud) => draw_cloud(canvas, cloud, placed),
            Mark::Heat(heat) => {
                canvas.open("heat");
                canvas.open_window(window(placed.frame, 0.0));
                heat::draw(canvas, heat, &placed.x, &placed.y);
                canvas.close_window();
                canvas.close();
            }
            Mark::VerticalLine(x) if placed.x.holds(*x) => {
                let at = placed.x.at(*x);
                draw_rule(canvas, &[(at, placed.frame.top), (at, placed.frame.bottom())], over_heat);
            }
            Mark::HorizontalLine(y) if placed.y.holds(*y) => {
                let at = placed.y.at(*y);
                draw_rule(canvas, &[(placed.frame.left, at), (placed.frame.right(), at)], over_heat);
            }
            Mark::VerticalLine(_) | Mark::HorizontalLine(_) => {}
            Mark::Note(note) => draw_note(canvas, note, placed),
        }
    }
}

/// The stretches of a line or of points on the sheet between values that are not finite.
pub(crate) fn stretches(points: &[(f64, f64)], placed: &Placed) -> Vec<Vec<(f64, f64)>> {
    let finite = |p: &(f64, f64)| p.0.is_finite() && p.1.is_finite();
    let groups = points.split(|p| !finite(p)).filter(|group| !group.is_empty());
    groups.map(|group| group.iter().map(|&(x, y)| (placed.x.at(x), placed.y.at(y))).collect()).collect()
}

/// A line on the sheet; over heat maps with an edge.
pub(crate) fn stroke_line(canvas: &mut Canvas, runs: Vec<Vec<Place>>, line: &Line, edged: bool) {
    let Line { colour, dashed, width, .. } = *line;
    if edged {
        let edge = if colour == Colour::White { Rgb::DARK } else { Rgb::WHITE };
        canvas.lines(runs.clone(), Stroke { colour: edge, width: width + EDGE, dashed });
    }
    canvas.lines(runs, Stroke { colour: colour.rgb(), width, dashed });
}

/// The shape at a place on the sheet.
pub(crate) fn draw_shape(canvas: &mut Canvas, shape: Shape, colour: Colour, at: Place, over_heat: bool) {
    let fill = Some(colour.rgb());
    let edge = over_heat.then_some(Stroke { colour: Rgb::WHITE, width: 0.5, dashed: false });
    let open = Stroke { colour: colour.rgb(), width: OUTLINE, dashed: false };
    let (x, y) = at;
    let square = |half: f64| corners([x - half, y - half, 2.0 * half, 2.0 * half]);
    let around =
        |places: &[Place]| places.iter().map(|(dx, dy)| (x + dx * FILLED, y + dy * FILLED)).collect::<Vec<_>>();
    match shape {
        Shape::Circle => canvas.circle(at, FILLED, fill, edge),
        Shape::Square => canvas.polygon(square(0.9 * FILLED), fill, edge),
        Shape::Triangle => canvas.polygon(around(&[(0.0, -1.3), (1.2, 0.8), (-1.2, 0.8)]), fill, edge),
        Shape::Diamond => canvas.polygon(around(&[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)]), fill, edge),
        Shape::OpenCircle => canvas.circle(at, OPEN, None, Some(open)),
        Shape::OpenSquare => canvas.polygon(square(0.9 * OPEN), None, Some(open)),
        Shape::Cross => {
            let strokes = [[(-1.1, -1.1), (1.1, 1.1)], [(-1.1, 1.1), (1.1, -1.1)]];
            canvas.lines(strokes.iter().map(|ends| around(ends)).collect(), open);
        }
    }
}

pub(crate) fn fill_band(canvas: &mut Canvas, outline: Vec<Place>, colour: Colour) {
    canvas.area(outline, colour.rgb(), BAND_OPACITY);
}

pub(crate) fn draw_dots(canvas: &mut Canvas, colour: Colour, dots: impl Iterator<Item = (f64, f64)>) {
    for dot in dots {
        canvas.circle(dot, DOT, Some(colour.rgb()), None);
    }
}

fn draw_line(canvas: &mut Canvas, line: &Line, placed: &Placed, edged: bool) {
    canvas.open("line");
    canvas.open_window(window(placed.frame, if edged { 0.0 } else { OVERHANG }));
    stroke_line(canvas, stretches(&line.points, placed), line, edged);
    canvas.close_window();
    canvas.close();
}

fn draw_points(canvas: &mut Canvas, points: &Points, placed: &Placed, over_heat: bool) {
    canvas.open("points");
    let shown = |&(x, y): &(f64, f64)| x.is_finite() && y.is_finite() && placed.x.holds(x) && placed.y.holds(y);
    let bar = Stroke { colour: points.colour.rgb(), width: ERROR, dashed: false };
    let open = matches!(points.shape, Shape::OpenCircle | Shape::OpenSquare);
    for (&(x, y), &error) in points.points.iter().zip(&points.errors).filter(|(p, e)| shown(p) && e.is_finite()) {
        let (at, middle) = (placed.x.at(x), placed.y.at(y));
        for value in [y - error, y + error] {
            let end = placed.y.held(value);
            let inside = if open { OPEN } else { 0.0 };
            // A bar begins at the edge of an open shape, and one that is shorter than the shape is not seen.
            if (end - middle).abs() > inside {
                let mut runs = vec![vec![(at, middle + inside.copysign(end - middle)), (at, end)]];
                if placed.y.holds(value) {
                    runs.push(vec![(at - END, end), (at + END, end)]);
                }
                canvas.lines(runs, bar);
            }
        }
    }
    for &(x, y) in points.points.iter().filter(|p| shown(p)) {
        draw_shape(canvas, points.shape, points.colour, (placed.x.at(x), placed.y.at(y)), over_heat);
    }
    canvas.close();
}

fn draw_band(canvas: &mut Canvas, band: &Band, placed: &Placed) {
    canvas.open("band");
    canvas.open_window(window(placed.frame, 0.0));
    let rows: Vec<(f64, f64, f64)> =
        band.x.iter().zip(&band.lower).zip(&band.upper).map(|((&x, &low), &high)| (x, low, high)).collect();
    let finite = |row: &(f64, f64, f64)| row.0.is_finite() && row.1.is_finite() && row.2.is_finite();
    for group in rows.split(|row| !finite(row)).filter(|group| !group.is_empty()) {
        let lower = group.iter().map(|&(x, low, _)| (placed.x.at(x), placed.y.at(low)));
        let upper = group.iter().rev().map(|&(x, _, high)| (placed.x.at(x), placed.y.at(high)));
        let outline: Vec<(f64, f64)> = lower.chain(upper).collect();
        fill_band(canvas, outline, band.colour);
    }
    canvas.close_window();
    canvas.close();
}

fn draw_cloud(canvas: &mut Canvas, cloud: &Cloud, placed: &Placed) {
    canvas.open("cloud");
    let shown = cloud.points.iter().filter(|(x, y)| placed.x.holds(*x) && placed.y.holds(*y));
    draw_dots(canvas, cloud.colour, shown.map(|&(x, y)| (placed.x.at(x), placed.y.at(y))));
    canvas.close();
}

fn draw_rule(canvas: &mut Canvas, ends: &[(f64, f64)], over_heat: bool) {
    canvas.open("rule");
    let colour = if over_heat { Rgb::WHITE } else { Rgb::RULE };
    canvas.line(ends, Stroke { colour, width: AXIS, dashed: false });
    canvas.close();
}

fn draw_note(canvas: &mut Canvas, note: &Note, placed: &Placed) {
    if !(placed.x.holds(note.at.0) && placed.y.holds(note.at.1)) {
        return;
    }
    canvas.open("note");
    let at = (placed.x.at(note.at.0), placed.y.at(note.at.1) + CAPITAL * TICK_SIZE / 2.0);
    canvas.text(&note.text, Text { at, size: TICK_SIZE, anchor: note.anchor, halo: true, ..Text::PLAIN });
    canvas.close();
}

/// The axes' rectangle, a little larger.
fn window(frame: Frame, by: f64) -> [f64; 4] {
    [frame.left - by, frame.top - by, frame.width + 2.0 * by, frame.height + 2.0 * by]
}
