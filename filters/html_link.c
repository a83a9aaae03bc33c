/* html_link.c - where a link leads, and whether its words say so
 *
 * A target is read as browsers read it (URL Standard): blanks around and line ends within do not
 * count, backslashes are slashes, what stands before an '@' is no host, full-width and other
 * letters are mapped before they are compared.
 *
 * Trust: target and words are hostile. Limits: hosts are compared as names; a host is taken for the
 * same as one below it (www.example.jp, example.jp). Which domains belong to one owner cannot be
 * known here.
 */
#include "html_link.h"

#include <idn2.h>
#include <mugai/text.h>
#include <string.h>

/* Octets of a target as shown; the rest is query strings of trackers. */
#define TARGET_OCTETS_MAX 2048u

typedef enum {
    SCHEME_NONE = 0,
    SCHEME_WEB,
    SCHEME_MAIL,
    SCHEME_TELEPHONE,
} Scheme;

static const struct {
    const char *prefix;
    Scheme scheme;
} schemes[] = {
    {"https:", SCHEME_WEB},   {"http:", SCHEME_WEB},      {"ftp:", SCHEME_WEB},
    {"mailto:", SCHEME_MAIL}, {"tel:", SCHEME_TELEPHONE}, {"sms:", SCHEME_TELEPHONE},
};

static Scheme
scheme_of(const char *target, gsize *ret_length)
{
    for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++) {
        *ret_length = strlen(schemes[i].prefix);
        if (g_ascii_strncasecmp(target, schemes[i].prefix, *ret_length) == 0)
            return schemes[i].scheme;
    }
    *ret_length = 0;
    return SCHEME_NONE;
}

/* Controls go, blanks at the ends too; what could end the brackets or the line around a target is
 * encoded. */
static char *
clean(const char *href)
{
    GString *target = g_string_new(NULL);

    while (*href != '\0' && (guchar)*href <= ' ')
        href++;
    for (; *href != '\0' && target->len < TARGET_OCTETS_MAX; href = g_utf8_next_char(href)) {
        gunichar c = g_utf8_get_char(href);

        if (c == ' ' || c == '<' || c == '>' || c == '"')
            g_string_append_printf(target, "%%%02X", c);
        else if (c > ' ' && c != 0x7F)
            g_string_append_unichar(target, c);
    }
    while (g_str_has_suffix(target->str, "%20"))
        g_string_truncate(target, target->len - 3);
    if (*href != '\0')
        g_string_append(target, "…");
    return g_string_free(target, FALSE);
}

/* The name in A-labels and lower case, NULL if it can be none. Newly allocated. */
static char *
to_ascii(const char *name, gsize length)
{
    g_autofree char *decoded = g_uri_unescape_segment(name, name + length, NULL);
    g_autofree char *lower = NULL;
    char *ascii = NULL;
    char *copy = NULL;

    if (decoded == NULL || decoded[0] == '\0' || !g_utf8_validate(decoded, -1, NULL))
        return NULL;
    lower = g_ascii_strdown(decoded, -1);
    /* Of ASCII libidn2 does no more than that, unless it is an A-label already; and it takes its
     * time. */
    if (g_str_is_ascii(lower) && strstr(lower, "xn--") == NULL)
        return g_steal_pointer(&lower);
    if (idn2_to_ascii_8z(decoded, &ascii, IDN2_NONTRANSITIONAL) != IDN2_OK)
        return g_steal_pointer(&lower);
    copy = g_ascii_strdown(ascii, -1);
    idn2_free(ascii);
    return copy;
}

/* The host of an authority: behind the last '@', before the port. */
static HtmlLink *
link_of_host(char *target, const char *host, gsize length)
{
    HtmlLink *link = g_new0(HtmlLink, 1);
    const char *at = g_strrstr_len(host, (gssize)length, "@");
    const char *colon = NULL;

    if (at != NULL) {
        length -= (gsize)(at + 1 - host);
        host = at + 1;
    }
    colon = host[0] == '[' ? NULL : memchr(host, ':', length);
    length = colon != NULL ? (gsize)(colon - host) : length;
    while (length > 0 && host[length - 1] == '.')
        length--;
    link->target = target;
    link->host = to_ascii(host, length);
    link->foreign = link->host != NULL && (strlen(link->host) != length ||
                                           g_ascii_strncasecmp(host, link->host, length) != 0);
    return link;
}

static HtmlLink *
web_link(const char *target, gsize scheme)
{
    const char *host = target + scheme;
    gsize length = 0;
    char *whole = NULL;

    host += strspn(host, "/\\");
    length = strcspn(host, "/\\?#");
    if (length == 0)
        return NULL;
    whole = g_strdup_printf("%.*s//%s", (int)scheme, target, host);
    return link_of_host(whole, whole + scheme + 2, length);
}

