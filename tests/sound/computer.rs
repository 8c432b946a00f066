//! A computer with a sound device that records what is played, or with none at all.
//!
//! Which devices there are is read from the environment when the first is looked for. So each test runs once more, as
//! a process of its own in an environment of its own; what it starts ends with it.

use std::{
    fs::File,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Says to a test that it runs on the computer it wants.
const MARK: &str = "FLOWDECK_SOUND";
const PATIENCE: Duration = Duration::from_secs(180);

pub struct Computer {
    folder: PathBuf,
    server: Option<Helper>,
    recorder: Option<Helper>,
}

/// Ends with this value, and by the kernel's hand if the test itself is killed.
struct Helper(Child);

impl Helper {
    fn start(program: &str, prepare: impl FnOnce(&mut Command)) -> Self {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", program]).stdin(Stdio::null()).stderr(Stdio::null());
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

impl Computer {
    /// One that plays; `None` where the test has already run there.
    pub fn that_plays(test: &str) -> Option<Self> {
        let mut computer =
            Self::of(test, "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n")?;
        computer.plug_in();
        Some(computer)
    }

    /// One without any sound.
    pub fn without_sound(test: &str) -> Option<Self> {
        Self::of(test, "")
    }

    fn of(test: &str, devices: &str) -> Option<Self> {
        if let Some(folder) = std::env::var_os(MARK) {
            return Some(Self { folder: folder.into(), server: None, recorder: None });
        }
        // Two that play at the same time would starve each other on a small machine.
        let turn = File::create(std::env::temp_dir().join("flowdeck-sound.turn")).expect("a file to take turns with");
        turn.lock().expect("our turn");
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("asound.conf");
        std::fs::write(&config, devices).expect("written");
        let own = std::env::current_exe().expect("this program");
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .arg(own)
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .env(MARK, folder.path())
            .env("ALSA_CONFIG_PATH", config)
            .env("PULSE_SERVER", format!("unix:{}", folder.path().join("socket").display()))
            .env("PULSE_RUNTIME_PATH", folder.path().join("runtime"))
            .env("PULSE_STATE_PATH", folder.path().join("state"))
            .env("PULSE_COOKIE", folder.path().join("cookie"))
            .env("XDG_RUNTIME_DIR", folder.path())
            .env_remove("DISPLAY")
            .spawn()
            .expect("the test starts once more");
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = child.try_wait().expect("its end can be waited for") {
                break Some(status);
            }
            if Instant::now() > deadline {
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        assert!(status.is_some_and(|status| status.success()), "{test} on a computer of its own: {status:?}");
        None
    }

    /// The device is there, from now on or again.
    pub fn plug_in(&mut self) {
        let socket = self.folder.join("socket");
        let _ = std::fs::remove_file(&socket);
        std::fs::create_dir_all(self.folder.join("runtime")).expect("a folder");
        self.server = Some(Helper::start("pulseaudio", |command| {
            let socket = format!("module-native-protocol-unix auth-anonymous=1 socket={}", socket.display());
            command.args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes"]);
            command.args(["--log-target=stderr", "-L", &socket]);
            command.args(["-L", "module-null-sink sink_name=ear rate=44100 channels=2"]).stdout(Stdio::null());
        }));
        wait_for("the sound server", || {
            let asked = Command::new("pactl").arg("info").stdout(Stdio::null()).stderr(Stdio::null()).status();
            asked.is_ok_and(|status| status.success())
        });
        let recording = File::create(self.recording()).expect("a file");
        self.recorder = Some(Helper::start("parec", |command| {
            command.args(["--raw", "--format=s16le", "--rate=44100", "--channels=1", "-d", "ear.monitor"]);
            command.arg("--latency-msec=20").stdout(recording);
        }));
        wait_for("the recording", || self.recording().metadata().is_ok_and(|file| file.len() > 0));
    }

    /// The device is pulled out.
    pub fn pull_out(&mut self) {
        self.recorder = None;
        self.server = None;
    }

    fn recording(&self) -> PathBuf {
        self.folder.join("heard.raw")
    }

    /// What was played so far, 44,100 samples a second.
    pub fn heard(&self) -> Vec<f32> {
        let bytes = std::fs::read(self.recording()).expect("the recording");
        bytes.chunks_exact(2).map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0).collect()
    }

    /// Begins the recording anew.
    pub fn forget(&mut self) {
        let recording = File::create(self.recording()).expect("a file");
        self.recorder = None;
        self.recorder = Some(Helper::start("parec", |command| {
            command.args(["--raw", "--format=s16le", "--rate=44100", "--channels=1", "-d", "ear.monitor"]);
            command.arg("--latency-msec=20").stdout(recording);
        }));
        wait_for("the recording", || self.recording().metadata().is_ok_and(|file| file.len() > 0));
    }
}

fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
