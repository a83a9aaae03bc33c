/* findings.h - what was looked at, and how it is: a line each */
#pragma once

#include <glib.h>

typedef enum {
    MUGAI_FOUND_WRONG =
        0,            /* mail waits, or something unsafe may happen: the text says what to do */
    MUGAI_FOUND_NOTE, /* right as far as can be told; somebody should look */
    MUGAI_FOUND_OK,
} MugaiFound;

/* A list; g_ptr_array_unref() frees it. */
GPtrArray *mugai_findings_new(void);
/* @what: a word or two, constant. */
void mugai_findings_add(GPtrArray *findings, MugaiFound found, const char *what, const char *format,
                        ...) G_GNUC_PRINTF(4, 5);
/* What keeps something from being looked at is WRONG. */
void mugai_findings_add_error(GPtrArray *findings, const char *what, const GError *error);
gboolean mugai_findings_have_wrong(const GPtrArray *findings);
/* On standard output, for people or as one JSON object a line; the exit status: 1 if anything is
 * wrong. */
int mugai_findings_print(const GPtrArray *findings, gboolean json);
