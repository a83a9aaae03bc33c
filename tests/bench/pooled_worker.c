/*
 * pooled_worker.c - what mugai-worker is compared with: one process that handles one message after
 * the other
 *
 * It speaks as mugai-worker does, so the same client drives both. It is not locked, has no limits,
 * and what one message leaves behind meets the next: a measure, nothing to be used.
 */
#include <mugai/sanitize.h>
#include <mugai/wire.h>

#include <stdlib.h>
#include <unistd.h>

static gboolean
handle(const MugaiSettings *settings, const MugaiJob *job, int original_fd, int result_fd)
{
    g_autoptr(MugaiResult) result = NULL;
    const void *candidate = NULL;
    gsize length = 0;

    if (!mugai_wire_send_begun(result_fd))
        return FALSE;
    result = mugai_sanitize_fd(original_fd, settings, &job->id, job->received);
    candidate = g_bytes_get_data(result->candidate, &length);
    return mugai_wire_send_result(result_fd, MUGAI_OUTCOME_DONE, result->report, candidate, length,
                                  NULL);
}

int
main(void)
{
    g_autoptr(GPtrArray) settings = NULL;
    MugaiWireBounds bounds;
    MugaiJob job;
    int original_fd = -1;
    int result_fd = -1;

    settings = mugai_wire_receive_setup(MUGAI_WIRE_FD, &bounds, NULL);
    if (settings == NULL || !mugai_sanitize_warm_up(NULL) ||
        !mugai_wire_send_ready(MUGAI_WIRE_FD, NULL, NULL))
        return EXIT_FAILURE;
    while (mugai_wire_receive_job(MUGAI_WIRE_FD, &job, &original_fd, &result_fd, NULL)) {
        if (!handle(settings->pdata[0], &job, original_fd, result_fd))
            return EXIT_FAILURE;
        close(original_fd);
        close(result_fd);
    }
    return EXIT_SUCCESS;
}
