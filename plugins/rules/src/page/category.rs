//! The categories of videos, one of which every uploader on YouTube chooses.

/// All but "Music". Music is uploaded under most of them, and more often something else.
const OTHERS: &[&str] = &[
    "autos & vehicles",
    "comedy",
    "education",
    "entertainment",
    "film & animation",
    "gaming",
    "howto & style",
    "movies",
    "news & politics",
    "nonprofits & activism",
    "people & blogs",
    "pets & animals",
    "science & technology",
    "shows",
    "sports",
    "trailers",
    "travel & events",
];

/// Whether a category, in lower case, is one of videos of which music is not the subject. One that nobody knows says nothing.
pub fn is_of_another_subject(category: &str) -> bool {
    OTHERS.contains(&category)
}
