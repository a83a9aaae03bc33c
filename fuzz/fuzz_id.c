/*
 * fuzz_id.c - an id typed carelessly is the same id, a mistyped one is none
 *
 * The input is what a person typed. Its first octets are also the random numbers of an id that is
 * made from them and then typed in many ways, and the characters of one whose check character fits.
 *
 * Properties: 1. what is read has the canonical form, and read again it is the same;
 *             2. a refusal says that the id is mistyped, and leaves the output as it was;
 *             3. for ASCII, a second reader, by a table of products in place of Horner's rule,
 *                accepts the same;
 *             4. any case, O for 0, I and L for 1, full-width characters, dashes and blanks of any
 *                kind anywhere: the same id;
 *             5. one wrong character, one missing, one too many, any two swapped: refused.
 */
#include "fuzz.h"

#include <mugai/error.h>
#include <mugai/id.h>
#include <string.h>

#define CHARACTERS 18u
/* The order of a generator of GF(32). */
#define ORDER 31u
/* What the contract lets a person type is longer than this only by blanks and dashes. */
#define TYPED_OCTETS 200u

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static const char *const separators[] = {
    "-", " ", "\t", "\xE2\x80\x90", "\xE3\x83\xBC", "\xE3\x80\x80", "\xEF\xBC\x8D", "\xE2\x88\x92",
};

/* --- a second reader --- */

/* The powers of x modulo x^5 + x^2 + 1, and which power a value is. */
typedef struct {
    guint8 power[ORDER];
    guint8 exponent[ORDER + 1];
} Field;

static const Field *
field(void)
{
    static Field made;

    if (made.power[0] == 0) {
        for (guint i = 0, value = 1; i < ORDER; i++) {
            made.power[i] = (guint8)value;
            made.exponent[value] = (guint8)i;
            value <<= 1;
            value ^= value > ORDER ? 0x25 : 0;
        }
    }
    return &made;
}

/* The sum of the first @count values, each with the weight of its place. */
static guint
weighted_sum(const guint8 *values, guint count)
{
    guint sum = 0;

    for (guint i = 0; i < count; i++) {
        guint weight = CHARACTERS - 1 - i;

        if (values[i] != 0)
            sum ^= field()->power[(field()->exponent[values[i]] + weight) % ORDER];
    }
    return sum;
}

/* What ASCII character @c is read as: its place in the alphabet, or -1. */
static int
value_of(char c)
{
    const char *found = NULL;

    if (c == '\0')
        return -1;
    if (strchr("oO", c) != NULL)
        return 0;
    if (strchr("iIlL", c) != NULL)
        return 1;
    found = strchr(alphabet, g_ascii_toupper(c));
    return found != NULL ? (int)(found - alphabet) : -1;
}

static gboolean
is_a_day(const guint8 values[CHARACTERS])
{
    static const guint8 days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    guint year = 0;
    guint month = values[4] * 10u + values[5];
    guint day = values[6] * 10u + values[7];
    gboolean leap = FALSE;

    for (guint i = 0; i < 8; i++) {
        if (values[i] > 9)
            return FALSE;
        year = i < 4 ? year * 10 + values[i] : year;
    }
    leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return year >= 1 && month >= 1 && month <= 12 && day >= 1 &&
           day <= days[month - 1] + (leap && month == 2 ? 1u : 0u);
}

/* Whether ASCII @typed is an id. */
static gboolean
second_reader_accepts(const char *typed)
{
    guint8 values[CHARACTERS];
    gsize count = 0;

    for (const char *at = typed; *at != '\0'; at++) {
        if (*at == '-' || g_ascii_isspace(*at))
            continue;
        if (value_of(*at) < 0 || count == CHARACTERS)
            return FALSE;
        values[count++] = (guint8)value_of(*at);
    }
    return count == CHARACTERS && is_a_day(values) && weighted_sum(values, CHARACTERS) == 0;
}

/* --- what must hold --- */

static void
expect_refused(const char *typed)
{
    MugaiId id = {0};
    g_autoptr(GError) error = NULL;

    if (mugai_id_parse(typed, &id, &error))
        g_error("\"%s\" was read as %s", typed, id.text);
    g_assert_error(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED);
    g_assert_true(g_str_has_prefix(error->message, "mistyped id: "));
    g_assert_null(strchr(error->message, '\n'));
    for (gsize i = 0; i < sizeof id.text; i++)
        g_assert_cmpint(id.text[i], ==, '\0');
}

