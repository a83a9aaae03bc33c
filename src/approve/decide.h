/* decide.h - the only two ways to a MugaiApproved; for pool.c alone */
#pragma once

#include <mugai/approve.h>

/* @candidate and @report as the worker gave them. NULL if the guard refuses it or it bears another
 * id than @id: GUARD with rule and place. Takes over *@report on success. */
MugaiApproved *mugai_approve_candidate(const MugaiSettings *settings, const MugaiId *id,
                                       GBytes *candidate, MugaiReport **report, GError **error);

/* The notice-only message, because of @why. GUARD if the guard refuses that too. */
MugaiApproved *mugai_approve_notice_only(const MugaiSettings *settings, const MugaiId *id,
                                         MugaiTime received, const GError *why, GError **error);
