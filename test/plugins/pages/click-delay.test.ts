// Allow waits for the eyes: a click that was aimed at something else, or at another page, allows nothing.
import type { Page } from 'playwright-core'
import t from 'tap'
import { launchChromium, openPage } from '../../helpers/chromium.ts'
import { examples } from './page-examples.ts'
import { serve } from './serve.ts'

// The shell of Chromium does not slow its animations down.
const chromium = await launchChromium({ withWindows: true })
const withBrowser = { skip: chromium.missing ?? false }
t.teardown(() => chromium.browser?.close())

t.test(
  'a click in the first second of the page, or of the mouse on it, allows nothing; the keyboard need not wait (ST-06)',
  withBrowser,
  async (t) => {
    const app = await serve(t, examples)
    let posts = 0
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
      done(null, body)
    )
    app.post('/consent', () => ({ posts: ++posts }))
    const base = await app.listen({ port: 0, host: '127.0.0.1' })
    const open = async () => {
      const page = await openPage(t, chromium.browser!)
      // The second is the browser's: here it lasts as long as the test wants.
      const devTools = await page.context().newCDPSession(page)
      await devTools.send('Animation.enable')
      const pace = (playbackRate: number) => devTools.send('Animation.setPlaybackRate', { playbackRate })
      await pace(0.001)
      await page.goto(`${base}/consent`)
      const allow = page.getByRole('button', { name: 'Allow', exact: true })
      await allow.scrollIntoViewIfNeeded()
      const { x, y, width, height } = (await allow.boundingBox())!
      return { page, allow, pace, click: () => page.mouse.click(x + width / 2, y + height / 2) }
    }
    /**
     * Ends when the page has seen a click, wherever it went: a click on Deny would be an answer, one on a heading is
     * none.
     */
    const settled = (page: Page) => page.getByRole('heading', { level: 1 }).click()

    const fresh = await open()
    await fresh.click()
    await settled(fresh.page)
    t.equal(posts, 0, 'the page has just opened')

    const waiting = await open()
    await waiting.pace(1_000)
    await waiting.page.waitForFunction("getComputedStyle(document.querySelector('[value=allow]')).pointerEvents === 'auto'")
    await waiting.pace(0.001)
    await waiting.click()
    await settled(waiting.page)
    t.equal(posts, 0, 'the page was there for long, below another window; the mouse has just come to it')

    await waiting.pace(1_000)
    await waiting.allow.click()
    await waiting.page.waitForURL(/consent/)
    t.equal(posts, 1, 'a second later it counts')

    const keyboard = await open()
    await keyboard.allow.press('Enter')
    await keyboard.page.getByText('"posts"').waitFor()
    t.equal(posts, 2)

    const touch = await openPage(t, chromium.browser!, { javaScriptEnabled: false, hasTouch: true, isMobile: true })
    await touch.goto(`${base}/consent`)
    await touch.getByRole('button', { name: 'Allow', exact: true }).tap()
    await touch.getByText('"posts"').waitFor()
    t.equal(posts, 3, 'a finger does not wait for a mouse')
  }
)
