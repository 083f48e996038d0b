//! Legends: in a corner without data, or below all panels.

use super::canvas::{Canvas, Place, Text, corners};
use super::colour::Colour;
use super::layout::{CAPITAL, Placed, TICK_SIZE};
use super::{Anchor, Line, Mark, Panel, Shape, heat, label, marks};

/// Length of a sample of a line and of a point, its distance from the text, height of an entry, distance of entries in
/// a row.
const SAMPLE: f64 = 15.0;
const SHORT: f64 = 6.0;
const SAMPLE_GAP: f64 = 4.0;
const LINE: f64 = 10.0;
const BETWEEN: f64 = 14.0;
/// Distance of the legend from the axes, and from data.
const MARGIN: f64 = 4.0;
const FREE: f64 = 2.0;
/// Distance of the places along a line that are held against a corner.
const STEP: f64 = 2.0;

/// What one label stands for: a line and its band, say.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) label: String,
    samples: Vec<Sample>,
}

#[derive(Debug, Clone, PartialEq)]
enum Sample {
    Line { line: Line, edged: bool },
    Shape { shape: Shape, colour: Colour },
    Band(Colour),
    Dots(Colour),
}

/// A legend in its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Block {
    entries: Vec<Entry>,
    /// Its upper left corner.
    at: Place,
    /// How wide rows of entries may be; one under the other if there is none.
    room: Option<f64>,
}

impl Block {
    /// Entries side by side in rows that begin at this place.
    pub(crate) fn in_rows(entries: Vec<Entry>, at: Place, room: f64) -> Self {
        Self { entries, at, room: Some(room) }
    }

    /// Whether every entry fits into its row.
    pub(crate) fn fits(&self) -> bool {
        self.room.is_none_or(|room| self.entries.iter().all(|entry| width(entry) < room))
    }

    pub(crate) fn bottom(&self) -> f64 {
        let lines = self.room.map_or(self.entries.len(), |room| rows(&self.entries, room).len());
        self.at.1 + LINE * lines as f64
    }
}

/// The labelled marks of a panel.
pub(crate) fn entries(panel: &Panel) -> Vec<Entry> {
    let edged = heat::heat_of(panel).is_some();
    let mut entries = Vec::new();
    for mark in &panel.marks {
        let (label, sample) = match mark {
            Mark::Line(line) => {
                (&line.label, Sample::Line { line: Line { points: Vec::new(), ..line.clone() }, edged })
            }
            Mark::Points(points) => (&points.label, Sample::Shape { shape: points.shape, colour: points.colour }),
            Mark::Band(band) => (&band.label, Sample::Band(band.colour)),
            Mark::Cloud(cloud) => (&cloud.label, Sample::Dots(cloud.colour)),
            Mark::Heat(_) | Mark::VerticalLine(_) | Mark::HorizontalLine(_) | Mark::Note(_) => continue,
        };
        if !label.is_empty() {
            add(&mut entries, vec![Entry { label: label.clone(), samples: vec![sample] }]);
        }
    }
    entries
}

/// Adds entries; those with the same label become one.
pub(crate) fn add(entries: &mut Vec<Entry>, more: Vec<Entry>) {
    for entry in more {
        match entries.iter_mut().find(|known| known.label == entry.label) {
            Some(known) => {
                let new =
                    entry.samples.into_iter().filter(|sample| !known.samples.contains(sample)).collect::<Vec<_>>();
                known.samples.extend(new);
            }
            None => entries.push(entry),
        }
    }
}

/// The legend in a corner of the panel that holds no data, if there is one.
pub(crate) fn in_corner(entries: &[Entry], panel: &Panel, placed: &Placed) -> Option<Block> {
    let frame = placed.frame;
    let width = sample_width(entries) + entries.iter().map(text_width).fold(0.0, f64::max);
    let height = LINE * entries.len() as f64;
    let (left, right) = (frame.left + MARGIN, frame.right() - width - MARGIN);
    let (top, bottom) = (frame.top + 1.0, frame.bottom() - height - MARGIN);
    if right < left || bottom < top {
        return None;
    }
    let taken = occupied(panel, placed);
    let free = |&(x, y): &Place| {
        let inside =
            |(px, py): &Place| *px > x - FREE && *px < x + width + FREE && *py > y - FREE && *py < y + height + FREE;
        !taken.iter().any(inside)
    };
    let at = [(right, top), (left, top), (right, bottom), (left, bottom)].into_iter().find(free)?;
    Some(Block { entries: entries.to_owned(), at, room: None })
}

pub(crate) fn draw(canvas: &mut Canvas, block: &Block) {
    let Block { entries, at: (left, top), room } = block;
    if entries.is_empty() {
        return;
    }
    let middle = |line: usize| top + LINE * (line as f64 + 0.5);
    canvas.open("legend");
    let Some(room) = *room else {
        let sample = sample_width(entries);
        entries.iter().enumerate().for_each(|(i, entry)| draw_entry(canvas, entry, (*left, middle(i)), sample));
        return canvas.close();
    };
    for (i, row) in rows(entries, room).iter().enumerate() {
        let total = row.iter().map(|entry| width(entry)).sum::<f64>() + BETWEEN * (row.len() - 1) as f64;
        let mut left = left + (room - total) / 2.0;
        for entry in row {
            draw_entry(canvas, entry, (left, middle(i)), sample_width([*entry]));
            left += width(entry) + BETWEEN;
        }
    }
    canvas.close();
}

