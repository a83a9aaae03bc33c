/*
 * request.c - what is asked, as it travels
 *
 * Trust: a request is hostile: read strictly, and whole for its verb, or not at all.
 * Errors: MALFORMED; the output is untouched.
 */
#include "desk_private.h"
#include "members.h"

#include <mugai/release.h>
#include <mugai/text.h>
#include <string.h>

#define REQUEST_MAGIC 0x6d754451u

#define REASON_OCTETS_MAX 4000u
#define WORDS_MAX 10000u
#define KEYS_MAX 100u
/* One for each day of ten years, and of some writers. */
#define DATA_KEYS_MAX 16384u
#define CONFIG_OCTETS_MAX (512u * 1024u)

#define IN_REQUEST(member) G_STRUCT_OFFSET(MugaiRequest, member)

/* New ones at the end: their numbers are their places. */
static const MugaiMember request_members[] = {
    {MUGAI_MEMBER_COUNT, IN_REQUEST(verb), MUGAI_VERBS - 1},
    {MUGAI_MEMBER_ID, IN_REQUEST(id), 0},
    {MUGAI_MEMBER_TEXT, IN_REQUEST(part), MUGAI_MEMBER_TYPED_OCTETS},
    {MUGAI_MEMBER_TEXT, IN_REQUEST(reason), REASON_OCTETS_MAX},
    {MUGAI_MEMBER_TEXTS, IN_REQUEST(words), WORDS_MAX},
    {MUGAI_MEMBER_SECONDS, IN_REQUEST(since), 0},
    {MUGAI_MEMBER_SECONDS, IN_REQUEST(until), 0},
    {MUGAI_MEMBER_COUNT, IN_REQUEST(limit), G_MAXINT},
    {MUGAI_MEMBER_TEXT, IN_REQUEST(from), MUGAI_MEMBER_TYPED_OCTETS},
    {MUGAI_MEMBER_TEXT, IN_REQUEST(to), MUGAI_MEMBER_TYPED_OCTETS},
    {MUGAI_MEMBER_TEXT, IN_REQUEST(subject), MUGAI_MEMBER_TYPED_OCTETS},
    {MUGAI_MEMBER_TEXT, IN_REQUEST(name), MUGAI_MEMBER_TYPED_OCTETS},
    {MUGAI_MEMBER_TEXT, IN_REQUEST(text), MUGAI_MEMBER_TYPED_OCTETS},
    {MUGAI_MEMBER_TEXT, IN_REQUEST(state), MUGAI_MEMBER_TYPED_OCTETS},
    {MUGAI_MEMBER_TEXT, IN_REQUEST(queue_id), MUGAI_MEMBER_TYPED_OCTETS},
    {MUGAI_MEMBER_TEXT, IN_REQUEST(message_id), MUGAI_MEMBER_TYPED_OCTETS},
    {MUGAI_MEMBER_FLAG, IN_REQUEST(removed), 0},
    {MUGAI_MEMBER_FLAG, IN_REQUEST(warnings), 0},
    {MUGAI_MEMBER_FLAG, IN_REQUEST(held), 0},
    {MUGAI_MEMBER_FLAG, IN_REQUEST(damaged), 0},
    {MUGAI_MEMBER_ID, IN_REQUEST(before), 0},
    {MUGAI_MEMBER_FLAG, IN_REQUEST(brief), 0},
    {MUGAI_MEMBER_FLAG, IN_REQUEST(as_text), 0},
    {MUGAI_MEMBER_FLAG, IN_REQUEST(named), 0},
    {MUGAI_MEMBER_TEXTS, IN_REQUEST(recipients), MUGAI_RELEASE_RECIPIENTS_MAX},
    {MUGAI_MEMBER_FLAG, IN_REQUEST(again), 0},
    {MUGAI_MEMBER_FLAG, IN_REQUEST(dry_run), 0},
    {MUGAI_MEMBER_FLAG, IN_REQUEST(force), 0},
    {MUGAI_MEMBER_FLAG, IN_REQUEST(repair), 0},
    {MUGAI_MEMBER_TEXT, IN_REQUEST(config_text), CONFIG_OCTETS_MAX},
    {MUGAI_MEMBER_TEXT, IN_REQUEST(config_name), MUGAI_MEMBER_TYPED_OCTETS},
    {MUGAI_MEMBER_FLAG, IN_REQUEST(diff), 0},
    {MUGAI_MEMBER_TEXT, IN_REQUEST(user), MUGAI_MEMBER_TYPED_OCTETS},
    {MUGAI_MEMBER_TEXT, IN_REQUEST(logged_verb), MUGAI_MEMBER_TYPED_OCTETS},
    {MUGAI_MEMBER_TEXT, IN_REQUEST(head), MUGAI_MEMBER_TYPED_OCTETS},
    {MUGAI_MEMBER_TEXTS, IN_REQUEST(keys), KEYS_MAX},
    {MUGAI_MEMBER_SECRETS, IN_REQUEST(data_keys), DATA_KEYS_MAX},
    {MUGAI_MEMBER_COUNT, IN_REQUEST(by), MUGAI_BYS - 1},
};

static const MugaiMembers table = {REQUEST_MAGIC, request_members, G_N_ELEMENTS(request_members)};

G_STATIC_ASSERT(sizeof(MugaiVerb) == sizeof(guint));
G_STATIC_ASSERT(sizeof(MugaiBy) == sizeof(guint));

GVariant *
mugai_request_to_variant(const MugaiRequest *request)
{
    return mugai_members_write(&table, request);
}

void
mugai_request_clear(MugaiRequest *request)
{
    mugai_members_clear(&table, request);
    memset(request, 0, sizeof(*request));
}

/* What a verb cannot do without. */
static gboolean
is_whole(const MugaiRequest *request)
{
    gboolean to_somebody = request->recipients != NULL && request->recipients->len > 0;
    gboolean one = request->id.text[0] != '\0';
    gboolean reason = mugai_text_says_something(request->reason);

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
    case MUGAI_VERB_STATS:
    case MUGAI_VERB_PURGE:
    case MUGAI_VERB_FSCK:
    case MUGAI_VERB_LOG:
    case MUGAI_VERB_VERIFY:
        return TRUE;
    case MUGAI_VERB_KEYS:
        return one || !request->brief;
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

    if (mugai_members_read(&table, variant, &request) && is_whole(&request)) {
        *ret_request = request;
        return TRUE;
    }
    mugai_request_clear(&request);
    g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED,
                        "mugai-stored: a request that is none");
    return FALSE;
}
