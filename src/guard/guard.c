/*
 * guard.c - lines and fields of the output profile (sections 1 to 3)
 *
 * An automaton fed one octet at a time. This file cuts the octets into lines, the lines into
 * fields, and checks which fields there are, how often and in what order; guard_value.c,
 * guard_word.c and guard_address.c have the grammars of their values, guard_text.c the base64,
 * UTF-8 and characters of encoded words and body.
 *
 *     LINE ──▶ NAME ──':'──▶ COLON ──' '──▶ START ──▶ VALUE ──CRLF──▶ LINE
 *     │  ▲                                               ▲               │
 *     │  └── end of the field ◀── anything else          └── FOLD ◀──' '─┘
 *     └──CRLF──▶ BODY ──full line──▶ BODY ──shorter line, or padding──▶ DONE
 *
 * Invariants: 1. once refused, always refused, with the first reason: guard_refuse() is the last
 *                that happens, for mugai_guard_feed() and mugai_guard_finish() ask first;
 *             2. the answer does not depend on how the octets were cut into calls;
 *             3. every loop is bounded by a constant or by the octets of the call.
 * Trust: every octet is hostile. Nothing outside of this folder is called, and nothing is
 * allocated.
 */
#include "guard_internal.h"

#include <mugai/profile.h>

enum {
    PLACE_LINE = 0, /* at the start of a header line */
    PLACE_NAME,
    PLACE_COLON, /* after the colon, the space is due */
    PLACE_START, /* after that space, the value is due */
    PLACE_VALUE,
    PLACE_FOLD, /* after the blank of a folded line, a non-space is due */
    PLACE_BODY,
    PLACE_DONE, /* after the last line of the body */
};

enum {
    FIELD_NONE = 0,
    FIELD_RECEIVED,
    FIELD_RETURN_PATH,
    FIELD_DELIVERED_TO,
    FIELD_X_ORIGINAL_TO,
    FIELD_DATE, /* own fields from here on, in the order of the profile */
    FIELD_FROM,
    FIELD_SENDER,
    FIELD_REPLY_TO,
    FIELD_TO,
    FIELD_CC,
    FIELD_SUBJECT,
    FIELD_MESSAGE_ID,
    FIELD_IN_REPLY_TO,
    FIELD_REFERENCES,
    FIELD_LIST_ID,
    FIELD_AUTO_SUBMITTED,
    FIELD_PRECEDENCE,
    FIELD_IMPORTANCE,
    FIELD_MIME_VERSION,
    FIELD_CONTENT_TYPE,
    FIELD_CONTENT_TRANSFER_ENCODING,
    FIELD_MUGAI_ID,
    FIELD_MUGAI_RESULT,
    FIELD_MUGAI_SEAL,
    FIELD_COUNT
};

#define IS_OWN(field) ((field) >= FIELD_DATE)
#define OWN_BIT(field) (1u << ((field)-FIELD_DATE))

static bool no_field(MugaiGuard *guard, GuardEvent event);

enum { VALUES_MAX = 3 };

/* The table of section 2. @max: of a trace field, fields of that name; of an own field, items in
 * its value. @values: those of a field with a fixed one; none of them is empty, and so is no value
 * read. */
