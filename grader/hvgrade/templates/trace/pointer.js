// Mouse and fingers on the lanes, and what is told of the place under them.
"use strict";

Object.assign(Page.prototype, {
  tip(hit, x, y) {
    const tip = $("tip"), { model } = this;
    tip.hidden = !hit;
    this.view.canvas.style.cursor = hit && !hit.runsTo ? "pointer" : "";
    if (!hit) return;
    tip.replaceChildren();
    if (hit.spot) {
      const { path, station } = hit.spot;
      tip.append(element("b", `${path.name} of ${model.vmName(path.vm)}`), element("br"));
      tip.append(`${model.data.texts[station.text]}, at ${count(station.start)}`);
    } else if (hit.runsTo >= 0) {
      tip.append(element("b", `${model.vmName(model.vm[hit.runsTo])} runs`), element("br"));
      tip.append(`${plural(model.ran[hit.runsTo])}, up to ${model.placeOf(hit.runsTo)[0]}`);
    } else {
      const cause = model.causeOf(hit.trap);
      tip.append(element("b", cause.words));
      for (const [name, value] of this.facts(hit.trap))
        tip.append(element("br"), `${name} ${value}`);
    }
    const room = $("stage").clientWidth;
    tip.style.left = `${Math.max(4, Math.min(x + 14, room - tip.offsetWidth - 4))}px`;
    const below = y + 18 + 44;
    const over = below + tip.offsetHeight > $("stage").clientHeight;
    tip.style.top = `${over ? Math.max(2, y + 44 - tip.offsetHeight - 12) : below}px`;
  },

  mouse() {
    const { view, fingers } = this, { canvas } = view;
    let moved = 0;
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
        view.move((event.deltaX || event.deltaY) / view.width);
      else view.zoom(1.0016 ** event.deltaY, event.offsetX);
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      fingers.set(event.pointerId, event.offsetX);
      canvas.setPointerCapture(event.pointerId);
      if (fingers.size === 1) moved = 0;
    });
    canvas.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (before === undefined) {
        this.tip(view.under(event.offsetX, event.offsetY), event.offsetX, event.offsetY);
        return;
      }
      const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, x]) => x);
      if (others.length) {
        const [was, is] = [before - others[0], event.offsetX - others[0]].map(Math.abs);
        view.zoom(Math.min(4, Math.max(0.25, (was + 1) / (is + 1))), others[0]);
      } else {
        view.move((before - event.offsetX) / (view.width - view.gutter));
      }
      moved += Math.abs(event.offsetX - before);
      canvas.classList.toggle("dragged", moved > 4);
      fingers.set(event.pointerId, event.offsetX);
      $("tip").hidden = true;
    });
    const up = (event) => {
      fingers.delete(event.pointerId);
      canvas.classList.remove("dragged");
      if (event.type === "pointerup" && moved <= 4) this.click(event);
    };
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
    canvas.addEventListener("pointerleave", () => ($("tip").hidden = true));
    canvas.addEventListener("dblclick", (event) => view.zoom(0.25, event.offsetX));
  },

  click(event) {
    const hit = this.view.under(event.offsetX, event.offsetY);
    if (hit && hit.spot) {
      this.view.way = hit.spot.path;
      this.tell();
      this.view.later();
    } else {
      this.pick(hit && hit.trap >= 0 ? hit.trap : -1);
    }
  },

  overview() {
    const { view } = this, canvas = view.overview;
    const go = (event) => {
      if (!event.buttons) return;
      const part = (event.offsetX - view.gutter) / (view.width - view.gutter);
      const { begin, end } = this.model;
      const half = (view.b - view.a) / 2, t = begin + part * (end - begin);
      view.show(t - half, t + half);
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      go(event);
    });
    canvas.addEventListener("pointermove", go);
  },
});
