/* html_reference.c - character references as browsers read them
 *
 * HTML standard, section 13.2.5.72: names without ';' where old pages have them, numbers 128-159 as windows-1252.
 * The names of HTML 4 come from libxml2; of the later two thousand those that stand for ASCII or are seen in mail.
 */
#include "html_reference.h"

#include <libxml/HTMLparser.h>
#include <string.h>

/* The longest name looked for, and how many distinct ones are remembered. */
#define NAME_OCTETS 31u
#define NAMES_REMEMBERED 4096u

static const struct {
    const char *name;
    gunichar character;
} later_names[] = {
    { "AMP", '&' }, { "COPY", 0xA9 }, { "GT", '>' }, { "LT", '<' }, { "QUOT", '"' }, { "REG", 0xAE },
    { "Tab", '\t' }, { "NewLine", '\n' }, { "excl", '!' }, { "num", '#' }, { "dollar", '$' },
    { "percnt", '%' }, { "lpar", '(' }, { "rpar", ')' }, { "ast", '*' }, { "midast", '*' },
    { "plus", '+' }, { "comma", ',' }, { "period", '.' }, { "sol", '/' }, { "colon", ':' },
    { "semi", ';' }, { "equals", '=' }, { "quest", '?' }, { "commat", '@' }, { "lsqb", '[' },
    { "lbrack", '[' }, { "bsol", '\\' }, { "rsqb", ']' }, { "rbrack", ']' }, { "Hat", '^' },
    { "lowbar", '_' }, { "UnderBar", '_' }, { "grave", '`' }, { "lcub", '{' }, { "lbrace", '{' },
    { "verbar", '|' }, { "vert", '|' }, { "rcub", '}' }, { "rbrace", '}' }, { "apos", '\'' },
    { "NonBreakingSpace", 0xA0 }, { "ZeroWidthSpace", 0x200B }, { "hairsp", 0x200A },
    { "VeryThinSpace", 0x200A }, { "numsp", 0x2007 }, { "puncsp", 0x2008 }, { "emsp13", 0x2004 },
    { "emsp14", 0x2005 }, { "ThinSpace", 0x2009 }, { "MediumSpace", 0x205F }, { "NoBreak", 0x2060 },
    { "hyphen", 0x2010 }, { "dash", 0x2010 }, { "horbar", 0x2015 }, { "nldr", 0x2025 },
    { "mldr", 0x2026 }, { "bullet", 0x2022 }, { "check", 0x2713 }, { "checkmark", 0x2713 },
    { "cross", 0x2717 }, { "star", 0x2606 }, { "starf", 0x2605 }, { "bigstar", 0x2605 },
    { "phone", 0x260E }, { "female", 0x2640 }, { "male", 0x2642 }, { "sung", 0x266A },
    { "flat", 0x266D }, { "sharp", 0x266F }, { "numero", 0x2116 }, { "copysr", 0x2117 },
    { "rightarrow", 0x2192 }, { "RightArrow", 0x2192 }, { "leftarrow", 0x2190 }, { "LeftArrow", 0x2190 },
    { "uparrow", 0x2191 }, { "downarrow", 0x2193 }, { "rsaquor", 0x203A }, { "lsquor", 0x201A },
    { "ldquor", 0x201E }, { "OpenCurlyQuote", 0x2018 }, { "CloseCurlyQuote", 0x2019 },
    { "rsquor", 0x2019 }, { "rdquor", 0x201D }, { "square", 0x25A1 }, { "squ", 0x25A1 },
    { "blacksquare", 0x25AA }, { "utri", 0x25B5 }, { "utrif", 0x25B4 }, { "rtri", 0x25B9 },
    { "rtrif", 0x25B8 }, { "dtri", 0x25BF }, { "dtrif", 0x25BE }, { "ltri", 0x25C3 },
    { "ltrif", 0x25C2 }, { "cir", 0x25CB }, { "xcirc", 0x25EF }, { "half", 0xBD },
    { "frac13", 0x2153 }, { "frac23", 0x2154 }, { "frac15", 0x2155 }, { "frac18", 0x215B },
    { "incare", 0x2105 }, { "ohm", 0x3A9 }, { "approx", 0x2248 }, { "leq", 0x2264 }, { "geq", 0x2265 },
    { "epsi", 0x3B5 }, { "ell", 0x2113 }, { "iinfin", 0x29DC }, { "infintie", 0x29DD },
    { "inodot", 0x131 }, { "abreve", 0x103 }, { "aogon", 0x105 }, { "cacute", 0x107 },
    { "ccaron", 0x10D }, { "Ccaron", 0x10C }, { "eogon", 0x119 }, { "lstrok", 0x142 },
    { "nacute", 0x144 }, { "rcaron", 0x159 }, { "zacute", 0x17A }, { "zcaron", 0x17E },
    { "zdot", 0x17C },
};

