//! What all figures share: colours of the variants, axes, lines and dots.

use lowrank_model::Variant;
use lowrank_report::{Axis, Colour, Line, Mark, Points, Shape};

use crate::networks::Estimate;

/// Blue for the current variant, vermillion for rate, green between.
pub(crate) fn colour(variant: Variant) -> Colour {
    match variant {
        Variant::Current => Colour::Blue,
        Variant::Rate => Colour::Vermillion,
        Variant::TwoTimescale { .. } => Colour::Green,
    }
}

/// Circles for the current variant, squares for rate, triangles between.
pub(crate) fn shape(variant: Variant) -> Shape {
    match variant {
        Variant::Current => Shape::Circle,
        Variant::Rate => Shape::OpenSquare,
        Variant::TwoTimescale { .. } => Shape::Triangle,
    }
}

/// A linear axis.
pub(crate) fn axis(label: &str) -> Axis {
    Axis { label: label.to_owned(), ..Axis::default() }
}

/// A line of theory.
pub(crate) fn theory(points: Vec<(f64, f64)>, label: &str, colour: Colour) -> Line {
    Line { points, label: label.to_owned(), colour, ..Line::default() }
}

/// Simulated networks of a variant: mean and standard error.
pub(crate) fn dots(points: &[(f64, Estimate)], label: &str, variant: Variant) -> Mark {
    Mark::Points(Points {
        points: points.iter().map(|(x, estimate)| (*x, estimate.mean)).collect(),
        errors: points.iter().map(|(_, estimate)| estimate.standard_error).collect(),
        label: label.to_owned(),
        colour: colour(variant),
        shape: shape(variant),
    })
}
