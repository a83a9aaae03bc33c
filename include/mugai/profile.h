/* profile.h - the numbers of the output profile, version 1; guard, composer and verifier share them
 */
#pragma once

#define MUGAI_PROFILE_VERSION 1

/* Section 1: octets, line ends not counted */
#define MUGAI_PROFILE_HEADER_LINE_OCTETS 998u
#define MUGAI_PROFILE_BODY_LINE_OCTETS 76u
#define MUGAI_PROFILE_HEADER_SECTION_OCTETS (256u * 1024u)

/* Section 2: how often, how many */
#define MUGAI_PROFILE_RECEIVED_MAX 100u
#define MUGAI_PROFILE_OTHER_TRACE_MAX 4u
#define MUGAI_PROFILE_FROM_ADDRESSES_MAX 16u
#define MUGAI_PROFILE_TO_ADDRESSES_MAX 1000u
#define MUGAI_PROFILE_IN_REPLY_TO_MAX 16u
#define MUGAI_PROFILE_REFERENCES_MAX 64u
#define MUGAI_PROFILE_ENCODED_WORD_OCTETS 75u
#define MUGAI_PROFILE_ADDR_SPEC_OCTETS 254u
#define MUGAI_PROFILE_LABEL_OCTETS 63u
#define MUGAI_PROFILE_MESSAGE_ID_OCTETS 250u

/* Sections 3 and 4 */
#define MUGAI_PROFILE_TEXT_OCTETS (4u * 1024u * 1024u)
#define MUGAI_PROFILE_TEXT_LINE_OCTETS 8192u

/* Section 5: U+25A0 and a space, as UTF-8 */
#define MUGAI_PROFILE_MARK "\xE2\x96\xA0 "

/* Mugai-Seal (src/ARCHITECTURE.md, "The seal"): what the signature is over is
 * MUGAI_PROFILE_SEAL_CONTEXT id LF time LF hash LF */
#define MUGAI_PROFILE_SEAL_CONTEXT "mugai-seal-1\n"
#define MUGAI_PROFILE_SEAL_KEY_DIGITS 16u
#define MUGAI_PROFILE_SEAL_TIME_DIGITS_MAX 11u
#define MUGAI_PROFILE_SEAL_SIGNATURE_CHARACTERS 88u
