//! Colours: a palette for lines and dots, two maps for heat maps.

use serde::Serialize;

use super::canvas::Rgb;

/// Colours that stay apart for colour-blind readers (M. Okabe, K. Ito).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// For theory.
    #[default]
    Black,
    /// The first of a series.
    Blue,
    /// The second.
    Vermillion,
    /// The third.
    Green,
    /// The fourth.
    Purple,
    /// The fifth.
    Orange,
    /// The sixth.
    Sky,
    /// For what stands in the background.
    Grey,
    /// For lines over heat maps.
    White,
}

/// Colours of a heat map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Map {
    /// From dark to light, perceptually uniform (viridis, S. van der Walt and N. Smith).
    #[default]
    Sequential,
    /// Blue, white in the middle, red (`RdBu`, C. Brewer).
    Diverging,
}

const SERIES: [Colour; 6] =
    [Colour::Blue, Colour::Vermillion, Colour::Green, Colour::Purple, Colour::Orange, Colour::Sky];

const SEQUENTIAL: [u32; 33] = [
    0x440154, 0x470d60, 0x48186a, 0x482374, 0x472d7b, 0x453781, 0x424086, 0x3e4989, 0x3b528b, 0x375b8d, 0x33638d,
    0x2f6b8e, 0x2c728e, 0x297a8e, 0x26828e, 0x23898e, 0x21918c, 0x1f988b, 0x1fa088, 0x22a785, 0x28ae80, 0x32b67a,
    0x3fbc73, 0x4ec36b, 0x5ec962, 0x70cf57, 0x84d44b, 0x98d83e, 0xaddc30, 0xc2df23, 0xd8e219, 0xece51b, 0xfde725,
];

const DIVERGING: [u32; 11] =
    [0x053061, 0x2166ac, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf7f7f7, 0xfddbc7, 0xf4a582, 0xd6604d, 0xb2182b, 0x67001f];

impl Colour {
    /// The colour of the `index`-th of a series, over and over.
    pub fn nth(index: usize) -> Self {
        SERIES[index % SERIES.len()]
    }

    pub(crate) fn rgb(self) -> Rgb {
        match self {
            Self::Black => Rgb::BLACK,
            Self::Blue => Rgb::of(0x0072b2),
            Self::Vermillion => Rgb::of(0xd55e00),
            Self::Green => Rgb::of(0x009e73),
            Self::Purple => Rgb::of(0xcc79a7),
            Self::Orange => Rgb::of(0xe69f00),
            Self::Sky => Rgb::of(0x56b4e9),
            Self::Grey => Rgb::of(0x808080),
            Self::White => Rgb::WHITE,
        }
    }
}

/// The colour at `fraction` of the way through the map, from 0 to 1; what lies outside has that of the end.
pub(crate) fn mapped(map: Map, fraction: f64) -> Rgb {
    if fraction.is_nan() {
        return Rgb::MISSING;
    }
    let stops: &[u32] = match map {
        Map::Sequential => &SEQUENTIAL,
        Map::Diverging => &DIVERGING,
    };
    let place = fraction.clamp(0.0, 1.0) * (stops.len() - 1) as f64;
    let below = (place as usize).min(stops.len() - 2);
    let weight = place - below as f64;
    let mixed = |from: u8, to: u8| (f64::from(from) * (1.0 - weight) + f64::from(to) * weight).round() as u8;
    let (from, to) = (Rgb::of(stops[below]), Rgb::of(stops[below + 1]));
    Rgb(mixed(from.0, to.0), mixed(from.1, to.1), mixed(from.2, to.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_run_from_end_to_end_and_hold_there() {
        assert_eq!(mapped(Map::Sequential, 0.0), Rgb::of(0x440154));
        assert_eq!(mapped(Map::Sequential, 1.0), Rgb::of(0xfde725));
        assert_eq!(mapped(Map::Sequential, 7.0), Rgb::of(0xfde725));
        assert_eq!(mapped(Map::Diverging, 0.5), Rgb::of(0xf7f7f7));
        assert_eq!(mapped(Map::Diverging, f64::NAN), Rgb::MISSING);
    }

    #[test]
    fn the_sequential_map_grows_lighter_all_the_way() {
        let lightness = |i: usize| {
            let Rgb(red, green, blue) = mapped(Map::Sequential, i as f64 / 100.0);
            0.299 * f64::from(red) + 0.587 * f64::from(green) + 0.114 * f64::from(blue)
        };
        assert!((0..100).all(|i| lightness(i + 1) > lightness(i)));
    }
}
