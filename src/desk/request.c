/*
 * request.c - requests and answers, as the numbered members that travel
 *
 * One table for each says which members there are, what they may be and where they are kept;
 * writing, reading and freeing follow from it. What has its default, zero or NULL, is left out.
 *
 * Invariants: 1. what was read has one form: members in ascending order, none twice, none at its
 *                default, each within its limit;
 *             2. outputs are untouched on failure.
 * Trust: a request is hostile, an answer tells of hostile mail.
 * Errors: MALFORMED.
 */
#include "desk_private.h"

#include <mugai/limits.h>
#include <mugai/release.h>
#include <string.h>

#define REQUEST_MAGIC 0x6d754451u
#define ANSWER_MAGIC 0x6d754441u

/* magic, members: number and value */
#define PACKET_TYPE "(ua(yv))"
#define MEMBERS_TYPE "a(yv)"

/* Something typed: a query, a reason, a name. */
#define TYPED_OCTETS_MAX (64u * 1024u)
#define REASON_OCTETS_MAX 4000u
#define WORDS_MAX 10000u
#define KEYS_MAX 100u
#define CONFIG_OCTETS_MAX (512u * 1024u)
/* Year 9999, before and after 1970. */
#define SECONDS_MAX G_GINT64_CONSTANT(253402300799)
#define ANY G_MAXUINT64

typedef enum {
    TYPE_FLAG = 0, /* gboolean */
    TYPE_COUNT,    /* guint, or an enum */
    TYPE_NUMBER,   /* guint64 */
    TYPE_SECONDS,  /* gint64 */
    TYPE_ID,       /* MugaiId */
    TYPE_TEXT,     /* char* */
    TYPE_TEXTS,    /* GPtrArray* of char* */
    TYPE_ENVELOPE, /* MugaiEnvelope* */
    TYPE_ENTRY,    /* MugaiEntry* */
} MemberType;

typedef struct {
    MemberType type;
    gsize offset;
    guint64 max; /* of a number; octets of a text; texts of an array */
} Member;

typedef struct {
    const Member *members;
    gsize count;
} Table;

#define IN_REQUEST(member) G_STRUCT_OFFSET(MugaiRequest, member)
#define IN_ANSWER(member) G_STRUCT_OFFSET(MugaiAnswer, member)
#define IN_ENTRY(member) G_STRUCT_OFFSET(MugaiEntry, member)

/* New ones at the end: their numbers are their places. */
static const Member request_members[] = {
    {TYPE_COUNT, IN_REQUEST(verb), MUGAI_VERBS - 1},
    {TYPE_ID, IN_REQUEST(id), 0},
    {TYPE_TEXT, IN_REQUEST(part), TYPED_OCTETS_MAX},
    {TYPE_TEXT, IN_REQUEST(reason), REASON_OCTETS_MAX},
    {TYPE_TEXTS, IN_REQUEST(words), WORDS_MAX},
    {TYPE_SECONDS, IN_REQUEST(since), 0},
    {TYPE_SECONDS, IN_REQUEST(until), 0},
    {TYPE_COUNT, IN_REQUEST(limit), G_MAXINT},
    {TYPE_TEXT, IN_REQUEST(from), TYPED_OCTETS_MAX},
    {TYPE_TEXT, IN_REQUEST(to), TYPED_OCTETS_MAX},
    {TYPE_TEXT, IN_REQUEST(subject), TYPED_OCTETS_MAX},
    {TYPE_TEXT, IN_REQUEST(name), TYPED_OCTETS_MAX},
    {TYPE_TEXT, IN_REQUEST(text), TYPED_OCTETS_MAX},
    {TYPE_TEXT, IN_REQUEST(state), TYPED_OCTETS_MAX},
    {TYPE_TEXT, IN_REQUEST(queue_id), TYPED_OCTETS_MAX},
    {TYPE_TEXT, IN_REQUEST(message_id), TYPED_OCTETS_MAX},
    {TYPE_FLAG, IN_REQUEST(removed), 0},
    {TYPE_FLAG, IN_REQUEST(warnings), 0},
    {TYPE_FLAG, IN_REQUEST(held), 0},
    {TYPE_FLAG, IN_REQUEST(damaged), 0},
    {TYPE_ID, IN_REQUEST(before), 0},
    {TYPE_FLAG, IN_REQUEST(brief), 0},
    {TYPE_FLAG, IN_REQUEST(as_text), 0},
    {TYPE_FLAG, IN_REQUEST(named), 0},
    {TYPE_TEXTS, IN_REQUEST(recipients), MUGAI_RELEASE_RECIPIENTS_MAX},
    {TYPE_FLAG, IN_REQUEST(again), 0},
    {TYPE_FLAG, IN_REQUEST(dry_run), 0},
    {TYPE_FLAG, IN_REQUEST(force), 0},
    {TYPE_FLAG, IN_REQUEST(repair), 0},
    {TYPE_TEXT, IN_REQUEST(config_text), CONFIG_OCTETS_MAX},
    {TYPE_TEXT, IN_REQUEST(config_name), TYPED_OCTETS_MAX},
    {TYPE_FLAG, IN_REQUEST(diff), 0},
    {TYPE_TEXT, IN_REQUEST(user), TYPED_OCTETS_MAX},
    {TYPE_TEXT, IN_REQUEST(logged_verb), TYPED_OCTETS_MAX},
    {TYPE_TEXT, IN_REQUEST(head), TYPED_OCTETS_MAX},
    {TYPE_TEXTS, IN_REQUEST(keys), KEYS_MAX},
};