/* What the numbers 128-159 mean: windows-1252; 0 where it is the number itself. */
static const guint16 windows_1252[32] = {
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
};

GHashTable *
html_references_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static gunichar
search_name(const char *name)
{
    const htmlEntityDesc *found = htmlEntityLookup((const xmlChar *)name);

    if (found != NULL)
        return found->value;
    for (gsize i = 0; i < G_N_ELEMENTS(later_names); i++) {
        if (strcmp(later_names[i].name, name) == 0)
            return later_names[i].character;
    }
    return 0;
}

static gunichar
look_up(GHashTable *names, const char *octets, gsize length)
{
    char name[NAME_OCTETS + 1] = { 0 };
    gpointer known = NULL;
    gunichar character = 0;

    memcpy(name, octets, length);
    if (g_hash_table_lookup_extended(names, name, NULL, &known))
        return GPOINTER_TO_UINT(known);
    character = search_name(name);
    if (g_hash_table_size(names) < NAMES_REMEMBERED)
        g_hash_table_insert(names, g_strdup(name), GUINT_TO_POINTER(character));
    return character;
}

/* Latin 1 and the four of markup may stand without their ';'. */
static gboolean
may_lack_semicolon(gunichar c)
{
    return c == '&' || c == '<' || c == '>' || c == '"' || (c >= 0xA0 && c <= 0xFF);
}

static gsize
read_name(GHashTable *names, const char *at, const char *end, gboolean attribute, gunichar *ret)
{
    const char *name = at + 1;
    gsize length = 0;

    while (length < NAME_OCTETS && name + length < end && g_ascii_isalnum(name[length]))
        length++;
    if (length > 1 && name + length < end && name[length] == ';') {
        *ret = look_up(names, name, length);
        if (*ret != 0)
            return length + 2;
    }
    if (attribute && name + length < end && (name[length] == '=' || length > 6))
        return 0;
    for (gsize part = MIN(length, 6); part > 1; part--) {
        *ret = look_up(names, name, part);
        if (*ret != 0 && may_lack_semicolon(*ret))
            return attribute && part < length ? 0 : part + 1;
    }
    return 0;
}

static gunichar
repair_number(guint64 number)
{
    if (number >= 0x80 && number < 0xA0 && windows_1252[number - 0x80] != 0)
        return windows_1252[number - 0x80];
    if (number == 0 || number > 0x10FFFF || (number >= 0xD800 && number < 0xE000))
        return 0xFFFD;
    return (gunichar)number;
}

static gsize
read_number(const char *at, const char *end, gunichar *ret)
{
    gboolean hex = end - at > 2 && (at[2] == 'x' || at[2] == 'X');
    const char *begin = at + (hex ? 3 : 2);
    const char *digit = begin;
    guint64 number = 0;

    for (; digit < end && (hex ? g_ascii_isxdigit(*digit) : g_ascii_isdigit(*digit)); digit++)
        number = MIN(number * (hex ? 16u : 10u) + (guint64)g_ascii_xdigit_value(*digit), 0x110000u);
    if (digit == begin)
        return 0;
    *ret = repair_number(number);
    return (gsize)(digit - at) + (digit < end && *digit == ';');
}

gsize
html_reference_read(GHashTable *names, const char *at, const char *end, gboolean attribute,
                    gunichar *ret_character)
{
    if (end - at < 3)
        return 0;
    if (at[1] == '#')
        return read_number(at, end, ret_character);
    return g_ascii_isalpha(at[1]) ? read_name(names, at, end, attribute, ret_character) : 0;
}
