/*
 * say.c - what a module, the desk or a worker said in English, said in the language of the command
 *
 * Errors, remarks and outcomes are English sentences wherever they are made: in this process, in
 * mugai-stored, by the worker that wrote a report last year. They go into the log of looks, into
 * JSON and over the protocol as they are. Here, on their way to a person, a sentence is recognised
 * by the msgid that it was printed with, and printed anew with that one's translation. So neither
 * modules nor daemons know of languages, and what was written in English years ago is read in
 * Japanese.
 *
 * Of several msgids that fit, the one with the most octets of its own is taken, of two such the
 * first in the table.
 *
 * Invariants: 1. what is not recognised is shown as it is;
 *             2. the work grows no faster than the text: what is looked at next are parts of it
 *                that have none in common, DEPTH_MAX times at most.
 * Trust: the text may be hostile. What stands in a sentence is put in octet by octet: neither it
 * nor a translation is ever a format of printf.
 * Limits: a name that reads like a sentence of ours is translated like one.
 */
#include "cli.h"

#include <string.h>

#define ARGUMENTS_MAX 12u
/* Sentences in sentences, one behind the other. */
#define DEPTH_MAX 12u
/* Beyond this nothing is recognised. */
#define TEXT_OCTETS_MAX (32u * 1024u)
/* Between a sentence and why, and between a name and what is said of it. */
#define BECAUSE ": "
/* Between one and the next, as long. */
#define NEXT "; "

/* The msgids of what the command does not say itself: libraries do, and the modules, whose are made
 * of the catalogue's template. */
static const char *const sentences[] = {
#include "foreign.h"
#include "sentences.h"
};

typedef struct {
    const char *at;
    gsize length;
} Span;

/* What stands in the place of a placeholder. */
typedef struct {
    Span text;
    gboolean says; /* it may be a sentence, and not a name */
} Argument;

typedef struct {
    const char *msgid;
    gsize known; /* octets that are the msgid's own */
    Argument arguments[ARGUMENTS_MAX];
    guint count;
    Span because; /* what follows behind BECAUSE */
} Match;

/* --- octets --- */

static Span
span(const char *text)
{
    return (Span){text, strlen(text)};
}

static gboolean
begins_with(Span text, Span literal)
{
    return text.length >= literal.length && memcmp(text.at, literal.at, literal.length) == 0;
}

static gboolean
ends_with(Span text, Span literal)
{
    return text.length >= literal.length &&
           memcmp(text.at + text.length - literal.length, literal.at, literal.length) == 0;
}

static const char *
find(Span text, Span literal)
{
    return memmem(text.at, text.length, literal.at, literal.length);
}

static Span
skip(Span text, gsize octets)
{
    return (Span){text.at + octets, text.length - octets};
}

static gboolean
is_number(Span text)
{
    for (gsize i = 0; i < text.length; i++) {
        if (!g_ascii_isdigit(text.at[i]) && text.at[i] != '-')
            return FALSE;
    }
    return text.length > 0;
}

/* --- formats --- */

/* The octets of the placeholder that @at begins with, or 0. @ret_kind: 's', 'u'; @ret_place: its
 * number as in "%2$s", or 0. */
static gsize
read_placeholder(const char *at, char *ret_kind, guint *ret_place)
{
    gsize length = 1;

    *ret_place = 0;
    if (*at != '%')
        return 0;
    length += strspn(at + length, "0123456789.");
    if (at[length] == '$') {
        *ret_place = (guint)g_ascii_strtoull(at + 1, NULL, 10);
        length++;
    }
    length += strspn(at + length, "0123456789.hlzj");
    *ret_kind = at[length];
    return *ret_kind != '\0' ? length + 1 : 0;
}

/* The text of *@format up to the next placeholder, which is read as well; the kind of that one, or
 * '\0' at the end. */
static char
read_literal(const char **format, Span *ret_literal)
{
    char kind = '\0';
    guint place = 0;

    *ret_literal = (Span){*format, strcspn(*format, "%")};
    *format += ret_literal->length;
    *format += read_placeholder(*format, &kind, &place);
    return kind;
}

/* --- recognising --- */

/* Whether what stands between the two stands for itself. */
static gboolean
is_clause(Span before, Span after)
{
    return (before.length == 0 || ends_with(before, span(BECAUSE)) ||
            ends_with(before, span(NEXT))) &&
           (after.length == 0 || strchr(":;", after.at[0]) != NULL);
}

static gboolean
is_quoted(Span before)
{
    return ends_with(before, span("\"")) || ends_with(before, span("“"));
}

/* Where what stands in the place of a placeholder ends, before @after; NULL: @after is not there.
 * @last: after that nothing of the msgid follows. A name ends early, and has no BECAUSE where what
 * stands before or behind the sentence could be taken for it; what is @open ends late. */
static const char *
find_end(Span text, Span before, Span after, gboolean last, gboolean open)
{
    gboolean between = before.length > 0 && after.length > 0;
    const char *because = open || between ? NULL : find(text, span(BECAUSE));
    const char *end = NULL;

    if (last && after.length == 0)
        return because != NULL ? because : text.at + text.length;
    end = last && open && ends_with(text, after) ? text.at + text.length - after.length
                                                 : find(text, after);
    return because == NULL || end <= because ? end : NULL;
}

