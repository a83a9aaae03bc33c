/* options.c - what people type after a verb: options, configuration, moments */
#include "cli.h"

#include <errno.h>
#include <mugai/text.h>
#include <mugai/time.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#define COMPLAINT_CHARACTERS_MAX 5000u
#define USAGE_STATUS 2

gboolean
mugai_cli_fail(GError **error, int status, const char *format, ...)
{
    int saved_errno = errno;
    g_autofree char *why = mugai_cli_say(g_strerror(saved_errno));
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, MUGAI_CLI_ERROR, status, _("%s: %s"), text, why);
    return FALSE;
}

gboolean
mugai_cli_misuse(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (error != NULL)
        *error = g_error_new_valist(MUGAI_CLI_ERROR, USAGE_STATUS, format, arguments);
    va_end(arguments);
    return FALSE;
}

void
mugai_cli_complain(const char *format, ...)
{
    g_autofree char *text = NULL;
    g_autofree char *line = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    line = mugai_text_clean_line(text, -1, COMPLAINT_CHARACTERS_MAX);
    fprintf(stderr, "mugai: %s\n", line);
}

void
mugai_cli_complain_of(const char *name, const char *why)
{
    g_autofree char *said = mugai_cli_say(why);

    mugai_cli_complain(_("%s: %s"), name, said);
}

void
mugai_common_clear(MugaiCommon *common)
{
    g_free(common->config_path);
    g_strfreev(common->arguments);
    g_clear_pointer(&common->words, g_ptr_array_unref);
    g_free(common->private_key);
    g_free(common->passphrase_file);
    g_clear_pointer(&common->key, mugai_vault_key_free);
    g_clear_pointer(&common->data_keys, g_ptr_array_unref);
}

/* What --help says of each option, in the language; names of values are names. */
static void
add_entries(GOptionContext *context, const GOptionEntry *entries)
{
    for (; entries->long_name != NULL; entries++) {
        GOptionEntry one[] = {*entries, {NULL}};

        if (one->description != NULL)
            one->description = _(one->description);
        g_option_context_add_main_entries(context, one, NULL);
    }
}

/* GLib's own words are in no catalogue of ours, and GLib's is not on every host. */
static void
print_help(GOptionContext *context)
{
    static const char *const words[][2] = {
        {"Usage:", N_("Usage:")},
        {"Options:", N_("Options:")},
    };
    g_autofree char *help = g_option_context_get_help(context, TRUE, NULL);
    g_autoptr(GString) text = g_string_new(help);

    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        g_string_replace(text, words[i][0], _(words[i][1]), 1);
    fputs(text->str, stdout);
}

gboolean
mugai_cli_parse(MugaiCommon *common, const GOptionEntry *entries, const char *usage,
                const char *description, int argc, char **argv, GError **error)
{
    gboolean help = FALSE;
    g_autofree char *config_help =
        g_strdup_printf(_("Read FILE (default %s)"), MUGAI_CONFIG_DEFAULT_FILE);
    const GOptionEntry common_entries[] = {
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &common->config_path, config_help, "FILE"},
        {"help", 'h', 0, G_OPTION_ARG_NONE, &help, N_("Show this help"), NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &common->arguments, NULL, usage},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autofree char *name = g_strdup_printf("mugai %s", argv[0]);
    g_autoptr(GError) local = NULL;

    common->words = g_ptr_array_new_with_free_func(g_free);
    for (int i = 1; i < argc; i++)
        g_ptr_array_add(common->words, g_strdup(argv[i]));
    g_set_prgname(name);
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_set_summary(context, _(description));
    add_entries(context, entries);
    add_entries(context, common_entries);
    if (!g_option_context_parse(context, &argc, &argv, &local)) {
        g_autofree char *why = mugai_cli_say(local->message);

        return mugai_cli_misuse(error, _("%s (see %s --help)"), why, name);
    }
    if (help) {
        print_help(context);
        exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EX_IOERR);
    }
    if (common->arguments == NULL)
        common->arguments = g_new0(char *, 1);
    return TRUE;
}

MugaiConfig *
mugai_cli_load_whole_config(const MugaiCommon *common, GError **error)
{
    struct stat status;

    if (common->config_path != NULL)
        return mugai_config_load(common->config_path, error);
    if (stat(MUGAI_CONFIG_DEFAULT_FILE, &status) != 0 && errno == ENOENT)
        return mugai_config_new();
    return mugai_config_load(MUGAI_CONFIG_DEFAULT_FILE, error);
}

