//! The watcher: keeps the program alive, kills it, takes its network away, measures it, and compares at the end.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use flowdeck::{
    apps::now,
    demo::Chance,
    store::{self, Store},
};

use crate::{
    Wanted,
    children::{Client, Servers},
    compare::{Findings, Row, Watched, compare},
    measure::{Sample, Trend, sample, trend},
    report,
    words::{Answer, Ask, News, Orders, Place},
};

const TICK: Duration = Duration::from_millis(50);
const SAMPLE: Duration = Duration::from_secs(2);
const LINE: Duration = Duration::from_secs(60);
/// What is still followed when no more is started may take as long as its workflow, a person's time, and a few
/// questions to a bad server.
const LAST_RUNS: Duration = Duration::from_secs(180);

/// What has been seen so far.
#[derive(Default)]
pub struct Seen {
    pub started: usize,
    pub refused: BTreeMap<String, usize>,
    pub over: HashMap<String, String>,
    pub stops: usize,
    pub answers: usize,
    pub kills: usize,
    pub outages: usize,
    pub followed: usize,
    pub most_followed: usize,
    /// Of the life that runs: its samples, and its tasks by age.
    pub samples: Vec<Sample>,
    pub tasks: Vec<(f64, f64)>,
    pub live_on_server: usize,
    pub runs_on_server: usize,
    pub faults: Vec<(String, usize)>,
    pub store_bytes: u64,
    pub broken: Option<String>,
}

/// Everything that the verdict rests on.
pub struct Verdict {
    pub findings: Findings,
    pub trends: Vec<Trend>,
    /// Reasons beside the findings why it does not hold.
    pub faults: Vec<String>,
}

pub fn soak(wanted: &Wanted) -> Result<bool, String> {
    // Beside the results, on a real disk.
    let folder = std::env::current_dir().unwrap_or_default().join("target/soak/store");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(|error| format!("no folder for the store: {error}"))?;
    report::head(wanted, &folder);
    let outcome = Watch::new(wanted, &folder).and_then(Watch::go);
    match &outcome {
        // Kept where something is to be looked at.
        Ok(false) => println!("The store is kept in {}.", folder.display()),
        _ => drop(std::fs::remove_dir_all(&folder)),
    }
    outcome
}

struct Watch<'a> {
    wanted: &'a Wanted,
    folder: &'a Path,
    servers: Servers,
    places: Vec<Place>,
    client: Option<Client>,
    life: u64,
    seen: Seen,
    watched: Watched,
    chance: Chance,
    began: Instant,
}

impl<'a> Watch<'a> {
    fn new(wanted: &'a Wanted, folder: &'a Path) -> Result<Self, String> {
        let (servers, places) = Servers::start(wanted)?;
        Ok(Self {
            wanted,
            folder,
            servers,
            places,
            client: None,
            life: 0,
            seen: Seen::default(),
            watched: Watched::default(),
            chance: Chance::of(wanted.seed, 1, 0),
            began: Instant::now(),
        })
    }

    fn go(mut self) -> Result<bool, String> {
        self.begin_a_life()?;
        // In the second half nobody kills it: only a long life shows whether it grows.
        let kills_until = self.wanted.time / 2;
        let mut next_kill = self.wanted.kills.then(|| self.within(60.0));
        let mut next_outage = self.within(45.0);
        let mut next_sample = Duration::ZERO;
        let mut next_line = LINE;
        loop {
            let time = self.began.elapsed();
            if time >= self.wanted.time {
                break;
            }
            self.hear();
            if let Some(why) = &self.seen.broken {
                return Err(format!("The program gave up: {why}."));
            }
            if next_kill.is_some_and(|at| time >= at) {
                next_kill = Some(time + self.within(60.0)).filter(|at| *at < kills_until);
                self.kill()?;
            }
            if time >= next_outage {
                next_outage = time + self.within(45.0);
                self.outage()?;
            }
            if time >= next_sample {
                next_sample = time + SAMPLE;
                self.measure();
            }
            if time >= next_line {
                next_line += LINE;
                self.count()?;
                report::line(time, &self.seen);
            }
            sleep(TICK);
        }
        let trends = self.trends();
        let mut faults = self.last_runs()?;
        self.count()?;
        report::line(self.began.elapsed(), &self.seen);
        let Answer::Truth(truths) = self.servers.ask(&Ask::Truth)? else {
            return Err("the servers did not say what they know".into());
        };
        let rows = rows(self.folder, &self.places)?;
        let findings = compare(&truths, &rows, &self.watched);
        if findings.server_runs == 0 {
            faults.push("not a single run was started".into());
        }
        let verdict = Verdict { findings, trends, faults };
        report::close(self.wanted, &self.seen, &verdict)
    }

