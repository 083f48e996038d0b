//! Writes a sheet as a PDF of one page of its size, fonts embedded, text as text.

use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::types::{
    CidFontType, FontFlags, LineCapStyle, LineJoinStyle, SystemInfo, TextRenderingMode, UnicodeCmap,
};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use super::canvas::{DASHES, Drawing, HALO, Ink, Place, Rgb, Stroke, Text};
use super::font::{self, FONTS, Font, Style};
use super::label;

/// Numbers of the objects that every page has.
const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const PAGE: Ref = Ref::new(3);
const CONTENT: Ref = Ref::new(4);
const INFO: Ref = Ref::new(5);
/// Fonts follow from here.
const NEXT: i32 = 6;
/// Objects of a font.
const OF_FONT: i32 = 5;

const FONT_NAMES: [&[u8]; 2] = [b"F0", b"F1"];
/// Level of compression, of ten.
const COMPRESSION: u8 = 9;
/// Handles of the curves that stand for a quarter of a circle, as a part of the radius.
const QUARTER: f64 = 0.552_284_75;

pub(crate) fn write(drawing: &Drawing) -> Vec<u8> {
    let mut page = Page { content: Content::new(), opacities: Vec::new(), letters: [const { Vec::new() }; 2] };
    // Like the sheet, the page is measured from its top.
    page.content.transform([1.0, 0.0, 0.0, -1.0, 0.0, drawing.height as f32]);
    page.content.set_line_join(LineJoinStyle::RoundJoin);
    for ink in &drawing.inks {
        page.draw(ink);
    }
    let mut pdf = Pdf::new();
    pdf.catalog(CATALOG).pages(PAGES);
    pdf.pages(PAGES).kids([PAGE]).count(1);
    let mut out = pdf.page(PAGE);
    out.media_box(Rect::new(0.0, 0.0, drawing.width as f32, drawing.height as f32)).parent(PAGES).contents(CONTENT);
    let mut resources = out.resources();
    let font_ref = |index: usize| Ref::new(NEXT + OF_FONT * index as i32);
    let mut fonts = resources.fonts();
    for (index, name) in FONT_NAMES.iter().enumerate() {
        fonts.pair(Name(name), font_ref(index));
    }
    fonts.finish();
    let mut states = resources.ext_g_states();
    for &percent in &page.opacities {
        let mut state =
            states.insert(Name(state_name(percent).as_bytes())).start::<pdf_writer::writers::ExtGraphicsState<'_>>();
        state.non_stroking_alpha(f32::from(percent) / 100.0);
    }
    states.finish();
    resources.finish();
    out.finish();
    let packed = compress_to_vec_zlib(&page.content.finish(), COMPRESSION);
    pdf.stream(CONTENT, &packed).filter(Filter::FlateDecode);
    for (index, (font, mut letters)) in FONTS.iter().zip(page.letters).enumerate() {
        letters.sort_unstable();
        letters.dedup();
        embed(&mut pdf, font, font_ref(index), &letters, index == Style::Italic as usize);
    }
    let mut info = pdf.document_info(INFO);
    info.title(TextStr(&drawing.title)).subject(TextStr(&drawing.note)).creator(TextStr("lowrank"));
    info.finish();
    pdf.finish()
}

/// What a page is made of.
struct Page {
    content: Content,
    /// In percent, each once.
    opacities: Vec<u8>,
    /// Those that each font must show.
    letters: [Vec<char>; 2],
}

impl Page {
    fn draw(&mut self, ink: &Ink) {
        match ink {
            Ink::Open(_) | Ink::Close => {}
            Ink::Window(area) => {
                self.content.save_state();
                self.rectangle(*area);
                self.content.clip_nonzero().end_path();
            }
            Ink::EndWindow => {
                self.content.restore_state();
            }
            Ink::Rectangle { area, fill } => self.paint(Some((*fill, 1.0)), None, |page| page.rectangle(*area)),
            Ink::Circle { at, radius, fill, stroke } => {
                self.paint(fill.map(|fill| (fill, 1.0)), *stroke, |page| page.circle(*at, *radius));
            }
            Ink::Lines { runs, closed, fill, stroke } => {
                self.paint(*fill, *stroke, |page| page.lines(runs, *closed));
            }
            Ink::Text { label, text } => {
                if text.halo {
                    let halo = Stroke { colour: Rgb::WHITE, width: HALO, dashed: false };
                    self.stroke(halo);
                    self.text(label, text, TextRenderingMode::Stroke);
                }
                self.fill(Rgb::BLACK);
                self.text(label, text, TextRenderingMode::Fill);
            }
        }
    }

    /// Colours come before the path, and the path before what is done with it.
    fn paint(&mut self, fill: Option<(Rgb, f64)>, stroke: Option<Stroke>, path: impl Fn(&mut Self)) {
        let percent = fill.map_or(100, |(_, opacity)| (100.0 * opacity).round() as u8);
        if percent < 100 {
            if !self.opacities.contains(&percent) {
                self.opacities.push(percent);
            }
            self.content.save_state();
            self.content.set_parameters(Name(state_name(percent).as_bytes()));
        }
        if let Some((colour, _)) = fill {
            self.fill(colour);
        }
        if let Some(stroke) = stroke {
            self.stroke(stroke);
        }
        path(self);
        match (fill, stroke) {
            (Some(_), Some(_)) => self.content.fill_nonzero_and_stroke(),
            (Some(_), None) => self.content.fill_nonzero(),
            (None, Some(_)) => self.content.stroke(),
            (None, None) => self.content.end_path(),
        };
        if percent < 100 {
            self.content.restore_state();
        }
    }

