/*
 * fuzz_seal.c - the gate passes what the boundary has sealed, and not an octet else
 *
 * The input: a line of numbers (when it was sealed, how much later the gate looks, PLACE and CHANGE
 * of an alteration, chunks of the body), then a candidate, in whose place the notice-only message
 * goes where it does not conform. The gate is shown a message as Postfix shows it: names without
 * the blanks before the colon, values cut at a NUL, no field after the first line that is none.
 *
 * Properties: 1. the field that the boundary writes is the one of src/ARCHITECTURE.md, "The seal",
 *                computed here once more;
 *             2. what was sealed passes, behind relays too, in the time it is believed, with its
 * key known: not before, not after, not with other keys;
 *             3. altered in one place, it does not pass, unless what the gate approved, and writes
 *                back, is what was sealed;
 *             4. the input itself never passes; without a seal, where that is allowed, what
 * conforms passes;
 *             5. a value of the field is read in the one form of the profile, as a regular
 *                expression says, and gives what it says.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <message.h>
#include <mugai/compose.h>
#include <mugai/seal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_AGE 86400
#define MAX_AHEAD 300
#define TIME_MAX 99999999999
/* Leaves the header section room for a seal and a relay's field. */
#define CANDIDATE_OCTETS_MAX 200000u
/* What a relay puts before a message, folded as Postfix folds. */
#define RELAYED "Received: from a\r\n\tby relay\r\n"

static const guint8 seed[crypto_sign_SEEDBYTES] = "the seed of a key for fuzz_seal";
static const guint8 other_seed[crypto_sign_SEEDBYTES] = "the seed of another host's key ";

/* --- keys --- */

typedef struct {
    guint8 public[crypto_sign_PUBLICKEYBYTES];
    guint8 secret[crypto_sign_SECRETKEYBYTES];
    char id[MUGAI_PROFILE_SEAL_KEY_DIGITS + 1];
    MugaiSealKey *boundary; /* the same, read from a key file */
} Pair;

static MugaiSealKey *
read_key_file(const guint8 *octets)
{
    g_autofree char *base64 = g_base64_encode(octets, crypto_sign_SEEDBYTES);
    g_autofree char *line = g_strdup_printf("mugai-seal-private-1 %s\n", base64);
    int fd = memfd_create("key", MFD_CLOEXEC);
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    g_autoptr(GError) error = NULL;
    MugaiSealKey *key = NULL;

    g_assert_cmpint(fchmod(fd, 0600), ==, 0);
    g_assert_cmpint(write(fd, line, strlen(line)), ==, (gssize)strlen(line));
    key = mugai_seal_key_load(path, &error);
    g_assert_no_error(error);
    close(fd);
    return key;
}

/* Made at the first call, never freed. */
static const Pair *
pair(void)
{
    static Pair made;
    g_autofree char *digest = NULL;

    if (made.boundary != NULL)
        return &made;
    g_assert_cmpint(sodium_init(), >=, 0);
    crypto_sign_seed_keypair(made.public, made.secret, seed);
    digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, made.public, sizeof made.public);
    g_strlcpy(made.id, digest, sizeof made.id);
    made.boundary = read_key_file(seed);
    g_assert_cmpstr(mugai_seal_key_id(made.boundary), ==, made.id);
    return &made;
}

/* Another host's key, with the id of ours, and ours where @known. */
static void
fill_keys(gboolean known, MugaiGateKeys *ret_keys)
{
    guint8 secret[crypto_sign_SECRETKEYBYTES];

    memset(ret_keys, 0, sizeof *ret_keys);
    memcpy(ret_keys->keys[0].id, pair()->id, sizeof ret_keys->keys[0].id);
    crypto_sign_seed_keypair(ret_keys->keys[0].octets, secret, other_seed);
    memcpy(ret_keys->keys[1].id, pair()->id, sizeof ret_keys->keys[1].id);
    memcpy(ret_keys->keys[1].octets, pair()->public, sizeof ret_keys->keys[1].octets);
    ret_keys->count = known ? 2 : 1;
}

