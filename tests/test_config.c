/* test_config.c - the shipped file says the defaults; what is wrong is named with file, line and
 * key; settings travel */
#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <mugai/config.h>
#include <mugai/error.h>
#include <mugai/limits.h>
#include <mugai/log.h>
#include <string.h>
#include <unistd.h>

#define SHIPPED MUGAI_SOURCE_ROOT "/packaging/mugai.conf"
#define NOTICES MUGAI_SOURCE_ROOT "/packaging/notices"

/* A file of its own for each test, which runs in a process of its own. */
static char *directory;

static void
make_directory(void)
{
    directory = g_dir_make_tmp("mugai-config-XXXXXX", NULL);
    cr_assert_not_null(directory);
}

static void
remove_directory(void)
{
    g_autoptr(GDir) opened = g_dir_open(directory, 0, NULL);
    const char *name = NULL;

    while ((name = g_dir_read_name(opened)) != NULL) {
        g_autofree char *path = g_build_filename(directory, name, NULL);

        g_remove(path);
    }
    g_rmdir(directory);
    g_free(directory);
}

TestSuite(config, .init = make_directory, .fini = remove_directory);

static void
write_file(const char *name, const char *contents)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);

    cr_assert(g_file_set_contents(path, contents, -1, NULL));
}

static MugaiConfig *
load(const char *contents, GError **error)
{
    g_autofree char *path = g_build_filename(directory, "mugai.conf", NULL);

    write_file("mugai.conf", contents);
    return mugai_config_load(path, error);
}

/* Loads @contents and expects a refusal that names line @line and all of the words. */
static void
expect_refused(const char *contents, guint line, const char *group, const char *key)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *place = g_strdup_printf("/mugai.conf:%u:", line);
    g_autoptr(MugaiConfig) config = load(contents, &error);

    cr_assert_null(config, "accepted:\n%s", contents);
    cr_assert_not_null(error);
    cr_expect(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG));
    cr_expect_not_null(strstr(error->message, place), "no \"%s\" in \"%s\"", place, error->message);
    cr_expect_not_null(strstr(error->message, group), "no \"%s\" in \"%s\"", group, error->message);
    cr_expect_not_null(strstr(error->message, key), "no \"%s\" in \"%s\"", key, error->message);
    cr_expect_null(strchr(error->message, '\n'), "\"%s\" is more than a line", error->message);
}

static void
expect_same_settings(const MugaiSettings *a, const MugaiSettings *b)
{
    GHashTableIter iter;
    gpointer key = NULL;
    gpointer sentence = NULL;

    cr_expect_eq(a->links, b->links);
    cr_expect_eq(a->body, b->body);
    cr_expect_str_eq(a->language, b->language);
    cr_expect_str_eq(a->contact, b->contact);
    cr_expect_eq(a->limits.parts, b->limits.parts);
    cr_expect_eq(a->limits.depth, b->limits.depth);
    cr_expect_eq(a->limits.header_fields, b->limits.header_fields);
    cr_expect_eq(a->limits.header_octets, b->limits.header_octets);
    cr_expect_eq(a->limits.part_octets, b->limits.part_octets);
    cr_expect_eq(a->limits.text_octets, b->limits.text_octets);
    cr_expect_eq(a->limits.name_characters, b->limits.name_characters);
    cr_expect_eq(g_hash_table_size(a->notice), g_hash_table_size(b->notice));
    g_hash_table_iter_init(&iter, a->notice);
    while (g_hash_table_iter_next(&iter, &key, &sentence))
        cr_expect_str_eq(sentence, mugai_settings_notice(b, key));
}

static void
expect_same_config(const MugaiConfig *a, const MugaiConfig *b)
{
    cr_expect_str_eq(a->socket, b->socket);
    cr_expect_eq(a->worker_count, b->worker_count);
    cr_expect_eq(a->worker_seconds, b->worker_seconds);
    cr_expect_eq(a->worker_memory_mib, b->worker_memory_mib);
    cr_expect_eq(g_strcmp0(a->worker_program, b->worker_program), 0);
    cr_expect_str_eq(a->milter_user, b->milter_user);
    cr_expect_str_eq(a->worker_user, b->worker_user);
    cr_expect_eq(g_strcmp0(a->notices, b->notices), 0);
    cr_expect_str_eq(a->store_path, b->store_path);
    cr_expect_eq(a->retention_days, b->retention_days);
    cr_expect_eq(a->min_free_mib, b->min_free_mib);
    cr_expect_eq(a->compression, b->compression);
    cr_expect_eq(g_strcmp0(a->seal_key, b->seal_key), 0);
    cr_expect_eq(a->log_level, b->log_level);
    cr_expect_eq(a->log_subjects, b->log_subjects);
    expect_same_settings(a->settings, b->settings);
}

