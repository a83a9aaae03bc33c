/*
 * query.c - what is looked for: conditions on the text of an entry, and the hashes that an entry
 * must have for them to hold
 *
 * Trust: terms are typed by an administrator; none is ever part of a statement.
 * Errors: USAGE for a term that is too short: an index of pairs finds no single character.
 */
#include "query_private.h"

#include <string.h>

#define TERM_CHARACTERS_MIN 2
#define TERM_CHARACTERS_MAX 1000

/* A folded term and where it must be. */
typedef struct {
    Field field; /* FIELDS: in any field of text, or a whole id of any kind */
    char *folded;
    char *id, *message_id; /* @folded as they are written; with FIELDS alone */
} Condition;

static void
condition_clear(gpointer data)
{
    Condition *condition = data;

    g_free(condition->folded);
    g_free(condition->id);
    g_free(condition->message_id);
}

void
mugai_search_clear(Search *search)
{
    g_clear_pointer(&search->conditions, g_array_unref);
    g_clear_pointer(&search->demands, g_ptr_array_unref);
}

/* --- conditions --- */

static GPtrArray *
add_demand(Search *search)
{
    GPtrArray *alternatives = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);

    g_ptr_array_add(search->demands, alternatives);
    return alternatives;
}

/* The alternative that @folded is in @field. */
static void
add_alternative(GPtrArray *alternatives, Field field, const char *folded)
{
    GArray *hashes = g_array_new(FALSE, FALSE, sizeof(guint32));

    if (field < FIELDS_OF_TEXT) {
        mugai_words_hash_term(field, folded, hashes);
    } else {
        guint32 hash = mugai_words_hash_line(field, folded);

        g_array_append_val(hashes, hash);
    }
    g_ptr_array_add(alternatives, hashes);
}

/* Whether @field, or FIELDS, is of what is sealed in a sealed entry, in part at least. */
static gboolean
is_sealed_field(Field field)
{
    return field == FIELD_FROM || field == FIELD_SUBJECT || field == FIELD_NAME ||
           field == FIELD_MESSAGE_ID || field == FIELDS;
}

/* What is sealed has no hashes: it must be looked at. */
static void
add_sealed_alternative(const Search *search, GPtrArray *alternatives, Field field)
{
    if (search->unlocked && is_sealed_field(field))
        add_alternative(alternatives, FIELD_MARK, MUGAI_WORD_SEALED);
}

/* Takes @folded over. */
static void
add_condition(Search *search, Field field, char *folded)
{
    Condition condition = {.field = field, .folded = folded};
    GPtrArray *alternatives = add_demand(search);

    add_alternative(alternatives, field, folded);
    add_sealed_alternative(search, alternatives, field);
    g_array_append_val(search->conditions, condition);
}

static void
add_text(Search *search, const char *typed, char *folded)
{
    Condition condition = {.field = FIELDS, .folded = folded};
    GPtrArray *alternatives = add_demand(search);
    MugaiId id = {0};

    condition.message_id = mugai_words_fold_message_id(typed);
    condition.id = mugai_words_fold(mugai_id_parse(typed, &id, NULL) ? id.text : typed);
    for (Field field = 0; field < FIELDS_OF_TEXT; field++)
        add_alternative(alternatives, field, folded);
    add_alternative(alternatives, FIELD_ID, condition.id);
    add_alternative(alternatives, FIELD_QUEUE_ID, folded);
    add_alternative(alternatives, FIELD_MESSAGE_ID, condition.message_id);
    add_sealed_alternative(search, alternatives, FIELDS);
    g_array_append_val(search->conditions, condition);
}

/* A term of @name; none is NULL or empty. */
static gboolean
add_term(Search *search, const char *name, Field field, const char *term, GError **error)
{
    g_autofree char *folded = mugai_words_fold(term != NULL ? term : "");
    glong length = g_utf8_strlen(folded, -1);

    if (length == 0)
        return TRUE;
    if (length < TERM_CHARACTERS_MIN || length > TERM_CHARACTERS_MAX) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_USAGE,
                    "%s: at least %d characters are needed, at most %d", name, TERM_CHARACTERS_MIN,
                    TERM_CHARACTERS_MAX);
        return FALSE;
    }
    g_strdelimit(folded, "\n", ' '); /* between lines */
    if (field == FIELDS)
        add_text(search, term, g_steal_pointer(&folded));
    else
        add_condition(search, field, g_steal_pointer(&folded));
    return TRUE;
}

