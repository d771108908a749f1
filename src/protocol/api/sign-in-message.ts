/**
 * The EIP-4361 ("Sign-In with Ethereum") message a client signs, in the exact ABNF layout. The server parses
 * it back and checks every field; see the SessionGuard for the rules.
 */
export interface SignInMessageFields {
  readonly domain: string;
  /** EIP-55 checksummed address. */
  readonly address: string;
  readonly statement: string;
  readonly uri: string;
  readonly chainId: number;
  readonly nonce: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

export function signInMessage(fields: SignInMessageFields): string {
  return [
    `${fields.domain} wants you to sign in with your Ethereum account:`,
    fields.address,
    '',
    fields.statement,
    '',
    `URI: ${fields.uri}`,
    'Version: 1',
    `Chain ID: ${fields.chainId}`,
    `Nonce: ${fields.nonce}`,
    `Issued At: ${new Date(fields.issuedAtMs).toISOString()}`,
    `Expiration Time: ${new Date(fields.expiresAtMs).toISOString()}`,
  ].join('\n');
}
