// Draws the interrupts: from station to station, while there are not too many.
"use strict";

const WAYS = { timer: "#1f9d55", software: "#8b5cf6", source: "#0f9b9b" };
const ROOM = 14; // pixels: what an interrupt needs for its arrows to be seen

const wayColour = (name) => WAYS[name.split(" ")[0]] || OTHER;

Object.assign(View.prototype, {
  spotOf(station) {
    const y = this.top(station.lane) + (station.lane === HOST ? HV - 8 : 28);
    return [this.x(station.t), y];
  },

  drawWays(c) {
    const seen = this.model.paths.filter((p) => p.end >= this.a && p.from <= this.b);
    this.spots = [];
    this.hidden = seen.length * ROOM > this.width - this.gutter ? seen.length : 0;
    if (this.hidden) {
      const text = `${count(this.hidden)} interrupts here: zoom in for their arrows`;
      this.places.push([text, this.width - 10 - c.measureText(text).width, AXIS + HV - 8]);
      return;
    }
    for (const path of seen) {
      const spots = path.stations.map((station) => this.spotOf(station));
      c.strokeStyle = c.fillStyle = wayColour(path.name);
      c.globalAlpha = this.way && this.way !== path ? 0.25 : 1;
      c.lineWidth = this.way === path ? 2.5 : 1.5;
      for (let i = 1; i < spots.length; i++) this.leg(c, spots[i - 1], spots[i]);
      spots.forEach(([x, y], i) => {
        c.beginPath();
        c.arc(x, y, this.way === path ? 4.5 : 3.5, 0, 7);
        c.fill();
        this.spots.push({ x, y, path, station: path.stations[i] });
      });
    }
    c.globalAlpha = 1;
  },

  leg(c, [x0, y0], [x1, y1]) {
    if (Math.abs(x1 - x0) + Math.abs(y1 - y0) < 8) return;
    const bend = y0 === y1 ? -Math.min(26, 8 + Math.abs(x1 - x0) / 8) : 0;
    const lean = y0 === y1 ? 0 : (y1 - y0) * 0.55;
    const [cx0, cy0] = [x0 + (bend ? (x1 - x0) / 4 : 0), y0 + lean + bend];
    const [cx1, cy1] = [x1 - (bend ? (x1 - x0) / 4 : 0), y1 - lean + bend];
    c.beginPath();
    c.moveTo(x0, y0);
    c.bezierCurveTo(cx0, cy0, cx1, cy1, x1, y1);
    c.stroke();
    const angle = Math.atan2(y1 - cy1, x1 - cx1);
    c.beginPath();
    c.moveTo(x1, y1);
    for (const side of [0.45, -0.45])
      c.lineTo(x1 - 10 * Math.cos(angle + side), y1 - 10 * Math.sin(angle + side));
    c.fill();
  },
});
