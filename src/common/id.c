/*
 * id.c - the name of a message: made from the kernel's random numbers, read as people type
 *
 * Eighteen characters: eight decimal digits of the date, nine of base32, one check character. With
 * each character taken as an element of GF(32) (polynomial x^5 + x^2 + 1, generator x), an id is a
 * polynomial that is zero at the generator:
 *
 *     sum over i of value[i] * x^(17 - i) = 0
 *
 * The weights are eighteen different powers of a generator of order 31, so none is zero and no two
 * are alike: one wrong character changes the sum, and so does a swap of any two different
 * characters, the date's digits included.
 *
 * Invariants: a MugaiId that was not made by memset() holds the canonical form of a valid id.
 * Trust: what mugai_id_parse() reads is hostile.
 */
#include <mugai/id.h>

#include <mugai/error.h>
#include <string.h>
#include <sys/random.h>

#define DATE_DIGITS 8u
#define RANDOM_CHARACTERS 9u
#define CHARACTERS (DATE_DIGITS + RANDOM_CHARACTERS + 1)
#define RANDOM_BITS 45u
/* What a person types has blanks and dashes, perhaps full-width, in it; more than this is no id. */
#define TYPED_OCTETS_MAX 256u

/* Crockford's base32: no I, L, O, U. */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* @value times the generator. */
static guint
times_x(guint value)
{
    return (value << 1) ^ ((value & 0x10) != 0 ? 0x25 : 0);
}

/* The polynomial of @count values at the generator, by Horner's rule. */
static guint
evaluate(const guint8 *values, gsize count)
{
    guint sum = 0;

    for (gsize i = 0; i < count; i++)
        sum = times_x(sum) ^ values[i];
    return sum;
}

/* Puts the dashes in: YYYYMMDD-XXXXX-XXXXX. */
static void
write_canonical(const guint8 values[CHARACTERS], MugaiId *ret_id)
{
    char *out = ret_id->text;

    for (gsize i = 0; i < CHARACTERS; i++) {
        if (i == DATE_DIGITS || i == DATE_DIGITS + 5)
            *out++ = '-';
        *out++ = alphabet[values[i]];
    }
    *out = '\0';
}

void
mugai_id_from_bits(gint64 unix_seconds, guint64 random, MugaiId *ret_id)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(unix_seconds);
    g_autofree char *date = NULL;
    guint8 values[CHARACTERS];

    g_assert(time != NULL); /* only outside of the years 1 to 9999 */
    date = g_strdup_printf("%04d%02d%02d", g_date_time_get_year(time), g_date_time_get_month(time),
                           g_date_time_get_day_of_month(time));
    for (gsize i = 0; i < DATE_DIGITS; i++)
        values[i] = (guint8)(date[i] - '0');
    for (gsize i = 0; i < RANDOM_CHARACTERS; i++)
        values[DATE_DIGITS + i] = (random >> (RANDOM_BITS - 5 * (i + 1))) & 0x1F;
    values[CHARACTERS - 1] = (guint8)times_x(evaluate(values, CHARACTERS - 1));
    write_canonical(values, ret_id);
}

void
mugai_id_new(gint64 unix_seconds, MugaiId *ret_id)
{
    guint64 random = 0;

    /* Up to 256 octets are never interrupted or cut short once the kernel's pool is filled. */
    if (getrandom(&random, sizeof random, 0) != (gssize)sizeof random)
        g_error("the kernel gives no random numbers");
    mugai_id_from_bits(unix_seconds, random, ret_id);
}

/* What people put between the characters: blanks and any dash, as input methods make them as well.
 * */
static gboolean
is_separator(gunichar c)
{
    return g_unichar_isspace(c) || g_unichar_type(c) == G_UNICODE_DASH_PUNCTUATION ||
           c == 0x2212 /* minus */
           || c == 0x30FC /* the long vowel mark, where the Japanese keyboard has its dash */;
}

/* The value of what was typed for one character, or -1. */
static int
value_of(gunichar c)
{
    char typed = c < 0x80 ? g_ascii_toupper((char)c) : '\0';
    const char *found = NULL;

    if (typed == 'O')
        typed = '0';
    if (typed == 'I' || typed == 'L')
        typed = '1';
    found = typed != '\0' ? strchr(alphabet, typed) : NULL;
    return found != NULL ? (int)(found - alphabet) : -1;
}

/* All CHARACTERS values, no more and no fewer. */
static gboolean
read_values(const char *typed, guint8 values[CHARACTERS])
{
    g_autofree char *normal = NULL;
    gsize count = 0;

    if (strnlen(typed, TYPED_OCTETS_MAX + 1) > TYPED_OCTETS_MAX)
        return FALSE;
    normal = g_utf8_normalize(typed, -1, G_NORMALIZE_NFKC); /* full-width letters and digits */
    if (normal == NULL)
        return FALSE;
    for (const char *at = normal; *at != '\0'; at = g_utf8_find_next_char(at, NULL)) {
        gunichar c = g_utf8_get_char(at);
        int value = value_of(c);

        if (is_separator(c))
            continue;
        if (value < 0 || count == CHARACTERS)
            return FALSE;
        values[count++] = (guint8)value;
    }
    return count == CHARACTERS;
}

static gboolean
has_date(const guint8 values[CHARACTERS])
{
    guint date = 0;

    for (gsize i = 0; i < DATE_DIGITS; i++) {
        if (values[i] > 9)
            return FALSE;
        date = date * 10 + values[i];
    }
    return g_date_valid_dmy((GDateDay)(date % 100), (GDateMonth)(date / 100 % 100),
                            (GDateYear)(date / 10000));
}

gboolean
mugai_id_parse(const char *typed, MugaiId *ret_id, GError **error)
{
    guint8 values[CHARACTERS];

    if (!read_values(typed, values)) {
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED,
                            "mistyped id: it has the form YYYYMMDD-XXXXX-XXXXX");
        return FALSE;
    }
    if (!has_date(values) || evaluate(values, CHARACTERS) != 0) {
        g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED,
                            "mistyped id: its check character does not fit, so a character is "
                            "wrong or two are swapped");
        return FALSE;
    }
    write_canonical(values, ret_id);
    return TRUE;
}

gint64
mugai_id_day(const MugaiId *id)
{
    gint64 date = 0;
    g_autofree char *digits = g_strndup(id->text, strlen("YYYYMMDD"));
    g_autoptr(GDateTime) midnight = NULL;

    date = g_ascii_strtoll(digits, NULL, 10);
    midnight = g_date_time_new_utc((gint)(date / 10000), (gint)(date / 100 % 100),
                                   (gint)(date % 100), 0, 0, 0);
    return midnight != NULL ? g_date_time_to_unix(midnight) : 0;
}
