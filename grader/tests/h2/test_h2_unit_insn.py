"""Lab h2, task 6, on this machine: insn.h against the encodings of the manual.

The tables below are the Unprivileged manual's (2.6, and the chapter on C for the
compressed ones), not the hypervisor's: a row per instruction.
"""

import random
from functools import cache
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from hvgrade.unit import Call, Unit


@dataclass(frozen=True)
class Insn:
    """What insn_decode has to fill in."""

    name: str
    store: bool
    sign_extend: bool
    width: int
    reg: int
    length: int

    @property
    def answer(self) -> str:
        flags = f"{self.store:x},{self.sign_extend:x}"
        return f"{flags},{self.width:x},{self.reg:x},{self.length:x}"


# funct3 of the opcodes LOAD and STORE: name, width, sign_extend.
LOAD, STORE = 0x03, 0x23
LOADS = {
    0: ("lb", 1, True),
    1: ("lh", 2, True),
    2: ("lw", 4, True),
    3: ("ld", 8, False),
    4: ("lbu", 1, False),
    5: ("lhu", 2, False),
    6: ("lwu", 4, False),
}
STORES = {0: ("sb", 1), 1: ("sh", 2), 2: ("sw", 4), 3: ("sd", 8)}

# (bits 1..0, bits 15..13) of a compressed one: name, store, width.
COMPRESSED = {
    (0, 2): ("c.lw", False, 4),
    (0, 3): ("c.ld", False, 8),
    (0, 6): ("c.sw", True, 4),
    (0, 7): ("c.sd", True, 8),
    (2, 2): ("c.lwsp", False, 4),
    (2, 3): ("c.ldsp", False, 8),
    (2, 6): ("c.swsp", True, 4),
    (2, 7): ("c.sdsp", True, 8),
}
OTHERS = {  # what is refused, by name where it has one
    (0, 1): "c.fld",
    (0, 5): "c.fsd",
    (2, 1): "c.fldsp",
    (2, 5): "c.fsdsp",
    (0, 0): "c.addi4spn",
    (0, 4): "c.lbu and the like of Zcb, not in the contract",
}
OPCODES = {0x07: "an FP load", 0x27: "an FP store", 0x2F: "an AMO, lr or sc"}


def bits(word: int, high: int, low: int) -> int:
    return word >> low & (1 << (high - low + 1)) - 1


def full(word: int, length: int = 4) -> Insn | None:
    """A 32-bit load or store, taken apart; None: something else."""
    opcode, funct3 = bits(word, 6, 0), bits(word, 14, 12)
    if opcode == LOAD and funct3 in LOADS:
        name, width, sign = LOADS[funct3]
        return Insn(name, False, sign, width, bits(word, 11, 7), length)
    if opcode == STORE and funct3 in STORES:
        name, width = STORES[funct3]
        return Insn(name, True, False, width, bits(word, 24, 20), length)
    return None


@cache
def compressed(half: int) -> Insn | None:
    quadrant = bits(half, 1, 0)
    row = COMPRESSED.get((quadrant, bits(half, 15, 13)))
    if row is None:
        return None
    name, store, width = row
    if quadrant == 0:
        reg = 8 + bits(half, 4, 2)
    else:
        reg = bits(half, 6, 2) if store else bits(half, 11, 7)
        if not store and reg == 0:
            return None  # reserved
    return Insn(name, store, not store and width < 8, width, reg, 2)


def decoded(word: int) -> Insn | None:
    return full(word) if word & 3 == 3 else compressed(word & 0xFFFF)


def transformed(htinst: int) -> Insn | None:
    """18.6.3: bit 0 says "transformed", bit 1 how long the original was."""
    if not htinst & 1:
        return None
    return full(htinst | 2, 4 if htinst & 2 else 2)


