//! Words that sentences are made of and names are not.

use super::Table;
/// Pronouns, auxiliaries, prepositions and other words that make a phrase a title rather than a name, in the
/// languages whose titles are often written first.
#[rustfmt::skip]
pub static SPEECH: Table = Table::new(&[
    "i", "u", "al", "am", "be", "di", "do", "du", "em", "en", "es", "eu", "he", "id", "if", "im", "io", "is",
    "it", "je", "ka", "ke", "ki", "lo", "me", "mi", "my", "na", "no", "se", "si", "su", "ta", "te", "ti", "to",
    "tu", "um", "un", "ur", "us", "we", "yo", "в", "я", "are", "auf", "ben", "bin", "bir", "che", "com", "con",
    "del", "des", "did", "dil", "ela", "ele", "est", "for", "fur", "had", "hai", "has", "her", "him", "his",
    "how", "ich", "ill", "ist", "its", "ive", "let", "mes", "meu", "mia", "mio", "mis", "moi", "nao", "non",
    "nos", "not", "our", "per", "por", "pra", "que", "qui", "sei", "sen", "ses", "seu", "she", "sim", "sin",
    "soy", "sua", "sur", "sus", "tes", "toi", "ton", "tua", "tum", "tuo", "tus", "uma", "una", "und", "une",
    "was", "who", "why", "wir", "you", "bana", "been", "beni", "cant", "como", "dans", "dein", "dich", "does",
    "dont", "ella", "eres", "ever", "from", "have", "into", "lets", "main", "mein", "mera", "mere", "meri",
    "mich", "mine", "ohne", "para", "pour", "quoi", "sana", "sans", "seni", "sono", "suis", "tera", "tere",
    "teri", "that", "them", "they", "this", "till", "voce", "were", "what", "when", "will", "wont", "your",
    "за", "мы", "на", "не", "он", "ты", "about", "again", "could", "didnt", "donde", "gonna", "gotta", "minha",
    "never", "nicht", "their", "these", "those", "until", "wanna", "where", "would", "youre", "always",
    "cuando", "doesnt", "porque", "quiero", "should", "где", "как", "мой", "моя", "она", "что", "because",
    "without",
]);