static HtmlLink *
mail_link(const char *target, gsize scheme)
{
    gsize length = strcspn(target + scheme, "?#");
    g_autofree char *address =
        g_uri_unescape_segment(target + scheme, target + scheme + length, NULL);
    g_autofree char *shown =
        clean(address != NULL && g_utf8_validate(address, -1, NULL) ? address : "");
    const char *at = strrchr(shown, '@');

    if (at == NULL)
        return NULL;
    return link_of_host(g_steal_pointer(&shown), at + 1, strlen(at + 1));
}

static HtmlLink *
telephone_link(const char *target)
{
    HtmlLink *link = g_new0(HtmlLink, 1);

    link->target = g_strdup(target);
    return link;
}

/* A reference without a scheme, against the base. Newly allocated, NULL if it leads nowhere. */
static char *
resolve(const char *target, const char *base)
{
    gboolean slashes = strspn(target, "/\\") >= 2;

    if (base == NULL && slashes)
        return g_strconcat("https:", target, NULL);
    if (base == NULL || target[0] == '#' || target[0] == '\0')
        return NULL;
    return g_uri_resolve_relative(base, target, G_URI_FLAGS_PARSE_RELAXED, NULL);
}

/* "name:" as RFC 3986 has it. */
static gboolean
has_scheme(const char *target)
{
    gsize length = 0;

    while (g_ascii_isalnum(target[length]) ||
           (target[length] != '\0' && strchr("+-.", target[length]) != NULL))
        length++;
    return g_ascii_isalpha(target[0]) && target[length] == ':';
}

HtmlLink *
html_link_new(const char *href, const char *base)
{
    g_autofree char *target = clean(href);
    gsize length = 0;
    Scheme scheme = SCHEME_NONE;

    if (!has_scheme(target)) {
        g_autofree char *relative = g_steal_pointer(&target);

        target = resolve(relative, base);
        if (target == NULL)
            return NULL;
    }
    scheme = scheme_of(target, &length);
    if (scheme == SCHEME_WEB)
        return web_link(target, length);
    if (scheme == SCHEME_MAIL)
        return mail_link(target, length);
    return scheme == SCHEME_TELEPHONE && target[length] != '\0' ? telephone_link(target) : NULL;
}

void
html_link_free(HtmlLink *link)
{
    g_free(link->target);
    g_free(link->host);
    g_free(link);
}

/* Past "https://", "mailto:" and the like. */
static const char *
without_scheme(const char *text)
{
    gsize length = 0;

    if (scheme_of(text, &length) == SCHEME_NONE)
        return text;
    return text + length + strspn(text + length, "/");
}

static gboolean
same_place(const char *one, const char *other)
{
    gsize length = strlen(one);
    gsize other_length = strlen(other);

    length -= length > 0 && one[length - 1] == '/';
    other_length -= other_length > 0 && other[other_length - 1] == '/';
    return length == other_length && strncmp(one, other, length) == 0;
}

gboolean
html_link_is_said(const HtmlLink *link, const char *words)
{
    g_autofree char *trimmed = g_strstrip(g_strdup(words));
    gsize scheme = 0;

    if (trimmed[0] == '\0')
        return FALSE;
    if (scheme_of(trimmed, &scheme) == SCHEME_WEB && same_place(trimmed, link->target))
        return TRUE;
    return scheme_of(trimmed, &scheme) != SCHEME_WEB &&
           same_place(without_scheme(trimmed), without_scheme(link->target));
}

static gboolean
is_host_character(char c)
{
    return g_ascii_isalnum(c) || c == '-' || c == '.';
}

