/*
 * inline.h - the inline functions of the student's vplic.h, as the driver calls
 * them; the contracts are there.
 */
#pragma once
#include "h4.h"

unsigned unit_vplic_best(const struct vplic *vplic, unsigned context);
unsigned unit_vplic_claim(struct vplic *vplic, unsigned context);
uint32_t unit_vplic_read(struct vplic *vplic, uint64_t offset);
