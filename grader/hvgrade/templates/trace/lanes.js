// Draws the lanes: one column of pixels at a time where many traps share it, one
// trap at a time where each has room. Nothing here takes longer for more traps
// than there are pixels.
"use strict";

// What a block of the hypervisor is called, before the address or the call.
const SHORT = {
  c2: "illegal", c10: "", c20: "fetch", c21: "load", c22: "", c23: "store",
  i5: "timer", i9: "external interrupt",
};

Object.assign(View.prototype, {
  // The functions, over whatever else is there.
  drawPlaces(c) {
    c.font = "12px system-ui, sans-serif";
    c.textAlign = "left";
    c.lineWidth = 4;
    c.lineJoin = "round";
    c.strokeStyle = this.laneBack;
    c.fillStyle = this.soft;
    for (const [name, x, y] of this.places) {
      c.strokeText(name, x, y);
      c.fillText(name, x, y);
    }
  },

  drawLanes(c) {
    for (let lane = HOST; lane < this.model.vms.length; lane++) {
      const y = this.top(lane), height = lane === HOST ? HV : GUEST;
      c.fillStyle = this.laneBack;
      if (lane === HOST) c.fillRect(0, y, this.width, height);
      c.fillStyle = this.line;
      c.fillRect(0, y + height - 1, this.width, 1);
    }
  },

  drawNames(c) {
    if (this.gutter) {
      c.fillStyle = this.card;
      c.fillRect(0, 0, this.gutter - 1, this.height);
      c.fillStyle = this.line;
      c.fillRect(this.gutter - 1, 0, 1, this.height);
    }
    c.textAlign = "left";
    for (let lane = HOST; lane < this.model.vms.length; lane++) {
      const y = this.top(lane);
      const name = this.model.vmName(lane);
      c.font = "600 13px system-ui, sans-serif";
      if (!this.gutter) {
        c.fillStyle = this.card;
        c.globalAlpha = 0.85;
        c.fillRect(0, y + 1, c.measureText(name).width + 12, 18);
        c.globalAlpha = 1;
      }
      c.fillStyle = this.ink;
      c.fillText(name, this.gutter ? 14 : 6, y + (this.gutter ? 20 : 10), this.gutter ? this.gutter - 20 : 200);
      if (!this.gutter) continue;
      c.font = "12px system-ui, sans-serif";
      c.fillStyle = this.soft;
      const traps = lane === HOST ? this.model.exits.of.length : this.model.lanes[lane].of.length;
      const words = lane === HOST ? "exits" : "traps";
      c.fillText(`${count(traps)} ${words}`, 14, y + 38, this.gutter - 20);
    }
  },

  drawAxis(c) {
    const room = this.width < 700 ? 100 : 130;
    const least = ((this.b - this.a) * room) / (this.width - this.gutter);
    const power = 10 ** Math.floor(Math.log10(least));
    const step = Math.max(1, [1, 2, 5, 10].find((m) => m * power >= least) * power);
    c.textAlign = "center";
    for (let t = Math.ceil(Math.max(0, this.a) / step) * step; t <= this.b; t += step) {
      const x = this.x(t);
      c.fillStyle = this.line;
      c.fillRect(x, AXIS - 5, 1, this.height);
      if (x < this.gutter + 24 || x > this.width - 24) continue;
      c.fillStyle = this.soft;
      const text = step >= 1e5 ? `${grouped.format(+(t / 1e6).toFixed(3))} M` : count(t);
      c.fillText(text, x, AXIS / 2);
    }
  },

  drawTurns(c) {
    for (const [a, b, vm] of this.model.turns) {
      if (b < this.a || a > this.b) continue;
      c.fillStyle = this.laneBack;
      const x = Math.max(this.x(a), 0);
      c.fillRect(x, this.top(vm) + 1, Math.min(this.x(b), this.width) - x, GUEST - 2);
    }
  },

  dim(i) {
    return this.model.match && !this.model.match.of[i];
  },

  // Calls alone(i, x0, x1) for each trap in view, if they have room for it, else
  // many(x, k, l, share) for each column of pixels, with the lane's traps k to l.
  columns(lane, length, alone, many) {
    const first = Math.max(0, lowerBound(lane.t, this.a) - 1);
    const last = lowerBound(lane.t, this.b);
    const width = this.width - this.gutter;
    if (last - first <= width * 1.5) {
      for (let k = first; k < last; k++) {
        const i = lane.of[k];
        alone(i, this.x(this.model.t[i]), this.x(this.model.t[i] + length(i)));
      }
      return;
    }
    const per = (this.b - this.a) / width;
    let k = first;
    for (let x = 0; x < width; x++) {
      const l = lowerBound(lane.t, this.a + (x + 1) * per, k, last);
      const share = Math.min(1, (lane.sums[l] - lane.sums[k]) / per);
      if (l > k) many(this.gutter + x, k, l, share);
      k = l;
    }
  },

  // The colour of the cause that is commonest among a few of them.
  commonest(lane, k, l) {
    const step = Math.max(1, Math.floor((l - k) / 8));
    const seen = new Map();
    let best = lane.of[k], most = 0;
    for (let m = k; m < l; m += step) {
      const i = lane.of[m];
      const n = (seen.get(this.model.cause[i]) || 0) + (this.dim(i) ? 0.01 : 1);
      seen.set(this.model.cause[i], n);
      if (n > most) [best, most] = [i, n];
    }
    return best;
  },

  drawHypervisor(c) {
    const y = AXIS + 10, height = HV - 20, { model } = this;
    this.columns(
      model.exits,
      (i) => model.d[i],
      (i, x0, x1) => {
        const width = Math.max(x1 - x0, 1);
        c.globalAlpha = this.dim(i) ? 0.15 : 1;
        c.fillStyle = this.colours[model.cause[i]];
        if (width > 6) {
          c.beginPath();
          c.roundRect(x0, y, width - 1, height, 3);
          c.fill();
          this.label(c, this.nameOf(i), x0, width - 1, y + height / 2);
        } else {
          c.fillRect(x0, y, width, height);
        }
        if (i === this.picked) this.outline(c, x0, y, width, height);
      },
      (x, k, l, share) => {
        const i = this.commonest(model.exits, k, l);
        const h = Math.max(5, height * share);
        c.globalAlpha = this.dim(i) ? 0.15 : 1;
        c.fillStyle = this.colours[model.cause[i]];
        c.fillRect(x, y + height - h, 1, h);
      }
    );
    c.globalAlpha = 1;
    this.columns(
      model.hosts,
      () => 0,
      (i, x0) => this.mark(c, i, x0, AXIS + 2, 8),
      (x) => c.fillRect(x, AXIS + 2, 1, 8)
    );
  },

  nameOf(i) {
    const cause = this.model.causeOf(i), detail = this.model.detailOf(i);
    const short = SHORT[cause.key] ?? cause.words;
    return `${short} ${detail.replace("guest-physical ", "")}`.trim() || cause.words;
  },

  outline(c, x, y, width, height) {
    c.globalAlpha = 1;
    c.strokeStyle = this.ink;
    c.lineWidth = 2;
    c.strokeRect(x - 2, y - 2, width + 3, height + 4);
  },

  label(c, text, x, width, y) {
    const left = Math.max(x, this.gutter), room = Math.min(x + width, this.width) - left - 12;
    if (room < 24) return;
    const fits = Math.floor(room / 6.4);
    const short = text.length > fits ? text.slice(0, Math.max(1, fits - 1)) + "…" : text;
    c.fillStyle = "#fff";
    c.textAlign = "left";
    c.fillText(short, left + 6, y, room);
  },

  // A trap above the guest's bar: solid, or hollow where its time is a guess.
  mark(c, i, x, y, height) {
    c.globalAlpha = this.dim(i) ? 0.15 : 1;
    c.fillStyle = c.strokeStyle = this.colours[this.model.cause[i]];
    if (this.model.exact[i]) {
      c.fillRect(x - 1, y, 2, height);
    } else {
      c.lineWidth = 1;
      c.strokeRect(x - 1.5, y + 0.5, 3, height - 1);
    }
    if (i === this.picked) this.outline(c, x - 2, y, 4, height);
    c.globalAlpha = 1;
  },

  drawGuest(c, lane, vm) {
    const { model } = this, y = this.top(vm), bar = y + 44, thick = 18;
    let edge = -Infinity; // of the last name
    c.font = "12px system-ui, sans-serif";
    const isExit = (i) => model.kind[model.cause[i]] === "exit";
    this.columns(
      lane,
      () => 0,
      (i, x) => {
        const from = this.x(model.t[i] - model.ran[i]);
        c.fillStyle = this.accent;
        c.globalAlpha = 0.45;
        if (model.ran[i]) c.fillRect(from, bar, Math.max(x - from, 1), thick);
        const tall = isExit(i);
        this.mark(c, i, x, tall ? y + 24 : y + 32, tall ? 38 : 12);
        const name = model.placeOf(i)[0];
        if (x > edge + 8 && x > this.gutter && !this.dim(i)) {
          const width = c.measureText(name).width;
          if (this.roomAfter(lane, i, x) > width + 8) {
            this.places.push([name, x + 1, y + 15]);
            edge = x + width;
          }
        }
      },
      (x, k, l, share) => {
        const i = this.commonest(lane, k, l);
        c.fillStyle = this.accent;
        c.globalAlpha = 0.45;
        c.fillRect(x, bar + thick * (1 - share), 1, thick * share);
        c.globalAlpha = this.dim(i) ? 0.15 : 1;
        c.fillStyle = this.colours[model.cause[i]];
        const h = Math.min(18, 5 + 3 * Math.log2(l - k));
        c.fillRect(x, bar - 2 - h, 1, h);
        c.globalAlpha = 1;
      }
    );
    if (model.tail && model.tail[2] === vm) {
      const from = this.x(model.tail[0]), to = this.x(model.tail[1]);
      c.fillStyle = this.accent;
      c.globalAlpha = 0.45;
      c.fillRect(from, bar, Math.max(1, to - from), thick);
      c.globalAlpha = 1;
    }
  },

  // Pixels up to the next trap of the lane.
  roomAfter(lane, i, x) {
    const k = lowerBound(lane.of, i + 1);
    return k < lane.of.length ? this.x(lane.t[k]) - x : this.width - x;
  },

  // The whole run, above the lanes.
  drawOverview() {
    const c = this.overview.getContext("2d"), { model } = this;
    const height = 44, width = this.width - this.gutter;
    const per = (model.end - model.begin || 1) / width;
    c.clearRect(0, 0, this.width, height);
    let k = 0;
    for (let x = 0; x < width; x++) {
      const l = lowerBound(model.t, model.begin + (x + 1) * per, k);
      if (l > k) {
        const i = this.commonest({ of: model.all }, k, l);
        const h = Math.min(height - 10, 6 + 4 * Math.log2(l - k));
        c.globalAlpha = this.dim(i) ? 0.2 : 0.9;
        c.fillStyle = this.colours[model.cause[i]];
        c.fillRect(this.gutter + x, height - 4 - h, 1, h);
      }
      k = l;
    }
    c.globalAlpha = 1;
    const x0 = this.gutter + Math.max(0, (this.a - model.begin) / per);
    const x1 = this.gutter + Math.min(width, (this.b - model.begin) / per);
    c.fillStyle = this.accent;
    c.globalAlpha = 0.14;
    c.fillRect(x0, 0, Math.max(2, x1 - x0), height);
    c.globalAlpha = 1;
    c.strokeStyle = this.accent;
    c.lineWidth = 1.5;
    c.strokeRect(x0 + 0.75, 0.75, Math.max(2, x1 - x0) - 1.5, height - 1.5);
    if (this.gutter) {
      c.fillStyle = this.soft;
      c.font = "12px system-ui, sans-serif";
      c.textAlign = "left";
      c.textBaseline = "middle";
      c.fillText("the whole run", 14, height / 2);
    }
  },
});