/// Entries in rows that fit.
fn rows(entries: &[Entry], room: f64) -> Vec<Vec<&Entry>> {
    let mut rows: Vec<Vec<&Entry>> = Vec::new();
    let mut taken = f64::INFINITY;
    for entry in entries {
        let width = width(entry);
        match rows.last_mut() {
            Some(row) if taken + BETWEEN + width < room - 2.0 * MARGIN => {
                row.push(entry);
                taken += BETWEEN + width;
            }
            _ => {
                rows.push(vec![entry]);
                taken = width;
            }
        }
    }
    rows
}

fn width(entry: &Entry) -> f64 {
    sample_width([entry]) + text_width(entry)
}

fn text_width(entry: &Entry) -> f64 {
    SAMPLE_GAP + label::width(&entry.label, TICK_SIZE)
}

/// Samples that stand one over the other are as wide as the widest.
fn sample_width<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> f64 {
    let points = |entry: &Entry| entry.samples.iter().all(|sample| matches!(sample, Sample::Shape { .. }));
    if entries.into_iter().all(points) { SHORT } else { SAMPLE }
}

fn draw_entry(canvas: &mut Canvas, entry: &Entry, (left, middle): Place, room: f64) {
    let centre = left + room / 2.0;
    for sample in &entry.samples {
        match sample {
            Sample::Line { line, edged } => {
                let ends = vec![(left, middle), (left + room, middle)];
                marks::stroke_line(canvas, vec![ends], line, *edged);
            }
            Sample::Shape { shape, colour } => marks::draw_shape(canvas, *shape, *colour, (centre, middle), false),
            Sample::Band(colour) => marks::fill_band(canvas, corners([left, middle - 3.0, room, 6.0]), *colour),
            Sample::Dots(colour) => {
                let dots = [(-4.0, 1.2), (-1.5, -1.6), (1.2, 1.5), (3.8, -0.8)];
                marks::draw_dots(canvas, *colour, dots.into_iter().map(|(dx, dy)| (centre + dx, middle + dy)));
            }
        }
    }
    let at = (left + room + SAMPLE_GAP, middle + CAPITAL * TICK_SIZE / 2.0);
    canvas.text(&entry.label, Text { at, size: TICK_SIZE, ..Text::PLAIN });
}

/// Places on the sheet that a legend would cover.
fn occupied(panel: &Panel, placed: &Placed) -> Vec<(f64, f64)> {
    let mut taken = Vec::new();
    for mark in &panel.marks {
        match mark {
            Mark::Line(line) => marks::stretches(&line.points, placed).iter().for_each(|s| along(s, &mut taken)),
            Mark::Cloud(cloud) => taken.extend(marks::stretches(&cloud.points, placed).concat()),
            Mark::Points(points) => {
                let errors = points.errors.iter().copied().chain(std::iter::repeat(0.0));
                for (&(x, y), error) in
                    points.points.iter().zip(errors).filter(|(p, _)| p.0.is_finite() && p.1.is_finite())
                {
                    let x = placed.x.at(x);
                    along(&[(x, placed.y.held(y - error)), (x, placed.y.held(y + error))], &mut taken);
                }
            }
            Mark::Band(band) => {
                for ((&x, &low), &high) in band.x.iter().zip(&band.lower).zip(&band.upper) {
                    if x.is_finite() && low.is_finite() && high.is_finite() {
                        let x = placed.x.at(x);
                        along(&[(x, placed.y.held(low)), (x, placed.y.held(high))], &mut taken);
                    }
                }
            }
            Mark::Note(note) => {
                let (x, y) = (placed.x.at(note.at.0), placed.y.at(note.at.1));
                let width = label::width(&note.text, TICK_SIZE);
                let start = match note.anchor {
                    Anchor::Start => x,
                    Anchor::Middle => x - width / 2.0,
                    Anchor::End => x - width,
                };
                along(&[(start, y), (start + width, y)], &mut taken);
            }
            Mark::VerticalLine(x) => {
                let at = placed.x.at(*x);
                along(&[(at, placed.frame.top), (at, placed.frame.bottom())], &mut taken);
            }
            Mark::HorizontalLine(y) => {
                let at = placed.y.at(*y);
                along(&[(placed.frame.left, at), (placed.frame.right(), at)], &mut taken);
            }
            Mark::Heat(_) => {}
        }
    }
    taken
}

/// Places along a line, its corners among them.
fn along(points: &[(f64, f64)], taken: &mut Vec<(f64, f64)>) {
    taken.extend(points.first());
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        // Lines far beyond the axes are not followed there.
        let steps = (length / STEP).ceil().clamp(1.0, 2000.0);
        taken.extend((1..=steps as usize).map(|i| {
            let part = i as f64 / steps;
            (from.0 + part * (to.0 - from.0), from.1 + part * (to.1 - from.1))
        }));
    }
}