static const Member answer_members[] = {
    {TYPE_COUNT, IN_ANSWER(kind), MUGAI_ANSWERS - 1},
    {TYPE_ID, IN_ANSWER(id), 0},
    {TYPE_TEXT, IN_ANSWER(name), ANY},
    {TYPE_TEXT, IN_ANSWER(text), ANY},
    {TYPE_TEXT, IN_ANSWER(sha256), ANY},
    {TYPE_COUNT, IN_ANSWER(outcome), G_MAXUINT8},
    {TYPE_FLAG, IN_ANSWER(flag), 0},
    {TYPE_SECONDS, IN_ANSWER(received), 0},
    {TYPE_NUMBER, IN_ANSWER(size), ANY},
    {TYPE_FLAG, IN_ANSWER(has_size), 0},
    {TYPE_ENTRY, IN_ANSWER(entry), 0},
    {TYPE_NUMBER, IN_ANSWER(objects), ANY},
    {TYPE_NUMBER, IN_ANSWER(octets), ANY},
    {TYPE_NUMBER, IN_ANSWER(findings), ANY},
    {TYPE_NUMBER, IN_ANSWER(repaired), ANY},
    {TYPE_NUMBER, IN_ANSWER(recent), ANY},
    {TYPE_NUMBER, IN_ANSWER(failed), ANY},
    {TYPE_NUMBER, IN_ANSWER(signatures), ANY},
    {TYPE_NUMBER, IN_ANSWER(purge.purged), ANY},
    {TYPE_NUMBER, IN_ANSWER(purge.held), ANY},
    {TYPE_NUMBER, IN_ANSWER(purge.failed), ANY},
    {TYPE_NUMBER, IN_ANSWER(purge.octets), ANY},
    {TYPE_NUMBER, IN_ANSWER(purge.stale), ANY},
    {TYPE_TEXT, IN_ANSWER(before.sha256), ANY},
    {TYPE_TEXT, IN_ANSWER(before.failure), ANY},
    {TYPE_TEXT, IN_ANSWER(before.text), ANY},
    {TYPE_COUNT, IN_ANSWER(before.counts[0]), G_MAXUINT},
    {TYPE_COUNT, IN_ANSWER(before.counts[1]), G_MAXUINT},
    {TYPE_COUNT, IN_ANSWER(before.counts[2]), G_MAXUINT},
    {TYPE_COUNT, IN_ANSWER(before.counts[3]), G_MAXUINT},
    {TYPE_TEXT, IN_ANSWER(after.sha256), ANY},
    {TYPE_TEXT, IN_ANSWER(after.failure), ANY},
    {TYPE_TEXT, IN_ANSWER(after.text), ANY},
    {TYPE_COUNT, IN_ANSWER(after.counts[0]), G_MAXUINT},
    {TYPE_COUNT, IN_ANSWER(after.counts[1]), G_MAXUINT},
    {TYPE_COUNT, IN_ANSWER(after.counts[2]), G_MAXUINT},
    {TYPE_COUNT, IN_ANSWER(after.counts[3]), G_MAXUINT},
};

