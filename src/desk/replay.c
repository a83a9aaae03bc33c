/*
 * replay.c - what would come out differently under another configuration: stored originals are
 * sanitized again under the present one and under the new one, and compared
 *
 * Both are sanitized now, by the workers that the two configurations name, so that nothing but the
 * configurations differs (I5); nothing is changed and nothing goes out.
 *
 * Trust: the other configuration comes from the caller. Who may not open the store has no program
 * run for him, and no file read, that the present configuration does not name.
 */
#include "desk_private.h"

#include <string.h>
#include <sysexits.h>

typedef struct {
    const MugaiDesk *desk;
    const MugaiRequest *request;
    gint64 since, until; /* until is exclusive */
    MugaiStore *store;
    MugaiPool *present, *planned;
    guint compared, different, failed;
} Replay;

/* --- one message --- */

/* Both outcomes; FALSE with @error where one cannot be had. */
static gboolean
sanitize_both(const Replay *replay, MugaiOriginal *original, const MugaiId *id,
              MugaiApproved **ret_before, MugaiApproved **ret_after, GError **error)
{
    MugaiTime received = mugai_desk_received(original);
    const MugaiEnvelope *envelope = mugai_original_envelope(original);
    g_auto(MugaiFd) octets = mugai_desk_fetch(original, NULL, NULL, error);
    g_autoptr(MugaiApproved) before = NULL;
    g_autoptr(MugaiApproved) after = NULL;
    MugaiTicket *first = NULL;
    MugaiTicket *second = NULL;

    if (octets < 0)
        return FALSE;
    first = mugai_pool_submit(replay->present, octets, id, received, envelope);
    second = mugai_pool_submit(replay->planned, octets, id, received, envelope);
    before = mugai_ticket_collect(first, error);
    if (before == NULL) {
        mugai_ticket_cancel(second);
        return FALSE;
    }
    after = mugai_ticket_collect(second, error);
    if (after == NULL)
        return FALSE;
    *ret_before = g_steal_pointer(&before);
    *ret_after = g_steal_pointer(&after);
    return TRUE;
}

static gboolean
is_same(const MugaiApproved *before, const MugaiApproved *after)
{
    return g_str_equal(mugai_approved_sha256(before), mugai_approved_sha256(after));
}

/* @text is taken over by nobody. */
static MugaiSide
side_of(const MugaiApproved *approved, char *text)
{
    MugaiSide side = {
        .sha256 = (char *)mugai_approved_sha256(approved),
        .failure = (char *)mugai_approved_failure(approved),
        .text = text,
    };

    for (guint i = 0; i < MUGAI_DISPOSITIONS; i++)
        side.counts[i] = mugai_report_count(mugai_approved_report(approved), (MugaiDisposition)i);
    return side;
}

/* FALSE: nobody listens any more. */
static gboolean
tell_difference(const Replay *replay, const MugaiId *id, const MugaiApproved *before,
                const MugaiApproved *after)
{
    gboolean diff = replay->request->diff;
    g_autofree char *first = diff ? mugai_desk_approved_text(before) : NULL;
    g_autofree char *second = diff ? mugai_desk_approved_text(after) : NULL;
    const MugaiAnswer answer = {
        .kind = MUGAI_ANSWER_DIFFERENCE,
        .id = *id,
        .before = side_of(before, first),
        .after = side_of(after, second),
    };

    return replay->desk->tell(&answer, replay->desk->data);
}

/* --- all of them --- */

static gboolean
is_in_range(const Replay *replay, const MugaiOriginal *original)
{
    gint64 received = mugai_original_envelope(original)->received;

    return received >= replay->since && received < replay->until;
}

static gboolean
replay_one(Replay *replay, const MugaiId *id, gboolean *ret_heard, GError **error)
{
    g_autoptr(MugaiOriginal) original = mugai_store_read(replay->store, id, error);
    g_autoptr(MugaiApproved) before = NULL;
    g_autoptr(MugaiApproved) after = NULL;

    if (original == NULL)
        return FALSE;
    if (!is_in_range(replay, original))
        return TRUE;
    if (!sanitize_both(replay, original, id, &before, &after, error))
        return FALSE;
    replay->compared++;
    if (is_same(before, after))
        return TRUE;
    replay->different++;
    *ret_heard = tell_difference(replay, id, before, after);
    return TRUE;
}

