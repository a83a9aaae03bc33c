/* index_fixture.h - what a query of the index finds, as one string; after store_fixture.h */
#pragma once

static inline gboolean
append_subject(const MugaiEntry *entry, gpointer data)
{
    g_string_append_printf(data, "%s;", entry->subject);
    return TRUE;
}

/* @expected is the subjects, in order, each with a ";" behind it. */
static inline void
check_list(MugaiIndex *index, MugaiQuery query, const char *expected)
{
    g_autoptr(GString) found = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    cr_assert(mugai_index_list(index, &query, append_subject, found, &error), "%s",
              error != NULL ? error->message : "");
    cr_assert_str_eq(found->str, expected);
}
