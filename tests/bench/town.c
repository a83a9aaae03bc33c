/* town.c - what a town's mail looks like to the index */
#include "town.h"

#define SECONDS_FIRST G_GINT64_CONSTANT(1767225600) /* 2026-01-01 */
#define SECONDS_BETWEEN 8

guint64 town_seed = 20261120;

guint32
town_draw(guint32 bound)
{
    town_seed = town_seed * G_GUINT64_CONSTANT(6364136223846793005) + 1442695040888963407u;
    return (guint32)((town_seed >> 33) % bound);
}

const char *const town_surnames[40][2] = {
    {"佐藤", "sato"},       {"鈴木", "suzuki"},    {"高橋", "takahashi"}, {"田中", "tanaka"},
    {"伊藤", "ito"},        {"渡辺", "watanabe"},  {"山本", "yamamoto"},  {"中村", "nakamura"},
    {"小林", "kobayashi"},  {"加藤", "kato"},      {"吉田", "yoshida"},   {"山田", "yamada"},
    {"佐々木", "sasaki"},   {"山口", "yamaguchi"}, {"松本", "matsumoto"}, {"井上", "inoue"},
    {"木村", "kimura"},     {"林", "hayashi"},     {"斎藤", "saito"},     {"清水", "shimizu"},
    {"山崎", "yamazaki"},   {"森", "mori"},        {"池田", "ikeda"},     {"橋本", "hashimoto"},
    {"阿部", "abe"},        {"石川", "ishikawa"},  {"前田", "maeda"},     {"藤田", "fujita"},
    {"後藤", "goto"},       {"小川", "ogawa"},     {"岡田", "okada"},     {"村上", "murakami"},
    {"長谷川", "hasegawa"}, {"近藤", "kondo"},     {"石井", "ishii"},     {"坂本", "sakamoto"},
    {"遠藤", "endo"},       {"青木", "aoki"},      {"藤井", "fujii"},     {"西村", "nishimura"},
};
const char *const town_givens[16][2] = {
    {"一郎", "ichiro"},  {"健太", "kenta"}, {"陽子", "yoko"},  {"美咲", "misaki"},
    {"翔", "sho"},       {"直樹", "naoki"}, {"由美", "yumi"},  {"さくら", "sakura"},
    {"大輔", "daisuke"}, {"恵子", "keiko"}, {"隆", "takashi"}, {"真由美", "mayumi"},
    {"和也", "kazuya"},  {"麻衣", "mai"},   {"誠", "makoto"},  {"千尋", "chihiro"},
};
const char *const town_topics[28] = {
    "見積書",         "請求書",       "会議資料",     "議事録",       "入札公告",
    "工事完了報告",   "住民票",       "固定資産税",   "保育所入所",   "防災訓練",
    "道路占用許可",   "水道料金",     "介護保険",     "学校給食",     "選挙事務",
    "広報原稿",       "研修",         "アンケート",   "システム更新", "契約書",
    "補助金交付申請", "統計調査",     "健康診断",     "図書館",       "観光パンフレット",
    "ふるさと納税",   "マイナンバー", "職員採用試験",
};
static const char *const forms[] = {
    "%sのご送付",     "%sについて",         "【重要】%sのお知らせ", "%sの件",
    "Re: %sについて", "%sのご確認のお願い", "【至急】%s",           "Fwd: %s",
    "%s（第%u回）",   "RE: RE: %s",         "令和%u年度 %s",        "%s提出期限のご連絡",
};
static const char *const offices[] = {"soumu",  "zaisei", "kikaku",  "bousai",   "zeimu",
                                      "suidou", "kyoiku", "fukushi", "kensetsu", "shisho"};
static const char *const hosts[] = {"example.co.jp",    "example.com",        "example.ne.jp",
                                    "mail.example.net", "pref.example.lg.jp", "example.or.jp"};
static const char *const extensions[] = {"pdf", "xlsx", "docx", "zip", "jpg", "csv"};
static const char *const types[] = {
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/zip",
    "image/jpeg",
    "text/csv"};

void
town_append_place(GString *text)
{
    g_string_append_unichar(text, 0x5000 + town_draw(2000));
    g_string_append_unichar(text, 0x6000 + town_draw(2000));
}

static void
draw_digest(char digest[65])
{
    for (int i = 0; i < 64; i += 4)
        g_snprintf(digest + i, 5, "%04x", town_draw(0x10000));
}

/* --- entries --- */

static void
set_string(char **field, char *value)
{
    g_free(*field);
    *field = value;
}

