/*
 * test_fsck_sealed.c - an index made anew from sealed originals knows their envelopes, and all of
 * them as soon as somebody has the key
 */
#include "sealed_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <mugai/fsck.h>

#define MESSAGE                                                                                    \
    "From: a@example.org\r\nSubject: budget\r\nMIME-Version: 1.0\r\n"                              \
    "Content-Type: text/plain\r\n\r\nhello\r\n"

static int
open_scratch(GError **error)
{
    int fd = open(g_get_tmp_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0)
        mugai_error_set_errno(error, errno, MUGAI_ERROR_SYSTEM, "scratch");
    return fd;
}

static void
append_finding(const MugaiFinding *finding, gpointer data)
{
    g_string_append_printf(data, "%s%s;", mugai_fsck_kind_name(finding->kind),
                           finding->repaired ? " repaired" : "");
}

static void
ignore_progress(guint64 objects, guint64 octets, gpointer data)
{
    (void)objects, (void)octets, (void)data;
}

static void
expect_findings(const Sealed *sealed, MugaiPool *pool, const char *expected)
{
    g_autoptr(GString) found = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    MugaiFsck fsck = {.repair = pool != NULL,
                      .pool = pool,
                      .parallel = 1,
                      .open_scratch = open_scratch,
                      .tell = append_finding,
                      .progress = ignore_progress,
                      .data = found};
    MugaiFsckSummary summary = {0};

    cr_assert(mugai_fsck(sealed->fixture.store, &fsck, &summary, &error), "%s",
              error != NULL ? error->message : "");
    cr_assert_str_eq(found->str, expected);
}

static MugaiEntry *
entry_of(const Sealed *sealed, const MugaiId *id)
{
    g_autoptr(MugaiIndex) index = mugai_index_open(sealed->fixture.store, FALSE, NULL);
    MugaiEntry *entry = index != NULL ? mugai_index_get(index, id, NULL) : NULL;

    cr_assert_not_null(entry);
    return entry;
}

static MugaiPool *
start_pool(void)
{
    g_autoptr(MugaiConfig) config = mugai_config_new();
    g_autoptr(GError) error = NULL;
    MugaiPool *pool = NULL;

    config->worker_program = g_strdup(MUGAI_WORKER_PROGRAM);
    config->worker_count = 1;
    pool = mugai_pool_new(config, &error);
    cr_assert_not_null(pool, "%s", error != NULL ? error->message : "");
    return pool;
}

static MugaiReceipt *
keep(MugaiStore *store)
{
    g_autoptr(MugaiEnvelope) envelope = make_envelope();
    MugaiObject *object = mugai_store_begin(store, envelope, NULL);
    MugaiReceipt *receipt = NULL;

    cr_assert(mugai_object_append(object, MESSAGE, strlen(MESSAGE), NULL));
    receipt = mugai_object_finish(object, NULL);
    cr_assert_not_null(receipt);
    return receipt;
}

Test(fsck_sealed, I8_the_envelope_without_the_key_and_everything_with_it)
{
    g_auto(Sealed) sealed = sealed_make();
    g_autoptr(MugaiReceipt) receipt = keep(sealed.fixture.store);
    g_autoptr(MugaiPool) pool = start_pool();
    g_autoptr(MugaiEntry) poor = NULL;
    g_autoptr(MugaiEntry) full = NULL;

    expect_findings(&sealed, pool, "index repaired;unlisted repaired;");
    poor = entry_of(&sealed, mugai_receipt_id(receipt));
    cr_assert_str_eq(poor->state, "kept");
    cr_assert_str_eq(poor->envelope->sender, "suzuki@example.com");
    cr_assert_eq(poor->size, strlen(MESSAGE));
    /* That is all there is to know, and nothing is wrong. */
    expect_findings(&sealed, NULL, "");
    expect_findings(&sealed, pool, "");
    mugai_store_use_key(sealed.fixture.store, sealed.key);
    expect_findings(&sealed, pool, "unlisted repaired;");
    full = entry_of(&sealed, mugai_receipt_id(receipt));
    cr_assert_str_eq(full->subject, "budget");
    cr_assert_str_eq(full->sha256, mugai_receipt_sha256(receipt));
    expect_findings(&sealed, pool, "");
    /* Without the key again: what it knows is not lost. */
    mugai_store_use_key(sealed.fixture.store, NULL);
    expect_findings(&sealed, pool, "");
    mugai_store_use_key(sealed.fixture.store, sealed.key);
    g_clear_pointer(&full, mugai_entry_free);
    full = entry_of(&sealed, mugai_receipt_id(receipt));
    cr_assert_str_eq(full->subject, "budget");
}

Test(fsck_sealed, what_cannot_be_known_is_repaired_once_where_the_index_is_not_sealed_as_well)
{
    g_auto(Sealed) sealed = sealed_make();
    g_autoptr(MugaiPool) pool = start_pool();
    g_autoptr(MugaiReceipt) receipt = NULL;
    g_autoptr(MugaiEntry) full = NULL;

    g_clear_pointer(&sealed.fixture.store, mugai_store_free);
    sealed.fixture.config.seal_index = FALSE;
    sealed.fixture.store = open_store(&sealed.fixture.config);
    receipt = keep(sealed.fixture.store);
    expect_findings(&sealed, pool, "index repaired;unlisted repaired;");
    expect_findings(&sealed, pool, "");
    mugai_store_use_key(sealed.fixture.store, sealed.key);
    expect_findings(&sealed, pool, "unlisted repaired;");
    full = entry_of(&sealed, mugai_receipt_id(receipt));
    cr_assert_str_eq(full->subject, "budget");
}

Test(fsck_sealed, what_a_sealed_entry_knows_of_an_original_that_is_not_sealed_stays)
{
    g_auto(Sealed) sealed = sealed_make();
    g_autoptr(MugaiPool) pool = start_pool();
    g_autoptr(MugaiReceipt) receipt = NULL;
    g_autoptr(MugaiIndex) index = NULL;
    MugaiEntry entry = {.state = (char *)(guintptr) "passed",
                        .subject = (char *)(guintptr) "budget",
                        .from = (char *)(guintptr) "",
                        .size = strlen(MESSAGE),
                        .report_json = (char *)(guintptr) "{}"};
    g_autoptr(MugaiEntry) read = NULL;

    reopen(&sealed, FALSE);
    receipt = keep(sealed.fixture.store);
    reopen(&sealed, TRUE);
    entry.id = *mugai_receipt_id(receipt);
    entry.received = RECEIVED;
    entry.envelope = (MugaiEnvelope *)(guintptr)mugai_receipt_envelope(receipt);
    entry.sha256 = (char *)(guintptr)mugai_receipt_sha256(receipt);
    index = mugai_index_open(sealed.fixture.store, TRUE, NULL);
    cr_assert(mugai_index_add(index, &entry, NULL));
    expect_findings(&sealed, pool, "");
    read = entry_of(&sealed, &entry.id);
    cr_assert_str_eq(read->state, "passed");
    cr_assert(read->sealed);
}
