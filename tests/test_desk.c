/* test_desk.c - who may what, that two are two, and what travels; over the desk itself, as a
 * process of another user would ask it */
#include "store_fixture.h"

#include <mugai/audit.h>
#include <mugai/desk.h>
#include <mugai/limits.h>
#include <mugai/pending.h>
#include <sys/socket.h>
#include <sysexits.h>

#define TANAKA "tanaka@city.example.jp"

/* --- a desk --- */

/* What was told. */
typedef struct {
    guint answers;
    char *complaint;
} Told;

static void
told_clear(Told *told)
{
    g_free(told->complaint);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Told, told_clear)

static gboolean
tell(const MugaiAnswer *answer, gpointer data)
{
    Told *told = data;

    told->answers++;
    if (answer->kind == MUGAI_ANSWER_COMPLAINT) {
        g_free(told->complaint);
        told->complaint = g_strdup(answer->text);
    }
    return TRUE;
}

static MugaiActor *
actor_of(guint32 uid, gint64 login_uid)
{
    MugaiActor *actor = mugai_actor_self("test");

    actor->uid = uid;
    actor->login_uid = login_uid;
    return actor;
}

static MugaiId
keep(MugaiStore *store, const char *octets)
{
    g_autoptr(MugaiEnvelope) envelope = make_envelope();
    g_autoptr(MugaiReceipt) receipt = NULL;
    MugaiObject *object = mugai_store_begin(store, envelope, NULL);

    cr_assert(mugai_object_append(object, octets, strlen(octets), NULL));
    receipt = mugai_object_finish(object, NULL);
    cr_assert_not_null(receipt);
    return *mugai_receipt_id(receipt);
}

/* Exit status of @request by somebody with @roles. */
static int
ask(const Fixture *fixture, const MugaiActor *actor, MugaiRoles roles, const MugaiRequest *request)
{
    g_auto(Told) told = {0};
    g_autoptr(GError) error = NULL;
    const MugaiDesk desk = {
        .config = &fixture->config, .actor = actor, .roles = roles, .tell = tell, .data = &told};
    int status = mugai_desk_serve(&desk, request, &error);

    cr_expect_eq(status < 0, error != NULL);
    if (error == NULL)
        return status;
    cr_expect(error->domain == MUGAI_DESK_ERROR);
    return error->code;
}

/* --- roles --- */

#define ALL                                                                                        \
    (MUGAI_ROLE_VIEWER | MUGAI_ROLE_RELEASER | MUGAI_ROLE_AUDITOR | MUGAI_ROLE_ADMINISTRATOR)

static MugaiRequest
request_of(MugaiVerb verb, const MugaiId *id, GPtrArray *recipients)
{
    return (MugaiRequest){
        .verb = verb,
        .id = *id,
        .reason = (char *)"why",
        .recipients = recipients,
        .config_text = (char *)"[nonsense]\n",
        .config_name = (char *)"x",
    };
}

static gboolean
is_last_refused(const char *line, const MugaiRecord *record, gpointer data)
{
    (void)line;
    *(gboolean *)data = g_str_has_prefix(record->outcome, "refused: ");
    return TRUE;
}

Test(desk, I9_whoever_has_no_role_gets_nothing_and_it_is_written_down)
{
    g_auto(Fixture) fixture = fixture_make();
    MugaiId id = keep(fixture.store, "Subject: x\r\n\r\nx\r\n");
    g_autoptr(MugaiActor) actor = actor_of(1001, -1);
    g_autoptr(GPtrArray) recipients = g_ptr_array_new();

    g_ptr_array_add(recipients, (char *)TANAKA);
    for (guint verb = MUGAI_VERB_NONE + 1; verb < MUGAI_VERBS; verb++) {
        MugaiRequest request = request_of((MugaiVerb)verb, &id, recipients);
        g_autoptr(MugaiAudit) audit = NULL;
        gboolean refused = FALSE;

        cr_expect_eq(ask(&fixture, actor, 0, &request), EX_NOPERM, "verb %u", verb);
        audit = mugai_audit_open(&fixture.config, NULL);
        mugai_audit_visit(audit, 0, 0, is_last_refused, &refused, NULL);
        cr_expect(refused, "verb %u", verb);
    }
}

Test(desk, a_role_is_had_by_the_members_of_its_group)
{
    MugaiConfig config = {.viewer = (char *)"7001",
                          .releaser = (char *)"7002",
                          .auditor = NULL,
                          .administrator = (char *)"no-such-group-at-all"};
    const gid_t groups[] = {7002, 7003, 0};

    cr_expect_eq(mugai_desk_find_roles(&config, groups, 3), MUGAI_ROLE_RELEASER);
    cr_expect_eq(mugai_desk_find_roles(&config, groups, 0), 0);
    config.auditor = (char *)"7003";
    cr_expect_eq(mugai_desk_find_roles(&config, groups, 3),
                 MUGAI_ROLE_RELEASER | MUGAI_ROLE_AUDITOR);
}

