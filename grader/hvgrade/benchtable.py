"""What a person sees of `make bench`: two tables of 80 columns."""

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .benchjobs import VMS
from .benchrun import Bench, Figure, reached, rows
from .marks import NOTES


def _number(value: float | None, unit: str = "") -> str:
    """In at most seven characters."""
    if value is None:
        return "-"
    if unit or (value < 10 and value % 1):
        return f"{value:.3f}{unit}"
    if value >= 100_000:
        return f"{value / 1e6:.2f}M"
    if value >= 10_000:
        return f"{value / 1e3:.1f}k"
    return f"{value:,.0f}"


def _spread(figure: Figure | None) -> str:
    if figure is None or figure.least == figure.most:
        return ""
    return f"{_number(figure.least)}-{_number(figure.most)}"


def figure_table(bench: Bench) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    table.add_column("instructions", no_wrap=True)
    for name in ("times", "mean", "spread", "goal", "Bao", "Xvisor", "KVM"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows(bench):
        figure, good = bench.figures.get(row.key), reached(row, bench)
        style = {None: "", True: "green", False: "red"}[good]
        mean = Text(_number(figure.mean if figure else None, row.unit), style=style)
        others = (row.goal, row.bao, row.xvisor, row.kvm)
        words = [_number(value, row.unit) if value else "" for value in others]
        times = _number(figure.count) if figure else ""
        table.add_row(row.title, times, mean, _spread(figure), *words)
    return table


def growth_table(bench: Bench) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    table.add_column("how it grows", no_wrap=True)
    for _ in VMS:
        table.add_column("", justify="right", no_wrap=True)
    for name, values in bench.growth.items():
        cells = [f"{n}: {_number(value)}" for n, value in values.items()]
        table.add_row(name, *cells)
    return table


def show(bench: Bench, out: Console, seconds: float) -> int:
    """The tables; the exit code."""
    first = f"{bench.platform}: QEMU {bench.qemu}, compiler {bench.compiler}"
    out.print(Text(f"{bench.impl}; {first}; seed {bench.seed}", style="dim"))
    out.print(figure_table(bench))
    for note in NOTES:
        out.print(Text(f"({note[0]}){note[1:]}", style="dim"))
    if bench.growth:
        out.print()
        out.print(growth_table(bench))
    for why in dict.fromkeys(bench.missing.values()):
        names = [name for name, reason in bench.missing.items() if reason == why]
        what = names[0] if len(names) == 1 else f"{len(names)} measurements"
        out.print(Text(f"not measured: {what}: {why}", style="yellow"))
    goals = [reached(row, bench) for row in rows(bench) if row.goal is not None]
    out.print(Text(f"measured in {seconds:.0f} s", style="dim"))
    out.print(
        f"bench: {sum(map(bool, goals))} of {len(goals)} figures at or below", end=""
    )
    out.print(" their goal")
    return 0 if all(goals) else 1