    /// Some time from now, at most one and a half times so many seconds; sooner in a short soak.
    fn within(&mut self, seconds: f64) -> Duration {
        let usual = seconds.min(self.wanted.time.as_secs_f64() / 4.0);
        Duration::from_secs_f64(self.chance.between(0.5 * usual, 1.5 * usual))
    }

    fn begin_a_life(&mut self) -> Result<(), String> {
        let orders = Orders {
            folder: self.folder.to_owned(),
            seed: self.wanted.seed,
            life: self.life,
            at_a_time: self.wanted.at_a_time,
            longest_run: self.wanted.longest_run,
            places: self.places.clone(),
        };
        self.client = Some(Client::start(&orders)?);
        self.life += 1;
        self.seen.samples.clear();
        self.seen.tasks.clear();
        Ok(())
    }

    fn kill(&mut self) -> Result<(), String> {
        let Some(client) = self.client.take() else { return Ok(()) };
        let last_words = client.kill();
        self.watched.kills.push(now());
        self.seen.kills += 1;
        last_words.into_iter().for_each(|news| self.note(news, Duration::ZERO));
        self.begin_a_life()
    }

    fn outage(&mut self) -> Result<(), String> {
        let server = self.chance.below(self.places.len());
        let millis = self.chance.between(500.0, 6000.0) as u64;
        self.seen.outages += 1;
        self.servers.tell(&Ask::CutOff { server, millis })
    }

    fn hear(&mut self) {
        loop {
            let Some(client) = &self.client else { return };
            let age = client.began.elapsed();
            let Some(news) = client.news() else { break };
            self.note(news, age);
        }
        // Nobody else ends it: a crash of the program is a finding, too.
        if self.client.as_mut().is_some_and(Client::is_gone) && self.seen.broken.is_none() {
            self.seen.broken = Some("it ended by itself".into());
        }
    }

    fn note(&mut self, news: News, age: Duration) {
        let seen = &mut self.seen;
        match news {
            News::Started { id } => {
                seen.started += 1;
                self.watched.promised.push(id);
            }
            News::Refused { why } => *seen.refused.entry(why).or_default() += 1,
            News::Over { id, status } => drop(seen.over.insert(id, status)),
            News::Stopped => seen.stops += 1,
            News::Answered => seen.answers += 1,
            News::State { followed, tasks } => {
                seen.followed = followed;
                seen.most_followed = seen.most_followed.max(followed);
                seen.tasks.push((age.as_secs_f64(), tasks as f64));
            }
            News::Done => {}
            News::Broken { why } => seen.broken = Some(why),
        }
    }

    fn measure(&mut self) {
        let Some(client) = &self.client else { return };
        if let Some(sample) = sample(client.pid(), client.began.elapsed()) {
            self.seen.samples.push(sample);
        }
    }

