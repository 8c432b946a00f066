//! What a report of one run says, before it is written as something: facts, then sections of blocks.

use std::{io::Write as _, path::Path};

use jiff::tz::TimeZone;
use serde_json::Value;

use super::{
    Error, Out, docx, html,
    pictures::{Beside, lay_beside},
    place::{Place, aside},
    text, times,
};
use crate::{
    files,
    model::{
        file::is_file_value,
        history::{Contents, Remarks},
        human_input::{Question, QuestionState, without_slots},
        out::{ReportKind, ReportParts, ReportWords},
        run::{InputShown, Run, RunId, RunStatus, Step},
        usage::Cost,
    },
    store::{self, now},
};

pub(super) struct Report {
    pub language: String,
    pub title: String,
    pub facts: Vec<(String, String)>,
    pub sections: Vec<Section>,
    pub made_by: String,
}

pub(super) struct Section {
    pub heading: String,
    pub blocks: Vec<Block>,
}

pub(super) enum Block {
    Heading(String),
    /// As it stands, with its lines.
    Text(String),
    Markdown(String),
    Code(String),
    List(Vec<String>),
    /// The first row is its head.
    Table(Vec<Vec<String>>),
    Picture {
        name: String,
        mime: &'static str,
        bytes: Vec<u8>,
        /// Where it lies, as seen from the report.
        link: Option<String>,
    },
}

impl Out {
    /// A report of a run, as the bytes of a file. Markdown holds no pictures.
    pub async fn report(
        &self,
        id: &RunId,
        kind: ReportKind,
        parts: ReportParts,
        words: &ReportWords,
    ) -> Result<Vec<u8>, Error> {
        let report = self.laid_out(id, parts, words).await?;
        aside(move || written(&report, kind)).await
    }

    /// Writes a report of a run; pictures that it cannot hold go into a folder beside it.
    pub async fn save_report(
        &self,
        id: &RunId,
        kind: ReportKind,
        parts: ReportParts,
        words: &ReportWords,
        target: &Path,
    ) -> Result<(), Error> {
        let mut report = self.laid_out(id, parts, words).await?;
        let (target, parts) = (target.to_owned(), self.parts.clone());
        aside(move || {
            let beside = match kind {
                ReportKind::Markdown => lay_beside(&mut report, &target, &parts)?,
                ReportKind::Html | ReportKind::Docx => Beside::default(),
            };
            let mut place = Place::new(&target, &parts)?;
            place.write_all(&written(&report, kind)?).map_err(files::not_written)?;
            place.done()?;
            beside.stay();
            Ok(())
        })
        .await
    }

    async fn laid_out(&self, id: &RunId, parts: ReportParts, words: &ReportWords) -> Result<Report, Error> {
        let mut run = self.store.run(id).await?;
        let app = self.store.app(&run.head.app_id).await?.app;
        let remarks = self.store.remarks(id).await?;
        let whence = self.store.whence(id).await?.ok_or(store::Error::NotFound)?;
        self.count_costs().await?;
        let costs = self.store.run_costs(id).await?;
        if !parts.steps {
            run.steps.clear();
        }
        let mut report = report_of(&run, &app.branding.title, &remarks, &costs, words, &self.zone);
        // Whoever reads it elsewhere would take what is missing for what never was.
        if whence.contents == Contents::Head {
            report.facts.push((words.details.clone(), words.only_listed.clone()));
        }
        let pictures = self.pictures(id).await?;
        if let Some(files) = report.sections.iter_mut().find(|section| section.heading == words.files) {
            files.blocks.extend(pictures);
        }
        Ok(report)
    }

    /// The same as a piece of a page, for printing.
    pub async fn report_body(&self, id: &RunId, parts: ReportParts, words: &ReportWords) -> Result<String, Error> {
        let page = self.report(id, ReportKind::Html, parts, words).await?;
        let page = String::from_utf8(page).unwrap_or_default();
        let body = page.split_once("<body>").and_then(|(_, rest)| rest.rsplit_once("</body>"));
        Ok(body.map(|(body, _)| body.to_owned()).unwrap_or_default())
    }
}

fn written(report: &Report, kind: ReportKind) -> Result<Vec<u8>, Error> {
    Ok(match kind {
        ReportKind::Html => html::page(report).into_bytes(),
        ReportKind::Markdown => text::markdown(report).into_bytes(),
        ReportKind::Docx => docx::document(report)?,
    })
}

