// browser.cjs - the handbook as a reader meets it: every page opened from its
// folder in Chromium. `make check-docs` runs it; pictures go beside the site.
"use strict";

const fs = require("fs");
const path = require("path");
const { pathToFileURL } = require("url");
const { chromium } = require("playwright-core");

const site = path.resolve(process.argv[2]);
const pictures = path.join(path.dirname(site), "pictures");
const problems = [];
let passed = 0;

const url = (page) => pathToFileURL(path.join(site, page)).href;

function check(what, good) {
  if (good) passed++;
  else problems.push(what);
}

function filesIn(folder, end) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(file, end);
    return file.endsWith(end) ? [path.relative(site, file)] : [];
  });
}

// Every link and picture that stays inside of the site leads to something.
function checkLinks(page) {
  const html = fs.readFileSync(path.join(site, page), "utf8");
  for (const [, target] of html.matchAll(/ (?:href|src)="?([^">\s]+)/g)) {
    if (/^(https?:|mailto:|data:|\/\/)/.test(target)) continue;
    const [file, anchor] = target.replace(/&amp;/g, "&").split("#");
    const other = file
      ? path.join(site, path.dirname(page), decodeURIComponent(file))
      : path.join(site, page);
    let good = fs.existsSync(other);
    if (good && anchor && other.endsWith(".html")) {
      const id = decodeURIComponent(anchor);
      const text = fs.readFileSync(other, "utf8");
      good = id === "__comments" || new RegExp(` (id|name)="?${id}[">\\s]`).test(text);
    }
    check(`${page}: ${target} leads nowhere`, good);
  }
}

async function open(context, page) {
  const tab = await context.newPage();
  const told = (text) => problems.push(`${page}: ${text}`);
  tab.on("console", (m) => m.type() === "error" && told(m.text()));
  tab.on("pageerror", (error) => told(error.message));
  tab.on("requestfailed", (r) => told(`${r.url()} failed`));
  tab.on("request", (r) => {
    if (!/^(file|data|blob):/.test(r.url())) told(`asks for ${r.url()}`);
  });
  await tab.goto(url(page));
  return tab;
}

async function picture(tab, name, options = {}) {
  const file = path.join(pictures, `${name}.png`);
  await tab.screenshot({ path: file, timeout: 120000, ...options });
}

