//! Words that sentences are made of and names are not.

/// Pronouns, auxiliaries, prepositions and other words that make a phrase a title rather than a name, in the
/// languages whose titles are often written first.
#[rustfmt::skip]
pub const SPEECH: &[&str] = &[
    "about", "again", "al", "always", "am", "are", "auf", "bana", "be", "because", "been", "ben", "beni", "bin",
    "bir", "cant", "che", "com", "como", "con", "could", "cuando", "dans", "dein", "del", "des", "di", "dich",
    "did", "didnt", "dil", "do", "does", "doesnt", "donde", "dont", "du", "ela", "ele", "ella", "em", "en",
    "eres", "es", "est", "eu", "ever", "for", "from", "fur", "gonna", "gotta", "had", "hai", "has", "have",
    "he", "her", "him", "his", "how", "i", "ich", "id", "if", "ill", "im", "into", "io", "is", "ist", "it",
    "its", "ive", "je", "ka", "ke", "ki", "let", "lets", "lo", "main", "me", "mein", "mera", "mere", "meri",
    "mes", "meu", "mi", "mia", "mich", "mine", "minha", "mio", "mis", "moi", "my", "na", "nao", "never",
    "nicht", "no", "non", "nos", "not", "ohne", "our", "para", "per", "por", "porque", "pour", "pra", "que",
    "qui", "quiero", "quoi", "sana", "sans", "se", "sei", "sen", "seni", "ses", "seu", "she", "should", "si",
    "sim", "sin", "sono", "soy", "su", "sua", "suis", "sur", "sus", "ta", "te", "tera", "tere", "teri", "tes",
    "that", "their", "them", "these", "they", "this", "those", "ti", "till", "to", "toi", "ton", "tu", "tua",
    "tum", "tuo", "tus", "u", "um", "uma", "un", "una", "und", "une", "until", "ur", "us", "voce", "wanna",
    "was", "we", "were", "what", "when", "where", "who", "why", "will", "wir", "without", "wont", "would", "yo",
    "you", "your", "youre", "в", "где", "за", "как", "мой", "моя", "мы", "на", "не", "он", "она", "ты", "что",
    "я",
];
