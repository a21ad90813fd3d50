"""What the way in which a run ended says about the likely cause.

A test knows what it asked for; but a guest that never got that far points to
an earlier task. Each symptom here is a mistake that students make, told by
how the machine ended.
"""

import re
from collections.abc import Mapping, Sequence

from .guest import complaint, expect_end, expect_told, refuse
from .run import BAD_CONFIG, BUDGET, PANIC, SHUTDOWN, Run
from .traps import HV

Cause = tuple[str, str]  # the task, the likely cause

_FUNCTIONS = {  # where the hypervisor itself trapped: the task
    "vplic_(mmio|update)": "h4.4",
    "vplic_set_line|vplic_complete": "h4.2",
    "vplic_best|vplic_claim": "h4.3",
    "vplic_": "h4.1",
    "host_external|irq_release": "h4.5",
    "irq_route": "h4.6",
    "timerq_|host_timer_(add|remove)|vtimer_stop": "h3.3",
    "host_timer_interrupt|vtimer_fire": "h3.4",
    "sbi_time|sbi_legacy_set_timer|vtimer_set": "h3.2",
    "hart_idle|exit_virtual_instruction": "h3.5",
    "npt_init|npt_walk|npt_index": "h2.1",
    "npt_map|entry_make|any_mapped|leaf_level": "h2.2",
    "npt_|split_|clear": "h2.3",
    "hgatp_activate": "h2.4",
    "gstage_back|exit_guest_page_fault|ram_fault|back_": "h2.5",
    "gstage_refuse": "h2.8",
    "mmio_emulate|insn_|decode_": "h2.6",
    "mmio_": "h2.7",
    "hext_present|letter_in_isa": "h1.1",
    "vcpu_init|hart_init_guests": "h1.2",
    "vcpu_enter|vcpu_exit|vcpu_run|world_switch|trap_entry": "h1.3",
    "exit_dispatch": "h1.4",
    "sbi_|dbcn": "h1.5",
    "vm_copy|memcpy": "h1.5",
    "exit_illegal|exit_load|vcpu_fetch": "h1.6",
    "vcpu_inject|exit_reflect": "h1.7",
}
_TURNS = {  # in lab h5, before those
    "vmid_": "h5.1",
    "vcpu_load|vcpu_put|fp_|tables_load|csrs_load": "h5.2",
    "sched_|vcpu_block|turn_": "h5.3",
    "vcpu_irq_": "h5.4",
    "vm_free|vm_end|ram_free": "h5.5",
    "console_|vm_putc": "h5.6",
    "doorbell_|sbi_doorbell": "h5.7",
}
LOST = "or h1.3: an exit loses registers, as test_registers_survive_1000_exits shows"
_ENDLESS = {  # a trap that comes again and again: what was not done about it
    10: ("h1.5", "the handler leaves sepc at the ecall: step over it, by 4"),
    2: ("h1.6", "sepc is left at the csrr after it was emulated: step over it, by 4"),
    5: ("h1.6", "sepc is left at the load after it was emulated: step over it"),
    22: ("h1.4", "exit_dispatch lets a VM go on after an exit nobody handles"),
}
_REFUSED = {  # the same, from lab h2 on
    "unexpected trap: scause 0x[57]": "an address was refused, or no device was found "
    "for it: h2.5: the GPA is htval << 2, with the low bits of stval; h2.7: mmio_access"
}
_COMPLAINTS = {  # of any guest: the likely cause
    "is not a device tree": "h1.2: a1 must be the argument dtb of vcpu_init",
    "unexpected trap": f"the guest went astray, {LOST}",
}


def _printed(run: Run, pattern: str) -> str:
    """The first group of the first console line that matches, or ""."""
    found = [m for line in run.lines if (m := re.search(pattern, line))]
    return found[0][1] if found else ""


def _told(run: Run) -> Cause | None:
    """What the given code itself found likely: common/hv/likely.c, mmode.c."""
    told = _printed(run, r"^(?:hv|m-mode):   likely: (h\d\.\d: .*)$")
    return (told[:4], told[6:]) if told else None