/* --- defaults --- */

Test(config, the_shipped_file_says_the_defaults)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiConfig) shipped = mugai_config_load(SHIPPED, &error);
    g_autoptr(MugaiConfig) built_in = mugai_config_new();

    cr_assert_null(error, "%s", error == NULL ? "" : error->message);
    expect_same_config(shipped, built_in);
}

/* The keys of the shipped file, those that are comments too: "group/key". */
static GPtrArray *
shipped_keys(void)
{
    GPtrArray *keys = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *contents = NULL;
    g_auto(GStrv) lines = NULL;
    g_autofree char *group = NULL;

    cr_assert(g_file_get_contents(SHIPPED, &contents, NULL, NULL));
    lines = g_strsplit(contents, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        const char *start = **line == '#' ? *line + 1 : *line;
        gsize name = strspn(start, "abcdefghijklmnopqrstuvwxyz_");

        if (*start == '[') {
            g_free(group);
            group = g_strndup(start + 1, strcspn(start, "]") - 1);
        } else if (name > 0 && g_str_has_prefix(start + name, " ="))
            g_ptr_array_add(keys, g_strdup_printf("%s/%.*s", group, (int)name, start));
    }
    return keys;
}

Test(config, every_shipped_key_is_known_and_its_nonsense_is_refused)
{
    g_autoptr(GPtrArray) keys = shipped_keys();

    cr_assert_geq(keys->len, 22);
    for (guint i = 0; i < keys->len; i++) {
        g_auto(GStrv) name = g_strsplit(g_ptr_array_index(keys, i), "/", 2);
        /* A policy says for whom it is. */
        const char *line = !g_str_has_prefix(name[0], "policy ") ? "# a comment"
                           : g_str_equal(name[1], "senders")     ? "clients = 192.0.2.1"
                                                                 : "senders = a@b.jp";
        g_autofree char *contents =
            g_strdup_printf("\n[%s]\n%s\n%s = nonsense\n", name[0], line, name[1]);
        g_autoptr(GError) error = NULL;
        g_autoptr(MugaiConfig) config = NULL;

        /* any word is the name of somebody */
        if (g_str_equal(name[1], "contact") || g_str_equal(name[1], "user") ||
            (g_str_equal(name[0], "access") && !g_str_equal(name[1], "socket"))) {
            config = load(contents, &error);
            cr_expect_not_null(config);
        } else
            expect_refused(contents, 4, name[0], name[1]);
    }
}

Test(config, a_role_is_a_group_or_nobody)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiConfig) config =
        load("[access]\nsocket = /x/s\nviewer = staff\nreleaser = 1001\nauditor =\n", &error);

    cr_assert_null(error);
    cr_expect_str_eq(config->access_socket, "/x/s");
    cr_expect_str_eq(config->viewer, "staff");
    cr_expect_str_eq(config->releaser, "1001");
    cr_expect_null(config->auditor);
    cr_expect_null(config->administrator);
    for (guint i = 0; i < 6; i++) {
        static const char *const wrong[] = {"root", "0", "a b", "a,b", "-1", "99999999999"};
        g_autofree char *contents = g_strdup_printf("[access]\nreleaser = %s\n", wrong[i]);

        expect_refused(contents, 2, "access", "releaser");
    }
    expect_refused("[access]\nsocket = x\n", 2, "access", "socket");
}

Test(config, an_empty_file_is_all_defaults)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiConfig) empty = load("", &error);
    g_autoptr(MugaiConfig) built_in = mugai_config_new();

    cr_assert_null(error);
    expect_same_config(empty, built_in);
}

Test(config, the_defaults_are_those_of_limits_h)
{
    g_autoptr(MugaiSettings) settings = mugai_settings_new("ja");

    cr_expect_eq(settings->links, MUGAI_LINKS_DEFANG);
    cr_expect_eq(settings->body, MUGAI_BODY_PLAIN);
    cr_expect_str_eq(settings->language, "ja");
    cr_expect_str_eq(settings->contact, "");
    cr_expect_eq(settings->limits.parts, MUGAI_LIMIT_PARTS_DEFAULT);
    cr_expect_eq(settings->limits.depth, MUGAI_LIMIT_DEPTH_DEFAULT);
    cr_expect_eq(settings->limits.header_fields, MUGAI_LIMIT_HEADER_FIELDS_DEFAULT);
    cr_expect_eq(settings->limits.header_octets, MUGAI_LIMIT_HEADER_OCTETS_DEFAULT);
    cr_expect_eq(settings->limits.part_octets, MUGAI_LIMIT_PART_OCTETS_DEFAULT);
    cr_expect_eq(settings->limits.text_octets, MUGAI_LIMIT_TEXT_OCTETS_DEFAULT);
    cr_expect_eq(settings->limits.name_characters, MUGAI_LIMIT_NAME_CHARACTERS_DEFAULT);
}

