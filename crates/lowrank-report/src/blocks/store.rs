//! The folder of a sweep.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::format::{Damage, Head, decode, encode};
use super::job::{Difference, Identity, Job, sha256_hex};
use crate::file::{Existing, remove_stale, write_whole};
use crate::{Provenance, ReportError};

/// File of a sweep's folder with its canonical text.
pub const DEFINITION: &str = "definition.json";
const JOB: &str = "job.json";

/// What is known of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It has no file.
    Missing,
    /// It is finished.
    Valid,
    /// Its file is not to be trusted, and will be replaced.
    Damaged(Damage),
}

/// The finished blocks of one sweep in one folder, which other processes may use at the same time.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    job: Job,
    provenance: Provenance,
}

impl Store {
    /// The store of `job` in `folder`, made if need be. `provenance` goes into the blocks written from here.
    ///
    /// Files that killed runs left half written are removed. A finished store may be opened on a disk that cannot be
    /// written.
    ///
    /// # Errors
    /// The folder holds another sweep, or the file system refuses.
    pub fn open(folder: &Path, job: Job, provenance: Provenance) -> Result<Self, ReportError> {
        let store = Self { folder: folder.to_owned(), job, provenance };
        fs::create_dir_all(folder).map_err(|source| store.refused(DEFINITION, source))?;
        let other = |difference| Err(ReportError::OtherJob { folder: folder.to_owned(), difference });
        let definition = store.job.definition().as_bytes();
        // The definition first: a folder that has a file of this name for another purpose is left as it was.
        let held = store.write_once(DEFINITION, definition)?;
        if held != definition {
            let (found, expected) = (sha256_hex(&held), store.job.spec_hash().to_owned());
            return other(Difference { field: "definition", found, expected });
        }
        let line = serde_json::to_string(store.job.identity())? + "\n";
        let held: Identity = serde_json::from_slice(&store.write_once(JOB, line.as_bytes())?)
            .map_err(|e| ReportError::Read { path: folder.join(JOB), source: e.into() })?;
        if let Some(difference) = store.job.identity().difference(&held) {
            return other(difference);
        }
        remove_stale(folder);
        Ok(store)
    }

    /// The sweep.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is known of block `block`; one that the sweep does not have is missing.
    pub fn status(&self, block: usize) -> Status {
        match self.load(block) {
            Ok(Some(_)) => Status::Valid,
            Ok(None) => Status::Missing,
            Err(damage) => Status::Damaged(damage),
        }
    }

    /// Which blocks are valid, by index.
    pub fn finished(&self) -> Vec<bool> {
        (0..self.job.blocks()).map(|block| self.status(block) == Status::Valid).collect()
    }

    /// The blocks still to be run: missing or damaged.
    pub fn missing(&self) -> Vec<usize> {
        (0..self.job.blocks()).filter(|&block| self.status(block) != Status::Valid).collect()
    }

    /// The payload of a finished block.
    ///
    /// # Errors
    /// The block is missing or damaged, or there is none of that index.
    pub fn read(&self, block: usize) -> Result<Vec<u8>, ReportError> {
        self.check(block)?;
        let unfinished = |state| ReportError::Unfinished { block, folder: self.folder.clone(), state };
        match self.load(block) {
            Ok(Some((_, payload))) => Ok(payload),
            Ok(None) => Err(unfinished("is missing".to_owned())),
            Err(damage) => Err(unfinished(damage.to_string())),
        }
    }

    /// Keeps `payload` as the result of a block. A valid block is never rewritten, a damaged one is replaced.
    ///
    /// # Errors
    /// The file system refuses, the block is there with another payload, or there is none of that index.
    pub fn write(&self, block: usize, payload: &[u8]) -> Result<(), ReportError> {
        self.check(block)?;
        let head = Head {
            job: self.job.identity().clone(),
            block,
            version: self.provenance.version.to_owned(),
            commit: self.provenance.commit.clone(),
            instructions: self.provenance.instructions.to_owned(),
            bytes: payload.len(),
        };
        let bytes = encode(&head, payload)?;
        let path = self.path(block);
        let refused = |source| self.refused(&file_name(block), source);
        // Another process may finish the block at any moment, so the file system decides who comes first.
        match write_whole(&path, &bytes, Existing::Kept) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => match self.load(block) {
                Ok(Some((_, held))) if held == payload => Ok(()),
                Ok(Some(_)) => Err(ReportError::Unequal { block, folder: self.folder.clone() }),
                Ok(None) | Err(_) => write_whole(&path, &bytes, Existing::Replaced).map_err(refused),
            },
            written => written.map_err(refused),
        }
    }

    /// Head and payload of a block, `None` if it has no file.
    pub(super) fn load(&self, block: usize) -> Result<Option<(Head, Vec<u8>)>, Damage> {
        match fs::read(self.path(block)) {
            Ok(bytes) => {
                decode(&bytes, self.job.identity(), block).map(|(head, payload)| Some((head, payload.to_vec())))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Damage::Unreadable(error.to_string())),
        }
    }

    /// That the sweep has this block.
    pub(super) fn check(&self, block: usize) -> Result<(), ReportError> {
        let blocks = self.job.blocks();
        if block < blocks { Ok(()) } else { Err(ReportError::NoSuchBlock { block, blocks }) }
    }

    /// What the file of this name holds, written first if it is not there.
    fn write_once(&self, name: &str, content: &[u8]) -> Result<Vec<u8>, ReportError> {
        let path = self.folder.join(name);
        let read = || fs::read(&path).map_err(|source| ReportError::Read { path: path.clone(), source });
        if path.exists() {
            return read();
        }
        match write_whole(&path, content, Existing::Kept) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(self.refused(name, error)),
            _ => read(),
        }
    }

    fn path(&self, block: usize) -> PathBuf {
        self.folder.join(file_name(block))
    }

    fn refused(&self, name: &str, source: io::Error) -> ReportError {
        ReportError::Disk { name: name.to_owned(), folder: self.folder.clone(), source }
    }
}

