/*
 * vuart.c - an ns16550a in software, one for each VM: as much of it as drivers
 * use, its interrupt, and the keys that wait to be read. What it sends is sent
 * at once (vm_putc). The divisor, LCR, MCR and SCR are only remembered.
 */
#include "h4.h"
#include "h5.h"

/* The first two are the divisor while LCR.DLAB is set. */
enum { RBR_THR, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR };

#define IER_RX (1 << 0) /* interrupt when a key waits */
#define IER_TX (1 << 1) /* interrupt when there is room to send: always */
#define IER_BITS 0xf
#define IIR_NONE 0x01
#define IIR_TX 0x02
#define IIR_RX 0x04
#define IIR_FIFO 0xc0
#define FCR_FIFO (1 << 0)
#define LCR_DLAB (1 << 7)
#define LSR_DATA (1 << 0)
#define LSR_EMPTY (3 << 5) /* nothing left to send */
#define MSR_READY 0xb0	   /* carrier, data set ready, clear to send */
#define IDLE_POLLS 16

static bool key_waits(const struct vm *vm)
{
	return vm->console.head != vm->console.tail;
}

/* The interrupt line follows from what is enabled and what there is. */
static void update(struct vm *vm)
{
	struct vuart *uart = &vm->vuart;
	bool line = (uart->reg[IER] & IER_RX && key_waits(vm)) ||
		    (uart->reg[IER] & IER_TX && uart->thr_empty);

	if (line == uart->line)
		return;
	uart->line = line;
	for (uint64_t i = 0; i < vm->device_count; i++)
		if (vm->devices[i].read == vuart_read)
			vplic_set_line(&vm->vplic, vm->devices[i].source, line);
	vplic_update(vm);
}

void console_receive(struct vm *vm, char c)
{
	struct console *console = &vm->console;

	/* A VM that never reads loses what does not fit. */
	if (console->tail - console->head == CONSOLE_INPUT)
		return;
	console->input[console->tail++ % CONSOLE_INPUT] = c;
	update(vm);
}

/* Who looks and finds nothing waits for a key: show what it has asked. */
int vm_getc(struct vm *vm)
{
	struct console *console = &vm->console;

	if (!key_waits(vm)) {
		console_flush(vm);
		return -1;
	}
	return (unsigned char)console->input[console->head++ % CONSOLE_INPUT];
}

/* Reading that there is room to send acknowledges that interrupt. */
static int read_iir(struct vm *vm)
{
	struct vuart *uart = &vm->vuart;
	int fifo = uart->reg[IIR_FCR] & FCR_FIFO ? IIR_FIFO : 0;

	if (uart->reg[IER] & IER_RX && key_waits(vm))
		return fifo | IIR_RX;
	if (!(uart->reg[IER] & IER_TX) || !uart->thr_empty)
		return fifo | IIR_NONE;
	uart->thr_empty = false;
	return fifo | IIR_TX;
}

/*
 * Drivers look once before they send. Who looks again and again sends nothing:
 * it waits for a key.
 */
static int read_lsr(struct vm *vm)
{
	if (key_waits(vm))
		return LSR_EMPTY | LSR_DATA;
	if (++vm->vuart.idle_polls == IDLE_POLLS)
		console_flush(vm);
	return LSR_EMPTY;
}

static int read_register(struct vm *vm, uint64_t offset)
{
	const struct vuart *uart = &vm->vuart;

	if (offset <= IER && uart->reg[LCR] & LCR_DLAB)
		return uart->divisor[offset];
	switch (offset) {
	case RBR_THR:
		return key_waits(vm) ? vm_getc(vm) : 0;
	case IIR_FCR:
		return read_iir(vm);
	case LSR:
		return read_lsr(vm);
	case MSR:
		return MSR_READY;
	default:
		return offset <= SCR ? uart->reg[offset] : 0;
	}
}

uint64_t vuart_read(void *context, uint64_t offset, unsigned width)
{
	int value = read_register(context, offset);

	(void)width;
	update(context);
	return (uint64_t)value;
}

void vuart_write(void *context, uint64_t offset, unsigned width, uint64_t value)
{
	struct vm *vm = context;
	struct vuart *uart = &vm->vuart;
	uint8_t byte = (uint8_t)value;

	(void)width;
	if (offset <= IER && uart->reg[LCR] & LCR_DLAB) {
		uart->divisor[offset] = byte;
	} else if (offset == RBR_THR) {
		uart->idle_polls = 0;
		uart->thr_empty = true;
		vm_putc(vm, (char)byte);
	} else if (offset == IER) {
		/* Enabling it raises it: there is room. */
		uart->thr_empty |= byte & ~uart->reg[IER] & IER_TX;
		uart->reg[IER] = byte & IER_BITS;
	} else if (offset <= SCR) {
		uart->reg[offset] = byte;
	}
	update(vm);
}
