/*
 * policy.c - which settings apply to a message
 *
 * Invariants: 1. of several recipients none gets more than the policy of that recipient lets
 *                through: each setting is the strictest of all;
 *             2. the choice depends on configuration and envelope alone, so that a text can be made
 *                again later (I5).
 * Trust: the envelope is hostile: addresses that are not one local part and one domain are in no
 *         pattern. A sender's address can be forged, so a policy that is looser should not go by it
 *         alone.
 */
#include <mugai/policy.h>

#include <mugai/address.h>

#include <gio/gio.h>
#include <string.h>

#define NAME_OCTETS_MAX 32u

MugaiPolicy *
mugai_policy_new(const char *name, const MugaiSettings *settings)
{
    MugaiPolicy *policy = g_new0(MugaiPolicy, 1);

    policy->name = g_strdup(name);
    policy->settings = mugai_settings_copy(settings);
    return policy;
}

void
mugai_policy_free(MugaiPolicy *policy)
{
    if (policy == NULL)
        return;
    g_free(policy->name);
    g_strfreev(policy->recipients);
    g_strfreev(policy->senders);
    g_strfreev(policy->clients);
    mugai_settings_free(policy->settings);
    g_free(policy);
}

gboolean
mugai_policy_is_name(const char *text)
{
    gsize length = strlen(text);

    return length > 0 && length <= NAME_OCTETS_MAX &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
               length;
}

gboolean
mugai_policy_is_network(const char *text)
{
    g_autoptr(GInetAddressMask) mask = g_inet_address_mask_new_from_string(text, NULL);

    return mask != NULL;
}

/* --- conditions --- */

static gboolean
address_is_in(const char *address, char *const *patterns)
{
    const char *at = strchr(address, '@');

    if (patterns == NULL)
        return TRUE;
    /* With a second one it is not said where the domain begins. */
    if (at == NULL || strchr(at + 1, '@') != NULL)
        return FALSE;
    for (; *patterns != NULL; patterns++) {
        if (mugai_address_matches(address, *patterns))
            return TRUE;
    }
    return FALSE;
}

static gboolean
client_is_in(const char *client, char *const *networks)
{
    g_autoptr(GInetAddress) address = NULL;

    if (networks == NULL)
        return TRUE;
    address = g_inet_address_new_from_string(client);
    for (; address != NULL && *networks != NULL; networks++) {
        g_autoptr(GInetAddressMask) mask = g_inet_address_mask_new_from_string(*networks, NULL);

        if (mask != NULL && g_inet_address_mask_matches(mask, address))
            return TRUE;
    }
    return FALSE;
}

/* 0: none of them, n: the nth. */
static guint
find_policy(const GPtrArray *policies, const MugaiEnvelope *envelope, const char *recipient)
{
    for (guint i = 0; i < policies->len; i++) {
        const MugaiPolicy *policy = policies->pdata[i];

        if (address_is_in(recipient, policy->recipients) &&
            address_is_in(envelope->sender, policy->senders) &&
            client_is_in(envelope->client_address, policy->clients))
            return i + 1;
    }
    return 0;
}

/* --- the strictest of several --- */

static const MugaiLinks links_from_strict[] = {MUGAI_LINKS_REMOVE, MUGAI_LINKS_DEFANG,
                                               MUGAI_LINKS_KEEP};

static MugaiLinks
stricter_links(MugaiLinks a, MugaiLinks b)
{
    gsize i = 0;

    while (links_from_strict[i] != a && links_from_strict[i] != b)
        i++;
    return links_from_strict[i];
}

static gsize
stricter_size(gsize a, gsize b)
{
    return a == 0 || b == 0 ? MAX(a, b) : MIN(a, b);
}

static void
treat(const MugaiSettings *settings, const GPtrArray *policies, guint which, MugaiTreatment *ret)
{
    const MugaiPolicy *policy = which > 0 ? policies->pdata[which - 1] : NULL;
    const MugaiSettings *own = policy != NULL ? policy->settings : settings;

    *ret = (MugaiTreatment){
        .settings = which,
        .links = own->links,
        .body = own->body,
        .attachments = own->attachments,
        .text_octets = own->limits.text_octets,
        .message_octets = policy != NULL ? policy->message_octets : 0,
    };
}

/* The zero of body and attachments is the stricter one. */
static void
tighten(MugaiTreatment *treatment, const MugaiTreatment *other)
{
    treatment->links = stricter_links(treatment->links, other->links);
    treatment->body = MIN(treatment->body, other->body);
    treatment->attachments = MIN(treatment->attachments, other->attachments);
    treatment->text_octets = MIN(treatment->text_octets, other->text_octets);
    treatment->message_octets = stricter_size(treatment->message_octets, other->message_octets);
    treatment->several = TRUE;
}

void
mugai_policy_choose(const MugaiSettings *settings, const GPtrArray *policies,
                    const MugaiEnvelope *envelope, MugaiTreatment *ret_treatment)
{
    const GPtrArray *recipients = envelope != NULL ? envelope->recipients : NULL;

    treat(settings, policies, 0, ret_treatment);
    if (policies->len == 0 || recipients == NULL)
        return;
    for (guint i = 0; i < recipients->len; i++) {
        guint which = find_policy(policies, envelope, recipients->pdata[i]);
        MugaiTreatment own;

        treat(settings, policies, which, &own);
        if (i == 0)
            *ret_treatment = own;
        else if (which != ret_treatment->settings)
            tighten(ret_treatment, &own);
    }
}

static guint
retention_of(guint days, const GPtrArray *policies, guint which)
{
    const MugaiPolicy *policy = which > 0 ? policies->pdata[which - 1] : NULL;

    return policy != NULL && policy->retention_days > 0 ? policy->retention_days : days;
}

guint
mugai_policy_retention(guint days, const GPtrArray *policies, const MugaiEnvelope *envelope)
{
    guint longest = 0;

    for (guint i = 0; policies != NULL && i < envelope->recipients->len; i++) {
        guint which = find_policy(policies, envelope, envelope->recipients->pdata[i]);

        longest = MAX(longest, retention_of(days, policies, which));
    }
    return longest > 0 ? longest : days;
}

guint
mugai_policy_retention_least(guint days, const GPtrArray *policies)
{
    guint least = days;

    for (guint i = 0; policies != NULL && i < policies->len; i++)
        least = MIN(least, retention_of(days, policies, i + 1));
    return least;
}

const char *
mugai_treatment_name(const MugaiTreatment *treatment, const GPtrArray *policies)
{
    if (treatment->several)
        return "several";
    return treatment->settings == 0
               ? ""
               : ((const MugaiPolicy *)policies->pdata[treatment->settings - 1])->name;
}

MugaiSettings *
mugai_treatment_settings(const MugaiTreatment *treatment, const MugaiSettings *base)
{
    MugaiSettings *settings = mugai_settings_copy(base);

    settings->links = treatment->links;
    settings->body = treatment->body;
    settings->attachments = treatment->attachments;
    settings->limits.text_octets = treatment->text_octets;
    return settings;
}
