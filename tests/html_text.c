/* html_text.c - reads HTML (UTF-8) on standard input, writes the text of it, for
 * tests/bench/html_browser.py
 *
 * html_text [ja|en] [keep|remove]
 */
#include <mugai/filter.h>
#include <stdio.h>
#include <string.h>

static GString *
read_all(FILE *file)
{
    GString *all = g_string_new(NULL);
    char buffer[65536];
    size_t length = 0;

    while ((length = fread(buffer, 1, sizeof buffer, file)) > 0)
        g_string_append_len(all, buffer, (gssize)length);
    return all;
}

int
main(int argc, char **argv)
{
    const char *language = argc > 1 ? argv[1] : "ja";
    g_autoptr(MugaiSettings) settings = mugai_settings_new(language);
    g_autoptr(GString) input = read_all(stdin);
    g_autofree char *utf8 = g_utf8_make_valid(input->str, (gssize)input->len);
    g_autoptr(MugaiText) text = mugai_text_new(64u * 1024u * 1024u);
    MugaiFilterNotes notes = {0};

    settings->links =
        argc > 2 && strcmp(argv[2], "remove") == 0 ? MUGAI_LINKS_REMOVE : MUGAI_LINKS_KEEP;
    mugai_filter_html(utf8, strlen(utf8), settings, text, &notes);
    fwrite(mugai_text_string(text), 1, mugai_text_length(text), stdout);
    fprintf(stderr, "hidden %" G_GSIZE_FORMAT ", deceptive %" G_GSIZE_FORMAT "%s\n",
            notes.hidden_characters, notes.deceptive_links, notes.unreadable ? ", unreadable" : "");
    return 0;
}
