/*
 * ask.c - asks the desk: in this process, or mugai-stored
 *
 * Invariants: 1. who is asked hangs on who the caller is and whose the store is, not on what
 *                succeeds: nobody who is refused here is served there, or the other way round.
 */
#include "cli.h"

#include <string.h>
#include <sys/stat.h>

#define REASON_OCTETS_MAX 4000u

gboolean
mugai_cli_check_reason(const char *reason, GError **error)
{
    g_autofree char *stripped = g_strstrip(g_strdup(reason != NULL ? reason : ""));

    if (stripped[0] == '\0')
        return mugai_cli_misuse(error, "--reason TEXT is wanted: it stands in the log");
    if (strlen(stripped) > REASON_OCTETS_MAX)
        return mugai_cli_misuse(error, "--reason is longer than %u octets", REASON_OCTETS_MAX);
    return TRUE;
}

typedef struct {
    MugaiDeskTell tell;
    gpointer data;
} Listener;

static gboolean
hear(const MugaiAnswer *answer, gpointer data)
{
    const Listener *listener = data;

    if (answer->kind != MUGAI_ANSWER_COMPLAINT)
        return listener->tell(answer, listener->data);
    mugai_cli_complain("%s", answer->text);
    return TRUE;
}

static int
ask_here(const MugaiConfig *config, const MugaiRequest *request, Listener *listener, GError **error)
{
    g_autoptr(MugaiActor) actor = mugai_actor_self("mugai");
    const MugaiDesk desk = {
        .config = config, .actor = actor, .direct = TRUE, .tell = hear, .data = listener};

    return mugai_desk_serve(&desk, request, error);
}

int
mugai_cli_ask(const MugaiConfig *config, const MugaiRequest *request, MugaiDeskTell tell,
              gpointer data, GError **error)
{
    Listener listener = {tell, data};

    return ask_here(config, request, &listener, error);
}
