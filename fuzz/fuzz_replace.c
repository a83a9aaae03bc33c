/*
 * fuzz_replace.c - at the end of a message the MTA is told to forget every field of the original
 *
 * The functions of libmilter that replace.c calls, and the approved message, are defined here: they
 * change the field list of a small MTA. It is asked twice, once counting as Postfix does (a deleted
 * field is counted no more), once as Sendmail does (fields keep the number under which they were
 * shown).
 *
 * The input: a line with the number of the call that fails (0: none); lines with the names of the
 * fields that the MTA shows, NAME:N for N of them, NAME:#N for N that differ in a number at their
 * end, NAME:=N for N that differ and are as long as names get here; an empty line; the candidate,
 * in whose place the notice-only message goes where it does not conform.
 *
 * Properties: 1. whatever the names, the MTA holds in the end its own trace field, which milters
 *                do not see, and the approved message octet for octet: nothing of the original;
 *             2. no deletion is for nothing, and the body is replaced once, last;
 *             3. a call that fails is an error, and nothing is asked for after it;
 *             4. names are refused beyond their limit, and not before.
 */
#include "fuzz.h"

#include <mugai/compose.h>
#include <mugai/error.h>
#include <mugai/limits.h>
#include <replace.h>
#include <string.h>

/* Few enough that a run is quick; names of the greatest length are together beyond their limit. */
#define FIELDS_MAX 300u
#define NAME_OCTETS_MAX 30000u
/* What the contract leaves open: what a name costs beside its octets. */
#define NAME_OVERHEAD_OCTETS_MAX 128u

#define OWN_TRACE "Received: by the MTA itself"

typedef struct {
    char *text; /* with the name, without the last CRLF */
    gboolean deleted;
} MtaField;

typedef struct {
    gboolean numbers_stay; /* Sendmail's way of counting */
    gulong failing_call;   /* from 1; 0: none */
    gulong calls;
    GPtrArray *fields; /* of MtaField */
    GHashTable *shown; /* lower-case name -> GPtrArray of the fields that milters see */
    GString *body;     /* NULL until it is replaced */
} Mta;

static void
mta_field_free(gpointer data)
{
    MtaField *field = data;

    g_free(field->text);
    g_free(field);
}

static MtaField *
mta_add(Mta *mta, const char *text)
{
    MtaField *field = g_new0(MtaField, 1);

    field->text = g_strdup(text);
    g_ptr_array_add(mta->fields, field);
    return field;
}

/* Adds a field of the original, which milters are shown. */
static void
mta_show(Mta *mta, const char *name)
{
    g_autofree char *folded = g_ascii_strdown(name, -1);
    GPtrArray *same = g_hash_table_lookup(mta->shown, folded);

    if (same == NULL) {
        same = g_ptr_array_new();
        g_hash_table_insert(mta->shown, g_steal_pointer(&folded), same);
    }
    g_ptr_array_add(same, mta_add(mta, "Of: the original"));
}

/* Counts a call; whether it is the one that fails. Nothing comes after that or after the body. */
static gboolean
fails(Mta *mta)
{
    mta->calls++;
    g_assert_true(mta->failing_call == 0 || mta->calls <= mta->failing_call);
    g_assert_null(mta->body);
    return mta->calls == mta->failing_call;
}

int
smfi_chgheader(SMFICTX *ctx, char *name, int number, char *value)
{
    Mta *mta = (Mta *)(void *)ctx;
    g_autofree char *folded = g_ascii_strdown(name, -1);
    const GPtrArray *same = g_hash_table_lookup(mta->shown, folded);
    int seen = 0;

    g_assert_null(value);
    if (fails(mta))
        return MI_FAILURE;
    for (guint i = 0; same != NULL && i < same->len; i++) {
        MtaField *field = g_ptr_array_index(same, i);

        seen += !field->deleted || mta->numbers_stay;
        if (seen == number) {
            g_assert_false(field->deleted);
            field->deleted = TRUE;
            return MI_SUCCESS;
        }
    }
    g_error("there is no field \"%s\" with the number %d to delete", name, number);
}