static gboolean
visit(const MugaiId *id, gpointer data)
{
    Replay *replay = data;
    guint limit = replay->request->limit;
    gboolean heard = TRUE;
    g_autoptr(GError) error = NULL;

    /* What was purged meanwhile is nobody's concern. */
    if (!replay_one(replay, id, &heard, &error) &&
        !g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND)) {
        mugai_desk_complain(replay->desk, "%s: %s", id->text, error->message);
        replay->failed++;
    }
    return heard && (limit == 0 || replay->compared < limit);
}

static int
finish(const Replay *replay)
{
    const MugaiAnswer summary = {
        .kind = MUGAI_ANSWER_REPLAY,
        .objects = replay->compared,
        .findings = replay->different,
        .failed = replay->failed,
    };

    replay->desk->tell(&summary, replay->desk->data);
    if (replay->different > 0)
        return 1;
    return replay->failed > 0 ? EX_DATAERR : EX_OK;
}

/* --- the other configuration --- */

/* Whether what the text says under @key, if anything, is what is configured now. */
static gboolean
names_the_same(const MugaiRequest *request, const char *group, const char *key, const char *present,
               GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *value = NULL;

    if (g_key_file_load_from_data(file, request->config_text, strlen(request->config_text),
                                  G_KEY_FILE_KEEP_TRANSLATIONS, NULL))
        value = g_key_file_get_string(file, group, key, NULL);
    if (value == NULL || g_strcmp0(g_strstrip(value), present) == 0)
        return TRUE;
    return mugai_desk_refuse(error, EX_NOPERM,
                             "[%s] %s is another one than now: only root tries that out", group,
                             key);
}

/* Refused before it is read: reading it reads the files that it names. */
static gboolean
check_names(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    return desk->direct ||
           (names_the_same(request, "worker", "program", desk->config->worker_program, error) &&
            names_the_same(request, "sanitize", "notices", desk->config->notices, error));
}

/* Exit status, or -1 with @error. */
static int
replay_all(const MugaiDesk *desk, const MugaiRequest *request, const MugaiConfig *planned,
           GError **error)
{
    GError *why = NULL;
    g_autoptr(MugaiStore) store = mugai_store_open(desk->config, &why);
    g_autoptr(MugaiPool) present_pool = store != NULL ? mugai_pool_new(desk->config, &why) : NULL;
    g_autoptr(MugaiPool) planned_pool = present_pool != NULL ? mugai_pool_new(planned, &why) : NULL;
    g_autoptr(MugaiRecord) record = mugai_desk_record(desk, request);
    Replay replay = {
        .desk = desk,
        .request = request,
        .since = request->since,
        .until = request->until != 0 ? request->until : G_MAXINT64,
        .store = store,
        .present = present_pool,
        .planned = planned_pool,
    };

    if (store != NULL && request->vault_key != NULL)
        mugai_store_use_key(store, request->vault_key);
    record->sha256 = g_strdup(planned->sha256);
    if (!mugai_desk_note(desk, record, why, error) ||
        !mugai_store_visit(store, replay.since, replay.until, visit, &replay, error))
        return -1;
    return finish(&replay);
}

int
mugai_desk_replay(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    GError *why = NULL;
    g_autoptr(MugaiConfig) planned = NULL;

    if (!check_names(desk, request, &why)) {
        g_autoptr(MugaiRecord) record = mugai_desk_record(desk, request);

        mugai_desk_note(desk, record, why, error);
        return -1;
    }
    planned = mugai_config_read(request->config_name, request->config_text, error);
    if (planned == NULL)
        return -1;
    g_clear_pointer(&planned->seal_key, g_free);
    return replay_all(desk, request, planned, error);
}
