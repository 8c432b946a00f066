//! The one table of what has to be installed, and for what.

/// What a package is needed for. `Test` needs all of `Build` as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Build,
    /// The tests, and the tour on a machine without a display.
    Test,
}

/// One thing the project needs, by its name in each family of systems; empty where the family has it within another.
pub struct Package {
    pub purpose: Purpose,
    pub debian: &'static str,
    pub fedora: &'static str,
    pub arch: &'static str,
    pub why: &'static str,
}

const fn build(debian: &'static str, fedora: &'static str, arch: &'static str, why: &'static str) -> Package {
    Package { purpose: Purpose::Build, debian, fedora, arch, why }
}

const fn test(debian: &'static str, fedora: &'static str, arch: &'static str, why: &'static str) -> Package {
    Package { purpose: Purpose::Test, debian, fedora, arch, why }
}

/// Node is not here: see `node.rs`, which also copes with systems whose Node is too old.
pub const PACKAGES: &[Package] = &[
    build("build-essential", "gcc gcc-c++ make", "base-devel", "the linker, and a compiler for SQLite"),
    build("pkg-config", "pkgconf-pkg-config", "", "finds the libraries below"),
    build("ca-certificates", "ca-certificates", "ca-certificates", "downloads over TLS"),
    build("libwebkit2gtk-4.1-dev", "webkit2gtk4.1-devel", "webkit2gtk-4.1", "the web view"),
    build("libgtk-3-dev", "gtk3-devel", "gtk3", "the window and the file dialogs"),
    build("libasound2-dev", "alsa-lib-devel", "alsa-lib", "sound"),
    build("fonts-noto-cjk", "google-noto-sans-cjk-fonts", "noto-fonts-cjk", "Chinese, Japanese and Korean text"),
    build("fonts-noto-color-emoji", "google-noto-color-emoji-fonts", "noto-fonts-emoji", "app icons"),
    build("fonts-inter", "google-noto-sans-fonts", "inter-font", "Latin text as it was drawn for"),
    build("fonts-dejavu-core", "dejavu-sans-fonts", "ttf-dejavu", "Latin text on a system without any font"),
    test("git", "git", "git", "tells whether the generated types are up to date"),
    test("webkit2gtk-driver", "webkit2gtk4.1", "", "drives the window"),
    test("xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb", "a display without a screen"),
    test("xdotool", "xdotool", "xdotool", "types into native dialogs, and drags"),
    test("imagemagick", "ImageMagick", "imagemagick", "takes the pictures"),
    test("dbus", "dbus-daemon", "dbus", "a session bus of its own"),
    test("gnome-keyring", "gnome-keyring", "gnome-keyring", "a keychain of its own"),
    test("pulseaudio", "pulseaudio", "pulseaudio", "a sound device of its own that nobody hears"),
    test("pulseaudio-utils", "pulseaudio-utils", "libpulse", "records what is played on it"),
    test("libasound2-plugins", "alsa-plugins-pulseaudio", "alsa-plugins", "lets the program play on it"),
    test("python3-gi", "python3-gobject", "python-gobject", "the window that documents are dragged from"),
    test("gir1.2-gtk-3.0", "gtk3", "gtk3", "the same"),
];

/// Everything needed for a purpose.
pub fn needed_for(purpose: Purpose) -> impl Iterator<Item = &'static Package> {
    PACKAGES.iter().filter(move |package| package.purpose == Purpose::Build || package.purpose == purpose)
}
