//! How much a zip says it holds, before anything else reads it: the library keeps its whole list in memory, makes room
//! for as many entries as the end of the file claims, and tries other ends where one leads nowhere.

use std::io::{self, Read, Seek, SeekFrom};

/// Signature and fixed part of the end, of the pointer to the end of a large zip, and of that end.
const END: u64 = 22;
const POINTER: u64 = 20;
const LARGE_END: u64 = 56;
const END_MARK: u32 = 0x0605_4b50;
const POINTER_MARK: u32 = 0x0706_4b50;
const LARGE_END_MARK: u32 = 0x0606_4b50;

/// Whether a zip is one as this program writes them, with no more entries than that and a list no longer than that: its
/// list stands right before its end, and behind that stands nothing.
pub fn is_modest_zip(zip: &mut (impl Read + Seek), most: u64, longest_list: u64) -> io::Result<bool> {
    let length = zip.seek(SeekFrom::End(0))?;
    let found = claims(zip, length);
    zip.rewind()?;
    let Some(claims) = found? else { return Ok(false) };
    let ends = claims.list_at.checked_add(claims.list_length) == Some(claims.end_at);
    // Each entry of the list takes this much at least.
    let fits = claims.entries.checked_mul(46).is_some_and(|least| least <= claims.list_length);
    Ok(ends && fits && claims.entries <= most && claims.list_length <= longest_list)
}

struct Claims {
    entries: u64,
    list_at: u64,
    list_length: u64,
    /// Where what says so begins.
    end_at: u64,
}

fn claims(zip: &mut (impl Read + Seek), length: u64) -> io::Result<Option<Claims>> {
    let Some(end_at) = length.checked_sub(END) else { return Ok(None) };
    let end = Block::<22>::at(zip, end_at)?;
    // No words behind it: another end could stand in them.
    if end.four(0) != END_MARK || end.two(20) != 0 {
        return Ok(None);
    }
    let small =
        Claims { entries: end.two(10).into(), list_at: end.four(16).into(), list_length: end.four(12).into(), end_at };
    let pointer = match end_at.checked_sub(POINTER) {
        Some(at) => Some(Block::<20>::at(zip, at)?).filter(|pointer| pointer.four(0) == POINTER_MARK),
        None => None,
    };
    let Some(pointer) = pointer else { return Ok(Some(small)) };
    let large_at = pointer.eight(8);
    if large_at.checked_add(LARGE_END + POINTER) != Some(end_at) {
        return Ok(None);
    }
    let large = Block::<56>::at(zip, large_at)?;
    let claims =
        Claims { entries: large.eight(32), list_at: large.eight(48), list_length: large.eight(40), end_at: large_at };
    // What both say has to be the same, or left to the larger one.
    let is_same = (end.two(10) == u16::MAX || u64::from(end.two(10)) == claims.entries)
        && (end.four(16) == u32::MAX || u64::from(end.four(16)) == claims.list_at)
        && (end.four(12) == u32::MAX || u64::from(end.four(12)) == claims.list_length);
    Ok((large.four(0) == LARGE_END_MARK && is_same).then_some(claims))
}

struct Block<const N: usize>([u8; N]);

impl<const N: usize> Block<N> {
    fn at(zip: &mut (impl Read + Seek), at: u64) -> io::Result<Self> {
        zip.seek(SeekFrom::Start(at))?;
        let mut bytes = [0; N];
        zip.read_exact(&mut bytes)?;
        Ok(Self(bytes))
    }

    fn number(&self, at: usize, bytes: usize) -> u64 {
        self.0[at..at + bytes].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    fn two(&self, at: usize) -> u16 {
        u16::try_from(self.number(at, 2)).unwrap_or(u16::MAX)
    }

    fn four(&self, at: usize) -> u32 {
        u32::try_from(self.number(at, 4)).unwrap_or(u32::MAX)
    }

    fn eight(&self, at: usize) -> u64 {
        self.number(at, 8)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    fn zip_of(entries: u32, comment: &str) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for number in 0..entries {
            zip.start_file(format!("{number}"), SimpleFileOptions::default()).expect("begun");
            zip.write_all(b"x").expect("written");
        }
        zip.set_comment(comment).expect("short");
        zip.finish().expect("whole").into_inner()
    }

    /// As it ends when there are more entries than the small end can say.
    fn with_large_end(zip: &[u8]) -> Vec<u8> {
        let (list, end) = zip.split_at(zip.len() - 22);
        let end = Block::<22>(end.try_into().expect("an end"));
        let numbers = [end.two(10).into(), end.two(10).into(), end.four(12).into(), end.four(16).into()];
        [list, &large_end(numbers, list.len() as u64)].concat()
    }

    /// Entries twice, length and place of the list; and where this stands.
    fn large_end(numbers: [u64; 4], at: u64) -> Vec<u8> {
        let mut bytes = LARGE_END_MARK.to_le_bytes().to_vec();
        bytes.extend(44_u64.to_le_bytes());
        bytes.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend(numbers.into_iter().flat_map(u64::to_le_bytes));
        bytes.extend(POINTER_MARK.to_le_bytes());
        bytes.extend(0_u32.to_le_bytes());
        bytes.extend(at.to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(END_MARK.to_le_bytes());
        bytes.extend([0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0]);
        bytes
    }

    fn is_modest(bytes: &[u8], most: u64) -> bool {
        is_modest_zip(&mut Cursor::new(bytes), most, 1 << 20).unwrap_or(false)
    }

    #[test]
    fn what_a_zip_claims_is_read_off_its_end() {
        assert!(is_modest(&zip_of(3, ""), 3));
        assert!(!is_modest(&zip_of(4, ""), 3), "more than wanted");
        assert!(!is_modest_zip(&mut Cursor::new(zip_of(3, "")), 3, 100).expect("read"), "a longer list than wanted");
        let large = with_large_end(&zip_of(4, ""));
        zip::ZipArchive::new(Cursor::new(&large)).expect("a zip of the larger kind");
        assert!(is_modest(&large, 4) && !is_modest(&large, 3), "the larger end says it, too");
    }

    #[test]
    fn what_is_no_zip_of_ours_is_none() {
        assert!(!is_modest(&zip_of(3, "words, and maybe another end"), 3));
        for bytes in [&b""[..], b"PK", b"PK no zip at all, and longer than an end"] {
            assert!(!is_modest(bytes, 3), "{bytes:?}");
        }
        let whole = zip_of(3, "");
        for cut in 1..whole.len() {
            assert!(!is_modest(&whole[..cut], 3), "{cut} bytes of it");
        }
        let end = whole.len() - 22;
        for (at, byte) in [(end + 10, 200), (end + 12, 200), (end + 16, 200), (end + 20, 1)] {
            let mut other = whole.clone();
            other[at] = byte;
            assert!(!is_modest(&other, 1000), "{at}: its end does not fit");
        }
    }

    #[test]
    fn an_end_that_claims_more_than_there_can_be_is_refused() {
        // A hundred bytes that would have room made for billions of entries.
        let bytes = large_end([1 << 33, 1 << 33, 1 << 60, 0], 0);
        assert_eq!(bytes.len(), 98);
        assert!(!is_modest(&bytes, u64::MAX));
    }
}
