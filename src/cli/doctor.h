/* doctor.h - looks at what mugaid stands on, and at mugaid itself */
#pragma once

#include <mugai/config.h>

/* Each adds to @findings what it looked at and how it is. */

/* Who owns store and keys, and who may read them. */
void mugai_doctor_check_rights(const MugaiConfig *config, GPtrArray *findings);
/* Whether originals and the index can be read. */
void mugai_doctor_check_store(const MugaiConfig *config, GPtrArray *findings);
void mugai_doctor_check_disk(const MugaiConfig *config, GPtrArray *findings);
void mugai_doctor_check_clock(GPtrArray *findings);
void mugai_doctor_check_kernel(GPtrArray *findings);
/* A message through a worker of our own, started as mugaid starts its own. */
void mugai_doctor_check_worker(const MugaiConfig *config, GPtrArray *findings);
/* Whether the running mugaid answers, and is locked. With @message: what becomes of one. */
void mugai_doctor_check_daemon(const MugaiConfig *config, gboolean message, GPtrArray *findings);
