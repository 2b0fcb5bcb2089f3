// What pages say of the connected apps and access keys after a change of the account. Tested in
// test/routes/account/password.test.ts and test/plugins/accounts/reset-password.test.ts.
import type { KeysAfter } from './end-keys.ts'

const KEYS: Readonly<Record<KeysAfter, string>> = {
  revoked: ' The access keys are revoked.',
  kept: ' Access keys still work; you can revoke them on the account page.'
}

/**
 * @param areEnded whether the change disconnected the apps, as the person chose.
 * @param keys what became of the keys; undefined where there are none.
 */
export const describeAppsAfter = (areEnded: boolean, keys: KeysAfter | undefined): string =>
  (areEnded
    ? 'The apps that were connected are disconnected.'
    : 'Apps you connected stay connected; you can disconnect them on the account page.') +
  (keys === undefined ? '' : KEYS[keys])
