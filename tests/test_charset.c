/* test_charset.c - octets of any age become the text their writer saw, and what cannot is counted */
#include <criterion/criterion.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <string.h>
#include <unistd.h>

#include <mugai/charset.h>

/* Octets may hold NUL: their length is the literal's. */
#define OCTETS(literal) (const guint8 *)(literal), sizeof(literal) - 1

static char *
decode(MugaiCharset charset, const guint8 *octets, gsize length, gsize *ret_replaced)
{
    GString *utf8 = g_string_new(NULL);
    gsize replaced = mugai_charset_decode(charset, octets, length, utf8);

    if (ret_replaced != NULL)
        *ret_replaced = replaced;
    return g_string_free(utf8, FALSE);
}

static void
expect(MugaiCharset charset, const guint8 *octets, gsize length, const char *text, gsize n)
{
    gsize replaced = 0;
    g_autofree char *utf8 = decode(charset, octets, length, &replaced);

    cr_expect_str_eq(utf8, text, "%s: \"%s\" instead of \"%s\"", mugai_charset_name(charset), utf8, text);
    cr_expect_eq(replaced, n, "%s: \"%s\" counts %zu", mugai_charset_name(charset), text, replaced);
}

/* @text in the octets of iconv's @encoding; NULL if it cannot say it. */
static GBytes *
encode(const char *text, const char *encoding)
{
    gsize length = 0;
    char *octets = g_convert(text, -1, encoding, "UTF-8", NULL, &length, NULL);

    return octets != NULL ? g_bytes_new_take(octets, length) : NULL;
}

Test(charset, every_encoding_is_found_by_its_own_name)
{
    for (int charset = MUGAI_CHARSET_NONE + 1; charset < MUGAI_CHARSET_COUNT; charset++)
        cr_expect_eq(mugai_charset_for_label(mugai_charset_name(charset), -1), (MugaiCharset)charset, "%s", mugai_charset_name(charset));
}