/* --- two persons --- */

static void
need_two(Fixture *fixture)
{
    static char *allowed[] = {(char *)"*@city.example.jp", NULL};
    static char *never[] = {NULL};

    fixture->config.release_two_person = TRUE;
    fixture->config.release_server = (char *)"smtp://127.0.0.1:1";
    fixture->config.release_sender = (char *)"admin@city.example.jp";
    fixture->config.release_allowed = allowed;
    fixture->config.release_never = never;
}

Test(desk, nobody_is_two_by_becoming_another_user)
{
    g_auto(Fixture) fixture = fixture_make();
    MugaiId id = keep(fixture.store, "Subject: x\r\n\r\nx\r\n");
    g_autoptr(GPtrArray) recipients = g_ptr_array_new();
    MugaiRequest request = {0};
    MugaiRequest approve = {.verb = MUGAI_VERB_APPROVE, .id = id};
    g_autoptr(MugaiActor) alice = actor_of(1001, 1001);
    /* uid, login uid */
    const gint64 same[][2] = {{1001, 1001}, {1001, -1}, {1002, 1001}, {1001, 1002}};
    g_autoptr(MugaiActor) bob = actor_of(1002, 1002);

    need_two(&fixture);
    g_ptr_array_add(recipients, (char *)TANAKA);
    request = request_of(MUGAI_VERB_REQUEST, &id, recipients);
    cr_assert_eq(ask(&fixture, alice, MUGAI_ROLE_RELEASER, &request), 0);
    for (gsize i = 0; i < G_N_ELEMENTS(same); i++) {
        g_autoptr(MugaiActor) actor = actor_of((guint32)same[i][0], same[i][1]);

        cr_expect_eq(ask(&fixture, actor, ALL, &approve), EX_NOPERM, "case %zu", i);
    }
    /* another one gets as far as the server, which is not there: a later try may help */
    cr_expect_eq(ask(&fixture, bob, MUGAI_ROLE_RELEASER, &approve), EX_TEMPFAIL);
    cr_expect_eq(ask(&fixture, alice, MUGAI_ROLE_RELEASER, &request), 1, "it does not wait still");
}

Test(desk, two_sessions_that_began_with_one_are_one)
{
    g_auto(Fixture) fixture = fixture_make();
    MugaiId id = keep(fixture.store, "Subject: x\r\n\r\nx\r\n");
    g_autoptr(GPtrArray) recipients = g_ptr_array_new();
    MugaiRequest request = {0};
    MugaiRequest approve = {.verb = MUGAI_VERB_APPROVE, .id = id};
    g_autoptr(MugaiActor) first = actor_of(1001, 500);
    g_autoptr(MugaiActor) second = actor_of(1002, 500);
    g_autoptr(MugaiActor) himself = actor_of(500, -1);

    need_two(&fixture);
    g_ptr_array_add(recipients, (char *)TANAKA);
    request = request_of(MUGAI_VERB_REQUEST, &id, recipients);
    cr_assert_eq(ask(&fixture, first, MUGAI_ROLE_RELEASER, &request), 0);
    cr_expect_eq(ask(&fixture, second, MUGAI_ROLE_RELEASER, &approve), EX_NOPERM);
    cr_expect_eq(ask(&fixture, himself, MUGAI_ROLE_RELEASER, &approve), EX_NOPERM);
}

Test(desk, without_two_person_nothing_is_requested)
{
    g_auto(Fixture) fixture = fixture_make();
    MugaiId id = keep(fixture.store, "Subject: x\r\n\r\nx\r\n");
    g_autoptr(GPtrArray) recipients = g_ptr_array_new();
    g_autoptr(MugaiActor) actor = actor_of(1001, -1);
    MugaiRequest request = {0};

    need_two(&fixture);
    fixture.config.release_two_person = FALSE;
    g_ptr_array_add(recipients, (char *)TANAKA);
    request = request_of(MUGAI_VERB_REQUEST, &id, recipients);
    cr_expect_eq(ask(&fixture, actor, MUGAI_ROLE_RELEASER, &request), EX_CONFIG);
    request.verb = MUGAI_VERB_APPROVE;
    cr_expect_eq(ask(&fixture, actor, MUGAI_ROLE_RELEASER, &request), EX_CONFIG);
}

