// Keeps a page about connections up to date: when the server says that something happened, the page asks for itself again,
// and what has changed takes the place of what was shown.
/* global DOMParser, EventSource, location */

const shown = () => document.querySelector('[data-live]')
let isAsking = false
let isStale = false

/** Somebody who is copying the report is not interrupted. */
const isBusy = () => shown().contains(document.activeElement) || !document.getSelection().isCollapsed

async function refresh () {
  isStale = true
  if (isAsking || isBusy() || document.hidden) return
  isAsking = true
  isStale = false
  try {
    const response = await fetch(location.href, { headers: { accept: 'text/html' }, cache: 'no-store' })
    if (response.redirected) return location.reload()
    const next = new DOMParser().parseFromString(await response.text(), 'text/html').querySelector('[data-live]')
    if (next && !isBusy() && next.innerHTML !== shown().innerHTML) shown().replaceWith(document.adoptNode(next))
  } catch {
    // The stream is opened again by itself, and says so.
    isStale = true
  } finally {
    isAsking = false
  }
}

const source = new EventSource(shown().dataset.live)
source.addEventListener('message', refresh)
for (const event of ['visibilitychange', 'selectionchange', 'focusout']) {
  document.addEventListener(event, () => isStale && setTimeout(refresh, 300))
}
