//! Tables, JSON files and figures of validation runs
