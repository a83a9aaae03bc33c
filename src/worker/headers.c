/*
 * headers.c - the header fields of a message, written anew from what was understood
 *
 * Only fields of the profile are looked for; everything else is left behind (it is in the
 * original). A field that is there more than once is read once, and the ambiguity is named. What
 * the profile demands and the message has not, is made: the date of receipt, an id from ours, an
 * address that cannot be mailed.
 *
 * Invariant: what is appended conforms to section 2 for every input.
 * Trust: values are hostile; addresses are cut by GMime after words.c made them ASCII.
 */
#include "headers.h"

#include "gmime_cleanup.h"
#include "words.h"

#include <mugai/limits.h>
#include <mugai/profile.h>

#include <string.h>

/* Received fields kept: the rest of the profile's hundred is for relays to come. */
#define RECEIVED_KEPT 90u
/* Local part of an address that is there but cannot be written. */
#define UNWRITABLE_LOCAL "unreadable"
/* Room that the fixed fields and the longest of the others need in the header section. Postfix cuts
 * a field at 60,000 octets where a milter looks on. */
#define ADDRESS_FIELD_OCTETS (56u * 1024u)
#define RECEIVED_OCTETS (48u * 1024u)

static gboolean
is_named(GMimeHeader *header, const char *name)
{
    return g_ascii_strcasecmp(g_mime_header_get_name(header), name) == 0;
}

const char *
mugai_headers_raw(GMimeObject *object, const char *name, guint *ret_count)
{
    GMimeHeaderList *headers = g_mime_object_get_header_list(object);
    int count = g_mime_header_list_get_count(headers);
    const char *first = NULL;
    guint found = 0;

    for (int i = 0; i < count; i++) {
        GMimeHeader *header = g_mime_header_list_get_header_at(headers, i);

        if (!is_named(header, name))
            continue;
        if (found++ == 0)
            first = g_mime_header_get_raw_value(header);
    }
    if (ret_count != NULL)
        *ret_count = found;
    return first;
}

char *
mugai_headers_line(GMimeObject *object, const char *name, gsize characters)
{
    const char *raw = mugai_headers_raw(object, name, NULL);
    g_autofree char *decoded = raw == NULL ? NULL : mugai_words_decode(raw, strlen(raw), NULL);

    return mugai_text_clean_line(decoded == NULL ? "" : decoded, -1, characters);
}

/* The message being read and where its remarks go. */
typedef struct {
    GMimeObject *object; /* NULL: no field is there */
    MugaiReport *report;
    GString *out;
} Reading;

/* The first @name; the repetition of a field that may be there once is an ambiguity. */
static const char *
read_once(const Reading *reading, const char *name)
{
    guint count = 0;
    const char *raw =
        reading->object == NULL ? NULL : mugai_headers_raw(reading->object, name, &count);

    if (count > 1)
        mugai_report_remark(reading->report->ambiguities, "duplicate-header", "%s (%u times)", name,
                            count);
    return raw;
}

/* --- Received --- */

/* @raw folded as the profile wants it, or NULL if it holds what cannot be in it. */
static char *
fold_trace(const char *raw)
{
    g_auto(GStrv) lines = g_strsplit_set(raw, "\r\n", -1);
    GString *folded = g_string_new(NULL);

    for (char **line = lines; *line != NULL; line++) {
        g_strstrip(*line);
        if (**line == '\0')
            continue;
        for (char *p = *line; *p != '\0'; p++) {
            if (*p == '\t')
                *p = ' ';
            if (*p < 0x20 || *p > 0x7E || p - *line > 900) {
                g_string_free(folded, TRUE);
                return NULL;
            }
        }
        g_string_append_printf(folded, "%s%s", folded->len > 0 ? "\r\n " : "", *line);
    }
    return g_string_free(folded, folded->len == 0);
}

static void
compose_received(const Reading *reading)
{
    GMimeHeaderList *headers =
        reading->object == NULL ? NULL : g_mime_object_get_header_list(reading->object);
    int count = headers == NULL ? 0 : g_mime_header_list_get_count(headers);
    guint kept = 0;

    for (int i = 0; i < count && kept < RECEIVED_KEPT && reading->out->len < RECEIVED_OCTETS; i++) {
        GMimeHeader *header = g_mime_header_list_get_header_at(headers, i);
        const char *raw = g_mime_header_get_raw_value(header);
        g_autofree char *folded = NULL;

        if (raw == NULL || !is_named(header, "Received"))
            continue;
        folded = fold_trace(raw);
        if (folded == NULL || strlen(folded) > 4096)
            continue;
        g_string_append_printf(reading->out, "Received: %s\r\n", folded);
        kept++;
    }
}

