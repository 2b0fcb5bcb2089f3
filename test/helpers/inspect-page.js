// What a reader with other eyes, hands or screens would stumble over. Runs inside the page, in the browser of the test.

/** @returns {string[]} what is wrong with the page, in words. */
function inspect () {
  const problems = []
  const all = (selector) => [...document.querySelectorAll(selector)]
  const check = (right, problem) => {
    if (!right) problems.push(problem)
  }
  const describe = (element) => `<${element.localName}> ${element.textContent?.trim().slice(0, 40)}`

  check(all('h1').length === 1, 'not one h1')
  for (const landmark of ['header', 'main']) check(all(`body > ${landmark}`).length === 1, `not one ${landmark}`)
  const levels = all('h1, h2, h3').map((heading) => Number(heading.localName[1]))
  check(
    levels.every((level, index) => level <= (levels[index - 1] ?? 0) + 1),
    `headings skip a level: ${levels}`
  )
  check(document.compatMode === 'CSS1Compat', 'quirks mode')
  check(document.title.length > 0 && document.documentElement.lang === 'en', 'no title or language')
  const ids = all('[id]').map(({ id }) => id)
  check(new Set(ids).size === ids.length, 'an id is there twice')
  for (const element of all('[aria-describedby], [aria-labelledby]')) {
    const names = `${element.getAttribute('aria-describedby') ?? ''} ${element.getAttribute('aria-labelledby') ?? ''}`
      .trim()
      .split(/\s+/)
    for (const id of names) check(ids.includes(id), `${describe(element)} refers to ${id}`)
  }
  for (const input of all('input:not([type=hidden])')) {
    check(input.labels?.length === 1 && input.labels[0].textContent.trim() !== '', `no label: ${input.name}`)
    check(parseFloat(window.getComputedStyle(input).fontSize) >= 16, `small text: ${input.name}`)
  }
  // What is folded away has no size.
  for (const element of all('button, a, summary, input:not([type=hidden])').filter((each) => each.checkVisibility())) {
    const inSentence = element.matches(':is(section > p, .warning) a')
    // The label of a box or a choice to tick is part of what one hits.
    const target = element.matches(':is([type=checkbox], [type=radio])') ? element.labels[0] : element
    if (!inSentence) check(target.getBoundingClientRect().height >= 44, `small target: ${describe(element)}`)
  }
  for (const invalid of all('[aria-invalid]')) {
    check(
      document.querySelector(`[role=alert]#${(invalid.getAttribute('aria-describedby') ?? '').split(' ').at(-1)}`) !==
        null,
      'a faulty field without its message'
    )
  }
  // A field that is the first thing to do on a page has the focus; not where a button, or a picture to scan, comes before it.
  const first = all('main :is(a, button, summary, input:not([type=hidden]))').find((each) => each.checkVisibility())
  if (document.querySelector('input[aria-invalid]')) { check(document.activeElement?.hasAttribute('aria-invalid') === true, 'the faulty field is not focused') } else if (first?.matches('input:not([type=checkbox])') && !document.querySelector('main :is(svg, img)')) { check(document.activeElement?.localName === 'input', 'no field is focused') }
  check(all('[autofocus]').length <= 1, 'autofocus twice')
  check(
    document.documentElement.scrollWidth <= window.innerWidth,
    `scrolls sideways: ${document.documentElement.scrollWidth}`
  )

  const channels = (color) => (color.match(/[\d.]+/g) ?? []).map(Number)
  const luminance = (color) => {
    const [red, green, blue] = channels(color)
      .slice(0, 3)
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const background = (element) => {
    if (!element) return 'rgb(255, 255, 255)'
    const color = window.getComputedStyle(element).backgroundColor
    return channels(color)[3] === 0 ? background(element.parentElement) : color
  }
  const hasText = (element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '')
  for (const element of all('body *').filter((element) => hasText(element) || element.localName === 'input')) {
    const [light, dark] = [luminance(window.getComputedStyle(element).color), luminance(background(element))].sort(
      (a, b) => b - a
    )
    const ratio = (light + 0.05) / (dark + 0.05)
    check(ratio >= 4.5, `contrast ${ratio.toFixed(2)}: ${describe(element)}`)
  }
  for (const field of all('input:not([type=hidden])')) {
    const [light, dark] = [
      luminance(window.getComputedStyle(field).borderColor),
      luminance(background(field.parentElement))
    ].sort((a, b) => b - a)
    check((light + 0.05) / (dark + 0.05) >= 3, `a field's border is hard to see: ${describe(field)}`)
  }
  return problems
}

inspect()
