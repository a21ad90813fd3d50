/*
 * realflash.c - pflash.c once more, on a machine whose flash is passed through.
 */
#include "../pflash/pflash.c"
