//! The run page in the real window: how soon an event is on the screen, how long frames take, how fast a run opens.
//!
//! Each is measured beside a floor in the same window: an empty page that is told the same over the same channel and
//! appends the text at once, or the same page at rest. Times end at the beginning of the frame after the one that shows
//! it, because a page is not told when a frame is on the screen: they are a little too long, never too short. Where no
//! graphics card draws, as on a virtual display, the processor does.

mod drop;
mod past;
mod script;
mod server;
mod window;

use std::{
    path::{Path, PathBuf},
    thread::sleep,
    time::Duration,
};

use serde::Deserialize;

use crate::measure::{Results, median};
use script::Script;
use server::Server;
use window::Window;

type Answer<T> = Result<T, String>;

/// How many characters of a long text the empty page keeps: what it draws is to cost nothing.
const KEPT: usize = 200;
const RESULT: &str = "[data-testid=result]";

pub struct Page {
    pub program: PathBuf,
    /// A look at whether everything still works, not at how fast it is.
    pub quick: bool,
    /// Only these measurements; all if empty.
    pub only: Vec<String>,
}

#[derive(Deserialize)]
struct Probed {
    frames: Vec<f64>,
    /// Number of the newest piece, when it was on the screen, when it was in the document.
    shown: Vec<(u32, f64, f64)>,
    /// On the empty page: when the channel brought it.
    heard: Vec<(u32, f64)>,
}

/// Measures in windows of its own, on the data folder that it is given.
type Part = fn(&Page, &Server, &Path, &mut Results) -> Answer<()>;

/// By their names, in their order.
const PARTS: &[(&str, Part)] = &[
    ("latency", Page::latency),
    ("frames", Page::frames),
    ("stored", Page::stored),
    ("text", Page::text),
    ("drop", Page::drop_many),
    ("past", Page::past),
];

impl Page {
    pub fn measure(&self, results: &mut Results) -> Answer<()> {
        let server = Server::start().map_err(|error| error.to_string())?;
        let mut broken = Vec::new();
        for (name, part) in PARTS {
            if !self.only.is_empty() && !self.only.iter().any(|only| only == name) {
                continue;
            }
            println!("page: {name}");
            let folder = std::env::temp_dir().join(format!("flowdeck-bench-{}-{name}", std::process::id()));
            match part(self, &server, &folder, results) {
                Ok(()) => drop(std::fs::remove_dir_all(&folder)),
                // What the window said stands in its log.
                Err(error) => broken.push(format!("{name}: {error} (see {})", folder.display())),
            }
        }
        if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
    }

    /// The goal, where it is judged.
    fn goal(&self, goal: f64) -> Option<f64> {
        (!self.quick).then_some(goal)
    }

    /// From the server's writing to the frame after the one that shows it.
    fn latency(&self, server: &Server, folder: &Path, results: &mut Results) -> Answer<()> {
        let script = Script::Numbered { rate: 300, seconds: if self.quick { 2 } else { 20 } };
        let window = self.connected(server, folder)?;
        window.run::<()>("__probe.watch('#floor')")?;
        let (floor, _) = on_empty_page(&window, server, &script)?;
        let written = server.take_written();
        let heard = until(&floor.heard, &written)?;
        let floor = delays(&floor, &written)?;
        window.reload()?;
        window.run::<()>(&format!("__probe.watch('{RESULT}')"))?;
        let probed = on_run_page(&window, server, &script)?;
        let in_document: Vec<f64> = probed.shown.iter().map(|(_, painted, document)| painted - document).collect();
        let delays = delays(&probed, &server.take_written())?;
        results.beside(
            "event_to_pixel.p95_ms",
            at(&delays, 0.95),
            "ms",
            "empty page",
            at(&floor, 0.95),
            self.goal(50.0),
        );
        results.beside("event_to_pixel.p50_ms", at(&delays, 0.5), "ms", "empty page", at(&floor, 0.5), None);
        results.beside("event_to_pixel.max_ms", at(&delays, 1.0), "ms", "empty page", at(&floor, 1.0), None);
        results.value("event_to_pixel.to_empty_page.p50_ms", at(&heard, 0.5), "ms", None);
        results.value("event_to_pixel.to_empty_page.p95_ms", at(&heard, 0.95), "ms", None);
        results.value("event_to_pixel.document_to_pixel.p50_ms", at(&in_document, 0.5), "ms", None);
        Ok(())
    }

