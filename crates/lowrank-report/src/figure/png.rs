//! Draws a sheet as PNG, 300 dots an inch, with `tiny-skia`.

use png::{BitDepth, ColorType, Encoder, EncodingError, PixelDimensions, Unit};
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Mask, Paint, Path, PathBuilder, Pixmap, Rect, StrokeDash, Transform,
};

use super::canvas::{DASHES, Drawing, HALO, Ink, Place, Rgb, Stroke, Text};
use super::{font, label};

/// Dots an inch, a point and a metre.
const PER_INCH: f64 = 300.0;
const PER_POINT: f64 = PER_INCH / 72.0;
const PER_METRE: u32 = 11811;

pub(crate) fn write(drawing: &Drawing) -> Result<Vec<u8>, String> {
    let [width, height] = [drawing.width, drawing.height].map(|length| (length * PER_POINT).round() as u32);
    let mut pixmap = Pixmap::new(width, height).ok_or(format!("{width} x {height} pixels are too many or none"))?;
    pixmap.fill(Color::WHITE);
    let mut window = None;
    for ink in &drawing.inks {
        match ink {
            Ink::Window(area) => window = Some(masked(*area, width, height).ok_or("a window has no area")?),
            Ink::EndWindow => window = None,
            _ => draw(&mut pixmap, ink, window.as_ref()),
        }
    }
    encoded(&pixmap, drawing).map_err(|e| e.to_string())
}

fn draw(pixmap: &mut Pixmap, ink: &Ink, window: Option<&Mask>) {
    let mut shape = |path: Option<Path>, fill: Option<(Rgb, f64)>, stroke: Option<Stroke>| {
        let Some(path) = path else { return };
        if let Some((colour, opacity)) = fill {
            pixmap.fill_path(&path, &paint(colour, opacity), FillRule::Winding, scale(), window);
        }
        if let Some(stroke) = stroke {
            pixmap.stroke_path(&path, &paint(stroke.colour, 1.0), &styled(stroke), scale(), window);
        }
    };
    match ink {
        Ink::Lines { runs, closed, fill, stroke } => shape(through(runs, *closed), *fill, *stroke),
        Ink::Rectangle { area: [x, y, width, height], fill } => {
            let rectangle = Rect::from_xywh(*x as f32, *y as f32, *width as f32, *height as f32);
            shape(rectangle.map(PathBuilder::from_rect), Some((*fill, 1.0)), None);
        }
        Ink::Circle { at, radius, fill, stroke } => {
            let path = PathBuilder::from_circle(at.0 as f32, at.1 as f32, *radius as f32);
            shape(path, fill.map(|fill| (fill, 1.0)), *stroke);
        }
        Ink::Text { label, text } => {
            let halo = Stroke { colour: Rgb::WHITE, width: HALO, dashed: false };
            let letters = letters(label, text);
            if text.halo {
                shape(letters.clone(), None, Some(halo));
            }
            shape(letters, Some((Rgb::BLACK, 1.0)), None);
        }
        Ink::Open(_) | Ink::Close | Ink::Window(_) | Ink::EndWindow => {}
    }
}

fn scale() -> Transform {
    Transform::from_scale(PER_POINT as f32, PER_POINT as f32)
}

fn paint(Rgb(red, green, blue): Rgb, opacity: f64) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, (255.0 * opacity).round() as u8);
    paint
}

fn styled(stroke: Stroke) -> tiny_skia::Stroke {
    let (line_cap, dash) = match stroke.dashed {
        true => (LineCap::Butt, StrokeDash::new(DASHES.map(|length| length as f32).to_vec(), 0.0)),
        false => (LineCap::Round, None),
    };
    let width = stroke.width as f32;
    tiny_skia::Stroke { width, line_cap, line_join: LineJoin::Round, dash, ..tiny_skia::Stroke::default() }
}

fn through(runs: &[Vec<Place>], closed: bool) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for run in runs {
        for (i, &(x, y)) in run.iter().enumerate() {
            match i {
                0 => builder.move_to(x as f32, y as f32),
                _ => builder.line_to(x as f32, y as f32),
            }
        }
        if closed {
            builder.close();
        }
    }
    builder.finish()
}

/// A mask that lets only the rectangle through.
fn masked([x, y, w, h]: [f64; 4], width: u32, height: u32) -> Option<Mask> {
    let mut mask = Mask::new(width, height)?;
    let rectangle = Rect::from_xywh(x as f32, y as f32, w as f32, h as f32)?;
    mask.fill_path(&PathBuilder::from_rect(rectangle), FillRule::Winding, true, scale());
    Some(mask)
}

/// The outlines of all letters of a text, on the sheet.
fn letters(label: &str, text: &Text) -> Option<Path> {
    let mut pen = Pen { builder: PathBuilder::new(), origin: (0.0, 0.0), scale: 0.0, text: *text };
    let mut along = -text.offset(label);
    for piece in label::pieces(label) {
        pen.scale = piece.size * text.size;
        for c in piece.text.chars() {
            pen.origin = (along, piece.shift * text.size);
            font::outline(piece.style(), c, &mut pen);
            along += font::advance(piece.style(), c) * pen.scale;
        }
    }
    pen.builder.finish()
}

/// Takes outlines of letters to their place on the sheet.
struct Pen {
    builder: PathBuilder,
    /// Of the letter, from the place of the text; y downwards.
    origin: Place,
    scale: f64,
    text: Text,
}

impl Pen {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        let (u, v) = (self.origin.0 + f64::from(x) * self.scale, self.origin.1 - f64::from(y) * self.scale);
        let (x, y) = if self.text.turned { (v, -u) } else { (u, v) };
        ((self.text.at.0 + x) as f32, (self.text.at.1 + y) as f32)
    }
}

impl font::Outline for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.builder.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.builder.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.builder.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.builder.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.builder.close();
    }
}

/// The pixels without their opacity, which is one everywhere, with size and origin.
fn encoded(pixmap: &Pixmap, drawing: &Drawing) -> Result<Vec<u8>, EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, pixmap.width(), pixmap.height());
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    encoder.set_pixel_dims(Some(PixelDimensions { xppu: PER_METRE, yppu: PER_METRE, unit: Unit::Meter }));
    for (key, text) in [("Title", &drawing.title), ("Comment", &drawing.note)] {
        if !text.is_empty() {
            encoder.add_itxt_chunk(key.to_owned(), text.clone())?;
        }
    }
    let mut writer = encoder.write_header()?;
    let pixels: Vec<u8> = pixmap.pixels().iter().flat_map(|p| [p.red(), p.green(), p.blue()]).collect();
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(bytes)
}
