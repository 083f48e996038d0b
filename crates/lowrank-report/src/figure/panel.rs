//! Draws one panel: its marks, its axes with their numbers and labels, its letter and title, its legend.

use super::canvas::{Canvas, Rgb, Stroke, Text, corners};
use super::layout::{
    self, AXIS, CAPITAL, HANGING, LABEL_GAP, LABEL_SIZE, Placed, SMALL_TICK, TICK, TICK_GAP, TICK_SIZE, TITLE_SIZE,
};
use super::{Anchor, Panel, heat, legend, marks};

pub(crate) fn draw(canvas: &mut Canvas, panel: &Panel, placed: &Placed) {
    canvas.open("panel");
    marks::draw(canvas, panel, placed);
    draw_axes(canvas, panel, placed);
    draw_labels(canvas, panel, placed);
    if let Some(bar) = &placed.bar {
        heat::draw_bar(canvas, bar, placed.frame);
    }
    if let Some(block) = &placed.legend {
        legend::draw(canvas, block);
    }
    canvas.close();
}

fn draw_axes(canvas: &mut Canvas, panel: &Panel, placed: &Placed) {
    let frame = placed.frame;
    let (left, right, top, bottom) = (frame.left, frame.right(), frame.top, frame.bottom());
    let stroke = Stroke { colour: Rgb::BLACK, width: AXIS, dashed: false };
    canvas.open("axes");
    if panel.equal_aspect || placed.bar.is_some() {
        canvas.polygon(corners([left, top, frame.width, frame.height]), None, Some(stroke));
    } else {
        canvas.line(&[(left, top), (left, bottom), (right, bottom)], stroke);
    }
    let length = |label: &str| if label.is_empty() { SMALL_TICK } else { TICK };
    for tick in &placed.x_ticks {
        let x = placed.x.at(tick.value);
        canvas.line(&[(x, bottom), (x, bottom + length(&tick.label))], stroke);
        if !tick.label.is_empty() {
            let at = (x, bottom + TICK + TICK_GAP + CAPITAL * TICK_SIZE);
            canvas.text(&tick.label, Text { at, size: TICK_SIZE, anchor: Anchor::Middle, ..Text::PLAIN });
        }
    }
    for tick in &placed.y_ticks {
        let y = placed.y.at(tick.value);
        canvas.line(&[(left, y), (left - length(&tick.label), y)], stroke);
        if !tick.label.is_empty() {
            let at = (left - TICK - TICK_GAP, y + CAPITAL * TICK_SIZE / 2.0);
            canvas.text(&tick.label, Text { at, size: TICK_SIZE, anchor: Anchor::End, ..Text::PLAIN });
        }
    }
    canvas.close();
}

fn draw_labels(canvas: &mut Canvas, panel: &Panel, placed: &Placed) {
    let frame = placed.frame;
    let (middle, above) = (frame.left + frame.width / 2.0, frame.top - 5.0);
    let centred = Text { anchor: Anchor::Middle, ..Text::PLAIN };
    canvas.open("labels");
    let at = (placed.left, above);
    if !placed.letter.is_empty() {
        canvas.text(&placed.letter, Text { at, size: TITLE_SIZE, ..Text::PLAIN });
    }
    if !panel.title.is_empty() {
        let size = layout::fitted(&panel.title, LABEL_SIZE, frame.width);
        canvas.text(&panel.title, Text { at: (middle, above), size, ..centred });
    }
    if !panel.x.label.is_empty() {
        let below = frame.bottom() + TICK + TICK_GAP + TICK_SIZE + LABEL_GAP + CAPITAL * LABEL_SIZE - 1.0;
        let size = layout::fitted(&panel.x.label, LABEL_SIZE, frame.width + (frame.left - placed.left));
        canvas.text(&panel.x.label, Text { at: (middle, below), size, ..centred });
    }
    if !panel.y.label.is_empty() {
        let left = frame.left - TICK - TICK_GAP - layout::widest(&placed.y_ticks) - LABEL_GAP - HANGING;
        let size = layout::fitted(&panel.y.label, LABEL_SIZE, frame.height + 10.0);
        let at = (left, frame.top + frame.height / 2.0);
        canvas.text(&panel.y.label, Text { at, size, turned: true, ..centred });
    }
    canvas.close();
}
