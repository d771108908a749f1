/** An account as the last numbers of a packed bet: what the wallet has after it. */
import type { WalletAccount } from '../domain/market-book.ts';
import { formatMicros, micros } from '../domain/units.ts';
import type { AccountView } from './bet-view.ts';

const NUMBERS = 3;

export const pushAccount = (numbers: number[], account: WalletAccount): void =>
  void numbers.push(account.balanceMicros, account.stakedMicros, account.openBets);

/** `numbers`: those of one bet. */
export function accountIn(numbers: readonly number[], wallet: string): AccountView {
  const [balance = 0, staked = 0, openBets = 0] = numbers.slice(-NUMBERS);
  return {
    wallet,
    balanceMicros: formatMicros(micros(balance)),
    stakedMicros: formatMicros(micros(staked)),
    openBets,
  };
}
