"""bench.py - the charts of the page bench.md, and its tables, from what
`make bench-baseline` has written down in grader/bench.json.

    python3 docs/bench.py            draw them
    python3 docs/bench.py --check    exit 1 if they are not as this would draw them
"""

from __future__ import annotations

import json
import math
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "grader"))

from hvgrade.marks import LINUX_ROWS, ROWS  # noqa: E402

BASELINE = ROOT / "grader/bench.json"
PAGE = ROOT / "docs/bench.md"
PEERS_SVG = ROOT / "docs/figures/bench-peers.svg"
PARTS_SVG = ROOT / "docs/figures/bench-parts.svg"

HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 {height}" role="img" aria-label="{label}">
  <!-- Made by docs/bench.py. Text is mid-grey or stands on filled bars: it reads on a light page and on a dark one. -->
  <style>
    text {{ font-family: system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; font-size: 14px; fill: #768390; font-weight: 600 }}
    .on {{ fill: #fff; font-size: 12px; text-anchor: middle }}
    .right {{ text-anchor: end }}
    .middle {{ text-anchor: middle }}
    .line {{ stroke: #768390; stroke-opacity: .45; stroke-width: 1; fill: none }}
    .goal {{ stroke: #768390; stroke-width: 3 }}
{colours}
  </style>
"""

MAIN = "QEMU 7.2, GCC 12"  # whose figures the charts show

# Those that are published of others.
COMPARED = [row for row in ROWS if row.bao and row.key != "boot"]
SYSTEMS = (
    ("hvlab", "#1f7a3a"),
    ("Bao", "#0a6fc2"),
    ("Xvisor", "#a35200"),
    ("KVM", "#8250df"),
)

OPERATIONS = (
    ("call", "SBI get_spec_version"),
    ("probe", "SBI probe_extension"),
    ("set_timer", "SBI set_timer"),
    ("load", "emulated load"),
    ("store", "emulated store"),
    ("touch_4k", "first touch of 4 KiB"),
    ("touch_2m", "first touch of 2 MiB"),
    ("deadline", "timer interrupt"),
    ("claim_none", "claim, none pending"),
    ("claim", "claim, one pending"),
    ("complete", "complete"),
    ("uart", "device interrupt"),
    ("switch", "switch of two VMs"),
    ("doorbell", "ring a doorbell"),
)
BEYOND = "touch_2m"  # its zeroing is hundreds of bars long
PARTS = (
    ("switch out", "#57606a"),
    ("dispatch", "#6e40aa"),
    ("work", "#0a5cad"),
    ("zeroing", "#8a4600"),
    ("switch in", "#1a7f37"),
)


def plain(title: str) -> str:
    """A row's title without the number of its note."""
    return re.sub(r" \(\d\)$", "", title)


def colours(pairs: tuple[tuple[str, str], ...]) -> str:
    rows = [f"    .{name.replace(' ', '-')} {{ fill: {c} }}" for name, c in pairs]
    return "\n".join(rows)


def text(x: float, y: float, words: str, kind: str = "") -> str:
    given = f' class="{kind}"' if kind else ""
    return f'  <text x="{x:.0f}" y="{y:.0f}"{given}>{words}</text>'


def legend(pairs: tuple[tuple[str, str], ...], y: float, step: int) -> list[str]:
    lines = []
    for i, (name, _) in enumerate(pairs):
        x, kind = 195 + step * i, name.replace(" ", "-")
        box = f'x="{x}" y="{y - 11:.0f}" width="12" height="12" rx="3"'
        lines += [f'  <rect class="{kind}" {box}/>', text(x + 18, y, name)]
    return lines


def peers_chart(figures: dict[str, float]) -> str:
    """A row for each operation, a dot for each hypervisor, on a log scale."""
    left, right, top, step = 225.0, 745.0, 62.0, 30.0
    low, high = math.log10(80), math.log10(40000)
    bottom = top + step * len(COMPARED)

    def at(value: float) -> float:
        return left + (math.log10(value) - low) / (high - low) * (right - left)

    label = "Instructions per operation with hvlab, Bao, Xvisor and KVM"
    lines = [
        HEAD.format(height=int(bottom) + 30, label=label, colours=colours(SYSTEMS))
    ]
    lines += legend(SYSTEMS, 22, 105)
    lines.append('  <path class="goal" d="M640 9V25"/>')
    lines.append(text(650, 22, "hvlab's goal"))
    for mark in (100, 300, 1000, 3000, 10000, 30000):
        x = at(mark)
        lines.append(f'  <path class="line" d="M{x:.0f} {top - 18:.0f}V{bottom:.0f}"/>')
        lines.append(text(x, bottom + 20, f"{mark:,}", "middle"))
    for i, row in enumerate(COMPARED):
        y = top + step * i
        lines.append(text(left - 12, y + 5, plain(row.title), "right"))
        x = at(row.goal or 1)
        lines.append(f'  <path class="goal" d="M{x:.1f} {y - 11:.0f}V{y + 11:.0f}"/>')
        values = (figures[row.key], row.bao, row.xvisor, row.kvm)
        for (name, _), value in reversed([*zip(SYSTEMS, values, strict=True)]):
            if value:
                dot = f'cx="{at(value):.1f}" cy="{y:.0f}" r="7"'
                lines.append(f'  <circle class="{name}" {dot}>')
                lines.append(f"    <title>{name}: {value:,.0f}</title></circle>")
    return "\n".join([*lines, "</svg>", ""])


def parts_chart(profile: dict[str, Any]) -> str:
    """A stacked bar for each operation."""
    left, right, top, step, thick = 195.0, 705.0, 52.0, 32.0, 22.0
    bars = {key: dict(profile[key]["parts"]) for key, _ in OPERATIONS}
    beyond = bars[BEYOND].pop("zeroing")
    scale = (right - left) / max(sum(parts.values()) for parts in bars.values())
    height = int(top + step * len(OPERATIONS)) + 4
    label = "Where the instructions of each operation go: switch out, dispatch, work, zeroing, switch in"
    lines = [HEAD.format(height=height, label=label, colours=colours(PARTS))]
    lines += legend(PARTS, 22, 110)
    for i, (key, title) in enumerate(OPERATIONS):
        y = top + step * i
        x = left
        lines.append(text(left - 12, y + 16, title, "right"))
        for part, count in bars[key].items():
            wide, kind = count * scale, part.replace(" ", "-")
            box = f'x="{x:.1f}" y="{y:.0f}" width="{wide:.1f}" height="{thick:.0f}"'
            lines.append(f'  <rect class="{kind}" {box}>')
            lines.append(f"    <title>{part}: {count}</title></rect>")
            if wide > 9 * len(str(count)):
                lines.append(text(x + wide / 2, y + 15, str(count), "on"))
            x += wide
        total = f"{sum(bars[key].values()):,}"
        total += f", and {beyond:,} of zeroing" if key == BEYOND else ""
        lines.append(text(x + 8, y + 16, total))
    return "\n".join([*lines, "</svg>", ""])


# ---- the tables of the page -----------------------------------------------------


def number(value: float) -> str:
    return f"{value:.3f}" if 0 < value < 5 and value % 1 else f"{value:,.0f}"


def figures_table(known: dict[str, Any]) -> str:
    lines = [f"| instructions | {' | '.join(known)} | goal |"]
    lines.append("|---|" + "--:|" * (len(known) + 1))
    for row in (*ROWS, *LINUX_ROWS):
        each = [entry["figures"].get(row.key) for entry in known.values()]
        words = ["" if value is None else number(value) for value in (*each, row.goal)]
        lines.append(f"| {plain(row.title)} | {' | '.join(words)} |")
    return "\n".join(lines)


def growth_table(growth: dict[str, dict[str, float]]) -> str:
    """With 1, 2, 4, 8 and 16 VMs."""
    found = {k.removesuffix(", VMs"): v for k, v in growth.items() if "VMs" in k}
    counts = ["1", "2", "4", "8", "16"]
    lines = ["| VMs | " + " | ".join(counts) + " |", "|---|" + "--:|" * len(counts)]
    names = {"call": "SBI get_spec_version", "set_timer": "SBI set_timer"}
    names |= {"switch": "switch", "boot": "boot to the first line"}
    linux = ("Linux to /init", "Linux to power-off", "each if all are Linux")
    names |= dict(zip(linux, linux, strict=True))
    for key, title in names.items():
        cells = [number(found[key][n]) if n in found[key] else "" for n in counts]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def functions_table(profile: dict[str, Any], *keys: str) -> str:
    """The functions of some operations that take most."""
    titles = dict(OPERATIONS) | {"boot": "boot"}
    lines = ["| | instructions, by function |", "|---|---|"]
    for key in keys:
        few = list(profile[key]["functions"].items())[:9]
        words = ", ".join(f"`{name}` {count:,}" for name, count in few)
        lines.append(f"| {titles[key]} | {words} |")
    return "\n".join(lines)


def page(known: dict[str, Any], text: str) -> str:
    """The page with its tables as they are now."""
    growth, profile = known[MAIN]["growth"], known[MAIN]["profile"]
    shown = ("set_timer", "load", "claim", "switch", "boot")
    made = {
        "figures": figures_table(known),
        "growth": growth_table(growth),
        "functions": functions_table(profile, *shown),
    }
    for name, table in made.items():
        begin, end = f"<!-- {name} -->\n", "<!-- end -->"
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n{table}\n\n{end}{rest.partition(end)[2]}"
    return text


def drawn() -> dict[Path, str]:
    known = json.loads(BASELINE.read_text())
    known = {MAIN: known[MAIN]} | known  # in front
    return {
        PEERS_SVG: peers_chart(known[MAIN]["figures"]),
        PARTS_SVG: parts_chart(known[MAIN]["profile"]),
        PAGE: page(known, PAGE.read_text()),
    }


def main() -> int:
    stale = [
        p for p, made in drawn().items() if not p.exists() or p.read_text() != made
    ]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not from grader/bench.json")
        return 1 if stale else 0
    for path, made in drawn().items():
        path.write_text(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
