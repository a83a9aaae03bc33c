/*
 * store.c - what the index costs and how fast it finds: builds one of many entries and searches it
 *
 * store [--entries N] [--batch N] [--terms N] [--directory DIR] [--json FILE]: entries like those
 * of a town's mail, the same each time (a generator with a fixed seed), added as mugaid adds them.
 * Where DIR has an index of so many entries already, it is searched alone. Prints for each tenth
 * the rate and the processor time of an entry, octets an entry, and for each kind of query median,
 * 95th percentile and maximum over many terms. Exit status 1 if a promise is broken: 100 ms, 1.5
 * KB, a flat cost.
 */
#include <glib/gstdio.h>
#include <mugai/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define SECONDS_FIRST G_GINT64_CONSTANT(1767225600) /* 2026-01-01 */
#define SECONDS_BETWEEN 8
#define LIMIT 100
#define PROMISED_MILLISECONDS 100.0
#define PROMISED_OCTETS 1536.0
/* The slowest tenth may take this much longer than the quickest: the machine has others. */
#define PROMISED_FLATNESS 2.0

/* --- a town's mail --- */

static guint64 state_of_generator = 20261120;

static guint32
draw(guint32 bound)
{
    state_of_generator =
        state_of_generator * G_GUINT64_CONSTANT(6364136223846793005) + 1442695040888963407u;
    return (guint32)((state_of_generator >> 33) % bound);
}

#define PICK(words) ((words)[draw(G_N_ELEMENTS(words))])

