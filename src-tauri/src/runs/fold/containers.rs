//! Iterations and loops: which round they are in, and what stands inside what (api.md §3.3).

use super::{Changes, Fold};
use crate::model::{Millis, run::StepStatus, stream::NodeEvent};

impl Fold {
    pub(super) fn start_container(&mut self, node: &NodeEvent, rounds: Option<u32>, at: Millis) -> usize {
        let node_id = node.node_id.clone();
        let place = match self.containers.get(&node_id).map(|&place| (place, &self.run.steps[place])) {
            // Its end was not seen yet: the same one again, in a resumed stream.
            Some((place, step)) if step.finished_at.is_none() => place,
            Some(_) => {
                let times = self.run.steps.iter().filter(|step| step.node_id == node_id).count();
                self.start(node, Some(format!("{node_id}#{}", times + 1)), at)
            }
            None => self.start(node, Some(node_id.clone()), at),
        };
        if self.run.steps[place].parent.is_none()
            && let Some(around) = self.open_container_around(place)
            && !self.stands_in(around, place)
        {
            let outer = &self.run.steps[around];
            let (id, round) = (outer.id.clone(), outer.rounds_begun.map(|begun| begun.saturating_sub(1)));
            self.run.steps[place].parent = Some(id);
            self.run.steps[place].round = round;
            self.inferred.insert(place);
        }
        let step = &mut self.run.steps[place];
        step.rounds_total = rounds.or(step.rounds_total);
        if step.rounds_begun.is_none() {
            // Loops do not announce their first round (server-1.12.1.md §9).
            step.rounds_begun = Some(u32::from(step.node_type == "loop"));
        }
        self.containers.insert(node_id, place);
        place
    }

    /// The container that a new one most likely runs in, where the server does not say: the innermost
    /// open one, if the open ones stand one inside the other (api.md §3.3, 4).
    fn open_container_around(&self, place: usize) -> Option<usize> {
        let mut open: Vec<usize> = self
            .containers
            .values()
            .copied()
            .filter(|&other| {
                other != place && self.run.steps[other].finished_at.is_none() && !self.parallel.contains(&other)
            })
            .collect();
        open.sort_unstable();
        let chained =
            open.windows(2).all(|pair| self.run.steps[pair[1]].parent.as_ref() == Some(&self.run.steps[pair[0]].id));
        open.last().copied().filter(|_| chained)
    }

    /// Whether a step is another one or stands in it, at any depth: servers may say what makes a circle.
    pub(super) fn stands_in(&self, place: usize, other: usize) -> bool {
        let above = |at: &usize| self.run.steps[*at].parent.as_ref().and_then(|id| self.steps.get(id)).copied();
        // No deeper than there are steps: a stored run may hold a circle from before.
        std::iter::successors(Some(place), above).take(self.run.steps.len()).any(|at| at == other)
    }

    /// A container goes on while one that was inferred to be inside it is open: they run side by side.
    pub(super) fn free_inferred(&mut self, around: usize) -> Vec<usize> {
        let id = self.run.steps[around].id.clone();
        let mut freed = Vec::new();
        for &place in &self.inferred {
            let step = &mut self.run.steps[place];
            if step.finished_at.is_none() && step.parent.as_ref() == Some(&id) {
                step.parent = None;
                step.round = None;
                freed.push(place);
            }
        }
        self.inferred.retain(|place| !freed.contains(place));
        freed
    }

    pub(super) fn next_round(&mut self, node_id: &str, index: u32) -> Option<usize> {
        let &place = self.containers.get(node_id)?;
        let empty_round = index > 0
            && self.run.steps[place].node_type != "loop"
            && self.run.steps.last().is_some_and(|last| last.id == self.run.steps[place].id);
        if empty_round {
            self.parallel.insert(place);
        }
        let step = &mut self.run.steps[place];
        let begun = index.saturating_add(1);
        // A loop that hits its limit announces one round more than it runs.
        step.rounds_begun = Some(step.rounds_total.map_or(begun, |total| begun.min(total.max(1))));
        Some(place)
    }

    pub(super) fn finish_container(&mut self, node: NodeEvent, at: Millis, changes: &mut Changes) {
        let place = match self.containers.get(&node.node_id) {
            Some(&place) => place,
            None => self.start_container(&node, None, at),
        };
        changes.steps.extend(self.free_inferred(place));
        self.close(place, node, at);
        // `error` is always null on containers: the failed step inside knows (api.md §3.3, 6).
        if self.run.steps[place].status == StepStatus::Failed && self.run.steps[place].error.is_none() {
            let id = self.run.steps[place].id.clone();
            let inside = self.run.steps.iter().rev().find(|step| {
                step.parent.as_ref() == Some(&id) && step.status == StepStatus::Failed && step.error.is_some()
            });
            self.run.steps[place].error = inside.and_then(|step| step.error.clone());
        }
        changes.steps.push(place);
    }
}