/* Whether @text is @msgid with something in the place of its placeholders, and perhaps BECAUSE and
 * something behind it. */
static gboolean
match(Span text, const char *msgid, Match *ret_match)
{
    Match found = {.msgid = msgid};
    Span literal = {0};
    char kind = '\0';

    if (msgid[0] != '%' && msgid[0] != text.at[0])
        return FALSE;
    kind = read_literal(&msgid, &literal);
    if (!begins_with(text, literal))
        return FALSE;
    text = skip(text, literal.length);
    found.known = literal.length;
    while (kind != '\0') {
        Span before = literal;
        gboolean number = strchr("diu", kind) != NULL;
        gboolean clause = FALSE;
        gboolean quoted = is_quoted(before);
        const char *end = NULL;
        Span argument = {0};

        kind = read_literal(&msgid, &literal);
        clause = is_clause(before, literal);
        end = find_end(text, before, literal, kind == '\0', clause || quoted);
        if (end == NULL || found.count == ARGUMENTS_MAX)
            return FALSE;
        argument = (Span){text.at, (gsize)(end - text.at)};
        if (number && !is_number(argument))
            return FALSE;
        found.arguments[found.count++] =
            (Argument){argument, clause || (!quoted && find(argument, span(" ")) != NULL)};
        text = skip(text, argument.length + literal.length);
        found.known += literal.length;
    }
    /* Some msgids are prefixes and end with BECAUSE themselves. */
    if (text.length > 0 && !ends_with(literal, span(BECAUSE))) {
        if (!begins_with(text, span(BECAUSE)))
            return FALSE;
        text = skip(text, strlen(BECAUSE));
    }
    found.because = text;
    *ret_match = found;
    return TRUE;
}

static gboolean
recognise(Span text, Match *ret_match)
{
    *ret_match = (Match){0};
    for (gsize i = 0; text.length > 0 && i < G_N_ELEMENTS(sentences); i++) {
        Match found = {0};

        if (match(text, sentences[i], &found) && found.known > ret_match->known)
            *ret_match = found;
    }
    return ret_match->known > 0;
}

/* --- saying --- */

static gboolean say(GString *said, Span text, guint depth);

/* The translation of what was recognised. */
static void
print(GString *said, const Match *found, guint depth)
{
    const char *at = mugai_cli_translate(found->msgid);
    guint next = 0;

    while (*at != '\0') {
        char kind = '\0';
        guint place = 0;
        gsize length = read_placeholder(at, &kind, &place);

        if (length > 0) {
            guint number = place > 0 ? place - 1 : next++;

            if (number < found->count && found->arguments[number].says)
                say(said, found->arguments[number].text, depth);
            else if (number < found->count)
                g_string_append_len(said, found->arguments[number].text.at,
                                    (gssize)found->arguments[number].text.length);
        } else
            g_string_append_c(said, *at);
        at += MAX(length, 1);
    }
    if (found->because.length > 0) {
        if (!g_str_has_suffix(said->str, BECAUSE))
            g_string_append(said, BECAUSE);
        say(said, found->because, depth);
    }
}

/* What has blanks and is no path or setting may be a sentence that nobody knows. */
static gboolean
is_name(Span text)
{
    return find(text, span(" ")) == NULL || begins_with(text, span("/")) ||
           begins_with(text, span("["));
}

/* Between a name or a sentence and what is said of it, or the next one of a list. */
static const char *
find_joint(Span text)
{
    const char *because = find(text, span(BECAUSE));
    const char *next = find(text, span(NEXT));

    return because == NULL || (next != NULL && next < because) ? next : because;
}

/* Appends @text in the language to @said. Whether all of it was recognised but for names. */
static gboolean
say(GString *said, Span text, guint depth)
{
    Match found = {0};
    Span first = text;
    const char *joint = NULL;
    gboolean known = FALSE;

    if (depth < DEPTH_MAX && recognise(text, &found)) {
        print(said, &found, depth + 1);
        return TRUE;
    }
    joint = depth < DEPTH_MAX ? find_joint(text) : NULL;
    if (joint == NULL) {
        g_string_append_len(said, text.at, (gssize)text.length);
        return FALSE;
    }
    first.length = (gsize)(joint - text.at);
    known = say(said, first, depth + 1) || is_name(first);
    g_string_append_len(said, joint, strlen(NEXT));
    return say(said, skip(text, first.length + strlen(NEXT)), depth + 1) && known;
}

/* As say(). */
static gboolean
say_all(GString *said, const char *english)
{
    Span text = span(english);
    gboolean as_it_is = mugai_cli_speaks_english();

    if (!as_it_is && text.length <= TEXT_OCTETS_MAX)
        return say(said, text, 0);
    g_string_append(said, english);
    return as_it_is;
}

char *
mugai_cli_say(const char *english)
{
    GString *said = g_string_new(NULL);

    say_all(said, english);
    return g_string_free(said, FALSE);
}

char *
mugai_cli_say_whole(const char *english)
{
    GString *said = g_string_new(NULL);
    gboolean known = say_all(said, english);

    return g_string_free(said, !known);
}
