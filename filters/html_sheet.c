/* html_sheet.c - simple <style> rules: elements, classes, ids, their combinations, and media
 * queries
 *
 * Rules are kept under the last id, class or element of their selector, so that an element meets
 * only those that may be its own.
 *
 * Invariants: the rules kept, the parts of each and the comparisons made for a document are
 * bounded; past the bounds text counts as seen. Trust: the sheet is hostile. Limits: attribute
 * selectors, siblings and structural pseudo-classes are not read; a rule with them that gives a
 * background makes the sheet unsure.
 */
#include "html_sheet.h"

#include <string.h>

/* Rules that say something we heed; the biggest mail templates have some hundred. */
#define RULES_MAX 2000u
/* Compound selectors in one, and classes in one of those. */
#define PARTS_MAX 6u
#define CLASSES_MAX 4u
/* Nested @media and @supports. */
#define NESTING_MAX 8u
/* Comparisons of a rule with an element, for the whole document: a second of work. */
#define COMPARISONS_MAX 20000000u

typedef struct {
    HtmlElement element; /* HTML_UNKNOWN: any */
    char *id;
    char *classes[CLASSES_MAX + 1];
    gboolean child; /* stands directly inside the part before it */
} Part;

typedef struct {
    Part parts[PARTS_MAX]; /* the last one is the subject's */
    guint count;
    guint32 weight;
    HtmlDeclarations *declarations;
} Rule;

struct HtmlSheet {
    GPtrArray *rules;   /* owned */
    GHashTable *by_key; /* "#id", ".class", "element" or "*", lower case -> GPtrArray of Rule */
    guint64 comparisons;
    gboolean unsure;
    gboolean quirks;
};

static void
rule_free(gpointer data)
{
    Rule *rule = data;

    for (guint i = 0; i < PARTS_MAX; i++) {
        g_free(rule->parts[i].id);
        for (guint c = 0; c < CLASSES_MAX; c++)
            g_free(rule->parts[i].classes[c]);
    }
    g_free(rule->declarations);
    g_free(rule);
}

HtmlSheet *
html_sheet_new(void)
{
    HtmlSheet *sheet = g_new0(HtmlSheet, 1);

    sheet->rules = g_ptr_array_new_with_free_func(rule_free);
    sheet->by_key =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    return sheet;
}

void
html_sheet_free(HtmlSheet *sheet)
{
    g_hash_table_unref(sheet->by_key);
    g_ptr_array_unref(sheet->rules);
    g_free(sheet);
}

void
html_sheet_set_quirks(HtmlSheet *sheet, gboolean quirks)
{
    sheet->quirks = quirks;
}

gboolean
html_sheet_has_quirks(const HtmlSheet *sheet)
{
    return sheet->quirks;
}

gboolean
html_sheet_is_unsure(const HtmlSheet *sheet)
{
    return sheet->unsure || sheet->rules->len >= RULES_MAX || sheet->comparisons >= COMPARISONS_MAX;
}

static gboolean
is_name_character(char c)
{
    return g_ascii_isalnum(c) || c == '-' || c == '_' || c == '\\' || (guchar)c >= 128;
}

/* A name at @at; a backslash makes the next character part of it. Newly allocated. */
static char *
read_name(const char **at, const char *end)
{
    GString *name = g_string_new(NULL);

    while (*at < end && is_name_character(**at)) {
        if (**at == '\\' && ++*at == end)
            break;
        g_string_append_c(name, *(*at)++);
    }
    return g_string_free(name, FALSE);
}

static gboolean
add_class(Part *part, char *name)
{
    for (guint i = 0; i < CLASSES_MAX; i++) {
        if (part->classes[i] != NULL)
            continue;
        part->classes[i] = name;
        return TRUE;
    }
    g_free(name);
    return FALSE;
}

static gboolean
read_element(const char **at, const char *end, Part *part)
{
    g_autofree char *name = read_name(at, end);

    part->element = html_element(name, strlen(name));
    return part->element != HTML_UNKNOWN;
}

/* element#id.class.class. FALSE for what is none. */
static gboolean
read_compound(const char **at, const char *end, Part *part)
{
    const char *begin = *at;

    if (*at < end && **at == '*')
        (*at)++;
    else if (*at < end && is_name_character(**at) && !read_element(at, end, part))
        return FALSE;
    while (*at < end && (**at == '.' || **at == '#')) {
        gboolean is_class = *(*at)++ == '.';
        char *name = read_name(at, end);

        if (is_class && !add_class(part, name))
            return FALSE;
        if (!is_class) {
            g_free(part->id);
            part->id = name;
        }
    }
    return *at > begin;
}

static void
skip_blanks(const char **at, const char *end)
{
    while (*at < end && g_ascii_isspace(**at))
        (*at)++;
}

