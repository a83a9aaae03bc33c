/* mime_construct.h - GMime's parser: octets to GMime's message; for mime.c alone */
#pragma once

#include <gmime/gmime.h>
#include <mugai/config.h>
#include <mugai/report.h>

/* The message in @stream, which mugai_scan() has bounded and which must stay as it is while the
 * message lives; NULL if GMime finds none. What GMime warns of goes to the ambiguities of @report.
 * A new reference. */
GMimeMessage *mugai_mime_construct(GMimeStream *stream, MugaiReport *report);

/* The same octets as a body without header: GMime finds no message in some that are one to a human
 * reader. */
GMimeMessage *mugai_mime_construct_headless(GMimeStream *stream, MugaiReport *report);

/* As mugai_mime_construct() for octets found inside of the message: they are scanned like the
 * message itself. */
GMimeMessage *mugai_mime_construct_again(GMimeStream *stream, const MugaiSettings *settings,
                                         MugaiReport *report);