/* --- the input --- */

typedef struct {
    gint64 time, later;
    gulong place, change, chunk;
    GBytes *message; /* as it was given */
    GBytes *candidate;
} Given;

static void
given_clear(Given *given)
{
    g_bytes_unref(given->message);
    g_bytes_unref(given->candidate);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Given, given_clear)

/* Never NULL, as GLib has it for no octets. */
static const char *
octets_of(GBytes *message, gsize *ret_length)
{
    const char *octets = g_bytes_get_data(message, ret_length);

    return octets != NULL ? octets : "";
}

/* With a NUL behind it, newly allocated. */
static char *
text_of(GBytes *message)
{
    return g_strndup(octets_of(message, NULL), g_bytes_get_size(message));
}

static gboolean
conforms(GBytes *message)
{
    gsize length = 0;
    const char *octets = octets_of(message, &length);
    MugaiGuard guard;

    mugai_guard_init(&guard, MUGAI_GUARD_RELAYED);
    mugai_guard_feed(&guard, (const guint8 *)octets, length);
    return mugai_guard_finish(&guard);
}

static gboolean
has(GBytes *message, const char *text)
{
    gsize length = 0;
    const char *octets = octets_of(message, &length);

    return memmem(octets, length, text, strlen(text)) != NULL;
}

static void
read_given(const guint8 *octets, gsize length, Given *ret_given)
{
    const guint8 *line_end = length > 0 ? memchr(octets, '\n', length) : NULL;
    gsize line = line_end != NULL ? (gsize)(line_end - octets) + 1 : length;
    g_autofree char *numbers = g_strndup((const char *)octets, line);
    char *next = numbers;
    char *notice = NULL;
    gsize notice_length = 0;

    ret_given->time = 1 + (gint64)(strtoull(next, &next, 10) % TIME_MAX);
    ret_given->later = strtoll(next, &next, 10) % TIME_MAX;
    ret_given->place = strtoul(next, &next, 10);
    ret_given->change = strtoul(next, &next, 10);
    ret_given->chunk = strtoul(next, &next, 10) % 1000 + 1;
    ret_given->message = g_bytes_new(octets + line, length - line);
    if (length <= CANDIDATE_OCTETS_MAX && conforms(ret_given->message) &&
        !has(ret_given->message, "\r\nMugai-Seal:")) {
        ret_given->candidate = g_bytes_ref(ret_given->message);
        return;
    }
    notice = mugai_compose_notice_only(fuzz_settings(FUZZ_SETTINGS_DEFAULT), fuzz_id(), fuzz_time(),
                                       &notice_length);
    ret_given->candidate = g_bytes_new_take(notice, notice_length);
}

/* --- the gate --- */

/* One field from *@at on, as Postfix shows it; FALSE where the header section ends. */
static gboolean
show_field(MugaiGateMessage *gate, const char **at, const char *end)
{
    const char *colon = memchr(*at, ':', (gsize)(end - *at));
    const char *line_end = memchr(*at, '\n', (gsize)(end - *at));
    g_autofree char *name = NULL;
    g_autoptr(GString) value = g_string_new(NULL);

    if (colon == NULL || colon == *at || (line_end != NULL && line_end < colon) || **at == ' ')
        return FALSE;
    name = g_strchomp(g_strndup(*at, (gsize)(colon - *at)));
    *at = colon + 1;
    do {
        line_end = memchr(*at, '\n', (gsize)(end - *at));
        if (value->len > 0)
            g_string_append_c(value, '\n');
        g_string_append_len(value, *at, (line_end != NULL ? line_end : end) - *at);
        if (value->len > 0 && value->str[value->len - 1] == '\r')
            g_string_truncate(value, value->len - 1);
        *at = line_end != NULL ? line_end + 1 : end;
    } while (*at < end && (**at == ' ' || **at == '\t'));
    mugai_gate_message_add_field(gate, name, value->str);
    return TRUE;
}