    /// How long frames take while a run tells a lot.
    fn frames(&self, server: &Server, folder: &Path, results: &mut Results) -> Answer<()> {
        let script = Script::Mixed { rate: 3000, seconds: if self.quick { 2 } else { 30 } };
        let window = self.connected(server, folder)?;
        let (floor, cpu) = on_empty_page(&window, server, &script)?;
        window.reload()?;
        let before = window.processor_seconds();
        let probed = on_run_page(&window, server, &script)?;
        let own = window.processor_seconds() - before;
        let (floor, frames) = (intervals(&floor.frames), intervals(&probed.frames));
        let long = |frames: &[f64]| frames.iter().filter(|&&took| took > 50.0).count() as f64;
        results.beside("longest_frame_ms", at(&frames, 1.0), "ms", "empty page", at(&floor, 1.0), self.goal(50.0));
        results.beside("frame.p95_ms", at(&frames, 0.95), "ms", "empty page", at(&floor, 0.95), None);
        results.beside("frame.p50_ms", at(&frames, 0.5), "ms", "empty page", at(&floor, 0.5), None);
        results.beside("frames_over_50_ms", long(&frames), "", "empty page", long(&floor), None);
        results.beside("frames.cpu_s", own, "CPU s", "empty page", cpu, None);
        Ok(())
    }

    /// From the click in the history to the painted page, and scrolling through many steps.
    fn stored(&self, server: &Server, folder: &Path, results: &mut Results) -> Answer<()> {
        let window = self.connected(server, folder)?;
        let small = Script::Nodes { count: 200, least: 2_000, most: 20_000 };
        let many = Script::Nodes { count: if self.quick { 500 } else { 5_000 }, least: 500, most: 2_000 };
        let large = Script::Nodes { count: 1, least: 5_000_000, most: 10_000_000 };
        let rounds = if self.quick { 1 } else { 9 };
        // The newest stands first.
        for script in [&small, &many, &large] {
            on_run_page(&window, server, script)?;
        }
        window.reload()?;
        let floor = self.opened(&window, "empty", rounds)?;
        let took = self.opened(&window, "2", rounds)?;
        results.beside(
            "stored_run_200_nodes_ms",
            at(&took, 0.5),
            "ms",
            "the list again",
            at(&floor, 0.5),
            self.goal(100.0),
        );
        results.value("stored_run_200_nodes.max_ms", at(&took, 1.0), "ms", None);
        let took = self.opened(&window, "1", rounds)?;
        results.beside("stored_run_5000_nodes_ms", at(&took, 0.5), "ms", "the list again", at(&floor, 0.5), None);
        let took = self.opened(&window, "0", rounds)?;
        results.beside("stored_run_5_mb_outputs_ms", at(&took, 0.5), "ms", "the list again", at(&floor, 0.5), None);

        self.opened(&window, "1", 1)?;
        let shown: f64 = window.wait(
            "__probe.until(() => document.querySelector('[data-testid=view] [data-value=steps]').click(), () => document.querySelector('[data-testid=step]'))",
        )?;
        results.value("steps_5000_shown_ms", shown, "ms", None);
        let milliseconds = if self.quick { 1000 } else { 8000 };
        let idle: Vec<f64> = window.wait(&format!("__probe.scroll(document.createElement('div'), {milliseconds})"))?;
        let frames: Vec<f64> = window.wait(&format!(
            "__probe.scroll((() => {{ for (let at = document.querySelector('[data-testid=step]'); at; at = at.parentElement) if (at.scrollHeight > at.clientHeight + 200 && /auto|scroll/.test(getComputedStyle(at).overflowY)) return at; throw new Error('nothing scrolls'); }})(), {milliseconds})"
        ))?;
        let (idle, frames) = (intervals(&idle), intervals(&frames));
        let usual = at(&idle, 0.5);
        let dropped = |frames: &[f64]| frames.iter().map(|took| (took / usual - 1.0).round().max(0.0)).sum::<f64>();
        results.beside("scroll_5000_steps.frame.p95_ms", at(&frames, 0.95), "ms", "at rest", at(&idle, 0.95), None);
        results.beside("scroll_5000_steps.longest_frame_ms", at(&frames, 1.0), "ms", "at rest", at(&idle, 1.0), None);
        results.beside("scroll_5000_steps.dropped", dropped(&frames), "frames", "at rest", dropped(&idle), None);
        Ok(())
    }

