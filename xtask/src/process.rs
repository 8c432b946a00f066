//! Child processes: shown before they run, and never left behind.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use crate::Outcome;

/// A command line as a person would type it.
fn shown(command: &Command) -> String {
    // Cargo hands us its full path, which nobody types.
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn failed(command: &Command, error: &std::io::Error) -> String {
    format!("`{}` could not be started: {error}", shown(command))
}

/// Runs a command to its end, in the terminal.
pub fn run(command: &mut Command) -> Outcome {
    println!("$ {}", shown(command));
    let status = command.status().map_err(|error| failed(command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status}).", shown(command))) }
}

/// Runs a command to its end, shows what it prints, and keeps the lines that `is_closing` picks, for the summary.
pub fn run_and_keep(command: &mut Command, is_closing: fn(&str) -> bool) -> (Outcome, Vec<String>) {
    println!("$ {}", shown(command));
    let mut child = match command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(error) => return (Err(failed(command, &error)), Vec::new()),
    };
    let (sender, lines) = mpsc::channel::<String>();
    let readers = [child.stdout.take().map(forward(&sender)), child.stderr.take().map(forward(&sender))];
    drop(sender);
    let mut kept = Vec::new();
    for line in lines {
        println!("{line}");
        let plain = without_colours(&line);
        if is_closing(plain.trim()) {
            kept.push(plain.trim().to_owned());
        }
    }
    for reader in readers.into_iter().flatten() {
        let _ = reader.join();
    }
    let outcome = match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{}` failed ({status}).", shown(command))),
        Err(error) => Err(failed(command, &error)),
    };
    (outcome, kept)
}

fn forward<R: Read + Send + 'static>(sender: &mpsc::Sender<String>) -> impl FnOnce(R) -> thread::JoinHandle<()> {
    let sender = sender.clone();
    move |source| {
        thread::spawn(move || {
            // Bytes, not lines(): one byte that is not UTF-8 must not end the output.
            let mut source = BufReader::new(source);
            let mut line = Vec::new();
            while source.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                let text = String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned();
                if sender.send(text).is_err() {
                    break;
                }
                line.clear();
            }
        })
    }
}

/// The line without its terminal colours.
fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            // A colour is ESC [ … m; other sequences end with a letter, too.
            for inner in characters.by_ref() {
                if inner.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            plain.push(character);
        }
    }
    plain
}

/// A helper in the background that ends with us: with this value, and by the kernel if we are killed.
pub struct Background(Child);

impl Background {
    pub fn start(program: &str, prepare: impl FnOnce(&mut Command)) -> Outcome<Self> {
        // setpriv is part of util-linux, which every Linux has; std has no safe way to ask for the death signal.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM", program]).stdin(Stdio::null());
        prepare(&mut command);
        command.spawn().map(Self).map_err(|error| failed(&command, &error))
    }

    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// The first line it prints.
    pub fn first_line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        let output = self.0.stdout.take().ok_or("its output was not asked for")?;
        BufReader::new(output).read_line(&mut line).map_err(|error| error.to_string())?;
        if line.trim().is_empty() { Err("it ended without a word".into()) } else { Ok(line.trim().to_owned()) }
    }

    /// Hands it its whole input.
    pub fn feed(&mut self, text: &str) -> Outcome {
        let mut input = self.0.stdin.take().ok_or("its input was not asked for")?;
        input.write_all(text.as_bytes()).map_err(|error| error.to_string())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        signal("TERM", self.0.id());
        for _ in 0..40 {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(std::time::Duration::from_millis(50));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sends a signal to one process. The shell's own `kill`: a bare Debian has no other.
pub fn signal(name: &str, pid: u32) {
    let line = format!("kill -{name} {pid}");
    let _ = Command::new("sh").args(["-c", &line]).stdin(Stdio::null()).stderr(Stdio::null()).status();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_found_under_their_colours() {
        assert_eq!(without_colours("test result: \u{1b}[32mok\u{1b}[0m. 3 passed"), "test result: ok. 3 passed");
    }

    #[test]
    fn both_outputs_of_a_command_are_searched_for_closing_lines() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo a closing line; echo noise; echo the closing line on stderr >&2; exit 3"]);
        let (outcome, mut kept) = run_and_keep(&mut command, |line| line.contains("closing"));
        kept.sort();
        assert_eq!(kept, ["a closing line", "the closing line on stderr"]);
        assert!(outcome.is_err(), "the exit code counts, not what was printed");
    }
}
