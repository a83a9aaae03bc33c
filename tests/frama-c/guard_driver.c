/*
 * guard_driver.c - every use of the guard there can be, for Frama-C's Eva (eva.py)
 *
 * Eva is an abstract interpreter: it follows all executions of main() at once. The octets, the
 * length of each chunk, the number of chunks, the flags and the order of the calls are unknown to
 * it, so what it finds holds for every message of any length, in chunks of up to 64 KiB of any
 * sizes, and for calls after the end and after a refusal too.
 *
 * Proven, of all code in src/guard: no read or write outside of an object, none of what was never
 * written, no wrong call through a pointer, no overflow of a signed number or of a conversion to
 * one, no wrong shift, no division by zero, and that each statement is reached and each call
 * returns; and that each rule has a text. Nothing is assumed of the guard: there is no annotation
 * in its source.
 * Not proven: that the guard says yes to the right messages. guard_differential.py compares it with
 * a second reader, tests/guard with the profile. Unsigned numbers may wrap, as C says; those that
 * count the octets of a line or field are bounded before they can, the position is of 64 bits.
 * Trust: Eva, its model of gcc on x86-64, and Frama-C's own limits.h and stdint.h.
 */
#include <mugai/guard.h>

#include <__fc_builtin.h>

enum { CHUNK_OCTETS = 64 * 1024 };

static uint8_t octets[CHUNK_OCTETS];

static uint32_t
any_number(void)
{
    return Frama_C_unsigned_int_interval(0, UINT32_MAX);
}

static void
feed_any_octets(MugaiGuard *guard)
{
    Frama_C_make_unknown((char *)octets, sizeof(octets));
    mugai_guard_feed(guard, octets, Frama_C_size_t_interval(0, CHUNK_OCTETS));
}

static void
ask_for_text(MugaiGuardRule rule)
{
    const char *text = mugai_guard_rule_text(rule);

    //@ assert is_text: \valid_read(text) && *text != '\0';
}

int
main(void)
{
    MugaiGuard guard;

    mugai_guard_init(&guard, any_number());
    while (Frama_C_interval(0, 1)) {
        switch (Frama_C_interval(0, 4)) {
        case 0:
            mugai_guard_init(&guard, any_number());
            break;
        case 1:
            feed_any_octets(&guard);
            break;
        case 2:
            mugai_guard_feed(&guard, NULL, 0);
            break;
        case 3:
            mugai_guard_finish(&guard);
            break;
        default:
            ask_for_text(guard.rule);
            ask_for_text((MugaiGuardRule)any_number());
        }
    }
    return 0;
}