    fn fill(&mut self, colour: Rgb) {
        let [red, green, blue] = parts(colour);
        self.content.set_fill_rgb(red, green, blue);
    }

    fn stroke(&mut self, Stroke { colour, width, dashed }: Stroke) {
        let [red, green, blue] = parts(colour);
        let (cap, dashes) = match dashed {
            true => (LineCapStyle::ButtCap, &DASHES[..]),
            false => (LineCapStyle::RoundCap, &[][..]),
        };
        self.content.set_stroke_rgb(red, green, blue).set_line_width(width as f32).set_line_cap(cap);
        self.content.set_dash_pattern(dashes.iter().map(|&length| length as f32), 0.0);
    }

    fn rectangle(&mut self, area: [f64; 4]) {
        let [x, y, width, height] = area.map(short);
        self.content.rect(x, y, width, height);
    }

    fn lines(&mut self, runs: &[Vec<Place>], closed: bool) {
        for run in runs {
            for (i, &(x, y)) in run.iter().enumerate() {
                match i {
                    0 => self.content.move_to(short(x), short(y)),
                    _ => self.content.line_to(short(x), short(y)),
                };
            }
            if closed {
                self.content.close_path();
            }
        }
    }

    fn circle(&mut self, (x, y): Place, radius: f64) {
        let at = |u: f64, v: f64| (short(x + radius * u), short(y + radius * v));
        let (mut u, mut v) = (1.0, 0.0);
        let start = at(u, v);
        self.content.move_to(start.0, start.1);
        for _ in 0..4 {
            let (next_u, next_v) = (-v, u);
            let first = at(u + QUARTER * next_u, v + QUARTER * next_v);
            let second = at(next_u + QUARTER * u, next_v + QUARTER * v);
            let end = at(next_u, next_v);
            self.content.cubic_to(first.0, first.1, second.0, second.1, end.0, end.1);
            (u, v) = (next_u, next_v);
        }
        self.content.close_path();
    }

    fn text(&mut self, label: &str, text: &Text, mode: TextRenderingMode) {
        let mut along = -text.offset(label);
        self.content.begin_text().set_text_rendering_mode(mode);
        for piece in label::pieces(label) {
            let style = piece.style();
            let (u, v) = (along, piece.shift * text.size);
            // Letters stand upright on a page that is measured downwards, or lie on their backs.
            let (x, y, axes) = match text.turned {
                false => (u, v, [1.0, 0.0, 0.0, -1.0]),
                true => (v, -u, [0.0, -1.0, -1.0, 0.0]),
            };
            let [a, b, c, d] = axes;
            self.content.set_font(Name(FONT_NAMES[style as usize]), short(piece.size * text.size));
            self.content.set_text_matrix([a, b, c, d, short(text.at.0 + x), short(text.at.1 + y)]);
            let glyphs: Vec<u8> =
                piece.text.chars().flat_map(|c| FONTS[style as usize].glyph(c).to_be_bytes()).collect();
            self.content.show(Str(&glyphs));
            self.letters[style as usize].extend(piece.text.chars());
            along += piece.size * text.size * piece.text.chars().map(|c| font::advance(style, c)).sum::<f64>();
        }
        self.content.end_text();
    }
}

/// Writes a font whole, as glyphs by their numbers, with their widths and what they mean.
fn embed(pdf: &mut Pdf, font: &Font, first: Ref, letters: &[char], italic: bool) {
    let next = |k: i32| Ref::new(first.get() + k);
    let [descendant, descriptor, file, meaning] = [1, 2, 3, 4].map(next);
    let name = Name(font.name.as_bytes());
    let info = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
    let mut whole = pdf.type0_font(first);
    whole.base_font(name).encoding_predefined(Name(b"Identity-H")).descendant_font(descendant).to_unicode(meaning);
    whole.finish();
    let mut part = pdf.cid_font(descendant);
    part.subtype(CidFontType::Type2).base_font(name).system_info(info).font_descriptor(descriptor);
    part.cid_to_gid_map_predefined(Name(b"Identity"));
    let style = if italic { Style::Italic } else { Style::Regular };
    let mut widths = part.widths();
    for &c in letters {
        widths.same(font.glyph(c), font.glyph(c), (1000.0 * font::advance(style, c)) as f32);
    }
    widths.finish();
    part.finish();
    let (bounds, [ascent, descent, capital]) = font.measures();
    let mut about = pdf.font_descriptor(descriptor);
    let flags = FontFlags::NON_SYMBOLIC | if italic { FontFlags::ITALIC } else { FontFlags::empty() };
    about.name(name).flags(flags).bbox(Rect::new(bounds[0], bounds[1], bounds[2], bounds[3]));
    about.italic_angle(if italic { -12.0 } else { 0.0 }).ascent(ascent).descent(descent).cap_height(capital);
    about.stem_v(80.0).font_file2(file);
    about.finish();
    pdf.stream(file, &compress_to_vec_zlib(font.file, COMPRESSION)).filter(Filter::FlateDecode);
    let mut map = UnicodeCmap::new(Name(b"Letters"), info);
    for &c in letters.iter().filter(|&&c| font.glyph(c) != 0) {
        map.pair(font.glyph(c), c);
    }
    pdf.cmap(meaning, &map.finish());
}

fn state_name(percent: u8) -> String {
    format!("A{percent}")
}

fn parts(Rgb(red, green, blue): Rgb) -> [f32; 3] {
    // Thousandths keep 256 steps apart.
    [red, green, blue].map(|part| (f32::from(part) / 0.255).round() / 1000.0)
}

/// A hundredth of a point is enough.
fn short(value: f64) -> f32 {
    ((100.0 * value).round() / 100.0) as f32
}