static const char *const surnames[][2] = {
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
static const char *const givens[][2] = {
    {"一郎", "ichiro"},  {"健太", "kenta"}, {"陽子", "yoko"},  {"美咲", "misaki"},
    {"翔", "sho"},       {"直樹", "naoki"}, {"由美", "yumi"},  {"さくら", "sakura"},
    {"大輔", "daisuke"}, {"恵子", "keiko"}, {"隆", "takashi"}, {"真由美", "mayumi"},
    {"和也", "kazuya"},  {"麻衣", "mai"},   {"誠", "makoto"},  {"千尋", "chihiro"},
};
static const char *const topics[] = {
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

/* A name of two kanji of a few thousand: companies, places. */
static void
append_place(GString *text)
{
    g_string_append_unichar(text, 0x5000 + draw(2000));
    g_string_append_unichar(text, 0x6000 + draw(2000));
}

static void
draw_digest(char digest[65])
{
    for (int i = 0; i < 64; i += 4)
        g_snprintf(digest + i, 5, "%04x", draw(0x10000));
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
    guint32 surname = draw(G_N_ELEMENTS(surnames));
    guint32 given = draw(G_N_ELEMENTS(givens));
    const char *host = hosts[company % G_N_ELEMENTS(hosts)];
    char *address =
        g_strdup_printf("%s.%s@c%u.%s", givens[given][1], surnames[surname][1], company, host);

    set_string(&entry->envelope->sender, address);
    entry->from = g_strdup_printf("%s %s <%s>", surnames[surname][0], givens[given][0], address);
    set_string(&entry->envelope->client_name, g_strdup_printf("mx%u.%s", company % 7, host));
    set_string(&entry->envelope->client_address,
               g_strdup_printf("203.0.%u.%u", company % 256, company / 256 % 256));
    set_string(&entry->envelope->helo, g_strdup(entry->envelope->client_name));
}

static char *
draw_subject(void)
{
    g_autoptr(GString) topic = g_string_new(PICK(topics));
    g_autoptr(GString) subject = g_string_new(PICK(forms));
    g_autofree char *number = g_strdup_printf("%u", draw(60));

    if (draw(3) == 0) {
        g_string_append(topic, "・");
        append_place(topic);
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
    guint32 kind = draw(G_N_ELEMENTS(types));

    draw_digest(part->sha256);
    part->size = draw(3000000);
    if (at == 0) {
        part->disposition = MUGAI_KEPT;
        set_string(&part->type, g_strdup("text/plain"));
        set_string(&part->declared_type, g_strdup("text/plain"));
    } else {
        part->disposition = MUGAI_REMOVED;
        set_string(&part->reason, g_strdup("attachment"));
        set_string(&part->type, g_strdup(types[kind]));
        set_string(&part->declared_type, g_strdup(types[kind]));
        set_string(&part->name, g_strdup_printf("%s_%04u%02u.%s", PICK(topics), 2020 + draw(7),
                                                1 + draw(12), extensions[kind]));
    }
    g_ptr_array_add(report->parts, part);
}

static MugaiReport *
draw_report(const MugaiEntry *entry, guint32 company)
{
    MugaiReport *report = mugai_report_new();
    guint parts = draw(10) < 4 ? 2 + draw(3) : 1;

    set_string(&report->subject, g_strdup(entry->subject));
    set_string(&report->from, g_strdup(entry->from));
    set_string(&report->message_id,
               g_strdup_printf("<%08x.%07x@c%u.%s>", draw(G_MAXUINT32), draw(0x10000000), company,
                               hosts[company % G_N_ELEMENTS(hosts)]));
    set_string(&report->date, g_strdup("Fri, 20 Nov 2026 10:00:00 +0900"));
    for (guint i = 0; i < parts; i++)
        draw_part(report, i);
    if (draw(50) == 0)
        g_ptr_array_add(report->warnings, g_strdup("charset: declared iso-2022-jp, is not"));
    return report;
}

static MugaiEntry *
draw_entry(guint64 number)
{
    MugaiEntry *entry = g_new0(MugaiEntry, 1);
    guint32 company = draw(4) == 0 ? draw(20000) : draw(300);
    g_autoptr(MugaiReport) report = NULL;
    char original[65] = "";
    char output[65] = "";
    MugaiFacts facts = {.id = entry->id.text,
                        .offset = 32400,
                        .original_sha256 = original,
                        .output_sha256 = output};

    entry->received = SECONDS_FIRST + (gint64)number * SECONDS_BETWEEN + draw(60);
    mugai_id_from_bits(entry->received, (guint64)draw(G_MAXUINT32) << 20 | draw(1 << 20),
                       &entry->id);
    entry->state = g_strdup(draw(1000) == 0 ? "notice-only" : "passed");
    entry->envelope = mugai_envelope_new(entry->received);
    set_string(&entry->envelope->queue_id,
               g_strdup_printf("%08X%03X", draw(G_MAXUINT32), draw(0x1000)));
    for (guint i = draw(5) == 0 ? 1 + draw(5) : 1; i > 0; i--)
        g_ptr_array_add(entry->envelope->recipients,
                        g_strdup_printf("%s-%s@city.example.lg.jp", PICK(offices),
                                        surnames[draw(G_N_ELEMENTS(surnames))][1]));
    draw_sender(entry, company);
    entry->subject = draw_subject();
    entry->size = facts.original_size = draw(5000000);
    draw_digest(original);
    draw_digest(output);
    entry->sha256 = g_strdup(original);
    facts.received = entry->received;
    facts.output_size = draw(20000);
    report = draw_report(entry, company);
    entry->report_json = mugai_report_to_json(report, &facts, entry->envelope, entry->state, FALSE);
    return entry;
}

/* --- the benchmark --- */

typedef struct {
    gint64 entries, batch, terms;
    char *directory, *json;
} Options;

typedef struct {
    Options options;
    MugaiConfig config;
    MugaiIndex *index;
    GPtrArray *samples; /* of MugaiEntry */
    GString *json;
    gboolean present; /* the entries are there already */
    gboolean broken;  /* a promise */
} Bench;

static void
must(gboolean done, const GError *error)
{
    if (!done)
        g_error("%s", error->message);
}

static double
milliseconds_since(gint64 start)
{
    return (double)(g_get_monotonic_time() - start) / 1000;
}

/* Microseconds of processor time: on a machine that does other things too, what an entry costs. */
static double
processor_time(void)
{
    struct timespec used = {0};

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (double)used.tv_sec * 1e6 + (double)used.tv_nsec / 1e3;
}

typedef struct {
    double milliseconds, cpu_microseconds;
} Cost;

/* Entries are drawn outside of the time taken. */
static void
add_batch(Bench *bench, guint64 first, guint64 count, Cost *cost)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_entry_free);
    g_autoptr(GError) error = NULL;
    gint64 start = 0;
    guint64 step = MAX((guint64)bench->options.entries / (guint64)bench->options.terms, 1);
    double used = 0;

    for (guint64 i = 0; i < count; i++)
        g_ptr_array_add(entries, draw_entry(first + i));
    start = g_get_monotonic_time();
    used = processor_time();
    if (!bench->present)
        must(mugai_index_add_many(bench->index, entries, &error), error);
    cost->cpu_microseconds += processor_time() - used;
    cost->milliseconds += milliseconds_since(start);
    for (guint64 i = count; i-- > 0;) {
        if ((first + i) % step == 0)
            g_ptr_array_add(bench->samples, g_ptr_array_steal_index(entries, (guint)i));
    }
}

static void
build(Bench *bench)
{
    guint64 total = (guint64)bench->options.entries;
    guint64 slice = MAX(total / 10, 1);
    double quickest = G_MAXDOUBLE;
    double slowest = 0;

    printf("%12s %12s %12s\n", "entries", "entries/s", "CPU us each");
    g_string_append(bench->json, "{\"cpu_microseconds\":[");
    for (guint64 from = 0; from < total; from += slice) {
        Cost cost = {0};
        guint64 to = MIN(from + slice, total);
        double each = 0;

        for (guint64 at = from; at < to; at += (guint64)bench->options.batch)
            add_batch(bench, at, MIN((guint64)bench->options.batch, to - at), &cost);
        each = cost.cpu_microseconds / (double)(to - from);
        quickest = MIN(quickest, each);
        slowest = MAX(slowest, each);
        printf("%12" G_GUINT64_FORMAT " %12.0f %12.0f\n", to,
               (double)(to - from) / cost.milliseconds * 1000, each);
        fflush(stdout);
        g_string_append_printf(bench->json, "%s%.0f", from > 0 ? "," : "", each);
    }
    bench->broken |= !bench->present && slowest > quickest * PROMISED_FLATNESS;
}

/* Whether the index has the entry that is drawn first. */
static gboolean
is_present(const Bench *bench)
{
    guint64 state = state_of_generator;
    g_autoptr(MugaiEntry) first = draw_entry(0);

    state_of_generator = state;
    return mugai_index_has(bench->index, &first->id);
}

static void
weigh(Bench *bench)
{
    g_autofree char *path = g_build_filename(bench->options.directory, "index.sqlite", NULL);
    struct stat status = {0};
    double octets = 0;

    g_assert(stat(path, &status) == 0);
    octets = (double)status.st_size / (double)bench->options.entries;
    printf("%.0f octets an entry\n", octets);
    g_string_append_printf(bench->json, "],\"octets\":%.0f,\"queries\":{", octets);
    bench->broken |= octets > PROMISED_OCTETS;
}

static gboolean
count_entry(const MugaiEntry *entry, gpointer data)
{
    (void)entry;
    ++*(guint *)data;
    return TRUE;
}

static int
compare_times(gconstpointer a, gconstpointer b)
{
    double difference = *(const double *)a - *(const double *)b;

    return (difference > 0) - (difference < 0);
}

/* Makes the @nth query of a kind; strings it allocates are put into @kept. */
typedef void (*MakeQuery)(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept);

static void
measure(Bench *bench, const char *name, MakeQuery make)
{
    g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(double));
    guint found = 0;
    double p95 = 0;

    for (guint nth = 0; nth < (guint)bench->options.terms; nth++) {
        g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GError) error = NULL;
        MugaiQuery query = {.limit = LIMIT};
        gint64 start = 0;
        double taken = 0;

        make(bench, nth, &query, kept);
        start = g_get_monotonic_time();
        must(mugai_index_list(bench->index, &query, count_entry, &found, &error), error);
        taken = milliseconds_since(start);
        g_array_append_val(times, taken);
    }
    g_array_sort(times, compare_times);
    p95 = g_array_index(times, double, (times->len - 1) * 95 / 100);
    printf("%-28s %8.1f %8.2f %8.2f %8.2f\n", name, (double)found / times->len,
           g_array_index(times, double, times->len / 2), p95,
           g_array_index(times, double, times->len - 1));
    g_string_append_printf(bench->json,
                           "%s\"%s\":{\"found\":%.1f,\"p50\":%.2f,\"p95\":%.2f,\"max\":%.2f}",
                           bench->json->str[bench->json->len - 1] == '{' ? "" : ",", name,
                           (double)found / times->len, g_array_index(times, double, times->len / 2),
                           p95, g_array_index(times, double, times->len - 1));
    bench->broken |= p95 > PROMISED_MILLISECONDS;
}

