/* store_private.h - what the files of the store share */
#pragma once

#include <mugai/error.h>
#include <mugai/store.h>

G_BEGIN_DECLS

#define MUGAI_STORE_SUFFIX ".eml.gz"
#define MUGAI_STORE_SEALED_SUFFIX ".eml.sealed"
#define MUGAI_STORE_HOLD_SUFFIX ".hold"
#define MUGAI_STORE_RELEASED_SUFFIX ".released"
#define MUGAI_STORE_REQUEST_SUFFIX ".request"
#define MUGAI_STORE_DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
/* What may lie beside an object: its id and one of these. NULL-terminated. */
extern const char *const mugai_store_beside_suffixes[];
/* Octets compressed or read at a time. */
#define MUGAI_STORE_CHUNK_OCTETS (64u * 1024u)

struct MugaiStore {
    int directory; /* of the store */
    char *path;    /* of the store, for SQLite, which takes no descriptor, and for messages */
    guint64 min_free_octets;
    int compression;
    MugaiVaultRecipients *recipients; /* NULL: new originals are not sealed */
    char *sealed_to;                  /* their names */
    gboolean seals_index;             /* entries as well */
    const MugaiVaultKey *key;         /* borrowed; NULL: sealed originals stay so */
    gint synced_day; /* atomic; YYYYMMDD of the day directory known to be durable */
};

/* The date of @id as the number YYYYMMDD. */
gint mugai_store_day_number(const MugaiId *id);

/* Opens the day directory of @id. Where it is missing: NOT_FOUND. */
int mugai_store_open_day(MugaiStore *store, const MugaiId *id, GError **error);

/* The same, made where it is missing, and durable up to the store. SYSTEM, FULL. */
int mugai_store_make_day(MugaiStore *store, const MugaiId *id, GError **error);

/* "<id>.eml.gz" or "<id>.eml.sealed" */
char *mugai_store_object_name(const MugaiId *id, gboolean sealed);

/* "<id>.eml": what the gzip of @id says that it holds. */
char *mugai_store_original_name(const MugaiId *id);

/* The name of the object of @id in its directory @day. Where both forms are there, it is the one
 * that needs no key. NULL: NOT_FOUND, SYSTEM. */
char *mugai_store_find_object(int day, const MugaiId *id, gboolean *ret_sealed, GError **error);

/* Whether the object of @id is in its directory @day: NOT_FOUND, SYSTEM. */
gboolean mugai_store_has_object(int day, const MugaiId *id, GError **error);

/* Removes the object of @id from its directory @day, in all its forms; TRUE also where there is
 * none. FALSE with errno set. */
gboolean mugai_store_unlink_object(int day, const MugaiId *id);

/* The directories above an object: year, month, day. */
#define MUGAI_STORE_LEVELS 3
/* The names in the directory @name of @parent, sorted; NULL with errno set. */
GPtrArray *mugai_store_list_names(int parent, const char *name);
/* Whether @name is a directory of level @level, 0 being the years'. */
gboolean mugai_store_is_level(const char *name, int level);

/* FULL if @saved_errno says that there is no room, else SYSTEM. */
MugaiErrorCode mugai_store_error_code(int saved_errno);

/* All @length octets, through interruptions and short writes; FALSE with errno set. */
gboolean mugai_store_write(int fd, const guint8 *octets, gsize length);

G_END_DECLS