def refused_words(word: int) -> str:
    if word & 3 == 3:
        return OPCODES.get(word & 0x7F, "no load or store")
    key = bits(word, 1, 0), bits(word, 15, 13)
    if key in COMPRESSED:
        return f"{COMPRESSED[key][0]} with rd = x0, which is reserved"
    return OTHERS.get(key, "no load or store")


FIELDS = ("store", "sign_extend", "width", "reg", "length")


def insn_words(answer: str) -> str:
    if answer == "-":
        return "false"
    values = [int(x, 16) for x in answer.split(",")]
    words = ", ".join(f"{k} {v}" for k, v in zip(FIELDS, values, strict=True))
    return f"true, {words}"


def cause(got: str, right: Insn | None, name: str) -> str:
    if right is None:
        return f"h2.6: {name}: insn_decode takes integer loads and stores only"
    if got == "-":
        return f"h2.6: {right.name} is missing"
    values = [int(x, 16) for x in got.split(",")]
    wanted = [int(x, 16) for x in right.answer.split(",")]
    wrong = next(f for f, a, b in zip(FIELDS, values, wanted, strict=True) if a != b)
    where = {
        "store": "loads and stores have opcodes (or funct3) of their own",
        "sign_extend": "lb lh lw, c.lw and c.lwsp extend the sign; of 8 bytes, and of "
        "a store, it is clear",
        "width": "bits 1..0 of funct3 are the logarithm of the width",
        "reg": "rd is in bits 11..7 and rs2 in 24..20; of c.lw and the like the "
        "register is 8 + bits 4..2; of c.swsp and c.sdsp it is in bits 6..2",
        "length": "bits 1..0 are 3 in an instruction of 4 bytes; of htinst, bit 1 says "
        "it",
    }
    return f"h2.6: {right.name}: {where[wrong]}"


def compare(
    unit: Unit,
    function: str,
    words: Sequence[int],
    command: str,
    right: Callable[[int], Insn | None],
) -> None:
    """One command for many instructions; the first that is wrong is reported."""
    batch = Call(command, f"{function} of {len(words)} values, from {words[0]:#x} on")
    (answers,) = unit.ask([batch], likely=f"h2.6: {function} does not survive it")
    for word, got in zip(words, answers, strict=True):
        want = right(word)
        if got == (want.answer if want else "-"):
            continue
        name = want.name if want else refused_words(word)
        kind = "htinst" if function.endswith("htinst") else "decode"
        call = Call(f"{kind} {word:x}", f"{function}({word:#x}) [{name}]")
        expected = f"{call.words} -> {insn_words(want.answer if want else '-')}"
        likely = cause(got, want, name)
        unit.fail([call], [insn_words(got)], expected, likely=likely)


def hexadecimal(command: str, words: Sequence[int]) -> str:
    return f"{command} {' '.join(f'{word:x}' for word in words)}"


def r_type(opcode: int, funct3: int, rd: int, rs1: int, rs2: int, funct7: int) -> int:
    return opcode | rd << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20 | funct7 << 25


# ---- the tests ---------------------------------------------------------------


def test_decode_every_full_load_and_store(unit: Unit, rng: random.Random) -> None:
    words = []
    for opcode in (LOAD, STORE):
        for funct3 in range(8):
            for reg in range(32):
                for imm in (0, 1, 0x7FF, 0x800, 0xFFF, rng.getrandbits(12)):
                    rs1, high, low = rng.getrandbits(5), imm >> 5, imm & 31
                    rd, rs2 = (reg, low) if opcode == LOAD else (low, reg)
                    words.append(r_type(opcode, funct3, rd, rs1, rs2, high))
    compare(unit, "insn_decode", words, hexadecimal("decode", words), decoded)


def test_decode_every_compressed_load_and_store(unit: Unit, rng: random.Random) -> None:
    # Above it lies the next instruction, whatever that is.
    for upper in (0, 0x0003, rng.getrandbits(16)):
        words = [upper << 16 | half for half in range(1 << 16) if half & 3 != 3]
        compare(unit, "insn_decode", words, f"decode_all {upper:x}", decoded)