/* Shows @message to the gate. Returns where its body begins. */
static const char *
show(MugaiGateMessage *gate, GBytes *message, gulong chunk)
{
    gsize length = 0;
    const char *at = octets_of(message, &length);
    const char *end = at + length;
    const char *body = NULL;

    while (at < end && show_field(gate, &at, end))
        ;
    if (end - at >= 2 && memcmp(at, "\r\n", 2) == 0)
        at += 2;
    mugai_gate_message_end_header(gate);
    body = at;
    for (gsize taken = 0; at < end; at += taken) {
        taken = MIN(chunk, (gsize)(end - at));
        mugai_gate_message_add_body(gate, at, taken);
    }
    return body;
}

/* A field that the gate writes back: its number is that among those of its name. */
static bool
write_field(char *name, int number, char *value, void *data)
{
    GPtrArray *fields = data;
    g_autofree char *start = g_strdup_printf("%s:", name);
    g_autoptr(GString) field = g_string_new(start);
    int same = 1;

    for (guint i = 0; i < fields->len; i++)
        same += g_ascii_strncasecmp(g_ptr_array_index(fields, i), start, strlen(start)) == 0;
    g_assert_cmpint(number, ==, same);
    g_string_append(field, value);
    g_string_replace(field, "\n", "\r\n", 0);
    g_ptr_array_add(fields, g_string_free(g_steal_pointer(&field), FALSE));
    return true;
}

/* What the MTA holds after the gate has passed a message and written its fields back; NULL if it
 * did not pass it. Newly allocated. */
static GString *
pass(GBytes *message, const MugaiGatePolicy *policy, const MugaiGateKeys *keys, gint64 now,
     gulong chunk)
{
    MugaiGateMessage *gate = mugai_gate_message_new(policy);
    const char *body = show(gate, message, chunk);
    const char *end = octets_of(message, NULL) + g_bytes_get_size(message);
    g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);
    MugaiGateDecision decision;
    GString *held = NULL;

    mugai_gate_message_finish(gate, keys, now, &decision);
    g_assert_true(g_str_is_ascii(decision.reason));
    if (decision.verdict == MUGAI_GATE_PASS) {
        g_assert_true(mugai_gate_message_visit_fields(gate, write_field, fields));
        held = g_string_new(NULL);
        for (guint i = 0; i < fields->len; i++)
            g_string_append_printf(held, "%s\r\n", (char *)g_ptr_array_index(fields, i));
        g_string_append(held, "\r\n");
        g_string_append_len(held, body, end - body);
        fuzz_expect_conforming(held->str, held->len, MUGAI_GUARD_RELAYED);
    } else {
        /* Only a seal that is right but for the clocks may be tried again. */
        g_assert_cmpint(decision.verdict, ==,
                        strstr(decision.reason, "ahead of our clock") != NULL ? MUGAI_GATE_TEMPFAIL
                                                                              : MUGAI_GATE_REFUSE);
        g_assert_false(mugai_gate_message_visit_fields(gate, write_field, fields));
    }
    mugai_gate_message_free(gate);
    return held;
}

static gboolean
passes(GBytes *message, const MugaiGatePolicy *policy, const MugaiGateKeys *keys, gint64 now,
       gulong chunk)
{
    GString *held = pass(message, policy, keys, now, chunk);

    if (held == NULL)
        return FALSE;
    g_assert_cmpmem(held->str, held->len, g_bytes_get_data(message, NULL),
                    g_bytes_get_size(message));
    g_string_free(held, TRUE);
    return TRUE;
}

static const MugaiGatePolicy strict = {.times = {.max_age = MAX_AGE, .max_ahead = MAX_AHEAD}};
static const MugaiGatePolicy lenient = {.allow_unsealed = true};

/* --- what must hold --- */

