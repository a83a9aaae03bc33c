/* config_private.h - what the files that read mugai.conf share */
#pragma once

#include <mugai/config.h>

G_BEGIN_DECLS

typedef enum {
    TYPE_UINT = 0, /* guint */
    TYPE_UINT64,   /* guint64 */
    TYPE_SIZE,     /* gsize, in units */
    TYPE_CHOICE,   /* one of names, the index is the value (guint) */
    TYPE_STRING,   /* anything on one line */
    TYPE_PATH,     /* absolute */
    TYPE_SOCKET,
    TYPE_UNIX_SOCKET,
    TYPE_LOOPBACK, /* an address of this host alone, and a port */
    TYPE_USER,
    TYPE_GROUP, /* or nobody */
    TYPE_BOOLEAN,
    TYPE_LANGUAGE,
    TYPE_NOTICES,
    TYPE_SERVER,      /* smtp:// or smtps:// */
    TYPE_ADDRESS,     /* of mail */
    TYPE_ADDRESSES,   /* separated by commas (GStrv) */
    TYPE_PATTERNS,    /* of addresses, separated by commas (GStrv) */
    TYPE_NETWORKS,    /* the same of networks */
    TYPE_PUBLIC_KEYS, /* paths of key files, separated by commas (GPtrArray of MugaiPublicKey) */
} KeyType;

typedef struct {
    const char *group;
    const char *key;
    KeyType type;
    gboolean in_settings;
    gsize offset;
    guint64 minimum, maximum; /* of TYPE_UINT, UINT64, SIZE in the unit of the file */
    gsize unit;               /* TYPE_SIZE: octets of one unit */
    const char *names;        /* TYPE_CHOICE: separated by | */
} MugaiConfigKey;

/* Where in which file; enough to say what is wrong. */
typedef struct {
    const char *path;
    const char *contents;
    GKeyFile *file;
} MugaiConfigSource;

/* FALSE; the error names file, line, @group, @key unless NULL, and @why, which may hold what stands
 * in the file. CONFIG. */
gboolean mugai_config_refuse(const MugaiConfigSource *source, const char *group, const char *key,
                             GError **error, const char *why);

/* Of a file that GKeyFile cannot read, for which it said @why: names the line. */
void mugai_config_refuse_line(const MugaiConfigSource *source, const GError *why, GError **error);

/* FALSE where a key stands twice in a group. */
gboolean mugai_config_refuse_twice(const MugaiConfigSource *source, GError **error);

/* @base: what @key's offset is in; @settings: of @config or of a policy. CONFIG, and what @base
 * held stays, if @value is none that @key may have. */
gboolean mugai_config_set_value(const MugaiConfigSource *source, const MugaiConfigKey *key,
                                const char *value, gpointer base, MugaiSettings *settings,
                                const MugaiConfig *config, GError **error);

G_END_DECLS
