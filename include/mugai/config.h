/* config.h - /etc/mugai/mugai.conf: one GKeyFile, read strictly; and the settings a worker gets
 * from it */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MUGAI_CONFIG_DEFAULT_FILE "/etc/mugai/mugai.conf"

typedef enum {
    MUGAI_LINKS_DEFANG = 0, /* hxxps[:]//example[.]com */
    MUGAI_LINKS_REMOVE,
    MUGAI_LINKS_KEEP,
} MugaiLinks;

typedef enum {
    MUGAI_BODY_PLAIN = 0, /* of alternatives, text/plain first */
    MUGAI_BODY_HTML,      /* of alternatives, text/html first */
} MugaiBody;

typedef enum {
    MUGAI_ATTACHMENTS_REMOVE = 0, /* all of them, forwarded messages too */
    MUGAI_ATTACHMENTS_TEXT,       /* those of which text can be made are shown as text */
} MugaiAttachments;

typedef struct {
    guint parts;           /* leaves and containers */
    guint depth;           /* nesting */
    guint header_fields;   /* fields in one header section */
    gsize header_octets;   /* octets of one header section */
    gsize part_octets;     /* one decoded part for conversion */
    gsize text_octets;     /* text of the whole output */
    guint name_characters; /* a file name as shown */
} MugaiLimits;

/**
 * MugaiSettings:
 * All that decides the output beside the octets, the id and the time (I5). Plain data, travels to
 * the worker once.
 */
typedef struct {
    MugaiLinks links;
    MugaiBody body;
    MugaiAttachments attachments;
    char *language; /* "ja" or "en": which notice texts, which words */
    char *contact;  /* whom to ask, shown in the notice; "" leaves the line out */
    MugaiLimits limits;
    GHashTable *notice; /* key -> sentence of the notice file, UTF-8, complete (built-in where the
                           file has none) */
} MugaiSettings;

/* The built-in settings for @language ("ja" or "en"). */
MugaiSettings *mugai_settings_new(const char *language);
void mugai_settings_free(MugaiSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiSettings, mugai_settings_free)

/* The same once more. */
MugaiSettings *mugai_settings_copy(const MugaiSettings *settings);

/* The sentence @key of the notice file; aborts if there is no such key (they are compiled in). */
const char *mugai_settings_notice(const MugaiSettings *settings, const char *key);

/* To and from the form that travels; from: strict, MALFORMED or LIMIT on anything unexpected. */
GVariant *mugai_settings_to_variant(const MugaiSettings *settings);
MugaiSettings *mugai_settings_from_variant(GVariant *variant, GError **error);

/* How the connection to the server of [release] is protected. */
typedef enum {
    MUGAI_TLS_REQUIRED = 0,  /* encrypted, the server's certificate verified, or not at all */
    MUGAI_TLS_OPPORTUNISTIC, /* encrypted if the server offers it, nothing verified */
    MUGAI_TLS_AUTO,          /* required, but for a server on the loopback interface */
} MugaiTls;

/* A public key file of the vault (vault.h) is one line: this and the base64 of 32 octets. It is
 * read with the configuration, so that a wrong one is a wrong configuration. */
#define MUGAI_PUBLIC_KEY_MARK "mugai-vault-public-1 "
#define MUGAI_PUBLIC_KEY_OCTETS 32u
/* Keys that originals are sealed to at once. */
#define MUGAI_PUBLIC_KEYS_MAX 16u

typedef struct {
    char *path;
    guint8 octets[MUGAI_PUBLIC_KEY_OCTETS];
} MugaiPublicKey;

/**
 * MugaiConfig:
 * A whole configuration; every member has its default when the file does not name it.
 */
typedef struct {
    /* [milter] */
    char *socket;      /* libmilter form: unix:/path, inet:port@host, inet6:port@host */
    char *milter_user; /* whom mugaid becomes where root starts it */
    /* [worker] */
    guint worker_count;      /* children that wait or work; 0: one more than processors */
    guint worker_seconds;    /* wall clock and CPU of one message */
    guint worker_memory_mib; /* address space of one child */
    char *worker_program;    /* NULL: found beside the caller, see mugai_pool_new() */
    char *worker_user;       /* whom mugai-worker becomes where root starts it */
    /* [sanitize], [limits] */
    MugaiSettings *settings;
    char *notices;       /* the directory that notice texts were read from; NULL: built-in ones */
    GPtrArray *policies; /* of MugaiPolicy (policy.h), in the order of the file */
    /* [store] */
    char *store_path;
    guint retention_days; /* 1-3650 */
    guint64 min_free_mib; /* below it new messages are answered 452 */
    guint compression;    /* 0-9, zlib level of new objects */
    gboolean seal_index;  /* what the index knows of their content, too */
    GPtrArray *seal_to; /* of MugaiPublicKey: who can open new objects; NULL: they are not sealed */
    /* [seal] */
    char *seal_key; /* path of the private key; NULL: what leaves is not sealed */
    /* [log] */
    guint log_level; /* a MugaiLogLevel */
    gboolean log_subjects;
    gboolean log_addresses;
    char *log_path; /* directory of the log of looks; NULL: log in the store */
    char *log_key;  /* path of the private key that signs it; NULL: it is not signed */
    /* [metrics]; NULL: not given out there */
    char *metrics_socket; /* unix:/path */
    char *metrics_listen; /* 127.0.0.1:port or [::1]:port */
    /* [release] */
    char *release_server;  /* smtp://HOST:PORT or smtps://HOST:PORT; NULL: nothing is released */
    guint release_tls;     /* a MugaiTls */
    char *release_ca_file; /* PEM; NULL: the system's */
    char *release_sender;  /* envelope sender, a plain address; NULL: nothing is released */
    GStrv release_allowed; /* patterns (address.h) of who may get originals */
    GStrv release_never;   /* of who never may, asked first */
    gboolean release_two_person; /* one requests, another one approves */
    /* [digest] */
    char *digest_server, *digest_ca_file, *digest_sender; /* as in [release] */
    guint digest_tls;                                     /* a MugaiTls */
    GStrv digest_to;                                      /* plain addresses; NULL: nobody */
    gboolean digest_subjects;                             /* whether subjects stand in it */
    GStrv digest_recipients; /* patterns (address.h) of who gets one of his own mail */
    /* [access]: groups by name or number, NULL: nobody */
    char *access_socket; /* of mugai-stored */
    char *viewer, *releaser, *auditor, *administrator;
    /* the file that this was read from, and its SHA-256, lower-case hex; NULL: none was read */
    char *path, *sha256;
} MugaiConfig;

/* All defaults, no file read. */
MugaiConfig *mugai_config_new(void);
/* Reads @path. CONFIG with file, line, key and what to write instead; unknown groups and keys are
 * errors. */
MugaiConfig *mugai_config_load(const char *path, GError **error);
/* The same of @text, whose file is called @name. What it names is read: notices. */
MugaiConfig *mugai_config_read(const char *name, const char *text, GError **error);
/* The text of the file @path. CONFIG, with the line of an octet 0: behind it nothing is read. */
char *mugai_config_read_file(const char *path, GError **error);
void mugai_config_free(MugaiConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiConfig, mugai_config_free)

G_END_DECLS