/* --- kinds of queries --- */

static const MugaiEntry *
sample(const Bench *bench, guint nth)
{
    return bench->samples->pdata[nth % bench->samples->len];
}

static const char *
keep_string(GPtrArray *kept, char *text)
{
    g_ptr_array_add(kept, text);
    return text;
}

/* @count characters of @text from a place drawn. */
static const char *
cut_text(GPtrArray *kept, const char *text, glong count)
{
    glong length = g_utf8_strlen(text, -1);
    glong from = length > count ? (glong)draw((guint32)(length - count)) : 0;

    return keep_string(kept, g_utf8_substring(text, from, MIN(from + count, length)));
}

static void
newest(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)bench, (void)nth, (void)query, (void)kept;
}

static void
an_hour(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)kept;
    query->since = sample(bench, nth)->received;
    query->until = query->since + 3600;
}

static void
subject_of_two(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    query->subject = cut_text(kept, sample(bench, nth)->subject, 2);
}

/* What is in no subject, though each character is. */
static void
subject_of_two_absent(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    g_autoptr(GString) text = g_string_new(NULL);

    (void)bench, (void)nth;
    g_string_append_unichar(text, 0x6000 + draw(2000));
    g_string_append_unichar(text, 0x5000 + draw(2000));
    query->subject = keep_string(kept, g_strdup(text->str));
}