/* --- values --- */

Test(config, every_key_changes_what_it_names)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiConfig) config =
        load("[milter]\nsocket = inet:8891@127.0.0.1\nuser=a\n"
             "[worker]\ncount=3\nseconds=60\nmemory=256\nprogram=/x/w\nuser=b-c\n"
             "[sanitize]\nlinks=keep\nbody=html\nlanguage=en\ncontact=情報政策課（内線 1234）\n"
             "[limits]\nparts=1\ndepth=2\nheader_fields=3\nheader_kib=4\npart_mib=5\n"
             "text_kib=6\nname_characters=7\n"
             "[store]\npath=/q\nretention_days=3650\nmin_free=9\ncompression=9\n"
             "[seal]\nkey=/k\n"
             "[log]\nlevel=7\nsubjects=yes\naddresses=yes\n"
             "[metrics]\nsocket=unix:/m.sock\nlisten=127.0.0.1:1\n",
             &error);

    cr_assert_null(error, "%s", error == NULL ? "" : error->message);
    cr_expect_str_eq(config->socket, "inet:8891@127.0.0.1");
    cr_expect_eq(config->worker_count, 3);
    cr_expect_eq(config->worker_seconds, 60);
    cr_expect_eq(config->worker_memory_mib, 256);
    cr_expect_str_eq(config->worker_program, "/x/w");
    cr_expect_str_eq(config->milter_user, "a");
    cr_expect_str_eq(config->worker_user, "b-c");
    cr_expect_eq(config->settings->links, MUGAI_LINKS_KEEP);
    cr_expect_eq(config->settings->body, MUGAI_BODY_HTML);
    cr_expect_str_eq(config->settings->language, "en");
    cr_expect_str_eq(config->settings->contact, "情報政策課（内線 1234）");
    cr_expect_eq(config->settings->limits.parts, 1);
    cr_expect_eq(config->settings->limits.depth, 2);
    cr_expect_eq(config->settings->limits.header_fields, 3);
    cr_expect_eq(config->settings->limits.header_octets, 4 * 1024);
    cr_expect_eq(config->settings->limits.part_octets, 5 * 1024 * 1024);
    cr_expect_eq(config->settings->limits.text_octets, 6 * 1024);
    cr_expect_eq(config->settings->limits.name_characters, 7);
    cr_expect_str_eq(config->store_path, "/q");
    cr_expect_eq(config->retention_days, 3650);
    cr_expect_eq(config->min_free_mib, 9);
    cr_expect_eq(config->compression, 9);
    cr_expect_str_eq(config->seal_key, "/k");
    cr_expect_eq(config->log_level, MUGAI_LOG_DEBUG);
    cr_expect(config->log_subjects);
    cr_expect(config->log_addresses);
    cr_expect_str_eq(config->metrics_socket, "unix:/m.sock");
    cr_expect_str_eq(config->metrics_listen, "127.0.0.1:1");
}

Test(config, the_bounds_that_the_shipped_file_names_hold)
{
    static const struct {
        const char *group, *key, *good[2], *bad[2];
    } cases[] = {
        {"worker", "count", {"0", "64"}, {"-1", "65"}},
        {"worker", "seconds", {"1", "600"}, {"0", "601"}},
        {"worker", "memory", {"128", "4096"}, {"127", "4097"}},
        {"limits", "parts", {"1", "10000"}, {"0", "10001"}},
        {"limits", "depth", {"1", "100"}, {"0", "101"}},
        {"limits", "header_fields", {"1", "10000"}, {"0", "10001"}},
        {"limits", "header_kib", {"1", "4096"}, {"0", "4097"}},
        {"limits", "part_mib", {"1", "128"}, {"0", "129"}},
        {"limits", "text_kib", {"1", "3072"}, {"0", "3073"}},
        {"limits", "name_characters", {"1", "500"}, {"0", "501"}},
        {"store", "retention_days", {"1", "3650"}, {"0", "3651"}},
        {"store", "compression", {"0", "9"}, {"-1", "10"}},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (int j = 0; j < 2; j++) {
            g_autoptr(GError) error = NULL;
            g_autofree char *good =
                g_strdup_printf("[%s]\n%s=%s\n", cases[i].group, cases[i].key, cases[i].good[j]);
            g_autofree char *bad =
                g_strdup_printf("[%s]\n%s=%s\n", cases[i].group, cases[i].key, cases[i].bad[j]);
            g_autoptr(MugaiConfig) config = load(good, &error);

            cr_expect_not_null(config, "%s", error == NULL ? "" : error->message);
            expect_refused(bad, 2, cases[i].group, cases[i].key);
        }
    }
}

