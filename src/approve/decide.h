/* decide.h - the only two ways to a MugaiApproved; for pool.c alone */
#pragma once

#include <mugai/approve.h>
#include <mugai/seal.h>

/* @candidate and @report as the worker gave them; with @key (may be NULL) it is sealed now. NULL if
 * the guard refuses it, it bears another id than @id, or a seal already: GUARD with rule and place.
 * Takes over *@report on success. */
MugaiApproved *mugai_approve_candidate(const MugaiSettings *settings, const MugaiSealKey *key,
                                       const MugaiId *id, GBytes *candidate, MugaiReport **report,
                                       GError **error);

/* The notice-only message, because of @why, sealed as any other. GUARD if the guard refuses that
 * too. */
MugaiApproved *mugai_approve_notice_only(const MugaiSettings *settings, const MugaiSealKey *key,
                                         const MugaiId *id, MugaiTime received, const GError *why,
                                         GError **error);