static const struct {
    char name[GUARD_SHORT_OCTETS];
    GuardGrammar grammar;
    uint16_t max;
    bool required;
    char values[VALUES_MAX][GUARD_SHORT_OCTETS];
} fields[FIELD_COUNT] = {
    [FIELD_NONE] = {"", no_field, 0, false},
    [FIELD_RECEIVED] = {"Received", guard_trace, MUGAI_PROFILE_RECEIVED_MAX, false},
    [FIELD_RETURN_PATH] = {"Return-Path", guard_trace, MUGAI_PROFILE_OTHER_TRACE_MAX, false},
    [FIELD_DELIVERED_TO] = {"Delivered-To", guard_trace, MUGAI_PROFILE_OTHER_TRACE_MAX, false},
    [FIELD_X_ORIGINAL_TO] = {"X-Original-To", guard_trace, MUGAI_PROFILE_OTHER_TRACE_MAX, false},
    [FIELD_DATE] = {"Date", guard_date, 1, true},
    [FIELD_FROM] = {"From", guard_address_list, MUGAI_PROFILE_FROM_ADDRESSES_MAX, true},
    [FIELD_SENDER] = {"Sender", guard_address_list, 1, false},
    [FIELD_REPLY_TO] = {"Reply-To", guard_address_list, MUGAI_PROFILE_FROM_ADDRESSES_MAX, false},
    [FIELD_TO] = {"To", guard_address_list, MUGAI_PROFILE_TO_ADDRESSES_MAX, false},
    [FIELD_CC] = {"Cc", guard_address_list, MUGAI_PROFILE_TO_ADDRESSES_MAX, false},
    [FIELD_SUBJECT] = {"Subject", guard_unstructured, 1, false},
    [FIELD_MESSAGE_ID] = {"Message-ID", guard_message_ids, 1, true},
    [FIELD_IN_REPLY_TO] = {"In-Reply-To", guard_message_ids, MUGAI_PROFILE_IN_REPLY_TO_MAX, false},
    [FIELD_REFERENCES] = {"References", guard_message_ids, MUGAI_PROFILE_REFERENCES_MAX, false},
    [FIELD_LIST_ID] = {"List-Id", guard_list_id, 1, false},
    [FIELD_AUTO_SUBMITTED] = {"Auto-Submitted",
                              guard_fixed,
                              1,
                              false,
                              {"auto-generated", "auto-replied", "auto-notified"}},
    [FIELD_PRECEDENCE] = {"Precedence", guard_fixed, 1, false, {"bulk", "list", "junk"}},
    [FIELD_IMPORTANCE] = {"Importance", guard_fixed, 1, false, {"high", "normal", "low"}},
    [FIELD_MIME_VERSION] = {"MIME-Version", guard_fixed, 1, true, {"1.0"}},
    [FIELD_CONTENT_TYPE] = {"Content-Type", guard_fixed, 1, true, {"text/plain; charset=utf-8"}},
    [FIELD_CONTENT_TRANSFER_ENCODING] =
        {"Content-Transfer-Encoding", guard_fixed, 1, true, {"base64"}},
    [FIELD_MUGAI_ID] = {"Mugai-Id", guard_mugai_id, 1, true},
    [FIELD_MUGAI_RESULT] = {"Mugai-Result", guard_mugai_result, 1, true},
    [FIELD_MUGAI_SEAL] = {"Mugai-Seal", guard_mugai_seal, 1, false},
};