/* The value has its leading space, as SMFIP_HDR_LEADSPC promises, and LF for a fold. */
int
smfi_addheader(SMFICTX *ctx, char *name, char *value)
{
    Mta *mta = (Mta *)(void *)ctx;
    g_autoptr(GString) text = g_string_new(name);

    g_assert_null(strchr(value, '\r'));
    g_string_append_c(text, ':');
    g_string_append(text, value);
    g_string_replace(text, "\n", "\r\n", 0);
    if (fails(mta))
        return MI_FAILURE;
    mta_add(mta, text->str);
    return MI_SUCCESS;
}

int
smfi_replacebody(SMFICTX *ctx, unsigned char *octets, int length)
{
    Mta *mta = (Mta *)(void *)ctx;

    if (fails(mta))
        return MI_FAILURE;
    mta->body = g_string_new_len((const char *)octets, length);
    return MI_SUCCESS;
}

/* --- an approved message, made here from the guard's yes alone --- */

struct MugaiApproved {
    char *octets;
    gsize length;
};

void
mugai_approved_free(MugaiApproved *approved)
{
    if (approved != NULL)
        g_free(approved->octets);
    g_free(approved);
}

const char *
mugai_approved_octets(const MugaiApproved *approved, gsize *ret_length)
{
    *ret_length = approved->length;
    return approved->octets;
}

/* --- the input --- */

typedef struct {
    gulong failing_call;
    GPtrArray *names; /* of char*, in the order in which they are shown */
    GBytes *candidate;
} Given;

static void
given_clear(Given *given)
{
    g_ptr_array_unref(given->names);
    g_bytes_unref(given->candidate);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Given, given_clear)

/* The name number @i that a line of the kind @sign stands for. Newly allocated. */
static char *
make_name(const char *name, char sign, guint64 i)
{
    g_autoptr(GString) made = g_string_new(name);

    if (sign == '=') {
        g_string_set_size(made, NAME_OCTETS_MAX);
        memset(made->str + strlen(name), 'n', made->len - strlen(name));
    }
    if (sign == '=' || sign == '#')
        g_string_append_printf(made, "%" G_GUINT64_FORMAT, i);
    return g_string_free(g_steal_pointer(&made), FALSE);
}

/* A line of the input. libmilter never shows an empty name. */
static void
read_names(Given *given, const char *line)
{
    const char *colon = strchr(line, ':');
    g_autofree char *name = colon != NULL ? g_strndup(line, (gsize)(colon - line)) : g_strdup(line);
    char sign = colon != NULL ? colon[1] : '\0';
    guint64 count = 1;

    if (colon != NULL)
        count = g_ascii_strtoull(colon + 1 + (sign == '=' || sign == '#'), NULL, 10);
    if (name[0] == '\0' || strlen(name) > NAME_OCTETS_MAX)
        return;
    for (guint64 i = 0; i < count && given->names->len < FIELDS_MAX; i++)
        g_ptr_array_add(given->names, make_name(name, sign, i));
}

static void
read_given(const guint8 *octets, gsize length, Given *ret_given)
{
    const char *at = (const char *)octets;
    const char *end = at + length;
    gboolean first = TRUE;

    ret_given->names = g_ptr_array_new_with_free_func(g_free);
    while (at < end && *at != '\n') {
        const char *line_end = memchr(at, '\n', (gsize)(end - at));
        g_autofree char *line = g_strndup(at, (gsize)((line_end != NULL ? line_end : end) - at));

        if (first)
            ret_given->failing_call = strtoul(line, NULL, 10);
        else
            read_names(ret_given, line);
        first = FALSE;
        at = line_end != NULL ? line_end + 1 : end;
    }
    at += at < end;
    ret_given->candidate = g_bytes_new(at, (gsize)(end - at));
}

/* What the guard says yes to: the candidate or the notice-only message. */
static MugaiApproved *
approve(GBytes *candidate)
{
    MugaiApproved *approved = g_new0(MugaiApproved, 1);
    gsize length = 0;
    const void *octets = g_bytes_get_data(candidate, &length);
    MugaiGuard guard;

    mugai_guard_init(&guard, 0);
    mugai_guard_feed(&guard, octets, length);
    if (mugai_guard_finish(&guard)) {
        approved->octets = g_memdup2(octets, length);
        approved->length = length;
        return approved;
    }
    approved->octets = mugai_compose_notice_only(fuzz_settings(FUZZ_SETTINGS_DEFAULT), fuzz_id(),
                                                 fuzz_time(), &approved->length);
    fuzz_expect_conforming(approved->octets, approved->length, 0);
    return approved;
}

