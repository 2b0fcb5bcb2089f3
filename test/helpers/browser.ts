// A browser without a screen or scripts, for tests: keeps cookies,
// follows redirects on one server, fills in the forms
// it is shown.
export interface Page {
  status: number
  url: string
  headers: Headers
  text: string
  forms: Form[]
}

export interface Form {
  action: string
  method: string
  fields: Record<string, string>
  buttons: Array<{ name: string | undefined; value: string | undefined }>
}

export class Browser {
  readonly cookies = new Map<string, string>()
  /** Where the last redirect that left the server pointed to. */
  left: URL | undefined

  async get (url: string, headers: Record<string, string> = {}): Promise<Page> {
    return this.#request(url, { headers: { accept: 'text/html', ...headers } })
  }

  async post (url: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Page> {
    return this.#request(url, {
      method: 'POST',
      headers: {
        accept: 'text/html',
        'content-type': 'application/x-www-form-urlencoded',
        origin: new URL(url).origin,
        ...headers
      },
      body: new URLSearchParams(fields).toString()
    })
  }

  /**
   * Submits the form of a page that has these fields or buttons filled
   * in. The sign-in page has one form; links lead to
   * the others.
   */
  async submit (page: Page, pick: (form: Form) => boolean, fields: Record<string, string> = {}): Promise<Page> {
    let form = page.forms.find(pick)
    const others = [...page.text.matchAll(/href="([^"]*&amp;with=[^"]*)"/g)].map(([, href]) => unescape(href!))
    while (!form && others.length > 0) form = (await this.get(new URL(others.shift()!, page.url).href)).forms.find(pick)
    if (!form) throw new Error(`no such form on ${page.url}:\n${page.text.slice(0, 2000)}`)
    return this.post(new URL(form.action, page.url).href, { ...form.fields, ...fields })
  }

  async #request (url: string, init: RequestInit): Promise<Page> {
    this.left = undefined
    const { origin } = new URL(url)
    let response = await this.#send(url, init)
    while (response.status >= 300 && response.status < 400) {
      const target = new URL(response.headers.get('location')!, url)
      if (target.origin !== origin) {
        this.left = target
        break
      }
      url = target.href
      response = await this.#send(url, { headers: { accept: 'text/html' } })
    }
    const text = await response.text()
    return { status: response.status, url, headers: response.headers, text, forms: readForms(text) }
  }

  async #send (url: string, init: RequestInit): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { ...(init.headers as Record<string, string>), ...(cookie && { cookie }) }
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(line)) this.cookies.delete(name!)
      else this.cookies.set(name!, value!)
    }
    return response
  }
}

const unescape = (text: string) =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
const attribute = (tag: string, name: string) => {
  const found = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]
  return found === undefined ? undefined : unescape(found)
}

/** Reads the forms of our own pages, whose markup is known to be well-formed. */
function readForms (html: string): Form[] {
  return [...html.matchAll(/<form\b[^>]*>[\s\S]*?<\/form>/g)].map(([form]) => {
    const open = /<form\b[^>]*>/.exec(form)![0]
    const id = attribute(open, 'id')
    // Inputs elsewhere on the page may name their form. A box or a choice that is not ticked
    // is not sent.
    const elsewhere = [...html.matchAll(/<input\b[^>]*>/g)].filter(([tag]) => id !== undefined && attribute(tag, 'form') === id)
    const inputs = [...form.matchAll(/<input\b[^>]*>/g), ...elsewhere]
      .map(([tag]) => tag)
      .filter((tag) => !/type="(?:checkbox|radio)"/.test(tag) || /\schecked[\s>]/.test(tag))
    return {
      action: attribute(open, 'action') ?? '',
      method: attribute(open, 'method') ?? 'get',
      fields: Object.fromEntries(inputs.map((tag) => [attribute(tag, 'name') ?? '', attribute(tag, 'value') ?? ''])),
      buttons: [...form.matchAll(/<button\b[^>]*>/g)].map(([tag]) => ({
        name: attribute(tag, 'name'),
        value: attribute(tag, 'value')
      }))
    }
  })
}