static const char *const rule_texts[MUGAI_RULE_COUNT] = {
    [MUGAI_RULE_UNFINISHED] = "the message was not read to its end",
    [MUGAI_RULE_NONE] = "conforms",
    [MUGAI_RULE_OCTET] = "octet is neither printable ASCII nor part of a line end",
    [MUGAI_RULE_LINE_END] = "line does not end in CRLF",
    [MUGAI_RULE_HEADER_LINE_LONG] = "header line over 998 octets",
    [MUGAI_RULE_BODY_LINE_LONG] = "body line over 76 octets",
    [MUGAI_RULE_HEADER_LONG] = "header section over 256 KiB",
    [MUGAI_RULE_HEADER_END] = "message ends inside its header section",
    [MUGAI_RULE_FIELD_NAME] = "no such field in the profile",
    [MUGAI_RULE_FIELD_ORDER] = "field out of order or repeated",
    [MUGAI_RULE_FIELD_COUNT] = "too many trace fields of this name",
    [MUGAI_RULE_FIELD_MISSING] = "a required field is missing",
    [MUGAI_RULE_FIELD_SPACE] =
        "value needs one space before it, something in it, no space behind it",
    [MUGAI_RULE_FOLD] = "no folded line may stand here, or it does not begin with one space",
    [MUGAI_RULE_DATE] = "not a date in the form of the profile",
    [MUGAI_RULE_ADDRESS] = "not an address in the form of the profile",
    [MUGAI_RULE_ADDRESS_COUNT] = "more addresses than the field may have",
    [MUGAI_RULE_TEXT] = "text is neither plain ASCII nor encoded words alone",
    [MUGAI_RULE_ENCODED_WORD] = "not an encoded word in the form of the profile",
    [MUGAI_RULE_MESSAGE_ID] = "not a message id in the form of the profile, or too many",
    [MUGAI_RULE_VALUE] = "the field may not have this value",
    [MUGAI_RULE_MUGAI_ID] = "not an id of mugai",
    [MUGAI_RULE_MUGAI_RESULT] = "not a result of mugai",
    [MUGAI_RULE_SEAL] = "not a seal of mugai",
    [MUGAI_RULE_BASE64] = "body is not base64 in lines of 76",
    [MUGAI_RULE_BODY_EMPTY] = "body is empty",
    [MUGAI_RULE_BODY_LONG] = "body over 4 MiB of text",
    [MUGAI_RULE_UTF8] = "text is not valid UTF-8",
    [MUGAI_RULE_TEXT_LINE_END] = "line of the text does not end in CRLF",
    [MUGAI_RULE_TEXT_LINE_LONG] = "line of the text over 8,192 octets",
    [MUGAI_RULE_CHARACTER] = "character is not clean",
    [MUGAI_RULE_SELECTOR] = "variation selector without a character before it",
    [MUGAI_RULE_LINK] = "link is not inert",
};

const char *
mugai_guard_rule_text(MugaiGuardRule rule)
{
    if ((unsigned)rule >= MUGAI_RULE_COUNT)
        return rule_texts[MUGAI_RULE_UNFINISHED];
    return rule_texts[rule];
}

bool
guard_refuse(MugaiGuard *guard, MugaiGuardRule rule)
{
    guard->rule = rule;
    guard->line = guard->at_line;
    guard->column = guard->at_column;
    return false;
}

bool
guard_demand(MugaiGuard *guard, bool condition, MugaiGuardRule rule)
{
    return condition ? true : guard_refuse(guard, rule);
}

uint16_t
guard_items_max(const MugaiGuard *guard)
{
    return fields[guard->field].max;
}

bool
guard_may_be_undisclosed(const MugaiGuard *guard)
{
    return guard->field == FIELD_TO || guard->field == FIELD_CC;
}

bool
guard_is_fixed_value(const MugaiGuard *guard)
{
    for (size_t i = 0; i < VALUES_MAX; i++) {
        if (guard_short_is(guard, fields[guard->field].values[i]))
            return true;
    }
    return false;
}

/* Between two fields nothing is open that could be folded. */
static bool
no_field(MugaiGuard *guard, GuardEvent event)
{
    return guard_demand(guard, event == GUARD_END, MUGAI_RULE_FOLD);
}

static void
clear_short(MugaiGuard *guard)
{
    for (size_t i = 0; i < GUARD_SHORT_OCTETS; i++)
        guard->short_octets[i] = 0;
    guard->short_length = 0;
}

/* The field whose name was read. */
static uint8_t
find_field(const MugaiGuard *guard)
{
    for (uint8_t field = FIELD_RECEIVED; field < FIELD_COUNT; field++) {
        if (guard_short_is(guard, fields[field].name))
            return field;
    }
    return FIELD_NONE;
}

static bool
begin_field(MugaiGuard *guard)
{
    uint8_t field = find_field(guard);

    if (field == FIELD_NONE)
        return guard_refuse(guard, MUGAI_RULE_FIELD_NAME);
    if (IS_OWN(field)) {
        if (field <= guard->own_last)
            return guard_refuse(guard, MUGAI_RULE_FIELD_ORDER);
        guard->own_last = field;
        guard->own_seen |= OWN_BIT(field);
    } else {
        uint8_t *count = &guard->trace_counts[field - FIELD_RECEIVED];

        if (guard->own_last != FIELD_NONE)
            return guard_refuse(guard, MUGAI_RULE_FIELD_ORDER);
        if (*count >= fields[field].max)
            return guard_refuse(guard, MUGAI_RULE_FIELD_COUNT);
        (*count)++;
    }
    guard->field = field;
    guard->state = 0;
    guard->items = 0;
    guard->length = 0;
    guard->part_length = 0;
    guard->part_last = 0;
    clear_short(guard);
    guard->place = PLACE_COLON;
    return true;
}

