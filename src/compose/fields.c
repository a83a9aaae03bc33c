/*
 * fields.c - header fields and body in the form of the output profile (sections 1 to 3)
 *
 * Lines are folded at 76 octets where there is a place for it. Everything given must be clean;
 * addresses must have been found fit by mugai_compose_address_fits().
 */
#include <mugai/compose.h>
#include <mugai/profile.h>

#include <string.h>

/* Where lines are folded if they can be: RFC 5322 section 2.1.1 asks for 78. */
#define FOLD_COLUMN 76u
/* UTF-8 octets of one encoded word: 45 make 60 of base64, with "=?UTF-8?B?" and "?=" 72 of 75. */
#define WORD_OCTETS 45u
/* An ASCII word longer than this has no place to fold and is written as encoded words. */
#define ASCII_WORD_OCTETS 500u

/* --- text --- */

static gboolean
is_plain_ascii(const char *text)
{
    gsize word = 0;

    if (strstr(text, "=?") != NULL)
        return FALSE;
    for (const char *p = text; *p != '\0'; p++) {
        word = *p == ' ' ? 0 : word + 1;
        if (*p < 0x20 || *p > 0x7E || word > ASCII_WORD_OCTETS)
            return FALSE;
    }
    return TRUE;
}

static void
append_ascii(GString *out, const char *text, gsize *column)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    for (char **word = words; *word != NULL; word++) {
        gsize length = strlen(*word);

        if (word != words && *column + 1 + length > FOLD_COLUMN) {
            g_string_append(out, "\r\n ");
            *column = 1;
        } else if (word != words) {
            g_string_append_c(out, ' ');
            *column += 1;
        }
        g_string_append(out, *word);
        *column += length;
    }
}

/* The end of the piece of @text that one encoded word takes: selectors and marks stay with their
 * base. */
static const char *
cut_word(const char *text)
{
    const char *cut = text;
    const char *safe = text;

    while (*cut != '\0') {
        const char *next = g_utf8_next_char(cut);
        gunichar c = g_utf8_get_char(cut);

        if (!mugai_text_is_selector(c) && !g_unichar_ismark(c))
            safe = cut;
        if ((gsize)(next - text) > WORD_OCTETS)
            return safe > text ? safe : cut;
        cut = next;
    }
    return cut;
}

static void
append_encoded_words(GString *out, const char *text, gsize *column)
{
    const char *p = text;

    while (*p != '\0') {
        const char *cut = cut_word(p);
        g_autofree char *base64 = g_base64_encode((const guchar *)p, (gsize)(cut - p));
        gsize length = strlen(base64) + 12;

        if (p != text) {
            g_string_append(out, "\r\n ");
            *column = 1;
        }
        g_string_append_printf(out, "=?UTF-8?B?%s?=", base64);
        *column += length;
        p = cut;
    }
}

void
mugai_compose_text(GString *out, const char *text, gsize *column)
{
    if (is_plain_ascii(text))
        append_ascii(out, text, column);
    else
        append_encoded_words(out, text, column);
}

void
mugai_compose_text_field(GString *out, const char *name, const char *text)
{
    gsize column = strlen(name) + 2;

    if (*text == '\0')
        return;
    g_string_append_printf(out, "%s: ", name);
    mugai_compose_text(out, text, &column);
    g_string_append(out, "\r\n");
}

/* --- addresses --- */

MugaiAddress *
mugai_address_new(const char *name, const char *local, const char *domain)
{
    MugaiAddress *address = g_new0(MugaiAddress, 1);

    address->name = g_strdup(name);
    address->local = g_strdup(local);
    address->domain = g_strdup(domain);
    return address;
}

void
mugai_address_free(MugaiAddress *address)
{
    if (address == NULL)
        return;
    g_free(address->name);
    g_free(address->local);
    g_free(address->domain);
    g_free(address);
}

