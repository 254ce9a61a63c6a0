/*
 * Sorting and searching. qsort moves whole elements; what its comparisons read is the program's own
 * doing, as all of bsearch and lfind is. The trees and tables of tsearch and hsearch_r are known
 * by the variable that holds them: to change one is a write to it, to search in it a read.
 */
#include "interpose/access.h"
#include "interpose/resources.h"

static void sorted(void *base, size_t count, size_t size, const void *frame)
{
    if (count > 1)
        access_copy(base, base, count * size, frame);
}

/* clang-format off */
void wrap_qsort(void *base, size_t count, size_t size, __compar_fn_t compare)
TELLS_BEFORE(real.qsort(base, count, size, compare), sorted(base, count, size, FRAME))
void wrap_qsort_r(void *base, size_t count, size_t size, __compar_d_fn_t compare, void *with)
TELLS_BEFORE(real.qsort_r(base, count, size, compare, with), sorted(base, count, size, FRAME))
/* clang-format on */

void *wrap_lsearch(const void *key, void *base, size_t *count, size_t size, __compar_fn_t compare)
{
    if (likely(!access_watched()))
        return real.lsearch(key, base, count, size, compare);
    size_t before = *count;
    void *found = real.lsearch(key, base, count, size, compare);
    access_read(count, sizeof *count, FRAME);
    if (*count != before) {
        access_copy(found, key, size, FRAME);
        access_write(count, sizeof *count, FRAME);
    }
    return found;
}

/* clang-format off */
void *wrap_lfind(const void *key, const void *base, size_t *count, size_t size, __compar_fn_t compare)
TELLS_BEFORE(real.lfind(key, base, count, size, compare), access_read(count, sizeof *count, FRAME))
void *wrap_tsearch(const void *key, void **root, __compar_fn_t compare)
TELLS_BEFORE(real.tsearch(key, root, compare), access_write(root, root ? sizeof *root : 0, FRAME))
void *wrap_tdelete(const void *key, void **root, __compar_fn_t compare)
TELLS_BEFORE(real.tdelete(key, root, compare), access_write(root, root ? sizeof *root : 0, FRAME))
void *wrap_tfind(const void *key, void *const *root, __compar_fn_t compare)
TELLS_BEFORE(real.tfind(key, root, compare), access_read(root, root ? sizeof *root : 0, FRAME))
/* clang-format on */

static void table_used(const struct hsearch_data *table, ACTION action, const void *frame)
{
    if (action == ENTER)
        access_write(table, sizeof *table, frame);
    else
        access_read(table, sizeof *table, frame);
}

/* clang-format off */
int wrap_hsearch_r(ENTRY entry, ACTION action, ENTRY **ret_entry, struct hsearch_data *table)
TELLS_BEFORE(real.hsearch_r(entry, action, ret_entry, table), table_used(table, action, FRAME))
/* clang-format on */

/* A table that is there already stays, and the call fails. */
int wrap_hcreate_r(size_t count, struct hsearch_data *table)
{
    if (access_watched())
        access_write(table, table ? sizeof *table : 0, FRAME);
    bool was = table && table->table;
    int result = real.hcreate_r(count, table);
    if (result && !was)
        resource_made(HANDLE_KIND_HASH_TABLE, (uintptr_t)table->table, NULL, FRAME);
    return result;
}

void wrap_hdestroy_r(struct hsearch_data *table)
{
    if (access_watched())
        access_write(table, table ? sizeof *table : 0, FRAME);
    if (table)
        resource_ends(HANDLE_KIND_HASH_TABLE, (uintptr_t)table->table, "hdestroy_r", FRAME);
    real.hdestroy_r(table);
}