Test(charset, labels_are_found_however_they_are_written)
{
    static const struct {
        const char *label;
        MugaiCharset charset;
    } cases[] = {
        {"Shift-JIS", MUGAI_CHARSET_SHIFT_JIS},     {" latin1 ", MUGAI_CHARSET_WINDOWS_1252},
        {"cp932", MUGAI_CHARSET_SHIFT_JIS},         {"MS932", MUGAI_CHARSET_SHIFT_JIS},
        {"Windows-31J", MUGAI_CHARSET_SHIFT_JIS},   {"x-sjis", MUGAI_CHARSET_SHIFT_JIS},
        {"CP50220", MUGAI_CHARSET_ISO_2022_JP},     {"cp50221", MUGAI_CHARSET_ISO_2022_JP},
        {"ISO-2022-JP-MS", MUGAI_CHARSET_ISO_2022_JP}, {"iso-2022-jp-1", MUGAI_CHARSET_ISO_2022_JP},
        {"iso-2022-jp-2", MUGAI_CHARSET_ISO_2022_JP}, {"iso-2022-jp-3", MUGAI_CHARSET_ISO_2022_JP},
        {"eucJP-ms", MUGAI_CHARSET_EUC_JP},         {"CP51932", MUGAI_CHARSET_EUC_JP},
        {"x-euc-jp", MUGAI_CHARSET_EUC_JP},         {"ANSI_X3.4-1968", MUGAI_CHARSET_WINDOWS_1252},
        {"unicode-1-1-utf-8", MUGAI_CHARSET_UTF_8}, {"UTF8", MUGAI_CHARSET_UTF_8},
        {"646", MUGAI_CHARSET_WINDOWS_1252},        {"CP1252", MUGAI_CHARSET_WINDOWS_1252},
        {"x-gbk", MUGAI_CHARSET_GBK},               {"gb2312", MUGAI_CHARSET_GBK},
        {"ks_c_5601-1987", MUGAI_CHARSET_EUC_KR},   {"\"utf-8\"", MUGAI_CHARSET_UTF_8},
        {"'EUC-JP'", MUGAI_CHARSET_EUC_JP},         {"\tutf-16;\r\n", MUGAI_CHARSET_UTF_16LE},
        {"us-ascii", MUGAI_CHARSET_WINDOWS_1252},   {"iso-8859-9", MUGAI_CHARSET_WINDOWS_1254},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        cr_expect_eq(mugai_charset_for_label(cases[i].label, -1), cases[i].charset, "%s", cases[i].label);
    cr_expect_eq(mugai_charset_for_label("utf-8*ja", 5), MUGAI_CHARSET_UTF_8);
}

Test(charset, labels_that_hide_ascii_in_ascii_are_unknown)
{
    static const char *const unknown[] = {
        "utf-7", "UTF7", "unicode-1-1-utf-7", "csUnicode11UTF7", "hz", "hz-gb-2312", "iso-2022-kr", "iso-2022-cn",
        "iso-2022-cn-ext", "x-user-defined", "replacement", "ebcdic", "ibm037", "", "  ", "\"\"", "unknown-8bit",
        "utf-8utf-8", "a-label-that-is-much-longer-than-any-that-was-ever-registered-anywhere",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(unknown); i++)
        cr_expect_eq(mugai_charset_for_label(unknown[i], -1), MUGAI_CHARSET_NONE, "%s", unknown[i]);
    cr_expect_eq(mugai_charset_for_label("utf-8\0x", 7), MUGAI_CHARSET_NONE);
    cr_expect_eq(mugai_charset_for_label(NULL, -1), MUGAI_CHARSET_NONE);
}

Test(charset, vendor_characters_of_japanese_mail_are_read_in_all_its_encodings)
{
    expect(MUGAI_CHARSET_ISO_2022_JP, OCTETS("\x1B$B-!-j|b\x1B(B"), "①㈱髙", 0);
    expect(MUGAI_CHARSET_ISO_2022_JP, OCTETS("\x1B$By!|~\x1B(B"), "纊＂", 0);
    expect(MUGAI_CHARSET_SHIFT_JIS, OCTETS("\x87\x40\x87\x8A\xFB\xFC\xED\x95\xEE\xE0"), "①㈱髙﨑髙", 0);
    expect(MUGAI_CHARSET_EUC_JP, OCTETS("\xAD\xA1\xAD\xEA\xFC\xE2"), "①㈱髙", 0);
    expect(MUGAI_CHARSET_SHIFT_JIS, OCTETS("\x81\x60\x81\x7C\x81\x61\x81\x8F\x81\x91\x81\x92\x81\xCA"), "～－∥￥￠￡￢", 0);
    expect(MUGAI_CHARSET_ISO_2022_JP, OCTETS("\x1B$B!A!]!B!o!q!r\"L\x1B(B"), "～－∥￥￠￡￢", 0);
    expect(MUGAI_CHARSET_SHIFT_JIS, OCTETS("\xF0\x40\xF9\xFC"), "\xEE\x80\x80\xEE\x9D\x97", 0);
    expect(MUGAI_CHARSET_EUC_JP, OCTETS("\x8F\xB0\xA1\x8E\xB1"), "丂ｱ", 0);
}

Test(charset, what_mail_adds_to_iso_2022_jp_is_read)
{
    expect(MUGAI_CHARSET_ISO_2022_JP, OCTETS("\x1B(I1^E_\x1B(B"), "ｱﾞﾅﾟ", 0);
    expect(MUGAI_CHARSET_ISO_2022_JP, OCTETS("a\x0E\x31\x32\x0F" "b"), "aｱｲb", 0);
    expect(MUGAI_CHARSET_ISO_2022_JP, OCTETS("\xB1\xB2 \x1B$B0!\x1B(B \xB3"), "ｱｲ 亜 ｳ", 0);
    expect(MUGAI_CHARSET_ISO_2022_JP, OCTETS("\x1B$B\x93\x21\x7F\x21\x1B(B"), "ⅰ\xEE\x80\x80", 0);
    expect(MUGAI_CHARSET_ISO_2022_JP, OCTETS("\x1B$(D0!\x1B(B"), "丂", 0);
    expect(MUGAI_CHARSET_ISO_2022_JP, OCTETS("\x1B$(B0!\x1B$@0!\x1B(J\\~\x1B(H~"), "亜亜¥‾‾", 0);
    expect(MUGAI_CHARSET_ISO_2022_JP, OCTETS("\x1B$B;3\x1B(B\x1B$BED\x1B(B"), "山田", 0);
    expect(MUGAI_CHARSET_ISO_2022_JP, OCTETS("\x1B$B;3 ED\tB\x1B(B"), "山 田\t�", 1);
    expect(MUGAI_CHARSET_ISO_2022_JP, OCTETS("\x1B$B;3ED\nabc\r\n\x1B$B;3"), "山田\nabc\r\n山", 0);
    expect(MUGAI_CHARSET_ISO_2022_JP, OCTETS("\x1B$B;3E"), "山�", 1);
    expect(MUGAI_CHARSET_ISO_2022_JP, OCTETS("\x1B$A!!\x1B"), "�$A!!�", 2);
}

/* The Encoding Standard: an error never takes an ASCII octet, so nothing that matters to a parser can be eaten. */
Test(charset, errors_take_what_the_standard_says)
{
    expect(MUGAI_CHARSET_SHIFT_JIS, OCTETS("\x81<\x85\x40\xFD\xA0\x80\x82\xFF" "a\x93"), "�<�@��\xC2\x80�a�", 6);
    expect(MUGAI_CHARSET_EUC_JP, OCTETS("\xA4\"\x8E<\x8F\xA1<\x8E\xE0\x80\xFFz\xA4"), "�\"�<�<���z�", 7);
    expect(MUGAI_CHARSET_GBK, OCTETS("\x81<\xFF\x80\x81\x30<\x81\x30\x81<\x84\x31\xA4\x37\x81\x30"), "�<�€�0<�0�<��", 6);
    expect(MUGAI_CHARSET_GB18030, OCTETS("\x95\x32\x82\x36\xE3\x32\x9A\x35\xE3\x32\x9A\x36"), "𠀀\xF4\x8F\xBF\xBF�", 1);
    expect(MUGAI_CHARSET_BIG5, OCTETS("\x88\x62\x88\xA5\x81<\xA4\x80\xFF\xA4"), "Ê̄ê̌�<���", 4);
    expect(MUGAI_CHARSET_EUC_KR, OCTETS("\x81\x41\xB0<\xC9\xA1\xFF"), "갂�<��", 3);
    expect(MUGAI_CHARSET_UTF_8, OCTETS("\xC0\xAF\xE0\x80\xAF\xED\xA0\x80\xF0\x9F\x98\xF4\x90\x80\x80\xE3\x81<"), "��������������<", 14);
    expect(MUGAI_CHARSET_UTF_8, OCTETS("a\xEF\xBF\xBD\xFE"), "a��", 1);
    expect(MUGAI_CHARSET_UTF_16LE, OCTETS("\x3D\xD8\x00\xDE\x3D\xD8" "A\0\x00\xDE" "b"), "😀�A��", 3);
    expect(MUGAI_CHARSET_UTF_16BE, OCTETS("\x30\x42\xD8\x3D\x30"), "あ�", 1);
    expect(MUGAI_CHARSET_ISO_8859_3, OCTETS("\xA5\xA1"), "�Ħ", 1);
    expect(MUGAI_CHARSET_WINDOWS_1252, OCTETS("\x80\x81\x9F\xFC"), "€\xC2\x81Ÿü", 0);
    expect(MUGAI_CHARSET_KOI8_U, OCTETS("\xAE\xA4\xC1"), "ўєа", 0);
}

Test(charset, only_its_own_mark_is_dropped_and_only_at_the_beginning)
{
    expect(MUGAI_CHARSET_UTF_8, OCTETS("\xEF\xBB\xBF" "a\xEF\xBB\xBF"), "a\xEF\xBB\xBF", 0);
    expect(MUGAI_CHARSET_UTF_16LE, OCTETS("\xFF\xFE" "a\0"), "a", 0);
    expect(MUGAI_CHARSET_UTF_16BE, OCTETS("\xFE\xFF\0a"), "a", 0);
    expect(MUGAI_CHARSET_WINDOWS_1252, OCTETS("\xEF\xBB\xBF"), "ï»¿", 0);
}

static gsize
count_replacements(const GString *utf8)
{
    gsize n = 0;

    for (const char *at = utf8->str; (at = strstr(at, "\xEF\xBF\xBD")) != NULL; at += 3)
        n++;
    return n;
}

Test(charset, I7_any_octets_in_any_encoding_give_valid_text_and_a_true_count)
{
    /* What means something somewhere; no NUL for strstr(), nothing that makes a U+FFFD by itself. */
    static const char pool[] = "\x1B$B(IJD\x0E\x0F\n aA09@\\\x7F\x80\x81\x82\x8E\x8F\xA0\xA1\xA4\xB0\xC2\xDF\xE3\xE9\xF0\xFC\xFE";
    g_autoptr(GRand) rand = g_rand_new_with_seed(2026);

    for (int round = 0; round < 20000; round++) {
        guint8 octets[64];
        gsize length = (gsize)g_rand_int_range(rand, 0, sizeof(octets));
        MugaiCharset charset = (MugaiCharset)g_rand_int_range(rand, 0, MUGAI_CHARSET_COUNT);
        g_autoptr(GString) utf8 = g_string_new("");
        for (gsize i = 0; i < length; i++)
            octets[i] = (guint8)pool[g_rand_int_range(rand, 0, sizeof(pool) - 1)];
        gsize replaced = mugai_charset_decode(charset, octets, length, utf8);
        cr_assert(g_utf8_validate(utf8->str, (gssize)utf8->len, NULL), "%s", mugai_charset_name(charset));
        cr_assert_eq(replaced, count_replacements(utf8), "%s: %zu", mugai_charset_name(charset), replaced);
    }
}

Test(charset, NUL_and_long_runs_pass_through_unharmed)
{
    g_autoptr(GString) octets = g_string_new(NULL);
    g_autoptr(GString) utf8 = g_string_new(NULL);

    for (int i = 0; i < 5000; i++)
        g_string_append_len(octets, "\x93\xFA\x96\x7B\0abcdefg\n", 13);
    cr_assert_eq(mugai_charset_decode(MUGAI_CHARSET_SHIFT_JIS, (const guint8 *)octets->str, octets->len, utf8), 0);
    cr_assert_eq(utf8->len, 5000 * 15);
    for (int i = 0; i < 5000; i++)
        cr_assert_eq(memcmp(utf8->str + i * 15, "日本\0abcdefg\n", 15), 0);
}

static char *
decode_mixture(int charset)
{
    return decode((MugaiCharset)charset, OCTETS("\xC6\xFC\x31\x41\xC0\xC2\x1B$B0!\x1B(B\x81\x30\x81\x30"), NULL);
}

/* The worker's lock lets nothing be opened. Another process, which cannot open a file from its first decoded octet on,
 * says the same as this one. */
Test(charset, I6_decoding_opens_no_file)
{
    const struct rlimit none = {0, 0};
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        gboolean right = setrlimit(RLIMIT_NOFILE, &none) == 0 && dup(0) < 0 && mugai_charset_warm_up(NULL);
        for (int charset = 0; charset < MUGAI_CHARSET_COUNT; charset++)
            right = right && *decode_mixture(charset) != '\0';
        right = right && strcmp(decode_mixture(MUGAI_CHARSET_BIG5), "ざ1A擢\x1B" "$B0!\x1B" "(B�0�0") == 0;
        right = right && strcmp(decode_mixture(MUGAI_CHARSET_ISO_2022_JP), "ﾆ�1Aﾀﾂ亜�0�0") == 0;
        right = right && strcmp(decode_mixture(MUGAI_CHARSET_GB18030), "泣1A缆\x1B" "$B0!\x1B" "(B\xC2\x80" "") == 0;
        _exit(!right);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static MugaiCharset
recognise(GBytes *octets, MugaiCharset labelled)
{
    gsize length = 0;
    const guint8 *data = g_bytes_get_data(octets, &length);

    return mugai_charset_recognise(data, length, labelled);
}

static const char *const japanese[] = {
    "会議", "お世話になっております。", "Re: 見積書の件", "【重要】システム停止のお知らせ", "山田 太郎", "議事録.pdf",
    "平成30年度 予算案について", "ご確認ください", "テスト", "東京都千代田区霞が関1-2-1", "様式第1号(第3条関係)",
    "Q&A集 ver2", "株式会社ABC 田中様", "添付ファイルのご送付", "防災訓練の実施について(通知)",
    "いつも大変お世話になっております。\r\n総務課の佐藤です。\r\n\r\n標記の件、資料を送付いたします。\r\n",
};
static const struct {
    const char *encoding;
    MugaiCharset charset;
} encodings[] = {
    {"UTF-8", MUGAI_CHARSET_UTF_8},
    {"CP932", MUGAI_CHARSET_SHIFT_JIS},
    {"EUC-JP", MUGAI_CHARSET_EUC_JP},
    {"ISO-2022-JP", MUGAI_CHARSET_ISO_2022_JP},
};

Test(charset, japanese_is_recognised_without_a_label_and_under_false_ones)
{
    static const MugaiCharset labels[] = {
        MUGAI_CHARSET_NONE,
        MUGAI_CHARSET_WINDOWS_1252, /* us-ascii and iso-8859-1 too */
        MUGAI_CHARSET_UTF_8,
        MUGAI_CHARSET_ISO_2022_JP,
    };

    for (gsize t = 0; t < G_N_ELEMENTS(japanese); t++)
        for (gsize e = 0; e < G_N_ELEMENTS(encodings); e++)
            for (gsize l = 0; l < G_N_ELEMENTS(labels); l++) {
                g_autoptr(GBytes) octets = encode(japanese[t], encodings[e].encoding);
                MugaiCharset charset = recognise(octets, labels[l]);
                cr_expect_eq(charset, encodings[e].charset, "%s in %s under %s: %s", japanese[t], encodings[e].encoding,
                             mugai_charset_name(labels[l]), mugai_charset_name(charset));
            }
}

Test(charset, a_false_japanese_label_is_found_out_in_a_sentence)
{
    static const MugaiCharset labels[] = {MUGAI_CHARSET_SHIFT_JIS, MUGAI_CHARSET_EUC_JP};
    const char *text = "いつもお世話になっております。標記の件、資料を送付します。";

    for (gsize e = 0; e < G_N_ELEMENTS(encodings); e++)
        for (gsize l = 0; l < G_N_ELEMENTS(labels); l++) {
            g_autoptr(GBytes) octets = encode(text, encodings[e].encoding);
            cr_expect_eq(recognise(octets, labels[l]), encodings[e].charset, "%s", encodings[e].encoding);
        }
}

Test(charset, a_label_that_can_be_true_is_believed)
{
    static const struct {
        const char *text;
        const char *encoding;
        MugaiCharset charset;
    } cases[] = {
        {"Grüße aus Köln, schöne Straße", "ISO-8859-1", MUGAI_CHARSET_WINDOWS_1252},
        {"sachgemäß", "ISO-8859-1", MUGAI_CHARSET_WINDOWS_1252},
        {"Ça a été créé à Orléans", "ISO-8859-1", MUGAI_CHARSET_WINDOWS_1252},
        {"informação e administrações", "ISO-8859-1", MUGAI_CHARSET_WINDOWS_1252},
        {"“Don’t” – it’s 5 €…", "CP1252", MUGAI_CHARSET_WINDOWS_1252},
        {"25°C ±2 «ok» ©", "ISO-8859-1", MUGAI_CHARSET_WINDOWS_1252},
        {"Привет, как дела?", "KOI8-R", MUGAI_CHARSET_KOI8_R},
        {"Привет, как дела?", "CP1251", MUGAI_CHARSET_WINDOWS_1251},
        {"您好，请查收附件。", "GBK", MUGAI_CHARSET_GBK},
        {"您好，附件為會議紀錄。", "BIG5", MUGAI_CHARSET_BIG5},
        {"안녕하세요 회의 자료입니다", "EUC-KR", MUGAI_CHARSET_EUC_KR},
        {"ｶﾅ", "CP932", MUGAI_CHARSET_SHIFT_JIS},
        {"ﾃｽﾄｿｳｼﾝ", "CP932", MUGAI_CHARSET_SHIFT_JIS},
        {"①㈱髙", "CP932", MUGAI_CHARSET_SHIFT_JIS},
        {"山", "EUC-JP", MUGAI_CHARSET_EUC_JP},
        {"山", "CP932", MUGAI_CHARSET_SHIFT_JIS},
        {"山", "UTF-8", MUGAI_CHARSET_UTF_8},
        {"plain", "ASCII", MUGAI_CHARSET_BIG5},
        {"Marão côte naïve", "UTF-8", MUGAI_CHARSET_UTF_8},
        {"สวัสดีครับ", "TIS-620", MUGAI_CHARSET_WINDOWS_874},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GBytes) octets = encode(cases[i].text, cases[i].encoding);
        MugaiCharset charset = recognise(octets, cases[i].charset);
        cr_expect_eq(charset, cases[i].charset, "%s: %s", cases[i].text, mugai_charset_name(charset));
    }
}

Test(charset, utf_8_is_recognised_under_any_label)
{
    static const char *const texts[] = {"お世話になっております", "您好，请查收", "안녕하세요", "Привет всем", "Ελληνικά"};
    static const MugaiCharset labels[] = {
        MUGAI_CHARSET_GBK, MUGAI_CHARSET_BIG5, MUGAI_CHARSET_EUC_KR, MUGAI_CHARSET_KOI8_R, MUGAI_CHARSET_ISO_8859_2,
        MUGAI_CHARSET_WINDOWS_1251, MUGAI_CHARSET_UTF_16LE, MUGAI_CHARSET_NONE, MUGAI_CHARSET_WINDOWS_1252,
    };

    for (gsize t = 0; t < G_N_ELEMENTS(texts); t++)
        for (gsize l = 0; l < G_N_ELEMENTS(labels); l++) {
            MugaiCharset charset = mugai_charset_recognise((const guint8 *)texts[t], strlen(texts[t]), labels[l]);
            cr_expect_eq(charset, MUGAI_CHARSET_UTF_8, "%s under %s: %s", texts[t], mugai_charset_name(labels[l]),
                         mugai_charset_name(charset));
        }
}

Test(charset, one_broken_octet_does_not_turn_utf_8_into_something_else)
{
    const char *text = "お世話になって\xE3\x81おります。資料を\xFF送付します";

    cr_expect_eq(mugai_charset_recognise(OCTETS("abc\xFF" "def"), MUGAI_CHARSET_UTF_8), MUGAI_CHARSET_UTF_8);
    cr_expect_eq(mugai_charset_recognise(OCTETS("caf\xE9 au lait"), MUGAI_CHARSET_UTF_8), MUGAI_CHARSET_UTF_8);
    cr_expect_eq(mugai_charset_recognise(OCTETS("G\xC4" "BE"), MUGAI_CHARSET_UTF_8), MUGAI_CHARSET_UTF_8);
    cr_expect_eq(mugai_charset_recognise(OCTETS("Mar\xC3\xA3o"), MUGAI_CHARSET_WINDOWS_1252), MUGAI_CHARSET_UTF_8);
    cr_expect_eq(mugai_charset_recognise((const guint8 *)text, strlen(text), MUGAI_CHARSET_UTF_8), MUGAI_CHARSET_UTF_8);
    cr_expect_eq(mugai_charset_recognise((const guint8 *)text, strlen(text), MUGAI_CHARSET_NONE), MUGAI_CHARSET_UTF_8);
    cr_expect_eq(mugai_charset_recognise(OCTETS("\xE3\x81\x82\xE3\x81"), MUGAI_CHARSET_NONE), MUGAI_CHARSET_UTF_8);
}

Test(charset, a_character_cut_off_at_the_end_is_no_proof)
{
    cr_expect_eq(mugai_charset_recognise(OCTETS("\x89\xEF\x8B"), MUGAI_CHARSET_NONE), MUGAI_CHARSET_SHIFT_JIS);
    cr_expect_eq(mugai_charset_recognise(OCTETS("\xB2\xF1\xB5"), MUGAI_CHARSET_NONE), MUGAI_CHARSET_EUC_JP);
    cr_expect_eq(mugai_charset_recognise(OCTETS("\xE4\xBC\x9A\xE8\xAD"), MUGAI_CHARSET_NONE), MUGAI_CHARSET_UTF_8);
}

Test(charset, a_mark_outweighs_the_label)
{
    cr_expect_eq(mugai_charset_recognise(OCTETS("\xEF\xBB\xBF" "a"), MUGAI_CHARSET_SHIFT_JIS), MUGAI_CHARSET_UTF_8);
    cr_expect_eq(mugai_charset_recognise(OCTETS("\xFF\xFE" "a\0"), MUGAI_CHARSET_NONE), MUGAI_CHARSET_UTF_16LE);
    cr_expect_eq(mugai_charset_recognise(OCTETS("\xFE\xFF\0a"), MUGAI_CHARSET_UTF_16LE), MUGAI_CHARSET_UTF_16BE);
}

Test(charset, the_order_of_utf_16_without_a_mark_is_seen_in_its_zeros)
{
    static const MugaiCharset orders[] = {MUGAI_CHARSET_UTF_16LE, MUGAI_CHARSET_UTF_16BE};

    for (gsize i = 0; i < G_N_ELEMENTS(orders); i++)
        for (gsize l = 0; l < G_N_ELEMENTS(orders); l++) {
            g_autoptr(GBytes) octets = encode("資料1を送付します。\r\n", mugai_charset_name(orders[i]));
            cr_expect_eq(recognise(octets, orders[l]), orders[i]);
        }
    cr_expect_eq(mugai_charset_recognise(OCTETS("plain text"), MUGAI_CHARSET_UTF_16LE), MUGAI_CHARSET_UTF_8);
}

Test(charset, recognition_always_has_an_answer)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);

    cr_expect_eq(mugai_charset_recognise(NULL, 0, MUGAI_CHARSET_NONE), MUGAI_CHARSET_UTF_8);
    for (int round = 0; round < 20000; round++) {
        guint8 octets[32];
        gsize length = (gsize)g_rand_int_range(rand, 0, sizeof(octets) + 1);
        for (gsize i = 0; i < length; i++)
            octets[i] = (guint8)g_rand_int_range(rand, 0, 256);
        MugaiCharset charset = mugai_charset_recognise(octets, length, round % MUGAI_CHARSET_COUNT);
        cr_assert(charset > MUGAI_CHARSET_NONE && charset < MUGAI_CHARSET_COUNT);
    }
}
