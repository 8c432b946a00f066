//! Installs system packages where that can be done for the user, and says what to type where it cannot.

use std::io::Write;
use std::process::Command;

use crate::packages::{Package, Purpose, needed_for};
use crate::system::{Family, has_terminal, is_root, said, which};
use crate::{Outcome, process};

/// Sees to it that everything needed for a purpose is there. `yes`: do not ask, even at a terminal.
pub fn packages(purpose: Purpose, yes: bool) -> Outcome {
    match Family::of_this_machine() {
        Family::Debian => {
            debian(&needed_for(purpose).filter(|package| !is_installed(package.debian)).collect::<Vec<_>>(), yes)
        }
        Family::Fedora => advise(purpose, "sudo dnf install", |package| package.fedora),
        Family::Arch => advise(purpose, "sudo pacman -S --needed", |package| package.arch),
        Family::OtherLinux => advise(purpose, "with Debian's names:", |package| package.debian),
        Family::MacOs => mac_os(purpose),
        Family::Windows => windows(purpose),
    }
}

/// Installs Debian packages by name, without a table.
pub fn apt(names: &[&str], yes: bool) -> Outcome {
    println!("These Debian packages are missing and will be installed:\n  {}", names.join(" "));
    let command = match (is_root(), which("sudo")) {
        (true, _) => "apt-get",
        (false, Some(_)) => "sudo apt-get",
        (false, None) => {
            return Err(format!("There is no sudo here. As root, run:\n  apt-get install {}", names.join(" ")));
        }
    };
    if !yes && has_terminal() && !agreed("Install them now?")? {
        return Err(format!("Nothing was installed. To do it by hand:\n  {command} install {}", names.join(" ")));
    }
    let run = |arguments: &[&str]| {
        let mut words = command.split(' ');
        let mut command = Command::new(words.next().unwrap_or("apt-get"));
        // Nobody can answer debconf's questions here; sudo drops the variable, and then asks at the terminal it has.
        process::run(command.args(words).args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    run(&["-qq", "update"])?;
    let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
    install.extend(names);
    run(&install)
}

fn debian(missing: &[&Package], yes: bool) -> Outcome {
    if missing.is_empty() {
        return Ok(());
    }
    for package in missing {
        println!("missing: {:<24} {}", package.debian, package.why);
    }
    apt(&missing.iter().map(|package| package.debian).collect::<Vec<_>>(), yes)
}

fn is_installed(name: &str) -> bool {
    // Pinned to the status: a removed package whose settings remain is known to dpkg as well.
    said("dpkg-query", &["-W", "-f=${db:Status-Status}\n", name])
        .is_some_and(|text| text.lines().any(|line| line == "installed"))
}

fn agreed(question: &str) -> Outcome<bool> {
    print!("{question} [Y/n] ");
    std::io::stdout().flush().map_err(|error| error.to_string())?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(|error| error.to_string())?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes"))
}

/// The libraries whose absence shows only deep inside a build, by their pkg-config names.
const LIBRARIES: [&str; 3] = ["webkit2gtk-4.1", "gtk+-3.0", "alsa"];

/// Systems we do not install on: silent when all is there, else the exact command.
fn advise(purpose: Purpose, command: &str, name: fn(&Package) -> &'static str) -> Outcome {
    let mut absent: Vec<&str> =
        LIBRARIES.into_iter().filter(|library| said("pkg-config", &["--exists", library]).is_none()).collect();
    if purpose == Purpose::Test {
        let programs = ["WebKitWebDriver", "Xvfb", "xdotool", "import", "dbus-daemon", "gnome-keyring-daemon"];
        absent.extend(programs.into_iter().filter(|program| which(program).is_none()));
    }
    if absent.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = needed_for(purpose).map(name).filter(|name| !name.is_empty()).collect();
    Err(format!(
        "Missing: {}. Install what is needed, then run this again:\n  {command} {}",
        absent.join(", "),
        names.join(" ")
    ))
}

fn mac_os(purpose: Purpose) -> Outcome {
    if purpose == Purpose::Test {
        println!("The end-to-end tests need Linux: there is no WebDriver for the web view of macOS. Use --skip-e2e.");
    }
    if said("xcode-select", &["-p"]).is_none() {
        return Err(
            "Apple's command line tools are missing. Run this, then try again:\n  xcode-select --install".into()
        );
    }
    Ok(())
}

fn windows(purpose: Purpose) -> Outcome {
    if purpose == Purpose::Test {
        println!("The end-to-end tests need Linux. Use --skip-e2e.");
    }
    // rustc finds the linker by itself; all we can see from here is whether the installer's folder is there.
    let tools = ["ProgramFiles(x86)", "ProgramFiles"]
        .iter()
        .filter_map(std::env::var_os)
        .any(|folder| std::path::Path::new(&folder).join("Microsoft Visual Studio").exists());
    if tools {
        return Ok(());
    }
    Err("The C++ build tools are missing. In a terminal, run this, then try again:\n  \
         winget install Microsoft.VisualStudio.2022.BuildTools --override \"--wait --passive --add \
         Microsoft.VisualStudio.Workload.VCTools --includeRecommended\"\n\
         Windows 10 may also need the web view: winget install Microsoft.EdgeWebView2Runtime"
        .into())
}
