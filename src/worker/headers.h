/* headers.h - the header fields of a message: read, decoded, cleaned and written anew (profile,
 * section 2) */
#pragma once

#include <gmime/gmime.h>
#include <mugai/compose.h>
#include <mugai/report.h>
#include <mugai/sanitize.h>

/* The raw value of the first field @name in @object's own header list, or NULL; @ret_count (may be
 * NULL): how many. */
const char *mugai_headers_raw(GMimeObject *object, const char *name, guint *ret_count);

/* The decoded value of the first field @name, one clean line, "" without one. Newly allocated. */
char *mugai_headers_line(GMimeObject *object, const char *name, gsize characters);

/* Appends the trace fields and the own fields up to Importance to @out; fills subject, from,
 * message_id and date of
 * @report, adds its remarks. @message may be NULL: then all is made up. */
void mugai_headers_compose(GString *out, GMimeMessage *message, const MugaiSettings *settings,
                           const MugaiId *id, MugaiTime received, MugaiReport *report);
