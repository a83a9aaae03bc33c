/*
 * charset_recognise.c - which encoding octets are really in, whatever their label says
 *
 * Each encoding that octets could be in reads a sample and names a price, roughly in bits: what is
 * common in Japanese or western mail is cheap, what is rare dear, what is impossible very dear. The
 * cheapest reading wins; a label that can be true makes its own reading cheaper. ISO-2022-JP is
 * known by its escapes, UTF-16 by its mark.
 *
 * Invariants: never NONE; the same octets and label give the same answer; reads at most
 * SAMPLE_OCTETS beyond the ASCII at the beginning. Limits: two or three half-width kana without a
 * label can be EUC-JP kanji as well; then the kanji win.
 */
#include <string.h>
#include <uchar.h>

#include <mugai/charset.h>

#include "charset_sink.h"
#include "charset_tables.h"

/* Enough to know any text; a whole body may have 32 MiB. */
#define SAMPLE_OCTETS (64u * 1024u)

enum {
    PRICE_ASCII = 4, /* saved when a Shift_JIS character takes an ASCII octet */
    PRICE_KANA = 5,
    PRICE_COMMON = 8, /* the kanji of the list below, everyday punctuation */
    PRICE_KANJI = 11, /* JIS level 1 */
    PRICE_SYMBOL = 12,
    PRICE_RARE = 17,    /* JIS level 2 and the vendors' rows */
    PRICE_PRIVATE = 30, /* 外字 */
    PRICE_UTF_8 = 9,    /* a whole sequence: hardly ever an accident */
    PRICE_WESTERN = 7,  /* a letter with an accent, among ASCII letters */
    PRICE_CUT = 8,      /* a character cut off at the end of the octets */
    PRICE_ALONE = 8,    /* more, for one Japanese character with ASCII letters on both sides */
    PRICE_ERROR = 40,
};

/* Kanji that every second mail has; in the order of their code points. */
static const char16_t common_kanji[] =
    u"一七万三上下不与世両中丸主久乗九也了予争事二五井交京人今介仕付仙代令以件任企伊休会伝"
    u"位低住佐体何作使例供依価便係俊保信修個健側備催働優元先児党入全八公六共兵内円再写冬処"
    u"出分切初判別利制刷則前副割力加助労動務勝募勢化北区医十千午半協南博印原去参反収取受口"
    u"古可台号各合吉同名向含告味呼命和品哉員商問営四回団図国園土在地坂型城域基埼報場塚境増"
    u"声売変夏外多夜大太夫失奈契女好始委姿媛子字学宅守安完宏官定宛実室宮害家容密富察審対尋"
    u"導小少局届屋展属山岐岡岩島崎川州工差市布師席常幌平年幸幹幼庁広店府度座庫康延建式引弘"
    u"張強当形影役待律後得御復徳心必応念思急性恵情想意愛感態成戦戸所手打払扱承技投担拓指挙"
    u"振掃採接提援撃支改放政敏教数整文斎料断新方施旅族日早昇明映春昨昭時景智暇曜更書最月有"
    u"望朝期木末本札杉村条来東松林果柴査栃校株核根格案桜梁梨森検業極楽構様権横樹橋機欠次欧"
    u"歌止正武歳死残段毎比氏民気水求池決沖沙沢河治況法注洋洪活派流浜浦浩海消深添清済渉減渡"
    u"港準滋演潟火災点無然照熊物特状独率玉班現球理環生産用田由申男町画界番異疑病発登白百的"
    u"監目直相省県真着知石砂研確示社祉神票福秀私秋秒秘移税稚稟種積究空窓立竹第答策算管米紀"
    u"約納終組経結絡給統続綱網緊総線締練縄織置美群義翔考者聞職育能脳自至致良若英茨菅菊落葉"
    u"蔵藤融衆行術衛表被裁裕補製西要見規視親観解言計訓記訪設許訴証評試話認語誠説課調談請論"
    u"講識警議護谷象負財貴費賀資賞質起足路身車軍転輸農辺込近返述追退送通造連進運過道達違遠"
    u"選避郎部郵都配酒里重野量金鈴銀録長門開間関閣阜阪防阿限院隆際雄雅集難電震青静非面革韓"
    u"音領頭頼題額願風食館首香馬験高鮮鳥鹿";

