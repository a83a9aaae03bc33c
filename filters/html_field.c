/* html_field.c - images and the fields of forms, named in brackets
 *
 * Trust: values and labels are hostile; what begins with "[" is no promise that mugai wrote it.
 */
#include "html_field.h"

#include <string.h>

/* A label or value longer than this is cut. */
#define TEXT_CHARACTERS_MAX 2000u

static const HtmlWords languages[] = {
    {"ja", "画像", "入力欄", "パスワード欄", "ファイル選択", "ボタン", "送信", "リセット", "選択",
     "・", "※表示と異なるリンク先: ", "", "※表示と異なるリンク先"},
    {"en", "image", "input", "password", "file", "button", "Submit", "Reset", "choice", "* ",
     "[link goes to: ", "]", "[link goes elsewhere]"},
};

const HtmlWords *
html_field_words(const char *language)
{
    for (gsize i = 0; i < G_N_ELEMENTS(languages); i++) {
        if (g_strcmp0(language, languages[i].language) == 0)
            return &languages[i];
    }
    return &languages[0];
}

int
html_field_number(const char *text, int otherwise)
{
    char *end = NULL;
    gint64 number = text != NULL ? g_ascii_strtoll(text, &end, 10) : 0;

    return text == NULL || end == text ? otherwise : (int)CLAMP(number, -1000000, 1000000);
}

void
html_field_put(HtmlFlow *flow, const char *name, const char *text)
{
    g_autofree char *line =
        text != NULL ? mugai_text_clean_line(text, -1, TEXT_CHARACTERS_MAX) : NULL;
    g_autofree char *word = NULL;

    if (line != NULL)
        g_strstrip(line);
    word = line != NULL && line[0] != '\0' ? g_strdup_printf("[%s: %s]", name, line)
                                           : g_strdup_printf("[%s]", name);
    html_flow_word(flow, word, TRUE);
}

const char *
html_field_or(const char *text, const char *otherwise)
{
    return text != NULL && text[0] != '\0' ? text : otherwise;
}

void
html_field_put_input(HtmlFlow *flow, const HtmlWords *words, const HtmlAttributes *attributes)
{
    const char *value = attributes->value[HTML_ATTRIBUTE_VALUE];
    const char *type = attributes->value[HTML_ATTRIBUTE_TYPE];
    gboolean checked = attributes->value[HTML_ATTRIBUTE_CHECKED] != NULL;

    type = type != NULL ? type : "text";
    if (g_ascii_strcasecmp(type, "hidden") == 0)
        return;
    if (g_ascii_strcasecmp(type, "checkbox") == 0)
        html_flow_word(flow, checked ? "[x]" : "[ ]", TRUE);
    else if (g_ascii_strcasecmp(type, "radio") == 0)
        html_flow_word(flow, checked ? "(x)" : "( )", TRUE);
    else if (g_ascii_strcasecmp(type, "submit") == 0)
        html_field_put(flow, words->button, html_field_or(value, words->submit));
    else if (g_ascii_strcasecmp(type, "reset") == 0)
        html_field_put(flow, words->button, html_field_or(value, words->reset));
    else if (g_ascii_strcasecmp(type, "button") == 0)
        html_field_put(flow, words->button, value);
    else if (g_ascii_strcasecmp(type, "image") == 0)
        html_field_put(flow, words->button,
                       html_field_or(attributes->value[HTML_ATTRIBUTE_ALT], words->submit));
    else if (g_ascii_strcasecmp(type, "file") == 0)
        html_field_put(flow, words->file, NULL);
    else if (g_ascii_strcasecmp(type, "password") == 0)
        html_field_put(flow, words->password, attributes->value[HTML_ATTRIBUTE_PLACEHOLDER]);
    else
        html_field_put(flow, words->input,
                       html_field_or(value, attributes->value[HTML_ATTRIBUTE_PLACEHOLDER]));
}
