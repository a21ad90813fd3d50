/*
 * drive_mmio.c - commands for h2.7: a VM with a bus, and devices that note what
 * they are asked.
 */
#include <string.h>

#include "driver.h"
#include "inline.h"

static struct vm vm;
static unsigned char contexts[256]; /* the address of one is a device's name */

/* What the device's handlers were called with. */
static struct call {
	char kind; /* 'r', 'w' */
	void *context;
	uint64_t offset, value;
	unsigned width;
} last;
static unsigned calls;
static uint64_t content; /* what the device holds: any load reads it */

static uint64_t device_read(void *context, uint64_t offset, unsigned width)
{
	last = (struct call){'r', context, offset, 0, width};
	calls++;
	return content;
}

static void device_write(void *context, uint64_t offset, unsigned width,
			 uint64_t value)
{
	last = (struct call){'w', context, offset, value, width};
	calls++;
}

/* A device: BASE SIZE WIDTHS HANDLERS (1: read, 2: write) NUMBER */
static struct mmio_device device_arg(void)
{
	struct mmio_device device = {.name = "device"};

	device.base = GPA(host_arg());
	device.size = host_arg();
	device.widths = (unsigned)host_arg();
	uint64_t handlers = host_arg();
	device.read = handlers & 1 ? device_read : NULL;
	device.write = handlers & 2 ? device_write : NULL;
	device.context = &contexts[host_arg() % sizeof(contexts)];
	return device;
}

/* bus RAM SIZE: a VM with this RAM and no device */
static void bus(void)
{
	memset(&vm, 0, sizeof(vm));
	vm.ram = GPA(host_arg());
	vm.ram_size = host_arg();
}

static bool same(const struct mmio_device *a, const struct mmio_device *b)
{
	return a->name == b->name && a->base.a == b->base.a &&
	       a->size == b->size && a->widths == b->widths &&
	       a->read == b->read && a->write == b->write &&
	       a->context == b->context;
}

/* plug DEVICE: mmio_add; the number of devices; are they kept as they were? */
static void plug(void)
{
	struct mmio_device device = device_arg(), given = device;
	struct vm before = vm;
	bool added = mmio_add(&vm, &device);
	uint64_t count = before.device_count;
	bool kept = true;

	for (uint64_t i = 0; i < count; i++)
		kept = kept && same(&vm.devices[i], &before.devices[i]);
	if (added)
		kept = kept && same(&vm.devices[count], &given);
	memset(&device, 0xa5, sizeof(device)); /* it was the caller's */
	host_answer(" %d %lu %d", added, vm.device_count, kept);
}

/* device DEVICE: on the bus without the student's help */
static void device(void)
{
	vm.devices[vm.device_count++] = device_arg();
}

/*
 * access GPA STORE WIDTH VALUE CONTENT: mmio_access; what it returns; the
 * value; how often a handler was called, and how the last time.
 */
static void access_at(void)
{
	gpa_t gpa = GPA(host_arg());
	struct insn insn = {.reg = 10, .length = 4};
	uint64_t value;

	insn.store = host_arg();
	insn.width = (unsigned)host_arg();
	value = host_arg();
	content = host_arg();
	calls = 0;
	last = (struct call){.kind = '-', .context = contexts};
	bool done = unit_mmio_access(&vm, gpa, &insn, &value);
	host_answer(" %d %lx %u %c %lx %lx %u %lx", done, value, calls,
		    last.kind,
		    (uint64_t)((unsigned char *)last.context - contexts),
		    last.offset, last.width, last.value);
}

const struct host_command mmio_commands[] = {
	{"bus", bus}, {"plug", plug}, {"device", device}, {"access", access_at},
	{0},
};
