/*
 * vandal.c - the guest that rewrites its hypervisor: the reason for lab h2.
 *
 * In this lab hgatp is Bare: every guest-physical address is a host-physical
 * one, and the hypervisor's memory is within reach of any store. This guest
 * searches it for the words that the hypervisor says when a VM ends, and puts
 * its own there. From then on it is the hypervisor that speaks them. Once lab
 * h2 is done, the first load below is a guest-page fault, and that is that.
 */
#include <string.h>

#include "guest.h"

#define HYPERVISOR 0x80010000UL /* common/kernel/kernel.ld */
#define SEARCHED 0x40000UL	/* bytes */

static const char mine[] = "hv: vm %s owns you: ";

/* What is searched, put together here: so it is only once in the memory. */
static void wanted(char text[sizeof(mine)])
{
	strcpy(text, "hv: vm %s: ");
	strcat(text, "stopped: ");
}

void guest_program(void)
{
	char words[sizeof(mine)];
	uint64_t found = 0;

	wanted(words);
	for (char *at = (char *)HYPERVISOR; at < (char *)HYPERVISOR + SEARCHED;
	     at++) {
		if (memcmp(at, words, strlen(words)) != 0)
			continue;
		printf("found the hypervisor's words at %p\n", (void *)at);
		memcpy(at, mine, strlen(words) + 1);
		found++;
	}
	CHECK(found, "the hypervisor's memory does not hold these words");
}