static void
subject_rare(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    g_autoptr(GString) text = g_string_new("・");

    (void)bench, (void)nth;
    append_place(text);
    query->subject = keep_string(kept, g_strdup(text->str));
}

static void
subject_whole(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)kept;
    query->subject = sample(bench, nth)->subject;
}

static void
from_whole(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)kept;
    query->from = sample(bench, nth)->envelope->sender;
}

static void
from_name(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)bench, (void)nth;
    query->from = keep_string(kept, g_strconcat(PICK(surnames)[0], " ", PICK(givens)[0], NULL));
}

/* Made of what is everywhere: no list is short. */
static void
from_absent(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)bench, (void)nth;
    query->from =
        keep_string(kept, g_strconcat(PICK(surnames)[1], ".", PICK(givens)[1], "@", NULL));
}

static void
to_whole(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)kept;
    query->to = sample(bench, nth)->envelope->recipients->pdata[0];
}

static void
name_of_part(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)bench, (void)nth;
    query->name = keep_string(kept, g_strdup_printf("%s_2026%02u", PICK(topics), 1 + draw(12)));
}

static void
text_of_two_latin(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)bench, (void)nth;
    query->text = keep_string(kept, g_strdup_printf("%c%c", 'a' + draw(26), 'a' + draw(26)));
}

static void
text_of_four(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    query->text = cut_text(kept, sample(bench, nth)->from, 4);
}

static void
text_absent_latin(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)bench, (void)nth;
    query->text =
        keep_string(kept, g_strconcat(PICK(surnames)[1], PICK(givens)[1], PICK(surnames)[1], NULL));
}

static void
text_absent_japanese(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)bench, (void)nth;
    query->text = keep_string(kept, g_strconcat(PICK(topics), PICK(surnames)[0], NULL));
}

static void
by_queue_id(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)kept;
    query->queue_id = sample(bench, nth)->envelope->queue_id;
}

static void
by_text_id(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)kept;
    query->text = sample(bench, nth)->id.text;
}

static void
by_message_id(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    g_autoptr(MugaiReport) report =
        mugai_report_from_json(sample(bench, nth)->report_json, -1, NULL);

    query->message_id = keep_string(kept, g_strdup(report->message_id));
}

static void
notice_only(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)bench, (void)nth, (void)kept;
    query->state = "notice-only";
}

static void
notice_only_subject(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    notice_only(bench, nth, query, kept);
    subject_of_two(bench, nth, query, kept);
}

static void
removed_from(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    query->removed = TRUE;
    from_name(bench, nth, query, kept);
}

static void
warnings_text(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    query->warnings = TRUE;
    text_of_four(bench, nth, query, kept);
}

static void
day_and_text(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    an_hour(bench, nth, query, kept);
    query->until = query->since + 86400;
    subject_of_two(bench, nth + 1, query, kept);
}

