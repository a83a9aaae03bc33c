/*
 * charset_make.c - writes charset_tables.c: the indexes of the WHATWG Encoding Standard, taken from the system's iconv
 *
 * Runs when mugai is built, on the building machine; nothing of it is installed. glibc's converters hold nearly all that
 * the standard's index files hold; what differs is written here. So the program itself needs no converter, no file and
 * no memory of its own to decode, and the repository holds no copy of a big table.
 *
 * Invariant: a table leaves this program only if its checksum is the one of the standard's index. A libc whose converters
 * say something else stops the build instead of garbling mail.
 */
#include <iconv.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POINTERS_MAX 23940

/* @count pointers from @pointer on hold the code points from @code on, whatever iconv says. */
typedef struct {
    uint16_t pointer;
    uint16_t count;
    uint32_t code;
} Exception;

typedef struct {
    const char *name;      /* of the array, or of the charset for the single octet ones */
    const char *converter; /* glibc's name for what is nearest */
    size_t size;           /* pointers */
    size_t (*octets)(unsigned pointer, char *octets);
    const Exception *exceptions;
    size_t n_exceptions;
    uint64_t checksum; /* of the standard's index */
} Index;

#define EXCEPTIONS(list) list, sizeof(list) / sizeof((list)[0])

/* What GB18030-2022 and the standard moved out of, or left in, the private use area. */
static const Exception gb18030_exceptions[] = {
    {6555, 1, 0x3000},  {7182, 1, 0xFE10},  {7183, 1, 0xFE12},  {7184, 1, 0xFE11},  {7185, 4, 0xFE13},
    {7201, 2, 0xFE17},  {7208, 1, 0xFE19},  {23767, 3, 0xE816}, {23775, 1, 0x9FB4}, {23783, 1, 0x9FB5},
    {23788, 2, 0x9FB6}, {23794, 1, 0xE831}, {23795, 1, 0x9FB8}, {23804, 1, 0xE83B}, {23812, 1, 0x9FB9},
    {23829, 1, 0x9FBA}, {23830, 1, 0xE855}, {23845, 1, 0x9FBB},
};

/* Duplicates that HKSCS dropped and the standard reads, ETEN's additions, and Microsoft's choices of symbols. */
static const Exception big5_exceptions[] = {
    {2082, 1, 0x7BB8},  {2088, 1, 0x7C06},  {2103, 1, 0x7CCE},  {2114, 1, 0x7DD2},  {2123, 1, 0x7E1D},
    {2148, 1, 0x8005},  {2151, 1, 0x8028},  {2221, 1, 0x83C1},  {2239, 1, 0x84A8},  {2244, 1, 0x840F},
    {2303, 1, 0x89A6},  {2304, 1, 0x89A9},  {2354, 1, 0x8D77},  {2400, 1, 0x90FD},  {2413, 1, 0x92B9},
    {2477, 1, 0x975C},  {2498, 1, 0x97FF},  {2605, 1, 0x9F16},  {2673, 1, 0x8503},  {2746, 1, 0x5159},
    {2747, 1, 0x515B},  {2748, 2, 0x515D},  {2771, 1, 0x936E},  {2780, 1, 0x7479},  {2990, 1, 0x6D67},
    {3087, 1, 0x799B},  {3259, 1, 0x9097},  {3301, 1, 0x975D},  {3436, 1, 0x701E},  {3451, 1, 0x5B28},
    {4136, 1, 0x7201},  {4138, 1, 0x77D7},  {4141, 1, 0x7E87},  {4182, 1, 0x99D6},  {4206, 1, 0x91D4},
    {4220, 1, 0x60DE},  {4230, 1, 0x6FB6},  {4241, 1, 0x8F36},  {4258, 1, 0x4FBB},  {4273, 1, 0x71DF},
    {4279, 1, 0x9104},  {4282, 1, 0x9DF0},  {4294, 1, 0x83CF},  {4329, 1, 0x5C10},  {4330, 1, 0x79E3},
    {4349, 1, 0x5A67},  {4419, 1, 0x8F0B},  {4422, 1, 0x7B51},  {4494, 1, 0x62D0},  {4624, 1, 0x6062},
    {4694, 1, 0x75F9},  {4708, 1, 0x6C4A},  {4742, 1, 0x9B2E},  {4748, 1, 0x9F17},  {4815, 1, 0x50ED},
    {4828, 1, 0x5F0C},  {4902, 1, 0x880F},  {4922, 1, 0x62CE},  {4982, 1, 0x7468},  {4992, 1, 0x7162},
    {4997, 1, 0x7250},  {5029, 1, 0x2027},  {5038, 1, 0xFE51},  {5050, 1, 0x2574},  {5120, 1, 0x00AF},
    {5121, 1, 0xFFE3},  {5123, 1, 0x02CD},  {5153, 1, 0xFF5E},  {5168, 1, 0x2295},  {5169, 1, 0x2299},
    {5180, 1, 0xFF0F},  {5181, 1, 0xFF3C},  {5182, 1, 0x2215},  {5183, 1, 0xFE68},  {5185, 1, 0xFFE5},
    {5187, 2, 0xFFE0},  {5287, 1, 0x5341},  {5289, 1, 0x5345},  {5432, 32, 0x2400}, {5464, 1, 0x2421},
    {5465, 1, 0x20AC},  {10942, 1, 0x5EF4}, {10946, 1, 0x65E0}, {10948, 1, 0x7676}, {10950, 1, 0x96B6},
    {10957, 1, 0x3003}, {10958, 1, 0x4EDD}, {19028, 1, 0x5029}, {19035, 1, 0x507D}, {19088, 1, 0x5305},
    {19096, 1, 0x5344}, {19112, 1, 0x537F}, {19162, 1, 0x5605}, {19240, 1, 0x5A77}, {19299, 1, 0x5E75},
    {19305, 1, 0x5ED0}, {19326, 1, 0x5F58}, {19355, 1, 0x60A4}, {19398, 1, 0x6490}, {19439, 1, 0x6674},
    {19454, 1, 0x675E}, {19553, 1, 0x6C9C}, {19554, 1, 0x6E1D}, {19557, 1, 0x6E2F}, {19611, 1, 0x716E},
    {19643, 1, 0x732A}, {19672, 1, 0x745C}, {19697, 1, 0x74E9}, {19748, 1, 0x7809},
};

