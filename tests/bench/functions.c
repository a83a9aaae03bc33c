/*
 * functions.c - what each stage of sanitizing and each filter costs, in one process, beside a floor
 *
 *     functions [--json FILE] SMALL MEDIUM LARGE     the files of three_messages.py
 *     functions --sanitize FILE...                   growth.py asks: the pure function alone
 *
 * A floor is the least that anything doing that work would pay: the bare library, or one pass over
 * the octets. A stage and its floor take turns for some rounds; shown are the quickest round in
 * MB/s (10^6 octets of input a second, processor time) and the median of the ratios, round by
 * round: machines change their speed. The stage "sanitize" is the pure function, and its floor what
 * goal 3 names: GMime parsing and decoding the same message, and libxml2's SAX pass over its HTML.
 *
 * Documents are fixed text, repeated: a figure is one of a document.
 */
#include "decode.h"
#include "libraries.h"
#include "links.h"
#include "blocks.h"
#include "scan.h"
#include "../remove_tree.h"

#include <fcntl.h>
#include <mugai/charset.h>
#include <mugai/compose.h>
#include <mugai/digest.h>
#include <mugai/filter.h>
#include <mugai/guard.h>
#include <mugai/sanitize.h>
#include <mugai/store.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 7
/* A turn takes at least so long: the clock and a cold cache count little. */
#define TURN_SECONDS 0.01
#define DOCUMENT_OCTETS (256u * 1024u)
#define TEXT_LIMIT (8u * 1024u * 1024u)
#define CHUNK_OCTETS 65536u

/* What a stage is given. */
typedef struct {
    const char *name;
    char *octets;
    gsize length;
    MugaiCharset charset;
    GString *html;       /* of a message: its HTML, decoded */
    MugaiReport *report; /* of a text to compose */
} Work;

typedef void (*Stage)(const Work *work);

typedef struct {
    const char *name;
    Stage stage;
    const char *floor_name;
    Stage floor;
    MugaiFilter filter; /* for those that run one */
} Row;

static MugaiSettings *settings;
static MugaiStore *store;
static char *store_path;
static const MugaiId id = {"20240401-00000-00000"};
static const MugaiTime received = {.seconds = 1711929600, .offset = 9 * 60 * 60};
static MugaiFilter filter_measured;
/* Where what must not be optimised away goes. */
static volatile guint64 sink_of_all;

/* --- floors --- */

/* One look at each octet, as cheap as looking gets. */
static void
look_at_all(const Work *work)
{
    guint64 sum = 0;

    for (gsize i = 0; i < work->length; i++)
        sum += (guint8)work->octets[i];
    sink_of_all += sum;
}

static void
copy(const Work *work)
{
    g_autofree char *to = g_malloc(work->length);

    memcpy(to, work->octets, work->length);
    sink_of_all += (guint8)to[work->length / 2];
}

static void
check_utf8(const Work *work)
{
    sink_of_all += g_utf8_validate(work->octets, (gssize)work->length, NULL);
}

static void
gmime_parse(const Work *work)
{
    g_object_unref(libraries_parse(work->octets, work->length));
}

static void
gmime_parse_and_decode(const Work *work)
{
    GMimeMessage *message = libraries_parse(work->octets, work->length);

    libraries_decode(message, NULL);
    g_object_unref(message);
}

static void
libxml2_alone(const Work *work)
{
    libraries_sax(work->octets, work->length);
}

static void
libraries_alone(const Work *work)
{
    gmime_parse_and_decode(work);
    if (work->html->len > 0)
        libraries_sax(work->html->str, work->html->len);
}

static void
base64_alone(const Work *work)
{
    g_free(g_base64_encode((const guchar *)work->octets, work->length));
}

static void
nettle_alone(const Work *work)
{
    struct sha256_ctx context;
    guint8 sum[SHA256_DIGEST_SIZE];

    sha256_init(&context);
    sha256_update(&context, work->length, (const guint8 *)work->octets);
    sha256_digest(&context, sizeof(sum), sum);
    sink_of_all += sum[0];
}

static void
write_all(int fd, const char *octets, gsize length)
{
    while (length > 0) {
        gssize written = write(fd, octets, MIN(length, CHUNK_OCTETS));

        if (written < 0)
            g_error("cannot write to %s", store_path);
        octets += written;
        length -= (gsize)written;
    }
}

