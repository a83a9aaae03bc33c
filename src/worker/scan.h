/*
 * scan.h - one linear look at the raw octets before any parser: bounds, and what parsers will not
 * say
 */
#pragma once

#include <gmime/gmime.h>
#include <mugai/config.h>
#include <mugai/report.h>

/* Looks at the whole of @stream and returns the stream that may be parsed: @stream itself, or one
 * without the octets beyond the limits (header fields too many or too long, delimiters of parts too
 * many), or one of its beginning with line ends mended where they are CR alone or LF CR. Line ends
 * and header lines that are read in more than one way are named in @report. Linear, in constant
 * memory but for the last case. A new reference. */
GMimeStream *mugai_scan(GMimeStream *stream, const MugaiLimits *limits, MugaiReport *report);
