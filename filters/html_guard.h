/* html_guard.h - hostile HTML rebuilt as markup that libxml2 reads as a browser would, in linear
 * time */
#pragma once

#include <glib.h>

typedef struct HtmlGuard HtmlGuard;

/* @utf8: valid UTF-8, hostile, stays with the caller and must outlive the guard. */
HtmlGuard *html_guard_new(const char *utf8, gsize length);
void html_guard_free(HtmlGuard *guard);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtmlGuard, html_guard_free)

/* An xmlInputReadCallback: the next octets of the rebuilt markup, at most @length; 0 at the end. */
int html_guard_read(void *guard, char *buffer, int length);

/* The element name of all tags in rebuilt markup; the first attribute, HTML_GUARD_NAME, holds the
 * true one, with '/' before it in an end tag. */
#define HTML_GUARD_TAG "br"
#define HTML_GUARD_NAME "n"
/* The attribute that marks <name/>. */
#define HTML_GUARD_CLOSED "closed"
