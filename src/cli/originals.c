/* originals.c - ids, originals and their reports, as the verbs need them */
#include "cli.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

char *
mugai_cli_say_reason(const MugaiRecord *record)
{
    if (record->reason == NULL)
        return NULL;
    return g_str_equal(record->verb, "purge") ? mugai_cli_say(record->reason)
                                              : g_strdup(record->reason);
}

gboolean
mugai_cli_read_id(const MugaiCommon *common, MugaiId *ret_id, GError **error)
{
    if (g_strv_length(common->arguments) != 1)
        return mugai_cli_misuse(error, _("one id is wanted"));
    return mugai_id_parse(common->arguments[0], ret_id, error);
}

GArray *
mugai_cli_read_ids(const MugaiCommon *common, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(MugaiId));

    if (common->arguments[0] == NULL) {
        mugai_cli_misuse(error, _("an id is wanted"));
        return NULL;
    }
    for (char **typed = common->arguments; *typed != NULL; typed++) {
        MugaiId id = {0};

        if (!mugai_id_parse(*typed, &id, error)) {
            g_prefix_error(error, "%s: ", *typed);
            return NULL;
        }
        g_array_append_val(ids, id);
    }
    return g_steal_pointer(&ids);
}

MugaiApproved *
mugai_cli_sanitize(const MugaiConfig *config, int original, const MugaiId *id, MugaiTime received,
                   const MugaiEnvelope *envelope, GError **error)
{
    g_autoptr(MugaiPool) pool = mugai_pool_new(config, error);

    return pool != NULL
               ? mugai_ticket_collect(mugai_pool_submit(pool, original, id, received, envelope),
                                      error)
               : NULL;
}

char *
mugai_cli_report_json(const MugaiApproved *approved, int original, const MugaiId *id,
                      MugaiTime received, const MugaiEnvelope *envelope, const char *state,
                      gboolean pretty, GError **error)
{
    g_autofree char *sha256 = NULL;
    gsize output_size = 0;
    MugaiFacts facts = {
        .id = id->text,
        .received = received.seconds,
        .offset = received.offset,
        .output_sha256 = mugai_approved_sha256(approved),
    };

    if (!mugai_cli_digest(original, &facts.original_size, &sha256, error))
        return NULL;
    mugai_approved_octets(approved, &output_size);
    facts.output_size = output_size;
    facts.original_sha256 = sha256;
    return mugai_report_to_json(mugai_approved_report(approved), &facts, envelope, state, pretty);
}

gboolean
mugai_cli_write_report(const char *path, const MugaiApproved *approved, int original,
                       const MugaiId *id, MugaiTime received, GError **error)
{
    g_autofree char *json =
        mugai_cli_report_json(approved, original, id, received, NULL, NULL, TRUE, error);
    g_auto(MugaiFd) file = -1;

    if (json == NULL)
        return FALSE;
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0)
        return mugai_cli_fail(error, EX_CANTCREAT, "%s", path);
    return (mugai_cli_write(file, json, strlen(json)) && mugai_cli_write(file, "\n", 1)) ||
           mugai_cli_fail(error, EX_IOERR, "%s", path);
}