    fn count(&mut self) -> Result<(), String> {
        if let Answer::Count { live, runs, faults } = self.servers.ask(&Ask::Count)? {
            (self.seen.live_on_server, self.seen.runs_on_server, self.seen.faults) = (live, runs, faults);
        }
        let files = ["flowdeck.db", "flowdeck.db-wal"].map(|name| self.folder.join(name));
        self.seen.store_bytes = files.iter().filter_map(|file| file.metadata().ok()).map(|about| about.len()).sum();
        Ok(())
    }

    /// Of the last life, after its first fifth.
    fn trends(&self) -> Vec<Trend> {
        let samples = &self.seen.samples;
        let end = samples.last().map_or(0.0, |sample| sample.age);
        let warm = |age: f64| age >= end / 5.0;
        let of = |value: fn(&Sample) -> f64| -> Vec<(f64, f64)> {
            samples.iter().filter(|sample| warm(sample.age)).map(|sample| (sample.age, value(sample))).collect()
        };
        let tasks: Vec<(f64, f64)> = self.seen.tasks.iter().filter(|(age, _)| warm(*age)).copied().collect();
        let mut trends = vec![
            trend("resident MiB", &of(|sample| sample.rss), 16.0),
            trend("own MiB", &of(|sample| sample.anonymous), 16.0),
            trend("open files", &of(|sample| sample.descriptors as f64), 15.0),
            trend("threads", &of(|sample| sample.threads as f64), 6.0),
            trend("tasks", &tasks, 40.0),
        ];
        if samples.iter().all(|sample| sample.pss.is_some()) {
            trends.insert(1, trend("proportional MiB", &of(|sample| sample.pss.unwrap_or_default()), 16.0));
        }
        trends
    }

    /// Nothing new is started; what is followed comes to its end.
    fn last_runs(&mut self) -> Result<Vec<String>, String> {
        let mut faults = Vec::new();
        let Some(client) = &mut self.client else { return Ok(faults) };
        client.finish()?;
        let finish = Instant::now();
        while !self.client.as_mut().is_none_or(Client::is_gone) {
            self.hear_last();
            if finish.elapsed() > LAST_RUNS {
                faults.push(format!(
                    "{} runs were still followed {} s after the last start",
                    self.seen.followed,
                    LAST_RUNS.as_secs()
                ));
                break;
            }
            sleep(TICK);
        }
        if let Some(client) = self.client.take() {
            client.kill().into_iter().for_each(|news| self.note(news, Duration::ZERO));
        }
        if let Some(why) = self.seen.broken.take() {
            faults.push(format!("the program gave up: {why}"));
        }
        // The workflows that nobody follows any more, because they were refused out of sight, end as well.
        for _ in 0..60 {
            self.count()?;
            if self.seen.live_on_server == 0 {
                break;
            }
            sleep(Duration::from_secs(1));
        }
        Ok(faults)
    }

    /// As `hear`, but now it may end.
    fn hear_last(&mut self) {
        while let Some(news) = self.client.as_ref().and_then(Client::news) {
            self.note(news, Duration::ZERO);
        }
    }
}

/// Every run of the store, newest first.
fn rows(folder: &Path, places: &[Place]) -> Result<Vec<Row>, String> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    runtime
        .block_on(async {
            let store = Store::open(folder).await?;
            let apps = store.apps().await?;
            let mut rows = Vec::new();
            let mut before = None;
            loop {
                let page = store.run_page(None, before.as_ref(), 200).await?;
                for head in &page.runs {
                    let address =
                        apps.iter().find(|stored| stored.app.id == head.app_id).map(|stored| &stored.app.base_url);
                    let place = places
                        .iter()
                        .find(|place| address.is_some_and(|address| address.trim_end_matches('/') == place.base_url));
                    let generation = place.map(|place| place.generation.clone()).unwrap_or_default();
                    rows.push(Row { generation, run: store.run(&head.id).await? });
                }
                match page.next {
                    Some(next) => before = Some(next),
                    None => break,
                }
            }
            store.close().await;
            Ok::<_, store::Error>(rows)
        })
        .map_err(|error| format!("the store cannot be read: {error}"))
}
