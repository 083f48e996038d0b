//! What a figure is made of once everything has its place: shapes and texts, from the one at the back to the one in
//! front. `svg.rs`, `png.rs` and `pdf.rs` write the same list. Lengths are points (1/72 inch); y grows downwards.

use super::{Anchor, label};

/// A place on the sheet.
pub(crate) type Place = (f64, f64);

/// Red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rgb(pub(crate) u8, pub(crate) u8, pub(crate) u8);

impl Rgb {
    pub(crate) const BLACK: Self = Self(0, 0, 0);
    pub(crate) const WHITE: Self = Self(255, 255, 255);
    /// Edge of white lines, sign that a cell has no value, thin lines behind data.
    pub(crate) const DARK: Self = Self(32, 32, 32);
    pub(crate) const MISSING: Self = Self(166, 166, 166);
    pub(crate) const RULE: Self = Self(153, 153, 153);

    /// Of 0xrrggbb.
    pub(crate) const fn of(hex: u32) -> Self {
        Self((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
    }
}

/// How a line is drawn: with round ends, or dashed with cut ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stroke {
    pub(crate) colour: Rgb,
    pub(crate) width: f64,
    pub(crate) dashed: bool,
}

/// Lengths of dashes and gaps.
pub(crate) const DASHES: [f64; 2] = [3.6, 2.0];
/// Width of the white around the letters of a text over data; half of it is seen.
pub(crate) const HALO: f64 = 1.8;

/// Where and how a line of text is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Text {
    /// Where its baseline begins, is halved or ends.
    pub(crate) at: Place,
    pub(crate) size: f64,
    pub(crate) anchor: Anchor,
    /// Read from below.
    pub(crate) turned: bool,
    /// White around the letters.
    pub(crate) halo: bool,
}

impl Text {
    /// What most texts have in common.
    pub(crate) const PLAIN: Self =
        Text { at: (0.0, 0.0), size: 0.0, anchor: Anchor::Start, turned: false, halo: false };

    /// How far left of `at` the text begins.
    pub(crate) fn offset(&self, label: &str) -> f64 {
        match self.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => label::width(label, self.size) / 2.0,
            Anchor::End => label::width(label, self.size),
        }
    }
}

/// One thing on the sheet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ink {
    /// Lines through places, several of them as one shape.
    Lines { runs: Vec<Vec<Place>>, closed: bool, fill: Option<(Rgb, f64)>, stroke: Option<Stroke> },
    /// A filled rectangle: left, top, width, height.
    Rectangle { area: [f64; 4], fill: Rgb },
    /// A circle.
    Circle { at: Place, radius: f64, fill: Option<Rgb>, stroke: Option<Stroke> },
    /// A label with sub- and superscripts and italics.
    Text { label: String, text: Text },
    /// Beginning of a part, with the class it has in SVG.
    Open(&'static str),
    /// End of a part.
    Close,
    /// What follows is seen in this rectangle only.
    Window([f64; 4]),
    /// End of the window.
    EndWindow,
}

/// The list, being made.
#[derive(Debug, Default)]
pub(crate) struct Canvas {
    pub(crate) inks: Vec<Ink>,
}

/// A finished sheet.
#[derive(Debug)]
pub(crate) struct Drawing {
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// Title and origin, for those who look inside the file.
    pub(crate) title: String,
    pub(crate) note: String,
    pub(crate) inks: Vec<Ink>,
}

impl Canvas {
    pub(crate) fn open(&mut self, class: &'static str) {
        self.inks.push(Ink::Open(class));
    }

    pub(crate) fn close(&mut self) {
        self.inks.push(Ink::Close);
    }

    pub(crate) fn open_window(&mut self, area: [f64; 4]) {
        self.inks.push(Ink::Window(area));
    }

    pub(crate) fn close_window(&mut self) {
        self.inks.push(Ink::EndWindow);
    }

    pub(crate) fn rectangle(&mut self, area: [f64; 4], fill: Rgb) {
        self.inks.push(Ink::Rectangle { area, fill });
    }

    pub(crate) fn circle(&mut self, at: Place, radius: f64, fill: Option<Rgb>, stroke: Option<Stroke>) {
        self.inks.push(Ink::Circle { at, radius, fill, stroke });
    }

    pub(crate) fn area(&mut self, outline: Vec<Place>, fill: Rgb, opacity: f64) {
        self.inks.push(Ink::Lines { runs: vec![outline], closed: true, fill: Some((fill, opacity)), stroke: None });
    }

    pub(crate) fn line(&mut self, places: &[Place], stroke: Stroke) {
        self.lines(vec![places.to_vec()], stroke);
    }

    pub(crate) fn lines(&mut self, runs: Vec<Vec<Place>>, stroke: Stroke) {
        self.inks.push(Ink::Lines { runs, closed: false, fill: None, stroke: Some(stroke) });
    }

    pub(crate) fn polygon(&mut self, corners: Vec<Place>, fill: Option<Rgb>, stroke: Option<Stroke>) {
        let fill = fill.map(|colour| (colour, 1.0));
        self.inks.push(Ink::Lines { runs: vec![corners], closed: true, fill, stroke });
    }

    pub(crate) fn text(&mut self, label: &str, text: Text) {
        self.inks.push(Ink::Text { label: label.to_owned(), text });
    }
}

/// The corners of a rectangle.
pub(crate) fn corners([left, top, width, height]: [f64; 4]) -> Vec<Place> {
    let (right, bottom) = (left + width, top + height);
    vec![(left, top), (right, top), (right, bottom), (left, bottom)]
}
