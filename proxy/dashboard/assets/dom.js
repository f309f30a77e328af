/**
 * Elements and their text. Nothing is ever parsed as HTML: names and reasons come from configurations, nodes and users.
 */

export function find(selector, within = document) {
  const found = within.querySelector(selector);
  if (found === null) throw new Error(`there is no ${selector}`);
  return found;
}

/** Children are elements, or text. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Leaves alone what is as it should be: a selection in it, and whoever reads it aloud. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
