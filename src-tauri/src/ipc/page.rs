//! Commands of the page where runs are watched: what an app is called, how long its runs usually take, and on which
//! system they are watched.

use tauri::State;

use super::commands::Answer;
use crate::{
    model::{
        app::{App, AppId},
        run::RunId,
        usual::Usual,
    },
    setup::Backend,
};

#[tauri::command]
pub async fn app_rename(backend: State<'_, Backend>, app_id: AppId, name: String) -> Answer<App> {
    Ok(backend.rooms()?.apps.rename(&app_id, &name).await?)
}

#[tauri::command]
pub async fn run_usual(backend: State<'_, Backend>, run_id: RunId) -> Answer<Usual> {
    Ok(backend.rooms()?.runs.usual(&run_id).await?)
}

/// What whoever has to help asks first: the system's name, its release where it says so, and the processor.
pub(super) fn system() -> String {
    let release = std::fs::read_to_string("/etc/os-release").ok().and_then(|text| release_of(&text));
    let name = release.unwrap_or_else(|| std::env::consts::OS.to_owned());
    format!("{name}, {}", std::env::consts::ARCH)
}

fn release_of(text: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    let name: String = line.trim().trim_matches(['"', '\'']).chars().filter(|c| !c.is_control()).take(80).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_is_named_as_it_names_itself() {
        assert_eq!(
            release_of("ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n").as_deref(),
            Some("Debian GNU/Linux 12")
        );
        assert_eq!(release_of("PRETTY_NAME=\"\"\n"), None);
        assert_eq!(release_of("ID=x"), None);
        assert!(system().ends_with(std::env::consts::ARCH));
    }
}
