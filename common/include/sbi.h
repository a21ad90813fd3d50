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
#define SBI_EXT_LEGACY_CLEAR_IPI 0x3UL
#define SBI_EXT_LEGACY_SEND_IPI 0x4UL
#define SBI_EXT_LEGACY_REMOTE_FENCE_I 0x5UL
#define SBI_EXT_LEGACY_REMOTE_SFENCE_VMA 0x6UL
#define SBI_EXT_LEGACY_REMOTE_SFENCE_VMA_ASID 0x7UL
#define SBI_EXT_LEGACY_SHUTDOWN 0x8UL
#define SBI_EXT_BASE 0x10UL
#define SBI_EXT_TIME 0x54494d45UL
#define SBI_EXT_SRST 0x53525354UL
#define SBI_EXT_DBCN 0x4442434eUL
#define SBI_EXT_IPI 0x735049UL
#define SBI_EXT_RFENCE 0x52464e43UL
#define SBI_EXT_HSM 0x48534dUL
#define SBI_EXT_DOORBELL 0x09006876UL /* 0x09000000 on: a vendor's own */

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

/* IPI (chapter 7). */
#define SBI_IPI_SEND_IPI 0UL

/* RFENCE (chapter 8). The functions from 3 on are for a guest's own guests. */
#define SBI_RFENCE_REMOTE_FENCE_I 0UL
#define SBI_RFENCE_REMOTE_SFENCE_VMA 1UL
#define SBI_RFENCE_REMOTE_SFENCE_VMA_ASID 2UL

/* HSM (chapter 9). */
#define SBI_HSM_HART_START 0UL
#define SBI_HSM_HART_STOP 1UL
#define SBI_HSM_HART_GET_STATUS 2UL
#define SBI_HSM_HART_SUSPEND 3UL
#define SBI_HSM_STARTED 0UL
#define SBI_HSM_SUSPEND_RETENTIVE 0U
#define SBI_HSM_SUSPEND_NON_RETENTIVE 0x80000000U

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

/* The doorbell between two VMs: an extension of our own (lab h5). */
#define SBI_DOORBELL_MAP 0UL  /* a0: guest-physical address of a page */
#define SBI_DOORBELL_RING 1UL /* the other VM's interrupt */

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
#define SBI_EXTENSIONS 17
extern const struct sbi_extension sbi_extensions[SBI_EXTENSIONS];
