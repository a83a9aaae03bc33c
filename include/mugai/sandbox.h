/* sandbox.h - gives up what a process will not need again */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* For a process that is about to meet hostile octets: no core dump, undumpable, no new privileges, limits on CPU
 * @seconds, address space @memory_mib, file size @file_octets, no further processes, @descriptors open files at most.
 * SYSTEM if any of them cannot be had: then do not go on. */
gboolean mugai_sandbox_limit(guint seconds, guint memory_mib, guint64 file_octets, guint descriptors, GError **error);

G_END_DECLS