Test(config, numbers_are_whole_decimal_numbers)
{
    static const char *const bad[] = {"",    "1 2", "0x10", "1e2",
                                      "10s", "1.5", "+5",   "99999999999999999999",
                                      "١"};

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *contents = g_strdup_printf("[limits]\nparts=%s\n", bad[i]);

        expect_refused(contents, 2, "limits", "parts");
    }
}

Test(config, choices_are_spelled_exactly)
{
    expect_refused("[sanitize]\nlinks = Defang\n", 2, "sanitize", "links");
    expect_refused("[sanitize]\nlinks = \n", 2, "sanitize", "links");
    expect_refused("[sanitize]\nlinks = defang|keep\n", 2, "sanitize", "links");
    expect_refused("[sanitize]\nbody = text\n", 2, "sanitize", "body");
    expect_refused("[sanitize]\nlanguage = fr\n", 2, "sanitize", "language");
    expect_refused("[sanitize]\nlanguage = ../en\n", 2, "sanitize", "language");
    expect_refused("[log]\nsubjects = maybe\n", 2, "log", "subjects");
}

/* --- what is unknown --- */

Test(config, unknown_groups_are_named)
{
    expect_refused("[milter]\nsocket=unix:/x\n\n[mitler]\nsocket=unix:/x\n", 4, "mitler", "");
    expect_refused("[Worker]\ncount=1\n", 1, "Worker", "");
}

Test(config, unknown_keys_are_named)
{
    expect_refused("[worker]\nseconds=1\nsecond=1\n", 3, "worker", "second");
    expect_refused("[worker]\n  secnds  =  1\n", 2, "worker", "secnds");
    expect_refused("[store]\nseconds=1\n", 2, "store", "seconds");
    expect_refused("[sanitize]\nlinks[ja]=keep\n", 2, "sanitize", "links");
}

Test(config, what_is_unknown_is_answered_with_what_there_is)
{
    expect_refused("[mitler]\n", 1, "write one of milter, worker, sanitize", "release");
    expect_refused("[milter]\nsokcet=x\n", 2, "write one of socket, user", "");
}

Test(config, what_stands_there_twice_is_refused)
{
    expect_refused("[log]\nlevel=6\n[worker]\ncount=1\ncount = 2\n", 5, "worker", "twice");
    expect_refused("[log]\nlevel=6\n[worker]\ncount=1\n[log]\nlevel=4\n", 6, "log", "twice");
}

Test(config, who_reads_what_is_hostile_serves_no_mail)
{
    expect_refused("[milter]\nuser=a\n[worker]\nuser=a\n", 4, "worker", "a user of its own");
    expect_refused("[worker]\nuser=mugai\n", 2, "worker", "a user of its own");
    expect_refused("[milter]\nuser=mugai-worker\n", 2, "milter", "a user of its own");
}

Test(config, two_keys_name_two_paths)
{
    g_autoptr(GError) error = NULL;

    expect_refused("[milter]\nsocket = local:/run/m/s\n[metrics]\nsocket = unix:/run/m//s\n", 4,
                   "[metrics] socket", "another path");
    expect_refused("[store]\npath = /q\n[log]\npath = /q/\n", 4, "[log] path", "another path");
    mugai_config_free(
        load("[milter]\nsocket = inet:1@127.0.0.1\n[metrics]\nsocket = unix:/run/m/s\n"
             "[store]\npath = /q\n[log]\npath = /q/log\n",
             &error));
    cr_expect_null(error, "%s", error == NULL ? "" : error->message);
}

