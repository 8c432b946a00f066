//! Looks at the page as axe does: which rules of WCAG 2.2 A and AA it breaks.

use serde::Deserialize;

use crate::flowdeck::root;
use crate::page::Page;

/// The checker's own program.
pub struct Axe(String);

/// A rule of axe that is broken, and where.
#[derive(Debug, Deserialize)]
pub struct Violation {
    pub id: String,
    pub help: String,
    pub places: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Examined {
    /// How many rules applied and are kept.
    kept: usize,
    broken: Vec<Violation>,
}

impl Axe {
    pub fn read() -> Self {
        let file = root().join("ui/node_modules/axe-core/axe.min.js");
        Self(std::fs::read_to_string(file).expect("axe-core, as `npm ci` installs it"))
    }

    /// What is broken on the page as it stands.
    pub async fn examine(&self, page: &Page) -> Vec<Violation> {
        // Colours on their way are no colours of the page.
        page.still().await;
        page.0.execute(&*format!("if (!window.axe) {{ {} }}", self.0), Vec::new()).await.expect("axe is there");
        let script = "const done = arguments[0];
            const runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
            const broken = ({ id, help, nodes }) => ({
                id, help, places: nodes.map((node) => `${node.target.join(' ')} ${node.html.slice(0, 160)}: ${node.failureSummary}`) });
            axe.run(document, { runOnly }).then(
                ({ violations, passes }) => done({ kept: passes.length, broken: violations.map(broken) }),
                (error) => done({ kept: 0, broken: [{ id: 'axe', help: String(error), places: [] }] }));";
        let answer = page.0.execute_async(script, Vec::new()).await.expect("axe answers");
        let Examined { kept, broken } = answer.convert().expect("what it found");
        assert!(kept > 10, "axe has looked at the page: {kept} rules kept, {broken:?}");
        broken
    }
}
