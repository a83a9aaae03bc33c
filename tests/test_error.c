/* test_error.c - one table from error to reply, in which unknown means 451 */
#include <criterion/criterion.h>
#include <errno.h>
#include <mugai/error.h>
#include <string.h>
#include <sysexits.h>

static void
expect_reply(const GError *error, const char *code, const char *enhanced)
{
    const MugaiReply *reply = mugai_error_reply(error);

    cr_assert_not_null(reply);
    cr_expect_str_eq(reply->code, code);
    cr_expect_str_eq(reply->enhanced, enhanced);
    cr_expect_str_not_empty(reply->text);
    for (const char *p = reply->text; *p != '\0'; p++)
        cr_expect(*p >= 0x20 && *p < 0x7F && *p != '%', "'%c' has no place in a reply", *p);
}

Test(error, I4_nothing_at_all_is_451)
{
    expect_reply(NULL, "451", "4.3.0");
}

Test(error, I4_foreign_domains_are_451)
{
    g_autoptr(GError) error = g_error_new(G_FILE_ERROR, G_FILE_ERROR_NOSPC, "x");

    expect_reply(error, "451", "4.3.0");
    error->domain = 0;
    expect_reply(error, "451", "4.3.0");
}

Test(error, I4_every_code_known_or_not_is_a_temporary_refusal_but_what_a_policy_does_not_take)
{
    for (int code = -3; code < 200; code++) {
        g_autoptr(GError) error = g_error_new_literal(MUGAI_ERROR, code, "x");
        const MugaiReply *reply = mugai_error_reply(error);

        if (code == MUGAI_ERROR_FULL || code == MUGAI_ERROR_SIZE)
            continue;
        cr_expect_str_eq(reply->code, "451", "code %d", code);
        cr_expect(g_str_has_prefix(reply->enhanced, "4."), "code %d", code);
        if (code < 0 || code > MUGAI_ERROR_EXISTS)
            expect_reply(error, "451", "4.3.0");
    }
}

Test(error, I4_a_full_store_is_452)
{
    g_autoptr(GError) error = g_error_new_literal(MUGAI_ERROR, MUGAI_ERROR_FULL, "x");

    expect_reply(error, "452", "4.3.1");
}

Test(error, what_is_larger_than_a_policy_takes_is_552)
{
    g_autoptr(GError) error = g_error_new_literal(MUGAI_ERROR, MUGAI_ERROR_SIZE, "x");

    expect_reply(error, "552", "5.3.4");
}

Test(error, exit_status_is_never_success)
{
    for (int code = -3; code < 200; code++) {
        g_autoptr(GError) error = g_error_new_literal(MUGAI_ERROR, code, "x");

        cr_expect_neq(mugai_error_exit_status(error), 0, "code %d", code);
    }
    cr_expect_neq(mugai_error_exit_status(NULL), 0);
}

Test(error, exit_status_says_what_kind)
{
    static const struct {
        MugaiErrorCode code;
        int status;
    } cases[] = {
        {MUGAI_ERROR_USAGE, 2},
        {MUGAI_ERROR_NOT_FOUND, 1},
        {MUGAI_ERROR_CONFIG, EX_CONFIG},
        {MUGAI_ERROR_MALFORMED, EX_DATAERR},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = g_error_new_literal(MUGAI_ERROR, (int)cases[i].code, "x");

        cr_expect_eq(mugai_error_exit_status(error), cases[i].status, "code %d",
                     (int)cases[i].code);
    }
}

Test(error, errno_is_said_in_words)
{
    g_autoptr(GError) error = NULL;

    mugai_error_set_errno(&error, ENOENT, MUGAI_ERROR_SYSTEM, "cannot open %s", "/x");
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_SYSTEM));
    cr_assert_str_eq(error->message, "cannot open /x: No such file or directory");
    mugai_error_set_errno(NULL, ENOENT, MUGAI_ERROR_SYSTEM, "nobody asks");
}
