/* test_address.c - addresses mean one thing only, patterns catch what they say and nothing else */
#include <criterion/criterion.h>
#include <mugai/address.h>
#include <string.h>

Test(address, addresses_that_people_have)
{
    static const char *const plain[] = {"tanaka@city.example.jp",      "a@b.jp",
                                        "a.b-c+d_e=f@x-y.example.com", "0@0.example.jp",
                                        "o'neil@example.com",          "A@EXAMPLE.COM"};

    for (gsize i = 0; i < G_N_ELEMENTS(plain); i++)
        cr_expect(mugai_address_is_plain(plain[i]), "%s", plain[i]);
}

Test(address, whatever_could_mean_something_else_is_none)
{
    static const char *const odd[] = {"",
                                      "@",
                                      "a",
                                      "a@",
                                      "@b.jp",
                                      "a@b",
                                      "a@b.jp\n",
                                      "a@b.jp\r\nRCPT TO:<x@y.jp>",
                                      "a@b.jp>",
                                      "<a@b.jp>",
                                      "a@b.jp ",
                                      " a@b.jp",
                                      "a b@b.jp",
                                      "a@b@c.jp",
                                      "a%city.lg.jp@b.jp",
                                      "lg.jp!a@b.jp",
                                      "@lg.jp:a@b.jp",
                                      "\"a\"@b.jp",
                                      "a@[192.0.2.1]",
                                      "a@192.0.2.1",
                                      "a@b.jp.",
                                      "a@b..jp",
                                      "a@.b.jp",
                                      "a@-b.jp",
                                      "a@b-.jp",
                                      "a..b@c.jp",
                                      ".a@c.jp",
                                      "a.@c.jp",
                                      "-a@c.jp",
                                      "|sh@c.jp",
                                      "/tmp/x@c.jp",
                                      "a@c.jp,b@d.jp",
                                      "\xE3\x81\x82@c.jp",
                                      "a@\xE3\x81\x82.jp",
                                      "*@c.jp",
                                      "a@*.jp",
                                      "a\\@c.jp",
                                      "(x)a@c.jp",
                                      "a;b@c.jp"};

    for (gsize i = 0; i < G_N_ELEMENTS(odd); i++)
        cr_expect_not(mugai_address_is_plain(odd[i]), "%s", odd[i]);
}

Test(address, lengths_are_bounded)
{
    g_autofree char *label = g_strnfill(63, 'x');
    g_autofree char *local = g_strnfill(64, 'a');
    g_autofree char *fits = g_strdup_printf("%s@%s.jp", local, label);
    g_autofree char *long_local = g_strdup_printf("a%s@c.jp", local);
    g_autofree char *long_label = g_strdup_printf("a@x%s.jp", label);
    g_autofree char *long_all = g_strdup_printf("a@%s.%s.%s.%s.jp", label, label, label, label);

    cr_expect(mugai_address_is_plain(fits));
    cr_expect_not(mugai_address_is_plain(long_local));
    cr_expect_not(mugai_address_is_plain(long_label));
    cr_expect_not(mugai_address_is_plain(long_all));
}

Test(address, patterns)
{
    static const struct {
        const char *address, *pattern;
        gboolean matches;
    } cases[] = {
        {"a@city.example.jp", "*@city.example.jp", TRUE},
        {"a@CITY.example.jp", "*@city.EXAMPLE.jp", TRUE},
        {"a@city.example.jp", "city.example.jp", TRUE},
        {"a@city.example.jp", "*@example.jp", FALSE},
        {"a@city.example.jp", "*@*.example.jp", TRUE},
        {"a@b.city.example.jp", "*@*.example.jp", TRUE},
        {"a@example.jp", "*@*.example.jp", FALSE},
        {"a@badexample.jp", "*@*.example.jp", FALSE},
        {"a@badexample.jp", "*@example.jp", FALSE},
        {"a@example.jp.evil.com", "*@example.jp", FALSE},
        {"a@city.example.lg.jp", "*.lg.jp", TRUE},
        {"a@city.example.LG.JP", "*.lg.jp", TRUE},
        {"a@xlg.jp", "*.lg.jp", FALSE},
        {"user@dom.jp", "user@dom.jp", TRUE},
        {"User@dom.jp", "user@dom.jp", TRUE},
        {"user2@dom.jp", "user@dom.jp", FALSE},
        {"use@dom.jp", "user@dom.jp", FALSE},
        {"user@x.dom.jp", "user@dom.jp", FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        cr_assert(mugai_address_is_plain(cases[i].address));
        cr_assert(mugai_address_is_pattern(cases[i].pattern), "%s", cases[i].pattern);
        cr_expect_eq(mugai_address_matches(cases[i].address, cases[i].pattern), cases[i].matches,
                     "%s %s", cases[i].address, cases[i].pattern);
    }
}

Test(address, what_is_no_pattern)
{
    static const char *const odd[] = {"",        "*",       "*@", "*@*",   "@lg.jp", "*.*.jp",
                                      "a*@b.jp", "*@b*.jp", "lg", "*.jp ", "*jp",    "a b@c.jp"};

    for (gsize i = 0; i < G_N_ELEMENTS(odd); i++)
        cr_expect_not(mugai_address_is_pattern(odd[i]), "%s", odd[i]);
    cr_expect(mugai_address_is_pattern("*.jp"));
}
