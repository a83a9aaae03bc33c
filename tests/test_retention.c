/* test_retention.c - originals are kept to the second as long as they must be, and nothing is
 * deleted that was not written down */
#include "remove_tree.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <mugai/error.h>
#include <mugai/retention.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY 86400
#define NOW 1795168815 /* 2026-11-20T10:00:15Z */
#define DAYS 30u

typedef struct {
    char *path;
    MugaiConfig config; /* what the store reads of it */
    MugaiStore *store;
    /* what a purge did */
    MugaiActor *actor;
    guint notes;     /* entries written down */
    guint fail_from; /* from this one on they cannot be; 0: all can */
    guint told[MUGAI_PURGE_GONE + 1];
} Fixture;

static void
fixture_clear(Fixture *fixture)
{
    mugai_store_free(fixture->store);
    mugai_actor_free(fixture->actor);
    remove_tree(fixture->path);
    g_free(fixture->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, fixture_clear)

static Fixture
fixture_make(void)
{
    g_autoptr(GError) error = NULL;
    Fixture fixture = {.path = g_dir_make_tmp("mugai-retention-XXXXXX", NULL)};

    fixture.config.store_path = fixture.path;
    fixture.store = mugai_store_open(&fixture.config, &error);
    fixture.actor = mugai_actor_self("test");
    cr_assert_not_null(fixture.store, "%s", error != NULL ? error->message : "");
    return fixture;
}

static MugaiId
keep(Fixture *fixture, gint64 received)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiEnvelope) envelope = mugai_envelope_new(received);
    g_autoptr(MugaiObject) object = mugai_store_begin(fixture->store, envelope, &error);
    g_autoptr(MugaiReceipt) receipt = NULL;

    cr_assert_not_null(object);
    cr_assert(mugai_object_append(object, "hello\r\n", 7, &error));
    receipt = mugai_object_finish(g_steal_pointer(&object), &error);
    cr_assert_not_null(receipt);
    return *mugai_receipt_id(receipt);
}

static gboolean
is_there(Fixture *fixture, const MugaiId *id)
{
    g_autoptr(MugaiOriginal) original = mugai_store_read(fixture->store, id, NULL);

    return original != NULL;
}

static gboolean
note(const GPtrArray *records, gpointer data, GError **error)
{
    Fixture *fixture = data;

    if (fixture->fail_from != 0 && fixture->notes + records->len >= fixture->fail_from) {
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_FULL, "no room for the log");
        return FALSE;
    }
    for (guint i = 0; i < records->len; i++) {
        const MugaiRecord *record = records->pdata[i];
        MugaiId id = {0};

        cr_assert(mugai_id_parse(record->id, &id, NULL));
        cr_assert(is_there(fixture, &id), "written down after it was deleted");
        cr_assert_eq(record->size, 7);
        cr_assert_str_eq(record->sha256,
                         "cd2eca3535741f27a8ae40c31b0c41d4057a7a7b912b33b9aed86485d1c84676");
    }
    fixture->notes += records->len;
    return TRUE;
}

static void
tell(MugaiPurgeOutcome outcome, const MugaiRecord *record, const GError *why, gpointer data)
{
    (void)record, (void)why;
    ((Fixture *)data)->told[outcome]++;
}

static gboolean
purge(Fixture *fixture, gint64 now, gboolean force, MugaiPurgeSummary *ret_summary, GError **error)
{
    MugaiPurge how = {
        .actor = fixture->actor,
        .days = DAYS,
        .policies = fixture->config.policies,
        .now = now,
        .force = force,
        .note = note,
        .tell = tell,
        .data = fixture,
    };

    return mugai_purge(fixture->store, NULL, &how, ret_summary, error);
}

static MugaiRecord *
make_hold(const Fixture *fixture, const MugaiId *id)
{
    MugaiRecord *record = mugai_record_new(fixture->actor, "hold", id->text, "granted");

    record->number = 1;
    memset(record->previous, '0', sizeof record->previous - 1);
    return record;
}

Test(retention, original_goes_when_its_last_second_is_over)
{
    for (gint64 received = NOW - 3; received < NOW; received++) {
        g_auto(Fixture) fixture = fixture_make();
        MugaiId id = keep(&fixture, received);
        MugaiPurgeSummary summary;

        cr_assert(purge(&fixture, received + DAYS * DAY - 1, TRUE, &summary, NULL));
        cr_assert(is_there(&fixture, &id));
        cr_assert_eq(summary.purged, 0);
        cr_assert(purge(&fixture, received + DAYS * DAY, TRUE, &summary, NULL));
        cr_assert_not(is_there(&fixture, &id));
        cr_assert_eq(summary.purged, 1);
        cr_assert_eq(summary.octets, 7);
    }
}

Test(retention, both_sides_of_a_midnight)
{
    g_auto(Fixture) fixture = fixture_make();
    gint64 midnight = (gint64)(NOW / DAY) * DAY;
    MugaiId before = keep(&fixture, midnight - 1);
    MugaiId after = keep(&fixture, midnight);
    MugaiPurgeSummary summary;

    cr_assert(purge(&fixture, midnight + DAYS * DAY - 1, TRUE, &summary, NULL));
    cr_assert_not(is_there(&fixture, &before));
    cr_assert(is_there(&fixture, &after));
    cr_assert(purge(&fixture, midnight + DAYS * DAY, TRUE, &summary, NULL));
    cr_assert_not(is_there(&fixture, &after));
}

