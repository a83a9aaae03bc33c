/* doctor.h - looks at what mugaid stands on, and at mugaid itself */
#pragma once

#include <mugai/config.h>
#include <mugai/sandbox.h>

/* Each adds to @findings what it looked at and how it is. */

/* Who owns store and keys, and who may read them. */
void mugai_doctor_check_rights(const MugaiConfig *config, GPtrArray *findings);
/* Whether the index can be read, and the newest original by mugaid's user. */
void mugai_doctor_check_store(const MugaiConfig *config, GPtrArray *findings);
void mugai_doctor_check_disk(const MugaiConfig *config, GPtrArray *findings);
/* FALSE: it is wrong, and what is kept now would bear a wrong time. */
gboolean mugai_doctor_check_clock(const MugaiConfig *config, GPtrArray *findings);
void mugai_doctor_check_kernel(GPtrArray *findings);
/* A message through a worker of our own, started as mugaid starts its own. */
void mugai_doctor_check_worker(const MugaiConfig *config, GPtrArray *findings);
/* Whether the running mugaid answers, and is locked. With @message: what becomes of one. FALSE: it
 * does not answer. */
gboolean mugai_doctor_check_daemon(const MugaiConfig *config, gboolean message,
                                   GPtrArray *findings);
/* Whether the user of the Postfix whose main.cf is in @directory (NULL: its own default) gets at
 * mugaid's socket. */
void mugai_doctor_check_reach(const MugaiConfig *config, const char *directory,
                              GPtrArray *findings);
/* Whether somebody is at the sockets that mail can do without. */
void mugai_doctor_check_sockets(const MugaiConfig *config, GPtrArray *findings);

/* --- doctor_user.c --- */

/* Something to be tried; @ret_text: what there is to say if it went well, newly allocated. */
typedef gboolean (*MugaiDoctorAttempt)(gconstpointer data, char **ret_text, GError **error);
/* Tries it as @user, in a process of its own. Who may not become other users cannot. */
gboolean mugai_doctor_try_as(const MugaiUser *user, MugaiDoctorAttempt attempt, gconstpointer data,
                             char **ret_text, GError **error);
