/*
 * findings.c - what was looked at, and how it is: a line each
 *
 * Trust: texts hold what other programs said; they are quoted here, once.
 */
#include "findings.h"

#include "cli.h"

#include <mugai/text.h>

#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>

#define TEXT_CHARACTERS_MAX 1000u
#define FOUND_COLUMNS 5u
#define WHAT_COLUMNS 14u

typedef struct {
    MugaiFound found;
    const char *what;
    char *text;
} Finding;

static const char *const names[] = {[MUGAI_FOUND_WRONG] = N_("wrong"),
                                    [MUGAI_FOUND_NOTE] = N_("note"),
                                    [MUGAI_FOUND_OK] = N_("ok")};

static void
finding_free(gpointer data)
{
    Finding *finding = data;

    g_free(finding->text);
    g_free(finding);
}

GPtrArray *
mugai_findings_new(void)
{
    return g_ptr_array_new_with_free_func(finding_free);
}

void
mugai_findings_add(GPtrArray *findings, MugaiFound found, const char *what, const char *format, ...)
{
    Finding *finding = g_new0(Finding, 1);
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    finding->found = found;
    finding->what = what;
    finding->text = mugai_text_clean_line(text, -1, TEXT_CHARACTERS_MAX);
    g_ptr_array_add(findings, finding);
}

void
mugai_findings_add_error(GPtrArray *findings, const char *what, const GError *error)
{
    g_autofree char *text = mugai_cli_explain(error);

    mugai_findings_add(findings, MUGAI_FOUND_WRONG, what, "%s", text);
}

gboolean
mugai_findings_have_wrong(const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const Finding *finding = findings->pdata[i];

        if (finding->found == MUGAI_FOUND_WRONG)
            return TRUE;
    }
    return FALSE;
}

static void
print_json(const Finding *finding)
{
    g_autofree char *text = mugai_cli_json_string(finding->text);

    printf("{\"what\":\"%s\",\"found\":\"%s\",\"text\":%s}\n", finding->what, names[finding->found],
           text);
}

static void
print_line(const Finding *finding)
{
    gboolean colour = finding->found != MUGAI_FOUND_OK && mugai_cli_wants_colour();
    const char *begin = finding->found == MUGAI_FOUND_WRONG ? MUGAI_CLI_RED : MUGAI_CLI_YELLOW;

    g_autofree char *found = mugai_cli_fit(_(names[finding->found]), FOUND_COLUMNS);
    g_autofree char *what = mugai_cli_fit(_(finding->what), WHAT_COLUMNS);

    printf("%s%s%s  %s %s\n", colour ? begin : "", found, colour ? MUGAI_CLI_PLAIN : "", what,
           finding->text);
}

int
mugai_findings_print(const GPtrArray *findings, gboolean json)
{
    for (guint i = 0; i < findings->len; i++) {
        if (json)
            print_json(findings->pdata[i]);
        else
            print_line(findings->pdata[i]);
    }
    return mugai_findings_have_wrong(findings) ? 1 : EX_OK;
}
