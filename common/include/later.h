/*
 * later.h - what later labs bring. Until a lab defines one of these, later.c
 * has a weak default that says what is missing and stops that VM. Those that
 * are declared weak here have none: their row in exits.c is empty (NULL).
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vcpu;
struct vm;

/* h2: exceptions 20, 21 and 23. */
bool exit_guest_page_fault(struct vcpu *vcpu);

/*
 * h2: the part of a post-mortem that shows how both stages translate the
 * address of a memory fault.
 */
void postmortem_walk(const struct vcpu *vcpu, uint64_t scause, uint64_t stval)
	__attribute__((weak));

/* Before h3, `-append limit=N` ends the VM after N milliseconds. */
void host_limit(uint64_t milliseconds);

/* h3: the host's timer has fired; a guest's WFI (exception 22); SBI TIME. */
void host_timer_interrupt(void);
bool exit_virtual_instruction(struct vcpu *vcpu) __attribute__((weak));
bool sbi_time(struct vcpu *vcpu) __attribute__((weak));
bool sbi_legacy_set_timer(struct vcpu *vcpu) __attribute__((weak));

/* h3: a vCPU starts, or is gone for good: its clock and its deadline. */
void vtimer_start(struct vcpu *vcpu);
void vtimer_stop(struct vcpu *vcpu);

/* h3: nothing to run: wait for a host interrupt, and take it. */
void hart_idle(void);

/* h4: the host's PLIC has an interrupt for us; a guest's PLIC and sources. */
void host_external_interrupt(void);
uint64_t vplic_mmio_read(void *vm, uint64_t offset, unsigned width)
	__attribute__((weak));
void vplic_mmio_write(void *vm, uint64_t offset, unsigned width, uint64_t value)
	__attribute__((weak));
bool irq_route(struct vm *vm, unsigned source);
void irq_release(struct vm *vm);

/* h5: all VMs are built, of so many pages; and the last one has ended. */
void hv_start(size_t pages);
void hv_summary(void);

/* h5: an interrupt of the machine that belongs to no VM. */
void host_device_interrupt(unsigned source);

/* h5: let what the VM has written be seen, to the end of the line. */
void console_close(struct vm *vm);

/* h5: the emulated UART. */
uint64_t vuart_read(void *vm, uint64_t offset, unsigned width)
	__attribute__((weak));
void vuart_write(void *vm, uint64_t offset, unsigned width, uint64_t value)
	__attribute__((weak));

/* DBCN is sbi_dbcn of h1. h5: it can read what was typed, too. */
bool sbi_console(struct vcpu *vcpu);

/* h5: SBI extensions. */
bool sbi_ipi(struct vcpu *vcpu) __attribute__((weak));
bool sbi_rfence(struct vcpu *vcpu) __attribute__((weak));
bool sbi_hsm(struct vcpu *vcpu) __attribute__((weak));
bool sbi_doorbell(struct vcpu *vcpu) __attribute__((weak));
bool sbi_legacy_getchar(struct vcpu *vcpu) __attribute__((weak));
bool sbi_legacy_ipi(struct vcpu *vcpu) __attribute__((weak));
bool sbi_legacy_fence(struct vcpu *vcpu) __attribute__((weak));
