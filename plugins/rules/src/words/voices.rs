//! Voice synthesisers: in their scenes the title names the voice, and the credit is the producer's.

/// Voices, and the programs that sing them.
#[rustfmt::skip]
pub const VOICES: &[&str] = &[
    "adachirei", "aiきりたん", "aiずん子", "aiイタコ", "aokilapis", "asterian", "avanna", "cevio", "cevioai", "cevioaiia",
    "cevioaione", "chisa", "ciflower", "cul", "defoko", "eleanorforte", "flower", "gackpoid", "galaco", "gumi",
    "hatsunemiku", "hiyamakiyoteru", "ia", "iarocks", "kaaiyuki", "kafu", "kagamine", "kagaminelen",
    "kagaminerin", "kaito", "kaitov3", "kamuigakupo", "kasaneteto", "kazehiki", "kizunaakari", "koharurikka",
    "kotonohaakane", "kotonohaaoi", "len", "lily", "luotianyi", "macnenana", "maika", "mayu", "megpoid",
    "megurineluka", "meikahime", "meikamikoto", "meiko", "meikov3", "miku", "momonemomo", "namineritsu",
    "natsukikarin", "nekomurairoha", "neutrino", "one", "otomachiuna", "rime", "rin", "seeu", "solaria",
    "sonika", "stardust", "synthesizerv", "synthv", "teto", "tohokukiritan", "tohokuzunko", "tsurumakimaki",
    "utau", "v4flower", "vflower", "vocaloid", "voiceroid", "voicevox", "voisona", "vy1", "vy1v4", "vy2",
    "yaminerenri", "yanhe", "yohioloid", "yuzukiyukari", "zolaproject", "zundamon", "がくっぽいど", "がくぽ", "きりたん",
    "さとうささら", "すずきつづみ", "ずんだもん", "ついなちゃん", "めろう", "カゼヒキ", "ギャラ子", "タカハシ", "テト", "デフォ子", "ナースロボタイプt", "ボーカロイド",
    "マクネナナ", "ミク", "メルリ", "乐正绫", "乐正龙牙", "九州そら", "京町セイカ", "健音テイ", "冥鳴ひまり", "初音", "初音ミク", "初音ミクnt", "初音ミクv4x",
    "初音未來", "初音未来", "勇馬", "可不", "唄音ウタ", "四国めたん", "夏色花梨", "夢ノ結唱", "宮舞モカ", "小春六花", "巡音", "巡音ルカ", "巡音流歌", "弦巻マキ",
    "心華", "星尘", "星界", "春日部つむぎ", "東北きりたん", "東北ずん子", "東北イタコ", "桃音モモ", "欲音ルコ", "歌愛ユキ", "歌爱雪", "氷山キヨテル", "波音リツ",
    "洛天依", "海伊", "狐子", "猫村いろは", "琴葉茜", "琴葉茜葵", "琴葉葵", "知声", "神威がくぽ", "紲星あかり", "結月", "結月ゆかり", "羽累", "花隈千冬",
    "花響琴", "苍穹", "蒼姫ラピス", "裏命", "言和", "诗岸", "足立レイ", "重音", "重音テト", "重音テトsv", "鏡音", "鏡音リン", "鏡音リンレン", "鏡音レン",
    "镜音", "镜音连", "镜音铃", "闇音レンリ", "雨晴はう", "雪歌ユフ", "音街", "音街ウナ", "鳴花ヒメ", "鳴花ヒメミコト", "鳴花ミコト", "시유",
];
