//! Processes: started so that none is left behind, looked at, and ended by their number.

use std::collections::HashSet;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A helper that ends with this value, and by the kernel's hand if the test itself is killed.
pub struct Helper(Child);

impl Helper {
    pub fn start(program: &str, prepare: impl FnOnce(&mut Command)) -> Self {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", program]).stdin(Stdio::null());
        prepare(&mut command);
        Self(command.spawn().unwrap_or_else(|error| panic!("{program} does not start: {error}")))
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `kill -9`: the program gets no chance to tidy up or to save anything.
pub fn kill(pid: u32) {
    let line = format!("kill -KILL {pid}");
    let _ = Command::new("sh").args(["-c", &line]).stderr(Stdio::null()).status();
    let deadline = Instant::now() + Duration::from_secs(60);
    while is_alive(pid) {
        assert!(Instant::now() < deadline, "process {pid} outlives kill -9");
        sleep(Duration::from_millis(20));
    }
}

pub fn is_alive(pid: u32) -> bool {
    // A zombie has ended: it only waits for its parent to read its exit code.
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z')))
}

/// The processes whose environment holds `entry` (`NAME=value`), whatever their parents are.
pub fn marked(entry: &str) -> Vec<u32> {
    let holds = |pid: &u32| environment(*pid).iter().any(|field| field == entry);
    let entries = fs::read_dir("/proc").expect("there is a /proc");
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(holds).collect()
}

/// The program file that a process runs.
pub fn program_of(pid: u32) -> Option<std::path::PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok()
}

/// The TCP ports that a process listens on, without the one through which WebDriver reaches its web view.
pub fn listening_ports(pid: u32) -> Vec<u16> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).expect("the process lives");
    let open: HashSet<String> = entries
        .flatten()
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .filter_map(|target| Some(target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let mut ports = Vec::new();
    for table in ["tcp", "tcp6"] {
        let text = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        for line in text.lines().skip(1) {
            // sl local_address rem_address st … inode; 0A is LISTEN
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (Some(local), Some(&"0A"), Some(&inode)) = (fields.get(1), fields.get(3), fields.get(9)) else {
                continue;
            };
            if open.contains(inode) {
                let port = local.rsplit(':').next().and_then(|hex| u16::from_str_radix(hex, 16).ok());
                ports.extend(port);
            }
        }
    }
    let drivers =
        environment(pid).into_iter().find_map(|entry| port_in(entry.strip_prefix("WEBKIT_INSPECTOR_SERVER=")?));
    ports.retain(|port| Some(*port) != drivers);
    ports
}

fn port_in(address: &str) -> Option<u16> {
    address.rsplit(':').next()?.parse().ok()
}

fn environment(pid: u32) -> Vec<String> {
    let bytes = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    bytes.split(|byte| *byte == 0).map(|entry| String::from_utf8_lossy(entry).into_owned()).collect()
}
