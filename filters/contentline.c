/*
 * contentline.c - text/calendar (RFC 5545) and text/vcard (RFC 6350): what a person would want to
 * know of them
 *
 * Both are lines "NAME;PARAMETER=VALUE:value", folded by a line end and a blank. Of a calendar each
 * event and task is shown: what, when with its zone, where, who; alarms and time zone tables are
 * not. Of a card every property with text is shown, pictures and keys are not. Nothing is computed:
 * a time is written as it stands there.
 *
 * Trust: the octets are hostile; a property that makes no sense is left out.
 */
#include <mugai/filter.h>

#include <string.h>

/* A property's parameters beyond this many octets are not looked at. */
#define PARAMETERS_OCTETS 4096u

/* One content line, unfolded. Everything points into or is owned by it. */
typedef struct {
    GString *line;
    char *name;       /* upper case, without a group ("item1.") */
    char *parameters; /* "" or ";TZID=..." */
    char *value;      /* not unescaped */
} Property;

static void
property_clear(Property *property)
{
    g_string_free(property->line, TRUE);
    g_free(property->name);
}

/* Reads the content line at @p; returns where the next begins. */
static const char *
read_unfolded(const char *p, const char *end, GString *line)
{
    while (p < end) {
        const char *line_end = memchr(p, '\n', (gsize)(end - p));
        const char *next = line_end == NULL ? end : line_end + 1;
        gsize octets = (gsize)((line_end == NULL ? end : line_end) - p);

        if (octets > 0 && p[octets - 1] == '\r')
            octets--;
        g_string_append_len(line, p, (gssize)octets);
        if (next >= end || (*next != ' ' && *next != '\t'))
            return next;
        p = next + 1;
    }
    return p;
}

/* Cuts the line at the first ':' and ';' outside of quotes; FALSE if it is no property. */
static gboolean
split_property(Property *property)
{
    char *p = property->line->str;
    gboolean quoted = FALSE;
    char *semicolon = NULL;
    char *name = NULL;

    for (; *p != '\0' && (quoted || *p != ':'); p++) {
        if (*p == '"')
            quoted = !quoted;
        if (*p == ';' && !quoted && semicolon == NULL)
            semicolon = p;
    }
    if (*p != ':')
        return FALSE;
    property->value = p + 1;
    *p = '\0';
    property->parameters = semicolon == NULL ? p : semicolon + 1;
    if (semicolon != NULL)
        *semicolon = '\0';
    name = strrchr(property->line->str, '.');
    property->name = g_ascii_strup(name == NULL ? property->line->str : name + 1, -1);
    g_strstrip(property->name);
    return TRUE;
}

/* The parameter @name of @property, newly allocated, or NULL. */
static char *
get_parameter(const Property *property, const char *name)
{
    const char *p = property->parameters;
    gsize length = strlen(name);

    for (gsize left = PARAMETERS_OCTETS; *p != '\0' && left > 0; left--) {
        const char *value = p + length + 1;
        const char *next = strchr(p, ';');

        if (g_ascii_strncasecmp(p, name, length) == 0 && p[length] == '=')
            return *value == '"' ? g_strndup(value + 1, strcspn(value + 1, "\""))
                                 : g_strndup(value, strcspn(value, ";"));
        if (next == NULL)
            return NULL;
        p = next + 1;
    }
    return NULL;
}

/* "\n" and the other escapes undone. */
static char *
unescape(const char *value)
{
    GString *text = g_string_new(NULL);

    for (const char *p = value; *p != '\0'; p++) {
        if (*p != '\\' || p[1] == '\0')
            g_string_append_c(text, *p);
        else if (*++p == 'n' || *p == 'N')
            g_string_append_c(text, '\n');
        else
            g_string_append_c(text, *p);
    }
    return g_string_free(text, FALSE);
}

static void
write_line(MugaiText *text, const char *label, const char *value)
{
    if (*value == '\0')
        return;
    mugai_text_append(text, label, -1);
    mugai_text_append(text, ": ", 2);
    mugai_text_append(text, value, -1);
    mugai_text_append(text, "\n", 1);
}

