//! What a figure must fulfil to be drawn.

use thiserror::Error;

use super::layout::letter;
use super::{Axis, Band, Figure, Heat, Mark, Panel, Points, font, label};

/// What is wrong with a figure, and the mend.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum FigureFault {
    /// No panels.
    #[error("panels is empty; give at least one")]
    NoPanels,
    /// A size or a number of columns that cannot be.
    #[error("{field} = {value} is not positive; give a positive value")]
    Size {
        /// The field.
        field: &'static str,
        /// Its value.
        value: f64,
    },
    /// The labels leave no room for the axes.
    #[error(
        "{columns} columns on width = {width} mm leave {left:.0} points for axes; give fewer columns or more width"
    )]
    Narrow {
        /// Width of the sheet.
        width: f64,
        /// Columns on it.
        columns: usize,
        /// Width of the axes of a panel.
        left: f64,
    },
    /// Nothing to draw.
    #[error("panel {panel} has no finite value to draw; give it at least one mark with finite values")]
    Empty {
        /// Its letter.
        panel: String,
    },
    /// A value that a logarithmic axis does not have.
    #[error(
        "panel {panel}: {what} holds {axis} = {value} on a logarithmic axis; give positive values or set log = false"
    )]
    NotPositive {
        /// Letter of the panel.
        panel: String,
        /// The mark.
        what: String,
        /// "x" or "y".
        axis: &'static str,
        /// The value.
        value: f64,
    },
    /// Lengths that do not agree.
    #[error("panel {panel}: {what} has length {found}; give {expected}")]
    Length {
        /// Letter of the panel.
        panel: String,
        /// What has that length.
        what: String,
        /// The length.
        found: usize,
        /// What it should be.
        expected: String,
    },
    /// A range from a higher to a lower value, or one that is not finite.
    #[error("panel {panel}: range of {what} = ({low}, {high}) does not rise; give two finite values, the lower first")]
    Range {
        /// Letter of the panel.
        panel: String,
        /// The axis or the heat map.
        what: String,
        /// Its beginning.
        low: f64,
        /// Its end.
        high: f64,
    },
    /// Values that must rise do not.
    #[error("panel {panel}: {what} does not rise from {before} to {after}; give finite, rising values")]
    NotRising {
        /// Letter of the panel.
        panel: String,
        /// The values.
        what: String,
        /// One of them.
        before: f64,
        /// The next.
        after: f64,
    },
    /// An error bar of negative length.
    #[error("panel {panel}: errors of {what} hold {value}; give half lengths, zero or more")]
    NegativeError {
        /// Letter of the panel.
        panel: String,
        /// The points.
        what: String,
        /// The value.
        value: f64,
    },
    /// A sign that would be an empty box.
    #[error("'{text}' holds '{character}', which the font of figures does not have; write it in another way")]
    Character {
        /// The label, title or note.
        text: String,
        /// The sign.
        character: char,
    },
    /// A logarithm has no equal units.
    #[error("panel {panel}: equal_aspect = true with a logarithmic axis; set one of them to false")]
    EqualAspect {
        /// Letter of the panel.
        panel: String,
    },
}

/// The first fault of a figure.
pub(super) fn check(figure: &Figure) -> Result<(), FigureFault> {
    if figure.panels.is_empty() {
        return Err(FigureFault::NoPanels);
    }
    let sizes = [("columns", figure.columns as f64), ("width", figure.width), ("panel_height", figure.panel_height)];
    if let Some(&(field, value)) = sizes.iter().find(|(_, value)| !(value.is_finite() && *value > 0.0)) {
        return Err(FigureFault::Size { field, value });
    }
    check_text(&figure.title)?;
    figure.panels.iter().enumerate().try_for_each(|(index, panel)| check_panel(&letter(index), panel))
}

