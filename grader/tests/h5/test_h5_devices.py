"""Lab h5, tasks 6 and 7: one terminal for all, and a doorbell for two."""

import random
from collections.abc import Sequence

from hvgrade.guest import GuestRandom, folded
from hvgrade.plugin import Boot
from hvgrade.several import (
    DOORBELL,
    NOT_GIVEN_BACK,
    RESTART,
    Properties,
    beside,
    expect_all_well,
    expect_lane,
    expect_lines,
    lane_told,
    lines_of,
)

SLICE = 1_000_000  # instructions: slice=1
BUDGET = 150_000_000
# While guests wait for us, their time is ours: half a minute, in nanoseconds.
PATIENCE = 30_000_000_000
VS_EXTERNAL = 10
SWITCH = "\x14"  # Ctrl-T
CONSOLE_LINE = 128  # characters: in vm.h
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _chat(seed: int, lines: int) -> tuple[list[str], int]:
    """What the guest chatter says, and its sum."""
    numbers, said = GuestRandom(seed), []
    for _ in range(lines):
        dice = numbers() >> 32
        length = dice % 90 + (0 if dice // 90 % 4 else 130)
        said.append("".join(LETTERS[(numbers() >> 32) % 26] for _ in range(length)))
    return said, folded([ord(c) for line in said for c in line])


def _joined(printed: Sequence[str]) -> list[str]:
    """The VM's lines: of a long one, others may come in after CONSOLE_LINE."""
    lines, open_line = [], ""
    for piece in printed:
        open_line += piece
        if len(piece) != CONSOLE_LINE:
            lines.append(open_line)
            open_line = ""
    return lines


def test_lines_stay_whole(boot: Boot, rng: random.Random) -> None:
    lines, lanes = rng.randrange(8, 15), rng.sample(range(16), 4)
    ways = ["dbcn", "legacy", "uart", rng.choice(["dbcn", "legacy", "uart"])]
    vms, said = [], []
    for number, (way, lane) in enumerate(zip(ways, lanes, strict=True)):
        seed = rng.getrandbits(32)
        args = {"seed": seed, "lines": lines, "way": way, "pause": 20000}
        vms.append(beside("chatter", f"{way}{number}", lane, **args))
        said.append(_chat(seed, lines))
    run = boot(*vms, budget=BUDGET, append="slice=1")
    likely = (
        "h5.6: a line comes out when it has ended, whole, after console_prefix; two "
        "VMs never share a line of the terminal"
    )
    expect_all_well(run, vms, likely=likely)
    for vm, (text, total) in zip(vms, said, strict=True):
        expect_lane(run, vm, total, likely=likely)
        printed = _joined(lines_of(run, vm.name))
        expect_lines(run, vm, text, printed, likely=likely)
    of_vms = sum(len(lines_of(run, vm.name)) for vm in vms)
    run.check(
        len(run.guest_lines) == of_vms,
        "every line of a guest begins with its name",
        f"Of {len(run.guest_lines)} lines, {of_vms} do.",
        likely=likely,
    )
    log = run.console_raw.decode(errors="replace")
    run.check(
        all(f"\33[{31 + i}m[{vm.name}]\33[0m " in log for i, vm in enumerate(vms)),
        "each VM's name in the VM's colour",
        likely="h5.6: console_prefix writes it; call it before a line begins",
    )


def test_keys_go_to_the_focus(boot: Boot, rng: random.Random) -> None:
    count, n = 3, rng.randrange(6, 10)
    lanes = rng.sample(range(16), count)
    vms = [beside("keys", f"desk{i}", lane, n=0) for i, lane in enumerate(lanes)]
    run = boot(*vms, budget=BUDGET, append="slice=1")  # before anybody types
    expect_all_well(run, vms, likely="h5.3: three VMs run, and end")
    for vm in vms:
        expect_lane(run, vm, 0, likely="h5.3: three VMs run, and end")
    vms = [beside("keys", f"desk{i}", lane, n=n) for i, lane in enumerate(lanes)]
    machine = boot.start(*vms, budget=PATIENCE, append="slice=1")
    likely = (
        "h5.6: console_key gives a key to console_focus alone; Ctrl-T moves the focus "
        "to the next VM that runs, in a circle"
    )
    typed: list[str] = ["" for _ in vms]
    for vm in vms:
        machine.expect(rf"\[{vm.name}\]\S* type {n} keys", likely=likely)
    focus = 0
    while any(len(keys) < n for keys in typed):
        for key in rng.choices(LETTERS, k=rng.randrange(1, n - len(typed[focus]) + 1)):
            machine.send(key)
            typed[focus] += key
            want = rf"\[{vms[focus].name}\]\S* key {len(typed[focus])} is {key}"
            machine.expect(want, likely=likely)
        left = [i for i in range(count) if len(typed[i]) < n]
        if not left:
            break
        ended = len(typed[focus]) == n
        after = [(focus + i) % count for i in range(1, count + 1)]
        focus = next(i for i in after if i in left)
        if ended or len(left) > 1:
            if not ended:
                machine.send(SWITCH)
            line = rf"hv: the keyboard is {vms[focus].name}'s now"
            machine.expect(line, likely=likely)
    run = machine.finish()
    expect_all_well(run, vms, likely=likely)
    for vm, keys in zip(vms, typed, strict=True):
        expect_lane(run, vm, folded([ord(key) for key in keys]), likely=likely)


def _peers(a: str, b: str) -> tuple[Properties, ...]:
    return {DOORBELL: b}, {DOORBELL: a}


def test_ping_pong(boot: Boot, rng: random.Random) -> None:
    rounds, lanes = rng.randrange(40, 80), rng.sample(range(16), 3)
    seeds = [rng.getrandbits(32) for _ in range(2)]
    numbers = [GuestRandom(seed) for seed in seeds]
    page, seen = 0, ([], [])  # type: tuple[int, tuple[list[int], list[int]]]
    for turn in range(2 * rounds):
        page = (page * 31 + numbers[turn % 2]()) % (1 << 64)
        if turn % 2 or turn > 0:
            seen[1 - turn % 2].append(page)
    names = ("ping", "pong")
    vms = [
        beside("pingpong", names[me], lanes[me], props, me=me, seed=seed, rounds=rounds)
        for me, (props, seed) in enumerate(zip(_peers(*names), seeds, strict=True))
    ]
    busy = beside("share", "busy", lanes[2], to=30 * SLICE)
    run = boot(*vms, busy, budget=BUDGET, append="slice=1")
    likely = (
        "h5.7: RING is a pulse on doorbell_source of the peer, then vplic_update of "
        "the peer; h5.4: it wakes, whoever has the hart"
    )
    expect_all_well(run, [*vms, busy], likely=likely)
    for vm, values in zip(vms, seen, strict=True):
        expect_lines(run, vm, [f"{rounds} rounds"], likely=likely)
        expect_lane(run, vm, folded(values), likely=likely)
    run.expect_traps(VS_EXTERNAL, 2 * rounds, is_async=True, likely=likely)


def test_doorbell_keeps_to_its_rules(boot: Boot, rng: random.Random) -> None:
    lanes, seeds = rng.sample(range(16), 3), [rng.getrandbits(32) for _ in range(3)]
    # QEMU 7.2 takes bit 40 of a guest-physical address for a sign: 40 bits.
    pages = [rng.randrange(0x90000, 1 << 28) << 12 for _ in range(2)]
    peers = [*_peers("left", "right"), {DOORBELL: "left"}]
    vms = [
        beside("rules", name, lane, props, me=me, seed=seeds[me], at=(pages * 2)[me])
        for me, (name, lane, props) in enumerate(
            zip(("left", "right", "third"), lanes, peers, strict=True)
        )
    ]
    run = boot(*vms, budget=BUDGET, append="slice=1")
    likely = "h5.7: see sbi_doorbell in h5.h for every answer"
    complaints = {
        "off a page|41 bits|very end": "h5.7: a0 is a whole page below 41 bits",
        "over its": "h5.7: mmio_add knows what is in the way",
        "again": "h5.7: vm->shared says whether it is mapped",
        "without a peer": "h5.7: doorbell_peer is NULL: not supported",
        "jump into": "h5.7: the page is mapped with PTE_R | PTE_W",
        "holds": "h5.7: page_alloc zeroes what it gives",
        "for ever": "h5.7: a peer that has ended: SBI_ERR_FAILED",
        "other VMs": "h5.7: nobody else has the page",
    }
    expect_all_well(run, vms, likely=likely, complaints=complaints)
    marks = [GuestRandom(seed)() | 1 for seed in seeds]
    expect_lane(run, vms[0], marks[1], marks[1], likely=likely)
    expect_lane(run, vms[1], marks[0], likely=likely)
    expect_lane(run, vms[2], GuestRandom(seeds[2])(), likely=likely)
    for vm in vms:
        expect_lines(run, vm, ["as the rules say"], likely=likely)
    run.expect_no_line(
        NOT_GIVEN_BACK,
        likely="h5.7: doorbell_free: the second of the two frees the page",
    )
    _page_nobody_else_asked_for(boot, rng)


def _page_nobody_else_asked_for(boot: Boot, rng: random.Random) -> None:
    """A new page in each life: the peer is there, but never asks for one."""
    lives, lanes = rng.randrange(2, 6), rng.sample(range(16), 2)
    seed = rng.getrandbits(32)
    one, other = _peers("lives", "silent")
    vms = [
        beside(
            "rules", "lives", lanes[0], {RESTART: lives - 1, **one}, me=3, seed=seed
        ),
        beside("share", "silent", lanes[1], other, to=rng.randrange(20, 40) * SLICE),
    ]
    run = boot(*vms, budget=BUDGET, append="slice=1")
    likely = (
        "h5.7: doorbell_free: unless the peer has the page too, it is freed at once"
    )
    complaints = {"holds": "h5.7: page_alloc zeroes what it gives"}
    expect_all_well(run, [vms[1]], likely=likely, complaints=complaints)
    told = lane_told(run, lanes[0])  # once in each life, of which h5.5 gives it many
    expect_lane(
        run, vms[0], *[GuestRandom(seed)() | 1] * (len(told) or 1), likely=likely
    )
    run.expect_no_line(NOT_GIVEN_BACK, likely=likely)
