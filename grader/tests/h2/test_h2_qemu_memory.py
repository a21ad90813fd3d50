"""Lab h2, tasks 4 and 5, on QEMU: a table in force, RAM backed on demand."""

import random
import re

from hvgrade.guest import (
    GUEST_PAGE_FAULTS,
    VM_ENDED,
    VS_ECALL,
    complaint,
    expect_faults,
    expect_told,
    refuse,
)
from hvgrade.machine import Vm
from hvgrade.plugin import Boot
from hvgrade.run import SHUTDOWN, STOPPED, Run
from hvgrade.symptoms import expect_ending, expect_pass

BUDGET = 20_000_000
WALK_BUDGET = 100_000_000  # the guest walker reads all of its memory twice
FETCH, LOAD, STORE = GUEST_PAGE_FAULTS
U_ECALL, STORE_PAGE_FAULT = 8, 15
RAM, PAGE, BLOCK = 0x80000000, 4096, 2 << 20
PAGES = BLOCK // PAGE
MEMORY = ("/memory@80000000", "reg")
MEMORY_LINE = (
    r"hv: vm {}: memory: (\d+) of (\d+) KiB touched "
    r"\((\d+) blocks of 2 MiB, (\d+) pages of 4 KiB\)"
)


def ram_of(size: int) -> dict[tuple[str, str], object]:
    return {MEMORY: RAM << 64 | size}


def expect_backed(
    run: Run, vm: str, size: int, blocks: int, pages: int, *, likely: str
) -> None:
    """The hypervisor counted so many blocks of 2 MiB and pages of 4 KiB."""
    touched = (blocks * BLOCK + pages * PAGE) >> 10
    line = (
        f"hv: vm {vm}: memory: {touched} of {size >> 10} KiB touched "
        f"({blocks} blocks of 2 MiB, {pages} pages of 4 KiB)"
    )
    run.expect_line(line, likely=likely)


def counted(run: Run, vm: str, *, likely: str) -> list[int]:
    """KiB touched, KiB of RAM, blocks, pages: what the hypervisor counted."""
    found = run.expect_line(re.compile(MEMORY_LINE.format(vm)), likely=likely)
    return [int(number) for number in found.groups()]


def test_hello_at_its_own_address(boot: Boot, rng: random.Random) -> None:
    number, more = rng.getrandbits(32), rng.randrange(2, 64)
    likely = (
        "h2.4: hgatp needs mode 8, the VMID and the PPN of the root; h2.5: gstage_back "
        "has to back the pages that the guest's kernel is loaded to"
    )
    line = f"hello from guest-physical {RAM:#x}, number {number}"
    for size in (more * BLOCK, BLOCK):
        run = boot(
            "hello", bootargs={"number": number}, set=ram_of(size), budget=BUDGET
        )
        expect_pass(run, "hello", [line], [number], likely=likely)
        # Its kernel, and behind that its device tree; the second time, they are
        # in the only block that there is.
        expect_backed(run, "hello", size, 1, 0, likely=likely)
        expect_faults(run, [], likely=likely)


def test_two_guests_at_the_same_address(boot: Boot, rng: random.Random) -> None:
    number, gpa = rng.getrandbits(32), rng.randrange(1, 512) << 30
    likely = (
        "h2.4: hgatp_activate has to put this VM's own VMID (npt->vmid) and root "
        "(npt->root, as a page number) into hgatp"
    )
    vms = [Vm("hello", {"number": number}), Vm("lost", {"bits": 0, "va": gpa + PAGE})]
    run = boot(*vms, budget=BUDGET)
    if complaint(run):
        refuse(run, "lost", {}, likely)
    expect_ending(run, STOPPED, likely=likely)
    lines = [
        f"hello from guest-physical {RAM:#x}, number {number}",
        f"no handler, and now {gpa + PAGE:#x}",
    ]
    run.expect_guest_output(lines, likely=likely)
    expect_told(run, "hello", number, likely=likely)
    expect_told(run, "lost", gpa + PAGE, likely=likely)
    run.expect_line(re.compile(VM_ENDED.format("lost")), likely=likely)
    stage = f"hv:   G-stage, Sv39x4, VMID 2, of {gpa + PAGE:#x}"
    run.expect_line(stage, likely=likely)
    level = r"hv:     level 2: 0x([0-9a-f]+) has 0x0{16} -{8} <- ends here: V is 0"
    found = run.expect_line(re.compile(level), likely=likely)
    root = int(found[1], 16) - (gpa >> 30) * 8
    aligned = "a root table that is aligned to 16 KiB"
    run.check(root % (16 << 10) == 0, aligned, f"it is at {root:#x}.", likely=likely)
    run.expect_traps(VS_ECALL, 1, vm="hello", inside="verdict_pass", likely=likely)
    expect_faults(run, [((LOAD,), gpa + PAGE)], likely=likely)