static gboolean
is_common_kanji(gunichar code)
{
    gsize low = 0;
    gsize high = G_N_ELEMENTS(common_kanji) - 1;

    while (low < high) {
        gsize middle = (low + high) / 2;
        if (common_kanji[middle] < code)
            low = middle + 1;
        else
            high = middle;
    }
    return common_kanji[low] == code;
}

/* The price of a character of JIS X 0208 with the vendors' rows. */
static guint
price_jis(gsize pointer)
{
    gsize row = pointer / 94 + 1;
    gunichar code = mugai_charset_jis0208[pointer];

    if (code == 0)
        return PRICE_ERROR;
    if (row == 4 || row == 5)
        return PRICE_KANA;
    if (row == 3 || row == 13 || (row == 1 && pointer < 28))
        return PRICE_COMMON;
    if (row < 16)
        return code == 0x30FC ? PRICE_KANA : PRICE_SYMBOL;
    if (code >= 0xE000 && code < 0xF900)
        return PRICE_PRIVATE;
    if (is_common_kanji(code))
        return PRICE_COMMON;
    return row < 48 ? PRICE_KANJI : PRICE_RARE;
}

/* Where a character stands: among the octets from @begin to @end, at @at. */
typedef struct {
    const guint8 *begin;
    const guint8 *at;
    const guint8 *end;
} Place;

/* The octet before, and the one @n further; 0 beyond the ends. */
static guint8
octet_before(const Place *place)
{
    return place->at > place->begin ? place->at[-1] : 0;
}

static guint8
octet_after(const Place *place, gsize n)
{
    return (gsize)(place->end - place->at) > n ? place->at[n] : 0;
}

/* What it costs more that the @n octets here stand alone between ASCII letters. */
static guint
price_alone(const Place *place, gsize n)
{
    return g_ascii_isalpha(octet_before(place)) && g_ascii_isalpha(octet_after(place, n))
               ? PRICE_ALONE
               : 0;
}

/* A half-width kana: dear at the beginning of a run, and as a sound mark only where one belongs. */
static guint
price_half_width(guint8 before, guint8 octet)
{
    gboolean voiced =
        sink_between(before, 0xB6, 0xC4) || sink_between(before, 0xCA, 0xCE) || before == 0xB3;

    if (octet == 0xDE || octet == 0xDF)
        return voiced ? 2 : PRICE_RARE;
    if (!sink_between(before, 0xA1, 0xDF))
        return sink_between(octet, 0xA7, 0xB0) ? PRICE_RARE : 10;
    return sink_between(octet, 0xA1, 0xA5) ? PRICE_SYMBOL : PRICE_KANA;
}

/* What the character at @place costs, and how many octets it has. */
typedef guint (*Price)(const Place *place, gsize *ret_taken);

static guint
price_shift_jis(const Place *place, gsize *ret_taken)
{
    guint8 lead = place->at[0];
    guint8 trail = octet_after(place, 1);
    guint price = 0;

    *ret_taken = 1;
    if (sink_between(lead, 0xA1, 0xDF))
        return price_half_width(octet_before(place), lead) + 2 * price_alone(place, 1);
    if (lead == 0x80 || lead == 0xA0 || lead > 0xFC)
        return PRICE_ERROR;
    if (place->end - place->at == 1)
        return PRICE_CUT;
    if (trail < 0x40 || trail == 0x7F || trail > 0xFC)
        return PRICE_ERROR;
    *ret_taken = 2;
    price = price_jis((lead - (lead < 0xA0 ? 0x81u : 0xC1u)) * 188u + trail -
                      (trail < 0x7F ? 0x40u : 0x41u));
    return price + price_alone(place, 2) - (trail < 0x80 ? PRICE_ASCII : 0);
}

