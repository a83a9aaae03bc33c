/*
 * policy.h - which settings apply to a message: [sanitize], or a [policy NAME] for some of the mail
 *
 * A policy is chosen for each recipient: the first in the order of the file whose conditions all
 * hold, [sanitize] where none does. Where the recipients of one message have different ones, it
 * gets the strictest of each setting: a milter gives one message for all of them, and nobody may
 * get more than what is meant for him.
 */
#pragma once

#include <glib.h>
#include <mugai/config.h>
#include <mugai/report.h>

G_BEGIN_DECLS

/**
 * MugaiPolicy:
 * One [policy NAME]. Immutable once it was read.
 */
typedef struct {
    char *name;
    GStrv recipients;     /* patterns (address.h); NULL: any */
    GStrv senders;        /* the same; NULL: any, the null sender included */
    GStrv clients;        /* networks: 192.0.2.0/24, 2001:db8::/32, an address; NULL: any */
    gsize message_octets; /* larger ones are refused; 0: none is */
    guint retention_days; /* of the originals; 0: as [store] says */
    MugaiSettings *settings;
} MugaiPolicy;

/* A policy with a copy of @settings. */
MugaiPolicy *mugai_policy_new(const char *name, const MugaiSettings *settings);
void mugai_policy_free(MugaiPolicy *policy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MugaiPolicy, mugai_policy_free)

/* Whether @text is a network or an address as clients may name them. */
gboolean mugai_policy_is_network(const char *text);

/* Whether @text may be the name of a policy: 1 to 32 letters, digits, "-" and "_". */
gboolean mugai_policy_is_name(const char *text);

/**
 * MugaiTreatment:
 * What applies to one message. Plain data, travels to the worker with the message.
 */
typedef struct {
    guint settings; /* whose language, texts and other limits: 0 [sanitize], n the nth policy; that
                       of the first recipient */
    MugaiLinks links;
    MugaiBody body;
    MugaiAttachments attachments;
    gsize text_octets;
    gsize message_octets; /* larger ones are refused; 0: none is. Not for the worker */
    gboolean several;     /* recipients with different policies */
} MugaiTreatment;

/* The treatment of a message with @envelope (NULL: nothing is known, [sanitize]) by @settings and
 * @policies (of MugaiPolicy). Always the same for the same arguments. */
void mugai_policy_choose(const MugaiSettings *settings, const GPtrArray *policies,
                         const MugaiEnvelope *envelope, MugaiTreatment *ret_treatment);

/* How many days an original with @envelope is kept: @days unless @policies (NULL: none) say
 * otherwise; the longest of its recipients'. */
guint mugai_policy_retention(guint days, const GPtrArray *policies, const MugaiEnvelope *envelope);
/* The fewest days that any original is kept. */
guint mugai_policy_retention_least(guint days, const GPtrArray *policies);

/* "" for [sanitize], the name of the policy, "several". Owned by @policies. */
const char *mugai_treatment_name(const MugaiTreatment *treatment, const GPtrArray *policies);

/* @base, the settings that @treatment names, with what it says itself; newly allocated. */
MugaiSettings *mugai_treatment_settings(const MugaiTreatment *treatment, const MugaiSettings *base);

G_END_DECLS