/* --- calendar --- */

typedef void (*PropertyWriter)(const Property *property, const char *label, MugaiText *text);

static void
write_value(const Property *property, const char *label, MugaiText *text)
{
    g_autofree char *value = unescape(property->value);

    write_line(text, label, value);
}

/* "20261120T100000Z" as "2026-11-20 10:00 (UTC)"; what has another form is written as it is. */
static void
write_time(const Property *property, const char *label, MugaiText *text)
{
    g_autofree char *zone = get_parameter(property, "TZID");
    const char *v = property->value;
    GString *time = g_string_new(NULL);

    if (strspn(v, "0123456789") == 8) {
        g_string_append_printf(time, "%.4s-%.2s-%.2s", v, v + 4, v + 6);
        if (v[8] == 'T' && strspn(v + 9, "0123456789") == 6)
            g_string_append_printf(time, " %.2s:%.2s", v + 9, v + 11);
        if (v[8] == 'T' && g_str_has_suffix(v, "Z"))
            g_string_append(time, " (UTC)");
        else if (zone != NULL)
            g_string_append_printf(time, " (%s)", zone);
    } else
        g_string_append(time, v);
    write_line(text, label, time->str);
    g_string_free(time, TRUE);
}

/* "CN <address>" */
static void
write_person(const Property *property, const char *label, MugaiText *text)
{
    g_autofree char *name = get_parameter(property, "CN");
    const char *address = g_ascii_strncasecmp(property->value, "mailto:", 7) == 0
                              ? property->value + 7
                              : property->value;
    g_autofree char *person =
        name == NULL ? g_strdup(address) : g_strdup_printf("%s <%s>", name, address);

    write_line(text, label, person);
}

static const struct {
    const char *name, *key;
    PropertyWriter write;
} calendar_properties[] = {
    {"SUMMARY", "calendar/what", write_value},
    {"DTSTART", "calendar/from", write_time},
    {"DTEND", "calendar/until", write_time},
    {"DUE", "calendar/until", write_time},
    {"DURATION", "calendar/duration", write_value},
    {"RRULE", "calendar/repeat", write_value},
    {"LOCATION", "calendar/where", write_value},
    {"ORGANIZER", "calendar/organizer", write_person},
    {"ATTENDEE", "calendar/attendee", write_person},
    {"STATUS", "calendar/status", write_value},
    {"DESCRIPTION", "calendar/description", write_value},
};

static void
write_calendar_property(const Property *property, const MugaiSettings *settings, MugaiText *text)
{
    for (gsize i = 0; i < G_N_ELEMENTS(calendar_properties); i++) {
        if (g_str_equal(property->name, calendar_properties[i].name))
            calendar_properties[i].write(
                property, mugai_settings_notice(settings, calendar_properties[i].key), text);
    }
}

static gboolean
is_shown_component(const char *name)
{
    return g_ascii_strcasecmp(name, "VEVENT") == 0 || g_ascii_strcasecmp(name, "VTODO") == 0 ||
           g_ascii_strcasecmp(name, "VJOURNAL") == 0;
}

/* Where in the calendar we are: in a component that is shown, and how deep below it. */
typedef struct {
    gboolean shown;
    guint below;
} Place;

static void
take_calendar_property(const Property *property, const MugaiSettings *settings, MugaiText *text,
                       Place *place)
{
    g_autofree char *value = g_strstrip(g_strdup(property->value));

    if (g_str_equal(property->name, "BEGIN")) {
        if (place->shown)
            place->below++;
        else if (is_shown_component(value)) {
            place->shown = TRUE;
            if (mugai_text_length(text) > 0)
                mugai_text_append(text, "\n", 1);
        }
    } else if (g_str_equal(property->name, "END")) {
        if (place->below > 0)
            place->below--;
        else
            place->shown = FALSE;
    } else if (g_str_equal(property->name, "METHOD") && g_ascii_strcasecmp(value, "CANCEL") == 0)
        write_line(text, "METHOD", mugai_settings_notice(settings, "calendar/cancelled"));
    else if (place->shown && place->below == 0)
        write_calendar_property(property, settings, text);
}

