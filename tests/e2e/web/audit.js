// What is wrong with the page that is shown: a list of texts.
const wrong = [];
const colour = (text) => { const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number); return { r, g, b, a }; };
const over = (top, below) => ({ r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a), b: top.b * top.a + below.b * (1 - top.a), a: 1 });
const light = ({ r, g, b }) => {
  const [x, y, z] = [r, g, b].map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const behind = (element) => {
  const layers = [];
  for (let at = element; at; at = at.parentElement) layers.push(colour(getComputedStyle(at).backgroundColor));
  const page = matchMedia("(prefers-color-scheme: dark)").matches ? { r: 18, g: 18, b: 18, a: 1 } : { r: 255, g: 255, b: 255, a: 1 };
  return layers.reverse().reduce((below, layer) => over(layer, below), page);
};
const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;

// WCAG 2.2, 1.4.3: texts have a contrast of 4.5 at least.
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.textContent.trim() || !shown(element) || element.closest(".unseen,svg,option")) continue;
  const back = behind(element), front = over(colour(getComputedStyle(element).color), back);
  const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
  const contrast = (a + 0.05) / (b + 0.05);
  if (contrast < 4.5) wrong.push(`contrast ${contrast.toFixed(2)}: ${walker.currentNode.textContent.trim()}`);
}
// 4.1.2: whatever can be used says what it is.
for (const field of document.querySelectorAll("input:not([type=hidden]),select,textarea,button,a[href],summary")) {
  const name = field.getAttribute("aria-label") || field.labels?.[0]?.textContent || field.textContent;
  if (shown(field) && !name.trim()) wrong.push(`without a name: ${field.outerHTML.slice(0, 120)}`);
}
// 1.3.1 and 2.4.6: one heading of the first level, and none that skips a level.
const levels = [...document.querySelectorAll("h1,h2,h3,h4")].map((heading) => Number(heading.tagName[1]));
if (levels[0] !== 1 || levels.some((level, at) => at && level > levels[at - 1] + 1) || levels.filter((level) => level === 1).length !== 1) wrong.push(`headings: ${levels}`);
if (!document.documentElement.lang || !document.title) wrong.push("without language or title");
const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
if (new Set(ids).size !== ids.length) wrong.push(`ids twice: ${ids}`);
// 1.4.10: nothing has to be read by scrolling sideways.
if (document.documentElement.scrollWidth > innerWidth + 1) wrong.push(`wider than the window: ${document.documentElement.scrollWidth} of ${innerWidth}`);
return wrong;