/* --- what servers on this side found of the sender --- */

/* The fields in which a server says what it found; NULL ends them. */
static const char *const verdicts[] = {"Authentication-Results", "Received-SPF", NULL};

static const char *
find_verdict(GMimeHeader *header)
{
    const char *const *name = verdicts;

    while (*name != NULL && !is_named(header, *name))
        name++;
    return *name;
}

/* What stands above the first Received was added by the servers that had the message last. */
static void
report_authentication(const Reading *reading)
{
    GMimeHeaderList *headers =
        reading->object == NULL ? NULL : g_mime_object_get_header_list(reading->object);
    int count = headers == NULL ? 0 : g_mime_header_list_get_count(headers);
    GPtrArray *found = reading->report->authentication;

    for (int i = 0; i < count && found->len < MUGAI_LIMIT_AUTHENTICATION_FIELDS; i++) {
        GMimeHeader *header = g_mime_header_list_get_header_at(headers, i);
        const char *name = find_verdict(header);
        const char *raw = g_mime_header_get_raw_value(header);
        g_autofree char *decoded = NULL;
        g_autofree char *line = NULL;

        if (is_named(header, "Received"))
            return;
        if (name == NULL || raw == NULL)
            continue;
        decoded = mugai_words_decode(raw, strlen(raw), NULL);
        line = g_strdup_printf("%s: %s", name, decoded);
        g_ptr_array_add(found,
                        mugai_text_clean_line(line, -1, MUGAI_LIMIT_AUTHENTICATION_CHARACTERS));
    }
}

/* --- Date --- */

static gboolean
parse_date(const char *raw, MugaiTime *ret_time)
{
    g_autoptr(GDateTime) date = raw == NULL ? NULL : g_mime_utils_header_decode_date(raw);
    gint64 offset = date == NULL ? 0 : g_date_time_get_utc_offset(date) / G_USEC_PER_SEC;

    if (date == NULL || g_date_time_get_year(date) < 1970 || ABS(offset) > 14 * 3600)
        return FALSE;
    ret_time->seconds = g_date_time_to_unix(date);
    ret_time->offset = (gint32)(offset / 60 * 60);
    return ret_time->seconds > 0;
}

static void
compose_date(const Reading *reading, MugaiTime received)
{
    const char *raw = read_once(reading, "Date");
    MugaiTime time = received;

    if (raw != NULL && !parse_date(raw, &time))
        mugai_report_remark(reading->report->ambiguities, "date", "not a date");
    g_free(reading->report->date);
    reading->report->date = mugai_compose_date(time);
    g_string_append_printf(reading->out, "Date: %s\r\n", reading->report->date);
}

/* --- addresses --- */

/* "local@domain" cut at the last '@', quotes of the local part undone; FALSE if there is no '@'. */
static gboolean
split_addr_spec(const char *addr, char **ret_local, char **ret_domain)
{
    const char *at = strrchr(addr, '@');
    GString *local = NULL;

    if (at == NULL)
        return FALSE;
    local = g_string_new(NULL);
    for (const char *p = addr; p < at; p++) {
        if (*p == '"')
            continue;
        if (*p == '\\' && p + 1 < at)
            p++;
        g_string_append_c(local, *p);
    }
    *ret_local = g_string_free(local, FALSE);
    *ret_domain = g_strdup(at + 1);
    return TRUE;
}

static gboolean
is_ascii(const char *string)
{
    while (*string > 0)
        string++;
    return *string == '\0';
}

/* @addr with an internationalised domain in its A-label form (GMime does it by libidn2), newly
 * allocated. */
static char *
domain_to_ascii(const char *addr)
{
    InternetAddress *mailbox = internet_address_mailbox_new(NULL, addr);
    char *ascii =
        g_strdup(internet_address_mailbox_get_idn_addr(INTERNET_ADDRESS_MAILBOX(mailbox)));

    g_object_unref(mailbox);
    return ascii;
}