fn report_of(run: &Run, app: &str, remarks: &Remarks, costs: &[Cost], words: &ReportWords, zone: &TimeZone) -> Report {
    let head = &run.head;
    let title = [&remarks.name, &head.title, &words.untitled].into_iter().find(|title| !title.trim().is_empty());
    let took = head.elapsed.or_else(|| {
        #[allow(clippy::cast_precision_loss, reason = "no run lasts for millions of years")]
        head.finished_at.filter(|_| head.status != RunStatus::Unknown).map(|at| (at - head.started_at) as f64 / 1000.0)
    });
    let mut facts = vec![
        (words.app.clone(), app.to_owned()),
        (words.state.clone(), status_word(words, head.status)),
        (words.started.clone(), times::written(head.started_at, zone)),
    ];
    facts.extend(took.map(|seconds| (words.took.clone(), times::took(seconds))));
    facts.extend(
        head.total_tokens.filter(|tokens| *tokens > 0).map(|tokens| (words.tokens.clone(), tokens.to_string())),
    );
    if !costs.is_empty() {
        let cost = |cost: &Cost| format!("{} {}", cost.amount, cost.currency);
        facts.push((words.cost.clone(), costs.iter().map(cost).collect::<Vec<_>>().join(", ")));
    }
    if !remarks.tags.is_empty() {
        facts.push((words.tags.clone(), remarks.tags.join(", ")));
    }
    facts.extend(head.server.run_id.clone().map(|id| (words.run_id.clone(), id)));
    let mut sections = Vec::new();
    let mut section = |heading: &String, blocks: Vec<Block>| {
        if !blocks.is_empty() {
            sections.push(Section { heading: heading.clone(), blocks });
        }
    };
    if !remarks.note.trim().is_empty() {
        section(&words.note, vec![Block::Text(remarks.note.clone())]);
    }
    if let Some(error) = &head.error {
        let step = error.step.iter().map(|step| format!("{}: {step}", words.step));
        let said = step.chain([error.message.clone()]).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
        section(&words.error, if said.is_empty() { Vec::new() } else { vec![Block::Text(said)] });
    }
    section(&words.inputs, inputs(&run.inputs, words));
    section(&words.result, result(run, words));
    section(
        &words.files,
        match run.files.as_slice() {
            [] => Vec::new(),
            files => vec![Block::List(files.iter().map(|file| file.name.clone()).collect())],
        },
    );
    section(&words.decisions, run.questions.iter().flat_map(|question| decision(question, words, zone)).collect());
    section(&words.steps, if run.steps.is_empty() { Vec::new() } else { vec![steps(&run.steps, words)] });
    Report {
        language: if words.language.is_empty() { "en".to_owned() } else { words.language.clone() },
        title: title.map_or("Flowdeck", |title| title.trim()).to_owned(),
        facts,
        sections,
        made_by: format!("{} {}", words.made_by, times::written(now(), zone)),
    }
}

fn status_word(words: &ReportWords, status: RunStatus) -> String {
    let word = words.statuses.iter().find(|known| known.status == status);
    word.map_or_else(|| status.as_str().to_owned(), |known| known.word.clone())
}

fn inputs(inputs: &[InputShown], words: &ReportWords) -> Vec<Block> {
    let mut blocks = Vec::new();
    for input in inputs.iter().filter(|input| !input.hidden) {
        let block = match &input.value {
            Value::Null => continue,
            Value::String(text) if text.trim().is_empty() => continue,
            // What was typed is shown as it was typed.
            Value::String(text) => Block::Text(text.clone()),
            Value::Array(names) if input.is_files => Block::List(names.iter().map(plain).collect()),
            value => value_block(value, words),
        };
        blocks.extend([Block::Heading(input.label.clone()), block]);
    }
    blocks
}

fn result(run: &Run, words: &ReportWords) -> Vec<Block> {
    let outputs: Vec<_> = run.outputs.iter().filter(|(_, value)| !value.is_null() && !is_file(value)).collect();
    if outputs.is_empty() {
        let texts = run.texts.iter().map(|part| without_thinking(&part.text)).filter(|text| !text.trim().is_empty());
        return texts.map(Block::Markdown).collect();
    }
    let named = outputs.len() > 1;
    let mut blocks = Vec::new();
    for (variable, value) in outputs {
        if named {
            blocks.push(Block::Heading(variable.clone()));
        }
        blocks.push(value_block(value, words));
    }
    blocks
}

