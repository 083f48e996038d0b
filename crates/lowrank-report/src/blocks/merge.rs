//! All blocks of a finished sweep in order of their index.

use serde::Serialize;

use super::first_few;
use super::format::Head;
use super::job::{Identity, Job};
use super::store::Store;
use crate::ReportError;

/// A finished sweep. It depends on the definition, the seed and the program alone: which process, thread or shard ran a
/// block, and in which order, leaves no trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The sweep.
    pub job: Job,
    /// Version that made all blocks.
    pub version: String,
    /// Commit that made all blocks.
    pub commit: String,
    /// Results of the blocks by index.
    pub payloads: Vec<Vec<u8>>,
}

impl Merged {
    /// As one file: a line that says what this is, a line of JSON with the length of each payload, and the payloads.
    ///
    /// # Errors
    /// None in practice: all values are plain.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ReportError> {
        #[derive(Serialize)]
        struct MergedHead<'a> {
            #[serde(flatten)]
            job: &'a Identity,
            version: &'a str,
            commit: &'a str,
            bytes: Vec<usize>,
        }
        let lengths = self.payloads.iter().map(Vec::len).collect();
        let head =
            MergedHead { job: self.job.identity(), version: &self.version, commit: &self.commit, bytes: lengths };
        let head = format!("lowrank sweep 1\n{}\n", serde_json::to_string(&head)?);
        Ok([head.into_bytes(), self.payloads.concat()].concat())
    }
}

/// Puts the blocks together. All must be valid and come from one version, one commit and machines of one instruction set,
/// which need not be those of the program that merges.
///
/// # Errors
/// Blocks are missing or damaged, or have different origins.
pub fn merge(store: &Store) -> Result<Merged, ReportError> {
    let blocks = store.job().blocks();
    let mut absent = Vec::new();
    let mut heads: Vec<Head> = Vec::with_capacity(blocks);
    let mut payloads = Vec::with_capacity(blocks);
    for block in 0..blocks {
        match store.load(block) {
            Ok(Some((head, payload))) => {
                heads.push(head);
                payloads.push(payload);
            }
            Ok(None) | Err(_) => absent.push(block),
        }
    }
    let folder = store.folder().to_owned();
    if let Some(&next) = absent.first() {
        let (count, first) = (absent.len(), first_few(&absent));
        return Err(ReportError::Incomplete { count, blocks, folder, first, next });
    }
    let version = one_origin(store, &heads, "version", |head| &head.version)?;
    let commit = one_origin(store, &heads, "commit", |head| &head.commit)?;
    one_origin(store, &heads, "instruction set", |head| &head.instructions)?;
    Ok(Merged { job: store.job().clone(), version, commit, payloads })
}

/// What all blocks say of their origin; nothing where there are no blocks.
fn one_origin(
    store: &Store,
    heads: &[Head],
    field: &'static str,
    of: impl Fn(&Head) -> &String,
) -> Result<String, ReportError> {
    let expected = heads.first().map(&of).cloned().unwrap_or_default();
    let others: Vec<usize> = (0..heads.len()).filter(|&block| *of(&heads[block]) != expected).collect();
    let Some(&other) = others.first() else { return Ok(expected) };
    Err(ReportError::MixedOrigin {
        count: others.len(),
        folder: store.folder().to_owned(),
        first: first_few(&others),
        field,
        found: of(&heads[other]).clone(),
        expected,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Provenance;

    fn open(folder: &std::path::Path, blocks: usize, version: &'static str, commit: &str) -> Store {
        open_on("avx2", folder, blocks, version, commit)
    }

    fn open_on(
        instructions: &'static str,
        folder: &std::path::Path,
        blocks: usize,
        version: &'static str,
        commit: &str,
    ) -> Store {
        let provenance = Provenance { program: "lowrank", version, commit: commit.to_owned(), instructions };
        Store::open(folder, Job::new(1, "{}", 7, blocks), provenance).unwrap()
    }

    #[test]
    fn payloads_follow_one_head() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path(), 3, "0.1.0", "abc");
        (0..3).for_each(|block| store.write(2 - block, &[b'x'; 2][..2 - block]).unwrap());
        let merged = merge(&open(folder.path(), 3, "9.9.9", "another")).unwrap();
        let text = String::from_utf8(merged.to_bytes().unwrap()).unwrap();
        let hash = store.job().spec_hash();
        let job = format!(r#""schema":1,"definition":"{hash}","seed":7,"blocks":3"#);
        let head = format!(r#"{{{job},"version":"0.1.0","commit":"abc","bytes":[0,1,2]}}"#);
        assert_eq!(text, format!("lowrank sweep 1\n{head}\nxxx"));
    }

    #[test]
    fn missing_blocks_are_counted_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path(), 20, "0.1.0", "abc");
        store.write(0, b"x").unwrap();
        let told = merge(&store).unwrap_err().to_string();
        assert!(told.contains("19 of 20 blocks") && told.contains("(1, 2, 3, 4, 5, 6, 7, 8, ...)"), "{told}");
        assert!(told.ends_with("--block 1") && !told.contains('\n'), "{told}");
    }

    #[test]
    fn blocks_of_different_programs_are_not_mixed() {
        for (instructions, version, commit, field) in [
            ("avx2", "0.2.0", "abc", "version 0.2.0"),
            ("avx2", "0.1.0", "abd", "commit abd"),
            ("avx512", "0.1.0", "abc", "instruction set avx512"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            open(folder.path(), 3, "0.1.0", "abc").write(0, b"x").unwrap();
            open(folder.path(), 3, "0.1.0", "abc").write(2, b"x").unwrap();
            let store = open_on(instructions, folder.path(), 3, version, commit);
            store.write(1, b"x").unwrap();
            assert!(store.missing().is_empty());
            let told = merge(&store).unwrap_err().to_string();
            assert!(told.contains("1 of the blocks") && told.contains("(1)") && told.contains(field), "{told}");
        }
    }
}
