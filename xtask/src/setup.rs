//! `cargo xtask setup`: installs what is missing, and nothing else.

use crate::node::Node;
use crate::packages::Purpose;
use crate::{Outcome, install, ui};

pub fn command(arguments: &[String]) -> Outcome {
    let mut purpose = Purpose::Build;
    let mut yes = false;
    for argument in arguments {
        match argument.as_str() {
            "--yes" | "-y" => yes = true,
            "--test" => purpose = Purpose::Test,
            other => return Err(format!("setup does not know {other:?}.")),
        }
    }
    install::packages(purpose, yes)?;
    let node = Node::find(yes)?;
    ui::packages(&node)?;
    println!("Everything that is needed is there.");
    Ok(())
}
