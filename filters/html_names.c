/* html_names.c - the elements of HTML that change what is shown: a table and its search */
#include "html_names.h"

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
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (guchar)c;
}

/* Asked several times for each tag: one walk over both, without a call. */
static int
compare(const char *name, gsize length, const char *known)
{
    for (gsize i = 0; i < length; i++) {
        if (lower(name[i]) != known[i])
            return lower(name[i]) - known[i];
        /* A name with a NUL in it is longer. */
        if (known[i] == '\0')
            return 1;
    }
    return known[length] == '\0' ? 0 : -1;
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
