//! Labels: text with sub- and superscripts and italics, and how wide it is.
//!
//! `_` and `^` lower and raise the next character or the next `{group}`, `*` begins and ends italics, `\` takes the next
//! character as it is: `*κ*_{max}`, `10^{-3}`. Unicode's own small digits are written the same way.

use super::font::{self, Style};

/// Size of sub- and superscripts, and how far they are shifted, as parts of the size of the text.
const SMALL: f64 = 0.7;
const LOWERED: f64 = 0.22;
const RAISED: f64 = 0.36;

/// Characters that stand for a lowered or a raised one.
const SUBSCRIPTS: [char; 10] = ['₀', '₁', '₂', '₃', '₄', '₅', '₆', '₇', '₈', '₉'];
const SUPERSCRIPTS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

/// A stretch of text in one style.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) italic: bool,
    /// As a part of the size of the text.
    pub(crate) size: f64,
    /// Down from the baseline, as a part of the size of the text.
    pub(crate) shift: f64,
}

impl Piece {
    pub(crate) fn style(&self) -> Style {
        if self.italic { Style::Italic } else { Style::Regular }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Base,
    Lowered,
    Raised,
}

/// Width at this size, in the unit of the size.
pub(crate) fn width(label: &str, size: f64) -> f64 {
    let of = |piece: &Piece| piece.size * piece.text.chars().map(|c| font::advance(piece.style(), c)).sum::<f64>();
    size * pieces(label).iter().map(of).sum::<f64>()
}

/// The text in stretches of one style.
pub(crate) fn pieces(label: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut add = |c: char, italic: bool, level: Level| {
        let (size, shift) = match level {
            Level::Base => (1.0, 0.0),
            Level::Lowered => (SMALL, LOWERED),
            Level::Raised => (SMALL, -RAISED),
        };
        match pieces.last_mut() {
            Some(last) if last.italic == italic && last.shift == shift => last.text.push(c),
            _ => pieces.push(Piece { text: c.to_string(), italic, size, shift }),
        }
    };
    let mut italic = false;
    let mut chars = label.chars().peekable();
    // The level of the text being read, and whether a closing brace ends it.
    let mut level = Level::Base;
    let mut grouped = false;
    while let Some(c) = chars.next() {
        match c {
            '*' => {
                italic = !italic;
                continue;
            }
            '}' if grouped => {
                (level, grouped) = (Level::Base, false);
                continue;
            }
            '_' | '^' if level == Level::Base => {
                level = if c == '_' { Level::Lowered } else { Level::Raised };
                grouped = chars.next_if_eq(&'{').is_some();
                continue;
            }
            _ => {}
        }
        if let Some(digit) = digit_of(c, &SUBSCRIPTS) {
            add(digit, italic, Level::Lowered);
        } else if let Some(digit) = digit_of(c, &SUPERSCRIPTS) {
            add(digit, italic, Level::Raised);
        } else if c == '\\' {
            add(chars.next().unwrap_or(c), italic, level);
        } else {
            add(if c == '-' && level != Level::Base { '−' } else { c }, italic, level);
        }
        if !grouped {
            level = Level::Base;
        }
    }
    pieces
}

fn digit_of(c: char, digits: &[char; 10]) -> Option<char> {
    digits.iter().position(|&d| d == c).and_then(|i| char::from_digit(i as u32, 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(label: &str) -> Vec<(String, bool, f64)> {
        pieces(label).into_iter().map(|p| (p.text, p.italic, p.shift)).collect()
    }

    #[test]
    fn groups_single_characters_and_small_digits_are_shifted() {
        let expected = [("λ", 0.0), ("max", LOWERED), (" x", 0.0), ("2", -RAISED)];
        assert_eq!(read("λ_{max} x^2"), expected.map(|(text, shift)| (text.to_owned(), false, shift)));
        assert_eq!(read("Δ₀"), read("Δ_0"));
        assert_eq!(read("10^{-3}")[1], ("−3".to_owned(), false, -RAISED));
    }

    #[test]
    fn stars_are_italics_and_a_backslash_keeps_its_character() {
        assert_eq!(read("*g*"), [("g".to_owned(), true, 0.0)]);
        assert_eq!(read(r"tau\_r"), [("tau_r".to_owned(), false, 0.0)]);
        assert_eq!(read("*κ*_0")[1], ("0".to_owned(), false, LOWERED));
    }

    #[test]
    fn unfinished_labels_are_read_to_their_end() {
        assert_eq!(read("Δ_{0")[1].0, "0");
        assert_eq!(read("x_").len(), 1);
        assert_eq!(read("\\").len(), 1);
        assert!(read("").is_empty());
    }

    #[test]
    fn width_adds_the_advances() {
        let digit = width("1", 10.0);
        assert!((digit - 5.56).abs() < 0.01, "{digit}");
        assert!((width("1^1", 10.0) - 1.7 * digit).abs() < 1e-9);
        assert!(width("WW", 8.0) > width("ii", 8.0));
    }
}