Test(retention, I9_nothing_is_deleted_that_cannot_be_written_down)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiRecord) record = NULL;
    MugaiId id = keep(&fixture, NOW - 100 * DAY);
    MugaiPurgeSummary summary;

    fixture.fail_from = 1;
    cr_assert_not(purge(&fixture, NOW, TRUE, &summary, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_FULL));
    cr_assert(is_there(&fixture, &id));
    g_clear_error(&error);
    record = mugai_record_new(fixture.actor, "delete", id.text, "granted");
    cr_assert_not(mugai_retention_delete(fixture.store, NULL, &id, record, note, &fixture, &error));
    cr_assert(is_there(&fixture, &id));
}

Test(retention, I9_what_is_deleted_was_written_down_batch_for_batch)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(GError) error = NULL;
    MugaiPurgeSummary summary;

    for (guint i = 0; i < 600; i++)
        keep(&fixture, NOW - 100 * DAY);
    fixture.fail_from = 300; /* in the second batch */
    cr_assert_not(purge(&fixture, NOW, TRUE, &summary, &error));
    cr_assert_eq(summary.purged, fixture.notes);
    cr_assert_gt(fixture.notes, 0);
    fixture.fail_from = 0;
    cr_assert(purge(&fixture, NOW, TRUE, &summary, NULL));
    cr_assert_eq(fixture.notes, 600);
    cr_assert_eq(fixture.told[MUGAI_PURGE_GONE], 600);
}

Test(retention, what_is_held_stays_until_it_is_let_go)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(GError) error = NULL;
    MugaiId id = keep(&fixture, NOW - 100 * DAY);
    g_autoptr(MugaiRecord) record = make_hold(&fixture, &id);
    g_autoptr(MugaiRecord) read = NULL;
    MugaiPurgeSummary summary;

    cr_assert_not(mugai_hold_check(fixture.store, &id, NULL));
    cr_assert(mugai_hold_set(fixture.store, &id, record, NULL));
    cr_assert(mugai_hold_check(fixture.store, &id, NULL));
    cr_assert_not(mugai_hold_set(fixture.store, &id, record, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_EXISTS));
    read = mugai_hold_read(fixture.store, &id, NULL);
    cr_assert_not_null(read);
    cr_assert_str_eq(read->id, id.text);
    cr_assert(purge(&fixture, NOW, TRUE, &summary, NULL));
    cr_assert_eq(summary.held, 1);
    cr_assert(is_there(&fixture, &id));
    cr_assert(mugai_hold_clear(fixture.store, &id, NULL));
    cr_assert_not(mugai_hold_clear(fixture.store, &id, NULL));
    cr_assert(purge(&fixture, NOW, TRUE, &summary, NULL));
    cr_assert_not(is_there(&fixture, &id));
}

Test(retention, hold_that_cannot_be_read_holds)
{
    g_auto(Fixture) fixture = fixture_make();
    MugaiId id = keep(&fixture, NOW - 100 * DAY);
    g_autofree char *path = g_strdup_printf("%s/%.4s/%.2s/%.2s/%s.hold", fixture.path, id.text,
                                            id.text + 4, id.text + 6, id.text);
    g_autoptr(GError) error = NULL;
    MugaiPurgeSummary summary;

    cr_assert(g_file_set_contents(path, "", 0, NULL));
    cr_assert_null(mugai_hold_read(fixture.store, &id, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED));
    cr_assert(purge(&fixture, NOW, TRUE, &summary, NULL));
    cr_assert(is_there(&fixture, &id));
}

Test(retention, no_hold_without_an_object)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(GError) error = NULL;
    MugaiId there = keep(&fixture, NOW);
    MugaiId id = {0};
    g_autoptr(MugaiRecord) record = NULL;

    mugai_id_new(NOW, &id);
    record = make_hold(&fixture, &id);
    cr_assert_not(mugai_hold_set(fixture.store, &id, record, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND));
    cr_assert(mugai_hold_check(fixture.store, &id, NULL), "in doubt it counts as held");
    cr_assert_not(mugai_hold_check(fixture.store, &there, NULL));
}

/* Days from the newest object to the clock, and whether that clock may delete. */
static const struct {
    int days;
    gboolean believed;
} clocks[] = {{-400, FALSE}, {-2, FALSE}, {-1, TRUE},   {0, TRUE},
              {7, TRUE},     {8, FALSE},  {4000, FALSE}};

Test(retention, clock_that_does_not_fit_the_store_deletes_nothing)
{
    for (gsize i = 0; i < G_N_ELEMENTS(clocks); i++) {
        g_auto(Fixture) fixture = fixture_make();
        g_autoptr(GError) error = NULL;
        MugaiId old = keep(&fixture, NOW - 500 * DAY);
        MugaiPurgeSummary summary;

        keep(&fixture, NOW);
        cr_assert_eq(purge(&fixture, NOW + clocks[i].days * DAY, FALSE, &summary, &error),
                     clocks[i].believed, "%d days", clocks[i].days);
        cr_assert_eq(is_there(&fixture, &old), !clocks[i].believed);
        if (!clocks[i].believed)
            cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG));
    }
}
