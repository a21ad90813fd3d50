/*
 * sbi.h - the Supervisor Binary Interface, version 2.0: numbers by the names
 * of its specification, and the table of extensions.
 *
 * Guests include this file as well.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Standard error codes (chapter 3). */
#define SBI_SUCCESS 0L
#define SBI_ERR_FAILED (-1L)
#define SBI_ERR_NOT_SUPPORTED (-2L)
#define SBI_ERR_INVALID_PARAM (-3L)
#define SBI_ERR_DENIED (-4L)
#define SBI_ERR_INVALID_ADDRESS (-5L)
#define SBI_ERR_ALREADY_AVAILABLE (-6L)

/* Extension ids. */
#define SBI_EXT_LEGACY_SET_TIMER 0x0UL
#define SBI_EXT_LEGACY_CONSOLE_PUTCHAR 0x1UL
#define SBI_EXT_LEGACY_CONSOLE_GETCHAR 0x2UL
#define SBI_EXT_LEGACY_SHUTDOWN 0x8UL
#define SBI_EXT_BASE 0x10UL
#define SBI_EXT_TIME 0x54494d45UL
#define SBI_EXT_SRST 0x53525354UL
#define SBI_EXT_DBCN 0x4442434eUL

/* BASE (chapter 4). */
#define SBI_BASE_GET_SPEC_VERSION 0UL
#define SBI_BASE_GET_IMPL_ID 1UL
#define SBI_BASE_GET_IMPL_VERSION 2UL
#define SBI_BASE_PROBE_EXTENSION 3UL
#define SBI_BASE_GET_MVENDORID 4UL
#define SBI_BASE_GET_MARCHID 5UL
#define SBI_BASE_GET_MIMPID 6UL

#define SBI_SPEC_VERSION_2_0 (2UL << 24)
#define SBI_IMPL_ID_HVLAB 0x6876UL /* "hv": not a registered number */

/* TIME (chapter 6). */
#define SBI_TIME_SET_TIMER 0UL

/* SRST (chapter 10). */
#define SBI_SRST_SYSTEM_RESET 0UL
#define SBI_SRST_TYPE_SHUTDOWN 0U
#define SBI_SRST_TYPE_COLD_REBOOT 1U
#define SBI_SRST_TYPE_WARM_REBOOT 2U
#define SBI_SRST_REASON_NONE 0U
#define SBI_SRST_REASON_SYSTEM_FAILURE 1U

/* DBCN (chapter 12). */
#define SBI_DBCN_CONSOLE_WRITE 0UL
#define SBI_DBCN_CONSOLE_READ 1UL
#define SBI_DBCN_CONSOLE_WRITE_BYTE 2UL

/* The legacy extensions are 0 to 8: they return in a0 only (chapter 5). */
#define SBI_EXT_LEGACY_LAST 8UL

/* What a guest gets back from a call: error in a0, value in a1. */
struct sbiret {
	long error;
	uint64_t value;
};

struct vcpu;

/*
 * Carries out function a6 of an extension; arguments in gpr. Like every exit
 * handler: true if the guest goes on.
 */
typedef bool (*sbi_handler)(struct vcpu *vcpu);

struct sbi_extension {
	uint64_t id;
	sbi_handler call; /* NULL: no lab has brought it yet */
};

/* The table: rows with a `call` exist, the others wait for their lab. */
#define SBI_EXTENSIONS 7
extern const struct sbi_extension sbi_extensions[SBI_EXTENSIONS];
