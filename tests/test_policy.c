/* test_policy.c - which settings apply to a message, and that nobody gets more than is meant for
 * him */
#include <criterion/criterion.h>
#include <mugai/config.h>
#include <mugai/error.h>
#include <mugai/policy.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static MugaiConfig *
load(const char *text, GError **error)
{
    int fd = memfd_create("mugai.conf", MFD_CLOEXEC);
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    MugaiConfig *config = NULL;

    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    config = mugai_config_load(path, error);
    close(fd);
    return config;
}

static MugaiConfig *
load_good(const char *text)
{
    g_autoptr(GError) error = NULL;
    MugaiConfig *config = load(text, &error);

    cr_assert_not_null(config, "%s", error != NULL ? error->message : "");
    return config;
}

/* The treatment of a message from @sender and @client to the recipients that follow, up to NULL. */
static MugaiTreatment
choose(const MugaiConfig *config, const char *sender, const char *client, ...)
{
    g_autoptr(MugaiEnvelope) envelope = mugai_envelope_new(0);
    MugaiTreatment treatment;
    const char *recipient = NULL;
    va_list recipients;

    g_free(envelope->sender);
    g_free(envelope->client_address);
    envelope->sender = g_strdup(sender);
    envelope->client_address = g_strdup(client);
    va_start(recipients, client);
    while ((recipient = va_arg(recipients, const char *)) != NULL)
        g_ptr_array_add(envelope->recipients, g_strdup(recipient));
    va_end(recipients);
    mugai_policy_choose(config->settings, config->policies, envelope, &treatment);
    return treatment;
}

static const char *
name_of(const MugaiConfig *config, const char *sender, const char *client, const char *recipient)
{
    MugaiTreatment treatment = choose(config, sender, client, recipient, NULL);

    return mugai_treatment_name(&treatment, config->policies);
}

static const char three[] =
    "[sanitize]\nlanguage = ja\n"
    "[policy inner]\nrecipients = *@soumu.example.jp\nclients = 10.0.0.0/8, 2001:db8::/32\n"
    "links = keep\n"
    "[policy soumu]\nrecipients = *@soumu.example.jp, boss@example.jp\nbody = html\n"
    "language = en\nmessage_mib = 5\n"
    "[policy partner]\nsenders = *@*.partner.example\nlinks = remove\ntext_kib = 8\n"
    "attachments = remove\n";

Test(policy, first_whose_conditions_all_hold_applies)
{
    g_autoptr(MugaiConfig) config = load_good(three);

    cr_expect_str_eq(name_of(config, "a@b.jp", "10.1.2.3", "x@soumu.example.jp"), "inner");
    cr_expect_str_eq(name_of(config, "a@b.jp", "2001:db8:1::1", "x@soumu.example.jp"), "inner");
    cr_expect_str_eq(name_of(config, "a@b.jp", "192.0.2.1", "x@soumu.example.jp"), "soumu");
    cr_expect_str_eq(name_of(config, "a@b.jp", "10.1.2.3", "BOSS@Example.JP"), "soumu");
    cr_expect_str_eq(name_of(config, "a@mail.partner.example", "192.0.2.1", "x@kikaku.example.jp"),
                     "partner");
    cr_expect_str_eq(name_of(config, "a@mail.partner.example", "192.0.2.1", "boss@example.jp"),
                     "soumu");
    cr_expect_str_eq(name_of(config, "a@b.jp", "192.0.2.1", "x@kikaku.example.jp"), "");
}

Test(policy, what_cannot_be_compared_is_in_no_policy)
{
    g_autoptr(MugaiConfig) config = load_good(three);

    cr_expect_str_eq(name_of(config, "", "", ""), "");
    cr_expect_str_eq(name_of(config, "", "local", "x@soumu.example.jp"), "soumu");
    cr_expect_str_eq(name_of(config, "", "unknown", "x@soumu.example.jp@example.org"), "");
    cr_expect_str_eq(name_of(config, "", "10.0.0.1", "\"x@soumu.example.jp\"@example.org"), "");
    cr_expect_str_eq(name_of(config, "a@evilpartner.example", "192.0.2.1", "x@b.jp"), "");
    cr_expect_str_eq(name_of(config, "x@partner.example@b", "192.0.2.1", "x@b.jp"), "");
    cr_expect_str_eq(name_of(config, "x@y@mail.partner.example", "192.0.2.1", "x@b.jp"), "");
}

Test(policy, what_a_policy_does_not_say_is_as_for_all)
{
    g_autoptr(MugaiConfig) config =
        load_good("[sanitize]\nlinks = remove\nbody = html\nattachments = remove\n"
                  "contact = desk\n[limits]\ntext_kib = 7\nparts = 9\n"
                  "[policy p]\nrecipients = a@b.jp\nlinks = defang\n");
    const MugaiPolicy *policy = config->policies->pdata[0];
    MugaiTreatment treatment = choose(config, "", "", "a@b.jp", NULL);
    g_autoptr(MugaiSettings) settings = mugai_treatment_settings(&treatment, policy->settings);

    cr_expect_eq(settings->links, MUGAI_LINKS_DEFANG);
    cr_expect_eq(settings->body, MUGAI_BODY_HTML);
    cr_expect_eq(settings->attachments, MUGAI_ATTACHMENTS_REMOVE);
    cr_expect_str_eq(settings->contact, "desk");
    cr_expect_eq(settings->limits.text_octets, 7 * 1024);
    cr_expect_eq(settings->limits.parts, 9);
    cr_expect_eq(treatment.message_octets, 0);
    /* and the policy changes nothing for others */
    cr_expect_eq(config->settings->links, MUGAI_LINKS_REMOVE);
}

