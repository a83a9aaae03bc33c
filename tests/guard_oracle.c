/*
 * guard_oracle.c - answers for the guard: one octet, 0 or 1, for each message on standard input
 *
 * A message is its length (four octets, little-endian), one octet of MUGAI_GUARD_* flags, and its
 * octets. For guard_differential.py. Exits 1 when the input is cut off or a message is longer than
 * any that could conform.
 */
#include <mugai/guard.h>
#include <stdio.h>
#include <stdlib.h>

enum { HEAD_OCTETS = 5, MESSAGE_OCTETS_MAX = 8 * 1024 * 1024 };

static bool
judge(const uint8_t *octets, size_t length, uint32_t flags)
{
    MugaiGuard guard;

    mugai_guard_init(&guard, flags);
    mugai_guard_feed(&guard, octets, length);
    return mugai_guard_finish(&guard);
}

/* Answers one message into @ret_conforms; false when it was not there whole. */
static bool
answer(const uint8_t *head, uint8_t *octets, bool *ret_conforms)
{
    size_t length = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;

    if (length > MESSAGE_OCTETS_MAX || fread(octets, 1, length, stdin) != length)
        return false;
    *ret_conforms = judge(octets, length, head[4]);
    return true;
}

int
main(void)
{
    uint8_t head[HEAD_OCTETS];
    uint8_t *octets = malloc(MESSAGE_OCTETS_MAX);
    size_t head_octets = 0;
    bool conforms = false, whole = octets != NULL;

    while (whole && (head_octets = fread(head, 1, HEAD_OCTETS, stdin)) == HEAD_OCTETS) {
        whole = answer(head, octets, &conforms);
        if (whole)
            whole = putchar(conforms) != EOF;
    }
    free(octets);
    return whole && head_octets == 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