def test_ram_is_backed_as_it_is_touched(boot: Boot, rng: random.Random) -> None:
    whole, tail = rng.randrange(3, 8), rng.randrange(2, 300)
    size = whole * BLOCK + tail * PAGE
    touched = rng.sample(range(1, whole), rng.randrange(1, whole))
    mask = sum(1 << block for block in [*touched, whole])  # and all of the tail
    likely = (
        "h2.5: a block of 2 MiB if it lies in the RAM and nothing of it is mapped, "
        "otherwise a page; then the instruction runs again: sepc stays"
    )
    run = boot(
        "walker",
        bootargs={"seed": rng.getrandbits(32), "blocks": mask},
        set=ram_of(size),
        budget=WALK_BUDGET,
    )
    pages = len(touched) * PAGES + tail
    expect_pass(
        run,
        "walker",
        [f"{pages} pages were zero, and kept what was written"],
        [pages],
        likely=likely,
        complaints={
            "there is memory at": "a block of 2 MiB was mapped that is only in part "
            "inside of the RAM",
            "was not all zeroes": "page_alloc gives zeroed memory: two pages of the "
            "guest are one, or the page is not the one that was asked for: is the GPA "
            "htval << 2, with the low bits of stval?",
            "holds": "two pages of the guest lead to the same memory",
            "scause [157]": "an address inside of the RAM was refused",
        },
    )
    expect_backed(run, "walker", size, 1 + len(touched), tail, likely=likely)
    faults = [t for t in run.traps if t.cause in GUEST_PAGE_FAULTS]
    run.check(
        len(faults) == len(touched) + tail + 2,
        f"{len(touched)} blocks and {tail} pages fault once each, as QEMU itself "
        "recorded it, and 2 accesses behind the RAM",
        f"QEMU recorded {len(faults)} guest-page faults.",
        likely=likely,
        log="traps.log",
    )
    run.expect_traps(LOAD, 1, where=lambda t: t.tval == RAM + size, likely=likely)
    run.expect_traps(STORE, 1, where=lambda t: t.tval == RAM + size, likely=likely)


def test_no_memory_left_stops_that_vm_alone(boot: Boot, rng: random.Random) -> None:
    number, size = rng.getrandbits(32), rng.randrange(16, 20) * BLOCK
    likely = (
        "h2.5: when page_alloc(512) fails there may still be single pages; when there "
        "is none either, vm_stop(vm, VM_STOPPED, reason): no panic"
    )
    walker = Vm("walker", {"seed": number}, ram_of(size))
    vms = [walker, Vm("hello", {"number": number})]
    run = boot(*vms, memory="32M", budget=WALK_BUDGET)
    if complaint(run):
        refuse(run, "walker", {}, likely)
    expect_ending(run, STOPPED, likely=likely)
    run.expect_line(re.compile(VM_ENDED.format("walker")), likely=likely)
    line = f"hello from guest-physical {RAM:#x}, number {number}"
    run.expect_guest_output([line], likely=likely)
    run.expect_traps(VS_ECALL, 1, vm="hello", inside="verdict_pass", likely=likely)
    _, _, blocks, pages = counted(run, "walker", likely=likely)
    expected = "the last free pages are given one by one"
    run.check(pages > 0, expected, "no page of 4 KiB was given.", likely=likely)
    faults = [t for t in run.traps if t.cause in GUEST_PAGE_FAULTS]
    if faults[-2:-1] and (faults[-2].cause, faults[-2].tval) == (
        FETCH,
        faults[-1].tval,
    ):
        faults.pop()  # the post-mortem's HLVX, where no instruction can be read
    run.check(
        len(faults) == blocks - 1 + pages + 1,  # one block was there before it ran
        f"{blocks - 1} blocks, {pages} pages and 1 that is refused, as QEMU itself "
        "recorded it",
        f"QEMU recorded {len(faults)} guest-page faults.",
        likely=likely,
        log="traps.log",
    )


