/*
 * query.c - find messages in the index
 *
 * First the numbers of all matches, newest first, then their rows one by one: the visitor may take
 * its time, at a pager for example, and holds no lock meanwhile. A term of three and more
 * characters is answered by the index of groups of three; a shorter one, common in Japanese, by
 * looking through the folded text of every message in the time asked for.
 *
 * Trust: the terms are typed by an administrator; they are bound to the statement, never pasted
 * into it.
 * Errors: SYSTEM, MALFORMED where the file is damaged.
 */
#include "index_private.h"

/* Characters of a group of the index. */
#define GROUP_CHARACTERS 3

/* A WHERE clause that grows, and what is bound to its question marks. */
typedef struct {
    GString *where;
    GPtrArray *values; /* of char* */
    GString *match;    /* an FTS5 expression; empty: none */
    gboolean scans;    /* whether the text of every message must be looked through */
} Clause;

static void
demand_number(Clause *clause, const char *condition, gint64 number)
{
    if (number != 0)
        g_string_append_printf(clause->where, " AND %s %" G_GINT64_FORMAT, condition, number);
}

static void
demand_text(Clause *clause, const char *condition, const char *value)
{
    g_string_append_printf(clause->where, " AND %s", condition);
    g_ptr_array_add(clause->values, g_strdup(value));
}

/* Demands the substring @term, which may be NULL: @columns in FTS5's form, @text the same as an SQL
 * expression. */
static void
demand_term(Clause *clause, const char *columns, const char *text, const char *term)
{
    g_autofree char *folded = mugai_index_fold(term != NULL ? term : "");
    g_autofree char *condition = g_strdup_printf("instr(%s, ?)", text);
    g_autoptr(GString) phrase = g_string_new(folded);

    if (folded[0] == '\0')
        return;
    if (g_utf8_strlen(folded, -1) < GROUP_CHARACTERS) {
        demand_text(clause, condition, folded);
        clause->scans = TRUE;
        return;
    }
    g_string_replace(phrase, "\"", "\"\"", 0);
    g_string_append_printf(clause->match, "%s%s \"%s\"", clause->match->len > 0 ? " AND " : "",
                           columns, phrase->str);
}

static void
add_demands(Clause *clause, const MugaiQuery *query)
{
    demand_number(clause, "received >=", query->since);
    demand_number(clause, "received <", query->until);
    if (query->state != NULL)
        demand_text(clause, "state = ?", query->state);
    if (query->held)
        g_string_append(clause->where, " AND held");
    demand_term(clause, "sender :", "words.sender", query->from);
    demand_term(clause, "recipients :", "words.recipients", query->to);
    demand_term(clause, "subject :", "words.subject", query->subject);
    demand_term(clause, "",
                "words.sender || char(10) || words.recipients || char(10) || words.subject || "
                "char(10) || words.other",
                query->text);
    if (clause->match->len > 0)
        demand_text(clause, "words MATCH ?", clause->match->str);
}

/* Few matches of an index: start from them. Looking through everything: start from the newest, to
 * stop at the limit. */
static char *
write_statement(const Clause *clause, const MugaiQuery *query)
{
    const char *tables = "messages";

    if (clause->match->len > 0)
        tables = "words CROSS JOIN messages ON number = words.rowid";
    else if (clause->scans)
        tables = "messages CROSS JOIN words ON words.rowid = number";
    return g_strdup_printf("SELECT number FROM %s WHERE TRUE%s ORDER BY received DESC, number DESC "
                           "LIMIT %" G_GINT64_FORMAT,
                           tables, clause->where->str,
                           query->limit > 0 ? (gint64)query->limit : -1);
}

/* Runs the search; numbers of rows are appended to @numbers. */
static gboolean
collect_numbers(MugaiIndex *index, const char *sql, const GPtrArray *values, GArray *numbers,
                GError **error)
{
    g_autoptr(sqlite3_stmt) search = NULL;
    int status = SQLITE_OK;

    if (sqlite3_prepare_v2(index->database, sql, -1, &search, NULL) != SQLITE_OK)
        return mugai_index_fail(index, "search", error);
    for (guint i = 0; i < values->len; i++)
        sqlite3_bind_text(search, (int)i + 1, values->pdata[i], -1, SQLITE_TRANSIENT);
    while ((status = sqlite3_step(search)) == SQLITE_ROW) {
        gint64 number = sqlite3_column_int64(search, 0);

        g_array_append_val(numbers, number);
    }
    return status == SQLITE_DONE || mugai_index_fail(index, "search", error);
}

static gboolean
find_numbers(MugaiIndex *index, const MugaiQuery *query, GArray *numbers, GError **error)
{
    g_autoptr(GString) where = g_string_new(NULL);
    g_autoptr(GString) match = g_string_new(NULL);
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
    Clause clause = {.where = where, .values = values, .match = match};
    g_autofree char *sql = NULL;

    add_demands(&clause, query);
    sql = write_statement(&clause, query);
    return collect_numbers(index, sql, values, numbers, error);
}

/* Reads row @number. NULL without error: it has gone in the meantime. */
static MugaiEntry *
read_entry(MugaiIndex *index, sqlite3_stmt *by_number, gint64 number, GError **error)
{
    MugaiEntry *entry = NULL;
    int status = SQLITE_OK;

    sqlite3_bind_int64(by_number, 1, number);
    status = sqlite3_step(by_number);
    if (status == SQLITE_ROW)
        entry = mugai_index_read_row(index, by_number, error);
    else if (status != SQLITE_DONE)
        mugai_index_fail(index, "read", error);
    sqlite3_reset(by_number);
    return entry;
}

gboolean
mugai_index_list(MugaiIndex *index, const MugaiQuery *query, MugaiIndexVisit visit, gpointer data,
                 GError **error)
{
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autoptr(sqlite3_stmt) by_number = NULL;

    if (!mugai_index_refresh(index, error) || !find_numbers(index, query, numbers, error))
        return FALSE;
    if (sqlite3_prepare_v2(index->database,
                           "SELECT " MUGAI_INDEX_COLUMNS " FROM messages WHERE number = ?", -1,
                           &by_number, NULL) != SQLITE_OK)
        return mugai_index_fail(index, "read", error);
    for (guint i = 0; i < numbers->len; i++) {
        g_autoptr(GError) local = NULL;
        g_autoptr(MugaiEntry) entry =
            read_entry(index, by_number, g_array_index(numbers, gint64, i), &local);

        if (local != NULL) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        if (entry != NULL && !visit(entry, data))
            break;
    }
    return TRUE;
}
