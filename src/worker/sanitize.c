/*
 * sanitize.c - the pure function: a message's octets to a candidate and a report (I5)
 *
 * mime.c makes the tree, headers.c the header section, render.c the text; this file puts them
 * together. The same tree gives one decoded part to an administrator.
 *
 * Invariant: nothing depends on anything but octets, settings, id and time.
 */
#include "decode.h"
#include "gmime_cleanup.h"
#include "headers.h"
#include "mime.h"
#include "render.h"
#include "truetype.h"

#include <mugai/charset.h>
#include <mugai/compose.h>
#include <mugai/error.h>
#include <mugai/filter.h>
#include <mugai/sanitize.h>

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
mugai_result_free(MugaiResult *result)
{
    if (result == NULL)
        return;
    g_bytes_unref(result->candidate);
    mugai_report_free(result->report);
    g_free(result);
}

/* GMime's own. */
static gssize (*read_file)(GMimeStream *stream, char *octets, size_t length);

/* GMime takes octets that cannot be read for the end of the message, and the rest of it would be
 * missing unsaid. So the process ends without a result. The end of a part is EINVAL. */
static gssize
read_or_end(GMimeStream *stream, char *octets, size_t length)
{
    gssize got = read_file(stream, octets, length);

    if (got < 0 && errno != EINVAL)
        _exit(EXIT_FAILURE);
    return got;
}

static void
check_reading(void)
{
    GMimeStreamClass *files = g_type_class_ref(GMIME_TYPE_STREAM_FS);

    if (read_file != NULL)
        return;
    read_file = files->read;
    files->read = read_or_end;
}

static MugaiResult *
sanitize_stream(GMimeStream *stream, const MugaiSettings *settings, const MugaiId *id,
                MugaiTime received)
{
    g_autoptr(MugaiReport) report = mugai_report_new();
    g_autoptr(MugaiTree) tree = mugai_tree_parse(stream, settings, report);
    MugaiResult *result = g_new0(MugaiResult, 1);
    GString *out = g_string_new(NULL);
    GString *whole = NULL;

    mugai_headers_compose(out, tree->message, settings, id, received, report);
    whole = mugai_render(tree, settings, id, report);
    mugai_compose_finish(out, id, report, whole->str, whole->len);
    g_string_free(whole, TRUE);
    result->candidate = g_string_free_to_bytes(out);
    result->report = g_steal_pointer(&report);
    return result;
}

MugaiResult *
mugai_sanitize_fd(int fd, const MugaiSettings *settings, const MugaiId *id, MugaiTime received)
{
    g_autoptr(GMimeStream) stream = g_mime_stream_fs_new(fd);

    g_mime_stream_fs_set_owner(GMIME_STREAM_FS(stream), FALSE);
    return sanitize_stream(stream, settings, id, received);
}

MugaiResult *
mugai_sanitize_octets(const guint8 *octets, gsize length, const MugaiSettings *settings,
                      const MugaiId *id, MugaiTime received)
{
    /* GMime makes no stream of NULL. */
    g_autoptr(GMimeStream) stream =
        g_mime_stream_mem_new_with_buffer(length == 0 ? "" : (const char *)octets, length);

    return sanitize_stream(stream, settings, id, received);
}

/* --- warmth --- */