/* RFC 5322 section 3.2.3 */
static gboolean
is_atext(char c)
{
    return g_ascii_isalnum(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

gboolean
mugai_compose_is_dot_atom(const char *string)
{
    char last = '.';

    for (const char *p = string; *p != '\0'; last = *p++) {
        if (*p == '.' ? last == '.' : !is_atext(*p))
            return FALSE;
    }
    return last != '.';
}

static gboolean
fits_in_quotes(const char *local)
{
    for (const char *p = local; *p != '\0'; p++) {
        if (*p != '.' && *p != ' ' && !is_atext(*p))
            return FALSE;
    }
    return *local != '\0';
}

gboolean
mugai_compose_is_domain(const char *domain)
{
    g_auto(GStrv) labels = g_strsplit(domain, ".", -1);

    for (char **label = labels; *label != NULL; label++) {
        gsize length = strlen(*label);

        if (length < 1 || length > MUGAI_PROFILE_LABEL_OCTETS || (*label)[0] == '-' ||
            (*label)[length - 1] == '-')
            return FALSE;
        for (const char *p = *label; *p != '\0'; p++) {
            if (!g_ascii_isalnum(*p) && *p != '-')
                return FALSE;
        }
    }
    return labels[0] != NULL;
}

gboolean
mugai_compose_address_fits(const char *local, const char *domain)
{
    gsize quotes = mugai_compose_is_dot_atom(local) ? 0 : 2;

    return fits_in_quotes(local) && mugai_compose_is_domain(domain) &&
           strlen(local) + quotes + 1 + strlen(domain) <= MUGAI_PROFILE_ADDR_SPEC_OCTETS;
}

static void
append_address(GString *out, const MugaiAddress *address)
{
    const char *quote = mugai_compose_is_dot_atom(address->local) ? "" : "\"";
    gsize column = 0;

    if (*address->name != '\0' && is_plain_ascii(address->name) &&
        strpbrk(address->name, "\"\\") == NULL)
        g_string_append_printf(out, "\"%s\" ", address->name);
    else if (*address->name != '\0') {
        append_encoded_words(out, address->name, &column);
        g_string_append_c(out, ' ');
    }
    g_string_append_printf(out, "<%s%s%s@%s>", quote, address->local, quote, address->domain);
}

void
mugai_compose_address_field(GString *out, const char *name, GPtrArray *addresses)
{
    gsize column = strlen(name) + 2;

    g_string_append_printf(out, "%s: ", name);
    for (guint i = 0; i < addresses->len; i++) {
        GString *one = g_string_new(NULL);
        gsize first_line = 0;

        append_address(one, g_ptr_array_index(addresses, i));
        first_line = strcspn(one->str, "\r");
        if (i > 0 && column + 2 + first_line > FOLD_COLUMN) {
            g_string_append(out, ",\r\n ");
            column = 1;
        } else if (i > 0) {
            g_string_append(out, ", ");
            column += 2;
        }
        g_string_append_len(out, one->str, (gssize)one->len);
        column = first_line < one->len ? strlen(strrchr(one->str, '\n') + 1) : column + one->len;
        g_string_free(one, TRUE);
    }
    g_string_append(out, "\r\n");
}

/* --- the rest --- */

char *
mugai_compose_date(MugaiTime time)
{
    static const char days[] = "MonTueWedThuFriSatSun";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    /* No place on earth is a day away. */
    gint32 offset = time.offset > -MUGAI_TIME_DAY_SECONDS && time.offset < MUGAI_TIME_DAY_SECONDS
                        ? time.offset
                        : 0;
    gint32 minutes = ABS(offset) / 60;
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(time.seconds);
    g_autoptr(GDateTime) local = utc == NULL ? NULL : g_date_time_add_seconds(utc, offset);

    if (local == NULL || g_date_time_get_year(local) < 1900)
        return g_strdup("Thu, 01 Jan 1970 00:00:00 +0000");
    return g_strdup_printf("%.3s, %02d %.3s %04d %02d:%02d:%02d %c%02d%02d",
                           days + 3 * (g_date_time_get_day_of_week(local) - 1),
                           g_date_time_get_day_of_month(local),
                           months + 3 * (g_date_time_get_month(local) - 1),
                           g_date_time_get_year(local), g_date_time_get_hour(local),
                           g_date_time_get_minute(local), g_date_time_get_second(local),
                           offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

static void
append_body(GString *out, const char *text, gsize length)
{
    GString *crlf = g_string_sized_new(length + length / 16 + 16);
    g_autofree char *base64 = NULL;
    gsize left = 0;

    for (gsize i = 0; i < length;) {
        const char *end = memchr(text + i, '\n', length - i);
        gsize line = end == NULL ? length - i : (gsize)(end - text) - i;

        g_string_append_len(crlf, text + i, (gssize)line);
        g_string_append(crlf, "\r\n");
        i += line + 1;
    }
    /* An administrator may have emptied every sentence; a body is never empty. */
    if (length == 0)
        g_string_append(crlf, "\r\n");
    base64 = g_base64_encode((const guchar *)crlf->str, crlf->len);
    left = strlen(base64);
    for (const char *p = base64; left > 0;) {
        gsize line = MIN(left, MUGAI_PROFILE_BODY_LINE_OCTETS);

        g_string_append_len(out, p, (gssize)line);
        g_string_append(out, "\r\n");
        p += line;
        left -= line;
    }
    g_string_free(crlf, TRUE);
}

void
mugai_compose_finish(GString *out, const MugaiId *id, const MugaiReport *report, const char *text,
                     gsize length)
{
    g_string_append(out, "MIME-Version: 1.0\r\n"
                         "Content-Type: text/plain; charset=utf-8\r\n"
                         "Content-Transfer-Encoding: base64\r\n");
    g_string_append_printf(out, "Mugai-Id: %s\r\n", id->text);
    g_string_append_printf(
        out,
        "Mugai-Result: profile=%d; kept=%u; converted=%u; removed=%u; unreadable=%u; "
        "ambiguous=%u\r\n\r\n",
        MUGAI_PROFILE_VERSION, mugai_report_count(report, MUGAI_KEPT),
        mugai_report_count(report, MUGAI_CONVERTED), mugai_report_count(report, MUGAI_REMOVED),
        mugai_report_count(report, MUGAI_UNREADABLE), report->ambiguities->len);
    append_body(out, text, length);
}
