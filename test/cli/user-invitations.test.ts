// Invitations and owners from the terminal, through the same functions as the pages.
import { invitationCommands } from '../../cli/user-invitations.ts'
import { owner } from '../../cli/user-owners.ts'
import { group } from '../../cli/user-groups.ts'
import { Browser } from '../helpers/browser.ts'
import { PASSWORD } from '../helpers/owners.ts'
import { person } from '../helpers/person.ts'
import { storageTest } from '../helpers/storages.ts'

storageTest('invite prints a link for one address, invitations lists it, withdraw ends it; a mistake makes none', async (t, start) => {
  const { app, config } = await start({ env: { AUTH_BACKEND: 'local', SIGNUP: 'invite' } })
  const context = { app, config }
  const { invite, invitations, withdraw } = invitationCommands
  const link = await invite(context, 'Ann@example.com', '--group', 'finance', '--group', 'research', '--language', 'de')
  t.equal((await new Browser().get(link)).status, 200)
  const listed = (await invitations(context)).split('\t')
  t.match(
    listed, [/^[\w-]{11}$/, 'ann@example.com', 'open', /^\d{4}-\d\d-\d\d$/, 'operator', 'finance, research']
  )
  await t.rejects(withdraw(context, listed[0]!, 'more'), { name: 'OperatorError' })
  t.match(await invitations(context), /\topen\t/, 'a word too many withdraws none')
  t.match(await withdraw(context, listed[0]!), /^Withdrawn: /)
  t.equal((await new Browser().get(link)).status, 403)
  for (const words of [['a@example.com', 'b@example.com'], ['--language', 'xx'], ['--nonsense']]) {
    await t.rejects(invite(context, ...words), { name: 'OperatorError' }, words.join(' '))
  }
  await t.rejects(
    invite(context, 'ann'), { code: 'invalid_request', message: /Enter an email address/ }
  )
  await t.rejects(withdraw(context), { name: 'OperatorError' })
  t.equal((await invitations(context)).split('\n').length, 1)
})

storageTest('the link that a start prints makes the owner of a server that names none, and nobody else (AD-03)', async (t, start) => {
  for (const [named, isOwner] of [['', true], ['boss@example.com', undefined]] as const) {
    const { app } = await start({ env: { AUTH_BACKEND: 'local', SIGNUP: 'closed', ...(named && { OWNER_EMAIL: named }) } })
    const signUp = async (secret: string, email: string) => {
      const browser = new Browser()
      const page = await browser.get(`${app.issuer}/signup?invite=${secret}`)
      await browser.submit(page, ({ action }) => action === '/signup', { email, password: PASSWORD })
      return (await Array.fromAsync(app.signIn.lifecycle.all())).find((user) => user.email === email)!.isOwner
    }
    t.equal(await signUp((await app.signIn.invitations.inviteFirst())!, 'first@example.com'), isOwner)
    t.equal(await signUp(await app.signIn.invitations.invite(), 'second@example.com'), undefined)
  }
})

storageTest('owner add, list and remove', async (t, start) => {
  const server = await start({ env: { AUTH_BACKEND: 'local' } })
  const context = { app: server.app, config: server.config }
  const { id } = await person(server, 'ann@example.com')
  t.equal(await owner(context, 'list'), '')
  t.match(await owner(context, 'add', 'ann@example.com'), /^Owner: /)
  t.match(await owner(context, 'list'), id)
  t.match(await owner(context, 'remove', id), /^No owner: /)
  t.equal(await owner(context, 'list'), '')
  for (const words of [[], ['add'], ['join', id], ['add', id, 'more']]) {
    await t.rejects(owner(context, ...words), { name: 'OperatorError' }, words.join(' '))
  }
})

storageTest('an address that anyone could have typed makes nobody an owner; the id does, and who comes into a group is shown (FL-02)', async (t, start) => {
  const server = await start({ env: { AUTH_BACKEND: 'local' } })
  const context = { app: server.app, config: server.config }
  const { id } = await person(server, 'ann@example.com', { emailVerified: false })
  await t.rejects(owner(context, 'add', 'ann@example.com'), { name: 'OperatorError', message: id })
  t.equal(await owner(context, 'list'), '', 'nothing was done')
  const added = await group(context, 'add', 'ann@example.com', 'finance')
  t.match(added, /^Added to finance/)
  t.match(added, 'Warning: nobody has proven that they read ann@example.com.')
  t.match(added, `group remove ${id} finance`)
  t.notMatch(await group(context, 'add', id, 'finance'), 'Warning')
  t.match(await group(context, 'remove', 'ann@example.com', 'finance'), /^Removed from finance/)
  t.match(await owner(context, 'add', id), /^Owner: /)
  t.match(await owner(context, 'remove', 'ann@example.com'), /^No owner: /)
})