static gboolean
read_selector(const char *at, const char *end, Rule *rule)
{
    gboolean child = FALSE;

    skip_blanks(&at, end);
    while (at < end) {
        if (rule->count == PARTS_MAX || !read_compound(&at, end, &rule->parts[rule->count]))
            return FALSE;
        rule->parts[rule->count++].child = child;
        if (at < end && !g_ascii_isspace(*at) && *at != '>')
            return FALSE;
        skip_blanks(&at, end);
        child = at < end && *at == '>';
        at += child;
        skip_blanks(&at, end);
    }
    return rule->count > 0 && !child;
}

static guint32
specificity(const Rule *rule)
{
    guint ids = 0;
    guint classes = 0;
    guint names = 0;

    for (guint i = 0; i < rule->count; i++) {
        ids += rule->parts[i].id != NULL;
        names += rule->parts[i].element != HTML_UNKNOWN;
        for (guint c = 0; rule->parts[i].classes[c] != NULL; c++)
            classes++;
    }
    return MIN(ids, 15u) << 8 | MIN(classes, 15u) << 4 | MIN(names, 15u);
}

static char *
key_of(const Rule *rule)
{
    const Part *subject = &rule->parts[rule->count - 1];

    if (subject->id != NULL)
        return g_strconcat("#", subject->id, NULL);
    if (subject->classes[0] != NULL)
        return g_strconcat(".", subject->classes[0], NULL);
    return g_strdup(subject->element != HTML_UNKNOWN ? html_element_name(subject->element) : "*");
}

static void
keep_rule(HtmlSheet *sheet, Rule *rule)
{
    g_autofree char *name = key_of(rule);
    char *key = g_ascii_strdown(name, -1);
    GPtrArray *same = g_hash_table_lookup(sheet->by_key, key);

    rule->weight = HTML_WEIGHT_RULE + (specificity(rule) << 12) + sheet->rules->len;
    g_ptr_array_add(sheet->rules, rule);
    if (same == NULL) {
        same = g_ptr_array_new();
        g_hash_table_insert(sheet->by_key, g_strdup(key), same);
    }
    g_ptr_array_add(same, rule);
    g_free(key);
}

/* States that no element has while a mail is only read. */
static gboolean
is_of_the_moment(const char *selector, gsize length)
{
    static const char *const states[] = {":hover",     ":active",     ":focus", ":visited",
                                         ":checked",   ":before",     ":after", ":target",
                                         ":selection", ":placeholder"};

    for (gsize i = 0; i < G_N_ELEMENTS(states); i++) {
        if (g_strstr_len(selector, (gssize)length, states[i]) != NULL)
            return TRUE;
    }
    return FALSE;
}

static void
add_selector(HtmlSheet *sheet, const char *selector, gsize length,
             const HtmlDeclarations *declarations)
{
    Rule *rule = NULL;
    guint32 backgrounds = 1u << HTML_PROPERTY_BACKGROUND | 1u << HTML_PROPERTY_PICTURE;

    if (sheet->rules->len >= RULES_MAX || is_of_the_moment(selector, length))
        return;
    rule = g_new0(Rule, 1);
    if (!read_selector(selector, selector + length, rule)) {
        sheet->unsure = sheet->unsure || (declarations->set & backgrounds) != 0;
        rule_free(rule);
        return;
    }
    rule->declarations = g_memdup2(declarations, sizeof *declarations);
    keep_rule(sheet, rule);
}

/* Splits a selector list at its commas. */
static void
add_rule(HtmlSheet *sheet, const char *selectors, gsize length, const char *body, gsize body_length)
{
    HtmlDeclarations declarations = {0};
    const char *end = selectors + length;

    html_style_parse(body, body_length, &declarations);
    if (declarations.set == 0)
        return;
    while (selectors < end) {
        const char *comma = memchr(selectors, ',', (gsize)(end - selectors));
        const char *stop = comma != NULL ? comma : end;

        add_selector(sheet, selectors, (gsize)(stop - selectors), &declarations);
        selectors = stop + 1;
    }
}

/* Behind the '}' that closes what begins at @at, or @end. */
static const char *
skip_block(const char *at, const char *end)
{
    guint depth = 1;

    for (; at < end && depth > 0; at++)
        depth += *at == '{' ? 1u : *at == '}' ? -1u : 0;
    return at;
}