MugaiConfig *
mugai_cli_load_config(const MugaiCommon *common, GError **error)
{
    g_autoptr(MugaiConfig) config = mugai_cli_load_whole_config(common, error);

    /* mugaid and the digest alone seal: nothing that a person has in hand is signed. */
    if (config != NULL)
        g_clear_pointer(&config->seal_key, g_free);
    return g_steal_pointer(&config);
}

/* --- moments --- */

/* Midnight of the day @days after today. */
static GDateTime *
midnight(int days)
{
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;

    return g_date_time_new_from_unix_local(mugai_time_midnight(now, days));
}

/* "-2h": so long ago; NULL if @typed is none. */
static GDateTime *
ago(const char *typed)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    char *end = NULL;
    gint64 number = g_ascii_strtoll(typed, &end, 10);

    if (typed[0] != '-' || !g_ascii_isdigit(typed[1]) || number < -1000000 || strlen(end) != 1)
        return NULL;
    switch (*end) {
    case 'm':
        return g_date_time_add_minutes(now, (int)number);
    case 'h':
        return g_date_time_add_hours(now, (int)number);
    case 'd':
        return g_date_time_add_days(now, (int)number);
    default:
        return NULL;
    }
}

/* A date, a date and minutes, or all of ISO 8601; local where it has no zone. */
static GDateTime *
read_iso(const char *typed)
{
    g_autoptr(GTimeZone) local = g_time_zone_new_local();
    const char *missing = "";
    g_autofree char *whole = NULL;

    if (strlen(typed) == strlen("YYYY-MM-DD"))
        missing = "T00:00:00";
    else if (strlen(typed) == strlen("YYYY-MM-DDTHH:MM") && typed[13] == ':')
        missing = ":00";
    whole = g_strconcat(typed, missing, NULL);
    return g_date_time_new_from_iso8601(whole, local);
}

gboolean
mugai_cli_parse_moment(const char *typed, gint64 *ret_seconds, GError **error)
{
    g_autoptr(GDateTime) moment = NULL;

    if (g_str_equal(typed, "today"))
        moment = midnight(0);
    else if (g_str_equal(typed, "yesterday"))
        moment = midnight(-1);
    else if (typed[0] == '-')
        moment = ago(typed);
    else
        moment = read_iso(typed);
    if (moment == NULL)
        return mugai_cli_misuse(
            error,
            _("\"%s\" is no time: write 2026-11-20, \"2026-11-20 10:00\", today, yesterday, -2h, "
              "-30m or -7d"),
            typed);
    *ret_seconds = g_date_time_to_unix(moment);
    return TRUE;
}

/* Offsets of mugai are whole minutes. */
static MugaiTime
time_of(GDateTime *moment)
{
    gint32 offset = (gint32)(g_date_time_get_utc_offset(moment) / G_TIME_SPAN_MINUTE) * 60;

    return (MugaiTime){.seconds = g_date_time_to_unix(moment), .offset = offset};
}

MugaiTime
mugai_cli_local_time(gint64 seconds)
{
    return mugai_time_local(CLAMP(seconds, 0, MUGAI_TIME_SECONDS_MAX));
}

/* "@1795168815" */
static gboolean
read_unix_seconds(const char *typed, MugaiTime *ret_time)
{
    char *end = NULL;
    gint64 seconds = 0;

    if (typed[0] != '@' || !g_ascii_isdigit(typed[1]))
        return FALSE;
    seconds = g_ascii_strtoll(typed + 1, &end, 10);
    if (*end != '\0' || seconds > MUGAI_TIME_SECONDS_MAX)
        return FALSE;
    *ret_time = mugai_cli_local_time(seconds);
    return TRUE;
}

gboolean
mugai_cli_parse_received(const char *typed, MugaiTime *ret_time, GError **error)
{
    g_autoptr(GDateTime) moment = NULL;

    if (typed == NULL) {
        *ret_time = mugai_cli_local_time(g_get_real_time() / G_USEC_PER_SEC);
        return TRUE;
    }
    if (read_unix_seconds(typed, ret_time))
        return TRUE;
    moment = g_date_time_new_from_iso8601(typed, NULL);
    if (moment == NULL || g_date_time_to_unix(moment) < 0 ||
        g_date_time_to_unix(moment) > MUGAI_TIME_SECONDS_MAX)
        return mugai_cli_misuse(
            error, _("\"%s\" is no time: write 2026-11-20T10:00:00+09:00 or @ and unix seconds"),
            typed);
    *ret_time = time_of(moment);
    return TRUE;
}