void
mugai_filter_calendar(const char *utf8, gsize length, const MugaiSettings *settings,
                      MugaiText *text, MugaiFilterNotes *notes)
{
    const char *end = utf8 + length;
    Place place = {0};

    while (utf8 < end && mugai_text_missing(text) == 0) {
        Property property = {.line = g_string_new(NULL)};

        utf8 = read_unfolded(utf8, end, property.line);
        if (split_property(&property))
            take_calendar_property(&property, settings, text, &place);
        property_clear(&property);
    }
}

/* --- card --- */

/* The quoted-printable of vCard 2.1 undone; what is no valid UTF-8 then stays as it was. */
static char *
decode_quoted_printable(const char *value)
{
    GString *octets = g_string_new(NULL);

    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '=' && g_ascii_isxdigit(p[1]) && g_ascii_isxdigit(p[2])) {
            g_string_append_c(octets,
                              (char)(g_ascii_xdigit_value(p[1]) << 4 | g_ascii_xdigit_value(p[2])));
            p += 2;
        } else
            g_string_append_c(octets, *p);
    }
    if (!g_utf8_validate(octets->str, (gssize)octets->len, NULL))
        g_string_assign(octets, value);
    return g_string_free(octets, FALSE);
}

/* In vCard 2.1 the encoding may be named without its name. */
static gboolean
is_quoted_printable(const Property *property)
{
    g_autofree char *upper =
        g_ascii_strup(property->parameters,
                      (gssize)strnlen(property->parameters, PARAMETERS_OCTETS));

    return strstr(upper, "QUOTED-PRINTABLE") != NULL;
}

/* A soft line break of quoted-printable: the next line goes on without a blank. */
static const char *
read_soft_breaks(const char *p, const char *end, Property *property)
{
    gsize length = strlen(property->value);

    while (length > 0 && property->value[length - 1] == '=' && p < end) {
        g_autofree char *value = g_strndup(property->value, length - 1);

        g_string_assign(property->line, value);
        p = read_unfolded(p, end, property->line);
        property->value = property->line->str;
        length = strlen(property->value);
    }
    return p;
}

static void
write_card_property(const Property *property, MugaiText *text)
{
    g_autofree char *decoded = is_quoted_printable(property)
                                   ? decode_quoted_printable(property->value)
                                   : g_strdup(property->value);
    g_autofree char *value = unescape(decoded);

    write_line(text, property->name, value);
}

static gboolean
is_shown_in_card(const Property *property)
{
    static const char *const hidden[] = {"BEGIN", "END",          "VERSION", "PRODID", "REV",
                                         "UID",   "PHOTO",        "LOGO",    "SOUND",  "KEY",
                                         "AGENT", "CLIENTPIDMAP", NULL};
    g_autofree char *encoding = get_parameter(property, "ENCODING");

    if (g_strv_contains(hidden, property->name) || g_str_has_prefix(property->name, "X-"))
        return FALSE;
    return encoding == NULL ||
           (g_ascii_strcasecmp(encoding, "b") != 0 && g_ascii_strcasecmp(encoding, "base64") != 0);
}

void
mugai_filter_card(const char *utf8, gsize length, const MugaiSettings *settings, MugaiText *text,
                  MugaiFilterNotes *notes)
{
    const char *end = utf8 + length;

    while (utf8 < end && mugai_text_missing(text) == 0) {
        Property property = {.line = g_string_new(NULL)};

        utf8 = read_unfolded(utf8, end, property.line);
        if (split_property(&property) && is_shown_in_card(&property)) {
            if (is_quoted_printable(&property))
                utf8 = read_soft_breaks(utf8, end, &property);
            write_card_property(&property, text);
        }
        property_clear(&property);
    }
}
