//! From bytes to text. A byte order mark says what a page is written in, else its header, else its `<meta>`, else the bytes
//! themselves do: in the order of the WHATWG's standard, but that bytes are believed before a declaration that they contradict.

use super::tags::{Keep, Tag, Tags, Visitor};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, DecoderResult, Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How many bytes are searched for a declaration.
pub(super) const PRESCAN: usize = 1024;
/// How many bytes are weighed, from the first on that is not ASCII.
const EVIDENCE: usize = 8 * 1024;

/// Decodes a page in pieces.
pub(super) enum Decoding {
    /// Nothing but ASCII yet, which reads the same in every encoding that is left.
    Plain { declared: Vec<&'static Encoding> },
    /// Bytes that are not ASCII, to judge by.
    Weighing { declared: Vec<&'static Encoding>, evidence: Vec<u8> },
    /// The encoding is known.
    Known(Decoder),
}

impl Decoding {
    /// Of a page that begins so; its header says in which encoding.
    pub(super) fn of(header: Option<&'static Encoding>, start: &[u8]) -> Self {
        if let Some((encoding, _)) = Encoding::for_bom(start) {
            return Self::Known(encoding.new_decoder_with_bom_removal());
        }
        let declared: Vec<_> = header.into_iter().chain(prescan(start)).collect();
        match declared.first() {
            Some(first) if !first.is_ascii_compatible() => Self::Known(first.new_decoder_without_bom_handling()),
            _ => Self::Plain { declared },
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], text: &mut String) {
        match self {
            Self::Plain { declared } => {
                let plain = Encoding::ascii_valid_up_to(bytes);
                let (plain, rest) = bytes.split_at(plain.min(bytes.len()));
                text.push_str(&String::from_utf8_lossy(plain));
                if !rest.is_empty() {
                    *self = Self::Weighing { declared: std::mem::take(declared), evidence: Vec::new() };
                    self.push(rest, text);
                }
            }
            Self::Weighing { evidence, .. } => {
                evidence.extend_from_slice(bytes);
                if evidence.len() >= EVIDENCE {
                    self.decide(text);
                }
            }
            Self::Known(decoder) => decode(decoder, bytes, text, false),
        }
    }

    pub(super) fn finish(&mut self, text: &mut String) {
        self.decide(text);
        if let Self::Known(decoder) = self {
            decode(decoder, &[], text, true);
        }
    }

    fn decide(&mut self, text: &mut String) {
        if let Self::Weighing { declared, evidence } = self {
            let judged = evidence.get(..EVIDENCE).unwrap_or(evidence);
            let mut decoder = judge(declared, judged).new_decoder_without_bom_handling();
            decode(&mut decoder, evidence, text, false);
            *self = Self::Known(decoder);
        }
    }
}

fn decode(decoder: &mut Decoder, bytes: &[u8], text: &mut String, is_last: bool) {
    if let Some(room) = decoder.max_utf8_buffer_length(bytes.len()) {
        text.reserve(room);
        let _ = decoder.decode_to_string(bytes, text, is_last);
    }
}

/// What bytes are written in: what was said first that they do not contradict, else what they look like.
fn judge(declared: &[&'static Encoding], bytes: &[u8]) -> &'static Encoding {
    // What is UTF-8 throughout is nothing else by chance, and many servers say what they know nothing of.
    if malformed(UTF_8, bytes) == 0 {
        return UTF_8;
    }
    let candidates = declared.iter().copied().chain([UTF_8]);
    // A page may well have a broken character or two; in a wrong encoding most are.
    let others = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    candidates.into_iter().find(|encoding| malformed(encoding, bytes) * 5 <= others).unwrap_or_else(|| {
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(bytes, false);
        detector.guess(None, Utf8Detection::Deny)
    })
}

/// How many sequences of bytes are none in an encoding.
fn malformed(encoding: &'static Encoding, bytes: &[u8]) -> usize {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let (mut rest, mut count, mut text) = (bytes, 0, [0; 1024]);
    loop {
        let (result, read, _) = decoder.decode_to_utf8_without_replacement(rest, &mut text, false);
        rest = rest.get(read..).unwrap_or_default();
        match result {
            DecoderResult::Malformed(..) => count += 1,
            DecoderResult::OutputFull => {}
            DecoderResult::InputEmpty => return count,
        }
    }
}

/// The encoding that a label of a header names.
pub(super) fn labelled(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label(label.as_bytes()).filter(|encoding| *encoding != REPLACEMENT)
}

/// The encoding that the start of a page declares.
fn prescan(start: &[u8]) -> Option<&'static Encoding> {
    let mut tags = Tags::new(Prescan(None));
    tags.feed(start.get(..PRESCAN).unwrap_or(start));
    match tags.visitor.0? {
        // A page that can be read so far is not in what it says there.
        encoding if encoding == UTF_16BE || encoding == UTF_16LE => Some(UTF_8),
        encoding if encoding.name() == "x-user-defined" => Some(WINDOWS_1252),
        encoding => Some(encoding),
    }
}

/// Looks for the first `<meta>` that names an encoding.
struct Prescan(Option<&'static Encoding>);

impl Visitor for Prescan {
    fn open(&mut self, tag: &Tag, _: usize) -> Keep {
        if tag.name() == "meta" && self.0.is_none() {
            let is_type = tag.get("http-equiv").is_some_and(|header| header.eq_ignore_ascii_case("content-type"));
            let content = tag.get("content").filter(|_| is_type);
            self.0 = tag
                .get("charset")
                .and_then(|label| labelled(&label))
                .or_else(|| labelled(charset_of(content.as_deref()?)?));
        }
        Keep::Nothing
    }

    fn close(&mut self, _: &str, _: usize) {}

    fn text(&mut self, _: &str) {}

    fn is_satisfied(&self) -> bool {
        self.0.is_some()
    }
}

/// The label in `text/html; charset="label"`.
pub(super) fn charset_of(content_type: &str) -> Option<&str> {
    let at = content_type.to_ascii_lowercase().find("charset")?;
    let value = content_type.get(at + "charset".len()..)?.trim_start().strip_prefix('=')?.trim_start();
    let label = match value.chars().next()? {
        quote @ ('"' | '\'') => value.get(1..)?.split(quote).next()?,
        _ => value.split(|c: char| c == ';' || c.is_whitespace()).next()?,
    };
    (!label.is_empty()).then_some(label)
}