Test(config, the_line_that_is_none_is_named)
{
    expect_refused("# x\n\nx\n", 3, "KEY = VALUE", "");
    expect_refused("key=value\n", 1, "KEY = VALUE", "");
    expect_refused("[log]\nlevel=6\n[worker\ncount=1\n", 3, "KEY = VALUE", "");
    expect_refused("[worker]\nseconds=1\ncount\n", 3, "KEY = VALUE", "");
    expect_refused("[log]\nlevel=6\n[a]]\ncount=1\n", 3, "KEY = VALUE", "");
    expect_refused("[log]\n\n[]", 3, "KEY = VALUE", "");
    expect_refused("[log]\nlevel=6\n[wor\x01ker]\ncount=1\nx\n", 3, "KEY = VALUE", "");
    expect_refused("[log]\nlev[el=6\n", 2, "KEY = VALUE", "");
    expect_refused("[log]\nlevel=6\nEncoding=x\n", 3, "unsupported encoding", "");
}

Test(config, the_line_named_is_the_one_in_the_right_group)
{
    expect_refused("[store]\npath=/q\n[worker]\ncount=1\n# count=9\ncount=999\n", 6, "worker",
                   "count");
    expect_refused("[log]\nlevel=6\n\n[store]\ncompression=10\n", 5, "store", "compression");
}

Test(config, what_is_no_key_file_is_refused)
{
    static const char *const bad[] = {"x", "key=value\n", "[worker\ncount=1\n", "[worker]\ncount\n",
                                      "[]\n"};

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(MugaiConfig) config = load(bad[i], &error);

        cr_expect_null(config, "accepted: %s", bad[i]);
        cr_expect(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG));
        cr_expect_not_null(strstr(error->message, "mugai.conf"));
    }
}

Test(config, a_missing_file_is_named)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiConfig) config = mugai_config_load("/nonexistent/mugai.conf", &error);

    cr_assert_null(config);
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG));
    cr_assert_not_null(strstr(error->message, "/nonexistent/mugai.conf"));
}

Test(config, values_that_are_not_utf_8_are_refused)
{
    expect_refused("[sanitize]\ncontact = \xFF\xFE\n", 2, "sanitize", "contact");
}

/* Behind an octet 0 nothing is read: what a power cut has zeroed would be all defaults. */
Test(config, an_octet_0_ends_no_file)
{
    static const char ends[] = "[sanitize]\nlinks = defang\n\0\n[store]\nnonsense = 1\n";
    static const char tail[] = "[store]\nretention_days = 7\n\0\0\0\0";
    g_autofree char *path = g_build_filename(directory, "octets.conf", NULL);
    g_autoptr(GError) error = NULL;

    cr_assert(g_file_set_contents(path, ends, sizeof(ends) - 1, NULL));
    cr_expect_null(mugai_config_load(path, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG));
    cr_expect_not_null(strstr(error->message, "/octets.conf:3:"), "%s", error->message);
    cr_expect_not_null(strstr(error->message, "octet 0"), "%s", error->message);
    g_clear_error(&error);
    cr_assert(g_file_set_contents(path, tail, sizeof(tail) - 1, NULL));
    cr_expect_null(mugai_config_load(path, &error));
    cr_assert_not_null(error);
    cr_expect_not_null(strstr(error->message, "/octets.conf:3:"), "%s", error->message);
}

/* --- unsafe values --- */

Test(config, sockets_are_local_or_at_one_address)
{
    static const char *const good[] = {"unix:/run/m.sock", "inet:8891@127.0.0.1", "inet6:8891@::1"};
    static const char *const bad[] = {"",
                                      "/run/m.sock",
                                      "unix:m.sock",
                                      "inet:8891",
                                      "inet:8891@",
                                      "inet:@127.0.0.1",
                                      "inet:x@127.0.0.1",
                                      "inet:0@127.0.0.1",
                                      "inet:99999@127.0.0.1",
                                      "inet:8891@0.0.0.0",
                                      "inet6:8891@::",
                                      "inet:8891@*",
                                      "tcp:8891@127.0.0.1"};

    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *contents = g_strdup_printf("[milter]\nsocket=%s\n", good[i]);
        g_autoptr(MugaiConfig) config = load(contents, &error);

        cr_expect_not_null(config, "%s: %s", good[i], error == NULL ? "" : error->message);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *contents = g_strdup_printf("[milter]\nsocket=%s\n", bad[i]);

        expect_refused(contents, 2, "milter", "socket");
    }
}

