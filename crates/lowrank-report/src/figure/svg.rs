//! Writes a sheet as SVG. Lengths are rounded to a hundredth of a point. Nothing in it has an id, so several can stand
//! in one page.

use std::fmt::Write as _;

use super::canvas::{DASHES, Drawing, HALO, Ink, Place, Rgb, Stroke, Text};
use super::label::{self, Piece};
use super::{Anchor, font};

pub(crate) fn write(drawing: &Drawing) -> String {
    let [width, height] = [drawing.width, drawing.height].map(number);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}pt\" height=\"{height}pt\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"{}\" stroke-linejoin=\"round\">\n",
        font::FAMILIES
    );
    for (name, text) in [("title", &drawing.title), ("desc", &drawing.note)] {
        if !text.is_empty() {
            let _ = writeln!(out, "<{name}>{}</{name}>", escaped(text));
        }
    }
    let _ = writeln!(out, "<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>");
    for ink in &drawing.inks {
        write_ink(&mut out, ink);
    }
    out + "</svg>\n"
}

fn write_ink(out: &mut String, ink: &Ink) {
    let _ = match ink {
        Ink::Open(class) => writeln!(out, "<g class=\"{class}\">"),
        Ink::Close => writeln!(out, "</g>"),
        Ink::Window(area) => {
            let [x, y, width, height] = area.map(number);
            let place = format!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"");
            writeln!(out, "<svg {place} viewBox=\"{x} {y} {width} {height}\">")
        }
        Ink::EndWindow => writeln!(out, "</svg>"),
        Ink::Rectangle { area, fill } => {
            let [x, y, width, height] = area.map(number);
            let place = format!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"");
            writeln!(out, "<rect {place} fill=\"{}\"/>", hex(*fill))
        }
        Ink::Circle { at, radius, fill, stroke } => {
            let [x, y, radius] = [at.0, at.1, *radius].map(number);
            let style = style(fill.map(|fill| (fill, 1.0)), *stroke);
            writeln!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"{style}/>")
        }
        Ink::Lines { runs, closed, fill, stroke } => {
            let end = if *closed { "Z" } else { "" };
            let path: String = runs.iter().map(|run| through(run) + end).collect();
            writeln!(out, "<path d=\"{path}\"{}/>", style(*fill, *stroke))
        }
        Ink::Text { label, text } => writeln!(out, "{}", element(label, text)),
    };
}

fn style(fill: Option<(Rgb, f64)>, stroke: Option<Stroke>) -> String {
    let mut out = match fill {
        None => " fill=\"none\"".to_owned(),
        Some((colour, opacity)) if opacity < 1.0 => {
            format!(" fill=\"{}\" fill-opacity=\"{}\"", hex(colour), number(opacity))
        }
        Some((colour, _)) => format!(" fill=\"{}\"", hex(colour)),
    };
    if let Some(Stroke { colour, width, dashed }) = stroke {
        let _ = write!(out, " stroke=\"{}\" stroke-width=\"{}\"", hex(colour), number(width));
        let _ = match dashed {
            true => write!(out, " stroke-dasharray=\"{} {}\"", number(DASHES[0]), number(DASHES[1])),
            false => write!(out, " stroke-linecap=\"round\""),
        };
    }
    out
}

fn element(label: &str, text: &Text) -> String {
    let [x, y, size] = [text.at.0, text.at.1, text.size].map(number);
    let anchor = match text.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let turned = if text.turned { format!(" transform=\"rotate(-90 {x} {y})\"") } else { String::new() };
    let halo = match text.halo {
        true => format!(" stroke=\"#ffffff\" stroke-width=\"{}\" paint-order=\"stroke\"", number(HALO)),
        false => String::new(),
    };
    let mut spans = String::new();
    let mut level = 0.0;
    for Piece { text: inner, italic, size: part, shift } in label::pieces(label) {
        let mut attributes = String::new();
        if shift != level {
            let _ = write!(attributes, " dy=\"{}\"", number((shift - level) * text.size));
            level = shift;
        }
        if part != 1.0 {
            let _ = write!(attributes, " font-size=\"{}\"", number(part * text.size));
        }
        if italic {
            attributes.push_str(" font-style=\"italic\"");
        }
        let inner = escaped(&inner);
        let _ = match attributes.is_empty() {
            true => write!(spans, "{inner}"),
            false => write!(spans, "<tspan{attributes}>{inner}</tspan>"),
        };
    }
    format!("<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{anchor}{turned}{halo}>{spans}</text>")
}

fn through(places: &[Place]) -> String {
    let mut path = String::new();
    for (i, &(x, y)) in places.iter().enumerate() {
        let _ = write!(path, "{}{} {}", if i == 0 { 'M' } else { 'L' }, number(x), number(y));
    }
    path
}

fn hex(Rgb(red, green, blue): Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// A number with two digits after the point at most.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_have_no_negative_zero() {
        assert_eq!(["12", "0.5", "0", "-1.25"].map(str::to_owned), [12.0, 0.5, -0.001, -1.25].map(number));
    }

    #[test]
    fn a_document_says_its_size_in_points_and_where_it_comes_from() {
        let (title, note) = ("a < b".to_owned(), "made & kept".to_owned());
        let text = write(&Drawing { width: 240.0, height: 100.5, title, note, inks: vec![] });
        assert!(text.contains("width=\"240pt\" height=\"100.5pt\" viewBox=\"0 0 240 100.5\""));
        assert!(text.contains("<title>a &lt; b</title>") && text.contains("<desc>made &amp; kept</desc>"));
    }

    #[test]
    fn text_returns_to_its_baseline_and_escapes_signs() {
        let text = element("a_1<b", &Text { size: 10.0, ..Text::PLAIN });
        let spans = "a<tspan dy=\"2.2\" font-size=\"7\">1</tspan><tspan dy=\"-2.2\">&lt;b</tspan>";
        assert_eq!(text, format!("<text x=\"0\" y=\"0\" font-size=\"10\">{spans}</text>"));
    }
}
