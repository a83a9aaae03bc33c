/* sanitize.h - the pure function: octets, settings, id, time -> candidate and report (I5) */
#pragma once

#include <glib.h>
#include <mugai/config.h>
#include <mugai/id.h>
#include <mugai/report.h>
#include <mugai/time.h>

G_BEGIN_DECLS

/* What the worker gives: not trusted until the guard has said yes. */
typedef struct {
    GBytes *candidate; /* a message that should be in the output profile */
    MugaiReport *report;
} MugaiResult;

void mugai_result_free(MugaiResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiResult, mugai_result_free)

/* Loads everything that sanitizing will ever need (charset converters, library initialisation):
 * afterwards no file is opened. SYSTEM if one of them is missing. Once per process, before any
 * message. */
gboolean mugai_sanitize_warm_up(GError **error);
/* Sanitizes a message of our own that goes through most of what messages go through. */
void mugai_sanitize_rehearse(void);

/* Sanitizes the message in @fd (a regular file or memfd, read from 0 to its end; position changes).
 * Total: every input gives a result; aborts only for our own bugs. Ends the process if @fd cannot
 * be read: what is left of a message must not pass for the whole (I3). */
MugaiResult *mugai_sanitize_fd(int fd, const MugaiSettings *settings, const MugaiId *id,
                               MugaiTime received);
MugaiResult *mugai_sanitize_octets(const guint8 *octets, gsize length,
                                   const MugaiSettings *settings, const MugaiId *id,
                                   MugaiTime received);

/* Writes the decoded octets of the leaf part @path (MugaiPart.path) of the message in @fd to
 * @out_fd. NOT_FOUND if the message has no such part. */
gboolean mugai_sanitize_extract_part(int fd, const char *path, const MugaiSettings *settings,
                                     int out_fd, GError **error);

G_END_DECLS