Test(config, metrics_are_for_this_host_alone)
{
    static const char *const bad[] = {"0.0.0.0:9469",
                                      "[::]:9469",
                                      "192.0.2.1:9469",
                                      "localhost:9469",
                                      "127.0.0.1",
                                      "127.0.0.1:",
                                      "127.0.0.1:0",
                                      "127.0.0.1:65536",
                                      ":9469",
                                      "9469",
                                      "",
                                      "unix:/m.sock"};
    g_autoptr(MugaiConfig) v6 = load("[metrics]\nlisten=[::1]:9469\n", NULL);

    cr_expect_not_null(v6);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *contents = g_strdup_printf("[metrics]\nlisten=%s\n", bad[i]);

        expect_refused(contents, 2, "metrics", "listen");
    }
    expect_refused("[metrics]\nsocket=/m.sock\n", 2, "metrics", "socket");
    expect_refused("[metrics]\nsocket=unix:m.sock\n", 2, "metrics", "socket");
    expect_refused("[metrics]\nsocket=inet:1@127.0.0.1\n", 2, "metrics", "socket");
}

Test(config, root_and_what_is_no_name_are_refused_as_users)
{
    expect_refused("[milter]\nuser = root\n", 2, "milter", "user");
    expect_refused("[worker]\nuser =\n", 2, "worker", "user");
    expect_refused("[worker]\nuser = 0\n", 2, "worker", "user");
    expect_refused("[worker]\nuser = two words\n", 2, "worker", "user");
}

Test(config, paths_are_absolute)
{
    expect_refused("[store]\npath = store\n", 2, "store", "path");
    expect_refused("[store]\npath = \n", 2, "store", "path");
    expect_refused("[worker]\nprogram = ./worker\n", 2, "worker", "program");
    expect_refused("[sanitize]\nnotices = notices\n", 2, "sanitize", "notices");
}

/* --- notice files --- */

static MugaiConfig *
load_with_notices(const char *language, const char *sentences, GError **error)
{
    g_autofree char *name = g_strconcat(language, ".conf", NULL);
    g_autofree char *contents =
        g_strdup_printf("[sanitize]\nnotices=%s\nlanguage=%s\n", directory, language);

    write_file(name, sentences);
    return load(contents, error);
}

Test(config, a_notice_file_replaces_the_sentences_it_has)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiSettings) built_in = mugai_settings_new("ja");
    g_autoptr(MugaiConfig) config =
        load_with_notices("ja", "[notice]\nsanitized = 無害化しました。\nrule =\n", &error);

    cr_assert_null(error, "%s", error == NULL ? "" : error->message);
    cr_expect_str_eq(mugai_settings_notice(config->settings, "notice/sanitized"),
                     "無害化しました。");
    cr_expect_str_eq(mugai_settings_notice(config->settings, "notice/rule"), "");
    cr_expect_str_eq(mugai_settings_notice(config->settings, "notice/id"),
                     mugai_settings_notice(built_in, "notice/id"));
}

Test(config, a_notice_file_of_the_other_language_is_not_read)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiConfig) config = NULL;

    write_file("ja.conf", "[nonsense]\nx=y\n");
    config = load_with_notices("en", "[notice]\nrule = ==\n", &error);
    cr_assert_null(error, "%s", error == NULL ? "" : error->message);
    cr_expect_str_eq(mugai_settings_notice(config->settings, "notice/rule"), "==");
}

Test(config, the_shipped_notice_files_are_the_built_in_ones)
{
    static const char *const languages[] = {"ja", "en"};

    for (gsize i = 0; i < G_N_ELEMENTS(languages); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(MugaiSettings) built_in = mugai_settings_new(languages[i]);
        g_autofree char *contents =
            g_strdup_printf("[sanitize]\nlanguage=%s\nnotices=%s\n", languages[i], NOTICES);
        g_autoptr(MugaiConfig) config = load(contents, &error);

        cr_assert_null(error, "%s", error == NULL ? "" : error->message);
        expect_same_settings(config->settings, built_in);
    }
}

Test(config, both_languages_have_the_same_sentences)
{
    g_autoptr(MugaiSettings) ja = mugai_settings_new("ja");
    g_autoptr(MugaiSettings) en = mugai_settings_new("en");
    GHashTableIter iter;
    gpointer key = NULL;

    cr_assert_eq(g_hash_table_size(ja->notice), g_hash_table_size(en->notice));
    g_hash_table_iter_init(&iter, ja->notice);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        cr_expect(g_hash_table_contains(en->notice, key), "%s is missing", (char *)key);
}

static void
expect_notices_refused(const char *sentences, const char *word)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiConfig) config = load_with_notices("en", sentences, &error);

    cr_assert_null(config, "accepted: %s", sentences);
    cr_expect(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG));
    cr_expect_not_null(strstr(error->message, "en.conf"), "%s", error->message);
    cr_expect_not_null(strstr(error->message, word), "%s", error->message);
}

