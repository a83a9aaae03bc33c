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
#include "html_selector.h"

#include <string.h>

/* Rules that say something we heed; the biggest mail templates have some hundred. */
#define RULES_MAX 2000u
/* Nested @media and @supports. */
#define NESTING_MAX 8u

typedef struct {
    HtmlSelector selector;
    HtmlDeclarations declarations;
    guint32 weight;
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

    html_selector_clear(&rule->selector);
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
    return sheet->unsure || sheet->rules->len >= RULES_MAX ||
           sheet->comparisons >= HTML_SELECTOR_COMPARISONS_MAX;
}

static void
keep_rule(HtmlSheet *sheet, Rule *rule)
{
    g_autofree char *key = html_selector_key(&rule->selector);
    GPtrArray *same = g_hash_table_lookup(sheet->by_key, key);

    rule->weight =
        HTML_WEIGHT_RULE + (html_selector_specificity(&rule->selector) << 12) + sheet->rules->len;
    g_ptr_array_add(sheet->rules, rule);
    if (same == NULL) {
        same = g_ptr_array_new();
        g_hash_table_insert(sheet->by_key, g_strdup(key), same);
    }
    g_ptr_array_add(same, rule);
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
    if (!html_selector_read(&rule->selector, selector, length)) {
        sheet->unsure = sheet->unsure || (declarations->set & backgrounds) != 0;
        rule_free(rule);
        return;
    }
    rule->declarations = *declarations;
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

/* The rules that ask at least for @key: an element's name in lower case, "*", or what apply_name()
 * makes. */
static void
apply_key(HtmlSheet *sheet, const char *key, HtmlAncestor ancestor, gpointer data,
          HtmlCascade *cascade)
{
    GPtrArray *rules = g_hash_table_lookup(sheet->by_key, key);

    if (rules == NULL || sheet->comparisons >= HTML_SELECTOR_COMPARISONS_MAX)
        return;
    for (guint i = 0; i < rules->len; i++) {
        const Rule *rule = rules->pdata[i];

        if (html_selector_matches(&rule->selector, ancestor, data, sheet->quirks,
                                  &sheet->comparisons))
            html_style_add(cascade, &rule->declarations, rule->weight);
    }
}

/* A class (@sign '.') or an id ('#'). */
static void
apply_name(HtmlSheet *sheet, char sign, const char *name, HtmlAncestor ancestor, gpointer data,
           HtmlCascade *cascade)
{
    g_autofree char *both = g_strdup_printf("%c%s", sign, name);
    g_autofree char *key = g_ascii_strdown(both, -1);

    apply_key(sheet, key, ancestor, data, cascade);
}

void
html_sheet_apply(HtmlSheet *sheet, HtmlAncestor ancestor, gpointer data, HtmlCascade *cascade)
{
    const HtmlSubject *subject = ancestor(data, 0);

    if (sheet->rules->len == 0)
        return;
    apply_key(sheet, "*", ancestor, data, cascade);
    apply_key(sheet, html_element_name(subject->element), ancestor, data, cascade);
    for (const char **c = subject->classes; c != NULL && *c != NULL; c++)
        apply_name(sheet, '.', *c, ancestor, data, cascade);
    if (subject->id != NULL)
        apply_name(sheet, '#', subject->id, ancestor, data, cascade);
}
