//! Figures: panels of theory curves and simulated points, drawn by kuva as SVG and PNG.

use kuva::backend::png::PngBackend;
use kuva::backend::svg::SvgBackend;
use kuva::plot::scatter::MarkerShape;
use kuva::plot::{LinePlot, LineStyle, ScatterPlot};
use kuva::render::figure::Figure as Sheet;
use kuva::render::layout::Layout;
use kuva::render::plots::Plot;

use crate::ReportError;

/// Colours that stay apart for colour-blind readers (M. Okabe, K. Ito).
const PALETTE: [&str; 5] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000"];
/// Pixels of the PNG a unit of the SVG.
const PNG_SCALE: f32 = 2.0;

/// A line through points.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// (x, y).
    pub points: Vec<(f64, f64)>,
    /// Entry of the legend; none if empty.
    pub label: String,
    /// Index of the colour.
    pub colour: usize,
    /// Dashed in place of solid.
    pub dashed: bool,
}

/// Points with error bars.
#[derive(Debug, Clone, PartialEq)]
pub struct Points {
    /// (x, y).
    pub points: Vec<(f64, f64)>,
    /// Half lengths of the error bars.
    pub errors: Vec<f64>,
    /// Entry of the legend; none if empty.
    pub label: String,
    /// Index of the colour.
    pub colour: usize,
    /// Squares in place of circles.
    pub square: bool,
}

/// One pair of axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Label of the horizontal axis.
    pub x_label: String,
    /// Label of the vertical axis.
    pub y_label: String,
    /// Lines.
    pub curves: Vec<Curve>,
    /// Points over them.
    pub points: Vec<Points>,
}

/// Panels in one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Title above all.
    pub title: String,
    /// Panels from left to right.
    pub panels: Vec<Panel>,
}

/// The figure as SVG text and as PNG bytes.
///
/// # Errors
/// Whatever the plotting library refuses.
pub fn draw(figure: &Figure) -> Result<(String, Vec<u8>), ReportError> {
    let plots: Vec<Vec<Plot>> = figure.panels.iter().map(plots_of).collect();
    let layouts = figure.panels.iter().zip(&plots).map(|(panel, plots)| layout_of(panel, plots)).collect();
    let sheet = Sheet::new(1, figure.panels.len())
        .with_title(figure.title.clone())
        .with_plots(plots)
        .with_layouts(layouts)
        .with_labels_lowercase()
        .with_shared_legend_bottom()
        .with_cell_size(440.0, 380.0)
        .render();
    let png = PngBackend::new()
        .with_scale(PNG_SCALE)
        .render_scene(&sheet)
        .map_err(|e| ReportError::Figure { name: figure.title.clone(), reason: e.to_string() })?;
    Ok((SvgBackend.render_scene(&sheet), png))
}

fn colour(index: usize) -> &'static str {
    PALETTE[index % PALETTE.len()]
}

fn plots_of(panel: &Panel) -> Vec<Plot> {
    let lines = panel.curves.iter().map(|curve| {
        let style = if curve.dashed { LineStyle::Dashed } else { LineStyle::Solid };
        let line = LinePlot::new()
            .with_data(curve.points.clone())
            .with_color(colour(curve.colour))
            .with_stroke_width(1.8)
            .with_line_style(style);
        Plot::Line(if curve.label.is_empty() { line } else { line.with_legend(curve.label.clone()) })
    });
    let dots = panel.points.iter().map(|points| {
        let shape = if points.square { MarkerShape::Square } else { MarkerShape::Circle };
        let scatter = ScatterPlot::new()
            .with_data(points.points.clone())
            .with_y_err(points.errors.clone())
            .with_color(colour(points.colour))
            .with_marker(shape)
            .with_marker_opacity(0.75)
            .with_size(4.0);
        Plot::Scatter(if points.label.is_empty() { scatter } else { scatter.with_legend(points.label.clone()) })
    });
    lines.chain(dots).collect()
}

fn layout_of(panel: &Panel, plots: &[Plot]) -> Layout {
    Layout::auto_from_plots(plots).with_x_label(panel.x_label.clone()).with_y_label(panel.y_label.clone())
}
