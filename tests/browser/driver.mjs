// Debian's Chromium, steered by a test: takes one JSON line for each thing to do, {"tab", "verb", "arguments"}, and answers with one,
// {"value"} or {"error"}. tests/support/browser.py is the other end.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const [executablePath, patience] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const tabs = [];

/** By CSS, or by role and name as a person finds it: "button:Drain ops1…". */
function find(page, where) {
  const byRole = /^([a-z]+):(.+)$/.exec(where);
  return byRole ? page.getByRole(byRole[1], { name: byRole[2], exact: true }) : page.locator(where);
}

/** `clock`: the page's time goes on by passTime alone. */
async function open({ clock, ...options }) {
  const context = await browser.newContext({ serviceWorkers: "block", ...options });
  context.setDefaultTimeout(Number(patience));
  if (clock) await context.clock.install();
  const tab = { page: await context.newPage(), said: [], asked: [] };
  tab.page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) tab.said.push(message.text());
  });
  tab.page.on("pageerror", (error) => tab.said.push(String(error)));
  tab.page.on("request", (request) => tab.asked.push(request.url()));
  tabs.push(tab);
  return tabs.length - 1;
}

const verbs = {
  goto: ({ page }, url) => page.goto(url).then(() => null),
  /** Until something at `where` has text in which `pattern` is found. */
  wait: ({ page }, where, pattern) =>
    find(page, where)
      .filter({ hasText: new RegExp(pattern) })
      .first()
      .waitFor({ state: "attached" }),
  waitGone: ({ page }, where) => find(page, where).first().waitFor({ state: "hidden" }),
  click: ({ page }, where) => find(page, where).click(),
  async hover({ page }, where, across) {
    const { width, height } = await find(page, where).boundingBox();
    await find(page, where).hover({ position: { x: width * across, y: height / 2 } });
  },
  type: ({ page }, text) => page.keyboard.type(text),
  press: ({ page }, key) => page.keyboard.press(key),
  texts: ({ page }, where) => find(page, where).allInnerTexts(),
  attribute: ({ page }, where, name) => find(page, where).first().getAttribute(name),
  visible: ({ page }, where) => find(page, where).first().isVisible(),
  evaluate: ({ page }, script) => page.evaluate(script),
  /** Hides the tab, or shows it again, as far as the page can tell. */
  hide: ({ page }, hidden) =>
    page.evaluate((to) => {
      Object.defineProperty(document, "hidden", { configurable: true, value: to });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden),
  passTime: ({ page }, milliseconds) => page.clock.runFor(milliseconds),
  screenshot: ({ page }, path, fullPage) =>
    page.screenshot({ path, fullPage, animations: "disabled" }).then(() => null),
  /** What axe-core finds, in words. */
  async violations({ page }) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    return violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.failureSummary} ${node.html}`));
  },
  close: ({ page }) => page.context().close(),
  said: (tab) => tab.said,
  asked: (tab) => tab.asked,
};

function answer(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

answer({ value: browser.version() });
for await (const line of createInterface({ input: process.stdin })) {
  const { tab, verb, arguments: given } = JSON.parse(line);
  try {
    answer({ value: (await (verb === "open" ? open(...given) : verbs[verb](tabs[tab], ...given))) ?? null });
  } catch (error) {
    answer({ error: String(error.message ?? error) });
  }
}
await browser.close();
