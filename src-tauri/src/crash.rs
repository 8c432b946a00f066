//! A panic leaves a short report without contents, and the program goes on where it can.

use std::{backtrace::Backtrace, fs, io::Write, path::Path, time::SystemTime};

/// Installs the hook. Reports go to `<data folder>/crashes/`; the newest five are kept.
///
/// A panic's message may quote what the user typed, so only its place and the call stack are written.
pub fn install(data_folder: &Path) {
    let folder = data_folder.join("crashes");
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!("panic at {place}");
        // Nothing may fail here a second time.
        let _ = report(&folder, &place, &Backtrace::force_capture().to_string());
        if cfg!(debug_assertions) {
            before(info);
        }
    }));
}

fn report(folder: &Path, place: &str, stack: &str) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut earlier: Vec<_> = fs::read_dir(folder)?.filter_map(Result::ok).map(|entry| entry.path()).collect();
    earlier.sort();
    for old in earlier.iter().rev().skip(4) {
        fs::remove_file(old)?;
    }
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let mut file = fs::File::create(folder.join(format!("crash-{seconds}.txt")))?;
    let thread = std::thread::current();
    writeln!(
        file,
        "Flowdeck {} on {} {}\nthread {}\nat {place}\n\n{stack}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        thread.name().unwrap_or("without a name"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_five_reports_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        for n in 0..8 {
            fs::write(folder.path().join(format!("crash-{n}.txt")), "").expect("written");
        }
        report(folder.path(), "src/x.rs:1:1", "stack").expect("written");
        let kept = fs::read_dir(folder.path()).expect("listed").count();
        assert_eq!(kept, 5);
    }
}