def test_decode_refuses_everything_else(unit: Unit, rng: random.Random) -> None:
    words = [0xFFFFFFFF, *(rng.getrandbits(32) | 3 for _ in range(2000))]
    for opcode in range(3, 128, 4):
        for funct3 in range(8):
            for _ in range(8):
                rd, rs1, rs2, funct7 = (rng.getrandbits(n) for n in (5, 5, 5, 7))
                words.append(r_type(opcode, funct3, rd, rs1, rs2, funct7))
    for funct5 in range(32):  # lr, sc and the AMOs
        for funct3 in (2, 3):
            words.append(r_type(0x2F, funct3, 10, 11, rng.getrandbits(5), funct5 << 2))
    words = [word for word in words if word & 0x7F not in (LOAD, STORE)]
    for index in rng.sample(range(len(words)), 20):  # but it takes lw
        words[index] = r_type(LOAD, 2, rng.randrange(1, 32), 11, 0, 0)
    compare(unit, "insn_decode", words, hexadecimal("decode", words), decoded)


def test_decode_htinst(unit: Unit, rng: random.Random) -> None:
    words = []
    for reg in range(32):
        for offset in (0, 1, 7, rng.getrandbits(3)):  # Addr. Offset, in place of rs1
            words += [r_type(LOAD, f, reg, offset, 0, 0) for f in LOADS]
            words += [r_type(STORE, f, 0, offset, reg, 0) for f in STORES]
    # Only loads and stores of 4 and 8 bytes have compressed forms.
    words += [word & ~2 for word in words if bits(word, 14, 12) in (2, 3)]
    for funct3 in (2, 3):
        words += [r_type(op, funct3, 10, 0, 0, 0) for op in (0x07, 0x27, 0x2F)]
        words += [r_type(op & ~2, funct3, 10, 0, 0, 0) for op in (0x07, 0x27)]
    words += [r_type(0x2F, f, 10, 0, 11, n << 2) for f in (2, 3) for n in range(32)]
    words += [r_type(LOAD, 7, 10, 0, 0, 0)]  # there is no ldu
    words += [r_type(STORE, f, 10, 0, 0, 0) for f in (4, 5, 6, 7)]
    words += [0, 0x2000, 0x2020, 0x3000, 0x3020]  # pseudoinstructions
    words += [word & ~1 for word in words]  # custom: bits 1..0 are 2
    command = hexadecimal("htinst", words)
    compare(unit, "insn_decode_htinst", words, command, transformed)


def test_extend_cuts_and_extends(unit: Unit) -> None:
    shapes = [(0, w) for w in (1, 2, 4, 8)] + [(1, w) for w in (1, 2, 4)]

    def body(case: tuple[tuple[int, int], int]) -> None:
        (sign, width), raw = case
        size = 8 * width
        want = raw & (1 << size) - 1
        if sign and want >> (size - 1):
            want |= (1 << 64) - (1 << size)
        words = f"insn_extend({{sign_extend {sign}, width {width}}}, raw={raw:#x})"
        call = Call(f"extend {sign:x} {width:x} {raw:x}", words)
        ((got,),) = unit.ask([call], likely="h2.6: a shift by 64 is undefined")
        if int(got, 16) != want:
            likely = (
                "h2.6: the device's value counts in its low `width` bytes only; above "
                "them comes 0, or the sign"
            )
            unit.fail([call], [f"0x{got}"], f"{words} -> {want:#x}", likely=likely)

    cases = st.tuples(st.sampled_from(shapes), st.integers(0, (1 << 64) - 1))
    raws = (
        0,
        0x80,
        0x7F,
        0x8000,
        0x80000000,
        1 << 63,
        (1 << 64) - 1,
        0x123456789ABCDEF0,
    )
    examples = [(shape, raw) for shape in shapes for raw in raws]
    unit.check(cases, body, examples=examples)