/* The mailbox as the profile can write it; what it cannot, becomes part of the name. */
static MugaiAddress *
read_mailbox(InternetAddress *mailbox)
{
    const char *raw_name = internet_address_get_name(mailbox);
    const char *addr = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(mailbox));
    g_autofree char *name = mugai_text_clean_line(raw_name == NULL ? "" : raw_name, -1,
                                                  MUGAI_LIMIT_DISPLAY_NAME_CHARACTERS);
    g_autofree char *shown = NULL;
    g_autofree char *decoded = NULL;
    g_autofree char *ascii = NULL;
    g_autofree char *local = NULL;
    g_autofree char *domain = NULL;

    if (addr != NULL && strstr(addr, "=?") != NULL)
        addr = decoded = mugai_words_decode(addr, strlen(addr), NULL);
    if (addr != NULL && !is_ascii(addr))
        addr = ascii = domain_to_ascii(addr);
    if (addr == NULL || *addr == '\0')
        return *name == '\0' ? NULL
                             : mugai_address_new(name, UNWRITABLE_LOCAL, MUGAI_COMPOSE_DOMAIN);
    if (split_addr_spec(addr, &local, &domain) && mugai_compose_address_fits(local, domain))
        return mugai_address_new(name, local, domain);
    shown = g_strdup_printf("%s %s", name, addr);
    g_free(name);
    name = mugai_text_clean_line(shown, -1, MUGAI_LIMIT_DISPLAY_NAME_CHARACTERS);
    return mugai_address_new(name, UNWRITABLE_LOCAL, MUGAI_COMPOSE_DOMAIN);
}

/* Appends the mailboxes of @list and, one level down, of its groups. */
static void
collect_mailboxes(InternetAddressList *list, gboolean in_group, guint max, GPtrArray *addresses)
{
    int length = internet_address_list_length(list);

    for (int i = 0; i < length && addresses->len < max; i++) {
        InternetAddress *each = internet_address_list_get_address(list, i);
        MugaiAddress *address = NULL;

        if (INTERNET_ADDRESS_IS_GROUP(each) && !in_group) {
            InternetAddressList *members =
                internet_address_group_get_members(INTERNET_ADDRESS_GROUP(each));

            if (members != NULL)
                collect_mailboxes(members, TRUE, max, addresses);
        } else if (INTERNET_ADDRESS_IS_MAILBOX(each))
            address = read_mailbox(each);
        if (address != NULL)
            g_ptr_array_add(addresses, address);
    }
}

/* Octets of a local part outside of quotes that GMime's reader takes, dots included. */
static gsize
local_octets(const char *p)
{
    gsize i = 0;

    while (g_ascii_isalnum(p[i]) || (p[i] != '\0' && strchr(".!#$%&'*+-/=?^_`{|}~", p[i]) != NULL))
        i++;
    return i;
}

/* Quotes local parts that are no dot-atom ("taro..x.@docomo.ne.jp": the old mobile carriers gave
 * out such addresses), and makes commas of the semicolons between addresses that Outlook writes,
 * unless there are groups. */
static char *
mend_addresses(const char *ascii)
{
    GString *mended = g_string_new(NULL);
    gboolean groups = strchr(ascii, ':') != NULL;
    gboolean quoted = FALSE;

    for (const char *p = ascii; *p != '\0';) {
        gsize octets = quoted ? 0 : local_octets(p);
        g_autofree char *local = g_strndup(p, octets);

        if (octets > 0) {
            gboolean odd = p[octets] == '@' && !mugai_compose_is_dot_atom(local);

            g_string_append_printf(mended, odd ? "\"%s\"" : "%s", local);
            p += octets;
            continue;
        }
        if (*p == '\\' && p[1] != '\0')
            g_string_append_c(mended, *p++);
        else if (*p == '"')
            quoted = !quoted;
        g_string_append_c(mended, *p == ';' && !quoted && !groups ? ',' : *p);
        p++;
    }
    return g_string_free(mended, FALSE);
}

static GPtrArray *
read_addresses(const Reading *reading, const char *raw, guint max)
{
    GPtrArray *addresses = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_address_free);
    g_autofree char *ascii = mugai_words_normalise(raw, strlen(raw), NULL);
    g_autofree char *mended = mend_addresses(ascii);
    g_autoptr(InternetAddressList) list = internet_address_list_parse(NULL, mended);

    if (list != NULL)
        collect_mailboxes(list, FALSE, max, addresses);
    return addresses;
}

