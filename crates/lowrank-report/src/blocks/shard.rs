//! A part of a sweep that one process runs.

use std::fmt;

use crate::ReportError;

/// Shard k of n, counted from 0: the blocks whose index leaves k when divided by n.
///
/// Neighbouring blocks are neighbouring parameters and cost alike, so dealing them out in turn shares the work evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

impl Shard {
    /// The whole sweep.
    pub const ALL: Self = Self { index: 0, count: 1 };

    /// From "k/n" with 0 <= k < n.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<Self, ReportError> {
        let wrong = |reason| ReportError::Shard { text: text.escape_debug().to_string(), reason };
        let (index, count) = text.split_once('/').ok_or_else(|| wrong("has no /"))?;
        let number = |part: &str| part.parse::<usize>().map_err(|_| wrong("is not two whole numbers"));
        let (index, count) = (number(index)?, number(count)?);
        if count == 0 {
            return Err(wrong("is one of no shards"));
        }
        if index >= count {
            return Err(wrong("is beyond the last shard"));
        }
        Ok(Self { index, count })
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// The blocks of `shard` among `blocks`, in rising order. The shards of one n are disjoint and cover all.
pub fn blocks_of(shard: Shard, blocks: usize) -> impl DoubleEndedIterator<Item = usize> + ExactSizeIterator {
    (shard.index..blocks).step_by(shard.count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_disjoint_even_and_cover_all() {
        for blocks in 0..40 {
            for count in 1..45 {
                let mut taken = vec![0; blocks];
                for index in 0..count {
                    let shard = Shard::parse(&format!("{index}/{count}")).unwrap();
                    let mine = blocks_of(shard, blocks);
                    assert!(mine.len().abs_diff(blocks / count) <= 1);
                    mine.for_each(|b| taken[b] += 1);
                }
                assert_eq!(taken, vec![1; blocks], "{blocks} blocks, {count} shards");
            }
        }
        assert!(blocks_of(Shard::ALL, 5).eq(0..5));
    }

    #[test]
    fn what_is_no_shard_is_refused_in_one_line() {
        for text in
            ["", "/", "1", "1/", "/2", "2/2", "0/0", "-1/2", "1/2/3", "a/b", "0 /2", "0\n/2", "0/99999999999999999999"]
        {
            let told = Shard::parse(text).unwrap_err().to_string();
            assert!(told.contains("0 <= k < n") && !told.contains('\n'), "{told}");
        }
        assert_eq!(Shard::parse("3/7").unwrap().to_string(), "3/7");
    }
}