static guint
price_euc_jp(const Place *place, gsize *ret_taken)
{
    guint8 lead = place->at[0];
    gsize need = lead == 0x8F ? 3 : 2;
    gsize have = MIN(need, (gsize)(place->end - place->at));

    *ret_taken = 1;
    if (lead != 0x8E && lead != 0x8F && !sink_between(lead, 0xA1, 0xFE))
        return PRICE_ERROR;
    for (gsize i = 1; i < have; i++)
        if (!sink_between(place->at[i], 0xA1, lead == 0x8E ? 0xDF : 0xFE))
            return PRICE_ERROR;
    *ret_taken = have;
    if (have < need)
        return PRICE_CUT;
    if (lead == 0x8E)
        return place->at - place->begin > 1 && place->at[-2] == lead ? PRICE_KANA : PRICE_SYMBOL;
    if (need == 3)
        return mugai_charset_jis0212[(place->at[1] - 0xA1) * 94 + place->at[2] - 0xA1] != 0
                   ? 2 * PRICE_RARE
                   : PRICE_ERROR;
    return price_jis((lead - 0xA1u) * 94u + place->at[1] - 0xA1u) + price_alone(place, 2);
}

static guint
price_utf_8(const Place *place, gsize *ret_taken)
{
    gsize left = (gsize)(place->end - place->at);
    gboolean whole = FALSE;

    *ret_taken = mugai_charset_utf_8_sequence(place->at, left, &whole);
    if (whole)
        return PRICE_UTF_8;
    return *ret_taken == left && sink_between(place->at[0], 0xC2, 0xF4) ? PRICE_CUT : PRICE_ERROR;
}

static gboolean
is_western_letter(guint8 octet)
{
    return g_ascii_isalpha(octet) || (octet >= 0xC0 && octet != 0xD7 && octet != 0xF7);
}

static guint
price_western_symbol(guint8 octet)
{
    if (octet < 0xA0 && mugai_charset_single[MUGAI_CHARSET_WINDOWS_1252][octet - 0x80] == octet)
        return PRICE_ERROR;
    if (sink_between(octet, 0x91, 0x97) || octet == 0xA0 || octet == 0x85 || octet == 0x80)
        return PRICE_UTF_8;
    return octet < 0xA0 ? PRICE_RARE : PRICE_SYMBOL;
}

/* Takes all octets above ASCII up to the next that is not: one or two letters in a word are cheap,
 * more hardly occur. */
static guint
price_windows_1252(const Place *place, gsize *ret_taken)
{
    guint8 before = octet_before(place);
    gboolean in_word = g_ascii_isalpha(before);
    gboolean letters = in_word;
    guint price = 0;
    gsize n = 0;

    for (; octet_after(place, n) >= 0x80; n++) {
        gboolean letter = is_western_letter(place->at[n]);
        in_word = letter && (in_word || g_ascii_isalpha(octet_after(place, n + 1)));
        price += !letter   ? price_western_symbol(place->at[n])
                 : in_word ? PRICE_WESTERN
                           : PRICE_SYMBOL;
        letters = letters && letter;
    }
    *ret_taken = n;
    return letters && n <= 2 ? price : price + (guint)(n - 1) * PRICE_ALONE;
}

/* ASCII costs nothing: it is the same in all readings. Counts no further than to @enough. */
static guint64
price_of(Price price, const guint8 *octets, gsize length, guint64 enough)
{
    Place place = {octets, octets, octets + length};
    guint64 sum = 0;

    while (place.at < place.end && sum < enough) {
        gsize taken = sink_ascii_run(place.at, (gsize)(place.end - place.at));
        place.at += taken;
        if (place.at < place.end) {
            sum += price(&place, &taken);
            place.at += taken;
        }
    }
    return sum;
}