def _panicked(run: Run) -> Cause | None:
    sepc = int(_printed(run, r"hv:   sepc 0x([0-9a-f]+)") or "0", 16)
    where = run.trap_log.symbols[HV].at(sepc) or ""
    task = _task_of(run, where)
    if task:
        return task, f"the hypervisor itself trapped in {where}: see its registers"
    if where and "h1.3" in run.reads:
        return "h1.3", (
            f"the hypervisor itself trapped in {where}, which is given: vcpu_exit "
            "returned with a wrong ra, sp, tp or a0 (steps 7 and 9)"
        )
    return None


def _endless_time(run: Run) -> Cause | None:
    """An interrupt or a WFI without end, in lab h3."""
    last = [t for t in run.traps[-61:] if (t.cause, t.is_async) != (7, True)]
    guest, host = (sum(t[1:3] == (True, cause) for t in last) for cause in (6, 5))
    waits, calls = (sum(t[1:3] == (False, cause) for t in last) for cause in (22, 10))
    many = len(run.traps) > 1000
    if many and guest > 15 and host + waits < 5:
        return "h3.2", (
            "the guest takes the same timer interrupt again and again: set_timer has "
            "to clear VSTIP, whatever the deadline is"
        )
    if many and host > 15 and host > 2 * guest:
        return "h3.4", (
            "the host's timer interrupt stays pending: when all that is due has fired, "
            "stimecmp becomes the next deadline (h3.3)"
        )
    if many and waits > 50:
        return "h3.5", (
            "a WFI exits again and again: step over it (sepc + 4), and let the guest "
            "go on only when vcpu_irq_pending"
        )
    if last and last[-1][1:3] == (False, 22):
        return "h3.5", (
            "the guest sleeps for ever: stimecmp has to hold its deadline, one that "
            "has passed fires at once (h3.2), and hart_idle calls host_timer_interrupt "
            "when STIP is pending in sip"
        )
    if len(run.traps) > 10_000 and calls > 50:
        return "h3.2", "sepc is left at the ecall: set_timer ends with sbi_return"
    return None


def _endless_memory(run: Run) -> Cause | None:
    """A guest-page fault without end, in lab h2."""
    tail = [trap for trap in run.traps[-60:] if not trap.is_async]
    if not any(trap.cause in (10, 20, 21, 23) for trap in run.traps):
        return "h2.4", "the guest was never entered: what does hgatp hold?"
    if len(run.traps) < 1000 or len({(t.cause, t.epc) for t in tail}) > 2:
        return None
    last = tail[-1]
    if last.cause not in (20, 21, 23):
        return None
    if last.cause == 20 or last.tval >> 28 in (8, 9):  # where guests have their RAM
        return "h2.5", (
            f"the same page of RAM ({last.tval:#x}) faults again and again: its leaf "
            "needs U, A, D, R, W and X at the right place of the table (h2.2), and "
            "hgatp has to name that table (h2.4)"
        )
    return "h2.6", (
        f"the access to {last.tval:#x} comes again and again: step over the "
        "instruction, by its length, or go on at vstvec"
    )


def _refused(run: Run) -> Cause | None:
    """A VM that could not be built, in lab h2."""
    if _printed(run, r"hv: vm .*: (out of memory for .*)"):
        return "h2.5", (
            "gstage_back does not back a page of the VM's RAM: what do npt_walk and "
            "npt_map return for it?"
        )
    if _printed(run, r"hv: vm .*: (vm\.dts: .* overlaps something else)"):
        return "h2.7", "mmio_add refuses a device that overlaps nothing"
    return None


def _endless_interrupts(run: Run) -> Cause | None:
    """A budget spent in lab h4."""
    tail = [trap.cause for trap in run.traps[-60:] if trap.is_async]
    if tail.count(10) > 10:
        return "h4.4", (
            "one external interrupt after the other for the guest: VSEIP is set with "
            "nothing to claim, or (h4.5) the line of its PLIC stays high"
        )
    if tail.count(9) > 10:
        return "h4.5", (
            "one external interrupt after the other for the host: claim until nothing "
            "is left, and complete only when the guest completes"
        )
    return _still_there(run)


