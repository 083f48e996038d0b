//! The figures of the study, current and rate variant side by side, and those that nobody has drawn: theory as lines,
//! simulated networks as dots. One figure, or one set of figures from the same networks, a file. Nothing is written here.

mod along_g;
mod diagrams;
mod error;
mod filtered;
mod networks;
mod responses;
mod sizes;
mod style;
mod tasks;
mod time_scales;
mod transients;

use std::fmt;
use std::str::FromStr;

use lowrank_report::Figure;
use serde::Serialize;
use serde_json::Value;

pub use error::StudyError;
pub use tasks::OfTask;

/// How large the networks are and how many: see each figure's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Seed of all random numbers.
    pub seed: u64,
    /// Fewer and smaller networks: two minutes for all figures in place of a quarter of an hour.
    pub quick: bool,
}

/// One figure with what it shows.
#[derive(Debug, Clone)]
pub struct Drawing {
    /// Name of its files.
    pub name: &'static str,
    /// The figure.
    pub figure: Figure,
    /// The numbers in it, and the parameters behind them.
    pub data: Value,
}

impl Drawing {
    fn new(name: &'static str, figure: Figure, data: &impl Serialize) -> Result<Self, StudyError> {
        Ok(Self { name, figure, data: serde_json::to_value(data)? })
    }
}

/// Called with the number of finished parts, from any thread, in any order.
pub type Progress<'a> = &'a (dyn Fn(usize) + Sync);

/// A set of figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Study {
    /// The plane (g, structure strength): simulated, theory beside it, both variants and their difference.
    Diagrams,
    /// Transients under a step input, and the exact equivalence of both variants (T3).
    Transients,
    /// Activity along m against the strength of an input, in three geometries.
    Responses,
    /// kappa, variances and the stability spectrum along g.
    AlongG,
    /// From the current to the rate variant: two time constants of any ratio.
    TimeScales,
    /// |error| of single networks against N.
    Sizes,
}

impl Study {
    /// All of them, the quickest first.
    pub const ALL: [Self; 6] =
        [Self::Transients, Self::AlongG, Self::Responses, Self::TimeScales, Self::Sizes, Self::Diagrams];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Diagrams => "diagrams",
            Self::Transients => "transients",
            Self::Responses => "responses",
            Self::AlongG => "along-g",
            Self::TimeScales => "time-scales",
            Self::Sizes => "sizes",
        }
    }

    /// How many parts `progress` counts.
    pub fn parts(self, options: Options) -> usize {
        match self {
            Self::Diagrams => diagrams::parts(options),
            Self::Transients => transients::parts(options),
            Self::Responses => responses::parts(options),
            Self::AlongG => along_g::parts(options),
            Self::TimeScales => time_scales::parts(options),
            Self::Sizes => sizes::parts(options),
        }
    }

    /// Computes and lays out the figures, on the current rayon pool; they do not depend on its size.
    ///
    /// # Errors
    /// What theory or simulation could not do.
    pub fn draw(self, options: Options, progress: Progress<'_>) -> Result<Vec<Drawing>, StudyError> {
        match self {
            Self::Diagrams => diagrams::draw(options, progress),
            Self::Transients => transients::draw(options, progress),
            Self::Responses => responses::draw(options, progress),
            Self::AlongG => along_g::draw(options, progress),
            Self::TimeScales => time_scales::draw(options, progress),
            Self::Sizes => sizes::draw(options, progress),
        }
    }
}

impl fmt::Display for Study {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Study {
    type Err = StudyError;

    fn from_str(name: &str) -> Result<Self, StudyError> {
        Self::ALL.into_iter().find(|study| study.name() == name).ok_or_else(|| StudyError::UnknownFigure {
            name: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}
