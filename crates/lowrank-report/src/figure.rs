//! Figures: panels of lines, points, bands and heat maps as SVG, PNG and PDF, at the size of print.
//!
//! A figure is a value; nothing about it depends on the machine, the time or the fonts that are installed, so the same
//! data give the same bytes. Sizes of sheets are millimetres, of strokes and letters points (1/72 inch). Labels may
//! hold sub- and superscripts and italics: `*λ*_{max}`, `10^{-3}`, `Δ₀` (a backslash keeps `_`, `^` and `*`).

mod axis;
mod canvas;
mod check;
mod colour;
mod export;
mod font;
mod heat;
mod label;
mod layout;
mod legend;
mod marks;
mod panel;
mod pdf;
mod png;
mod svg;

use serde::Serialize;

pub use check::FigureFault;
pub use colour::{Colour, Map};
pub use export::{Origin, write_figure};

use crate::ReportError;

/// Width of a figure that fits into one column of a journal, in millimetres.
pub const ONE_COLUMN: f64 = 85.0;
/// Width of a figure over both columns of a journal, in millimetres.
pub const TWO_COLUMNS: f64 = 180.0;

/// Panels on one sheet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// Above all; nothing if empty.
    pub title: String,
    /// Row by row.
    pub panels: Vec<Panel>,
    /// Panels in a row.
    pub columns: usize,
    /// Width of the sheet, in millimetres: [`ONE_COLUMN`], [`TWO_COLUMNS`].
    pub width: f64,
    /// Height of the axes of a panel without its labels, in millimetres.
    pub panel_height: f64,
}

impl Default for Figure {
    fn default() -> Self {
        Self { title: String::new(), panels: Vec::new(), columns: 1, width: ONE_COLUMN, panel_height: 45.0 }
    }
}

/// One pair of axes.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Panel {
    /// Above the axes; nothing if empty.
    pub title: String,
    /// Horizontal.
    pub x: Axis,
    /// Vertical.
    pub y: Axis,
    /// Drawn in this order.
    pub marks: Vec<Mark>,
    /// A unit is as long on both axes: the range of one of them grows. Only for linear axes.
    pub equal_aspect: bool,
    /// Where labels of marks are explained.
    pub legend: Legend,
}

/// One axis.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Axis {
    /// Beside the axis; nothing if empty.
    pub label: String,
    /// From the lowest to the highest value; that of the data if not given.
    pub range: Option<(f64, f64)>,
    /// Logarithmic.
    pub log: bool,
    /// Values and their labels in place of those chosen by themselves; for axes with an infinity, say.
    pub ticks: Vec<(f64, String)>,
}

/// Where labels of marks are explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Legend {
    /// In a corner of the panel without data, or above the data if the vertical range is free to grow; else below.
    #[default]
    Inside,
    /// Below the sheet, together with those of the other panels; a label is listed once.
    Below,
    /// Nowhere.
    Nowhere,
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// A line through points.
    Line(Line),
    /// Points with error bars.
    Points(Points),
    /// The room between two lines.
    Band(Band),
    /// Many small dots.
    Cloud(Cloud),
    /// Values on a grid.
    Heat(Heat),
    /// A thin line at this x.
    VerticalLine(f64),
    /// A thin line at this y.
    HorizontalLine(f64),
    /// A text.
    Note(Note),
}

/// A line through points. Over a heat map it has an edge that sets it off from dark and light.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// (x, y); a value that is not finite leaves a gap.
    pub points: Vec<(f64, f64)>,
    /// Entry of the legend; none if empty.
    pub label: String,
    /// Its colour.
    pub colour: Colour,
    /// Dashed in place of solid.
    pub dashed: bool,
    /// In points.
    pub width: f64,
}

impl Default for Line {
    fn default() -> Self {
        Self { points: Vec::new(), label: String::new(), colour: Colour::Black, dashed: false, width: 1.1 }
    }
}

/// Points with error bars.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Points {
    /// (x, y); one with a value that is not finite is left out.
    pub points: Vec<(f64, f64)>,
    /// Half lengths of the error bars, one a point; empty for none.
    pub errors: Vec<f64>,
    /// Entry of the legend; none if empty.
    pub label: String,
    /// Their colour.
    pub colour: Colour,
    /// Their shape.
    pub shape: Shape,
}

/// Shape of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Filled.
    #[default]
    Circle,
    /// Filled.
    Square,
    /// Filled.
    Triangle,
    /// Filled.
    Diamond,
    /// An outline, a little larger, seen around filled points at the same place.
    OpenCircle,
    /// An outline, a little larger.
    OpenSquare,
    /// Two strokes, seen on filled points at the same place.
    Cross,
}

/// The room between two lines, translucent.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Band {
    /// One a value.
    pub x: Vec<f64>,
    /// Lower edge; a value that is not finite leaves a gap.
    pub lower: Vec<f64>,
    /// Upper edge.
    pub upper: Vec<f64>,
    /// Its colour.
    pub colour: Colour,
    /// Entry of the legend; none if empty. With the label of a line, the two share one entry.
    pub label: String,
}

/// Many small dots: eigenvalues.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Cloud {
    /// (x, y).
    pub points: Vec<(f64, f64)>,
    /// Their colour.
    pub colour: Colour,
    /// Entry of the legend; none if empty.
    pub label: String,
}

/// Values on a grid, and the bar that explains their colours.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Heat {
    /// Centres of the columns, or their edges (one more); rising.
    pub x: Vec<f64>,
    /// Centres of the rows, or their edges (one more); rising.
    pub y: Vec<f64>,
    /// `values[row of y][column of x]`; cells that are not finite are grey.
    pub values: Vec<Vec<f64>>,
    /// Values of the two ends of the map; those of the data if not given, symmetric about zero for [`Map::Diverging`].
    pub range: Option<(f64, f64)>,
    /// Its colours.
    pub map: Map,
    /// Beside the bar of colours.
    pub label: String,
}

/// A text in a panel.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Note {
    /// (x, y) on the axes.
    pub at: (f64, f64),
    /// What it says.
    pub text: String,
    /// Which part of the text is there.
    pub anchor: Anchor,
}

/// The part of a text that its place refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// Its beginning.
    #[default]
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// A figure in three formats, all of the same size.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// Text stays text.
    pub svg: String,
    /// 300 dots an inch.
    pub png: Vec<u8>,
    /// One page, fonts embedded.
    pub pdf: Vec<u8>,
}

/// Draws the figure.
///
/// # Errors
/// [`ReportError::BadFigure`] if there is nothing to draw, lengths do not agree, or a logarithmic axis has values that
/// are not positive.
pub fn draw(figure: &Figure) -> Result<Drawn, ReportError> {
    export::drawn(figure, "")
}
