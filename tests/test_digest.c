/* test_digest.c - SHA-256: the standard's own examples, however the octets come */
#include <criterion/criterion.h>
#include <mugai/digest.h>

#include <string.h>

/* FIPS 180-4, examples of the secure hash standard. */
#define OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define OF_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define OF_A_MILLION_A "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

Test(digest, of_the_standard_s_examples)
{
    g_autofree char *nothing = mugai_digest_text("", 0);
    g_autofree char *abc = mugai_digest_text("abc", 3);

    cr_assert_str_eq(nothing, OF_NOTHING);
    cr_assert_str_eq(abc, OF_ABC);
}

Test(digest, in_pieces_of_any_length)
{
    char piece[997];

    memset(piece, 'a', sizeof(piece));
    for (gsize step = 1; step <= sizeof(piece); step += 83) {
        g_autoptr(MugaiDigest) digest = mugai_digest_new();
        g_autofree char *text = NULL;
        gsize left = 1000000;

        for (; left > 0; left -= MIN(left, step))
            mugai_digest_update(digest, piece, MIN(left, step));
        text = mugai_digest_finish(digest);
        cr_assert_str_eq(text, OF_A_MILLION_A);
    }
}

Test(digest, as_new_once_finished)
{
    g_autoptr(MugaiDigest) digest = mugai_digest_new();
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;

    mugai_digest_update(digest, "xyz", 3);
    first = mugai_digest_finish(digest);
    mugai_digest_update(digest, "abc", 3);
    second = mugai_digest_finish(digest);
    cr_assert_str_neq(first, second);
    cr_assert_str_eq(second, OF_ABC);
}
