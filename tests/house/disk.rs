//! A disk of a test's own, which is small, filled, or read-only.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::{fs, io::Write as _, path::Path, process::Command};

pub struct Disk(tempfile::TempDir);

impl Disk {
    /// Where the system lets this user make one.
    #[allow(clippy::print_stderr, reason = "a test that could not be done is said")]
    pub fn of(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let options = format!("size={size}");
        let made = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).output();
        if made.is_ok_and(|made| made.status.success()) {
            return Some(Self(folder));
        }
        eprintln!("SKIPPED: this user may not mount a disk");
        None
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills it but for so many bytes, with a file that is called `filler`.
    pub fn fill(&self, left: usize) {
        let room = vec![0_u8; left];
        fs::write(self.path().join("room"), &room).expect("room");
        let mut filler = fs::File::create(self.path().join("filler")).expect("a file");
        while filler.write_all(&[0; 4096]).is_ok() {}
        fs::remove_file(self.path().join("room")).expect("room");
    }

    pub fn empty(&self) {
        fs::remove_file(self.path().join("filler")).expect("room again");
    }

    /// Names of what lies on it.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).expect("the disk").flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    pub fn read_only(&self) {
        self.change("remount,ro");
    }

    pub fn change(&self, options: &str) {
        let done = Command::new("mount").args(["-o", options]).arg(self.path()).status().expect("mount");
        assert!(done.success(), "{options}: the disk is another now");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A write that was just refused may still hold it.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}
