/* cli.h - what the verbs of mugai share */
#pragma once

#include <glib.h>
#include <inttypes.h>
#include <mugai/approve.h>
#include <mugai/config.h>
#include <mugai/desk.h>
#include <mugai/error.h>
#include <mugai/fd.h>
#include <mugai/id.h>
#include <mugai/record.h>
#include <mugai/store.h>
#include <unistd.h>

G_BEGIN_DECLS

/* --- verbs: each returns its exit status, or -1 with @error --- */

int cmd_approve(int argc, char **argv, GError **error);
int cmd_check_config(int argc, char **argv, GError **error);
int cmd_delete(int argc, char **argv, GError **error);
int cmd_doctor(int argc, char **argv, GError **error);
int cmd_digest(int argc, char **argv, GError **error);
int cmd_fsck(int argc, char **argv, GError **error);
int cmd_get(int argc, char **argv, GError **error);
int cmd_hold(int argc, char **argv, GError **error);
int cmd_keygen(int argc, char **argv, GError **error);
int cmd_list(int argc, char **argv, GError **error);
int cmd_log(int argc, char **argv, GError **error);
int cmd_postfix(int argc, char **argv, GError **error);
int cmd_purge(int argc, char **argv, GError **error);
int cmd_release(int argc, char **argv, GError **error);
int cmd_replay(int argc, char **argv, GError **error);
int cmd_request(int argc, char **argv, GError **error);
int cmd_sanitize(int argc, char **argv, GError **error);
int cmd_stats(int argc, char **argv, GError **error);
int cmd_show(int argc, char **argv, GError **error);
int cmd_unhold(int argc, char **argv, GError **error);
int cmd_verify(int argc, char **argv, GError **error);
int cmd_version(int argc, char **argv, GError **error);

/* --- language.c --- */

/* By the environment, once; before that all is English. */
void mugai_cli_choose_language(void);
/* For a verb whose JSON holds sentences: what a program reads does not hang on a locale. */
void mugai_cli_speak_english(void);
/* What the catalogue has for @msgid, or @msgid. */
const char *mugai_cli_translate(const char *msgid) G_GNUC_FORMAT(1);
#define _(text) mugai_cli_translate(text)
/* A word of a report, a record or an answer; what is none of ours as it is. */
const char *mugai_cli_word(const char *word);
gboolean mugai_cli_speaks_english(void);
/* What a module or the desk said in English, in the language; what is not in the catalogue, as a
 * library's own words, behind a sentence for @status. */
char *mugai_cli_detail(int status, const char *english);
/* @error's message for people: the command's own as it is, another's by mugai_cli_detail(). */
char *mugai_cli_explain(const GError *error);
int mugai_cli_exit_status(const GError *error);
/* Sets @error to what a module or the desk said, explained. */
void mugai_cli_pass_on(GError **error, const GError *why);

/* --- say.c --- */

/* What was said in English elsewhere (an error, a remark, an outcome), in the language; what is not
 * recognised as it is. Newly allocated. */
char *mugai_cli_say(const char *english);
/* The same; NULL if not all of it but names is recognised. */
char *mugai_cli_say_whole(const char *english);

/* --- options.c --- */

/* Errors of the command line's own: the code is the exit status (sysexits.h). */
#define MUGAI_CLI_ERROR MUGAI_DESK_ERROR
/* Sets @error to @status, the formatted text, ": " and strerror(errno). FALSE. */
gboolean mugai_cli_fail(GError **error, int status, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Sets @error to a USAGE error. FALSE. */
gboolean mugai_cli_misuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* What every verb takes. */
typedef struct {
    char *config_path; /* NULL: the default */
    GStrv arguments;   /* what is no option; never NULL after parsing */
    GPtrArray *words;  /* of char*: all that was typed after the verb */
    /* of verbs that open what is sealed, see MUGAI_CLI_KEY_OPTIONS */
    char *private_key, *passphrase_file;
    MugaiVaultKey *key;   /* NULL: none was named */
    GPtrArray *data_keys; /* of char*, what it has opened */
} MugaiCommon;

void mugai_common_clear(MugaiCommon *common);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MugaiCommon, mugai_common_clear)

/* Parses @argv ("VERB" first) by @entries (ending in a zeroed one; values as FILENAME, that is
 * octets as typed), --config and --help, which exits and shows @usage, the arguments, and
 * @description. USAGE. */
gboolean mugai_cli_parse(MugaiCommon *common, const GOptionEntry *entries, const char *usage,
                         const char *description, int argc, char **argv, GError **error);

