/* test_id.c - ids: every slip of one character and every swap of neighbours is found, people's ways
 * of typing are not slips */
#include <criterion/criterion.h>
#include <mugai/error.h>
#include <mugai/id.h>
#include <string.h>

#define ALPHABET "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#define RANDOM_IDS 2000

static MugaiId
any_id(void)
{
    MugaiId id = {0};

    /* 1970 to 2199, any 45 bits */
    mugai_id_from_bits((gint64)g_random_double_range(0, 7.2e9),
                       ((guint64)g_random_int() << 32) | g_random_int(), &id);
    return id;
}

static void
check_mistyped(const char *typed, const char *original)
{
    g_autoptr(GError) error = NULL;
    MugaiId id = {"untouched"};

    cr_assert(!mugai_id_parse(typed, &id, &error), "%s passes for %s", typed, original);
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED));
    cr_assert(strstr(error->message, "mistyped") != NULL);
    cr_assert_str_eq(id.text, "untouched");
}

static void
check_reads_as(const char *typed, const char *canonical)
{
    g_autoptr(GError) error = NULL;
    MugaiId id = {0};

    cr_assert(mugai_id_parse(typed, &id, &error), "%s: %s", typed,
              error != NULL ? error->message : "");
    cr_assert_str_eq(id.text, canonical);
}

Test(id, has_the_form_that_the_profile_promises)
{
    for (int i = 0; i < RANDOM_IDS; i++) {
        MugaiId id = {0};

        mugai_id_new(1795168815, &id); /* 2026-11-20T10:00:15Z */
        cr_assert_eq(strlen(id.text), MUGAI_ID_LENGTH);
        cr_assert(g_str_has_prefix(id.text, "20261120-"));
        cr_assert_eq(id.text[14], '-');
        cr_assert_eq(strspn(id.text + 9, ALPHABET), 5);
        cr_assert_eq(strspn(id.text + 15, ALPHABET), 5);
        check_reads_as(id.text, id.text);
    }
}

Test(id, date_is_that_of_utc)
{
    MugaiId before = {0}, after = {0};

    mugai_id_from_bits(1795219199, 0, &before);
    mugai_id_from_bits(1795219200, 0, &after);
    cr_assert(g_str_has_prefix(before.text, "20261120-"));
    cr_assert(g_str_has_prefix(after.text, "20261121-"));
}

Test(id, two_new_ids_differ)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (int i = 0; i < 10000; i++) {
        MugaiId id = {0};

        mugai_id_new(0, &id);
        cr_assert(g_hash_table_add(seen, g_strdup(id.text)));
    }
}

Test(id, only_the_low_45_bits_count)
{
    MugaiId a = {0}, b = {0};

    mugai_id_from_bits(0, G_GUINT64_CONSTANT(0x1FFFFFFFFFFF), &a);
    mugai_id_from_bits(0, G_MAXUINT64, &b);
    cr_assert_str_eq(a.text, b.text);
    cr_assert(g_str_has_prefix(a.text, "19700101-ZZZZZ-ZZZZ"));
}

Test(id, every_single_wrong_character_is_found)
{
    for (int i = 0; i < RANDOM_IDS; i++) {
        MugaiId id = any_id();

        for (gsize at = 0; at < MUGAI_ID_LENGTH; at++) {
            for (const char *other = ALPHABET; id.text[at] != '-' && *other != '\0'; other++) {
                MugaiId wrong = id;

                wrong.text[at] = *other;
                if (*other != id.text[at])
                    check_mistyped(wrong.text, id.text);
            }
        }
    }
}

Test(id, every_swap_of_neighbours_is_found)
{
    for (int i = 0; i < RANDOM_IDS; i++) {
        MugaiId id = any_id();

        for (gsize at = 0; at + 1 < MUGAI_ID_LENGTH; at++) {
            MugaiId wrong = id;
            gsize next = id.text[at + 1] == '-' ? at + 2 : at + 1; /* dashes are not counted */

            if (id.text[at] == '-' || id.text[at] == id.text[next])
                continue;
            wrong.text[at] = id.text[next];
            wrong.text[next] = id.text[at];
            check_mistyped(wrong.text, id.text);
        }
    }
}

Test(id, every_missing_or_doubled_character_is_found)
{
    for (int i = 0; i < RANDOM_IDS; i++) {
        MugaiId id = any_id();

        for (gsize at = 0; at < MUGAI_ID_LENGTH; at++) {
            g_autofree char *missing =
                g_strdup_printf("%.*s%s", (int)at, id.text, id.text + at + 1);
            g_autofree char *doubled =
                g_strdup_printf("%.*s%s", (int)at + 1, id.text, id.text + at);

            if (id.text[at] == '-')
                continue;
            check_mistyped(missing, id.text);
            check_mistyped(doubled, id.text);
        }
    }
}

Test(id, careless_typing_is_understood)
{
    MugaiId id = {0};

    mugai_id_from_bits(1795168815, G_GUINT64_CONSTANT(0x0421084210), &id); /* many 0 and 1 in it */
    for (const char *const *way =
             (const char *const[]){"lower", "bare", "o", "i", "l", "blank", "wide", NULL};
         *way != NULL; way++) {
        g_autoptr(GString) typed = g_string_new(id.text);

        if (g_str_equal(*way, "lower"))
            g_string_ascii_down(typed);
        if (g_str_equal(*way, "bare"))
            g_string_replace(typed, "-", "", 0);
        if (g_str_equal(*way, "o"))
            g_string_replace(typed, "0", "o", 0);
        if (g_str_equal(*way, "i"))
            g_string_replace(typed, "1", "I", 0);
        if (g_str_equal(*way, "l"))
            g_string_replace(typed, "1", "l", 0);
        if (g_str_equal(*way, "blank"))
            g_string_replace(typed, "2", " 2\t-- ", 0);
        if (g_str_equal(*way, "wide")) { /* from an input method: full-width, ideographic space,
                                            long vowel mark */
            g_string_replace(typed, "-", "\xE3\x83\xBC\xE3\x80\x80", 0);
            g_string_replace(typed, "2", "\xEF\xBC\x92", 0);
        }
        check_reads_as(typed->str, id.text);
    }
}

Test(id, what_cannot_be_an_id_is_refused)
{
    g_autofree char *endless = g_strnfill(100000, '-');
    const char *const wrong[] = {
        "",
        "-",
        "hello",
        "20261120-UUUUU-UUUUU",
        "00000000-00000-00000", /* its sum is zero, its date is none */
        "20261120-00000-0000",
        "../../etc/passwd",
        "20261120-00000-00000-00000",
        "\xFF\xFE",
        "\xE6\x97\xA5\xE6\x9C\xAC",
        endless,
    };

    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++)
        check_mistyped(wrong[i], "nothing");
}

Test(id, impossible_dates_are_refused_whatever_the_check_character)
{
    const char *const dates[] = {"20261301", "20260230", "20261100", "00001120", "2026AA20"};

    for (gsize i = 0; i < G_N_ELEMENTS(dates); i++) {
        for (const char *check = ALPHABET; *check != '\0'; check++) {
            g_autofree char *typed = g_strdup_printf("%s-00000-0000%c", dates[i], *check);

            check_mistyped(typed, "nothing");
        }
    }
}