/* A message that goes through most of what messages go through. */
static const char rehearsal[] =
    "Received: from a.example by b.example; Mon, 1 Apr 2024 08:59:58 +0900\r\n"
    "Date: Mon, 1 Apr 2024 08:59:57 +0900\r\n"
    "From: =?UTF-8?B?5bGx55Sw?= <yamada@example.jp>\r\n"
    "To: =?ISO-2022-JP?B?GyRCOzNFRBsoQg==?= <a@example.jp>, \"B C\" <b@example.jp>\r\n"
    "Message-ID: <rehearsal@example.jp>\r\n"
    "References: <1@example.jp> <2@example.jp>\r\n"
    "Subject: =?UTF-8?Q?=E5=B1=B1?=\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=a\r\n\r\n"
    "--a\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\n5bGx55SwIGh0dHA6Ly9hLmV4YW1wbGUvCg==\r\n"
    "--b\r\nContent-Type: text/html; charset=utf-8\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    "<html><head><style>.s{color:#888}</style></head><body class=3Ds><p style=3D'color:red'>"
    "=E5=B1=B1&amp;<a href=3D'https://a.example/?b'>c</a><img src=3Dd alt=3De></p>"
    "<table><tr><td>1</td><td>2</td></tr></table><ul><li>3</li></ul></body></html>\r\n"
    "--b--\r\n--a\r\nContent-Type: application/pdf; name*=utf-8''%E5%B1%B1.pdf\r\n"
    "Content-Disposition: attachment; filename=\"a.pdf\"\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQK\r\n--a--\r\n";

void
mugai_sanitize_rehearse(void)
{
    g_autoptr(MugaiSettings) settings = mugai_settings_new("ja");
    const MugaiId id = {"20240401-00000-00000"};
    const MugaiTime received = {.seconds = 0, .offset = 0};
    g_autoptr(MugaiResult) result =
        mugai_sanitize_octets((const guint8 *)rehearsal, sizeof(rehearsal) - 1, settings, &id,
                              received);
    g_autoptr(GVariant) report = g_variant_ref_sink(mugai_report_to_variant(result->report));

    (void)g_variant_get_data(report);
}

gboolean
mugai_sanitize_warm_up(GError **error)
{
    /* GMime decodes header fields for itself, whether asked or not: the C library's list of
     * converters is read now, and the one that Japanese mail is full of, which would else be looked
     * for with every field. All others stay unused: they would have to be loaded from files. */
    static iconv_t kept;

    if (kept == NULL)
        kept = iconv_open("UTF-8", "ISO-2022-JP");
    g_mime_init();
    check_reading();
    mugai_filter_warm_up();
    if (!mugai_charset_warm_up(error) || !mugai_truetype_warm_up(error))
        return FALSE;
    /* Libraries bind functions, make classes and fill tables when they are first asked: here, once,
     * and not in each of the children that are forked later. */
    mugai_sanitize_rehearse();
    return TRUE;
}

/* --- one part --- */

typedef struct {
    int fd;
    int saved_errno;
} Sink;

static gboolean
write_octets(const char *octets, gsize length, gpointer data)
{
    Sink *sink = data;

    while (length > 0 && sink->saved_errno == 0) {
        gssize written = write(sink->fd, octets, length);

        if (written < 0 && errno != EINTR)
            sink->saved_errno = errno;
        if (written > 0) {
            octets += written;
            length -= (gsize)written;
        }
    }
    return sink->saved_errno == 0;
}

gboolean
mugai_sanitize_extract_part(int fd, const char *path, const MugaiSettings *settings, int out_fd,
                            GError **error)
{
    g_autoptr(GMimeStream) stream = g_mime_stream_fs_new(fd);
    g_autoptr(MugaiReport) report = mugai_report_new();
    g_autoptr(MugaiTree) tree = NULL;
    const MugaiNode *leaf = NULL;
    MugaiDecoded decoded = {0};
    Sink sink = {.fd = out_fd};

    g_mime_stream_fs_set_owner(GMIME_STREAM_FS(stream), FALSE);
    tree = mugai_tree_parse(stream, settings, report);
    leaf = mugai_tree_find(tree, path);
    if (leaf == NULL) {
        g_set_error(error, MUGAI_ERROR, MUGAI_ERROR_NOT_FOUND, "the message has no part %s", path);
        return FALSE;
    }
    mugai_leaf_decode(leaf, write_octets, &sink, &decoded);
    if (sink.saved_errno != 0) {
        mugai_error_set_errno(error, sink.saved_errno, MUGAI_ERROR_SYSTEM, "cannot write part %s",
                              path);
        return FALSE;
    }
    return TRUE;
}
