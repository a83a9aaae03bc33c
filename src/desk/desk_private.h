/* desk_private.h - what the verbs of the desk share: writing down, complaining, originals */
#pragma once

#include <mugai/approve.h>
#include <mugai/desk.h>
#include <mugai/error.h>
#include <mugai/fd.h>
#include <mugai/time.h>
#include <unistd.h>

G_BEGIN_DECLS

/* --- verbs: each returns its exit status, or -1 with @error --- */

typedef int (*MugaiDeskVerb)(const MugaiDesk *desk, const MugaiRequest *request, GError **error);

int mugai_desk_fsck(const MugaiDesk *desk, const MugaiRequest *request, GError **error);
int mugai_desk_get(const MugaiDesk *desk, const MugaiRequest *request, GError **error);
int mugai_desk_delete(const MugaiDesk *desk, const MugaiRequest *request, GError **error);
int mugai_desk_hold(const MugaiDesk *desk, const MugaiRequest *request, GError **error);
int mugai_desk_keys(const MugaiDesk *desk, const MugaiRequest *request, GError **error);
int mugai_desk_list(const MugaiDesk *desk, const MugaiRequest *request, GError **error);
int mugai_desk_log(const MugaiDesk *desk, const MugaiRequest *request, GError **error);
int mugai_desk_purge(const MugaiDesk *desk, const MugaiRequest *request, GError **error);
int mugai_desk_release(const MugaiDesk *desk, const MugaiRequest *request, GError **error);
int mugai_desk_replay(const MugaiDesk *desk, const MugaiRequest *request, GError **error);
int mugai_desk_request(const MugaiDesk *desk, const MugaiRequest *request, GError **error);
int mugai_desk_approve(const MugaiDesk *desk, const MugaiRequest *request, GError **error);
int mugai_desk_withdraw(const MugaiDesk *desk, const MugaiRequest *request, GError **error);
int mugai_desk_show(const MugaiDesk *desk, const MugaiRequest *request, GError **error);
int mugai_desk_stats(const MugaiDesk *desk, const MugaiRequest *request, GError **error);
int mugai_desk_verify(const MugaiDesk *desk, const MugaiRequest *request, GError **error);

/* --- note.c --- */

/* An entry of the log of looks: the caller asks for @request. */
MugaiRecord *mugai_desk_record(const MugaiDesk *desk, const MugaiRequest *request);
/* Writes @record down: granted, or refused if @why, which is taken over, is not NULL. TRUE if it is
 * written down and granted; FALSE with @why, or with what keeps the log from being written: in both
 * cases nothing may be given out or done. */
gboolean mugai_desk_note(const MugaiDesk *desk, MugaiRecord *record, GError *why, GError **error);
/* Writes @record down as failed, it was granted and could not be done, and takes @failure over to
 * @error. */
void mugai_desk_note_failure(const MugaiDesk *desk, MugaiRecord *record, GError *failure,
                             GError **error);
/* Writes @records (of MugaiRecord) down at once. */
gboolean mugai_desk_append(const MugaiDesk *desk, const GPtrArray *records, GError **error);

/* --- desk.c --- */

/* Tells an answer of COMPLAINT. */
void mugai_desk_complain(const MugaiDesk *desk, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Sets @error to @status and the formatted text. FALSE. */
gboolean mugai_desk_refuse(GError **error, int status, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* --- originals.c --- */

/* The index for writing, if there is one; NULL otherwise, complained of if it is not just missing.
 */
MugaiIndex *mugai_desk_open_index(const MugaiDesk *desk, MugaiStore *store);
/* Reads the original to an unnamed file, and whether it is whole. @ret_size and @ret_sha256 may be
 * NULL. -1 with @error. */
int mugai_desk_fetch(MugaiOriginal *original, guint64 *ret_size, char **ret_sha256, GError **error);
/* Whether an original of @size and @sha256 is the one that the index knows as @request's id; TRUE
 * also where it knows none. MALFORMED. */
gboolean mugai_desk_check_known(const MugaiDesk *desk, MugaiStore *store,
                                const MugaiRequest *request, guint64 size, const char *sha256,
                                GError **error);
/* When @original was received. */
MugaiTime mugai_desk_received(const MugaiOriginal *original);
/* The text of @approved as a person reads it: UTF-8, line ends LF; newly allocated. */
char *mugai_desk_approved_text(const MugaiApproved *approved);

/* --- keys.c --- */

/* Unlocks @original if it is sealed and @request has its data key; TRUE also where there is nothing
 * to do it with. SEALED, MALFORMED. */
gboolean mugai_desk_unlock(MugaiOriginal *original, const MugaiRequest *request, GError **error);
/* Gives @index the data keys of @request that are its own. */
void mugai_desk_unlock_index(MugaiIndex *index, const MugaiRequest *request);

/* The index for reading, unlocked as far as @request can, and the look written down; NULL with
 * @error: then nothing may be told. Borrows from @ret_store, which outlives it. */
MugaiIndex *mugai_desk_look(const MugaiDesk *desk, const MugaiRequest *request,
                            MugaiStore **ret_store, GError **error);

/* --- roles.c --- */

/* Whether whoever has @desk's roles may ask for @request; who may, otherwise. */
gboolean mugai_desk_check_role(const MugaiDesk *desk, const MugaiRequest *request, GError **error);

G_END_DECLS
