// Opens the report's pages in Chromium and prints what is wrong with them, a line a finding.
// usage: page.mjs CHROMIUM FOLDER, where the pages lie
import { chromium } from "playwright-core";
import { pathToFileURL } from "node:url";

const [executablePath, folder] = process.argv.slice(2);
const findings = [];
const check = (holds, what) => { if (!holds) findings.push(what); };
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

// Runs `look` on the page, which must be quiet and ask nobody for anything.
const open = async (name, options, look) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const address = pathToFileURL(`${folder}/${name}.html`).href;
  const where = `${name} ${JSON.stringify(options)}`;
  page.on("request", (request) => check(request.url() === address, `${where}: asks for ${request.url()}`));
  page.on("console", (message) => check(false, `${where}: the console says ${message.text()}`));
  page.on("pageerror", (error) => check(false, `${where}: the script fails: ${error.message}`));
  page.on("dialog", (dialog) => { check(false, `${where}: a dialog says ${dialog.message()}`); dialog.dismiss(); });
  await page.goto(address);
  await look(page, where);
  await context.close();
};

// Of the page's two ends, whatever it shows.
const stands = async (page, where) => {
  check(await page.locator("figure.circle svg").isVisible(), `${where}: the circle is not shown`);
  check(await page.locator("#matrix table").isVisible(), `${where}: the matrix is not shown`);
  check(await page.locator("#matrix tbody tr").count() === 8, `${where}: the matrix has not a row for each objective`);
  check(await page.locator("svg .arc").count() === 7, `${where}: the circle has not an arc for each objective and role trust`);
  check(await page.locator("svg .whole").count() === 1, `${where}: the circle has no ring for the whole`);
  check(await page.locator("footer").isVisible(), `${where}: the page ends early`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(wide <= 0, `${where}: the page is ${wide} pixels wider than its window`);
};

// The contrast of text that is seen against what is behind it, by WCAG's formula.
const contrasts = (page) => page.evaluate(() => {
  const light = (text) => {
    const [r, g, b] = text.match(/[\d.]+/g).map(Number).map((one) => one / 255).map((one) => one <= .03928 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const ground = (at) => {
    for (; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!/, 0\)$/.test(colour) && colour !== "transparent") return colour;
    }
    return "rgb(255, 255, 255)";
  };
  return [...document.querySelectorAll("h1, p, th, td, dt, .verdict, .asks, .place, .n, .badge, code")].filter((one) => one.textContent.trim() && one.checkVisibility()).map((one) => {
    const [a, b] = [light(getComputedStyle(one).color), light(ground(one))];
    return { what: `${one.tagName}.${one.className}`, ratio: (Math.max(a, b) + .05) / (Math.min(a, b) + .05) };
  }).filter((one) => one.ratio < 4.5).map((one) => `${one.what} ${one.ratio.toFixed(2)}`);
});

for (const name of ["holding", "leaking", "many", "hostile"]) {
  for (const options of [{}, { colorScheme: "dark" }, { viewport: { width: 390, height: 800 } }, { javaScriptEnabled: false }]) {
    await open(name, options, async (page, where) => {
      if (options.javaScriptEnabled !== false) await stands(page, where);
      else check(await page.locator("#matrix table").isVisible(), `${where}: needs its script`);
      if (name === "leaking" && options.javaScriptEnabled !== false) {
        for (const dim of new Set(await contrasts(page))) check(false, `${where}: hard to read: ${dim}`);
      }
    });
  }
}

await open("leaking", {}, async (page, where) => {
  // From a cell of the matrix to its leaks, and there to the request, the file and the fix.
  const leak = page.locator("#leak-1");
  await page.getByRole("button", { name: "Close all" }).click();
  check(!await leak.locator("dl").isVisible(), `${where}: a closed leak shows its request`);
  await page.locator("#row-2 td.figure a").first().click();
  check(page.url().endsWith("#leaks-resource-principals"), `${where}: a cell leads to ${page.url()}`);
  await leak.locator("dl").waitFor({ state: "visible" });
  // The page scrolls there smoothly, so it is awaited.
  const in_sight = () => document.querySelector("#leaks-resource-principals").getBoundingClientRect().top < innerHeight;
  check(await page.waitForFunction(in_sight, null, { timeout: 10_000 }).then(() => true, () => false), `${where}: the leaks are not in sight`);
  const text = await leak.innerText();
  for (const part of ["anonymous", "s3:GetObject", "198.51.100.7", "policies/books.json:6:5", "\"Sid\": \"Public\"", "resource control policy"])
    check(text.includes(part), `${where}: the leak does not tell \`${part}\``);

  // From an arrow too, with the keyboard.
  await page.getByRole("button", { name: "Close all" }).click();
  await page.locator("svg a.crossing").first().focus();
  await page.keyboard.press("Enter");
  await page.locator("details.one[open]").waitFor();

  // What is searched for remains, with its heading.
  await page.getByLabel("Search").fill("s3:PutObject");
  check(!await leak.isVisible() && await page.locator("#leak-2").isVisible(), `${where}: the search does not leave what fits`);
  check(!await page.locator("#leaks-resource-principals").isVisible(), `${where}: a heading without leaks stays`);
  await page.getByLabel("Search").fill("");
  await page.getByLabel("Objective").selectOption("resource/principals");
  check(await leak.isVisible() && !await page.locator("#leak-2").isVisible(), `${where}: the objective does not leave what fits`);

  check(await page.locator("svg line.gate").count() === 2, `${where}: an exception in use has no gate`);
  check(await page.locator("svg .arc.inconclusive").count() === 1, `${where}: what is not decided has no arc`);
  check((await page.locator("svg .arc.inconclusive").evaluate((one) => getComputedStyle(one).fill)).includes("hatch"), `${where}: what is not decided is not hatched`);
  check(await page.locator("svg a.crossing").count() === 2, `${where}: a leak has no arrow`);
});

await open("many", {}, async (page, where) => {
  check(await page.locator("details.one[open]").count() === 12, `${where}: too many leaks are open at first`);
  await page.goto(`${page.url()}#leak-150`);
  await page.locator("#leak-150 dl").waitFor({ state: "visible" });
});

await open("hostile", {}, async (page, where) => {
  check(!await page.title().then((title) => title === "1"), `${where}: a script of the estate's ran`);
  check(await page.locator("script").count() === 1 && await page.locator("img").count() === 0, `${where}: a name became an element`);
  check((await page.locator("header code").innerText()).startsWith("</svg></style></script><script>"), `${where}: a name is not shown as it is`);
});

await open("leaking", {}, async (page, where) => {
  await page.emulateMedia({ media: "print" });
  check(!await page.locator("form.tools").isVisible(), `${where}: tools are printed`);
});

await browser.close();
for (const finding of findings) console.log(finding);
console.log(`page: ${findings.length} findings`);
process.exit(findings.length === 0 ? 0 : 1);
