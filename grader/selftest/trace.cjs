// trace.cjs - the page of `make trace` in Chromium: `make check-trace` runs it on
// the folders of three runs. One has 100,000 exits, one has interrupts, and in one
// nothing is written yet. Pictures go beside them.
"use strict";

const path = require("path");
const { pathToFileURL } = require("url");
const { chromium } = require("playwright-core");

const folder = path.resolve(process.argv[2]);
const problems = [];
let passed = 0;

function check(what, good) {
  if (good) passed++;
  else problems.push(what);
}

async function open(context, run) {
  const tab = await context.newPage();
  const told = (text) => problems.push(`${run}: ${text}`);
  tab.on("console", (m) => m.type() === "error" && told(m.text()));
  tab.on("pageerror", (error) => told(error.message));
  tab.on("request", (r) => {
    if (!/^(file|data|blob):/.test(r.url())) told(`asks for ${r.url()}`);
  });
  await tab.goto(pathToFileURL(path.join(folder, run, "index.html")).href);
  return tab;
}

const seen = (tab) => tab.evaluate(() => [view.a, view.b]);
const size = async (tab) => (([a, b]) => b - a)(await seen(tab));
const frame = (tab) => tab.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0))));

async function press(tab, ...keys) {
  for (const key of keys) {
    await tab.keyboard.press(key);
    await frame(tab);
  }
}

// The middle of the block of exit k, and of the mark that its VM has.
const spots = (tab, k) =>
  tab.evaluate((k) => {
    const i = model.exits.of[k];
    const [x0, x1] = [view.x(model.t[i]), view.x(model.t[i] + model.d[i])];
    return { block: [(x0 + x1) / 2, view.top(-1) + 30], mark: [x0, view.top(model.vm[i]) + 40] };
  }, k);

async function checkZoom(tab) {
  const whole = await size(tab);
  await tab.locator("#lanes").hover({ position: { x: 640, y: 60 } });
  const before = await tab.evaluate(() => view.t(640));
  await tab.mouse.wheel(0, -500);
  await frame(tab);
  check("the wheel does not zoom", (await size(tab)) < 0.6 * whole);
  const after = await tab.evaluate(() => view.t(640));
  check("what is under the mouse does not stay there", Math.abs(after - before) < whole / 1e4);
  await press(tab, "+", "+");
  check("+ does not zoom", (await size(tab)) < 0.25 * whole);
  const [a] = await seen(tab);
  await press(tab, "ArrowRight");
  check("the arrow keys do not move", (await seen(tab))[0] > a);
  const [b] = await seen(tab);
  await tab.mouse.down();
  await tab.mouse.move(840, 300, { steps: 4 });
  await tab.mouse.up();
  await frame(tab);
  check("dragging does not move", (await seen(tab))[0] < b);
  await press(tab, "0");
  check("0 does not show the whole run", Math.abs((await size(tab)) - whole) < 1);
  for (const [button, larger] of [["#in", false], ["#out", true], ["#in", false], ["#fit", true]]) {
    const was = await size(tab);
    await tab.locator(button).click();
    await frame(tab);
    check(`${button} does nothing`, larger ? (await size(tab)) > was : (await size(tab)) < was);
  }
}

async function checkHover(tab) {
  await press(tab, "n", "n", "n", "Enter");
  const k = await tab.evaluate(() => lowerBound(model.exits.of, view.picked));
  for (const [what, [x, y]] of Object.entries(await spots(tab, k))) {
    await tab.locator("#lanes").hover({ position: { x, y } });
    const text = await tab.locator("#tip").innerText();
    check(`${what}: the tip says "${text}"`, /fault|call|interrupt/.test(text) && /took [\d,]+ instr/.test(text));
    check(`${what}: no function in "${text}"`, /at \w+(\+0x[0-9a-f]+)? \(0x[0-9a-f]+\)/.test(text));
  }
  const told = await tab.locator("#picked").innerText();
  check(`the picked exit is told as "${told}"`, /the guest had run/.test(told));
}

async function checkArrows(tab) {
  await tab.evaluate(() => view.show(...[0, 3].map((i) => model.paths[i].from)));
  await frame(tab);
  const spot = await tab.evaluate(() => view.spots.find((s) => s.path === model.paths[0]));
  check("no arrow is drawn", Boolean(spot));
  await tab.locator("#lanes").click({ position: { x: spot.x, y: spot.y } });
  const told = await tab.locator("#picked").innerText();
  for (const words of ["claimed on the hardware", "injected", "claimed by the guest", "completed by the guest"])
    check(`the arrow does not tell "${words}"`, told.includes(words));
}