/* At an '@'. Returns where to go on: inside the block, if its rules count, else behind it. */
static const char *
enter_at_rule(const char *at, const char *end, guint *nesting)
{
    const char *name = at;
    gsize length = 0;

    while (at < end && *at != '{' && *at != ';')
        at++;
    if (at == end || *at == ';')
        return at == end ? end : at + 1;
    length = (gsize)(at - name);
    if (*nesting < NESTING_MAX &&
        ((g_str_has_prefix(name, "@media") && html_sheet_media_matches(name + 6, length - 6)) ||
         (g_str_has_prefix(name, "@supports") &&
          g_strstr_len(name, (gssize)length, "not") == NULL) ||
         g_str_has_prefix(name, "@layer"))) {
        (*nesting)++;
        return at + 1;
    }
    return skip_block(at + 1, end);
}

static void
add_plain(HtmlSheet *sheet, const char *at, const char *end)
{
    guint nesting = 0;

    while (at < end) {
        const char *brace = NULL;
        const char *close = NULL;

        if (g_ascii_isspace(*at) || *at == '}' || *at == ';') {
            nesting -= *at == '}' && nesting > 0;
            at++;
        } else if (*at == '@') {
            at = enter_at_rule(at, end, &nesting);
        } else if (end - at >= 4 && strncmp(at, "<!--", 4) == 0) {
            at += 4;
        } else if (end - at >= 3 && strncmp(at, "-->", 3) == 0) {
            at += 3;
        } else {
            brace = memchr(at, '{', (gsize)(end - at));
            if (brace == NULL)
                return;
            close = skip_block(brace + 1, end);
            add_rule(sheet, at, (gsize)(brace - at), brace + 1,
                     (gsize)(close - brace - 1 - (close[-1] == '}' && close > brace + 1)));
            at = close;
        }
    }
}

void
html_sheet_add(HtmlSheet *sheet, const char *css, gsize length)
{
    g_autoptr(GString) plain = html_style_plain(css, length);

    add_plain(sheet, plain->str, plain->str + plain->len);
}

static gboolean
same_name(const HtmlSheet *sheet, const char *one, const char *other)
{
    return sheet->quirks ? g_ascii_strcasecmp(one, other) == 0 : strcmp(one, other) == 0;
}

static gboolean
has_class(const HtmlSheet *sheet, const HtmlSubject *subject, const char *name)
{
    for (const char **c = subject->classes; c != NULL && *c != NULL; c++) {
        if (same_name(sheet, *c, name))
            return TRUE;
    }
    return FALSE;
}

static gboolean
part_matches(const HtmlSheet *sheet, const Part *part, const HtmlSubject *subject)
{
    if (part->element != HTML_UNKNOWN && part->element != subject->element)
        return FALSE;
    if (part->id != NULL && (subject->id == NULL || !same_name(sheet, part->id, subject->id)))
        return FALSE;
    for (guint i = 0; part->classes[i] != NULL; i++) {
        if (!has_class(sheet, subject, part->classes[i]))
            return FALSE;
    }
    return TRUE;
}

/* From the subject upwards, each part at the nearest ancestor that fits. */
static gboolean
rule_matches(HtmlSheet *sheet, const Rule *rule, HtmlAncestor ancestor, gpointer data)
{
    guint part = rule->count - 1;
    gboolean here = TRUE; /* only the element at this level will do */
    const HtmlSubject *subject = NULL;

    for (guint level = 0; (subject = ancestor(data, level)) != NULL; level++) {
        if (++sheet->comparisons >= COMPARISONS_MAX)
            return FALSE;
        if (!part_matches(sheet, &rule->parts[part], subject)) {
            if (here)
                return FALSE;
            continue;
        }
        if (part == 0)
            return TRUE;
        here = rule->parts[part].child;
        part--;
    }
    return FALSE;
}

static void
apply_key(HtmlSheet *sheet, const char *sign, const char *name, HtmlAncestor ancestor,
          gpointer data, HtmlCascade *cascade)
{
    g_autofree char *both = g_strconcat(sign, name, NULL);
    g_autofree char *key = g_ascii_strdown(both, -1);
    GPtrArray *rules = g_hash_table_lookup(sheet->by_key, key);

    for (guint i = 0; rules != NULL && i < rules->len; i++) {
        const Rule *rule = rules->pdata[i];

        if (rule_matches(sheet, rule, ancestor, data))
            html_style_add(cascade, rule->declarations, rule->weight);
    }
}

void
html_sheet_apply(HtmlSheet *sheet, HtmlAncestor ancestor, gpointer data, HtmlCascade *cascade)
{
    const HtmlSubject *subject = ancestor(data, 0);

    if (sheet->rules->len == 0)
        return;
    apply_key(sheet, "", "*", ancestor, data, cascade);
    apply_key(sheet, "", html_element_name(subject->element), ancestor, data, cascade);
    for (const char **c = subject->classes; c != NULL && *c != NULL; c++)
        apply_key(sheet, ".", *c, ancestor, data, cascade);
    if (subject->id != NULL)
        apply_key(sheet, "#", subject->id, ancestor, data, cascade);
}
