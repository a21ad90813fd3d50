// The page around the lanes: keys, search, the table, and what is told of a trap.
// Mouse and fingers are in pointer.js.
"use strict";

const $ = (id) => document.getElementById(id);

function element(name, text = "", attributes = {}) {
  const made = Object.assign(document.createElement(name), attributes);
  made.textContent = text;
  return made;
}

const plural = (n) => `${count(n)} instruction${n === 1 ? "" : "s"}`;

class Page {
  constructor(model, view) {
    Object.assign(this, { model, view, row: null });
    this.fingers = new Map();
    this.numbers();
    this.causes();
    this.tools();
    this.mouse();
    this.overview();
    document.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => view.measure()).observe($("stage"));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view.measure());
    this.tell();
  }

  // ---- above and below ----

  numbers() {
    const { model } = this, { data } = model;
    let work = 0;
    for (let i = 0; i < model.n; i++) if (model.kind[model.cause[i]] === "exit") work += model.work[i];
    const rows = [["exits", count(model.exits.of.length)]];
    if (data.timed) {
      const whole = data.end - data.begin, busy = whole - model.idle;
      rows.push(["instructions", count(busy)]);
      rows.push(["of them for exits", percent(work, busy)]);
      rows.push(["idle", percent(model.idle, whole)]);
    }
    rows.push(["interrupts followed", count(data.ways.length)]);
    rows.push(["traps in all", count(model.n)]);
    for (const [name, value] of rows) {
      const pair = element("div");
      pair.append(element("dt", name), element("dd", value));
      $("numbers").append(pair);
    }
  }

  causes() {
    const table = this.model.table(), whole = table.filter((row) => row.detail < 0);
    const work = whole.reduce((sum, row) => sum + row.work, 0);
    $("by-cause").hidden = !table.length;
    const head = element("tr");
    const columns = ["cause", "count", "instructions", "mean", "least", "most", "share", "kind"];
    columns.forEach((name, i) => head.append(element("th", name, { className: i > 0 && i < 6 ? "n" : "" })));
    $("causes").tHead.append(head);
    for (const row of table) this.causeRow(row, work);
  }

  causeRow(row, work) {
    const cause = this.model.causes[row.cause], part = row.detail >= 0;
    const line = element("tr", "", { tabIndex: 0, className: part ? "part" : "" });
    const name = element("td");
    if (!part) {
      const square = element("i");
      square.style.background = colourOf(cause);
      name.append(square);
    }
    name.append(part ? this.model.data.details[row.detail] : `${cause.words} (${cause.number})`);
    line.append(name);
    const known = cause.kind === "exit" && this.model.data.timed;
    const cells = known ? [row.work, row.work / row.count, row.least, row.most] : ["", "", "", ""];
    for (const value of [row.count, ...cells])
      line.append(element("td", value === "" ? "" : count(value), { className: "n" }));
    const bar = element("div", "", { className: "bar" }), fill = element("span");
    fill.style.width = known ? percent(row.work, work).replace(" ", "") : 0;
    fill.style.background = colourOf(cause);
    bar.append(fill);
    const share = element("td");
    if (known) share.append(bar);
    line.append(share, element("td", part ? "" : KINDS[cause.kind]));
    line.addEventListener("click", () => this.only(row, line));
    line.addEventListener("keydown", (event) => event.key === "Enter" && this.only(row, line));
    $("causes").tBodies[0].append(line);
  }

  // Only the traps of one row of the table.
  only(row, line) {
    $("search").value = line.cells[0].textContent;
    this.row = row;
    this.find(1);
    $("stage").scrollIntoView({ block: "nearest" });
  }

  // ---- search ----

  tools() {
    $("search").addEventListener("input", () => {
      this.row = null;
      this.find(0);
    });
    $("tools").addEventListener("submit", (event) => {
      event.preventDefault();
      this.step(1);
    });
    $("next").onclick = () => this.step(1);
    $("previous").onclick = () => this.step(-1);
    $("in").onclick = () => this.view.zoom(0.5);
    $("out").onclick = () => this.view.zoom(2);
    $("fit").onclick = () => this.view.fit();
    $("idle-label").hidden = !this.model.idle;
    $("no-idle").onchange = () => this.axis($("no-idle").checked);
    if (this.model.idle > 0.3 * (this.model.data.end - this.model.data.begin)) {
      $("no-idle").checked = true;
      this.axis(true);
    }
    this.view.fit();
  }

  axis(compact) {
    this.model.setAxis(compact);
    this.view.way = null;
    this.view.fit();
    if (this.view.picked >= 0) this.view.reveal(this.view.picked, false);
  }

  find(step) {
    const { model } = this;
    if (this.row) model.search("", this.row.cause, this.row.detail);
    else model.search($("search").value);
    const found = model.match;
    $("found").textContent = found ? `${count(found.found)} of ${count(model.n)}` : "";
    if (step) this.step(step);
    this.view.later();
  }

  // To the next trap, of those that were searched for.
  step(by) {
    const { model, view } = this;
    if (!model.n) return;
    let from = view.picked;
    if (from < 0) from = by > 0 ? lowerBound(model.t, view.a) - 1 : lowerBound(model.t, view.b);
    const i = model.next(from, by);
    if (i < 0) return;
    this.pick(i);
    view.reveal(i, false);
  }

  // ---- what is told of a trap ----

  pick(i) {
    this.view.picked = i;
    this.view.way = null;
    this.tell();
    this.view.later();
  }

  facts(i) {
    const { model } = this, cause = model.causeOf(i), [name, address] = model.placeOf(i);
    const facts = [["at", address ? `${name} (${address})` : name], ["in", model.vmName(model.vm[i])]];
    if (model.detailOf(i)) facts.push(["what", model.detailOf(i)]);
    if (!model.data.timed) return facts.concat([["trap", `number ${count(i + 1)}`]]);
    facts.push([model.exact[i] ? "when" : "about", `instruction ${count(model.start[i])}`]);
    if (cause.kind !== "exit" || !model.exact[i]) return facts;
    const waits = model.span[i] - model.work[i];
    facts.push(["took", `${plural(model.work[i])}`]);
    if (waits) facts.push(["waited", `${count(waits)} ns`]);
    facts.push(["the guest had run", `${plural(model.ran[i])}`]);
    return facts;
  }

  tell() {
    const box = $("picked"), i = this.view.picked, { way } = this.view;
    box.replaceChildren();
    const list = element("dl");
    const fact = (name, value) => {
      const pair = element("div");
      pair.append(element("dt", name), element("dd", value));
      list.append(pair);
    };
    if (way) {
      box.append(element("h3", `Interrupt: ${way.name} of ${this.model.vmName(way.vm)}`));
      let last = way.stations[0].start;
      for (const { start, text, lane } of way.stations) {
        const later = start - last ? ` (+${count(start - last)})` : "";
        fact(`${this.model.data.texts[text]}`, `${count(start)}${later}, ${this.model.vmName(lane)}`);
        last = start;
      }
    } else if (i >= 0) {
      const cause = this.model.causeOf(i), title = element("h3"), square = element("i");
      square.style.background = colourOf(cause);
      title.append(square, `${cause.words} (${cause.number}), ${KINDS[cause.kind]}`);
      box.append(title);
      for (const [name, value] of this.facts(i)) fact(name, value);
    } else {
      box.append(element("p", "Point at something, or click it to keep it here. N goes to the next trap."));
    }
    box.append(list);
  }

  // ---- keys ----

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { view } = this, typing = document.activeElement === $("search");
    if (event.key === "Escape") {
      $("search").value = "";
      this.row = null;
      this.find(0);
      this.pick(-1);
      $("search").blur();
      return;
    }
    if (typing) return;
    const pressable = document.activeElement.closest("tr, summary, button, input");
    if (pressable && (event.key === "Enter" || event.key === " ")) return;
    const does = {
      ArrowLeft: () => view.move(-0.15),
      ArrowRight: () => view.move(0.15),
      "+": () => view.zoom(0.6),
      "=": () => view.zoom(0.6),
      "-": () => view.zoom(1 / 0.6),
      0: () => view.fit(),
      n: () => this.step(1),
      N: () => this.step(-1),
      "/": () => $("search").focus(),
      Enter: () => view.picked >= 0 && view.reveal(view.picked, true),
    }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  }
}
