/*
 * compose.h - writes messages in the output profile from clean text
 *
 * Used by the worker for candidates and by approve.c for the notice-only message, so that the
 * profile is written in one place and read in one place (the guard).
 */
#pragma once

#include <glib.h>
#include <mugai/report.h>
#include <mugai/sanitize.h>
#include <mugai/text.h>

G_BEGIN_DECLS

/* Appends @text to @out as profile "text": plain ASCII or encoded words, folded; @column: octets
 * already on the line, updated. @text must be one clean line. */
void mugai_compose_text(GString *out, const char *text, gsize *column);

/* Appends a field "Name: value" whose value is profile text. Nothing if @text is empty. */
void mugai_compose_text_field(GString *out, const char *name, const char *text);

/* One address; @name: display name, clean, may be ""; @local as it is to be written, without
 * quotes; @domain in A-labels. */
typedef struct {
    char *name;
    char *local;
    char *domain;
} MugaiAddress;

MugaiAddress *mugai_address_new(const char *name, const char *local, const char *domain);
void mugai_address_free(MugaiAddress *address);

/* Whether @string is a dot-atom (RFC 5322 section 3.2.3). */
gboolean mugai_compose_is_dot_atom(const char *string);
/* Whether @domain is LDH labels joined by dots. */
gboolean mugai_compose_is_domain(const char *domain);
/* Whether @local@@domain can be written as an addr-spec of the profile (quoted if need be). */
gboolean mugai_compose_address_fits(const char *local, const char *domain);
/* Appends an address field of @addresses (GPtrArray of MugaiAddress that fit), folded. */
void mugai_compose_address_field(GString *out, const char *name, GPtrArray *addresses);

/* "Fri, 20 Nov 2026 10:00:00 +0900", newly allocated. */
char *mugai_compose_date(MugaiTime time);

/* Appends the last fields (MIME-Version to Mugai-Result), the empty line and the body: @text (lines
 * end in LF, clean, not empty) as base64. @report gives the counts. */
void mugai_compose_finish(GString *out, const MugaiId *id, const MugaiReport *report,
                          const char *text, gsize length);

/* Makes @utf8 fit for the body and appends it to @text: cleans characters, makes links inert as
 * @links says, cuts lines over the profile's length, puts "> " before forged marks. Ends in LF if
 * not empty. */
void mugai_compose_body(MugaiText *text, const char *utf8, gsize length, MugaiLinks links,
                        MugaiCleaned *cleaned);

/* Replaces {name}s in the notice sentence @key by the values of the NULL-terminated pairs and
 * appends it, each line with the mark before it and made inert. An empty sentence appends nothing.
 */
void mugai_compose_notice(MugaiText *text, const MugaiSettings *settings, const char *key,
                          ...) G_GNUC_NULL_TERMINATED;

/* The last lines of a notice: where the original is, whom to ask, the id. */
void mugai_compose_notice_end(MugaiText *text, const MugaiSettings *settings, const MugaiId *id);

/* "34 KB", decimal, newly allocated. */
char *mugai_compose_size(guint64 octets);

/* The address of mugai itself where a message has no sender of its own; .invalid can never be
 * mailed (RFC 2606). */
#define MUGAI_COMPOSE_LOCAL "mugai"
#define MUGAI_COMPOSE_DOMAIN "mugai.invalid"

/* The message that passes when nothing else may: id, the notice and nothing of the original (I4).
 */
char *mugai_compose_notice_only(const MugaiSettings *settings, const MugaiId *id,
                                MugaiTime received, gsize *ret_length);

G_END_DECLS
