/*
 * leaf_type.c - what a leaf says it is, in the reader's words, and what it is in truth
 *
 * Types are named by a word of the notice's group [type], so that "application/x-zip-compressed"
 * and "application/x-7z-compressed" are the same to a reader. Where libmagic knows what the
 * octets begin like, the report has that for the type, beside the declared one; where the two are
 * different things by these words, the reader is warned.
 *
 * Invariant: a type word is never NULL; a type that is not in the table is "data".
 * Trust: declared types and names are hostile, the type found is static and libmagic's.
 * Limits: an archive under the name of a document is no false type: office files are archives. A
 * program is no false type if its name says that it is one.
 */
#include "leaf_type.h"

#include "truetype.h"

#include <mugai/limits.h>

#include <string.h>

static const struct {
    const char *prefix, *word;
} type_words[] = {
    {"image/", "image"},
    {"audio/", "audio"},
    {"video/", "video"},
    {"text/html", "html"},
    {"text/calendar", "calendar"},
    {"text/", "text"},
    {"message/", "message"},
    {"application/pdf", "pdf"},
    {"application/msword", "document"},
    {"application/rtf", "document"},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml", "document"},
    {"application/vnd.ms-word", "document"},
    {"application/vnd.oasis.opendocument.text", "document"},
    {"application/vnd.ms-excel", "spreadsheet"},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml", "spreadsheet"},
    {"application/vnd.oasis.opendocument.spreadsheet", "spreadsheet"},
    {"application/vnd.ms-powerpoint", "presentation"},
    {"application/vnd.openxmlformats-officedocument.presentationml", "presentation"},
    {"application/vnd.oasis.opendocument.presentation", "presentation"},
    {"application/zip", "archive"},
    {"application/x-zip", "archive"},
    {"application/x-7z", "archive"},
    {"application/x-rar", "archive"},
    {"application/vnd.rar", "archive"},
    {"application/gzip", "archive"},
    {"application/x-gzip", "archive"},
    {"application/x-tar", "archive"},
    {"application/x-lzh", "archive"},
    {"application/x-msdos-program", "program"},
    {"application/pkcs7-signature", "signature"},
    {"application/x-pkcs7-signature", "signature"},
    {"application/pgp-signature", "signature"},
    {"application/pkcs7-mime", "encrypted"},
    {"application/x-pkcs7-mime", "encrypted"},
    {"application/pgp-encrypted", "encrypted"},
};

const char *
mugai_leaf_type_word(const char *type)
{
    if (mugai_truetype_is_program(type))
        return "program";
    for (gsize i = 0; i < G_N_ELEMENTS(type_words); i++) {
        if (g_str_has_prefix(type, type_words[i].prefix))
            return type_words[i].word;
    }
    return "data";
}

const char *
mugai_leaf_removal_reason(const char *type)
{
    if (g_str_equal(type, "message/partial"))
        return "partial";
    if (g_str_equal(type, "message/external-body"))
        return "external-body";
    if (g_str_equal(mugai_leaf_type_word(type), "encrypted"))
        return "encrypted";
    return "attachment";
}

/* Whether the name says itself that this is a program. */
static gboolean
is_named_program(const char *name)
{
    static const char *const endings[] = {"exe", "com", "scr", "dll", "msi", "bat",
                                          "cmd", "sh",  "py",  "pl",  "jar", "lnk",
                                          "js",  "vbs", "ps1", "so",  "apk", NULL};
    const char *dot = strrchr(name, '.');
    g_autofree char *ending = dot == NULL ? NULL : g_ascii_strdown(dot + 1, -1);

    return ending != NULL && g_strv_contains(endings, ending);
}

void
mugai_leaf_set_true_type(MugaiLeaf *leaf, const char *truth, MugaiReport *report)
{
    MugaiPart *part = leaf->part;
    const char *declared = mugai_leaf_type_word(part->type);
    const char *found = mugai_leaf_type_word(truth);
    gboolean known = !g_str_equal(found, "data") && !g_str_equal(found, "text");

    if (mugai_truetype_is_program(truth)
            ? !g_str_equal(declared, "program") && !is_named_program(part->name)
            : known && !g_str_equal(declared, "data") && !g_str_equal(found, declared) &&
                  !g_str_equal(found, "archive")) {
        g_autofree char *name = mugai_text_quote(part->name, MUGAI_LIMIT_NAME_CHARACTERS_MAX);

        leaf->false_type = TRUE;
        mugai_report_remark(report->warnings, "false-type", "part %s: \"%s\" is %s", part->path,
                            name, truth);
    }
    if (known || mugai_truetype_is_program(truth) ||
        g_str_equal(part->type, "application/octet-stream")) {
        g_free(part->type);
        part->type = g_strdup(truth);
    }
}