/* The readings that compete, the likelier first where they cost the same. */
static const struct {
    MugaiCharset charset;
    Price price;
} readings[] = {
    {MUGAI_CHARSET_UTF_8, price_utf_8},
    {MUGAI_CHARSET_SHIFT_JIS, price_shift_jis},
    {MUGAI_CHARSET_EUC_JP, price_euc_jp},
    {MUGAI_CHARSET_WINDOWS_1252, price_windows_1252},
};

/* The price is what a label must be beaten by: half of it for one that names a Japanese encoding or
 * UTF-8; nearly all for windows-1252, which stands for us-ascii and latin-1 and is what programs
 * say that do not know. */
static guint64
discount(guint64 price, MugaiCharset charset, MugaiCharset labelled)
{
    if (charset != labelled)
        return price;
    return charset == MUGAI_CHARSET_WINDOWS_1252 ? price * 9 / 10 : price / 2;
}

/* A price that discount() leaves no lower than @lowest. */
static guint64
too_dear(guint64 lowest, MugaiCharset charset, MugaiCharset labelled)
{
    return charset == labelled && lowest < G_MAXUINT64 / 2 ? lowest * 2 + 2 : lowest;
}

/* What looks western under the label of another encoding is not that: broken, and left to the
 * label. */
static MugaiCharset
cheapest(const guint8 *octets, gsize length, MugaiCharset labelled)
{
    MugaiCharset best = MUGAI_CHARSET_NONE;
    guint64 lowest = G_MAXUINT64;

    for (gsize i = 0; i < G_N_ELEMENTS(readings); i++) {
        MugaiCharset charset = readings[i].charset;
        guint64 enough = too_dear(lowest, charset, labelled);
        guint64 price =
            discount(price_of(readings[i].price, octets, length, enough), charset, labelled);

        if (price < lowest) {
            best = readings[i].charset;
            lowest = price;
        }
    }
    return best == MUGAI_CHARSET_WINDOWS_1252 && labelled != MUGAI_CHARSET_NONE ? labelled : best;
}

static gboolean
has_jis_escape(const guint8 *octets, gsize length)
{
    const guint8 *end = octets + length;
    const guint8 *at = octets;

    while ((at = memchr(at, 0x1B, (gsize)(end - at))) != NULL) {
        at++;
        if (end - at >= 2 && at[0] == '$' && (at[1] == 'B' || at[1] == '@'))
            return TRUE;
        if (end - at >= 2 && at[0] == '(' && at[1] == 'I')
            return TRUE;
        if (end - at >= 3 && at[0] == '$' && at[1] == '(' && strchr("@BD", at[2]) != NULL &&
            at[2] != 0)
            return TRUE;
    }
    return FALSE;
}

/* Valid UTF-8 with so many sequences that it is no accident in another encoding. */
static gboolean
is_surely_utf_8(const guint8 *octets, gsize length)
{
    gsize weight = 0;
    gsize i = 0;

    while (i < length) {
        gboolean whole = FALSE;
        gsize taken = sink_ascii_run(octets + i, length - i);
        i += taken;
        if (i == length)
            break;
        taken = mugai_charset_utf_8_sequence(octets + i, length - i, &whole);
        if (!whole && i + taken < length)
            return FALSE;
        weight += taken - 1;
        i += taken;
    }
    return weight >= 4;
}

static gsize
undecodable(MugaiCharset charset, const guint8 *octets, gsize length)
{
    g_autoptr(GString) utf8 = g_string_sized_new(length);

    return mugai_charset_decode(charset, octets, length, utf8);
}

/* A label of another encoding is believed unless it is surely UTF-8, or cannot be read so but
 * without a single error as one of ours. */