static void
write_a_file(const Work *work)
{
    int fd = open(store_path, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

    if (fd < 0)
        g_error("no unnamed file in %s", store_path);
    write_all(fd, work->octets, work->length);
    close(fd);
}

/* --- stages --- */

static void
scan(const Work *work)
{
    g_autoptr(GMimeStream) stream = g_mime_stream_mem_new_with_buffer(work->octets, work->length);
    g_autoptr(MugaiReport) report = mugai_report_new();
    g_autoptr(GMimeStream) scanned = mugai_scan(stream, &settings->limits, report);

    sink_of_all += scanned != NULL;
}

static MugaiTree *
make_tree(const Work *work)
{
    g_autoptr(GMimeStream) stream = g_mime_stream_mem_new_with_buffer(work->octets, work->length);
    g_autoptr(MugaiReport) report = mugai_report_new();

    return mugai_tree_parse(stream, settings, report);
}

static void
tree(const Work *work)
{
    mugai_tree_free(make_tree(work));
}

static void
decode_leaves(const MugaiNode *node)
{
    MugaiDecoded decoded;

    if (node->kind == MUGAI_NODE_LEAF)
        mugai_leaf_decode(node, NULL, NULL, &decoded);
    for (guint i = 0; node->children != NULL && i < node->children->len; i++)
        decode_leaves(node->children->pdata[i]);
}

/* With the tree, for GMime's decoding wants its own too. */
static void
decode(const Work *work)
{
    g_autoptr(MugaiTree) parts = make_tree(work);

    if (parts->root != NULL)
        decode_leaves(parts->root);
}

static void
sanitize(const Work *work)
{
    g_autoptr(MugaiResult) result =
        mugai_sanitize_octets((const guint8 *)work->octets, work->length, settings, &id, received);

    sink_of_all += g_bytes_get_size(result->candidate);
}

static void
compose(const Work *work)
{
    GString *out = g_string_new(NULL);

    mugai_compose_finish(out, &id, work->report, work->octets, work->length);
    sink_of_all += out->len;
    g_string_free(out, TRUE);
}

static void
guard(const Work *work)
{
    MugaiGuard state;

    mugai_guard_init(&state, MUGAI_GUARD_INERT_LINKS);
    if (!mugai_guard_feed(&state, (const guint8 *)work->octets, work->length) ||
        !mugai_guard_finish(&state))
        g_error("the guard refuses what was made of %s", work->name);
}

static void
sha256(const Work *work)
{
    g_autofree char *text = mugai_digest_text(work->octets, work->length);

    sink_of_all += (guint8)text[0];
}

/* Without the syncs at the end: they are the disk's. */
static void
store_append(const Work *work)
{
    g_autoptr(MugaiEnvelope) envelope = mugai_envelope_new(received.seconds);
    g_autoptr(MugaiObject) object = NULL;
    g_autoptr(GError) error = NULL;

    object = mugai_store_begin(store, envelope, &error);
    for (gsize at = 0; object != NULL && at < work->length; at += CHUNK_OCTETS)
        if (!mugai_object_append(object, work->octets + at, MIN(CHUNK_OCTETS, work->length - at),
                                 &error))
            break;
    if (error != NULL)
        g_error("%s", error->message);
}

static void
charset(const Work *work)
{
    GString *utf8 = g_string_new(NULL);

    sink_of_all +=
        mugai_charset_decode(work->charset, (const guint8 *)work->octets, work->length, utf8);
    g_string_free(utf8, TRUE);
}

static void
recognise(const Work *work)
{
    if (mugai_charset_recognise((const guint8 *)work->octets, work->length, MUGAI_CHARSET_NONE) !=
        work->charset)
        g_error("%s was taken for something else", work->name);
}

static void
blocks_found(const MugaiBlock *block, gsize offset, gpointer data)
{
    g_free(block->name);
    sink_of_all += offset;
}

static void
blocks(const Work *work)
{
    g_string_free(mugai_blocks_take_out(work->octets, work->length, blocks_found, NULL), TRUE);
}

static void
filter(const Work *work)
{
    g_autoptr(MugaiText) text = mugai_text_new(TEXT_LIMIT);
    MugaiFilterNotes notes = {0};

    filter_measured(work->octets, work->length, settings, text, &notes);
    sink_of_all += mugai_text_length(text);
}

static void
flowed(const Work *work)
{
    g_string_free(mugai_flowed_unwrap(work->octets, work->length, FALSE), TRUE);
}

static void
links(const Work *work)
{
    GString *out = g_string_new(NULL);

    mugai_links_append_inert(out, work->octets, work->length, MUGAI_LINKS_DEFANG);
    g_string_free(out, TRUE);
}

static void
compose_body(const Work *work)
{
    g_autoptr(MugaiText) text = mugai_text_new(TEXT_LIMIT);
    MugaiCleaned cleaned = {0};

    mugai_compose_body(text, work->octets, work->length, MUGAI_LINKS_DEFANG, &cleaned);
    sink_of_all += mugai_text_length(text);
}

/* --- what they are given --- */

static Work
read_message(const char *path)
{
    const char *slash = strrchr(path, '/');
    Work work = {.name = slash == NULL ? path : slash + 1, .html = g_string_new(NULL)};
    g_autoptr(GError) error = NULL;
    GMimeMessage *message = NULL;

    if (!g_file_get_contents(path, &work.octets, &work.length, &error))
        g_error("%s", error->message);
    message = libraries_parse(work.octets, work.length);
    if (message != NULL)
        libraries_decode(message, work.html);
    g_clear_object(&message);
    return work;
}

/* What is made of @message. */
static Work
make_candidate(const Work *message)
{
    g_autoptr(MugaiResult) result = mugai_sanitize_octets((const guint8 *)message->octets,
                                                          message->length, settings, &id, received);
    Work work = {.name = message->name, .report = g_steal_pointer(&result->report)};

    work.length = g_bytes_get_size(result->candidate);
    work.octets = g_memdup2(g_bytes_get_data(result->candidate, NULL), work.length);
    return work;
}

/* The text in the body of @candidate, as compose was given it. */
static Work
read_text(Work *candidate)
{
    const char *body = g_strstr_len(candidate->octets, (gssize)candidate->length, "\r\n\r\n");
    Work work = {.name = candidate->name, .report = g_steal_pointer(&candidate->report)};
    g_autofree char *base64 = NULL;
    gsize decoded = 0;

    g_assert(body != NULL);
    base64 = g_strndup(body, candidate->length - (gsize)(body - candidate->octets));
    work.octets = (char *)g_base64_decode(base64, &decoded);
    for (gsize i = 0; i < decoded; i++)
        if (work.octets[i] != '\r')
            work.octets[work.length++] = work.octets[i];
    return work;
}

/* @unit until it is long enough, between @head and @tail. */
static Work
repeat(const char *name, const char *head, const char *unit, const char *tail)
{
    GString *all = g_string_new(head);
    gsize length = 0;

    while (all->len < DOCUMENT_OCTETS)
        g_string_append(all, unit);
    g_string_append(all, tail);
    length = all->len;
    return (Work){.name = name, .octets = g_string_free(all, FALSE), .length = length};
}

/* @work in another charset. */
static Work
convert(const Work *work, const char *name, const char *to, MugaiCharset charset_of)
{
    g_autoptr(GError) error = NULL;
    gsize length = 0;
    char *octets =
        g_convert(work->octets, (gssize)work->length, to, "UTF-8", NULL, &length, &error);

    if (octets == NULL)
        g_error("%s: %s", to, error->message);
    return (Work){.name = name, .octets = octets, .length = length, .charset = charset_of};
}

static void
clear_work(Work *work)
{
    g_free(work->octets);
    if (work->html != NULL)
        g_string_free(work->html, TRUE);
    g_clear_pointer(&work->report, mugai_report_free);
}

static const char paragraph[] =
    "お世話になっております。総務課の山田です。先日ご相談しました件につきまして、"
    "下記のとおりご連絡いたします。\nご不明な点は、本メールへの返信にてお知らせください。\n";
static const char html_head[] = "<!DOCTYPE html><html><head><style>p{margin:0}.s{color:#888}"
                                "</style></head><body><table>";
static const char html_row[] =
    "<tr><td style=\"padding:4px;color:#333333\">項目</td><td class=s><a "
    "href=\"https://www.example.co.jp/1?utm=mail\">詳細はこちら</a></td></tr>\n<tr><td><p "
    "class=s>お世話になっております。総務課の山田です。&copy; Example</p></td></tr>\n";
static const char html_tail[] = "</table></body></html>\n";
static const char event[] =
    "BEGIN:VEVENT\r\nUID:1@example.jp\r\nDTSTART;TZID=Asia/Tokyo:20240401T090000\r\n"
    "DTEND;TZID=Asia/Tokyo:20240401T100000\r\nSUMMARY:打合せ\r\nLOCATION:第一会議室\r\n"
    "DESCRIPTION:議題は別紙のとおりです\\n資料をお持ちください\r\nEND:VEVENT\r\n";
static const char card[] = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:山田 太郎\r\nN:山田;太郎;;;\r\n"
                           "TEL;TYPE=work:03-1234-5678\r\nEMAIL:yamada@example.jp\r\nEND:VCARD\r\n";

/* --- measuring --- */

static double
processor_seconds(void)
{
    struct timespec used = {0};

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

/* Seconds of one call. */
static double
turn(Stage stage, const Work *work)
{
    double begin = processor_seconds();
    double used = 0;
    guint calls = 0;

    for (; used < TURN_SECONDS; calls++) {
        stage(work);
        used = processor_seconds() - begin;
    }
    return used / calls;
}

static int
compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

static void
measure(const Row *row, const Work *work, GString *json)
{
    double ratios[ROUNDS];
    double quickest = G_MAXDOUBLE;
    double quickest_floor = G_MAXDOUBLE;

    filter_measured = row->filter;
    for (guint round = 0; round < ROUNDS; round++) {
        double own = turn(row->stage, work);
        double floor = turn(row->floor, work);

        quickest = MIN(quickest, own);
        quickest_floor = MIN(quickest_floor, floor);
        ratios[round] = own / floor;
    }
    qsort(ratios, ROUNDS, sizeof(ratios[0]), compare);
    printf("%-16s %-12s %10.1f %10.1f %8.2f  %s\n", row->name, work->name,
           (double)work->length / quickest / 1e6, (double)work->length / quickest_floor / 1e6,
           ratios[ROUNDS / 2], row->floor_name);
    fflush(stdout);
    g_string_append_printf(json,
                           "%s\n {\"stage\":\"%s\",\"input\":\"%s\",\"octets\":%" G_GSIZE_FORMAT
                           ",\"us\":%.2f,\"mb_s\":%.2f,\"floor\":\"%s\",\"floor_us\":%.2f,"
                           "\"floor_mb_s\":%.2f,\"ratio\":%.3f}",
                           json->len > 1 ? "," : "", row->name, work->name, work->length,
                           quickest * 1e6, (double)work->length / quickest / 1e6, row->floor_name,
                           quickest_floor * 1e6, (double)work->length / quickest_floor / 1e6,
                           ratios[ROUNDS / 2]);
}

static void
measure_message(const char *path, GString *json)
{
    static const Row rows[] = {
        {"sanitize", sanitize, "GMime parse, decode; libxml2 SAX", libraries_alone, NULL},
        {"scan", scan, "one look at each octet", look_at_all, NULL},
        {"scan, tree", tree, "GMime parse", gmime_parse, NULL},
        {"... and decode", decode, "GMime parse, decode", gmime_parse_and_decode, NULL},
        {"sha256", sha256, "nettle", nettle_alone, NULL},
        {"store append", store_append, "write to a file", write_a_file, NULL},
    };
    static const Row composing = {"compose", compose, "GLib base64", base64_alone, NULL};
    static const Row guarding = {"guard", guard, "one look at each octet", look_at_all, NULL};
    Work message = read_message(path);
    Work candidate = make_candidate(&message);
    Work text = read_text(&candidate);

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        measure(&rows[i], &message, json);
    measure(&composing, &text, json);
    measure(&guarding, &candidate, json);
    clear_work(&message);
    clear_work(&candidate);
    clear_work(&text);
}

static void
measure_charsets(const Work *utf8, GString *json)
{
    static const Row decoding = {"charset", charset, "memcpy", copy, NULL};
    static const Row recognising = {"recognise", recognise, "one look at each octet", look_at_all,
                                    NULL};
    Work others[] = {
        convert(utf8, "UTF-8", "UTF-8", MUGAI_CHARSET_UTF_8),
        convert(utf8, "Shift_JIS", "SHIFT_JIS", MUGAI_CHARSET_SHIFT_JIS),
        convert(utf8, "EUC-JP", "EUC-JP", MUGAI_CHARSET_EUC_JP),
        convert(utf8, "ISO-2022-JP", "ISO-2022-JP", MUGAI_CHARSET_ISO_2022_JP),
    };

    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        measure(&decoding, &others[i], json);
        measure(&recognising, &others[i], json);
        clear_work(&others[i]);
    }
}

static void
measure_documents(GString *json)
{
    const struct {
        Row row;
        Work work;
    } documents[] = {
        {{"blocks", blocks, "g_utf8_validate", check_utf8, NULL},
         repeat("text", "", paragraph, "")},
        {{"flowed", flowed, "memcpy", copy, NULL}, repeat("text", "", paragraph, "")},
        {{"links", links, "memcpy", copy, NULL},
         repeat("links", "", "see https://www.example.jp/a?b=c or mailto:a@example.jp\n", "")},
        {{"links", links, "memcpy", copy, NULL}, repeat("text", "", paragraph, "")},
        {{"compose body", compose_body, "g_utf8_validate", check_utf8, NULL},
         repeat("text", "", paragraph, "")},
        {{"filter html", filter, "libxml2 SAX", libxml2_alone, mugai_filter_html},
         repeat("html", html_head, html_row, html_tail)},
        {{"filter plain", filter, "g_utf8_validate", check_utf8, mugai_filter_plain},
         repeat("text", "", paragraph, "")},
        {{"filter calendar", filter, "g_utf8_validate", check_utf8, mugai_filter_calendar},
         repeat("calendar", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", event, "END:VCALENDAR\r\n")},
        {{"filter card", filter, "g_utf8_validate", check_utf8, mugai_filter_card},
         repeat("card", "", card, "")},
        {{"filter fields", filter, "g_utf8_validate", check_utf8, mugai_filter_fields},
         repeat("fields", "", "Final-Recipient: rfc822; a@example.jp\nStatus: 5.1.1\n\n", "")},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(documents); i++) {
        Work work = documents[i].work;

        measure(&documents[i].row, &work, json);
        clear_work(&work);
    }
}

static void
measure_all(char **messages, const char *json_path)
{
    GString *json = g_string_new("[");
    g_autoptr(GError) error = NULL;
    Work text = repeat("text", "", paragraph, "");

    printf("%-16s %-12s %10s %10s %8s  %s\n", "stage", "input", "MB/s", "floor MB/s", "ratio",
           "floor");
    for (gsize i = 0; i < 3; i++)
        measure_message(messages[i], json);
    measure_charsets(&text, json);
    measure_documents(json);
    g_string_append(json, "\n]\n");
    if (json_path != NULL && !g_file_set_contents(json_path, json->str, -1, &error))
        g_error("%s", error->message);
    clear_work(&text);
    g_string_free(json, TRUE);
}

/* Microseconds of the pure function, the quickest of some rounds, a line for each file. */
static void
sanitize_files(char **paths)
{
    for (; *paths != NULL; paths++) {
        Work work = read_message(*paths);
        double quickest = G_MAXDOUBLE;

        for (guint round = 0; round < 3; round++)
            quickest = MIN(quickest, turn(sanitize, &work));
        printf("%.2f\n", quickest * 1e6);
        fflush(stdout);
        clear_work(&work);
    }
}

static void
open_store(void)
{
    g_autoptr(GError) error = NULL;
    MugaiConfig config = {0};

    store_path = g_dir_make_tmp("mugai-bench-XXXXXX", &error);
    if (store_path == NULL)
        g_error("%s", error->message);
    config.store_path = store_path;
    store = mugai_store_open(&config, &error);
    if (store == NULL)
        g_error("%s", error->message);
}

int
main(int argc, char **argv)
{
    gboolean growth = argc > 2 && g_str_equal(argv[1], "--sanitize");
    gboolean to_json = argc == 6 && g_str_equal(argv[1], "--json");
    g_autoptr(GError) error = NULL;

    if (!growth && !to_json && argc != 4) {
        g_printerr("Usage: functions [--json FILE] SMALL MEDIUM LARGE\n"
                   "       functions --sanitize FILE...\n");
        return 2;
    }
    settings = mugai_settings_new("ja");
    if (!mugai_sanitize_warm_up(&error))
        g_error("%s", error->message);
    if (growth) {
        sanitize_files(argv + 2);
        return EXIT_SUCCESS;
    }
    open_store();
    measure_all(argv + (to_json ? 3 : 1), to_json ? argv[2] : NULL);
    mugai_store_free(store);
    remove_tree(store_path);
    g_free(store_path);
    return EXIT_SUCCESS;
}
