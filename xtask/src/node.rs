//! Node.js and npm, recent enough for the page's build.
//!
//! Debian 12 ships Node 18, and Vite 8 asks for 20.19. The npm registry also carries Node itself, one package per
//! platform, so an old npm is all it takes to get a newer Node: it goes to `target/node/` and is used for this project
//! only. (The package called `node` does the same in an install script, which the npm of Debian 12 breaks off.)

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::install;
use crate::system::{Family, root, said, which};
use crate::{Outcome, process};

/// What Vite 8 asks for.
const OLDEST: (u32, u32) = (20, 19);
/// The line that everything here was tried with.
const LINE: &str = "20";

/// Where Debian and Arch keep them.
const SYSTEM_CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Where to find node and npm.
pub struct Node {
    /// Goes in front of PATH.
    folders: Vec<PathBuf>,
}

impl Node {
    /// Finds a Node that is new enough, or gets one.
    pub fn find(yes: bool) -> Outcome<Self> {
        let system = Self { folders: Vec::new() };
        if system.is_enough() {
            return Ok(system);
        }
        let own = Self { folders: own_folders() };
        if own.is_enough() {
            return Ok(own);
        }
        let Some(platform) = platform() else { return Err(advice()) };
        let lacking: Vec<&str> =
            [("node", "nodejs"), ("npm", "npm")].iter().filter(|(p, _)| which(p).is_none()).map(|(_, d)| *d).collect();
        if !lacking.is_empty() {
            if Family::of_this_machine() != Family::Debian {
                return Err(advice());
            }
            install::apt(&lacking, yes)?;
            if system.is_enough() {
                return Ok(system);
            }
        }
        println!("Node {} is too old for the page's build; getting Node {LINE} into target/node/.", version_text());
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--prefix", "target/node"]);
        // The npm that belongs to it: an old npm under a new Node is a pair nobody tries.
        process::run(npm.arg(format!("node-{platform}@{LINE}")).arg("npm@10"))?;
        if own.is_enough() { Ok(own) } else { Err(advice()) }
    }

    /// A command that finds this Node first.
    pub fn command(&self, program: &str) -> Command {
        // Windows has npm as a script that only a shell finds.
        let mut command = if cfg!(windows) { Command::new("cmd") } else { Command::new(program) };
        if cfg!(windows) {
            command.args(["/c", program]);
        }
        if !self.folders.is_empty() {
            let rest = std::env::var_os("PATH").unwrap_or_default();
            let folders = self.folders.iter().cloned().chain(std::env::split_paths(&rest));
            if let Ok(path) = std::env::join_paths(folders) {
                command.env("PATH", path);
            }
            // Debian's Node trusts the certificates of the system, the registry's only its own list: behind a proxy
            // with a certificate of its own, every download would fail (npm 10 then says "Exit handler never called").
            if std::env::var_os("NODE_EXTRA_CA_CERTS").is_none() && Path::new(SYSTEM_CERTIFICATES).exists() {
                command.env("NODE_EXTRA_CA_CERTS", SYSTEM_CERTIFICATES);
            }
        }
        command
    }

    fn is_enough(&self) -> bool {
        let answer = |program: &str| {
            let output = self.command(program).arg("--version").output().ok()?;
            output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
        };
        answer("node").and_then(|text| parse(&text)).is_some_and(|version| version >= OLDEST) && answer("npm").is_some()
    }
}

fn own_folders() -> Vec<PathBuf> {
    let modules = root().join("target/node/node_modules");
    let node = platform().map(|platform| modules.join(format!("node-{platform}/bin")));
    node.into_iter().chain([modules.join(".bin")]).collect()
}

/// This machine in the names of the registry's packages.
fn platform() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some("linux-x64"),
        ("linux", "aarch64") => Some("linux-arm64"),
        ("macos", "x86_64") => Some("darwin-x64"),
        ("macos", "aarch64") => Some("darwin-arm64"),
        _ => None,
    }
}

/// `v20.20.2` → (20, 20)
fn parse(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().strip_prefix('v')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn version_text() -> String {
    said("node", &["--version"]).map_or_else(|| "(none)".into(), |text| text.trim().to_owned())
}

fn advice() -> String {
    let (major, minor) = OLDEST;
    let how = match Family::of_this_machine() {
        Family::Debian | Family::OtherLinux => "Install it from https://nodejs.org/en/download, and run this again.",
        Family::Fedora => "Run this, then try again:\n  sudo dnf install nodejs npm",
        Family::Arch => "Run this, then try again:\n  sudo pacman -S --needed nodejs npm",
        Family::MacOs => "Run this, then try again:\n  brew install node",
        Family::Windows => "Run this, then try again in a new terminal:\n  winget install OpenJS.NodeJS.LTS",
    };
    format!("Node.js {major}.{minor} or newer is needed, with npm; this machine has {}. {how}", version_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(parse("v20.19.0\n") >= Some(OLDEST));
        assert!(parse("v100.1.0") >= Some(OLDEST), "not as text, where 100 comes before 20");
        assert!(parse("v20.9.0") < Some(OLDEST));
        assert!(parse("v18.20.4") < Some(OLDEST), "Debian 12's own");
        assert_eq!(parse("command not found"), None);
    }
}
