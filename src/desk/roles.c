/*
 * roles.c - who may ask for what: the one table
 *
 * Invariants: 1. a verb that is not in the table is for nobody;
 *             2. roles come from groups that the kernel named, never from what a request says.
 */
#include "desk_private.h"

#include <grp.h>
#include <sysexits.h>

#define VIEWER MUGAI_ROLE_VIEWER
#define RELEASER MUGAI_ROLE_RELEASER
#define AUDITOR MUGAI_ROLE_AUDITOR
#define ADMINISTRATOR MUGAI_ROLE_ADMINISTRATOR

/* What is looked at without any content is for all of them. Originals are for those who answer for
 * where they go. Whoever deletes does not read the log, and whoever reads the log sees no content:
 * who shall do both is put into both groups, which shows. */
static const MugaiRoles may[MUGAI_VERBS] = {
    [MUGAI_VERB_LIST] = VIEWER | RELEASER | AUDITOR | ADMINISTRATOR,
    [MUGAI_VERB_SHOW] = VIEWER | RELEASER | AUDITOR | ADMINISTRATOR,
    [MUGAI_VERB_GET] = RELEASER,
    [MUGAI_VERB_RELEASE] = RELEASER,
    [MUGAI_VERB_REQUEST] = RELEASER,
    [MUGAI_VERB_APPROVE] = RELEASER,
    [MUGAI_VERB_WITHDRAW] = RELEASER,
    [MUGAI_VERB_HOLD] = ADMINISTRATOR,
    [MUGAI_VERB_UNHOLD] = ADMINISTRATOR,
    [MUGAI_VERB_DELETE] = ADMINISTRATOR,
    [MUGAI_VERB_PURGE] = ADMINISTRATOR,
    [MUGAI_VERB_FSCK] = ADMINISTRATOR,
    [MUGAI_VERB_REPLAY] = ADMINISTRATOR,
    [MUGAI_VERB_LOG] = AUDITOR,
    [MUGAI_VERB_VERIFY] = AUDITOR,
    [MUGAI_VERB_KEYS] = VIEWER | RELEASER | AUDITOR | ADMINISTRATOR,
    [MUGAI_VERB_STATS] = VIEWER | RELEASER | AUDITOR | ADMINISTRATOR,
};

/* The text is what has passed already. */
static const MugaiRoles may_get_text = VIEWER | RELEASER | ADMINISTRATOR;

static const struct {
    MugaiRoles role;
    const char *key;
    gsize offset;
} roles[] = {
    {VIEWER, "viewer", G_STRUCT_OFFSET(MugaiConfig, viewer)},
    {RELEASER, "releaser", G_STRUCT_OFFSET(MugaiConfig, releaser)},
    {AUDITOR, "auditor", G_STRUCT_OFFSET(MugaiConfig, auditor)},
    {ADMINISTRATOR, "administrator", G_STRUCT_OFFSET(MugaiConfig, administrator)},
};

static const char *
group_of(const MugaiConfig *config, gsize role)
{
    return G_STRUCT_MEMBER(char *, config, roles[role].offset);
}

/* "viewer (group mugai-viewer), releaser (no group)" */
static char *
name_roles(const MugaiConfig *config, MugaiRoles wanted)
{
    GString *names = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(roles); i++) {
        const char *group = group_of(config, i);

        if ((roles[i].role & wanted) == 0)
            continue;
        g_string_append_printf(names, "%s%s (%s%s)", names->len > 0 ? ", " : "", roles[i].key,
                               group != NULL ? "group " : "no group", group != NULL ? group : "");
    }
    return g_string_free(names, FALSE);
}

gboolean
mugai_desk_check_role(const MugaiDesk *desk, const MugaiRequest *request, GError **error)
{
    MugaiRoles wanted =
        request->verb == MUGAI_VERB_GET && request->as_text ? may_get_text : may[request->verb];
    g_autofree char *names = NULL;

    if (desk->direct || (desk->roles & wanted) != 0)
        return TRUE;
    names = name_roles(desk->config, wanted);
    if (request->verb != MUGAI_VERB_GET)
        return mugai_desk_refuse(error, EX_NOPERM,
                                 "%s is for: %s; see [access] of the configuration",
                                 mugai_verb_name(request->verb), names);
    return mugai_desk_refuse(error, EX_NOPERM,
                             request->as_text
                                 ? N_("get --text is for: %s; see [access] of the configuration")
                                 : N_("get without --text is for: %s; see [access] of the "
                                      "configuration"),
                             names);
}

/* FALSE without such a group. */
static gboolean
find_group(const char *name, gid_t *ret_group)
{
    guint64 number = 0;
    const struct group *entry = NULL;

    if (g_ascii_string_to_unsigned(name, 10, 1, G_MAXINT32, &number, NULL)) {
        *ret_group = (gid_t)number;
        return TRUE;
    }
    entry = getgrnam(name);
    if (entry != NULL)
        *ret_group = entry->gr_gid;
    return entry != NULL;
}

MugaiRoles
mugai_desk_find_roles(const MugaiConfig *config, const gid_t *groups, gsize n_groups)
{
    MugaiRoles found = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(roles); i++) {
        gid_t group = 0;

        if (group_of(config, i) == NULL || !find_group(group_of(config, i), &group))
            continue;
        for (gsize j = 0; j < n_groups; j++)
            found |= groups[j] == group ? roles[i].role : 0;
    }
    return found;
}