static void
draw_sender(MugaiEntry *entry, guint32 company)
{
    guint32 surname = town_draw(G_N_ELEMENTS(town_surnames));
    guint32 given = town_draw(G_N_ELEMENTS(town_givens));
    const char *host = hosts[company % G_N_ELEMENTS(hosts)];
    char *address = g_strdup_printf("%s.%s@c%u.%s", town_givens[given][1],
                                    town_surnames[surname][1], company, host);

    set_string(&entry->envelope->sender, address);
    entry->from =
        g_strdup_printf("%s %s <%s>", town_surnames[surname][0], town_givens[given][0], address);
    set_string(&entry->envelope->client_name, g_strdup_printf("mx%u.%s", company % 7, host));
    set_string(&entry->envelope->client_address,
               g_strdup_printf("203.0.%u.%u", company % 256, company / 256 % 256));
    set_string(&entry->envelope->helo, g_strdup(entry->envelope->client_name));
}

static char *
draw_subject(void)
{
    g_autoptr(GString) topic = g_string_new(TOWN_PICK(town_topics));
    g_autoptr(GString) subject = g_string_new(TOWN_PICK(forms));
    g_autofree char *number = g_strdup_printf("%u", town_draw(60));

    if (town_draw(3) == 0) {
        g_string_append(topic, "・");
        town_append_place(topic);
    }
    g_string_replace(subject, "%s", topic->str, 1);
    g_string_replace(subject, "%u", number, 1);
    return g_strdup(subject->str);
}

static void
draw_part(MugaiReport *report, guint at)
{
    g_autofree char *path = g_strdup_printf("%u", at + 1);
    MugaiPart *part = mugai_part_new(path);
    guint32 kind = town_draw(G_N_ELEMENTS(types));

    draw_digest(part->sha256);
    part->size = town_draw(3000000);
    if (at == 0) {
        part->disposition = MUGAI_KEPT;
        set_string(&part->type, g_strdup("text/plain"));
        set_string(&part->declared_type, g_strdup("text/plain"));
    } else {
        part->disposition = MUGAI_REMOVED;
        set_string(&part->reason, g_strdup("attachment"));
        set_string(&part->type, g_strdup(types[kind]));
        set_string(&part->declared_type, g_strdup(types[kind]));
        set_string(&part->name,
                   g_strdup_printf("%s_%04u%02u.%s", TOWN_PICK(town_topics), 2020 + town_draw(7),
                                   1 + town_draw(12), extensions[kind]));
    }
    g_ptr_array_add(report->parts, part);
}

static MugaiReport *
draw_report(const MugaiEntry *entry, guint32 company)
{
    MugaiReport *report = mugai_report_new();
    guint parts = town_draw(10) < 4 ? 2 + town_draw(3) : 1;

    set_string(&report->subject, g_strdup(entry->subject));
    set_string(&report->from, g_strdup(entry->from));
    set_string(&report->message_id,
               g_strdup_printf("<%08x.%07x@c%u.%s>", town_draw(G_MAXUINT32), town_draw(0x10000000),
                               company, hosts[company % G_N_ELEMENTS(hosts)]));
    set_string(&report->date, g_strdup("Fri, 20 Nov 2026 10:00:00 +0900"));
    for (guint i = 0; i < parts; i++)
        draw_part(report, i);
    if (town_draw(50) == 0)
        g_ptr_array_add(report->warnings, g_strdup("charset: declared iso-2022-jp, is not"));
    return report;
}

MugaiEntry *
town_draw_entry(guint64 number)
{
    MugaiEntry *entry = g_new0(MugaiEntry, 1);
    guint32 company = town_draw(4) == 0 ? town_draw(20000) : town_draw(300);
    char original[65] = "";
    char output[65] = "";
    MugaiFacts facts = {.id = entry->id.text,
                        .offset = 32400,
                        .original_sha256 = original,
                        .output_sha256 = output};

    entry->received = SECONDS_FIRST + (gint64)number * SECONDS_BETWEEN + town_draw(60);
    mugai_id_from_bits(entry->received, (guint64)town_draw(G_MAXUINT32) << 20 | town_draw(1 << 20),
                       &entry->id);
    entry->state = g_strdup(town_draw(1000) == 0 ? "notice-only" : "passed");
    entry->envelope = mugai_envelope_new(entry->received);
    set_string(&entry->envelope->queue_id,
               g_strdup_printf("%08X%03X", town_draw(G_MAXUINT32), town_draw(0x1000)));
    for (guint i = town_draw(5) == 0 ? 1 + town_draw(5) : 1; i > 0; i--)
        g_ptr_array_add(entry->envelope->recipients,
                        g_strdup_printf("%s-%s@city.example.lg.jp", TOWN_PICK(offices),
                                        town_surnames[town_draw(G_N_ELEMENTS(town_surnames))][1]));
    draw_sender(entry, company);
    entry->subject = draw_subject();
    entry->size = facts.original_size = town_draw(5000000);
    draw_digest(original);
    draw_digest(output);
    entry->sha256 = g_strdup(original);
    facts.received = entry->received;
    facts.output_size = town_draw(20000);
    entry->report = draw_report(entry, company);
    entry->report_json =
        mugai_report_to_json(entry->report, &facts, entry->envelope, entry->state, FALSE);
    return entry;
}
