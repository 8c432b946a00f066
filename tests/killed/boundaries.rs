//! Every event boundary of every recorded stream, and random bytes of them.

use std::time::{Duration, Instant};

use flowdeck::model::form::{Entries, Entry};
use futures_util::{StreamExt, stream};

use crate::{
    Dice,
    check::{Kept, check_ended, check_left, left, stored},
    program::{Account, Act, Asked, Orders, Program, take_up},
    tape::tapes,
    world::{Age, Open, Planned, Then, World},
};

/// Runs of one process at a time.
const AT_ONCE: usize = 500;
pub const KEY: &str = "app-0000000000000000000000";
const RANDOM: usize = 500;
/// Processes that live and die beside each other: one reads while another waits out its second.
const PROCESSES: usize = 2;
/// The second after which text must be on the disk, and three times as much for a busy machine to write it down.
const A_SECOND: Duration = Duration::from_secs(4);
pub const PATIENCE: Duration = Duration::from_secs(90);

/// All boundaries, dealt out so that each process gets its share of the long recordings.
fn boundaries() -> Vec<Vec<Planned>> {
    let places: Vec<_> = tapes().iter().flat_map(|tape| tape.boundaries().map(move |upto| (tape, upto))).collect();
    let hands = places.len().div_ceil(AT_ONCE);
    (0..hands)
        .map(|hand| {
            let dealt = places.iter().skip(hand).step_by(hands);
            dealt.enumerate().map(|(number, (tape, upto))| Planned::new(tape, *upto, number)).collect()
        })
        .collect()
}

fn random_bytes(dice: &mut Dice) -> Vec<Planned> {
    (0..RANDOM / 2)
        .map(|number| {
            let tape = &tapes()[dice.next(tapes().len())];
            Planned::new(tape, dice.next(tape.raw.len() + 1), number)
        })
        .collect()
}

pub fn asked(world: &World) -> Vec<Asked> {
    let runs = world.runs.iter().enumerate();
    runs.map(|(number, planned)| {
        let text = planned.text(planned.upto);
        let units = text.iter().map(|part| part.1.encode_utf16().count() as u64).sum();
        Asked {
            server: 0,
            entries: Entries::from([("n".into(), Entry::Text(number.to_string()))]),
            // Texts that the simple reading here cannot read are not waited for.
            text: if planned.tape.plain { units } else { 0 },
            has_ids: planned.has_ids(),
        }
    })
    .collect()
}

fn account(open: &Open) -> Account {
    Account { address: open.address.clone(), key: KEY.into() }
}

/// Starts the runs in a process, cuts their connections, and compares.
async fn cut(runs: Vec<Planned>, age: Age) -> usize {
    let folder = tempfile::tempdir().expect("a folder");
    let open = World::new(runs, age, Then::Cut).open().await;
    let world = &open.world;
    let act = Act::Start(asked(world));
    let mut program = Program::start(&Orders { folder: folder.path().to_owned(), servers: vec![account(&open)], act });
    assert!(program.says("at rest", PATIENCE).await, "every run comes to its end");
    program.kill();
    let count = world.runs.len();
    check_ended(world, &stored(folder.path(), count).await, None);
    count
}

/// Starts the runs in a process, kills it, starts it again, and compares. Gives how many runs were killed.
async fn killed(runs: Vec<Planned>, age: Age, kept: Kept) -> usize {
    let folder = tempfile::tempdir().expect("a folder");
    let open = World::new(runs, age, Then::Stall).open().await;
    let world = &open.world;
    let servers = [account(&open)];
    let orders = Orders { folder: folder.path().to_owned(), servers: servers.to_vec(), act: Act::Start(asked(world)) };
    let mut program = Program::start(&orders);
    world.all_sent().await;
    if kept == Kept::All {
        assert!(program.says("standing", PATIENCE).await, "every run hears what it is sent");
        tokio::time::sleep(A_SECOND).await;
    }
    program.kill();
    let count = world.runs.len();
    let before = left(folder.path(), count).await;
    check_left(world, &before, kept);
    take_up(folder.path(), &servers, PATIENCE).await;
    let ended = stored(folder.path(), count).await;
    check_ended(world, &ended, Some(&before));
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_at_every_event_boundary_loses_no_run() {
    let began = Instant::now();
    let hands = stream::iter(boundaries().into_iter().enumerate());
    let dead = hands.map(|(hand, dealt)| {
        let age = if hand % 2 == 0 { Age::Newer } else { Age::Older };
        killed(dealt, age, Kept::All)
    });
    let dead: Vec<usize> = dead.buffer_unordered(PROCESSES).collect().await;
    let (runs, kills) = (dead.iter().sum::<usize>(), dead.len());
    assert!(runs >= 2892, "only {runs} boundaries: recordings are missing");
    tell(&format!("{runs} boundaries, {kills} kills, {:.1} s", began.elapsed().as_secs_f64()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_at_any_byte_loses_no_run() {
    let began = Instant::now();
    let (mut dice, seed) = Dice::thrown();
    tell(&format!("random bytes: FLOWDECK_KILL_SEED={seed}"));
    // In the midst of reading, and when all has been read.
    let (early, late) = (random_bytes(&mut dice), random_bytes(&mut dice));
    let (early, late) = tokio::join!(killed(early, Age::Newer, Kept::Most), killed(late, Age::Older, Kept::All));
    tell(&format!("{} bytes, 2 kills, {:.1} s", early + late, began.elapsed().as_secs_f64()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_at_every_event_boundary_and_at_any_byte_loses_no_run() {
    let began = Instant::now();
    let (mut dice, seed) = Dice::thrown();
    tell(&format!("cuts: FLOWDECK_KILL_SEED={seed}"));
    // The three long recordings hold two thirds of all boundaries and nothing that the short ones do not: for them
    // the random bytes are enough.
    let short = tapes().iter().filter(|tape| tape.events.len() < 200);
    let places: Vec<_> = short.flat_map(|tape| tape.boundaries().map(move |upto| (tape, upto))).collect();
    let mut boundaries = 0;
    for places in places.chunks(AT_ONCE) {
        let runs = places.iter().enumerate().map(|(number, (tape, upto))| Planned::new(tape, *upto, number));
        boundaries += cut(runs.collect(), Age::Older).await;
    }
    let bytes = cut(random_bytes(&mut dice), Age::Newer).await;
    tell(&format!("{boundaries} boundaries and {bytes} bytes cut, {:.1} s", began.elapsed().as_secs_f64()));
}

#[allow(clippy::print_stderr, reason = "figures for whoever runs the test")]
pub fn tell(figures: &str) {
    eprintln!("killed: {figures}");
}