/* A word that is no state would find nothing, and say so. */
static gboolean
add_state(Search *search, const char *state, GError **error)
{
    static const char *const states[] = {MUGAI_STATE_PASSED, MUGAI_STATE_NOTICE_ONLY,
                                         MUGAI_STATE_KEPT, NULL};
    g_autofree char *folded = state != NULL ? mugai_words_fold(state) : NULL;

    if (state == NULL)
        return TRUE;
    if (!g_strv_contains(states, folded)) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_USAGE,
                    "there is no such state: " MUGAI_STATE_PASSED ", " MUGAI_STATE_NOTICE_ONLY
                    " or " MUGAI_STATE_KEPT);
        return FALSE;
    }
    add_condition(search, FIELD_MARK, g_strconcat(MUGAI_WORD_STATE, folded, NULL));
    return TRUE;
}

static void
add_marks(Search *search, const MugaiQuery *query)
{
    if (query->removed)
        add_condition(search, FIELD_MARK, g_strdup(MUGAI_WORD_REMOVED));
    if (query->warnings)
        add_condition(search, FIELD_MARK, g_strdup(MUGAI_WORD_WARNINGS));
    search->marks |= query->held ? MUGAI_MARK_HELD : 0;
    search->marks |= query->damaged ? MUGAI_MARK_DAMAGED : 0;
}

gboolean
mugai_search_init(Search *search, const MugaiQuery *query, GError **error)
{
    search->conditions = g_array_new(FALSE, FALSE, sizeof(Condition));
    search->demands = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    g_array_set_clear_func(search->conditions, condition_clear);
    search->since = query->since > 0 ? query->since : G_MININT64;
    search->until = query->until > 0 ? query->until : G_MAXINT64;
    if (query->queue_id != NULL)
        add_condition(search, FIELD_QUEUE_ID, mugai_words_fold(query->queue_id));
    if (query->message_id != NULL)
        add_condition(search, FIELD_MESSAGE_ID, mugai_words_fold_message_id(query->message_id));
    add_marks(search, query);
    return add_state(search, query->state, error) &&
           add_term(search, "subject", FIELD_SUBJECT, query->subject, error) &&
           add_term(search, "from", FIELD_FROM, query->from, error) &&
           add_term(search, "to", FIELD_TO, query->to, error) &&
           add_term(search, "name", FIELD_NAME, query->name, error) &&
           add_term(search, "text", FIELDS, query->text, error);
}

/* --- comparing --- */

static gboolean
is_in(const MugaiWords *words, Field field, const char *folded)
{
    return field < FIELDS_OF_TEXT ? strstr(words->fields[field], folded) != NULL
                                  : mugai_words_has_line(words, field, folded);
}

static gboolean
holds(const Condition *condition, const MugaiWords *words)
{
    if (condition->field < FIELDS)
        return is_in(words, condition->field, condition->folded);
    for (Field field = 0; field < FIELDS_OF_TEXT; field++) {
        if (is_in(words, field, condition->folded))
            return TRUE;
    }
    return is_in(words, FIELD_ID, condition->id) ||
           is_in(words, FIELD_QUEUE_ID, condition->folded) ||
           is_in(words, FIELD_MESSAGE_ID, condition->message_id);
}

gboolean
mugai_search_matches(const Search *search, const MugaiWords *words)
{
    for (guint i = 0; i < search->conditions->len; i++) {
        if (!holds(&g_array_index(search->conditions, Condition, i), words))
            return FALSE;
    }
    return TRUE;
}

gboolean
mugai_search_may_match(const Search *search, const MugaiWords *words)
{
    gboolean sealed =
        search->unlocked && mugai_words_has_line(words, FIELD_MARK, MUGAI_WORD_SEALED);

    for (guint i = 0; i < search->conditions->len; i++) {
        const Condition *condition = &g_array_index(search->conditions, Condition, i);

        if (!holds(condition, words) && !(sealed && is_sealed_field(condition->field)))
            return FALSE;
    }
    return TRUE;
}
