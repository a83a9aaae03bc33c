/* limits.h - every bound of mugai in one place: the unit is in the name, the reason beside it */
#pragma once

/* The text of one message. A clerk reads no more; configurable as [limits] text_kib. */
#define MUGAI_LIMIT_TEXT_OCTETS_DEFAULT (1024u * 1024u)
/* The profile's 4 MiB less room for the notice, which is added after the text was cut. */
#define MUGAI_LIMIT_TEXT_OCTETS_MAX (3u * 1024u * 1024u)
/* The notice: a line for each of the parts it may list, and the frame. */
#define MUGAI_LIMIT_NOTICE_OCTETS (512u * 1024u)
/* Removed parts named one by one in the notice; the rest are counted in one line. */
#define MUGAI_LIMIT_NOTICE_PARTS 200u

/* Leaf parts and containers read; real mail has fewer than 200, bombs have a million. */
#define MUGAI_LIMIT_PARTS_DEFAULT 1000u
#define MUGAI_LIMIT_PARTS_MAX 10000u
/* Nesting of multiparts and messages; real mail has fewer than 12. GMime itself stops at 1,024. */
#define MUGAI_LIMIT_DEPTH_DEFAULT 30u
#define MUGAI_LIMIT_DEPTH_MAX 100u
/* One header section: Postfix itself cuts at header_size_limit = 102,400 octets a field. */
#define MUGAI_LIMIT_HEADER_FIELDS_DEFAULT 1000u
#define MUGAI_LIMIT_HEADER_FIELDS_MAX 10000u
#define MUGAI_LIMIT_HEADER_OCTETS_DEFAULT (512u * 1024u)
#define MUGAI_LIMIT_HEADER_OCTETS_MAX (4096u * 1024u)
/* One part decoded for conversion (HTML shrinks much as text); beyond it the rest is cut and said.
 */
#define MUGAI_LIMIT_PART_OCTETS_DEFAULT (32u * 1024u * 1024u)
#define MUGAI_LIMIT_PART_OCTETS_MAX (128u * 1024u * 1024u)
/* A file name as shown; file systems end at 255 octets, screens long before. */
#define MUGAI_LIMIT_NAME_CHARACTERS_DEFAULT 120u
#define MUGAI_LIMIT_NAME_CHARACTERS_MAX 500u

/* [policy NAME] groups: each is a few KiB in every worker. */
#define MUGAI_LIMIT_POLICIES 32u

/* Subject in characters before it is cut; RFC 5322 lines are 998, real subjects below 200. */
#define MUGAI_LIMIT_SUBJECT_CHARACTERS 1000u
/* Fields with what servers found of the sender, and characters of one that are shown: one server
 * writes one or two of 200 to 600. */
#define MUGAI_LIMIT_AUTHENTICATION_FIELDS 8u
#define MUGAI_LIMIT_AUTHENTICATION_CHARACTERS 2000u
/* A display name in characters. */
#define MUGAI_LIMIT_DISPLAY_NAME_CHARACTERS 200u

/* What the worker may say about one message, as serialized report. */
#define MUGAI_LIMIT_REPORT_OCTETS (8u * 1024u * 1024u)
/* Ambiguities and warnings each; the rest are counted in a last one. */
#define MUGAI_LIMIT_REMARKS 200u
/* One request or settings packet between mugaid and worker (notice texts are in the settings). */
#define MUGAI_LIMIT_PACKET_OCTETS (128u * 1024u)

/* Envelope recipients kept; Postfix' smtpd_recipient_limit is 1,000. */
#define MUGAI_LIMIT_RECIPIENTS 10000u
/* JSON of one envelope in the comment of an object's gzip header. */
#define MUGAI_LIMIT_ENVELOPE_OCTETS (8u * 1024u * 1024u)

/* One message in the worker: seconds of wall clock and of CPU, MiB of address space. */
#define MUGAI_LIMIT_WORKER_SECONDS_DEFAULT 30u
#define MUGAI_LIMIT_WORKER_SECONDS_MAX 600u
#define MUGAI_LIMIT_WORKER_MEMORY_MIB_DEFAULT 512u
#define MUGAI_LIMIT_WORKER_MEMORY_MIB_MIN 128u
#define MUGAI_LIMIT_WORKER_MEMORY_MIB_MAX 4096u
/* Children waiting or working at once. */
#define MUGAI_LIMIT_WORKER_COUNT_MAX 64u
/* From the moment the worker's time is over until its silence counts as a failure: killing and
 * reaping take a moment. */
#define MUGAI_LIMIT_WORKER_GRACE_SECONDS 2u
/* A message waits this long for a free child, then it is answered with a 4xx; Postfix'
 * milter_content_timeout is 300. */
#define MUGAI_LIMIT_WORKER_WAIT_SECONDS 120u
/* From exec to ready: libraries and charset converters are loaded. */
#define MUGAI_LIMIT_WORKER_START_SECONDS 30u

/* A message being received is in memory up to this size and in an unnamed file beyond it. */
#define MUGAI_LIMIT_SPOOL_MEMORY_OCTETS (1024u * 1024u)
/* Collected before it goes on to spool and store, so that short header lines are not a system call
 * each. */
#define MUGAI_LIMIT_SPOOL_BUFFER_OCTETS (64u * 1024u)
/* Names of the header fields of one message (they must be deleted one by one); real mail stays
 * below 8 KiB. */
#define MUGAI_LIMIT_FIELD_NAMES_OCTETS (8u * 1024u * 1024u)
/* Sanitized messages that wait for the indexer, and their octets: a burst passes, a stuck disk does
 * not fill memory. */
#define MUGAI_LIMIT_INDEX_QUEUE 1024u
#define MUGAI_LIMIT_INDEX_QUEUE_OCTETS (32u * 1024u * 1024u)

/* What mugai asks of mugai-stored: a command line, or a configuration, which is some screens. */
#define MUGAI_LIMIT_DESK_REQUEST_OCTETS (1024u * 1024u)
/* What it is answered at once: an entry has a report and an envelope, a difference two texts. */
#define MUGAI_LIMIT_DESK_ANSWER_OCTETS (64u * 1024u * 1024u)
/* Requests answered at once, each by a process; others wait. People type them. */
#define MUGAI_LIMIT_STORED_PROCESSES 32u
/* Of one user: he keeps nobody else waiting. */
#define MUGAI_LIMIT_STORED_USER_PROCESSES 8u

/* Days that originals may be kept. */
#define MUGAI_LIMIT_RETENTION_DAYS_MAX 3650u
