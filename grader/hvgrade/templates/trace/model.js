// The data of the page: traps in the order of their time, in typed arrays, so
// that what is in view is found by halving, however many there are.
"use strict";

const HOST = -1;
const KINDS = { exit: "exit", inner: "taken by the guest", host: "of the host itself" };

// The first index from lo on whose value is not below x.
function lowerBound(values, x, lo = 0, hi = values.length) {
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if (values[middle] < x) lo = middle + 1;
    else hi = middle;
  }
  return lo;
}

const grouped = new Intl.NumberFormat("en");
const count = (n) => grouped.format(Math.round(n));
const percent = (part, whole) => `${((100 * part) / (whole || 1)).toFixed(1)} %`;

class Model {
  constructor(data) {
    Object.assign(this, { data, vms: data.vms, causes: data.causes, ways: data.ways });
    const e = data.events;
    this.n = e.t.length;
    this.start = new Float64Array(this.n); // as in the run, idle time and all
    for (let i = 0, t = 0; i < this.n; i++) this.start[i] = t += e.t[i];
    this.vm = Int8Array.from(e.vm);
    this.cause = Uint16Array.from(e.c);
    this.span = Float64Array.from(e.d);
    this.work = Float64Array.from(e.d, (d, i) => d - e.w[i]); // without waiting
    this.ran = Float64Array.from(e.r);
    this.exact = Uint8Array.from(e.x);
    this.place = Uint32Array.from(e.pc);
    this.detail = Uint32Array.from(e.de);
    this.kind = this.causes.map((c) => c.kind);
    this.idleEnd = Float64Array.from(data.idle, (x) => x[1]);
    this.idleSum = new Float64Array(data.idle.length + 1);
    data.idle.forEach(([a, b], i) => (this.idleSum[i + 1] = this.idleSum[i] + b - a));
    this.idle = this.idleSum[data.idle.length];
    this.all = Uint32Array.from(e.t.keys());
    this.setAxis(false);
    this.match = null;
  }

  // A moment of the run, on the axis.
  at(t) {
    if (!this.compact) return t;
    const i = lowerBound(this.idleEnd, t);
    const within = i < this.idleEnd.length ? Math.max(0, t - this.data.idle[i][0]) : 0;
    return t - this.idleSum[i] - within;
  }

  // compact: idle time takes no room.
  setAxis(compact) {
    this.compact = compact;
    this.begin = this.at(this.data.begin);
    this.end = this.at(this.data.end);
    this.t = Float64Array.from(this.start, (t) => this.at(t));
    this.d = Float64Array.from(this.span, (d, i) => this.at(this.start[i] + d) - this.t[i]);
    const exits = [];
    const lanes = this.vms.map(() => []);
    for (let i = 0; i < this.n; i++) {
      if (this.kind[this.cause[i]] === "exit") exits.push(i);
      if (this.vm[i] >= 0) lanes[this.vm[i]].push(i);
    }
    this.exits = this.lane(exits, (i) => this.d[i]);
    this.lanes = lanes.map((of) => this.lane(of, (i) => this.ran[i]));
    this.hosts = this.lane(
      Array.from(this.t.keys()).filter((i) => this.kind[this.cause[i]] === "host"),
      () => 0
    );
    this.turns = this.data.turns.map(([a, b, vm]) => [this.at(a), this.at(b), vm]);
    this.tail = this.data.tail.length
      ? [this.at(this.data.tail[0]), this.at(this.data.tail[1]), this.data.tail[2]]
      : null;
    this.paths = this.ways.map(([name, vm, stations]) => ({
      name,
      vm,
      stations: stations.map(([t, lane, text]) => ({ t: this.at(t), lane, text, start: t })),
    }));
    for (const path of this.paths) path.end = Math.max(...path.stations.map((s) => s.t));
    this.paths.forEach((path) => (path.from = Math.min(...path.stations.map((s) => s.t))));
  }

  // Some of the traps, with their times and the sums of what they took.
  lane(of, taking) {
    const sums = new Float64Array(of.length + 1);
    of.forEach((i, k) => (sums[k + 1] = sums[k] + taking(i)));
    return { of: Uint32Array.from(of), t: Float64Array.from(of, (i) => this.t[i]), sums };
  }

  causeOf(i) {
    return this.causes[this.cause[i]];
  }

  // [function, address]; one of them, where there are no symbols.
  placeOf(i) {
    return this.data.places[this.place[i]].split("\t");
  }

  detailOf(i) {
    return this.data.details[this.detail[i]];
  }

  vmName(vm) {
    return vm === HOST ? "hypervisor" : this.vms[vm];
  }

  // What contains all words of the text. Each distinct string is read once.
  search(text, causeOnly = -1, detailOnly = -1) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length && causeOnly < 0) return (this.match = null);
    const has = (s) => words.map((word) => s.toLowerCase().includes(word));
    const causes = this.causes.map((c) => has(`${c.words} ${c.number} ${KINDS[c.kind]}`));
    const places = this.data.places.map(has);
    const details = this.data.details.map(has);
    const vms = [HOST, ...this.vms.keys()].map((vm) => has(this.vmName(vm)));
    const match = new Uint8Array(this.n);
    let found = 0;
    for (let i = 0; i < this.n; i++) {
      const [c, p, d, v] = [this.cause[i], this.place[i], this.detail[i], this.vm[i] + 1];
      if (causeOnly >= 0 && c !== causeOnly) continue;
      if (detailOnly >= 0 && d !== detailOnly) continue;
      let good = 1;
      for (let w = 0; w < words.length && good; w++)
        good = causes[c][w] || places[p][w] || details[d][w] || vms[v][w] ? 1 : 0;
      match[i] = good;
      found += good;
    }
    return (this.match = { of: match, found });
  }

  // The next trap that matches, from i on in that direction, round the end.
  next(i, step) {
    for (let k = 1; k <= this.n; k++) {
      const j = (((i + step * k) % this.n) + this.n) % this.n;
      if (!this.match || this.match.of[j]) return j;
    }
    return -1;
  }

  // One row per cause, the most expensive first; calls by name below theirs.
  table() {
    const rows = new Map();
    const add = (key, cause, detail, i) => {
      if (!rows.has(key))
        rows.set(key, { cause, detail, count: 0, work: 0, least: Infinity, most: 0 });
      const row = rows.get(key);
      row.count++;
      row.work += this.work[i];
      row.least = Math.min(row.least, this.work[i]);
      row.most = Math.max(row.most, this.work[i]);
    };
    for (let i = 0; i < this.n; i++) {
      const c = this.cause[i];
      add(`${c}`, c, -1, i);
      if (this.causes[c].key === "c10") add(`${c} ${this.detail[i]}`, c, this.detail[i], i);
    }
    const all = [...rows.values()].sort((a, b) => b.work - a.work || b.count - a.count);
    return all
      .filter((row) => row.detail < 0)
      .flatMap((row) => [row, ...all.filter((r) => r.detail >= 0 && r.cause === row.cause)]);
  }
}