// The words of a figure stay in their boxes, and can be read on either page.
async function checkFigure(context, file) {
  const tab = await open(context, file);
  const wrong = await tab.evaluate(() => {
    const light = "rgb(255, 255, 255)";
    const dark = "rgb(30, 33, 41)";
    const luminance = (colour) => {
      const [r, g, b] = colour.match(/[\d.]+/g).map((part) => {
        const c = part / 255;
        return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (one, other) => {
      const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
      return (high + 0.05) / (low + 0.05);
    };
    const inside = (box, x, y) =>
      box.x <= x && x < box.x + box.width && box.y <= y && y < box.y + box.height;
    const [, , width, height] = document.documentElement
      .getAttribute("viewBox")
      .split(" ")
      .map(Number);
    const boxes = Array.from(document.querySelectorAll("rect"), (rect) => ({
      at: rect.getBBox(),
      fill: getComputedStyle(rect).fill,
    })).sort((a, b) => a.at.width * a.at.height - b.at.width * b.at.height);
    const found = [];
    for (const text of document.querySelectorAll("text")) {
      if (!text.textContent.trim()) continue;
      const at = text.getBBox();
      const end = at.x + at.width;
      const box = boxes.find((b) => inside(b.at, at.x + 2, at.y + at.height / 2));
      if (at.x < 0 || end > width || at.y < 0 || at.y + at.height > height)
        found.push(`"${text.textContent}" leaves the figure`);
      if (box && end > box.at.x + box.at.width)
        found.push(`"${text.textContent}" leaves its box`);
      const filled = box && box.fill !== "none";
      const least = filled ? 4.5 : 3.8;
      for (const ground of filled ? [box.fill] : [light, dark])
        if (contrast(getComputedStyle(text).fill, ground) < least)
          found.push(`"${text.textContent}" is too faint on ${ground}`);
    }
    return found;
  });
  check(`${file}: ${wrong.join("; ")}`, wrong.length === 0);
  await tab.close();
}

async function checkSearch(context, page, word) {
  const tab = await open(context, page);
  if (await tab.locator("label[for=__search]").first().isVisible())
    await tab.locator("label[for=__search]").first().click();
  await tab.locator("input.md-search__input").pressSequentially(word);
  await tab.keyboard.press("End"); // Chinese arrives without keys
  const found = tab.locator(".md-search-result__item a");
  await found.first().waitFor({ timeout: 60000 }).catch(() => {});
  const count = await found.count();
  check(`${page}: the search does not find ${word}`, count > 0);
  await picture(tab, `search-${page.replace(/\W/g, "-")}`);
  if (count) {
    await found.first().click();
    await tab.waitForLoadState();
    const text = await tab.locator("article").innerText();
    check(`${page}: the page found has no ${word}`, text.includes(word));
  }
  await tab.close();
}

async function checkAnswers(context, page) {
  const tab = await open(context, page);
  const answers = tab.locator("article details");
  const count = await answers.count();
  check(`${page}: no hidden answers`, count > 0);
  for (let i = 0; i < count; i++) {
    const body = answers.nth(i).locator("> :not(summary)").first();
    check(`${page}: answer ${i} is not hidden`, !(await body.isVisible()));
    await answers.nth(i).locator("> summary").click();
    check(`${page}: answer ${i} does not open`, await body.isVisible());
  }
  await picture(tab, `answers-${page.replace(/\W/g, "-")}`);
  await tab.close();
}

async function checkLanguages(context, from, to, lang) {
  const tab = await open(context, from);
  await tab.locator(".md-select button").hover();
  await tab.locator(`.md-select__link[hreflang=${lang}]`).click();
  await tab.waitForLoadState();
  check(`${from}: ${lang} leads to ${tab.url()}`, tab.url() === url(to));
  const is = await tab.locator("html").getAttribute("lang");
  check(`${to}: is in ${is}`, is === lang);
  await tab.close();
}

async function checkPhone(context, page) {
  const tab = await open(context, page);
  const width = await tab.evaluate(() => document.documentElement.scrollWidth);
  check(`${page}: ${width} pixels wide on a phone of 390`, width <= 390);
  const size = await tab.evaluate(() =>
    parseFloat(getComputedStyle(document.querySelector("article p, article li, article")).fontSize)
  );
  check(`${page}: text of ${size} pixels on a phone`, size >= 14);
  await tab.close();
}

async function main() {
  fs.rmSync(pictures, { recursive: true, force: true });
  fs.mkdirSync(pictures, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"].concat(
      ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    ),
  });
  const desk = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const dark = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    colorScheme: "dark",
  });
  const phone = await browser.newContext({
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
  });

  const pages = filesIn(site, ".html").filter((page) => !page.endsWith("404.html"));
  const prose = pages.filter((page) => !page.includes("code/"));
  pages.forEach(checkLinks);
  const code = pages.filter((page) => page.includes("code/")).slice(0, 3);
  for (const page of prose.concat(code)) {
    const tab = await open(desk, page);
    const title = await tab.locator("article h1").first().innerText();
    check(`${page}: no title`, title.trim().length > 0);
    for (const img of await tab.locator("article img").all()) {
      await img.scrollIntoViewIfNeeded();
      const [width, alt] = await img.evaluate(async (e) => {
        await e.decode().catch(() => {});
        return [e.naturalWidth, e.alt];
      });
      check(`${page}: a figure is missing`, width > 0);
      check(`${page}: a figure without words`, alt.length > 20);
    }
    await tab.close();
  }
  for (const page of prose) await checkPhone(phone, page);
  for (const file of filesIn(path.join(site, "figures"), ".svg"))
    await checkFigure(desk, file);

  await checkSearch(desk, "index.html", "hgatp");
  await checkSearch(desk, "zh/index.html", "hgatp");
  await checkSearch(desk, "zh/index.html", "退出");
  await checkSearch(phone, "h2.html", "hgatp");
  const answers = prose.filter((page) => /h[1-5x][a-z]*\.html$/.test(page));
  for (const page of answers)
    if (fs.readFileSync(path.join(site, page), "utf8").includes("<details"))
      await checkAnswers(desk, page);
  await checkAnswers(desk, "hext.html");
  await checkAnswers(desk, "h1.html");
  await checkLanguages(desk, "h1.html", "zh/h1.html", "zh");
  await checkLanguages(desk, "zh/h1.html", "h1.html", "en");
  await checkLanguages(desk, "faq.html", "zh/index.html", "zh");
  await checkLanguages(phone, "zh/hext.html", "hext.html", "en");

  const whole = ["index.html", "hext.html", "bench.html", "zh/h5.html"];
  for (const [context, name] of [[desk, "light"], [dark, "dark"], [phone, "phone"]])
    for (const page of prose) {
      const tab = await open(context, page);
      await tab.waitForTimeout(300);
      await picture(tab, `${name}-${page.replace(/\W/g, "-")}`);
      if (whole.includes(page))
        await picture(tab, `${name}-${page.replace(/\W/g, "-")}-all`, { fullPage: true });
      await tab.close();
    }

  await browser.close();
  problems.forEach((problem) => console.log(problem));
  console.log(`${pages.length} pages; pictures: ${path.relative(".", pictures)}`);
  console.log(`${passed} passed, ${problems.length} failed`);
  process.exit(problems.length ? 1 : 0);
}

main().catch((error) => {
  problems.concat(error.stack).forEach((problem) => console.log(problem));
  process.exit(1);
});