static const Exception koi8_u_exceptions[] = {{46, 1, 0x45E}, {62, 1, 0x40E}};
static const Exception macintosh_exceptions[] = {{70, 1, 0x2206}, {112, 1, 0xF8FF}};
static const Exception mac_cyrillic_exceptions[] = {{127, 1, 0x20AC}};
static const Exception windows_1255_exceptions[] = {{74, 1, 0x5BA}};

/* The 18 places of the private use area that the two-octet part of GB18030 once reached, and so the four-octet part
 * does not. */
static const uint16_t gb18030_once_private[] = {
    0xE78D, 0xE78E, 0xE78F, 0xE790, 0xE791, 0xE792, 0xE793, 0xE794, 0xE795,
    0xE796, 0xE81E, 0xE826, 0xE82B, 0xE82C, 0xE832, 0xE843, 0xE854, 0xE864,
};
/* And the 18 it reaches now, which the four-octet part reached before and still does. */
static const uint16_t gb18030_moved[] = {
    0xFE10, 0xFE11, 0xFE12, 0xFE13, 0xFE14, 0xFE15, 0xFE16, 0xFE17, 0xFE18,
    0xFE19, 0x9FB4, 0x9FB5, 0x9FB6, 0x9FB7, 0x9FB8, 0x9FB9, 0x9FBA, 0x9FBB,
};

static void
die(const char *what, const char *which)
{
    fprintf(stderr, "charset_make: %s: %s\n", which, what);
    exit(1);
}

static size_t
octets_single(unsigned pointer, char *octets)
{
    octets[0] = (char)(pointer + 0x80);
    return 1;
}

static size_t
octets_shift_jis(unsigned pointer, char *octets)
{
    unsigned lead = pointer / 188;
    unsigned trail = pointer % 188;

    octets[0] = (char)(lead + (lead < 0x1F ? 0x81 : 0xC1));
    octets[1] = (char)(trail + (trail < 0x3F ? 0x40 : 0x41));
    return 2;
}

static size_t
octets_jis0212(unsigned pointer, char *octets)
{
    octets[0] = (char)0x8F;
    octets[1] = (char)(pointer / 94 + 0xA1);
    octets[2] = (char)(pointer % 94 + 0xA1);
    return 3;
}

static size_t
octets_gb18030(unsigned pointer, char *octets)
{
    octets[0] = (char)(pointer / 190 + 0x81);
    octets[1] = (char)(pointer % 190 + (pointer % 190 < 0x3F ? 0x40 : 0x41));
    return 2;
}

static size_t
octets_big5(unsigned pointer, char *octets)
{
    octets[0] = (char)(pointer / 157 + 0x81);
    octets[1] = (char)(pointer % 157 + (pointer % 157 < 0x3F ? 0x40 : 0x62));
    return 2;
}

static size_t
octets_euc_kr(unsigned pointer, char *octets)
{
    octets[0] = (char)(pointer / 190 + 0x81);
    octets[1] = (char)(pointer % 190 + 0x41);
    return 2;
}

#define SINGLE(charset, converter, checksum)                                                                           \
    {                                                                                                                  \
        charset, converter, 128, octets_single, NULL, 0, checksum                                                      \
    }
