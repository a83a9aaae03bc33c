/*
 * fuzz_config.c - a configuration file is understood or refused, and what is understood can be used
 *
 * Properties: 1. a file is refused with one line that begins with its name, or gives a
 *                configuration;
 *             2. its settings survive the journey to the worker, unchanged;
 *             3. the notice-only message made with them conforms (I4).
 *
 * Limits: a file may name a directory of notices that this machine has; nothing in it is changed.
 */
#include "fuzz.h"

#include <mugai/compose.h>
#include <mugai/error.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void
expect_refusal(const GError *error, const char *path)
{
    g_assert_error(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG);
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
    g_assert_true(g_str_has_prefix(error->message, path) || error->message[0] == '/');
    g_assert_null(strchr(error->message, '\n'));
}

static void
expect_usable(const MugaiConfig *config)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) sent = g_variant_ref_sink(mugai_settings_to_variant(config->settings));
    g_autoptr(MugaiSettings) arrived = mugai_settings_from_variant(sent, &error);
    g_autoptr(GVariant) again = NULL;
    g_autofree char *notice = NULL;
    gsize length = 0;

    g_assert_no_error(error);
    again = g_variant_ref_sink(mugai_settings_to_variant(arrived));
    g_assert_true(g_variant_equal(sent, again));
    notice = mugai_compose_notice_only(arrived, fuzz_id(), fuzz_time(), &length);
    fuzz_expect_conforming(notice, length, MUGAI_GUARD_INERT_LINKS);
}

int
LLVMFuzzerTestOneInput(const guint8 *octets, size_t length)
{
    int fd = memfd_create("mugai.conf", MFD_CLOEXEC);
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiConfig) config = NULL;

    g_assert_cmpint(write(fd, octets, length), ==, (gssize)length);
    config = mugai_config_load(path, &error);
    g_assert_cmpint(config == NULL, ==, error != NULL);
    if (config == NULL)
        expect_refusal(error, path);
    else
        expect_usable(config);
    close(fd);
    return 0;
}