static bool
end_field(MugaiGuard *guard)
{
    uint64_t line = guard->at_line;
    uint64_t column = guard->at_column;

    guard->at_line = guard->end_line;
    guard->at_column = guard->end_column;
    if (!fields[guard->field].grammar(guard, GUARD_END))
        return false;
    guard->at_line = line;
    guard->at_column = column;
    guard->field = FIELD_NONE;
    return true;
}

static bool
begin_fold(MugaiGuard *guard)
{
    if (!fields[guard->field].grammar(guard, GUARD_FOLD))
        return false;
    guard->place = PLACE_FOLD;
    return true;
}

static bool
read_line_start(MugaiGuard *guard, uint8_t octet)
{
    if (octet == ' ')
        return begin_fold(guard);
    if (!end_field(guard))
        return false;
    guard->place = PLACE_NAME;
    clear_short(guard);
    return guard_collect(guard, octet, MUGAI_RULE_FIELD_NAME);
}

static bool
read_name(MugaiGuard *guard, uint8_t octet)
{
    if (octet == ':')
        return begin_field(guard);
    return guard_collect(guard, octet, MUGAI_RULE_FIELD_NAME);
}

static bool
read_header_octet(MugaiGuard *guard, uint8_t octet)
{
    switch (guard->place) {
    case PLACE_LINE:
        return read_line_start(guard, octet);
    case PLACE_NAME:
        return read_name(guard, octet);
    case PLACE_COLON:
        if (octet != ' ')
            return guard_refuse(guard, MUGAI_RULE_FIELD_SPACE);
        guard->place = PLACE_START;
        return true;
    case PLACE_START:
    case PLACE_FOLD:
        if (octet == ' ')
            return guard_refuse(guard, guard->place == PLACE_FOLD ? MUGAI_RULE_FOLD
                                                                  : MUGAI_RULE_FIELD_SPACE);
        guard->place = PLACE_VALUE;
        return fields[guard->field].grammar(guard, octet);
    default:
        return fields[guard->field].grammar(guard, octet);
    }
}

static bool
end_header(MugaiGuard *guard)
{
    if (!end_field(guard))
        return false;
    for (uint8_t field = FIELD_DATE; field < FIELD_COUNT; field++) {
        if (fields[field].required && (guard->own_seen & OWN_BIT(field)) == 0)
            return guard_refuse(guard, MUGAI_RULE_FIELD_MISSING);
    }
    guard->place = PLACE_BODY;
    guard_text_begin(guard, false);
    return true;
}

static bool
end_header_line(MugaiGuard *guard)
{
    switch (guard->place) {
    case PLACE_LINE:
        return end_header(guard);
    case PLACE_NAME:
        return guard_refuse(guard, MUGAI_RULE_FIELD_NAME);
    case PLACE_VALUE:
        if (guard->last_octet == ' ')
            return guard_refuse(guard, MUGAI_RULE_FIELD_SPACE);
        guard->place = PLACE_LINE;
        guard->section_octets += (uint32_t)guard->at_column;
        return guard_demand(guard, guard->section_octets <= MUGAI_PROFILE_HEADER_SECTION_OCTETS,
                            MUGAI_RULE_HEADER_LONG);
    case PLACE_FOLD:
        return guard_refuse(guard, MUGAI_RULE_FOLD);
    default: /* nothing after the colon */
        return guard_refuse(guard, MUGAI_RULE_FIELD_SPACE);
    }
}

static bool
read_body_octet(MugaiGuard *guard, uint8_t octet)
{
    if (guard->place == PLACE_DONE)
        return guard_refuse(guard, MUGAI_RULE_BASE64);
    if (guard->at_column > MUGAI_PROFILE_BODY_LINE_OCTETS)
        return guard_refuse(guard, MUGAI_RULE_BODY_LINE_LONG);
    return guard_base64(guard, octet);
}

