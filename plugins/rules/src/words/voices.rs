//! Voice synthesisers: in their scenes the title names the voice, and the credit is the producer's.

use super::Table;
/// Voices whose names are common words and names as well; they tell only beside CJK letters.
#[rustfmt::skip]
pub static COMMON_VOICES: Table = Table::new(&[
    "ia", "cul", "len", "one", "rin", "lily", "mayu", "miku", "rana", "rime", "rosa", "teto", "maika", "avanna",
    "flower", "fukase", "kokone", "sachiko", "kagamine", "neutrino", "stardust",
]);

/// Voices, and the programs that sing them.
#[rustfmt::skip]
pub static VOICES: Table = Table::new(&[
    "vy1", "vy2", "gumi", "kafu", "seeu", "utau", "cevio", "chisa", "kaito", "meiko", "vy1v4", "yanhe", "defoko",
    "galaco", "sonika", "synthv", "テト", "ヒメ", "ミク", "初音", "勇馬", "可不", "巡音", "心華", "星尘", "星界", "海伊", "狐子", "知声", "結月",
    "羽累", "苍穹", "裏命", "言和", "诗岸", "重音", "鏡音", "镜音", "音街", "시유", "arsloid", "cevioai", "iarocks", "megpoid", "solaria",
    "vflower", "voisona", "asterian", "ciflower", "gackpoid", "kaaiyuki", "kazehiki", "v4flower", "vocaloid",
    "voicevox", "zundamon", "adachirei", "aokilapis", "luotianyi", "macnenana", "meikahime", "voiceroid", "yohioloid",
    "がくぽ", "めろう", "ミコト", "メルリ", "乐正绫", "歌爱雪", "洛天依", "琴葉茜", "琴葉葵", "花響琴", "镜音连", "镜音铃", "kasaneteto", "momonemomo",
    "aiずん子", "aiイタコ", "hatsunemiku", "kagaminelen", "kagaminerin", "kamuigakupo", "kizunaakari", "koharurikka",
    "kotonohaaoi", "meikamikoto", "namineritsu", "otomachiuna", "otorikohaku", "tohokuzunko", "yaminerenri",
    "zolaproject", "eleanorforte", "megurineluka", "natsukikarin", "synthesizerv", "yuzukiyukari", "きりたん", "カゼヒキ",
    "ギャラ子", "タカハシ", "デフォ子", "乐正龙牙", "九州そら", "健音テイ", "初音ミク", "初音未來", "初音未来", "唄音ウタ", "夏色花梨", "夢ノ結唱", "宮舞モカ", "小春六花",
    "巡音ルカ", "巡音流歌", "弦巻マキ", "桃音モモ", "欲音ルコ", "歌愛ユキ", "波音リツ", "琴葉茜葵", "花隈千冬", "足立レイ", "重音テト", "鏡音リン", "鏡音レン", "雨晴はう",
    "雪歌ユフ", "音街ウナ", "鳴花ヒメ", "kotonohaakane", "nekomurairoha", "tohokukiritan", "tsurumakimaki", "aiきりたん",
    "hiyamakiyoteru", "初音ミクnt", "重音テトsv", "ずんだもん", "マクネナナ", "京町セイカ", "冥鳴ひまり", "初音ミクv4x", "四国めたん", "東北ずん子", "東北イタコ",
    "猫村いろは", "神威がくぽ", "紲星あかり", "結月ゆかり", "蒼姫ラピス", "闇音レンリ", "鳴花ミコト", "がくっぽいど", "さとうささら", "すずきつづみ", "ついなちゃん", "ボーカロイド",
    "春日部つむぎ", "東北きりたん", "氷山キヨテル", "鏡音リンレン", "鳴花ヒメミコト", "ナースロボタイプt",
]);
