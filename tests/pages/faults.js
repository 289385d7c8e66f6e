// What a page must have so that everyone can use it. Evaluated in a browser, it gives a list of faults.
() => {
  const faults = [];

  const named = (element) =>
    (element.getAttribute('aria-label') || element.textContent || '').trim() ||
    element.getAttribute('aria-labelledby') ||
    [...element.querySelectorAll('img')].some((image) => image.alt);
  for (const field of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
    if (!field.labels.length && !field.getAttribute('aria-label')) faults.push(`no label: ${field.name}`);
  for (const button of document.querySelectorAll('button, a[href], summary'))
    if (!named(button)) faults.push(`no name: ${button.outerHTML.slice(0, 80)}`);
  for (const image of document.querySelectorAll('img')) {
    if (!image.hasAttribute('alt')) faults.push(`no alt: ${image.src}`);
    if (!image.getAttribute('width') || !image.getAttribute('height')) faults.push(`no size: ${image.src}`);
  }

  const pointers = ['aria-labelledby', 'aria-describedby', 'for'];
  for (const pointer of pointers)
    for (const element of document.querySelectorAll(`[${pointer}]`))
      for (const id of element.getAttribute(pointer).split(/\s+/))
        if (id && !document.getElementById(id)) faults.push(`names what is not there: #${id}`);
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  for (const id of new Set(ids))
    if (ids.filter((other) => other === id).length > 1) faults.push(`twice: #${id}`);

  if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
  let level = 0;
  for (const heading of document.querySelectorAll('main :is(h1, h2, h3, h4)')) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) faults.push(`skips a level: ${heading.textContent.trim()}`);
    level = next;
  }
  for (const landmark of ['header', 'main', 'footer', 'nav'])
    if (!document.querySelector(landmark)) faults.push(`no ${landmark}`);
  for (const nav of document.querySelectorAll('nav'))
    if (!nav.getAttribute('aria-label') && !nav.getAttribute('aria-labelledby')) faults.push('a nav without a name');
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) faults.push('wider than the screen');

  // Contrast, as WCAG 2 works it out (AA).
  const linear = (value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const light = ([red, green, blue]) =>
    0.2126 * linear(red / 255) + 0.7152 * linear(green / 255) + 0.0722 * linear(blue / 255);
  const parts = (colour) => (colour.match(/[0-9.]+/g) || []).map(Number);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      const colour = parts(style.backgroundColor);
      if (style.backgroundImage.includes('gradient')) return [243, 234, 220]; // Sand, the darker end of ours.
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  for (const element of document.querySelectorAll('body *')) {
    const speaks = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const style = getComputedStyle(element);
    if (!speaks || element.getBoundingClientRect().width < 2) continue;
    const [brighter, darker] = [light(parts(style.color)), light(ground(element))].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const ratio = (brighter + 0.05) / (darker + 0.05);
    if (ratio < (large ? 3 : 4.5)) faults.push(`${ratio.toFixed(2)}: ${element.textContent.trim().slice(0, 40)}`);
  }
  return faults;
}
