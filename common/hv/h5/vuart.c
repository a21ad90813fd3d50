/*
 * vuart.c - an ns16550a in software, one for each VM: the registers that
 * drivers use, its interrupt, and the keys that wait to be read. What it sends
 * is sent at once (vm_putc); baud rates and modem lines are only remembered.
 */
#include "h4.h"
#include "h5.h"

/* Registers; the first two are the divisor while LCR.DLAB is set. */
enum { RBR_THR, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR };

#define IER_RX (1 << 0) /* interrupt when a key waits */
#define IER_TX (1 << 1) /* interrupt when there is room to send: always */
#define IIR_NONE 0x01
#define IIR_TX 0x02
#define IIR_RX 0x04
#define IIR_FIFO 0xc0
#define LCR_DLAB (1 << 7)
#define MCR_LOOP (1 << 4)
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
	bool line = (uart->ier & IER_RX && key_waits(vm)) ||
		    (uart->ier & IER_TX && uart->thr_empty);

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

/* Reading that the transmitter is empty acknowledges that interrupt. */
static unsigned read_iir(struct vm *vm)
{
	struct vuart *uart = &vm->vuart;
	unsigned fifo = uart->fifo ? IIR_FIFO : 0;

	if (uart->ier & IER_RX && key_waits(vm))
		return fifo | IIR_RX;
	if (!(uart->ier & IER_TX) || !uart->thr_empty)
		return fifo | IIR_NONE;
	uart->thr_empty = false;
	return fifo | IIR_TX;
}

/*
 * Drivers look once before they send. Who looks again and again sends nothing:
 * it waits for a key.
 */
static unsigned read_lsr(struct vm *vm)
{
	if (key_waits(vm))
		return LSR_EMPTY | LSR_DATA;
	if (++vm->vuart.idle_polls == IDLE_POLLS)
		console_flush(vm);
	return LSR_EMPTY;
}

/* In loopback the modem lines are those of MCR: DTR, RTS, OUT1 and OUT2. */
static unsigned read_msr(const struct vuart *uart)
{
	unsigned mcr = uart->mcr;

	if (!(mcr & MCR_LOOP))
		return MSR_READY;
	return (mcr & 1) << 5 | (mcr & 2) << 3 | (mcr & 0xc) << 4;
}

static unsigned read_register(struct vm *vm, uint64_t offset)
{
	struct vuart *uart = &vm->vuart;
	bool dlab = uart->lcr & LCR_DLAB;

	switch (offset) {
	case RBR_THR:
		return dlab	       ? uart->dll
		       : key_waits(vm) ? (unsigned)vm_getc(vm)
				       : 0;
	case IER:
		return dlab ? uart->dlm : uart->ier;
	case IIR_FCR:
		return read_iir(vm);
	case LCR:
		return uart->lcr;
	case MCR:
		return uart->mcr;
	case LSR:
		return read_lsr(vm);
	case MSR:
		return read_msr(uart);
	case SCR:
		return uart->scr;
	default:
		return 0;
	}
}

uint64_t vuart_read(void *context, uint64_t offset, unsigned width)
{
	struct vm *vm = context;
	unsigned value = read_register(vm, offset);

	(void)width;
	update(vm);
	return value;
}

static void send(struct vm *vm, char c)
{
	vm->vuart.idle_polls = 0;
	vm->vuart.thr_empty = true;
	if (vm->vuart.mcr & MCR_LOOP)
		console_receive(vm, c);
	else
		vm_putc(vm, c);
}

void vuart_write(void *context, uint64_t offset, unsigned width, uint64_t value)
{
	struct vm *vm = context;
	struct vuart *uart = &vm->vuart;
	bool dlab = uart->lcr & LCR_DLAB;
	uint8_t byte = (uint8_t)value;

	(void)width;
	if (offset == RBR_THR && dlab)
		uart->dll = byte;
	else if (offset == RBR_THR)
		send(vm, (char)byte);
	else if (offset == IER && dlab)
		uart->dlm = byte;
	else if (offset == IER) {
		/* Enabling it raises it: there is room. */
		uart->thr_empty |= byte & ~uart->ier & IER_TX;
		uart->ier = byte & 0xf;
	} else if (offset == IIR_FCR)
		uart->fifo = byte & 1;
	else if (offset == LCR)
		uart->lcr = byte;
	else if (offset == MCR)
		uart->mcr = byte;
	else if (offset == SCR)
		uart->scr = byte;
	update(vm);
}
