/* A PLIC in which there is nothing to read. */
#pragma once
#include "h4.h"

static inline unsigned vplic_best(const struct vplic *vplic, unsigned context)
{
	return 0;
}

static inline unsigned vplic_claim(struct vplic *vplic, unsigned context)
{
	return 0;
}

static inline uint32_t vplic_read(struct vplic *vplic, uint64_t offset)
{
	return 0;
}
