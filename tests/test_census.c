/* test_census.c - the store is counted as it is, whoever has changed it, and not read twice */
#include "store_fixture.h"

#include <fcntl.h>

#define SECONDS_PER_DAY 86400
#define LONG_AGO 1000000000

static const gint go_on = 0;

static MugaiCounts
take(MugaiCensus *census)
{
    g_autoptr(GError) error = NULL;
    MugaiCounts counts = {0};

    cr_assert(mugai_census_take(census, &go_on, &counts, &error), "%s",
              error != NULL ? error->message : "");
    return counts;
}

/* Keeps one original of the day @days after RECEIVED's; where. */
static char *
keep_one(const Fixture *fixture, gint days)
{
    g_autoptr(MugaiEnvelope) envelope = mugai_envelope_new(RECEIVED + days * SECONDS_PER_DAY);
    MugaiObject *object = mugai_store_begin(fixture->store, envelope, NULL);
    g_autoptr(MugaiReceipt) receipt = NULL;
    const char *id = NULL;

    cr_assert_not_null(object);
    cr_assert(mugai_object_append(object, "a: b\r\n\r\n", 8, NULL));
    receipt = mugai_object_finish(object, NULL);
    cr_assert_not_null(receipt);
    id = mugai_receipt_id(receipt)->text;
    return g_strdup_printf("%s/%.4s/%.2s/%.2s/%s.eml.gz", fixture->path, id, id + 4, id + 6, id);
}

static guint64
size_of(const char *path)
{
    struct stat status;

    cr_assert_eq(stat(path, &status), 0);
    return (guint64)status.st_size;
}

/* As if nothing had happened in the directory of @path for a long time. */
static void
settle(const char *path)
{
    const struct timespec times[2] = {{.tv_sec = LONG_AGO}, {.tv_sec = LONG_AGO}};
    g_autofree char *directory = g_path_get_dirname(path);

    cr_assert_eq(utimensat(AT_FDCWD, directory, times, 0), 0);
}

Test(census, an_empty_store_has_none)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiCensus) census = mugai_census_new(fixture.store);
    MugaiCounts counts = take(census);

    cr_expect_eq(counts.objects, 0);
    cr_expect_eq(counts.octets, 0);
    cr_expect_eq(counts.oldest, 0);
}

Test(census, every_original_is_counted_with_its_file_and_the_oldest_day_is_known)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiCensus) census = mugai_census_new(fixture.store);
    g_autofree char *first = keep_one(&fixture, 0);
    g_autofree char *second = keep_one(&fixture, 0);
    g_autofree char *later = keep_one(&fixture, 40);
    MugaiCounts counts = take(census);

    cr_expect_eq(counts.objects, 3);
    cr_expect_eq(counts.octets, size_of(first) + size_of(second) + size_of(later));
    cr_expect_eq(counts.oldest, RECEIVED / SECONDS_PER_DAY * SECONDS_PER_DAY);
}

Test(census, what_was_added_and_deleted_by_anybody_shows_in_the_next_count)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiCensus) census = mugai_census_new(fixture.store);
    g_autofree char *first = keep_one(&fixture, 0);
    g_autofree char *later = keep_one(&fixture, 1);

    settle(first);
    cr_expect_eq(take(census).objects, 2);
    cr_assert_eq(unlink(first), 0);
    cr_expect_eq(take(census).objects, 1);
    cr_expect_eq(take(census).oldest, (RECEIVED / SECONDS_PER_DAY + 1) * SECONDS_PER_DAY);
    g_free(g_steal_pointer(&first));
    first = keep_one(&fixture, 0);
    cr_expect_eq(take(census).objects, 2);
    cr_expect_eq(take(census).octets, size_of(first) + size_of(later));
}

Test(census, a_change_within_the_same_tick_of_the_clock_is_seen)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiCensus) census = mugai_census_new(fixture.store);

    for (guint i = 1; i <= 50; i++) {
        g_free(keep_one(&fixture, 0));
        cr_assert_eq(take(census).objects, i);
    }
}

Test(census, a_day_that_has_not_changed_is_not_read_again)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiCensus) census = mugai_census_new(fixture.store);
    g_autofree char *path = keep_one(&fixture, 0);
    guint64 before = size_of(path);

    settle(path);
    cr_expect_eq(take(census).octets, before);
    /* Nobody does that; it would show if the file were looked at. */
    cr_assert_eq(truncate(path, (off_t)before + 100), 0);
    cr_expect_eq(take(census).octets, before);
}

Test(census, what_is_no_original_is_not_counted)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiCensus) census = mugai_census_new(fixture.store);
    g_autofree char *path = keep_one(&fixture, 0);
    g_autofree char *hold = g_strconcat(path, ".hold", NULL);
    g_autofree char *stray = g_build_filename(fixture.path, "x.eml.gz", NULL);
    g_autofree char *link = g_strconcat(path, "2.eml.gz", NULL);

    cr_assert(g_file_set_contents(hold, "x", 1, NULL));
    cr_assert(g_file_set_contents(stray, "x", 1, NULL));
    cr_assert_eq(symlink(path, link), 0);
    cr_expect_eq(take(census).objects, 1);
}

Test(census, it_stops_when_it_is_told_to)
{
    g_auto(Fixture) fixture = fixture_make();
    g_autoptr(MugaiCensus) census = mugai_census_new(fixture.store);
    const gint stop = 1;
    MugaiCounts counts = {.objects = 7};

    cr_expect_not(mugai_census_take(census, &stop, &counts, NULL));
    cr_expect_eq(counts.objects, 7);
}