/// A question, what was chosen, and when.
fn decision(question: &Question, words: &ReportWords, zone: &TimeZone) -> Vec<Block> {
    let Question { form, state, .. } = question;
    let asked = without_slots(&form.content);
    let said = |what: &str, word: &str| format!("{what}: {word}");
    let (text, facts) = match state {
        QuestionState::Answered { at, action, content, .. } => {
            let choice = Some(action).filter(|action| !action.is_empty()).map(|action| said(&words.choice, action));
            let when = said(&words.answered, &times::written(*at, zone));
            let text = if content.trim().is_empty() { &asked } else { content };
            (text, choice.into_iter().chain([when]).collect())
        }
        QuestionState::Expired { at } => (&asked, vec![said(&words.expired, &times::written(*at, zone))]),
        QuestionState::Dropped => (&asked, vec![words.dropped.clone()]),
        QuestionState::Open => (&asked, vec![status_word(words, RunStatus::Waiting)]),
    };
    let title = if form.node_title.is_empty() { &words.untitled_question } else { &form.node_title };
    let text = Some(text).filter(|text| !text.trim().is_empty()).map(|text| Block::Markdown(text.clone()));
    [Block::Heading(title.clone())].into_iter().chain(text).chain([Block::List(facts)]).collect()
}

fn value_block(value: &Value, words: &ReportWords) -> Block {
    match value {
        Value::String(text) => Block::Markdown(without_thinking(text)),
        Value::Bool(flag) => Block::Text(if *flag { words.yes.clone() } else { words.no.clone() }),
        Value::Null => Block::Text(words.nothing.clone()),
        Value::Number(number) => Block::Text(number.to_string()),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            Block::List(items.iter().map(plain).collect())
        }
        value => Block::Code(serde_json::to_string_pretty(value).unwrap_or_default()),
    }
}

/// A file, or several: they are listed by their names.
pub(super) fn is_file(value: &Value) -> bool {
    match value {
        Value::Object(fields) => is_file_value(fields),
        Value::Array(items) => !items.is_empty() && items.iter().all(is_file),
        _ => false,
    }
}

/// A value in one line.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn steps(steps: &[Step], words: &ReportWords) -> Block {
    let mut rows = vec![vec![words.step.clone(), words.state.clone(), words.took.clone(), words.tokens.clone()]];
    rows.extend(steps.iter().map(|step| {
        let title = if step.title.is_empty() { &step.node_type } else { &step.title };
        let status = serde_json::to_value(step.status).ok();
        let status = status.as_ref().and_then(Value::as_str).unwrap_or_default();
        let word = words.step_statuses.iter().find(|(known, _)| known == status).map_or(status, |(_, word)| word);
        vec![
            title.clone(),
            word.to_owned(),
            step.elapsed.map(times::took).unwrap_or_default(),
            step.tokens.filter(|tokens| *tokens > 0).map(|tokens| tokens.to_string()).unwrap_or_default(),
        ]
    }));
    Block::Table(rows)
}

/// What a model thought before it answered is no result. Only a tag that begins a line is one, as on the page.
pub(super) fn without_thinking(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let (mut thinking, mut fence): (bool, Option<char>) = (false, None);
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        let mark = ['`', '~'].into_iter().find(|mark| trimmed.starts_with(&mark.to_string().repeat(3)));
        let mut rest = line;
        if fence.is_none() && !thinking {
            let opening = ["<think>", "<thinking>"].iter().find(|tag| has_prefix(trimmed, tag));
            if let Some(tag) = opening {
                thinking = true;
                rest = &trimmed[tag.len()..];
            }
        }
        if thinking {
            let lower = rest.to_ascii_lowercase();
            let Some((at, tag)) =
                ["</think>", "</thinking>"].iter().find_map(|tag| lower.find(tag).map(|at| (at, tag.len())))
            else {
                continue;
            };
            thinking = false;
            kept.push_str(rest[at + tag..].trim_start());
            continue;
        }
        match (mark, fence) {
            (Some(mark), None) => fence = Some(mark),
            (Some(mark), Some(open)) if mark == open => fence = None,
            _ => {}
        }
        kept.push_str(rest);
    }
    kept
}

fn has_prefix(text: &str, tag: &str) -> bool {
    text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag))
}

/// A report that cannot be written is one that cannot be put together in memory.
impl From<zip::result::ZipError> for Error {
    fn from(error: zip::result::ZipError) -> Self {
        files::not_written(error.into()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_thought_is_left_out() {
        assert_eq!(without_thinking("<think>\nwell\n</think>\n\n# Answer\n"), "\n# Answer\n");
        assert_eq!(without_thinking("Models put `<think>` first.\n"), "Models put `<think>` first.\n", "talk about it");
        assert_eq!(without_thinking("```\n<think>\n```\nend"), "```\n<think>\n```\nend", "code is code");
        assert_eq!(without_thinking("a\n<THINK>b</think>c\nd"), "a\nc\nd");
        assert_eq!(without_thinking("<think>never ends"), "");
    }
}
