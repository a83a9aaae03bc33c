/* members.h - plain data as the numbered members that travel: a table says which there are */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Something typed: a query, a name, one word of many. */
#define MUGAI_MEMBER_TYPED_OCTETS (64u * 1024u)
#define MUGAI_MEMBER_ANY G_MAXUINT64

typedef enum {
    MUGAI_MEMBER_FLAG = 0, /* gboolean */
    MUGAI_MEMBER_COUNT,    /* guint, or an enum */
    MUGAI_MEMBER_NUMBER,   /* guint64 */
    MUGAI_MEMBER_SECONDS,  /* gint64 */
    MUGAI_MEMBER_ID,       /* MugaiId */
    MUGAI_MEMBER_TEXT,     /* char* */
    MUGAI_MEMBER_TEXTS,    /* GPtrArray* of char* */
    MUGAI_MEMBER_SECRETS,  /* the same, wiped when freed */
    MUGAI_MEMBER_ENVELOPE, /* MugaiEnvelope* */
    MUGAI_MEMBER_ENTRY,    /* MugaiEntry* */
} MugaiMemberType;

typedef struct {
    MugaiMemberType type;
    gsize offset;
    guint64 max; /* of a count; octets of a text; texts of an array */
} MugaiMember;

/* The number of a member is its place: new ones go to the end. */
typedef struct {
    guint32 magic;
    const MugaiMember *members;
    gsize count;
} MugaiMembers;

/* The packet, floating. */
GVariant *mugai_members_write(const MugaiMembers *table, gconstpointer data);
/* Into zeroed @data; FALSE on anything that would not have been written: then what was read so far
 * is to be cleared. */
gboolean mugai_members_read(const MugaiMembers *table, GVariant *packet, gpointer data);
/* Frees what was read. */
void mugai_members_clear(const MugaiMembers *table, gpointer data);

G_END_DECLS
