/* mime_fields.h - what the fields of a part say of it; for mime.c alone */
#pragma once

#include "mime.h"

/* Adds "@code: part PATH: @detail" to the ambiguities of @report. */
void mugai_mime_remark(MugaiReport *report, const MugaiNode *node, const char *code,
                       const char *detail);

/* Sets content_type, declared_type, disposition and name of @node from the fields of @object;
 * unreadable where they contradict each other. */
void mugai_mime_read_fields(MugaiNode *node, GMimeObject *object, const MugaiSettings *settings,
                            MugaiReport *report);

/* Sets what @leaf is taken for: its type. */
void mugai_mime_type_leaf(MugaiNode *leaf, GMimeObject *object);

/* Reads the transfer encoding. One that is not known, empty or said twice, has no meaning that two
 * readers share: @node is doubtful or unreadable. */
void mugai_mime_read_encoding(MugaiNode *node, GMimeObject *object, MugaiReport *report);

/* Whether the octets of @node are other than they stand there, or may be. */
gboolean mugai_mime_is_encoded(const MugaiNode *node);

/* As mugai_mime_read_encoding() for a multipart or a message, which may not be encoded (RFC 2045
 * section 6.4). */
void mugai_mime_read_container_encoding(MugaiNode *node, GMimeObject *object, MugaiReport *report);
