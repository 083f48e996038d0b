//! Named arrays with named axes, and what made them: what the files of arrays hold, whatever their format.
//!
//! An axis is a name and a length. Its values, where it has any, are an array of one dimension by the same name, stored
//! beside: kappa with the axes time and rank goes with an array "time" that has the one axis time.

use crate::{Provenance, ReportError};

/// Version of the layout of files of arrays; it changes when a reader would have to.
pub(crate) const SCHEMA: u32 = 1;
/// What the names of arrays that hold axes end with in npz files; no other may.
pub(crate) const AXES: &str = "__axes";

/// One array of numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Its name, after the symbol: letters, digits and underscores.
    pub name: String,
    /// Name and length of each axis, outermost first; none for a single number.
    pub axes: Vec<(String, usize)>,
    /// The numbers, the last axis running fastest (C order).
    pub values: Vec<f64>,
    /// Unit; "1" for a pure number.
    pub unit: String,
    /// One line.
    pub description: String,
}

impl Array {
    /// Length along each axis.
    pub fn shape(&self) -> Vec<usize> {
        self.axes.iter().map(|(_, length)| *length).collect()
    }

    /// Name of each axis.
    pub fn axis_names(&self) -> Vec<&str> {
        self.axes.iter().map(|(name, _)| name.as_str()).collect()
    }
}

/// An array from its parts; [`Arrays::new`] checks it.
pub fn array(name: &str, axes: &[(&str, usize)], values: Vec<f64>, unit: &str, description: &str) -> Array {
    Array {
        name: name.to_owned(),
        axes: axes.iter().map(|(axis, length)| ((*axis).to_owned(), *length)).collect(),
        values,
        unit: unit.to_owned(),
        description: description.to_owned(),
    }
}

/// Arrays that go into one file, in this order.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrays(Vec<Array>);

impl Arrays {
    /// Arrays that fit together.
    ///
    /// # Errors
    /// No array; a name that is no identifier, ends with "__axes", or occurs twice; other values than the axes have
    /// room for; an axis with two lengths, twice in one array, or whose own array has other axes; a description of
    /// more than one line.
    pub fn new(arrays: Vec<Array>) -> Result<Self, ReportError> {
        if arrays.is_empty() {
            return Err(refused("", "is missing: a file needs one array at least".to_owned()));
        }
        let mut lengths: Vec<(&str, usize)> = Vec::new();
        for (index, array) in arrays.iter().enumerate() {
            check_alone(array)?;
            if arrays[..index].iter().any(|other| other.name == array.name) {
                return Err(refused(&array.name, "is there twice; give each array a name of its own".to_owned()));
            }
            for (axis, length) in &array.axes {
                match lengths.iter().find(|(known, _)| known == axis) {
                    Some((_, known)) if known != length => {
                        let told = format!(
                            "has {length} along the axis '{axis}', another has {known}; name the two axes differently"
                        );
                        return Err(refused(&array.name, told));
                    }
                    Some(_) => {}
                    None => lengths.push((axis, *length)),
                }
            }
        }
        // Known axes are complete only now: an array may come before the one that has its name as an axis.
        for array in &arrays {
            let is_axis = lengths.iter().any(|(axis, _)| *axis == array.name);
            if is_axis && array.axis_names() != [array.name.as_str()] {
                let told = "has the name of an axis and must have that axis alone; rename one of them".to_owned();
                return Err(refused(&array.name, told));
            }
        }
        Ok(Self(arrays))
    }

    /// The arrays in order.
    pub fn iter(&self) -> impl Iterator<Item = &Array> {
        self.0.iter()
    }
}