static void
all_together(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    an_hour(bench, nth, query, kept);
    query->since -= 86400 * 30;
    query->removed = TRUE;
    query->state = "passed";
    from_name(bench, nth, query, kept);
    subject_of_two(bench, nth, query, kept);
    query->to = "city.example.lg.jp";
}

static void
held(Bench *bench, guint nth, MugaiQuery *query, GPtrArray *kept)
{
    (void)bench, (void)nth, (void)kept;
    query->held = TRUE;
}

static void
search(Bench *bench)
{
    static const struct {
        const char *name;
        MakeQuery make;
    } kinds[] = {
        {"newest", newest},
        {"an hour", an_hour},
        {"subject, 2 characters", subject_of_two},
        {"subject, 2, absent", subject_of_two_absent},
        {"subject, rare", subject_rare},
        {"subject, whole", subject_whole},
        {"from, address", from_whole},
        {"from, name", from_name},
        {"from, absent", from_absent},
        {"to, address", to_whole},
        {"name of a part", name_of_part},
        {"text, 2 latin", text_of_two_latin},
        {"text, 4 characters", text_of_four},
        {"text, absent latin", text_absent_latin},
        {"text, absent japanese", text_absent_japanese},
        {"text, id", by_text_id},
        {"queue id", by_queue_id},
        {"message id", by_message_id},
        {"state", notice_only},
        {"state, subject", notice_only_subject},
        {"removed, from", removed_from},
        {"warnings, text", warnings_text},
        {"a day, subject", day_and_text},
        {"all together", all_together},
        {"held", held},
    };

    printf("%-28s %8s %8s %8s %8s  (ms)\n", "query", "found", "p50", "p95", "max");
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        measure(bench, kinds[i].name, kinds[i].make);
    g_string_append(bench->json, "}}\n");
}

static void
hold_some(Bench *bench)
{
    for (guint i = 0; i < bench->samples->len; i += 10) {
        g_autoptr(GError) error = NULL;

        must(mugai_index_set_held(bench->index, &sample(bench, i)->id, TRUE, &error), error);
    }
}

static void
run(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiStore) store = mugai_store_open(&bench->config, &error);

    must(store != NULL, error);
    bench->index = mugai_index_open(store, TRUE, &error);
    must(bench->index != NULL, error);
    bench->present = is_present(bench);
    build(bench);
    hold_some(bench);
    g_clear_pointer(&bench->index, mugai_index_free);
    weigh(bench);
    bench->index = mugai_index_open(store, FALSE, &error);
    must(bench->index != NULL, error);
    search(bench);
    g_clear_pointer(&bench->index, mugai_index_free);
}

int
main(int argc, char **argv)
{
    Bench bench = {.options = {.entries = 1000000, .batch = 16, .terms = 200}};
    const GOptionEntry entries[] = {
        {"entries", 0, 0, G_OPTION_ARG_INT64, &bench.options.entries, "In the index", "N"},
        {"batch", 0, 0, G_OPTION_ARG_INT64, &bench.options.batch, "Added together", "N"},
        {"terms", 0, 0, G_OPTION_ARG_INT64, &bench.options.terms, "Queries of a kind", "N"},
        {"directory", 0, 0, G_OPTION_ARG_FILENAME, &bench.options.directory, "Empty, mode 0700",
         "DIR"},
        {"json", 0, 0, G_OPTION_ARG_FILENAME, &bench.options.json, "Figures as JSON", "FILE"},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;

    g_option_context_add_main_entries(context, entries, NULL);
    must(g_option_context_parse(context, &argc, &argv, &error), error);
    if (bench.options.directory == NULL)
        bench.options.directory = g_dir_make_tmp("mugai-bench-XXXXXX", &error);
    must(bench.options.directory != NULL, error);
    bench.config.store_path = bench.options.directory;
    bench.samples = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_entry_free);
    bench.json = g_string_new(NULL);
    run(&bench);
    if (bench.options.json != NULL)
        must(g_file_set_contents(bench.options.json, bench.json->str, -1, &error), error);
    puts(bench.broken ? "a promise is broken" : "as promised");
    g_ptr_array_unref(bench.samples);
    g_string_free(bench.json, TRUE);
    return bench.broken ? EXIT_FAILURE : EXIT_SUCCESS;
}