/* What ends a file's name, a version or an abbreviation more often than a host's. */
static gboolean
is_no_domain(const char *label)
{
    static const char *const no_domains[] = {"js",  "md",  "py",  "sh",  "pl",  "rs",  "so",
                                             "ps",  "cc",  "ai",  "zip", "mov", "doc", "xls",
                                             "ppt", "pdf", "txt", "htm", "php", "asp", "jpg",
                                             "png", "gif", "csv", "exe", "xml", "css", "dll",
                                             "ics", "eml", "msg", "jsp", "cgi", "log", "mp3",
                                             "mp4", "bat", "lzh", "tar", "psd", "bmp", "tif"};

    for (gsize i = 0; i < G_N_ELEMENTS(no_domains); i++) {
        if (g_ascii_strcasecmp(label, no_domains[i]) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_known_top(const char *label)
{
    static const char *const tops[] = {
        "com",     "net",   "org",     "edu",   "gov",    "mil",    "int",    "biz",    "app",
        "dev",     "xyz",   "top",     "pro",   "tel",    "fun",    "bid",    "win",    "vip",
        "icu",     "cfd",   "sbs",     "info",  "name",   "shop",   "site",   "club",   "live",
        "news",    "link",  "bank",    "blog",  "work",   "tech",   "land",   "mobi",   "asia",
        "store",   "cloud", "email",   "tokyo", "online", "travel", "museum", "global", "social",
        "support", "lgjp",  "example", "test",  "invalid"};
    gsize length = strlen(label);

    if (length == 2)
        return g_ascii_isalpha(label[0]) && g_ascii_isalpha(label[1]) && !is_no_domain(label);
    for (gsize i = 0; i < G_N_ELEMENTS(tops); i++) {
        if (g_ascii_strcasecmp(label, tops[i]) == 0)
            return TRUE;
    }
    return FALSE;
}

/* Whether @name, of host characters alone, is meant as a host: its last label says so, or what
 * stands before it. */
static gboolean
looks_like_host(const char *name, gboolean announced)
{
    const char *dot = strrchr(name, '.');

    if (dot == NULL || dot == name || dot[1] == '\0' || strstr(name, "..") != NULL)
        return FALSE;
    if (announced || g_ascii_strncasecmp(name, "www.", 4) == 0)
        return TRUE;
    return dot - name >= 2 && is_known_top(dot + 1);
}

static gboolean
is_below(const char *name, const char *domain)
{
    gsize length = strlen(name);
    gsize domain_length = strlen(domain);

    return length >= domain_length && strcmp(name + length - domain_length, domain) == 0 &&
           (length == domain_length || name[length - domain_length - 1] == '.');
}

static gboolean
is_same_host(const char *one, const char *other)
{
    return is_below(one, other) || is_below(other, one);
}

/* The name at @begin of @length octets: whether it names a host that is not @host. */
static gboolean
names_another(const char *begin, gsize length, gboolean announced, const char *host)
{
    g_autofree char *name = g_ascii_strdown(begin, (gssize)length);
    char *bare = name;

    while (*bare == '.' || *bare == '-')
        bare++;
    while (bare[0] != '\0' && strchr(".-", bare[strlen(bare) - 1]) != NULL)
        bare[strlen(bare) - 1] = '\0';
    if (!looks_like_host(bare, announced))
        return FALSE;
    if (g_str_has_prefix(bare, "www."))
        bare += strlen("www.");
    return !is_same_host(bare, host);
}

/* Whether all of @words are characters that normalising (NFKC) leaves alone, by themselves and
 * beside one another: ASCII, Japanese, and most of its punctuation. */
static gboolean
is_normal(const char *words)
{
    for (; *words != '\0'; words = g_utf8_next_char(words)) {
        gunichar c = g_utf8_get_char(words);

        if (c >= 0x80 && !mugai_text_is_japanese(c) && !(c >= 0x3001 && c <= 0x3029) &&
            c != 0x30FB && c != 0x30FC)
            return FALSE;
    }
    return TRUE;
}

/* Letters of full width and the like mapped to what they stand for. Newly allocated. */
static char *
fold(const char *words)
{
    g_autofree char *folded = NULL;
    GString *bare = NULL;

    if (g_str_is_ascii(words))
        return g_strdup(words);
    folded =
        is_normal(words) ? g_strdup(words) : g_utf8_normalize(words, -1, G_NORMALIZE_ALL_COMPOSE);
    bare = g_string_new(NULL);
    for (const char *at = folded; at != NULL && *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);

        if (c == 0x3002)
            g_string_append_c(bare, '.');
        else if (mugai_text_is_japanese(c) || g_unichar_type(c) != G_UNICODE_FORMAT)
            g_string_append_len(bare, at, g_utf8_next_char(at) - at);
    }
    return g_string_free(bare, FALSE);
}

gboolean
html_link_is_deceptive(const HtmlLink *link, const char *words)
{
    g_autofree char *folded = NULL;
    const char *at = NULL;

    if (link->host == NULL)
        return FALSE;
    at = folded = fold(words);
    while (*at != '\0') {
        const char *begin = at;
        gboolean announced = FALSE;

        while (is_host_character(*at))
            at++;
        announced = at > begin && ((begin - folded >= 3 && strncmp(begin - 3, "://", 3) == 0) ||
                                   (begin > folded && begin[-1] == '@'));
        if (at > begin && *at != '@' &&
            names_another(begin, (gsize)(at - begin), announced, link->host))
            return TRUE;
        while (*at != '\0' && !is_host_character(*at)) {
            if (*at == '/' && at > begin && at[1] != '/' && at[-1] != '/' && at[-1] != ':') {
                at += strcspn(at, " \n"); /* a path names no host */
                break;
            }
            at++;
        }
    }
    return FALSE;
}
