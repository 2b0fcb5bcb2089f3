// The text and the title of a page.
import t from 'tap'
import { htmlText, htmlTitle } from '../../../plugins/library/html.ts'

t.test('text without scripts and styles, the first heading as the title', async (t) => {
  const page = '<title>Site</title><style>p{}</style><script>alert(1)</script><h1>Tents</h1><p>Blue &amp; red</p>'
  t.equal(htmlTitle(page), 'Tents')
  t.equal(htmlTitle('<title>Site &amp; more</title><p>Text'), 'Site & more')
  t.equal(htmlText(page), 'Tents\n\nBlue & red')
})

t.test('a page that is nested too deeply is refused', async (t) => {
  t.throws(() => htmlText('<div>'.repeat(100_000)), RangeError)
})

t.test('cells are divided by tabs and rows by lines, as innerText divides them', async (t) => {
  const rows = '<tr><th>City</th><th>Zone</th></tr><tr><td>Graz</td><td>4</td></tr><tr><td></td><td><p>a</p><p>b</p></td></tr>'
  t.equal(htmlText(`<table><caption>Fares</caption><tbody>${rows}</tbody></table>After`), 'Fares\nCity\tZone\nGraz\t4\n\ta b\n\nAfter')
  t.equal(
    htmlText(`<table><tr><td><h2>Layout</h2><table>${rows}</table></td><td><p>One</p><p>Two</p></td></tr></table>`),
    'Layout\n\nCity\tZone\nGraz\t4\n\ta b\nOne\n\nTwo',
    'a table that arranges a page is read as the page'
  )
})

// HTML Standard §15.3: every element that is not `display: inline` there, and those that are inline blocks.
const APART =
  'address article aside blockquote body button caption center dd details dir div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header ' +
  'hgroup html legend li listing main menu meter nav ol optgroup option p pre progress search section select summary table tbody td textarea tfoot th thead tr ul xmp my-card'
const TOGETHER = 'a abbr b bdi bdo cite code data del dfn em font i ins kbd label mark q s samp small span strong sub sup time u var'

t.test('what stands apart on the page stands apart in the text', async (t) => {
  const inside: Record<string, (element: string) => string> = {
    td: (cells) => `<table><tr>${cells}</tr></table>`,
    th: (cells) => `<table><tr>${cells}</tr></table>`,
    tr: () => '<table><tr><td>walnut</td></tr><tr><td>almond</td></tr></table>',
    option: (options) => `<select>${options}</select>`
  }
  for (const name of APART.split(' ')) {
    const elements = `<${name}>walnut</${name}><${name}>almond</${name}>`
    t.match(htmlText(inside[name]?.(elements) ?? elements), /walnut[^]*\s[^]*almond/, name)
  }
  for (const name of TOGETHER.split(' ')) t.match(htmlText(`wal<${name}>nut</${name}>`), /walnut/, name)
  t.equal(htmlText('a<br>b<br><br>c<wbr>d<hr>e'), 'a\nb\n\ncd\n\ne')
  t.equal(htmlText('<math><mi>x</mi><mo>=</mo><mfrac><mn>1</mn><mn>2</mn></mfrac></math>'), 'x = 1 2')
  t.equal(htmlText('<ul><li>one<li><p>two</p></ul><ol><li>first<li>second</ol>'), '- one\n- two\n\n1. first\n2. second')
  t.equal(htmlText('<pre>a\n  b</pre>c&nbsp;&nbsp;d   e'), 'a\n  b\n\nc d e')
})

t.test('pictures are their description, and links say where they lead, unless that says nothing', async (t) => {
  t.equal(htmlText('See<img alt="the plan" src="data:image/png;base64,AAAA">here'), 'See the plan here')
  t.equal(htmlTitle('<h1><img alt="Acme"> handbook</h1>'), 'Acme handbook')
  const link = (href: string, words = 'words') => htmlText(`<p><a href="${href}">${words}</a>`)
  t.equal(link('https://example.com/a'), 'words (https://example.com/a)')
  t.equal(link('mailto:ann@acme.example'), 'words (ann@acme.example)')
  t.equal(link('../refunds.html'), 'words (../refunds.html)')
  t.equal(link('https://example.com/', 'example.com'), 'example.com')
  for (const href of ['#top', '/home', 'javascript:alert(1)', `data:text/plain;base64,${'A'.repeat(400)}`, '']) {
    t.equal(link(href), 'words', href)
  }
})

t.test('what the page is about comes before the way around the site, and hidden text is left out', async (t) => {
  const page =
    '<header>Acme</header><nav><h1>Menu</h1><a href="https://example.com/x">Elsewhere</a></nav><div role="banner">Cookies</div><main><h1>Refunds</h1>' +
    '<div hidden>never</div><p style="color: red; display:none">never</p><p style="visibility:hidden">never</p><dialog>never</dialog>' +
    '<template>never</template><noscript>never</noscript><!-- never --><div hidden="until-found">found</div>Ten days</main><footer>Imprint</footer>'
  t.equal(htmlText(page), 'Refunds\n\nfound\nTen days\n\nAcme\n\nImprint\n\nMenu\n\nElsewhere\n\nCookies')
  t.equal(htmlTitle(page), 'Refunds')
})