/* --- what must hold --- */

static void
expect_beyond_limit(const GPtrArray *names, guint count, const GError *error)
{
    gsize octets = 0;

    for (guint i = 0; i < count; i++)
        octets += 2 * strlen(g_ptr_array_index(names, i)) + NAME_OVERHEAD_OCTETS_MAX;
    g_assert_error(error, MUGAI_ERROR, MUGAI_ERROR_LIMIT);
    g_assert_cmpuint(octets, >, MUGAI_LIMIT_FIELD_NAMES_OCTETS);
}

/* Shows the names to replace.c; NULL beyond their limit. */
static MugaiFields *
show_names(const GPtrArray *names)
{
    g_autoptr(MugaiFields) fields = mugai_fields_new();
    g_autoptr(GHashTable) distinct = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gsize octets = 0;

    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autoptr(GError) error = NULL;

        if (!mugai_fields_add(fields, name, &error)) {
            expect_beyond_limit(names, i + 1, error);
            return NULL;
        }
        g_assert_no_error(error);
        if (g_hash_table_add(distinct, g_ascii_strdown(name, -1)))
            octets += strlen(name);
        g_assert_cmpuint(octets, <=, MUGAI_LIMIT_FIELD_NAMES_OCTETS);
    }
    return g_steal_pointer(&fields);
}

static Mta *
mta_new(const Given *given, gboolean numbers_stay)
{
    Mta *mta = g_new0(Mta, 1);

    mta->numbers_stay = numbers_stay;
    mta->failing_call = given->failing_call;
    mta->fields = g_ptr_array_new_with_free_func(mta_field_free);
    mta->shown =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    mta_add(mta, OWN_TRACE);
    for (guint i = 0; i < given->names->len; i++)
        mta_show(mta, g_ptr_array_index(given->names, i));
    return mta;
}

static void
mta_free(Mta *mta)
{
    g_hash_table_unref(mta->shown);
    g_ptr_array_unref(mta->fields);
    if (mta->body != NULL)
        g_string_free(mta->body, TRUE);
    g_free(mta);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mta, mta_free)

static void
expect_replaced(const Mta *mta, const MugaiApproved *approved)
{
    g_autoptr(GString) held = g_string_new(NULL);
    gsize length = 0;
    const char *octets = mugai_approved_octets(approved, &length);

    for (guint i = 0; i < mta->fields->len; i++) {
        const MtaField *field = g_ptr_array_index(mta->fields, i);

        if (!field->deleted)
            g_string_append_printf(held, "%s\r\n", field->text);
    }
    g_assert_nonnull(mta->body);
    g_string_append(held, "\r\n");
    g_string_append_len(held, mta->body->str, (gssize)mta->body->len);
    g_assert_true(g_str_has_prefix(held->str, OWN_TRACE "\r\n"));
    g_string_erase(held, 0, strlen(OWN_TRACE "\r\n"));
    g_assert_cmpmem(held->str, held->len, octets, length);
}

static void
replace(const Given *given, const MugaiFields *fields, const MugaiApproved *approved,
        gboolean numbers_stay)
{
    /* A proof that is only asked whether it is there. */
    const MugaiReceipt *receipt = (const void *)given;
    g_autoptr(Mta) mta = mta_new(given, numbers_stay);
    g_autoptr(GError) error = NULL;

    if (mugai_replace_apply((SMFICTX *)(void *)mta, fields, approved, receipt, &error)) {
        g_assert_no_error(error);
        g_assert_true(mta->failing_call == 0 || mta->calls < mta->failing_call);
        expect_replaced(mta, approved);
    } else {
        g_assert_error(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM);
        g_assert_cmpuint(mta->calls, ==, mta->failing_call);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *octets, size_t length)
{
    g_auto(Given) given = {0};
    g_autoptr(MugaiFields) fields = NULL;
    g_autoptr(MugaiApproved) approved = NULL;

    if (length == 0)
        octets = (const guint8 *)""; /* replay.c has NULL for nothing */
    read_given(octets, length, &given);
    fields = show_names(given.names);
    if (fields == NULL)
        return 0;
    approved = approve(given.candidate);
    replace(&given, fields, approved, FALSE);
    replace(&given, fields, approved, TRUE);
    return 0;
}
