//! A disk that is full while something is written on it.

use std::fs;

use flowdeck::{
    files,
    model::{
        history::Search,
        out::{Export, ExportColumn, ExportKind, ExportOf, ReportKind, ReportParts},
    },
    out::Error,
};

use super::{Desk, disk::Disk, export_words, headed, report_words, reports::with_files, run};

/// Text that packs badly.
fn noise(bytes: usize) -> String {
    let mut text = String::new();
    while text.len() < bytes {
        text.push_str(&uuid::Uuid::new_v4().simple().to_string());
    }
    text
}

#[tokio::test]
async fn nothing_half_is_left_what_was_there_stays_and_it_is_said() {
    let desk = Desk::new().await;
    let app = desk.app("Review").await;
    let mut large = run(&app);
    large.outputs.clear();
    large.texts[0].text = noise(600_000);
    let large_id = desk.keep(large).await;
    for place in 1..40 {
        let mut one = run(&app);
        one.head.id = super::id_at(super::STARTED + place * 1000);
        one.outputs.insert("answer".into(), noise(30_000).into());
        desk.keep(one).await;
    }
    let pictured = Desk::new().await;
    let mut png = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(3, 2).write_to(&mut png, image::ImageFormat::Png).expect("drawn");
    // Bytes behind its end belong to no picture, and count as much.
    let png = [png.into_inner(), noise(300_000).into_bytes()].concat();
    let pictured_id = with_files(&pictured, &[("small.png", png.clone()), ("chart.png", png)]).await;
    for left in [0, 200_000] {
        let Some(disk) = Disk::of("4m") else { return };
        let target = disk.path().join("mine");
        fs::write(&target, "the older one").expect("written");
        disk.fill(left);
        let check = |what: &str, outcome: Result<(), Error>| {
            assert!(
                matches!(outcome, Err(Error::Files(files::Error::DiskFull))),
                "{what}, {left} bytes left: {outcome:?}"
            );
            assert_eq!(disk.names(), ["filler", "mine"], "{what}, {left} bytes left: nothing half stays");
            let older = fs::read_to_string(&target).expect("the older one");
            assert_eq!(older, "the older one", "{what}, {left} bytes left");
        };
        for kind in [ExportKind::Csv, ExportKind::Xlsx, ExportKind::JsonLines] {
            let export = Export {
                of: ExportOf::Search { search: Search::default() },
                kind,
                columns: vec![headed(ExportColumn::Output { app: None, variable: "answer".into() }, "Answer")],
                words: export_words(),
            };
            check(&format!("{kind:?}"), desk.out.export(&export, &target).await.map(drop));
        }
        let (words, parts) = (report_words(), ReportParts::default());
        for kind in [ReportKind::Html, ReportKind::Docx, ReportKind::Markdown] {
            check(&format!("{kind:?}"), desk.out.save_report(&large_id, kind, parts, &words, &target).await);
        }
        let with_pictures = pictured.out.save_report(&pictured_id, ReportKind::Markdown, parts, &words, &target).await;
        check("pictures beside it", with_pictures);
        check("a run's file", desk.out.pack(&large_id, &target).await);
    }
}

#[tokio::test]
async fn a_run_that_finds_no_room_here_is_not_brought_by_halves() {
    let from = Desk::new().await;
    let id = with_files(&from, &[("chart.png", noise(600_000).into_bytes())]).await;
    let file = from.path("run.flowdeck-run");
    from.out.pack(&id, &file).await.expect("packed");
    let Some(disk) = Disk::of("8m") else { return };
    let to = Desk::on(disk.path()).await;
    disk.fill(300_000);
    let brought = to.out.unpack(&file).await;
    assert!(matches!(brought, Err(Error::Files(files::Error::DiskFull))), "{brought:?}");
    assert!(to.store.run_page(None, None, 10).await.expect("read").runs.is_empty(), "no run");
    let left = fs::read_dir(to.path("runs")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "and no folder");
    disk.empty();
    to.out.unpack(&file).await.expect("it is brought once there is room");
}