static bool
end_body_line(MugaiGuard *guard)
{
    uint64_t octets = guard->at_column - 2;

    if (octets == 0)
        return guard_refuse(guard,
                            guard->decoded_octets == 0 ? MUGAI_RULE_BODY_EMPTY : MUGAI_RULE_BASE64);
    if (guard->quantum_count != 0)
        return guard_refuse(guard, MUGAI_RULE_BASE64);
    if (octets < MUGAI_PROFILE_BODY_LINE_OCTETS || guard->base64_ended)
        guard->place = PLACE_DONE;
    return true;
}

static bool
in_header(const MugaiGuard *guard)
{
    return guard->place < PLACE_BODY;
}

static bool
read_line_end(MugaiGuard *guard)
{
    bool header_line = in_header(guard);
    bool ok = header_line ? end_header_line(guard) : end_body_line(guard);

    guard->end_line = guard->at_line;
    guard->end_column = guard->at_column;
    guard->at_line++;
    guard->at_column = 0;
    guard->last_octet = 0;
    return ok;
}

/* Postfix folds its own Received with a TAB. */
static bool
is_relay_fold(const MugaiGuard *guard, uint8_t octet)
{
    return octet == '\t' && (guard->flags & MUGAI_GUARD_RELAYED) != 0 &&
           guard->place == PLACE_LINE && guard->field != FIELD_NONE && !IS_OWN(guard->field);
}

static bool
read_printable(MugaiGuard *guard, uint8_t octet)
{
    bool ok = false;

    if (!in_header(guard))
        return read_body_octet(guard, octet);
    if (guard->at_column > MUGAI_PROFILE_HEADER_LINE_OCTETS)
        return guard_refuse(guard, MUGAI_RULE_HEADER_LINE_LONG);
    ok = read_header_octet(guard, octet);
    guard->last_octet = octet;
    return ok;
}

static bool
read_octet(MugaiGuard *guard, uint8_t octet)
{
    guard->at_column++;
    if (guard->after_cr) {
        guard->after_cr = false;
        return octet == '\n' ? read_line_end(guard) : guard_refuse(guard, MUGAI_RULE_LINE_END);
    }
    if (octet == '\r') {
        guard->after_cr = true;
        return true;
    }
    if (octet == '\n')
        return guard_refuse(guard, MUGAI_RULE_LINE_END);
    if (is_relay_fold(guard, octet))
        octet = ' ';
    if (octet < 0x20 || octet > 0x7E)
        return guard_refuse(guard, MUGAI_RULE_OCTET);
    return read_printable(guard, octet);
}

void
mugai_guard_init(MugaiGuard *guard, uint32_t flags)
{
    *guard = (MugaiGuard){.flags = flags, .at_line = 1, .end_line = 1, .end_column = 1};
}

bool
mugai_guard_feed(MugaiGuard *guard, const uint8_t *octets, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (guard->rule != MUGAI_RULE_UNFINISHED || !read_octet(guard, octets[i]))
            return false;
    }
    return guard->rule == MUGAI_RULE_UNFINISHED;
}

bool
mugai_guard_finish(MugaiGuard *guard)
{
    if (guard->rule != MUGAI_RULE_UNFINISHED)
        return guard->rule == MUGAI_RULE_NONE;
    if (guard->at_column != 0) {
        guard->at_column++;
        return guard_refuse(guard, MUGAI_RULE_LINE_END);
    }
    guard->at_line = guard->end_line;
    guard->at_column = guard->end_column;
    if (in_header(guard))
        return guard_refuse(guard, MUGAI_RULE_HEADER_END);
    if (guard->decoded_octets == 0)
        return guard_refuse(guard, MUGAI_RULE_BODY_EMPTY);
    if (!guard_base64_end(guard))
        return false;
    guard->rule = MUGAI_RULE_NONE;
    return true;
}