static void
compose_addresses(const Reading *reading, const char *name, guint max, gboolean may_be_undisclosed)
{
    const char *raw = read_once(reading, name);
    g_autoptr(GPtrArray) addresses = raw == NULL ? NULL : read_addresses(reading, raw, max);
    gsize before = reading->out->len;

    if (addresses == NULL)
        return;
    if (addresses->len == 0 && may_be_undisclosed)
        g_string_append_printf(reading->out, "%s: undisclosed-recipients:;\r\n", name);
    if (addresses->len == 0)
        return;
    mugai_compose_address_field(reading->out, name, addresses);
    /* Very many long addresses would fill the header section: as many as have room stay. */
    while (reading->out->len - before > ADDRESS_FIELD_OCTETS) {
        gsize fits =
            addresses->len * (gsize)ADDRESS_FIELD_OCTETS / (reading->out->len - before + 512);

        g_ptr_array_set_size(addresses, (gint)MAX(fits, 1));
        g_string_truncate(reading->out, before);
        mugai_compose_address_field(reading->out, name, addresses);
        mugai_report_remark(reading->report->warnings, "limit", "%s: not all addresses are shown",
                            name);
    }
}

/* A display name that looks like an address other than the sender's own deceives whoever reads only
 * the name. */
static void
check_sender(const Reading *reading, const MugaiAddress *address)
{
    const char *at = strchr(address->name, '@');
    g_autofree char *own = g_strconcat(address->local, "@", address->domain, NULL);
    g_autofree char *lower_own = g_ascii_strdown(own, -1);
    g_autofree char *lower_name = g_ascii_strdown(address->name, -1);

    if (at == NULL || !g_ascii_isalnum(at[1]) || strstr(lower_name, lower_own) != NULL ||
        g_str_equal(address->domain, MUGAI_COMPOSE_DOMAIN))
        return;
    mugai_report_remark(reading->report->warnings, "sender",
                        "the display name contains another address");
}

static void
compose_from(const Reading *reading, const MugaiSettings *settings)
{
    const char *raw = read_once(reading, "From");
    g_autoptr(GPtrArray) addresses =
        raw == NULL ? NULL : read_addresses(reading, raw, MUGAI_PROFILE_FROM_ADDRESSES_MAX);
    const MugaiAddress *first = NULL;

    if (addresses == NULL)
        addresses = g_ptr_array_new_with_free_func((GDestroyNotify)mugai_address_free);
    if (addresses->len == 0) {
        g_autofree char *line =
            reading->object == NULL
                ? g_strdup("")
                : mugai_headers_line(reading->object, "From", MUGAI_LIMIT_DISPLAY_NAME_CHARACTERS);
        /* An administrator may have written any sentence. */
        g_autofree char *nobody =
            mugai_text_clean_line(mugai_settings_notice(settings, "notice/no-sender"), -1,
                                  MUGAI_LIMIT_DISPLAY_NAME_CHARACTERS);

        mugai_report_remark(reading->report->ambiguities, "from", "no sender");
        g_ptr_array_add(addresses, mugai_address_new(*line != '\0' ? line : nobody,
                                                     MUGAI_COMPOSE_LOCAL, MUGAI_COMPOSE_DOMAIN));
    }
    first = g_ptr_array_index(addresses, 0);
    g_free(reading->report->from);
    reading->report->from =
        g_strdup_printf("%s%s<%s@%s>", first->name, *first->name == '\0' ? "" : " ", first->local,
                        first->domain);
    for (guint i = 0; i < addresses->len; i++)
        check_sender(reading, g_ptr_array_index(addresses, i));
    mugai_compose_address_field(reading->out, "From", addresses);
}

/* --- Subject, ids, words --- */

static void
compose_subject(const Reading *reading)
{
    const char *raw = read_once(reading, "Subject");
    g_autofree char *decoded = raw == NULL ? NULL : mugai_words_decode(raw, strlen(raw), NULL);

    g_free(reading->report->subject);
    reading->report->subject =
        mugai_text_clean_line(decoded == NULL ? "" : decoded, -1, MUGAI_LIMIT_SUBJECT_CHARACTERS);
    mugai_compose_text_field(reading->out, "Subject", reading->report->subject);
}

/* Whether @id, without its brackets, is a message id of the profile. */
static gboolean
is_message_id(const char *id)
{
    const char *at = strchr(id, '@');
    gboolean left = at != NULL && at > id && strspn(id, ".") < (gsize)(at - id);

    for (const char *p = id; left && p < at; p++)
        left = g_ascii_isalnum(*p) || strchr(".!#$%&'*+-/=?^_`{|}~", *p) != NULL;
    return left && strlen(id) + 2 <= MUGAI_PROFILE_MESSAGE_ID_OCTETS &&
           mugai_compose_is_dot_atom(at + 1);
}