/* All of its texts are there, "" where there is nothing. */
static const Member entry_members[] = {
    {TYPE_ID, IN_ENTRY(id), 0},
    {TYPE_SECONDS, IN_ENTRY(received), 0},
    {TYPE_TEXT, IN_ENTRY(state), ANY},
    {TYPE_ENVELOPE, IN_ENTRY(envelope), 0},
    {TYPE_TEXT, IN_ENTRY(subject), ANY},
    {TYPE_TEXT, IN_ENTRY(from), ANY},
    {TYPE_NUMBER, IN_ENTRY(size), ANY},
    {TYPE_TEXT, IN_ENTRY(sha256), ANY},
    {TYPE_TEXT, IN_ENTRY(report_json), ANY},
    {TYPE_FLAG, IN_ENTRY(held), 0},
    {TYPE_FLAG, IN_ENTRY(damaged), 0},
};

static const Table request_table = {request_members, G_N_ELEMENTS(request_members)};
static const Table answer_table = {answer_members, G_N_ELEMENTS(answer_members)};
static const Table entry_table = {entry_members, G_N_ELEMENTS(entry_members)};

G_STATIC_ASSERT(G_N_ELEMENTS(request_members) <= G_MAXUINT8);
G_STATIC_ASSERT(sizeof(MugaiVerb) == sizeof(guint) && sizeof(MugaiAnswerKind) == sizeof(guint));

/* --- writing --- */

static GVariant *write_members(const Table *table, gconstpointer base);

static GVariant *
write_texts(const GPtrArray *texts)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE_BYTESTRING_ARRAY);
    for (guint i = 0; i < texts->len; i++)
        g_variant_builder_add_value(&builder, g_variant_new_bytestring(texts->pdata[i]));
    return g_variant_builder_end(&builder);
}

static GVariant *
write_envelope(const MugaiEnvelope *envelope)
{
    g_autofree char *json = mugai_envelope_to_json(envelope);

    return g_variant_new_bytestring(json);
}

/* NULL: at its default. */
static GVariant *
write_value(const Member *member, gconstpointer base)
{
    gconstpointer at = (const char *)base + member->offset;
    gpointer pointer = NULL;

    switch (member->type) {
    case TYPE_FLAG:
        return *(const gboolean *)at ? g_variant_new_boolean(TRUE) : NULL;
    case TYPE_COUNT:
        return *(const guint *)at != 0 ? g_variant_new_uint32(*(const guint *)at) : NULL;
    case TYPE_NUMBER:
        return *(const guint64 *)at != 0 ? g_variant_new_uint64(*(const guint64 *)at) : NULL;
    case TYPE_SECONDS:
        return *(const gint64 *)at != 0 ? g_variant_new_int64(*(const gint64 *)at) : NULL;
    case TYPE_ID:
        return *(const char *)at != '\0' ? g_variant_new_bytestring(at) : NULL;
    case TYPE_TEXT:
    case TYPE_TEXTS:
    case TYPE_ENVELOPE:
    case TYPE_ENTRY:
        pointer = *(const gpointer *)at;
        break;
    }
    if (pointer == NULL)
        return NULL;
    if (member->type == TYPE_TEXT)
        return g_variant_new_bytestring(pointer);
    if (member->type == TYPE_TEXTS)
        return write_texts(pointer);
    return member->type == TYPE_ENVELOPE ? write_envelope(pointer)
                                         : write_members(&entry_table, pointer);
}