/* The configuration of --config, or the default file, or, where there is none, the built-in
 * defaults; without [seal] key. */
MugaiConfig *mugai_cli_load_config(const MugaiCommon *common, GError **error);
/* The same with it: for the digest, which goes to the mail server and nowhere else. */
MugaiConfig *mugai_cli_load_whole_config(const MugaiCommon *common, GError **error);

/* A moment in local time: an ISO 8601 date or date and time, "today", "yesterday", or so long ago:
 * -2h, -30m, -7d. */
gboolean mugai_cli_parse_moment(const char *typed, gint64 *ret_seconds, GError **error);

/* ISO 8601 with offset, or @ and unix seconds; NULL: now. */
gboolean mugai_cli_parse_received(const char *typed, MugaiTime *ret_time, GError **error);

/* @seconds with the offset of local time then. */
MugaiTime mugai_cli_local_time(gint64 seconds);

/* --- files.c --- */

/* All @length octets; FALSE with errno set. */
gboolean mugai_cli_write(int fd, const void *octets, gsize length);
/* Opens @path, or standard input for "-", for a worker: what is no regular file is copied to an
 * unnamed one. */
int mugai_cli_open_input(const char *path, GError **error);
/* Makes @path, which must not exist, for the owner alone. EXISTS. */
int mugai_cli_create(const char *path, GError **error);
/* Copies all of the file @from to @to; @name is that of the output. */
gboolean mugai_cli_copy(int from, int to, const char *name, GError **error);
/* Length and SHA-256 (lower-case hex, newly allocated) of a file. */
gboolean mugai_cli_digest(int fd, guint64 *ret_size, char **ret_sha256, GError **error);

/* --- terminal.c --- */

/* Columns of the terminal on standard output, 0 if it is none. */
gsize mugai_cli_terminal_columns(void);
/* Hostile text for a terminal, at most @columns wide and filled up to them; 0: as it is. */
char *mugai_cli_fit(const char *text, gsize columns);
/* "12345" as "12.1K" */
char *mugai_cli_size(guint64 octets);
/* Local time: "2026-11-20 10:00:15 +0900" */
char *mugai_cli_time(gint64 seconds);

/* Whether standard output is a terminal that wants colour: https://no-color.org/ */
gboolean mugai_cli_wants_colour(void);
#define MUGAI_CLI_RED "\033[31m"
#define MUGAI_CLI_YELLOW "\033[33m"
#define MUGAI_CLI_PLAIN "\033[m"
/* Hostile text as a JSON string, quotes included: what is not clean is left out. */
char *mugai_cli_json_string(const char *text);

/* --- csv.c --- */

/* A line of CSV each on standard output: names of columns, what comes first; hostile text. */
void mugai_cli_print_csv_heading(const char *const *names, gsize count);
void mugai_cli_print_csv_fields(const char *const *fields, gsize count);
/* The same of entries: the names of their columns, one. */
void mugai_cli_print_csv_columns(void);
void mugai_cli_print_csv(const MugaiEntry *entry);

/* --- originals.c --- */

/* The reason of an entry of the log: what a person typed stays as it is. Newly allocated, or NULL.
 */
char *mugai_cli_say_reason(const MugaiRecord *record);
/* The one id that the verb was called with. USAGE, MALFORMED. */
gboolean mugai_cli_read_id(const MugaiCommon *common, MugaiId *ret_id, GError **error);
/* All ids that the verb was called with, one at least, of MugaiId. USAGE, MALFORMED. */
GArray *mugai_cli_read_ids(const MugaiCommon *common, GError **error);
/* Has the message in @original sanitized by a worker of its own, by the policy that @envelope (may
 * be NULL) chooses, and waits for it. */
MugaiApproved *mugai_cli_sanitize(const MugaiConfig *config, int original, const MugaiId *id,
                                  MugaiTime received, const MugaiEnvelope *envelope,
                                  GError **error);
/* @approved's report on the message in @original as JSON. @envelope and @state may be NULL. */
char *mugai_cli_report_json(const MugaiApproved *approved, int original, const MugaiId *id,
                            MugaiTime received, const MugaiEnvelope *envelope, const char *state,
                            gboolean pretty, GError **error);
/* The same in the file @path. */
gboolean mugai_cli_write_report(const char *path, const MugaiApproved *approved, int original,
                                const MugaiId *id, MugaiTime received, GError **error);

