/* store_fixture.h - a store of its own for each test; included once by each test program */
#pragma once

#include "remove_tree.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <mugai/error.h>
#include <mugai/store.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECEIVED 1795168815 /* 2026-11-20T10:00:15Z */
#define DAY "2026/11/20"
#define HOSTILE "\"\\\x01\x1b[2J\n\x7f\xC2\x9B\xE2\x80\xAE\xE6\x97\xA5\xE6\x9C\xAC"

/* --- a store of its own for each test --- */

typedef struct {
    char *path;
    MugaiConfig config; /* what the store reads of it */
    MugaiStore *store;
} Fixture;

static inline void
fixture_clear(Fixture *fixture)
{
    mugai_store_free(fixture->store);
    remove_tree(fixture->path);
    g_free(fixture->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, fixture_clear)

static inline MugaiStore *
open_store(const MugaiConfig *config)
{
    g_autoptr(GError) error = NULL;
    MugaiStore *store = mugai_store_open(config, &error);

    cr_assert_not_null(store, "%s", error != NULL ? error->message : "");
    return store;
}

/* In memory where that is possible: thousands of syncs would make the tests slow, and prove nothing
 * more. */
static inline Fixture
fixture_make(void)
{
    Fixture fixture = {.path = g_mkdtemp(g_strdup("/dev/shm/mugai-test-XXXXXX"))};

    if (fixture.path == NULL)
        fixture.path = g_dir_make_tmp("mugai-test-XXXXXX", NULL);
    fixture.config.store_path = fixture.path;
    fixture.config.compression = 6;
    fixture.store = open_store(&fixture.config);
    return fixture;
}

static inline MugaiEnvelope *
make_envelope(void)
{
    MugaiEnvelope *envelope = mugai_envelope_new(RECEIVED);

    g_free(envelope->sender);
    envelope->sender = g_strdup("suzuki@example.com");
    g_ptr_array_add(envelope->recipients, g_strdup("shisho@city.example.jp"));
    g_free(envelope->queue_id);
    envelope->queue_id = g_strdup("4F3A21B0C9");
    return envelope;
}

/* --- files under a store --- */

static guint found_files;
static guint found_open_modes;

static inline int
count_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)path, (void)walk;
    found_files += type == FTW_F;
    found_open_modes += (status->st_mode & 0077) != 0;
    return 0;
}

static inline guint
count_files(const Fixture *fixture)
{
    found_files = 0;
    found_open_modes = 0;
    nftw(fixture->path, count_one, 16, FTW_PHYS);
    return found_files;
}

/* Root writes where it may not: as nobody, then. */
static inline void
become_nobody(const char *path)
{
    if (geteuid() != 0)
        return;
    cr_assert_eq(chown(path, 65534, 65534), 0);
    cr_assert_eq(setresuid(65534, 65534, 0), 0);
}
