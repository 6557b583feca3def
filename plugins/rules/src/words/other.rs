//! Words that tell what a video is about: music, or films, games, lessons and talk.

use super::Table;
use super::has_folded;
use crate::text::Folded;

/// What a word tells of the subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clue {
    /// Titles of music have it, and those of films, games and talk do not.
    Sure,
    /// Titles and channels of music have it.
    Music,
    /// Titles of music hardly have it.
    Against,
    /// Titles of music seldom have it; it tells only beside another clue.
    Beside,
}

/// Words that titles of music have, and those of films, games and talk do not.
#[rustfmt::skip]
pub static SURE: Table = Table::new(&[
    "ft", "mv", "ost", "feat", "prod", "song", "vevo", "audio", "cover", "letra", "lirik", "lyric", "music", "musik",
    "muzik", "remix", "songs", "tekst", "testo", "letras", "lyrics", "musica", "가사", "뮤비", "karaoke", "mixtape",
    "musical", "musique", "paroles", "sozleri", "acoustic", "teledysk", "unplugged", "lyricvideo", "musicvideo",
    "remastered", "soundtrack", "visualiser", "visualizer", "instrumental",
]);

/// Words that titles and channels of music have.
#[rustfmt::skip]
pub static MUSIC: Table = Table::new(&[
    "dj", "bgm", "mix", "beat", "hits", "live", "beats", "piano", "theme", "ending", "guitar", "oldies", "single",
    "sonata", "sounds", "cancion", "concert", "jukebox", "opening", "concerto", "epsingle", "playlist", "symphony",
    "orchestra", "soundtracks",
]);

/// Words that titles of music hardly have.
#[rustfmt::skip]
pub static AGAINST: Table = Table::new(&[
    "css", "ios", "ipl", "mlb", "nfl", "nhl", "sql", "ufc", "wwe", "asmr", "doku", "fifa", "html", "uefa", "vlog",
    "xbox", "yoga", "figma", "howto", "resep", "unbox", "vlogs", "advert", "berita", "coding", "folgen", "iphone",
    "laliga", "lesson", "motogp", "nascar", "reacao", "receta", "recipe", "rezept", "stocks", "tarifi", "trivia",
    "wywiad", "analise", "android", "arduino", "avsnitt", "epizoda", "erklart", "esports", "fragman", "handson",
    "horbuch", "keynote", "khutbah", "kickoff", "lecture", "lessons", "mukbang", "notizie", "odcinek", "origami",
    "pilates", "podcast", "podkast", "przepis", "puntata", "receita", "recetas", "recette", "recipes", "reviews",
    "rezepte", "ricetta", "ricette", "standup", "vlogger", "webinar", "welding", "analisis", "belgesel", "cutscene",
    "debunked", "episodio", "fulltime", "gameplay", "haberler", "halftime", "hoerbuch", "keynotes", "lectures",
    "letsplay", "nintendo", "noticias", "olympics", "outtakes", "podcasts", "reaccion", "reaciona", "reacting",
    "reagiert", "receitas", "recettes", "reviewed", "roportaj", "skincare", "speedart", "speedrun", "teardown",
    "tierlist", "trailers", "tutorial", "tutoriel", "zwiastun", "влог", "голы", "матч", "урок", "وصفة", "bossfight",
    "crossword", "cutscenes", "dailyvlog", "episodios", "explicado", "gardening", "grandprix", "interwiew",
    "investing", "livescore", "noticiero", "photoshop", "reacciona", "reactions", "reportage", "reportaje",
    "rezension", "speedruns", "touchdown", "tutoriais", "tutorials", "unveiling", "wordpress", "actualites",
    "aflevering", "audiobooks", "audiolibro", "audiolivro", "benchmarks", "bundesliga", "commentary", "documental",
    "entrevista", "interviews", "intervista", "interviste", "javascript", "kubernetes", "livreaudio", "noticiario",
    "powerpoint", "publicidad", "recensione", "recensioni", "reportagem", "smartphone", "tagesschau", "tutoriales",
    "wiadomosci", "обзор", "стрим", "тизер", "уроки", "фильм", "مسلسل", "documentary", "entrevistas", "interviewed",
    "nachrichten", "playstation", "playthrough", "predicacion", "programming", "quarterback", "spiegazione",
    "walkthrough", "woodworking", "bandeannonce", "championship", "commencement", "documentaire", "documentales",
    "documentario", "nocommentary", "speedrunning", "telegiornale", "walkthroughs", "выпуск", "разбор", "рецепт",
    "сериал", "эпизод", "לראיון", "الحلقة", "الحلقه", "مقابلة", "advertisement", "dokumentation", "livestreaming",
    "premierleague", "dokumentarfilm", "новости", "подкаст", "реакция", "рецепта", "рецепты", "трейлер", "фрагман",
    "інтервю", "интервью", "мультфильм", "прохождение",
]);