static void
expect_same(const char *typed, const MugaiId *id)
{
    MugaiId again = {0};
    g_autoptr(GError) error = NULL;

    mugai_id_parse(typed, &again, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(again.text, ==, id->text);
}

static void
expect_canonical(const MugaiId *id)
{
    g_assert_cmpuint(strlen(id->text), ==, MUGAI_ID_LENGTH);
    for (gsize at = 0; at < MUGAI_ID_LENGTH; at++) {
        gboolean dash = at == 8 || at == 14;

        g_assert_true(dash ? id->text[at] == '-' : strchr(alphabet, id->text[at]) != NULL);
    }
    g_assert_true(second_reader_accepts(id->text));
    expect_same(id->text, id);
}

/* The character @c as a careless person types it, one way for each @how. */
static void
type_character(GString *typed, char c, guint how)
{
    const char *zeros = "0oO";
    const char *ones = "1iIlL";

    if (c == '0')
        g_string_append_c(typed, zeros[how % 3]);
    else if (c == '1')
        g_string_append_c(typed, ones[how % 5]);
    else if (how % 3 == 0)
        g_string_append_c(typed, g_ascii_tolower(c));
    else if (how % 3 == 1)
        g_string_append_c(typed, c);
    else
        g_string_append_unichar(typed, (gunichar)c + 0xFEE0); /* full-width */
}

/* @id typed in a way that @octets choose. */
static void
expect_careless(const MugaiId *id, const guint8 *octets, gsize length)
{
    g_autoptr(GString) typed = g_string_new(NULL);

    for (gsize at = 0; at < MUGAI_ID_LENGTH; at++) {
        guint how = length > 0 ? octets[at % length] : 0;

        if (id->text[at] != '-')
            type_character(typed, id->text[at], how);
        if (how % 4 == 0)
            g_string_append(typed, separators[how / 4 % G_N_ELEMENTS(separators)]);
    }
    g_assert_cmpuint(typed->len, <=, TYPED_OCTETS);
    expect_same(typed->str, id);
}

/* Every other character of ASCII in the place @at. */
static void
expect_wrong_characters_found(const MugaiId *id, gsize at)
{
    MugaiId typed = *id;

    for (char c = 1; c > 0 && c < 0x7F; c++) {
        typed.text[at] = c;
        if (value_of(c) == value_of(id->text[at]))
            expect_same(typed.text, id);
        else
            expect_refused(typed.text);
    }
}

static void
expect_swaps_found(const MugaiId *id, gsize at)
{
    for (gsize other = 0; other < MUGAI_ID_LENGTH; other++) {
        MugaiId typed = *id;

        if (id->text[other] == '-' || id->text[other] == id->text[at])
            continue;
        typed.text[at] = id->text[other];
        typed.text[other] = id->text[at];
        expect_refused(typed.text);
    }
}

/* The character at @at left out, and doubled. */
static void
expect_wrong_length_found(const MugaiId *id, gsize at)
{
    g_autoptr(GString) shorter = g_string_new(id->text);
    g_autoptr(GString) longer = g_string_new(id->text);

    g_string_erase(shorter, (gssize)at, 1);
    expect_refused(shorter->str);
    g_string_insert_c(longer, (gssize)at, id->text[at]);
    expect_refused(longer->str);
}

static void
expect_mistakes_found(const MugaiId *id, guint chosen)
{
    gsize at = chosen % MUGAI_ID_LENGTH;

    if (id->text[at] == '-')
        return;
    expect_wrong_characters_found(id, at);
    expect_swaps_found(id, at);
    expect_wrong_length_found(id, at);
}

static void
expect_all(const MugaiId *id, const guint8 *octets, gsize length)
{
    expect_canonical(id);
    expect_careless(id, octets, length);
    for (gsize at = 0; at < MUGAI_ID_LENGTH; at += 7)
        expect_mistakes_found(id, (guint)(at + (length > 0 ? octets[length - 1] : 0)));
}

/* Eight digits and nine characters as @octets say, and the check character that fits: whether that
 * is an id, its date alone decides. */
static void
expect_date_decides(const guint8 *octets, gsize length)
{
    guint8 values[CHARACTERS] = {0};
    char typed[CHARACTERS + 1] = "";

    for (gsize i = 0; i < CHARACTERS - 1 && i < length; i++)
        values[i] = octets[i] % (i < 8 ? 10 : 32);
    values[CHARACTERS - 1] = (guint8)weighted_sum(values, CHARACTERS - 1);
    for (gsize i = 0; i < CHARACTERS; i++)
        typed[i] = alphabet[values[i]];
    if (is_a_day(values))
        g_assert_true(mugai_id_parse(typed, &(MugaiId){0}, NULL));
    else
        expect_refused(typed);
}

static void
read_typed(const guint8 *octets, gsize length)
{
    g_autofree char *typed = g_strndup((const char *)octets, length);
    gboolean ascii = g_str_is_ascii(typed);
    MugaiId id = {0};

    if (!mugai_id_parse(typed, &id, NULL)) {
        expect_refused(typed);
        g_assert_false(ascii && strlen(typed) <= TYPED_OCTETS && second_reader_accepts(typed));
        return;
    }
    g_assert_true(!ascii || second_reader_accepts(typed));
    expect_all(&id, octets, length);
}

/* A new id of a day in the years 1970 to 2106. */
static void
make_id(const guint8 *octets, gsize length)
{
    guint32 seconds = 0;
    guint64 random = 0;
    MugaiId id = {0};

    memcpy(&random, octets, MIN(length, sizeof random));
    if (length > sizeof random)
        memcpy(&seconds, octets + sizeof random, MIN(length - sizeof random, sizeof seconds));
    mugai_id_from_bits(seconds, random, &id);
    expect_all(&id, octets, length);
}

int
LLVMFuzzerTestOneInput(const guint8 *octets, size_t length)
{
    if (length == 0)
        octets = (const guint8 *)""; /* replay.c has NULL for nothing */
    read_typed(octets, length);
    make_id(octets, length);
    expect_date_decides(octets, length);
    return 0;
}