Test(desk, a_request_that_was_tampered_with_is_not_carried_out)
{
    static const char *const lines[] = {"", "{}", "nonsense", "\xff\xff"};
    g_auto(Fixture) fixture = fixture_make();
    MugaiId id = keep(fixture.store, "Subject: x\r\n\r\nx\r\n");
    g_autofree char *path = g_strdup_printf("%s/" DAY "/%s.request", fixture.path, id.text);
    g_autoptr(MugaiActor) actor = actor_of(1001, -1);
    const MugaiRequest approve = {.verb = MUGAI_VERB_APPROVE, .id = id};

    need_two(&fixture);
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        cr_assert(g_file_set_contents(path, lines[i], -1, NULL));
        cr_expect_eq(ask(&fixture, actor, MUGAI_ROLE_RELEASER, &approve), EX_DATAERR, "case %zu",
                     i);
    }
}

/* --- what travels --- */

static void
make_pair(int ends[2])
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
}

Test(desk, a_long_answer_arrives_as_a_short_one)
{
    int ends[2];

    make_pair(ends);
    for (gsize length = 1; length <= 8u << 20; length *= 8) {
        g_autofree char *text = g_strnfill(length, 'x');
        const MugaiAnswer sent = {.kind = MUGAI_ANSWER_LOOK, .text = text};
        g_auto(MugaiAnswer) got = {.descriptor = -1};
        g_autoptr(GError) error = NULL;

        cr_assert(mugai_answer_send(ends[0], &sent, &error));
        cr_assert(mugai_answer_receive(ends[1], &got, &error));
        cr_expect_str_eq(got.text, text);
    }
    close(ends[0]);
    close(ends[1]);
}

Test(desk, a_request_beyond_its_limit_is_not_sent)
{
    g_autofree char *text = g_strnfill(MUGAI_LIMIT_DESK_REQUEST_OCTETS, 'x');
    const MugaiRequest request = {.verb = MUGAI_VERB_REPLAY,
                                  .config_text = text,
                                  .config_name = (char *)"x"};
    g_autoptr(GError) error = NULL;
    int ends[2];

    make_pair(ends);
    cr_expect_not(mugai_request_send(ends[0], &request, &error));
    cr_expect(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_LIMIT));
    close(ends[0]);
    close(ends[1]);
}

static GPtrArray *
make_texts(guint count)
{
    GPtrArray *texts = g_ptr_array_new();

    for (guint i = 0; i < count; i++)
        g_ptr_array_add(texts, (char *)"x");
    return texts;
}

/* Whether @request, which anybody may send, is taken. */
static gboolean
arrives(const MugaiRequest *request)
{
    g_auto(MugaiRequest) got = {0};
    g_autoptr(GError) error = NULL;
    gboolean taken = FALSE;
    int ends[2];

    make_pair(ends);
    cr_assert(mugai_request_send(ends[0], request, NULL));
    taken = mugai_request_receive(ends[1], &got, &error);
    cr_expect_eq(taken, error == NULL);
    close(ends[0]);
    close(ends[1]);
    return taken;
}

Test(desk, what_mugai_would_not_ask_is_no_request)
{
    g_autofree char *long_reason = g_strnfill(4001, 'x');
    g_autofree char *long_text = g_strnfill(65537, 'x');
    g_autoptr(GPtrArray) to = make_texts(1);
    g_autoptr(GPtrArray) to_many = make_texts(21);
    g_autoptr(GPtrArray) words = make_texts(10001);
    MugaiRequest good = {.verb = MUGAI_VERB_RELEASE, .reason = (char *)"x", .recipients = to};
    MugaiRequest bad[10];

    mugai_id_from_bits(RECEIVED, 1, &good.id);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        bad[i] = good;
    bad[0].verb = MUGAI_VERB_NONE;
    bad[1].verb = MUGAI_VERBS;
    bad[2].id = (MugaiId){"20261120-00000-00001"};
    bad[3].id = (MugaiId){""};
    bad[4].reason = long_reason;
    bad[5].text = long_text;
    bad[6].recipients = to_many;
    bad[7].words = words;
    bad[8].since = G_MININT64;
    bad[9].reason = (char *)" \t\u3000";
    cr_assert(arrives(&good));
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        cr_expect_not(arrives(&bad[i]), "case %zu", i);
}

Test(desk, the_end_of_the_socket_is_no_answer)
{
    g_auto(MugaiAnswer) got = {.descriptor = -1};
    g_autoptr(GError) error = NULL;
    int ends[2];

    make_pair(ends);
    close(ends[0]);
    cr_expect_not(mugai_answer_receive(ends[1], &got, &error));
    cr_expect(g_error_matches(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND));
    close(ends[1]);
}
