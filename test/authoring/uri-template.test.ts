// URI templates match in one pass, undo their own expansion, and take
// no traversal (CVE-2026-0621, threat TL-06).
import t from 'tap'
import { checkTemplate, parseTemplate } from '../../authoring/uri-template.ts'

t.test(
  'URI templates match in one pass, undo their own expansion, and take no traversal for a part (CVE-2026-0621, TL-06)',
  async (t) => {
    const names = ['a.md', 'a/b c.md', 'ü 100%.md', '#?&=+;,', '日本語/🙂', '%2e%2e/x', "it's"]
    const any = parseTemplate('library://documents/{+id}')
    const part = parseTemplate('notes://{user}/{id}.txt')
    for (const name of names) {
      t.strictSame(any.match(any.expand({ id: name })), { id: name }, name)
      t.strictSame(part.match(part.expand({ user: name, id: 'x' })), { user: name, id: 'x' }, name)
    }
    for (const uri of [
      '',
      'library://documents/',
      'library://documents',
      'x',
      'library://documents/%',
      'library://documents/%ff',
      'LIBRARY://documents/a'
    ]) { t.equal(any.match(uri), undefined, uri) }
    for (const uri of ['notes://a.txt', 'notes://a/b/c.txt', 'notes:///b.txt', 'notes://a/.txt', 'notes://a/b.md']) { t.equal(part.match(uri), undefined, uri) }
    t.equal(any.match(`library://documents/${'/'.repeat(20_000)}`), undefined, 'too long for anybody')
    t.equal(parseTemplate('a://{a}-{b}-{c}-{d}-{e}-{f}/x').match(`a://${'-'.repeat(8_000)}`), undefined)
    t.strictSame(parseTemplate('status://now').match('status://now'), {})
    t.equal(parseTemplate('status://now').match('status://nowhere'), undefined)
    for (const good of [
      'status://now',
      'notes://{id}',
      'test://template/{id}/data',
      'a:{x}',
      'library://documents/{+id}',
      'a://{b}/{+c}.md'
    ]) { t.strictSame(checkTemplate(good), [], good) }
    for (const bad of [
      'now',
      '{id}',
      'notes://{id',
      'notes://{a}{b}',
      'notes://{a}/{a}',
      'notes://{+a}/{b}',
      'notes://{?q}',
      'notes://{a*}',
      'notes://{a,b}',
      '/etc/passwd',
      'a b://{c}'
    ]) { t.not(checkTemplate(bad).length, 0, bad) }
  }
)
