/* test_daily.c - the digest conforms and is bounded whatever senders wrote, in both languages */
#include "store_fixture.h"

#include "candidate.h"

#include <mugai/daily.h>
#include <mugai/error.h>

#define NOW 1795168815

/* One message with @parts removed parts that are all called @name. */
static MugaiEntry *
make_entry(const char *state, const char *hostile, guint parts)
{
    g_autofree char *hash = g_strnfill(64, '0');
    g_autoptr(MugaiReport) report = mugai_report_new();
    MugaiEntry *entry = g_new0(MugaiEntry, 1);
    MugaiFacts facts = {.id = "20261120-00000-00000",
                        .received = NOW,
                        .original_sha256 = hash,
                        .output_sha256 = hash};

    for (guint i = 0; i < parts; i++) {
        MugaiPart *part = mugai_part_new("2");

        part->disposition = MUGAI_REMOVED;
        memcpy(part->sha256, hash, 64);
        g_free(part->name);
        part->name = g_strdup(hostile);
        g_ptr_array_add(report->parts, part);
    }
    mugai_id_from_bits(NOW, 7, &entry->id);
    entry->received = NOW;
    entry->state = g_strdup(state);
    entry->envelope = mugai_envelope_new(NOW);
    g_free(entry->envelope->sender);
    entry->envelope->sender = g_strdup(hostile);
    entry->subject = g_strdup(hostile);
    entry->from = g_strdup(hostile);
    entry->sha256 = g_strdup("");
    entry->report_json = mugai_report_to_json(report, &facts, entry->envelope, state, FALSE);
    return entry;
}

/* The text of the digest of @count such messages, read out of the mail, which must conform. */
static char *
digest_of(const char *language, gboolean subjects, guint count, const char *hostile, guint parts)
{
    static const char *const to[] = {"admin@city.example.jp", "second@city.example.jp", NULL};
    g_autoptr(MugaiSettings) settings = mugai_settings_new(language);
    const MugaiPeriod period = {.since = NOW - 86400, .until = NOW};
    g_autoptr(MugaiDaily) daily = mugai_daily_new(&period, subjects, settings);
    g_autoptr(MugaiEntry) entry = make_entry("passed", hostile, parts);
    g_autoptr(GBytes) mail = NULL;
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < count; i++)
        mugai_daily_add(daily, entry);
    mail = mugai_daily_compose(daily, "mugai@city.example.jp", to, NULL, NOW, &error);
    cr_assert_not_null(mail, "%s", error != NULL ? error->message : "");
    expect_conforming(g_bytes_get_data(mail, NULL), g_bytes_get_size(mail),
                      MUGAI_GUARD_INERT_LINKS);
    return text_of(g_bytes_get_data(mail, NULL), g_bytes_get_size(mail));
}

Test(daily, hostile_names_make_no_line_and_no_link_of_their_own)
{
    static const char hostile[] = "a\r\nBcc: x@example.com\r\n\r\n\xE2\x80\xAE\x1b[31m "
                                  "https://evil.example/ www.evil.example {count} {id}";

    for (guint i = 0; i < 2; i++) {
        g_autofree char *text = digest_of(i == 0 ? "ja" : "en", TRUE, 1, hostile, 1);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        for (char **line = lines; line[0] != NULL && line[1] != NULL; line++)
            cr_assert(g_str_has_prefix(*line, "\xE2\x96\xA0 "), "%s", *line);
        cr_assert_not_null(strstr(text, "{count} {id}"), "%s", text);
        cr_assert_null(strstr(text, "https://"));
        cr_assert_null(strstr(text, "www.evil"));
        cr_assert_null(strchr(text, '\x1b'));
    }
}

Test(daily, its_length_is_bounded_and_it_says_how_many_more)
{
    g_autofree char *name = g_strnfill(5000, 'n');
    g_autofree char *text =
        digest_of("en", FALSE, MUGAI_DAILY_MESSAGES_MAX + 17, name, MUGAI_DAILY_PARTS_MAX + 3);

    cr_assert_not_null(strstr(text, "and 17 more mails"));
    cr_assert_not_null(strstr(text, "- and 3 more"));
    cr_assert_not_null(strstr(text, "Removed: 2821\n"));
}

Test(daily, subjects_stand_in_it_only_if_they_may)
{
    g_autofree char *without = digest_of("en", FALSE, 1, "secret-word", 1);
    g_autofree char *with = digest_of("en", TRUE, 1, "secret-word", 1);

    cr_assert_null(strstr(without, "Subject: secret-word"));
    cr_assert_not_null(strstr(with, "Subject: secret-word"));
}

Test(daily, a_day_without_loss_says_so)
{
    g_autofree char *text = digest_of("en", TRUE, 3, "fine", 0);

    cr_assert_not_null(strstr(text, "Received: 3, of these sanitized and passed: 3\n"));
    cr_assert_not_null(strstr(text, "Nothing was removed."));
    cr_assert_null(strstr(text, "fine"));
}

/* --- what is told of --- */

/* The text of the digest of one message whose @state and @warning are these; NULL: no report. */
static char *
told_of(const char *language, const char *state, const char *warning)
{
    const MugaiPeriod period = {.since = NOW - 86400, .until = NOW};
    g_autofree char *hash = g_strnfill(64, '0');
    const MugaiFacts facts = {.id = "20261120-00000-00000",
                              .received = NOW,
                              .original_sha256 = hash,
                              .output_sha256 = hash};
    g_autoptr(MugaiSettings) settings = mugai_settings_new(language);
    g_autoptr(MugaiDaily) daily = mugai_daily_new(&period, FALSE, settings);
    g_autoptr(MugaiEntry) entry = make_entry(state, "fine", 0);
    g_autoptr(MugaiReport) report = mugai_report_new();

    g_free(entry->report_json);
    if (warning != NULL && *warning != '\0')
        g_ptr_array_add(report->warnings, g_strdup(warning));
    entry->report_json = warning == NULL
                             ? g_strdup("{")
                             : mugai_report_to_json(report, &facts, entry->envelope, state, FALSE);
    mugai_daily_add(daily, entry);
    return mugai_daily_text(daily);
}