    /// Opens the run at a place of the history, again and again; with "empty", only the list.
    fn opened(&self, window: &Window, place: &str, rounds: usize) -> Answer<Vec<f64>> {
        let mut took = Vec::new();
        for round in 0..=rounds {
            window.run::<()>("document.querySelectorAll('[role=tab]')[0].click()")?;
            window.until("document.querySelector('[data-testid=form], [data-testid=run-page]')")?;
            let list = "__probe.until(() => document.querySelectorAll('[role=tab]')[1].click(), () => document.querySelector('[data-testid=history-row]'))";
            let listed: f64 = window.wait(list)?;
            let time = if place == "empty" {
                listed
            } else {
                let page = "document.querySelector('[data-testid=run-page] [data-testid=status]') && (document.querySelector('[data-testid=run-page] .out-main > *, [data-testid=run-page] [data-testid=step]'))";
                window.wait(&format!(
                    "__probe.until(() => document.querySelectorAll('[data-testid=history-row]')[{place}].dispatchEvent(new MouseEvent('dblclick', {{ bubbles: true }})), () => {page})"
                ))?
            };
            // The first is a look into a cold cache.
            if round > 0 || rounds == 1 {
                took.push(time);
            }
        }
        Ok(took)
    }

    /// A long text while somebody types beside it.
    fn text(&self, server: &Server, folder: &Path, results: &mut Results) -> Answer<()> {
        let (bytes, seconds) = if self.quick { (200_000, 2) } else { (10_000_000, 30) };
        let window = self.connected(server, folder)?;
        // What every run costs once is no part of a long one.
        on_run_page(&window, server, &Script::Text { bytes: 50_000, seconds: 1 })?;
        new_run(&window)?;
        let rest = self.typed(&window, 20)?;
        sleep(Duration::from_secs(2));
        let before = window.memory();
        start(&window, &Script::Text { bytes, seconds })?;
        window.until("document.querySelector('[data-testid=run-page]')")?;
        window.run::<()>("__probe.begin()")?;
        // The form beside the run has a field to type in.
        window.run::<()>("document.querySelector('[data-testid=show-inputs]').click()")?;
        window.until(FIELD)?;
        let mut keys = Vec::new();
        let mut peak = before;
        while !window.run::<bool>(OVER)? {
            keys.extend(self.typed(&window, 5)?);
            peak = peak.max(window.memory());
        }
        sleep(Duration::from_secs(2));
        let probed: Probed = window.run("return __probe.end()")?;
        let frames = intervals(&probed.frames);
        let after = window.memory();
        results.value("text_10mb.extra_mib", after - before, "MiB", self.goal(150.0));
        results.value("text_10mb.peak_extra_mib", peak.max(after) - before, "MiB", None);
        results.value("text_10mb.longest_frame_ms", at(&frames, 1.0), "ms", None);
        results.value("text_10mb.frame.p95_ms", at(&frames, 0.95), "ms", None);
        results.beside("text_10mb.typing.p95_ms", at(&keys, 0.95), "ms", "at rest", at(&rest, 0.95), None);
        results.beside("text_10mb.typing.p50_ms", at(&keys, 0.5), "ms", "at rest", at(&rest, 0.5), None);
        Ok(())
    }

    /// From keys to the frames after those that show them.
    fn typed(&self, window: &Window, count: usize) -> Answer<Vec<f64>> {
        window.run::<()>(&format!("const field = {FIELD}; field.focus(); if (!field.probed) {{ field.probed = true; __probe.typing(field); }} __probe.keys = []"))?;
        for place in 0..count {
            window.key(char::from(b'a' + (place % 26) as u8))?;
            sleep(Duration::from_millis(30));
        }
        window.until(&format!("__probe.keys.length >= {count}"))?;
        let keys: Vec<(f64, f64)> = window.run("return __probe.keys")?;
        Ok(keys.into_iter().map(|(pressed, _)| pressed).collect())
    }

    /// A window with the server's app in it.
    fn connected(&self, server: &Server, folder: &Path) -> Answer<Window> {
        self.connected_as(server, folder, server::RUNS_KEY, FIELD)
    }