/* --- diff.c --- */

/* What differs between two texts, as lines of a unified diff (of char*), without a heading of
 * files.
 */
GPtrArray *mugai_cli_diff(const char *before, const char *after);

/* --- names.c --- */

/* A plain file name made of a @hostile one (UTF-8), safe on any file system, in a shell and on a
 * terminal; @fallback where nothing of it is left. Newly allocated. */
char *mugai_cli_file_name(const char *hostile, const char *fallback);

/* --- ask.c --- */

/* Whether the caller's own process opens the store: root's, or its owner's. */
gboolean mugai_cli_may_open_store(const MugaiConfig *config);
/* Asks the desk for @request, and hands its answers to @tell as they come: in this process where
 * the store is the caller's or the caller is root, else mugai-stored. Complaints are printed here.
 * The exit status, or -1 with @error. */
int mugai_cli_ask(const MugaiConfig *config, const MugaiRequest *request, MugaiDeskTell tell,
                  gpointer data, GError **error);
/* USAGE if @reason, which may be NULL, says nothing or more than a log should hold. */
gboolean mugai_cli_check_reason(const char *reason, GError **error);

/* --- orders.c --- */

/* Runs a verb whose arguments are ids and --reason; @description is for --help. Exit status. */
int mugai_cli_order(MugaiVerb verb, const char *description, int argc, char **argv, GError **error);

/* --- cmd_release.c --- */

/* Tells what became of each recipient. */
gboolean mugai_cli_print_released(const MugaiAnswer *answer, gpointer data);
/* What --to was given (of char*, borrowed), each once. USAGE. */
GPtrArray *mugai_cli_read_recipients(char *const *typed, GError **error);

/* --- many.c --- */

/* What sanitize --output was told. */
typedef struct {
    const char *output;  /* directory */
    const char *reports; /* directory, or NULL */
    MugaiTime received;
    const MugaiConfig *config;
    GStrv paths;
} MugaiMany;

/* Exit status. */
int mugai_cli_sanitize_many(const MugaiMany *many, GError **error);

/* --- sources.c --- */

/* A file to be sanitized. */
typedef struct {
    char *path;
    char *relative; /* its name below the output directory */
} MugaiSource;

/* All files under @path, in order of their names, appended to @sources (of MugaiSource). What
 * cannot be read is complained of; FALSE then. */
gboolean mugai_cli_find_sources(const char *path, GPtrArray *sources);
GPtrArray *mugai_cli_sources_new(void);

/* Calls @visit with each message of the open mbox file in an unnamed file of its own, or once with
 * @fd itself where it is none. @number: from 1, 0 for a file that is no mbox. */
typedef gboolean (*MugaiMessageVisit)(int fd, guint number, gpointer data, GError **error);
gboolean mugai_cli_visit_messages(int fd, MugaiMessageVisit visit, gpointer data, GError **error);

/* --- unlock.c --- */

/* The options of a verb that opens what is sealed; @common is a MugaiCommon. */
#define MUGAI_CLI_KEY_OPTIONS(common)                                                              \
    {"private-key",                                                                                \
     0,                                                                                            \
     0,                                                                                            \
     G_OPTION_ARG_FILENAME,                                                                        \
     &(common).private_key,                                                                        \
     N_("Open what is sealed; asks for the passphrase of the key in FILE"),                        \
     "FILE"},                                                                                      \
    {                                                                                              \
        "passphrase-file", 0, 0, G_OPTION_ARG_FILENAME, &(common).passphrase_file,                 \
            N_("Take the passphrase from the first line of FILE"), "FILE"                          \
    }

/* With a private key named in @common: gives @request what opens what it is about. TRUE without
 * one. USAGE, SEALED, and the errors of asking. */
gboolean mugai_cli_unlock(MugaiCommon *common, const MugaiConfig *config, MugaiRequest *request,
                          GError **error);

/* --- passphrase.c --- */

/* The first line of the file @path, or, NULL, what somebody types on the terminal, @twice where a
 * mistake would cost the key. Freed with mugai_cli_passphrase_free(), which wipes. */
char *mugai_cli_passphrase(const char *path, gboolean twice, GError **error);
void mugai_cli_passphrase_free(char *passphrase);

/* --- messages to the user --- */

/* One line "mugai: ..." on standard error, of clean characters only: names in it may be hostile. */
void mugai_cli_complain(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* The same of something with a name. */
void mugai_cli_complain_of(const char *name, const char *why);

G_END_DECLS
