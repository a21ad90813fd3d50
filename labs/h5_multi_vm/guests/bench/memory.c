/*
 * memory.c - the hypervisor's memset, so that the guest can tell what the
 * zeroing of a page takes of its first touch.
 */
#include "../../../../common/kernel/memory.c"