    /// With the app of this key, once its form is there.
    fn connected_as(&self, server: &Server, folder: &Path, key: &str, form: &str) -> Answer<Window> {
        let window = Window::open(&self.program, folder)?;
        let words = serde_json::json!({"baseUrl": server.base, "key": key, "keepKey": "session", "plainHttp": null});
        window.wait::<serde_json::Value>(&format!("window.__TAURI_INTERNALS__.invoke('app_connect', {words})"))?;
        window.reload()?;
        window.until(form)?;
        Ok(window)
    }
}

const FIELD: &str = "document.querySelector('[data-field=script] textarea')";
/// The run on screen is over.
const OVER: &str = "return ['succeeded', 'failed', 'partly_succeeded', 'stopped', 'unknown'].includes(document.querySelector('[data-testid=run-page] [data-testid=status]')?.dataset.status)";

/// The form alone.
fn new_run(window: &Window) -> Answer<()> {
    window.run::<()>("document.querySelectorAll('[role=tab]')[0]?.click(); window.dispatchEvent(new KeyboardEvent('keydown', { key: 'n', ctrlKey: true }))")?;
    window.until(&format!("{FIELD} && !document.querySelector('[data-testid=run-page]')"))
}

/// Fills in the form and presses Run.
fn start(window: &Window, script: &Script) -> Answer<()> {
    let name = script.name();
    window.run::<()>(&format!(
        "const field = {FIELD}; Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set.call(field, '{name}'); field.dispatchEvent(new Event('input', {{ bubbles: true }}));"
    ))?;
    window.until("document.querySelector('[data-testid=run]:not([aria-disabled=true])')")?;
    window.run::<()>("document.querySelector('[data-testid=run]').click()")
}

/// A run from its start to its end, as a user sees it.
fn on_run_page(window: &Window, server: &Server, script: &Script) -> Answer<Probed> {
    new_run(window)?;
    server.take_written();
    start(window, script)?;
    window.until("document.querySelector('[data-testid=run-page]')")?;
    window.run::<()>("__probe.begin()")?;
    while !window.run::<bool>(OVER)? {
        sleep(Duration::from_millis(500));
    }
    sleep(Duration::from_secs(1));
    window.run("return __probe.end()")
}

/// The same, told to an empty page; and the processor's seconds.
fn on_empty_page(window: &Window, server: &Server, script: &Script) -> Answer<(Probed, f64)> {
    let app: String = window.wait("window.__TAURI_INTERNALS__.invoke('app_list').then((apps) => apps[0].id)")?;
    window.wait::<()>(&format!("__probe.empty({KEPT})"))?;
    server.take_written();
    let before = window.processor_seconds();
    let entries = serde_json::json!({"script": {"kind": "text", "value": script.name()}});
    window.wait::<String>(&format!(
        "window.__TAURI_INTERNALS__.invoke('run_start', {{ appId: '{app}', entries: {entries} }})"
    ))?;
    window.run::<()>("__probe.begin()")?;
    while !window.run::<bool>("return __probe.over !== null")? {
        sleep(Duration::from_millis(500));
    }
    sleep(Duration::from_secs(1));
    let cpu = window.processor_seconds() - before;
    Ok((window.run("return __probe.end()")?, cpu))
}

/// For each piece, how long it took to the screen.
fn delays(probed: &Probed, written: &[(u32, f64)]) -> Answer<Vec<f64>> {
    let shown: Vec<(u32, f64)> = probed.shown.iter().map(|&(number, painted, _)| (number, painted)).collect();
    until(&shown, written)
}

/// For each piece, how long until it or a later one was there.
fn until(there: &[(u32, f64)], written: &[(u32, f64)]) -> Answer<Vec<f64>> {
    let mut there = there.iter().peekable();
    let mut delays = Vec::with_capacity(written.len());
    for (number, at) in written {
        while there.next_if(|(newest, _)| newest < number).is_some() {}
        let (_, then) = there.peek().ok_or_else(|| format!("piece {number} never came"))?;
        delays.push(then - at);
    }
    Ok(delays)
}

fn intervals(moments: &[f64]) -> Vec<f64> {
    moments.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// The value below which this share of them lies.
fn at(values: &[f64], share: f64) -> f64 {
    if share == 0.5 && !values.is_empty() {
        return median(values);
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}
