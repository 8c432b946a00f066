//! The history in the real window, with years of work in it: from a key to what it finds, the first page as the page gets
//! it, and frames while it is scrolled.

use std::{path::Path, thread::sleep, time::Duration};

use super::{Answer, Page, at, intervals, server::Server, window::Window};
use crate::{
    history::{
        corpus::{Corpus, Mix},
        queries::{Class, Queries},
        world::World,
    },
    measure::Results,
};

const FIELD: &str = "document.querySelector('[data-testid=history-search]')";
const ROW: &str = "document.querySelector('[data-testid=history-row]')";
const LIST: &str = "document.querySelector('[data-testid=history-list]')";

impl Page {
    pub(super) fn past(&self, _: &Server, folder: &Path, results: &mut Results) -> Answer<()> {
        let (runs, count) = if self.quick { (3_000, 5) } else { (100_000, 40) };
        let queries = filled(&folder.join("data"), runs, count)?;
        let window = Window::open(&self.program, folder)?;
        window.until("document.querySelector('[data-testid=nav-all-runs]')")?;
        window.run::<()>("document.querySelector('[data-testid=nav-all-runs]').click()")?;
        window.until(ROW)?;

        let mut asked = Vec::new();
        for class in [Class::LatinCommon, Class::LatinRare, Class::ChineseCommon, Class::ChineseRare, Class::List] {
            let texts = serde_json::to_string(queries.of(class)).map_err(|error| error.to_string())?;
            asked.extend(window.wait::<Vec<f64>>(&format!("__probe.asked({texts})"))?);
        }
        results.value("history.first_page.p50_ms", at(&asked, 0.5), "ms", None);
        results.value("history.first_page.p95_ms", at(&asked, 0.95), "ms", self.goal(30.0));

        let alone = typed(&window, "__probe.alone()", &vec!["abcdefghijkl".to_owned(); 4])?;
        let words: Vec<String> = queries.of(Class::LatinCommon).iter().map(|word| word.replace('"', "")).collect();
        let found = typed(&window, &format!("__probe.finding({FIELD})"), &words)?;
        let floor = "a field alone";
        results.beside("history.key_to_result.p50_ms", at(&found, 0.5), "ms", floor, at(&alone, 0.5), None);
        results.beside(
            "history.key_to_result.p95_ms",
            at(&found, 0.95),
            "ms",
            floor,
            at(&alone, 0.95),
            self.goal(50.0),
        );

        window.run::<()>(&format!("__probe.put({FIELD}, '')"))?;
        window.until(&format!("{ROW} && !{ROW}.querySelector('mark')"))?;
        let milliseconds = if self.quick { 1000 } else { 8000 };
        let idle: Vec<f64> = window.wait(&format!("__probe.scroll(document.createElement('div'), {milliseconds})"))?;
        let frames: Vec<f64> = window.wait(&format!("__probe.scroll({LIST}, {milliseconds})"))?;
        let (idle, frames) = (intervals(&idle), intervals(&frames));
        results.beside("history.scroll.frame.p95_ms", at(&frames, 0.95), "ms", "at rest", at(&idle, 0.95), None);
        results.beside("history.scroll.longest_frame_ms", at(&frames, 1.0), "ms", "at rest", at(&idle, 1.0), None);
        let long = |frames: &[f64]| frames.iter().filter(|&&took| took > 50.0).count() as f64;
        results.beside("history.scroll.over_50_ms", long(&frames), "frames", "at rest", long(&idle), None);
        Ok(())
    }
}

/// Fills a data folder, and says what can be searched for in it.
fn filled(folder: &Path, runs: usize, count: usize) -> Answer<Queries> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let mut corpus = Corpus::new(1, Mix::Mixed)?;
        let world = World::fill_in(folder, runs, &mut corpus).await?;
        world.store.index_all().await.map_err(|error| error.to_string())?;
        let queries = Queries::new(&mut corpus, &world, count);
        world.store.close().await;
        Ok(queries)
    })
}

/// Types words key by key; from each key to the frame after the one that shows what it brought.
fn typed(window: &Window, watch: &str, words: &[String]) -> Answer<Vec<f64>> {
    window.run::<()>(watch)?;
    let mut count = 0;
    for word in words {
        window.run::<()>("__probe.put(__probe.field, '')")?;
        sleep(Duration::from_millis(300));
        for key in word.chars().take(6) {
            window.key(key)?;
            count += 1;
            window.until(&format!("__probe.keys.length >= {count}"))?;
        }
    }
    window.run("return __probe.keys")
}