/* The well-formed ids in @raw, without brackets; at most the last @max of them. */
static GPtrArray *
read_ids(const char *raw, guint max)
{
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);

    for (const char *p = strchr(raw, '<'); p != NULL; p = strchr(p, '<')) {
        gsize length = strcspn(p + 1, "<>");
        g_autofree char *id = g_strndup(p + 1, MIN(length, MUGAI_PROFILE_MESSAGE_ID_OCTETS));

        p += length + 1;
        if (*p != '>' || !is_message_id(id))
            continue;
        if (ids->len >= max)
            g_ptr_array_remove_index(ids, 0);
        g_ptr_array_add(ids, g_steal_pointer(&id));
    }
    return ids;
}

static void
compose_message_id(const Reading *reading, const MugaiId *id)
{
    const char *raw = read_once(reading, "Message-ID");
    g_autoptr(GPtrArray) ids = raw == NULL ? NULL : read_ids(raw, 1);

    g_free(reading->report->message_id);
    if (ids != NULL && ids->len == 1)
        reading->report->message_id =
            g_strdup_printf("<%s>", (const char *)g_ptr_array_index(ids, 0));
    else
        reading->report->message_id = g_strdup_printf("<%s@" MUGAI_COMPOSE_DOMAIN ">", id->text);
    g_string_append_printf(reading->out, "Message-ID: %s\r\n", reading->report->message_id);
}

static void
compose_ids(const Reading *reading, const char *name, guint max)
{
    const char *raw = read_once(reading, name);
    g_autoptr(GPtrArray) ids = raw == NULL ? NULL : read_ids(raw, max);

    if (ids == NULL || ids->len == 0)
        return;
    g_string_append_printf(reading->out, "%s:", name);
    for (guint i = 0; i < ids->len; i++)
        g_string_append_printf(reading->out, "%s <%s>", i == 0 ? "" : "\r\n",
                               (const char *)g_ptr_array_index(ids, i));
    g_string_append(reading->out, "\r\n");
}

static void
compose_list_id(const Reading *reading)
{
    const char *raw = read_once(reading, "List-Id");
    const char *open = raw == NULL ? NULL : strrchr(raw, '<');
    const char *close = open == NULL ? NULL : strchr(open, '>');
    g_autofree char *domain = close == NULL ? NULL : g_strndup(open + 1, (gsize)(close - open) - 1);

    if (domain != NULL && strlen(domain) < 256 && mugai_compose_is_domain(domain))
        g_string_append_printf(reading->out, "List-Id: <%s>\r\n", domain);
}

/* A field whose value is the first word of a closed set, or is left out. */
static void
compose_word(const Reading *reading, const char *name, const char *const *words)
{
    const char *raw = read_once(reading, name);
    g_autofree char *word = NULL;

    if (raw == NULL)
        return;
    raw += strspn(raw, " \t\r\n");
    word = g_ascii_strdown(raw, (gssize)strcspn(raw, " \t\r\n;("));
    if (g_strv_contains(words, word))
        g_string_append_printf(reading->out, "%s: %s\r\n", name, word);
}

void
mugai_headers_compose(GString *out, GMimeMessage *message, const MugaiSettings *settings,
                      const MugaiId *id, MugaiTime received, MugaiReport *report)
{
    static const char *const auto_submitted[] = {"auto-generated", "auto-replied", "auto-notified",
                                                 NULL};
    static const char *const precedence[] = {"bulk", "list", "junk", NULL};
    static const char *const importance[] = {"high", "normal", "low", NULL};
    Reading reading = {.object = message == NULL ? NULL : GMIME_OBJECT(message),
                       .report = report,
                       .out = out};

    report_authentication(&reading);
    compose_received(&reading);
    compose_date(&reading, received);
    compose_from(&reading, settings);
    compose_addresses(&reading, "Sender", 1, FALSE);
    compose_addresses(&reading, "Reply-To", MUGAI_PROFILE_FROM_ADDRESSES_MAX, FALSE);
    compose_addresses(&reading, "To", MUGAI_PROFILE_TO_ADDRESSES_MAX, TRUE);
    compose_addresses(&reading, "Cc", MUGAI_PROFILE_TO_ADDRESSES_MAX, TRUE);
    compose_subject(&reading);
    compose_message_id(&reading, id);
    compose_ids(&reading, "In-Reply-To", MUGAI_PROFILE_IN_REPLY_TO_MAX);
    compose_ids(&reading, "References", MUGAI_PROFILE_REFERENCES_MAX);
    compose_list_id(&reading);
    compose_word(&reading, "Auto-Submitted", auto_submitted);
    compose_word(&reading, "Precedence", precedence);
    compose_word(&reading, "Importance", importance);
}
