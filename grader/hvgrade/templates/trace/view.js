// The lanes: which part of the run is in view, and what is under the mouse. How
// they are drawn is in lanes.js and arrows.js.
"use strict";

const COLOURS = {
  c10: "#3b7ded", c20: "#d99a06", c21: "#e8940c", c23: "#e0651f", c22: "#8b5cf6",
  c2: "#db4a92", c1: "#d33c3c", c5: "#d33c3c", c7: "#d33c3c", c8: "#7c8aa0",
  i5: "#1f9d55", i6: "#1f9d55", i9: "#0f9b9b", i10: "#0f9b9b", i2: "#8b5cf6",
};
const OTHER = "#7c8aa0";

const colourOf = (cause) => COLOURS[cause.key] || OTHER;
const AXIS = 26, HV = 62, GUEST = 74, PAD = 8;

class View {
  constructor(canvas, overview, model) {
    Object.assign(this, { canvas, overview, model, picked: -1, way: null });
    this.colours = model.causes.map(colourOf);
    this.spots = []; // stations that are drawn: what the mouse can find
    [this.a, this.b] = [model.begin, model.end];
    this.waiting = false;
    this.drawn = 0; // milliseconds that the last picture took
    this.measure();
  }

  // ---- geometry ----

  measure() {
    const ratio = window.devicePixelRatio || 1;
    this.width = this.canvas.parentNode.clientWidth;
    this.gutter = this.width > 700 ? 120 : 0;
    this.height = AXIS + HV + this.model.vms.length * GUEST + PAD;
    for (const [canvas, height] of [[this.canvas, this.height], [this.overview, 44]]) {
      canvas.width = Math.round(this.width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.height = `${height}px`;
      canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    const style = getComputedStyle(document.documentElement);
    const named = (name) => style.getPropertyValue(name).trim();
    this.ink = named("--ink");
    this.soft = named("--soft");
    this.line = named("--line");
    this.laneBack = named("--lane");
    this.accent = named("--accent");
    this.card = named("--card");
    this.draw();
  }

  x(t) {
    return this.gutter + ((t - this.a) / (this.b - this.a)) * (this.width - this.gutter);
  }

  t(x) {
    return this.a + ((x - this.gutter) / (this.width - this.gutter)) * (this.b - this.a);
  }

  top(lane) {
    return lane === HOST ? AXIS : AXIS + HV + lane * GUEST;
  }

  laneAt(y) {
    if (y < AXIS) return null;
    if (y < AXIS + HV) return HOST;
    const lane = Math.floor((y - AXIS - HV) / GUEST);
    return lane < this.model.vms.length ? lane : null;
  }

  // Shows from a to b, as far as the run goes.
  show(a, b) {
    const least = this.model.data.timed ? 40 : 8;
    const { begin, end } = this.model;
    const size = Math.min(Math.max(b - a, least), (end - begin) * 1.04);
    const edge = 0.02 * size, from = Number.isFinite(b) ? (a + b - size) / 2 : begin;
    this.a = Math.max(begin - edge, Math.min(from, end + edge - size));
    this.b = this.a + size;
    this.later();
  }

  zoom(factor, x = this.gutter + (this.width - this.gutter) / 2) {
    const t = this.t(x);
    this.show(t - (t - this.a) * factor, t + (this.b - t) * factor);
  }

  move(part) {
    const by = part * (this.b - this.a);
    this.show(this.a + by, this.b + by);
  }

  fit() {
    this.show(-Infinity, Infinity);
  }

  // So that the trap can be seen: moves there, and close enough if asked to.
  reveal(i, close) {
    const { t, d, ran } = this.model, size = this.b - this.a;
    if (close) {
      const around = Math.max(6 * d[i], 3 * Math.min(ran[i], 4 * d[i] + 400), 300);
      this.show(t[i] - around / 2, t[i] + around / 2 + d[i]);
    } else if (t[i] < this.a + 0.1 * size || t[i] > this.a + 0.9 * size) {
      this.show(t[i] - size / 2, t[i] + size / 2);
    } else {
      this.later();
    }
  }

  later() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.waiting = false;
    const began = performance.now();
    const c = this.canvas.getContext("2d");
    c.clearRect(0, 0, this.width, this.height);
    this.places = [];
    c.font = "12px system-ui, sans-serif";
    c.textBaseline = "middle";
    this.drawLanes(c);
    c.save();
    c.beginPath();
    c.rect(this.gutter, 0, this.width - this.gutter, this.height);
    c.clip();
    this.drawAxis(c);
    this.drawTurns(c);
    this.drawHypervisor(c);
    this.model.lanes.forEach((lane, vm) => this.drawGuest(c, lane, vm));
    this.drawWays(c);
    this.drawPlaces(c);
    c.restore();
    this.drawNames(c);
    this.drawOverview();
    this.drawn = performance.now() - began;
  }

  // ---- what is under the mouse ----

  // A station, or the number of a trap, or nothing.
  under(x, y) {
    const spot = this.spots.find((s) => Math.hypot(s.x - x, s.y - y) < 8);
    if (spot) return { spot };
    const lane = this.laneAt(y), t = this.t(x);
    if (lane === null || x < this.gutter) return null;
    const { exits, lanes } = this.model;
    if (lane === HOST) {
      const k = lowerBound(exits.t, t) - 1;
      if (k >= 0 && this.x(exits.t[k] + this.model.d[exits.of[k]]) >= x - 2)
        return { trap: exits.of[k] };
      return this.nearest(exits, t, x, 4);
    }
    const near = this.nearest(lanes[lane], t, x, 6);
    if (near) return near;
    const k = lowerBound(lanes[lane].t, t);
    const i = lanes[lane].of[k];
    if (k < lanes[lane].of.length && this.x(this.model.t[i] - this.model.ran[i]) <= x)
      return { runsTo: i };
    return null;
  }

  nearest(lane, t, x, reach) {
    const k = lowerBound(lane.t, t);
    const around = [k - 1, k].filter((m) => m >= 0 && m < lane.of.length);
    const far = (m) => Math.abs(this.x(lane.t[m]) - x);
    around.sort((m, n) => far(m) - far(n));
    return around.length && far(around[0]) <= reach ? { trap: lane.of[around[0]] } : null;
  }
}
