//! Whose channel is nobody's who performs: labels, distributors, programmes, fan and lyric channels.

/// Words in the name of a channel that say it belongs to a label, a medium or a collector.
#[rustfmt::skip]
pub const LABEL_WORDS: &[&str] = &[
    "fc", "hd", "hq", "tv", "fan", "mix", "fans", "film", "hits", "kids", "show", "tube", "beats", "edits",
    "films", "india", "label", "letra", "lyric", "media", "musik", "muzik", "radio", "shows", "vault", "world",
    "discos", "labels", "letras", "lyrics", "nation", "oldies", "record", "sounds", "studio", "videos",
    "archive", "channel", "company", "disques", "fanpage", "jukebox", "network", "paroles", "records",
    "recordz", "rekords", "remixes", "session", "studios", "archives", "classics", "sessions", "copyright",
    "worldwide", "collection", "musicgroup", "production", "promotions", "publishing", "recordings",
    "sketchbook", "soundtrack", "compilation", "productions", "soundtracks", "distribution", "entertainment",
];

/// Words that only the names of labels have.
#[rustfmt::skip]
pub const LABEL_STRONG: &[&str] = &[
    "label", "tapes", "discos", "labels", "disques", "records", "recordz", "rekords", "netlabel", "recordings",
    "compilation", "entertainment",
];

/// Labels and media that are known by a name alone.
#[rustfmt::skip]
pub const LABELS: &[&str] = &[
    "m2", "xl", "4ad", "9xm", "dfa", "ecm", "emi", "gr6", "mtv", "ncs", "rca", "ukf", "vh1", "yrf", "epic",
    "kexp", "loen", "mnet", "mute", "netd", "oklm", "rise", "sbtv", "sire", "stax", "vevo", "warp", "1thek",
    "amuse", "chess", "decca", "ditto", "fania", "merge", "milan", "naxos", "owsla", "rhino", "rimas", "venus",
    "verve", "cdbaby", "cercle", "colors", "defjam", "dimmak", "domino", "geffen", "genius", "island", "mixmag",
    "motown", "napalm", "onerpm", "smtown", "subpop", "virgin", "wagram", "because", "beggars", "believe",
    "bigbeat", "booskap", "capitol", "elektra", "epitaph", "erosnow", "geetmp3", "ghostly", "kbskpop",
    "matador", "mbckpop", "netflix", "playtwo", "polydor", "rajshri", "relapse", "release", "sbskpop",
    "spotify", "thekpop", "triplej", "tseries", "88rising", "afinarte", "atlantic", "bbcmusic", "beatclub",
    "bluenote", "cloudkid", "codiscos", "columbia", "defected", "elevator", "fearless", "fonovisa", "grmdaily",
    "hopeless", "linkuptv", "mnetkpop", "mtvindia", "muzik247", "nojumper", "nprmusic", "revealed", "saregama",
    "selected", "shemaroo", "somlivre", "suicidal", "tinydesk", "toolroom", "tunecore", "altafonte",
    "bbcradio1", "blackhole", "distrokid", "divomusic", "goldmines", "kondzilla", "lakeshore", "maddecent",
    "netdmuzik", "ninjatune", "pitchfork", "proximity", "purenoise", "richmusic", "sonymusic", "symphonic",
    "tipsmusic", "anjunadeep", "applemusic", "boilerroom", "cokestudio", "delrecords", "dingomusic",
    "dirtyworkz", "geniemusic", "gr6explode", "hybelabels", "interscope", "jagjaguwar", "kbsworldtv",
    "livelounge", "lizosmusic", "metalblade", "monstercat", "musikladen", "ontheradar", "parlophone",
    "roadrunner", "rockpalast", "roughtrade", "starshiptv", "theorchard", "timesmusic", "trapnation",
    "ukfdubstep", "ultramusic", "watertower", "xkitomusic", "acolorsshow", "adityamusic", "amazonmusic",
    "anjunabeats", "armadamusic", "arteconcert", "chillnation", "disneymusic", "humblemusic", "jassrecords",
    "laharimusic", "pinarecords", "stonesthrow", "thelateshow", "ukfdrumbass", "warnermusic", "believemusic",
    "centurymedia", "desimelodies", "discosmusart", "erosnowmusic", "nuclearblast", "rollingstone",
    "southernlord", "speedrecords", "theellenshow", "tipsofficial", "audiotreelive", "bbcradio1xtra",
    "classicmotown", "discosfuentes", "fueledbyramen", "lablogotheque", "pastemagazine", "ranchohumilde",
    "saregamamusic", "saregamatamil", "vyrloriginals", "warnerrecords", "zeemusicsouth", "airwavemusictv",
    "awakeningmusic", "canalkondzilla", "discosvictoria", "majesticcasual", "mixtapemadness", "mrsuicidesheep",
    "musicalfreedom", "pollproduction", "sonymusicindia", "sonymusicsouth", "spinninrecords", "thetonightshow",
    "ultrabollywood", "universalmusic", "variousartists", "warnerclassics", "whitehillmusic", "atlanticrecords",
    "hospitalrecords", "jimmykimmellive", "lyricallemonade", "sonysoundtracks", "thesoundyouneed",
    "thinkmusicindia", "varesesarabande", "watertowermusic", "worldstarhiphop", "ygentertainment",
    "zeemusiccompany", "desimusicfactory", "hollywoodrecords", "jypentertainment", "mahoganysessions",
    "sbskpopxinkigayo", "secretlycanadian", "1thek원더케이", "monstercatuncaged", "nocopyrightsounds",
    "saturdaynightlive", "tseriesapnapunjab", "waltdisneyrecords", "cokestudiopakistan", "danalentertainment",
    "deutschegrammophon", "shemaroofilmigaane", "laterwithjoolsholland", "stonemusicentertainment",
];

/// Labels and media of India and Pakistan: their titles begin with the song, then the film, the actors and the
/// singers.
#[rustfmt::skip]
pub const SONG_FIRST: &[&str] = &[
    "9xm", "yrf", "venus", "erosnow", "geetmp3", "rajshri", "tseries", "mtvindia", "muzik247", "saregama",
    "shemaroo", "zeemusic", "divomusic", "goldmines", "tipsmusic", "filmigaane", "timesmusic", "adityamusic",
    "laharimusic", "erosnowmusic", "speedrecords", "tipsofficial", "saregamamusic", "saregamatamil",
    "zeemusicsouth", "sonymusicindia", "sonymusicsouth", "ultrabollywood", "whitehillmusic", "gaanesuneansune",
    "thinkmusicindia", "zeemusiccompany", "desimusicfactory", "bollywoodclassics", "tseriesapnapunjab",
    "cokestudiopakistan", "shemaroofilmigaane", "sonymusicindiavevo", "sonymusicsouthvevo",
    "tseriesbollywoodclassics",
];
