//! Whose channel is nobody's who performs: labels, distributors, programmes, fan and lyric channels.

/// Words in the name of a channel that say it belongs to a label, a medium or a collector.
#[rustfmt::skip]
pub const LABEL_WORDS: &[&str] = &[
    "archive", "archives", "beats", "channel", "classics", "collection", "company", "compilation", "copyright",
    "discos", "disques", "distribution", "edits", "entertainment", "fan", "fanpage", "fans", "fc", "film",
    "films", "hd", "hits", "hq", "india", "jukebox", "kids", "label", "labels", "letra", "letras", "lyric",
    "lyrics", "media", "mix", "musicgroup", "musik", "muzik", "nation", "network", "oldies", "paroles",
    "production", "productions", "promotions", "publishing", "radio", "record", "recordings", "records",
    "recordz", "rekords", "remixes", "sketchbook", "sounds", "soundtrack", "soundtracks", "studio", "studios",
    "tube", "tv", "vault", "videos", "world", "worldwide",
];

/// Labels and media that are known by a name alone.
#[rustfmt::skip]
pub const LABELS: &[&str] = &[
    "1thek", "1thek원더케이", "4ad", "88rising", "9xm", "acolorsshow", "adityamusic", "afinarte", "airwavemusictv",
    "altafonte", "amazonmusic", "amuse", "anjunabeats", "anjunadeep", "applemusic", "armadamusic",
    "arteconcert", "atlantic", "atlanticrecords", "audiotreelive", "awakeningmusic", "bbcmusic", "bbcradio1",
    "bbcradio1xtra", "beatclub", "because", "beggars", "believe", "believemusic", "bigbeat", "blackhole",
    "bluenote", "boilerroom", "booskap", "canalkondzilla", "capitol", "cdbaby", "centurymedia", "cercle",
    "chess", "chillnation", "classicmotown", "cloudkid", "codiscos", "cokestudio", "cokestudiopakistan",
    "colors", "columbia", "danalentertainment", "decca", "defected", "defjam", "delrecords", "desimelodies",
    "desimusicfactory", "deutschegrammophon", "dfa", "dimmak", "dingomusic", "dirtyworkz", "discosfuentes",
    "discosmusart", "discosvictoria", "disneymusic", "distrokid", "ditto", "divomusic", "domino", "ecm",
    "elektra", "elevator", "emi", "epic", "epitaph", "erosnow", "erosnowmusic", "fania", "fearless", "fonovisa",
    "fueledbyramen", "geetmp3", "geffen", "geniemusic", "genius", "ghostly", "goldmines", "gr6", "gr6explode",
    "grmdaily", "hollywoodrecords", "hopeless", "hospitalrecords", "humblemusic", "hybelabels", "interscope",
    "island", "jagjaguwar", "jassrecords", "jimmykimmellive", "jypentertainment", "kbskpop", "kbsworldtv",
    "kexp", "kondzilla", "lablogotheque", "laharimusic", "lakeshore", "laterwithjoolsholland", "linkuptv",
    "livelounge", "lizosmusic", "loen", "lyricallemonade", "m2", "maddecent", "mahoganysessions",
    "majesticcasual", "matador", "mbckpop", "merge", "metalblade", "milan", "mixmag", "mixtapemadness", "mnet",
    "mnetkpop", "monstercat", "monstercatuncaged", "motown", "mrsuicidesheep", "mtv", "mtvindia",
    "musicalfreedom", "musikladen", "mute", "muzik247", "napalm", "naxos", "ncs", "netd", "netdmuzik",
    "netflix", "ninjatune", "nocopyrightsounds", "nojumper", "nprmusic", "nuclearblast", "oklm", "onerpm",
    "ontheradar", "owsla", "parlophone", "pastemagazine", "pinarecords", "pitchfork", "playtwo",
    "pollproduction", "polydor", "proximity", "purenoise", "rajshri", "ranchohumilde", "rca", "relapse",
    "release", "revealed", "rhino", "richmusic", "rimas", "rise", "roadrunner", "rockpalast", "rollingstone",
    "roughtrade", "saregama", "saregamamusic", "saregamatamil", "saturdaynightlive", "sbskpop",
    "sbskpopxinkigayo", "sbtv", "secretlycanadian", "selected", "shemaroo", "shemaroofilmigaane", "sire",
    "smtown", "somlivre", "sonymusic", "sonymusicindia", "sonymusicsouth", "sonysoundtracks", "southernlord",
    "speedrecords", "spinninrecords", "spotify", "starshiptv", "stax", "stonemusicentertainment", "stonesthrow",
    "subpop", "suicidal", "symphonic", "theellenshow", "thekpop", "thelateshow", "theorchard",
    "thesoundyouneed", "thetonightshow", "thinkmusicindia", "timesmusic", "tinydesk", "tipsmusic",
    "tipsofficial", "toolroom", "trapnation", "triplej", "tseries", "tseriesapnapunjab", "tunecore", "ukf",
    "ukfdrumbass", "ukfdubstep", "ultrabollywood", "ultramusic", "universalmusic", "varesesarabande",
    "variousartists", "venus", "verve", "vevo", "vh1", "virgin", "vyrloriginals", "wagram", "waltdisneyrecords",
    "warnerclassics", "warnermusic", "warnerrecords", "warp", "watertower", "watertowermusic", "whitehillmusic",
    "worldstarhiphop", "xkitomusic", "xl", "ygentertainment", "yrf", "zeemusiccompany", "zeemusicsouth",
];

/// Labels and media of India and Pakistan: their titles begin with the song, then the film, the actors and the
/// singers.
#[rustfmt::skip]
pub const SONG_FIRST: &[&str] = &[
    "9xm", "adityamusic", "bollywoodclassics", "cokestudiopakistan", "desimusicfactory", "divomusic", "erosnow",
    "erosnowmusic", "filmigaane", "gaanesuneansune", "geetmp3", "goldmines", "laharimusic", "mtvindia",
    "muzik247", "rajshri", "saregama", "saregamamusic", "saregamatamil", "shemaroo", "shemaroofilmigaane",
    "sonymusicindia", "sonymusicindiavevo", "sonymusicsouth", "sonymusicsouthvevo", "speedrecords",
    "thinkmusicindia", "timesmusic", "tipsmusic", "tipsofficial", "tseries", "tseriesapnapunjab",
    "tseriesbollywoodclassics", "ultrabollywood", "venus", "whitehillmusic", "yrf", "zeemusic",
    "zeemusiccompany", "zeemusicsouth",
];
