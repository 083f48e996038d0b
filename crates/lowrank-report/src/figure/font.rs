//! The font of all figures, Lowrank Sans: Liberation Sans, cut to Latin, Greek and the signs of mathematics
//! (`fonts/make.py`).
//!
//! Its letters are as wide as those of Arial and Helvetica, so an SVG looks the same where the font is not installed.

use std::sync::LazyLock;

use ttf_parser::{Face, OutlineBuilder};

pub(crate) use ttf_parser::OutlineBuilder as Outline;

/// What an SVG asks for.
pub(crate) const FAMILIES: &str = "Lowrank Sans, Liberation Sans, Arial, Helvetica, sans-serif";

/// The styles there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Regular,
    Italic,
}

/// One style as a font file, and what PDF asks about it.
pub(crate) struct Font {
    pub(crate) name: &'static str,
    pub(crate) file: &'static [u8],
    face: Option<Face<'static>>,
}

/// Both styles, in their order.
pub(crate) static FONTS: LazyLock<[Font; 2]> = LazyLock::new(|| {
    let files: [(&str, &[u8]); 2] = [
        ("LowrankSans", include_bytes!("../../fonts/LowrankSans-Regular.ttf")),
        ("LowrankSans-Italic", include_bytes!("../../fonts/LowrankSans-Italic.ttf")),
    ];
    files.map(|(name, file)| Font { name, file, face: Face::parse(file, 0).ok() })
});

/// Width of a character that the font does not have, as a part of the size.
const UNKNOWN: f64 = 0.6;

impl Font {
    /// Number of the glyph of a character; zero, an empty box, if there is none.
    pub(crate) fn glyph(&self, c: char) -> u16 {
        self.face.as_ref().and_then(|face| face.glyph_index(c)).map_or(0, |glyph| glyph.0)
    }

    /// Lowest and highest x and y of all glyphs, ascent, descent and height of capitals, in thousandths of the size.
    pub(crate) fn measures(&self) -> ([f32; 4], [f32; 3]) {
        let Some(face) = &self.face else { return ([0.0; 4], [0.0; 3]) };
        let scale = |v: i16| 1000.0 * f32::from(v) / f32::from(face.units_per_em());
        let all = face.global_bounding_box();
        let capital = face.capital_height().unwrap_or_else(|| face.ascender());
        let bounds = [all.x_min, all.y_min, all.x_max, all.y_max].map(scale);
        (bounds, [face.ascender(), face.descender(), capital].map(scale))
    }
}

/// Whether figures can show a character.
pub(crate) fn has(c: char) -> bool {
    FONTS.iter().all(|font| font.glyph(c) != 0)
}

/// Width of a character as a part of the size.
pub(crate) fn advance(style: Style, c: char) -> f64 {
    let width = FONTS[style as usize].face.as_ref().and_then(|face| {
        let advance = face.glyph_hor_advance(face.glyph_index(c)?)?;
        Some(f64::from(advance) / f64::from(face.units_per_em()))
    });
    width.unwrap_or(UNKNOWN)
}

/// Draws the outline of a character at size one.
pub(crate) fn outline(style: Style, c: char, pen: &mut dyn OutlineBuilder) {
    let Some(face) = &FONTS[style as usize].face else { return };
    let scale = 1.0 / f32::from(face.units_per_em());
    if let Some(glyph) = face.glyph_index(c) {
        face.outline_glyph(glyph, &mut Scaled { pen, scale });
    }
}

struct Scaled<'a> {
    pen: &'a mut dyn OutlineBuilder,
    scale: f32,
}

impl OutlineBuilder for Scaled<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.pen.move_to(self.scale * x, self.scale * y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.pen.line_to(self.scale * x, self.scale * y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.pen.quad_to(self.scale * x1, self.scale * y1, self.scale * x, self.scale * y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let s = self.scale;
        self.pen.curve_to(s * x1, s * y1, s * x2, s * y2, s * x, s * y);
    }

    fn close(&mut self) {
        self.pen.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_that_labels_need_is_in_both_styles() {
        for font in FONTS.iter() {
            let missing: Vec<char> = "aZ09κΔλχτμσφρξ∞√⟨⟩−±×≤≥≈→·|′".chars().filter(|&c| font.glyph(c) == 0).collect();
            assert!(missing.is_empty(), "{}: {missing:?}", font.name);
        }
    }

    #[test]
    fn minus_is_as_wide_as_plus() {
        assert_eq!(advance(Style::Regular, '−'), advance(Style::Regular, '+'));
        assert_eq!(advance(Style::Regular, '\u{4e00}'), UNKNOWN);
    }
}
