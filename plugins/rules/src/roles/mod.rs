//! Which part of a title is the song and which the artist: the one the channel names; else what the form's custom says.

mod by_channel;
mod by_form;
mod by_voice;
mod wording;

use crate::channel::{Channel, Kind};
use crate::credit::spellings;
use crate::evidence::Evidence;
use crate::title::Title;
use crate::title::pieces::Piece;
use wording::{performer, song};

/// Who performs what, and by what evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    /// The song.
    pub title: String,
    /// Who is credited.
    pub artist: Option<String>,
    /// What tells so.
    pub evidence: Evidence,
}

/// What is known beside the title and the channel.
#[derive(Debug, Clone, Copy, Default)]
pub struct Setting {
    /// The platform's uploader is the performer.
    pub by_artist: bool,
    /// A word tells of music.
    pub music: bool,
}

/// What a reading has to go by.
struct Scene<'a> {
    title: &'a Title,
    pieces: &'a [Piece<'a>],
    channel: Option<&'a Channel>,
    /// The ways each piece may write a name.
    spelled: Vec<Vec<String>>,
    /// Whether uploaders' decoration was found.
    decorated: bool,
    setting: Setting,
}

/// Says who performs what.
pub fn assign(title: &Title, channel: Option<&Channel>, setting: Setting) -> Roles {
    let (mut pieces, stripped) = title.pieces();
    // A label signs behind the title.
    if let Some(label) = channel.filter(|channel| channel.kind == Kind::Label && pieces.len() > 2) {
        let mut index = 0;
        pieces.retain(|piece| {
            index += 1;
            index < 3 || !label.is(&spellings(piece.text))
        });
    }
    // "Artist - Song [Channel]": in a square bracket behind the song stands who puts it up.
    if let (Some(channel), [_, .., last]) = (channel, pieces.as_mut_slice())
        && last.text.ends_with(']')
        && let Some((bare, inner)) = last.text.strip_suffix(']').and_then(|text| text.rsplit_once(" ["))
        && channel.is(&spellings(inner))
    {
        last.text = bare.trim_end();
    }
    let spelled = match channel {
        Some(_) if pieces.len() > 1 => pieces.iter().map(|piece| spellings(piece.text)).collect(),
        _ => Vec::new(),
    };
    let scene = Scene { title, pieces: &pieces, channel, spelled, decorated: title.decorated || stripped, setting };
    let by_channel = || channel.and_then(|channel| scene.by_channel(channel));
    by_channel().or_else(|| scene.by_form()).unwrap_or_else(|| scene.whole())
}

fn roles(title: &str, artist: &str, evidence: Evidence) -> Option<Roles> {
    let (title, artist) = (song(title), performer(artist));
    (!title.is_empty() && !artist.is_empty()).then_some(Roles { title, artist: Some(artist), evidence })
}

impl Scene<'_> {
    /// How many dashes divide the first part of the title, up to any other mark.
    fn dashes(&self) -> usize {
        self.pieces.iter().skip(1).take_while(|piece| piece.mark.is_dash()).count()
    }

    /// A title alone: who performs is the channel, if the channel is one that belongs to an artist.
    fn whole(&self) -> Roles {
        let title = song(self.pieces.first().map_or(self.title.text.as_str(), |piece| piece.text));
        let title = if title.is_empty() { self.title.text.clone() } else { title };
        let evidence = match self.channel.map(|channel| channel.kind) {
            None => Evidence::TitleAlone,
            _ if self.setting.by_artist => Evidence::ArtistField,
            Some(Kind::Label) => Evidence::TitleAlone,
            Some(Kind::Topic) => Evidence::Topic,
            Some(Kind::Vevo) if self.channel.is_some_and(|channel| channel.name.contains(' ')) => Evidence::VevoWhole,
            Some(Kind::Vevo) => Evidence::VevoRunTogether,
            Some(Kind::Official) if self.title.official => Evidence::OfficialWholeOfficial,
            Some(Kind::Official) => Evidence::OfficialWhole,
            Some(Kind::Other) if self.title.official => Evidence::OtherWholeOfficial,
            Some(Kind::Other) if self.decorated => Evidence::OtherWholeDecorated,
            Some(Kind::Other) => Evidence::OtherWhole,
        };
        let artist = self.channel.filter(|_| evidence != Evidence::TitleAlone).map(|channel| match evidence {
            Evidence::ArtistField => channel.whole.clone(),
            _ => channel.name.clone(),
        });
        Roles { title, artist, evidence }
    }
}