static GVariant *
write_members(const Table *table, gconstpointer base)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE(MEMBERS_TYPE));
    for (gsize i = 0; i < table->count; i++) {
        GVariant *value = write_value(&table->members[i], base);

        if (value != NULL)
            g_variant_builder_add(&builder, "(yv)", (guchar)i, value);
    }
    return g_variant_builder_end(&builder);
}

GVariant *
mugai_request_to_variant(const MugaiRequest *request)
{
    return g_variant_new("(u@" MEMBERS_TYPE ")", REQUEST_MAGIC,
                         write_members(&request_table, request));
}

GVariant *
mugai_answer_to_variant(const MugaiAnswer *answer)
{
    return g_variant_new("(u@" MEMBERS_TYPE ")", ANSWER_MAGIC,
                         write_members(&answer_table, answer));
}

/* --- freeing --- */

static void clear_members(const Table *table, gpointer base);

static void
free_entry(gpointer entry)
{
    clear_members(&entry_table, entry);
    g_free(entry);
}

static void
clear_members(const Table *table, gpointer base)
{
    for (gsize i = 0; i < table->count; i++) {
        gpointer *at = (gpointer)((char *)base + table->members[i].offset);

        switch (table->members[i].type) {
        case TYPE_TEXT:
            g_clear_pointer(at, g_free);
            break;
        case TYPE_TEXTS:
            g_clear_pointer(at, g_ptr_array_unref);
            break;
        case TYPE_ENVELOPE:
            g_clear_pointer(at, mugai_envelope_free);
            break;
        case TYPE_ENTRY:
            g_clear_pointer(at, free_entry);
            break;
        default:
            break;
        }
    }
}

void
mugai_request_clear(MugaiRequest *request)
{
    clear_members(&request_table, request);
    memset(request, 0, sizeof(*request));
}

void
mugai_answer_clear(MugaiAnswer *answer)
{
    clear_members(&answer_table, answer);
    if (answer->kind == MUGAI_ANSWER_GIFT && answer->descriptor >= 0)
        close(answer->descriptor);
    memset(answer, 0, sizeof(*answer));
    answer->descriptor = -1;
}

/* --- reading --- */

static gboolean read_members(const Table *table, GVariant *variant, gpointer base);

/* A text without a NUL in it, of at most @max octets; NULL otherwise. */
static char *
read_text(GVariant *value, guint64 max)
{
    gsize length = 0;
    const char *octets = NULL;

    if (!g_variant_is_of_type(value, G_VARIANT_TYPE_BYTESTRING))
        return NULL;
    octets = g_variant_get_fixed_array(value, &length, 1);
    if (length == 0 || length - 1 > max || memchr(octets, '\0', length) != octets + length - 1)
        return NULL;
    return g_strndup(octets, length - 1);
}

static GPtrArray *
read_texts(GVariant *value, guint64 max)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

    if (!g_variant_is_of_type(value, G_VARIANT_TYPE_BYTESTRING_ARRAY) ||
        g_variant_n_children(value) > max)
        return NULL;
    for (gsize i = 0; i < g_variant_n_children(value); i++) {
        g_autoptr(GVariant) child = g_variant_get_child_value(value, i);
        char *text = read_text(child, TYPED_OCTETS_MAX);

        if (text == NULL)
            return NULL;
        g_ptr_array_add(texts, text);
    }
    return g_steal_pointer(&texts);
}

static gboolean
read_id(GVariant *value, MugaiId *ret_id)
{
    g_autofree char *text = read_text(value, MUGAI_ID_LENGTH);
    MugaiId id = {0};

    if (text == NULL || !mugai_id_parse(text, &id, NULL) || !g_str_equal(id.text, text))
        return FALSE;
    *ret_id = id;
    return TRUE;
}

static MugaiEnvelope *
read_envelope(GVariant *value)
{
    g_autofree char *json = read_text(value, MUGAI_LIMIT_ENVELOPE_OCTETS);

    return json != NULL ? mugai_envelope_from_json(json, -1, NULL) : NULL;
}