fn check_panel(letter: &str, panel: &Panel) -> Result<(), FigureFault> {
    let name = || letter.to_owned();
    if panel.equal_aspect && (panel.x.log || panel.y.log) {
        return Err(FigureFault::EqualAspect { panel: name() });
    }
    check_text(&panel.title)?;
    for (what, axis) in [("x", &panel.x), ("y", &panel.y)] {
        check_text(&axis.label)?;
        axis.ticks.iter().try_for_each(|(_, label)| check_text(label))?;
        check_range(letter, &format!("the {what} axis"), axis.range)?;
        let of_axis = axis.range.iter().flat_map(|&(low, high)| [low, high]).chain(axis.ticks.iter().map(|t| t.0));
        check_positive(letter, "the axis", what, axis, of_axis)?;
    }
    for mark in &panel.marks {
        check_text(mark.text())?;
        match mark {
            Mark::Points(points) => check_points(letter, points)?,
            Mark::Band(band) => check_band(letter, band)?,
            Mark::Heat(heat) => check_heat(letter, heat)?,
            Mark::Line(_) | Mark::Cloud(_) | Mark::VerticalLine(_) | Mark::HorizontalLine(_) | Mark::Note(_) => {}
        }
        let what = mark.name();
        check_positive(letter, &what, "x", &panel.x, mark.xs().into_iter())?;
        check_positive(letter, &what, "y", &panel.y, mark.ys().into_iter())?;
    }
    let seen = |mark: &Mark| match mark {
        Mark::VerticalLine(_) | Mark::HorizontalLine(_) | Mark::Note(_) => false,
        Mark::Heat(heat) => heat.values.iter().flatten().any(|v| v.is_finite()),
        _ => mark.xs().iter().zip(mark.ys()).any(|(x, y)| x.is_finite() && y.is_finite()),
    };
    if panel.marks.iter().any(seen) { Ok(()) } else { Err(FigureFault::Empty { panel: name() }) }
}

fn check_text(text: &str) -> Result<(), FigureFault> {
    let letters = label::pieces(text).into_iter().flat_map(|piece| piece.text.chars().collect::<Vec<_>>());
    match letters.into_iter().find(|&c| !font::has(c)) {
        Some(character) => Err(FigureFault::Character { text: text.to_owned(), character }),
        None => Ok(()),
    }
}

fn check_range(letter: &str, what: &str, range: Option<(f64, f64)>) -> Result<(), FigureFault> {
    match range {
        Some((low, high)) if !(low.is_finite() && high.is_finite() && low < high) => {
            Err(FigureFault::Range { panel: letter.to_owned(), what: what.to_owned(), low, high })
        }
        _ => Ok(()),
    }
}

fn check_positive(
    letter: &str,
    what: &str,
    name: &'static str,
    axis: &Axis,
    mut values: impl Iterator<Item = f64>,
) -> Result<(), FigureFault> {
    match values.find(|&value| axis.log && value <= 0.0) {
        Some(value) => {
            Err(FigureFault::NotPositive { panel: letter.to_owned(), what: what.to_owned(), axis: name, value })
        }
        None => Ok(()),
    }
}

fn check_length(letter: &str, what: &str, found: usize, allowed: &[usize]) -> Result<(), FigureFault> {
    if allowed.contains(&found) {
        return Ok(());
    }
    let expected = allowed.iter().map(usize::to_string).collect::<Vec<_>>().join(" or ");
    Err(FigureFault::Length { panel: letter.to_owned(), what: what.to_owned(), found, expected })
}

fn check_points(letter: &str, points: &Points) -> Result<(), FigureFault> {
    let what = format!("errors of '{}'", points.label);
    check_length(letter, &what, points.errors.len(), &[points.points.len(), 0])?;
    match points.errors.iter().find(|&&error| error < 0.0) {
        Some(&value) => {
            Err(FigureFault::NegativeError { panel: letter.to_owned(), what: format!("'{}'", points.label), value })
        }
        None => Ok(()),
    }
}

fn check_band(letter: &str, band: &Band) -> Result<(), FigureFault> {
    for (edge, values) in [("lower", &band.lower), ("upper", &band.upper)] {
        check_length(letter, &format!("{edge} of '{}'", band.label), values.len(), &[band.x.len()])?;
    }
    Ok(())
}

fn check_heat(letter: &str, heat: &Heat) -> Result<(), FigureFault> {
    let rows = heat.values.len();
    let columns = heat.values.first().map_or(0, Vec::len);
    check_range(letter, &format!("heat map '{}'", heat.label), heat.range)?;
    for (row, values) in heat.values.iter().enumerate() {
        check_length(letter, &format!("row {row} of heat map '{}'", heat.label), values.len(), &[columns])?;
    }
    for (axis, values, cells) in [("x", &heat.x, columns), ("y", &heat.y, rows)] {
        let what = format!("{axis} of heat map '{}'", heat.label);
        check_length(letter, &what, values.len(), &[cells, cells + 1])?;
        if let Some(pair) = values.windows(2).find(|pair| !(pair[0] < pair[1] && (pair[1] - pair[0]).is_finite())) {
            return Err(FigureFault::NotRising { panel: letter.to_owned(), what, before: pair[0], after: pair[1] });
        }
    }
    Ok(())
}
