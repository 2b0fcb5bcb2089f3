// What pages say of the connected apps after a change of the account. Tested in test/routes/account/password.test.ts and
// test/plugins/accounts/reset-password.test.ts.

/** @param areEnded whether the change disconnected them, as the person chose. */
export const describeAppsAfter = (areEnded: boolean): string =>
  areEnded
    ? 'The apps that were connected are disconnected.'
    : 'Apps you connected stay connected; you can disconnect them on the account page.'
