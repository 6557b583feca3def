//! Bytes off the wire become bytes of the body. What is packed is unpacked in small pieces straight into the sink, so that
//! neither memory nor time depends on what it unpacks to.

use super::{Appetite, Fault, Sink};
use flate2::write::GzDecoder;
use std::io::{self, Write};

/// How much is unpacked before the bounds are looked at.
const PIECE: usize = 1_024;
/// How many bytes may come of one. Pages come to 20, the most repetitive of lists to 100, deflate at most to 1,032.
const TIGHTEST: usize = 200;
/// How much may come whatever it was packed to: the smallest pages are packed best.
const SMALL: usize = 64 << 10;

/// Why a body is not read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The sink has what it wants.
    Enough,
    /// There is more of it than is read.
    Full,
}

/// What unpacks.
pub(super) enum Unpacker<'s> {
    Plain(Tap<'s>),
    Gzip(Box<GzDecoder<Tap<'s>>>),
}

impl<'s> Unpacker<'s> {
    pub(super) fn new(is_packed: bool, longest: usize, sink: &'s mut dyn Sink) -> Self {
        let tap = Tap { sink, longest, packed: 0, taken: 0, is_packed, state: State::Open };
        if is_packed { Self::Gzip(Box::new(GzDecoder::new(tap))) } else { Self::Plain(tap) }
    }

    /// Some bytes off the wire; why no more are wanted.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Option<End>, Fault> {
        match self {
            Self::Plain(tap) => {
                tap.take(bytes);
                tap.end()
            }
            Self::Gzip(decoder) => {
                for piece in bytes.chunks(PIECE) {
                    decoder.get_mut().count(piece.len());
                    let unpacked = write_until_end(decoder, piece);
                    if let Some(end) = ended(decoder, unpacked)? {
                        return Ok(Some(end));
                    }
                }
                Ok(None)
            }
        }
    }

    /// There are no more bytes.
    pub(super) fn finish(&mut self) -> Result<Option<End>, Fault> {
        match self {
            Self::Plain(tap) => tap.end(),
            // A body without a byte is no gzip, and yet what some servers send for nothing.
            Self::Gzip(decoder) if decoder.get_ref().packed == 0 => Ok(None),
            Self::Gzip(decoder) => {
                let finished = decoder.try_finish();
                ended(decoder, finished)
            }
        }
    }
}

/// Unpacks a piece, and passes on all that came of it: the decoder would keep the last of it back. What follows the end
/// of what was packed is left out, as browsers do.
fn write_until_end(decoder: &mut GzDecoder<Tap<'_>>, piece: &[u8]) -> io::Result<()> {
    let mut rest = piece;
    while !rest.is_empty() {
        match decoder.write(rest)? {
            0 => break,
            written => rest = rest.get(written..).unwrap_or_default(),
        }
    }
    decoder.flush()
}

/// What the tap says; what the decoder says, only if the tap has not closed on it.
fn ended(decoder: &GzDecoder<Tap<'_>>, unpacked: io::Result<()>) -> Result<Option<End>, Fault> {
    match (decoder.get_ref().end()?, unpacked) {
        (Some(end), _) => Ok(Some(end)),
        (None, Ok(())) => Ok(None),
        (None, Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(Fault::Unreachable("what it packed as gzip has no end".to_owned()))
        }
        (None, Err(_)) => Err(Fault::Unwanted("no gzip, though it says so".to_owned())),
    }
}

/// What lets bytes through to the sink until a bound is reached.
pub(super) struct Tap<'s> {
    sink: &'s mut dyn Sink,
    longest: usize,
    is_packed: bool,
    /// Bytes before they were unpacked.
    packed: usize,
    /// Bytes that the sink was given.
    taken: usize,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Ended(End),
    TooTight,
}

impl Tap<'_> {
    /// Counts packed bytes. Without a bound, those of which nothing comes would have none.
    fn count(&mut self, bytes: usize) {
        self.packed += bytes;
        if self.packed > self.longest && self.state == State::Open {
            self.state = State::Ended(End::Full);
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        if self.state != State::Open || bytes.is_empty() {
            return;
        }
        let most = SMALL.max(self.packed.saturating_mul(TIGHTEST));
        if self.is_packed && self.taken + bytes.len() > most {
            self.state = State::TooTight;
            return;
        }
        let piece = bytes.get(..self.longest - self.taken).unwrap_or(bytes);
        self.taken += piece.len();
        if !piece.is_empty() && self.sink.push(piece) == Appetite::Enough {
            self.state = State::Ended(End::Enough);
        } else if piece.len() < bytes.len() {
            self.state = State::Ended(End::Full);
        }
    }

    fn end(&self) -> Result<Option<End>, Fault> {
        match self.state {
            State::Open => Ok(None),
            State::Ended(end) => Ok(Some(end)),
            State::TooTight => Err(Fault::TooLarge(format!("is packed more tightly than {TIGHTEST} to 1"))),
        }
    }
}

