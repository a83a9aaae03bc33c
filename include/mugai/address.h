/* address.h - mail addresses that people type, and patterns of them: the few forms that mean the
 * same to everybody */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Whether @text is LOCAL@DOMAIN: a dot-atom (RFC 5321 section 4.1.2) of letters, digits and
 * _+=~'&#- only, for mail servers read "%", "!" and quotes as routes; a domain of two LDH labels at
 * least, no literal. Nothing of SMTP can be smuggled in it. */
gboolean mugai_address_is_plain(const char *text);

/* Whether @text is a pattern: LOCAL@DOMAIN, *@DOMAIN or DOMAIN alone; DOMAIN may begin with "*.",
 * which stands for one label or more. */
gboolean mugai_address_is_pattern(const char *text);

/* Whether @address, which is plain, is one of @pattern, which is one; case does not matter. */
gboolean mugai_address_matches(const char *address, const char *pattern);
/* The same for one of @patterns, NULL-terminated; NULL matches nothing. */
gboolean mugai_address_matches_any(const char *address, char *const *patterns);

/* Patterns of the domains of the LGWAN side, with commas between, and whether @address, which is
 * plain, is one of them. */
#define MUGAI_ADDRESS_LGWAN "lg.jp,*.lg.jp,lgwan.jp,*.lgwan.jp"
gboolean mugai_address_is_lgwan(const char *address);

G_END_DECLS
