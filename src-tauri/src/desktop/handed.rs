//! What a start was handed to open: paths and addresses of files among its arguments. Pure.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use url::Url;

/// Nobody opens more at once on purpose.
pub const MOST_FILES: usize = 100;

/// The files among the arguments, the program's name left out, as seen from the folder it was started in. What begins
/// with a dash is an option: web views and systems add their own.
pub fn handed(arguments: impl IntoIterator<Item = OsString>, folder: &Path) -> Vec<PathBuf> {
    let mut only_files = false;
    let mut files = Vec::new();
    for argument in arguments {
        if !only_files && argument == "--" {
            only_files = true;
        } else if only_files || !argument.as_encoded_bytes().starts_with(b"-") {
            let address = argument.to_str().filter(|text| text.starts_with("file://"));
            let path = address.and_then(|text| Url::parse(text).ok()?.to_file_path().ok());
            let path = path.unwrap_or_else(|| folder.join(&argument));
            if !argument.is_empty() && files.len() < MOST_FILES {
                files.push(path);
            }
        }
    }
    files
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn of(arguments: &[&str]) -> Vec<PathBuf> {
        handed(arguments.iter().map(OsString::from), Path::new("/home/anna"))
    }

    #[test]
    fn paths_are_seen_from_where_the_program_was_started() {
        let found = of(&["a.flowdeck-run", "/tmp/b b.flowdeck-run", "../c", "file:///tmp/%E5%90%88%20d", ""]);
        let wanted = ["/home/anna/a.flowdeck-run", "/tmp/b b.flowdeck-run", "/home/anna/../c", "/tmp/\u{5408} d"];
        assert_eq!(found, wanted.map(PathBuf::from));
    }

    #[test]
    fn options_are_no_files_unless_it_is_said_that_they_are() {
        assert_eq!(of(&["--automation", "-psn_0_1", "-"]), Vec::<PathBuf>::new());
        assert_eq!(of(&["--", "-a.flowdeck-run"]), [PathBuf::from("/home/anna/-a.flowdeck-run")]);
    }

    #[test]
    fn a_folder_full_of_arguments_is_cut() {
        assert_eq!(of(&vec!["a"; 1000]).len(), MOST_FILES);
    }
}
