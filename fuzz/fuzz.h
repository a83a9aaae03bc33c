/* fuzz.h - what fuzz targets have in common: an entry, settings, an id, a clock, and the guard's
 * yes */
#pragma once

#include <glib.h>
#include <mugai/config.h>
#include <mugai/guard.h>
#include <mugai/sanitize.h>

/* libFuzzer's entry, and replay.c's. Each target defines it; a property that does not hold aborts.
 */
int LLVMFuzzerTestOneInput(const guint8 *octets, size_t length);

/* Settings as they are by default; with every bound low and everything switched the other way; with
 * links kept and a sign in every sentence of the notice. */
typedef enum {
    FUZZ_SETTINGS_DEFAULT = 0,
    FUZZ_SETTINGS_NARROW,
    FUZZ_SETTINGS_OPEN,
    FUZZ_SETTINGS_COUNT
} FuzzSettings;

/* What every sentence of FUZZ_SETTINGS_OPEN begins with. */
#define FUZZ_SIGN "\xC2\xA7"

/* Loads what sanitizing needs, once; for targets that are linked with warm_up.c. */
void fuzz_warm_up(void);

/* Made at the first call, never freed. */
const MugaiSettings *fuzz_settings(FuzzSettings which);

/* One id and one time for all. */
const MugaiId *fuzz_id(void);
MugaiTime fuzz_time(void);

/* The flags with which the guard must accept what was made with @settings. */
guint32 fuzz_guard_flags(const MugaiSettings *settings);
/* Aborts, and says where and why, unless the guard accepts @message. */
void fuzz_expect_conforming(const void *message, gsize length, guint32 flags);

/* The decoded text of a message that the guard has accepted. Newly allocated. */
char *fuzz_body_text(const void *message, gsize length, gsize *ret_length);

/* Processor time of this process in microseconds: other processes do not disturb it. */
gint64 fuzz_clock(void);
/* Aborts if more time went by since @start than work linear in @octets may take, sanitizers and
 * slow machines included: three seconds, and a second for each 100,000 octets. */
void fuzz_expect_linear(gint64 start, gsize octets);
