/* address.c - mail addresses that people type, and patterns of them */
#include <mugai/address.h>

#include <string.h>

#define LOCAL "[A-Za-z0-9_+=~'&#][A-Za-z0-9_+=~'&#-]*(\\.[A-Za-z0-9_+=~'&#-]+)*"
#define LABEL "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
/* The last label begins with a letter: 192.0.2.1 is no domain. */
#define TOP "[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
#define DOMAIN "(" LABEL "\\.)+" TOP

/* RFC 5321 section 4.5.3.1: a path has 256 octets, two of them brackets. */
#define ADDRESS_OCTETS_MAX 254u
#define LOCAL_OCTETS_MAX 64u

static gboolean
fits(const char *text, const char *form)
{
    return strlen(text) <= ADDRESS_OCTETS_MAX &&
           g_regex_match_simple(form, text, G_REGEX_DOLLAR_ENDONLY, 0);
}

gboolean
mugai_address_is_plain(const char *text)
{
    return fits(text, "^" LOCAL "@" DOMAIN "$") && strcspn(text, "@") <= LOCAL_OCTETS_MAX;
}

gboolean
mugai_address_is_pattern(const char *text)
{
    return fits(text, "^((\\*|" LOCAL ")@)?(" DOMAIN "|\\*\\.(" LABEL "\\.)*" TOP ")$");
}

static gboolean
domain_matches(const char *domain, const char *pattern)
{
    gsize length = strlen(domain);
    gsize suffix = strlen(pattern) - 1; /* without "*" */

    if (pattern[0] != '*')
        return g_ascii_strcasecmp(domain, pattern) == 0;
    return length > suffix && g_ascii_strcasecmp(domain + length - suffix, pattern + 1) == 0;
}

gboolean
mugai_address_matches(const char *address, const char *pattern)
{
    gsize local = strcspn(address, "@");
    const char *at = strchr(pattern, '@');
    gsize wanted = at != NULL ? (gsize)(at - pattern) : 0;

    if (at != NULL && pattern[0] != '*' &&
        (wanted != local || g_ascii_strncasecmp(address, pattern, local) != 0))
        return FALSE;
    return domain_matches(address + local + 1, at != NULL ? at + 1 : pattern);
}

gboolean
mugai_address_matches_any(const char *address, char *const *patterns)
{
    for (; patterns != NULL && *patterns != NULL; patterns++) {
        if (mugai_address_matches(address, *patterns))
            return TRUE;
    }
    return FALSE;
}

gboolean
mugai_address_is_lgwan(const char *address)
{
    g_auto(GStrv) patterns = g_strsplit(MUGAI_ADDRESS_LGWAN, ",", -1);

    return mugai_address_matches_any(address, patterns);
}
