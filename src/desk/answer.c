/*
 * answer.c - what is answered, as it travels
 *
 * Trust: an answer tells of hostile mail: those who print it quote what is in it.
 * Errors: MALFORMED; the output is untouched.
 */
#include "desk_private.h"
#include "members.h"

#include <string.h>

#define ANSWER_MAGIC 0x6d754441u

#define IN_ANSWER(member) G_STRUCT_OFFSET(MugaiAnswer, member)

static const MugaiMember answer_members[] = {
    {MUGAI_MEMBER_COUNT, IN_ANSWER(kind), MUGAI_ANSWERS - 1},
    {MUGAI_MEMBER_ID, IN_ANSWER(id), 0},
    {MUGAI_MEMBER_TEXT, IN_ANSWER(name), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_TEXT, IN_ANSWER(text), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_TEXT, IN_ANSWER(sha256), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_COUNT, IN_ANSWER(outcome), G_MAXUINT8},
    {MUGAI_MEMBER_FLAG, IN_ANSWER(flag), 0},
    {MUGAI_MEMBER_SECONDS, IN_ANSWER(received), 0},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(size), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_FLAG, IN_ANSWER(has_size), 0},
    {MUGAI_MEMBER_ENTRY, IN_ANSWER(entry), 0},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(objects), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(octets), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(findings), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(repaired), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(recent), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(failed), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(signatures), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(purge.purged), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(purge.held), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(purge.failed), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(purge.octets), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(purge.stale), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_TEXT, IN_ANSWER(before.sha256), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_TEXT, IN_ANSWER(before.failure), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_TEXT, IN_ANSWER(before.text), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_COUNT, IN_ANSWER(before.counts[0]), G_MAXUINT},
    {MUGAI_MEMBER_COUNT, IN_ANSWER(before.counts[1]), G_MAXUINT},
    {MUGAI_MEMBER_COUNT, IN_ANSWER(before.counts[2]), G_MAXUINT},
    {MUGAI_MEMBER_COUNT, IN_ANSWER(before.counts[3]), G_MAXUINT},
    {MUGAI_MEMBER_TEXT, IN_ANSWER(after.sha256), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_TEXT, IN_ANSWER(after.failure), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_TEXT, IN_ANSWER(after.text), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_COUNT, IN_ANSWER(after.counts[0]), G_MAXUINT},
    {MUGAI_MEMBER_COUNT, IN_ANSWER(after.counts[1]), G_MAXUINT},
    {MUGAI_MEMBER_COUNT, IN_ANSWER(after.counts[2]), G_MAXUINT},
    {MUGAI_MEMBER_COUNT, IN_ANSWER(after.counts[3]), G_MAXUINT},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(tally.messages), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(tally.passed), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(tally.notice_only), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(tally.unknown), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(tally.octets), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(tally.parts[0]), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(tally.parts[1]), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(tally.parts[2]), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(tally.parts[3]), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(tally.warned), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(tally.held), MUGAI_MEMBER_ANY},
    {MUGAI_MEMBER_NUMBER, IN_ANSWER(tally.damaged), MUGAI_MEMBER_ANY},
};

static const MugaiMembers table = {ANSWER_MAGIC, answer_members, G_N_ELEMENTS(answer_members)};

G_STATIC_ASSERT(sizeof(MugaiAnswerKind) == sizeof(guint));

GVariant *
mugai_answer_to_variant(const MugaiAnswer *answer)
{
    return mugai_members_write(&table, answer);
}

void
mugai_answer_clear(MugaiAnswer *answer)
{
    mugai_members_clear(&table, answer);
    if (answer->kind == MUGAI_ANSWER_GIFT && answer->descriptor >= 0)
        close(answer->descriptor);
    memset(answer, 0, sizeof(*answer));
    answer->descriptor = -1;
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
    case MUGAI_ANSWER_BOX:
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
    case MUGAI_ANSWER_TALLY:
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

    if (mugai_members_read(&table, variant, &answer) && is_whole_answer(&answer)) {
        *ret_answer = answer;
        return TRUE;
    }
    mugai_answer_clear(&answer);
    g_set_error_literal(error, MUGAI_ERROR, MUGAI_ERROR_MALFORMED,
                        "mugai-stored: an answer that is none");
    return FALSE;
}
