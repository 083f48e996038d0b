//! Examples of the use of the `lowrank` crates, one a file.