static MugaiCharset
believe_or_not(const guint8 *octets, gsize length, MugaiCharset labelled)
{
    MugaiCharset other = MUGAI_CHARSET_NONE;

    if (is_surely_utf_8(octets, length))
        return MUGAI_CHARSET_UTF_8;
    if (undecodable(labelled, octets, length) == 0)
        return labelled;
    other = cheapest(octets, length, MUGAI_CHARSET_UTF_8);
    return undecodable(other, octets, length) == 0 ? other : labelled;
}

/* UTF-16 without a mark: the zeros of its ASCII and its line ends show the order, and that it is
 * UTF-16 at all. */
static MugaiCharset
recognise_utf_16(const guint8 *octets, gsize length, MugaiCharset labelled)
{
    gsize zeros[2] = {0, 0};

    for (gsize i = 0; i < length; i++)
        if (octets[i] == 0)
            zeros[i % 2]++;
    if (zeros[0] > 2 * zeros[1])
        return MUGAI_CHARSET_UTF_16BE;
    if (zeros[1] > 2 * zeros[0])
        return MUGAI_CHARSET_UTF_16LE;
    if (zeros[0] + zeros[1] > 0)
        return labelled;
    if (has_jis_escape(octets, length))
        return MUGAI_CHARSET_ISO_2022_JP;
    if (is_surely_utf_8(octets, length))
        return MUGAI_CHARSET_UTF_8;
    if (sink_ascii_run(octets, length) == length && memchr(octets, ' ', length) != NULL)
        return MUGAI_CHARSET_UTF_8;
    return labelled;
}

static MugaiCharset
by_mark(const guint8 *octets, gsize length)
{
    if (length >= 3 && memcmp(octets, "\xEF\xBB\xBF", 3) == 0)
        return MUGAI_CHARSET_UTF_8;
    if (length >= 2 && memcmp(octets, "\xFE\xFF", 2) == 0)
        return MUGAI_CHARSET_UTF_16BE;
    if (length >= 2 && memcmp(octets, "\xFF\xFE", 2) == 0)
        return MUGAI_CHARSET_UTF_16LE;
    return MUGAI_CHARSET_NONE;
}

static gboolean
is_ours(MugaiCharset charset)
{
    switch (charset) {
    case MUGAI_CHARSET_NONE:
    case MUGAI_CHARSET_UTF_8:
    case MUGAI_CHARSET_WINDOWS_1252:
    case MUGAI_CHARSET_ISO_2022_JP:
    case MUGAI_CHARSET_SHIFT_JIS:
    case MUGAI_CHARSET_EUC_JP:
        return TRUE;
    default:
        return FALSE;
    }
}

MugaiCharset
mugai_charset_recognise(const guint8 *octets, gsize length, MugaiCharset labelled)
{
    MugaiCharset marked = by_mark(octets, length);
    gsize ascii = sink_ascii_run(octets, length);

    if (length == 0)
        return labelled == MUGAI_CHARSET_NONE ? MUGAI_CHARSET_UTF_8 : labelled;
    if (marked != MUGAI_CHARSET_NONE)
        return marked;
    if (labelled == MUGAI_CHARSET_UTF_16BE || labelled == MUGAI_CHARSET_UTF_16LE)
        return recognise_utf_16(octets, MIN(length, SAMPLE_OCTETS), labelled);
    if (has_jis_escape(octets, length) &&
        (ascii == length ||
         (is_ours(labelled) && undecodable(MUGAI_CHARSET_ISO_2022_JP, octets, length) == 0)))
        return MUGAI_CHARSET_ISO_2022_JP;
    if (ascii == length)
        return labelled == MUGAI_CHARSET_NONE ? MUGAI_CHARSET_UTF_8 : labelled;
    octets += ascii > 0 ? ascii - 1 : 0;
    length = MIN(length - (ascii > 0 ? ascii - 1 : 0), SAMPLE_OCTETS);
    return is_ours(labelled) ? cheapest(octets, length, labelled)
                             : believe_or_not(octets, length, labelled);
}
