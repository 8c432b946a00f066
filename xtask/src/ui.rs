//! The page: its packages and its build.

use std::path::Path;
use std::time::SystemTime;

use crate::node::Node;
use crate::{Outcome, process};

/// Runs an npm command in ui/.
pub fn npm(node: &Node, arguments: &[&str]) -> Outcome {
    process::run(node.command("npm").args(arguments).current_dir("ui"))
}

/// Brings ui/node_modules to what the lock file says, if it is not there yet.
pub fn packages(node: &Node) -> Outcome {
    // npm writes this file last, so it is younger than the lock file exactly if the install is complete and current.
    let stamp = modified(Path::new("ui/node_modules/.package-lock.json"));
    if stamp.is_some() && stamp >= modified(Path::new("ui/package-lock.json")) {
        return Ok(());
    }
    npm(node, &["ci", "--no-audit", "--no-fund"])
}

/// Builds ui/dist, if a source is younger than it.
pub fn build(node: &Node) -> Outcome {
    packages(node)?;
    let sources =
        ["src", "public", "index.html", "package.json", "package-lock.json", "vite.config.ts", "svelte.config.js"];
    let youngest = sources.iter().filter_map(|name| youngest(&Path::new("ui").join(name))).max();
    let built = modified(Path::new("ui/dist/index.html"));
    if built.is_some() && built >= youngest {
        return Ok(());
    }
    npm(node, &["run", "build"])
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|about| about.modified()).ok()
}

/// The youngest file at or below a path.
fn youngest(path: &Path) -> Option<SystemTime> {
    let Ok(entries) = path.read_dir() else { return modified(path) };
    entries.flatten().filter_map(|entry| youngest(&entry.path())).max()
}