/// What can be told of an array without the others.
fn check_alone(array: &Array) -> Result<(), ReportError> {
    for name in [array.name.as_str()].into_iter().chain(array.axis_names()) {
        let first = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
        let rest = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !first || !rest || name.ends_with(AXES) {
            let told = format!(
                "or an axis of it is named '{}'; use letters, digits and underscores, begin with a letter, and do not \
                 end with '{AXES}'",
                name.escape_debug()
            );
            return Err(refused(&array.name, told));
        }
    }
    let names = array.axis_names();
    if let Some(twice) = (1..names.len()).find(|&k| names[..k].contains(&names[k])) {
        let told = format!("has the axis '{}' twice; name its axes differently", names[twice]);
        return Err(refused(&array.name, told));
    }
    let room = array.axes.iter().try_fold(1_usize, |product, (_, length)| product.checked_mul(*length));
    if room != Some(array.values.len()) {
        let told = format!(
            "has {} values for the shape {:?}; give as many as the product of its lengths",
            array.values.len(),
            array.shape()
        );
        return Err(refused(&array.name, told));
    }
    if array.description.contains(['\n', '\r']) || array.unit.contains(['\n', '\r']) {
        return Err(refused(&array.name, "has a unit or a description of several lines; use one".to_owned()));
    }
    Ok(())
}

fn refused(name: &str, reason: String) -> ReportError {
    ReportError::Arrays { name: name.escape_debug().to_string(), reason }
}

/// What a file was made by and from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a, S> {
    /// Program, version, commit.
    pub provenance: &'a Provenance,
    /// Seed of all random numbers; none where there are none.
    pub seed: Option<u64>,
    /// Every other parameter, as the user gave it or as it was understood.
    pub spec: &'a S,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(arrays: Vec<Array>) -> String {
        let told = Arrays::new(arrays).unwrap_err().to_string();
        assert!(!told.contains('\n'), "{told}");
        told
    }

    fn named(name: &str, axes: &[(&str, usize)], values: usize) -> Array {
        array(name, axes, vec![0.0; values], "1", "")
    }

    #[test]
    fn arrays_that_fit_are_taken() {
        let kappa = named("kappa", &[("time", 3), ("rank", 2)], 6);
        assert_eq!((kappa.shape(), kappa.axis_names()), (vec![3, 2], vec!["time", "rank"]));
        let all = vec![kappa, named("time", &[("time", 3)], 3), named("g", &[], 1), named("none", &[("empty", 0)], 0)];
        assert_eq!(Arrays::new(all.clone()).unwrap().iter().count(), all.len());
    }

    #[test]
    fn arrays_that_do_not_fit_are_told() {
        assert!(told(vec![]).contains("one array at least"));
        assert!(told(vec![named("kappa", &[("time", 3)], 4)]).contains("'kappa' has 4 values for the shape [3]"));
        assert!(told(vec![named("kappa", &[], 0)]).contains("0 values for the shape []"));
        assert!(told(vec![named("k", &[("a", usize::MAX), ("b", 3)], 1)]).contains("1 values"));
        let twice = told(vec![named("g", &[("g", 1)], 1), named("g", &[("g", 1)], 1)]);
        assert!(twice.contains("'g' is there twice"), "{twice}");
        let lengths = told(vec![named("a", &[("t", 1)], 1), named("b", &[("t", 2)], 2)]);
        assert!(lengths.contains("'b' has 2 along the axis 't', another has 1"), "{lengths}");
        let square = told(vec![named("c", &[("i", 2), ("i", 2)], 4)]);
        assert!(square.contains("axis 'i' twice"), "{square}");
        let axis = told(vec![named("t", &[], 1), named("a", &[("t", 2)], 2)]);
        assert!(axis.contains("'t' has the name of an axis"), "{axis}");
        for name in ["", "a b", "1a", "a/b", "\u{3ba}", "kappa__axes", "a\nb"] {
            assert!(told(vec![named(name, &[], 1)]).contains("use letters"), "{name}");
            assert!(told(vec![named("a", &[(name, 1)], 1)]).contains("use letters"), "{name}");
        }
        let mut long = named("a", &[], 1);
        long.description = "one\ntwo".to_owned();
        assert!(told(vec![long]).contains("several lines"));
    }
}
