/*
 * addr.h - three kinds of address that must never be mixed.
 *
 * Each is a struct of its own, so that the compiler refuses a guest-physical
 * address where a host-physical one is meant. They cost nothing: a struct of
 * one word travels in a register.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Guest-virtual: what a guest program uses when its own paging is on. */
typedef struct {
	uint64_t a;
} gva_t;

/* Guest-physical: what the guest believes to be physical. */
typedef struct {
	uint64_t a;
} gpa_t;

/* Host-physical: where it really is. */
typedef struct {
	uint64_t a;
} hpa_t;

#define GVA(addr) ((gva_t){addr})
#define GPA(addr) ((gpa_t){addr})
#define HPA(addr) ((hpa_t){addr})

#define KiB 1024UL
#define MiB (1024 * KiB)
#define GiB (1024 * MiB)
#define PAGE_SIZE 4096UL

/* The host runs with satp Bare: a host-physical address is a C pointer. */
static inline void *hpa_ptr(hpa_t hpa)
{
	return (void *)hpa.a;
}

static inline hpa_t hpa_of(const void *ptr)
{
	return HPA((uint64_t)ptr);
}

static inline uint64_t align_down(uint64_t value, uint64_t power_of_two)
{
	return value & ~(power_of_two - 1);
}

static inline uint64_t align_up(uint64_t value, uint64_t power_of_two)
{
	return align_down(value + power_of_two - 1, power_of_two);
}

/* Is [start, start + size) inside [base, base + length)? Never overflows. */
static inline bool range_inside(uint64_t start, uint64_t size, uint64_t base,
				uint64_t length)
{
	return start >= base && size <= length && start - base <= length - size;
}
