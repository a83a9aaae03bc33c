/*
 * test_cli_keep.c - puts a message into a store as mugaid does, for the tests of the command line
 *
 * test_cli_keep CONFIG STATE RECEIVED SENDER RECIPIENT... <message: keeps it, indexes it as STATE
 * ("-": does not), prints its id. Sanitized by the worker of the configuration, so that the index
 * knows what it knows in earnest.
 */
#include <mugai/approve.h>
#include <mugai/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void
must(gboolean done, const GError *error)
{
    if (!done)
        g_error("%s", error != NULL ? error->message : "wrong usage");
}

/* Copies standard input to a file without a name and to the store. */
static MugaiReceipt *
keep(MugaiStore *store, const MugaiEnvelope *envelope, FILE *copy)
{
    g_autoptr(GError) error = NULL;
    MugaiObject *object = mugai_store_begin(store, envelope, &error);
    MugaiReceipt *receipt = NULL;
    char buffer[4096];
    gsize count = 0;

    must(object != NULL, error);
    while ((count = fread(buffer, 1, sizeof buffer, stdin)) > 0) {
        must(fwrite(buffer, 1, count, copy) == count, NULL);
        must(mugai_object_append(object, buffer, count, &error), error);
    }
    must(fflush(copy) == 0, NULL);
    receipt = mugai_object_finish(object, &error);
    must(receipt != NULL, error);
    return receipt;
}

static MugaiApproved *
sanitize(const MugaiConfig *config, int original, const MugaiId *id, gint64 received)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiPool) pool = mugai_pool_new(config, &error);
    MugaiApproved *approved = NULL;

    must(pool != NULL, error);
    approved = mugai_ticket_collect(
        mugai_pool_submit(pool, original, id, (MugaiTime){.seconds = received}, NULL), &error);
    must(approved != NULL, error);
    return approved;
}

static void
add_to_index(MugaiStore *store, const MugaiReceipt *receipt, const MugaiApproved *approved,
             const char *state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiIndex) index = mugai_index_open(store, TRUE, &error);
    const MugaiReport *report = mugai_approved_report(approved);
    const MugaiEnvelope *envelope = mugai_receipt_envelope(receipt);
    MugaiFacts facts = {
        .id = mugai_receipt_id(receipt)->text,
        .received = envelope->received,
        .original_size = mugai_receipt_size(receipt),
        .original_sha256 = mugai_receipt_sha256(receipt),
        .output_sha256 = mugai_approved_sha256(approved),
    };
    g_autofree char *json = mugai_report_to_json(report, &facts, envelope, state, FALSE);
    g_autofree char *own_state = g_strdup(state);
    g_autofree char *sha256 = g_strdup(mugai_receipt_sha256(receipt));
    MugaiEntry entry = {
        .id = *mugai_receipt_id(receipt),
        .received = envelope->received,
        .state = own_state,
        .envelope = (MugaiEnvelope *)(guintptr)envelope,
        .subject = report->subject,
        .from = report->from,
        .size = mugai_receipt_size(receipt),
        .sha256 = sha256,
        .report_json = json,
    };

    must(index != NULL, error);
    must(mugai_index_add(index, &entry, &error), error);
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MugaiConfig) config = argc >= 6 ? mugai_config_load(argv[1], &error) : NULL;
    g_autoptr(MugaiStore) store = config != NULL ? mugai_store_open(config, &error) : NULL;
    g_autoptr(MugaiEnvelope) envelope = NULL;
    g_autoptr(MugaiReceipt) receipt = NULL;
    FILE *copy = tmpfile();

    must(store != NULL && copy != NULL, error);
    envelope = mugai_envelope_new(strtoll(argv[3], NULL, 10));
    g_free(envelope->sender);
    envelope->sender = g_strdup(argv[4]);
    for (int i = 5; i < argc; i++)
        g_ptr_array_add(envelope->recipients, g_strdup(argv[i]));
    receipt = keep(store, envelope, copy);
    if (!g_str_equal(argv[2], "-")) {
        g_autoptr(MugaiApproved) approved =
            sanitize(config, fileno(copy), mugai_receipt_id(receipt), envelope->received);

        add_to_index(store, receipt, approved, argv[2]);
    }
    puts(mugai_receipt_id(receipt)->text);
    fclose(copy);
    return EXIT_SUCCESS;
}
