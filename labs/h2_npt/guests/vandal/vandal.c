/*
 * vandal.c - the guest that rewrote its hypervisor at the end of lab h1.
 */
#include "../../../h1_simple_hv/guests/vandal/vandal.c"