Test(daily, what_is_not_known_of_a_message_is_told)
{
    g_autofree char *passed = told_of("en", "passed", "");
    g_autofree char *unknown = told_of("en", "kept", "");
    g_autofree char *unread = told_of("en", "passed", NULL);

    cr_assert_null(strstr(passed, "20261120-"), "%s", passed);
    cr_assert_not_null(strstr(unknown, "20261120-"), "%s", unknown);
    cr_assert_not_null(strstr(unknown, "It is not known whether it was passed."), "%s", unknown);
    cr_assert_not_null(strstr(unread, "20261120-"), "%s", unread);
    cr_assert_not_null(strstr(unread, "It is not known what was removed from it."), "%s", unread);
    cr_assert_null(strstr(unread, "Nothing was removed."), "%s", unread);
}

Test(daily, a_warning_is_told_in_the_language_of_the_digest)
{
    g_autofree char *japanese = told_of("ja", "passed", "deceptive-link: 2 links");
    g_autofree char *odd = told_of("ja", "passed", "of-tomorrow: new");

    cr_assert_not_null(strstr(japanese, "\xE8\xA1\xA8\xE7\xA4\xBA\xE3\x81\xA8"), "%s", japanese);
    cr_assert_null(strstr(japanese, "links"), "%s", japanese);
    cr_assert_not_null(strstr(odd, "of-tomorrow: new"), "%s", odd);
}

/* --- the guard has the last word --- */

static gboolean refuses;

bool __wrap_mugai_guard_finish(MugaiGuard *guard);
bool __real_mugai_guard_finish(MugaiGuard *guard);

bool
__wrap_mugai_guard_finish(MugaiGuard *guard)
{
    return !refuses && __real_mugai_guard_finish(guard);
}

Test(daily, what_the_guard_refuses_is_no_mail)
{
    static const char *const to[] = {"admin@city.example.jp", NULL};
    const MugaiPeriod period = {.since = NOW - 86400, .until = NOW};
    g_autoptr(MugaiSettings) settings = mugai_settings_new("ja");
    g_autoptr(MugaiDaily) daily = mugai_daily_new(&period, FALSE, settings);
    g_autoptr(GError) error = NULL;

    refuses = TRUE;
    cr_assert_null(mugai_daily_compose(daily, "mugai@city.example.jp", to, NULL, NOW, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_GUARD));
}

/* --- recipients' own --- */

/* Adds a message to @count recipients at @domain of which @parts were removed. */
static void
keep_for(MugaiIndex *index, gint64 received, const char *domain, guint count, guint parts)
{
    g_autoptr(MugaiEntry) entry = make_entry("passed", "fine", parts);

    mugai_id_new(received, &entry->id);
    entry->received = received;
    for (guint i = 0; i < count; i++)
        g_ptr_array_add(entry->envelope->recipients, g_strdup_printf("user%u@%s", i, domain));
    cr_assert(mugai_index_add(index, entry, NULL));
}

/* The guard refuses all of them, so there is no server to ask. */
static MugaiDailyReaders
send_to(Fixture *fixture, MugaiIndex *index, char **ret_refused)
{
    static char server[] = "smtp://127.0.0.1:1";
    static char admin[] = "admin@city.example.jp";
    static char *admins[] = {admin, NULL};
    g_auto(GStrv) patterns = g_strsplit("*@city.example.jp *@ward.example.jp", " ", -1);
    const MugaiPeriod period = {.since = NOW - 86400, .until = NOW};
    g_autoptr(MugaiSettings) settings = mugai_settings_new("ja");
    MugaiConfig config = fixture->config;
    MugaiDailyReaders readers = {0};
    g_autoptr(GError) error = NULL;

    config.settings = settings;
    config.digest_server = server;
    config.digest_sender = admin;
    config.digest_to = admins;
    config.digest_recipients = patterns;
    refuses = TRUE;
    cr_assert(mugai_daily_send_readers(index, &config, &period, NULL, &readers, ret_refused,
                                       &error),
              "%s", error != NULL ? error->message : "");
    return readers;
}

Test(daily, one_that_the_guard_refuses_does_not_stop_the_others)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = mugai_index_open(fixture.store, TRUE, NULL);
    g_autofree char *refused = NULL;

    keep_for(index, NOW - 10, "city.example.jp", 3, 1);
    cr_assert_eq(send_to(&fixture, index, &refused).refused, 3);
    cr_assert_not_null(strstr(refused, "user2@city.example.jp: guard"), "%s", refused);
    g_clear_pointer(&refused, g_free);
    cr_assert_eq(send_to(&fixture, index, &refused).refused, 0, "the log remembers");
}

Test(daily, who_lost_nothing_takes_no_place_from_who_did)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiIndex) index = mugai_index_open(fixture.store, TRUE, NULL);
    g_autofree char *refused = NULL;
    MugaiDailyReaders readers;

    keep_for(index, NOW - 20, "city.example.jp", 2, 1);
    keep_for(index, NOW - 10, "ward.example.jp", MUGAI_DAILY_READERS_MAX, 0);
    readers = send_to(&fixture, index, &refused);
    cr_assert_eq(readers.refused, 2);
    cr_assert_eq(readers.beyond, 0);
}