/// Words that titles of music seldom have; they tell only beside another clue.
#[rustfmt::skip]
pub static BESIDE: Table = Table::new(&[
    "ep", "qa", "vs", "ama", "ceo", "cpu", "diy", "dlc", "gpu", "mma", "nba", "ps4", "ps5", "suv", "asks", "bake",
    "chef", "demo", "golf", "gols", "guia", "haul", "mods", "news", "tedx", "test", "tips", "anime", "chess", "clips",
    "drone", "event", "excel", "facts", "fails", "foods", "forex", "forum", "gamer", "goals", "goles", "guide",
    "hacks", "linux", "macos", "match", "movie", "panel", "pasta", "pedal", "pizza", "prank", "react", "rugby",
    "scene", "sedan", "sezon", "shark", "steak", "talks", "tests", "trick", "truck", "worst", "albums", "animes",
    "baking", "basics", "bestof", "burger", "comedy", "course", "crypto", "debate", "drones", "flight", "gaming",
    "laptop", "launch", "league", "makeup", "movies", "poetry", "pranks", "python", "racing", "ranked", "reacts",
    "review", "saison", "scenes", "scores", "season", "sermon", "sharks", "sketch", "soccer", "speech", "summit",
    "teaser", "tennis", "travel", "tricks", "trucks", "tvshow", "unveil", "update", "weekly", "专访", "予告", "实况", "実況",
    "專訪", "开箱", "教学", "教學", "教程", "料理", "新聞", "新闻", "日常", "検証", "测评", "測評", "紹介", "解説", "解说", "访谈", "開箱", "雑談", "預告",
    "预告", "강의", "뉴스", "다큐", "리뷰", "먹방", "예고", "academy", "aprende", "bitcoin", "blender", "cameras", "cartoon",
    "chapter", "classes", "cooking", "cricket", "crochet", "economy", "episode", "kitchen", "laptops", "matches",
    "olympic", "penalty", "playoff", "pranked", "ranking", "routine", "staffel", "startup", "testing", "trailer",
    "unboxed", "volcano", "werbung", "workout", "aprender", "baseball", "beginner", "bloopers", "capitulo",
    "comedian", "congress", "election", "episodes", "explains", "football", "forecast", "freekick", "funniest",
    "knitting", "knockout", "marathon", "playoffs", "politics", "reaction", "sandwich", "showroom", "speeches",
    "training", "unboxing", "vlogging", "wildlife", "workouts", "worldcup", "audiobook", "beginners", "benchmark",
    "capitulos", "challenge", "democrats", "dinosaurs", "explained", "inflation", "interview", "investors",
    "knockouts", "penalties", "professor", "scientist", "semifinal", "storytime", "superbowl", "temporada",
    "wrestling", "予告編", "作り方", "預告片", "预告片", "예고편", "인터뷰", "basketball", "challenges", "commercial", "comparison",
    "conference", "docuseries", "highlights", "livestream", "motorcycle", "parliament", "scientists", "technology",
    "telecaster", "tournament", "university", "weeklynews", "сезон", "серия", "compilation", "discography",
    "engineering", "multiplayer", "republicans", "announcement", "stratocaster", "ニュース", "レビュー", "브이로그",
    "championships", "consciousness", "primeministers", "ハイライト", "ルーティン", "하이라이트", "exclusiveinterview", "インタビュー",
]);

