//! Whole runs as JSON, one a line, for other programs.

use std::io::{self, Write};

use serde::Serialize;

use crate::model::{
    history::{Contents, Remarks, RunOrigin},
    run::Run,
    usage::Cost,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line<'a> {
    pub app: &'a str,
    pub origin: RunOrigin,
    pub contents: Contents,
    pub remarks: &'a Remarks,
    pub costs: &'a [Cost],
    pub run: &'a Run,
}

pub(super) fn write(out: &mut impl Write, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}
