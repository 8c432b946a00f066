//! A log that lies on a desk: lines of any age, and a server that keeps to its filters or not, grows while it is read,
//! and drops the line.

use super::*;
use crate::server::{Reply, Request, Server, Step, html, json as answer};

const SECOND: i64 = 1;

#[derive(Clone, Debug)]
pub struct Line {
    pub id: String,
    /// Seconds.
    pub at: i64,
    pub user: String,
    pub from: &'static str,
    pub status: &'static str,
    /// What went in.
    pub text: String,
}

/// What the server does and does not do.
#[derive(Clone, Debug)]
pub struct Ways {
    pub knows_time: bool,
    pub knows_user: bool,
    /// The user that all lines name, whoever it was (server-1.12.1.md §15).
    pub names: Option<&'static str>,
    /// Lines that arrive with each page that is asked for.
    pub arrive: usize,
    /// So many pages are answered, and then one is cut off.
    pub cut_each: usize,
    /// So many pages are answered, and then something else, which is no page.
    pub odd_each: usize,
    /// Texts are kept as JSON in which only ASCII is spelt out, and compared so.
    pub keeps_ascii: bool,
}

impl Default for Ways {
    fn default() -> Self {
        Self { knows_time: true, knows_user: true, names: None, arrive: 0, cut_each: 0, odd_each: 0, keeps_ascii: true }
    }
}

#[derive(Default)]
pub struct Pages {
    pub lines: Vec<Line>,
    pub asked: usize,
    /// What was looked for, page by page.
    pub keywords: Vec<String>,
    arrived: usize,
    /// While it is so, nothing is answered.
    pub away: bool,
}

pub struct Book {
    pub server: Server,
    pub pages: Arc<Mutex<Pages>>,
}

pub fn now() -> i64 {
    flowdeck::apps::now() / 1000
}

pub fn line(id: impl Into<String>, at: i64, user: &str) -> Line {
    let id = id.into();
    Line { text: id.clone(), id, at, user: user.to_owned(), from: "service-api", status: "succeeded" }
}

impl Book {
    pub async fn new(lines: Vec<Line>, ways: Ways) -> Self {
        let pages = Arc::new(Mutex::new(Pages { lines, ..Pages::default() }));
        let shared = Arc::clone(&pages);
        let server = Server::start(move |request| {
            let mut pages = shared.lock().unwrap_or_else(PoisonError::into_inner);
            if pages.away {
                return vec![Step::Close];
            }
            match request.path() {
                "/v1/parameters" => answer("200 OK", r#"{"user_input_form": []}"#),
                "/v1/workflows/logs" => pages.reply(request, &ways),
                path => path.strip_prefix("/v1/workflows/run/").map_or_else(
                    || html("404 NOT FOUND", "<!doctype html><title>404 Not Found</title>"),
                    |id| pages.detail(id),
                ),
            }
        })
        .await;
        Self { server, pages }
    }

    pub async fn connect(&self, house: &House) -> App {
        house.apps.connect(self.server.url("/v1").as_str(), "app-key", KeepKey::Session, None).await.expect("connected")
    }

    pub fn pages(&self) -> std::sync::MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ids of all lines, or of one user's.
    pub fn ids(&self, user: Option<&str>) -> Vec<String> {
        let pages = self.pages();
        pages
            .lines
            .iter()
            .filter(|line| user.is_none_or(|user| line.user == user))
            .map(|line| line.id.clone())
            .collect()
    }
}

impl Pages {
    fn reply(&mut self, request: &Request, ways: &Ways) -> Reply {
        let url = url::Url::parse(&format!("http://x{}", request.target)).expect("a target");
        let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let user = query.get("created_by_end_user_session_id").filter(|_| ways.knows_user);
        let before = query.get("created_at__before").filter(|_| ways.knows_time);
        let before = before.map(|text| {
            let at = time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339);
            at.expect("a moment").unix_timestamp()
        });
        let number = |name: &str, usual| query.get(name).map_or(usual, |text| text.parse().expect("a number"));
        let (page, limit): (usize, usize) = (number("page", 1), number("limit", 20));
        self.asked += 1;
        let own = self.lines.first().map(|line| line.user.clone()).unwrap_or_default();
        for _ in 0..ways.arrive {
            self.arrived += 1;
            self.lines.insert(0, line(format!("arrived-{}", self.arrived), now(), &own));
        }
        let keyword = query.get("keyword").map(|keyword| keyword.chars().take(30).collect::<String>().to_lowercase());
        self.keywords.extend(keyword.clone());
        let fits = |line: &&Line| {
            user.is_none_or(|user| line.user == *user)
                && before.is_none_or(|before| line.at <= before)
                && keyword.as_ref().is_none_or(|keyword| line.mentions(keyword, ways.keeps_ascii))
        };
        let all: Vec<&Line> = self.lines.iter().filter(fits).collect();
        let (total, first) = (all.len(), (page - 1) * limit);
        let rows: Vec<Value> = all.into_iter().skip(first).take(limit).map(|line| line.row(ways.names)).collect();
        let has_more = total > first + rows.len();
        let body =
            json!({"page": page, "limit": limit, "total": total, "has_more": has_more, "data": rows}).to_string();
        if ways.cut_each > 0 && self.asked.is_multiple_of(ways.cut_each) {
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
            return vec![Step::Write(format!("{head}{}", &body[..body.len() / 2]).into_bytes()), Step::Close];
        }
        if ways.odd_each > 0 && self.asked.is_multiple_of(ways.odd_each) {
            return answer("200 OK", r#"{"error": "rate limit exceeded"}"#);
        }
        answer("200 OK", &body)
    }

    fn detail(&self, id: &str) -> Reply {
        if id.starts_with("odd") {
            return answer("200 OK", "[]");
        }
        match self.lines.iter().find(|line| line.id == id) {
            Some(line) => answer(
                "200 OK",
                &json!({"id": id, "workflow_id": "w", "status": line.status, "inputs": json!({"title": line.text}).to_string(),
                    "outputs": {"answer": format!("of {id}")}, "error": null, "total_steps": 2, "total_tokens": 3,
                    "created_at": line.at, "finished_at": line.at + SECOND, "elapsed_time": 1.0})
                .to_string(),
            ),
            None => answer("404 NOT FOUND", r#"{"code": "not_found", "message": "Workflow run not found", "status": 404}"#),
        }
    }
}

impl Line {
    fn mentions(&self, keyword: &str, keeps_ascii: bool) -> bool {
        let kept = |c: char| match c {
            '"' | '\\' => format!("\\{c}"),
            c if c.is_ascii() || !keeps_ascii => c.to_string(),
            c => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        };
        let kept: String = self.text.chars().map(kept).collect();
        kept.to_lowercase().contains(keyword)
    }

    /// As a server lists it.
    pub fn row(&self, names: Option<&str>) -> Value {
        let over = self.status != "running";
        json!({
            "id": format!("line-{}", self.id),
            "workflow_run": {"id": self.id, "version": "1", "status": self.status, "triggered_from": "app-run", "error": null,
                "elapsed_time": 1.0, "total_tokens": 3, "total_steps": 2, "created_at": self.at,
                "finished_at": over.then_some(self.at + SECOND), "exceptions_count": 0},
            "created_from": self.from, "created_by_role": "end_user", "created_by_account": null,
            "created_by_end_user": {"id": "e", "type": "service_api", "is_anonymous": false,
                "session_id": names.unwrap_or(&self.user)},
            "created_at": self.at, "details": null,
        })
    }
}
