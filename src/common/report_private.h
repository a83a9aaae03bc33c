/* report_private.h - what both forms of a report must hold */
#pragma once

#include <mugai/error.h>
#include <mugai/report.h>

/* MALFORMED. Always FALSE. */
gboolean mugai_report_malformed(GError **error, const char *what);

/* Sets what a reader needs not check again; @size and @disposition as they came. MALFORMED. */
gboolean mugai_report_set_facts(MugaiPart *part, guint64 size, const char *sha256,
                                guint disposition, GError **error);

/* The disposition of @name; one that mugai_report_set_facts() refuses if there is none. */
guint mugai_report_find_disposition(const char *name);
