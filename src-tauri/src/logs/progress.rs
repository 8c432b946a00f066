//! How far a log is read: what a page adds to it. Pure; there is one gap at most, however often reading breaks off.

use crate::{model::Millis, store::Reading};

use super::walk::{GoesOn, Heard};

/// So far below the newest known line, lines are read again: runs of then may have gone on.
pub const OVERLAP: Millis = 60 * 1000;
/// Old servers write a line when its run ends: so far below, others may still appear.
pub const OLD_OVERLAP: Millis = 3600 * 1000;

/// One way through the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the newest line down to what is known, or to the end where nothing is. `known`: what was known before;
    /// `gap`: the gap that was there.
    Top { known: Option<Millis>, gap: Option<(Millis, Millis)> },
    /// What an earlier way left open.
    Gap { from: Millis, to: Millis },
    /// From the oldest known line on.
    Older { from: Millis },
}

impl Way {
    /// The ways that are left, the first one first.
    pub fn top(reading: &Reading) -> Self {
        Self::Top { known: reading.newest, gap: reading.gap }
    }

    pub fn after_top(reading: &Reading) -> Option<Self> {
        if let Some((from, to)) = reading.gap {
            return Some(Self::Gap { from, to });
        }
        reading.since.filter(|_| !reading.complete).map(|from| Self::Older { from })
    }

    /// From where to where it leads.
    pub fn ends(self, overlap: Millis) -> (Option<Millis>, Option<Millis>) {
        match self {
            Self::Top { known, .. } => (None, known.map(|known| known.saturating_sub(overlap))),
            Self::Gap { from, to } => (Some(to), Some(from)),
            Self::Older { from } => (Some(from), None),
        }
    }

    /// What is known once the lines of a page are kept. `held`: the oldest line that had to be left for later.
    pub fn page(self, reading: &mut Reading, heard: Heard, held: Option<Millis>) {
        let older = |known: Option<Millis>| match (known, heard.oldest) {
            (Some(known), Some(oldest)) => Some(known.min(oldest)),
            (known, oldest) => known.or(oldest),
        };
        match self {
            Self::Top { known: None, .. } | Self::Older { .. } => {
                reading.newest = reading.newest.max(heard.newest);
                reading.since = older(reading.since);
                reading.complete = heard.goes_on == GoesOn::End;
            }
            Self::Top { known: Some(known), gap } => {
                reading.newest = reading.newest.max(heard.newest);
                let open = heard.oldest.or(reading.newest).unwrap_or(known);
                reading.gap = match heard.goes_on {
                    // What lies below it was known, but for the gap that was there.
                    GoesOn::There => gap,
                    GoesOn::Lost => reading.gap,
                    _ if open <= known => gap,
                    GoesOn::End => None,
                    _ => Some((gap.map_or(known, |gap| gap.0), open)),
                };
                reading.complete |= heard.goes_on == GoesOn::End;
            }
            Self::Gap { from, .. } => {
                reading.gap = match (heard.goes_on, heard.oldest) {
                    (GoesOn::There | GoesOn::End, _) => None,
                    (_, Some(oldest)) if oldest <= from => None,
                    (_, oldest) => reading.gap.map(|(from, to)| (from, oldest.map_or(to, |oldest| oldest.min(to)))),
                };
                reading.complete |= heard.goes_on == GoesOn::End;
            }
        }
        // They are read again from there, until each has become a run.
        if let (Some(held), Some(newest)) = (held, reading.newest) {
            reading.newest = Some(newest.min(held));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(newest: Millis, oldest: Millis, goes_on: GoesOn) -> Heard {
        Heard { newest: Some(newest), oldest: Some(oldest), goes_on }
    }

    #[test]
    fn a_way_that_broke_off_leaves_one_gap_which_the_next_one_widens_or_closes() {
        const H: Millis = 10 * OLD_OVERLAP;
        let mut reading = Reading { newest: Some(10 * H), since: Some(H), complete: true, gap: None };
        let way = Way::top(&reading);
        way.page(&mut reading, heard(20 * H, 18 * H, GoesOn::Further), None);
        way.page(&mut reading, heard(18 * H, 16 * H, GoesOn::Further), None);
        assert_eq!((reading.newest, reading.gap), (Some(20 * H), Some((10 * H, 16 * H))), "it broke off here");

        let way = Way::top(&reading);
        way.page(&mut reading, heard(30 * H, 28 * H, GoesOn::Further), None);
        assert_eq!(reading.gap, Some((10 * H, 28 * H)), "and here again: what lies between is read twice");

        let way = Way::top(&reading);
        way.page(&mut reading, heard(31 * H, 29 * H, GoesOn::There), None);
        assert_eq!(reading.gap, Some((10 * H, 28 * H)), "the way from the top met what was known");
        let way = Way::after_top(&reading).expect("the gap is left");
        assert_eq!(way.ends(OVERLAP), (Some(28 * H), Some(10 * H)), "down through the gap");
        way.page(&mut reading, heard(28 * H, 15 * H, GoesOn::Further), None);
        assert_eq!(reading.gap, Some((10 * H, 15 * H)), "half of it");
        way.page(&mut reading, heard(15 * H, 9 * H, GoesOn::There), None);
        assert_eq!((reading.gap, Way::after_top(&reading)), (None, None), "all of it");
        assert_eq!((reading.newest, reading.since, reading.complete), (Some(31 * H), Some(H), true), "all is known");
    }

    #[test]
    fn the_first_way_goes_on_where_it_broke_off() {
        let mut reading = Reading::default();
        let way = Way::top(&reading);
        way.page(&mut reading, heard(900, 800, GoesOn::Further), None);
        assert_eq!(Way::after_top(&reading), Some(Way::Older { from: 800 }), "from its oldest line on");
        Way::Older { from: 800 }.page(&mut reading, heard(800, 100, GoesOn::End), None);
        assert_eq!(reading, Reading { newest: Some(900), gap: None, since: Some(100), complete: true }, "to the end");
    }

    #[test]
    fn lines_that_may_be_runs_of_here_are_read_again() {
        let mut reading = Reading { newest: Some(100), since: Some(0), complete: true, gap: None };
        Way::top(&reading).page(&mut reading, heard(900, 50, GoesOn::There), Some(700));
        assert_eq!(reading.newest, Some(700), "from that line on");
    }
}
