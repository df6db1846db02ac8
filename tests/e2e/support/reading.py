"""Whether a page can be read: colours, sizes, order. Written down from WCAG 2.2, levels A and AA."""

# Gives a sentence for each fault. Colours are composed over what lies behind them, as the eye sees them.
FAULTS = r"""
const faults = [];
const numbers = (colour) => {
  const found = colour.match(/[\d.]+/g).map(Number);
  if (!colour.startsWith("rgb")) throw new Error("a colour that this test cannot read: " + colour);
  return found.length === 3 ? [...found, 1] : found;
};
const over = (front, back) => [0, 1, 2].map((i) => front[i] * front[3] + back[i] * (1 - front[3])).concat(1);
const behind = (element) => {
  const layers = [];
  for (let at = element; at; at = at.parentElement) layers.unshift(numbers(getComputedStyle(at).backgroundColor));
  return layers.reduce((back, front) => over(front, back), [255, 255, 255, 1]);
};
const luminance = (colour) => {
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const [r, g, b] = colour.map((part) => linear(part / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};
const called = (element) => `${element.tagName.toLowerCase()} "${element.textContent.trim().slice(0, 30)}"`;

// 1.4.3: contrast of text.
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let texts = 0;
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
  texts += 1;
  const style = getComputedStyle(element);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  const back = behind(element);
  const found = contrast(over(numbers(style.color), back), back);
  if (found < (large ? 3 : 4.5)) faults.push(`${called(element)} has a contrast of ${found.toFixed(2)}`);
}
if (!texts) faults.push("there is no text");

// 1.4.11: contrast of what one can press or fill in: its border or its ground. 2.5.8: its size.
for (const element of document.querySelectorAll("button, input:not([type=hidden]), a.button, .chips a, summary")) {
  if (!element.checkVisibility()) continue;
  const { width, height } = element.getBoundingClientRect();
  if (width < 24 || height < 24) faults.push(`${called(element)} is ${width} by ${height} small`);
  if (element.tagName === "SUMMARY") continue;
  const around = behind(element.parentElement);
  const border = over(numbers(getComputedStyle(element).borderTopColor), around);
  const found = Math.max(contrast(border, around), contrast(behind(element), around));
  if (found < 3) faults.push(`the edge of ${called(element)} has a contrast of ${found.toFixed(2)}`);
}

// 1.3.1, 2.4.6: one main part with one heading that comes first, and no level left out.
const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((heading) => Number(heading.tagName[1]));
if (levels[0] !== 1 || levels.filter((level) => level === 1).length !== 1) faults.push(`headings of levels ${levels}`);
if (levels.some((level, i) => i > 0 && level > levels[i - 1] + 1)) faults.push(`a level is left out: ${levels}`);
if (document.querySelectorAll("main").length !== 1) faults.push("not one main part");

// 4.1.2, 3.3.2: everything has a name.
for (const element of document.querySelectorAll("a, button")) {
  if (!element.textContent.trim()) faults.push(`a ${element.tagName} without a name`);
}
for (const element of document.querySelectorAll("input:not([type=hidden])")) {
  if (!element.labels.length) faults.push(`a field without a label: ${element.name}`);
}

// 1.4.10: nothing is cut off at the sides, and nothing has to be scrolled sideways but listings.
const { clientWidth: width, scrollWidth: needed } = document.documentElement;
if (needed > width) faults.push(`${needed} wide on a screen of ${width}`);
for (const element of document.body.querySelectorAll("*")) {
  if (element.closest("pre") || !element.checkVisibility()) continue;
  const { left, right } = element.getBoundingClientRect();
  if (left < 0 || right > width + 0.5) faults.push(`${called(element)} reaches over the screen`);
}
return faults;
"""


def faults(browser):
    """What a reader of the page would stumble over, in words."""
    return browser.script(FAULTS)
