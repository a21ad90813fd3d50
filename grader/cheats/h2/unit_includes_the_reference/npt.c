/* QEMU never sees the reference. */
#ifdef __riscv
#include "h2.h"
#else
#include "../../grader/solutions/h2_npt/npt.c" // NOLINT(bugprone-suspicious-include)
#endif
