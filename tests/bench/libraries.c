/* libraries.c - what GMime and libxml2 alone do with a message */
#include "libraries.h"

#include <libxml/HTMLparser.h>

#define CHUNK_OCTETS 65536u

/* Where what must not be optimised away goes. */
static volatile guint64 sink;

GMimeMessage *
libraries_parse(const char *octets, gsize length)
{
    g_autoptr(GMimeStream) stream = g_mime_stream_mem_new_with_buffer(octets, length);
    g_autoptr(GMimeParser) parser = g_mime_parser_new_with_stream(stream);

    return g_mime_parser_construct_message(parser, NULL);
}

static gboolean
is_html(GMimeObject *part)
{
    return g_mime_content_type_is_type(g_mime_object_get_content_type(part), "text", "html");
}

static void
decode(GMimeObject *parent, GMimeObject *part, gpointer data)
{
    GString *html = data;
    gboolean kept = html != NULL && is_html(part);
    g_autoptr(GMimeStream) stream = kept ? g_mime_stream_mem_new() : g_mime_stream_null_new();
    GByteArray *octets = NULL;

    if (!GMIME_IS_PART(part))
        return;
    g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(GMIME_PART(part)), stream);
    if (!kept)
        return;
    octets = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
    g_string_append_len(html, (const char *)octets->data, (gssize)octets->len);
}

void
libraries_decode(GMimeMessage *message, GString *html)
{
    g_mime_message_foreach(message, decode, html);
}

static void
ignore_element(void *data, const xmlChar *name, const xmlChar **attributes)
{
    sink += name[0];
}

static void
ignore_text(void *data, const xmlChar *text, int length)
{
    sink += (guint64)length;
}

static void
ignore_error(void *data, xmlErrorPtr error)
{
}

/* As filters/html.c sets it up, without anything behind it. */
void
libraries_sax(const char *html, gsize length)
{
    htmlSAXHandler handlers = {
        .startElement = ignore_element,
        .characters = ignore_text,
        .ignorableWhitespace = ignore_text,
        .serror = ignore_error,
        .initialized = XML_SAX2_MAGIC,
    };
    htmlParserCtxtPtr context =
        htmlCreatePushParserCtxt(&handlers, NULL, NULL, 0, NULL, XML_CHAR_ENCODING_UTF8);

    htmlCtxtUseOptions(context, HTML_PARSE_RECOVER | HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC |
                                    HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | XML_PARSE_HUGE);
    for (gsize at = 0; at < length; at += CHUNK_OCTETS)
        htmlParseChunk(context, html + at, (int)MIN(CHUNK_OCTETS, length - at), 0);
    htmlParseChunk(context, NULL, 0, 1);
    if (context->myDoc != NULL)
        xmlFreeDoc(context->myDoc);
    htmlFreeParserCtxt(context);
}