#define SINGLE_BUT(charset, converter, exceptions, checksum)                                                           \
    {                                                                                                                  \
        charset, converter, 128, octets_single, EXCEPTIONS(exceptions), checksum                                       \
    }

static const Index singles[] = {
    SINGLE("IBM866", "IBM866", 0x96319dcf1d929585),
    SINGLE("ISO_8859_2", "ISO-8859-2", 0x15dd93976fe998ca),
    SINGLE("ISO_8859_3", "ISO-8859-3", 0x70af575411232b5b),
    SINGLE("ISO_8859_4", "ISO-8859-4", 0xf0b5d36aab27b23c),
    SINGLE("ISO_8859_5", "ISO-8859-5", 0xac92a43eb69c8f9a),
    SINGLE("ISO_8859_6", "ISO-8859-6", 0x4c63dbaa37209f88),
    SINGLE("ISO_8859_7", "ISO-8859-7", 0xfc9e6c45312dbca0),
    SINGLE("ISO_8859_8", "ISO-8859-8", 0xd8f178d62489403d),
    SINGLE("ISO_8859_8_I", "ISO-8859-8", 0xd8f178d62489403d),
    SINGLE("ISO_8859_10", "ISO-8859-10", 0x233bdb423408493b),
    SINGLE("ISO_8859_13", "ISO-8859-13", 0x3a4f3b5b04c42a4a),
    SINGLE("ISO_8859_14", "ISO-8859-14", 0x75b35cf60953a41f),
    SINGLE("ISO_8859_15", "ISO-8859-15", 0xec2df6e172f1bed8),
    SINGLE("ISO_8859_16", "ISO-8859-16", 0x5faeacff2300a1ec),
    SINGLE("KOI8_R", "KOI8-R", 0x79b9c995ac090b16),
    SINGLE_BUT("KOI8_U", "KOI8-U", koi8_u_exceptions, 0x3ac9f3805ae4efb6),
    SINGLE_BUT("MACINTOSH", "MACINTOSH", macintosh_exceptions, 0x7ebecf5c3a3c57ad),
    SINGLE("WINDOWS_874", "CP1162", 0xe4dd3c5bcfa817d5),
    SINGLE("WINDOWS_1250", "CP1250", 0x0daf793815160ee8),
    SINGLE("WINDOWS_1251", "CP1251", 0x729b349ac32a31b7),
    SINGLE("WINDOWS_1252", "CP1252", 0x3c481ca49eeffb78),
    SINGLE("WINDOWS_1253", "CP1253", 0x8ba9e7cef4db781d),
    SINGLE("WINDOWS_1254", "CP1254", 0x8cf2cbaacfa5b91e),
    SINGLE_BUT("WINDOWS_1255", "CP1255", windows_1255_exceptions, 0x68a3f6f4fd14baab),
    SINGLE("WINDOWS_1256", "CP1256", 0xea1ce6fbd2270c30),
    SINGLE("WINDOWS_1257", "CP1257", 0xc987e830da111689),
    SINGLE("WINDOWS_1258", "CP1258", 0x868c3efe3fdd4d6a),
    SINGLE_BUT("X_MAC_CYRILLIC", "MAC-UK", mac_cyrillic_exceptions, 0xe4a36c3ec0bab6cb),
};

static const Index jis0208 = {
    "guint16 mugai_charset_jis0208", "CP932", 11280, octets_shift_jis, NULL, 0, 0x23c8d8f36d3cf698,
};
static const Index jis0212 = {
    "guint16 mugai_charset_jis0212", "EUC-JP", 8836, octets_jis0212, NULL, 0, 0x5b56479163fd7636,
};
static const Index gb18030 = {
    "guint16 mugai_charset_gb18030", "GB18030",          23940, octets_gb18030,
    EXCEPTIONS(gb18030_exceptions),  0x1d93f96466693822,
};
static const Index euc_kr = {
    "guint16 mugai_charset_euc_kr", "UHC", 23940, octets_euc_kr, NULL, 0, 0xb4fc3f13c6abf5fa,
};
static const Index big5 = {
    "guint32 mugai_charset_big5", "BIG5-HKSCS", 19782, octets_big5, EXCEPTIONS(big5_exceptions), 0x770b6fa0631178df,
};

/* The one code point for @octets; 0 if there is none or they are several. */
static uint32_t
convert(iconv_t converter, char *octets, size_t length)
{
    unsigned char out[32];
    char *to = (char *)out;
    size_t room = sizeof(out);

    iconv(converter, NULL, NULL, NULL, NULL);
    if (iconv(converter, &octets, &length, &to, &room) == (size_t)-1 || length > 0)
        return 0;
    /* Some converters keep a letter back until they know that no accent follows. */
    if (iconv(converter, NULL, NULL, &to, &room) == (size_t)-1 || sizeof(out) - room != 4)
        return 0;
    return (uint32_t)out[0] | (uint32_t)out[1] << 8 | (uint32_t)out[2] << 16 | (uint32_t)out[3] << 24;
}