/// Words in the names of channels that are about something other than music.
#[rustfmt::skip]
pub static PROGRAMMES: Table = Table::new(&[
    "f1", "atp", "cnn", "hbo", "ign", "jre", "mlb", "nba", "nfl", "nhl", "pbs", "ted", "ufc", "wta", "wwe", "asmr",
    "cnbc", "dazn", "espn", "fifa", "golf", "hulu", "lego", "news", "nike", "tedx", "uefa", "vlog", "xbox", "yoga",
    "foods", "gamer", "haber", "intel", "msnbc", "talks", "vlogs", "adidas", "cocina", "comedy", "crypto", "futbol",
    "gamers", "gaming", "google", "kidstv", "laliga", "league", "marvel", "motogp", "movies", "nascar", "natgeo",
    "news24", "racing", "reacts", "review", "scenes", "spacex", "sports", "tennis", "twitch", "vsauce", "먹방",
    "ciencia", "comedia", "cooking", "cozinha", "cricket", "cuisine", "esporte", "esports", "finance", "fitness",
    "foxnews", "futebol", "kitchen", "lessons", "medical", "mrbeast", "netflix", "notizie", "podcast", "recetas",
    "recipes", "reuters", "reviews", "samsung", "sermons", "standup", "ubisoft", "workout", "bbcearth", "buzzfeed",
    "cartoons", "deportes", "esportes", "football", "formula1", "gameplay", "gamespot", "haberler", "historia",
    "learning", "nintendo", "noticias", "olympics", "pictures", "podcasts", "reaction", "receitas", "speeches",
    "trailers", "tutorial", "adultswim", "aljazeera", "athletics", "audiobook", "bloomberg", "economics", "eurosport",
    "investing", "microsoft", "noticiero", "reactions", "skysports", "storytime", "tutorials", "watchmojo",
    "audiobooks", "bundesliga", "geographic", "kurzgesagt", "motorsport", "movieclips", "natgeowild", "primevideo",
    "technology", "universite", "university", "veritasium", "whitehouse", "кухня", "спорт", "اخبار", "crashcourse",
    "crunchyroll", "documentary", "educational", "motorsports", "moviesclips", "nachrichten", "nickelodeon",
    "playstation", "universidad", "filmtrailers", "watchmojocom", "documentaries", "premierleague", "trailersource",
    "cartoonnetwork", "netflixisajoke", "новости", "guitartutorials", "discoverychannel", "officialtrailers",
    "paramountpictures", "universalpictures",
]);

/// Parts of words that tell of something other than music, in scripts without spaces.
#[rustfmt::skip]
pub static PARTS: Table = Table::new(&[
    "专访", "予告", "实况", "実況", "專訪", "开箱", "教学", "教學", "教程", "料理", "新聞", "新闻", "検証", "测评", "測評", "解説", "解说", "訪談", "访谈",
    "開箱", "雑談", "預告", "预告", "강의", "뉴스", "다큐", "리뷰", "먹방", "예고", "レシピ", "作り方", "紀錄片", "纪录片", "인터뷰", "ゆっくり", "ニュース",
    "レビュー", "切り抜き", "브이로그", "ハイライト", "ルーティン", "하이라이트", "インタビュー",
]);

/// Words that no performer's credit holds, but those of collections and series.
#[rustfmt::skip]
pub static NAMELESS: Table = Table::new(&[
    "ost", "vol", "hits", "top10", "besten", "exitos", "mashup", "episode", "karaoke", "mixtape", "podcast",
    "trailer", "various", "greatest", "playlist", "audiobook", "nightcore", "instrumentals",
]);

/// Words with which the names of series end, and those of few performers.
#[rustfmt::skip]
pub static SERIES: Table = Table::new(&[
    "mix", "live", "show", "chart", "mixes", "radio", "charts", "episode", "session", "sessions", "programme",
]);

/// Words that tell of a recording by somebody other than the artist who is named.
#[rustfmt::skip]
pub static COVERS: Table = Table::new(&[
    "cover", "covers", "covered", "karaoke", "tribute", "fancover", "nightcore", "coverversion",
]);

/// What lessons and episodes are called before their number.
#[rustfmt::skip]
pub static NUMBERED: Table = Table::new(&[
    "ep", "folge", "lesson", "season", "chapter", "episode", "kapitel", "lecture", "capitolo", "capitulo", "chapitre",
    "episodio", "tutorial",
]);

/// What the parts of a book or a serial are called before their number.
#[rustfmt::skip]
pub static CHAPTERS: Table = Table::new(&[
    "folge", "chapter", "episode", "kapitel", "capitolo", "capitulo", "chapitre", "episodio",
]);

/// Words for recordings of speech.
#[rustfmt::skip]
pub static SPOKEN: Table = Table::new(&[
    "horbuch", "podcast", "hoerbuch", "podcasts", "audiobook", "audiobooks", "audiolibro", "audiolivro", "livreaudio",
]);

/// What a word tells.
pub fn clue(word: &Folded) -> Option<Clue> {
    let tables = [(&MUSIC, Clue::Music), (&SURE, Clue::Sure), (&BESIDE, Clue::Beside), (&AGAINST, Clue::Against)];
    tables.into_iter().find(|(table, _)| has_folded(table, word)).map(|(_, clue)| clue)
}