def test_guest_kernel_with_a_process(boot: Boot, rng: random.Random) -> None:
    n, add = rng.randrange(2, 7), rng.getrandbits(32)
    size = rng.randrange(9, 20) * BLOCK
    likely = (
        "h2.5: the GPA of a guest-page fault is in htval; stval is a guest-virtual "
        "address, which here is another one. The RAM is backed for the hart's own "
        "walk, too: the first fault is about an entry of the guest's table"
    )
    args = {"n": n, "add": add, "fresh": 1}
    run = boot("kernel", bootargs=args, set=ram_of(size), budget=BUDGET)
    lines = ["handle_syscall ..."] * (n + 1)
    lines += ["[SYS_EXIT]: process is exiting .."]
    lines += ["monolithic kernel exit [Some(0)] normally!"]
    expect_pass(run, "kernel", lines, [n * add], likely=likely)
    code, stack = 0x210000, 0x200000
    stores = [stack - PAGE * i - 8 for i in range(n)]
    run.expect_traps(
        U_ECALL, n + 1, where=lambda t: t.epc // PAGE == code // PAGE, likely=likely
    )
    grown = [t.tval for t in run.expect_traps(STORE_PAGE_FAULT, n, likely=likely)]
    expected = f"page faults of the process at {stores[0]:#x}, ..."
    run.check(grown == stores, expected, likely=likely, log="traps.log")
    # First the page of the table for the stack; QEMU 7.2 calls that a load.
    faults = [({LOAD, STORE}, stores[0]), *(({STORE}, tval) for tval in stores)]
    expect_faults(run, faults, likely=likely)
    expect_backed(run, "kernel", size, 2 + n, 0, likely=likely)


def _loaded_blocks(image_size: int, dtb: int) -> int:
    """Blocks that hold the kernel's Image or the device tree before the start."""
    first = RAM + BLOCK  # an Image is loaded 2 MiB above the start of RAM
    blocks = set(range(first // BLOCK, (first + image_size - 1) // BLOCK + 1))
    return len(blocks | {dtb // BLOCK})


def test_linux_touches_a_part_of_its_ram(boot: Boot, rng: random.Random) -> None:
    words = {"earlycon": "sbi", "keep_bootcon": 1, "hvlab": rng.getrandbits(32)}
    likely = (
        "h2.5: every page that Linux touches is backed at its first touch, and "
        "counted; its own page tables, too, are RAM"
    )
    machine = boot.start(
        Vm("linux", words),
        append="limit=200",
        budget=1_000_000_000,
        interactive=False,
    )
    run = machine.finish()
    expect_ending(run, SHUTDOWN, likely=likely)
    arguments = " ".join(f"{key}={value}" for key, value in words.items())
    line = f"[    0.000000] Kernel command line: {arguments}"
    run.expect_line(line, likely=likely)
    printed = len([line for line in run.lines if re.match(r"\[ *\d+\.\d+\] ", line)])
    run.check(printed >= 80, "80 lines of Linux", f"{printed} lines.", likely=likely)
    image = (machine.setup.vms / "linux/kernel").stat().st_size
    touched, size, blocks, pages = counted(run, "linux", likely=likely)
    run.check(
        touched == blocks * 2048 + pages * 4 and touched < size // 2,
        f"less than half of its {size} KiB is touched",
        f"{touched} KiB were counted.",
        likely=likely,
    )
    found = len([t for t in run.traps if t.cause in GUEST_PAGE_FAULTS])
    plan = re.compile(r"hv: vm linux: ram .*, dtb (0x[0-9a-f]+)")
    dtb = int(run.expect_line(plan, likely=likely)[1], 16)
    loaded = _loaded_blocks(image, dtb)
    run.check(
        found == blocks + pages - loaded,
        f"{found} first touches, as QEMU itself recorded them, and {loaded} blocks "
        "that were loaded",
        f"the hypervisor counted {blocks} blocks and {pages} pages.",
        likely=likely,
        log="traps.log",
    )
