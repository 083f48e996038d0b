//! A figure in all formats, and its files.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::canvas::{Canvas, Drawing};
use super::{Drawn, Figure, FigureFault, check, layout, legend, panel, pdf, png, svg};
use crate::{Provenance, ReportError, data_json, write_file};

/// What made a figure; it is written into its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Program, version, commit.
    pub provenance: Provenance,
    /// Seed of all random numbers.
    pub seed: u64,
    /// The command that makes it again.
    pub command: String,
}

/// Draws the figure and writes it to `stem`.svg, .png and .pdf, each with its origin inside, and what it shows to
/// `stem`.json, all of which it returns. `data` is the figure itself if nobody has more to say.
///
/// # Errors
/// Those of [`super::draw`], and whatever the file system refuses.
pub fn write_figure(
    stem: &Path,
    figure: &Figure,
    data: &impl Serialize,
    origin: &Origin,
) -> Result<Vec<PathBuf>, ReportError> {
    let Origin { provenance, seed, command } = origin;
    let Provenance { program, version, commit, .. } = provenance;
    let drawn = drawn(figure, &format!("{program} {version}, commit {commit}, seed {seed}: {command}"))?;
    let json = data_json(data, *seed, provenance)?;
    let files = [("svg", drawn.svg.into_bytes()), ("png", drawn.png), ("pdf", drawn.pdf), ("json", json.into_bytes())];
    let mut written = Vec::new();
    for (extension, content) in files {
        // A point in the name is a part of it, as in "g_1.5".
        let mut path = stem.as_os_str().to_owned();
        path.push(".");
        path.push(extension);
        let path = PathBuf::from(path);
        write_file(&path, &content)?;
        written.push(path);
    }
    Ok(written)
}

/// The figure in all formats, with a note inside on where it comes from.
pub(super) fn drawn(figure: &Figure, note: &str) -> Result<Drawn, ReportError> {
    let bad = |fault| ReportError::BadFigure { figure: figure.title.clone(), fault };
    check::check(figure).map_err(bad)?;
    let sheet = layout::place(figure);
    if let Some(left) = sheet.panels.iter().map(|placed| placed.frame.width).find(|&width| width < layout::NARROWEST) {
        return Err(bad(FigureFault::Narrow { width: figure.width, columns: figure.columns, left }));
    }
    let mut canvas = Canvas::default();
    layout::title(&mut canvas, figure, &sheet);
    for (panel, placed) in figure.panels.iter().zip(&sheet.panels) {
        panel::draw(&mut canvas, panel, placed);
    }
    legend::draw(&mut canvas, &sheet.below);
    let (title, note) = (figure.title.clone(), note.to_owned());
    let drawing = Drawing { width: sheet.width, height: sheet.height, title, note, inks: canvas.inks };
    let png = png::write(&drawing)
        .map_err(|reason| ReportError::Figure { name: format!("'{}' as PNG", figure.title), reason })?;
    Ok(Drawn { svg: svg::write(&drawing), png, pdf: pdf::write(&drawing) })
}
