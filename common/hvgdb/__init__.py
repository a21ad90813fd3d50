"""gdb commands for a hypervisor and its guests: see docs/debugging.md."""