async function checkSearch(tab, word) {
  await press(tab, "Escape", "0", "/");
  await tab.keyboard.type(word);
  await frame(tab);
  const found = await tab.locator("#found").innerText();
  const count = await tab.evaluate(
    (word) => Array.from(model.t.keys()).filter((i) => model.placeOf(i)[0].includes(word)).length,
    word
  );
  check(`${word}: ${found}`, count > 0 && found.startsWith(`${count.toLocaleString("en")} of `));
  await press(tab, "Enter");
  const place = await tab.evaluate(() => model.placeOf(view.picked)[0]);
  check(`searching for ${word} leads to ${place}`, place.includes(word));
  await press(tab, "Escape");
  check("Escape does not end the search", (await tab.locator("#found").innerText()) === "");
}

async function checkTable(tab) {
  const rows = await tab.locator("#causes tbody tr:not(.part)").evaluateAll((all) =>
    all.map((row) => [...row.cells].map((cell) => cell.textContent))
  );
  const exits = rows.filter((row) => row[7] === "exit");
  const sum = exits.reduce((n, row) => n + Number(row[1].replace(/,/g, "")), 0);
  check(`${sum} exits in the table`, sum === (await tab.evaluate(() => model.exits.of.length)));
  const row = tab.locator("#causes tbody tr").first();
  const wanted = await row.locator("td").nth(1).innerText();
  await row.click();
  await frame(tab);
  const found = await tab.locator("#found").innerText();
  check(`a row of ${wanted} finds ${found}`, found.startsWith(`${wanted} of `));
  await press(tab, "Escape");
}

// How long pictures take while one zooms in, moves and zooms out: milliseconds.
async function checkSpeed(tab) {
  const times = await tab.evaluate(async () => {
    const times = [];
    const steps = [() => view.zoom(0.85), () => view.move(0.05), () => view.zoom(1 / 0.85)];
    for (const step of steps)
      for (let i = 0; i < 60; i++) {
        step();
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
        times.push(view.drawn);
      }
    return times.sort((a, b) => a - b);
  });
  const at = (part) => times[Math.floor(part * (times.length - 1))];
  const exits = await tab.evaluate(() => model.exits.of.length);
  const words = [0.5, 0.95, 1].map((part) => at(part).toFixed(1)).join(", ");
  console.log(`${exits} exits: a picture takes ${words} ms (median, 95 %, worst)`);
  check(`only ${exits} exits`, exits >= 100000);
  check(`half of the pictures take more than ${at(0.5)} ms`, at(0.5) < 16);
}

async function checkPhone(tab) {
  const width = await tab.evaluate(() => document.documentElement.scrollWidth);
  check(`${width} pixels wide on a phone of 390`, width <= 390);
  const whole = await size(tab);
  await tab.locator("#in").tap();
  await frame(tab);
  check("a tap on + does not zoom", (await size(tab)) < whole);
  await tab.locator("#next").tap();
  await frame(tab);
  const told = await tab.locator("#picked").innerText();
  check(`after a tap on the arrow: "${told}"`, /took|about/.test(told));
}

async function main() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  const desk = { viewport: { width: 1280, height: 900 } };
  const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
  const contexts = {
    light: await browser.newContext(desk),
    dark: await browser.newContext({ ...desk, colorScheme: "dark" }),
    phone: await browser.newContext(phone),
  };
  for (const run of ["many", "interrupts", "unwritten"])
    for (const [name, context] of Object.entries(contexts)) {
      const tab = await open(context, run);
      const picture = (what) =>
        tab.screenshot({ path: path.join(folder, `${run}-${name}${what}.png`), fullPage: true });
      await picture("");
      if (run === "unwritten") {
        const text = await tab.locator("header").innerText();
        check(`unwritten: "${text}"`, text.includes("is not written yet"));
      } else if (name === "phone") {
        await checkPhone(tab);
      } else {
        await checkZoom(tab);
        await checkHover(tab);
        await picture("-near");
        await checkTable(tab);
      }
      if (run === "interrupts" && name !== "phone") {
        await checkArrows(tab);
        await picture("-arrows");
        await checkSearch(tab, "take+");
      }
      if (run === "many" && name === "light") await checkSpeed(tab);
      await tab.close();
    }
  await browser.close();
  problems.forEach((problem) => console.log(problem));
  console.log(`pictures: ${path.relative(".", folder)}`);
  console.log(`${passed} passed, ${problems.length} failed`);
  process.exit(problems.length ? 1 : 0);
}

main();
