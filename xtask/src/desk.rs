//! A virtual desk: a display nobody sees, a session bus and an unlocked keychain, all for one use.
//!
//! Nothing of the user's own session is touched: no window pops up, the mouse stays where it is, and no test ever
//! writes to the real keychain. Every process that is started on the desk carries its mark in its environment, so that
//! at the end whatever still lives there is found and ended, even what made itself a daemon.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::packages::Purpose;
use crate::process::{Background, signal};
use crate::{Outcome, install, process};

/// Tests look for this variable before they move a mouse or fill a keychain.
const MARK: &str = "FLOWDECK_DESK";

/// `cargo xtask desk COMMAND...`
pub fn command(arguments: &[String]) -> Outcome {
    let Some((program, rest)) = arguments.split_first() else { return Err("desk needs a command to run.".into()) };
    install::packages(Purpose::Test, false)?;
    let desk = Desk::set_up()?;
    process::run(desk.command(Command::new(program).args(rest)))
}

pub struct Desk {
    mark: String,
    folder: PathBuf,
    variables: Vec<(&'static str, String)>,
    /// Ended in this order: what talks to the bus before the bus.
    helpers: Vec<Background>,
}

impl Desk {
    pub fn set_up() -> Outcome<Self> {
        if !cfg!(target_os = "linux") {
            return Err("A virtual desk needs Linux.".into());
        }
        let moment = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_nanos());
        let mark = format!("{}-{moment}", std::process::id());
        let folder = std::env::temp_dir().join(format!("flowdeck-desk-{mark}"));
        let mut desk = Self { mark, folder, variables: Vec::new(), helpers: Vec::new() };
        desk.prepare_folder()?;
        desk.start_display().map_err(|why| format!("No virtual display: {why}"))?;
        desk.start_bus().map_err(|why| format!("No session bus: {why}"))?;
        desk.start_keychain().map_err(|why| format!("No keychain: {why}"))?;
        Ok(desk)
    }

    /// Puts a command on the desk.
    pub fn command<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env_remove("WAYLAND_DISPLAY").env(MARK, &self.mark);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)))
    }

    fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.variables.push((name, value.into()));
    }

    fn prepare_folder(&mut self) -> Outcome {
        let make = |path: &Path| fs::create_dir_all(path).map_err(|error| format!("{}: {error}", path.display()));
        for (name, folder) in [("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache")] {
            let path = self.folder.join(folder);
            make(&path)?;
            self.set(name, path.to_string_lossy());
        }
        let runtime = self.folder.join("runtime");
        make(&runtime)?;
        // The keychain refuses a runtime folder that others may read.
        #[cfg(unix)]
        fs::set_permissions(&runtime, std::os::unix::fs::PermissionsExt::from_mode(0o700))
            .map_err(|error| error.to_string())?;
        self.set("XDG_RUNTIME_DIR", runtime.to_string_lossy());
        // Nothing of these is needed here, and each would start daemons of its own.
        for (name, value) in [
            ("NO_AT_BRIDGE", "1"),
            ("GTK_A11Y", "none"),
            ("GTK_USE_PORTAL", "0"),
            ("GSETTINGS_BACKEND", "memory"),
            ("GIO_USE_VFS", "local"),
            ("GDK_BACKEND", "x11"),
            ("LANG", "C.UTF-8"),
        ] {
            self.set(name, value);
        }
        Ok(())
    }

    /// Starts a helper on the desk.
    fn start(&mut self, program: &str, arguments: &[&str], input: Stdio, output: Stdio) -> Outcome<&mut Background> {
        let log = fs::File::create(self.folder.join(format!("{program}.log"))).map_err(|error| error.to_string())?;
        let helper = Background::start(program, |command| {
            self.command(command.args(arguments).stdin(input).stdout(output).stderr(log));
        })?;
        self.helpers.insert(0, helper);
        self.helpers.first_mut().ok_or_else(|| "it vanished".into())
    }

    fn start_display(&mut self) -> Outcome {
        // -displayfd: the server takes a free number itself, and says which once it listens.
        let arguments = ["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"];
        let number = self.start("Xvfb", &arguments, Stdio::null(), Stdio::piped())?.first_line()?;
        self.set("DISPLAY", format!(":{number}"));
        Ok(())
    }

    fn start_bus(&mut self) -> Outcome {
        let arguments = ["--session", "--nofork", "--print-address=1"];
        let address = self.start("dbus-daemon", &arguments, Stdio::null(), Stdio::piped())?.first_line()?;
        self.set("DBUS_SESSION_BUS_ADDRESS", address);
        Ok(())
    }

    fn start_keychain(&mut self) -> Outcome {
        let arguments = ["--foreground", "--unlock", "--components=secrets"];
        // --unlock reads a password and makes the login collection with it, where there is none.
        self.start("gnome-keyring-daemon", &arguments, Stdio::piped(), Stdio::null())?.feed("desk")?;
        // First whether it is on the bus: asking *it* too early makes the bus start a second, locked one.
        let on_the_bus =
            ["org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"];
        self.wait_for(&on_the_bus, "boolean true")?;
        let locked = [
            "org.freedesktop.secrets",
            "/org/freedesktop/secrets/collection/login",
            "org.freedesktop.DBus.Properties.Get",
            "string:org.freedesktop.Secret.Collection",
            "string:Locked",
        ];
        self.wait_for(&locked, "boolean false")
    }

    /// Asks a service on the bus (name, object, method, arguments) until the answer is the one hoped for.
    fn wait_for(&self, call: &[&str], hoped: &str) -> Outcome {
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            let mut question = Command::new("dbus-send");
            question.args(["--session", "--print-reply"]).arg(format!("--dest={}", call[0])).args(&call[1..]);
            let answer = self.command(question.stderr(Stdio::null())).output().map_err(|error| error.to_string())?;
            if String::from_utf8_lossy(&answer.stdout).contains(hoped) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(format!("no {hoped:?} from {} within ten seconds", call[0]))
    }

    /// Ends what still lives on the desk besides its own helpers.
    fn sweep(&self) {
        for name in ["TERM", "KILL"] {
            let left = marked_processes(&format!("{MARK}={}", self.mark));
            let left: Vec<u32> = left.into_iter().filter(|pid| !self.helpers.iter().any(|h| h.pid() == *pid)).collect();
            if left.is_empty() {
                return;
            }
            left.iter().for_each(|pid| signal(name, *pid));
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.sweep();
        self.helpers.clear();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The processes whose environment holds a `NAME=value`.
fn marked_processes(entry: &str) -> Vec<u32> {
    let holds = |pid: &u32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|field| field == entry.as_bytes())
    };
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(holds).collect()
}