fn file_name(block: usize) -> String {
    format!("block-{block:06}.bin")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Provenance {
        Provenance { program: "lowrank", version: "0.1.0", commit: "abc".to_owned(), instructions: "avx2" }
    }

    fn open(folder: &Path) -> Store {
        Store::open(folder, Job::new(1, "{}", 7, 3), here()).unwrap()
    }

    #[test]
    fn a_block_is_kept_and_read_by_the_next_process() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        open(&deep).write(1, b"result").unwrap();
        let store = open(&deep);
        assert_eq!(store.finished(), [false, true, false]);
        assert_eq!(store.missing(), [0, 2]);
        assert_eq!(store.read(1).unwrap(), b"result");
        let told = store.read(0).unwrap_err().to_string();
        assert!(told.contains("block 0") && told.contains("is missing; run it first"), "{told}");
        assert!(store.read(3).unwrap_err().to_string().contains("0 to 3 - 1"));
        assert_eq!(fs::read(deep.join(DEFINITION)).unwrap(), b"{}");
    }

    #[test]
    fn a_valid_block_is_never_rewritten() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        store.write(0, b"result").unwrap();
        let first = fs::read(store.path(0)).unwrap();
        let later = Provenance { commit: "later".to_owned(), ..here() };
        let other = Store::open(folder.path(), store.job().clone(), later).unwrap();
        other.write(0, b"result").unwrap();
        let told = other.write(0, b"another").unwrap_err().to_string();
        assert!(told.contains("block 0") && told.contains("computed twice"), "{told}");
        assert_eq!(fs::read(store.path(0)).unwrap(), first);
    }

    #[test]
    fn damaged_blocks_are_told_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        store.write(2, b"elsewhere").unwrap();
        store.write(0, b"result").unwrap();
        let whole = fs::read(store.path(0)).unwrap();
        let mut flipped = whole.clone();
        flipped[whole.len() - 40] ^= 4;
        let foreign = fs::read(store.path(2)).unwrap();
        for bad in [&whole[..whole.len() - 1], &[], &flipped, &foreign, &[0; 500]] {
            fs::write(store.path(0), bad).unwrap();
            assert!(matches!(store.status(0), Status::Damaged(_)));
            assert_eq!(store.missing(), [0, 1]);
            assert!(store.read(0).is_err());
            store.write(0, b"result").unwrap();
            assert_eq!(fs::read(store.path(0)).unwrap(), whole);
        }
    }

    #[test]
    fn a_folder_of_another_sweep_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path()).write(0, b"result").unwrap();
        let refused = |job: Job| Store::open(folder.path(), job, here()).unwrap_err().to_string();
        let told = refused(Job::new(1, "{ }", 7, 3));
        assert!(told.contains(&sha256_hex(b"{}")) && told.contains(&sha256_hex(b"{ }")), "{told}");
        assert!(told.ends_with("choose another folder") && !told.contains('\n'), "{told}");
        assert!(refused(Job::new(2, "{}", 7, 3)).contains("schema 1, not 2"));
        assert!(refused(Job::new(1, "{}", 8, 3)).contains("seed 7, not 8"));
        assert!(refused(Job::new(1, "{}", 7, 4)).contains("blocks 3, not 4"));
        fs::write(folder.path().join(JOB), "{").unwrap();
        assert!(refused(Job::new(1, "{}", 7, 3)).contains("cannot read"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("occupied");
        fs::write(&file, b"x").unwrap();
        let told = Store::open(&file, Job::new(1, "{}", 7, 3), here()).unwrap_err().to_string();
        assert!(told.contains("occupied") && told.contains("make room"), "{told}");
    }
}
