/* QEMU never sees the reference. */
#ifdef __riscv
#include "h4.h"
#else
#include "../../grader/solutions/h4_vplic/vplic.c" // NOLINT(bugprone-suspicious-include)
#endif
