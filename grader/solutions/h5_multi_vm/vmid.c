/*
 * vmid.c - h5.1: VMIDs by generation. Pure: who fences, and how many ids the
 * hart knows, is somebody else's business.
 *
 * A VM never gives its id back. When all ids are given, everybody's becomes
 * void at once, and one fence forgets all that was cached under them.
 */
#include "h5.h"

void vmid_refresh(struct vmid_space *space, struct npt *npt)
{
	/* SOLUTION h5.1: a current id; new generation, fence if they ran out */
	if (npt->generation == space->generation)
		return;
	if (space->next == space->count) {
		space->generation++;
		space->next = 0;
		vmid_fence_all();
	}
	npt->vmid = space->next++;
	npt->generation = space->generation;
	/* END */
}
