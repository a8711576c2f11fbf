//! Netlink's frames: a header of 16 bytes, a payload, padding to four. Attributes inside are cut the same way.
//!
//! Pure: bytes in, bytes out. Whatever the bytes are, reading them ends, with an error at worst.

use std::io;

/// A request for a list.
pub const DUMP: u16 = 0x300;
/// A request whose answer is an error or its absence.
pub const ACKNOWLEDGE: u16 = 0x4;

const REQUEST: u16 = 0x1;
const HEADER: usize = 16;
const ERROR: u16 = 2;
const DONE: u16 = 3;
/// Kinds below this are netlink's own.
const FIRST_OF_PROTOCOL: u16 = 16;

/// One frame.
#[derive(Debug)]
pub struct Frame<'a> {
    /// Of the request it answers.
    pub sequence: u32,
    /// What it says.
    pub payload: Payload<'a>,
}

/// What a frame says.
#[derive(Debug)]
pub enum Payload<'a> {
    /// An entry.
    Data(&'a [u8]),
    /// The list is complete.
    Done,
    /// How a request went.
    Answer(io::Result<()>),
    /// Padding.
    Nothing,
}

/// A request in its frame.
pub fn request(kind: u16, flags: u16, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEADER + payload.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(HEADER + payload.len());
    bytes.extend(length.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend((REQUEST | flags).to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend(0_u32.to_ne_bytes());
    bytes.extend(payload);
    bytes
}

/// The frames of what one read brought.
pub fn frames(mut bytes: &[u8]) -> impl Iterator<Item = io::Result<Frame<'_>>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let Some((frame, rest)) = split(bytes) else {
            bytes = &[];
            return Some(Err(io::Error::other("the kernel's answer is cut short")));
        };
        bytes = rest;
        Some(Ok(frame))
    })
}

fn split(bytes: &[u8]) -> Option<(Frame<'_>, &[u8])> {
    let length = usize::try_from(u32_at(bytes, 0)?).ok()?;
    let payload = bytes.get(HEADER..length)?;
    let kind = u16_at(bytes, 4)?;
    let payload = match kind {
        ERROR => Payload::Answer(answer(i32::from_ne_bytes(array_at(payload, 0)?))),
        // The end of a list carries its error, if there was one.
        DONE => match array_at(payload, 0).map(i32::from_ne_bytes) {
            Some(code) if code < 0 => Payload::Answer(answer(code)),
            _ => Payload::Done,
        },
        kind if kind >= FIRST_OF_PROTOCOL => Payload::Data(payload),
        _ => Payload::Nothing,
    };
    let frame = Frame {
        sequence: u32_at(bytes, 8)?,
        payload,
    };
    Some((frame, bytes.get(aligned(length)..).unwrap_or_default()))
}

fn answer(code: i32) -> io::Result<()> {
    match code {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code.saturating_neg())),
    }
}

/// Kind and value of each attribute in `bytes`; stops at one that makes no sense.
pub fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::from(u16_at(bytes, 0)?);
        let kind = u16_at(bytes, 2)?;
        let value = bytes.get(4..length)?;
        bytes = bytes.get(aligned(length)..).unwrap_or_default();
        Some((kind, value))
    })
}

/// An attribute, padded.
pub fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
    let mut bytes = Vec::with_capacity(aligned(4 + value.len()));
    bytes.extend(length.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(aligned(bytes.len()), 0);
    bytes
}

fn aligned(length: usize) -> usize {
    length.saturating_add(3) & !3
}

/// The `N` bytes at `at`.
pub fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// The number at `at`, in this machine's order.
pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(u32::from_ne_bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array_at(bytes, at).map(u16::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_request_is_read_back_as_one_entry() {
        let bytes = request(20, DUMP, 7, b"payload!");
        let all: Vec<_> = frames(&bytes).collect();
        assert_eq!(all.len(), 1);
        let Some(Ok(Frame {
            sequence: 7,
            payload: Payload::Data(payload),
        })) = all.first()
        else {
            panic!("{all:?}");
        };
        assert_eq!(*payload, b"payload!");
    }

    #[test]
    fn a_frame_that_is_longer_than_what_came_is_an_error_and_the_end() {
        let mut bytes = request(20, 0, 1, b"12345678");
        bytes.truncate(20);
        let all: Vec<_> = frames(&bytes).collect();
        assert!(matches!(all.as_slice(), [Err(_)]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let read = frames(&bytes).count();
            prop_assert!(read <= bytes.len());
            prop_assert!(attributes(&bytes).count() <= bytes.len());
        }

        #[test]
        fn attributes_are_read_back(values in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..6)) {
            let mut bytes = Vec::new();
            for value in &values {
                bytes.extend(attribute(3, value));
            }
            let read: Vec<Vec<u8>> = attributes(&bytes).map(|(_, value)| value.to_vec()).collect();
            prop_assert_eq!(read, values);
        }
    }
}
