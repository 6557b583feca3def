//! Titles sung by voice synthesisers: the credit is the producer's, who is the channel or stands beside the voice.

use super::wording::without_translation;
use super::{Roles, Scene, roles};
use crate::channel::Channel;
use crate::credit::{features, is_feature, is_list, without_voices};
use crate::evidence::Evidence;
use crate::text::{is_cjk, is_latin};
use crate::title::brackets::is_voices;
use crate::title::pieces::at_quotes;
use crate::words::{has, voices::VOICES};

impl Scene<'_> {
    /// A voice synthesiser stands where a singer would: the credit is the producer's.
    pub(super) fn sung_by_voices(&self, channel: &Channel) -> Option<Roles> {
        let first = self.pieces.first()?;
        if let Some((before, inner, _)) = at_quotes(first.text)
            && begins_with_voice(before)
        {
            return roles(inner, &channel.name, Evidence::Voice);
        }
        let cjk = is_cjk(&self.title.text);
        let voice_behind = self.pieces.iter().skip(1).any(|piece| sings(piece.text, cjk));
        let voice_before = self.pieces.len() > 1 && cjk && sings(first.text, cjk);
        let featured = without_voices(first.text).len() < first.text.len();
        let producer = self.title.credit.as_deref().unwrap_or(&channel.name);
        if self.title.voice || voice_behind || voice_before || featured && self.pieces.len() == 1 {
            let title = if sings(first.text, cjk) { self.pieces.get(1)?.text } else { first.text };
            let title = title.split("feat.").next().filter(|_| featured).unwrap_or(title);
            return roles(without_translation(title), producer, Evidence::Voice);
        }
        None
    }

    /// `Title / Producer feat. Voice`, `Title feat. Voice / Title in English`.
    pub(super) fn beside_voices(&self) -> Option<Roles> {
        let first = self.pieces.first()?;
        let channel = self.channel?;
        if without_voices(first.text).len() < first.text.len() {
            return roles(first.text, &channel.name, Evidence::Voice);
        }
        let with = self.pieces.iter().skip(1).find(|piece| without_voices(piece.text).len() < piece.text.len())?;
        roles(first.text, with.text, Evidence::ProducerWithVoice)
    }
}

/// Whether a text names voices where a singer would stand: alone, featured, or before the same in another script.
fn sings(text: &str, cjk: bool) -> bool {
    if is_latin(text) && !is_list(text) && !is_feature(text) {
        return if cjk { is_voices(text, cjk) } else { has(&VOICES, text) };
    }
    is_voices(text, cjk)
        || is_feature(text) && features(text).is_some_and(|names| is_voices(names, cjk))
        || text.split_once(' ').is_some_and(|(head, _)| is_cjk(head) && is_voices(head, cjk))
}

/// `初音ミク が…`, `Hatsune Miku Original Song`.
fn begins_with_voice(text: &str) -> bool {
    let name = |words: usize| text.match_indices(' ').nth(words - 1).and_then(|(at, _)| text.get(..at));
    is_cjk(text) && name(1).is_some_and(|name| is_voices(name, true)) || name(2).is_some_and(|name| has(&VOICES, name))
}
