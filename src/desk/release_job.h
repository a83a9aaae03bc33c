/* release_job.h - a release, in the two steps between which it is written down */
#pragma once

#include "desk_private.h"

G_BEGIN_DECLS

/* What is to go to whom. */
typedef struct {
    const MugaiDesk *desk;
    const MugaiRequest *request; /* borrowed, as are the addresses; whose data keys there are */
    const MugaiId *id;
    const GPtrArray *addresses; /* of char* */
    gboolean again;             /* also to whom it was released before */
    MugaiStore *store;
    GPtrArray *recipients; /* of MugaiReleaseRecipient, the same in the same order */
} MugaiReleaseJob;

/* SYSTEM without the store. */
MugaiReleaseJob *mugai_release_job_new(const MugaiDesk *desk, const MugaiRequest *request,
                                       const GPtrArray *addresses, gboolean again, GError **error);
void mugai_release_job_free(MugaiReleaseJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiReleaseJob, mugai_release_job_free)

/* The original, if all may get it, and its size and SHA-256 in @record; -1 with @error. */
int mugai_release_job_fetch(const MugaiReleaseJob *job, MugaiRecord *record, GError **error);
/* Sends it, when @record is written down, and tells what came of it. Exit status, or -1 with
 * @error: nothing was sent. */
int mugai_release_job_send(const MugaiReleaseJob *job, MugaiRecord *record, int octets,
                           GError **error);

G_END_DECLS