/* FNV-1a over the code points as four octets each, little end first. */
static uint64_t
checksum(const uint32_t *codes, size_t size)
{
    uint64_t sum = 0xcbf29ce484222325;

    for (size_t i = 0; i < size; i++)
        for (unsigned shift = 0; shift < 32; shift += 8)
            sum = (sum ^ ((codes[i] >> shift) & 0xFF)) * 0x100000001b3;
    return sum;
}

static void
fill(const Index *index, uint32_t *codes)
{
    iconv_t converter = iconv_open("UTF-32LE", index->converter);

    if (converter == (iconv_t)-1)
        die("the C library has no such converter", index->converter);
    for (unsigned p = 0; p < index->size; p++) {
        char octets[4];
        codes[p] = convert(converter, octets, index->octets(p, octets));
        /* What Microsoft left out of its single octet tables, the standard reads as C1 controls. */
        if (codes[p] == 0 && index->octets == octets_single && p < 0x20 && index->converter[0] == 'C')
            codes[p] = p + 0x80;
    }
    iconv_close(converter);
    for (size_t i = 0; i < index->n_exceptions; i++)
        for (uint32_t n = 0; n < index->exceptions[i].count; n++)
            codes[index->exceptions[i].pointer + n] = index->exceptions[i].code + n;
    if (checksum(codes, index->size) != index->checksum)
        die("the table is not the Encoding Standard's", index->converter);
}

static void
write_codes(FILE *out, const uint32_t *codes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        fprintf(out, "%s0x%X,", i % 16 == 0 ? "\n" : "", (unsigned)codes[i]);
    fprintf(out, "\n");
}

static void
write_index(FILE *out, const Index *index, uint32_t *codes)
{
    fill(index, codes);
    fprintf(out, "const %s[%zu] = {", index->name, index->size);
    write_codes(out, codes, index->size);
    fprintf(out, "};\n");
}

static void
write_singles(FILE *out)
{
    uint32_t codes[128];

    fprintf(out, "const guint16 mugai_charset_single[MUGAI_CHARSET_COUNT][128] = {\n");
    for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++) {
        fill(&singles[i], codes);
        fprintf(out, "[MUGAI_CHARSET_%s] = {", singles[i].name);
        write_codes(out, codes, 128);
        fprintf(out, "},\n");
    }
    fprintf(out, "};\n");
}

/* Four octets count through the basic plane in order, leaving out what two octets reached in the first edition: then
 * A3A0 was U+E5E5 (now a space), A8BC was U+E7C7 (now U+1E3F). */
static void
write_ranges(FILE *out, const uint32_t *codes)
{
    static unsigned char taken[0x10000];
    uint32_t pointer = 0;
    uint32_t next = 0;

    for (size_t i = 0; i < gb18030.size; i++)
        taken[codes[i]] = 1;
    for (size_t i = 0; i < sizeof(gb18030_moved) / sizeof(gb18030_moved[0]); i++) {
        taken[gb18030_moved[i]] = 0;
        taken[gb18030_once_private[i]] = 1;
    }
    taken[0x1E3F] = 0;
    taken[0xE7C7] = 1;
    taken[0xE5E5] = 1;
    fprintf(out, "const MugaiGbRange mugai_charset_gb18030_ranges[MUGAI_GB18030_RANGES] = {");
    for (uint32_t code = 0x80; code < 0x10000; code++) {
        if (taken[code] || (code >= 0xD800 && code < 0xE000))
            continue;
        if (code != next)
            fprintf(out, "\n{%u, 0x%X},", (unsigned)pointer, (unsigned)code);
        next = code + 1;
        pointer++;
    }
    fprintf(out, "\n};\n");
    if (pointer != 39420)
        die("four octets do not fill the basic plane", gb18030.converter);
}

int
main(int argc, char **argv)
{
    static uint32_t codes[POINTERS_MAX];
    FILE *out = argc == 2 ? fopen(argv[1], "w") : NULL;

    if (out == NULL)
        die("cannot write", argc == 2 ? argv[1] : "usage: charset_make FILE");
    fprintf(out, "/* charset_tables.c - made by charset_make.c */\n#include \"charset_tables.h\"\n");
    write_singles(out);
    write_index(out, &jis0208, codes);
    write_index(out, &jis0212, codes);
    write_index(out, &euc_kr, codes);
    write_index(out, &big5, codes);
    write_index(out, &gb18030, codes);
    write_ranges(out, codes);
    if (fclose(out) != 0)
        die("cannot write", argv[1]);
    return 0;
}
