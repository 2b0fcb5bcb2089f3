// Makes and shows passkeys (W3C Web Authentication). A form says which with `data-passkey="create"` or `"get"`, and has the
// question in `data-options`; its hidden `response` is filled with the answer and sent. With `data-autofill` the browser offers
// passkeys in a field with `autocomplete="webauthn"` as well. What only works with passkeys is shown where there are any.

const Passkeys = globalThis.PublicKeyCredential
const isAvailable = typeof Passkeys?.parseCreationOptionsFromJSON === 'function'

/** A browser asks one authenticator at a time: what waits in a field gives way to a button. */
let waiting

async function ask (form, options) {
  waiting?.abort()
  waiting = new AbortController()
  const { signal } = waiting
  const question = JSON.parse(form.dataset.options)
  const credential = form.dataset.passkey === 'create'
    ? await navigator.credentials.create({ publicKey: Passkeys.parseCreationOptionsFromJSON(question), signal })
    : await navigator.credentials.get({ publicKey: Passkeys.parseRequestOptionsFromJSON(question), signal, ...options })
  form.elements.namedItem('response').value = JSON.stringify(credential.toJSON())
  // Without the event: it would ask again.
  form.submit()
}

/** The message for this kind of failure, or else the one for any. */
function showError (form, name) {
  const messages = [...form.querySelectorAll('[data-passkey-error]')]
  const found = messages.find(({ dataset }) => dataset.passkeyError === name) ?? messages.find(({ dataset }) => dataset.passkeyError === '')
  for (const message of messages) message.hidden = message !== found
}

function prepare (form) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const button = event.submitter
    if (button) button.disabled = true
    showError(form, undefined)
    try {
      await ask(form)
    } catch (error) {
      showError(form, error.name)
      if (button) button.disabled = false
    }
  })
}

async function offerInField (form) {
  if (!(await Passkeys.isConditionalMediationAvailable?.())) return
  // Nobody has asked for anything yet: there is nothing to say where it fails.
  await ask(form, { mediation: 'conditional' }).catch(() => {})
}

if (isAvailable) {
  for (const element of document.querySelectorAll('[data-passkey-only]')) element.hidden = false
  for (const element of document.querySelectorAll('[data-passkey-missing]')) element.hidden = true
  for (const form of document.querySelectorAll('form[data-passkey]')) prepare(form)
  const offered = document.querySelector('form[data-passkey="get"][data-autofill]')
  if (offered) offerInField(offered)
}
