/* remove_tree.h - what a test has made goes away with it */
#pragma once

#include <ftw.h>
#include <stdio.h>

static inline int
remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static inline void
remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
