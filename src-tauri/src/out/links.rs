//! The links of a Word document: their addresses stand in a list of their own.

use super::docx::escaped;

/// Word takes a document with a longer one for broken.
const LONGEST: usize = 2000;

#[derive(Default)]
pub(super) struct Links {
    addresses: Vec<String>,
    /// Whether each link that is open is one that leads somewhere.
    open: Vec<bool>,
}

impl Links {
    pub fn begin(&mut self, address: &str) -> String {
        // As a reader of addresses writes it: what is none would make the document a broken one.
        let address = url::Url::parse(address).map(String::from).ok().filter(|address| address.len() <= LONGEST);
        // Word knows no link within a link.
        let leads = address.filter(|_| !self.open.contains(&true));
        self.open.push(leads.is_some());
        let Some(address) = leads else { return String::new() };
        self.addresses.push(address);
        format!("<w:hyperlink r:id=\"rIdLink{}\">", self.addresses.len())
    }

    pub fn end(&mut self) -> &'static str {
        if self.open.pop().unwrap_or(false) { "</w:hyperlink>" } else { "" }
    }

    pub fn relations(&self) -> String {
        let relation = |(number, address): (usize, &String)| {
            format!(
                "<Relationship Id=\"rIdLink{number}\" \
                 Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink\" \
                 Target=\"{}\" TargetMode=\"External\"/>",
                escaped(address)
            )
        };
        (1..).zip(&self.addresses).map(relation).collect()
    }
}