Test(policy, another_language_brings_its_sentences_and_leaves_those_of_others)
{
    g_autoptr(MugaiConfig) config = load_good(three);
    g_autoptr(MugaiSettings) ja = mugai_settings_new("ja");
    g_autoptr(MugaiSettings) en = mugai_settings_new("en");
    const MugaiPolicy *soumu = config->policies->pdata[1];
    const char *key = "notice/unnamed";

    cr_expect_str_eq(mugai_settings_notice(config->settings, key), mugai_settings_notice(ja, key));
    cr_expect_str_eq(mugai_settings_notice(soumu->settings, key), mugai_settings_notice(en, key));
    cr_expect_str_eq(soumu->settings->language, "en");
}

Test(policy, several_recipients_get_the_strictest_of_each)
{
    g_autoptr(MugaiConfig) config = load_good(
        "[sanitize]\nlinks = defang\nattachments = text\n[limits]\ntext_kib = 100\n"
        "[policy open]\nrecipients = open@b.jp\nlinks = keep\nbody = html\ntext_kib = 200\n"
        "message_mib = 9\n"
        "[policy shut]\nrecipients = shut@b.jp\nlinks = remove\nattachments = remove\n"
        "text_kib = 50\nmessage_mib = 3\nlanguage = en\n");
    MugaiTreatment open = choose(config, "", "", "open@b.jp", "OPEN@b.jp", NULL);
    MugaiTreatment with_default = choose(config, "", "", "open@b.jp", "x@b.jp", NULL);
    MugaiTreatment default_first = choose(config, "", "", "x@b.jp", "open@b.jp", NULL);
    MugaiTreatment all = choose(config, "", "", "open@b.jp", "x@b.jp", "shut@b.jp", NULL);
    MugaiTreatment turned = choose(config, "", "", "shut@b.jp", "open@b.jp", "x@b.jp", NULL);

    cr_expect_not(open.several);
    cr_expect_eq(open.links, MUGAI_LINKS_KEEP);
    cr_expect_eq(open.text_octets, 200 * 1024);
    cr_expect(with_default.several);
    cr_expect_eq(with_default.links, MUGAI_LINKS_DEFANG);
    cr_expect_eq(with_default.body, MUGAI_BODY_PLAIN);
    cr_expect_eq(with_default.text_octets, 100 * 1024);
    cr_expect_eq(with_default.message_octets, 9 * 1024 * 1024);
    cr_expect_eq(default_first.links, MUGAI_LINKS_DEFANG);
    cr_expect_eq(default_first.settings, 0);
    cr_expect_eq(all.links, MUGAI_LINKS_REMOVE);
    cr_expect_eq(all.attachments, MUGAI_ATTACHMENTS_REMOVE);
    cr_expect_eq(all.text_octets, 50 * 1024);
    cr_expect_eq(all.message_octets, 3 * 1024 * 1024);
    cr_expect_eq(all.settings, 1);
    cr_expect_eq(turned.links, MUGAI_LINKS_REMOVE);
    cr_expect_eq(turned.settings, 2);
    cr_expect_str_eq(mugai_treatment_name(&turned, config->policies), "several");
}

Test(policy, without_an_envelope_it_is_what_is_for_all)
{
    g_autoptr(MugaiConfig) config = load_good(three);
    MugaiTreatment treatment;

    mugai_policy_choose(config->settings, config->policies, NULL, &treatment);
    cr_expect_eq(treatment.settings, 0);
    cr_expect_eq(treatment.links, MUGAI_LINKS_DEFANG);
}

Test(policy, wrong_ones_are_refused_with_line_and_what_to_write)
{
    static const struct {
        const char *text;
        const char *said;
    } wrong[] = {
        {"[policy x]\nlinks = keep\n", ":1: [policy x]: for whom?"},
        {"[policy]\nrecipients = a@b.jp\n", "write [policy NAME]"},
        {"[policy two words]\nrecipients = a@b.jp\n", "write [policy NAME]"},
        {"[policy x]\nrecipients = a@b.jp\nsocket = unix:/x\n",
         ":3: [policy x] socket: unknown key"},
        {"[policy x]\nrecipients = not an address\n", ":2: [policy x] recipients: "},
        {"[policy x]\nclients = 10.0.0.0/33\n", "is no network"},
        {"[policy x]\nclients = 10.0.0.1/8\n", "is no network"},
        {"[policy x]\nclients = example.jp\n", "is no network"},
        {"[policy x]\nsenders = a@b.jp\nlinks = maybe\n", ":3: [policy x] links: "},
        {"[policy x]\nsenders = a@b.jp\nlanguage = fr\n", "write ja or en"},
        {"[policy x]\nsenders = a@b.jp\nmessage_mib = 0\n", "is not a number from 1"},
        {"[policy x]\nsenders = a@b.jp\nnotices = /etc\n", "unknown key"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(MugaiConfig) config = load(wrong[i].text, &error);

        cr_assert_null(config, "%s", wrong[i].text);
        cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG));
        cr_expect_not_null(strstr(error->message, wrong[i].said), "%s", error->message);
    }
}

Test(policy, more_than_mugai_takes_are_refused)
{
    GString *text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < 32; i++)
        g_string_append_printf(text, "[policy p%u]\nrecipients = a@b.jp\n", i);
    mugai_config_free(load_good(text->str));
    g_string_append(text, "[policy p32]\nrecipients = a@b.jp\n");
    cr_expect_null(load(text->str, &error));
    cr_expect_not_null(strstr(error->message, "32"));
    g_string_free(text, TRUE);
}