Test(config, an_unknown_sentence_is_refused)
{
    expect_notices_refused("[notice]\nsanitised = x\n", "sanitised");
    expect_notices_refused("[notices]\nsanitized = x\n", "notices");
    expect_notices_refused("[notice]\nsanitized = \xFF\n", "sanitized");
    expect_notices_refused("not a key file", "");
}

Test(config, an_octet_0_ends_no_sentence)
{
    static const char sentences[] = "[notice]\nsanitized = one\0 two\n";
    g_autofree char *text = g_strdup_printf("[sanitize]\nlanguage=en\nnotices=%s\n", directory);
    g_autofree char *path = g_build_filename(directory, "en.conf", NULL);
    g_autoptr(GError) error = NULL;

    cr_assert(g_file_set_contents(path, sentences, sizeof(sentences) - 1, NULL));
    cr_expect_null(load(text, &error));
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG));
    cr_expect_not_null(strstr(error->message, "/en.conf:2:"), "%s", error->message);
}

Test(config, a_missing_notice_directory_is_named)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiConfig) config = load("[sanitize]\nnotices=/nonexistent\n", &error);

    cr_assert_null(config);
    cr_assert(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_CONFIG));
    cr_assert_not_null(strstr(error->message, "/nonexistent"));
}

/* --- settings as they travel --- */

Test(config, settings_survive_their_journey)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiSettings) settings = mugai_settings_new("en");
    g_autoptr(GVariant) variant = NULL;
    g_autoptr(MugaiSettings) arrived = NULL;

    settings->links = MUGAI_LINKS_REMOVE;
    settings->body = MUGAI_BODY_HTML;
    settings->attachments = MUGAI_ATTACHMENTS_REMOVE;
    g_free(settings->contact);
    settings->contact = g_strdup("情報政策課");
    settings->limits = (MugaiLimits){1, 2, 3, 4096, 5u << 20, 6144, 7};
    variant = g_variant_ref_sink(mugai_settings_to_variant(settings));
    arrived = mugai_settings_from_variant(variant, &error);
    cr_assert_null(error, "%s", error == NULL ? "" : error->message);
    expect_same_settings(settings, arrived);
}

/* What a variant of settings looks like, with child @index (of child @outer, unless -1) replaced by
 * @value. */
static GVariant *
with_child(GVariant *original, int outer, guint index, GVariant *value)
{
    g_autoptr(GPtrArray) children = g_ptr_array_new();
    gsize count = g_variant_n_children(original);

    for (gsize i = 0; i < count; i++) {
        GVariant *child = g_variant_get_child_value(original, i);

        if (outer >= 0 && i == (gsize)outer)
            child = with_child(child, -1, index, value);
        else if (outer < 0 && i == index)
            child = value;
        g_ptr_array_add(children, child);
    }
    return g_variant_new_tuple((GVariant *const *)children->pdata, children->len);
}

static void
expect_settings_refused(GVariant *variant, const char *what)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) owned = g_variant_ref_sink(variant);
    g_autoptr(MugaiSettings) settings = mugai_settings_from_variant(owned, &error);

    cr_expect_null(settings, "%s is accepted", what);
    cr_expect(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED) ||
                  g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_LIMIT),
              "%s", what);
}

Test(config, settings_that_nobody_sends_are_refused)
{
    g_autoptr(MugaiSettings) settings = mugai_settings_new("ja");
    g_autoptr(GVariant) good = g_variant_ref_sink(mugai_settings_to_variant(settings));
    g_autoptr(GVariant) limits = g_variant_get_child_value(good, 5);

    expect_settings_refused(g_variant_new_string("x"), "another type");
    expect_settings_refused(g_variant_new("()"), "an empty tuple");
    expect_settings_refused(with_child(good, -1, 0, g_variant_new_byte(3)), "links");
    expect_settings_refused(with_child(good, -1, 1, g_variant_new_byte(2)), "body");
    expect_settings_refused(with_child(good, -1, 2, g_variant_new_byte(2)), "attachments");
    expect_settings_refused(with_child(good, -1, 3, g_variant_new_string("fr")), "language");
    for (guint i = 0; i < g_variant_n_children(limits); i++) {
        g_autoptr(GVariant) limit = g_variant_get_child_value(limits, i);
        gboolean wide = g_variant_is_of_type(limit, G_VARIANT_TYPE_UINT64);

        expect_settings_refused(with_child(good, 5, i,
                                           wide ? g_variant_new_uint64(G_MAXUINT64)
                                                : g_variant_new_uint32(G_MAXUINT32)),
                                "a limit without bound");
        expect_settings_refused(
            with_child(good, 5, i, wide ? g_variant_new_uint64(0) : g_variant_new_uint32(0)),
            "a limit of nothing");
    }
}

