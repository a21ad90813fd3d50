/*
 * riscv.h - the CSRs, their bits and the trap causes, by the names that the
 * RISC-V Privileged Architecture gives them (version 20240411).
 *
 * Assembly includes this file too: everything above the C part is numbers.
 */
#pragma once

/* mstatus, sstatus, vsstatus (3.1.6, 10.1.1, 18.2.11). */
#define SSTATUS_SIE (1UL << 1)
#define SSTATUS_SPIE (1UL << 5)
#define SSTATUS_SPP (1UL << 8)
#define SSTATUS_FS (3UL << 13)
#define SSTATUS_FS_INITIAL (1UL << 13)
#define SSTATUS_FS_CLEAN (2UL << 13)
#define SSTATUS_FS_DIRTY (3UL << 13)
#define SSTATUS_SUM (1UL << 18)
#define SSTATUS_MXR (1UL << 19)
#define MSTATUS_MPP_S (1UL << 11)
#define MSTATUS_MPP (3UL << 11)
#define MSTATUS_MPV (1UL << 39)

/* hstatus (18.2.1). */
#define HSTATUS_GVA (1UL << 6)
#define HSTATUS_SPV (1UL << 7)
#define HSTATUS_SPVP (1UL << 8)
#define HSTATUS_HU (1UL << 9)
#define HSTATUS_VTVM (1UL << 20)
#define HSTATUS_VTW (1UL << 21)
#define HSTATUS_VTSR (1UL << 22)
#define HSTATUS_VSXL_64 (2UL << 32)

/* menvcfg and henvcfg (3.1.18, 18.2.5). */
#define ENVCFG_ADUE (1UL << 61)
#define ENVCFG_PBMTE (1UL << 62)
#define ENVCFG_STCE (1UL << 63)

/* scounteren, mcounteren, hcounteren (3.1.11, 18.2.6). */
#define COUNTEREN_CY (1UL << 0)
#define COUNTEREN_TM (1UL << 1)
#define COUNTEREN_IR (1UL << 2)

/* Interrupt numbers: bits of sie, sip, hie, hip, hvip, mie (3.1.9, 18.2.3). */
#define IRQ_SSI 1
#define IRQ_VSSI 2
#define IRQ_STI 5
#define IRQ_VSTI 6
#define IRQ_MTI 7
#define IRQ_SEI 9
#define IRQ_VSEI 10
#define IRQ_SGEI 12

/* scause: the top bit tells interrupts from exceptions (10.1.8, 18.6.1). */
#define CAUSE_INTERRUPT (1UL << 63)
#define CAUSE_FETCH_MISALIGNED 0
#define CAUSE_FETCH_ACCESS 1
#define CAUSE_ILLEGAL_INSTRUCTION 2
#define CAUSE_BREAKPOINT 3
#define CAUSE_LOAD_MISALIGNED 4
#define CAUSE_LOAD_ACCESS 5
#define CAUSE_STORE_MISALIGNED 6
#define CAUSE_STORE_ACCESS 7
#define CAUSE_U_ECALL 8
#define CAUSE_HS_ECALL 9
#define CAUSE_VS_ECALL 10
#define CAUSE_M_ECALL 11
#define CAUSE_FETCH_PAGE_FAULT 12
#define CAUSE_LOAD_PAGE_FAULT 13
#define CAUSE_STORE_PAGE_FAULT 15
#define CAUSE_FETCH_GUEST_PAGE_FAULT 20
#define CAUSE_LOAD_GUEST_PAGE_FAULT 21
#define CAUSE_VIRTUAL_INSTRUCTION 22
#define CAUSE_STORE_GUEST_PAGE_FAULT 23
#define CAUSE_COUNT 24

/* satp, vsatp and hgatp: the mode field (10.1.11, 18.2.10). */
#define ATP_MODE_SHIFT 60
#define ATP_MODE_BARE 0UL
#define ATP_MODE_SV39 8UL

/* A page-table entry (10.3.1, 10.4.1); G-stage tables use the same (18.5.1). */
#define PTE_V (1UL << 0)
#define PTE_R (1UL << 1)
#define PTE_W (1UL << 2)
#define PTE_X (1UL << 3)
#define PTE_U (1UL << 4)
#define PTE_G (1UL << 5)
#define PTE_A (1UL << 6)
#define PTE_D (1UL << 7)
#define PTE_RWX (PTE_R | PTE_W | PTE_X)
#define PTE_PPN_SHIFT 10
#define PTE_PPN_MASK (((1UL << 44) - 1) << PTE_PPN_SHIFT)

/* hgatp (18.2.10). */
#define HGATP_VMID_SHIFT 44
#define HGATP_VMID_MASK 0x3fffUL

/* htinst (18.6.3): bit 0 = a transformed instruction, bit 1 = 32 bits long. */
#define HTINST_TRANSFORMED (1UL << 0)
#define HTINST_32_BITS (1UL << 1)

/* pmpcfg: one byte per region (3.7.1). */
#define PMP_R (1UL << 0)
#define PMP_W (1UL << 1)
#define PMP_X (1UL << 2)
#define PMP_NAPOT (3UL << 3)

#ifndef __ASSEMBLER__
#include <stdint.h>

#define csr_read(csr) \
	({ \
		uint64_t value_; \
		__asm__ volatile("csrr %0, " #csr : "=r"(value_)::"memory"); \
		value_; \
	})

#define csr_write(csr, value) \
	__asm__ volatile("csrw " #csr ", %0" ::"rK"((uint64_t)(value)) \
			 : "memory")

#define csr_set(csr, bits) \
	__asm__ volatile("csrs " #csr ", %0" ::"rK"((uint64_t)(bits)) \
			 : "memory")

#define csr_clear(csr, bits) \
	__asm__ volatile("csrc " #csr ", %0" ::"rK"((uint64_t)(bits)) \
			 : "memory")

#endif
