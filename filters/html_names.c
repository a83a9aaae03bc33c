/* html_names.c - the elements of HTML that change what is shown: a table and its search */
#include "html_names.h"

#include <string.h>

typedef struct {
    const char *name;
    guint traits;
} Element;

static const Element elements[HTML_ELEMENT_COUNT] = {{"unknown", 0},
#define X(code, text, flags) {text, flags},
                                                     HTML_ELEMENTS(X)
#undef X
};

static int
compare(const char *name, gsize length, const char *known)
{
    int order = g_ascii_strncasecmp(name, known, length);
    gsize known_length = strlen(known);

    /* A name with a NUL in it compares equal up to there, and is longer. */
    return order != 0 ? order : (int)(length > known_length) - (int)(length < known_length);
}

HtmlElement
html_element(const char *name, gsize length)
{
    guint low = 1;
    guint high = HTML_ELEMENT_COUNT;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        int order = compare(name, length, elements[middle].name);

        if (order == 0)
            return (HtmlElement)middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return HTML_UNKNOWN;
}

const char *
html_element_name(HtmlElement element)
{
    return elements[element].name;
}

guint
html_element_traits(HtmlElement element)
{
    return elements[element].traits;
}