/* From Date on; of a message of the profile, which is NUL-terminated. */
static const char *
sealed_part(const char *octets)
{
    return g_str_has_prefix(octets, "Date:") ? octets : strstr(octets, "\r\nDate:") + 2;
}

/* The field, by src/ARCHITECTURE.md: with its CRLF, newly allocated. */
static char *
make_field(const char *candidate, const char *id, gint64 time)
{
    g_autofree char *hash =
        g_compute_checksum_for_string(G_CHECKSUM_SHA256, sealed_part(candidate), -1);
    g_autofree char *text =
        g_strdup_printf("mugai-seal-1\n%s\n%" G_GINT64_FORMAT "\n%s\n", id, time, hash);
    guint8 signature[crypto_sign_BYTES];
    g_autofree char *base64 = NULL;

    crypto_sign_detached(signature, NULL, (const guint8 *)text, strlen(text), pair()->secret);
    base64 = g_base64_encode(signature, sizeof signature);
    return g_strdup_printf("Mugai-Seal: version=1; key=%s; time=%" G_GINT64_FORMAT
                           "; signature=%s\r\n",
                           pair()->id, time, base64);
}

/* Has the boundary seal the candidate, and compares. */
static GBytes *
seal(const Given *given)
{
    g_autofree char *text = text_of(given->candidate);
    g_autoptr(GString) expected = g_string_new(text);
    g_autofree char *field = NULL;
    MugaiId id = {0};
    GBytes *sealed = NULL;
    g_autoptr(GError) error = NULL;

    g_strlcpy(id.text, strstr(text, "\r\nMugai-Id: ") + strlen("\r\nMugai-Id: "), sizeof id.text);
    field = make_field(text, id.text, given->time);
    g_string_insert(expected, strstr(text, "\r\n\r\n") + 2 - text, field);
    sealed = mugai_seal_message(pair()->boundary, &id, given->time, given->candidate, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(g_bytes_get_data(sealed, NULL), g_bytes_get_size(sealed), expected->str,
                    expected->len);
    return sealed;
}

static void
expect_sealed_passes(GBytes *sealed, const Given *given)
{
    g_autoptr(GString) relayed = g_string_new(RELAYED);
    g_autoptr(GBytes) arrived = NULL;
    gint64 now = given->time + given->later;
    gboolean in_time = given->later <= MAX_AGE && given->later >= -MAX_AHEAD;
    MugaiGateKeys keys;

    fill_keys(TRUE, &keys);
    g_assert_true(passes(sealed, &strict, &keys, given->time, given->chunk));
    g_assert_cmpint(passes(sealed, &strict, &keys, now, given->chunk), ==, in_time);
    g_string_append_len(relayed, g_bytes_get_data(sealed, NULL), (gssize)g_bytes_get_size(sealed));
    arrived = g_bytes_new(relayed->str, relayed->len);
    g_assert_cmpint(passes(arrived, &strict, &keys, given->time, given->chunk), ==,
                    conforms(arrived));
    fill_keys(FALSE, &keys);
    g_assert_false(passes(sealed, &strict, &keys, given->time, given->chunk));
    keys.count = 0;
    g_assert_false(passes(sealed, &strict, &keys, given->time, given->chunk));
}

/* One octet another one, left out, or put in; or the rest cut off. */
static GBytes *
alter(GBytes *sealed, const Given *given)
{
    GByteArray *altered = g_byte_array_new();
    gsize length = 0;
    const guint8 *octets = g_bytes_get_data(sealed, &length);
    guint place = (guint)(given->place % length);
    guint kind = given->change % 4;
    guint8 other = (guint8)(given->change >> 2);

    g_byte_array_append(altered, octets, place);
    if (kind == 0 && other == octets[place])
        other ^= 0x20;
    if (kind == 0 || kind == 2)
        g_byte_array_append(altered, &other, 1);
    if (kind != 3)
        g_byte_array_append(altered, octets + place + (kind == 2 ? 0 : 1),
                            (guint)(length - place - (kind == 2 ? 0 : 1)));
    return g_byte_array_free_to_bytes(altered);
}

static void
expect_altered_is_found(GBytes *sealed, const Given *given)
{
    g_autoptr(GBytes) altered = alter(sealed, given);
    g_autofree char *before = text_of(sealed);
    MugaiGateKeys keys;
    GString *held = NULL;

    fill_keys(TRUE, &keys);
    held = pass(altered, &strict, &keys, given->time, given->chunk);
    if (held == NULL)
        return;
    g_assert_cmpstr(sealed_part(held->str), ==, sealed_part(before));
    g_string_free(held, TRUE);
}

static void
expect_garbage_is_refused(const Given *given)
{
    MugaiGateKeys keys;

    fill_keys(TRUE, &keys);
    g_assert_null(pass(given->message, &strict, &keys, given->time, given->chunk));
    if (has(given->message, "\r\nMugai-Seal:"))
        g_assert_null(pass(given->message, &lenient, &keys, given->time, given->chunk));
    g_assert_true(passes(given->candidate, &lenient, &keys, given->time, given->chunk));
    g_assert_null(pass(given->candidate, &strict, &keys, given->time, given->chunk));
}

static void
expect_one_form(const char *value)
{
    static GRegex *form;
    g_autofree char *base64 = NULL;
    g_autofree char *again = NULL;
    MugaiGateSeal seal = {0};
    gboolean read = mugai_gate_seal_read(value, &seal);

    if (form == NULL)
        form = g_regex_new(" version=1; key=[0-9a-f]{16}; time=[1-9][0-9]{0,10}; "
                           "signature=[A-Za-z0-9+/]{85}[AQgw]==",
                           G_REGEX_RAW | G_REGEX_DOLLAR_ENDONLY, G_REGEX_MATCH_ANCHORED, NULL);
    if (!read) {
        g_autoptr(GMatchInfo) match = NULL;
        int end = -1;

        if (g_regex_match(form, value, 0, &match) && g_match_info_fetch_pos(match, 0, NULL, &end))
            g_assert_cmpuint((gsize)end, !=, strlen(value));
        return;
    }
    base64 = g_base64_encode(seal.signature, sizeof seal.signature);
    again = g_strdup_printf(" version=1; key=%s; time=%" G_GINT64_FORMAT "; signature=%s",
                            seal.key_id, seal.time, base64);
    g_assert_cmpstr(value, ==, again);
    g_assert_true(g_regex_match(form, value, 0, NULL));
}

/* The value of the field altered, and the input as a value. */
static void
expect_values_read(GBytes *sealed, const Given *given)
{
    gsize length = 0;
    const char *octets = g_bytes_get_data(sealed, &length);
    const char *field = memmem(octets, length, "\r\nMugai-Seal:", 13);
    const char *end = memmem(field + 2, length - (gsize)(field + 2 - octets), "\r\n", 2);
    g_autoptr(GBytes) value = g_bytes_new(field + 13, (gsize)(end - field - 13));
    g_autoptr(GBytes) altered = alter(value, given);
    g_autofree char *whole = text_of(value);
    g_autofree char *changed = text_of(altered);
    g_autofree char *input = text_of(given->message);
    MugaiGateSeal seal = {0};

    g_assert_true(mugai_gate_seal_read(whole, &seal));
    expect_one_form(whole);
    expect_one_form(changed);
    expect_one_form(input);
}

int
LLVMFuzzerTestOneInput(const guint8 *octets, size_t length)
{
    g_auto(Given) given = {0};
    g_autoptr(GBytes) sealed = NULL;

    if (length == 0)
        octets = (const guint8 *)""; /* replay.c has NULL for nothing */
    read_given(octets, length, &given);
    sealed = seal(&given);
    expect_sealed_passes(sealed, &given);
    expect_altered_is_found(sealed, &given);
    expect_garbage_is_refused(&given);
    expect_values_read(sealed, &given);
    return 0;
}