Test(config, settings_of_any_octets_are_refused_or_whole)
{
    g_autoptr(MugaiSettings) settings = mugai_settings_new("ja");
    g_autoptr(GVariant) good = g_variant_ref_sink(mugai_settings_to_variant(settings));
    gsize size = g_variant_get_size(good);

    for (gsize cut = 0; cut < size; cut += 1 + cut / 7) {
        g_autoptr(GBytes) octets = g_bytes_new(g_variant_get_data(good), cut);
        g_autoptr(GVariant) damaged =
            g_variant_ref_sink(g_variant_new_from_bytes(g_variant_get_type(good), octets, FALSE));
        g_autoptr(GError) error = NULL;
        g_autoptr(MugaiSettings) arrived = mugai_settings_from_variant(damaged, &error);

        cr_expect((arrived == NULL) == (error != NULL));
        if (arrived != NULL)
            cr_expect_eq(g_hash_table_size(arrived->notice), g_hash_table_size(settings->notice));
    }
}

Test(config, settings_that_travelled_have_all_sentences_and_no_other)
{
    g_autoptr(MugaiSettings) settings = mugai_settings_new("ja");
    g_autoptr(GVariant) good = g_variant_ref_sink(mugai_settings_to_variant(settings));
    GVariant *none = g_variant_new_array(G_VARIANT_TYPE("{ss}"), NULL, 0);
    GVariant *foreign = g_variant_new_parsed("{'notice/nonsense': 'x'}");
    g_autoptr(GVariant) without = g_variant_ref_sink(with_child(good, -1, 6, none));
    g_autoptr(MugaiSettings) arrived = mugai_settings_from_variant(without, NULL);

    if (arrived != NULL)
        expect_same_settings(arrived, settings);
    expect_settings_refused(with_child(good, -1, 6, foreign), "a sentence that nobody knows");
}

/* --- public keys --- */

#define KEY_LINE "mugai-vault-public-1 BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
#define OTHER_LINE "mugai-vault-public-1 CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

/* A configuration that seals to the files @names in our directory, NULL-terminated. */
static char *
sealing_to(const char *const *names)
{
    g_autoptr(GString) text = g_string_new("[store]\nseal_to = ");

    for (gsize i = 0; names[i] != NULL; i++)
        g_string_append_printf(text, "%s%s/%s", i > 0 ? " ,  " : "", directory, names[i]);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

Test(config, public_keys_are_read_with_it)
{
    const char *const names[] = {"a.pub", "b.pub", NULL};
    g_autofree char *text = sealing_to(names);
    g_autoptr(MugaiConfig) config = NULL;
    g_autoptr(GError) error = NULL;
    const MugaiPublicKey *key = NULL;

    write_file("a.pub", KEY_LINE);
    write_file("b.pub", OTHER_LINE);
    config = load(text, &error);
    cr_assert_not_null(config, "%s", error != NULL ? error->message : "");
    cr_assert_eq(config->seal_to->len, 2);
    key = config->seal_to->pdata[1];
    cr_assert_eq(key->octets[0], 8);
    cr_assert(g_str_has_suffix(key->path, "/b.pub"));
}

Test(config, what_is_no_public_key_is_refused_by_its_name)
{
    const char *const names[] = {"a.pub", "b.pub", NULL};
    g_autofree char *text = sealing_to(names);
    const char *const files[] = {
        "",
        KEY_LINE, /* twice */
        OTHER_LINE OTHER_LINE,
        "mugai-seal-public-1 CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "mugai-vault-public-1 CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n",
        "mugai-vault-public-1 CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n",
        "mugai-vault-public-1 CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
        "mugai-vault-public-1  CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
    };

    write_file("a.pub", KEY_LINE);
    expect_refused(text, 2, "store", "b.pub");
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        write_file("b.pub", files[i]);
        expect_refused(text, 2, "store", "b.pub");
    }
}

Test(config, keys_that_cannot_be_are_refused)
{
    expect_refused("[store]\nseal_index = yes\n", 2, "seal_index", "seal_to");
    expect_refused("[store]\nseal_to =\n", 2, "store", "seal_to");
    expect_refused("[store]\nseal_to = relative.pub\n", 2, "store", "seal_to");
    expect_refused("[store]\nseal_to = /dev/zero\n", 2, "store", "seal_to");
    expect_refused("[store]\nseal_to = /,/,/,/,/,/,/,/,/,/,/,/,/,/,/,/,/\n", 2, "store", "16");
}
