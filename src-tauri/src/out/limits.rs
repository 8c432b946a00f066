//! What the file of a run may hold: nothing larger is read, and so nothing larger is written.

/// A run of ten thousand steps is a tenth of it.
pub(super) const LARGEST_MANIFEST: u64 = 64 * 1024 * 1024;
/// Documents and result files of one run, together.
pub(super) const MOST_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// Texts become a twentieth when they are packed; what becomes so much more than that was made to fill disks.
const MOST_TIMES: u64 = 200;
/// Small files may be packed as tightly as they like.
const ALWAYS: u64 = 64 * 1024 * 1024;
pub(super) const MOST_ENTRIES: usize = 5000;
/// The zip's own list of them: we write a hundred bytes for each.
pub(super) const LONGEST_LIST: u64 = 1024 * 1024;

/// Bytes that are taken out of a file of this size.
pub(super) fn taken_out_of(size: u64) -> u64 {
    ALWAYS.max(size.saturating_mul(MOST_TIMES)).min(MOST_BYTES)
}