static MugaiEntry *
read_entry(GVariant *value)
{
    MugaiEntry *entry = g_new0(MugaiEntry, 1);

    if (read_members(&entry_table, value, entry) && entry->id.text[0] != '\0' &&
        entry->state != NULL && entry->envelope != NULL && entry->subject != NULL &&
        entry->from != NULL && entry->sha256 != NULL && entry->report_json != NULL)
        return entry;
    free_entry(entry);
    return NULL;
}

/* FALSE: out of its limits. */
static gboolean
read_seconds(GVariant *value, gint64 *ret_seconds)
{
    gint64 seconds = 0;

    if (!g_variant_is_of_type(value, G_VARIANT_TYPE_INT64))
        return FALSE;
    seconds = g_variant_get_int64(value);
    *ret_seconds = seconds;
    return seconds != 0 && seconds >= -SECONDS_MAX && seconds <= SECONDS_MAX;
}

static gboolean
read_count(const Member *member, GVariant *value, guint *ret_count)
{
    if (!g_variant_is_of_type(value, G_VARIANT_TYPE_UINT32))
        return FALSE;
    *ret_count = g_variant_get_uint32(value);
    return *ret_count != 0 && *ret_count <= member->max;
}

static gboolean
read_number(GVariant *value, guint64 *ret_number)
{
    if (!g_variant_is_of_type(value, G_VARIANT_TYPE_UINT64))
        return FALSE;
    *ret_number = g_variant_get_uint64(value);
    return *ret_number != 0;
}

static gboolean
read_value(const Member *member, GVariant *value, gpointer base)
{
    gpointer at = (char *)base + member->offset;
    gpointer *pointer = at;

    switch (member->type) {
    case TYPE_FLAG:
        *(gboolean *)at =
            g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN) && g_variant_get_boolean(value);
        return *(gboolean *)at;
    case TYPE_COUNT:
        return read_count(member, value, at);
    case TYPE_NUMBER:
        return read_number(value, at);
    case TYPE_SECONDS:
        return read_seconds(value, at);
    case TYPE_ID:
        return read_id(value, at);
    case TYPE_TEXT:
        return (*pointer = read_text(value, member->max)) != NULL;
    case TYPE_TEXTS:
        return (*pointer = read_texts(value, member->max)) != NULL;
    case TYPE_ENVELOPE:
        return (*pointer = read_envelope(value)) != NULL;
    case TYPE_ENTRY:
        return (*pointer = read_entry(value)) != NULL;
    }
    g_assert_not_reached();
}

/* What was read of a bad one is in @base, to be cleared. */
static gboolean
read_members(const Table *table, GVariant *variant, gpointer base)
{
    gsize next = 0;

    if (!g_variant_is_of_type(variant, G_VARIANT_TYPE(MEMBERS_TYPE)))
        return FALSE;
    for (gsize i = 0; i < g_variant_n_children(variant); i++) {
        g_autoptr(GVariant) value = NULL;
        guchar number = 0;

        g_variant_get_child(variant, i, "(yv)", &number, &value);
        if (number < next || number >= table->count ||
            !read_value(&table->members[number], value, base))
            return FALSE;
        next = number + 1u;
    }
    return TRUE;
}

static gboolean
read_packet(const Table *table, guint32 magic, GVariant *variant, gpointer base)
{
    g_autoptr(GVariant) members = NULL;
    guint32 said = 0;

    if (!g_variant_is_of_type(variant, G_VARIANT_TYPE(PACKET_TYPE)) ||
        !g_variant_is_normal_form(variant))
        return FALSE;
    g_variant_get(variant, "(u@" MEMBERS_TYPE ")", &said, &members);
    return said == magic && read_members(table, members, base);
}

static gboolean
refuse(GError **error, const char *what)
{
    g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED, "mugai-stored: %s that is none", what);
    return FALSE;
}

/* Whether @text has anything but blanks. */
static gboolean
says_something(const char *text)
{
    while (text != NULL && g_ascii_isspace(*text))
        text++;
    return text != NULL && *text != '\0';
}