impl Write for Tap<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.take(bytes);
        if self.state == State::Open { Ok(bytes.len()) } else { Err(io::Error::other("no more is wanted")) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    const LONGEST: usize = 512 << 10;

    #[derive(Default)]
    struct Cup {
        bytes: Vec<u8>,
        enough: Option<usize>,
    }

    impl Sink for Cup {
        fn begin(&mut self, _: Option<&str>) {}

        fn push(&mut self, bytes: &[u8]) -> Appetite {
            self.bytes.extend_from_slice(bytes);
            if self.enough.is_some_and(|enough| self.bytes.len() >= enough) { Appetite::Enough } else { Appetite::More }
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1u32;
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        std::iter::repeat_with(next).take(length).collect()
    }

    fn drink(cup: &mut Cup, is_packed: bool, wire: &[u8], chunk: usize) -> Result<Option<End>, Fault> {
        let mut unpacker = Unpacker::new(is_packed, LONGEST, cup);
        for bytes in wire.chunks(chunk) {
            if let Some(end) = unpacker.push(bytes)? {
                return Ok(Some(end));
            }
        }
        unpacker.finish()
    }

    #[test]
    fn a_body_is_the_same_packed_or_not_in_whatever_pieces() {
        let body = noise(100_000);
        for (is_packed, wire) in
            [(false, body.clone()), (true, gzip(&body)), (true, [gzip(&body), b"rest".to_vec()].concat())]
        {
            for chunk in [1, 7, 1_000, 1_000_000] {
                let mut cup = Cup::default();
                assert_eq!(drink(&mut cup, is_packed, &wire, chunk), Ok(None));
                assert!(cup.bytes == body, "packed {is_packed} in {chunk}");
            }
        }
    }

    #[test]
    fn what_is_packed_reaches_the_sink_as_it_comes() {
        let wire = gzip(&noise(3_000));
        let mut cup = Cup { enough: Some(1_900), ..Cup::default() };
        let told = Unpacker::new(true, LONGEST, &mut cup).push(&wire[..2_000]);
        assert_eq!(told, Ok(Some(End::Enough)));
    }

    #[test]
    fn a_sink_that_has_enough_gets_no_more() {
        for (is_packed, wire) in [(false, noise(100_000)), (true, gzip(&noise(100_000)))] {
            let mut cup = Cup { enough: Some(500), ..Cup::default() };
            assert_eq!(drink(&mut cup, is_packed, &wire, 100), Ok(Some(End::Enough)));
            assert!(cup.bytes.len() < 2_000, "{}", cup.bytes.len());
        }
    }

    #[test]
    fn a_body_ends_at_the_bound_and_one_of_just_that_length_is_whole() {
        for (length, end) in [(LONGEST, None), (LONGEST + 1, Some(End::Full)), (3 * LONGEST, Some(End::Full))] {
            let mut cup = Cup::default();
            assert_eq!(drink(&mut cup, false, &noise(length), 9_999), Ok(end));
            assert_eq!(cup.bytes.len(), LONGEST);
        }
        // Packed to half.
        let body: Vec<u8> = noise(2 * LONGEST).into_iter().map(|byte| byte & 15).collect();
        let mut cup = Cup::default();
        assert_eq!(drink(&mut cup, true, &gzip(&body), 9_999), Ok(Some(End::Full)));
        assert!(cup.bytes == body[..LONGEST]);
    }

    #[test]
    fn a_bomb_is_found_before_it_has_gone_off() {
        let bomb = gzip(&vec![0; 64 << 20]);
        assert!(bomb.len() < 70_000);
        for chunk in [10, 1_000_000] {
            let mut cup = Cup::default();
            let fault = drink(&mut cup, true, &bomb, chunk).unwrap_err();
            assert_eq!(fault.to_string(), "is packed more tightly than 200 to 1");
            assert!(cup.bytes.len() <= TIGHTEST * PIECE, "{}", cup.bytes.len());
        }
    }

    #[test]
    fn a_small_page_may_be_packed_as_tightly_as_it_can_be() {
        let mut cup = Cup::default();
        assert_eq!(drink(&mut cup, true, &gzip(&[b' '; 60_000]), 10), Ok(None));
        assert_eq!(cup.bytes.len(), 60_000);
    }

    #[test]
    fn packed_bytes_of_which_nothing_comes_are_bounded_too() {
        // Blocks that are stored and empty, without end.
        let mut wire = gzip(b"")[..10].to_vec();
        wire.extend([0, 0, 0, 0xff, 0xff].repeat(LONGEST));
        let mut cup = Cup::default();
        assert_eq!(drink(&mut cup, true, &wire, 9_999), Ok(Some(End::Full)));
        assert_eq!(cup.bytes, b"");
    }

    #[test]
    fn what_is_no_gzip_or_only_half_of_one_is_told_apart() {
        let wire = gzip(&noise(9_000));
        let told = |wire: &[u8]| drink(&mut Cup::default(), true, wire, 1_000);
        assert_eq!(told(b"<html>not packed</html>"), Err(Fault::Unwanted("no gzip, though it says so".to_owned())));
        for cut in [5, 10, 4_000, wire.len() - 9] {
            let fault = told(&wire[..cut]).unwrap_err();
            assert_eq!(fault, Fault::Unreachable("what it packed as gzip has no end".to_owned()), "{cut}");
        }
        let mut broken = wire.clone();
        *broken.last_mut().unwrap() ^= 1;
        assert!(matches!(told(&broken), Err(Fault::Unwanted(_))));
        assert_eq!(told(b""), Ok(None));
    }
}