def _task_of(run: Run, where: str) -> str:
    """The task whose function an address is in, or ""."""
    functions = (_TURNS if "h5.1" in run.reads else {}) | _FUNCTIONS
    found = [task for name, task in functions.items() if re.match(name, where)]
    return found[0] if where and found else ""


def _still_there(run: Run) -> Cause | None:
    """The hypervisor was busy when the budget was spent."""
    pc = int(_printed(run, r"was in HS-mode at pc 0x([0-9a-f]+)") or "0", 16)
    where = run.trap_log.symbols[HV].at(pc) or ""
    task = _task_of(run, where)
    if task:
        return task, f"the hypervisor was still in {where}: a loop without end?"
    return None


def _endless_turns(run: Run) -> Cause | None:
    """A budget spent in lab h5."""
    slices = sum(t[1:3] == (True, 5) for t in run.traps[-200:])
    if len(run.traps) > 50 and slices == 0:
        return "h5.3", (
            "no timer interrupt has come for long: with more than one VM, the slice "
            "is a timer of the host, and resched says that it is over"
        )
    return _still_there(run)


def _endless(run: Run) -> Cause | None:
    if "h5.1" in run.reads:
        return _endless_turns(run)
    if "h4.1" in run.reads:
        return _endless_interrupts(run)
    if "h2.1" in run.reads:
        return _endless_memory(run)
    if "h3.1" in run.reads:
        return _endless_time(run)
    tail = [trap for trap in run.traps[-60:] if not trap.is_async]
    if tail and "verdict_" in run.trap_log.where(tail[-1]):
        return "h1.5", "SRST came back to the guest: it has to end the VM"
    if len(run.traps) > 1000 and len({(t.cause, t.epc) for t in tail}) <= 2:
        cause, other = tail[-1].cause, run.read != run.reads.get("h1.6")
        return None if cause in (2, 5) and other else _ENDLESS.get(cause)
    if not any(trap.cause == 10 for trap in run.traps):
        text = "the guest was never entered, or its first exit never came back"
        return "h1.3", text
    return None


def symptom(run: Run) -> Cause | None:
    """The task and the likely cause, if the way in which it ended tells."""
    guests = [symbols for name, symbols in run.trap_log.symbols.items() if name != HV]
    if any(
        t.cause == 9 and not t.is_async and any(g.has(t.epc) for g in guests)
        for t in run.traps
    ):
        text = "hstatus.SPV is 0, so sret stayed in HS-mode instead of entering VS-mode"
        return "h1.2", text
    if told := _told(run):
        return told
    if run.status == BUDGET or run.trap_log.flooded:
        return _endless(run)
    if run.status == BAD_CONFIG and "h2.1" in run.reads:
        return _refused(run)
    return _panicked(run) if run.status == PANIC else None


def expect_ending(run: Run, status: int, *, likely: str) -> None:
    """The machine ended with this status; if not, the symptom says why."""
    read = None
    found = symptom(run) if run.status != status else None
    if found:
        read, likely = run.reads.get(found[0]), f"{found[0]}: {found[1]}"
    run.expect_status(status, likely=likely, read=read)


def expect_pass(
    run: Run,
    vm: str,
    lines: Sequence[str],
    told: Sequence[int],
    *,
    likely: str,
    complaints: Mapping[str, str] | None = None,
) -> None:
    """The guest found everything right, printed these lines and told this."""
    if complaint(run):
        general = (_REFUSED if "h2.1" in run.reads else {}) | _COMPLAINTS
        refuse(run, vm, {**(complaints or {}), **general}, likely)
    expect_ending(run, SHUTDOWN, likely=likely)
    mute = "h1.5: sbi_dbcn prints nothing, or h1.3: a0, the length, is lost in step 7"
    silent = lines and not run.guest_lines
    run.expect_guest_output(lines, likely=mute if silent else likely)
    lost = f"{likely}; {LOST}" if "h1.3" in run.reads else likely
    expect_told(run, vm, *told, likely=lost)
    expect_end(run, vm, likely=likely)