/* What a verb cannot do without. */
static gboolean
is_whole(const MugaiRequest *request)
{
    gboolean to_somebody = request->recipients != NULL && request->recipients->len > 0;
    gboolean one = request->id.text[0] != '\0';
    gboolean reason = says_something(request->reason);

    switch (request->verb) {
    case MUGAI_VERB_SHOW:
    case MUGAI_VERB_GET:
        return one;
    case MUGAI_VERB_RELEASE:
    case MUGAI_VERB_REQUEST:
        return one && to_somebody && reason;
    case MUGAI_VERB_APPROVE:
    case MUGAI_VERB_WITHDRAW:
        return one;
    case MUGAI_VERB_HOLD:
    case MUGAI_VERB_UNHOLD:
    case MUGAI_VERB_DELETE:
        return one && reason;
    case MUGAI_VERB_REPLAY:
        return request->config_text != NULL && request->config_name != NULL;
    case MUGAI_VERB_LIST:
    case MUGAI_VERB_PURGE:
    case MUGAI_VERB_FSCK:
    case MUGAI_VERB_LOG:
    case MUGAI_VERB_VERIFY:
        return TRUE;
    case MUGAI_VERB_NONE:
    case MUGAI_VERBS:
        break;
    }
    return FALSE;
}

gboolean
mugai_request_from_variant(GVariant *variant, MugaiRequest *ret_request, GError **error)
{
    MugaiRequest request = {0};

    if (read_packet(&request_table, REQUEST_MAGIC, variant, &request) && is_whole(&request)) {
        *ret_request = request;
        return TRUE;
    }
    mugai_request_clear(&request);
    return refuse(error, "a request");
}

/* What those who print an answer count on. */
static gboolean
is_whole_answer(const MugaiAnswer *answer)
{
    switch (answer->kind) {
    case MUGAI_ANSWER_ENTRY:
    case MUGAI_ANSWER_SHOWN:
        return answer->entry != NULL;
    case MUGAI_ANSWER_COMPLAINT:
    case MUGAI_ANSWER_PENDING:
    case MUGAI_ANSWER_LOOK:
    case MUGAI_ANSWER_VERIFIED:
        return answer->text != NULL;
    case MUGAI_ANSWER_DONE:
        return answer->id.text[0] != '\0' && answer->text != NULL;
    case MUGAI_ANSWER_RELEASED:
        return answer->id.text[0] != '\0' && answer->name != NULL && answer->text != NULL;
    case MUGAI_ANSWER_FINDING:
        return answer->outcome < MUGAI_FSCK_KINDS && answer->name != NULL && answer->text != NULL;
    case MUGAI_ANSWER_FAULT:
        return answer->name != NULL && answer->text != NULL;
    case MUGAI_ANSWER_PURGED:
        return answer->id.text[0] != '\0' && answer->outcome <= MUGAI_PURGE_GONE &&
               (answer->sha256 != NULL || !answer->has_size);
    case MUGAI_ANSWER_DIFFERENCE:
        return answer->id.text[0] != '\0' && answer->before.sha256 != NULL &&
               answer->after.sha256 != NULL &&
               (answer->before.text == NULL) == (answer->after.text == NULL);
    case MUGAI_ANSWER_GIFT:
    case MUGAI_ANSWER_PROGRESS:
    case MUGAI_ANSWER_FSCK:
    case MUGAI_ANSWER_PURGE:
    case MUGAI_ANSWER_REPLAY:
    case MUGAI_ANSWER_END:
        return TRUE;
    case MUGAI_ANSWER_NONE:
    case MUGAI_ANSWERS:
        break;
    }
    return FALSE;
}

gboolean
mugai_answer_from_variant(GVariant *variant, MugaiAnswer *ret_answer, GError **error)
{
    MugaiAnswer answer = {.descriptor = -1};

    if (read_packet(&answer_table, ANSWER_MAGIC, variant, &answer) && is_whole_answer(&answer)) {
        *ret_answer = answer;
        return TRUE;
    }
    mugai_answer_clear(&answer);
    return refuse(error, "an answer");
}
