//! Bytes, spoilt in the ways networks, gateways and broken servers spoil them.

use proptest::{collection::vec, prelude::*, sample::Index};

/// One thing that goes wrong.
#[derive(Debug, Clone)]
pub enum Harm {
    FlipBit(Index, u8),
    CutFrom(Index),
    Remove(Index, usize),
    /// A piece of the same bytes, somewhere else as well.
    Splice {
        from: Index,
        length: usize,
        to: Index,
    },
    SwapLines(Index, Index),
    DoubleFrame(Index),
    Insert(Index, Vec<u8>),
}

pub fn harms() -> impl Strategy<Value = Vec<Harm>> {
    let harm = prop_oneof![
        (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Harm::FlipBit(at, bit)),
        any::<Index>().prop_map(Harm::CutFrom),
        (any::<Index>(), 1..60_usize).prop_map(|(at, length)| Harm::Remove(at, length)),
        (any::<Index>(), 1..400_usize, any::<Index>()).prop_map(|(from, length, to)| Harm::Splice { from, length, to }),
        (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Harm::SwapLines(one, other)),
        any::<Index>().prop_map(Harm::DoubleFrame),
        (any::<Index>(), vec(any::<u8>(), 1..12)).prop_map(|(at, bytes)| Harm::Insert(at, bytes)),
        (
            any::<Index>(),
            prop::sample::select(vec!["\r", "\n\n", "\u{feff}", "data: ", "null", "{", "}", "\\ud83e", "9e999"])
        )
            .prop_map(|(at, text)| Harm::Insert(at, text.into())),
    ];
    vec(harm, 1..6)
}

pub fn spoilt(bytes: &[u8], harms: &[Harm]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for harm in harms {
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        match harm {
            Harm::FlipBit(at, bit) => bytes[at.index(length)] ^= 1 << bit,
            Harm::CutFrom(at) => bytes.truncate(at.index(length)),
            Harm::Remove(at, count) => {
                let at = at.index(length);
                bytes.drain(at..(at + count).min(length));
            }
            Harm::Splice { from, length: count, to } => {
                let from = from.index(length);
                let piece = bytes[from..(from + count).min(length)].to_vec();
                let to = to.index(length);
                bytes.splice(to..to, piece);
            }
            Harm::SwapLines(one, other) => {
                let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
                let (one, other) = (one.index(lines.len()), other.index(lines.len()));
                lines.swap(one, other);
                bytes = lines.join(&b'\n');
            }
            Harm::DoubleFrame(at) => {
                let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
                let at = at.index(lines.len());
                let mut doubled = lines[..=at].to_vec();
                doubled.extend([&b""[..], lines[at], &b""[..]]);
                doubled.extend(&lines[at + 1..]);
                bytes = doubled.join(&b'\n');
            }
            Harm::Insert(at, inserted) => {
                let at = at.index(length);
                bytes.splice(at..at, inserted.iter().copied());
            }
        }
    }
    bytes
}
